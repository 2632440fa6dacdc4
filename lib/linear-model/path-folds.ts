/** The folds of a path: products of the training rows, and errors of the rows left out. */
import type { FitInput } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
import { type Correlations, centre, correlationsOf } from './correlations.js';
import { type Folds, foldOfRows, parted } from './folds.js';

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

/**
 * Each fold, one after the other. With fewer columns than rows everything comes from the products of each fold's rows, which are made once.
 *
 * @throws {ERR_PARAMETER} for folds that do not fit
 */
export async function* pathFolds(
  owner: object,
  input: FitInput,
  y: Float64Array,
  { cv, fitIntercept }: { readonly cv: Folds; readonly fitIntercept: boolean },
): AsyncGenerator<PathFold> {
  const { folds, count } = foldOfRows(owner, cv, input.x.rows);
  const { rows, cols } = input.x;
  const parts = Array.from({ length: count }, (): number[] => []);
  for (const [i, fold] of folds.entries()) parts[fold].push(i);
  const fewest = rows - Math.max(...parts.map((part) => part.length));
  if (fewest > cols) {
    yield* byProducts(input, y, parts, fitIntercept);
    return;
  }
  for (let fold = 0; fold < count; fold++) {
    const split = parted(rows, (i) => folds[i] === fold);
    yield byRows(input, y, split, fitIntercept);
  }
}

/** From products of columns, target and ones, about the means of all rows: those of training rows are what folds leave of the sums. */
async function* byProducts(
  { x, cancel, signal }: FitInput,
  y: Float64Array,
  parts: ReadonlyArray<readonly number[]>,
  fitIntercept: boolean,
): AsyncGenerator<PathFold> {
  const { rows, cols } = x;
  const offset = fitIntercept ? (await momentsOf(x, cancel)).mean : new Float64Array(cols);
  const mean = fitIntercept ? y.reduce((sum, value) => sum + value, 0) / rows : 0;
  const width = cols + 2;
  const products: Array<Matrix<Float64Array>> = [];
  for (const part of parts) {
    const z = new Float64Array(part.length * width);
    part.forEach((i, r) => {
      for (let j = 0; j < cols; j++) z[r * width + j] = x.data[i * cols + j] - offset[j];
      z[r * width + cols] = y[i] - mean;
      z[r * width + cols + 1] = 1;
    });
    const own = new Matrix(z, part.length, width);
    products.push(await own.matmulAsync(own, { transposeA: true, signal }));
  }
  const total = products.reduce((sum, one) => sum.add(one) as Matrix<Float64Array>);
  for (const own of products) {
    const rest = total.sub(own) as Matrix<Float64Array>;
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
        return Float64Array.of(...coef, -1, constant);
      });
      const v = Matrix.from(models) as Matrix<Float64Array>;
      const turned = await v.matmulAsync(own, { signal });
      return meansOf(own.row(width - 1)[width - 1], turned, v);
    };
    yield { train, errors };
  }
}

async function byRows(
  { x, signal }: FitInput,
  y: Float64Array,
  { train, test }: { readonly train: readonly number[]; readonly test: readonly number[] },
  fitIntercept: boolean,
): Promise<PathFold> {
  const pick = (rows: readonly number[]) => Float64Array.from(rows, (i) => y[i]);
  const centred = await centre(x.takeRows(train), pick(train), fitIntercept, signal);
  const errors = async (coefs: readonly Float64Array[]) => {
    const rows = x
      .takeRows(test)
      .astype('float64')
      .sub(new Matrix(centred.offset, 1, x.cols));
    const models = Matrix.from(coefs) as Matrix<Float64Array>;
    const said = await models.matmulAsync(rows, { transposeB: true, signal });
    const left = said.sub(new Matrix(pick(test), 1, test.length).sub(centred.mean)) as Matrix<Float64Array>;
    return meansOf(test.length, left, left);
  };
  return { train: await correlationsOf(centred, signal), errors };
}

/** Products of the rows of `a` with the same and with the next row of `b`, over a number of rows. */
function meansOf(rows: number, a: Matrix<Float64Array>, b: Matrix<Float64Array>): ResidualMeans {
  const mean = (i: number, j: number) => {
    const other = b.row(j);
    return a.row(i).reduce((sum, value, k) => sum + value * other[k], 0) / rows;
  };
  return {
    squares: Array.from({ length: a.rows }, (_, k) => Math.max(mean(k, k), 0)),
    products: Array.from({ length: Math.max(a.rows - 1, 0) }, (_, k) => mean(k, k + 1)),
  };
}
