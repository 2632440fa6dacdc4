/** Rows for commands: a table from a file, and the column that a model predicts. */
import { type ColumnTable, isMissing, tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';
import {
  dropColumns,
  dropMissing,
  type Estimator,
  type Metadata,
  readCsv,
  readParquet,
  type Table,
  type Target,
} from '../index.js';

const isParquet = (path: string): boolean => path.endsWith('.parquet');

/** Reads a .parquet file, or any other as CSV. */
export function readRows(path: string): Promise<ColumnTable> {
  return isParquet(path) ? readParquet(path) : readCsv(path);
}

/** As {@link readRows}, and a column as the model knows its labels: those that are text may look like numbers in a file. */
export async function readLabelled(path: string, name: string, target: Target): Promise<ColumnTable> {
  const table = await readRows(path);
  const isText = target.kind === 'class' && typeof target.classes[0] === 'string';
  return isText ? asText(path, table, name) : table;
}

/** The rows of a file with a column as the text that stands there, where '01' is not 1. */
export async function asText(path: string, table: ColumnTable, name: string): Promise<ColumnTable> {
  if (!Object.hasOwn(table, name)) return table;
  const cells = Array.from(table[name]);
  if (cells.some((cell) => typeof cell === 'string')) return table;
  const text = isParquet(path)
    ? cells.map((cell) => (isMissing(cell) ? null : String(cell)))
    : (await readCsv(path, { types: { [name]: 'text' } }))[name];
  return { ...table, [name]: text };
}

/** Rows whose target is known, without it, and the target. @throws {ERR_PARAMETER} when the table lacks it */
export function split(table: Table, target: string): { X: Table; known: Table } {
  const { names } = tableToColumns(table);
  if (!names.includes(target)) {
    const message = `The rows have no column '${target}'; they have ${names.join(', ')}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (names.length === 1)
    throw new ValidationError('ERR_PARAMETER', `The rows have no column beside '${target}'.`);
  const known = dropMissing(table, { columns: [target] });
  return { X: dropColumns(known, target), known };
}

/** The rows as a model reads them: documents for one that begins with a vectorizer, and no target that `boreal train` kept. */
export function inputOf(model: Estimator, metadata: Metadata, table: Table): Table | string[] {
  const { names, columns } = tableToColumns(table);
  const { target } = metadata;
  const rows =
    typeof target === 'string' && names.length > 1 && names.includes(target) && !knows(model, target)
      ? dropColumns(table, target)
      : table;
  const isText = model.vectorizers[0]?.schema.columns[0].kind === 'text';
  return isText && names.length === 1 ? Array.from(columns[0] as ArrayLike<unknown>, String) : rows;
}

const knows = (model: Estimator, name: string): boolean =>
  model.schema.columns.some((column) => column.name === name);
