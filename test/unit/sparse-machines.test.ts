/** Support vector machines and neighbours on sparse rows: what they learn and predict of the same rows made dense. */
import { describe, expect, test } from 'vitest';
import {
  CsrMatrix,
  KNeighborsClassifier,
  KNeighborsRegressor,
  LocalOutlierFactor,
  load,
  Matrix,
  NearestNeighbors,
  NuSVC,
  NuSVR,
  OneClassSVM,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
  SVC,
  SVR,
} from '../../lib/index.js';
import { codeOfAsync } from '../support/codes.js';
import { expectClose, iterative, ulp } from '../support/tolerance.js';

const values = Array.from({ length: 90 }, (_, i) =>
  Array.from({ length: 24 }, (_, j) =>
    (i * (j + 3) + j) % 5 < 1 || j === i % 3 ? 1 + Math.sin(i * i + 3 * j) : 0,
  ),
);
// Rows that are alike, and one of zeros.
values[7] = values[5].slice();
values[9].fill(0);
const x = CsrMatrix.from(values);
const labels = values.map((_, i) => ['a', 'b', 'c'][i % 3]);
const targets = values.map((row, i) => row[0] + (i % 3) + 0.1 * Math.sin(i));

interface Model {
  fit(X: unknown, y?: unknown, options?: object): Promise<unknown>;
  toBytes(): Uint8Array;
}
type Method = (X: unknown) => Promise<Matrix | ArrayLike<unknown>>;
const call = async (model: unknown, method: string, rows: unknown) => {
  const found = await (model as Record<string, Method>)[method](rows);
  return found instanceof Matrix ? found.data : found;
};

const models: Array<[string, () => Model, unknown, string[]]> = [
  ...(['linear', 'poly', 'rbf', 'sigmoid'] as const).map((kernel): (typeof models)[number] => [
    `SVC ${kernel}`,
    () => new SVC({ kernel, probability: kernel === 'rbf', randomState: 0, tol: 1e-6 }),
    labels,
    ['predict', 'decisionFunction', ...(kernel === 'rbf' ? ['predictProba'] : [])],
  ]),
  ['NuSVC', () => new NuSVC({ tol: 1e-6 }), labels, ['predict', 'decisionFunction']],
  ['SVR', () => new SVR({ tol: 1e-6 }), targets, ['predict']],
  ['NuSVR', () => new NuSVR({ tol: 1e-6 }), targets, ['predict']],
  ['OneClassSVM', () => new OneClassSVM({ nu: 0.2, tol: 1e-6 }), undefined, ['predict', 'scoreSamples']],
  ['KNeighborsClassifier', () => new KNeighborsClassifier(), labels, ['predict', 'predictProba']],
  ['KNeighborsRegressor', () => new KNeighborsRegressor({ weights: 'distance' }), targets, ['predict']],
  ['RadiusNeighborsClassifier', () => new RadiusNeighborsClassifier({ radius: 4 }), labels, ['predictProba']],
  ['RadiusNeighborsRegressor', () => new RadiusNeighborsRegressor({ radius: 4 }), targets, ['predict']],
  [
    'LocalOutlierFactor',
    () => new LocalOutlierFactor({ novelty: true }),
    undefined,
    ['predict', 'scoreSamples'],
  ],
];

describe('machines on sparse rows', () => {
  test.each(models)('%s: as of dense rows, of any batch, from a file', async (_, make, y, methods) => {
    const sparse = make();
    await sparse.fit(x, y);
    const dense = make();
    await dense.fit(values, y);
    const again = await load(sparse.toBytes());
    for (const method of methods) {
      const all = await call(sparse, method, x);
      const expected = await call(dense, method, values);
      if (typeof all[0] === 'string') expect(all).toEqual(expected);
      else expectClose(all, expected, iterative(1e-9));
      expect(await call(sparse, method, values)).toEqual(all);
      expect(await call(again, method, x)).toEqual(all);
      const width = all.length / x.rows;
      expect(Array.from(await call(sparse, method, x.slice(40, 41)))).toEqual(
        Array.from(all).slice(40 * width, 41 * width),
      );
    }
  });

  test('support vectors, their weights and coefficients', async () => {
    for (const y of [labels, labels.map((label) => label === 'a')]) {
      const sparse = await new SVC({ kernel: 'linear' }).fit(x, y);
      const dense = await new SVC({ kernel: 'linear' }).fit(values, y);
      expect(sparse.support).toEqual(dense.support);
      expect(sparse.supportVectors.data).toEqual(dense.supportVectors.data);
      expectClose(sparse.coef.data, dense.coef.data, iterative(1e-9));
    }
    const weights = values.map((_, i) => 0.5 + (i % 4));
    const options = { sampleWeight: weights };
    const [sparse, dense] = [new SVR(), new SVR()];
    await sparse.fit(x, targets, options);
    await dense.fit(values, targets, options);
    expectClose(sparse.dualCoef.data, dense.dualCoef.data, iterative(1e-6));
    expect(sparse.gamma).toBeCloseTo(dense.gamma, 12);
  });

  test('a row in float32', async () => {
    const sparse = await new SVC().fit(x.astype('float32'), labels);
    expect(await sparse.predict(x.astype('float32'))).toEqual(await sparse.predict(x));
  });

  test('a plan holds the rows as dense ones', async () => {
    const machine = await new SVC().fit(x, labels);
    expect(machine.predictSync(values)).toEqual(await machine.predict(x));
    const near = await new KNeighborsClassifier().fit(x, labels);
    expect(near.predictSync(values)).toEqual(await near.predict(x));
    const { indices } = await near.kneighbors(x.slice(5, 6), { nNeighbors: 2 });
    expect([...indices]).toEqual([5, 7]);
  });

  test('columns that dense rows would have no memory for', async () => {
    const [rows, cols] = [900, 300_000];
    const many = Array.from({ length: rows }, (_, i) => ['a', 'b', 'c'][i % 3]);
    const wide = CsrMatrix.fromTriplets(
      many.map((_, i): [number, number, number] => [i, (i % 3) * 99_999, 2 + Math.sin(i)]),
      [rows, cols],
    );
    const near = await new KNeighborsClassifier({ nNeighbors: 3 }).fit(wide, many);
    expect(await near.predict(wide)).toEqual(many);
    const machine = await new SVC({ gamma: 0.1 }).fit(wide, many);
    expect(await machine.predict(wide)).toEqual(many);
    expect(await codeOfAsync(() => near.compileAsync())).toBe('ERR_DENSE');
  });

  test('kernels and distances that are given are dense', async () => {
    const square = CsrMatrix.from(values.map((_, i) => values.map((__, j) => (i === j ? 1 : 0))));
    const machine = await new SVC({ kernel: 'precomputed' }).fit(square, labels);
    expect(await machine.predict(square)).toEqual(labels);
    expect(await codeOfAsync(() => new SVC({ kernel: 'precomputed' }).fit(x, labels))).toBe('ERR_SHAPE');
    const given = new KNeighborsClassifier({ metric: 'precomputed', nNeighbors: 1 });
    expect(await codeOfAsync(() => given.fit(x, labels))).toBe('ERR_SHAPE');
  });

  test('refusals', async () => {
    const long = CsrMatrix.from([...values.slice(0, 3), values[3].map(() => 1e200)]);
    const some = labels.slice(0, 4);
    expect(await codeOfAsync(() => new SVC().fit(long, some))).toBe('ERR_INPUT_INFINITE');
    const nan = CsrMatrix.from([...values.slice(0, 3), values[3].map(() => NaN)]);
    expect(await codeOfAsync(() => new SVC().fit(nan, some))).toBe('ERR_INPUT_NAN');
    expect(await codeOfAsync(() => new KNeighborsClassifier().fit(x.slice(0, 4), some))).toBe(
      'ERR_PARAMETER',
    );
    const machine = await new SVC().fit(x, labels);
    expect(await codeOfAsync(() => machine.predict(CsrMatrix.from([[1]])))).toBe('ERR_SHAPE');
    expect(await codeOfAsync(() => machine.predict(CsrMatrix.from([values[0].map(() => 1e200)])))).toBe(
      'ERR_INPUT_INFINITE',
    );
    const search = await new NearestNeighbors().fit(x);
    expect(await codeOfAsync(() => search.radiusNeighbors(x, { radius: -1 }))).toBe('ERR_PARAMETER');
  });

  test('outliers among the training rows', async () => {
    const params = { nNeighbors: 6, contamination: 0.1 };
    const [sparse, dense] = [new LocalOutlierFactor(params), new LocalOutlierFactor(params)];
    expect(await sparse.fitPredict(x)).toEqual(await dense.fitPredict(values));
    // Means of distances, whose squares an instruction set adds up in an order of its own.
    expectClose(sparse.negativeOutlierFactor, dense.negativeOutlierFactor, ulp(64));
  });

  test('the nearest of very long rows, whose sums round', async () => {
    const length = 500_000;
    const value = 1.3;
    const indices = Int32Array.from({ length: 2 * length }, (_, k) => k % length);
    const data = new Float64Array(2 * length).fill(value);
    data.fill(value * (1 + 1e-8), 0, length);
    const indptr = Int32Array.of(0, length, 2 * length);
    const long = new CsrMatrix({ cols: length, indptr, indices, data });
    const search = await new NearestNeighbors({ nNeighbors: 1 }).fit(long);
    const found = await search.kneighbors(long.slice(1, 2));
    expect(found).toMatchObject({ indices: Int32Array.of(1), distances: { data: Float64Array.of(0) } });
  });

  test('all within a radius, in the order of rows or of distances', async () => {
    const sparse = await new NearestNeighbors({ radius: 4 }).fit(x);
    const dense = await new NearestNeighbors({ radius: 4, algorithm: 'brute' }).fit(values);
    for (const rows of [null, values.slice(0, 20)]) {
      for (const sortResults of [false, true]) {
        const found = await sparse.radiusNeighbors(rows, { sortResults });
        expectClose(found, await dense.radiusNeighbors(rows, { sortResults }), ulp(16));
        expect(found.indices.length).toBeGreaterThan(20);
      }
    }
  });
});
