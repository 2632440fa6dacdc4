/** Imported models against the libraries that trained them, on random rows, odd ones, and rows beside every threshold. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type ImportedClassifier,
  type ImportedRegressor,
  type ImportedXGBoost,
  importCatBoost,
  importLightGBM,
  importXGBoost,
  load,
  Matrix,
} from '../../lib/index.js';
import { dot, exact, expectClose, type Tolerance, ulp } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Case {
  file: string;
  objective: string;
  rounds: number | null;
  raw: number[][];
  predictions: number[][];
}

const { rows, cases } = readGolden<{ rows: number[][]; cases: Case[] }>('interchange');

function read({ file, rounds }: Case): ImportedXGBoost | ImportedClassifier | ImportedRegressor {
  const bytes = readFileSync(new URL(`./models/${file}`, import.meta.url));
  const options = { rounds: rounds ?? undefined };
  if (file.startsWith('catboost')) return importCatBoost(bytes);
  return file.startsWith('xgboost') ? importXGBoost(bytes, options) : importLightGBM(bytes, options);
}

/**
 * LightGBM adds in float64 in the order of the trees, as boreal does: equal bits. CatBoost adds in
 * float64 too, in blocks. XGBoost adds in float32, so that each
 * tree may round its running sum.
 */
function scoreTolerance({ file, raw }: Case, trees: number): Tolerance {
  if (file.startsWith('lightgbm')) return exact;
  const largest = Math.max(...raw.flat().map(Math.abs));
  if (file.startsWith('catboost')) return dot(trees, largest, 1);
  return dot(trees, largest + 1, 1, 'float32');
}

/** The categories as CatBoost takes them. */
const withText = (table: number[][]) => ({
  ...Object.fromEntries([0, 1, 2].map((j) => [`f${j}`, table.map((row) => row[j])])),
  f3: table.map((row) => (Number.isNaN(row[3]) ? 'nan' : String(row[3]))),
});

const softmax = new Set(['multi:softmax']);

/** Of regressors in float64, or in float32 where that is the model's own precision. */
const predictionTolerance = (file: string, largest: number) =>
  file.startsWith('lightgbm') ? ulp(16) : dot(8, largest, 1, 'float32');

describe.each(cases)('$file, rounds $rounds', (golden) => {
  const model = read(golden);
  const { file, objective, raw, predictions } = golden;
  const own = !file.startsWith('xgboost');
  const X = file.startsWith('catboost-categories')
    ? withText(rows)
    : Matrix.from(rows, undefined, file.startsWith('lightgbm') ? 'float64' : 'float32');

  test('scores', () => {
    const output = model.kind === 'classifier' ? 'decision' : 'value';
    // A regressor has no output before its link; LightGBM's forests do not average their raw scores.
    if (
      output === 'value' &&
      /poisson|gamma|tweedie|cross|logistic|forest|cox|aft|square-root|MultiLogloss/.test(objective + file)
    )
      return;
    const scores = model.compile({ output, precision: 'float64' }).runSync(X);
    expect(scores.cols).toBe(raw[0].length);
    expectClose(scores.data, raw.flat(), scoreTolerance(golden, 40));
  });

  test('predictions', () => {
    const largest = Math.max(1, ...predictions.flat().map(Math.abs));
    const tolerance = own ? predictionTolerance(file, largest) : dot(40, largest, 1, 'float32');
    if (model.kind === 'transformer') {
      expect(model.getFeatureNamesOut()).toEqual(predictions[0].map((_, k) => `target${k}`));
      expectClose(model.predictSync(X).data, predictions.flat(), tolerance);
      return;
    }
    if (model.kind === 'regressor') {
      expectClose(model.predictSync(X), predictions.flat(), tolerance);
      return;
    }
    const labels = model.predictSync(X);
    if (softmax.has(objective)) {
      expect(labels).toEqual(predictions.flat());
      return;
    }
    const proba = model.compile({ output: 'proba', precision: 'float64' }).runSync(X);
    const expected = predictions.map((each) => (each.length === 1 ? [1 - each[0], each[0]] : each));
    expectClose(proba.data, expected.flat(), own ? dot(8, 1, 1) : tolerance);
    expect(labels).toEqual(expected.map((each) => each.indexOf(Math.max(...each))));
  });

  // Categories too: XGBoost rounds to float32 first, and down to a whole number then.
  test.runIf(file.startsWith('xgboost'))('rows of float64 fall where their float32 form does', () => {
    const plan = model.compile({
      output: model.kind === 'classifier' ? 'decision' : 'value',
      precision: 'float64',
    });
    if (file.startsWith('xgboost-linear')) return;
    expect(plan.runSync(Matrix.from(rows))).toEqual(plan.runSync(X));
  });

  test('a model file gives the same bits', async () => {
    const copy = await load(model.toBytes());
    expect(copy.predictSync(X)).toEqual(model.predictSync(X));
    expect(copy.params).toEqual(model.params);
  });
});
