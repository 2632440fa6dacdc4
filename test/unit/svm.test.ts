/** What golden values do not show of support vector machines, calibration and isotonic regression. */
import { describe, expect, test } from 'vitest';
import {
  CalibratedClassifierCV,
  CsrMatrix,
  IsotonicRegression,
  KFold,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  loadIris,
  Matrix,
  makeClassification,
  NuSVC,
  NuSVR,
  OneClassSVM,
  Pipeline,
  Ridge,
  StandardScaler,
  SVC,
  SVR,
} from '../../lib/index.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const iris = loadIris();

describe('SVC', () => {
  test('attributes agree with the decisions', async () => {
    const model = await new SVC({ kernel: 'linear', decisionFunctionShape: 'ovo' }).fit(
      iris.data,
      iris.target,
    );
    const decisions = await model.decisionFunction(iris.data);
    const X = Matrix.from(iris.data);
    for (const i of [0, 60, 149]) {
      for (let pair = 0; pair < 3; pair++) {
        const product = Array.from(X.row(i)).reduce((sum, x, j) => sum + x * model.coef.row(pair)[j], 0);
        expect(product + model.intercept[pair]).toBeCloseTo(decisions.row(i)[pair], 9);
      }
    }
    expect(model.nSupport.reduce((sum, count) => sum + count, 0)).toBe(model.support.length);
    expect(model.supportVectors.rows).toBe(model.support.length);
    expect([...model.supportVectors.row(0)]).toEqual([...X.row(model.support[0])]);
    expect(model.dualCoef.rows).toBe(2);
  });

  test('a precomputed kernel gives what the kernel itself gives', async () => {
    const X = Matrix.from(iris.data);
    const gram = (A: Matrix, B: Matrix) => A.matmul(B.transpose());
    const direct = await new SVC({ kernel: 'linear', tol: 1e-6 }).fit(X, iris.target);
    const given = await new SVC({ kernel: 'precomputed', tol: 1e-6 }).fit(gram(X, X), iris.target);
    expect([...given.support]).toEqual([...direct.support]);
    expect(await given.predict(gram(X, X))).toEqual(await direct.predict(X));
    expect(() => given.supportVectors).toThrow(code('ERR_NOT_SUPPORTED'));
    expect(() => given.coef).toThrow(code('ERR_NOT_SUPPORTED'));
    await expect(new SVC({ kernel: 'precomputed' }).fit(X, iris.target)).rejects.toThrow(code('ERR_SHAPE'));
  });

  test('probabilities order rows as decisions do, and the same seed gives the same', async () => {
    const { X, y } = makeClassification({ nSamples: 200, randomState: 3 });
    const fit = () => new SVC({ probability: true, randomState: 5 }).fit(X, y);
    const [one, two] = [await fit(), await fit()];
    expect(one.probA).toEqual(two.probA);
    const proba = (await one.predictProba(X)).columns([1]).data;
    const decisions = (await one.decisionFunction(X)).data;
    const order = (values: ArrayLike<number>) =>
      Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
    expect(order(proba)).toEqual(order(decisions));
    const plain = await new SVC().fit(X, y);
    expect(() => plain.compile({ output: 'proba' })).toThrow(code('ERR_NOT_SUPPORTED'));
    plain.setParams({ probability: true });
    expect(() => plain.compile({ output: 'proba' })).toThrow(code('ERR_NOT_SUPPORTED'));
  });

  test('a limit of iterations is kept and told', async () => {
    const model = await new SVC({ maxIter: 3 }).fit(iris.data, iris.target);
    expect(model.converged).toBe(false);
    expect(Math.max(...model.nIter)).toBe(3);
  });

  test('a small cache changes no bit', async () => {
    const [small, large] = await Promise.all(
      [1e-6, 200].map((cacheSize) => new SVC({ cacheSize }).fit(iris.data, iris.target)),
    );
    expect(small.dualCoef.data).toEqual(large.dualCoef.data);
  });

  test('options that contradict each other, and kernels that overflow, are refused', async () => {
    const fit = (params: object, X: Parameters<SVC['fit']>[0] = iris.data) =>
      new SVC(params).fit(X, iris.target);
    await expect(fit({ breakTies: true, decisionFunctionShape: 'ovo' })).rejects.toThrow(
      code('ERR_PARAMETER'),
    );
    await expect(fit({ maxIter: 0 })).rejects.toThrow(code('ERR_PARAMETER'));
    await expect(fit({ kernel: 'poly', degree: 99, coef0: 1e9 })).rejects.toThrow(code('ERR_PARAMETER'));
    const weights = iris.target.map((label) => (label === iris.target[0] ? 0 : 1));
    await expect(new SVC().fit(iris.data, iris.target, { sampleWeight: weights })).rejects.toThrow(
      code('ERR_LABELS'),
    );
  });
});

test('SVR and OneClassSVM: the shares that epsilon and nu promise', async () => {
  const X = Array.from({ length: 120 }, (_, i) => [i / 20]);
  const y = X.map(([x]) => Math.sin(x));
  const model = await new SVR({ C: 1000, epsilon: 0.05, tol: 1e-5 }).fit(X, y);
  const predicted = await model.predict(X);
  expect(Math.max(...y.map((value, i) => Math.abs(value - predicted[i])))).toBeLessThan(0.0501);
  const outlier = await new OneClassSVM({ nu: 0.2 }).fit(iris.data);
  const outside = (await outlier.predict(iris.data)).filter((label) => label === -1).length;
  expect(outside / 150).toBeLessThan(0.23);
  expect(outlier.support.length / 150).toBeGreaterThanOrEqual(0.2);
  expect((await outlier.scoreSamples(iris.data))[0] - outlier.offset).toBeCloseTo(
    (await outlier.decisionFunction(iris.data))[0],
    10,
  );
});

test('LinearSVC: primal and dual meet, l1 leaves columns out, and what does not go together is refused', async () => {
  const { X, y } = makeClassification({ nSamples: 300, nFeatures: 12, nInformative: 3, randomState: 2 });
  const fit = (params: object) => new LinearSVC({ tol: 1e-9, maxIter: 100_000, ...params }).fit(X, y);
  const [primal, dual] = [await fit({ dual: false }), await fit({ dual: true })];
  for (const [j, w] of primal.coef.data.entries()) expect(w).toBeCloseTo(dual.coef.data[j], 5);
  const sparse = await fit({ penalty: 'l1', C: 0.01 });
  expect(sparse.coef.data.filter((w) => w === 0).length).toBeGreaterThan(3);
  for (const params of [
    { penalty: 'l1', loss: 'hinge' },
    { penalty: 'l1', dual: true },
    { loss: 'hinge', dual: false },
  ]) {
    await expect(fit(params)).rejects.toThrow(code('ERR_PARAMETER'));
  }
});

describe('CalibratedClassifierCV', () => {
  test('keeps a model for each fold, or one', async () => {
    const options = { cv: new KFold({ nSplits: 4, shuffle: true, randomState: 1 }) };
    const many = await new CalibratedClassifierCV(new LogisticRegression(), options).fit(
      iris.data,
      iris.target,
    );
    expect(many.models.length).toBe(4);
    const one = new CalibratedClassifierCV(new LogisticRegression(), { ...options, ensemble: false });
    expect((await one.fit(iris.data, iris.target)).models.length).toBe(1);
  });

  test('refuses what has no scores, and folds that lack a class', async () => {
    const fit = (estimator: ConstructorParameters<typeof CalibratedClassifierCV>[0], options = {}) =>
      new CalibratedClassifierCV(estimator, options).fit(iris.data, iris.target);
    await expect(fit(new Ridge())).rejects.toThrow(code('ERR_PARAMETER'));
    await expect(fit(new SVC(), { cv: new KFold({ nSplits: 3 }) })).rejects.toThrow(code('ERR_LABELS'));
    await expect(fit(new SVC(), { method: 'guess' })).rejects.toThrow(code('ERR_PARAMETER'));
  });
});

test('IsotonicRegression is a step of a pipeline, and its predictions a column', async () => {
  const [X, y] = [
    [[1], [2], [3], [4]],
    [1, 3, 2, 5],
  ];
  const model = new IsotonicRegression({ outOfBounds: 'clip' });
  expect((await model.fitTransform(X, y)).toArray()).toEqual([[1], [2.5], [2.5], [5]]);
  expect(model.getFeatureNamesOut()).toEqual(['isotonicregression0']);
  const rows = [[0], [3.5], [9]];
  expect(Array.from(model.transformSync(rows).data)).toEqual(Array.from(await model.predict(rows)));
  const line = new Pipeline([
    ['rise', model.clone()],
    ['line', new LinearRegression()],
  ]);
  await line.fit(X, y);
  const alone = await new LinearRegression().fit(model.transformSync(X), y);
  expect(await line.predict(rows)).toEqual(await alone.predict(model.transformSync(rows)));
});

test('IsotonicRegression: beyond the range, bounds and columns', async () => {
  const X = [[1], [2], [3]];
  const raise = await new IsotonicRegression({ outOfBounds: 'raise' }).fit(X, [1, 2, 3]);
  expect([...(await raise.predict([[2.5]]))]).toEqual([2.5]);
  await expect(raise.predict([[2], [3.5]])).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', row: 1, column: 0 }),
  );
  const one = await new IsotonicRegression({ outOfBounds: 'nan' }).fit([[5]], [4]);
  expect([...one.predictSync([[1], [5], [9]])]).toEqual([4, 4, 4]);
  await expect(new IsotonicRegression({ yMin: 2, yMax: 1 }).fit(X, [1, 2, 3])).rejects.toThrow(
    code('ERR_PARAMETER'),
  );
  await expect(new IsotonicRegression().fit([[1, 2]], [1])).rejects.toThrow(code('ERR_SHAPE'));
  await expect(new IsotonicRegression({ column: 2 }).fit([[1, 2]], [1])).rejects.toThrow(code('ERR_SHAPE'));
});

test('IsotonicRegression: equal values of x are one, both zeros too, and rows that weigh nothing are none', async () => {
  const X = [[3], [0], [-1], [-0], [3], [-1], [2]];
  const y = [9, 4, 1, 2, 7, 1, 100];
  for (const increasing of [true, 'auto'] as const) {
    const model = new IsotonicRegression({ increasing });
    await model.fit(X, y, { sampleWeight: [1, 1, 1, 3, 1, 1, 0] });
    expect(Array.from(model.xThresholds, (x) => x + 0)).toEqual([-1, 0, 3]);
    expect(Array.from(model.yThresholds)).toEqual([1, 2.5, 8]);
  }
});

test('all classes in one problem: sparse rows, two classes, and no use for a loss', async () => {
  // Scaled, so that descent converges soon.
  const X = await new StandardScaler().fitTransform(iris.data);
  const fit = (rows: Matrix | CsrMatrix, y: ArrayLike<unknown>, params: object = {}) =>
    new LinearSVC({ multiClass: 'crammerSinger', tol: 1e-9, maxIter: 1e5, randomState: 2, ...params }).fit(
      rows,
      y,
    );
  const model = await fit(X, iris.target);
  expect(model.coef.rows).toBe(3);
  const sums = [0, 1, 2, 3].map((j) => [0, 1, 2].reduce((sum, c) => sum + model.coef.row(c)[j], 0));
  for (const sum of sums) expect(sum).toBeCloseTo(0, 9);
  const sparse = await fit(CsrMatrix.from(X), iris.target);
  for (let c = 0; c < 3; c++) {
    for (let j = 0; j < 4; j++) expect(sparse.coef.row(c)[j]).toBeCloseTo(model.coef.row(c)[j], 6);
  }
  const l1 = await fit(X, iris.target, { penalty: 'l1', loss: 'hinge', dual: true });
  expect(l1.coef).toEqual(model.coef);
  const two = await fit(X.slice(0, 100), Array.from(iris.target.slice(0, 100), String));
  expect(two.coef.rows).toBe(1);
  expect(await two.predict(X.slice(48, 52))).toEqual(['0', '0', '1', '1']);
});

test.each([
  [1e308, 1],
  [1, 1e155],
  [1, 1e200],
])('all classes in one problem: C of %d and values of %d overflow', async (C, scale) => {
  const X = [
    [1, 2],
    [3, 1],
    [2, 4],
    [5, 3],
    [4, 6],
    [6, 5],
  ].map((row) => row.map((value) => value * scale));
  const model = new LinearSVC({ multiClass: 'crammerSinger', C });
  for (const rows of [X, CsrMatrix.from(X)]) {
    await expect(model.fit(rows, [0, 1, 2, 0, 1, 2])).rejects.toThrow(code('ERR_INPUT_INFINITE'));
  }
});

test('given values of a kernel that float32 has not are refused', async () => {
  const K = [
    [1, 1e39, 0, 0],
    [1e39, 1, 0, 0],
    [0, 0, 1, 0.5],
    [0, 0, 0.5, 1],
  ];
  await expect(new SVC({ kernel: 'precomputed' }).fit(K, [0, 1, 0, 1])).rejects.toThrow(
    code('ERR_PARAMETER'),
  );
});

test('probabilities of NuSVC are fitted to decisions of machines like it', async () => {
  const model = await new NuSVC({ nu: 0.2, probability: true, randomState: 1 }).fit(iris.data, iris.target);
  const proba = await model.predictProba(iris.data);
  const likely = Array.from({ length: proba.rows }, (_, i) =>
    proba.row(i).indexOf(Math.max(...proba.row(i))),
  );
  expect(likely.filter((label, i) => label === iris.target[i]).length).toBeGreaterThan(143);
  for (const slope of model.probA) expect(slope).toBeLessThan(0);
});

describe('shrinking', () => {
  const { X, y } = makeClassification({ nSamples: 500, nFeatures: 6, flipY: 0.1, randomState: 8 });
  const targets = Array.from(y, (label, i) => label + X.data[6 * i] / 3);
  test.each([
    (shrinking: boolean) => new SVC({ C: 100, gamma: 0.05, tol: 1e-6, shrinking }),
    (shrinking: boolean) => new NuSVC({ nu: 0.3, gamma: 0.05, tol: 1e-6, shrinking }),
    (shrinking: boolean) => new OneClassSVM({ nu: 0.1, gamma: 0.05, tol: 1e-8, shrinking }),
    (shrinking: boolean) => new SVR({ C: 50, gamma: 0.05, tol: 1e-6, shrinking }),
    (shrinking: boolean) => new NuSVR({ C: 20, gamma: 0.05, tol: 1e-6, shrinking }),
  ])('finds the same solution', async (make) => {
    const values: number[][] = [];
    for (const shrinking of [true, false]) {
      const model = make(shrinking);
      await (model.kind === 'regressor' ? model.fit(X, targets) : model.fit(X, y));
      expect(model.converged).toBe(true);
      const { outputs } = model;
      const output = outputs.includes('decision') ? 'decision' : 'value';
      values.push(Array.from(model.compile({ output }).runSync(X).data));
    }
    const gaps = values[0].map((value, i) => Math.abs(value - values[1][i]));
    expect(Math.max(...gaps)).toBeLessThan(1e-3);
  });
});
