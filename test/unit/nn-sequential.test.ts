/** Sequential: training, its options and events, and the faces of an estimator. */
import { describe, expect, test, vi } from 'vitest';
import {
  crossValScore,
  GridSearchCV,
  LogisticRegression,
  load,
  loadDiabetes,
  loadIris,
  Matrix,
  Pipeline,
  Plan,
  StandardScaler,
} from '../../lib/index.js';
import {
  adam,
  type Callback,
  dense,
  dropout,
  input,
  reshape,
  Sequential,
  type SequentialOptions,
  sgd,
  sparseCategoricalCrossentropy,
  type TrainingWarning,
} from '../../lib/nn/index.js';
import { serve } from '../../lib/serve/index.js';

const iris = loadIris();
const labels = Array.from(iris.target, (code) => iris.targetNames[code]);
const diabetes = loadDiabetes();
const scaledTarget = Array.from(diabetes.target, (value) => value / 100);

const classifier = (options: Partial<SequentialOptions> = {}) =>
  new Sequential([dense(12, { activation: 'relu' }), dense(3, { activation: 'softmax' })], {
    ...{ optimizer: adam({ learningRate: 0.02 }), loss: 'sparseCategoricalCrossentropy', randomState: 3 },
    ...{ metrics: ['accuracy'], batchSize: 16 },
    ...options,
  });
const line = (options: Partial<SequentialOptions> = {}) =>
  new Sequential([dense(1)], { optimizer: 'sgd', loss: 'mse', randomState: 1, ...options });
const X1 = [[0], [1], [2], [3]];
const y1 = [1, 3, 5, 7];
const refusal = (code: string, message?: RegExp) =>
  expect.objectContaining({ code, ...(message && { message: expect.stringMatching(message) }) });

describe('compile', () => {
  test('tells training from plans by the options', async () => {
    const model = new Sequential([input([4]), dense(3)]);
    expect(model.compile({ optimizer: 'sgd', loss: 'mse' })).toBe(model);
    expect(model.params.optimizer).toEqual(sgd());
    model.build();
    expect(model.compile()).toBeInstanceOf(Plan);
    expect(model.compile({ precision: 'float32' }).precision).toBe('float32');
    expect(() => model.compile({ loss: 'mse', precision: 'float32' } as never)).toThrow(
      refusal('ERR_PARAMETER', /precision/),
    );
    expect(() => model.compile({ loss: 'mean' as 'mse' })).toThrow(refusal('ERR_PARAMETER', /mean/));
    expect(() => model.compile({ loss: 'mse', metrics: ['fame' as 'auc'] })).toThrow(
      refusal('ERR_PARAMETER'),
    );
  });

  test('layers can be added until there are weights', () => {
    const model = new Sequential()
      .add(input([2]))
      .add(dense(3))
      .add(dense(1));
    expect(model.countParams()).toBe(13);
    model.build();
    expect(model.outputShape).toEqual([1]);
    expect(() => model.add(dense(1))).toThrow(refusal('ERR_NOT_SUPPORTED'));
  });
});

describe('fit', () => {
  test('goes on from the weights it has, from the epoch it is told', async () => {
    const once = classifier({ shuffle: false });
    await once.fit(iris.data, iris.target, { epochs: 6, verbose: 0 });
    const twice = classifier({ shuffle: false });
    await twice.fit(iris.data, iris.target, { epochs: 3, verbose: 0 });
    await twice.fit(iris.data, iris.target, { epochs: 6, initialEpoch: 3, verbose: 0 });
    expect(twice.getWeights()).toEqual(once.getWeights());
    expect(twice.history.epoch).toEqual([3, 4, 5]);
  });

  test('goes on after save and load as if nothing had been, moments and shuffling too', async () => {
    const model = classifier();
    await model.fit(iris.data, iris.target, { epochs: 3, verbose: 0 });
    const copy = (await load(model.toBytes())) as Sequential;
    expect(copy).toBeInstanceOf(Sequential);
    expect(await copy.predict(iris.data)).toEqual(await model.predict(iris.data));
    for (const each of [model, copy]) await each.fit(iris.data, iris.target, { epochs: 2, verbose: 0 });
    expect(copy.getWeights()).toEqual(model.getWeights());
    expect(copy.history.history).toEqual(model.history.history);
  });

  test('starts anew when it has been given other layers', async () => {
    const model = classifier();
    await model.fit(iris.data, iris.target, { verbose: 0 });
    model.setParams({ layers: [dense(3, { activation: 'softmax' })] });
    await model.predict(iris.data);
    await model.fit(iris.data, iris.target, { verbose: 0 });
    expect(model.getWeights().map((weights) => weights.length)).toEqual([12, 3]);
  });

  test('holds out the last rows, or validates on others every so often', async () => {
    const model = line();
    await model.fit(X1, y1, { epochs: 4, validationSplit: 0.25, validationFreq: 2, verbose: 0 });
    expect(model.history.history.valLoss).toHaveLength(2);
    const weights = model.getWeights();
    const loss = (await model.evaluate([[3]], [7])).loss;
    expect(loss).toBeCloseTo(model.history.history.valLoss[1], 5);
    expect(model.getWeights()).toEqual(weights);
    await model.fit(X1, y1, { validationData: [[[1]], [3], [2]], validationSplit: 0.5, verbose: 0 });
    expect(model.history.history.valLoss).toHaveLength(1);
    await expect(model.fit(X1, y1, { validationSplit: 0.1, verbose: 0 })).resolves.toBe(model);
    await expect(model.fit([[1]], [1], { validationSplit: 0.5 })).rejects.toEqual(
      refusal('ERR_PARAMETER', /validationSplit/),
    );
  });

  test('class weights are sample weights by label', async () => {
    const byClass = classifier({ shuffle: false, epochs: 3 });
    const weights = { setosa: 2, versicolor: 1, virginica: 0.5 };
    await byClass.fit(iris.data, labels, { classWeight: weights, verbose: 0 });
    const bySample = classifier({ shuffle: false, epochs: 3 });
    const sampleWeight = labels.map((label) => weights[label as 'setosa']);
    await bySample.fit(iris.data, labels, { sampleWeight, verbose: 0 });
    expect(byClass.getWeights()).toEqual(bySample.getWeights());
    const plain = classifier({ shuffle: false, epochs: 3 });
    await plain.fit(iris.data, labels, { classWeight: 'balanced', verbose: 0 });
    expect(plain.getWeights()).not.toEqual(bySample.getWeights());
    await expect(classifier().fit(iris.data, labels, { classWeight: { rose: 1 } })).rejects.toEqual(
      refusal('ERR_PARAMETER', /rose/),
    );
    await expect(line().fit(X1, y1, { classWeight: { 1: 2 } })).rejects.toEqual(
      refusal('ERR_PARAMETER', /classifier/),
    );
  });

  test('forms of X and y', async () => {
    const image = new Sequential([input([2, 2, 1]), reshape([4]), dense(3, { activation: 'softmax' })], {
      ...{ loss: 'categoricalCrossentropy', randomState: 1, shuffle: false },
    });
    const oneHot = Array.from(iris.target, (code) => [0, 1, 2].map((k) => Number(k === code)));
    const nested = iris.data.toArray().map(([a, b, c, d]) => [
      [[a], [b]],
      [[c], [d]],
    ]);
    const tensor = { data: Float32Array.from(iris.data.data), shape: [150, 2, 2, 1] };
    const models: Sequential[] = [];
    for (const X of [iris.data.astype('float32'), nested, tensor]) {
      for (const y of [
        oneHot,
        Matrix.from(oneHot),
        { data: Float32Array.from(oneHot.flat()), shape: [150, 3] },
      ]) {
        models.push(await image.clone().fit(X, y, { verbose: 0 }));
      }
    }
    for (const model of models) expect(model.getWeights()).toEqual(models[0].getWeights());
    expect((await models[0].predict(tensor)).data).toEqual((await models[0].predict(nested)).data);
    const endless: unknown[] = [];
    endless.push(endless);
    await expect(models[0].predict(endless as never)).rejects.toEqual(refusal('ERR_SHAPE'));
    await expect(models[0].predict({ ...tensor, shape: [150, 4, 1, 2] } as never)).rejects.toEqual(
      refusal('ERR_SHAPE'),
    );
    await expect(image.clone().fit([[[[1], [2]]], [[[1]]]], oneHot)).rejects.toEqual(refusal('ERR_SHAPE'));
    await expect(image.clone().fit([[[['a']]]] as never, oneHot)).rejects.toEqual(refusal('ERR_DTYPE'));
  });

  test('labels of any type; those of a model that has learned stay', async () => {
    const model = classifier({ epochs: 30 });
    await model.fit(iris.data, labels, { verbose: 0 });
    expect(model.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(await model.score(iris.data, labels)).toBeGreaterThan(0.9);
    expect((await model.predictTarget(iris.data.slice(0, 1)))[0]).toBe('setosa');
    expect(model.predictTargetSync(iris.data.slice(0, 1))).toEqual(['setosa']);
    const few = labels.map((label) => (label === 'setosa' ? 'setosa' : 'virginica'));
    await model.fit(iris.data, few, { verbose: 0 });
    expect(model.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    await expect(model.fit(iris.data, iris.target)).rejects.toEqual(refusal('ERR_LABELS'));
    // Whole numbers below the number of outputs are classes themselves: one may be missing.
    const codes = Array.from(iris.target, (code) => (code === 1 ? 2 : code));
    expect((await classifier().fit(iris.data, codes, { verbose: 0 })).classes).toEqual([0, 1, 2]);
    await expect(classifier().fit(iris.data, few)).rejects.toEqual(
      refusal('ERR_LABELS', /2 labels.*3 outputs/),
    );
  });

  test('a table finds its columns by name', async () => {
    const model = line({ shuffle: false });
    const table = { a: [0, 1, 2, 3], b: [1, 0, 1, 0] };
    await model.fit(table, y1, { verbose: 0 });
    const again = line({ shuffle: false });
    await again.fit(table, y1, { verbose: 0 });
    await again.fit(table, y1, { verbose: 0 });
    await model.fit({ b: table.b, a: table.a }, y1, { verbose: 0 });
    expect(model.getWeights()).toEqual(again.getWeights());
    expect(model.featureNamesIn).toEqual(['a', 'b']);
  });

  test.each<[string, RegExp, (model: Sequential) => Promise<unknown>]>([
    ['ERR_PARAMETER', /epochs/, (m) => m.fit(X1, y1, { epochs: 1.5 })],
    ['ERR_PARAMETER', /batchSize/, (m) => m.fit(X1, y1, { batchSize: 0 })],
    ['ERR_PARAMETER', /validationSplit/, (m) => m.fit(X1, y1, { validationSplit: 1 })],
    ['ERR_PARAMETER', /callbacks/, (m) => m.fit(X1, y1, { callbacks: [1 as never] })],
    ['ERR_PARAMETER', /verbose/, (m) => m.fit(X1, y1, { verbose: 3 as never })],
    ['ERR_PARAMETER', /patience/, (m) => m.fit(X1, y1, { patience: 3 } as never)],
    ['ERR_PARAMETER', /validationData/, (m) => m.fit(X1, y1, { validationData: [X1] as never })],
    ['ERR_PARAMETER', /needs y/, (m) => m.fit(X1)],
    ['ERR_SHAPE', /4 rows.*1 values/, (m) => m.fit(X1, [1])],
    [
      'ERR_SHAPE',
      /\[4, 2\]/,
      (m) =>
        m.fit(
          X1,
          X1.map(() => [1, 2]),
        ),
    ],
    ['ERR_SHAPE', /sampleWeight/, (m) => m.fit(X1, y1, { validationData: [X1, y1, [1]] })],
    [
      'ERR_INPUT_NAN',
      /validation|NaN|missing/,
      (m) => m.fit(X1, y1, { validationData: [[[Number.NaN]], [1]] }),
    ],
    ['ERR_PARAMETER', /no loss/, (m) => m.setParams({ loss: null }).fit(X1, y1)],
    [
      'ERR_SHAPE',
      /sparse/,
      (m) => m.setParams({ loss: 'sparseCategoricalCrossentropy' }).fit(X1, [0, 1, 0, 1]),
    ],
    ['ERR_PARAMETER', /'loss'/, (m) => m.setParams({ metrics: [{ type: 'auc', name: 'loss' }] }).fit(X1, y1)],
  ])('%s %s', async (code, message, fit) => {
    await expect(fit(line())).rejects.toEqual(refusal(code, message));
  });

  test('one at a time', async () => {
    const model = line();
    const first = model.fit(X1, y1, { epochs: 5, verbose: 0 });
    await expect(model.fit(X1, y1)).rejects.toEqual(refusal('ERR_NOT_SUPPORTED', /already/));
    await first;
    await model.fit(X1, y1, { verbose: 0 });
  });

  test('abort within an epoch leaves a model that predicts and goes on', async () => {
    const rows = 20_000;
    const X = new Matrix(
      new Float32Array(rows * 64).map((_, k) => Math.sin(k)),
      rows,
      64,
    );
    const y = Float32Array.from({ length: rows }, (_, i) => X.data[i * 64]);
    const model = new Sequential([dense(64, { activation: 'relu' }), dense(1)], {
      loss: 'mse',
      batchSize: 8,
      randomState: 1,
    });
    const controller = new AbortController();
    let seen = 0;
    const callback: Callback = {
      onBatchEnd: (batch) => {
        if (batch > 3) controller.abort();
        seen = batch;
      },
    };
    const fitting = model.fit(X, y, {
      epochs: 50,
      callbacks: [callback],
      signal: controller.signal,
      verbose: 0,
    });
    await expect(fitting).rejects.toEqual(refusal('ERR_ABORTED'));
    expect(seen).toBeGreaterThan(3);
    expect(model.isFitted).toBe(true);
    const weights = model.getWeights();
    expect(weights.every((values) => values.every(Number.isFinite))).toBe(true);
    expect((await model.predict(X.slice(0, 2))).rows).toBe(2);
    await model.fit(X.slice(0, 16), y.slice(0, 16), { verbose: 0 });
    expect(model.getWeights()).not.toEqual(weights);
  });

  test('a loss of NaN ends the training with a warning, and the model keeps good weights', async () => {
    const model = line({ optimizer: sgd({ learningRate: 1e20 }) });
    const warnings: TrainingWarning[] = [];
    const options = {
      epochs: 40,
      verbose: 0,
      onWarning: (warning: TrainingWarning) => void warnings.push(warning),
    } as const;
    await model.fit(X1, y1, options);
    expect(warnings).toHaveLength(1);
    expect(warnings[0].message).toMatch(/NaN or infinite.*learning rate/s);
    expect(model.history.epoch.length).toBeLessThan(40);
    expect(model.getWeights().every((values) => values.every(Number.isFinite))).toBe(true);
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await model.fit(X1, y1, { epochs: 40, verbose: 0 });
    expect(emitted).toHaveBeenCalledTimes(1);
    emitted.mockRestore();
  });

  test('progress is told, and may end the training', async () => {
    const model = line();
    const fractions: number[] = [];
    await model.fit(X1, y1, {
      ...{ epochs: 10, validationSplit: 0.25, verbose: 0 },
      onProgress: ({ fraction, trainLoss, validationLoss }) => {
        expect(trainLoss).toBeGreaterThanOrEqual(0);
        if (validationLoss !== undefined) fractions.push(fraction);
        return fractions.length < 3;
      },
    });
    expect(fractions).toEqual([0.1, 0.2, 0.3]);
    expect(model.history.epoch).toEqual([0, 1, 2]);
  });
});

describe('metrics', () => {
  test('of predictions agree with their definitions', async () => {
    const logits = new Sequential([input([1]), dense(1, { activation: 'sigmoid' })], {
      loss: 'binaryCrossentropy',
      metrics: ['accuracy', 'auc', 'precision', 'recall', 'f1Score', 'rmse'],
    }).build();
    logits.setWeights([[1], [0]]);
    const X = [[-2], [-1], [0.5], [1], [2], [-0.5]];
    const y = [0, 1, 0, 1, 1, 0];
    const { loss, ...found } = await logits.evaluate(X, y);
    // Above 1/2: rows 2, 3 and 4. Pairs in order: of 1 and 0, (1: 1 of 3), (3: 3), (4: 3).
    expect(found.accuracy).toBeCloseTo(4 / 6, 6);
    expect(found.auc).toBeCloseTo(7 / 9, 6);
    expect([found.precision, found.recall, found.f1Score].map((v) => v.toFixed(5))).toEqual([
      '0.66667',
      '0.66667',
      '0.66667',
    ]);
    const p = X.map(([x]) => 1 / (1 + Math.exp(-x)));
    const mse = y.reduce((sum, t, i) => sum + (t - p[i]) ** 2, 0) / 6;
    expect(found.rmse).toBeCloseTo(Math.sqrt(mse), 6);
    const weighted = await logits.evaluate(X, y, { sampleWeight: [0, 0, 0, 1, 1, 1], batchSize: 2 });
    expect(weighted.auc).toBe(1);
    expect(loss).toBeCloseTo(y.reduce((sum, t, i) => sum - Math.log(t ? p[i] : 1 - p[i]), 0) / 6, 5);
    await expect(logits.evaluate(X, y, { rows: 1 } as never)).rejects.toEqual(
      refusal('ERR_PARAMETER', /rows/),
    );
  });

  test('top k, R2, cosine and percentage', async () => {
    const wide = new Sequential([input([3]), dense(3)], {
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      metrics: [{ type: 'sparseTopKCategoricalAccuracy', k: 2, name: 'top2' }, 'accuracy'],
    }).build();
    wide.setWeights([
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
      [0, 0, 0],
    ]);
    const found = await wide.evaluate(
      [
        [3, 2, 1],
        [3, 2, 1],
        [3, 2, 1],
        [1, 2, 3],
      ],
      [0, 1, 2, 2],
    );
    expect([found.top2, found.accuracy]).toEqual([0.75, 0.5]);
    const numbers = new Sequential([input([2]), dense(2)], {
      ...{ loss: 'mse', metrics: ['r2Score', 'cosineSimilarity', 'mape', 'mae'] },
    }).build();
    numbers.setWeights([
      [1, 0, 0, 1],
      [0, 0],
    ]);
    const two = await numbers.evaluate(
      [
        [1, 2],
        [3, 5],
      ],
      [
        [1, 2],
        [2, 4],
      ],
    );
    expect(two.r2Score).toBeCloseTo((1 - 1 / 0.5 + (1 - 1 / 2)) / 2, 6);
    expect(two.cosineSimilarity).toBeCloseTo((1 + 26 / (Math.sqrt(34) * Math.sqrt(20))) / 2, 6);
    expect(two.mape).toBeCloseTo((100 * (0.5 + 0.25)) / 4, 4);
    expect(two.mae).toBeCloseTo(0.5, 6);
  });

  test('stand in the history beside the loss, in order', async () => {
    const model = classifier({ metrics: ['accuracy', { type: 'sparseTopKCategoricalAccuracy', k: 2 }] });
    await model.fit(iris.data, iris.target, { epochs: 2, validationSplit: 0.2, verbose: 0 });
    expect(Object.keys(model.history.history)).toEqual([
      ...['loss', 'accuracy', 'sparseTopKCategoricalAccuracy'],
      ...['valLoss', 'valAccuracy', 'valSparseTopKCategoricalAccuracy'],
    ]);
  });
});

describe('as an estimator', () => {
  test('kinds and outputs go by loss and outputs', async () => {
    const kinds = (units: number, loss: SequentialOptions['loss']) =>
      new Sequential([dense(units)], { loss }).kind;
    expect(kinds(3, 'sparseCategoricalCrossentropy')).toBe('classifier');
    expect(kinds(1, 'binaryCrossentropy')).toBe('classifier');
    expect(kinds(3, 'binaryCrossentropy')).toBe('transformer');
    expect(kinds(1, 'mse')).toBe('regressor');
    expect(kinds(2, 'mse')).toBe('transformer');
    expect(kinds(2, null)).toBe('transformer');
  });

  test('logits give probabilities and labels that agree', async () => {
    const y = labels.map((label) => (label === 'setosa' ? 'yes' : 'no'));
    const one = new Sequential([dense(1)], {
      ...{
        loss: { type: 'binaryCrossentropy', fromLogits: true, labelSmoothing: 0 },
        optimizer: adam({ learningRate: 0.1 }),
      },
      ...{ epochs: 30, randomState: 1 },
    });
    await one.fit(iris.data, y, { verbose: 0 });
    const proba = await one.predictProba(iris.data);
    expect((await one.predictLogProba(iris.data)).data).toEqual(proba.data.map(Math.log));
    const raw = await one.predict(iris.data);
    const found = (await one.predictTarget(iris.data)) as string[];
    for (let i = 0; i < 150; i++) {
      const [no, yes] = proba.row(i);
      expect(yes).toBeCloseTo(1 / (1 + Math.exp(-raw.data[i])), 6);
      expect(no + yes).toBeCloseTo(1, 6);
      expect(found[i]).toBe(yes > no ? 'yes' : 'no');
    }
    expect(await one.score(iris.data, y)).toBeGreaterThan(0.95);
    const three = new Sequential([dense(3)], {
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      randomState: 1,
    });
    await three.fit(iris.data, labels, { verbose: 0 });
    expect(three.predictProbaSync(iris.data).sum(1)).toSatisfy((sums: ArrayLike<number>) =>
      Array.from(sums).every((sum) => Math.abs(sum - 1) < 1e-6),
    );
  });

  test('several numbers come as columns, and feed what follows in a pipeline', async () => {
    const y = scaledTarget.map((value, i) => [value, diabetes.data.data[i * 10]]);
    const model = new Sequential([dense(2)], { loss: 'mse', randomState: 1 });
    await model.fit(diabetes.data, y, { verbose: 0 });
    expect(model.getFeatureNamesOut()).toEqual(['output0', 'output1']);
    expect((await model.transform(diabetes.data)).cols).toBe(2);
    expect(() => model.classes).toThrow(refusal('ERR_NOT_SUPPORTED'));
    await expect(model.predictTarget(diabetes.data)).rejects.toEqual(refusal('ERR_NOT_SUPPORTED'));
  });

  test('stands at the end of a pipeline, in searches and in cross-validation', async () => {
    const make = () =>
      new Pipeline([
        ['scale', new StandardScaler()],
        ['net', classifier({ epochs: 15 })],
      ]);
    const pipeline = await make().fit(iris.data, labels);
    expect(pipeline.kind).toBe('classifier');
    expect(await pipeline.score(iris.data, labels)).toBeGreaterThan(0.9);
    expect((await pipeline.predictProba(iris.data)).cols).toBe(3);
    const copy = await load(pipeline.toBytes());
    expect(await copy.predict(iris.data)).toEqual(await pipeline.predict(iris.data));
    const scores = await crossValScore(classifier({ epochs: 15 }), iris.data, labels, {
      cv: 3,
      scoring: 'accuracy',
    });
    expect(Math.min(...scores)).toBeGreaterThan(0.8);
    const search = new GridSearchCV(
      line({ epochs: 40, shuffle: false }),
      { optimizer: [sgd({ learningRate: 1e-9 }), sgd({ learningRate: 0.1 })] },
      { cv: 2 },
    );
    await search.fit([...X1, ...X1], [...y1, ...y1]);
    expect((search.bestParams.optimizer as { learningRate: number }).learningRate).toBe(0.1);
    const features = new Pipeline([
      ['net', classifier({ epochs: 20 })],
      ['model', new LogisticRegression()],
    ]);
    await features.fit(iris.data, labels);
    expect(await features.score(iris.data, labels)).toBeGreaterThan(0.9);
  });

  test('serves', async () => {
    const model = await classifier({ epochs: 30 }).fit(iris.data, labels, { verbose: 0 });
    const server = await serve(model, { port: 0 });
    try {
      const answer = await fetch(`${server.url}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(
          Object.fromEntries(model.featureNamesIn.map((name, j) => [name, [5.1, 3.5, 1.4, 0.2][j]])),
        ),
      });
      expect(await answer.json()).toMatchObject({ prediction: 'setosa' });
    } finally {
      await server.close();
    }
  });

  test('a file with weights that do not fit the layers is refused', async () => {
    const model = await line().fit(X1, y1, { verbose: 0 });
    const { fitted } = model.snapshot();
    const state = fitted!.state;
    const bad = [
      { ...state, weights: state.weights.slice(1) },
      { ...state, weights: [new Float32Array(9), state.weights[1]] },
      { ...state, inputShape: [2] },
      { ...state, inputShape: [1, -1] },
      { ...state, classes: [1, 2, 3] },
      { ...state, moments: 'none' as never },
      { ...state, moments: new Float32Array(7) },
    ];
    for (const each of bad) {
      expect(() => {
        const copy = line();
        copy.restore({ ...fitted!, state: each });
        copy.compile();
      }).toThrow(expect.objectContaining({ code: expect.stringMatching(/ERR_(PARAMETER|SHAPE)/) }));
    }
  });

  test('weights can be read and set before any training', async () => {
    const model = new Sequential([input([2]), dense(1), dropout(0.5)]);
    expect(() => model.getWeights()).toThrow(refusal('ERR_NOT_FITTED'));
    model.setWeights([[1, 2], [3]]);
    expect(model.predictSync([[10, 100]]).toArray()).toEqual([[213]]);
    expect(() => model.setWeights([[1, 2]])).toThrow(refusal('ERR_SHAPE'));
    expect(() => model.setWeights(5 as never)).toThrow(refusal('ERR_SHAPE'));
    expect(() => model.setWeights([['a', 'b'], [3]] as never)).toThrow(refusal('ERR_DTYPE'));
    for (const shape of [[0], [], 'x', [1.5]]) {
      expect(() => new Sequential([dense(1)]).build(shape as number[])).toThrow(
        refusal('ERR_PARAMETER', /build/),
      );
    }
    expect(() => new Sequential([dense(1)]).setWeights([[1], [1]])).toThrow(
      refusal('ERR_NOT_FITTED', /input\(shape\)/),
    );
    expect(model.weightNames).toEqual(['dense/kernel', 'dense/bias']);
  });
});
