/** Rows and targets about their means, and the products that paths of column selection ask for. */
import type { FitInput } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { ValidationError } from '../errors.js';
import { sumsOf } from './gram.js';
import { type Precompute, sumsOfGram } from './precompute.js';

/** What a path of column selection reads of X and y. */
export interface Correlations {
  readonly rows: number;
  readonly cols: number;
  /** X'y, [cols] */
  readonly withTarget: Float64Array;
  /** y'y */
  readonly square: number;
  /** X' times column j. */
  column(j: number): Promise<Float64Array>;
}

/** Rows and targets less their means, or as they are. */
export interface Centred {
  readonly x: Matrix<Float64Array>;
  /** [rows, targets] */
  readonly y: Matrix<Float64Array>;
  /** [cols] */
  readonly offset: Float64Array;
  /** [targets] */
  readonly means: Float64Array;
}

/** @throws {ERR_INPUT_INFINITE} where means or products overflow */
export async function centre(
  x: Matrix,
  y: Matrix<Float64Array>,
  fitIntercept: boolean,
  signal: AbortSignal | undefined,
): Promise<Centred> {
  const wide = (await x.astypeAsync('float64', { signal })) as Matrix<Float64Array>;
  if (!fitIntercept) return { x: wide, y, offset: new Float64Array(x.cols), means: new Float64Array(y.cols) };
  const offset = await wide.meanAsync(0, { signal });
  const means = y.mean(0) as Matrix<Float64Array>;
  return {
    x: await wide.subAsync(offset, { signal }),
    y: y.sub(means) as Matrix<Float64Array>,
    offset: offset.data,
    means: means.data,
  };
}

/** The products of X and one target, and the means that they are about. */
export interface Products {
  readonly correlations: Correlations;
  /** [cols] */
  readonly offset: Float64Array;
  readonly mean: number;
}

/** How products come about. */
export interface ProductsOptions {
  readonly fitIntercept: boolean;
  readonly precompute: Precompute;
}

/**
 * The products of a training set, for each of its targets [rows, targets]. Where rows outnumber columns, or `precompute` wants it, one pass makes all of
 * them, and no centred copy; else each column's are made when it is first asked for, since most never are.
 *
 * @throws {ERR_INPUT_INFINITE} where they overflow
 * @throws {ERR_SHAPE | ERR_PARAMETER} for given ones that are not those of X
 */
export async function productsOf(
  owner: object,
  input: FitInput,
  y: Matrix<Float64Array>,
  { fitIntercept, precompute }: ProductsOptions,
): Promise<Products[]> {
  const { x, signal } = input;
  const { rows, cols } = x;
  const rest = { ...input, sampleWeight: null };
  const given =
    typeof precompute === 'object' ? await sumsOfGram(owner, rest, y, precompute, fitIntercept) : null;
  if (given === null && (precompute === false || (precompute !== true && rows <= cols))) {
    const centred = await centre(x, y, fitIntercept, signal);
    const { offset, means } = centred;
    const own = await correlationsOf(centred, signal);
    return own.map((correlations, t) => ({ correlations, offset, mean: means[t] }));
  }
  const sums = given === null ? await sumsOf(input, y, fitIntercept) : [given];
  checkProducts(sums[0].gram);
  const products = new Matrix(sums[0].gram, cols, cols);
  const column = async (j: number) => products.row(j);
  return sums.flatMap(({ xy, yy, xMean: offset, yMean }) =>
    Array.from(yy, (square, t) => {
      const withTarget = xy.subarray(t * cols, (t + 1) * cols);
      checkProducts([square], withTarget);
      return { correlations: { rows, cols, withTarget, square, column }, offset, mean: yMean[t] };
    }),
  );
}

/** @throws {ERR_INPUT_INFINITE} where products, or differences of them, overflow */
export function checkProducts(...lists: ReadonlyArray<readonly number[] | Float64Array>): void {
  if (lists.every((list) => list.every(Number.isFinite))) return;
  throw new ValidationError('ERR_INPUT_INFINITE', 'The products of X and y overflow; scale them.');
}

/** The products of centred rows with each target. @throws {ERR_INPUT_INFINITE} where they overflow */
async function correlationsOf(
  { x, y }: Pick<Centred, 'x' | 'y'>,
  signal: AbortSignal | undefined,
): Promise<Correlations[]> {
  const { rows, cols } = x;
  const columns = new Map<number, Float64Array>();
  const column = async (j: number) => {
    const known = columns.get(j);
    if (known !== undefined) return known;
    const product = (await x.matmulAsync(x.columns([j]), { transposeA: true, signal })).data;
    checkProducts(product);
    columns.set(j, product);
    return product;
  };
  const withTargets = (await y.matmulAsync(x, { transposeA: true, signal })) as Matrix<Float64Array>;
  return Array.from(y.square().sum(0).data, (square, t) => {
    const withTarget = withTargets.row(t);
    checkProducts([square], withTarget);
    return { rows, cols, withTarget, square, column };
  });
}

/** The constant term that goes with coefficients of centred rows. */
export function interceptOf({ offset, mean }: Pick<Products, 'offset' | 'mean'>, coef: Float64Array): number {
  return coef.reduce((sum, c, j) => sum - c * offset[j], mean);
}

/** The lower factor of the Gram matrix of columns that join and leave, one after the other. */
export class GrowingFactor {
  readonly #rows: Float64Array[] = [];

  get size(): number {
    return this.#rows.length;
  }

  /** The row that a column would add: its products with those that are there, and with itself. */
  next(products: readonly number[], square: number): { row: Float64Array; pivot: number } {
    const row = new Float64Array(this.size + 1);
    let rest = square;
    for (let k = 0; k < this.size; k++) {
      let value = products[k];
      for (let t = 0; t < k; t++) value -= this.#rows[k][t] * row[t];
      row[k] = value / this.#rows[k][k];
      rest -= row[k] ** 2;
    }
    return { row, pivot: rest };
  }

  /** Adds a row of {@link GrowingFactor.next}; `pivot` is the square of its last element. */
  add(row: Float64Array, pivot: number): void {
    row[this.size] = Math.sqrt(pivot);
    this.#rows.push(row);
  }

  /** The solution of G z = b. */
  solve(b: ArrayLike<number>): Float64Array {
    const z = Float64Array.from(b);
    for (let k = 0; k < this.size; k++) {
      for (let t = 0; t < k; t++) z[k] -= this.#rows[k][t] * z[t];
      z[k] /= this.#rows[k][k];
    }
    for (let k = this.size - 1; k >= 0; k--) {
      for (let t = k + 1; t < this.size; t++) z[k] -= this.#rows[t][k] * z[t];
      z[k] /= this.#rows[k][k];
    }
    return z;
  }
}
