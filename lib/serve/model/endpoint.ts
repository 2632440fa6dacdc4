/**
 * One model behind HTTP, free of any framework: JSON in, plain objects out. Each request is one crossing into the
 * native core, whatever the number of rows and outputs: the outputs a response needs are columns of one plan.
 */
import { performance } from 'node:perf_hooks';
import { type Output, resolveCompileOptions } from '../../core/compile-options.js';
import type { Estimator, EstimatorKind } from '../../core/estimator.js';
import { type ImageInput, imageInputOf } from '../../core/image-input.js';
import { isTransformer } from '../../core/kinds.js';
import type { FloatArray } from '../../core/matrix.js';
import { show } from '../../core/params.js';
import { Plan, type SharedPlan } from '../../core/plan.js';
import { PlanBuilder } from '../../core/plan-builder.js';
import type { Column, Schema, Target } from '../../core/schema.js';
import type { TrainingReference } from '../../core/training-reference.js';
import { BorealError, ValidationError } from '../../errors.js';
import { type Problem, RequestError } from '../request-error.js';
import { version } from '../version.js';
import { unlessFailed, whenDone } from '../when-done.js';
import { type Batch, BatchReader, type BinaryType } from './batch.js';
import { allocate, Batcher, type BatcherLimits, type BatchRun, type Call } from './batcher.js';
import {
  type Decoder,
  decoderOf,
  type Interval,
  type Prediction,
  type RowPrediction,
  type Writer,
  writerOf,
} from './decode.js';
import { Explainer } from './explainer.js';
import { Front, type SharedFront } from './front.js';
import { RangeCheck, type RangePolicy, type RangeWarning } from './ranges.js';
import { describe, list, quote, RowReader, type UnknownFieldPolicy } from './row-reader.js';

/** How a model is served. */
export interface EndpointOptions {
  /** Shown to clients. Default: the class of the model. */
  readonly name?: string;
  /** The model's version, shown to clients. Default '1'. */
  readonly version?: string;
  /** Most rows of a batch, >= 1. Default 10000. */
  readonly maxRows?: number;
  /** Share of the trees inside the interval of a forest, in (0, 1); null leaves intervals out. Default 0.9. */
  readonly coverage?: number | null;
  /**
   * Most rows of requests that run together, >= 1; a larger request runs alone. Default 1024. A plan that is too cheap for
   * the thread pool answers every request at once, and gathers none.
   */
  readonly maxBatchRows?: number;
  /** Most rows that wait for a model, >= 1; beyond it requests are answered with 503. Default 8192. */
  readonly maxQueueRows?: number;
  /**
   * Longest wait for which a request is accepted, in milliseconds, > 0: where what waits already would take longer, as fast as
   * the model has been lately, further requests are answered with 503, and until nobody was for a second those are accepted only
   * that wait for four others like them at most, or 5 ms. Default 1000.
   */
  readonly maxWaitMs?: number;
  /** A request that has waited for so many milliseconds, > 0, is answered with 504. Default 30000. */
  readonly timeoutMs?: number;
  /**
   * What becomes of a row with a number outside the range of the training data: 'ignore' answers it; 'warn' does, too, and
   * says so in `warnings`, a metric and the log; 'refuse' answers 400. Default 'ignore'.
   */
  readonly ranges?: RangePolicy;
  /** Whether a field or column that the model does not know is an error. Default 'refuse'. */
  readonly unknownFields?: UnknownFieldPolicy;
  /** Whether explanations are given, for which a model of trees stays in memory beside its plan. Default true. */
  readonly explain?: boolean;
  /** Shown in /model_info: anything that is JSON, such as the metadata of a model file. */
  readonly metadata?: unknown;
}

/** Told about each answered request. */
export interface EndpointHooks {
  /** `input` and `output` are the encoded rows and the plan's result; they are not touched afterwards. */
  prediction?(input: FloatArray, output: FloatArray, rows: number, durationMs: number): void;
  /** The plan has run for one or more requests. */
  batch?(run: BatchRun): void;
}

/** What a batch returns, by row. */
export interface BatchPrediction {
  readonly predictions: ReadonlyArray<Prediction['prediction']>;
  readonly probabilities?: ReadonlyArray<Prediction['probabilities']>;
  readonly intervals?: ReadonlyArray<Interval | undefined>;
  /** Numbers outside the training range, the first of them; with `ranges: 'warn'`. */
  readonly warnings?: readonly RangeWarning[];
}

/** How strict an endpoint is. */
interface Policies {
  readonly ranges: RangePolicy;
  readonly unknownFields: UnknownFieldPolicy;
}

/** What /model_info says of a column. */
export interface ColumnInfo extends Column {
  /** Whether a row must hold it: true unless values were missing during fit. */
  readonly required: boolean;
}

/** What /model_info says. */
export interface ModelInfo {
  readonly name: string;
  readonly version: string;
  /** Class of the model. */
  readonly type: string;
  readonly kind: EstimatorKind;
  readonly columns: readonly ColumnInfo[];
  readonly target: Target;
  /** Names of the columns that a transformer returns. */
  readonly outputs?: readonly string[];
  /** How pictures become rows, where the model takes them. */
  readonly image?: ImageInput;
  /** Of the intervals, where there are any. */
  readonly coverage?: number;
  readonly precision: string;
  readonly maxRows: number;
  readonly borealVersion: string;
  readonly metadata?: unknown;
  /** The compiled plan, for people. */
  readonly plan: string;
}

/** An endpoint as plain data that can be posted to another thread of this process. */
export interface SharedEndpoint {
  readonly plan: SharedPlan;
  readonly info: ModelInfo;
  readonly outputColumns: readonly Column[] | undefined;
  readonly limits: BatcherLimits;
  readonly policies: Policies;
  readonly front: SharedFront | undefined;
}

/**
 * A compiled model that answers requests.
 *
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { ModelEndpoint } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const endpoint = await ModelEndpoint.create(model);
 * await endpoint.predict({ x: 4 }); // { prediction: 8 }
 * ```
 */
export class ModelEndpoint {
  /** What there is to know about the model. */
  readonly info: ModelInfo;
  /** One call of it makes all that a response needs; see `compile` below for its columns. */
  readonly plan: Plan;
  /** What {@link ModelEndpoint.predict} returns as JSON. @internal */
  readonly write: Writer;
  /** Of a transformer. */
  readonly outputColumns: readonly Column[] | undefined;
  /** What the model was trained on, where it knows. */
  readonly reference: TrainingReference | undefined;
  /** Of a model of trees, unless the options or another thread leave it out. */
  readonly explainer: Explainer | undefined;
  readonly #reader: RowReader;
  readonly #decode: Decoder;
  readonly #hooks: EndpointHooks;
  readonly #batcher: Batcher;
  readonly #limits: BatcherLimits;
  readonly #policies: Policies;
  readonly #batches: BatchReader;
  readonly #ranges: RangeCheck | undefined;
  readonly #front: Front | undefined;
  /** Rows that are being made of documents. */
  #reading = 0;

  private constructor(
    plan: Plan,
    outputColumns: readonly Column[] | undefined,
    reference: TrainingReference | undefined,
    explainer: Explainer | undefined,
    info: ModelInfo,
    hooks: EndpointHooks,
    limits: BatcherLimits,
    policies: Policies,
    front: Front | undefined,
  ) {
    this.info = info;
    this.plan = plan;
    this.outputColumns = outputColumns;
    this.reference = reference;
    this.explainer = explainer;
    this.#front = front;
    const { columns } = this.schema;
    this.#policies = policies;
    this.#reader = new RowReader(this.schema, policies.unknownFields);
    this.#batches = new BatchReader(this.#reader, columns, plan.precision, info.maxRows);
    this.#ranges = policies.ranges === 'ignore' ? undefined : new RangeCheck(columns, plan.precision);
    this.#decode = decoderOf(info.target, outputColumns, info.coverage);
    this.write = writerOf(info.target);
    this.#hooks = hooks;
    this.#limits = limits;
    const width = plan.schema.columns.length;
    this.#batcher = new Batcher(plan, width, limits, (run) => hooks.batch?.(run), info);
  }

  /**
   * Compiles a fitted model for serving. Fitting it again later does not change what is served.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_PARAMETER} for a bad option
   */
  static async create(
    model: Estimator,
    options: EndpointOptions = {},
    hooks: EndpointHooks = {},
  ): Promise<ModelEndpoint> {
    const front = Front.of(model);
    const schema = front?.schema ?? model.schema;
    const { name = model.constructor.name, metadata, coverage: wanted = 0.9 } = options;
    const { maxRows = 10_000, maxBatchRows = 1024, maxQueueRows = 8192 } = options;
    const { maxWaitMs = 1000, timeoutMs = 30_000 } = options;
    for (const [option, value] of Object.entries({ maxRows, maxBatchRows, maxQueueRows })) {
      if (!(Number.isSafeInteger(value) && value >= 1)) throw badOption(option, 'a whole number >= 1', value);
    }
    for (const [option, value] of Object.entries({ maxWaitMs, timeoutMs })) {
      if (!(value > 0)) throw badOption(option, 'a number > 0', value);
    }
    const { ranges = 'ignore', unknownFields = 'refuse' } = options;
    if (!['ignore', 'warn', 'refuse'].includes(ranges)) {
      throw badOption('ranges', "'ignore', 'warn' or 'refuse'", ranges);
    }
    if (unknownFields !== 'refuse' && unknownFields !== 'ignore') {
      throw badOption('unknownFields', "'refuse' or 'ignore'", unknownFields);
    }
    const isSingle = schema.target.kind !== 'numbers' && schema.target.kind !== 'classes';
    const coverage = isSingle && model.outputs.includes('interval') ? wanted : null;
    const outputColumns = isTransformer(model) ? model.outputColumns() : undefined;
    const info: Omit<ModelInfo, 'precision' | 'plan'> = {
      name,
      version: options.version ?? '1',
      type: model.constructor.name,
      kind: model.kind,
      columns: schema.columns.map((column) => ({ ...column, required: !column.hasMissing })),
      target: schema.target,
      outputs: outputColumns?.map((column) => column.name),
      image: imageInputOf(model),
      coverage: coverage ?? undefined,
      maxRows: Math.min(maxRows, front?.limits.maxRows ?? maxRows),
      borealVersion: version,
      metadata,
    };
    // Nothing is read from the model after the first wait: it may be fitted again meanwhile.
    const { trainingReference } = model;
    const explains = (options.explain ?? true) && front === undefined && isSingle;
    const explainer = explains ? Explainer.of(model) : undefined;
    const plan = await compile(model, coverage);
    return new ModelEndpoint(
      plan,
      outputColumns,
      trainingReference,
      explainer,
      { ...info, precision: plan.precision, plan: plan.explain() },
      hooks,
      {
        maxBatchRows: Math.min(maxBatchRows, info.maxRows),
        maxQueueRows: Math.min(maxQueueRows, front?.limits.maxQueueRows ?? maxQueueRows),
        ...{ maxWaitMs, timeoutMs },
      },
      // Counts of words have no range to keep to.
      { ranges: front === undefined ? ranges : 'ignore', unknownFields },
      front,
    );
  }

  /**
   * An endpoint of another thread of this process: the same model, no second copy of its memory.
   *
   * @internal
   * @throws {ERR_PARAMETER} when nobody holds it any more
   */
  static adopt(
    { plan, info, outputColumns, limits, policies, front: shared }: SharedEndpoint,
    hooks: EndpointHooks = {},
  ): ModelEndpoint {
    const adopted = Plan.adopt(plan);
    const front = shared && Front.adopt(shared);
    return new ModelEndpoint(
      ...([adopted, outputColumns, undefined, undefined, info, hooks, limits, policies, front] as const),
    );
  }

  /**
   * What another thread needs to adopt the endpoint, while this one is in use.
   *
   * @internal
   */
  share(): SharedEndpoint {
    const { plan, info, outputColumns } = this;
    const front = this.#front?.share();
    return { plan: plan.share(), info, outputColumns, limits: this.#limits, policies: this.#policies, front };
  }

  /** Of what requests hold: of the plan's input, or of the documents that become it. */
  get schema(): Schema {
    return this.#front?.schema ?? this.plan.schema;
  }

  /** Columns of the rows that hooks are told of: none where they are made of documents. @internal */
  get inputWidth(): number {
    return this.#front === undefined ? this.plan.schema.columns.length : 0;
  }

  /** Refuses a request that has one row at least. @throws {ERR_OVERLOADED} when no further row may wait */
  refuseWhenFull(): void {
    this.#batcher.refuseWhenFull();
  }

  /**
   * Predicts one row.
   *
   * @param body - named fields, values in column order, or `{ features: values in column order }`
   * @throws {ERR_REQUEST | ERR_INPUT_INFINITE | ERR_INPUT_NAN | ERR_UNKNOWN_CATEGORY | ERR_OUT_OF_RANGE} as a
   *   {@link RequestError}
   */
  predict(body: unknown, call: Call = {}): RowPrediction | Promise<RowPrediction> {
    const input = allocate(this.plan.precision, this.info.columns.length);
    const problems = this.#reader.read(body, input, 0);
    if (problems.length > 0) throw RequestError.ofRow(problems);
    const valueAt = (_row: number, j: number) => this.#reader.valueAt(body, j);
    return whenDone(this.#answer({ rows: 1, input, valueAt }, false, call), (output) => {
      const prediction = this.#decode(output, 0);
      const warnings = this.#warnings(input, 1, false);
      return warnings === undefined ? prediction : { ...prediction, warnings };
    });
  }

  /**
   * Predicts many rows.
   *
   * @param body - an array of rows, `{ rows }` or `{ instances }`; `{ columns: { name: values } }`; or
   *   `{ columns: names, data: rows }`
   * @throws {ERR_TOO_MANY_ROWS | ERR_EMPTY} as a {@link RequestError}, and as {@link ModelEndpoint.predict}
   */
  predictBatch(body: unknown, call: Call = {}): BatchPrediction | Promise<BatchPrediction> {
    const batch = this.readBatch(body);
    return whenDone(this.runBatch(batch, call), (output) => this.decodeBatch(batch, output));
  }

  /** Reads the rows of a batch. @internal @throws as {@link ModelEndpoint.predictBatch} */
  readBatch(body: unknown): Batch {
    return this.#batches.read(body);
  }

  /** Reads the rows of a batch in binary. @internal @throws {ERR_MEDIA_TYPE} and as {@link ModelEndpoint.predictBatch} */
  readBinary(bytes: Uint8Array, type: BinaryType): Batch {
    return this.#batches.readBinary(bytes, type);
  }

  /** Runs the rows of a request. @internal @throws as {@link ModelEndpoint.predictBatch} */
  runBatch(batch: Batch, call: Call = {}): FloatArray | Promise<FloatArray> {
    return this.#answer(batch, true, call);
  }

  /** What the plan's result says of the rows. @internal */
  decodeBatch({ rows, input }: Batch, output: FloatArray): BatchPrediction {
    const { outputWidth } = this.plan;
    const results = Array.from({ length: rows }, (_, i) => this.#decode(output, i * outputWidth));
    return {
      predictions: results.map((result) => result.prediction),
      probabilities: results[0].probabilities && results.map((result) => result.probabilities),
      intervals: results[0].interval && results.map((result) => result.interval),
      warnings: this.#warnings(input, rows, true),
    };
  }

  /**
   * Runs the plan on encoded rows, together with what other requests wait for. A row's result does not depend on that.
   *
   * @param input - [rows, columns of the model], in the plan's precision; not to be changed from now on
   * @returns [rows, plan.outputWidth]; at once when the plan is too cheap for the thread pool
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_UNKNOWN_CATEGORY | ERR_OUT_OF_RANGE} with the row and the column
   * @throws {ERR_OVERLOADED | ERR_DEADLINE | ERR_ABORTED} when its turn does not come
   */
  run(input: FloatArray, rows: number, call: Call = {}): FloatArray | Promise<FloatArray> {
    const started = performance.now();
    if (this.#policies.ranges === 'refuse') this.#ranges!.refuse(input, rows);
    return whenDone(this.#batcher.run(input, rows, call), (output) => {
      const seen = this.#front === undefined ? input : input.subarray(0, 0);
      this.#hooks.prediction?.(seen, output, rows, performance.now() - started);
      return output;
    });
  }

  /** As {@link ModelEndpoint.run}, of rows as requests hold them. @internal */
  runRows(batch: Batch, call: Call = {}): FloatArray | Promise<FloatArray> {
    const { input, rows } = batch;
    if (this.#front === undefined) return this.run(input, rows, call);
    this.#batcher.refuseWhenFull(rows, this.#reading);
    this.#reading += rows;
    const made = this.#front.rows(batch, this.plan.precision).finally(() => {
      this.#reading -= rows;
    });
    return made.then((encoded) => this.run(encoded, rows, call));
  }

  /** Calls `found` for each number outside the training range; never where nobody is to be warned. @internal */
  eachOutOfRange(input: FloatArray, rows: number, found: (row: number, column: number) => boolean): void {
    if (this.#policies.ranges === 'warn') this.#ranges!.each(input, rows, found);
  }

  #warnings(input: FloatArray, rows: number, batch: boolean): readonly RangeWarning[] | undefined {
    return this.#policies.ranges === 'warn' ? this.#ranges!.warnings(input, rows, batch) : undefined;
  }

  #answer(batch: Batch, many: boolean, call: Call): FloatArray | Promise<FloatArray> {
    const explain = (error: unknown) => {
      throw this.inTermsOfRequest(error, batch, many);
    };
    try {
      return unlessFailed(this.runRows(batch, call), explain);
    } catch (error) {
      return explain(error);
    }
  }

  /** A value that only the model could refuse, told in terms of the request. @internal */
  inTermsOfRequest(error: unknown, { valueAt }: Batch, many: boolean): unknown {
    if (!(error instanceof BorealError) || error.column === undefined) return error;
    const { column: j, row = 0 } = error;
    const problem = valueProblem(error, this.info.columns[j], valueAt(row, j));
    return RequestError.ofRow([problem], many ? row : undefined);
  }
}

function badOption(name: string, allowed: string, value: unknown): ValidationError {
  return new ValidationError(
    'ERR_PARAMETER',
    `serve: option '${name}' must be ${allowed}; got ${show(value)}.`,
  );
}

function valueProblem(
  { code, message }: BorealError,
  { name, categories = [] }: Column,
  value: unknown,
): Problem {
  const field = name;
  switch (code) {
    case 'ERR_UNKNOWN_CATEGORY': {
      const known = categories.length > 0 ? list(categories.map(String)) : 'values seen in training';
      return { code, field, error: `Field ${quote(name)} takes ${known}; got ${describe(value)}.` };
    }
    case 'ERR_INPUT_NAN':
      return { code, field, error: `Field ${quote(name)} is missing, and the model cannot do without it.` };
    case 'ERR_OUT_OF_RANGE':
      return { code, field, error: message };
    default:
      return { code, field, error: `Field ${quote(name)} cannot be ${describe(value)}.` };
  }
}

/**
 * The plan behind a response. Columns of its result: the probabilities of a classifier; the prediction of a regressor,
 * then the ends of its interval; the columns of a transformer.
 */
function compile(model: Estimator, coverage: number | null): Promise<Plan> {
  const outputs: Output[] =
    model.schema.target.kind === 'class' ? ['proba'] : coverage === null ? ['value'] : ['value', 'interval'];
  // A fitted model has a snapshot; `create` has read its schema.
  const { dtype } = model;
  const options = resolveCompileOptions({ coverage: coverage ?? undefined }, dtype);
  const builder = new PlanBuilder(model.nFeaturesIn, model.schema.columns);
  const parts = outputs.map((output) => model.lowerChecked(builder, builder.input, { ...options, output }));
  return Plan.compileAsync(builder.build(builder.concat(parts)), model.schema, options);
}
