/** Columns that come out of transformers. */
import type { Column } from '../core/schema.js';

/** The same columns, as numbers. */
export function numberColumns(columns: readonly Column[]): readonly Column[] {
  return columns.map(({ name }) => ({ name, kind: 'number' }));
}
