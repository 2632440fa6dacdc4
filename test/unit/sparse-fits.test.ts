/** Fits on sparse rows learn what fits on the same rows made dense do. */
import { describe, expect, test } from 'vitest';
import { CsrMatrix, Matrix } from '../../lib/core/index.js';
import { Random } from '../../lib/core/random.js';
import { sparseGroupSums } from '../../lib/core/sparse/group-sums.js';
import { TruncatedSVD } from '../../lib/decomposition/index.js';
import { TfidfVectorizer } from '../../lib/feature-extraction/index.js';
import {
  ElasticNet,
  Lasso,
  LinearRegression,
  LogisticRegression,
  Perceptron,
  Ridge,
  RidgeClassifier,
  SGDClassifier,
  SGDRegressor,
} from '../../lib/linear-model/index.js';
import { Pipeline } from '../../lib/pipeline/index.js';
import { MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler } from '../../lib/preprocessing/index.js';
import { LinearSVC, LinearSVR } from '../../lib/svm/index.js';

/** Rows of mostly zeros, of which the last few columns decide. */
function problem(rows: number, cols: number, seed: number) {
  const random = new Random(seed);
  const values = Array.from({ length: rows }, () =>
    Array.from({ length: cols }, () => (random.next() < 0.2 ? random.normal() : 0)),
  );
  const scores = values.map(
    (row) => row.reduce((sum, v, j) => sum + v * ((j % 5) - 2), 0) + 0.3 * random.normal(),
  );
  return {
    x: CsrMatrix.from(values),
    scores,
    binary: scores.map((s) => (s > 0.2 ? 'yes' : 'no')),
    several: scores.map((s) => (s > 1 ? 2 : s > -0.5 ? 1 : 0)),
    weights: values.map(() => 0.5 + random.next()),
  };
}

const { x, scores, binary, several, weights } = problem(120, 30, 1);

interface Fits {
  fit(X: unknown, y: unknown, options?: object): Promise<unknown>;
  readonly coef: Float64Array | Matrix;
  readonly intercept: number | Float64Array;
}
const values = ({ coef, intercept }: Fits) => [
  ...(coef instanceof Matrix ? coef.data : coef),
  ...(typeof intercept === 'number' ? [intercept] : intercept),
];

const exact: Array<[string, () => unknown, ArrayLike<unknown>]> = [];
for (const penalty of ['l2', null] as const) {
  for (const average of [false, 5]) {
    const params = {
      penalty,
      average,
      shuffle: false,
      randomState: 0,
      maxIter: 20,
      tol: null,
      eta0: 0.1,
      learningRate: 'invscaling',
      fitIntercept: false,
    } as const;
    exact.push([
      `SGDClassifier ${penalty} average ${average}`,
      () => new SGDClassifier({ ...params, loss: 'logLoss' }),
      several,
    ]);
    exact.push([`SGDRegressor ${penalty} average ${average}`, () => new SGDRegressor(params), scores]);
  }
}
for (const learningRate of ['pa1', 'pa2', 'adaptive', 'constant'] as const) {
  exact.push([
    `SGDClassifier ${learningRate}`,
    () => new SGDClassifier({ learningRate, fitIntercept: false, randomState: 0, maxIter: 10, tol: null }),
    binary,
  ]);
}
exact.push([
  'SGDClassifier l1',
  () =>
    new SGDClassifier({
      penalty: 'l1',
      alpha: 1e-3,
      maxIter: 15,
      tol: null,
      fitIntercept: false,
      randomState: 0,
    }),
  binary,
]);
exact.push([
  'SGDClassifier early stopping',
  () => new SGDClassifier({ earlyStopping: true, fitIntercept: false, randomState: 0 }),
  binary,
]);
exact.push(['Perceptron', () => new Perceptron({ fitIntercept: false, randomState: 0 }), several]);
for (const dual of [true, false]) {
  exact.push([
    `LinearSVC dual ${dual}`,
    () => new LinearSVC({ dual, tol: 1e-10, maxIter: 20000, randomState: 0 }),
    several,
  ]);
  exact.push([
    `LinearSVR dual ${dual}`,
    () =>
      new LinearSVR({ dual, loss: 'squaredEpsilonInsensitive', tol: 1e-10, maxIter: 20000, randomState: 0 }),
    scores,
  ]);
}
exact.push([
  'LinearSVC hinge',
  () => new LinearSVC({ loss: 'hinge', tol: 1e-9, maxIter: 50000, randomState: 0 }),
  binary,
]);
exact.push([
  'LinearSVC l1',
  () => new LinearSVC({ penalty: 'l1', dual: false, tol: 1e-9, maxIter: 5000, randomState: 0 }),
  binary,
]);
exact.push([
  'LinearSVR',
  () => new LinearSVR({ epsilon: 0.1, tol: 1e-9, maxIter: 50000, randomState: 0 }),
  scores,
]);
exact.push(['LinearRegression', () => new LinearRegression({ tol: 1e-14 }), scores]);
exact.push(['Ridge', () => new Ridge({ alpha: 0.7, tol: 1e-14 }), scores]);
exact.push(['Ridge without intercept', () => new Ridge({ fitIntercept: false, tol: 1e-14 }), scores]);
exact.push(['RidgeClassifier', () => new RidgeClassifier({ tol: 1e-14, classWeight: 'balanced' }), several]);
exact.push(['Lasso', () => new Lasso({ alpha: 0.03, tol: 1e-12, maxIter: 10000 }), scores]);
exact.push([
  'ElasticNet',
  () => new ElasticNet({ alpha: 0.03, tol: 1e-12, maxIter: 10000, positive: true }),
  scores,
]);
exact.push([
  'ElasticNet without intercept',
  () => new ElasticNet({ alpha: 0.03, tol: 1e-12, maxIter: 10000, fitIntercept: false }),
  scores,
]);
for (const l1Ratio of [0, 0.5, 1]) {
  for (const [name, y] of [
    ['two', binary],
    ['several', several],
  ] as const) {
    const params = { solver: 'saga', l1Ratio, C: 0.5, tol: 1e-10, maxIter: 5000, randomState: 0 } as const;
    exact.push([
      `LogisticRegression saga ${l1Ratio}, ${name} classes`,
      () => new LogisticRegression(params),
      y,
    ]);
  }
}

describe('sparse fits', () => {
  for (const dtype of ['float64', 'float32'] as const) {
    test.each(exact)(`%s, ${dtype}`, async (_name, make, y) => {
      const [dense, sparse] = [make() as Fits, make() as Fits];
      await dense.fit(x.toDense(dtype), y, { sampleWeight: weights });
      await sparse.fit(x.astype(dtype), y, { sampleWeight: weights });
      const expected = values(dense);
      for (const [k, value] of values(sparse).entries()) expect(value, `${k}`).toBeCloseTo(expected[k], 6);
    });
  }
});

describe('parts and warm starts', () => {
  test('partialFit of sparse rows goes on where dense ones would', async () => {
    const params = {
      randomState: 0,
      learningRate: 'constant',
      eta0: 0.01,
      average: 3,
      fitIntercept: false,
    } as const;
    const [dense, sparse] = [new SGDClassifier(params), new SGDClassifier(params)];
    for (const [from, to] of [
      [0, 50],
      [50, 120],
    ]) {
      const [part, y] = [x.slice(from, to), binary.slice(from, to)];
      await dense.partialFit(part.toDense(), y, { classes: ['no', 'yes'] });
      await sparse.partialFit(part, y, { classes: ['no', 'yes'] });
    }
    const expected = values(dense as Fits);
    for (const [k, value] of values(sparse as Fits).entries()) expect(value).toBeCloseTo(expected[k], 9);
    await expect(sparse.partialFit(CsrMatrix.from([[1, 2]]), ['no'])).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
  });

  test('a warm start of a converged model stops at once', async () => {
    const params = { C: 0.3, tol: 1e-8, maxIter: 1000, warmStart: true };
    for (const solver of ['lbfgs', 'newton-cholesky'] as const) {
      const model = new LogisticRegression({ ...params, solver });
      await model.fit(x.toDense(), several);
      const [first, coef] = [model.nIter, model.coef.data];
      await model.fit(x.toDense(), several);
      expect(model.nIter).toBeLessThan(first / 2);
      for (const [k, value] of model.coef.data.entries()) expect(value).toBeCloseTo(coef[k], 6);
    }
    const saga = new LogisticRegression({ ...params, solver: 'saga', l1Ratio: 0.5, randomState: 0 });
    for (const rows of [x, x.toDense()]) {
      await saga.setParams({ warmStart: false }).fit(rows, binary);
      const first = saga.nIter;
      await saga.setParams({ warmStart: true }).fit(rows, binary);
      expect(saga.nIter).toBeLessThan(first / 2);
    }
    // Other classes: from 0 on.
    await saga.fit(x, several);
    expect(saga.coef.rows).toBe(3);
    const sgd = new SGDRegressor({ randomState: 0, warmStart: true, maxIter: 1, tol: null });
    await sgd.fit(x, scores);
    const one = sgd.coef;
    await sgd.fit(x, scores);
    expect(sgd.coef).not.toEqual(one);
  });
});

describe('sparse transformers', () => {
  test('scalers keep rows sparse', async () => {
    for (const scaler of [new MaxAbsScaler(), new StandardScaler({ withMean: false })]) {
      const dense = await scaler.clone().fitTransform(x.toDense());
      await scaler.fit(x);
      const sparse = await scaler.transformSparse(x);
      expect(sparse.nnz).toBe(x.nnz);
      for (const [k, value] of sparse.toDense().data.entries()) expect(value).toBeCloseTo(dense.data[k], 12);
      const back = await scaler.transform(x);
      for (const [k, value] of back.data.entries()) expect(value).toBeCloseTo(dense.data[k], 12);
    }
    for (const norm of ['l1', 'l2', 'max'] as const) {
      const normalizer = await new Normalizer({ norm }).fit(x);
      const dense = await normalizer.transform(x.toDense());
      const sparse = await normalizer.transformSparse(x);
      for (const [k, value] of sparse.toDense().data.entries()) expect(value).toBeCloseTo(dense.data[k], 12);
    }
  });

  test('moments of columns count what is not stored, and weights', async () => {
    const [sparse, dense] = [new StandardScaler(), new StandardScaler()];
    await sparse.fit(x, undefined, { sampleWeight: weights });
    await dense.fit(x.toDense(), undefined, { sampleWeight: weights });
    for (const name of ['mean', 'var', 'scale', 'nSamplesSeen'] as const) {
      for (const [j, value] of sparse[name].entries()) expect(value).toBeCloseTo(dense[name][j], 12);
    }
    // All values of a column negative, and stored.
    const column = await new MaxAbsScaler().fit(CsrMatrix.from([[-3], [-2]]));
    expect(Array.from(column.maxAbs)).toEqual([3]);
  });

  test('what subtracts cannot keep zeros, and says so', async () => {
    const scaler = await new StandardScaler().fit(x);
    await expect(scaler.transformSparse(x)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const rows = await scaler.transform(x);
    const dense = await new StandardScaler().fitTransform(x.toDense());
    for (const [k, value] of rows.data.entries()) expect(value).toBeCloseTo(dense.data[k], 12);
    const clipped = await new MaxAbsScaler({ clip: true }).fit(CsrMatrix.from([[-2, 0], [1, 4]])); // biome-ignore format: a matrix
    const beyond = CsrMatrix.from([[6, 2], [-8, 0]]); // biome-ignore format: a matrix
    const within = [[1, 0.5], [-1, 0]]; // biome-ignore format: a matrix
    expect((await clipped.transformSparse(beyond)).toDense().toArray()).toEqual(within);
    expect((await clipped.transform(beyond)).toArray()).toEqual(within);
    const maxAbs = await new MaxAbsScaler().fit(x);
    await expect(maxAbs.transformSparse(CsrMatrix.from([[1]]))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    const wrong = new CsrMatrix({
      ...x,
      data: x.data.map((v, k) => (k === 3 ? Number.POSITIVE_INFINITY : v)),
    });
    await expect(maxAbs.transformSparse(wrong)).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  });

  test('TruncatedSVD of sparse rows is that of dense ones', async () => {
    const params = { nComponents: 4, randomState: 0, nIter: 10 };
    const dense = await new TruncatedSVD(params).fit(x.toDense());
    const sparse = await new TruncatedSVD(params).fit(x);
    for (const name of ['singularValues', 'explainedVariance', 'explainedVarianceRatio'] as const) {
      for (const [k, value] of sparse[name].entries()) expect(value).toBeCloseTo(dense[name][k], 9);
    }
    const [rows, expected] = [await sparse.transform(x), await dense.transform(x.toDense())];
    for (const [k, value] of rows.data.entries()) expect(value).toBeCloseTo(expected.data[k], 7);
    const exact = await new TruncatedSVD({ nComponents: 4, algorithm: 'exact' }).fit(x);
    for (const [k, value] of exact.singularValues.entries())
      expect(value).toBeCloseTo(dense.singularValues[k], 4);
    await expect(new TruncatedSVD({ nComponents: 31 }).fit(x)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });

  test.each([
    ['sparse all the way', [new MaxAbsScaler(), new Normalizer(), new LinearSVC({ randomState: 0 })]],
    [
      'dense after a projection',
      [
        new Normalizer(),
        new TruncatedSVD({ nComponents: 5, randomState: 0 }),
        new StandardScaler(),
        new LogisticRegression(),
      ],
    ],
    ['dense from the start', [new MinMaxScaler(), new LogisticRegression()]],
    ['with means', [new StandardScaler(), new LogisticRegression()]],
  ] as const)('pipelines: %s', async (_name, steps) => {
    const named = steps.map((step, i) => [`s${i}`, step] as const);
    const sparse = await new Pipeline(named).fit(x, binary);
    const dense = await new Pipeline(named).fit(x.toDense(), binary);
    const [one, other] = [await sparse.decisionFunction(x), await dense.decisionFunction(x.toDense())];
    for (const [i, value] of one.data.entries()) expect(value).toBeCloseTo(other.data[i], 3);
    expect(await sparse.predict(x.toDense())).toEqual(await sparse.predict(x));
  });

  test('latent semantic analysis: documents, tf-idf, a projection, a classifier', async () => {
    const mails = [
      'cheap pills, buy now',
      'buy cheap watches',
      'lunch at noon?',
      'notes of the meeting at noon',
    ];
    const y = ['spam', 'spam', 'ham', 'ham'];
    const model = new Pipeline([
      ['words', new TfidfVectorizer()],
      ['scale', new MaxAbsScaler()],
      ['topics', new TruncatedSVD({ nComponents: 2, randomState: 0 })],
      ['model', new LogisticRegression({ C: 100 })],
    ]);
    await model.fit(mails, y);
    expect(await model.predict(mails)).toEqual(y);
  });
});

test('what sparse fits refuse', async () => {
  await expect(new LogisticRegression({ solver: 'newton-cholesky' }).fit(x, binary)).rejects.toMatchObject({
    code: 'ERR_NOT_SUPPORTED',
  });
  await expect(new Ridge().fit(x, scores.slice(1))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await expect(
    new SGDRegressor({ eta0: 1e300, learningRate: 'constant', randomState: 0 }).fit(x, scores),
  ).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  await expect(
    new LinearSVC().fit(
      x,
      binary.map(() => 'no'),
    ),
  ).rejects.toMatchObject({ code: 'ERR_LABELS' });
});

test('the least norm solution of more columns than rows', async () => {
  const wide = problem(10, 25, 3);
  const sparse = await new LinearRegression({ tol: 1e-14 }).fit(wide.x, wide.scores);
  const dense = await new LinearRegression().fit(wide.x.toDense(), wide.scores);
  for (const [j, value] of sparse.coef.entries()) expect(value).toBeCloseTo(dense.coef[j], 8);
});

test('a transpose has the same values', async () => {
  expect((await x.transposeAsync()).toArray()).toEqual(x.toDense().transpose().toArray());
  expect((await CsrMatrix.from([[0, 0]]).transposeAsync()).toArray()).toEqual([[0], [0]]);
});

test.each([
  ['few', 40],
  ['many, which threads share', 2000],
])('sums by class of %s values are those of a loop over rows', async (_, rows) => {
  const { x } = problem(rows, 200, 3);
  const random = new Random(4);
  const codes = Int32Array.from({ length: rows }, (_, i) => (i * i) % 5);
  const shares = Float64Array.from({ length: rows }, () => random.next());
  const expected = new Float64Array(5 * x.cols);
  for (let i = 0; i < rows; i++) {
    for (let k = x.indptr[i]; k < x.indptr[i + 1]; k++) {
      expected[codes[i] * x.cols + x.indices[k]] += shares[i] * x.data[k];
    }
  }
  const least = Math.min(...x.data);
  const made = await sparseGroupSums([x.indptr, x.indices, x.data, x.cols], codes, 5, shares, null);
  expect(made).toEqual({ sums: expected, least });
  const none = [x.indptr, x.indices, x.data.map(Math.abs), x.cols] as const;
  expect(await sparseGroupSums(none, codes, 5, shares, null)).toMatchObject({ least: 0 });
});
