/**
 * The base of everything that is fitted. A subclass gives two things: `fitState` turns a training set into plain
 * state, and `lower` turns that state into plan ops. Predicting, compiling, saving and serving follow from these.
 * What else a subclass may say of itself is in estimator-contract.ts.
 */
import { StateError } from '../errors.js';
import { withCancel } from './cancellation.js';
import { compileModel, compileModelAsync, resolveFor } from './compile-model.js';
import type { CompileOptions, ResolvedCompileOptions } from './compile-options.js';
import { EstimatorContract, type Front, type State } from './estimator-contract.js';
import {
  checkedFitOptions,
  encodeFitInput,
  type FitInput,
  type FitOptions,
  type SparseFitInput,
  toShared,
} from './fit-input.js';
import { Fitted, type SavedFit } from './fitted.js';
import { isSparse } from './forms.js';
import { checkInput, checkKinds } from './input-checks.js';
import { isReadInPlace, release } from './linalg/memory.js';
import { heedListener } from './listener.js';
import { type Dtype, Matrix, type MatrixLike } from './matrix.js';
import { type Metadata, save, toBytes } from './model-file.js';
import { type ColumnRanges, rangesNow, rangesOf, scatterNow } from './moments.js';
import { checkParams } from './params.js';
import type { Plan } from './plan.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { schemaWithRanges } from './ranges.js';
import { recoded } from './recoded.js';
import { runFitted, runFittedNow, takeFitted } from './run-fitted.js';
import { checkTarget, Schema } from './schema.js';
import { type CsrMatrix, requireCsr } from './sparse/csr-matrix.js';
import { encodeGivenInput, encodeSparseInput, sparseInput } from './sparse/encode-input.js';
import type { Vectorizer } from './sparse/sparse-transformer.js';
import type { TargetsLike } from './targets.js';
import { checkTrainingDevice, learnOnDevice } from './training-device.js';
import { type TrainingReference, type TrainingSample, takeSample } from './training-reference.js';

export type { EstimatorKind, Front, State } from './estimator-contract.js';

/**
 * Base class of all estimators.
 *
 * @typeParam P - its parameters
 * @typeParam S - what `fit` learns
 */
export abstract class Estimator<P extends object = object, S extends State = State> extends EstimatorContract<
  P,
  S
> {
  #fitted: Fitted<P, S> | null = null;

  /**
   * Makes an estimator of this class from all its parameters: how clones and loaded models are made.
   *
   * @internal
   */
  // biome-ignore lint/suspicious/noExplicitAny: parameters of any estimator
  static fromParams(params: any): Estimator {
    // biome-ignore lint/complexity/noThisInStatic: the subclass it is called on
    return new (this as unknown as new (params: object) => Estimator)(params);
  }

  /** An unfitted estimator with the same parameters. */
  clone(): this {
    return (this.constructor as typeof Estimator).fromParams(this.cloneParams()) as this;
  }

  /** Whether `fit` has succeeded. */
  get isFitted(): boolean {
    return this.#fitted !== null;
  }

  /**
   * Learns from data, off the event loop. What an earlier fit learned is replaced when this one succeeds.
   *
   * @param X - rows of numbers, a {@link Matrix}, or a table with named columns; copied, or read, before this returns
   * @param y - one label or target per row; several for estimators with the tag `multiOutput`, [rows, targets]
   * @returns this
   * @throws {ERR_PARAMETER} for a bad parameter
   * @throws {ERR_EMPTY | ERR_SHAPE | ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_LABELS} for bad data
   * @throws {ERR_ABORTED} when options.signal fires
   */
  async fit(X: MatrixLike, y?: TargetsLike, options?: FitOptions): Promise<this> {
    const checked = checkedFitOptions(options);
    const { front } = this;
    const fitSparse = this.#fitsSparse();
    // Before tags, which ask the models within.
    if (front !== undefined) this.checkBeforeFit(checked);
    if (front !== undefined && (this.tags.vectorizes || (isSparse(X) && fitSparse === undefined))) {
      await this.#fitGiven(X, y, checked, (state) => front.call(this, state));
      return this;
    }
    if (!isSparse(X) || fitSparse === undefined) {
      const { input, isCopy } = await this.#fit(X, y, checked);
      if (isCopy && this.forgetsRows) release(input.x.data);
      return this;
    }
    this.checkBeforeFit(checked);
    await this.#learnSparse(requireCsr(X), y, checked, null, (input) => fitSparse.call(this, input));
    return this;
  }

  /** Not of what is between rows, which is square and has few zeros. */
  #fitsSparse(): ((input: SparseFitInput) => Promise<S>) | undefined {
    return this.fitSparse === undefined || this.tags.pairwise ? undefined : this.fitSparse;
  }

  async #fitGiven(
    X: MatrixLike,
    y: TargetsLike | undefined,
    options: FitOptions,
    front: (state: S) => Front,
  ) {
    const input = encodeGivenInput(X, y, options);
    const schema = isSparse(X) ? Schema.infer(X) : Schema.named(input.columns);
    this.#fitted = await withCancel(options.signal, (cancel) =>
      this.#learnGiven({ ...input, cancel }, schema, front, (own) => this.fitState(own)),
    );
  }

  /** @param given - the schema of sparse rows */
  async #learnGiven(
    input: FitInput,
    given: Schema,
    front: (state: S) => Front,
    learn: (input: FitInput) => Promise<S>,
  ): Promise<Fitted<P, S>> {
    const { params } = this;
    const state = await learnOnDevice(this, input, learn);
    const { vectorizers, schema, dtype } = front(state);
    const isRead = vectorizers.length === 0 && isSparse(input.given);
    const seen = isRead ? { schema: given, dtype: requireCsr(input.given).dtype } : { schema, dtype };
    return new Fitted(params, {
      state,
      schema: seen.schema.withTarget(this.targetOf(state)),
      dtype: seen.dtype,
    });
  }

  /** @param before - the fit so far, where X is one more part of its data */
  async #learnSparse(
    X: CsrMatrix,
    y: TargetsLike | undefined,
    options: FitOptions,
    before: Fitted<P, S> | null,
    learn: (input: SparseFitInput, before: S | null) => Promise<S>,
  ): Promise<void> {
    const params = this.params;
    before?.schema.checkWidth(X.cols);
    const { input, schema } = encodeSparseInput(X, y, options, {
      allowNan: this.tags.allowNan,
      isInPlace: this.learnsSparseInPlace,
    });
    this.#fitted = await withCancel(options.signal, async (cancel) => {
      const state = await learnOnDevice(this, { ...input, cancel }, (placed) =>
        learn(placed, before?.state ?? null),
      );
      if (before !== null) return before.next(params, state);
      return new Fitted(params, { state, schema: schema.withTarget(this.targetOf(state)), dtype: X.dtype });
    });
  }

  async #fit(X: MatrixLike, y: TargetsLike | undefined, options: FitOptions) {
    this.checkBeforeFit(options);
    const isOnCpu = (options.device ?? 'cpu') === 'cpu' || !this.tags.trainsOnGpu;
    const isInPlace = (x: Matrix) => isOnCpu && !options.sampleWeight && this.learnsInPlace(x);
    const { input, schema, inPlace, isCopy } = encodeFitInput(X, y, options, {
      isInPlace,
      variance: this.learnsVariance,
      owner: this,
    });
    // Set only when the signal can fire no more, so that an aborted fit changes nothing.
    this.#fitted = await withCancel(options.signal, async (cancel) => {
      const ranges = inPlace ? this.#rangesNow(input.x) : await rangesOf(input.x, cancel);
      return this.#learnSeen({ ...input, cancel }, schema, ranges, (ranged) => this.fitState(ranged));
    });
    return { input, isCopy };
  }

  #rangesNow(x: Matrix): ColumnRanges {
    return this.learnsScatter ? scatterNow(x) : rangesNow(x, this.learnsVariance);
  }

  /** @throws {ERR_PARAMETER | ERR_NOT_SUPPORTED} for parameters and options that no data could make good */
  protected checkBeforeFit({ device, groups }: FitOptions): void {
    this.checkParams();
    checkTrainingDevice(this, device);
    if (groups && !this.tags.takesGroups) {
      const message = `${this.constructor.name} deals no rows to folds, and takes no groups.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
  }

  /** Fits, and gives the cross-fitted rows, or null for those whose rows are not. */
  protected async fitAcross(X: MatrixLike, y?: TargetsLike, given?: FitOptions): Promise<Matrix | null> {
    if (!this.crossFits) {
      await this.fit(X, y, given);
      return null;
    }
    if (this.tags.vectorizes) {
      const message = `${this.constructor.name} fits across folds, and takes documents within a Pipeline only.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const options = checkedFitOptions(given);
    const { input } = await this.#fit(X, y, options);
    const rows = await withCancel(options.signal, (cancel) => this.crossFitted({ ...input, cancel }));
    // The caller gets memory of its own.
    return isReadInPlace(rows.data) ? new Matrix(rows.data.slice(), rows.rows, rows.cols) : rows;
  }

  /**
   * Learns from one more part of the data: what a `partialFit` calls. Columns, element type and the reference of the training
   * data are those of the first part; X is checked as that of `fit`.
   *
   * @param learn - makes the new state from this part and the state so far, null when there is none; as `fitState` it must not
   *   touch `this`
   * @param learnSparse - the same of sparse rows, where the estimator reads them as they are
   */
  protected async fitPart(
    X: MatrixLike,
    y: TargetsLike | undefined,
    given: FitOptions | undefined,
    learn: (input: FitInput, before: S | null) => Promise<S>,
    learnSparse?: (input: SparseFitInput, before: S | null) => Promise<S>,
  ): Promise<this> {
    const options = checkedFitOptions(given, 'partialFit');
    this.checkBeforeFit(options);
    const before = this.#fitted;
    if (isSparse(X) && learnSparse !== undefined) {
      await this.#learnSparse(requireCsr(X), y, options, before, learnSparse);
      return this;
    }
    const { input, schema } = encodeFitInput(X, y, options, {
      isInPlace: () => false,
      variance: this.learnsVariance,
      known: before ?? undefined,
      owner: this,
    });
    const params = this.params;
    this.#fitted = await withCancel(options.signal, async (cancel) => {
      if (before === null) {
        const ranges = await rangesOf(input.x, cancel);
        return this.#learnSeen({ ...input, cancel }, schema, ranges, (ranged) => learn(ranged, null));
      }
      checkInput(this, input);
      const part = await heedListener({ ...input, cancel }, (own) => learn(own, before.state));
      return before.next(params, part);
    });
    return this;
  }

  /**
   * Fits on an encoded training set: how a pipeline fits its steps.
   *
   * @param learn - in place of `fitState`, for estimators that give their rows, too
   * @internal
   */
  async fitInput(
    input: FitInput,
    schema: Schema,
    learn: (input: FitInput) => Promise<S> = (own) => this.fitState(own),
  ): Promise<void> {
    const { given, y, sampleWeight, groups, queries, signal, onProgress, device } = input;
    const { front, tags } = this;
    const fitSparse = this.#fitsSparse();
    if (isSparse(given) && !tags.delegates) checkKinds(this, input.columns);
    if (given === undefined) {
      this.checkParams();
      // Only a fit of the caller's may get memory that is not its own.
      const own = { ...input, x: toShared(input.x) };
      this.#fitted = await this.#learn(own, schema, learn);
    } else if (front !== undefined && (tags.vectorizes || (isSparse(given) && fitSparse === undefined))) {
      this.checkParams();
      this.#fitted = await this.#learnGiven(input, schema, (state) => front.call(this, state), learn);
    } else if (!isSparse(given) || tags.vectorizes) {
      const group = queries && Array.from(queries.subarray(1), (end, q) => end - queries[q]);
      const own = { sampleWeight: sampleWeight ?? undefined, group, signal, onProgress, device };
      await this.fit(given, y, tags.takesGroups ? { ...own, groups } : own);
    } else if (fitSparse === undefined) {
      this.checkParams();
      const x = toShared(requireCsr(given).toDense());
      this.#fitted = await this.#learn({ ...input, x, given: undefined }, schema, learn);
    } else {
      this.checkParams();
      const { params } = this;
      const x = requireCsr(given);
      const sparse = sparseInput(input, x, tags.allowNan);
      const state = await learnOnDevice(this, sparse, (placed) => fitSparse.call(this, placed));
      this.#fitted = new Fitted(params, {
        state,
        schema: schema.withTarget(this.targetOf(state)),
        dtype: x.dtype,
      });
    }
  }

  /** Learns from a training set that the caller gave, and keeps what it looked like. */
  #learnSeen(
    input: FitInput,
    schema: Schema,
    ranges: ColumnRanges,
    learn: (input: FitInput) => Promise<S>,
  ): Promise<Fitted<P, S>> {
    const ranged = schemaWithRanges(schema, input.x.rows, ranges);
    const sample = takeSample(input.x, this.kind === 'clusterer' ? undefined : input.y);
    return this.#learn({ ...input, columns: ranged.columns }, ranged, learn, sample);
  }

  async #learn(
    input: FitInput,
    schema: Schema,
    learn: (input: FitInput) => Promise<S>,
    sample?: TrainingSample,
  ): Promise<Fitted<P, S>> {
    const params = this.params;
    if (!this.tags.delegates) checkInput(this, input);
    const state = await learnOnDevice(this, input, learn);
    const known = schema.withTarget(this.targetOf(state));
    return new Fitted(params, { state, schema: known, dtype: input.x.dtype, sample });
  }

  /** What a fit of a subclass's own has learned with these parameters. */
  protected setFitted(params: P, fitted: SavedFit<S>): void {
    this.#fitted = new Fitted(params, fitted);
  }

  /** What `fit` learned. @throws {ERR_NOT_FITTED} before `fit` */
  protected get state(): S {
    return this.#requireFitted().state;
  }

  /** The parameters of the last fit, for what depends on both them and the state. @throws {ERR_NOT_FITTED} before `fit` */
  protected get fittedParams(): Readonly<P> {
    return this.#requireFitted().params;
  }

  /** Names and kinds of the training columns, and the target. @throws {ERR_NOT_FITTED} before `fit` */
  get schema(): Schema {
    return this.#requireFitted().schema;
  }

  /**
   * What the training data looked like, for telling when live data drifts from it; undefined for a part of another model,
   * and for a model file of a release that did not store it.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  get trainingReference(): TrainingReference | undefined {
    return this.#requireFitted().reference;
  }

  /** Element type of the training set. @internal @throws {ERR_NOT_FITTED} before `fit` */
  get dtype(): Dtype {
    return this.#requireFitted().dtype;
  }

  /** Number of columns of the training set. @throws {ERR_NOT_FITTED} before `fit` */
  get nFeaturesIn(): number {
    return this.schema.columns.length;
  }

  /** Names of the columns of the training set. @throws {ERR_NOT_FITTED} before `fit` */
  get featureNamesIn(): string[] {
    return this.schema.columns.map((c) => c.name);
  }

  #requireFitted(): Fitted<P, S> {
    if (this.#fitted === null) {
      throw new StateError(
        'ERR_NOT_FITTED',
        `This ${this.constructor.name} is not fitted yet: call fit(X, y) first.`,
      );
    }
    return this.#fitted;
  }

  /** Adds this estimator to a plan, with its own codes of categories and the checks of its input. */
  lowerChecked(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { allowNan = false, delegates = false } = this.tags;
    const own = recoded(plan, x, this.schema.columns);
    const checked = delegates ? own : plan.check(own, allowNan, this.featureNamesIn);
    return this.lower(plan, checked, options);
  }

  /**
   * Compiles the fitted model into a {@link Plan}: one native call for all of it.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} for an output this model does not have, and for precision 'int8' where it has no layers
   * @throws {ERR_PARAMETER | ERR_DEVICE | ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER} for a bad option
   */
  compile(options: CompileOptions = {}): Plan {
    return compileModel(this, resolveFor(this, options), this.#sameFit());
  }

  /** As {@link Estimator.compile}, with the packing of constants, and the runs of calibration rows, on the pool. */
  async compileAsync(options: CompileOptions = {}): Promise<Plan> {
    return compileModelAsync(this, resolveFor(this, options), this.#sameFit());
  }

  /** Whether what was learned is still that of now. */
  #sameFit(): () => boolean {
    const fitted = this.#fitted;
    return () => this.#fitted === fitted;
  }

  /** What makes the rows of the plan out of X: the first steps of a pipeline that begins with vectorizers. @internal */
  get vectorizers(): readonly Vectorizer[] {
    const fitted = this.#fitted;
    if (fitted === null || this.front === undefined) return [];
    fitted.vectorizers ??= this.front(fitted.state).vectorizers;
    return fitted.vectorizers;
  }

  /** Runs the plan for one output on the pool; plans are compiled once and kept until the next fit. */
  protected async run(given: MatrixLike, options: CompileOptions): Promise<Matrix> {
    return runFitted(this, this.#requireFitted(), given, options);
  }

  /**
   * What `take` makes of the plan's output at once. It must not keep the matrix, which may lie in memory that the next run writes to.
   */
  protected async runAndTake<R>(
    given: MatrixLike,
    options: CompileOptions,
    take: (result: Matrix) => R,
  ): Promise<R> {
    return takeFitted(this, this.#requireFitted(), given, options, take);
  }

  /** Runs the plan for one output now. */
  protected runSync(X: MatrixLike, options: CompileOptions): Matrix {
    return runFittedNow(this, this.#requireFitted(), X, options);
  }

  /**
   * Writes a model file, which appears whole or not at all. Read it with {@link load}.
   *
   * @param path - or a file URL, conventionally ending in .boreal
   * @param metadata - any JSON object to keep beside the model
   * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for no path; the file system's own error where it cannot be written
   */
  save(path: string | URL, metadata?: Metadata): Promise<void> {
    return save(this, path, metadata);
  }

  /** The bytes of a model file; see {@link Estimator.save}. */
  toBytes(metadata?: Metadata): Uint8Array {
    return toBytes(this, metadata);
  }

  /** What has to be saved; a fitted model is saved with the parameters it was fitted with. @internal */
  snapshot(): { readonly params: P; readonly fitted: SavedFit<S> | null } {
    if (this.#fitted === null) return { params: this.params, fitted: null };
    const { params, state, schema, dtype, reference } = this.#fitted;
    return { params, fitted: { state, schema, dtype, reference } };
  }

  /** Parameters as a model file holds them, without functions that a loaded model does without. @internal */
  storable(params: P): P {
    return params;
  }

  /**
   * Puts a saved state back, after checking it.
   *
   * @internal
   * @throws {ERR_PARAMETER} when params or state break their rules
   */
  restore(fitted: SavedFit<S>): void {
    checkParams(`${this.constructor.name} state`, fitted.state, this.stateRules);
    this.checkState(fitted.state, fitted.schema.columns);
    checkTarget(this, this.targetOf(fitted.state), fitted.schema.target);
    this.setFitted(this.params, fitted);
  }
}
