/** Estimators in sequence, compiled into one plan. */
import { TRANSFORM, transformTraining } from '../core/apply.js';
import { withCancel } from '../core/cancellation.js';
import { Clusterer } from '../core/clusterer.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type EstimatorKind, type Front } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, FitOptions } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { frontOf, lowerTransformer } from '../core/inner-models.js';
import { isTransformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import { MetaEstimator } from '../core/meta-estimator.js';
import { type NamedCategories, namedAnywhere, unitedCategories } from '../core/named-categories.js';
import { checkParts, cloneParts, heldBy, nameByClass } from '../core/named-parts.js';
import { custom, type Rules, requireOptions } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema, type Target } from '../core/schema.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import {
  asSparse,
  fitKeepingRows,
  fitRows,
  type MakesRows,
  mayMakeSparse,
  type Rows,
} from '../core/sparse/made-rows.js';
import { SparseTransformer, type Vectorizer } from '../core/sparse/sparse-transformer.js';
import { memoryRule, type PipelineMemory, StepCache } from '../core/step-cache.js';
import { StateError, ValidationError } from '../errors.js';
import { TSNE, UMAP } from '../manifold/index.js';
import { inputOfNext, madeDense, rowsThrough } from './rows-of-steps.js';

/** A named step of a pipeline; 'passthrough' does nothing. */
export type Step = readonly [name: string, estimator: Estimator | 'passthrough'];

/** Parameters of {@link Pipeline}. */
export interface PipelineParams {
  /** Transformers, and any estimator last. */
  steps: readonly Step[];
  /**
   * Where fitted transformers are kept, for fits with the same parameters on the same data: the path of a directory, or a `Map`; null: nowhere.
   * Default null. Clones share it, so that a search fits a step once for each fold and each of its own parameters.
   */
  memory: string | PipelineMemory | null;
}
/** A step that can be undone, perhaps. */
type Undoing = Estimator & { inverseTransform?(X: Matrix): unknown };
/** Options of {@link Pipeline}. */
export type PipelineOptions = Partial<Omit<PipelineParams, 'steps'>>;
/** Learned by {@link Pipeline}: fitted clones of the steps. */
export interface PipelineState {
  readonly steps: ReadonlyArray<Estimator | 'passthrough'>;
}

/**
 * Transformers in sequence, then a final estimator. The whole pipeline is compiled into one native plan: a prediction is
 * one call.
 *
 * With `memory` the transformers, and the rows they made, are kept. A step is found again by a hash of the data and of all parameters up
 * to it; seeds are parameters, and null is a seed like any other, so that a step without a seed is fitted once, too. Steps that no model
 * file can hold are fitted each time, as are the last one and those after them. The directory is never emptied; a file that is damaged, or
 * was written by another release, is not read. `memory` is not stored with a model.
 *
 * Differs from scikit-learn: `fit` works on clones, found in `namedSteps`; the steps passed in stay as they are, so
 * that an aborted fit changes nothing; `memory` is not joblib's.
 *
 * @typeParam F - the final estimator, which decides what `predict` returns
 * @example
 * ```ts
 * import { loadIris, LogisticRegression, Pipeline, StandardScaler } from 'boreal';
 * const { data, target } = loadIris();
 * const pipeline = new Pipeline([['scale', new StandardScaler()], ['model', new LogisticRegression()]]);
 * await pipeline.fit(data, target);
 * await pipeline.predict([[5.1, 3.5, 1.4, 0.2]]); // [0]
 * ```
 */
export class Pipeline<F extends Estimator | 'passthrough' = Estimator>
  extends MetaEstimator<PipelineParams, PipelineState, F>
  implements MakesRows
{
  /** @param steps - at least one `[name, estimator]`, names unique; all but the last are transformers */
  constructor(
    steps: readonly [...Step[], readonly [string, F]] | readonly Step[],
    options: PipelineOptions = {},
  ) {
    requireOptions(options);
    const { memory = null, ...rest } = options;
    super({ ...rest, steps, memory });
  }

  static override fromParams({ steps, ...options }: PipelineParams): Pipeline {
    return new Pipeline(steps, options);
  }

  /** A cache is no part of a model. @internal */
  override snapshot() {
    const { params, fitted } = super.snapshot();
    const { memory: _, ...stored } = params;
    return { params: stored as PipelineParams, fitted };
  }

  /** The last step, fitted or not. */
  get #last(): unknown {
    const { steps } = this.isFitted ? this.fittedParams : this.params;
    return heldBy(steps).at(-1);
  }

  get kind(): EstimatorKind {
    const last = this.#last;
    return last instanceof Estimator ? last.kind : 'transformer';
  }

  get outputs(): readonly Output[] {
    const last = this.#last;
    return last instanceof Estimator ? last.outputs : ['value'];
  }

  /** @internal */
  override get learnsVariance(): boolean {
    return firstOf(this.params.steps)?.learnsVariance ?? false;
  }

  override get tags(): EstimatorTags {
    const { steps } = this.params;
    const takesGroups = estimatorsOf(steps).some((step) => step.tags.takesGroups);
    const { trainsOnGpu, multiOutput, ignoresWeights, ownScore } = lastTags(steps);
    const own = { trainsOnGpu, multiOutput, ignoresWeights, ownScore };
    return { ...firstTags(steps), takesGroups, ...own, delegates: true };
  }

  get rules(): Rules<PipelineParams> {
    return {
      steps: custom('a list of [name, estimator]', (steps) => Array.isArray(steps) && steps.length > 0),
      memory: memoryRule,
    };
  }

  get stateRules(): Rules<PipelineState> {
    const count = this.params.steps.length;
    return {
      steps: custom('the fitted steps', (s) => Array.isArray(s) && s.length === count && s.every(isStep)),
    };
  }

  override checkParams(): void {
    super.checkParams();
    const { steps } = this.params;
    const front = vectorizersOf(heldBy(steps) as PipelineState['steps']).length;
    const first = steps.findIndex((step, i) => i >= front && step?.[1] instanceof Estimator);
    checkParts(this, steps, {
      what: 'step',
      form: '[name, estimator]',
      refusal: ([, step], i) => {
        if (!isStep(step)) return "must hold an estimator or 'passthrough'.";
        if (i < steps.length - 1 && step instanceof Estimator && !isTransformer(step))
          return 'must be a transformer; only the last step may be a model.';
        if (step instanceof SparseTransformer && (i === steps.length - 1 || i > front))
          return 'is a vectorizer: these come first, and before a step of another kind.';
        if (step instanceof Estimator && step.tags.vectorizes && i > Math.max(front, first))
          return 'has vectorizers within: nothing but vectorizers may come before it.';
        return undefined;
      },
    });
  }

  protected override get namedParts() {
    return 'steps';
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    return namedBySteps(estimatorsOf(this.params.steps), columns);
  }

  /** @internal */
  override get keepsColumns(): boolean {
    return estimatorsOf(this.params.steps).every((step) => step.keepsColumns);
  }

  protected async fitState(input: FitInput): Promise<PipelineState> {
    return (await this.#learn(input, false)).state;
  }

  /** @param wantsRows - whether to give what the last step makes of the rows, where that is a transformer */
  async #learn(given: FitInput, wantsRows: boolean): Promise<{ state: PipelineState; rows?: Rows }> {
    const { memory } = this.params;
    const parts = cloneParts(this.params.steps);
    const steps = parts.map(([, estimator]) => estimator);
    let input = this.crossFits && isSparse(given.given) ? madeDense(this, given) : given;
    let schema = Schema.named(input.columns);
    let rows: Rows | undefined;
    const { x, given: documents, y, columns, sampleWeight } = input;
    const naming = documents === undefined || isSparse(documents) ? [] : namingOf(estimatorsOf(parts));
    // What a pipeline around this one names is unknown here.
    const cache =
      memory && steps.length > 1 && input.namer === undefined
        ? await StepCache.over(memory, documents ?? x, y, columns, sampleWeight, ...naming)
        : null;
    if (naming.length > 0) input = { ...input, namer: input.namer ?? namerOf(estimatorsOf(parts)) };
    for (const [i, step] of steps.entries()) {
      if (!(step instanceof Estimator)) continue;
      const isLast = i === steps.length - 1;
      if (!isTransformer(step) || (isLast && !wantsRows)) {
        await step.fitInput(input, schema);
        break;
      }
      const own: FitInput = { ...input, validation: null, queries: null, device: 'cpu' };
      const [seen, isDense] = [schema, input.validation !== null];
      const fit = async () => {
        if (!isDense) return fitRows(step, own, seen);
        await step.fitInput(own, seen);
        return transformTraining(step, own, seen);
      };
      const fitted =
        cache === null ? { step, rows: await fit() } : await cache.fitted(step, fit, input.signal);
      steps[i] = fitted.step;
      rows = fitted.rows;
      if (!isLast) [input, schema] = await inputOfNext(fitted.step as typeof step, input, schema, rows);
    }
    return { state: { steps }, rows };
  }

  /** @internal */
  get mayMakeSparse(): boolean {
    return heldBy(this.params.steps).some(mayMakeSparse);
  }

  /** Fits, and gives what the rows become. @internal */
  fitRows(input: FitInput, schema: Schema): Promise<Rows> {
    return fitKeepingRows(this, input, schema, (own) => this.#learn(own, true));
  }

  /** @internal */
  async makeRows(X: MatrixLike, options: SignalOptions = {}): Promise<Rows> {
    this.require('transformer', 'transformed rows');
    const rows = await rowsThrough(this.state.steps, X, options);
    return rows instanceof Matrix || rows instanceof CsrMatrix ? rows : this.transform(X);
  }

  /**
   * As `transform`, of any rows, sparse, of a pipeline of transformers.
   *
   * @throws {ERR_NOT_SUPPORTED} unless this is a transformer
   * @throws {ERR_ABORTED} when options.signal fires
   * @throws see {@link Estimator.transform}
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return withCancel(options.signal, async () => asSparse(await this.makeRows(X, options)));
  }

  /**
   * Undoes the steps of a pipeline of transformers, the last one first, as far as they can be.
   *
   * @param X - transformed rows, [rows, columns that come out]
   * @returns [rows, columns of the training set]
   * @throws {ERR_NOT_SUPPORTED} for a step that has no inverse of numbers
   * @throws {ERR_SHAPE} when X has another number of columns than come out of `transform`
   * @example
   * ```ts
   * import { makePipeline, MinMaxScaler, PCA } from 'boreal';
   * const pipeline = await makePipeline(new MinMaxScaler(), new PCA({ nComponents: 1 })).fit([[0, 0], [1, 2], [2, 4]]);
   * const back = await pipeline.inverseTransform(await pipeline.transform([[2, 4]]));
   * Math.round(back.row(0)[1]); // 4
   * ```
   */
  async inverseTransform(X: MatrixLike): Promise<Matrix> {
    this.require('transformer', 'inverse');
    let rows = Matrix.from(X as NumericMatrixLike);
    const { length } = this.outputColumns();
    if (rows.cols !== length) {
      const message = `Pipeline: X has ${rows.cols} columns, but ${length} come out of transform.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    for (const step of [...this.state.steps].reverse()) {
      if (step === 'passthrough') continue;
      const undone = await (step as Undoing).inverseTransform?.(rows);
      if (!(undone instanceof Matrix)) {
        const message = `Pipeline: ${step.constructor.name} has no inverse that gives numbers.`;
        throw new StateError('ERR_NOT_SUPPORTED', message);
      }
      rows = undone;
    }
    return rows;
  }

  /** A first step that is no vectorizer may be made of models that have some. */
  protected override front({ steps }: PipelineState): Front {
    const vectorizers = vectorizersOf(steps);
    const first = steps.slice(vectorizers.length).find((step) => step instanceof Estimator);
    if (vectorizers.length === 0) return frontOf(first === undefined ? [] : [first]);
    const last = vectorizers[vectorizers.length - 1];
    if (first !== undefined)
      return {
        vectorizers: [...vectorizers, ...first.vectorizers],
        schema: first.schema,
        dtype: first.dtype,
      };
    return { vectorizers, schema: Schema.unnamed(last.outputColumns().length), dtype: 'float64' };
  }

  override get crossFits() {
    return estimatorsOf(this.params.steps).some((step) => step.crossFits);
  }

  override async crossFitted(input: FitInput): Promise<Matrix> {
    let current = input;
    for (const step of this.state.steps) {
      if (!isTransformer(step)) {
        if (step instanceof Estimator && step.crossFits) return step.crossFitted(current);
        continue;
      }
      const schema = Schema.named(current.columns);
      [current] = await inputOfNext(step, current, schema, await transformTraining(step, current, schema));
    }
    return current.x;
  }

  protected targetOf({ steps }: PipelineState): Target {
    const last = steps.at(-1);
    return last instanceof Estimator ? last.schema.target : { kind: 'none' };
  }

  protected override get within(): unknown {
    return this.state.steps.at(-1);
  }

  protected override rowsWithin(X: MatrixLike): Promise<MatrixLike> {
    return rowsThrough(this.state.steps.slice(0, -1), X);
  }

  /** The fitted steps by name. @throws {ERR_NOT_FITTED} before `fit` */
  get namedSteps(): Record<string, Estimator | 'passthrough'> {
    return Object.fromEntries(this.fittedParams.steps.map(([name], i) => [name, this.state.steps[i]]));
  }

  /** The layout of the training rows, of a pipeline that ends in {@link TSNE} or {@link UMAP}. @throws {ERR_NOT_SUPPORTED} of others */
  get embedding(): Matrix {
    const last = this.state.steps.at(-1);
    if (last instanceof Pipeline || last instanceof TSNE || last instanceof UMAP) return last.embedding;
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'This Pipeline does not end in TSNE or UMAP, and has no embedding.',
    );
  }

  /** The clusters of the training rows, where the last step is a clusterer. @throws {ERR_NOT_SUPPORTED} otherwise */
  get labels(): Int32Array {
    const last = this.state.steps.at(-1);
    if (last instanceof Pipeline || last instanceof Clusterer) return last.labels;
    this.require('clusterer', 'labels');
    return new Int32Array(0);
  }

  /** Fits, then returns the clusters of the same rows. @throws {ERR_NOT_SUPPORTED} unless the last step is a clusterer */
  async fitPredict(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<Int32Array> {
    this.require('clusterer', 'fitPredict');
    await this.fit(X, y, options);
    return this.labels;
  }

  /** The fitted last step, and the ops of those before it: how explanations see a pipeline. @internal */
  splitLast(): { last: Estimator | 'passthrough'; lowerFront: (plan: PlanBuilder, x: Slot) => Slot } {
    const { steps } = this.state;
    const front = steps.slice(vectorizersOf(steps).length, -1);
    return {
      last: steps[steps.length - 1],
      lowerFront: (plan, x) => lowerFront(front, plan, x, TRANSFORM),
    };
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const steps = this.state.steps.slice(vectorizersOf(this.state.steps).length);
    const front = lowerFront(steps.slice(0, -1), plan, x, options);
    const last = steps.at(-1);
    return last instanceof Estimator ? last.lowerChecked(plan, front, options) : front;
  }

  /** The columns that come out of a pipeline of transformers. */
  outputColumns(): readonly Column[] {
    if (!this.outputs.includes('transform')) this.require('transformer', 'output columns');
    const last = this.state.steps.findLast((step) => step !== 'passthrough');
    return isTransformer(last) ? last.outputColumns() : this.schema.columns;
  }
}

/** What steps name of the columns that the first one gets. */
function namedBySteps(steps: readonly Estimator[], columns: readonly Column[] | null): NamedCategories {
  const kept = steps.findIndex(({ keepsColumns }) => !keepsColumns);
  return unitedCategories(
    steps.map((step, i) =>
      kept < 0 || i <= kept ? step.namedCategories(columns) : namedAnywhere(step, columns),
    ),
  );
}

function namerOf(steps: readonly Estimator[]): FitInput['namer'] {
  return (columns) => namedBySteps(steps, columns);
}

/** What decides that, for {@link StepCache.over}; nothing where nothing is named. */
function namingOf(steps: readonly Estimator[]): unknown[] {
  const names = (step: Estimator) => step.namedCategories(null).length > 0;
  return steps.some(names) ? steps.map((step) => (names(step) ? step : step.keepsColumns)) : [];
}

/** The steps before the last one. */
function lowerFront(
  steps: PipelineState['steps'],
  plan: PlanBuilder,
  x: Slot,
  options: ResolvedCompileOptions,
): Slot {
  return steps.reduce(
    (slot, step) => (step instanceof Estimator ? lowerTransformer(step, plan, slot, options) : slot),
    x,
  );
}

/** The steps at the beginning that make sparse rows. */
function vectorizersOf(steps: ReadonlyArray<Estimator | 'passthrough'>): Vectorizer[] {
  const end = steps.findIndex((step) => !(step instanceof SparseTransformer));
  return steps.slice(0, end < 0 ? steps.length : end) as Vectorizer[];
}

function isStep(value: unknown): value is Estimator | 'passthrough' {
  return value instanceof Estimator || value === 'passthrough';
}

function lastTags(steps: readonly Step[]): EstimatorTags {
  const last = heldBy(steps).at(-1);
  return last instanceof Estimator ? last.tags : {};
}

function firstTags(steps: readonly Step[]): EstimatorTags {
  return firstOf(steps)?.tags ?? {};
}

/** The steps that are not left out, of steps that may be anything. */
function estimatorsOf(steps: readonly Step[]): Estimator[] {
  return heldBy(steps).filter((step) => step instanceof Estimator);
}

/** The first of them. */
function firstOf(steps: readonly Step[]): Estimator | undefined {
  return estimatorsOf(steps)[0];
}

/**
 * A pipeline whose steps are named after their classes, in lower case ('standardscaler'; a second one gets '-2').
 *
 * @example
 * ```ts
 * import { LinearRegression, makePipeline, StandardScaler } from 'boreal';
 * const { steps } = makePipeline(new StandardScaler(), new LinearRegression()).params;
 * steps.map(([name]) => name); // ['standardscaler', 'linearregression']
 * ```
 */
export function makePipeline<F extends Estimator>(...estimators: [...Estimator[], F]): Pipeline<F> {
  return new Pipeline<F>(nameByClass(estimators));
}
