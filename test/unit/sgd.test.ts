/** Stochastic gradient descent: what no golden value tells. */
import { describe, expect, it } from 'vitest';
import {
  load,
  loadIris,
  makeRegression,
  Perceptron,
  SGDClassifier,
  SGDRegressor,
  StandardScaler,
} from '../../lib/index.js';
import { codeOfAsync } from '../support/codes.js';
import { expectClose, iterative } from '../support/tolerance.js';

const iris = loadIris();
const scaled = await new StandardScaler().fitTransform(iris.data);
const line = makeRegression({ nSamples: 120, nFeatures: 6, nInformative: 3, noise: 3, randomState: 2 });

describe('stochastic gradient descent', () => {
  it('learns in parts what it learns in one pass', async () => {
    const one = new SGDClassifier({ loss: 'logLoss', shuffle: false, maxIter: 1, tol: null });
    await one.fit(scaled, iris.target);
    const parts = new SGDClassifier({ loss: 'logLoss', shuffle: false });
    for (let from = 0; from < 150; from += 50) {
      const y = iris.target.slice(from, from + 50);
      await parts.partialFit(scaled.slice(from, from + 50), y, { classes: [2, 0, 1] });
    }
    expect(parts.classes).toEqual([0, 1, 2]);
    expectClose(parts.coef.data, one.coef.data, iterative(1e-12), 'coef');
    // A loaded model learns on as the saved one does.
    const copy = (await load(parts.toBytes())) as SGDClassifier;
    for (const model of [copy, parts]) await model.partialFit(scaled, iris.target);
    expect(copy.coef.data).toEqual(parts.coef.data);
  });

  it('refuses what partialFit cannot do', async () => {
    const part = (params: object, y: ArrayLike<unknown> = iris.target) =>
      codeOfAsync(() => new SGDClassifier(params).partialFit(scaled, y));
    expect(await part({ classWeight: 'balanced' })).toBe('ERR_PARAMETER');
    expect(await part({ earlyStopping: true })).toBe('ERR_PARAMETER');
    for (const classes of [5, [0, 1, '2'], [0, 0]] as unknown as number[][])
      expect(await codeOfAsync(() => new Perceptron().partialFit(scaled, iris.target, { classes }))).toBe(
        'ERR_LABELS',
      );
    const model = await new Perceptron().partialFit(scaled, iris.target, { classes: [0, 1, 2, 3] });
    expect(model.coef.rows).toBe(4);
    expect(await codeOfAsync(() => model.partialFit(scaled, new Array(150).fill(9)))).toBe('ERR_LABELS');
    expect(await codeOfAsync(() => model.partialFit(scaled.columns([0, 1]), iris.target))).toBe('ERR_SHAPE');
    const again = (classes: number[]) =>
      codeOfAsync(() => model.partialFit(scaled, iris.target, { classes }));
    expect(await again([0, 1, 2])).toBe('ERR_LABELS');
    expect(await again([0, 1, 2, 5])).toBe('ERR_LABELS');
    await model.partialFit(scaled, iris.target, { classes: [3, 2, 1, 0] });
  });

  it('takes passive-aggressive steps by their own loss alone', async () => {
    for (const learningRate of ['pa1', 'pa2'] as const) {
      const classifier = new SGDClassifier({ learningRate, loss: 'logLoss' });
      expect(await codeOfAsync(() => classifier.fit(scaled, iris.target))).toBe('ERR_PARAMETER');
      const regressor = new SGDRegressor({ learningRate });
      expect(await codeOfAsync(() => regressor.fit(scaled, iris.target))).toBe('ERR_PARAMETER');
    }
  });

  it('says that coefficients overflow', async () => {
    const model = new SGDRegressor({ learningRate: 'constant', eta0: 1e305, randomState: 0 });
    const large = line.X.toArray().map((row) => row.map((v) => 1e6 * v));
    expect(await codeOfAsync(() => model.fit(large, line.y))).toBe('ERR_INPUT_INFINITE');
  });

  it('early stopping holds rows out, and averaging predicts with the average', async () => {
    const early = await new SGDClassifier({ earlyStopping: true, randomState: 1 }).fit(scaled, iris.target);
    expect(early.converged).toBe(true);
    expect(await early.score(scaled, iris.target)).toBeGreaterThan(0.85);
    const options = { randomState: 1, maxIter: 5, tol: null };
    const averaged = await new SGDRegressor({ ...options, average: true }).fit(line.X, line.y);
    const plain = await new SGDRegressor(options).fit(line.X, line.y);
    expect(averaged.coef).not.toEqual(plain.coef);
    // Too few steps to begin averaging.
    const late = await new SGDRegressor({ ...options, average: 10_000 }).fit(line.X, line.y);
    expect(late.coef).toEqual(plain.coef);
  });

  it('a warm start goes on from the averages', async () => {
    const options = { randomState: 1, maxIter: 3, tol: null, learningRate: 'constant', eta0: 0.01 } as const;
    const hold = { warmStart: true, eta0: 1e-12 };
    const regressor = await new SGDRegressor({ ...options, average: true }).fit(line.X, line.y);
    const classifier = await new SGDClassifier({ ...options, average: true }).fit(scaled, iris.target);
    const coefs = () => [regressor.coef, regressor.intercept, classifier.coef.data, classifier.intercept];
    const before = coefs();
    await regressor.setParams(hold).fit(line.X, line.y);
    await classifier.setParams(hold).fit(scaled, iris.target);
    coefs().forEach((coef, k) => {
      expectClose(coef, before[k], iterative(1e-6), 'coef');
    });
  });

  it.each(['logLoss', 'modifiedHuber'] as const)('probabilities of %s sum to 1', async (loss) => {
    for (const y of [iris.target, iris.target.map((label) => Math.min(label, 1))]) {
      const model = await new SGDClassifier({ loss, randomState: 1 }).fit(scaled, y);
      const proba = await model.predictProba(scaled);
      expect(proba.cols).toBe(model.classes.length);
      for (let i = 0; i < proba.rows; i++) {
        expectClose(
          Array.from(proba.row(i)).reduce((sum, p) => sum + p, 0),
          1,
          iterative(1e-12),
          'sum',
        );
      }
    }
    expect(new SGDClassifier().outputs).toEqual(['label', 'decision']);
  });
});
