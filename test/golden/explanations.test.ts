/** Shapley values against the package shap, XGBoost and LightGBM. */
import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  type FloatArray,
  importLightGBM,
  importXGBoost,
  type Label,
  Matrix,
  treeShap,
} from '../../lib/index.js';
import { dot, expectClose, type Tolerance } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

interface Expected {
  values: number[][][];
  baseValue: number[];
}
interface TreeCase extends Expected {
  name: string;
  estimator: 'DecisionTreeClassifier' | 'DecisionTreeRegressor';
  params: Record<string, never>;
  input: DatasetRef;
  interactions: number[][][];
  /** null where shap gets missing values wrong. */
  interventional: Expected | null;
}
interface ImportedCase extends Expected {
  file: string;
  interactions?: number[][][];
}

const golden = readGolden<{ rows: number[]; trees: TreeCase[]; imported: ImportedCase[] }>('explanations');
const lists = (matrices: readonly Matrix[]) => matrices.map((matrix) => matrix.toArray());

function largest(expected: Expected): number {
  return Math.max(...expected.baseValue.map(Math.abs), ...expected.values.flat(2).map(Math.abs));
}

function compare(actual: { values: Matrix[]; baseValue: Float64Array }, expected: Expected, near: Tolerance) {
  expectClose(actual.baseValue, expected.baseValue, near, 'base value');
  expectClose(lists(actual.values), expected.values, near, 'values');
}

describe('a decision tree, against shap', () => {
  test.each(golden.trees)(
    '$name',
    async ({ estimator, params, input, interactions, interventional, ...expected }) => {
      const { X, y } = loadRef(input);
      const { train, test: rest } = split(X.rows);
      const Tree =
        estimator === 'DecisionTreeClassifier'
          ? DecisionTreeClassifier<Label>
          : DecisionTreeRegressor<FloatArray>;
      const tree = await new Tree({ ...params, randomState: 0 }).fit(
        X.takeRows(train),
        train.map((i) => y[i]),
      );
      const rows = X.takeRows(rest.slice(0, expected.values[0].length));
      // shap keeps part of its sums in float32: this is 1e-6 of the largest value.
      const near = dot(4, largest(expected), 1, 'float32');
      compare(await treeShap(tree, rows), expected, near);
      const few = rows.slice(0, interactions[0].length);
      const pairs = await treeShap(tree, few, { interactions: true });
      expectClose(lists(pairs.interactions ?? []), interactions, near, 'interactions');
      if (interventional === null) return;
      const background = X.takeRows(train.filter((_, k) => k % 10 === 0));
      compare(await treeShap(tree, rows, { background }), interventional, near);
    },
  );
});

describe('an imported model, against the library that trained it', () => {
  const { rows } = readGolden<{ rows: number[][] }>('interchange');
  const chosen = golden.rows.map((i) => rows[i]);

  test.each(golden.imported)('$file', async ({ file, interactions, ...expected }) => {
    const bytes = readFileSync(new URL(`./models/${file}`, import.meta.url));
    const own = file.startsWith('lightgbm');
    const model = own ? importLightGBM(bytes) : importXGBoost(bytes);
    // XGBoost adds in float32.
    const near = dot(40, largest(expected), 1, own ? 'float64' : 'float32');
    const X = Matrix.from(chosen);
    compare(await treeShap(model, X), expected, near);
    if (interactions === undefined) return;
    const pairs = await treeShap(model, X.slice(0, interactions[0].length), { interactions: true });
    expectClose(lists(pairs.interactions ?? []), interactions, near, 'interactions');
  });
});
