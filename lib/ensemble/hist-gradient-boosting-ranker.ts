/** Gradient boosting that learns to put the rows of a query in order. */
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor, type ScoreOptions } from '../core/kinds.js';
import { encodeTargets } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
import { bool, custom, either, int, nothing, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { encodeQueries, type QueryOptions } from '../core/queries.js';
import type { Column } from '../core/schema.js';
import type { TreeScores } from '../core/tree-scores.js';
import { ValidationError } from '../errors.js';
import { dcgScore } from '../metrics/index.js';
import { fitHistBoosting } from './hist-boosting-fit.js';
import { type HistBoostingParams, histBoostingDefaults, histBoostingRules } from './hist-boosting-params.js';
import {
  checkHistBoostingState,
  type HistBoostingState,
  histBoostingStateRules,
  histImportances,
  histScores,
  lowerHistScores,
} from './hist-boosting-state.js';

/** Parameters of {@link HistGradientBoostingRanker}. */
export interface HistGradientBoostingRankerParams extends Omit<HistBoostingParams, 'scoring'> {
  /** Only pairs with one row among this many at the front push each other, >= 1. Default 30. */
  truncationLevel: number;
  /** How steeply the logistic loss of a pair's scores rises, > 0. Default 1. */
  sigmoid: number;
  /** Weigh pairs less the further apart their scores are, and queries by the logarithm of their sum. Default true. */
  normalize: boolean;
  /** What each grade is worth, from grade 0 up: >= 0 and not falling. Default null: 2^grade - 1, grades up to 30. */
  labelGain: readonly number[] | null;
  /** Rows from the front that the NDCG of early stopping and progress looks at, >= 1. Default 5. */
  evalAt: number;
}

/** Options of {@link HistGradientBoostingRanker.score}. */
export interface RankScoreOptions extends ScoreOptions, QueryOptions {
  /** Rows from the front that count, >= 1. Default: `evalAt`. */
  readonly k?: number;
}

const GRADES = 31;
const { scoring: _, ...defaults } = histBoostingDefaults;
const { scoring: __, ...rules } = histBoostingRules;
const isGains = (v: unknown) =>
  Array.isArray(v) &&
  v.length > 0 &&
  v.every((gain, grade) => Number.isFinite(gain) && gain >= (grade === 0 ? 0 : v[grade - 1]));

/**
 * LambdaMART (Burges, From RankNet to LambdaRank to LambdaMART, 2010) on histograms: trees whose scores put the rows of
 * each query in order, so that rows of high grade stand at the front (NDCG). See {@link HistGradientBoostingClassifier}
 * for trees, missing values, categories and memory; gradients are those of LightGBM's `lambdarank`.
 *
 * `fit(X, y, { group })` or `{ qid }`: y holds grades, whole numbers from 0; `group` the rows of each query, in order, or
 * `qid` the query of each row, whose rows stand together. Without either all rows are one query. A `validation` set has
 * `validationGroup` or `validationQid`; early stopping holds out whole queries. `predict` gives scores that are comparable
 * within a query alone. A query weighs the mean of its rows' weights.
 *
 * The loss of progress events is 1 - NDCG at `evalAt`, `trainScore` and `validationScore` hold the NDCG itself; a query
 * without anything to find counts 1.
 *
 * Differs from LightGBM: exp is exact instead of read from a table; NDCG is watched at one place; no position bias.
 *
 * @throws {ERR_LABELS} in `fit`, for a grade that has no gain
 * @throws {ERR_SHAPE | ERR_PARAMETER} in `fit`, for queries that do not fit the rows
 *
 * @example
 * ```ts
 * import { HistGradientBoostingRanker } from 'boreal';
 * const X = Array.from({ length: 40 }, (_, i) => [i % 8, (i * 7) % 11]);
 * const grades = X.map(([a]) => Math.floor(a / 2));
 * const group = [8, 8, 8, 8, 8];
 * const model = await new HistGradientBoostingRanker({ minSamplesLeaf: 2, maxIter: 20 }).fit(X, grades, { group });
 * await model.score(X, grades, { group }); // 1
 * ```
 */
export class HistGradientBoostingRanker extends Regressor<
  HistGradientBoostingRankerParams,
  HistBoostingState
> {
  constructor(params: Partial<HistGradientBoostingRankerParams> = {}) {
    super({
      truncationLevel: 30,
      sigmoid: 1,
      normalize: true,
      labelGain: null,
      evalAt: 5,
      ...defaults,
      ...params,
    });
  }

  get rules(): Rules<HistGradientBoostingRankerParams> {
    return {
      ...rules,
      truncationLevel: int(1, 0x7fff_ffff),
      sigmoid: real(0, Infinity, 'min'),
      normalize: bool,
      labelGain: either(custom('a list of gains >= 0 that do not fall', isGains), nothing),
      evalAt: int(1, 0x7fff_ffff),
    };
  }

  get stateRules(): Rules<HistBoostingState> {
    return histBoostingStateRules;
  }

  override get tags() {
    return {
      allowNan: true,
      allowCategories: this.params.categoricalFeatures !== null,
      watchesValidation: true,
      trainsOnGpu: true,
      ranks: true,
      ownScore: true,
    };
  }

  protected override checkState(state: HistBoostingState, _columns: readonly Column[]): void {
    checkHistBoostingState(this, state, 1);
  }

  protected async fitState(input: FitInput): Promise<HistBoostingState> {
    const { params } = this;
    const { validation } = input;
    const goesOn = params.warmStart && this.isFitted;
    if (goesOn && input.x.cols !== this.nFeaturesIn) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `${this.constructor.name}: with warmStart a fit must have the columns of the last one.`,
      );
    }
    const task = {
      loss: 'lambdarank' as const,
      lossParameter: 0,
      custom: null,
      outputs: 1,
      y: fitTargets(input),
      weights: input.sampleWeight,
      strata: null,
      validation: validation && {
        y: encodeTargets(validation.y, validation.x.rows),
        weights: validation.sampleWeight,
      },
      scores: null,
      rank: {
        sigmoid: params.sigmoid,
        truncation: params.truncationLevel,
        evalAt: params.evalAt,
        normalise: params.normalize,
        gains: gainsOf(params.labelGain),
      },
    };
    return fitHistBoosting(this, input, { ...params, scoring: 'loss' }, task, goesOn ? this.state : null);
  }

  /**
   * The NDCG of predicted orders, meaned over queries; 1 is perfect. A query in which nothing has a gain counts 1.
   *
   * @param y - grades
   * @param options - `group` or `qid`, as `fit` takes them, and `sampleWeight` per row
   * @throws {ERR_LABELS} for a grade that has no gain
   */
  override async score(X: MatrixLike, y: ArrayLike<number>, options: RankScoreOptions = {}): Promise<number> {
    const { labelGain, evalAt } = this.fittedParams;
    const predicted = await this.predict(X);
    const rows = predicted.length;
    const gains = gainsOf(labelGain);
    const truth = encodeTargets(y, rows).map((grade, row) => {
      const gain = gains[grade];
      if (gain !== undefined) return gain;
      throw new ValidationError('ERR_LABELS', `y: row ${row} has grade ${grade}, which has no gain.`);
    });
    const offsets = encodeQueries(options, rows, 'score') ?? Int32Array.of(0, rows);
    const { k = evalAt, sampleWeight } = options;
    let sum = 0;
    let total = 0;
    for (let q = 0; q + 1 < offsets.length; q++) {
      const [from, to] = [offsets[q], offsets[q + 1]];
      const found = truth.subarray(from, to);
      const order = { k, ignoreTies: true };
      const best = dcgScore(found, found, order);
      const ndcg = best > 0 ? dcgScore(found, predicted.subarray(from, to), order) / best : 1;
      let weight = sampleWeight ? 0 : 1;
      if (sampleWeight) for (let i = from; i < to; i++) weight += sampleWeight[i] / (to - from);
      sum += weight * ndcg;
      total += weight;
    }
    return sum / total;
  }

  /** Rounds that were made. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /** With early stopping or a `validation` set: the NDCG of the training rows before the first round and after each. */
  get trainScore(): Float64Array {
    return this.state.trainScore.slice();
  }

  /** The same for the validation set, or the queries held out. */
  get validationScore(): Float64Array {
    return this.state.validationScore.slice();
  }

  /** Shares of the gain of splits, and of their number, by column; both sum to 1. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): { readonly gain: Float64Array; readonly split: Float64Array } {
    const { state, nFeaturesIn } = this;
    return {
      gain: histImportances(state, nFeaturesIn, 'gain'),
      split: histImportances(state, nFeaturesIn, 'split'),
    };
  }

  /** @internal */
  treeScores(): TreeScores {
    return histScores(this.state);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return lowerHistScores(plan, x, this.state);
  }
}

function gainsOf(labelGain: readonly number[] | null): Float64Array {
  return labelGain
    ? Float64Array.from(labelGain)
    : Float64Array.from({ length: GRADES }, (_, grade) => 2 ** grade - 1);
}
