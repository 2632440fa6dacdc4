/** The reference of its training data that every fitted model keeps. */
import { expect, test } from 'vitest';
import {
  LinearRegression,
  LogisticRegression,
  load,
  Matrix,
  makePipeline,
  StandardScaler,
} from '../../lib/index.js';
import { priceModel, verdictModel, verdicts } from '../serve/support.js';
import { putTogether, takeApart } from '../support/model-files.js';

test('counts, quantiles and missing values of each column and of the target', async () => {
  const { rows, sampled, columns, target } = (await verdictModel()).trainingReference!;
  expect([rows, sampled]).toEqual([120, 120]);
  const [rooms, age, garden, town] = columns;
  expect(rooms.missing).toBe(0);
  expect(Array.from(rooms.quantiles!.subarray(0, 20))).toEqual([...new Array(18).fill(1), 2, 2]);
  expect([age.missing, age.quantiles!.length]).toEqual([12, 108]);
  expect(garden).toEqual({ missing: 0, counts: [80, 40] });
  expect(town).toEqual({ missing: 0, counts: [40, 40, 40] });
  const count = (verdict: string) => verdicts.filter((each) => each === verdict).length;
  expect(target).toEqual({ missing: 0, counts: ['cheap', 'dear', 'fair'].map(count) });
});

test('a large training set is sampled: bounded, and within the rounding of its steps', async () => {
  const rows = 50_000;
  const x = new Float32Array(rows * 2);
  for (let i = 0; i < rows; i++) x.set([i, i % 7], i * 2);
  const y = Float64Array.from({ length: rows }, (_, i) => 2 * i);
  const fit = () => new LinearRegression().fit(new Matrix(x, rows, 2), y);
  const { sampled, columns, target } = (await fit()).trainingReference!;
  expect(sampled).toBe(2048);
  const quantiles = columns[0].quantiles!;
  expect(quantiles).toBeInstanceOf(Float32Array);
  expect(quantiles.length).toBe(256);
  quantiles.forEach((value, k) => {
    expect(Math.abs(value / rows - (k + 0.5) / 256)).toBeLessThan(2 / 2048);
  });
  // A period in the data does not show.
  for (let v = 0; v < 7; v++) {
    expect(Math.abs(columns[1].quantiles!.filter((value) => value === v).length - 256 / 7)).toBeLessThan(2);
  }
  expect(target!.quantiles![128]).toBeCloseTo(rows, -4);
  expect((await fit()).toBytes()).toEqual((await fit()).toBytes());
});

test('a file keeps it once; the parts of a pipeline have none', async () => {
  const model = await priceModel();
  const { document } = takeApart(model.toBytes());
  expect(JSON.stringify(document).split('"reference"').length - 1).toBe(1);
  expect((await load(model.toBytes())).trainingReference).toEqual(model.trainingReference);
});

test('files of earlier releases have none, and load', async () => {
  const { document, body } = takeApart((await priceModel()).toBytes());
  document.model.fitted.reference = undefined;
  expect((await load(putTogether({ document, body }))).trainingReference).toBeUndefined();
});

test.each([
  ['not an object', 3],
  ['null', null],
  ['no columns', { rows: 3, sampled: 3, columns: [] }],
  ['more sampled than there are', { sampled: 4 }],
  ['counts of a number', { columns: [{ missing: 0, counts: [3] }] }],
  ['quantiles that are no tensor', { columns: [{ missing: 0, quantiles: [1, 2, 3] }] }],
  ['a target that is none', { target: { missing: 0, counts: [1] } }],
])('a reference that is damaged is refused: %s', async (_, damage) => {
  const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(
    [[1], [2], [4]],
    [0, 1, 1],
  );
  const { document, body } = takeApart(model.toBytes());
  const { fitted } = document.model;
  fitted.reference =
    typeof damage === 'object' && damage !== null ? { ...fitted.reference, ...damage } : damage;
  await expect(load(putTogether({ document, body }))).rejects.toMatchObject({ code: 'ERR_MODEL_FILE' });
});
