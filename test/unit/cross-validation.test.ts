/** Cross-validation: scores, predictions, what folds share. */
import { describe, expect, test } from 'vitest';
import {
  crossValidate,
  crossValPredict,
  crossValScore,
  GaussianNB,
  getScorer,
  KFold,
  type Label,
  LinearRegression,
  LogisticRegression,
  loadDiabetes,
  loadIris,
  Matrix,
  makePipeline,
  PCA,
  type Progress,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  type Scorer,
  StandardScaler,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const column = (n: number) => Array.from({ length: n }, (_, i) => [i]);
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);

describe('cross-validation', () => {
  const diabetes = loadDiabetes();
  const iris = loadIris();

  test('scores of predictions are refused for what does not predict', async () => {
    const score = crossValScore(new PCA({ nComponents: 2 }) as never, iris.data, iris.target, {
      scoring: 'r2',
    });
    await expect(score).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  // What scikit-learn 1.9 gives.
  test('scores agree with scikit-learn', async () => {
    const near = iterative(1e-6);
    const ridge = await crossValScore(new Ridge(), diabetes.data, diabetes.target, { cv: 4 });
    expectClose(
      ridge,
      [0.29038102714829683, 0.41956749905478163, 0.448900351618019, 0.44558193476143293],
      near,
    );
    const logistic = new LogisticRegression({ tol: 1e-8, maxIter: 1000 });
    const accuracy = await crossValScore(logistic, iris.data, iris.target);
    expectClose(accuracy, [0.9666666666666667, 1, 0.9333333333333333, 0.9666666666666667, 1], near);
    const loss = await crossValScore(logistic, iris.data, iris.target, { cv: 3, scoring: 'negLogLoss' });
    expectClose(loss, [-0.14197587835660527, -0.15184281978510625, -0.15566199568714528], iterative(1e-5));
    const several = await crossValidate(new LinearRegression(), diabetes.data, diabetes.target, {
      cv: 3,
      scoring: ['r2', 'negMeanSquaredError'],
      returnTrainScore: true,
      returnEstimator: true,
    });
    expectClose(several.testScore.r2, [0.46930418, 0.48725261, 0.50954961], near);
    expectClose(
      several.testScore.negMeanSquaredError,
      [-3034.24142036, -3253.20664675, -2793.99469277],
      near,
    );
    expectClose(several.trainScore?.r2, [0.52837907, 0.52590034, 0.51433757], near);
    expect(several.estimators?.map((model) => model.isFitted)).toEqual([true, true, true]);
    expect(several.fitTime.length).toBe(3);
    expect(several.scoreTime.every((time) => time >= 0)).toBe(true);
  });

  test('scores what fails, and keeps the rows of folds', async () => {
    const x = [[0], [1], [2], [3], [4], [5]];
    // The first fold leaves one class to learn from.
    const y = [0, 0, 1, 1, 1, 1];
    const cv = [
      { train: Int32Array.of(2, 3), test: Int32Array.of(0, 1) },
      { train: Int32Array.of(0, 1, 2, 3), test: Int32Array.of(4, 5) },
    ];
    const model = new LogisticRegression();
    const kept = { cv, returnTrainScore: true, returnEstimator: true, returnIndices: true };
    const found = await crossValidate(model, x, y, { ...kept, errorScore: Number.NaN });
    expect(found.testScore).toEqual(Float64Array.of(Number.NaN, 1));
    expect(found.trainScore).toEqual(Float64Array.of(Number.NaN, 1));
    expect(found.estimators?.map(({ isFitted }) => isFitted)).toEqual([false, true]);
    expect(found.indices).toEqual({ train: cv.map(({ train }) => train), test: cv.map(({ test }) => test) });
    expect(await crossValScore(model, x, y, { cv, errorScore: -1 })).toEqual(Float64Array.of(-1, 1));
    await expect(crossValScore(model, x, y, { cv })).rejects.toMatchObject({ code: 'ERR_LABELS' });
    const allFail = crossValScore(model, x, y, { cv: [cv[0], cv[0]], errorScore: -1 });
    await expect(allFail).rejects.toMatchObject({ code: 'ERR_LABELS' });
    const refused = crossValidate(model, x, y, { cv, errorScore: 'raised' as never });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test("throws the first fold's error where all fail, whichever fails first", async () => {
    class Fails extends GaussianNB {
      override async fit(X: unknown): Promise<this> {
        const { rows } = X as Matrix;
        if (rows === 3) await new Promise(setImmediate);
        throw new RangeError(`of ${rows} rows`);
      }
    }
    const cv = [3, 4].map((rows) => ({
      train: Int32Array.from(sorted(Array(rows).keys())),
      test: Int32Array.of(9),
    }));
    const allFail = crossValScore(new Fails(), iris.data, iris.target, { cv, errorScore: -1 });
    await expect(allFail).rejects.toThrow('of 3 rows');
  });

  test('a scorer that fails takes no other with it, nor the fit', async () => {
    const bad: Scorer = () => {
      throw new RangeError('no score');
    };
    const scoring = { acc: 'accuracy', bad, late: async () => bad(null as never, [], []) } as const;
    const options = { cv: 2, scoring, returnTrainScore: true };
    const model = new LogisticRegression();
    const found = await crossValidate(model, iris.data, iris.target, { ...options, errorScore: -1 });
    const alone = { ...options, scoring: ['accuracy'] as const };
    const { testScore, trainScore } = await crossValidate(model, iris.data, iris.target, alone);
    const failed = Float64Array.of(-1, -1);
    expect(found.testScore).toEqual({ acc: testScore.accuracy, bad: failed, late: failed });
    expect(found.trainScore).toEqual({ acc: trainScore?.accuracy, bad: failed, late: failed });
    expect(found.scoreTime.every((time) => time > 0)).toBe(true);
    await expect(crossValidate(model, iris.data, iris.target, options)).rejects.toThrow('no score');
  });

  test('is the same each time, and leaves the estimator as it is', async () => {
    const forest = new RandomForestRegressor({ nEstimators: 5, randomState: 1 });
    const cv = new KFold({ nSplits: 4, shuffle: true, randomState: 2 });
    const first = await crossValScore(forest, diabetes.data, diabetes.target, { cv });
    expect(await crossValScore(forest, diabetes.data, diabetes.target, { cv })).toEqual(first);
    expect(forest.isFitted).toBe(false);
  });

  test('folds, scorers and tables may be your own', async () => {
    const table = {
      a: Array.from({ length: 12 }, (_, i) => i),
      b: Array.from({ length: 12 }, (_, i) => (i % 4) / 2),
    };
    const y = table.a.map((a, i) => 2 * a - table.b[i]);
    const cv = [{ train: Int32Array.of(0, 1, 2, 3, 4, 5), test: Int32Array.of(6, 7) }];
    const seen: number[] = [];
    const { testScore } = await crossValidate(new LinearRegression(), table, y, {
      cv,
      scoring: {
        mine: async (model, X, yTrue) => {
          const predicted = (await model.predict(X)) as ArrayLike<number>;
          seen.push(...Array.from(yTrue as ArrayLike<number>));
          return -Math.abs(predicted[0] - (yTrue[0] as number));
        },
        r2: 'r2',
      },
    });
    expect(seen).toEqual([y[6], y[7]]);
    expectClose(testScore.mine, [0], iterative(1e-12));
    expectClose(testScore.r2, [1], iterative(1e-12));
  });

  test('weights count in fits and in scores', async () => {
    const weights = Array.from(diabetes.target, (_, i) => i % 3);
    const cv = [...new KFold({ nSplits: 2 }).split(diabetes.data)];
    const [score] = await crossValScore(new Ridge(), diabetes.data, diabetes.target, {
      cv,
      sampleWeight: weights,
    });
    const [{ train, test: rows }] = cv;
    const pick = (values: ArrayLike<number>, indices: Int32Array) => Array.from(indices, (i) => values[i]);
    const model = await new Ridge().fit(diabetes.data.takeRows(train), pick(diabetes.target, train), {
      sampleWeight: pick(weights, train),
    });
    const options = { sampleWeight: pick(weights, rows) };
    expect(score).toBe(await model.score(diabetes.data.takeRows(rows), pick(diabetes.target, rows), options));
    const named = await crossValScore(new Ridge(), diabetes.data, diabetes.target, {
      cv,
      sampleWeight: weights,
      scoring: 'r2',
    });
    const scorer = getScorer('r2');
    expect(named[0]).toBe(
      await scorer(model, diabetes.data.takeRows(rows), pick(diabetes.target, rows), options),
    );
  });

  test('classifiers get stratified folds', async () => {
    // With consecutive rows a fold would hold one class only, and training none of it.
    const scores = await crossValScore(new LogisticRegression(), iris.data, iris.target, { cv: 3 });
    expect(Math.min(...scores)).toBeGreaterThan(0.9);
    const pipeline = makePipeline(new StandardScaler(), new LogisticRegression());
    expect(Math.min(...(await crossValScore(pipeline, iris.data, iris.target, { cv: 3 })))).toBeGreaterThan(
      0.9,
    );
  });

  test('lends no rows to a subclass, which may keep them', async () => {
    const kept: Array<{ readonly X: Matrix; readonly copy: Matrix }> = [];
    class Keeper extends GaussianNB {
      override fit(...given: Parameters<GaussianNB['fit']>) {
        const X = given[0] as Matrix;
        kept.push({ X, copy: new Matrix(X.data.slice(), X.rows, X.cols) });
        return super.fit(...given);
      }
    }
    await crossValScore(new Keeper(), iris.data, iris.target);
    expect(kept.map(({ X, copy }) => X.equals(copy))).toEqual([true, true, true, true, true]);
  });

  test('lends rows to models that forget them, whatever the sizes of folds', async () => {
    const rows = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);
    const cv = [
      { train: rows(40, 120), test: rows(0, 60) },
      { train: rows(0, 140), test: rows(140, 150) },
      { train: rows(20, 110), test: rows(0, 150) },
    ].map(({ train, test }) => ({ train: Int32Array.from(train), test: Int32Array.from(test) }));
    const { data, target } = iris;
    const seen: Matrix[] = [];
    const keeps: Scorer = async (model, X, y) => {
      seen.push(X as Matrix);
      return (model as GaussianNB).score(X, y as Label[]);
    };
    const options = { cv, returnEstimator: true, returnTrainScore: true };
    const own = await crossValidate(new GaussianNB(), data, target, options);
    const theirs = await crossValidate(new GaussianNB(), data, target, { ...options, scoring: keeps });
    for (const [k, { train, test }] of cv.entries()) {
      const labels = (part: Int32Array) => Array.from(part, (i) => target[i]);
      const model = await new GaussianNB().fit(data.takeRows(train), labels(train));
      expect(own.estimators?.[k].theta.equals(model.theta)).toBe(true);
      expect(own.testScore[k]).toBe(await model.score(data.takeRows(test), labels(test)));
      expect(own.trainScore?.[k]).toBe(await model.score(data.takeRows(train), labels(train)));
      for (const part of [train, test])
        expect(seen.filter((X) => X.equals(data.takeRows(part))).length, 'rows that a scorer keeps').toBe(1);
    }
    expect(theirs.testScore).toEqual(own.testScore);
  });

  test('progress counts folds', async () => {
    const events: Progress[] = [];
    const onProgress = (event: Progress) => events.push(event);
    await crossValScore(new Ridge(), diabetes.data, diabetes.target, { onProgress });
    expect(events.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5]);
    expect(events[4]).toEqual({ estimator: 'Ridge', done: 5, total: 5, fraction: 1 });
  });

  test('abort stops all folds', async () => {
    const forest = new RandomForestClassifier({ nEstimators: 2000 });
    const controller = new AbortController();
    const reason = new Error('enough');
    let events = 0;
    const scores = crossValScore(forest, iris.data, iris.target, {
      cv: 10,
      signal: controller.signal,
      onProgress: () => {
        events += 1;
        controller.abort(reason);
      },
    });
    await expect(scores).rejects.toMatchObject({ code: 'ERR_ABORTED', name: 'AbortError', cause: reason });
    expect(events).toBe(1);
    const aborted = { signal: AbortSignal.abort(reason) };
    const refused = crossValScore(forest, iris.data, iris.target, aborted);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: reason });
  });

  test('the first error of a fold is thrown', async () => {
    const X = iris.data.toArray();
    X[77][2] = Number.NaN;
    const scores = crossValScore(new LogisticRegression(), X, iris.target, { cv: 5 });
    await expect(scores).rejects.toMatchObject({ code: 'ERR_INPUT_NAN', column: 2 });
    const scoring = () => Promise.reject(new RangeError('no score'));
    await expect(crossValScore(new Ridge(), X, iris.target, { cv: 3, scoring })).rejects.toThrow();
  });

  test('bad options are refused', async () => {
    const validate = (options: object) => crossValScore(new Ridge(), diabetes.data, diabetes.target, options);
    const refused = { code: 'ERR_PARAMETER' };
    await expect(validate({ cv: 1 })).rejects.toMatchObject(refused);
    await expect(validate({ cv: null })).resolves.toHaveLength(5);
    await expect(validate({ cv: 'five' })).rejects.toMatchObject(refused);
    await expect(validate({ cv: {} })).rejects.toMatchObject(refused);
    await expect(validate({ cv: [] })).rejects.toMatchObject(refused);
    await expect(validate({ scoring: 'best' })).rejects.toMatchObject(refused);
    await expect(validate({ scoring: ['r2'] })).rejects.toMatchObject(refused);
    await expect(validate({ sampleWeight: [1] })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    const outside = [{ train: Int32Array.of(0, 1), test: Int32Array.of(9999) }];
    await expect(validate({ cv: outside })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    const scaler = new StandardScaler() as unknown as Ridge;
    const scores = crossValScore(scaler, diabetes.data, diabetes.target);
    await expect(scores).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

describe('crossValPredict', () => {
  const iris = loadIris();
  const diabetes = loadDiabetes();

  test('predicts every row with the model that has not seen it', async () => {
    const cv = [...new KFold({ nSplits: 3, shuffle: true, randomState: 0 }).split(diabetes.data)];
    const predicted = await crossValPredict(new Ridge(), diabetes.data, diabetes.target, { cv });
    const { train, test: rows } = cv[1];
    const model = await new Ridge().fit(
      diabetes.data.takeRows(train),
      Array.from(train, (i) => diabetes.target[i]),
    );
    const expected = await model.predict(diabetes.data.takeRows(rows));
    expect(Array.from(rows, (i) => predicted[i])).toEqual([...expected]);
  });

  test('labels and probabilities', async () => {
    const names = Array.from(iris.target, (code) => ['setosa', 'versicolor', 'virginica'][code]);
    const labels = await crossValPredict(new LogisticRegression(), iris.data, names);
    const right = labels.filter((label, i) => label === names[i]).length;
    expect(right).toBeGreaterThan(140);
    const proba = await crossValPredict(new LogisticRegression(), iris.data, names, {
      method: 'predictProba',
    });
    expect([proba.rows, proba.cols]).toEqual([150, 3]);
    const classes = ['setosa', 'versicolor', 'virginica'];
    for (const [i, label] of labels.entries()) {
      const row = [...proba.row(i)];
      expect(label).toBe(classes[row.indexOf(Math.max(...row))]);
    }
  });

  test('logarithms of probabilities, and decisions', async () => {
    const y = Array.from(iris.target, (code) => (code === 1 ? 'yes' : 'no'));
    const model = new LogisticRegression();
    const proba = await crossValPredict(model, iris.data, y, { method: 'predictProba' });
    const logs = await crossValPredict(model, iris.data, y, { method: 'predictLogProba' });
    expect(logs.data).toEqual(proba.data.map(Math.log));
    const decisions = await crossValPredict(model, iris.data, y, { method: 'decisionFunction' });
    expect([decisions.rows, decisions.cols]).toEqual([150, 1]);
    for (let i = 0; i < 150; i++)
      expect(1 / (1 + Math.exp(-decisions.data[i]))).toBeCloseTo(proba.row(i)[1], 12);
  });

  test('a class that a fold lacks has no logarithm and no decision', async () => {
    const cv = [...new KFold({ nSplits: 3 }).split(iris.data)];
    const ask = (method: 'predictLogProba' | 'decisionFunction') =>
      crossValPredict(new LogisticRegression(), iris.data, iris.target, { cv, method });
    expect((await ask('predictLogProba')).row(60)[1]).toBe(-Infinity);
    await expect(ask('decisionFunction')).rejects.toMatchObject({ code: 'ERR_LABELS' });
    const forest = new RandomForestClassifier({ nEstimators: 2, randomState: 0 });
    const options = { method: 'decisionFunction' } as const;
    await expect(crossValPredict(forest, iris.data, iris.target, options)).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  test('a class that a fold lacks has probability 0', async () => {
    const cv = [...new KFold({ nSplits: 3 }).split(iris.data)];
    const options = { cv, method: 'predictProba' } as const;
    const proba = await crossValPredict(new LogisticRegression(), iris.data, iris.target, options);
    // Consecutive thirds of iris are its classes.
    expect([...proba.row(0)][0]).toBe(0);
    expect([...proba.row(60)][1]).toBe(0);
    expect([...proba.row(149)][2]).toBe(0);
  });

  test('refuses folds that do not cover each row once', async () => {
    const twice = { train: Int32Array.of(0, 1, 2), test: Int32Array.of(3, 4) };
    const predict = (cv: object[]) =>
      crossValPredict(new Ridge(), column(5), [1, 2, 3, 4, 5], { cv: cv as never });
    await expect(predict([twice])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(predict([twice, twice])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const ridge = crossValPredict(new Ridge(), column(9), column(9).flat(), { method: 'predictProba' });
    await expect(ridge).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const method = 'transform' as 'predict';
    const odd = crossValPredict(new Ridge(), column(9), column(9).flat(), { method });
    await expect(odd).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });
});
