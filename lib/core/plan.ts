/**
 * A compiled model: the whole pipeline as one native call. Small inputs run inline, large ones on the native thread
 * pool, off the event loop.
 */

import { BorealError, StateError, toBorealError, ValidationError } from '../errors.js';

import { type CancelHandle, native, type ProgramHandle, type ProgramInfo } from '../native.js';
import type { Output, Precision, ResolvedCompileOptions } from './compile-options.js';
import type { PlanDevice } from './devices.js';
import { requireValues } from './linalg/base.js';
import { requireMatrix } from './linalg/call.js';
import { isReadInPlace, newArray, uninitialized } from './linalg/memory.js';
import { type FloatArray, Matrix, type MatrixLike } from './matrix.js';
import { show } from './params.js';
import { onCpuInstead, type Placement, place, placeLater } from './placement.js';
import type { PlanSource } from './plan-builder.js';
import type { QuantizationOptions, QuantizationReport } from './quantization/types.js';
import { type Row, Schema } from './schema.js';

/** A plan as plain data that can be posted to another thread of this process; its memory is not copied. */
export interface SharedPlan {
  readonly token: bigint;
  readonly schema: ReturnType<Schema['toJSON']>;
  readonly columnNames: PlanSource['columnNames'];
  readonly options: Pick<ResolvedCompileOptions, 'device' | 'precision' | 'output'>;
}

/** What a plan knows of its making. */
export interface PlanOrigin {
  /** Of 8-bit arithmetic. */
  readonly report?: QuantizationReport;
  /** Compiles the same output of the same fit in 8-bit arithmetic. */
  readonly quantize?: (options: QuantizationOptions) => Plan;
  /** Why the device was chosen, where it was. */
  readonly reason?: string;
}

/** Work below this many nanoseconds runs on the calling thread: a trip through the pool costs about as much. */
const INLINE_BUDGET_NS = 50_000;
/** Of the pool, once it is asked for. */
let threads: number | undefined;
/** Of a copy to fresh memory: 4 ms for 22 MB. */
const COPY_NS_PER_BYTE = 0.18;

/** Values of a result that is read at once, at most, for which this thread keeps memory. */
const SCRATCH_VALUES = 1 << 17;
const scratch = new Map<Precision, FloatArray>();

/** Whether work, which all threads share, blocks the caller no longer than the copy of its input would that the pool needs. */
export function isCheaperThanCopying(nanoseconds: number, bytes: number): boolean {
  threads ??= native.info().threads;
  return nanoseconds / threads <= bytes * COPY_NS_PER_BYTE;
}

/**
 * An immutable, compiled model for one device and precision. Made by `model.compile()`.
 *
 * A row's bits do not depend on the batch it comes in, nor on the number of threads.
 *
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
 * const plan = model.compile({ precision: 'float32' });
 * plan.runSync([[4]]).toArray(); // [[8]]
 * ```
 */
export class Plan {
  /** Names and kinds of the input, and what the output means. */
  readonly schema: Schema;
  /** Where it runs. */
  readonly device: PlanDevice;
  /** The element type of input and output. */
  readonly precision: Precision;
  readonly output: Output;
  /** What became of each layer, where the plan is one of 8-bit arithmetic; else null. */
  readonly quantization: QuantizationReport | null;
  readonly #quantize: PlanOrigin['quantize'];
  readonly #reason: string | undefined;
  readonly #program: ProgramHandle;
  readonly #info: ProgramInfo;
  readonly #columnNames: PlanSource['columnNames'];
  // One row in, one row out, private to this plan: the cheapest way into the native core.
  readonly #rowIn: FloatArray;
  readonly #rowOut: FloatArray;
  readonly #runBound: (rows: number) => void;
  #isDisposed = false;

  private constructor(
    program: ProgramHandle,
    { columnNames }: Pick<PlanSource, 'columnNames'>,
    schema: Schema,
    options: SharedPlan['options'],
    { report, quantize, reason }: PlanOrigin = {},
  ) {
    this.quantization = report ?? null;
    this.#quantize = quantize;
    this.schema = schema;
    this.#reason = reason;
    this.device = options.device;
    this.precision = options.precision;
    this.output = options.output;
    this.#program = program;
    this.#columnNames = columnNames;
    this.#info = native.programInfo(program);
    this.#rowIn = newArray(this.precision, this.#info.inputWidth);
    this.#rowOut = newArray(this.precision, this.#info.outputWidth);
    this.#runBound = native.programBind(program, this.#rowIn, this.#rowOut);
  }

  /** Compiles on this thread. */
  static compile(
    source: PlanSource,
    schema: Schema,
    options: ResolvedCompileOptions,
    origin?: PlanOrigin,
  ): Plan {
    try {
      const create = ({ cuda }: Placement) =>
        native.programCreate(source.ops, source.constants, options.precision, ...cuda);
      let placement = place(source, options);
      let program: ProgramHandle;
      try {
        program = create(placement);
      } catch (error) {
        placement = onCpuInstead(placement, error);
        program = create(placement);
      }
      const { device, reason } = placement;
      return new Plan(program, source, schema, { ...options, device }, { ...origin, reason });
    } catch (error) {
      throw toBorealError(error);
    }
  }

  /** Compiles on the pool: packing a large forest takes a while, and so does the start of CUDA. */
  static async compileAsync(
    source: PlanSource,
    schema: Schema,
    options: ResolvedCompileOptions,
    origin?: PlanOrigin,
  ): Promise<Plan> {
    try {
      const create = ({ cuda }: Placement) =>
        native.programCreateAsync(source.ops, source.constants, options.precision, ...cuda);
      let placement = await placeLater(source, options);
      const program = await create(placement).catch((error) => {
        placement = onCpuInstead(placement, error);
        return create(placement);
      });
      const { device, reason } = placement;
      return new Plan(program, source, schema, { ...options, device }, { ...origin, reason });
    } catch (error) {
      throw toBorealError(error);
    }
  }

  /**
   * A plan that another thread has shared.
   *
   * @internal
   * @throws {ERR_PARAMETER} when nobody holds it any more
   */
  static adopt({ token, schema, columnNames, options }: SharedPlan): Plan {
    try {
      return new Plan(native.programAdopt(token), { columnNames }, Schema.fromJSON(schema), options);
    } catch (error) {
      throw toBorealError(error);
    }
  }

  /**
   * What another thread of this process needs to adopt the plan. It has to do so while this one is in use.
   *
   * @internal
   */
  share(): SharedPlan {
    const { device, precision, output } = this;
    return {
      token: this.#asked(() => native.programShare(this.#program)),
      schema: this.schema.toJSON(),
      columnNames: this.#columnNames,
      options: { device, precision, output },
    };
  }

  /** Columns of the result. */
  get outputWidth(): number {
    return this.#info.outputWidth;
  }

  /** Bytes of packed constants held by the native core. */
  get memoryBytes(): number {
    return this.#isDisposed ? 0 : this.#info.memoryBytes;
  }

  /**
   * Runs the plan without blocking the event loop: inputs that are tiny, or cheaper to compute than to copy, inline; others on
   * the pool. X is copied before this
   * returns, unless it lives in a SharedArrayBuffer.
   *
   * @param X - matrix or table with the columns the model was fitted on
   * @param out - receives the result; default: a new matrix
   * @returns [rows, outputWidth]
   * @throws {ERR_SHAPE | ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_UNKNOWN_CATEGORY | ERR_UNKNOWN_COLUMN} when X does not fit the model
   * @throws {ERR_DISPOSED} after `dispose()`
   */
  async run(X: MatrixLike, out?: Matrix): Promise<Matrix> {
    const x = this.schema.encode(X, this.precision);
    if (this.#runsInline(x)) return this.#runMatrix(x, out);
    this.#checkOut(out, x.rows);
    const result = await this.runInto(x, this.#result(x.rows), null);
    if (out === undefined) return result;
    requireValues(out);
    out.data.set(result.data);
    return out;
  }

  /**
   * Whether so many rows are too cheap for the pool.
   *
   * @internal
   */
  isInline(rows: number): boolean {
    return rows * this.#info.rowCostNs <= INLINE_BUDGET_NS;
  }

  /**
   * What `take` makes of the result of a run as {@link Plan.run}, at once: where that was inline, the result lies in memory that the
   * next one writes to.
   *
   * @internal
   */
  async take<R>(X: MatrixLike, take: (result: Matrix) => R): Promise<R> {
    const x = this.schema.encode(X, this.precision);
    if (this.#runsInline(x)) return take(this.#runMatrix(x, this.#scratch(x.rows)));
    return take(await this.runInto(x, this.#result(x.rows), null));
  }

  #scratch(rows: number): Matrix | undefined {
    const { outputWidth } = this.#info;
    const length = rows * outputWidth;
    if (length > SCRATCH_VALUES) return undefined;
    const memory = scratch.get(this.precision) ?? newArray(this.precision, SCRATCH_VALUES);
    scratch.set(this.precision, memory);
    return new Matrix(memory.subarray(0, length), rows, outputWidth);
  }

  #runsInline(x: Matrix): boolean {
    return this.isInline(x.rows) || this.#isCheaperThanCopying(x);
  }

  #isCheaperThanCopying({ rows, data }: Matrix): boolean {
    // What a GPU takes is not shared by threads, and known for a few rows only.
    if (this.device !== 'cpu' || isReadInPlace(data)) return false;
    return isCheaperThanCopying(rows * this.#info.rowCostNs, data.byteLength);
  }

  /**
   * Runs encoded rows now.
   *
   * @internal
   */
  runEncoded(x: FloatArray, rows: number): FloatArray {
    const out = uninitialized(this.precision, rows * this.#info.outputWidth);
    this.#runNow(x, rows, out);
    return out;
  }

  /**
   * Runs encoded rows on the pool. x is copied before this returns, unless it lives in a SharedArrayBuffer.
   *
   * @internal
   */
  async runEncodedAsync(x: FloatArray, rows: number): Promise<FloatArray> {
    const matrix = new Matrix(x, rows, this.#info.inputWidth);
    return (await this.runInto(matrix, this.#result(rows), null)).data;
  }

  /**
   * Runs an encoded matrix on the pool into a matrix that nobody else can reach yet.
   *
   * @internal
   */
  async runInto(x: Matrix, out: Matrix, cancel: CancelHandle | null): Promise<Matrix> {
    try {
      await native.programRun(this.#program, x.data, x.rows, out.data, cancel);
    } catch (error) {
      throw this.#explain(error);
    }
    return out;
  }

  /**
   * Runs the plan now, on this thread's time (large inputs also use the pool). See {@link Plan.run}.
   *
   * @returns [rows, outputWidth]
   */
  runSync(X: MatrixLike, out?: Matrix): Matrix {
    return this.#runMatrix(this.schema.encode(X, this.precision), out);
  }

  /**
   * Runs one row: the fastest call from JavaScript, without a matrix on either side.
   *
   * @param row - named fields, or values in column order
   * @param out - receives the outputWidth values; default: a new array
   * @throws {ERR_SHAPE} when `out` is no array of as many values, or longer
   */
  runRow(row: Row, out: FloatArray = newArray(this.precision, this.#info.outputWidth)): FloatArray {
    if (!ArrayBuffer.isView(out) || out.length < this.#info.outputWidth) throw this.#refuseRowOut(out);
    this.schema.encodeRow(row, this.#rowIn, 0);
    try {
      this.#runBound(1);
    } catch (error) {
      throw this.#explain(error);
    }
    out.set(this.#rowOut);
    return out;
  }

  /**
   * The plan in 8-bit arithmetic: layers have signed weights of 8 bits with a scale for each output, and read unsigned codes of 8
   * bits, by the ranges of each row or by those of calibration rows. Sums are exact, so that a row's bits are the same on every CPU,
   * what is not a layer of 8 bits aside.
   *
   * @param options - see {@link QuantizationOptions}; default: a range for each row, no gate
   * @returns a new plan, float32 in and out; its `quantization` says what became of each layer
   * @throws {ERR_NOT_SUPPORTED} when no layer is a product with weights, when the model was fitted again since, or
   *   for a plan that another thread shared
   * @throws {ERR_PARAMETER | ERR_EMPTY | ERR_SHAPE | ERR_INPUT_NAN | ERR_LABELS} for bad options or calibration rows
   * @example
   * ```ts
   * import { loadWine, LogisticRegression, makePipeline, StandardScaler } from 'boreal';
   * const { data, target } = loadWine();
   * const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);
   * const plan = model.compile({ output: 'label' }).quantize({ calibrate: data, y: target });
   * plan.quantization?.layers[0].precision; // 'int8'
   * ```
   */
  quantize(options: QuantizationOptions = {}): Plan {
    if (this.#quantize !== undefined) return this.#quantize(options);
    const message = 'Only a plan that a fitted estimator has compiled in this thread can be quantised.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }

  /**
   * Gives the plan's memory back now, that of a GPU too, instead of when the garbage collector comes by. Runs under way end
   * first. From then on the plan throws `ERR_DISPOSED`, and `memoryBytes` is 0; a second call does nothing. Threads to which
   * `serve` has handed the plan keep theirs. Not needed: plans that nobody reaches are collected.
   *
   * @example
   * ```ts
   * import { LinearRegression } from 'boreal';
   * const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
   * const plan = model.compile();
   * plan.dispose();
   * plan.memoryBytes; // 0
   * ```
   */
  dispose(): void {
    native.programDispose(this.#program);
    this.#isDisposed = true;
  }
  /** {@link Plan.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A table of the plan's device, ops, widths and engines for people to read, and why the device was chosen. */
  explain(): string {
    const table = this.#asked(() => native.programExplain(this.#program));
    return this.#reason === undefined ? table : `${table}${this.#reason}\n`;
  }

  /** What the program answers; its errors in our classes. */
  #asked<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw toBorealError(error);
    }
  }

  #runMatrix(x: Matrix, out: Matrix | undefined): Matrix {
    this.#checkOut(out, x.rows);
    const result = out ?? this.#result(x.rows);
    this.#runNow(x.data, x.rows, result.data);
    return result;
  }

  #runNow(x: FloatArray, rows: number, out: FloatArray): void {
    try {
      if (rows === 1) {
        this.#rowIn.set(x);
        this.#runBound(1);
        out.set(this.#rowOut);
      } else {
        native.programRunSync(this.#program, x, rows, out, 0);
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #refuseRowOut(out: unknown): ValidationError {
    const width = this.#info.outputWidth;
    return new ValidationError(
      'ERR_SHAPE',
      `out must be a typed array of ${width} values; got ${show(out)}.`,
    );
  }

  #checkOut(out: Matrix | undefined, rows: number): void {
    if (out === undefined) return;
    requireMatrix(out, 'out');
    requireValues(out);
    const width = this.#info.outputWidth;
    if (out.dtype !== this.precision || out.rows !== rows || out.cols !== width) {
      throw new ValidationError(
        'ERR_SHAPE',
        `out must be a ${this.precision} matrix of shape [${rows}, ${width}]; got ${out.dtype} [${out.rows}, ${out.cols}].`,
      );
    }
  }

  #result(rows: number): Matrix {
    const { outputWidth } = this.#info;
    return new Matrix(uninitialized(this.precision, rows * outputWidth), rows, outputWidth);
  }

  /** Adds the column's name to an error about a value. */
  #explain(error: unknown): unknown {
    const converted = toBorealError(error);
    const op = (error as { op?: number }).op;
    if (!(converted instanceof BorealError) || converted.column === undefined || op === undefined)
      return converted;
    const name = this.#columnNames.get(op)?.[converted.column];
    if (name === undefined) return converted;
    const row = converted.row ?? 0;
    const what = describeValueError(converted.code);
    const named = new ValidationError(converted.code, `Row ${row}, column '${name}': ${what}`, {
      cause: error,
    });
    named.row = row;
    // The position within X, not within the op that refused it; a column that a step has made has none.
    const position = this.schema.indexOf(name);
    if (position >= 0) named.column = position;
    return named;
  }
}

/** What was wrong with a value, for a plan's run and for fit alike. */
export function describeValueError(code: string): string {
  switch (code) {
    case 'ERR_INPUT_NAN':
      return 'the value is missing (NaN), which this model cannot use. Fill it first, for example with SimpleImputer.';
    case 'ERR_INPUT_INFINITE':
      return 'the value is infinite.';
    case 'ERR_UNKNOWN_CATEGORY':
      return "the category was not seen during fit. Use handleUnknown: 'ignore' to let such rows pass.";
    case 'ERR_OUT_OF_RANGE':
      return "the value is outside the range of training. Use outOfBounds: 'clip' or 'nan' to let such rows pass.";
    default:
      return code;
  }
}
