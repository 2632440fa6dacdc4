/** Completes a schema with what the training data looked like: ranges, and whether values were missing. */

import type { ColumnRanges } from './moments.js';
import { type Column, Schema } from './schema.js';

/** The schema with `range` and `hasMissing` of each column. @param rows - how many there are, missing values or not */
export function schemaWithRanges(schema: Schema, rows: number, { count, min, max }: ColumnRanges): Schema {
  const columns = schema.columns.map((column, j): Column => {
    const hasMissing = count[j] < rows || column.hasMissing === true;
    if (column.kind !== 'number' || count[j] === 0) return { ...column, hasMissing };
    return { ...column, hasMissing, range: [min[j], max[j]] };
  });
  return new Schema(columns, schema.target, schema.named);
}
