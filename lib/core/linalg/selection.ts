/** The largest and smallest values of a matrix, with where they stand. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { createMatrix, type MatrixBase, shapeOf } from './base.js';
import { later, type PreparedCall, type SignalOptions } from './call.js';
import { sameArray } from './memory.js';
import { Products } from './products.js';

const { matrixTopK, matrixTopKAsync } = native;

const LARGEST = 1 << 1;
const OF_COLUMNS = 1 << 2;

/** Options of {@link Selection.topK}. */
export interface TopKOptions {
  /** The largest values, or the smallest. Default true. */
  readonly largest?: boolean;
  /** 1: of each row; 0: of each column. Default 1. */
  readonly axis?: 0 | 1;
}

/** What {@link Selection.topK} finds, the best first. */
export interface TopK<T extends FloatArray = FloatArray> {
  /** [rows, k], or [k, cols] for axis 0. */
  readonly values: Matrix<T>;
  /** Their columns, or rows for axis 0, laid out as the values are. */
  readonly indices: Int32Array;
}

class TopKCall<T extends FloatArray> implements PreparedCall<TopK<T>> {
  readonly indices: Int32Array;
  constructor(
    readonly code: number,
    readonly x: MatrixBase<T>,
    readonly k: number,
    readonly out: Matrix<T>,
  ) {
    this.indices = new Int32Array(out.data.length);
  }
  get inputs() {
    return [this.x.data];
  }
  get inPlace() {
    return false;
  }
  run(): TopK<T> {
    const { x, out } = this;
    try {
      matrixTopK(this.code, x.memory, out.memory, this.indices, x.rows, x.cols, this.k);
    } catch (error) {
      throw toBorealError(error);
    }
    return this.result();
  }
  start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const { x } = this;
    return matrixTopKAsync(this.code, x.data, out, this.indices, x.rows, x.cols, this.k, cancel);
  }
  result(): TopK<T> {
    return { values: this.out, indices: this.indices };
  }
}

function prepareTopK<T extends FloatArray>(
  x: MatrixBase<T>,
  k: number,
  options: TopKOptions | undefined,
): TopKCall<T> {
  const { largest = true, axis = 1 } = options ?? {};
  if (axis !== 0 && axis !== 1) {
    throw new ValidationError('ERR_PARAMETER', `axis must be 0 or 1; got ${show(axis)}.`);
  }
  const available = axis === 1 ? x.cols : x.rows;
  if (!Number.isInteger(k) || k < 0 || k > available) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `k must be a whole number from 0 to ${available}, the ${axis === 1 ? 'columns' : 'rows'} of a matrix of shape ` +
        `${shapeOf(x)}; got ${show(k)}.`,
    );
  }
  const [rows, cols] = axis === 1 ? [x.rows, k] : [k, x.cols];
  const code = x.typeBit | (largest ? LARGEST : 0) | (axis === 0 ? OF_COLUMNS : 0);
  return new TopKCall(code, x, k, createMatrix(sameArray(x.data, rows * cols), rows, cols));
}

/** The layer of {@link Matrix} with selection. */
export class Selection<T extends FloatArray = FloatArray> extends Products<T> {
  /**
   * The k largest (or smallest) values of each row (or column) and where they stand, the best first. Of equal values
   * the one with the lower index comes first.
   *
   * Differs from torch.topk: NaN comes last whichever end is wanted, not as the largest value, and ties have an order.
   *
   * @param k - 0 to the number of values in a row (or column)
   * @throws {ERR_PARAMETER} when there are fewer than k values
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const scores = Matrix.from([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]);
   * const { values, indices } = scores.topK(2);
   * values; // [[0.7, 0.2], [0.5, 0.3]]
   * indices; // [1, 2, 0, 2]
   * ```
   */
  topK(k: number, options?: TopKOptions): TopK<T> {
    return prepareTopK(this, k, options).run();
  }
  /** {@link topK} on the pool. */
  topKAsync(k: number, options?: TopKOptions & SignalOptions): Promise<TopK<T>> {
    const { signal } = options ?? {};
    return later({ signal }, () => prepareTopK(this, k, options));
  }
}
