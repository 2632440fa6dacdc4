/** Models of scikit-learn in files that python/boreal_dump.py wrote, against scikit-learn and shap. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  type ColumnTransformer,
  type Estimator,
  loadWithMetadata,
  type Matrix,
  type OneHotEncoder,
  type Pipeline,
  type Row,
  treeShap,
} from '../../lib/index.js';
import { dot, expectClose } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Case {
  file: string;
  rows: number[][] | Record<string, number | string | null>[];
  predictions: Array<number | string | boolean>;
  proba?: number[][];
  names?: string[];
  shap?: { values: number[][][]; baseValue: number[] };
}
type Model = Estimator & {
  predict(X: Row[] | number[][]): Promise<ArrayLike<number | string | boolean>>;
  predictProba(X: Row[] | number[][]): Promise<Matrix>;
};

const { cases } = readGolden<{ cases: Case[] }>('dumped');

describe.each(cases)('$file', ({ file, rows, predictions, proba, names, shap }) => {
  const path = fileURLToPath(new URL(`./models/${file}`, import.meta.url));
  const loaded = loadWithMetadata(path);
  const X = rows as number[][];

  test('predicts what scikit-learn does', async () => {
    const { model, metadata } = await loaded;
    expect(metadata).toEqual({ name: file.slice('sklearn-'.length, -'.boreal'.length) });
    const predicted = Array.from(await (model as Model).predict(X));
    // Sums of some ten leaves or columns.
    if (proba === undefined) {
      const largest = Math.max(...(predictions as number[]).map(Math.abs));
      expectClose(predicted, predictions, dot(20, largest, 1));
      return;
    }
    expect(predicted).toEqual(predictions);
    expectClose((await (model as Model).predictProba(X)).toArray(), proba, dot(20, 1, 1));
  });

  test.skipIf(shap === undefined)('explains what shap does', async () => {
    const { model } = await loaded;
    const { values, baseValue } = await treeShap(model, X.slice(0, shap!.values[0].length));
    const largest = Math.max(...shap!.baseValue.map(Math.abs), ...shap!.values.flat(2).map(Math.abs));
    // 1e-6 of the largest value: shap keeps part of its sums in float32.
    const near = dot(4, largest, 1, 'float32');
    expectClose(baseValue, shap!.baseValue, near, 'base value');
    expectClose(
      values.map((each) => each.toArray()),
      shap!.values,
      near,
      'values',
    );
  });

  test.skipIf(names === undefined)('names the columns that come out of its first step', async () => {
    const [first] = Object.values(((await loaded).model as Pipeline).namedSteps);
    expect((first as ColumnTransformer).getFeatureNamesOut()).toEqual(names);
    // What is left out is a category of the column as the file describes it.
    const { hot } = (first as ColumnTransformer).namedTransformers;
    const own = Object.fromEntries(
      ['town', 'new'].map((name) => [name, rows.map((row) => row[name as never])]),
    );
    expect((await (hot as OneHotEncoder).clone().setParams({ categories: 'auto' }).fit(own)).dropIdx).toEqual(
      (hot as OneHotEncoder).dropIdx,
    );
  });

  test('is written as boreal writes it', async () => {
    const { model, metadata } = await loaded;
    const copy = (await loadWithMetadata(model.toBytes(metadata))).model as Model;
    expect(await copy.predict(X)).toEqual(await (model as Model).predict(X));
  });
});
