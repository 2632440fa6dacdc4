/** Lasso of several targets, whose columns stay or leave together. */
import { describe, expect, test } from 'vitest';
import { loadIris, Matrix, MultiTaskLasso, MultiTaskLassoCV, meanSquaredError } from '../../lib/index.js';

const { data, target } = loadIris();
const flags = Array.from(target, (species) => [Number(species > 0), Number(species > 1)]);

describe('a penalty over several targets', () => {
  const rows = (make: (i: number) => number[]) => Matrix.from(Array.from({ length: 60 }, (_, i) => make(i)));
  const times = rows((i) => [1.7e9 + i, i % 7]);
  const small = rows((i) => [i, i % 7]);
  const slopes = rows((i) => [3 * i + (i % 7), i]);

  test('learns from columns that vary little beside their mean, and from none that do not', async () => {
    const [model, plain] = await Promise.all(
      [times, small].map((x) => new MultiTaskLasso({ alpha: 0.01, tol: 1e-10 }).fit(x, slopes)),
    );
    for (const [k, coef] of plain.coef.data.entries()) expect(model.coef.data[k]).toBeCloseTo(coef, 6);
    for (const count of [60, 9]) {
      const constant = rows((i) => [0.1, 1.7e9 / 3, i]).slice(0, count);
      const { coef } = await new MultiTaskLasso({ alpha: 0 }).fit(constant, slopes.slice(0, count));
      expect(coef.columns([0, 1]).data.every((value) => value === 0)).toBe(true);
    }
  });

  test('errors of many rows left out are those of the models of the other rows', async () => {
    const count = 12_000;
    const x = Matrix.from(Array.from({ length: count }, (_, i) => [i % 13, (i * i) % 7]));
    const y = Matrix.from(x.toArray().map(([a, b], i) => [a + (i % 5), 2 * b - (i % 3)]));
    const folds = Array.from({ length: count }, (_, i) => i % 2);
    const weights = Float64Array.from({ length: count }, (_, i) => 1 + (i % 4));
    const cv = await new MultiTaskLassoCV({ cv: folds }).fit(x, y, { sampleWeight: weights });
    const [train, test] = [1, 0].map((own) => [...folds.keys()].filter((i) => folds[i] === own));
    const pick = (rows: number[]) => rows.map((i) => weights[i]);
    const alpha = cv.alphas.data[60];
    const model = await new MultiTaskLasso({ alpha, tol: 1e-10 }).fit(x.takeRows(train), y.takeRows(train), {
      sampleWeight: pick(train),
    });
    const predicted = await model.predict(x.takeRows(test));
    const error = meanSquaredError(y.takeRows(test), predicted, { sampleWeight: pick(test) });
    expect(cv.msePath.row(60)[0]).toBeCloseTo(error, 5);
  });

  test.each(['cyclic', 'random'] as const)('goes on from where it was: %s', async (selection) => {
    const params = { alpha: 0.01, tol: 1e-9, selection, randomState: 1 };
    const model = new MultiTaskLasso({ ...params, warmStart: true });
    const first = (await model.fit(data, flags)).nIter;
    const { coef } = model;
    await model.fit(data, flags);
    expect(first).toBeGreaterThan(3);
    expect(model.nIter).toBeLessThan(3);
    for (const [k, value] of coef.data.entries()) expect(model.coef.data[k]).toBeCloseTo(value, 6);
    const again = await new MultiTaskLasso(params).fit(data, flags);
    expect(again.coef).toEqual(coef);
    const exact = await new MultiTaskLasso({ alpha: 0.01, tol: 1e-12, maxIter: 100_000 }).fit(data, flags);
    for (const [k, value] of coef.data.entries()) expect(exact.coef.data[k]).toBeCloseTo(value, 4);
  });
});
