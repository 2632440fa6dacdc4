/** The folds of a path: products of the training rows, and errors of the rows left out. */
import { type FitInput, takeSharedRows } from '../core/fit-input.js';
import type { Fold } from '../core/k-fold.js';
import { Matrix } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import { type Correlations, checkProducts, type ProductsOptions, productsOf } from './correlations.js';
import { dealFolds, type Folds, isPartition } from './folds.js';
import type { Products } from './precompute.js';

/** Means over the rows of a fold, of models one after the other. */
export interface ResidualMeans {
  /** Of squared residuals, for each model. */
  readonly squares: readonly number[];
  /** Of the products of residuals with those of the next model. */
  readonly products: readonly number[];
}

/** A fold of a path. */
export interface PathFold {
  /** Of the other rows. */
  readonly train: Correlations;
  /** What models of the training rows, without the constant that goes with them, leave of the fold's rows. */
  errors(coefs: readonly Float64Array[]): Promise<ResidualMeans>;
}

/** How folds are made, and their products. */
export interface PathFoldOptions {
  readonly cv: Folds;
  readonly fitIntercept: boolean;
  readonly precompute: Products;
}

/**
 * Each fold, one after the other. With fewer columns than rows, of which each is tested once, everything comes from the products of each
 * fold's rows, which are made once.
 *
 * @throws {ERR_PARAMETER} for folds that do not fit
 * @throws {ERR_INPUT_INFINITE} where products overflow
 */
export async function* pathFolds(
  owner: object,
  input: FitInput,
  y: Float64Array,
  { cv, fitIntercept, precompute }: PathFoldOptions,
): AsyncGenerator<PathFold> {
  const folds = dealFolds(owner, cv, input);
  const fewest = Math.min(...folds.map(({ train }) => train.length));
  const wantsProducts = precompute === 'auto' ? fewest > input.x.cols : precompute;
  if (wantsProducts && isPartition(folds, input.x.rows)) {
    yield* byProducts(input, y, folds, fitIntercept);
    return;
  }
  for (const fold of folds) yield byRows(owner, input, y, fold, { fitIntercept, precompute });
}

/** From products of columns, target and ones, about the means of all rows: those of training rows are what folds leave of the sums. */
async function* byProducts(
  { x, cancel, signal }: FitInput,
  y: Float64Array,
  folds: readonly Fold[],
  fitIntercept: boolean,
): AsyncGenerator<PathFold> {
  const { rows, cols } = x;
  const offset = fitIntercept ? (await rangesOf(x, cancel)).mean : new Float64Array(cols);
  const mean = fitIntercept ? y.reduce((sum, value) => sum + value, 0) / rows : 0;
  const width = cols + 2;
  const products: Array<Matrix<Float64Array>> = [];
  for (const { test } of folds) {
    const z = new Float64Array(test.length * width);
    test.forEach((i, r) => {
      for (let j = 0; j < cols; j++) z[r * width + j] = x.data[i * cols + j] - offset[j];
      z[r * width + cols] = y[i] - mean;
      z[r * width + cols + 1] = 1;
    });
    const own = new Matrix(z, test.length, width);
    products.push(await own.matmulAsync(own, { transposeA: true, signal }));
  }
  const total = products.reduce((sum, one) => sum.add(one) as Matrix<Float64Array>);
  for (const own of products) {
    const rest = total.sub(own) as Matrix<Float64Array>;
    checkProducts(rest.data);
    const ones = rest.row(width - 1);
    const count = ones[width - 1];
    const shift = ones.map((sum) => (fitIntercept ? sum / count : 0));
    const about = (i: number, j: number) => rest.data[i * width + j] - count * shift[i] * shift[j];
    const along = (i: number) => Float64Array.from({ length: cols }, (_, j) => about(i, j));
    const train = {
      ...{ rows: count, cols, withTarget: along(cols), square: about(cols, cols) },
      column: async (j: number) => along(j),
    };
    const errors = async (coefs: readonly Float64Array[]) => {
      const models = coefs.map((coef) => {
        const constant = coef.reduce((sum, c, j) => sum - c * shift[j], shift[cols]);
        const model = new Float64Array(width);
        model.set(coef);
        model.set([-1, constant], cols);
        return model;
      });
      const v = Matrix.from(models) as Matrix<Float64Array>;
      const turned = await v.matmulAsync(own, { signal });
      return meansOf(own.row(width - 1)[width - 1], turned, v);
    };
    yield { train, errors };
  }
}

async function byRows(
  owner: object,
  input: FitInput,
  y: Float64Array,
  { train, test }: Fold,
  options: ProductsOptions,
): Promise<PathFold> {
  const { x, signal } = input;
  const pick = (rows: Int32Array) => Float64Array.from(rows, (i) => y[i]);
  const part = { ...input, x: takeSharedRows(x, train) };
  const own = new Matrix(pick(train), train.length, 1);
  const [{ correlations, offset, mean }] = await productsOf(owner, part, own, options);
  const errors = async (coefs: readonly Float64Array[]) => {
    const rows = x
      .takeRows(test)
      .astype('float64')
      .sub(new Matrix(offset, 1, x.cols));
    const models = Matrix.from(coefs) as Matrix<Float64Array>;
    const said = await models.matmulAsync(rows, { transposeB: true, signal });
    const left = said.sub(new Matrix(pick(test), 1, test.length).sub(mean)) as Matrix<Float64Array>;
    return meansOf(test.length, left, left);
  };
  return { train: correlations, errors };
}

/**
 * Products of the rows of `a` with the same and with the next row of `b`, over a number of rows.
 *
 * @throws {ERR_INPUT_INFINITE} where they overflow
 */
function meansOf(rows: number, a: Matrix<Float64Array>, b: Matrix<Float64Array>): ResidualMeans {
  const mean = (i: number, j: number) => {
    const other = b.row(j);
    return a.row(i).reduce((sum, value, k) => sum + value * other[k], 0) / rows;
  };
  const squares = Array.from({ length: a.rows }, (_, k) => Math.max(mean(k, k), 0));
  const products = Array.from({ length: Math.max(a.rows - 1, 0) }, (_, k) => mean(k, k + 1));
  // None of them would be the least.
  checkProducts(squares, products);
  return { squares, products };
}
