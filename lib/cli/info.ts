/** `boreal info`: what a model file holds. */
import { stat } from 'node:fs/promises';
import { inspect } from 'node:util';
import { type Column, Estimator, loadWithMetadata, type Metadata, type Target } from '../index.js';
import { bytes, pairs } from './format.js';

/** An estimator by class and parameters, nested where they are estimators too. */
export interface EstimatorSummary {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
}
/** What `info` reports. */
export interface ModelFileSummary {
  readonly file: string;
  readonly bytes: number;
  readonly kind: string;
  readonly model: EstimatorSummary;
  readonly columns: readonly Column[];
  readonly target: Target;
  readonly metadata: Metadata;
}

/** Reads and describes a model file. @throws {ERR_MODEL_FILE} when it is not one */
export async function summarize(file: string): Promise<ModelFileSummary> {
  const { size } = await stat(file);
  const { model, metadata } = await loadWithMetadata(file);
  const { columns, target } = model.schema;
  const summary = plain(model) as EstimatorSummary;
  return { file, bytes: size, kind: model.kind, model: summary, columns, target, metadata };
}

/** Prints the description. */
export async function info(file: string, { json = false }: { json?: boolean }): Promise<void> {
  const summary = await summarize(file);
  process.stdout.write(json ? `${JSON.stringify(summary, null, 2)}\n` : format(summary));
}

function plain(value: unknown): unknown {
  if (value instanceof Estimator) return { type: value.constructor.name, params: plain(value.params) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function format({ file, bytes: size, kind, model, columns, target, metadata }: ModelFileSummary): string {
  const show = (value: unknown) =>
    inspect(value, { depth: null, breakLength: 100, maxArrayLength: 20 }).replaceAll('\n', '\n  ');
  const head: Array<[string, string]> = [
    ['size', bytes(size)],
    ['model', `${model.type} (${kind})`],
    ['predicts', describeTarget(target)],
    ['parameters', show(model.params)],
    ['metadata', show(metadata)],
  ];
  const rows = columns.map((column): [string, string] => [column.name, describeColumn(column)]);
  return `${file}\n${pairs(head)}\ncolumns\n${pairs(rows)}`;
}

function describeTarget(target: Target): string {
  if (target.kind === 'class')
    return `one of ${target.classes.map((label) => JSON.stringify(label)).join(', ')}`;
  if (target.kind === 'classes')
    return target.classes
      .map((own) => `one of ${own.map((label) => JSON.stringify(label)).join(', ')}`)
      .join('; ');
  if (target.kind === 'numbers') return `${target.count} numbers`;
  return target.kind === 'number' ? 'a number' : 'nothing: it transforms columns';
}

function describeColumn({ kind, categories, range, hasMissing }: Column): string {
  const values = categories?.map((label) => JSON.stringify(label)).join(', ') ?? range?.join(' to ');
  return [kind, values, hasMissing && 'may be missing'].filter(Boolean).join(', ');
}
