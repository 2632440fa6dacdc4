/** What the common checks and the golden values do not show of models that look at no column. */
import { expect, test } from 'vitest';
import { DummyClassifier, DummyRegressor, load, type Matrix } from '../../lib/index.js';

const refused = { code: 'ERR_PARAMETER' };
const rows = Array.from({ length: 4000 }, (_, i) => [i]);

test('classes are drawn by their shares, and the same again', async () => {
  const y = rows.map((_, i) => ['a', 'b', 'b', 'c'][i % 4]);
  const dummy = await new DummyClassifier({ strategy: 'stratified', randomState: 1 }).fit(rows, y);
  const labels = await dummy.predict(rows);
  const share = (label: string) => labels.filter((l) => l === label).length / rows.length;
  expect(share('a')).toBeCloseTo(0.25, 1);
  expect(share('b')).toBeCloseTo(0.5, 1);
  expect(await dummy.predict(rows)).toEqual(labels);
  const proba = (await dummy.predictProba(rows)).toArray();
  expect(proba.map((row) => ['a', 'b', 'c'][row.indexOf(1)])).toEqual(labels);
  const uniform = await new DummyClassifier({ strategy: 'uniform', randomState: 1 }).fit(rows, y);
  const counts = (await uniform.predict(rows)).filter((l) => l === 'c').length;
  expect(counts / rows.length).toBeCloseTo(1 / 3, 1);
});

test('equal rows get equal draws, wherever they stand', async () => {
  const y = rows.map((_, i) => ['a', 'b'][i % 2]);
  for (const strategy of ['stratified', 'uniform'] as const) {
    const dummy = await new DummyClassifier({ strategy, randomState: 1 }).fit(rows, y);
    expect(new Set(await dummy.predict(Array(50).fill([7]))).size).toBe(1);
    const labels = await dummy.predict(rows.slice(0, 50));
    expect(await dummy.predict(rows.slice(0, 50).reverse())).toEqual(labels.reverse());
  }
});

test('the most frequent class is the first of equals, by weight', async () => {
  const y = [true, false, true, false];
  const dummy = await new DummyClassifier({ strategy: 'mostFrequent' }).fit(rows.slice(0, 4), y);
  expect(await dummy.predict([[0]])).toEqual([false]);
  await dummy.fit(rows.slice(0, 4), y, { sampleWeight: [2, 1, 1, 1] });
  expect(await dummy.predict([[0]])).toEqual([true]);
});

test('a constant must be a label of y, or a number', async () => {
  const dummy = new DummyClassifier({ strategy: 'constant' });
  await expect(dummy.fit([[1], [2]], ['x', 'y'])).rejects.toMatchObject(refused);
  await expect(dummy.setParams({ constant: 'z' }).fit([[1], [2]], ['x', 'y'])).rejects.toMatchObject(refused);
  await dummy.setParams({ constant: 'y' }).fit([[1], [2]], ['x', 'y']);
  const loaded = (await load(dummy.toBytes())) as DummyClassifier;
  expect(await loaded.predict([[Number.NaN]])).toEqual(['y']);
  for (const strategy of ['constant', 'quantile'] as const)
    await expect(new DummyRegressor({ strategy }).fit([[1]], [1])).rejects.toMatchObject(refused);
});

test('numbers come with deviations of 0, for each target', async () => {
  const one = await new DummyRegressor().fit([[1], [2]], [10, 20]);
  expect(await one.predictWithStd([[7], [8]])).toEqual({
    mean: Float64Array.of(15, 15),
    std: new Float64Array(2),
  });
  const two = await new DummyRegressor<Matrix>().fit(
    [[1], [2]],
    [
      [10, 1],
      [20, 2],
    ],
  );
  const { mean, std } = await two.predictWithStd([[7]]);
  expect([mean.toArray(), std.toArray()]).toEqual([[[15, 1.5]], [[0, 0]]]);
  expect(
    two
      .compile({ output: 'std' })
      .runSync([[7]])
      .toArray(),
  ).toEqual([[15, 1.5, 0, 0]]);
});

test('a weighted quantile is a target that weighs something', async () => {
  const dummy = new DummyRegressor({ strategy: 'quantile', quantile: 0 });
  await dummy.fit([[1], [2], [3]], [1, 2, 3], { sampleWeight: [0, 1, 1] });
  expect(dummy.constant).toBe(2);
  await dummy.setParams({ quantile: 1 }).fit([[1], [2], [3]], [1, 2, 3], { sampleWeight: [1, 1, 0] });
  expect(dummy.constant).toBe(2);
});
