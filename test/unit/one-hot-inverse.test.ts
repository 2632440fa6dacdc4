/** Indicators as categories again. */
import { expect, test } from 'vitest';
import { Matrix, OneHotEncoder } from '../../lib/index.js';

const table = { colour: ['red', 'blue', 'red', 'green'], size: [1, 2, Number.NaN, 2] };
const rows = [
  ['red', 1],
  ['blue', 2],
  ['red', null],
  ['green', 2],
];
const fails = (code: string) => expect.objectContaining({ code });

test.each([null, 'first', 'ifBinary'] as const)('drop %s: there and back', async (drop) => {
  const encoder = await new OneHotEncoder({ drop }).fit(table);
  expect(encoder.inverseTransform(await encoder.transform(table))).toEqual(rows);
});

test('what is not finite is refused, and any number of categories read', async () => {
  const encoder = await new OneHotEncoder().fit([[1], [2]]);
  expect(() => encoder.inverseTransform([[Number.NaN, 1]])).toThrow(fails('ERR_INPUT_NAN'));
  expect(() => encoder.inverseTransform([[0, Infinity]])).toThrow(fails('ERR_INPUT_INFINITE'));
  expect(encoder.inverseTransform([[-2, -1]])).toEqual([[2]]);
  const count = 200_000;
  const wide = await new OneHotEncoder().fit(
    new Matrix(
      Float64Array.from({ length: count }, (_, k) => k),
      count,
      1,
    ),
  );
  const row = Matrix.zeros(1, count);
  row.data[count - 1] = 1;
  expect(wide.inverseTransform(row)).toEqual([[count - 1]]);
});

test('unknown and infrequent categories are null, or an error', async () => {
  const strict = await new OneHotEncoder().fit(table);
  expect(() => strict.inverseTransform([[0, 0, 0, 1, 0, 0]])).toThrow(fails('ERR_UNKNOWN_CATEGORY'));
  expect(() => strict.inverseTransform([[1, 0, 0]])).toThrow(fails('ERR_SHAPE'));
  expect(() => new OneHotEncoder().inverseTransform([[1]])).toThrow(fails('ERR_NOT_FITTED'));
  expect(strict.inverseTransform([[0.2, 0.7, 0.1, 0.4, 0.4, 0.2]])).toEqual([['green', 1]]);
  const lax = await new OneHotEncoder({ handleUnknown: 'ignore' }).fit(table);
  expect(lax.inverseTransform(Matrix.zeros(1, 6))).toEqual([[null, null]]);
  const rare = await new OneHotEncoder({ minFrequency: 2 }).fit({ colour: table.colour });
  expect(rare.inverseTransform(await rare.transform({ colour: ['red', 'blue'] }))).toEqual([['red'], [null]]);
});
