/** The training and test rows of a golden case, whatever the form in which its file holds them. */
import type { Matrix, MatrixLike } from '../../lib/core/matrix.js';
import { selectTableRows, type Table } from '../../lib/core/table.js';
import { dropColumns, loadCaliforniaHousing, selectColumns } from '../../lib/index.js';
import { type DatasetRef, loadRef, split } from './read.js';

export type GoldenInput =
  | DatasetRef
  | { X: number[][]; y: number[]; test: number[][] }
  | { matrix: { train: number[][]; test: number[][] } }
  | { table: { train: Table; test: Table } }
  | { california: 'numbers' | number };

export interface GoldenRows {
  readonly X: MatrixLike;
  readonly y: number[];
  readonly test: MatrixLike;
  /** Empty when the file has none. */
  readonly yTest: number[];
}

export function rowsOf(input: GoldenInput): GoldenRows {
  if ('X' in input) return { X: input.X, y: input.y, test: input.test, yTest: [] };
  if ('matrix' in input) return { X: input.matrix.train, y: [], test: input.matrix.test, yTest: [] };
  if ('table' in input) return { X: input.table.train, y: [], test: input.table.test, yTest: [] };
  if ('california' in input) return californiaRows(input.california);
  const { X, y } = loadRef(input);
  const { train, test } = split(X.rows);
  return { X: X.takeRows(train), y: pick(y, train), test: X.takeRows(test), yTest: pick(y, test) };
}

function californiaRows(which: 'numbers' | number): GoldenRows {
  const { table } = loadCaliforniaHousing();
  const y = Array.from(table.median_house_value);
  const X =
    which === 'numbers'
      ? dropColumns(table, ['median_house_value', 'total_bedrooms', 'ocean_proximity'])
      : selectColumns(
          table,
          Object.keys(table).filter((name) => name !== 'median_house_value'),
        );
  const { train, test } = split(which === 'numbers' ? y.length : which);
  return {
    X: selectTableRows(X, train),
    y: pick(y, train),
    test: selectTableRows(X, test),
    yTest: pick(y, test),
  };
}

const pick = (values: number[], rows: number[]) => rows.map((i) => values[i]);

/** The first rows of a result, which are all that a file keeps. */
export const head = (matrix: Matrix, like: ArrayLike<unknown>): number[][] =>
  matrix.slice(0, like.length).toArray();
