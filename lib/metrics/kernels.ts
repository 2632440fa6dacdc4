/** Kernels: how alike the rows of two matrices are, as sklearn.metrics.pairwise has them. */
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { checkNames, checkParams, either, nothing, oneOf, real, requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { euclideanDistances, manhattanDistances } from './pairwise.js';

/** Options of kernels; each refuses those that it does not have. */
export interface KernelOptions {
  /** Factor of the products or distances; null: 1 / columns, of 'chi2' 1. Default null. */
  readonly gamma?: number | null;
  /** Of 'poly': the power. Default 3. */
  readonly degree?: number;
  /** Of 'poly' and 'sigmoid': what is added. Default 1. */
  readonly coef0?: number;
}

/** A kernel of the rows of X [m, d] and those of Y [n, d], by default of X: [m, n]. */
export type Kernel = (X: NumericMatrixLike, Y?: NumericMatrixLike | null, options?: KernelOptions) => Matrix;

/**
 * The products of rows: x . y.
 *
 * @param X - [m, d]
 * @param Y - [n, d]; default X
 * @returns [m, n]
 * @throws {ERR_SHAPE | ERR_DTYPE} when X and Y have other columns or element types
 * @throws {ERR_PARAMETER} for an option that the kernel does not have
 * @example
 * ```ts
 * import { linearKernel } from 'boreal';
 * linearKernel([[1, 2]], [[3, 4]]); // [[11]]
 * ```
 */
export const linearKernel: Kernel = (X, Y, options = {}) => {
  checked('linearKernel', options, []);
  return products(X, Y).xy;
};

/**
 * (gamma x . y + coef0)^degree.
 *
 * @throws as {@link linearKernel}, and {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { polynomialKernel } from 'boreal';
 * polynomialKernel([[1, 2]], [[3, 4]], { degree: 2, gamma: 1 }); // [[144]]
 * ```
 */
export const polynomialKernel: Kernel = (X, Y, options = {}) => {
  const { gamma, degree, coef0 } = checked('polynomialKernel', options, ['gamma', 'degree', 'coef0']);
  const { xy, columns } = products(X, Y);
  return xy
    .scale(gamma ?? 1 / columns)
    .add(coef0)
    .pow(degree);
};

/**
 * tanh(gamma x . y + coef0).
 *
 * @throws as {@link polynomialKernel}
 * @example
 * ```ts
 * import { sigmoidKernel } from 'boreal';
 * sigmoidKernel([[0, 0]], [[3, 4]], { coef0: 0 }); // [[0]]
 * ```
 */
export const sigmoidKernel: Kernel = (X, Y, options = {}) => {
  const { gamma, coef0 } = checked('sigmoidKernel', options, ['gamma', 'coef0']);
  const { xy, columns } = products(X, Y);
  return xy
    .scale(gamma ?? 1 / columns)
    .add(coef0)
    .tanh();
};

/**
 * exp(-gamma |x - y|^2).
 *
 * @throws as {@link polynomialKernel}
 * @example
 * ```ts
 * import { rbfKernel } from 'boreal';
 * rbfKernel([[1, 2]]); // [[1]]
 * ```
 */
export const rbfKernel: Kernel = (X, Y, options = {}) => {
  const { gamma } = checked('rbfKernel', options, ['gamma']);
  const x = Matrix.from(X);
  return euclideanDistances(x, Y, { squared: true })
    .scale(-(gamma ?? 1 / x.cols))
    .exp();
};

/**
 * exp(-gamma sum |x_k - y_k|).
 *
 * @throws as {@link polynomialKernel}
 * @example
 * ```ts
 * import { laplacianKernel } from 'boreal';
 * laplacianKernel([[1, 2]]); // [[1]]
 * ```
 */
export const laplacianKernel: Kernel = (X, Y, options = {}) => {
  const { gamma } = checked('laplacianKernel', options, ['gamma']);
  const x = Matrix.from(X);
  return manhattanDistances(x, Y)
    .scale(-(gamma ?? 1 / x.cols))
    .exp();
};

/**
 * x . y / (|x| |y|): 1 for the same direction, -1 for the opposite, 0 for a row of zeros.
 *
 * @throws as {@link linearKernel}
 * @example
 * ```ts
 * import { cosineSimilarity } from 'boreal';
 * cosineSimilarity([[1, 0]], [[5, 0], [0, 3], [0, 0]]); // [[1, 0, 0]]
 * ```
 */
export const cosineSimilarity: Kernel = (X, Y, options = {}) => {
  checked('cosineSimilarity', options, []);
  const x = unit(Matrix.from(X));
  return products(x, Y === null || Y === undefined ? null : unit(other(x, Y))).xy;
};

/**
 * -sum (x_k - y_k)^2 / (x_k + y_k), where both are 0 nothing: for histograms, which are nowhere below 0.
 *
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_INPUT_NEGATIVE}
 * @example
 * ```ts
 * import { additiveChi2Kernel } from 'boreal';
 * additiveChi2Kernel([[1, 0]], [[0, 1]]); // [[-2]]
 * ```
 */
export const additiveChi2Kernel: Kernel = (X, Y, options = {}) => {
  checked('additiveChi2Kernel', options, []);
  for (const part of [X, Y ?? X])
    if (Matrix.from(part).data.some((value) => value < 0))
      throw new ValidationError(
        'ERR_INPUT_NEGATIVE',
        'Kernels of chi-squared are for numbers that are not below 0.',
      );
  return byRows(X, Y, (x, y) => {
    let sum = 0;
    for (let k = 0; k < x.length; k++) {
      const both = x[k] + y[k];
      if (both !== 0) sum -= (x[k] - y[k]) ** 2 / both;
    }
    return sum;
  });
};

/**
 * exp(-gamma sum (x_k - y_k)^2 / (x_k + y_k)); gamma is 1 by default.
 *
 * @throws as {@link additiveChi2Kernel}, and {ERR_PARAMETER} for a bad gamma
 * @example
 * ```ts
 * import { chi2Kernel } from 'boreal';
 * chi2Kernel([[1, 0]], [[1, 0]]); // [[1]]
 * ```
 */
export const chi2Kernel: Kernel = (X, Y, options = {}) => {
  const { gamma } = checked('chi2Kernel', options, ['gamma']);
  return additiveChi2Kernel(X, Y)
    .scale(gamma ?? 1)
    .exp();
};

const KERNELS = {
  additiveChi2: additiveChi2Kernel,
  chi2: chi2Kernel,
  cosine: cosineSimilarity,
  laplacian: laplacianKernel,
  linear: linearKernel,
  poly: polynomialKernel,
  rbf: rbfKernel,
  sigmoid: sigmoidKernel,
};

/** Names that {@link pairwiseKernels} knows. */
export type KernelName = keyof typeof KERNELS;

/**
 * The kernels that {@link pairwiseKernels} knows, by name.
 *
 * @example
 * ```ts
 * import { kernelMetrics } from 'boreal';
 * kernelMetrics().linear([[1, 2]], [[3, 4]]); // [[11]]
 * ```
 */
export function kernelMetrics(): Record<KernelName, Kernel> {
  return { ...KERNELS };
}

/**
 * A kernel by name.
 *
 * @param X - [m, d]
 * @param Y - [n, d]; default X
 * @param options - `metric` (default 'linear'), and those of the kernel
 * @returns [m, n]
 * @throws {ERR_PARAMETER} for an unknown name or a bad option, and as the kernel
 * @example
 * ```ts
 * import { pairwiseKernels } from 'boreal';
 * pairwiseKernels([[1, 2]], [[3, 4]], { metric: 'poly', degree: 2, gamma: 1 }); // [[144]]
 * ```
 */
export function pairwiseKernels(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options: KernelOptions & { readonly metric?: KernelName } = {},
): Matrix {
  requireOptions(options);
  const { metric = 'linear', ...own } = options;
  checkParams('pairwiseKernels', { metric }, { metric: oneOf(...Object.keys(KERNELS)) });
  return KERNELS[metric](X, Y, own);
}

/** @param own - the options that this kernel has */
function checked(owner: string, options: KernelOptions, own: ReadonlyArray<keyof KernelOptions>) {
  const rules = { gamma: either(nothing, real(0)), degree: real(0), coef0: real() };
  checkNames(owner, options, own);
  const params = { gamma: null, degree: 3, coef0: 1, ...options };
  checkParams(owner, params, rules);
  return params;
}

/** Y beside x: plain rows take its element type. */
export function other(x: Matrix, Y: NumericMatrixLike): Matrix {
  return Matrix.from(Y, undefined, Array.isArray(Y) ? x.dtype : undefined);
}

function products(
  X: NumericMatrixLike,
  Y: NumericMatrixLike | null | undefined,
): { xy: Matrix; columns: number } {
  const x = Matrix.from(X);
  const y = Y === null || Y === undefined ? x : other(x, Y);
  requireColumns(x, y);
  return { xy: x.matmul(y, { transposeB: true }), columns: x.cols };
}

function requireColumns(x: Matrix, y: Matrix): void {
  if (x.cols === y.cols) return;
  throw new ValidationError('ERR_SHAPE', `X has ${x.cols} columns, but Y has ${y.cols}.`);
}

/** Rows of length 1; zeros stay. */
function unit(x: Matrix): Matrix {
  const norms = x.square().sum(1).sqrt();
  return x.div(
    new Matrix(
      norms.data.map((norm) => norm || 1),
      x.rows,
      1,
    ),
  );
}

/** A function of each row of X and each of Y, [m, n] in X's element type. */
export function byRows(
  X: NumericMatrixLike,
  Y: NumericMatrixLike | null | undefined,
  of: (x: ArrayLike<number>, y: ArrayLike<number>) => number,
): Matrix {
  const x = Matrix.from(X);
  const y = Y === null || Y === undefined ? x : other(x, Y);
  requireColumns(x, y);
  const out = Matrix.zeros(x.rows, y.rows, x.dtype);
  for (let i = 0; i < x.rows; i++) {
    const row = x.row(i);
    for (let j = 0; j < y.rows; j++) out.data[i * y.rows + j] = of(row, y.row(j));
  }
  return out;
}
