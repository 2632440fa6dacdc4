/** What histogram boosting does beside learning: stopping, watching, going on, categories, constraints, refusals. */
import { describe, expect, test, vi } from 'vitest';
import type { Progress } from '../../lib/core/fit-input.js';
import {
  accuracyScore,
  f1Score,
  GradientBoostingClassifier,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  LinearRegression,
  load,
  loadBreastCancer,
  loadDiabetes,
  loadIris,
  logLoss,
  Matrix,
  makePipeline,
  meanSquaredError,
  rocAucScore,
  type ScorerName,
  StandardScaler,
  treeShap,
} from '../../lib/index.js';
import { native } from '../../lib/native.js';
import { evaluate } from '../support/child.js';

const diabetes = loadDiabetes();
const cancer = loadBreastCancer();

describe('early stopping', () => {
  const stopping = {
    earlyStopping: true,
    maxIter: 300,
    randomState: 1,
    nIterNoChange: 5,
    tol: 1e-4,
  } as const;

  test('ends before maxIter and keeps the scores of each round', async () => {
    const model = await new HistGradientBoostingRegressor(stopping).fit(diabetes.data, diabetes.target);
    expect(model.nIter).toBeLessThan(100);
    expect(model.trainScore.length).toBe(model.nIter + 1);
    const scores = Array.from(model.validationScore);
    expect(scores.length).toBe(model.nIter + 1);
    const reference = scores[scores.length - 6];
    expect(Math.max(...scores.slice(-5))).toBeLessThanOrEqual(reference + 1e-4);
  });

  test('may look at the training rows, or at the accuracy', async () => {
    const model = new HistGradientBoostingClassifier({
      ...stopping,
      validationFraction: null,
      scoring: 'score',
    });
    await model.fit(cancer.data, cancer.target);
    expect(model.validationScore.length).toBe(0);
    expect(model.trainScore[model.nIter]).toBe(await model.score(cancer.data, cancer.target));
    expect(model.nIter).toBeLessThan(100);
  });

  test('holds out the share of each class, and refuses to hold out all', async () => {
    const { data, target } = loadIris();
    const model = new HistGradientBoostingClassifier({ ...stopping, validationFraction: 0.2, maxIter: 5 });
    await expect(model.fit(data, target)).resolves.toBe(model);
    model.setParams({ validationFraction: 150 });
    await expect(model.fit(data, target)).rejects.toThrow(/validationFraction/);
  });
});

describe('a validation set of the caller', () => {
  const train = diabetes.data.slice(0, 300);
  const valid = diabetes.data.slice(300, 442);
  const [y, validY] = [diabetes.target.slice(0, 300), diabetes.target.slice(300)];

  test('is what early stopping watches; no training row is held out', async () => {
    const stop = { maxIter: 300, nIterNoChange: 5, randomState: 1 };
    const stopped = new HistGradientBoostingRegressor(stop);
    await stopped.fit(train, y, { validation: [valid, validY] });
    expect(stopped.nIter).toBeLessThan(150);
    const scores = Array.from(stopped.validationScore);
    expect(scores.length).toBe(stopped.nIter + 1);
    expect(-2 * scores.at(-1)!).toBeCloseTo(
      meanSquaredError(validY, await stopped.predict(valid)) as number,
      6,
    );
    const whole = new HistGradientBoostingRegressor({ maxIter: stopped.nIter, earlyStopping: false });
    await whole.fit(train, y);
    expect(await whole.predict(valid)).toEqual(await stopped.predict(valid));
  });

  test('is only scored without early stopping, with weights as repeated rows', async () => {
    const model = new HistGradientBoostingRegressor({ maxIter: 20, earlyStopping: false });
    const losses: number[] = [];
    const onProgress = ({ validationLoss }: Progress) => void losses.push(validationLoss!);
    const weights = validY.map((_, i) => i % 3);
    await model.fit(train, y, { validation: [valid, validY, weights], onProgress });
    expect(model.nIter).toBe(20);
    expect(losses.length).toBe(20);
    const kept = Array.from(validY, (_, i) => new Array<number>(i % 3).fill(i)).flat();
    const repeated: number[] = [];
    await model.fit(train, y, {
      validation: [Matrix.from(kept.map((i) => Array.from(valid.row(i)))), kept.map((i) => validY[i])],
      onProgress: ({ validationLoss }) => void repeated.push(validationLoss!),
    });
    repeated.forEach((loss, i) => {
      expect(loss / losses[i]).toBeCloseTo(1, 12);
    });
  });

  test.each([
    ['rocAuc', (m, X, t) => rocAucScore(t, m.predictProbaSync(X)) as number],
    ['negLogLoss', (m, X, t) => -logLoss(t, m.predictProbaSync(X))],
    ['f1Macro', (m, X, t) => f1Score(t, m.predictSync(X), { average: 'macro' }) as number],
    ['score', (m, X, t) => accuracyScore(t, m.predictSync(X))],
  ] as Array<[ScorerName, (m: HistGradientBoostingClassifier, X: Matrix, t: string[]) => number]>)(
    'may be scored by %s',
    async (scoring, expected) => {
      for (const { data, target, targetNames } of [cancer, loadIris()]) {
        if (scoring === 'rocAuc' && targetNames.length > 2) continue;
        const names = Array.from(target, (code) => targetNames[code]);
        const rows = Array.from({ length: data.rows }, (_, i) => i);
        const part = (odd: number) => rows.filter((i) => i % 2 === odd);
        const X = Matrix.from(part(0).map((i) => Array.from(data.row(i))));
        const V = Matrix.from(part(1).map((i) => Array.from(data.row(i))));
        const truth = part(1).map((i) => names[i]);
        const events: Progress[] = [];
        const model = new HistGradientBoostingClassifier({ maxIter: 12, scoring });
        await model.fit(
          X,
          part(0).map((i) => names[i]),
          { validation: [V, truth], onProgress: (event) => void events.push(event) },
        );
        expect(model.validationScore.at(-1)).toBeCloseTo(expected(model, V, truth), 12);
        expect(events.at(-1)!.validationScore).toBe(model.validationScore.at(-1));
        expect(events.at(-1)!.trainScore).toBe(model.trainScore.at(-1));
      }
    },
  );

  test('goes through the steps of a pipeline', async () => {
    const model = () => new HistGradientBoostingRegressor({ maxIter: 9, earlyStopping: false });
    const pipeline = makePipeline(new StandardScaler(), model());
    const losses: number[] = [];
    const onProgress = ({ validationLoss }: Progress) => void losses.push(validationLoss!);
    await pipeline.fit(train, y, { validation: [valid, validY], onProgress });
    const mse = meanSquaredError(validY, await pipeline.predict(valid)) as number;
    expect(2 * losses.at(-1)!).toBeCloseTo(mse, 4);
  });

  test('is checked', async () => {
    const model = new HistGradientBoostingClassifier({ maxIter: 2 });
    const { data, target } = cancer;
    const refused: Array<[unknown, string]> = [
      [data, 'ERR_PARAMETER'],
      [[data], 'ERR_PARAMETER'],
      [[data, target.slice(1)], 'ERR_SHAPE'],
      [[data.columns([0, 1]), target], 'ERR_SHAPE'],
      [[data.slice(0, 0), []], 'ERR_EMPTY'],
      [[data.slice(0, 1), ['maybe']], 'ERR_LABELS'],
      [[data.slice(0, 2), [0, 1], [1, -1]], 'ERR_PARAMETER'],
    ];
    for (const [validation, code] of refused) {
      await expect(model.fit(data, target, { validation } as never)).rejects.toMatchObject({ code });
    }
    const linear = new LinearRegression().fit(train, y, { validation: [valid, validY] });
    await expect(linear).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

describe('progress', () => {
  test('comes once a round, with losses that fall', async () => {
    const events: Progress[] = [];
    const model = new HistGradientBoostingClassifier({ maxIter: 8 });
    await model.fit(cancer.data, cancer.target, { onProgress: (event) => void events.push(event) });
    expect(events.map((event) => event.done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const losses = events.map((event) => event.trainLoss!);
    expect([...losses].sort((a, b) => b - a)).toEqual(losses);
    expect(events[0].validationLoss).toBeUndefined();
  });

  test('false ends the fit, which keeps its rounds', async () => {
    const model = new HistGradientBoostingRegressor({ maxIter: 50, earlyStopping: true });
    const losses: number[] = [];
    await model.fit(diabetes.data, diabetes.target, {
      onProgress: ({ done, validationLoss }) => {
        losses.push(validationLoss!);
        return done < 7;
      },
    });
    expect(model.nIter).toBe(7);
    expect(losses.map((loss) => -loss)).toEqual(Array.from(model.validationScore).slice(1));
  });

  test('what a listener throws rejects the fit', async () => {
    const model = await new HistGradientBoostingRegressor({ maxIter: 2 }).fit(diabetes.data, diabetes.target);
    const failing = model.setParams({ maxIter: 9 }).fit(diabetes.data, diabetes.target, {
      onProgress: () => {
        throw new RangeError('enough');
      },
    });
    await expect(failing).rejects.toThrow('enough');
    expect(model.nIter).toBe(2);
  });
});

test('what the promise of a listener rejects with rejects the fit', async () => {
  const model = new HistGradientBoostingRegressor({ maxIter: 9 });
  const failing = model.fit(diabetes.data, diabetes.target, {
    onProgress: async () => {
      throw new RangeError('enough');
    },
  });
  await expect(failing).rejects.toThrow('enough');
  expect(model.isFitted).toBe(false);
});

describe('warm start', () => {
  test.each([
    ['numbers', () => new HistGradientBoostingRegressor({ randomState: 3, subsample: 0.8 }), diabetes],
    [
      'three classes',
      () => new HistGradientBoostingClassifier({ randomState: 3, maxFeatures: 0.5 }),
      loadIris(),
    ],
  ] as const)('goes on where the last fit of %s ended', async (_, make, { data, target }) => {
    const whole = await make().setParams({ maxIter: 12 }).fit(data, target);
    const parts = make().setParams({ maxIter: 5, warmStart: true });
    await parts.fit(data, target);
    await parts.setParams({ maxIter: 12 }).fit(data, target);
    expect(parts.nIter).toBe(12);
    const [a, b] = [parts, whole].map((model) => model.compile({ precision: 'float64' }).runSync(data).data);
    for (let i = 0; i < a.length; i++)
      expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-6 * (1 + Math.abs(b[i])));
    await expect(parts.setParams({ maxIter: 4 }).fit(data, target)).rejects.toThrow(/warmStart/);
    await expect(parts.fit(data.columns([0, 1]), target)).rejects.toThrow(/warmStart/);
  });
});

describe('categories', () => {
  const color = ['red', 'green', 'blue', 'grey'];
  const rows = 400;
  const table = {
    color: Array.from({ length: rows }, (_, i) => (i % 13 === 0 ? null : color[(i * 7) % 4])),
    size: Array.from({ length: rows }, (_, i) => ((i * 37) % 100) / 10),
  };
  const y = Array.from({ length: rows }, (_, i) => [4, -2, 3, 0][(i * 7) % 4] + table.size[i] / 10);

  test('of a table of text are split as sets, saved and loaded', async () => {
    const model = await new HistGradientBoostingRegressor({ maxIter: 60 }).fit(table, y);
    expect(await model.score(table, y)).toBeGreaterThan(0.85);
    const { state } = model.snapshot().fitted!;
    expect(state.setOffsets.length).toBeGreaterThan(1);
    const loaded = (await load(model.toBytes())) as HistGradientBoostingRegressor;
    expect(await loaded.predict(table)).toEqual(await model.predict(table));
  });

  test('never seen go where missing ones go', async () => {
    const model = await new HistGradientBoostingRegressor({ maxIter: 5 }).fit(table, y);
    const [unknown, missing] = await model.predict({ color: ['pink', null], size: [3, 3] });
    expect(unknown).toBe(missing);
  });

  test('are refused when they are too many, no whole numbers, or ordered', async () => {
    const X = Array.from({ length: 300 }, (_, i) => [i, i]);
    const target = X.map(([a]) => a);
    const fit = (params: object, data = X) => new HistGradientBoostingRegressor(params).fit(data, target);
    await expect(fit({ categoricalFeatures: [0] })).rejects.toThrow(/300 categories/);
    await expect(fit({ categoricalFeatures: [true] })).rejects.toThrow(/marks/);
    await expect(fit({ categoricalFeatures: [5] })).rejects.toThrow(/column 5/);
    const halves = X.map(([a, b]) => [(a % 5) + 0.5, b]);
    await expect(fit({ categoricalFeatures: [0] }, halves)).rejects.toMatchObject({
      code: 'ERR_DTYPE',
      column: 0,
    });
    await expect(fit({ categoricalFeatures: [1], monotonicCst: [0, 1], maxBins: 255 })).rejects.toThrow(
      /orders/,
    );
    await expect(
      new HistGradientBoostingRegressor({ categoricalFeatures: null }).fit(table, y),
    ).rejects.toThrow(/text/);
  });
});

test('interactions may be named, pairwise or none', async () => {
  const sizes: number[] = [];
  for (const interactionCst of [null, 'pairwise', 'noInteractions', [[0, 1], [2]]] as const) {
    const model = await new HistGradientBoostingRegressor({ interactionCst, maxIter: 3 }).fit(
      diabetes.data,
      diabetes.target,
    );
    const { state } = model.snapshot().fitted!;
    const columns = new Set(state.feature.subarray(0, state.treeOffsets[1]).filter((c: number) => c >= 0));
    sizes.push(columns.size);
  }
  expect(sizes[0]).toBeGreaterThan(2);
  expect(sizes.slice(1, 3)).toEqual([2, 1]);
  const wrong = new HistGradientBoostingRegressor({ interactionCst: [[0, 99]] });
  await expect(wrong.fit(diabetes.data, diabetes.target)).rejects.toThrow(/column 99/);
});

describe('losses', () => {
  test('poisson, gamma and tweedie predict means above 0; each reaches near the mean', async () => {
    for (const loss of ['poisson', 'gamma', 'tweedie'] as const) {
      const model = await new HistGradientBoostingRegressor({ loss, maxIter: 20 }).fit(
        diabetes.data,
        diabetes.target,
      );
      const predicted = Array.from(await model.predict(diabetes.data));
      expect(Math.min(...predicted)).toBeGreaterThan(0);
      const mean = (values: ArrayLike<number>) =>
        Array.from(values).reduce((a, b) => a + b, 0) / values.length;
      expect(mean(predicted) / mean(diabetes.target)).toBeCloseTo(1, 1);
    }
  });

  test('a quantile has its share of the targets below', async () => {
    for (const quantile of [0.1, 0.8]) {
      const model = new HistGradientBoostingRegressor({
        loss: 'quantile',
        quantile,
        maxIter: 40,
        minSamplesLeaf: 40,
      });
      const predicted = await model.fit(diabetes.data, diabetes.target).then((m) => m.predict(diabetes.data));
      const below = Array.from(predicted).filter((p, i) => diabetes.target[i] <= p).length / predicted.length;
      expect(Math.abs(below - quantile)).toBeLessThan(0.06);
    }
    const without = new HistGradientBoostingRegressor({ loss: 'quantile' });
    await expect(without.fit(diabetes.data, diabetes.target)).rejects.toThrow(/'quantile'/);
  });

  test('huber is hardly moved by outliers', async () => {
    const target = Array.from(diabetes.target, (value, i) => (i % 50 === 0 ? value * 1e4 : value));
    const fit = (loss: 'huber' | 'squaredError') =>
      new HistGradientBoostingRegressor({ loss, huberDelta: 20, maxIter: 20 }).fit(diabetes.data, target);
    const error = async (model: HistGradientBoostingRegressor) => {
      const predicted = await model.predict(diabetes.data);
      return Array.from(predicted).filter((p, i) => Math.abs(p - diabetes.target[i]) > 1e3).length;
    };
    expect(await error(await fit('huber'))).toBeLessThan(await error(await fit('squaredError')));
  });

  test('targets that a loss cannot have are refused', async () => {
    const X = Matrix.from([[1], [2], [3]]);
    const fit = (loss: 'poisson' | 'gamma') => new HistGradientBoostingRegressor({ loss }).fit(X, [0, 1, -1]);
    await expect(fit('poisson')).rejects.toMatchObject({ code: 'ERR_PARAMETER', row: 2 });
    await expect(fit('gamma')).rejects.toMatchObject({ code: 'ERR_PARAMETER', row: 0 });
  });
});

test('importances count gains and splits, and sum to 1', async () => {
  const model = await new HistGradientBoostingRegressor({ maxIter: 10 }).fit(diabetes.data, diabetes.target);
  for (const shares of Object.values(model.featureImportances) as Float64Array[]) {
    expect(shares.length).toBe(10);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  }
});

test('contributions of columns add up to the scores', async () => {
  const { data, target } = loadIris();
  const model = await new HistGradientBoostingClassifier({ maxIter: 5 }).fit(data, target);
  const { values, baseValue } = await treeShap(model, data);
  const scores = await model.decisionFunction(data);
  for (let i = 0; i < data.rows; i++) {
    const sums = Array.from(baseValue, (base, k) => {
      const parts = Array.from(values[k].row(i));
      return parts.reduce((sum: number, part: number) => sum + part, base);
    });
    for (const [k, sum] of sums.entries()) expect(sum).toBeCloseTo(scores.row(i)[k], 10);
  }
});

test('labels of stages are those of scores, also where probabilities round to equals', async () => {
  const X = [[0], [1], [2], [3]];
  const y = ['a', 'a', 'b', 'b'];
  for (const model of [
    new HistGradientBoostingClassifier({ learningRate: 1e-20, maxIter: 2, minSamplesLeaf: 1 }),
    new GradientBoostingClassifier({ learningRate: 1e-20, nEstimators: 2 }),
  ]) {
    await model.fit(X, y);
    for await (const stage of model.stagedPredict(X)) expect(stage).toEqual(y);
    expect(await model.predict(X)).toEqual(y);
  }
});

test('stages lead to the predictions', async () => {
  const iris = loadIris();
  const classifier = await new HistGradientBoostingClassifier({ maxIter: 4 }).fit(iris.data, iris.target);
  const stages: Matrix[] = [];
  for await (const stage of classifier.stagedDecisionFunction(iris.data)) stages.push(stage);
  expect(stages.length).toBe(4);
  const decision = await classifier.decisionFunction(iris.data);
  expect(stages[3].allClose(decision, { absolute: 1e-12 })).toBe(true);
  const one = await new HistGradientBoostingClassifier({ maxIter: 1 }).fit(iris.data, iris.target);
  expect(stages[0].allClose(await one.decisionFunction(iris.data), { absolute: 1e-12 })).toBe(true);

  const two = Array.from(iris.target, (code) => (code === 2 ? 'yes' : 'no'));
  for (const labels of [iris.target, two]) {
    const make = (maxIter: number) => new HistGradientBoostingClassifier({ maxIter }).fit(iris.data, labels);
    const model = await make(3);
    let round = 0;
    for await (const proba of model.stagedPredictProba(iris.data))
      expect(proba.allClose(await (await make(++round)).predictProba(iris.data), { absolute: 1e-12 })).toBe(
        true,
      );
    const said: unknown[] = [];
    for await (const stage of model.stagedPredict(iris.data)) said.push(stage);
    expect([said.length, said[2]]).toEqual([3, await model.predict(iris.data)]);
  }

  const regressor = new HistGradientBoostingRegressor({ maxIter: 3, loss: 'poisson' });
  await regressor.fit(diabetes.data, diabetes.target);
  let last: ArrayLike<number> = [];
  for await (const stage of regressor.stagedPredict(diabetes.data)) last = stage;
  const predicted = await regressor.predict(diabetes.data);
  for (let i = 0; i < predicted.length; i++) expect(last[i] / predicted[i]).toBeCloseTo(1, 12);
});

test('gains that differ by a last bit make the same tree at any number of threads', async () => {
  // Column 8, of another task of the search than column 0, gains the more.
  const part = 167;
  const unit = 3935;
  const rows = Array.from({ length: 10 * part }, (_, i) =>
    Array.from({ length: 17 }, (_, j) => Number((j === 0 && i >= part) || (j === 8 && i >= 5 * part))),
  );
  const target = rows.map((_, i) => unit * (i < part ? 6 : i < 5 * part ? 1 : -2));
  for (const nJobs of [1, 2, 3]) {
    const model = new HistGradientBoostingRegressor({ maxIter: 1, maxLeafNodes: 2, nJobs });
    await model.fit(rows, target);
    expect(model.snapshot().fitted!.state.feature[0]).toBe(8);
  }
});

test('every instruction set learns the same bits', async () => {
  const script = `
    const { data, target } = boreal.loadDiabetes();
    const model = new boreal.HistGradientBoostingRegressor({ loss: 'gamma', maxIter: 10, randomState: 1 });
    await model.fit(data, target);
    const ranker = new boreal.HistGradientBoostingRanker({ maxIter: 10, sigmoid: 0.7, randomState: 1 });
    const qid = Array.from(target, (_, i) => Math.floor(i / 17));
    await ranker.fit(data, Array.from(target, (value) => Math.floor(value / 90)), { qid });
    const learned = [model, ranker].flatMap((fitted) => {
      const { values, threshold, feature } = fitted.snapshot().fitted.state;
      return [...values, ...threshold, ...feature];
    });
    console.log(JSON.stringify(learned));
  `;
  const [first, ...others] = await Promise.all(
    native.info().isas.map((isa) => evaluate<number[]>(script, { BOREAL_ISA: isa })),
  );
  for (const other of others) expect(other).toEqual(first);
});

test('what fails or is aborted gives its memory back at once', async () => {
  const create = vi.spyOn(native, 'boosterCreate');
  try {
    const failed = () => {
      throw new Error('of the caller');
    };
    for (const isAborted of [true, false]) {
      const stop = new AbortController();
      const onProgress = isAborted ? () => stop.abort() : failed;
      const model = new HistGradientBoostingRegressor({ maxIter: 1000 });
      const fit = model.fit(diabetes.data, diabetes.target, { signal: stop.signal, onProgress });
      await expect(fit).rejects.toThrow();
      const left = await create.mock.results.at(-1)!.value;
      expect(() => native.boosterScores(left, false)).toThrow(/has finished/);
    }
  } finally {
    create.mockRestore();
  }
});
