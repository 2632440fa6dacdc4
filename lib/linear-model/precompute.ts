/** Products of columns that a caller gives, or says whether to make. */
import type { FitInput } from '../core/fit-input.js';
import { isMatrixShaped } from '../core/forms.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { bool, custom, either, oneOf } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { DescentSpec, GramProblem } from '../native.js';

/** Whether a fit goes by products of all columns, whatever their number ('auto': where that takes less). */
export type Products = 'auto' | boolean;

/** The same, or X'X itself, [columns, columns], of X as the fit sees it: less its means with a constant term, times the roots of the weights. */
export type Precompute = Products | NumericMatrixLike;

/** The rule of a `precompute` that is no matrix. */
export const productsRule = either(bool, oneOf('auto'));

/** The rule of any `precompute`. */
export const precomputeRule = either(
  productsRule,
  custom('the products of the columns of X as a matrix', (v) => isMatrixShaped(v) || Array.isArray(v)),
);

/** Whether products are made, by whom knows of no given ones. */
export function wayOf(precompute: Precompute): DescentSpec['products'] {
  if (typeof precompute !== 'boolean') return 'auto';
  return precompute ? 'always' : 'never';
}

/** Whether a fit that sums up in place may do so: it makes products, and has none. */
export const makesProducts = (precompute: Precompute) => precompute === true || precompute === 'auto';

/** As numpy's `allclose` has it: what is as good as 0, and as another number. */
const [NOTHING, FEW, SHARE] = [1e-8, 1e-5, { float64: 1e-7, float32: 1e-4 }];

/**
 * The sums of a fit to which X'X is given; null where X is not centred, but has to be, so that they are of no use.
 *
 * @throws {ERR_SHAPE} unless there is a product for each pair of columns
 * @throws {ERR_PARAMETER} for values that are not finite, or where the one that is looked at is not that of X
 */
export async function sumsOfGram(
  owner: object,
  { x, sampleWeight, signal }: Pick<FitInput, 'x' | 'sampleWeight' | 'signal'>,
  y: Matrix<Float64Array>,
  given: NumericMatrixLike,
  fitIntercept: boolean,
): Promise<GramProblem | null> {
  const { rows, cols } = x;
  const gram = Matrix.from(given, undefined, 'float64') as Matrix<Float64Array>;
  const { name } = owner.constructor;
  if (gram.rows !== cols || gram.cols !== cols) {
    const message = `${name}: precompute has shape [${gram.rows}, ${gram.cols}]; X has ${cols} columns.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  if (!gram.data.every(Number.isFinite))
    throw new ValidationError('ERR_PARAMETER', `${name}: precompute holds a value that is not finite.`);
  const total = sampleWeight?.reduce((sum, weight) => sum + weight, 0) ?? rows;
  const weights = Float64Array.from({ length: rows }, (_, i) => ((sampleWeight?.[i] ?? 1) * rows) / total);
  const yMean = new Float64Array(y.cols);
  for (let k = 0; k < y.data.length && fitIntercept; k++)
    yMean[k % y.cols] += (weights[Math.floor(k / y.cols)] * y.data[k]) / rows;
  // The targets and, for the means of X, ones.
  const beside = new Matrix(new Float64Array(rows * (y.cols + 1)), rows, y.cols + 1);
  const yy = new Float64Array(y.cols);
  for (let i = 0; i < rows; i++) {
    const line = beside.row(i);
    line[y.cols] = weights[i];
    for (let t = 0; t < y.cols; t++) {
      const value = y.data[i * y.cols + t] - yMean[t];
      line[t] = weights[i] * value;
      yy[t] += weights[i] * value * value;
    }
  }
  const wide = await x.astypeAsync('float64', { signal });
  const products = await beside.matmulAsync(wide, { transposeA: true, signal });
  const xMean = fitIntercept ? products.row(y.cols).map((sum) => sum / rows) : new Float64Array(cols);
  if (xMean.some((mean) => Math.abs(mean) > NOTHING)) return null;
  const first = Math.floor(cols / 2);
  const second = Math.min(first + 1, cols - 1);
  let wanted = 0;
  for (let i = 0; i < rows; i++) {
    const own = (j: number) => x.data[i * cols + j] - xMean[j];
    wanted += weights[i] * own(first) * own(second);
  }
  const found = gram.row(first)[second];
  const share = Math.max(SHARE[x.dtype], SHARE[Matrix.from(given).dtype]);
  if (!(Math.abs(found - wanted) <= FEW + share * Math.abs(found))) {
    const message = `${name}: precompute is not that of X: for columns ${first} and ${second} it has ${found} instead of ${wanted}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const xy = products.data.slice(0, y.cols * cols) as Float64Array;
  return { rows, gram: gram.data, xy, yy, xMean: xMean as Float64Array, yMean };
}
