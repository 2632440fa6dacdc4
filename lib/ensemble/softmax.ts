/** Scores as probabilities outside of plans: of rounds, and of scores that a fit already has. */
import { decodeLabels } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';

/** The softmax of each row of scores over a number. */
export function softmax({ data, rows, cols }: Matrix, over = 1): Matrix<Float64Array> {
  const proba = Float64Array.from(data);
  for (let i = 0; i < rows; i++) {
    const row = proba.subarray(i * cols, (i + 1) * cols);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (let k = 0; k < cols; k++) {
      row[k] = Math.exp((row[k] - most) / over);
      sum += row[k];
    }
    for (let k = 0; k < cols; k++) row[k] /= sum;
  }
  return new Matrix(proba, rows, cols);
}

/** A column of scores z as the columns from z and to z, which the softmax turns into probabilities of two classes. */
export function pairOf({ data, rows }: Matrix, from: number, to: number): Matrix<Float64Array> {
  const pair = Float64Array.from({ length: 2 * rows }, (_, k) => (k % 2 === 0 ? from : to) * data[k >> 1]);
  return new Matrix(pair, rows, 2);
}

/**
 * The class of each row by its scores, as plans tell it: of one score the second above 0, else that of the highest, of equals the first.
 * Not by probabilities, where scores that differ may round to equals.
 */
export function highestScored({ data, rows, cols }: Matrix, classes: readonly Label[]): Label[] {
  const codes = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    if (cols === 1) codes[i] = data[i] > 0 ? 1 : 0;
    else for (let k = 1; k < cols; k++) if (data[i * cols + k] > data[i * cols + codes[i]]) codes[i] = k;
  }
  return decodeLabels(new Matrix(codes, rows, 1), classes);
}
