/**
 * How a fitted model predicts sparse rows. Models that are linear in a row read it as it is: their plan begins with a Dense op,
 * which here is a sparse product, and the plan of the rest goes on from its result. All other plans run on blocks of rows made dense.
 */
import { toBorealError } from '../../errors.js';
import { type FloatArray, native } from '../../native.js';
import { checkFiniteSparse } from '../fit-input.js';
import { newArray } from '../linalg/memory.js';
import { Matrix } from '../matrix.js';
import { isCheaperThanCopying, Plan, type ResolvedCompileOptions } from '../plan.js';
import { PlanBuilder, type PlanSource, type Slot } from '../plan-builder.js';
import type { Norm } from '../plan-types.js';
import { Schema } from '../schema.js';
import { type CsrMatrix, csrArguments } from './csr-matrix.js';
import { checkDenseSize, densify } from './densify.js';
import { replaceValues, type Weighing, weigh } from './weigh.js';

/** Values of a block of rows that is made dense: 32 MiB of float64. */
const BLOCK_VALUES = 2 ** 22;

/** Nanoseconds of a product for each value of the rows and column of the result. */
const PRODUCT_NS = 0.4;

/** Thrown by the builder when an op reads the rows that is not among those it knows. */
class NotLinear extends Error {}

/** What is done to the values of sparse rows before the product: above a threshold they are 1, others 0; or they are weighed. */
type Change = { readonly threshold: number } | Weighing;

/** The product that a plan begins with. */
interface Head {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** Takes the ops on the rows themselves out of a plan, as far as these are a product. */
class SparseBuilder extends PlanBuilder {
  readonly #rows: Slot;
  readonly changes: Change[] = [];
  head: Head | null = null;

  constructor(width: number) {
    super(width);
    this.#rows = this.input;
  }

  override check(x: Slot, allowNan: boolean, names: readonly string[]): Slot {
    return x === this.#rows ? x : super.check(x, allowNan, names);
  }

  override binary(...args: Parameters<PlanBuilder['binary']>): Slot {
    const [x, kind, values] = args;
    const [threshold] = values instanceof Float64Array ? values : [];
    if (x !== this.#rows || kind !== 'greater' || !(threshold >= 0)) return super.binary(...args);
    return this.#change({ threshold });
  }

  override affine(x: Slot, shift: Float64Array, scale: Float64Array): Slot {
    if (x !== this.#rows || shift.some((value) => value !== 0)) return super.affine(x, shift, scale);
    return this.#change({ weight: scale.map((value) => 1 / value) });
  }

  override normalize(x: Slot, norm: Norm): Slot {
    return x === this.#rows ? this.#change({ norm }) : super.normalize(x, norm);
  }

  #change(change: Change): Slot {
    if (this.head !== null) throw new NotLinear();
    this.changes.push(change);
    return this.#rows;
  }

  override dense(x: Slot, weights: Float64Array, bias: Float64Array): Slot {
    if (x !== this.#rows) return super.dense(x, weights, bias);
    if (this.head !== null) throw new NotLinear();
    this.head = { weights, bias };
    // The input of the plan of the rest.
    return { id: 0, width: bias.length };
  }

  protected override emit(...args: Parameters<PlanBuilder['emit']>): Slot {
    if (args[1].includes(this.#rows)) throw new NotLinear();
    return super.emit(...args);
  }

  rest(output: Slot): PlanSource {
    const source = this.build(output);
    if (this.head !== null) source.ops[1] = this.head.bias.length;
    return source;
  }
}

/** {@link Head} in the precision of a plan. */
interface Product {
  readonly weights: FloatArray;
  readonly bias: FloatArray;
  readonly changes: readonly Change[];
}

/** A fitted model compiled for sparse rows. */
export class SparsePlan {
  readonly #head: Product | null;
  readonly #plan: Plan;

  private constructor(plan: Plan, head: Product | null) {
    this.#plan = plan;
    this.#head = head;
  }

  /**
   * @param lower - adds the model's ops to a plan
   * @param dense - the plan for dense rows, for models that are not linear
   */
  static async compile(
    schema: Schema,
    options: ResolvedCompileOptions,
    lower: (plan: PlanBuilder) => Slot,
    dense: () => Promise<Plan>,
  ): Promise<SparsePlan> {
    const builder = new SparseBuilder(schema.columns.length);
    let source: PlanSource;
    try {
      source = builder.rest(lower(builder));
    } catch (error) {
      if (!(error instanceof NotLinear)) throw error;
      return new SparsePlan(await dense(), null);
    }
    const { head } = builder;
    if (head === null) return new SparsePlan(await dense(), null);
    const columns = Array.from(head.bias, (_, c) => ({ name: `score${c}`, kind: 'number' as const }));
    const plan = await Plan.compileAsync(source, new Schema(columns, schema.target, false), options);
    const converted = (values: Float64Array) => {
      const array = newArray(options.precision, values.length);
      array.set(values);
      return array;
    };
    const { weights, bias } = head;
    const { changes } = builder;
    return new SparsePlan(plan, { weights: converted(weights), bias: converted(bias), changes });
  }

  /** Runs on the pool, or now where that is cheaper than a copy. x has the precision and the columns of the model. */
  async run(x: CsrMatrix): Promise<Matrix> {
    const head = this.#head;
    if (head === null) return this.#runBlocks(x);
    const { weights, bias, changes } = head;
    checkFiniteSparse(x);
    try {
      let rows = x;
      for (const change of changes) rows = await changed(rows, change);
      const product = [...csrArguments(rows), weights, bias, bias.length] as const;
      const { data, indices } = rows;
      const now = isCheaperThanCopying(
        data.length * bias.length * PRODUCT_NS,
        data.byteLength + indices.byteLength,
      );
      const scores = now
        ? native.csrProduct<FloatArray, true>(...product, true, null)
        : await native.csrProduct<FloatArray, false>(...product, false, null);
      return await this.#plan.run(new Matrix(scores, x.rows, bias.length));
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
      out.data.set((await this.#plan.run(block)).data, from * outputWidth);
    }
    return out;
  }
}

function changed(x: CsrMatrix, change: Change): Promise<CsrMatrix> | CsrMatrix {
  if (!('threshold' in change)) return weigh(x, change);
  return replaceValues(x, (value) => (value > change.threshold ? 1 : 0));
}
