/** Paths of column selection: what golden values do not show. */
import { describe, expect, test, vi } from 'vitest';
import {
  ARDRegression,
  CsrMatrix,
  ElasticNet,
  ElasticNetCV,
  Lars,
  LarsCV,
  Lasso,
  LassoCV,
  LassoLars,
  LassoLarsCV,
  LassoLarsIC,
  LinearRegression,
  load,
  loadWine,
  Matrix,
  makeRegression,
  OrthogonalMatchingPursuit,
  OrthogonalMatchingPursuitCV,
} from '../../lib/index.js';
import { native } from '../../lib/native.js';

const refused = { code: 'ERR_PARAMETER' };
const line = makeRegression({ nSamples: 60, nFeatures: 8, nInformative: 4, noise: 2, randomState: 5 });

test('all steps of least angle regression end at least squares, also where a coefficient crosses 0', async () => {
  const { data, target } = loadWine();
  for (const [X, y] of [[line.X, line.y] as const, [data, Array.from(target)] as const]) {
    const [lars, squares] = [await new Lars().fit(X, y), await new LinearRegression().fit(X, y)];
    for (const [j, value] of squares.coef.entries()) expect(lars.coef[j]).toBeCloseTo(value, 8);
    expect(lars.intercept).toBeCloseTo(squares.intercept, 6);
  }
});

test('a path has the lasso of every strength', async () => {
  const path = await new LassoLars({ alpha: 0 }).fit(line.X, line.y);
  const [from, to] = path.alphas.slice(2, 4);
  const alpha = (from + 3 * to) / 4;
  const lasso = await new Lasso({ alpha, tol: 1e-12, maxIter: 100_000 }).fit(line.X, line.y);
  const { coefPath } = path;
  const between = lasso.coef.map((_, j) => (coefPath.row(2)[j] + 3 * coefPath.row(3)[j]) / 4);
  for (const [j, value] of lasso.coef.entries()) expect(between[j]).toBeCloseTo(value, 6);
  const single = await new LassoLars({ alpha }).fit(line.X, line.y);
  for (const [j, value] of lasso.coef.entries()) expect(single.coef[j]).toBeCloseTo(value, 6);
});

test('columns that say the same are passed over, and nothing is learned of a constant', async () => {
  const twice = Matrix.from(line.X.toArray().map(([a, b, c]) => [a, b, c, a, b, 0]));
  for (const make of [() => new Lars(), () => new LassoLars({ alpha: 0 })]) {
    const model = await make().fit(twice, line.y);
    expect(Array.from(model.active).sort()).toEqual([0, 1, 2]);
    expect(
      Array.from(
        (
          await model.fit(
            line.X,
            line.y.map(() => 3),
          )
        ).coef,
      ),
    ).toEqual(Array(8).fill(0));
    expect(model.intercept).toBe(3);
    expect(model.alphas.length).toBe(1);
  }
  const pursuit = await new OrthogonalMatchingPursuit({ nNonzeroCoefs: 5 }).fit(twice, line.y);
  expect([pursuit.nIter, pursuit.converged]).toEqual([3, false]);
  const nothing = await new OrthogonalMatchingPursuitCV().fit(
    line.X,
    line.y.map(() => 3),
  );
  expect(Array.from(nothing.coef)).toEqual(Array(8).fill(0));
});

test.each([
  ['Lars', () => new Lars<Matrix>({ nNonzeroCoefs: 3 })],
  ['LassoLars', () => new LassoLars<Matrix>({ alpha: 0.5 })],
  ['OrthogonalMatchingPursuit', () => new OrthogonalMatchingPursuit<Matrix>({ nNonzeroCoefs: 3 })],
])('%s of many targets is that of each, whoever owns the rows, and is saved', async (_, make) => {
  const wide = makeRegression({ nSamples: 9, nFeatures: 20, nInformative: 3, randomState: 4 }).X;
  const many = (X: Matrix) => X.matmul(Matrix.from(Array.from({ length: X.cols }, (_, j) => sines(j))));
  const sines = (j: number) => Array.from({ length: 35 }, (_, t) => Math.sin(5 * j + t * t));
  const shared = new Matrix(new Float64Array(new SharedArrayBuffer(60 * 8 * 8)), 60, 8);
  shared.data.set(line.X.data);
  for (const X of [line.X, shared, wide]) {
    const Y = many(X);
    const all = await make().fit(X, Y);
    expect([all.nIter.length, all.coef.rows]).toEqual([35, 35]);
    for (const t of [0, 34]) {
      const one = (await make().fit(X, Y.columns([t]))) as unknown as Lars;
      for (const [j, coef] of one.coef.entries()) expect(all.coef.row(t)[j]).toBeCloseTo(coef, 9);
      expect([all.intercept[t], all.nIter[t]]).toEqual([expect.closeTo(one.intercept, 9), one.nIter]);
    }
    const loaded = await load(all.toBytes());
    for (const name of ['alphas', 'active', 'coefPath', 'nIter', 'coef'] as const)
      expect((loaded as Lars)[name], name).toEqual((all as unknown as Lars)[name]);
  }
});

test.each([
  ['Lars', (params: object) => new Lars({ nNonzeroCoefs: 4, ...params })],
  ['LassoLars', (params: object) => new LassoLars({ alpha: 0.5, ...params }) as never as Lars],
])('%s without its path, and of targets that are shaken', async (_, make) => {
  const usual = await make({}).fit(line.X, line.y);
  const short = await make({ fitPath: false }).fit(line.X, line.y);
  expect([short.coef, short.alphas, short.active]).toEqual([usual.coef, usual.alphas, usual.active]);
  for (const model of [short, (await load(short.toBytes())) as Lars])
    expect(() => model.coefPath).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
  const shaken = () => make({ jitter: 0.1, randomState: 3 }).fit(line.X, line.y);
  const [one, same] = [await shaken(), await shaken()];
  expect(one.coef).toEqual(same.coef);
  // Draws are 0.05 in the mean.
  expect(Math.abs(one.intercept - usual.intercept - 0.05)).toBeLessThan(0.03);
  for (const [j, coef] of usual.coef.entries()) expect(Math.abs(one.coef[j] - coef)).toBeLessThan(0.1);
  expect(one.coef).not.toEqual(usual.coef);
  await expect(make({ jitter: -1 }).fit(line.X, line.y)).rejects.toMatchObject(refused);
});

describe('precompute', () => {
  const makers: Array<[string, (params: object) => Lasso | Lars]> = [
    ['Lasso', (params) => new Lasso({ alpha: 0.5, tol: 1e-12, ...params })],
    ['ElasticNet', (params) => new ElasticNet({ alpha: 0.5, tol: 1e-12, ...params }) as never],
    ['Lars', (params) => new Lars({ nNonzeroCoefs: 3, ...params })],
    ['LassoLars', (params) => new LassoLars({ alpha: 0.5, ...params }) as never],
    ['LassoLarsIC', (params) => new LassoLarsIC({ noiseVariance: 1, ...params }) as never],
    ['OrthogonalMatchingPursuit', (params) => new OrthogonalMatchingPursuit(params) as never],
  ];
  const wide = makeRegression({ nSamples: 12, nFeatures: 40, nInformative: 3, noise: 1, randomState: 3 });
  const near = (one: Lasso | Lars, other: Lasso | Lars) => {
    for (const [j, coef] of one.coef.entries()) expect(other.coef[j]).toBeCloseTo(coef, 7);
    expect(other.intercept).toBeCloseTo(one.intercept, 7);
  };

  /** How many times a fit makes products of all columns, or asks the core to. */
  const timesMade = async (fit: () => Promise<unknown>) => {
    const sums = [vi.spyOn(native, 'gramProblem'), vi.spyOn(native, 'gramProblemSync')];
    const specs = [vi.spyOn(native, 'fitElasticNet'), vi.spyOn(native, 'crossValidateElasticNet')];
    const square = vi.spyOn(Matrix.prototype, 'matmulAsync');
    await fit();
    const always = specs.flatMap(({ mock }) => mock.calls.flat()).filter(isAlways);
    const squares = square.mock.calls.filter(([by], k) => square.mock.contexts[k] === by);
    const count = sums.reduce((sum, { mock }) => sum + mock.calls.length, always.length + squares.length);
    for (const spy of [...sums, ...specs, square]) spy.mockRestore();
    return count;
  };
  const isAlways = (argument: unknown) => (argument as { products?: unknown } | null)?.products === 'always';

  test.each(makers)('%s is the same with products, without and with given ones', async (_, make) => {
    for (const { X, y } of [line, wide]) {
      const usual = await make({}).fit(X, y);
      for (const precompute of [true, false]) {
        const model = make({ precompute });
        expect(await timesMade(() => model.fit(X, y))).toBe(Number(precompute));
        near(usual, model);
      }
      const centred = X.sub(X.mean(0)) as Matrix;
      const gram = centred.matmul(centred, { transposeA: true });
      for (const given of [gram, gram.toArray()])
        near(await make({}).fit(centred, y), await make({ precompute: given }).fit(centred, y));
      // Those of X that is not centred are made anew.
      near(usual, await make({ precompute: X.matmul(X, { transposeA: true }) }).fit(X, y));
      const raw = { precompute: X.matmul(X, { transposeA: true }), fitIntercept: false };
      near(await make({ fitIntercept: false }).fit(X, y), await make(raw).fit(X, y));
    }
  });

  test.each(makers)('%s reads those that are given, and refuses what cannot be them', async (_, make) => {
    const { X, y } = line;
    const gram = X.matmul(X, { transposeA: true }) as Matrix<Float64Array>;
    const fit = (precompute: unknown) => make({ precompute, fitIntercept: false }).fit(X, y);
    const usual = await fit('auto');
    const strongest = usual.coef.reduce(
      (best, c, j) => (Math.abs(c) > Math.abs(usual.coef[best]) ? j : best),
      0,
    );
    const other = gram.copy();
    other.row(strongest)[strongest] *= 2;
    expect(Math.abs((await fit(other)).coef[strongest])).toBeLessThan(Math.abs(usual.coef[strongest]));
    const wrong = gram.copy();
    wrong.row(4)[5] += 1;
    const holed = gram.copy();
    holed.row(0)[0] = Number.NaN;
    for (const given of [wrong, holed, 'yes', 3]) await expect(fit(given)).rejects.toMatchObject(refused);
    for (const given of [gram.columns([0, 1]), [[1]]])
      await expect(fit(given)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    // A number of float32 has fewer digits, whatever X has.
    const slight = gram.mul(1e4) as Matrix<Float64Array>;
    slight.row(4)[5] *= 1 + 5e-5;
    const fitScaled = (precompute: Matrix) => make({ precompute, fitIntercept: false }).fit(X.mul(100), y);
    await expect(fitScaled(slight)).rejects.toMatchObject(refused);
    await fitScaled(slight.astype('float32'));
    const model = await fit(gram);
    near(model, (await load(model.toBytes())) as Lasso);
    const later = gram.copy();
    const underWay = fit(later);
    later.data.fill(0);
    near(model, await underWay);
  });

  test('goes with weights of rows, float32, sparse rows and folds', async () => {
    const { X, y } = line;
    const sampleWeight = Float64Array.from(y, (_, i) => (i % 3) / 2);
    const roots = Matrix.from(
      Array.from(sampleWeight, (w) => [Math.sqrt((w * 60) / sampleWeight.reduce((a, b) => a + b))]),
    );
    const rows = X.mul(roots);
    const precompute = rows.matmul(rows, { transposeA: true });
    const how = { alpha: 0.5, fitIntercept: false, tol: 1e-12 };
    const usual = await new Lasso(how).fit(X, y, { sampleWeight });
    const ofGram = vi.spyOn(native, 'elasticNetOfGram');
    near(usual, await new Lasso({ ...how, precompute }).fit(X, y, { sampleWeight }));
    expect(ofGram).toHaveBeenCalledTimes(1);
    const single = X.astype('float32');
    const own = await new Lasso({ ...how, precompute: single.matmul(single, { transposeA: true }) }).fit(
      single,
      y,
    );
    expect(ofGram).toHaveBeenCalledTimes(2);
    ofGram.mockRestore();
    for (const [j, coef] of (await new Lasso(how).fit(single, y)).coef.entries())
      expect(own.coef[j]).toBeCloseTo(coef, 3);
    const sparse = CsrMatrix.from(X);
    near(await new Lasso(how).fit(sparse, y), await new Lasso({ ...how, precompute: [[1]] }).fit(sparse, y));
    for (const Model of [LassoCV, ElasticNetCV, LassoLarsCV, LarsCV] as const) {
      const [made, left] = [true, false].map((way) => new Model({ precompute: way, cv: 3 }));
      // Of the folds, and of all rows.
      const isCoreOnly = Model === LassoCV || Model === ElasticNetCV;
      expect(await timesMade(() => made.fit(X, y))).toBe(isCoreOnly ? 2 : 4);
      expect(await timesMade(() => left.fit(X, y))).toBe(0);
      near(made as never, left as never);
      await expect(new Model({ precompute: precompute as never }).fit(X, y)).rejects.toMatchObject(refused);
    }
  });
});

test('fewer rows than columns', async () => {
  const { X, y } = makeRegression({ nSamples: 12, nFeatures: 40, nInformative: 3, randomState: 3 });
  /** How far the columns go with the residual, over the rows: at the lasso of `alpha` no more than that, and as much where a coefficient is not 0. */
  const isLasso = async (model: LassoLars | LassoLarsIC | LassoLarsCV, alpha: number) => {
    const predicted = await model.predict(X);
    const residual = Matrix.from(Array.from(y, (value, i) => [value - predicted[i]]));
    const centred = X.sub(X.mean(0));
    const along = centred.matmul(residual, { transposeA: true }).data;
    model.coef.forEach((c, j) => {
      const size = Math.abs(along[j]) / 12;
      expect(size).toBeLessThan(alpha + 1e-6);
      if (c !== 0) expect(size).toBeCloseTo(alpha, 6);
    });
  };
  const path = await new LassoLars({ alpha: 1e-3 }).fit(X, y);
  await isLasso(path, 1e-3);
  expect(path.active.length).toBeLessThan(12);
  await expect(new LassoLarsIC().fit(X, y)).rejects.toMatchObject(refused);
  const byCriterion = await new LassoLarsIC({ noiseVariance: 1 }).fit(X, y);
  await isLasso(byCriterion, byCriterion.alpha);
  const byFolds = await new LassoLarsCV({ cv: 3 }).fit(X, y);
  await isLasso(byFolds, byFolds.alpha);
  const means = byFolds.msePath.toArray().map((errors) => errors.reduce((sum, error) => sum + error));
  expect(byFolds.cvAlphas[means.indexOf(Math.min(...means))]).toBe(byFolds.alpha);
});

test('converged says whether the end that was wanted is reached', async () => {
  const { X, y } = line;
  expect((await new LassoLars({ alpha: 0, maxIter: 2 }).fit(X, y)).converged).toBe(false);
  expect((await new LassoLars({ alpha: 0 }).fit(X, y)).converged).toBe(true);
  expect((await new LarsCV({ maxIter: 1 }).fit(X, y)).converged).toBe(false);
  // Two columns are what was asked for.
  expect((await new Lars({ nNonzeroCoefs: 2 }).fit(X, y)).converged).toBe(true);
  const pursue = (tol: number) => new OrthogonalMatchingPursuit({ tol }).fit(X, y);
  const [near, never] = [await pursue(1e4), await pursue(1e-9)];
  expect([near.converged, near.nIter < 8]).toEqual([true, true]);
  expect([never.converged, never.nIter]).toEqual([false, 8]);
  // All columns leave in the first iteration.
  const none = await new ARDRegression({ thresholdLambda: 0 }).fit(X, y);
  expect([none.converged, none.nIter]).toEqual([true, 1]);
  expect(Array.from(none.coef)).toEqual(Array(8).fill(0));
});

test('what cannot be asked for is refused, and abort heeded', async () => {
  await expect(new OrthogonalMatchingPursuit({ nNonzeroCoefs: 9 }).fit(line.X, line.y)).rejects.toMatchObject(
    refused,
  );
  await expect(new OrthogonalMatchingPursuitCV({ maxIter: 9 }).fit(line.X, line.y)).rejects.toMatchObject(
    refused,
  );
  await expect(new LarsCV({ cv: [0, 1] }).fit(line.X, line.y)).rejects.toMatchObject(refused);
  await expect(new Lars().fit([[1e200], [2], [3]], [1e200, 1, 2])).rejects.toMatchObject({
    code: 'ERR_INPUT_INFINITE',
  });
  const stop = new AbortController();
  const fit = new LarsCV().fit(line.X, line.y, { signal: stop.signal });
  stop.abort();
  await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});

test('of a y that is constant, or that columns give exactly, an information criterion takes all that counts', async () => {
  const X = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  for (const criterion of ['aic', 'bic'] as const) {
    const constant = await new LassoLarsIC({ criterion }).fit(X, new Float64Array(20).fill(3));
    expect([...constant.coef, constant.intercept]).toEqual([0, 0, 3]);
    const exact = await new LassoLarsIC({ criterion }).fit(
      X,
      X.map(([a]) => 3 * a + 2),
    );
    expect(exact.coef[0]).toBeCloseTo(3, 12);
    expect(exact.criterion.every(Number.isFinite)).toBe(true);
  }
});
