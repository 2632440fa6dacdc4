/** The first right singular vectors of a matrix, found in one of three ways. */
import { native } from '../native.js';
import { withCancel } from './cancellation.js';
import { privateArray } from './linalg/memory.js';
import { Matrix } from './matrix.js';
import { Random } from './random.js';
import { type CsrMatrix, csrArguments } from './sparse/csr-matrix.js';

/** A matrix [rows, columns] is about u diag(values) axes. */
export interface Axes {
  /** Singular values, descending. */
  readonly values: Float64Array;
  /** Right singular vectors as rows, each with its largest component above 0. */
  readonly axes: Matrix<Float64Array>;
}

/** How the randomised method works; see {@link randomisedAxes}. */
export interface Randomised {
  readonly components: number;
  readonly oversamples: number;
  readonly iterations: number;
  readonly seed: number;
}

/** All axes, by the singular value decomposition: the most accurate. */
export async function exactAxes(x: Matrix<Float64Array>, signal?: AbortSignal): Promise<Axes> {
  const { s, vt } = await x.svdAsync({ signal });
  return { values: s, axes: pointed(vt) };
}

/** All axes, by the eigenvectors of x' x: fast where rows are many, and blind to what is below 1e-8 of the largest. */
export async function gramAxes(x: Matrix<Float64Array>, signal?: AbortSignal): Promise<Axes> {
  return axesOfGram(await x.matmulAsync(x, { transposeA: true, signal }), x.rows, signal);
}

/** All axes of rows of which the Gram matrix x' x is known. */
export async function axesOfGram(
  gram: Matrix<Float64Array>,
  rows: number,
  signal?: AbortSignal,
): Promise<Axes> {
  const { values, vectors } = gram.cols <= AT_ONCE ? gram.eigh() : await gram.eighAsync({ signal });
  const count = Math.min(rows, gram.cols);
  const descending = Array.from({ length: count }, (_, k) => values.length - 1 - k);
  // Rounding leaves values a little below 0.
  const roots = Float64Array.from(descending, (k) => Math.sqrt(Math.max(values[k], 0)));
  return { values: roots, axes: pointed(vectors.columns(descending).transpose()) };
}

/** Columns whose axes take less time than handing them to the pool. */
const AT_ONCE = 32;

/** A matrix as what can be multiplied from both sides. */
export interface Operator {
  readonly rows: number;
  readonly cols: number;
  /** x b */
  times(b: Matrix<Float64Array>): Promise<Matrix<Float64Array>>;
  /** x' b */
  transposedTimes(b: Matrix<Float64Array>): Promise<Matrix<Float64Array>>;
}

/** A dense matrix as an operator. */
export function denseOperator(x: Matrix<Float64Array>, signal?: AbortSignal): Operator {
  const { rows, cols } = x;
  const times = (b: Matrix<Float64Array>) => x.matmulAsync(b, { signal });
  const transposedTimes = (b: Matrix<Float64Array>) => x.matmulAsync(b, { transposeA: true, signal });
  return { rows, cols, times, transposedTimes };
}

/** A sparse matrix as an operator: a native copy of float64, and of its transpose. */
export async function sparseOperator(x: CsrMatrix, signal?: AbortSignal): Promise<Operator> {
  const { rows, cols } = x;
  const handle = await withCancel(signal, (cancel) => native.csrOperator(...csrArguments(x), cancel));
  const product = async (b: Matrix<Float64Array>, transposed: boolean) => {
    const out = privateMatrix(transposed ? cols : rows, b.cols);
    await withCancel(signal, (cancel) =>
      native.csrOperatorProduct(handle, transposed, b.data, out.data, b.cols, cancel),
    );
    return out;
  };
  return { rows, cols, times: (b) => product(b, false), transposedTimes: (b) => product(b, true) };
}

/** A matrix for a result that no caller sees: jobs read it in place. */
function privateMatrix(rows: number, cols: number): Matrix<Float64Array> {
  return new Matrix(privateArray(NO_VALUES, rows * cols), rows, cols);
}
const NO_VALUES = new Float64Array(0);

/**
 * The first axes, by a random subspace that power iterations turn towards them (Halko, Martinsson and Tropp 2011, algorithms
 * 4.4 and 5.1, with a new basis after each product, the last one orthonormal).
 */
export async function randomisedAxes(
  x: Operator,
  { components, oversamples, iterations, seed }: Randomised,
  signal?: AbortSignal,
): Promise<Axes> {
  const size = Math.min(components + oversamples, x.rows, x.cols);
  const random = new Random(seed);
  let columns = privateMatrix(x.cols, size);
  for (let i = 0; i < columns.data.length; i++) columns.data[i] = random.normal();
  for (let i = 0; i < iterations; i++) {
    const rowBasis = await basisOf(await x.times(columns), signal);
    columns = await basisOf(await x.transposedTimes(rowBasis), signal);
  }
  const { q } = await (await x.times(columns)).qrAsync({ signal });
  const small = (await x.transposedTimes(q)).transpose();
  const { s, vt } = await small.svdAsync({ signal });
  return { values: s.slice(0, components), axes: pointed(vt.slice(0, components)) };
}

/**
 * A basis of the columns of y, orthonormal up to what the Gram matrix loses: y over the Cholesky factor of y' y, which are two
 * products, at a third of the cost of Householder's reflections. These are taken where columns are nearly dependent.
 */
async function basisOf(y: Matrix<Float64Array>, signal?: AbortSignal): Promise<Matrix<Float64Array>> {
  const inverse = await inverseFactor(await y.matmulAsync(y, { transposeA: true, signal }), signal);
  if (inverse === null) return (await y.qrAsync({ signal })).q;
  return y.matmulAsync(inverse, { transposeB: true, out: privateMatrix(y.rows, y.cols), signal });
}

/** The share of a column's square, beyond those before it, at which a basis by the Gram matrix keeps six digits. */
const INDEPENDENT = 1e-10;

/** Errors of a Gram matrix that has lost what the columns have: squares of large numbers overflow. */
const UNFIT = new Set<string | undefined>([
  'ERR_NOT_POSITIVE_DEFINITE',
  'ERR_SINGULAR',
  'ERR_INPUT_INFINITE',
]);

/** The inverse of the lower Cholesky factor; null where a column is nearly dependent on those before it, or squares overflow. */
async function inverseFactor(
  gram: Matrix<Float64Array>,
  signal?: AbortSignal,
): Promise<Matrix<Float64Array> | null> {
  try {
    const factor = await gram.choleskyAsync({ signal });
    const diagonal = ({ data, cols }: Matrix<Float64Array>) => data.filter((_, k) => k % (cols + 1) === 0);
    const pivots = diagonal(factor);
    const isFine = diagonal(gram).every((square, j) => pivots[j] ** 2 > INDEPENDENT * square);
    return isFine ? await factor.inverseAsync({ signal }) : null;
  } catch (error) {
    const { code } = error as { code?: string };
    if (UNFIT.has(code)) return null;
    throw error;
  }
}

/**
 * Whether all axes by the Gram matrix take less work than the first few by {@link randomisedAxes}, which multiplies the rows
 * by as many columns as it looks for, and makes the result orthogonal, twice in an iteration.
 */
export function prefersGram({ rows, cols }: Matrix, how: Randomised): boolean {
  const { components, oversamples, iterations } = how;
  const size = Math.min(components + oversamples, cols);
  return rows >= 10 * cols && cols <= 1000 && cols <= 4 * (iterations + 1) * size;
}

/**
 * The first axes of all by the Gram matrix; null when some of them are so short that it has lost their digits.
 *
 * @param short - the length, beside the first, from which on it has not
 */
export function firstAxes({ values, axes }: Axes, components: number, short: number = SHORT): Axes | null {
  if (!(values[components - 1] > short * values[0])) return null;
  return { values: values.slice(0, components), axes: axes.slice(0, components) };
}

/** The Gram matrix squares lengths: of an axis this short, beside the first, four digits are left. */
const SHORT = 1e-6;
/** The same of a Gram matrix whose products are sums of float32. */
export const SHORT_FLOAT32 = 1e-3;

/** Rows with the signs that make their largest component, by absolute value, positive: signs are arbitrary otherwise. */
export function pointed(rows: Matrix<Float64Array>): Matrix<Float64Array> {
  const data = rows.data.slice();
  for (let from = 0; from < data.length; from += rows.cols) {
    const row = data.subarray(from, from + rows.cols);
    let largest = 0;
    for (const value of row) if (Math.abs(value) > Math.abs(largest)) largest = value;
    if (largest < 0) for (let j = 0; j < row.length; j++) row[j] = -row[j];
  }
  return new Matrix(data, rows.rows, rows.cols);
}
