/** Rows for commands: a table from a file, and the column that a model predicts. */
import { tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';
import {
  dropColumns,
  dropMissing,
  type Estimator,
  getColumn,
  type Label,
  type Metadata,
  readCsv,
  readParquet,
  type Table,
  type Target,
} from '../index.js';

/** Reads a .parquet file, or any other as CSV. */
export function readRows(path: string): Promise<Table> {
  return path.endsWith('.parquet') ? readParquet(path) : readCsv(path);
}

/** The column as the model knows its labels: those that are text may look like numbers in a file. */
export function labelsOf(table: Table, name: string, target: Target): Label[] {
  const column = Array.from(getColumn(table, name) as ArrayLike<Label>);
  const isText = target.kind === 'class' && typeof target.classes[0] === 'string';
  return isText ? column.map(String) : column;
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
