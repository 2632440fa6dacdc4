/** Searches over parameters: every candidate is cross-validated, and the best is fitted on all rows. */
import { Estimator, type EstimatorKind } from '../core/estimator.js';
import { type FitInput, requireY } from '../core/fit-input.js';
import { isTransformer, type ScoreOptions } from '../core/kinds.js';
import type { MatrixLike } from '../core/matrix.js';
import { MetaEstimator } from '../core/meta-estimator.js';
import { bool, custom, either, int, nothing, oneOf, type Rules } from '../core/params.js';
import type { Output, ResolvedCompileOptions } from '../core/plan.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { runAll } from '../core/run-all.js';
import { type Column, Schema, type Target } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import { type FoldOptions, foldData } from './folds.js';
import type { ParamSet } from './parameter-grid.js';
import {
  type CrossValidationModel,
  isSingle,
  type NamedScorer,
  resolveScorers,
  type Scoring,
  scoreAll,
} from './scoring.js';
import { capital, type Outcome, type SearchResults, tabulate, tabulateTimes } from './search-results.js';
import { trainingTable } from './training-table.js';

/** Options that all searches share. */
export interface SearchOptions {
  /** A scorer, a list of names, or an object of scorers. Default: the estimator's own `score` (accuracy or R2). */
  scoring: Scoring | null;
  /** Folds, as in {@link crossValidate}; of groups: `[...new GroupKFold().split(X, y, groups)]`. Default 5. */
  cv: NonNullable<FoldOptions['cv']>;
  /** Fit the best candidate on all rows; of several scorers, the name of the one that decides. Default true. */
  refit: boolean | string;
  /** Score the training rows of each fold, too. Default false. */
  returnTrainScore: boolean;
  /** What a candidate scores on a fold where its fit fails; 'raise': the search fails. Default 'raise'. */
  errorScore: 'raise' | number;
}

/** Parameters of all searches. */
export interface BaseSearchParams extends SearchOptions {
  /** A classifier, a regressor, or a pipeline that ends in one. */
  estimator: Estimator;
}

/** Learned by searches. */
export interface SearchState {
  /** Fitted on all rows; null with `refit: false`. */
  readonly best: Estimator | null;
  /** Which candidate is best by the scorer that decides. */
  readonly bestIndex: number;
  /** The name of that scorer. */
  readonly metric: string;
  readonly nSplits: number;
  readonly results: SearchResults;
}

/** The defaults of {@link SearchOptions}. */
export const SEARCH_DEFAULTS: SearchOptions = {
  ...{ scoring: null, cv: 5, refit: true, returnTrainScore: false, errorScore: 'raise' },
};

/** How long the fits of a search took: no part of what is learned, since it differs each time. */
const times = new WeakMap<SearchResults, Record<string, Float64Array>>();

/** Base of searches over parameters. */
export abstract class BaseSearch<P extends BaseSearchParams, F extends Estimator> extends MetaEstimator<
  P,
  SearchState,
  F
> {
  /** The sets of parameters to try. @throws {ERR_PARAMETER} when they make no sense */
  protected abstract candidates(): ParamSet[];

  get kind(): EstimatorKind {
    return this.params.estimator.kind;
  }

  get outputs(): readonly Output[] {
    return this.params.estimator.outputs;
  }

  override get tags() {
    return { ...this.params.estimator.tags, delegates: true };
  }

  /** The rules of the shared parameters. */
  protected get searchRules(): Rules<BaseSearchParams> {
    const model = custom(
      'a classifier, a regressor, or a pipeline that ends in one',
      (v) => v instanceof Estimator && v.kind !== 'transformer',
    );
    const scorer = (v: unknown) => typeof v === 'string' || typeof v === 'function';
    const isObject = (v: unknown): v is object => typeof v === 'object' && v !== null;
    return {
      estimator: model,
      scoring: either(
        nothing,
        custom('a scorer or its name, or a list or an object of them', (v) => {
          return scorer(v) || (isObject(v) && Object.values(v).every(scorer));
        }),
      ),
      cv: either(int(2), custom('a splitter, or a list of { train, test }', isObject)),
      refit: either(
        bool,
        custom('the name of a scorer', (v) => typeof v === 'string'),
      ),
      returnTrainScore: bool,
      errorScore: either(
        oneOf('raise'),
        custom('a number', (v) => typeof v === 'number'),
      ),
    };
  }

  get stateRules(): Rules<SearchState> {
    return {
      best: either(
        nothing,
        custom('an estimator', (v) => v instanceof Estimator),
      ),
      bestIndex: int(0),
      metric: custom('a name', (v) => typeof v === 'string'),
      nSplits: int(1),
      results: custom('a table', (v) => Array.isArray((v as Partial<SearchResults> | null)?.params)),
    };
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
    this.#decider(resolveScorers(this.params.scoring ?? undefined));
  }

  protected override cloneParams(): P {
    return { ...this.params, estimator: this.params.estimator.clone() };
  }

  protected async fitState(input: FitInput): Promise<SearchState> {
    const scorers = resolveScorers(this.params.scoring ?? undefined);
    const metric = this.#decider(scorers);
    const candidates = this.candidates();
    const models = candidates.map((params) => withParams(this.params.estimator, params));
    const { outcomes, nSplits } = await this.#evaluate(models, scorers, input);
    const results = tabulate(
      candidates,
      outcomes,
      scorers.map(({ name }) => name),
    );
    times.set(results, tabulateTimes(outcomes));
    const ranks = results[`rankTest${capital(metric)}`] as Int32Array;
    const bestIndex = ranks.indexOf(1);
    const best = this.params.refit === false ? null : models[bestIndex];
    // Progress counts the fits of candidates.
    await best?.fitInput(
      { ...input, onProgress: undefined },
      new Schema(input.columns, { kind: 'none' }, true),
    );
    return { best, bestIndex, metric, nSplits, results };
  }

  async #evaluate(
    models: readonly Estimator[],
    scorers: readonly NamedScorer[],
    input: FitInput,
  ): Promise<{ outcomes: Outcome[][]; nSplits: number }> {
    const { cv, returnTrainScore, errorScore }: SearchOptions = this.params;
    const { sampleWeight, signal, onProgress } = input;
    const X = trainingTable(input);
    const y = requireY(input);
    const { folds, part } = foldData(models[0], X, y, { cv, sampleWeight: sampleWeight ?? undefined });
    const tasks = models.flatMap((model) => folds.map((fold) => ({ model, fold })));
    let done = 0;
    const all = await runAll(tasks, signal, async ({ model, fold }, stop): Promise<Outcome> => {
      const one = model.clone() as CrossValidationModel;
      const train = part(fold.train);
      const started = performance.now();
      let outcome: Outcome;
      try {
        await one.fit(train.X, train.y, { sampleWeight: train.sampleWeight, signal: stop });
        const fitted = performance.now();
        const test = await scoreAll(scorers, one, part(fold.test));
        const scored = performance.now();
        const again = returnTrainScore ? await scoreAll(scorers, one, train) : [];
        outcome = { test, train: again, fitTime: fitted - started, scoreTime: scored - fitted };
      } catch (error) {
        stop.throwIfAborted();
        if (errorScore === 'raise') throw error;
        const scores = scorers.map(() => errorScore);
        const fitTime = performance.now() - started;
        outcome = { test: scores, train: returnTrainScore ? scores : [], fitTime, scoreTime: 0 };
      }
      stop.throwIfAborted();
      done += 1;
      const { length: total } = tasks;
      onProgress?.({ estimator: this.constructor.name, done, total, fraction: done / total });
      return outcome;
    });
    const nSplits = folds.length;
    const outcomes = models.map((_, k) => all.slice(k * nSplits, (k + 1) * nSplits));
    return { outcomes, nSplits };
  }

  /** The scorer that decides which candidate is best. */
  #decider(scorers: readonly NamedScorer[]): string {
    const { refit, scoring } = this.params;
    const names = scorers.map(({ name }) => name);
    if (typeof refit === 'string' && !names.includes(refit))
      throw this.#refuse(`refit names '${refit}', but scoring has ${names.join(', ')}`);
    if (refit === true && !isSingle(scoring ?? undefined))
      throw this.#refuse(
        `there are several scorers (${names.join(', ')}), so refit must name one of them, or be false`,
      );
    return typeof refit === 'string' ? refit : names[0];
  }

  #refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `${this.constructor.name}: ${why}.`);
  }

  protected targetOf({ best }: SearchState): Target {
    return best?.schema.target ?? { kind: 'none' };
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    return this.bestEstimator.lowerChecked(plan, x, options);
  }

  outputColumns(): readonly Column[] {
    const { bestEstimator } = this;
    if (isTransformer(bestEstimator)) return bestEstimator.outputColumns();
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `${this.constructor.name} predicts, and has no output columns.`,
    );
  }

  /**
   * The best candidate, fitted on all rows.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} with `refit: false`
   */
  get bestEstimator(): F {
    const { best } = this.state;
    if (best !== null) return best as F;
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `This ${this.constructor.name} has refit: false, so that it has no best estimator; fit one with bestParams.`,
    );
  }

  /** The parameters of the best candidate. @throws {ERR_NOT_FITTED} before `fit` */
  get bestParams(): ParamSet {
    return this.state.results.params[this.bestIndex];
  }

  /** The mean test score of the best candidate. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): number {
    return this.state.results[`meanTest${capital(this.state.metric)}`][this.bestIndex] as number;
  }

  /** Which candidate is best, the first of equals. @throws {ERR_NOT_FITTED} before `fit` */
  get bestIndex(): number {
    return this.state.bestIndex;
  }

  /** All candidates, their scores and, unless the search was loaded, their times. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): SearchResults {
    const { results } = this.state;
    return { ...results, ...times.get(results) };
  }

  /** The number of folds. @throws {ERR_NOT_FITTED} before `fit` */
  get nSplits(): number {
    return this.state.nSplits;
  }

  /** The best estimator's score, by the scorer that found it. */
  override async score(
    X: MatrixLike,
    y: ArrayLike<unknown>,
    { sampleWeight }: ScoreOptions = {},
  ): Promise<number> {
    const scorers = resolveScorers(this.fittedParams.scoring ?? undefined);
    const { score } = scorers.find(({ name }) => name === this.state.metric)!;
    return score(this.bestEstimator as unknown as CrossValidationModel, {
      X,
      y: y as ArrayLike<never>,
      sampleWeight,
    });
  }
}

/** A clone with other parameters; estimators among them are cloned, too. */
function withParams(estimator: Estimator, params: ParamSet): Estimator {
  const values = Object.entries(params).map(([name, value]) => [
    name,
    value instanceof Estimator ? value.clone() : value,
  ]);
  return estimator.clone().setParams(Object.fromEntries(values));
}
