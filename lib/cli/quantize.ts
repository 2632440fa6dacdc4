/** `boreal quantize`: a model file with weights of 8 bits from one of float32. */
import { stat } from 'node:fs/promises';
import type { Estimator } from '../core/estimator.js';
import { tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';
import { dropColumns, getColumn, loadWithMetadata, type RangeMethod, type Table } from '../index.js';
import { quantizeDynamic, quantizeStatic } from '../nn/index.js';
import { bytes } from './format.js';
import { readLabelled, readRows } from './rows.js';

/** The options of `boreal quantize`. */
export interface QuantizeFlags {
  readonly output: string;
  readonly calibrate?: string;
  readonly target?: string;
  readonly dynamic?: boolean;
  readonly method?: RangeMethod | 'auto';
  readonly percentile?: number;
  readonly maxLoss?: number;
  readonly skip?: readonly string[];
  readonly json?: boolean;
}

/** Reads a model, quantises it, writes it, and prints what became of its layers. */
export async function quantizeFile(path: string, flags: QuantizeFlags): Promise<void> {
  const { output, calibrate, target, dynamic = calibrate === undefined, json = false, ...rest } = flags;
  const { maxLoss, skip, method, percentile } = rest;
  if (calibrate === undefined) refuse({ target, maxLoss, method, percentile }, 'needs rows: --calibrate');
  if (dynamic) refuse({ method, percentile }, 'finds ranges for all rows, and --dynamic has one for each');
  const { model, metadata } = await loadWithMetadata(path);
  const table =
    calibrate === undefined
      ? null
      : await (target === undefined
          ? readRows(calibrate)
          : readLabelled(calibrate, target, model.schema.target));
  const y = table && target !== undefined ? getColumn(table, target) : undefined;
  const rows = table && target !== undefined ? dropColumns(table, target) : table;
  const X = rows && readsDocuments(model) ? documentsOf(rows) : rows;
  const common = { ...given({ y, maxLoss, skip }) };
  const small =
    dynamic || X === null
      ? await quantizeDynamic(model, { ...common, calibration: X })
      : await quantizeStatic(model, X, { ...common, ...given({ method, percentile }) });
  await small.save(output, metadata);
  const [before, after] = await Promise.all([path, output].map(async (file) => (await stat(file)).size));
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ output, fileBytes: [before, after], ...small.report }, null, 2)}\n`,
    );
  } else {
    process.stdout.write(`${small.summary()}${path} ${bytes(before)} -> ${output} ${bytes(after)}\n`);
  }
}

/** @throws {ERR_PARAMETER} for the first of the options that was given */
function refuse(options: object, why: string): void {
  const [name] = Object.keys(given(options));
  if (name === undefined) return;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new ValidationError('ERR_PARAMETER', `boreal quantize: --${flag} ${why}.`);
}

function readsDocuments({ vectorizers: [first] }: Estimator): boolean {
  return first?.schema.columns[0].kind === 'text';
}

/** The one column of a table. @throws {ERR_PARAMETER} for more of them */
function documentsOf(table: Table): string[] {
  const { names, columns } = tableToColumns(table);
  if (names.length === 1) return Array.from(columns[0] as ArrayLike<unknown>, String);
  const message = `boreal quantize: the model reads documents, so --calibrate takes one column beside the --target; got ${names.join(', ')}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** Without what was not said. */
function given<T extends object>(options: T): Partial<T> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
