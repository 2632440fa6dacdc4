/** Products with sparse rows of which the core keeps a checked copy. */
import { expect, test } from 'vitest';
import { native } from '../../lib/native.js';
import { codeOfAsync } from '../support/codes.js';

// [[1, 0, 2], [0, 3, 0]]
const starts = Int32Array.of(0, 2, 3);
const columns = Int32Array.of(0, 2, 1);
const made = () => native.csrOperator(starts, columns, Float32Array.of(1, 2, 3), 3, null);

test('the rows, and their transpose, as they were when the handle was made', async () => {
  const values = Float64Array.of(1, 2, 3);
  const x = await native.csrOperator(starts, columns, values, 3, null);
  values.fill(0);
  const product = new Float64Array(4);
  await native.csrOperatorProduct(x, false, Float64Array.of(1, 2, 3, 4, 5, 6), product, 2, null);
  expect(Array.from(product)).toEqual([11, 14, 9, 12]);
  const transposed = new Float64Array(3);
  await native.csrOperatorProduct(await made(), true, Float64Array.of(1, 10), transposed, 1, null);
  expect(Array.from(transposed)).toEqual([1, 30, 2]);
});

test('what are no such rows is refused', async () => {
  const x = await made();
  const three = new Float64Array(3);
  const two = new Float64Array(2);
  const codes = [
    () => native.csrOperator(Int32Array.of(0, 2, 9), columns, three, 3, null),
    () => native.csrOperator(starts, Int32Array.of(0, 2, 7), three, 3, null),
    () => native.csrOperatorProduct(x, true, three, two, 1, null),
    () => native.csrOperatorProduct(x, false, two, two, 1, null),
    () => native.csrOperatorProduct({} as typeof x, false, three, two, 1, null),
  ].map(codeOfAsync);
  expect(await Promise.all(codes)).toEqual([
    'ERR_SHAPE',
    'ERR_SHAPE',
    'ERR_SHAPE',
    'ERR_SHAPE',
    'ERR_PARAMETER',
  ]);
});
