/** Models read from ONNX files against ONNX Runtime: scikit-learn's as skl2onnx writes them, and single operators. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Estimator,
  exportONNX,
  ImportedGraphClassifier,
  importLightGBM,
  importONNX,
  importXGBoost,
  type Label,
  load,
  Matrix,
  type MatrixLike,
} from '../../lib/index.js';
import { dot, expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Case {
  file: string;
  table: string;
  labels?: Label[];
  proba?: number[][];
  values?: number[][];
  /** Of an outlier detector. */
  scores?: number[][];
  /** The graph computes in float64. */
  double?: boolean;
}
type Table = { rows: number[][] } | { columns: Record<string, Array<number | string>> };

const { tables, cases } = readGolden<{ tables: Record<string, Table>; cases: Case[] }>('onnx');

function rowsOf({ table, double }: Case): MatrixLike {
  const given = tables[table];
  if ('columns' in given) return given.columns;
  const rows = given.rows.map((row) => row.map(Math.fround));
  return Matrix.from(rows, undefined, double ? 'float64' : 'float32');
}

describe.each(cases)('$file', (golden) => {
  const { file, labels, proba, values } = golden;
  const model = importONNX(readFileSync(new URL(`./models/${file}`, import.meta.url)));
  const X = rowsOf(golden);

  test('labels', () => {
    if (labels === undefined) return;
    expect(model).toBeInstanceOf(ImportedGraphClassifier);
    expect((model as ImportedGraphClassifier).predictSync(X)).toEqual(labels);
  });

  test('numbers', () => {
    const expected = (proba ?? values)?.flat();
    if (expected === undefined) return;
    const result = model.compile({ output: proba ? 'proba' : 'value' }).runSync(X);
    const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
    // Pairwise coupling stops when it is near enough, on either side.
    const tolerance = file.includes('svc-') ? iterative(1e-4) : dot(32, largest, 1, 'float32');
    expectClose(result.data, expected, tolerance);
  });

  test('a model file gives the same bits', async () => {
    const copy = await load(model.toBytes());
    const output = labels !== undefined && proba === undefined ? 'label' : labels ? 'proba' : 'value';
    expect(copy.compile({ output }).runSync(X).data).toEqual(model.compile({ output }).runSync(X).data);
  });
});

interface Export extends Case {
  double: boolean;
}
const exports = readGolden<{ tables: Record<string, number[][]>; cases: Export[] }>('exports');

/** The model that a file was written of. */
async function sourceOf(file: string): Promise<Estimator> {
  const name = file.replace(/^export-|\.onnx$/g, '');
  const bytes = (path: string) => readFileSync(new URL(`./models/${path}`, import.meta.url));
  if (name.startsWith('xgboost')) return importXGBoost(bytes(`${name}.ubj`));
  if (name.startsWith('lightgbm')) return importLightGBM(bytes(`${name}.txt`));
  const stored = name.replace('forest-double', 'forest-numbers').replace('-double', '');
  return load(bytes(`export-${stored}.boreal`));
}

describe.each(exports.cases)('$file', ({ file, table, double, labels, proba, values, scores }) => {
  const bytes = readFileSync(new URL(`./models/${file}`, import.meta.url));
  const rows = exports.tables[table];
  const X = Array.isArray(rows[0]) ? Matrix.from(rows.map((row) => row.map(Math.fround))) : rows;

  /** A model's results against those of ONNX Runtime. */
  function compare(model: Estimator): void {
    if (labels !== undefined) {
      const predicted = (model as ImportedGraphClassifier).predictSync(X);
      // ONNX has no truth values as labels.
      expect(predicted.map((label) => (typeof label === 'boolean' ? Number(label) : label))).toEqual(labels);
    }
    const numbers = proba ?? values;
    if (numbers !== undefined) compareNumbers(model, numbers, proba ? 'proba' : 'value');
  }

  function compareNumbers(model: Estimator, rows: number[][], output: 'proba' | 'value' | 'decision'): void {
    const expected = rows.flat();
    // Normal numbers of ranks near 0 and 1 magnify the rounding of the ranks.
    const isSteep = file.includes('ranks');
    const precision = double ? 'float64' : isSteep ? 'float32' : undefined;
    const result = model.compile({ output, precision }).runSync(X);
    const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
    // Trees give float32 even in a graph of doubles.
    const isExact = double && !/forest|hist/.test(file);
    // A kernel has many terms, and the line between two points of an isotonic function multiplies the rounding of x by its slope.
    const terms = /svc|one-class|isotonic/.test(file) ? 64 : 8;
    expectClose(result.data, expected, dot(terms, largest, 1, isExact ? 'float64' : 'float32'));
  }

  test('is what the model is written as, byte for byte', async () => {
    const model = await sourceOf(file);
    expect(Buffer.from(exportONNX(model, { precision: double ? 'float64' : 'float32' })).equals(bytes)).toBe(
      true,
    );
  });

  test('gives in ONNX Runtime what the model gives', async () => compare(await sourceOf(file)));

  test('gives the same when it is read again', () => compare(importONNX(bytes)));

  test.runIf(scores)('scores of outliers are the decision function', async () => {
    compareNumbers(await sourceOf(file), scores!, 'decision');
    compareNumbers(importONNX(bytes, { output: 'scores' }), scores!, 'value');
  });
});
