/** Golden values of models that look at no column, and the distribution of those that draw their thresholds. */
import { describe, expect, test } from 'vitest';
import {
  DummyClassifier,
  DummyRegressor,
  ExtraTreeClassifier,
  ExtraTreeRegressor,
  type FloatArray,
  type Label,
} from '../../lib/index.js';
import { exact, expectClose } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const DUMMIES = { DummyClassifier: DummyClassifier<Label>, DummyRegressor: DummyRegressor<FloatArray> };
const TREES = {
  ExtraTreeClassifier: ExtraTreeClassifier<Label>,
  ExtraTreeRegressor: ExtraTreeRegressor<FloatArray>,
};
interface Dummy {
  estimator: keyof typeof DUMMIES;
  params: Record<string, never>;
  input: DatasetRef;
  weights: boolean;
  learned: number[];
  predict: number;
  proba?: number[];
}
interface Mean {
  mean: number;
  error: number;
}
interface Tree {
  estimator: keyof typeof TREES;
  params: Record<string, never>;
  input: DatasetRef;
  leaves: Mean;
  depth: Mean;
  score: Mean;
}
const golden = readGolden<{ dummies: Dummy[]; trees: Tree[] }>('baselines');
const title = (one: Dummy | Tree) => `${one.estimator} ${JSON.stringify(one.params)} of ${one.input.dataset}`;

test.each(golden.dummies.map((one) => [`${title(one)}${one.weights ? ', weighted' : ''}`, one] as const))(
  '%s',
  async (_, one) => {
    const { X, y } = loadRef(one.input);
    const sampleWeight = one.weights ? y.map((__, i) => 0.5 + (i % 3)) : undefined;
    const model = new DUMMIES[one.estimator](one.params);
    await model.fit(X, y, { sampleWeight });
    const row = X.slice(0, 1);
    expectClose((await model.predict(row))[0], one.predict, exact);
    if (model instanceof DummyRegressor) {
      expectClose([model.constant], one.learned, exact);
    } else {
      expectClose(Array.from(model.classPrior), one.learned, exact);
      expectClose(Array.from((await model.predictProba(row)).data), one.proba, exact);
    }
  },
);

describe('extra trees are like those of scikit-learn', () => {
  const SEEDS = 60;
  test.each(golden.trees.map((one) => [title(one), one] as const))('%s', async (_, one) => {
    const { X, y } = loadRef(one.input);
    const { train, test: rest } = split(X.rows);
    const pick = (rows: readonly number[]) => [X.takeRows(rows), rows.map((i) => y[i])] as const;
    const means = { leaves: 0, depth: 0, score: 0 };
    for (let randomState = 0; randomState < SEEDS; randomState++) {
      const tree = new TREES[one.estimator]({ ...one.params, randomState });
      await tree.fit(...pick(train));
      means.leaves += tree.getNLeaves() / SEEDS;
      means.depth += tree.getDepth() / SEEDS;
      means.score += (await tree.score(...pick(rest))) / SEEDS;
    }
    // Five errors of a difference of two such means.
    for (const name of ['leaves', 'depth', 'score'] as const) {
      const { mean, error } = one[name];
      expect(Math.abs(means[name] - mean), name).toBeLessThanOrEqual(5 * Math.SQRT2 * error + 1e-9);
    }
  });
});
