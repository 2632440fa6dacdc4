/** Rows and trees that rounds of histogram boosting leave out: one-sided sampling and dropout. */
import { describe, expect, test } from 'vitest';
import {
  type CustomLoss,
  exportONNX,
  type GradientContext,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  load,
  loadBreastCancer,
  loadDiabetes,
  loadIris,
  type Matrix,
  treeShap,
} from '../../lib/index.js';
import { native } from '../../lib/native.js';
import { evaluate } from '../support/child.js';

const diabetes = loadDiabetes();
const cancer = loadBreastCancer();
const iris = loadIris();
const dart = { boosting: 'dart', skipDrop: 0, dropRate: 0.4, randomState: 1 } as const;
const goss = { rowSampling: 'goss', learningRate: 0.2, minSamplesLeaf: 5, randomState: 1 } as const;

/** Leaf values of the first tree, largest first by size. */
const firstTree = (model: HistGradientBoostingRegressor) => {
  const { values, treeOffsets, feature } = model.snapshot().fitted!.state;
  const leaves = feature.slice(0, treeOffsets[1]).filter((column: number) => column < 0).length;
  return Array.from(values.slice(0, leaves) as Float64Array);
};

describe('goss', () => {
  test('sees all rows for 1 / learningRate rounds, then fewer', async () => {
    const sampled = await new HistGradientBoostingRegressor({ ...goss, maxIter: 7 }).fit(
      diabetes.data,
      diabetes.target,
    );
    const { cover, treeOffsets } = sampled.snapshot().fitted!.state;
    const rows = Array.from({ length: 7 }, (_, round) => cover[treeOffsets[round]]);
    const few = Math.floor(442 * 0.2) + Math.floor(442 * 0.1);
    expect(rows).toEqual([442, 442, 442, 442, 442, few, few]);

    const whole = new HistGradientBoostingRegressor({ ...goss, rowSampling: 'uniform', maxIter: 5 });
    await whole.fit(diabetes.data, diabetes.target);
    const { values, feature } = whole.snapshot().fitted!.state;
    const state = sampled.snapshot().fitted!.state;
    expect(state.feature.slice(0, feature.length)).toEqual(feature);
    expect(state.values.slice(0, values.length)).toEqual(values);
  });

  test('draws the same rows for all classes, and learns from them', async () => {
    const model = new HistGradientBoostingClassifier({ ...goss, maxIter: 20, topRate: 0.3, otherRate: 0.2 });
    await model.fit(iris.data, iris.target);
    const { cover, treeOffsets } = model.snapshot().fitted!.state;
    const rows = [0, 20, 40].map((first) => cover[treeOffsets[first + 10]]);
    expect(rows[0]).toBeLessThan(100);
    expect(new Set(rows).size).toBe(1);
    expect(await model.score(iris.data, iris.target)).toBeGreaterThan(0.95);
  });

  test('weighs the rows of a quantile by what they stand for', async () => {
    const rows = 4000;
    const X = Array.from({ length: rows }, (_, i) => [i % 2]);
    const y = Array.from({ length: rows }, (_, i) => ((i * 7919) % rows) / rows);
    const model = new HistGradientBoostingRegressor({
      ...goss,
      loss: 'quantile',
      quantile: 0.9,
      maxIter: 40,
      topRate: 0.05,
      otherRate: 0.1,
      earlyStopping: false,
    });
    for (const predicted of await (await model.fit(X, y)).predict([[0], [1]])) {
      expect(Math.abs((predicted as number) - 0.9)).toBeLessThan(0.03);
    }
  });

  test('goes on with a warm start as in one fit, and stops early', async () => {
    const whole = new HistGradientBoostingRegressor({ ...goss, maxIter: 12 });
    const parts = new HistGradientBoostingRegressor({ ...goss, maxIter: 3, warmStart: true });
    await whole.fit(diabetes.data, diabetes.target);
    await parts.fit(diabetes.data, diabetes.target);
    await parts.setParams({ maxIter: 12 }).fit(diabetes.data, diabetes.target);
    const [a, b] = [await parts.predict(diabetes.data), await whole.predict(diabetes.data)];
    for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] / b[i] - 1)).toBeLessThan(1e-6);
    await whole.setParams({ maxIter: 60 }).fit(diabetes.data, diabetes.target);
    expect(await whole.score(diabetes.data, diabetes.target)).toBeGreaterThan(0.9);
    whole.setParams({ earlyStopping: true, maxIter: 500, nIterNoChange: 5 });
    await whole.fit(diabetes.data, diabetes.target);
    expect(whole.nIter).toBeLessThan(500);
  });

  test('is refused with a sample of its own, or with more rows than there are', async () => {
    const model = new HistGradientBoostingRegressor({ ...goss, subsample: 0.5 });
    const refused = { code: 'ERR_PARAMETER' };
    await expect(model.fit(diabetes.data, diabetes.target)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/'subsample' must be 1/),
    });
    model.setParams({ subsample: 1, topRate: 0.6, otherRate: 0.5 });
    await expect(model.fit(diabetes.data, diabetes.target)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/'otherRate' and 'topRate' sum to 1\.1/),
    });
    for (const wrong of [
      { topRate: 0 },
      { otherRate: 1 },
      { rowSampling: 'bagging' },
      { dropRate: 1.1 },
      { maxDrop: 0 },
    ]) {
      const invalid = new HistGradientBoostingRegressor(wrong as never);
      await expect(invalid.fit(diabetes.data, diabetes.target)).rejects.toMatchObject(refused);
    }
  });
});

describe('dart', () => {
  test('scales the trees of a dropped round and the new one', async () => {
    // With every round dropped, two rounds are each the gradient step from the baseline, of half weight.
    const all = { ...dart, dropRate: 1, maxIter: 2, maxLeafNodes: 4 };
    const plain = { ...all, boosting: 'gbdt', maxIter: 1 } as const;
    const step = firstTree(
      await new HistGradientBoostingRegressor(plain).fit(diabetes.data, diabetes.target),
    );
    for (const [xgboostDartMode, kept, added] of [
      [false, 1 / 2, 1 / 2],
      [true, 1 / 1.1, 1 / 1.1],
    ] as const) {
      const model = new HistGradientBoostingRegressor({ ...all, xgboostDartMode });
      const { values } = (await model.fit(diabetes.data, diabetes.target)).snapshot().fitted!.state;
      step.forEach((value, leaf) => {
        expect(values[leaf] / value).toBeCloseTo(kept, 12);
        expect(values[step.length + leaf] / value).toBeCloseTo(added, 6);
      });
    }
  });

  test('weights are in the model: losses, scores, stages, contributions and files agree', async () => {
    for (const [target, data, maxIter] of [
      [cancer.target, cancer.data, 20],
      [iris.target, iris.data, 12],
    ] as const) {
      const model = new HistGradientBoostingClassifier({ ...dart, maxIter });
      let loss = 0;
      await model.fit(data, target, {
        onProgress: ({ trainLoss }) => {
          loss = trainLoss!;
        },
      });
      const proba = await model.predictProba(data);
      const labels = Array.from(target);
      const mean = labels.reduce((sum, y, i) => sum - Math.log(proba.row(i)[y]), 0) / labels.length;
      expect(mean).toBeCloseTo(loss, 6);
      const decision = await model.decisionFunction(data);
      let last: Matrix | undefined;
      for await (const stage of model.stagedDecisionFunction(data)) last = stage;
      expect(last!.allClose(decision, { absolute: 1e-12 })).toBe(true);
      const { values, baseValue } = await treeShap(model, data.slice(0, 5));
      for (let i = 0; i < 5; i++) {
        baseValue.forEach((base, k) => {
          const sum = Array.from(values[k].row(i)).reduce((a: number, b: number) => a + b, base);
          expect(sum).toBeCloseTo(decision.row(i)[k], 10);
        });
      }
      const loaded = (await load(model.toBytes())) as HistGradientBoostingClassifier;
      expect(await loaded.decisionFunction(data)).toEqual(decision);
      expect(loaded.params.boosting).toBe('dart');
      expect(exportONNX(model).length).toBeGreaterThan(0);
    }
  });

  test('is another model than boosting without, of the same seed the same', async () => {
    const fitted = (params: object) =>
      new HistGradientBoostingRegressor({ ...dart, maxIter: 15, ...params }).fit(
        diabetes.data,
        diabetes.target,
      );
    const values = async (params: object) =>
      Array.from((await fitted(params)).snapshot().fitted!.state.values);
    const first = await values({});
    expect(await values({})).toEqual(first);
    expect(await values({ randomState: 2 })).not.toEqual(first);
    expect(await values({ boosting: 'gbdt' })).not.toEqual(first);
    expect(await values({ dropRate: 0 })).toEqual(await values({ boosting: 'gbdt' }));
    expect(await values({ skipDrop: 1 })).toEqual(await values({ boosting: 'gbdt' }));
    expect(await values({ maxDrop: null, uniformDrop: true })).not.toEqual(first);
  });

  test('a warm start keeps the trees of earlier fits as they are', async () => {
    const model = new HistGradientBoostingRegressor({ ...dart, maxIter: 6, warmStart: true });
    await model.fit(diabetes.data, diabetes.target);
    const before = Array.from(model.snapshot().fitted!.state.values);
    let loss = 0;
    await model.setParams({ maxIter: 14 }).fit(diabetes.data, diabetes.target, {
      onProgress: ({ trainLoss }) => {
        loss = trainLoss!;
      },
    });
    const { values } = model.snapshot().fitted!.state;
    expect(Array.from(values).slice(0, before.length)).toEqual(before);
    const predicted = await model.predict(diabetes.data);
    const mean =
      Array.from(diabetes.target).reduce((sum, y, i) => sum + (y - predicted[i]) ** 2 / 2, 0) / 442;
    expect(mean / loss).toBeCloseTo(1, 6);
  });

  test('a custom loss sees scores without the dropped trees, and its value all of them', async () => {
    const values: number[] = [];
    const squared = {
      gradients: ({ raw, y, gradient, hessian }: GradientContext) => {
        for (let i = 0; i < y.length; i++) gradient[i] = raw[i] - y[i];
        hessian.fill(1);
      },
      value: ({ raw, y }: { raw: Float64Array; y: Float64Array }) => {
        values.push(y.reduce((sum, truth, i) => sum + (raw[i] - truth) ** 2 / 2, 0) / y.length);
        return values[values.length - 1];
      },
      start: Array.from(diabetes.target).reduce((sum, y) => sum + y, 0) / 442,
    };
    const losses: number[] = [];
    const fitted = (loss: 'squaredError' | CustomLoss, to: number[]) =>
      new HistGradientBoostingRegressor({ ...dart, loss, maxIter: 12 }).fit(diabetes.data, diabetes.target, {
        onProgress: ({ trainLoss }) => {
          to.push(trainLoss!);
        },
      });
    const named = await fitted('squaredError', losses);
    const custom = await fitted(squared, []);
    const [a, b] = [await named.predict(diabetes.data), await custom.predict(diabetes.data)];
    for (let i = 0; i < a.length; i++) expect(a[i] / b[i]).toBeCloseTo(1, 6);
    for (let i = 0; i < 12; i++) expect(values[values.length - 12 + i] / losses[i]).toBeCloseTo(1, 6);
  });

  test('never stops early: refused when asked for, off when automatic', async () => {
    const model = new HistGradientBoostingRegressor({ ...dart, maxIter: 15, earlyStopping: true });
    await expect(model.fit(diabetes.data, diabetes.target)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
      message: expect.stringMatching(/'earlyStopping' can't be true with boosting 'dart'/),
    });
    const rows = 10_500;
    const X = Array.from({ length: rows }, (_, i) => [i % 101, i % 7]);
    const y = X.map(([a]) => Math.floor(a / 50));
    model.setParams({ earlyStopping: 'auto', maxLeafNodes: 4 });
    await model.fit(X, y);
    expect([model.nIter, model.trainScore.length, model.validationScore.length]).toEqual([15, 0, 0]);
    // A validation set is scored, and right to the last round.
    const held = [X.slice(0, 500), y.slice(0, 500)] as const;
    await model.setParams({ maxIter: 8 }).fit(X.slice(500), y.slice(500), { validation: [...held] });
    expect([model.nIter, model.validationScore.length]).toEqual([8, 9]);
    const predicted = await model.predict(held[0]);
    const loss = held[1].reduce((sum, truth, i) => sum + (truth - predicted[i]) ** 2 / 2, 0) / 500;
    expect(-model.validationScore[8] / loss).toBeCloseTo(1, 6);
  });
});

test('every instruction set draws and learns the same bits', async () => {
  const script = `
    const { data, target } = boreal.loadDiabetes();
    const params = { boosting: 'dart', skipDrop: 0.1, rowSampling: 'goss', learningRate: 0.4, randomState: 1 };
    const model = new boreal.HistGradientBoostingRegressor({ loss: 'gamma', maxIter: 10, minSamplesLeaf: 5, ...params });
    await model.fit(data, target);
    const { values, threshold, feature } = model.snapshot().fitted.state;
    console.log(JSON.stringify([...values, ...threshold, ...feature]));
  `;
  const [first, ...others] = await Promise.all(
    native.info().isas.map((isa) => evaluate<number[]>(script, { BOREAL_ISA: isa })),
  );
  for (const other of others) expect(other).toEqual(first);
});
