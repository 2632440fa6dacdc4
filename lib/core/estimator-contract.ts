/** What a class of estimators says of itself: all that a subclass gives, and may override. What follows from it is in estimator.ts. */
import { StateError } from '../errors.js';
import type { Output, ResolvedCompileOptions } from './compile-options.js';
import type { EstimatorTags } from './estimator-tags.js';
import type { FitInput, SparseFitInput } from './fit-input.js';
import type { Dtype, Matrix } from './matrix.js';
import { type NamedCategories, namedWithin } from './named-categories.js';
import { Parameterised } from './parameterised.js';
import type { Rules } from './params.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import type { Column, Schema, Target } from './schema.js';
import type { Vectorizer } from './sparse/sparse-transformer.js';

/** What an estimator does, for code that treats the kinds differently (scorers, splitters, servers). */
export type EstimatorKind = 'classifier' | 'regressor' | 'transformer' | 'clusterer' | 'outlierDetector';

/** What `fit` learned: plain data, typed arrays and nested estimators, so that it can be saved. */
// biome-ignore lint/suspicious/noExplicitAny: a state is any record; each estimator names its own.
export type State = Record<string, any>;

/** What reads X as it was given, of an estimator made of models that do so. */
export interface Front {
  /** What makes the rows of the plan out of X; none where the plan reads X itself. */
  readonly vectorizers: readonly Vectorizer[];
  /** Of the rows of the plan. */
  readonly schema: Schema;
  readonly dtype: Dtype;
}

/**
 * Base class of {@link Estimator}: what each class of them is, and how it learns and predicts.
 *
 * @typeParam P - its parameters
 * @typeParam S - what `fit` learns
 */
export abstract class EstimatorContract<
  P extends object = object,
  S extends State = State,
> extends Parameterised<P> {
  /** What this estimator does. */
  abstract readonly kind: EstimatorKind;
  /** The rule of each member of the state, checked when a model file is read. */
  abstract get stateRules(): Rules<S>;
  /** What X may hold. */
  get tags(): EstimatorTags {
    return {};
  }
  /** The outputs that `lower` knows. */
  abstract get outputs(): readonly Output[];

  /** Learns from a checked training set. Must not touch `this`: an aborted fit leaves the estimator as it was. */
  protected abstract fitState(input: FitInput): Promise<S>;
  /** What the model predicts. */
  protected abstract targetOf(state: S): Target;
  /**
   * Whether `fit` without weights has done with x before it first waits for anything, in about the time of a copy of x: because
   * moments of columns are all it learns from. Such a fit reads x where it lies, while the caller waits, and makes no copy.
   */
  protected learnsInPlace(_x: Matrix): boolean {
    return false;
  }
  /**
   * Whether fits on sparse rows have done with them, or have given them to the native core, which copies them, before they first wait for
   * anything, and take about the time of a copy. Such a fit reads them where they lie.
   */
  protected get learnsSparseInPlace(): boolean {
    return false;
  }
  /**
   * Whether a fit reads variances of columns: they are then measured with their ranges, while X is copied or read in place, and else in
   * a pass of their own when they are asked for.
   *
   * @internal
   */
  get learnsVariance(): boolean {
    return false;
  }
  /** Whether a fit in place (see {@link Estimator.learnsInPlace}) learns from {@link scatterOf}, which then is made together with the ranges. */
  protected get learnsScatter(): boolean {
    return false;
  }
  /** Adds this estimator's ops to a plan and returns the slot with the wanted output. */
  abstract lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot;

  /**
   * Categories of the columns of X that parameters name, here or of models within, which training may lack.
   *
   * @param columns - null where nobody knows them yet; what is named is then one list
   * @internal
   */
  namedCategories(columns: readonly Column[] | null): NamedCategories {
    return namedWithin(this.params, columns);
  }

  /** Whether the columns that come out begin with those of X, with their categories. @internal */
  get keepsColumns(): boolean {
    return false;
  }

  /** Checks of a restored state that need more than one member, such as lengths that must agree. */
  protected checkState(_state: S, _columns: readonly Column[]): void {}

  /** As `fitState`, of sparse rows: for those that read them as they are. Others get them made dense. */
  protected fitSparse?(input: SparseFitInput): Promise<S>;

  /**
   * What X goes through before the plan. An estimator that has this method hands documents and sparse rows to its models as they are:
   * `fitState` then gets them as `given`.
   */
  protected front?(state: S): Front;

  /**
   * Whether nothing refers to the memory of X once a fit, a prediction or a score has succeeded: what was learned holds none of the rows, and
   * no cache does. Memory that was read in place may then be used for other rows. No tag, since models within others hand theirs on. True of a class alone:
   * a caller's subclass, which inherits this, may keep what it is given.
   *
   * @internal
   */
  get forgetsRows(): boolean {
    return false;
  }

  /** Whether the training rows become something else than `transform` makes of them: see {@link Estimator.crossFitted}. @internal */
  get crossFits(): boolean {
    return false;
  }

  /**
   * What the rows of the last fit become for the next step of a pipeline, where {@link Estimator.crossFits}: each row by what
   * was learned from others.
   *
   * @internal
   */
  crossFitted(_input: FitInput): Promise<Matrix> {
    throw new StateError('ERR_NOT_SUPPORTED', `${this.constructor.name} does not fit across folds.`);
  }
}
