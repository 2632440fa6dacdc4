/** Missing values by regressions of each column on the others, in rounds. */
import { transformTraining } from '../core/apply.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { anyFittedModels, baseModel } from '../core/inner-models.js';
import { Transformer } from '../core/kinds.js';
import { rangesOf } from '../core/moments.js';
import {
  bool,
  checkLength,
  custom,
  either,
  int,
  int32s,
  nothing,
  oneOf,
  type Rule,
  type Rules,
  real,
  seed,
  uint8s,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { BayesianRidge } from '../linear-model/bayesian-ridge.js';
import { fitRounds, type Rounds, stepSeed } from './iterative-fit.js';
import { type Limits, lowerStep } from './iterative-step.js';
import { lowerMarked, markMissing, missingNumberRule } from './marker.js';
import { isMissing } from './missing.js';
import { appendFlags, flagColumns } from './missing-flags.js';
import { SimpleImputer } from './simple-imputer.js';

/** Parameters of {@link IterativeImputer}. */
export interface IterativeImputerParams {
  /** A regressor, cloned for each column of each round. Default null: {@link BayesianRidge}. */
  estimator: Estimator | null;
  /**
   * Draw values from the distribution that the estimator predicts, a normal one within the limits, rather than its mean: for multiple
   * imputation. The estimator must have the output 'std'. Default false.
   */
  samplePosterior: boolean;
  /** Most rounds, >= 0. Default 10. */
  maxIter: number;
  /** Stop when a round changes no row by more, in sum, than this times the largest magnitude, >= 0. Default 1e-3. */
  tol: number;
  /** Columns a regression reads, drawn by their correlation at first, >= 1; null: all others. Default null. */
  nNearestFeatures: number | null;
  /** What the first round begins with, see {@link SimpleImputer}. Default 'mean'. */
  initialStrategy: 'mean' | 'median' | 'mostFrequent' | 'constant';
  /** The constant of `initialStrategy`, and what empty columns that are kept are filled with. Default null: 0. */
  fillValue: number | null;
  /** By the number of missing values, from left to right (roman), from right to left (arabic), or anew in each round. Default 'ascending'. */
  imputationOrder: 'ascending' | 'descending' | 'roman' | 'arabic' | 'random';
  /** Leave columns alone that miss nothing during fit: what they miss later gets the value of `initialStrategy`. Default false. */
  skipComplete: boolean;
  /** Least value that is filled in: a number, or one for each column of X. Default -Infinity. */
  minValue: number | ArrayLike<number>;
  /** Greatest value that is filled in, above the least. Default Infinity. */
  maxValue: number | ArrayLike<number>;
  /** Seed of what is drawn; null: another one each time. Default null. */
  randomState: number | null;
  /** What stands for missing: NaN (and null in a table), or a number; then no value may be NaN. Default NaN. */
  missingValues: number;
  /** Append a column of 0 and 1 for each column that had missing values during fit. Default false. */
  addIndicator: boolean;
  /** Keep columns without any value; they are dropped otherwise. Default false. */
  keepEmptyFeatures: boolean;
}

/** Learned by {@link IterativeImputer}. */
export interface IterativeImputerState extends Rounds {
  /** What the first round begins with; says which columns stay. */
  readonly initial: SimpleImputer;
  /** [columns] 1 where values were missing during fit. */
  readonly hadMissing: Uint8Array;
}

/** A regression of {@link IterativeImputer}. */
export interface ImputationStep {
  /** The column it predicts. */
  readonly feature: number;
  /** The columns it reads. */
  readonly neighbors: Int32Array;
  readonly estimator: Estimator;
}

const limit: Rule = either(
  custom('a number, but not NaN', isLimit),
  custom('a list of numbers', (v) => {
    return typeof v === 'object' && v !== null && Array.from(v as ArrayLike<number>).every(isLimit);
  }),
);

function isLimit(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

/**
 * Replaces missing values by what a regression on the other columns predicts: column after column, in rounds that each start from what
 * the last has filled in (van Buuren and Groothuis-Oudshoorn 2011, "mice: Multivariate Imputation by Chained Equations in R"; Buck 1960).
 * `transform` repeats the regressions of the fit on new rows, all of them one native plan.
 *
 * Differs from scikit-learn: with `samplePosterior` a draw belongs to the values of its row
 * and the seed: the same row gets the same draw whenever it comes, in `transform` too, and another `randomState` another; what a value
 * beyond a limit becomes is the limit, there as here. A fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns.
 *
 * @example
 * ```ts
 * import { IterativeImputer } from 'boreal';
 * const imputer = await new IterativeImputer().fit([[1, 2], [3, 6], [4, 8], [NaN, 3], [7, NaN]]);
 * const [[, filled]] = imputer.transformSync([[10, NaN]]).toArray();
 * Math.abs(filled - 20) < 0.1; // true
 * ```
 */
export class IterativeImputer extends Transformer<IterativeImputerParams, IterativeImputerState> {
  constructor(params: Partial<IterativeImputerParams> = {}) {
    super({
      ...{ estimator: null, samplePosterior: false, maxIter: 10, tol: 1e-3, nNearestFeatures: null },
      ...{ initialStrategy: 'mean', fillValue: null, imputationOrder: 'ascending', skipComplete: false },
      ...{ minValue: -Infinity, maxValue: Infinity, randomState: null },
      ...{ missingValues: Number.NaN, addIndicator: false, keepEmptyFeatures: false },
      ...params,
    });
  }

  get rules(): Rules<IterativeImputerParams> {
    return {
      ...{ estimator: baseModel('regressor'), samplePosterior: bool, maxIter: int(0, 100_000), tol: real(0) },
      nNearestFeatures: either(int(1), nothing),
      initialStrategy: oneOf('mean', 'median', 'mostFrequent', 'constant'),
      fillValue: either(real(), nothing),
      imputationOrder: oneOf('ascending', 'descending', 'roman', 'arabic', 'random'),
      ...{ skipComplete: bool, minValue: limit, maxValue: limit, randomState: seed },
      ...{ missingValues: missingNumberRule, addIndicator: bool, keepEmptyFeatures: bool },
    };
  }

  get stateRules(): Rules<IterativeImputerState> {
    return {
      initial: custom('a fitted SimpleImputer', (v) => v instanceof SimpleImputer && v.isFitted),
      hadMissing: uint8s(),
      ...{ models: anyFittedModels, targets: int32s() },
      neighbors: custom(
        'lists of columns',
        (v) => Array.isArray(v) && v.every((f) => f instanceof Int32Array),
      ),
      ...{ rounds: int(0), converged: bool, seed: int(0, 0xffff_ffff) },
    };
  }

  override get tags() {
    return { allowNan: Number.isNaN(this.params.missingValues) };
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator, samplePosterior } = this.params;
    estimator?.checkParams();
    if (samplePosterior && !(estimator ?? new BayesianRidge()).outputs.includes('std')) {
      const why = `samplePosterior needs an estimator with the output 'std', such as BayesianRidge`;
      throw new ValidationError('ERR_PARAMETER', `IterativeImputer: ${why}.`);
    }
  }

  protected override checkState(state: IterativeImputerState, columns: readonly Column[]): void {
    checkLength(this, 'hadMissing', state.hadMissing, columns.length);
    const { initial, models, targets, neighbors } = state;
    const width = keptColumns(columns, initial).length;
    const isColumn = (j: number) => j >= 0 && j < width;
    const fits =
      initial.nFeaturesIn === columns.length &&
      initial.outputColumns().length === width &&
      targets.length === models.length &&
      neighbors.length === models.length &&
      targets.every(isColumn) &&
      neighbors.every((list, k) => list.length === models[k].nFeaturesIn && list.every(isColumn));
    if (fits) return;
    throw new ValidationError(
      'ERR_PARAMETER',
      'IterativeImputer state: columns are not those of the models.',
    );
  }

  protected async fitState(given: FitInput): Promise<IterativeImputerState> {
    const input = { ...given, x: await markMissing(given, this.params.missingValues) };
    const { initialStrategy: strategy, fillValue, keepEmptyFeatures, estimator } = this.params;
    const { x, columns, cancel } = input;
    const initial = new SimpleImputer({ strategy, fillValue, keepEmptyFeatures });
    const schema = Schema.named(columns);
    await initial.fitInput({ ...input, y: undefined, sampleWeight: null }, schema);
    const filled = await transformTraining(initial, input, schema);
    const { count } = await rangesOf(x, cancel);
    const kept = keptColumns(columns, initial);
    const settings = { ...this.params, estimator: estimator ?? new BayesianRidge() };
    const limits = limitsOf(this, this.params, kept, columns.length);
    const missed = kept.map((j) => (count[j] === 0 ? 0 : x.rows - count[j]));
    const rounds = await fitRounds(this, input, { ...settings, filled, kept, missed, limits });
    return { ...rounds, initial, hadMissing: Uint8Array.from(count, (n) => (n < x.rows ? 1 : 0)) };
  }

  /** Rounds that were made. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.rounds;
  }

  /** Whether a round changed little enough; always false of draws. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  /** How many columns had missing values during fit. @throws {ERR_NOT_FITTED} before `fit` */
  get nFeaturesWithMissing(): number {
    return this.state.hadMissing.reduce((sum, had) => sum + had, 0);
  }

  /** The regressions in their order, by numbers of columns among those that come out. @throws {ERR_NOT_FITTED} before `fit` */
  get imputationSequence(): readonly ImputationStep[] {
    const { models, targets, neighbors } = this.state;
    return models.map((estimator, k) => ({ feature: targets[k], neighbors: neighbors[k], estimator }));
  }

  #flagged(): number[] {
    if (!this.fittedParams.addIndicator) return [];
    return [...this.state.hadMissing.keys()].filter((j) => this.state.hadMissing[j] === 1);
  }

  outputColumns(): readonly Column[] {
    const { columns } = this.schema;
    return [...this.state.initial.outputColumns(), ...flagColumns(columns, this.#flagged())];
  }

  lower(plan: PlanBuilder, rows: Slot, options: ResolvedCompileOptions): Slot {
    const x = lowerMarked(plan, rows, this.schema.columns, this.fittedParams.missingValues);
    const { initial, models, targets, neighbors, seed } = this.state;
    const { columns } = this.schema;
    const kept = keptColumns(columns, initial);
    const limits = limitsOf(this, this.fittedParams, kept, columns.length);
    const filled = initial.lower(plan, x);
    const missing = isMissing(plan, plan.gather(x, kept));
    const current = kept.map((_, j) => plan.gather(filled, [j]));
    models.forEach((model, k) => {
      const j = targets[k];
      const given = plan.concat(Array.from(neighbors[k], (other) => current[other]));
      const draw = this.fittedParams.samplePosterior ? { row: x, seed: stepSeed(seed, k) } : null;
      const value = lowerStep(plan, given, { model, limits: limits[j], draw, options });
      current[j] = plan.select([plan.gather(missing, [j]), value, current[j]]);
    });
    return appendFlags(plan, [x, plan.concat(current)], columns, this.#flagged());
  }
}

/** Numbers of the columns that stay. */
function keptColumns(columns: readonly Column[], initial: SimpleImputer): number[] {
  const { statistics } = initial;
  return [...columns.keys()].filter((j) => !Number.isNaN(statistics[j]));
}

/** Least and greatest value of each column that stays. */
function limitsOf(
  owner: object,
  { minValue, maxValue }: IterativeImputerParams,
  kept: readonly number[],
  columns: number,
): Limits[] {
  const listOf = (name: string, value: number | ArrayLike<number>) => {
    if (typeof value === 'number') return new Float64Array(columns).fill(value);
    if (value.length === columns) return value;
    const message = `${owner.constructor.name}: ${name} has ${value.length} values, but X has ${columns} columns.`;
    throw new ValidationError('ERR_SHAPE', message);
  };
  const least = listOf('minValue', minValue);
  const greatest = listOf('maxValue', maxValue);
  return kept.map((j) => {
    if (least[j] < greatest[j]) return [least[j], greatest[j]];
    const message = `${owner.constructor.name}: minValue must be below maxValue, but that of column ${j} is ${least[j]}, not below ${greatest[j]}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  });
}
