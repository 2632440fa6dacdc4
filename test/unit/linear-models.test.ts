/** Linear models: what golden values do not show. */
import { describe, expect, it } from 'vitest';
import {
  BayesianRidge,
  ElasticNet,
  ElasticNetCV,
  GroupKFold,
  HuberRegressor,
  Lasso,
  LassoCV,
  LassoLarsCV,
  LogisticRegression,
  load,
  loadIris,
  Matrix,
  MultiTaskLassoCV,
  makeClassification,
  makeRegression,
  QuantileRegressor,
  Ridge,
  RidgeClassifierCV,
  RidgeCV,
  ShuffleSplit,
  StandardScaler,
} from '../../lib/index.js';
import { codeOfAsync } from '../support/codes.js';
import { expectClose, iterative } from '../support/tolerance.js';

const iris = loadIris();
const scaled = await new StandardScaler().fitTransform(iris.data);
const line = makeRegression({ nSamples: 120, nFeatures: 6, nInformative: 3, noise: 3, randomState: 2 });

describe('LogisticRegression', () => {
  it("takes other names of its solvers, 'sag' without an L1 penalty", async () => {
    const fit = (params: object) =>
      new LogisticRegression({ randomState: 0, ...params }).fit(scaled, iris.target);
    const [newton, lbfgs] = [await fit({ solver: 'newton-cg' }), await fit({})];
    expect(newton.coef).toEqual(lbfgs.coef);
    expect(await codeOfAsync(() => fit({ solver: 'sag', penalty: 'l1' }))).toBe('ERR_PARAMETER');
  });

  const fit = (params: object) =>
    new LogisticRegression({ tol: 1e-9, maxIter: 20_000, ...params }).fit(scaled, iris.target);

  it('has one optimum, whatever the solver', async () => {
    const [lbfgs, newton, saga] = await Promise.all(
      (['lbfgs', 'newton-cholesky', 'saga'] as const).map((solver) => fit({ solver, randomState: 3 })),
    );
    for (const other of [newton, saga]) {
      expectClose(other.coef.data, lbfgs.coef.data, iterative(1e-5), 'coef');
      expectClose(other.intercept, lbfgs.intercept, iterative(1e-5), 'intercept');
    }
    expect(newton.nIter).toBeLessThan(20);
  });

  it("has that optimum by 'liblinear', too, where no constant term is penalised", async () => {
    const two = Array.from(iris.target, (label) => (label === 1 ? 'yes' : 'no'));
    const learn = (params: object) =>
      new LogisticRegression({
        fitIntercept: false,
        tol: 1e-11,
        maxIter: 50_000,
        randomState: 1,
        ...params,
      }).fit(scaled, two);
    for (const C of [0.01, 1, 50]) {
      const lbfgs = await learn({ C });
      const saga = await learn({ C, solver: 'saga', l1Ratio: 1 });
      for (const [model, params] of [
        [lbfgs, {}],
        [lbfgs, { dual: true }],
        [saga, { l1Ratio: 1 }],
      ] as const) {
        const own = await learn({ C, solver: 'liblinear', ...params });
        expect(own.converged).toBe(true);
        expectClose(own.coef.data, model.coef.data, iterative(1e-5), `coef ${C} ${JSON.stringify(params)}`);
        expectClose(own.intercept, [0], iterative(0), 'intercept');
      }
    }
    const short = await learn({ solver: 'liblinear', l1Ratio: 1, maxIter: 1 });
    expect([short.nIter, short.converged]).toEqual([1, false]);
  });

  it("settles rows that 'liblinear' knows for sure, however far they lie", async () => {
    const X = Matrix.from([[1], [-1], [2000], [-2000], [-1e6]]);
    const params = { solver: 'liblinear', dual: true, randomState: 0, maxIter: 1000 } as const;
    const model = await new LogisticRegression(params).fit(X, [1, 0, 1, 0, 0]);
    const exact = await new LogisticRegression({ ...params, dual: false, tol: 1e-10 }).fit(
      X,
      [1, 0, 1, 0, 0],
    );
    expect(model.converged).toBe(true);
    expect(model.coef.data[0]).toBeCloseTo(exact.coef.data[0], 3);
  });

  it("refuses what 'liblinear' has not, and numbers that overflow", async () => {
    const two = Array.from(iris.target, (label) => Math.min(label, 1));
    const learn = (params: object, y = two, x = scaled) =>
      new LogisticRegression({ solver: 'liblinear', randomState: 0, ...params }).fit(x, y);
    expect(await codeOfAsync(() => learn({}, Array.from(iris.target)))).toBe('ERR_LABELS');
    const refused = [
      ...[{ l1Ratio: 0.5 }, { C: Infinity }, { penalty: null }, { dual: true, l1Ratio: 1 }],
      ...[{ dual: true, solver: 'lbfgs' }, { interceptScaling: 0 }],
    ];
    for (const params of refused) expect(await codeOfAsync(() => learn(params))).toBe('ERR_PARAMETER');
    for (const params of [{}, { dual: true }, { l1Ratio: 1 }]) {
      const huge = scaled.scale(1e200) as typeof scaled;
      expect(await codeOfAsync(() => learn(params, two, huge)), JSON.stringify(params)).toBe(
        'ERR_INPUT_INFINITE',
      );
    }
  });

  it('understands the older names of penalties', async () => {
    const same = async (old: object, now: object) => {
      const solver = { solver: 'saga', randomState: 1, tol: 1e-6 } as const;
      expect((await fit({ ...solver, ...old })).coef.data).toEqual(
        (await fit({ ...solver, ...now })).coef.data,
      );
    };
    await same({ penalty: 'l1' }, { l1Ratio: 1 });
    await same({ penalty: 'l2', l1Ratio: 0.5 }, { l1Ratio: 0 });
    await same({ penalty: 'elasticnet', l1Ratio: 0.5 }, { l1Ratio: 0.5 });
    await same({ penalty: null, maxIter: 30 }, { C: Infinity, maxIter: 30 });
  });

  it('starts from a sample of many rows and ends where it would otherwise', async () => {
    const { X, y } = makeClassification({ nSamples: 50_000, nFeatures: 8, nInformative: 4, randomState: 5 });
    const lbfgs = await new LogisticRegression({ tol: 1e-8 }).fit(X, y);
    const newton = await new LogisticRegression({ tol: 1e-8, solver: 'newton-cholesky' }).fit(X, y);
    expect([lbfgs.converged, newton.converged]).toEqual([true, true]);
    expect(lbfgs.nIter).toBeLessThan(12);
    expectClose(lbfgs.coef.data, newton.coef.data, iterative(1e-5), 'coef');
    // Rows sorted by class, and a weight of 0 for nearly all of one: the sample must not lead astray.
    const order = Array.from(y.keys()).sort((a, b) => y[a] - y[b]);
    const sorted = await new LogisticRegression({ tol: 1e-8 }).fit(
      X.takeRows(order),
      order.map((i) => y[i]),
    );
    expectClose(sorted.coef.data, lbfgs.coef.data, iterative(1e-5), 'coef of sorted rows');
  });

  it('refuses an L1 penalty without saga, and says when it ran out of iterations', async () => {
    expect(await codeOfAsync(() => fit({ l1Ratio: 1 }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(() => fit({ solver: 'newton' }))).toBe('ERR_PARAMETER');
    expect((await fit({ maxIter: 1 })).converged).toBe(false);
    expect((await fit({ maxIter: 1, solver: 'newton-cholesky' })).converged).toBe(false);
  });

  it('newton-cholesky bears columns that depend on each other', async () => {
    const X = Matrix.from(Array.from({ length: 60 }, (_, i) => [i % 7, i % 7, (i * 5) % 11, 1]));
    const y = Array.from({ length: 60 }, (_, i) => Number((i % 7) + ((i * 3) % 5) > 5));
    for (const C of [1, Infinity]) {
      const model = await new LogisticRegression({ solver: 'newton-cholesky', C }).fit(X, y);
      expect(model.coef.data.every(Number.isFinite)).toBe(true);
      expect(await model.score(X, y)).toBeGreaterThan(0.7);
    }
  });
});

describe('coordinate descent', () => {
  it('solves wide problems through columns as tall ones through the Gram matrix', async () => {
    const wide = makeRegression({ nSamples: 20, nFeatures: 40, nInformative: 3, noise: 0.1, randomState: 4 });
    const model = await new Lasso({ alpha: 0.5, tol: 1e-10, maxIter: 50_000 }).fit(wide.X, wide.y);
    expect(model.converged).toBe(true);
    expect(model.coef.filter((c) => c !== 0).length).toBeLessThan(20);
    // The conditions of the optimum: correlations with the residual are alpha for coefficients, and below it elsewhere.
    const fitted = await model.predict(wide.X);
    model.coef.forEach((c, j) => {
      let correlation = 0;
      for (let i = 0; i < 20; i++) correlation += (wide.X.data[i * 40 + j] * (wide.y[i] - fitted[i])) / 20;
      if (c === 0) expect(Math.abs(correlation)).toBeLessThan(0.5 + 1e-6);
      else expectClose(correlation, 0.5 * Math.sign(c), iterative(1e-5), `correlation ${j}`);
    });
  });

  it('coordinates at random end where coordinates in turn do', async () => {
    const [cyclic, random] = await Promise.all(
      (['cyclic', 'random'] as const).map((selection) =>
        new ElasticNet({ alpha: 0.3, selection, randomState: 1, tol: 1e-12 }).fit(line.X, line.y),
      ),
    );
    expectClose(random.coef, cyclic.coef, iterative(1e-6), 'coef');
    expect(cyclic.dualGap).toBeLessThan(1e-6);
  });

  it('alpha 0 is least squares or ridge, and positive keeps above 0', async () => {
    const ridge = await new Ridge({ alpha: 12 }).fit(line.X, line.y);
    const net = await new ElasticNet({ alpha: 0.1, l1Ratio: 0, tol: 1e-14, maxIter: 9999 }).fit(
      line.X,
      line.y,
    );
    expectClose(net.coef, ridge.coef, iterative(1e-6), 'coef');
    const positive = await new Lasso({ alpha: 0.1, positive: true }).fit(
      line.X,
      line.y.map((v) => -v),
    );
    expect(positive.coef.every((c) => c >= 0)).toBe(true);
  });

  it('chooses among the folds of rows, given by number or by row', async () => {
    const folds = Array.from({ length: 120 }, (_, i) => Math.floor(i / 40));
    const [byNumber, byRow] = await Promise.all(
      [3, folds].map((cv) => new LassoCV({ cv, alphas: 10 }).fit(line.X, line.y)),
    );
    expect(byRow.msePath.data).toEqual(byNumber.msePath.data);
    expect([byNumber.msePath.rows, byNumber.msePath.cols]).toEqual([10, 3]);
    expect(byNumber.alphas.data[0]).toBeGreaterThan(byNumber.alphas.data[9]);
    for (const cv of [1, [0, 1], new Array(120).fill(0), 121]) {
      expect(await codeOfAsync(() => new LassoCV({ cv }).fit(line.X, line.y)), String(cv)).toBe(
        'ERR_PARAMETER',
      );
    }
    expect(await codeOfAsync(() => new ElasticNetCV({ l1Ratio: 0 }).fit(line.X, line.y))).toBe(
      'ERR_PARAMETER',
    );
    const given = await new ElasticNetCV({ l1Ratio: 0, alphas: [0.1, 1], cv: 3 }).fit(line.X, line.y);
    expect(Array.from(given.alphas.data)).toEqual([1, 0.1]);
  });

  it.each([2, 120])('%i folds have the errors of columns, whoever makes their products', async (cv) => {
    const [given, none] = await Promise.all(
      [true, false].map((precompute) =>
        new ElasticNetCV({ cv, l1Ratio: [0.5, 1], alphas: 4, tol: 1e-12, precompute }).fit(line.X, line.y),
      ),
    );
    expectClose(given.msePath.data, none.msePath.data, iterative(1e-6), 'msePath');
  });

  it('makes no products of very many columns, whatever was asked for', async () => {
    const wide = makeRegression({ nSamples: 4, nFeatures: 16_385, nInformative: 2, randomState: 5 });
    const [asked, never] = await Promise.all(
      [true, false].map((precompute) => new Lasso({ precompute }).fit(wide.X, wide.y)),
    );
    expect(asked.coef).toEqual(never.coef);
  });

  it.each([
    ['LassoCV', (cv: never) => new LassoCV({ cv, alphas: [0.1, 1] })],
    ['RidgeCV', (cv: never) => new RidgeCV({ cv })],
    ['LassoLarsCV', (cv: never) => new LassoLarsCV({ cv })],
    ['MultiTaskLassoCV', (cv: never) => new MultiTaskLassoCV({ cv, alphas: [0.1, 1] })],
  ])(
    '%s takes one fold of a splitter or a list, is saved with the latter, and refuses what is none',
    async (_, make) => {
      const fit = (cv: unknown, options = {}) => make(cv as never).fit(line.X, line.y, options);
      const shuffled = new ShuffleSplit({ nSplits: 1, testSize: 30, randomState: 3 });
      const list = [...shuffled.split(line.X)];
      const [bySplitter, byList] = [await fit(shuffled), await fit(list)];
      expect(byList.coef).toEqual(bySplitter.coef);
      expect((await load(byList.toBytes())).params).toMatchObject({ cv: list });
      const later = list.map(({ train, test }) => ({ train: train.slice(), test: test.slice() }));
      const underWay = fit(later);
      later[0].train.fill(0);
      expect((await underWay).coef).toEqual(byList.coef);
      // What a splitter does to the rows that it sees is not done to those of the fit.
      const split = (X: Matrix) => {
        expect([X.rows, X.cols]).toEqual([line.X.rows, line.X.cols]);
        expect(Array.from(X.data)).toEqual(Array.from(line.X.data));
        structuredClone(X.data.fill(0), { transfer: [X.data.buffer as ArrayBuffer] });
        return list;
      };
      expect((await fit({ split })).coef).toEqual(byList.coef);
      expect(() => bySplitter.toBytes()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
      expect(await codeOfAsync(() => fit(new GroupKFold({ nSplits: 2 })))).toBe('ERR_PARAMETER');
      const groups = Array.from(line.y, (_, i) => i % 3);
      expect((await fit(new GroupKFold({ nSplits: 2 }), { groups })).isFitted).toBe(true);
      for (const cv of [[], {}, [[[0], [1]]], [{ train: [0, 1], test: [] }], [{ train: [], test: [0, 1] }]])
        expect(await codeOfAsync(() => fit(cv)), JSON.stringify(cv)).toBe('ERR_PARAMETER');
      for (const row of [-1, 120, 0.5, '1'])
        expect(await codeOfAsync(() => fit([{ train: [0, 1, row], test: [2, 3] }])), String(row)).toBe(
          'ERR_SHAPE',
        );
    },
  );
});

describe('BayesianRidge', () => {
  it('takes small weights, of which the coefficients would take more than there is', async () => {
    const model = new BayesianRidge();
    await model.fit(
      [
        [1, 2],
        [3, 1],
        [2, 5],
        [4, 4],
      ],
      [1, 2, 3, 5],
      { sampleWeight: [0.1, 0.1, 0.1, 0.1] },
    );
    expect([model.alpha > 0, model.lambda > 0, model.coef.every((value) => value > 0)]).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('HuberRegressor', () => {
  it('is least absolute deviations where its scale falls to 0', async () => {
    const { X, y } = makeRegression({ nSamples: 50, nFeatures: 20, noise: 0.05, randomState: 0 });
    const shifted = Array.from(y, (value, i) => (i % 10 === 0 ? value + 3 * Math.cos(i) : value));
    const model = new HuberRegressor({ epsilon: 1.001, alpha: 0, maxIter: 10_000 });
    await model.fit(X, shifted);
    const least = await new QuantileRegressor({ alpha: 0 }).fit(X, shifted);
    const missOf = async (one: HuberRegressor | QuantileRegressor) => {
      const said = await one.predict(X);
      return shifted.reduce((sum, value, i) => sum + Math.abs(value - said[i]), 0);
    };
    expect(model.converged).toBe(true);
    expectClose(await missOf(model), await missOf(least), iterative(1e-6));
    expect(model.scale).toBeLessThan(1e-6);
  });

  it('goes on from the last fit with warmStart', async () => {
    const { X, y } = makeRegression({ nSamples: 80, nFeatures: 4, noise: 3, randomState: 2 });
    const cold = await new HuberRegressor({ tol: 1e-9, maxIter: 1000 }).fit(X, y);
    const warm = new HuberRegressor({ tol: 1e-9, maxIter: 1000, warmStart: true });
    await warm.fit(X, y);
    await warm.fit(X, y);
    expect(warm.nIter).toBeLessThan(3);
    expect(cold.nIter).toBeGreaterThan(5);
    for (const [j, value] of cold.coef.entries()) expect(warm.coef[j]).toBeCloseTo(value, 6);
    await warm.fit(X.columns([0, 1]), y);
    expect(warm.coef.length).toBe(2);
    await warm.setParams({ fitIntercept: false }).fit([[1], [2]], [1, 2]);
    await warm.fit([[1], [2]], [2, 4]);
    expect(warm.coef[0]).toBeCloseTo(2, 2);
  });
});

describe('RidgeCV', () => {
  it('keeps predictions of rows left out where a scorer is named, by name or as a function', async () => {
    const seen: number[] = [];
    const scoring = async (
      model: { predict(X: never): Promise<unknown> },
      X: unknown,
      y: ArrayLike<unknown>,
    ) => {
      const predicted = (await model.predict(X as never)) as Float64Array;
      seen.push(predicted.length);
      return -predicted.reduce((sum, value, i) => sum + Math.abs(value - (y[i] as number)), 0) / y.length;
    };
    const params = { alphas: [0.5, 50], storeCvResults: true };
    const named = await new RidgeCV({ ...params, scoring: 'negMeanAbsoluteError' }).fit(line.X, line.y);
    const own = await new RidgeCV({ ...params, scoring: scoring as never }).fit(line.X, line.y);
    expect(seen).toEqual([120, 120]);
    expect(own.bestScore).toBeCloseTo(named.bestScore, 12);
    const squares = await new RidgeCV(params).fit(line.X, line.y);
    for (const [k, value] of named.cvResults!.data.entries()) {
      const error = line.y[k >> 1] - value;
      expect(squares.cvResults!.data[k]).toBeCloseTo(error * error, 9);
    }
    await expect(new RidgeCV({ scoring: 'best' as never }).fit(line.X, line.y)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });

  it('tells two classes apart, and scores folds by R2 or accuracy', async () => {
    const two = Array.from(iris.target, (label) => (label === 2 ? 'yes' : 'no'));
    const alphas = [1e-2, 1e4];
    const loo = await new RidgeClassifierCV({ alphas, scoring: 'accuracy' }).fit(iris.data, two);
    expect(loo.bestScore).toBeGreaterThan(0.9);
    const folds = Array.from(two, (_, i) => i % 3);
    const byFolds = await new RidgeClassifierCV({ alphas, cv: folds }).fit(iris.data, two);
    expect([loo.alpha, byFolds.alpha]).toEqual([1e-2, 1e-2]);
    expect(byFolds.bestScore).toBeLessThanOrEqual(1);
    const r2 = await new RidgeCV({ alphas: [1e-3, 1e4], cv: 4 }).fit(line.X, line.y);
    expect(r2.bestScore).toBeGreaterThan(0.9);
  });

  it('gives the errors that leaving out each row gives', async () => {
    const X = line.X.slice(0, 15);
    const y = line.y.slice(0, 15);
    for (const columns of [
      [0, 1, 2],
      [0, 1, 2, 3, 4, 5],
    ]) {
      const part = X.columns(columns);
      const kept = { alphas: [0.5, 50], storeCvResults: true };
      const model = await new RidgeCV(kept).fit(part, y);
      const bySvd = await new RidgeCV({ ...kept, gcvMode: 'svd' }).fit(part, y);
      expectClose(bySvd.cvResults!.data, model.cvResults!.data, iterative(1e-9), 'errors by singular values');
      for (const i of [0, 7, 14]) {
        const others = Array.from(y.keys()).filter((k) => k !== i);
        const left = await new Ridge({ alpha: 50 }).fit(
          part.takeRows(others),
          others.map((k) => y[k]),
        );
        const [predicted] = await left.predict(part.slice(i, i + 1));
        expectClose(
          model.cvResults!.row(i)[1],
          (predicted - y[i]) ** 2,
          iterative(1e-8),
          `error of row ${i}`,
        );
      }
    }
  });

  it("keeps digits of columns that nearly depend on each other with gcvMode 'svd'", async () => {
    const [rows, alpha] = [30, 1e-12];
    const near = Matrix.from(
      line.X.slice(0, rows)
        .toArray()
        .map(([a, b]) => [a, a + 1e-6 * b]),
    );
    const y = Float64Array.from(near.toArray(), ([a, c], i) => (c - a) * 1e6 + 0.1 * Math.sin(7 * i));
    const shared = { alphas: [alpha], fitIntercept: false, storeCvResults: true };
    const others = Int32Array.from({ length: rows - 1 }, (_, k) => k + 1);
    const penalty = [Math.sqrt(alpha), 0];
    const augmented = Matrix.from([...near.takeRows(others).toArray(), penalty, [...penalty].reverse()]);
    const wanted = Matrix.from([...others, -1, -1].map((i) => [i < 0 ? 0 : y[i]]));
    const coef = augmented.lstsq(wanted).x.data;
    const error = y[0] - near.data[0] * coef[0] - near.data[1] * coef[1];
    const model = await new RidgeCV({ ...shared, gcvMode: 'svd' }).fit(near, y);
    expect(Math.abs(model.cvResults!.data[0] / error ** 2 - 1)).toBeLessThan(1e-7);
    expect(await codeOfAsync(() => new RidgeCV({ gcvMode: 'qr' as never }).fit(near, y))).toBe(
      'ERR_PARAMETER',
    );
  });

  it('deals the rows of each class to all folds, and needs every class beside each', async () => {
    const byClass = await new RidgeClassifierCV({ cv: 3 }).fit(iris.data, iris.target);
    expect(byClass.bestScore).toBeGreaterThan(0.7);
    const cv = Array.from({ length: 150 }, (_, i) => Math.floor(i / 50));
    expect(await codeOfAsync(() => new RidgeClassifierCV({ cv }).fit(iris.data, iris.target))).toBe(
      'ERR_LABELS',
    );
  });

  it('takes the first strength where no score tells, and refuses folds that have none', async () => {
    const alphas = [0.5, 1, 50];
    const scoring = (async () => NaN) as never;
    expect((await new RidgeCV({ alphas, cv: 3, scoring }).fit(line.X, line.y)).alpha).toBe(0.5);
    const [X, y] = [line.X.slice(0, 5), line.y.slice(0, 5)];
    expect(await codeOfAsync(() => new RidgeCV({ cv: 3 }).fit(X, y))).toBe('ERR_PARAMETER');
    const byError = await new RidgeCV({ alphas, cv: 5, scoring: 'negMeanSquaredError' }).fit(X, y);
    expect(byError.bestScore).toBeLessThan(0);
  });

  it('refuses to keep results of each row with folds', async () => {
    const params = { cv: 3, storeCvResults: true };
    expect(await codeOfAsync(() => new RidgeCV(params).fit(line.X, line.y))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(() => new RidgeClassifierCV(params).fit(iris.data, iris.target))).toBe(
      'ERR_PARAMETER',
    );
  });

  it('leaves folds of no weight out, and predicts rows of no weight by the others', async () => {
    const alphas = [1e-3, 1e3];
    const cv = Array.from(line.y, (_, i) => i % 3);
    const sampleWeight = Float64Array.from(cv, (fold) => Number(fold !== 2));
    const folds = await new RidgeCV({ alphas, cv }).fit(line.X, line.y, { sampleWeight });
    expect(folds.alpha).toBe(1e-3);
    expect(folds.bestScore).toBeGreaterThan(0.9);
    const kept = { alphas, scoring: 'r2', storeCvResults: true } as const;
    const model = await new RidgeCV(kept).fit(line.X, line.y, { sampleWeight });
    const all = await new Ridge({ alpha: 1e-3 }).fit(line.X, line.y, { sampleWeight });
    const predicted = await all.predict(line.X);
    for (const i of [2, 5, 119]) expect(model.cvResults!.row(i)[0]).toBeCloseTo(predicted[i], 6);
  });

  it('refuses folds without rows', async () => {
    const cv = Array.from({ length: 120 }, (_, i) => (i % 2) * 3);
    expect(await codeOfAsync(() => new RidgeCV({ cv }).fit(line.X, line.y))).toBe('ERR_PARAMETER');
  });

  it('takes folds instead, and classes', async () => {
    const model = await new RidgeCV({ alphas: [1e-3, 1e4], cv: 4 }).fit(line.X, line.y);
    expect([model.alpha, model.cvResults]).toEqual([1e-3, undefined]);
    const classes = await new RidgeClassifierCV({ storeCvResults: true }).fit(iris.data, iris.target);
    expect([classes.cvResults!.rows, classes.cvResults!.cols]).toEqual([450, 3]);
  });

  it('many rows by the normal equations give what QR gives', async () => {
    const { X, y } = makeRegression({ nSamples: 900, nFeatures: 5, noise: 2, randomState: 6 });
    const normal = await new Ridge({ alpha: 2 }).fit(X, y);
    const half = await new Ridge({ alpha: 1 }).fit(X, y, { sampleWeight: new Float64Array(900).fill(0.5) });
    expectClose(half.coef, normal.coef, iterative(1e-10), 'coef of half weights and half the strength');
    const pair = Matrix.from(X.toArray().map(([a, b]) => [a, a + 1e-7 * b]));
    const dependent = await new Ridge({ alpha: 1e-9 }).fit(pair, y);
    expect(dependent.coef.every(Number.isFinite)).toBe(true);
  });
});

it('HuberRegressor finds the outliers', async () => {
  const y = Float64Array.from(line.y, (value, i) => (i % 20 === 0 ? value + 5000 : value));
  const model = await new HuberRegressor({ maxIter: 1000 }).fit(line.X, y);
  expect(model.outliers.flatMap((flag, i) => (flag && i % 20 === 0 ? [i] : []))).toEqual([
    0, 20, 40, 60, 80, 100,
  ]);
  const clean = await new Ridge({ alpha: 1e-4 }).fit(line.X, line.y);
  expectClose(model.coef, clean.coef, iterative(1), 'coef');
  expect(await codeOfAsync(() => new HuberRegressor({ epsilon: 1 }).fit(line.X, y))).toBe('ERR_PARAMETER');
});
