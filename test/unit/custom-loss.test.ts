/** Losses of the caller's in histogram boosting: against the built-in ones, saved, and where they fail. */
import { describe, expect, test } from 'vitest';
import type { Progress } from '../../lib/core/fit-input.js';
import {
  type CustomLoss,
  type GradientContext,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  load,
  loadBreastCancer,
  loadDiabetes,
  loadIris,
  makePipeline,
  StandardScaler,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const diabetes = loadDiabetes();
const { data, target } = diabetes;
const mean = (y: Float64Array, weight: Float64Array | null) => {
  const weights = weight ?? y.map(() => 1);
  return y.reduce((sum, v, i) => sum + v * weights[i], 0) / weights.reduce((sum, w) => sum + w, 0);
};

const squares: CustomLoss = {
  gradients({ raw, y, weight, gradient, hessian }) {
    for (let i = 0; i < y.length; i++) {
      const w = weight?.[i] ?? 1;
      gradient[i] = (raw[i] - y[i]) * w;
      hessian[i] = w;
    }
  },
  value: ({ raw, y, weight }) =>
    mean(
      y.map((v, i) => (raw[i] - v) ** 2 / 2),
      weight,
    ),
  start: mean,
};

const counts: CustomLoss = {
  async gradients({ raw, y, gradient, hessian }) {
    await Promise.resolve();
    for (let i = 0; i < y.length; i++) {
      hessian[i] = Math.exp(raw[i]);
      gradient[i] = Math.exp(raw[i]) - y[i];
    }
  },
  start: (y) => Math.log(mean(y, null)),
  link: 'log',
};

/** Softmax, or sigmoid of one output. */
const classes: CustomLoss = {
  gradients({ raw, y, rows, outputs, weight, gradient, hessian }) {
    for (let i = 0; i < rows; i++) {
      const scores =
        outputs === 1 ? [0, raw[i]] : Array.from({ length: outputs }, (_, k) => raw[k * rows + i]);
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      for (let k = 0; k < outputs; k++) {
        const c = outputs === 1 ? 1 : k;
        const p = Math.exp(scores[c]) / total;
        gradient[k * rows + i] = (p - (y[i] === c ? 1 : 0)) * (weight?.[i] ?? 1);
        hessian[k * rows + i] = p * (1 - p) * (weight?.[i] ?? 1);
      }
    }
  },
};

const params = { maxIter: 15, randomState: 2 };

describe('a custom loss', () => {
  test.each([null, target.map((_, i) => (i % 4) / 2 + 0.5)])(
    'of squares learns what the built-in one does',
    async (w) => {
      const sampleWeight = w ?? undefined;
      const own = new HistGradientBoostingRegressor({ ...params, loss: squares, subsample: 0.8, nJobs: 1 });
      const built = new HistGradientBoostingRegressor({ ...params, subsample: 0.8 });
      const watched = { sampleWeight, validation: [data, target] as const };
      const losses: Array<[number, number]> = [];
      const onProgress = (e: Progress) => void losses.push([e.trainLoss!, e.validationLoss!]);
      await own.fit(data, target, { ...watched, onProgress });
      await built.fit(data, target, watched);
      // The same sums: weighted means differ in their last bit at most.
      expectClose(await own.predict(data), await built.predict(data), iterative(1e-12));
      expectClose(own.validationScore, built.validationScore, iterative(1e-12));
      expectClose(own.trainScore, built.trainScore, iterative(1e-12));
      expect(losses.map(([train]) => -train)).toEqual(Array.from(own.trainScore).slice(1));
      expect(losses.map(([, valid]) => -valid)).toEqual(Array.from(own.validationScore).slice(1));
    },
  );

  test('predicts through its link, is saved without its functions, and is fitted again with them', async () => {
    const own = await new HistGradientBoostingRegressor({ ...params, loss: counts }).fit(data, target);
    const built = await new HistGradientBoostingRegressor({ ...params, loss: 'poisson' }).fit(data, target);
    expectClose(await own.predict(data), await built.predict(data), iterative(1e-6));
    let last: Float64Array | undefined;
    for await (const predicted of own.stagedPredict(data)) last = predicted;
    expectClose(last!, await own.predict(data), iterative(1e-12));

    const loaded = (await load(own.toBytes())) as HistGradientBoostingRegressor;
    expect(loaded.params.loss).toBe('custom');
    expect(await loaded.predict(data)).toEqual(await own.predict(data));
    await expect(loaded.fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    loaded.setParams({ loss: counts, warmStart: true, maxIter: 20 });
    await loaded.fit(data, target);
    const whole = await new HistGradientBoostingRegressor({ ...params, loss: counts, maxIter: 20 }).fit(
      data,
      target,
    );
    expectClose(await loaded.predict(data), await whole.predict(data), iterative(1e-6));
  });

  test('of classes has their links; weights and positions of labels reach it', async () => {
    const { data: flowers, target: kinds } = loadIris();
    const cancer = loadBreastCancer();
    for (const [X, y, start] of [
      [flowers, Array.from(kinds, (k) => 'abc'[k]), 0],
      [cancer.data, Array.from(cancer.target, (k) => k === 1), Math.log(357 / 212)],
    ] as const) {
      const classWeight = X === flowers ? ('balanced' as const) : null;
      const own = new HistGradientBoostingClassifier({ ...params, loss: { ...classes, start }, classWeight });
      const built = new HistGradientBoostingClassifier({ ...params, classWeight });
      const [a, b] = [await own.fit(X, y), await built.fit(X, y)];
      expectClose((await a.predictProba(X)).data, (await b.predictProba(X)).data, iterative(1e-6));
      expect(await a.predict(X)).toEqual(await b.predict(X));
    }
  });

  test('gets the same arrays each round, all rows at once, and starts at 0', async () => {
    const seen: GradientContext[] = [];
    const loss = (context: GradientContext) => {
      seen.push(context);
      if (context.round === 0) expect(context.raw.every((score) => score === 0)).toBe(true);
      context.gradient.set(context.raw.map((score, i) => score - context.y[i]));
      context.hessian.fill(1);
    };
    const model = new HistGradientBoostingRegressor({ maxIter: 3, loss });
    await makePipeline(new StandardScaler(), model).fit(data, target);
    expect(seen.map(({ round }) => round)).toEqual([0, 1, 2]);
    expect(new Set(seen.map(({ raw }) => raw)).size).toBe(1);
    expect(seen[2]).toMatchObject({ rows: 442, outputs: 1, weight: null });
    expect(seen[2].raw).not.toEqual(new Float64Array(442));
    expect(model.clone().params.loss).toBe(loss);
  });

  test.each([
    ['NaN', (c: GradientContext) => void c.gradient.fill(Number.NaN, 3, 4)],
    ['an infinite Hessian', (c: GradientContext) => void c.hessian.fill(Infinity, 3, 4)],
    ['a negative Hessian', (c: GradientContext) => void c.hessian.fill(-1, 3, 4)],
  ])('that writes %s is refused', async (_, spoil) => {
    const model = await new HistGradientBoostingRegressor({ maxIter: 2 }).fit(data, target);
    const loss = async (context: GradientContext) => {
      await squares.gradients(context);
      if (context.round === 2) spoil(context);
    };
    const failing = model.setParams({ maxIter: 5, loss }).fit(data, target);
    await expect(failing).rejects.toMatchObject({ code: 'ERR_GRADIENT', row: 3 });
    expect(model.nIter).toBe(2);
  });

  test('that writes nothing is refused, and what it throws rejects the fit', async () => {
    const model = new HistGradientBoostingRegressor({ maxIter: 5, loss: () => {} });
    await expect(model.fit(data, target)).rejects.toMatchObject({ code: 'ERR_GRADIENT', row: 0 });
    const thrown = new RangeError('mine');
    for (const loss of [
      () => {
        throw thrown;
      },
      async () => Promise.reject(thrown),
    ]) {
      await expect(model.setParams({ loss }).fit(data, target)).rejects.toBe(thrown);
    }
  });

  test('can be watched with a value or by a scorer', async () => {
    const model = new HistGradientBoostingRegressor({ ...params, loss: counts });
    const options = { validation: [data, target] as const };
    await expect(model.fit(data, target, options)).rejects.toThrow(/'value'/);
    const events: Progress[] = [];
    const onProgress = (event: Progress) => void events.push(event);
    await model.setParams({ scoring: 'r2' }).fit(data, target, { ...options, onProgress });
    expect(events.at(-1)).not.toHaveProperty('trainLoss');
    expect(events.at(-1)!.validationScore).toBeCloseTo(await model.score(data, target), 12);
  });

  test('stops by a signal, and has rules', async () => {
    const control = new AbortController();
    const loss = (context: GradientContext) => {
      if (context.round === 1) control.abort();
      return squares.gradients(context);
    };
    const model = new HistGradientBoostingRegressor({ maxIter: 5, loss });
    await expect(model.fit(data, target, { signal: control.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    for (const wrong of [
      {},
      { gradients: 1 },
      { ...squares, link: 'probit' },
      { ...squares, extra: 1 },
      'squares',
    ]) {
      const refused = model.setParams({ loss: wrong as never }).fit(data, target);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
    const starts = model.setParams({ loss: { ...squares, start: [1, 2] } }).fit(data, target);
    await expect(starts).rejects.toThrow(/'start'/);
  });
});
