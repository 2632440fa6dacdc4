/** permutationImportance: against shuffles by hand, tables and pipelines, options, errors. */
import { expect, test } from 'vitest';
import { Random } from '../../lib/core/random.js';
import {
  LinearRegression,
  loadIris,
  Matrix,
  makePipeline,
  OneHotEncoder,
  permutationImportance,
  RandomForestClassifier,
  rocAucScore,
} from '../../lib/index.js';

const X = Matrix.from(Array.from({ length: 60 }, (_, i) => [i % 7, (i * 5) % 11, (i * 3) % 13]));
const y = Array.from({ length: 60 }, (_, i) => 3 * X.data[3 * i] + X.data[3 * i + 1]);

test('is how much the score falls when a column is shuffled', async () => {
  const model = await new LinearRegression().fit(X, y);
  const before = X.data.slice();
  const result = await permutationImportance(model, X, y, { nRepeats: 4, randomState: 7 });
  expect(X.data).toEqual(before);
  expect(result.baseline).toBeCloseTo(1, 12);
  const random = new Random(7);
  for (let j = 0; j < 3; j++) {
    const falls: number[] = [];
    for (let k = 0; k < 4; k++) {
      const order = random.permutation(60);
      const shuffled = Matrix.from(X.toArray().map((row, i) => row.with(j, X.data[3 * order[i] + j])));
      falls.push(result.baseline - (await model.score(shuffled, y)));
    }
    expect(Array.from(result.importances.row(j))).toEqual(falls);
    const mean = falls.reduce((a, b) => a + b) / 4;
    expect(result.importancesMean[j]).toBeCloseTo(mean, 12);
    const variance = falls.reduce((sum, fall) => sum + (fall - mean) ** 2, 0) / 4;
    expect(result.importancesStd[j]).toBeCloseTo(Math.sqrt(variance), 12);
  }
  expect(result.importancesMean[0]).toBeGreaterThan(result.importancesMean[1]);
  expect(Math.abs(result.importancesMean[2])).toBeLessThan(1e-9); // y does not depend on it
});

test('takes tables, pipelines, scorers, weights, and tells how far it is', async () => {
  const table = {
    town: Array.from({ length: 40 }, (_, i) => ['Oslo', 'Rome'][i % 2]),
    street: Array.from({ length: 40 }, (_, i) => 'abcde'[i % 5]),
  };
  const outcome = Array.from({ length: 40 }, (_, i) => i % 2 === 0);
  const model = makePipeline(
    new OneHotEncoder(),
    new RandomForestClassifier({ nEstimators: 5, randomState: 0 }),
  );
  await model.fit(table, outcome);
  const done: number[] = [];
  const scoring = async (_: unknown, rows: unknown) =>
    rocAucScore(outcome, (await model.predictProba(rows as typeof table)).columns([1]).data);
  for (const rows of [table, table.town.map((town, i) => ({ town, street: table.street[i] }))]) {
    const { featureNames, importancesMean } = await permutationImportance(model, rows, outcome, {
      scoring,
      randomState: 1,
      onProgress: (event) => done.push(event.done),
    });
    expect(featureNames).toEqual(['town', 'street']);
    expect(importancesMean[0]).toBeGreaterThan(0.2);
    expect(importancesMean[1]).toBeLessThan(0.1);
  }
  expect(done).toEqual([1, 2, 1, 2]);
  const weighted = await permutationImportance(model, table, outcome, {
    scoring: 'accuracy',
    sampleWeight: outcome.map(Number),
    randomState: 1,
  });
  expect(weighted.baseline).toBe(1);
});

test('refuses what it cannot use', async () => {
  const { data, target } = loadIris();
  const model = await new RandomForestClassifier({ nEstimators: 2, randomState: 0 }).fit(data, target);
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error) => error.code,
    );
  expect(await code(permutationImportance(model, data, target, { nRepeats: 0 }))).toBe('ERR_PARAMETER');
  expect(await code(permutationImportance(model, data, target, { repeats: 3 } as object))).toBe(
    'ERR_PARAMETER',
  );
  expect(await code(permutationImportance(model, data, target, { scoring: 'best' as 'r2' }))).toBe(
    'ERR_PARAMETER',
  );
  expect(await code(permutationImportance(model, data, target.slice(1)))).toBe('ERR_SHAPE');
  expect(await code(permutationImportance(model, data, target, { sampleWeight: [1] }))).toBe('ERR_SHAPE');
  expect(await code(permutationImportance(new LinearRegression(), X, y))).toBe('ERR_NOT_FITTED');
  expect(await code(permutationImportance({} as LinearRegression, X, y))).toBe('ERR_PARAMETER');
  const signal = AbortSignal.abort();
  expect(await code(permutationImportance(model, data, target, { signal }))).toBe('ERR_ABORTED');
});

test('several scorers see the same shuffles, and a share of the rows is enough', async () => {
  const model = await new LinearRegression().fit(X, y);
  const options = { nRepeats: 3, randomState: 5 };
  const both = await permutationImportance(model, X, y, {
    ...options,
    scoring: ['r2', 'negMeanAbsoluteError'],
  });
  for (const scoring of ['r2', 'negMeanAbsoluteError'] as const)
    expect(both[scoring]).toEqual(await permutationImportance(model, X, y, { ...options, scoring }));
  const named = await permutationImportance(model, X, y, { ...options, scoring: { mine: 'r2' } });
  expect(named.mine).toEqual(both.r2);
  for (const maxSamples of [0.5, 30]) {
    const table = { a: X.columns([0]).data, b: X.columns([1]).data, c: X.columns([2]).data };
    const one = await permutationImportance(model, X, y, {
      ...options,
      maxSamples,
      sampleWeight: y.map(() => 2),
    });
    const again = await permutationImportance(await new LinearRegression().fit(table, y), table, y, {
      ...options,
      maxSamples,
    });
    expect(one.importancesMean[0]).toBeGreaterThan(one.importancesMean[1]);
    expect(Array.from(again.importancesMean)[0]).toBeCloseTo(one.importancesMean[0], 10);
    expect(one.baseline).toBeCloseTo(1, 12);
  }
  const refused = (given: object) => expect(permutationImportance(model, X, y, given)).rejects;
  await refused({ maxSamples: 61 }).toMatchObject({ code: 'ERR_PARAMETER' });
  await refused({ maxSamples: 0.01 }).toMatchObject({ code: 'ERR_PARAMETER' });
  await refused({ maxSamples: -1 }).toMatchObject({ code: 'ERR_PARAMETER' });
  await refused({ scoring: [] }).toMatchObject({ code: 'ERR_PARAMETER' });
  await refused({ scoring: ['nothing'] }).toMatchObject({ code: 'ERR_PARAMETER' });
});
