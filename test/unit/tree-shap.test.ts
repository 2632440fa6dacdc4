/** treeShap: additivity, pipelines, options, refusals, cancelling. Its values are compared in test/golden. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  importLightGBM,
  importXGBoost,
  loadDiabetes,
  loadIris,
  Matrix,
  makePipeline,
  OneHotEncoder,
  Pipeline,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  SimpleImputer,
  StandardScaler,
  type TreeShapValues,
  treeShap,
} from '../../lib/index.js';
import { dot, exact, expectClose } from '../support/tolerance.js';

const iris = loadIris();
const diabetes = loadDiabetes();
const bytesOf = (file: string) => readFileSync(new URL(`../golden/models/${file}`, import.meta.url));

/** base value + sum of the values of each row, [rows, outputs]. */
function sums({ values, baseValue }: TreeShapValues): number[][] {
  return Array.from({ length: values[0].rows }, (_, i) =>
    values.map((matrix, k) => matrix.row(i).reduce((total, value) => total + value, baseValue[k])),
  );
}

/** Of sums of the values of all leaves. */
const additive = (scores: readonly number[]) => dot(1000, Math.max(...scores.map(Math.abs)), 1);

describe('base value + values = score', () => {
  test('for forests, with missing values and whatever the data', async () => {
    const row = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), {
      minLength: 3,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 4, maxLength: 30 }),
        fc.boolean(),
        async (rows, against) => {
          const y = rows.map(([a, b], i) => (Number.isNaN(a) ? 2 : a) * (Number.isNaN(b) ? -1 : b) + i / 10);
          const forest = new RandomForestRegressor({ nEstimators: 3, maxFeatures: 2, randomState: 1 });
          await forest.fit(rows, y);
          const background = against ? rows.slice(0, 3) : undefined;
          const shap = await treeShap(forest, rows, { background });
          const scores = await forest.predict(rows);
          expectClose(sums(shap).flat(), scores, additive([...scores]));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('for classes: probabilities', async () => {
    const forest = await new RandomForestClassifier({ nEstimators: 7, randomState: 2 }).fit(
      iris.data,
      iris.target,
    );
    const shap = await treeShap(forest, iris.data);
    expect(shap.classes).toEqual([0, 1, 2]);
    expectClose(sums(shap), (await forest.predictProba(iris.data)).toArray(), additive([1]));
  });

  test.each([
    ['xgboost-classes.ubj', 3],
    ['xgboost-dart.ubj', 1],
    ['xgboost-categories.ubj', 1],
    ['lightgbm-classes.txt', 3],
    ['lightgbm-categories.txt', 1],
    ['lightgbm-zeros-missing.txt', 1],
    ['lightgbm-forest.txt', 1],
  ])('for %s: scores before the link', async (file, outputs) => {
    const model = file.startsWith('xgboost') ? importXGBoost(bytesOf(file)) : importLightGBM(bytesOf(file));
    const X = Matrix.from([
      [0.3, -1, 0.2, 7],
      [-2, 0, 1e-36, 39],
      [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
      [1.5, 1, -0.5, -3],
      [0, 0, 0, 40.7],
    ]);
    const output = model.kind === 'classifier' ? 'decision' : 'value';
    const scores = model.compile({ output, precision: 'float64' }).runSync(X);
    for (const background of [undefined, X.slice(0, 3)]) {
      const shap = await treeShap(model, X, { background });
      expect(shap.values.length).toBe(outputs);
      expectClose(sums(shap), scores.toArray(), additive([...scores.data]));
    }
  });
});

test('interactions are symmetric and sum to the values', async () => {
  const forest = new RandomForestRegressor({ nEstimators: 5, maxDepth: 5, randomState: 3 });
  await forest.fit(diabetes.data, diabetes.target);
  const X = diabetes.data.slice(0, 4);
  const { values, interactions } = await treeShap(forest, X, { interactions: true });
  const direct = await treeShap(forest, X);
  expect(direct.interactions).toBeUndefined();
  expectClose(values[0].data, direct.values[0].data, dot(5000, 300, 1));
  for (let i = 0; i < X.rows; i++) {
    const square = Matrix.from(interactions![0].row(i).slice(), [10, 10]);
    expectClose(square.data, square.transpose().data, exact);
  }
});

test('a feature that no tree reads gets nothing; a tree of one leaf has only a base value', async () => {
  const tree = await new DecisionTreeRegressor().fit(
    [
      [1, 5],
      [2, 5],
      [3, 5],
    ],
    [1, 2, 3],
  );
  expect((await treeShap(tree, [[1, 7]])).values[0].toArray()).toEqual([[-1, 0]]);
  const leaf = await new DecisionTreeRegressor().fit([[1], [2]], [4, 4]);
  for (const background of [undefined, [[1], [2]]]) {
    const { values, baseValue } = await treeShap(leaf, [[1]], { background });
    expect([values[0].toArray(), Array.from(baseValue)]).toEqual([[[0]], [4]]);
  }
});

test('two classes: one output of a score, two of probabilities', async () => {
  const boosted = importXGBoost(bytesOf('xgboost-binary.ubj'), { classes: ['no', 'yes'] });
  const shap = await treeShap(boosted, [[0.3, -1, 0.2, 7]]);
  expect([shap.classes, shap.values.length]).toEqual([['yes'], 1]);
  const tree = await new DecisionTreeClassifier().fit([[0], [1]], ['no', 'yes']);
  const { classes, values } = await treeShap(tree, [[1]]);
  expect([classes, values.map((matrix) => matrix.toArray())]).toEqual([
    ['no', 'yes'],
    [[[-0.5]], [[0.5]]],
  ]);
});

describe('pipelines', () => {
  const table = {
    size: [1, 2, null, 4, 5, 6, 7, 8],
    town: ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'],
  };

  test('explain the last step, on the columns it reads', async () => {
    const scaled = makePipeline(
      new SimpleImputer(),
      new Pipeline([
        ['scale', new StandardScaler()],
        ['forest', new RandomForestRegressor({ nEstimators: 4, randomState: 0 })],
      ]),
    );
    const X = { size: table.size, age: [3, 1, 4, 1, 5, 9, 2, 6] };
    await scaled.fit(X, [1, 3, 2, 5, 8, 13, 21, 3]);
    const shap = await treeShap(scaled, X, { background: X });
    expect(shap.featureNames).toEqual(['size', 'age']);
    expect(shap.data.columns([0]).mean()).toBeCloseTo(0);
    const scores = await scaled.predict(X);
    expectClose(sums(shap).flat(), scores, additive([21]));
  });

  test('name the columns that an encoder makes', async () => {
    const encoded = makePipeline(new OneHotEncoder(), new DecisionTreeRegressor());
    await encoded.fit({ town: table.town }, [1, 2, 1, 2, 1, 2, 1, 2]);
    const shap = await treeShap(encoded, { town: ['a', 'b'] });
    expect(shap.featureNames).toEqual(['town_a', 'town_b']);
    expectClose(sums(shap), [[1], [2]], exact);
  });

  test('that end in no trees are refused by name', async () => {
    const ridge = makePipeline(new StandardScaler(), new Ridge());
    await ridge.fit(diabetes.data, diabetes.target);
    await expect(treeShap(ridge, diabetes.data)).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
      message: expect.stringContaining('Ridge'),
    });
  });
});

describe('refusals', () => {
  const forest = new RandomForestRegressor({ nEstimators: 20, randomState: 0 });

  test('before fit', async () => {
    await expect(treeShap(forest, [[1]])).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
    await expect(treeShap(makePipeline(forest), [[1]])).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
  });

  test('bad rows, and interactions with a background', async () => {
    await forest.fit(diabetes.data, diabetes.target);
    const row = diabetes.data.slice(0, 1);
    await expect(treeShap(forest, [[1, 2]])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(treeShap(forest, row, { background: [[1, 2]] })).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
    await expect(treeShap(forest, Matrix.zeros(0, 10))).rejects.toMatchObject({ code: 'ERR_EMPTY' });
    const infinite = new Float64Array(10).fill(Infinity);
    await expect(treeShap(forest, Matrix.from(infinite, [1, 10]))).rejects.toMatchObject({
      code: 'ERR_INPUT_INFINITE',
      row: 0,
      column: 0,
    });
    await expect(treeShap(forest, row, { background: row, interactions: true })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  test('options that it does not have', async () => {
    const model = await new DecisionTreeRegressor({ randomState: 0 }).fit([[1], [2]], [1, 2]);
    for (const odd of [{ perturbation: 'x' }, { interactions: 5 }, { signal: 5 }]) {
      await expect(treeShap(model, [[1]], odd as never)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
  });

  test('an aborted call ends, and progress is told', async () => {
    await forest.fit(diabetes.data, diabetes.target);
    const X = Matrix.from(Array.from({ length: 20 }, () => diabetes.data.toArray()).flat());
    const controller = new AbortController();
    const working = treeShap(forest, X, {
      signal: controller.signal,
      onProgress: ({ estimator, fraction }) => {
        expect([estimator, fraction > 0 && fraction <= 1]).toEqual(['RandomForestRegressor', true]);
        controller.abort();
      },
    });
    await expect(working).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(treeShap(forest, X, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });

  test('float32 and float64 rows, and rows of another type than the background', async () => {
    await forest.fit(diabetes.data.astype('float32'), diabetes.target);
    const X = diabetes.data.slice(0, 3).astype('float32');
    const { values } = await treeShap(forest, X, { background: diabetes.data.slice(3, 9).astype('float32') });
    const mixed = await treeShap(forest, X, {
      background: diabetes.data.slice(3, 9).astype('float32').astype('float64'),
    });
    expect(mixed.values[0].data).toEqual(values[0].data);
  });
});
