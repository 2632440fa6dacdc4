/** `boreal evaluate` and `boreal predict`: what a model file says of rows, and how right it is. */
import { writeFile } from 'node:fs/promises';
import { areSeveral, type Classes } from '../core/class-lists.js';
import { targetColumns, targetRows } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import {
  accuracyScore,
  balancedAccuracy,
  classificationReport,
  getColumn,
  type Label,
  loadWithMetadata,
  Matrix,
  meanAbsoluteError,
  r2Score,
  rootMeanSquaredError,
} from '../index.js';
import { pairs } from './format.js';
import { inputOf, readLabelled, readRows, split } from './rows.js';

/** Prints metrics of a model on rows whose target is known. */
export async function evaluate(
  path: string,
  data: string,
  flags: { readonly target?: string; readonly json?: boolean },
): Promise<void> {
  const { model, metadata } = await loadWithMetadata(path);
  const { target = metadata.target, json = false } = flags;
  if (typeof target !== 'string')
    throw new ValidationError(
      'ERR_PARAMETER',
      'boreal evaluate: --target names the column that the model predicts.',
    );
  if (model.kind !== 'classifier' && model.kind !== 'regressor')
    throw new ValidationError('ERR_PARAMETER', `boreal evaluate: this model is a ${model.kind}.`);
  const { target: said } = model.schema;
  if (said.kind !== 'class' && said.kind !== 'number')
    throw new ValidationError('ERR_PARAMETER', 'boreal evaluate: this model predicts several targets.');
  const { X, known } = split(await readLabelled(data, target, said), target);
  const truth = Array.from(getColumn(known, target) as ArrayLike<Label>);
  const predicted = await model.predict(inputOf(model, metadata, X));
  const isClass = model.kind === 'classifier';
  const metrics = isClass
    ? { accuracy: accuracyScore(truth, predicted), balancedAccuracy: balancedAccuracy(truth, predicted) }
    : numberMetrics(truth as number[], predicted);
  if (json) process.stdout.write(`${JSON.stringify({ rows: truth.length, ...metrics }, null, 2)}\n`);
  else {
    const lines = Object.entries(metrics).map(([name, value]): [string, string] => [
      name,
      value.toPrecision(6),
    ]);
    process.stdout.write(`${path} on ${truth.length} rows\n${pairs(lines)}`);
    if (isClass) process.stdout.write(`\n${classificationReport(truth, predicted)}`);
  }
}

function numberMetrics(truth: number[], predicted: ArrayLike<number>) {
  return {
    r2: r2Score(truth, predicted),
    rootMeanSquaredError: rootMeanSquaredError(truth, predicted),
    meanAbsoluteError: meanAbsoluteError(truth, predicted),
  };
}

/** Writes predictions as CSV, one line per row, with a column for each target. */
export async function predict(
  path: string,
  data: string,
  { output, proba = false }: { readonly output?: string; readonly proba?: boolean },
): Promise<void> {
  const { model, metadata } = await loadWithMetadata(path);
  if (typeof model.predict !== 'function' || (proba && model.kind !== 'classifier'))
    throw new ValidationError(
      'ERR_PARAMETER',
      `boreal predict: this model is a ${model.kind}${proba ? ', which has no probabilities' : ''}.`,
    );
  const X = inputOf(model, metadata, await readRows(data));
  const columns = targetColumns(targetRows(await model.predict(X)));
  const names = columns.length === 1 ? ['prediction'] : columns.map((_, k) => `prediction_${k}`);
  if (proba) {
    for (const [name, values] of probabilities(model.classes, await model.predictProba(X))) {
      names.push(name);
      columns.push(values);
    }
  }
  const lines = Array.from({ length: columns[0].length }, (_, i) =>
    columns.map((column) => cell(column[i])).join(),
  );
  const text = `${names.map(cell).join()}\n${lines.map((line) => `${line}\n`).join('')}`;
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
}

/** Columns of what `predictProba` gives: a matrix, of several targets one for each, or one with the second class of each. */
function* probabilities(classes: Classes, proba: Matrix | Matrix[]): Generator<[string, Float64Array]> {
  const column = ({ data, rows, cols }: Matrix, c: number) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * cols + c]);
  if (!areSeveral(classes)) {
    for (const [c, label] of classes.entries()) yield [`probability_${label}`, column(proba as Matrix, c)];
    return;
  }
  for (const [k, own] of classes.entries())
    if (proba instanceof Matrix) yield [`probability_${k}_${own[1]}`, column(proba, k)];
    else for (const [c, label] of own.entries()) yield [`probability_${k}_${label}`, column(proba[k], c)];
}

/** A field of CSV. */
function cell(value: unknown): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
