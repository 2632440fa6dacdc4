/** Targets of several columns: what goes around the models that learn them. */
import { describe, expect, test } from 'vitest';
import {
  BayesianRidge,
  ClassifierChain,
  ColumnTransformer,
  CsrMatrix,
  crossValidate,
  crossValPredict,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  DummyRegressor,
  exportONNX,
  GaussianNB,
  GridSearchCV,
  GroupKFold,
  importONNX,
  KFold,
  KNeighborsClassifier,
  LinearRegression,
  LogisticRegression,
  learningCurve,
  load,
  loadIris,
  Matrix,
  MultiOutputClassifier,
  MultiOutputRegressor,
  MultiTaskLasso,
  makePipeline,
  OneHotEncoder,
  partialDependence,
  permutationImportance,
  RandomForestRegressor,
  RegressorChain,
  Ridge,
  RidgeCV,
  SelectFromModel,
  SGDRegressor,
  StandardScaler,
  TransformedTargetRegressor,
  trainTestSplit,
  treeShap,
  VotingRegressor,
} from '../../lib/index.js';
import { decoderOf } from '../../lib/serve/model/decode.js';
import { putTogether, takeApart } from '../support/model-files.js';

const { data, target } = loadIris();
const X = data.columns([0, 1]);
const Y = data.columns([2, 3]);
const columns = [0, 1].map((t) => Array.from(Y.columns([t]).data));
const flags = Array.from(target, (species) => [Number(species > 0), Number(species > 1)]);

describe('one mechanism', () => {
  test('a matrix of targets is what the list of its rows is, and may change while a fit works', async () => {
    for (const y of [Y.copy(), Y.astype('float32')]) {
      const rows = y.toArray();
      for (const make of [() => new Ridge<Matrix>(), () => new MultiTaskLasso({ alpha: 0.01 })]) {
        const listed = await make().fit(X, rows);
        const own = y.copy();
        const fit = make().fit(X, own);
        own.data.fill(0);
        expect((await fit).coef).toEqual(listed.coef);
      }
    }
  });

  test('targets at once are targets one by one', async () => {
    for (const make of [() => new LinearRegression<Matrix>(), () => new Ridge<Matrix>({ alpha: 3 })]) {
      const both = await make().fit(X, Y);
      for (const [t, y] of columns.entries()) {
        const one = await (make() as unknown as Ridge).fit(X, y);
        const own = both.coef.row(t);
        for (const [j, coef] of one.coef.entries()) expect(own[j]).toBeCloseTo(coef, 10);
        expect(both.intercept[t]).toBeCloseTo(one.intercept, 10);
      }
    }
  });

  test('each target has its own strength', async () => {
    // By sums of products, by a factor of many rows, and of few.
    const wide = Matrix.from(data.toArray().map((row) => row.flatMap((v, j) => [v, v * v, Math.sin(v + j)])));
    for (const [x, rows] of [
      [X, 150],
      [wide, 150],
      [wide, 9],
    ] as const) {
      const own = x.slice(0, rows);
      for (const alpha of [
        [3, 0.5],
        [0, 2],
        [2, 2],
      ]) {
        const both = await new Ridge<Matrix>({ alpha }).fit(own, Y.slice(0, rows));
        for (const [t, y] of columns.entries()) {
          const one = await new Ridge({ alpha: alpha[t] }).fit(own, y.slice(0, rows));
          for (const [j, coef] of one.coef.entries()) expect(both.coef.row(t)[j]).toBeCloseTo(coef, 9);
          expect(both.intercept[t]).toBeCloseTo(one.intercept, 9);
        }
      }
    }
  });

  test('sparse rows are learned target by target', async () => {
    const sparse = CsrMatrix.from(X);
    const dense = await new Ridge<Matrix>({ alpha: [1, 5] }).fit(X, Y);
    const model = await new Ridge<Matrix>({ alpha: [1, 5], tol: 1e-12 }).fit(sparse, Y);
    for (const [k, coef] of dense.coef.data.entries()) expect(model.coef.data[k]).toBeCloseTo(coef, 6);
    expect((await model.predict(sparse)).cols).toBe(2);
    const each = await new MultiOutputRegressor(new Ridge({ tol: 1e-12 })).fit(sparse, Y);
    expect((await each.predict(sparse)).cols).toBe(2);
    const chain = await new RegressorChain(new Ridge()).fit(sparse, Y);
    expect((await chain.predict(sparse)).cols).toBe(2);
  });

  test('pipelines, searches and folds hand them on', async () => {
    const pipeline = makePipeline(new StandardScaler(), new Ridge<Matrix>());
    const search = new GridSearchCV(pipeline, { ridge__alpha: [0.1, 10] }, { cv: 3 });
    await search.fit(X, Y);
    const predicted: Matrix = await search.predict(X);
    expect([predicted.rows, predicted.cols]).toEqual([150, 2]);
    expect(await search.score(X, Y)).toBeGreaterThan(0.7);
    const { testScore } = await crossValidate(pipeline, X, Y, {
      cv: 3,
      scoring: ['r2', 'negMeanSquaredError'],
    });
    expect(testScore.r2.every(Number.isFinite)).toBe(true);
    const unseen: Matrix = await crossValPredict(pipeline, X, { a: columns[0], b: columns[1] }, { cv: 3 });
    expect([unseen.rows, unseen.cols]).toEqual([150, 2]);
    expect(Array.from(unseen.row(149))).not.toEqual(Array.from(predicted.row(149)));
    const { importancesMean } = await permutationImportance(search, X, Y, { randomState: 0 });
    expect(importancesMean[0]).toBeGreaterThan(importancesMean[1]);
  });

  test('splits keep the form of y', () => {
    const matrix = trainTestSplit(X, Y, { randomState: 0 });
    expect(matrix.yTest).toBeInstanceOf(Matrix);
    const table = trainTestSplit(X, { a: columns[0], b: columns[1] }, { randomState: 0 });
    expect(table.yTest.a).toEqual(Array.from(matrix.yTest.columns([0]).data));
    const rows = trainTestSplit(X, Y.toArray(), { randomState: 0 });
    expect(rows.yTest).toEqual(matrix.yTest.toArray());
    expect(() => trainTestSplit(X, Y.slice(0, 100))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  test('a model of three targets, saved, knows that it has three', async () => {
    const three = Matrix.from(Y.toArray().map(([a, b]) => [a, b, a * b]));
    const model = await new TransformedTargetRegressor<Matrix>(new Ridge(), {
      transformer: new StandardScaler(),
    }).fit(X, three);
    const loaded = await load(model.toBytes());
    expect(loaded.schema.target).toEqual({ kind: 'numbers', count: 3 });
    const [prediction] = [decoderOf(loaded.schema.target)(Float64Array.of(1, 2, 3), 0)];
    expect(prediction).toEqual({ prediction: [1, 2, 3] });
    const back = importONNX(exportONNX(model, { precision: 'float64' }));
    expect(back.compile().outputWidth).toBe(3);
  });

  test('a file whose schema has another number of targets than its model is refused', async () => {
    for (const Model of [RandomForestRegressor, DecisionTreeRegressor, LinearRegression, DummyRegressor]) {
      const parts = takeApart((await new Model().fit(X, Y)).toBytes());
      for (const target of [{ kind: 'number' }, { kind: 'numbers', count: 3 }]) {
        parts.document.model.fitted.schema.target = target;
        await expect(load(putTogether(parts))).rejects.toThrow(
          expect.objectContaining({ code: 'ERR_MODEL_FILE', message: expect.stringContaining('2 targets') }),
        );
      }
    }
  });

  test('a file whose schema has another target than its model is refused', async () => {
    const one = Y.columns([0]).data;
    const labels = Array.from(one, (_, i) => (i % 2 === 0 ? 'a' : 'b'));
    const models = [
      await new LogisticRegression().fit(X, labels),
      await new LinearRegression().fit(X, one),
      await new StandardScaler().fit(X),
    ];
    for (const model of models) {
      const parts = takeApart(model.toBytes());
      for (const classes of [
        ['a', 'b', 'c'],
        ['b', 'a'],
      ]) {
        parts.document.model.fitted.schema.target = { kind: 'class', classes };
        await expect(load(putTogether(parts))).rejects.toMatchObject({ code: 'ERR_MODEL_FILE' });
      }
    }
  });

  test('selection of columns weighs them over all targets', async () => {
    const select = await new SelectFromModel(new Ridge(), { maxFeatures: 1, threshold: -1 }).fit(X, Y);
    expect(Array.from(select.getSupport())).toEqual([true, false]);
  });

  test('trees of several targets have all that trees of one have', async () => {
    const params = { nEstimators: 40, bootstrap: true, oobScore: true, randomState: 1, warmStart: true };
    const forest = await new RandomForestRegressor<Matrix>({ ...params, nEstimators: 10 }).fit(X, Y);
    forest.setParams(params);
    await forest.fit(X, Y);
    const whole = await new RandomForestRegressor<Matrix>(params).fit(X, Y);
    const predicted = await forest.predict(X);
    expect(predicted).toEqual(await whole.predict(X));
    expect(forest.oobPrediction.cols).toBe(2);
    expect(forest.oobScore).toBeGreaterThan(0.6);
    const [first] = forest.estimators;
    expect(first.tree.value.cols).toBe(2);
    expect((await first.predict(X)).cols).toBe(2);
    const { values, baseValue } = await treeShap(forest, X);
    const sum = (t: number) => values[t].row(7).reduce((total, value) => total + value, baseValue[t]);
    for (const t of [0, 1]) expect(sum(t)).toBeCloseTo(predicted.row(7)[t], 9);
    expect(forest.outputs).not.toContain('interval');
    await expect(forest.predictInterval(X)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const pipeline = await makePipeline(new StandardScaler(), forest.clone()).fit(X, Y);
    expect(() => pipeline.compile({ output: 'interval' })).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }),
    );
    const one = await new RandomForestRegressor({ nEstimators: 5, randomState: 1 }).fit(X, columns[0]);
    expect((await one.predictInterval(X)).lower.length).toBe(150);
  });

  test('8 bits lose little of several targets', async () => {
    const model = await makePipeline(new StandardScaler(), new Ridge<Matrix>()).fit(data, Y);
    const plan = model.compile().quantize({ calibrate: data, y: Y.toArray() });
    expect(plan.quantization?.metric).toBe('r2');
  });
});

describe('part by part', () => {
  const [first, second] = [0, 1].map((own) => Array.from({ length: 75 }, (_, k) => 2 * k + own));
  const pick = (rows: readonly number[]) => rows.map((i) => flags[i]);

  test('each target learns as its estimator does', async () => {
    const sgd = () => new SGDRegressor({ randomState: 0 });
    const model = new MultiOutputRegressor(sgd());
    const sparse = await new MultiOutputRegressor(sgd()).partialFit(CsrMatrix.from(X), Y);
    expect(sparse.models.length).toBe(2);
    const one = sgd();
    for (const rows of [first, second]) {
      await model.partialFit(X.takeRows(rows), Y.takeRows(rows));
      await one.partialFit(X.takeRows(rows), Y.takeRows(rows).columns([1]).data);
    }
    expect((model.models[1] as SGDRegressor).coef).toEqual(one.coef);
    const loaded = (await load(model.toBytes())) as typeof model;
    const before = (await model.predict(X)).copy();
    await loaded.partialFit(X, Y);
    expect(await model.predict(X)).toEqual(before);
    expect(await loaded.predict(X)).not.toEqual(before);
  });

  test('labels, of classes that the first part may lack', async () => {
    const none = first.slice(0, 25);
    const model = new MultiOutputClassifier(new GaussianNB());
    const classes = [
      [0, 1],
      [0, 1],
    ];
    await model.partialFit(data.takeRows(none), pick(none), { classes });
    const rest = [...first.slice(25), ...second];
    await model.partialFit(data.takeRows(rest), pick(rest));
    const whole = await new MultiOutputClassifier(new GaussianNB()).fit(data, flags);
    expect(await model.predict(data)).toEqual(await whole.predict(data));
    const cv = new KFold({ nSplits: 3, shuffle: true, randomState: 0 });
    const shuffled = {
      trainSizes: [0.5, 1],
      cv,
      exploitIncrementalLearning: true,
      shuffle: true,
      randomState: 0,
    };
    for (const y of [flags, flags.map(([flag]) => flag)]) {
      const { testScores } = await learningCurve(
        new MultiOutputClassifier(new GaussianNB()),
        data,
        y,
        shuffled,
      );
      expect(testScores.data.every((score) => score > 0.6)).toBe(true);
    }
    const refused: Array<[string, Promise<unknown>]> = [
      ['ERR_SHAPE', model.partialFit(data, columns[0])],
      ['ERR_SHAPE', model.clone().partialFit(data, flags, { classes: [[0, 1]] })],
      ['ERR_NOT_SUPPORTED', new MultiOutputClassifier(new KNeighborsClassifier()).partialFit(data, flags)],
      ['ERR_NOT_SUPPORTED', new MultiOutputRegressor(new Ridge()).partialFit(X, Y)],
    ];
    for (const [code, fit] of refused) await expect(fit).rejects.toMatchObject({ code });
  });
});

describe('a chain of folds', () => {
  const species = ['setosa', 'versicolor', 'virginica'];
  const table = {
    species: Array.from(target, (t) => species[t]),
    width: Array.from(X.columns([1]).data),
  };
  const front = () =>
    new ColumnTransformer([['c', new OneHotEncoder(), ['species']]], { remainder: 'passthrough' });

  test('knows columns by their names and kinds', async () => {
    const folds = new KFold({ nSplits: 3, shuffle: true, randomState: 0 });
    const chain = new RegressorChain(makePipeline(front(), new Ridge()), { cv: folds });
    await chain.fit(table, Y);
    expect(await chain.score(table, Y)).toBeGreaterThan(0.8);
    const numbers = await front().fitTransform(table);
    const plain = await new RegressorChain(new Ridge(), { cv: folds }).fit(numbers, Y);
    const [own, other] = [await chain.predict(table), await plain.predict(numbers)];
    for (const [k, value] of own.data.entries()) expect(value).toBeCloseTo(other.data[k], 9);
    const classes = new ClassifierChain(makePipeline(front(), new LogisticRegression()), { cv: 3 });
    await classes.fit(table, flags);
    expect(await classes.score(table, flags)).toBe(1);
  });

  test('keeps groups together', async () => {
    const groups = Array.from(target, (_, i) => i % 5);
    const cv = new GroupKFold({ nSplits: 5 });
    const chain = await new RegressorChain(new Ridge(), { cv }).fit(X, Y, { groups });
    const list = [...cv.split(X, columns[0], groups)];
    const same = await new RegressorChain(new Ridge(), { cv: list }).fit(X, Y);
    expect(chain.models[1]).toEqual(same.models[1]);
  });
});

describe('what is refused', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['ERR_NOT_SUPPORTED', 'a model of one target', () => new BayesianRidge().fit(X, Y)],
    ['ERR_NOT_SUPPORTED', 'a classifier of one target', () => new GaussianNB().fit(X, flags)],
    ['ERR_NOT_SUPPORTED', 'voting', () => new VotingRegressor([['a', new Ridge()]]).fit(X, Y)],
    [
      'ERR_NOT_SUPPORTED',
      'a regressor of one target within',
      () => makePipeline(new BayesianRidge()).fit(X, Y),
    ],
    [
      'ERR_NOT_SUPPORTED',
      'medians of several targets',
      () => new DecisionTreeRegressor({ criterion: 'absoluteError' }).fit(X, Y),
    ],
    [
      'ERR_NOT_SUPPORTED',
      'an order of several targets',
      () => new DecisionTreeRegressor({ monotonicCst: [1, 0] }).fit(X, Y),
    ],
    ['ERR_PARAMETER', 'strengths for other targets', () => new Ridge({ alpha: [1, 2, 3] }).fit(X, Y)],
    ['ERR_PARAMETER', 'a strength below 0', () => new Ridge({ alpha: [1, -2] }).fit(X, Y)],
    ['ERR_PARAMETER', 'strengths by folds', () => new RidgeCV({ alphaPerTarget: true, cv: 3 }).fit(X, Y)],
    [
      'ERR_PARAMETER',
      'a constant for three',
      () => new DummyRegressor({ strategy: 'constant', constant: [1, 2, 3] }).fit(X, Y),
    ],
    [
      'ERR_PARAMETER',
      'a chain of one of two',
      () => new RegressorChain(new Ridge(), { order: [0] }).fit(X, Y),
    ],
    [
      'ERR_PARAMETER',
      'a chain of halves',
      () => new RegressorChain(new Ridge(), { order: [0.2, 1.7] }).fit(X, Y),
    ],
    [
      'ERR_PARAMETER',
      'a chain of names',
      () => new RegressorChain(new Ridge(), { order: ['price', 1] as never }).fit(X, Y),
    ],
    [
      'ERR_PARAMETER',
      'a chain of one twice',
      () => new RegressorChain(new Ridge(), { order: [1, 1] }).fit(X, Y),
    ],
    [
      'ERR_PARAMETER',
      'a chain of decisions that are not there',
      () => new ClassifierChain(new GaussianNB(), { chainMethod: 'decisionFunction' }).fit(X, flags),
    ],
    [
      'ERR_LABELS',
      'text that others would read',
      () =>
        new ClassifierChain(new GaussianNB()).fit(
          X,
          flags.map((row) => row.map(String)),
        ),
    ],
    [
      'ERR_LABELS',
      'one probability of three classes',
      () =>
        new ClassifierChain(new GaussianNB(), { chainMethod: 'predictProba' }).fit(
          X,
          flags.map(([a], i) => [target[i], a]),
        ),
    ],
    [
      'ERR_DTYPE',
      'text among numbers',
      () =>
        new Ridge().fit(
          [[1], [2]],
          [
            [1, 'b'],
            [2, 3],
          ],
        ),
    ],
    ['ERR_EMPTY', 'no target', () => new Ridge().fit([[1], [2]], [[], []])],
    ['ERR_SHAPE', 'y of other rows', () => new MultiTaskLasso().fit(X, Y.slice(0, 9))],
  ])('%s: %s', async (code, _, fit) => {
    await expect(fit()).rejects.toMatchObject({ code });
  });

  test('an error of a value names its column', async () => {
    const bad = Y.toArray();
    bad[7][1] = Number.POSITIVE_INFINITY;
    for (const y of [bad, Matrix.from(bad), Matrix.from(bad, undefined, 'float32')])
      await expect(new Ridge().fit(X, y)).rejects.toThrow('y: column 1, row 7');
    const labels: unknown[][] = flags.map((row) => [...row]);
    labels[3][1] = null;
    await expect(new MultiOutputClassifier(new GaussianNB()).fit(X, labels)).rejects.toThrow(
      'y: column 1, row 3',
    );
  });

  test('a file of labels of several targets', async () => {
    const model = await new MultiOutputClassifier(new GaussianNB()).fit(X, flags);
    const pipeline = await makePipeline(new StandardScaler(), model.clone()).fit(X, flags);
    for (const one of [model, pipeline])
      expect(() => exportONNX(one)).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
    const [first] = model.models;
    expect(await importONNX(exportONNX(first)).compile().run(X)).toBeDefined();
  });

  test('explanations of one answer say so', async () => {
    const model = await new LinearRegression<Matrix>().fit(X, Y);
    await expect(partialDependence(model, X, [0])).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const score = new Ridge().fit(X, columns[0]).then((one) => one.score(X, Y));
    await expect(score).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

describe('labels', () => {
  test('of several types, with a matrix of probabilities for each', async () => {
    const y = flags.map(([a], i) => [target[i], a === 1, a === 1 ? 'wide' : 'narrow']);
    const model = await new MultiOutputClassifier(new KNeighborsClassifier()).fit(data, y);
    expect(model.classes).toEqual([
      [0, 1, 2],
      [false, true],
      ['narrow', 'wide'],
    ]);
    expect((await model.predict(data))[149]).toEqual([2, true, 'wide']);
    const proba = await model.predictProba(data);
    expect(proba.map(({ cols }) => cols)).toEqual([3, 2, 2]);
    expect(model.predictProbaSync(data)[1]).toEqual(proba[1]);
    const loaded = await load(model.toBytes());
    expect(loaded.schema.target.kind).toBe('classes');
    const pipeline = await makePipeline(new StandardScaler(), model.clone()).fit(data, y);
    expect(await pipeline.score(data, y)).toBeGreaterThan(0.9);
    expect((await pipeline.predict(data))[0]).toEqual([0, false, 'narrow']);
    expect((pipeline.predictProbaSync(data) as unknown as Matrix[]).length).toBe(3);
    const unseen = await crossValPredict(model, data, y, {
      cv: new KFold({ nSplits: 3, shuffle: true, randomState: 0 }),
    });
    expect(unseen[0].length).toBe(3);
  });

  test('a chain reads labels, not their places among the classes', async () => {
    const tens = flags.map((row) => row.map((flag) => (flag === 1 ? 30 : 10)));
    const tree = () => new ClassifierChain(new DecisionTreeClassifier({ randomState: 0, maxDepth: 3 }));
    const [model, plain] = [await tree().fit(X, tens), await tree().fit(X, flags)];
    const expected = (await plain.predict(X)).map((row) => row.map((flag) => (flag === 1 ? 30 : 10)));
    expect(await model.predict(X)).toEqual(expected);
    const loaded = await load(model.toBytes());
    expect(loaded.compile({ output: 'label' }).outputWidth).toBe(2);
  });

  test('decisions and probabilities of a chain are those of the second class', async () => {
    const order = [1, 0];
    const chain = new ClassifierChain(new LogisticRegression(), {
      order,
      chainMethod: 'decisionFunction',
      cv: 4,
    });
    await chain.fit(data, flags);
    const decisions = await chain.decisionFunction(data);
    const labels = await chain.predict(data);
    const proba = await chain.predictProba(data);
    for (let i = 0; i < data.rows; i++) {
      expect(labels[i]).toEqual(Array.from(decisions.row(i), (score) => Number(score > 0)));
      expect(labels[i]).toEqual(Array.from(proba.row(i), (p) => Number(p > 0.5)));
    }
    expect(Array.from(chain.order)).toEqual(order);
    const many = flags.map(([a], i) => [target[i], a]);
    const wide = await new ClassifierChain(new GaussianNB()).fit(data, many);
    expect((await wide.predict(data))[149]).toEqual([2, 1]);
    await expect(wide.predictProba(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});
