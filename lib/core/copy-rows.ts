/** Rows of a matrix, copied one after another. */
import type { FloatArray, Matrix } from './matrix.js';

/**
 * Copies rows of a matrix to the beginning of `out`: rows that follow each other at once, narrow ones value by value.
 *
 * @throws {ERR_SHAPE} when there is no such row
 */
export function copyRows(from: Matrix, indices: ArrayLike<number>, out: FloatArray): void {
  const { data, cols } = from;
  for (let k = 0; k < indices.length; ) {
    const first = indices[k];
    let end = k + 1;
    while (end < indices.length && indices[end] === indices[end - 1] + 1) end += 1;
    // Rows that are not there are refused.
    from.row(first);
    from.row(indices[end - 1]);
    const start = first * cols;
    const length = (end - k) * cols;
    const to = k * cols;
    if (length > MANY) out.set(data.subarray(start, start + length), to);
    else for (let j = 0; j < length; j++) out[to + j] = data[start + j];
    k = end;
  }
}

/** From so many values on, copying them at once is faster. */
const MANY = 64;
