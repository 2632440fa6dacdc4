/** What the common checks and the golden files do not say of MLPClassifier and MLPRegressor. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Classes } from '../../lib/core/class-lists.js';
import { Random } from '../../lib/core/random.js';
import { type Label, load, loadIris, type Matrix, StandardScaler } from '../../lib/index.js';
import { MLPClassifier, MLPRegressor } from '../../lib/nn/index.js';

const { data, target } = loadIris();
const X = new StandardScaler().fit(data).then((scaler) => scaler.transform(data));
const small = { hiddenLayerSizes: [6], learningRateInit: 0.02, maxIter: 30, randomState: 1 };

afterEach(() => vi.restoreAllMocks());

describe('attributes', () => {
  test('of a classifier of three classes', async () => {
    const model = await new MLPClassifier(small).fit(await X, target);
    expect(model.coefs.map(({ rows, cols }) => [rows, cols])).toEqual([
      [4, 6],
      [6, 3],
    ]);
    expect(model.intercepts.map(({ length }) => length)).toEqual([6, 3]);
    expect([model.nLayers, model.nOutputs, model.outActivation]).toEqual([3, 3, 'softmax']);
    expect(model.nIter).toBe(30);
    expect(model.t).toBe(30 * 150);
    expect(model.converged).toBe(false);
    expect(model.loss).toBe(model.lossCurve[29]);
    expect(model.bestLoss).toBe(Math.min(...model.lossCurve));
    expect(model.validationScores).toHaveLength(0);
  });

  test('of a regressor without hidden layers, which is linear', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
    const y = rows.map(([a, b]) => 2 * a - 3 * b + 1);
    const model = await new MLPRegressor({ hiddenLayerSizes: [], solver: 'lbfgs', alpha: 0, tol: 1e-6 }).fit(
      rows,
      y,
    );
    expect(Array.from(model.coefs[0].data, (w) => Math.round(w * 1000) / 1000)).toEqual([2, -3]);
    expect(model.intercepts[0][0]).toBeCloseTo(1, 3);
    expect([model.nLayers, model.nOutputs, model.outActivation]).toEqual([2, 1, 'identity']);
    expect(model.converged).toBe(true);
    expect(model.lossCurve).toHaveLength(model.nIter);
  });
});

describe('ends', () => {
  test('when the loss stops falling', async () => {
    const model = await new MLPClassifier({ ...small, tol: 0.05, nIterNoChange: 2, maxIter: 500 }).fit(
      await X,
      target,
    );
    expect(model.converged).toBe(true);
    expect(model.nIter).toBeLessThan(500);
    const { lossCurve } = model;
    expect(model.loss).toBeGreaterThan(Math.min(...lossCurve.slice(0, -1)) - 0.05);
    expect(lossCurve[0] - model.loss).toBeGreaterThan(0.05);
  });

  test('early, with the weights of the best epoch', async () => {
    const params = { ...small, earlyStopping: true, maxIter: 400, nIterNoChange: 5, validationFraction: 0.3 };
    const model = await new MLPClassifier(params).fit(await X, target);
    const scores = Array.from(model.validationScores);
    expect(scores).toHaveLength(model.nIter);
    expect(model.bestValidationScore).toBe(Math.max(...scores));
    const best = scores.indexOf(model.bestValidationScore);
    // The same epochs again, up to the best one.
    const again = await new MLPClassifier({ ...params, maxIter: best + 1 }).fit(await X, target);
    expect(again.coefs.map((coef) => coef.data)).toEqual(model.coefs.map((coef) => coef.data));
  });

  test('when the learning rate has become too small', async () => {
    const params = {
      ...small,
      solver: 'sgd',
      learningRate: 'adaptive',
      tol: 1,
      nIterNoChange: 1,
      maxIter: 900,
    } as const;
    const model = await new MLPClassifier(params).fit(await X, target);
    // 0.02 / 5^7 is the first below 1e-6; each division takes two idle epochs.
    expect(model.converged).toBe(true);
    expect(model.nIter).toBeLessThan(30);
  });

  test('when onProgress says so', async () => {
    const onProgress = ({ done }: { done: number }) => done < 3;
    const model = await new MLPClassifier(small).fit(await X, target, { onProgress });
    expect(model.nIter).toBe(3);
  });

  test('with a warning when the loss is not finite', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const params = { ...small, solver: 'sgd', activation: 'identity', learningRateInit: 1e6 } as const;
    const rows = Array.from({ length: 50 }, (_, i) => [i * 1000]);
    const model = await new MLPRegressor(params).fit(
      rows,
      rows.map(([x]) => x),
    );
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/MLPRegressor: the loss is no longer finite in epoch \d/),
      'BorealWarning',
    );
    for (const { data: weights } of model.coefs) expect(weights.every(Number.isFinite)).toBe(true);
  });
});

describe('goes on', () => {
  test('with warmStart from the last weights', async () => {
    const model = await new MLPClassifier({ ...small, warmStart: true }).fit(await X, target);
    const before = model.loss;
    await model.fit(await X, target);
    expect(model.lossCurve[0]).toBeLessThan(before * 1.2);
    const others = Array.from(target, (code) => code + 1);
    await expect(model.fit(await X, others)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    model.setParams({ hiddenLayerSizes: [7] });
    await expect(model.fit(await X, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('with partialFit, by the classes of the first part', async () => {
    const rows = [[0], [1], [2], [3]];
    const one = await new MLPClassifier(small).partialFit(rows, ['a', 'b', 'a', 'b']);
    const part = (classes: Classes) => one.partialFit(rows, ['a', 'b', 'a', 'b'], { classes });
    await part(['b', 'a']);
    const twice = [
      ['a', 'b'],
      ['a', 'b'],
    ];
    for (const classes of [['a', 'b', 'c'], twice])
      await expect(part(classes)).rejects.toMatchObject({ code: 'ERR_LABELS' });
  });

  test('with partialFit, whose optimizer lives on', async () => {
    const rows = await X;
    const parts = new MLPClassifier({ ...small, shuffle: false });
    for (let epoch = 0; epoch < 5; epoch++) await parts.partialFit(rows, target);
    const whole = await new MLPClassifier({ ...small, shuffle: false, maxIter: 5 }).fit(rows, target);
    expect(parts.coefs.map((coef) => coef.data)).toEqual(whole.coefs.map((coef) => coef.data));
    expect(parts.lossCurve).toEqual(whole.lossCurve);
    const loaded = (await load(parts.toBytes())) as MLPClassifier;
    await loaded.partialFit(rows, target);
    expect(loaded.nIter).toBe(6);
    expect(loaded.loss).toBeLessThan(parts.loss);
  });

  test('with classes that come later', async () => {
    const model = new MLPClassifier({ ...small });
    await model.partialFit([[0], [1]], ['b', 'a'], { classes: ['c', 'b', 'a'] });
    expect(model.classes).toEqual(['a', 'b', 'c']);
    await model.partialFit([[2]], ['c']);
    await expect(model.partialFit([[2]], ['d'])).rejects.toMatchObject({ code: 'ERR_LABELS' });
    await expect(model.partialFit([[2], [3]], ['c'])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    expect(model.t).toBe(3);
  });
});

test('weights of rows count in the score of early stopping', async () => {
  const random = new Random(1);
  const rows = Array.from({ length: 200 }, () => [random.normal(), random.normal()]);
  // Half of the rows are noise, and weigh nothing.
  const y = rows.map(([a, b], i) => (i % 2 === 0 ? a - b : random.normal() * 10));
  const sampleWeight = rows.map((_, i) => (i % 2 === 0 ? 1 : 0));
  const params = { ...small, earlyStopping: true, maxIter: 200, validationFraction: 0.3 };
  const model = await new MLPRegressor(params).fit(rows, y, { sampleWeight });
  expect(model.bestValidationScore).toBeGreaterThan(0.9);
});

test('poisson regression predicts rates', async () => {
  const rows = Array.from({ length: 80 }, (_, i) => [i / 80]);
  const y = rows.map(([x], i) => Math.round(Math.exp(2 * x) + (i % 3) - 1));
  const model = await new MLPRegressor({
    hiddenLayerSizes: [5],
    loss: 'poisson',
    solver: 'lbfgs',
    randomState: 1,
  }).fit(rows, y);
  expect(model.outActivation).toBe('exponential');
  for (const rate of await model.predict([[-1], [0], [1]])) expect(rate).toBeGreaterThan(0);
  expect((await model.predict([[0.75]]))[0]).toBeCloseTo(Math.exp(1.5), 0);
  await expect(
    model.fit(
      rows,
      y.map((value) => value - 5),
    ),
  ).rejects.toMatchObject({ code: 'ERR_INPUT_NEGATIVE' });
});

describe('refuses', () => {
  test.each([
    ['a layer of no units', { hiddenLayerSizes: [0] }],
    ['a batch of none', { batchSize: 0 }],
    ['another solver', { solver: 'newton' as never }],
    ['a momentum above 1', { momentum: 1.5 }],
    ['early stopping of lbfgs', { solver: 'lbfgs' as const, earlyStopping: true }],
    ['no rows to validate', { earlyStopping: true, validationFraction: 0.999 }],
  ])('%s', async (_, params) => {
    await expect(
      new MLPClassifier({ ...small, ...params }).fit([[0], [1]], ['a', 'b']),
    ).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });

  test.each([
    ['lbfgs', { solver: 'lbfgs' as const }],
    ['early stopping', { earlyStopping: true }],
  ])('partialFit with %s', async (_, params) => {
    const model = new MLPClassifier({ ...small, ...params });
    await expect(model.partialFit([[0], [1]], ['a', 'b'])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    expect(model.isFitted).toBe(false);
  });

  test('a state whose parts do not agree', async () => {
    const model = await new MLPClassifier({ ...small, maxIter: 2 }).fit(await X, target);
    const { fitted } = model.snapshot();
    if (fitted === null) throw new Error('not fitted');
    for (const change of [
      { layerSizes: [4, 6, 2] },
      { layerSizes: [4, 5, 3] },
      { parameters: new Float32Array(1) },
    ]) {
      const state = { ...fitted.state, ...change };
      expect(() => new MLPClassifier(small).restore({ ...fitted, state } as never)).toThrow(
        expect.objectContaining({ code: 'ERR_PARAMETER' }),
      );
    }
  });
});

describe('several targets', () => {
  const flags = Array.from(target, (species, i) => [
    Number(species > 0),
    i % 5 === 0 ? 0 : Number(species > 1),
  ]);
  const petals = data.columns([2, 3]);

  test('labels have a sigmoid each', async () => {
    const params = { ...small, earlyStopping: true, maxIter: 100 };
    const model = await new MLPClassifier<Label[]>(params).fit(await X, flags);
    expect([model.nOutputs, model.outActivation]).toEqual([2, 'logistic']);
    expect(model.classes).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const proba = await model.predictProba(await X);
    const predicted = await model.predict(await X);
    expect(predicted).toEqual(proba.toArray().map((row) => row.map((p) => Number(p > 0.5))));
    expect(await model.score(await X, flags)).toBeGreaterThan(0.6);
    // The share of rows of which both labels are right.
    expect(model.validationScores.every((score) => Number.isInteger(Math.round(score * 15e6) / 1e6))).toBe(
      true,
    );
    const loaded = (await load(model.toBytes())) as typeof model;
    expect(await loaded.predict(await X)).toEqual(predicted);
    const { fitted } = model.snapshot();
    const classes = [[0, 1], [0]];
    const schema = fitted!.schema.withTarget({ kind: 'classes', classes });
    expect(() => model.clone().restore({ ...fitted!, state: { ...fitted!.state, classes }, schema })).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER' }),
    );
  });

  test('labels of two classes may be text, or lack one of 0 and 1', async () => {
    const named = flags.map(([a]) => [a === 1 ? 'yes' : 'no', 1, false]);
    const model = await new MLPClassifier<Label[]>(small).fit(await X, named);
    expect(model.classes).toEqual([
      ['no', 'yes'],
      [0, 1],
      [false, true],
    ]);
    const proba = await model.predictProba(await X);
    expect(proba.row(3)[1]).toBeGreaterThan(0.5);
    expect(proba.row(3)[2]).toBeLessThan(0.5);
    for (const odd of [Array.from(target, (species) => [species, 0]), flags.map(([a]) => [a, 'x'])])
      await expect(new MLPClassifier(small).fit(await X, odd)).rejects.toMatchObject({ code: 'ERR_LABELS' });
  });

  test('labels come part by part', async () => {
    const model = new MLPClassifier<Label[]>(small);
    const classes = [
      [0, 1],
      [0, 1],
    ];
    await model.partialFit((await X).slice(0, 20), flags.slice(0, 20), { classes });
    await model.partialFit(await X, flags);
    expect([model.nIter, model.classes.length]).toEqual([2, 2]);
    const refused: Array<[string, Promise<unknown>]> = [
      ['ERR_SHAPE', model.partialFit(await X, target)],
      ['ERR_SHAPE', model.partialFit(await X, flags.slice(1))],
      [
        'ERR_LABELS',
        model.partialFit(
          await X,
          flags.map(([a]) => [a, 2]),
        ),
      ],
      ['ERR_SHAPE', new MLPClassifier(small).partialFit(await X, flags, { classes: [0, 1] })],
    ];
    for (const [code, fit] of refused) await expect(fit).rejects.toMatchObject({ code });
  });

  test('numbers are outputs of one network', async () => {
    const params = { ...small, solver: 'lbfgs', maxIter: 200 } as const;
    const model = await new MLPRegressor<Matrix>(params).fit(await X, petals);
    expect(model.nOutputs).toBe(2);
    const predicted: Matrix = await model.predict(await X);
    expect([predicted.rows, predicted.cols]).toEqual([150, 2]);
    const errors = predicted.data.map((value, k) => (value - petals.data[k]) ** 2);
    const squares = model.coefs.flatMap(({ data: weights }) => [...weights]).map((w) => w * w);
    const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
    expect(model.loss).toBeCloseTo(sum(errors) / 600 + (0.5e-4 * sum(squares)) / 150, 6);
    expect(model.lossCurve.at(-1)).toBe(model.loss);
    expect(await model.score(await X, petals)).toBeGreaterThan(0.95);
    const stopped = await new MLPRegressor<Matrix>({ ...small, earlyStopping: true }).fit(await X, petals);
    expect(stopped.validationScores.at(-1)).toBeLessThan(1);
    const parts = await new MLPRegressor<Matrix>(small).partialFit(await X, petals);
    await expect(parts.partialFit(await X, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const negative = new MLPRegressor({ loss: 'poisson' }).fit(await X, [
      [1, -1],
      ...petals.toArray().slice(1),
    ]);
    await expect(negative).rejects.toMatchObject({ code: 'ERR_INPUT_NEGATIVE' });
  });
});
