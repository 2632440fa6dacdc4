/** Generalised linear models, positive coefficients, LogisticRegressionCV and classifiers made of binary ones: what no golden value tells. */
import { describe, expect, test } from 'vitest';
import {
  CsrMatrix,
  DecisionTreeClassifier,
  d2TweedieScore,
  GammaRegressor,
  GaussianNB,
  Lasso,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  LogisticRegressionCV,
  loadIris,
  Matrix,
  MultinomialNB,
  NuSVC,
  NuSVR,
  OneVsOneClassifier,
  OneVsRestClassifier,
  PoissonRegressor,
  QuantileRegressor,
  Ridge,
  RidgeClassifier,
  SVC,
  TweedieRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const { data, target } = loadIris();
const labels = Array.from(target, (code) => ['setosa', 'versicolor', 'virginica'][code]);

describe('generalised linear models', () => {
  const X = [[0], [1], [2], [3]];

  test('of columns that depend on one another many rows find what few find', async () => {
    const rates = [0.5, 1, 1.5, 3];
    const few = Array.from({ length: 200 }, (_, i) => {
      const kind = i % 4;
      return [...rates.map((_, k) => Number(k === kind)), ((i * 7) % 50) / 50 - 0.5];
    });
    const counts = few.map((_, i) => Math.round(rates[i % 4] + (((i * 13) % 11) - 4) / 8));
    const many = Array.from({ length: 200 }, () => few).flat();
    const coefficients = async (rows: number[][], y: number[]) => {
      const model = await new PoissonRegressor({ alpha: 0, tol: 1e-7, maxIter: 1000 }).fit(rows, y);
      return Array.from(model.coef);
    };
    const expected = await coefficients(few, counts);
    const found = await coefficients(
      many,
      many.map((_, i) => counts[i % 200]),
    );
    for (const [k, value] of found.entries()) expect(value).toBeCloseTo(expected[k], 4);
  });

  test('columns far from 0 change the intercept alone', async () => {
    const rows = data.toArray().slice(0, 80);
    const far = rows.map((row) => row.map((value, j) => value + 1e5 * (j + 1)));
    const y = rows.map(([a, b]) => Math.round(2 * a - b));
    for (const start of [false, true]) {
      const params = { alpha: 0.1, tol: 1e-7, maxIter: 500, warmStart: start };
      const [near, moved] = [new PoissonRegressor(params), new PoissonRegressor(params)];
      for (let fits = start ? 2 : 1; fits > 0; fits--) {
        await near.fit(rows, y);
        await moved.fit(far, y);
      }
      expectClose(moved.coef, near.coef, iterative(1e-5));
      expectClose(await moved.predict(far), await near.predict(rows), iterative(1e-5));
    }
  });

  test('targets that a distribution cannot give are refused', async () => {
    const refused = { code: 'ERR_LABELS', row: 1 };
    await expect(new PoissonRegressor().fit(X, [1, -1, 2, 3])).rejects.toMatchObject(refused);
    await expect(new GammaRegressor().fit(X, [1, 0, 2, 3])).rejects.toMatchObject(refused);
    await expect(new TweedieRegressor({ power: 1.5 }).fit(X, [0, -1, 2, 3])).rejects.toMatchObject(refused);
    await expect(new TweedieRegressor({ power: 0.5 }).fit(X, [1, 1, 2, 3])).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
    const identity = new TweedieRegressor({ power: 2, link: 'identity', fitIntercept: false });
    await expect(identity.fit(X, [1, 1, 2, 3])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(new PoissonRegressor().fit(X, [0, 0, 0, 0])).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });

  test('a normal distribution without a penalty is least squares, a row of weight 0 is absent', async () => {
    const y = [1, 3, 2, 5];
    const line = await new LinearRegression().fit(X, y);
    const model = await new TweedieRegressor({ alpha: 0, tol: 1e-10 }).fit(X, y);
    expect(model.coef[0]).toBeCloseTo(line.coef[0], 7);
    const weighted = await new PoissonRegressor({ tol: 1e-10 }).fit([...X, [9]], [...y, 1000], {
      sampleWeight: [1, 1, 1, 1, 0],
    });
    const without = await new PoissonRegressor({ tol: 1e-10 }).fit(X, y);
    expect(weighted.coef[0]).toBeCloseTo(without.coef[0], 8);
  });

  test('the score is D2, and a warm start stops at once', async () => {
    const y = Array.from({ length: data.rows }, (_, i) => data.data[i * 4 + 2] * (1 + (i % 3)));
    const model = await new GammaRegressor({ alpha: 0.01, tol: 1e-8, maxIter: 500, warmStart: true }).fit(
      data,
      y,
    );
    expect(model.converged).toBe(true);
    expect(await model.score(data, y)).toBe(d2TweedieScore(y, await model.predict(data), { power: 2 }));
    const first = model.nIter;
    await model.fit(data, y);
    expect(model.nIter).toBeLessThan(first / 2);
    await model.fit(data.columns([0]), y);
    expect(model.coef.length).toBe(1);
  });

  test('of many rows the curvature is learned from some of them: the same optimum in fewer iterations', async () => {
    const counts = Array.from({ length: data.rows }, (_, i) => Math.round(data.data[i * 4 + 2]));
    const times = 256; // 38,400 rows
    const rows = Matrix.from(Array.from({ length: times }, () => data.toArray()).flat());
    const many = Array.from({ length: times }, () => counts).flat();
    for (const make of [
      () => new PoissonRegressor({ alpha: 0.01, tol: 1e-9, maxIter: 1000 }),
      () => new TweedieRegressor({ power: 2, link: 'identity', tol: 1e-9, maxIter: 1000 }),
    ]) {
      const few = await make().fit(data, counts);
      const all = await make().fit(rows, many);
      expect(all.converged).toBe(true);
      expect(all.nIter).toBeLessThan(few.nIter);
      expectClose(all.coef, few.coef, iterative(1e-6));
    }
  });
});

describe('positive coefficients', () => {
  const X = [
    [1, 1],
    [2, 1],
    [3, 0],
    [4, 1],
    [5, 0],
  ];
  const y = [5, 4, 2, 2, 0];

  test('none is below 0, on sparse rows and of classes too', async () => {
    for (const model of [
      new LinearRegression({ positive: true }),
      new Ridge({ positive: true, alpha: 0.1 }),
    ]) {
      await model.fit(X, y);
      expect(model.coef[0]).toBe(0);
      expect(model.coef[1]).toBeGreaterThan(0);
      const [coef, intercept] = [model.coef[1], model.intercept];
      await model.fit(CsrMatrix.from(X), y);
      expect(model.coef[1]).toBeCloseTo(coef, 9);
      expect(model.intercept).toBeCloseTo(intercept, 9);
    }
    const classifier = await new RidgeClassifier({ positive: true }).fit(data, labels);
    expect(Math.min(...classifier.coef.data)).toBe(0);
    expect(classifier.coef.rows).toBe(3);
  });

  test('where no coefficient would be below 0 nothing changes', async () => {
    const rising = [5, 7.5, 6, 11, 10.5];
    const free = await new LinearRegression().fit(X, rising);
    const bound = await new LinearRegression({ positive: true }).fit(X, rising);
    expect(free.coef[0]).toBeGreaterThan(0);
    expect(free.coef[1]).toBeGreaterThan(0);
    expect(bound.coef[0]).toBeCloseTo(free.coef[0], 9);
  });
});

describe('LogisticRegressionCV', () => {
  test('scores of all folds, by l1 ratios and strengths; text labels; sparse rows', async () => {
    const solver = { solver: 'saga', maxIter: 300, randomState: 0 } as const;
    const params = { ...solver, Cs: [0.01, 1], l1Ratios: [0, 1], cv: 3 };
    const model = await new LogisticRegressionCV(params).fit(data, labels);
    expect([model.scores.rows, model.scores.cols]).toEqual([3, 4]);
    expect(model.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(model.C).toBe(1);
    expect(Array.from(model.Cs)).toEqual([0.01, 1]);
    const best = new LogisticRegression({ ...solver, C: model.C, l1Ratio: model.l1Ratio });
    await best.fit(data, labels);
    expect(model.coef.toArray()).toEqual(best.coef.toArray());
    const sparse = await new LogisticRegressionCV({ Cs: 3, cv: 3 }).fit(CsrMatrix.from(data), labels);
    const dense = await new LogisticRegressionCV({ Cs: 3, cv: 3 }).fit(data, labels);
    expect(sparse.C).toBe(dense.C);
    expect(await sparse.predict(data)).toEqual(await dense.predict(data));
  });

  test.each([true, false])('a score that is NaN is lowest, wherever it stands; refit: %s', async (refit) => {
    const all = Int32Array.from(target, (_, i) => i);
    const chosen = async (scores: number[]) => {
      const scoring = async () => scores.shift()!;
      const model = new LogisticRegressionCV({
        ...{ Cs: [0.01, 1, 2], cv: [{ train: all, test: all }] },
        ...{ scoring, refit },
      });
      await model.fit(data, labels);
      expect(model.coef.data.every(Number.isFinite)).toBe(true);
      return model.C;
    };
    expect(await chosen([Number.NaN, 0.5, 0.7])).toBe(2);
    expect(await chosen([0.5, Number.NaN, 0.4])).toBe(0.01);
    expect(await chosen([Number.NaN, Number.NaN, Number.NaN])).toBe(0.01);
  });

  test("'balanced' weighs classes by all rows, in the folds too", async () => {
    // 'setosa' is rare in the training rows of the fold.
    const train = Int32Array.from(target.keys()).filter((i) => i < 3 || (i >= 50 && i % 2 === 0));
    const test = Int32Array.from(target.keys()).filter((i) => !train.includes(i));
    const sampleWeight = labels.map((label) => (label === 'virginica' ? 2 : 1));
    const fit = (classWeight: 'balanced' | Record<string, number>) =>
      new LogisticRegressionCV({
        ...{ Cs: [0.001, 0.01, 0.1], cv: [{ train, test }], scoring: 'negLogLoss', classWeight },
      }).fit(data, labels, { sampleWeight });
    const balanced = await fit('balanced');
    const given = await fit({ setosa: 4 / 3, versicolor: 4 / 3, virginica: 2 / 3 });
    expectClose(balanced.scores.data, given.scores.data, iterative(1e-9), 'scores');
    expectClose(balanced.coef.data, given.coef.data, iterative(1e-9), 'coef');
  });

  test('a fold that lacks a class and bad lists are refused', async () => {
    const folds = [{ train: Int32Array.of(0, 1, 2), test: Int32Array.of(60) }];
    const model = new LogisticRegressionCV({ cv: folds });
    await expect(model.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_LABELS' });
    for (const params of [{ Cs: [] }, { Cs: [0] }, { Cs: 0 }, { l1Ratios: [2] }, { l1Ratios: [] }]) {
      const bad = new LogisticRegressionCV(params);
      await expect(bad.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
    const ratio = new LogisticRegressionCV({ l1Ratios: [0.5] });
    await expect(ratio.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });
});

describe('classifiers made of binary ones', () => {
  test('one model for each class, or pair; of two classes one', async () => {
    const rest = await new OneVsRestClassifier(new LogisticRegression()).fit(data, labels);
    const pairs = await new OneVsOneClassifier(new LogisticRegression()).fit(data, labels);
    expect([rest.models.length, pairs.models.length]).toEqual([3, 3]);
    const two = await new OneVsRestClassifier(new LogisticRegression()).fit(
      data.slice(0, 100),
      labels.slice(0, 100),
    );
    const plain = await new LogisticRegression().fit(data.slice(0, 100), labels.slice(0, 100));
    expect(two.models.length).toBe(1);
    expect((await two.predictProba(data)).toArray()).toEqual((await plain.predictProba(data)).toArray());
    const [tree] = [
      await new OneVsRestClassifier(new DecisionTreeClassifier({ maxDepth: 2 })).fit(data, labels),
    ];
    await expect(tree.decisionFunction(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    expect(await tree.score(data, labels)).toBeGreaterThan(0.9);
  });

  test('sparse rows are handed on', async () => {
    for (const make of [
      () => new OneVsRestClassifier(new LinearSVC({ randomState: 0 })),
      () => new OneVsOneClassifier(new LinearSVC({ randomState: 0 })),
    ]) {
      const sampleWeight = labels.map((_, i) => 1 + (i % 3));
      const sparse = await make().fit(CsrMatrix.from(data), labels, { sampleWeight });
      const dense = await make().fit(data, labels, { sampleWeight });
      const [one, other] = [await sparse.decisionFunction(data), await dense.decisionFunction(data)];
      for (const [k, value] of one.data.entries()) expect(value).toBeCloseTo(other.data[k], 2);
    }
  });

  test('parts may lack classes and have weights; what cannot be learned is refused, and changes nothing', async () => {
    const classes = [...new Set(labels)].sort();
    const sampleWeight = labels.map((_, i) => i % 3);
    for (const Model of [OneVsRestClassifier, OneVsOneClassifier]) {
      const make = () => new Model(new MultinomialNB());
      const model = make();
      for (const [from, to] of [[0, 60], [60, 90], [90, 150]]) // biome-ignore format: pairs
        await model.partialFit(data.slice(from, to), labels.slice(from, to), {
          ...{ classes, sampleWeight: sampleWeight.slice(from, to) },
        });
      const whole = await make().fit(data, labels, { sampleWeight });
      const output = Model === OneVsRestClassifier ? 'proba' : 'decision';
      const [one, other] = [model, whole].map((own) => own.compile({ output }).runSync(data).data);
      for (const [k, value] of one.entries()) expect(value).toBeCloseTo(other[k], 9);
      await expect(model.partialFit(data, new Array(150).fill('none'))).rejects.toMatchObject({
        code: 'ERR_LABELS',
      });
      await expect(model.partialFit(data.columns([0]), labels)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
      expect(model.compile({ output }).runSync(data).data).toEqual(one);
      const none = new Model(new DecisionTreeClassifier()).partialFit(data, labels);
      await expect(none).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    }
    const first = new OneVsOneClassifier(new MultinomialNB()).partialFit(
      data.slice(0, 50),
      labels.slice(0, 50),
      {
        classes,
      },
    );
    await expect(first).rejects.toMatchObject({ code: 'ERR_LABELS' });
  });

  test('a problem whose rows weigh nothing in a later part keeps its model', async () => {
    const model = new OneVsOneClassifier(new GaussianNB());
    await model.partialFit(data, labels);
    const before = model.models.map((own) => (own as GaussianNB).theta);
    const done: unknown[] = [];
    const sampleWeight = labels.map((label) => (label === labels[149] ? 1 : 0));
    await model.partialFit(data.slice(0, 150), labels, {
      sampleWeight,
      onProgress: ({ estimator, fraction }) => done.push([estimator, fraction]),
    });
    const after = model.models.map((own) => (own as GaussianNB).theta);
    expect(after[0]).toEqual(before[0]);
    expect((model.models[0] as GaussianNB).classCount).toEqual(Float64Array.of(50, 50));
    expect((model.models[2] as GaussianNB).classCount).toEqual(Float64Array.of(50, 100));
    expect(done).toEqual([1, 2, 3].map((k) => ['OneVsOneClassifier', k / 3]));
    const first = new OneVsOneClassifier(new GaussianNB()).partialFit(data, labels, { sampleWeight });
    await expect(first).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('what has neither decisions nor probabilities is refused', async () => {
    const wrong = new OneVsRestClassifier(new Ridge());
    await expect(wrong.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(
      new OneVsOneClassifier(new GaussianNB()).fit(
        data,
        labels.map(() => 'a'),
      ),
    ).rejects.toMatchObject({
      code: 'ERR_LABELS',
    });
  });
});

describe('machines with nu', () => {
  test('nu bounds the support vectors', async () => {
    for (const nu of [0.1, 0.4]) {
      const classifier = await new NuSVC({ nu, tol: 1e-6 }).fit(data.slice(50, 150), labels.slice(50, 150));
      expect(classifier.support.length).toBeGreaterThanOrEqual(nu * 100);
      const y = Array.from({ length: 150 }, (_, i) => data.data[i * 4 + 3]);
      const regressor = await new NuSVR({ nu, tol: 1e-6 }).fit(data.columns([0, 1, 2]), y);
      expect(regressor.support.length).toBeGreaterThanOrEqual(nu * 150);
    }
  });

  test('classes of too different sizes are refused; the same machine as SVC by another name', async () => {
    const y = labels.map((_, i) => (i < 10 ? 'few' : 'many'));
    await expect(new NuSVC({ nu: 0.5 }).fit(data, y)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const few = await new NuSVC({ nu: 0.1, probability: true, randomState: 0 }).fit(data, y);
    expect((await few.predictProba(data)).cols).toBe(2);
    await expect(new NuSVC({ nu: 0 }).fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    // Half of nu times the rows is the sum of alpha of each class: a machine with C = 1 / scale is the same.
    const [two, of] = [data.slice(50, 150), labels.slice(50, 150)];
    const nu = await new NuSVC({ nu: 0.3, gamma: 0.5, tol: 1e-8 }).fit(two, of);
    const most = Math.max(...nu.dualCoef.data.map(Math.abs));
    const svc = await new SVC({ C: most, gamma: 0.5, tol: 1e-8 }).fit(two, of);
    const [one, other] = [await nu.decisionFunction(two), await svc.decisionFunction(two)];
    for (const [i, value] of one.data.entries()) expect(value).toBeCloseTo(other.data[i], 4);
  });
});

describe('QuantileRegressor', () => {
  const X = Array.from({ length: 200 }, (_, i) => [i % 17, (i * i) % 23]);
  const y = X.map(([a, b], i) => 2 * a - b + ((i * 7) % 13) / 3);

  test('the share of targets below the predictions is the quantile', async () => {
    for (const quantile of [0.1, 0.5, 0.9]) {
      const model = await new QuantileRegressor({ quantile, alpha: 0 }).fit(X, y);
      expect(model.converged).toBe(true);
      const predicted = await model.predict(X);
      const below = y.filter((value, i) => value < predicted[i] - 1e-6).length / y.length;
      const upTo = y.filter((value, i) => value <= predicted[i] + 1e-6).length / y.length;
      expect(below).toBeLessThanOrEqual(quantile + 1e-9);
      expect(upTo).toBeGreaterThanOrEqual(quantile - 1e-9);
    }
  });

  test('penalties, weights, columns that depend on each other, and targets that are alike', async () => {
    const none = await new QuantileRegressor({ alpha: 1e3 }).fit(X, y);
    expect(Array.from(none.coef)).toEqual([0, 0]);
    const sorted = [...y].sort((a, b) => a - b);
    expect(none.intercept).toBeGreaterThanOrEqual(sorted[99] - 1e-6);
    expect(none.intercept).toBeLessThanOrEqual(sorted[100] + 1e-6);
    const sampleWeight = y.map((_, i) => i % 3);
    const [few, all] = [0, 1].map(() => new QuantileRegressor({ alpha: 0.01, quantile: 0.35 }));
    await few.fit(X, y, { sampleWeight });
    const rows = y.flatMap((_, i) => Array.from({ length: i % 3 }, () => i));
    await all.fit(
      rows.map((i) => X[i]),
      rows.map((i) => y[i]),
    );
    for (const j of [0, 1]) expect(few.coef[j]).toBeCloseTo(all.coef[j], 6);
    const twice = await new QuantileRegressor({ alpha: 0 }).fit(
      X.map(([a, b]) => [a, b, a]),
      y,
    );
    expect(twice.coef.every(Number.isFinite)).toBe(true);
    const flat = await new QuantileRegressor().fit(
      X,
      y.map(() => 3),
    );
    expect(flat.intercept).toBeCloseTo(3, 6);
    expect(Math.abs(flat.coef[0])).toBeLessThan(1e-6);
    await expect(new QuantileRegressor({ quantile: 1 }).fit(X, y)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });
});

test('a warm start of the lasso stops at once', async () => {
  const y = Array.from({ length: data.rows }, (_, i) => data.data[i * 4 + 2]);
  for (const rows of [data, CsrMatrix.from(data)]) {
    const model = new Lasso({ alpha: 0.001, tol: 1e-10, maxIter: 100_000, warmStart: true });
    await model.fit(rows, y);
    const [first, coef] = [model.nIter, model.coef];
    await model.fit(rows, y);
    expect(model.nIter).toBeLessThan(first);
    for (const [j, value] of model.coef.entries()) expect(value).toBeCloseTo(coef[j], 6);
  }
});
