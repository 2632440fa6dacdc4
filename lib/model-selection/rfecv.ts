/** As many columns as cross-validation finds best, the least important taken away first. */

import { takeColumns } from '../core/columns.js';
import type { Estimator } from '../core/estimator.js';
import { type FitInput, reportProgress, requireY } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { type ImportanceGetter, importanceGetterRule } from '../core/importances.js';
import { custom, either, int, type Rules, real } from '../core/params.js';
import { runAll } from '../core/run-all.js';
import { trainingTable } from '../core/training-table.js';
import { ValidationError } from '../errors.js';
import { eliminate, stepOf } from '../feature-selection/elimination.js';
import { Eliminator, type EliminatorState, eliminatorStateRules } from '../feature-selection/eliminator.js';
import { RFE } from '../feature-selection/rfe.js';
import { type FoldOptions, foldData } from './folds.js';
import { predictorRule, scoringRule } from './rules.js';
import { type CrossValidationModel, resolveScorers, type SingleScoring } from './scoring.js';

/** Parameters of {@link RFECV}. */
export interface RFECVParams {
  /** A classifier or regressor with `coef` or `featureImportances` once it is fitted. */
  estimator: Estimator;
  /** How many columns go at a time: a whole number, or a share in (0, 1) of all. Default 1. */
  step: number;
  /** At least so many stay. Default 1. */
  minFeaturesToSelect: number;
  /** Folds, as in {@link crossValidate}. Default 5. */
  cv: NonNullable<FoldOptions['cv']>;
  /** A scorer or its name; null: the estimator's own `score`. Default null. */
  scoring: SingleScoring | null;
  /** Where the fitted model has the weights of its columns. Default 'auto': `coef`, else `featureImportances`. */
  importanceGetter: ImportanceGetter;
}

/** What each number of columns scored, from few to many. */
export interface RFECVResults {
  readonly nFeatures: Int32Array;
  readonly meanTestScore: Float64Array;
  readonly stdTestScore: Float64Array;
  /** By fold. */
  readonly testScores: readonly Float64Array[];
}

/** Learned by {@link RFECV}. */
export interface RFECVState extends EliminatorState {
  readonly results: RFECVResults;
}

/**
 * Recursive feature elimination (see {@link RFE}) down to the number of columns with the best mean score over the folds, of equals
 * the smallest; then of all rows, down to that number. Folds run concurrently.
 *
 * Differs from scikit-learn: `cvResults` in camelCase, with the scores of the folds in a list.
 * As {@link RFE} it predicts as the model of the columns that stay does.
 *
 * @typeParam F - the model, which decides what `predict` returns
 * @example
 * ```ts
 * import { loadDiabetes, RFECV, Ridge } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const selector = await new RFECV(new Ridge({ alpha: 0.1 }), { cv: 3 }).fit(data, target);
 * selector.cvResults.nFeatures.length; // 10
 * selector.selected.length === selector.nFeatures; // true
 * ```
 */
export class RFECV<F extends Estimator = Estimator> extends Eliminator<RFECVParams, RFECVState, F> {
  /** @param estimator - cloned for each fit, and left as it is */
  constructor(estimator: F, options: Partial<Omit<RFECVParams, 'estimator'>> = {}) {
    super({
      ...{ step: 1, minFeaturesToSelect: 1, cv: 5, scoring: null, importanceGetter: 'auto' },
      ...{ ...options, estimator },
    });
  }

  static override fromParams({ estimator, ...options }: RFECVParams): RFECV {
    return new RFECV(estimator, options);
  }

  override get tags() {
    return { ...super.tags, takesGroups: true };
  }

  get rules(): Rules<RFECVParams> {
    return {
      estimator: predictorRule,
      step: either(int(1), real(0, 1, 'both')),
      minFeaturesToSelect: int(1),
      cv: cvRule,
      scoring: scoringRule,
      importanceGetter: importanceGetterRule,
    };
  }

  get stateRules(): Rules<RFECVState> {
    return {
      ...eliminatorStateRules,
      results: custom(
        'the scores',
        (v) => (v as Partial<RFECVResults> | null)?.nFeatures instanceof Int32Array,
      ),
    };
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
    resolveScorers(this.params.scoring ?? undefined);
  }

  protected async fitState(input: FitInput): Promise<RFECVState> {
    const { cols } = input.x;
    const { estimator, minFeaturesToSelect, step, importanceGetter } = this.params;
    if (minFeaturesToSelect > cols) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `RFECV: minFeaturesToSelect is ${minFeaturesToSelect}, but X has only ${cols} columns.`,
      );
    }
    const results = await this.#crossValidate(input);
    let best = 0;
    results.meanTestScore.forEach((score, k) => {
      if (score > results.meanTestScore[best]) best = k;
    });
    const options = {
      nFeaturesToSelect: results.nFeatures[best],
      step: stepOf(step, cols),
      importanceGetter,
    };
    const rfe = new RFE(estimator, options);
    const { support, model, ranking } = await rfe.eliminateFrom(input);
    return { support, model, ranking, results };
  }

  async #crossValidate(input: FitInput): Promise<RFECVResults> {
    const { estimator, scoring, cv, minFeaturesToSelect, step, importanceGetter } = this.params;
    const { sampleWeight, signal, groups } = input;
    const { cols } = input.x;
    const [{ score }] = resolveScorers(scoring ?? undefined);
    const X = trainingTable(input);
    const { folds, part } = foldData(estimator, X, requireY(input), {
      ...{ cv, groups },
      sampleWeight: sampleWeight ?? undefined,
    });
    const plan = { columns: cols, wanted: minFeaturesToSelect, step: stepOf(step, cols), importanceGetter };
    const counts: number[] = [];
    const progress = reportProgress(input, this);
    let done = 0;
    const scores = await runAll(folds, signal, async (fold, stop) => {
      const train = part(fold.train);
      const test = part(fold.test);
      const own: number[] = [];
      await eliminate(
        plan,
        async (columns) => {
          const model = estimator.clone() as CrossValidationModel;
          const options = { sampleWeight: train.sampleWeight, signal: stop };
          await model.fit(takeColumns(train.X, columns), train.y, options);
          return model;
        },
        async (model, columns) => {
          if (fold === folds[0]) counts.push(columns.length);
          own.push(await score(model, { ...test, X: takeColumns(test.X, columns) }));
        },
      );
      stop.throwIfAborted();
      progress?.(++done, folds.length);
      return Float64Array.from(own.reverse());
    });
    const each = counts.reverse().map((_, k) => scores.map((own) => own[k]));
    const means = each.map((own) => own.reduce((sum, value) => sum + value, 0) / own.length);
    return {
      nFeatures: Int32Array.from(counts),
      meanTestScore: Float64Array.from(means),
      stdTestScore: Float64Array.from(each, (own, k) =>
        Math.sqrt(own.reduce((sum, value) => sum + (value - means[k]) ** 2, 0) / own.length),
      ),
      testScores: scores,
    };
  }

  /** The scores of each number of columns. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): RFECVResults {
    return this.state.results;
  }
}
