/** Searches over parameters: every candidate is cross-validated, and the best is fitted on all rows. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type EstimatorKind } from '../core/estimator.js';
import { type FitInput, reportProgress, requireY, type Targets } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { frontOf } from '../core/inner-models.js';
import { checkFiniteFor } from '../core/input-checks.js';
import type { Fold } from '../core/k-fold.js';
import { isTransformer, type ScoreOptions } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { MetaEstimator } from '../core/meta-estimator.js';
import { type NamedCategories, unitedCategories } from '../core/named-categories.js';
import { bool, custom, either, int, nothing, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema, type Target } from '../core/schema.js';
import type { TargetsLike } from '../core/targets.js';
import { trainingTable } from '../core/training-table.js';
import { StateError, ValidationError } from '../errors.js';
import { bestOf } from '../metrics/scorers.js';
import { type FoldOptions, foldData } from './folds.js';
import type { ParamSet } from './parameter-grid.js';
import type { ParamDistributions } from './parameter-sampler.js';
import { runRemotely, type SearchWorkers, searchWorkers } from './remote-trials.js';
import {
  type CrossValidationModel,
  isSingle,
  type NamedScorer,
  resolveScorers,
  type Scoring,
} from './scoring.js';
import { capital, type Outcome, type SearchResults, tabulate, tabulateTimes } from './search-results.js';
import { requireFit, runTrials, withParams } from './trials.js';

/** Options that all searches share. */
export interface SearchOptions {
  /** A scorer, a list of names, or an object of scorers. Default: the estimator's own `score` (accuracy or R2). */
  scoring: Scoring | null;
  /** Folds, as in {@link crossValidate}; the groups of rows are an option of `fit`. Default 5. */
  cv: NonNullable<FoldOptions['cv']>;
  /** Fit the best candidate on all rows; of several scorers, the name of the one that decides. Default true. */
  refit: boolean | string;
  /** Score the training rows of each fold, too. Default false. */
  returnTrainScore: boolean;
  /**
   * What a scorer gives that fails on a fold, and each where the candidate's fit fails; 'raise': the search fails. It fails
   * whatever this is where all fits fail, or all of a round of successive halving. Default 'raise'.
   */
  errorScore: 'raise' | number;
  /**
   * Redis, through which other processes and machines do the fits: those that run `boreal search-worker` or
   * {@link searchWorker}. The result is the same. Needs the packages bullmq and ioredis; not saved. Default null: this process.
   */
  workers: SearchWorkers | null;
}

/** Parameters of all searches. */
export interface BaseSearchParams extends SearchOptions {
  /** What predicts, or has a score, as {@link PCA} has; or a pipeline that ends in it. Clusterers, mixtures and the like need no y. */
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

/** Outcomes of candidates, by candidate, then by fold; `total` is how many fits the whole search will take. */
export type Evaluate = (
  candidates: readonly ParamSet[],
  folds: readonly Fold[],
  total: number,
) => Promise<Outcome[][]>;

/** What a search tried. */
export interface Explored {
  readonly candidates: readonly ParamSet[];
  readonly outcomes: readonly (readonly Outcome[])[];
  /** More columns of the table. */
  readonly columns?: Readonly<Record<string, Int32Array>>;
  /** The first of those among which the best is chosen. Default 0. */
  readonly eligible?: number;
}

/** The training set of a search. */
export interface SearchData extends Targets, Pick<FitInput, 'signal' | 'onProgress' | 'groups' | 'device'> {
  /** As the candidates are fitted on it. */
  readonly X: MatrixLike;
  /** Refuses values that the estimator cannot use, where that is known before any fit. */
  readonly check: () => void;
}

/** The defaults of {@link SearchOptions}. */
export const SEARCH_DEFAULTS: SearchOptions = {
  ...{ scoring: null, cv: 5, refit: true, returnTrainScore: false, errorScore: 'raise' },
  workers: null,
};

/** How long the fits of a search took: no part of what is learned, since it differs each time. */
const times = new WeakMap<SearchResults, { columns: Record<string, Float64Array>; refit?: number }>();

const isObject = (v: unknown): v is object => typeof v === 'object' && v !== null;

/** Base of searches over parameters. */
export abstract class BaseSearch<P extends BaseSearchParams, F extends Estimator> extends MetaEstimator<
  P,
  SearchState,
  F
> {
  /** The sets of parameters to try. @throws {ERR_PARAMETER} when they make no sense */
  protected abstract candidates(): ParamSet[];
  /** The values that candidates have, by parameter. */
  protected abstract get space(): ParamDistributions | readonly ParamDistributions[];

  get kind(): EstimatorKind {
    return this.params.estimator?.kind;
  }

  get outputs(): readonly Output[] {
    return this.isFitted && this.state.best === null ? [] : (this.params.estimator?.outputs ?? []);
  }

  override get tags() {
    return { ...this.params.estimator?.tags, takesGroups: true, delegates: true, ownScore: true };
  }

  /** The rules of the shared parameters. */
  protected get searchRules(): Rules<BaseSearchParams> {
    const model = custom(
      'an estimator that predicts or has a score, or a pipeline that ends in one',
      (v) => v instanceof Estimator && (v.kind !== 'transformer' || v.outputs.includes('score')),
    );
    const scorer = (v: unknown) => typeof v === 'string' || typeof v === 'function';
    return {
      estimator: model,
      scoring: either(
        nothing,
        custom('a scorer or its name, or a list or an object of them', (v) => {
          return scorer(v) || (isObject(v) && Object.values(v).every(scorer));
        }),
      ),
      cv: cvRule,
      refit: either(
        bool,
        custom('the name of a scorer', (v) => typeof v === 'string'),
      ),
      returnTrainScore: bool,
      errorScore: either(
        oneOf('raise'),
        custom('a number', (v) => typeof v === 'number'),
      ),
      workers: either(nothing, searchWorkers),
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

  /** As that of every estimator, without the address of Redis, which may hold a password. @internal */
  override snapshot() {
    const { params, fitted } = super.snapshot();
    return { params: { ...params, workers: null }, fitted };
  }

  /** What any candidate may name. @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    const { estimator } = this.params;
    if (!(estimator instanceof Estimator)) return [];
    const lists = [this.space]
      .flat()
      .filter(isObject)
      .flatMap((space) => Object.entries(space));
    const variants = lists.flatMap(([name, values]) => {
      // Lists of categories, and estimators that have some.
      const own: readonly unknown[] = Array.isArray(values) ? values.filter(isObject) : [];
      return own.map((value) => namedBy(estimator, { [name]: value }, columns));
    });
    return unitedCategories([estimator.namedCategories(columns), ...variants]);
  }

  protected fitState(input: FitInput): Promise<SearchState> {
    const { estimator } = this.params;
    const data = { ...input, X: trainingTable(input), check: () => checkFiniteFor(estimator, input) };
    const schema = Schema.named(input.columns);
    // Progress counts the fits of candidates.
    return this.#search(data, (model) => model.fitInput({ ...input, onProgress: undefined }, schema));
  }

  protected override front({ best }: SearchState) {
    return frontOf(best === null ? [] : [best]);
  }

  /** Asked for before X is read, so that a search without a best candidate says so. @internal */
  override get vectorizers() {
    return this.isFitted && this.tags.vectorizes ? this.bestEstimator.vectorizers : [];
  }

  async #search(input: SearchData, fitBest: (model: Estimator) => Promise<void>): Promise<SearchState> {
    const { estimator, scoring, cv, returnTrainScore, errorScore, refit, workers }: P = this.params;
    const scorers = resolveScorers(scoring ?? undefined);
    const metric = this.#decider(scorers);
    const { sampleWeight, groups, signal, X, device } = input;
    const y = input.y === undefined ? undefined : requireY(input);
    const sent = { X, y, sampleWeight, scoring, returnTrainScore, errorScore, device };
    const { folds, part } = foldData(estimator, X, y, {
      ...{ cv, groups, sampleWeight: sampleWeight ?? undefined },
    });
    const progress = reportProgress(input, this);
    let done = 0;
    const evaluate: Evaluate = async (candidates, chosen, total) => {
      const models = candidates.map((params) => withParams(estimator, params));
      const trials = models.flatMap((model) => chosen.map((fold) => ({ model, fold, part })));
      const options = { scorers, returnTrainScore, errorScore, device };
      const onDone = () => progress?.(++done, total);
      const all =
        workers === null
          ? await runTrials(trials, options, signal, onDone)
          : await runRemotely(workers, { estimator, candidates, folds: chosen, ...sent }, signal, onDone);
      requireFit(all);
      return models.map((_, k) => all.slice(k * chosen.length, (k + 1) * chosen.length));
    };
    const { candidates, outcomes, columns, eligible } = await this.explore(evaluate, folds, input);
    const names = scorers.map(({ name }) => name);
    const results = { ...tabulate(candidates, outcomes, names), ...columns };
    const bestIndex = bestOf(results[`meanTest${capital(metric)}`] as Float64Array, eligible);
    const model = refit === false ? null : withParams(estimator, candidates[bestIndex]);
    const start = performance.now();
    if (model !== null) await fitBest(model);
    const refitTime = model === null ? undefined : performance.now() - start;
    times.set(results, { columns: tabulateTimes(outcomes), refit: refitTime });
    return { best: model, bestIndex, metric, nSplits: folds.length, results };
  }

  /** Decides which candidates are evaluated on which folds: by default all of them on all folds. */
  protected async explore(evaluate: Evaluate, folds: readonly Fold[], _data: SearchData): Promise<Explored> {
    const candidates = this.candidates();
    return { candidates, outcomes: await evaluate(candidates, folds, candidates.length * folds.length) };
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

  protected override get within(): unknown {
    return this.bestEstimator;
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
    return { ...results, ...times.get(results)?.columns };
  }

  /**
   * Milliseconds that the fit of the best candidate on all rows took; undefined where the search was loaded.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} with `refit: false`
   */
  get refitTime(): number | undefined {
    return this.bestEstimator && times.get(this.state.results)?.refit;
  }

  /** The number of folds. @throws {ERR_NOT_FITTED} before `fit` */
  get nSplits(): number {
    return this.state.nSplits;
  }

  /**
   * Undoes {@link MetaEstimator.transform} by the best estimator, as {@link RFE} and pipelines of transformers do.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} with `refit: false`, and where the best estimator has no inverse
   */
  async inverseTransform(X: MatrixLike): Promise<Matrix> {
    const best: Estimator & { inverseTransform?(X: MatrixLike): Matrix | Promise<Matrix> } =
      this.bestEstimator;
    if (best.inverseTransform !== undefined) return best.inverseTransform(X);
    throw new StateError('ERR_NOT_SUPPORTED', `${best.constructor.name} has no inverse.`);
  }

  /** The best estimator's score, by the scorer that found it. */
  override async score(
    X: MatrixLike,
    y?: TargetsLike | null,
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

/** What an estimator names with a parameter of its candidates. */
function namedBy(estimator: Estimator, params: ParamSet, columns: readonly Column[] | null): NamedCategories {
  try {
    return withParams(estimator, params).namedCategories(columns);
  } catch (error) {
    // Of an estimator that another parameter puts there; else the candidate says so.
    if (error instanceof ValidationError) return [];
    throw error;
  }
}
