/**
 * How a fitted model predicts sparse rows. Models that are linear in a row read it as it is: their plan begins with Dense ops,
 * which here are sparse products, and the plan of the rest goes on from their results. All other plans run on blocks of rows made dense.
 */
import { BorealError, toBorealError, ValidationError } from '../../errors.js';
import { type FloatArray, native } from '../../native.js';
import { sideBySide } from '../apply.js';
import type { ResolvedCompileOptions } from '../compile-options.js';
import { isSparse } from '../forms.js';
import { checkFiniteSparse } from '../input-checks.js';
import { newArray } from '../linalg/memory.js';
import { Matrix } from '../matrix.js';
import { metricOf, sparseMetricOf } from '../neighbor-search.js';
import { isCheaperThanCopying, Plan } from '../plan.js';
import { PlanBuilder, type PlanSource, type Slot } from '../plan-builder.js';
import type { KernelConstants, KernelSpec, Metric, NeighborsConstants, Norm } from '../plan-types.js';
import { Schema } from '../schema.js';
import { takeSparseColumns } from './csr-columns.js';
import { type CsrMatrix, csrArguments, requireCsr } from './csr-matrix.js';
import { checkDenseSize, densify } from './densify.js';
import { replaceValues, type Weighing, weigh } from './weigh.js';

/** Values of a block of rows that is made dense: 32 MiB of float64. */
const BLOCK_VALUES = 2 ** 22;

/** Nanoseconds of a product for each value of the rows and column of the result. */
const PRODUCT_NS = 0.4;

/** Thrown by the builder when an op reads the rows that is not among those it knows, or that has no sparse form of these numbers. */
class NotLinear extends Error {}

/** What is done to sparse rows before the product: values above a threshold are 1, others 0; some columns are taken; or values are weighed. */
type Change = { readonly threshold: number } | { readonly columns: readonly number[] } | Weighing;

/** The rows, changed. */
interface Part {
  readonly width: number;
  readonly changes: readonly Change[];
}

/** The longest row and point whose distance by squares is a number for sure: that of twice their product is one, too. */
const LARGEST_SQUARES = Number.MAX_VALUE / 4;

/** What a plan begins with that is asked of the rows natively: `outputs` numbers of each, in float64. */
interface Question {
  readonly part: Part;
  readonly outputs: number;
  readonly ask: (rows: CsrMatrix) => Promise<Float64Array>;
}

/** A product that a plan begins with. */
interface Product<T extends FloatArray = FloatArray> {
  readonly part: Part;
  readonly weights: T;
  readonly bias: T;
  /** Whether these make squared distances, from -2 times the points and their squared lengths. */
  readonly distances: boolean;
}

/** Takes the ops on the rows themselves out of a plan, as far as these are products. The rest reads their results side by side. */
class SparseBuilder extends PlanBuilder {
  /** The slots that stand for sparse rows. */
  readonly #parts = new Map<Slot, Part>();
  readonly products: (Product<Float64Array> | Question)[] = [];
  #width = 0;

  constructor(width: number) {
    super(width);
    this.#parts.set(this.input, { width, changes: [] });
  }

  /** How many results the products have. */
  get width(): number {
    return this.#width;
  }

  #add(part: Part): Slot {
    const slot = { id: -this.#parts.size, width: part.width };
    this.#parts.set(slot, part);
    return slot;
  }

  override check(x: Slot, allowNan: boolean, names: readonly string[]): Slot {
    return this.#parts.has(x) ? x : super.check(x, allowNan, names);
  }

  override gather(x: Slot, columns: readonly number[]): Slot {
    const part = this.#parts.get(x);
    if (part === undefined || columns.length === 0) return super.gather(x, columns);
    return this.#change({ ...part, width: columns.length }, { columns });
  }

  override binary(...args: Parameters<PlanBuilder['binary']>): Slot {
    const [x, kind, values] = args;
    const [threshold] = values instanceof Float64Array ? values : [];
    const part = this.#parts.get(x);
    if (part === undefined || kind !== 'greater' || !(threshold >= 0)) return super.binary(...args);
    return this.#change(part, { threshold });
  }

  override affine(x: Slot, shift: Float64Array, scale: Float64Array): Slot {
    const part = this.#parts.get(x);
    if (part === undefined || shift.some((value) => value !== 0)) return super.affine(x, shift, scale);
    return this.#change(part, { weight: scale.map((value) => 1 / value) });
  }

  override normalize(x: Slot, norm: Norm): Slot {
    const part = this.#parts.get(x);
    return part === undefined ? super.normalize(x, norm) : this.#change(part, { norm });
  }

  #change(part: Part, change: Change): Slot {
    return this.#add({ ...part, changes: [...part.changes, change] });
  }

  override dense(x: Slot, weights: Float64Array, bias: Float64Array): Slot {
    const part = this.#parts.get(x);
    return part === undefined
      ? super.dense(x, weights, bias)
      : this.#product({ part, weights, bias, distances: false });
  }

  /** Whether there are distances, which are made of squares: the whole plan is then one in float64. */
  measures = false;

  /** By |x|^2 + |p|^2 - 2 x p: rounding is that of the squares, so that a distance near 0 has lost digits. */
  override distance(x: Slot, metric: Metric, points: Float64Array, outputs: number): Slot {
    const part = this.#parts.get(x);
    if (part === undefined || metric === 'manhattan') return super.distance(x, metric, points, outputs);
    const weights = new Float64Array(points.length);
    const norms = new Float64Array(outputs);
    for (let c = 0; c < outputs; c++) {
      for (let j = 0; j < x.width; j++) {
        const value = points[c * x.width + j];
        norms[c] += value * value;
        weights[j * outputs + c] = -2 * value;
      }
      if (!(norms[c] <= LARGEST_SQUARES)) throw new NotLinear();
    }
    this.measures = true;
    const squares = this.#product({ part, weights, bias: norms, distances: true });
    return metric === 'euclidean' ? this.activation(squares, 'sqrt') : squares;
  }

  override kernelExpansion(x: Slot, spec: KernelSpec, constants: KernelConstants): Slot {
    const part = this.#parts.get(x);
    const [vectors, weights, bias] = constants;
    if (part === undefined || !isSparse(vectors)) return super.kernelExpansion(x, spec, constants);
    const points = csrArguments(requireCsr(vectors));
    return this.#question(part, bias.length, (rows) =>
      native.csrKernelExpansion(...points, ...csrArguments(rows), { ...spec, weights, bias }, null),
    );
  }

  override neighbors(x: Slot, constants: NeighborsConstants): Slot {
    const part = this.#parts.get(x);
    const { search, points, neighbors, radius = 0, vote, distanceWeights = false } = constants;
    const metric = sparseMetricOf(metricOf(search));
    if (part === undefined || !isSparse(points) || metric === null || vote.kind === 'place')
      return super.neighbors(x, constants);
    const poll = pollOf(vote, neighbors);
    const spec = { metric, count: neighbors, radius, own: false, vote: vote.kind, distanceWeights, ...poll };
    const given = csrArguments(requireCsr(points));
    return this.#question(part, poll.outputs, (rows) =>
      native.csrVotes(...given, ...csrArguments(rows), spec, null),
    );
  }

  #question(part: Part, outputs: number, ask: Question['ask']): Slot {
    this.measures = true;
    return this.#begin({ part, outputs, ask }, outputs);
  }

  #product(product: Product<Float64Array>): Slot {
    return this.#begin(product, product.bias.length);
  }

  #begin(start: Product<Float64Array> | Question, outputs: number): Slot {
    this.products.push(start);
    const first = this.#width;
    this.#width += outputs;
    const columns = Array.from({ length: outputs }, (_, c) => first + c);
    // The input of the plan of the rest, whose width is known in the end.
    return this.emit('gather', [{ id: 0, width: this.#width }], columns, [], outputs);
  }

  protected override emit(...args: Parameters<PlanBuilder['emit']>): Slot {
    if (args[1].some((slot) => this.#parts.has(slot))) throw new NotLinear();
    return super.emit(...args);
  }

  rest(output: Slot): PlanSource {
    if (this.#width === 0 || this.#parts.has(output)) throw new NotLinear();
    const source = this.build(output);
    source.ops[1] = this.#width;
    return source;
  }
}

/** A fitted model compiled for sparse rows. */
export class SparsePlan {
  /** In the precision of the plan; none where the plan reads dense rows. */
  readonly #products: readonly (Product | Question)[];
  readonly #plan: Plan;

  private constructor(plan: Plan, products: readonly (Product | Question)[]) {
    this.#plan = plan;
    this.#products = products;
  }

  /**
   * @param lower - adds the model's ops to a plan; again, to one for dense rows, where the model is not linear
   */
  static async compile(
    schema: Schema,
    options: ResolvedCompileOptions,
    lower: (plan: PlanBuilder, input: Slot) => Slot,
  ): Promise<SparsePlan> {
    const builder = new SparseBuilder(schema.columns.length);
    let source: PlanSource;
    try {
      source = builder.rest(lower(builder, builder.input));
    } catch (error) {
      if (!(error instanceof NotLinear)) throw error;
      const dense = new PlanBuilder(schema.columns.length, schema.columns);
      const whole = dense.build(lower(dense, dense.input));
      return new SparsePlan(await Plan.compileAsync(whole, schema, options), []);
    }
    const columns = Array.from({ length: builder.width }, (_, c) => ({
      name: `score${c}`,
      kind: 'number' as const,
    }));
    const { measures } = builder;
    const precision = measures ? 'float64' : options.precision;
    const scores = new Schema(columns, schema.target, false);
    const plan = await Plan.compileAsync(source, scores, { ...options, precision });
    const converted = (values: Float64Array) => {
      const array = newArray(plan.precision, values.length);
      array.set(values);
      return array;
    };
    const products = builder.products.map((start) => {
      if ('ask' in start) return start;
      return { ...start, weights: converted(start.weights), bias: converted(start.bias) };
    });
    return new SparsePlan(plan, products);
  }

  /** Runs on the pool, or now where that is cheaper than a copy. x has the precision and the columns of the model. */
  async run(x: CsrMatrix): Promise<Matrix> {
    if (this.#products.length === 0) return this.#runBlocks(x);
    checkFiniteSparse(x);
    try {
      const rows = x.astype(this.#plan.precision);
      const results: Matrix[] = [];
      const made = new Map<Part, CsrMatrix>();
      for (const product of this.#products) {
        const { part } = product;
        const own = made.get(part) ?? (await changedPart(rows, part));
        made.set(part, own);
        results.push(await ('ask' in product ? answered(own, product) : multiplied(own, product)));
      }
      const scores = results.length === 1 ? results[0] : sideBySide(results);
      return (await this.#plan.run(scores)).astype(x.dtype);
    } catch (error) {
      throw toBorealError(error);
    }
  }

  async #runBlocks(x: CsrMatrix): Promise<Matrix> {
    const { outputWidth, precision } = this.#plan;
    checkDenseSize(x.rows, outputWidth);
    const out = new Matrix(newArray(precision, x.rows * outputWidth), x.rows, outputWidth);
    const step = Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, x.cols)));
    for (let from = 0; from < x.rows; from += step) {
      const to = Math.min(x.rows, from + step);
      const block = new Matrix(densify(x, precision, from, to), to - from, x.cols);
      const made = await this.#plan.run(block).catch((error) => {
        throw inRowsOfX(error, from);
      });
      out.data.set(made.data, from * outputWidth);
    }
    return out;
  }
}

/** A block counts rows from its own first one; the caller from the first of X. */
function inRowsOfX(error: unknown, from: number): unknown {
  if (!(error instanceof BorealError) || error.row === undefined || from === 0) return error;
  const { row, column } = error;
  const message = error.message.replace(`Row ${row},`, `Row ${row + from},`);
  return Object.assign(new ValidationError(error.code, message, { cause: error }), {
    row: row + from,
    column,
  });
}

async function changedPart(x: CsrMatrix, { changes }: Part): Promise<CsrMatrix> {
  let rows = x;
  for (const change of changes) rows = await changed(rows, change);
  return rows;
}

async function answered(x: CsrMatrix, { outputs, ask }: Question): Promise<Matrix> {
  return new Matrix(await ask(x), x.rows, outputs);
}

/** @throws {ERR_INPUT_INFINITE} where distances are wanted, for a row whose squares are too large */
async function multiplied(x: CsrMatrix, { weights, bias, distances }: Product): Promise<Matrix> {
  const product = [...csrArguments(x), weights, bias, bias.length, distances] as const;
  const { data, indices } = x;
  const now = isCheaperThanCopying(
    data.length * bias.length * PRODUCT_NS,
    data.byteLength + indices.byteLength,
  );
  const scores = now
    ? native.csrProduct<FloatArray, true>(...product, true, null)
    : await native.csrProduct<FloatArray, false>(...product, false, null);
  return new Matrix(scores, x.rows, bias.length);
}

function changed(x: CsrMatrix, change: Change): Promise<CsrMatrix> | CsrMatrix {
  if ('columns' in change) return takeSparseColumns(x, change.columns);
  if (!('threshold' in change)) return weigh(x, change);
  return replaceValues(x, (value) => (value > change.threshold ? 1 : 0));
}

/** How many outputs a vote of neighbours has, and what it is made of. */
function pollOf(
  vote: Exclude<NeighborsConstants['vote'], { kind: 'place' }>,
  neighbors: number,
): { readonly outputs: number; readonly classes: Int32Array; readonly values: Float64Array } {
  const none = { classes: new Int32Array(0), values: new Float64Array(0) };
  if (vote.kind === 'classes') return { ...none, outputs: vote.classes, classes: vote.codes };
  if (vote.kind === 'mean') return { ...none, outputs: vote.outputs, values: vote.targets };
  if (vote.kind === 'outlier') return { ...none, outputs: 1, values: vote.values };
  return { ...none, outputs: neighbors };
}
