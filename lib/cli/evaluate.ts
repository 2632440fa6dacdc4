/** `boreal evaluate` and `boreal predict`: what a model file says of rows, and how right it is. */
import { writeFile } from 'node:fs/promises';
import { ValidationError } from '../errors.js';
import {
  accuracyScore,
  balancedAccuracy,
  classificationReport,
  type Label,
  loadWithMetadata,
  meanAbsoluteError,
  r2Score,
  rootMeanSquaredError,
} from '../index.js';
import { pairs } from './format.js';
import { inputOf, labelsOf, readRows, split } from './rows.js';

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
  const { X, known } = split(await readRows(data), target);
  const truth = labelsOf(known, target, model.schema.target);
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

/** Writes predictions as CSV, one line per row. */
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
  const columns: ArrayLike<unknown>[] = [await model.predict(X)];
  const names: Label[] = ['prediction'];
  if (proba) {
    const { data: values, rows, cols } = await model.predictProba(X);
    model.classes.forEach((label: Label, c: number) => {
      names.push(`probability_${label}`);
      columns.push(Float64Array.from({ length: rows }, (_, i) => values[i * cols + c]));
    });
  }
  const lines = Array.from({ length: columns[0].length }, (_, i) =>
    columns.map((column) => cell(column[i])).join(),
  );
  const text = `${names.map(cell).join()}\n${lines.map((line) => `${line}\n`).join('')}`;
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
}

/** A field of CSV. */
function cell(value: unknown): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
