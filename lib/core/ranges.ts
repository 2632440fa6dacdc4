/** Completes a schema with what the training data looked like: ranges, and whether values were missing. */
import { type CancelHandle, native } from '../native.js';
import type { Matrix } from './matrix.js';
import { type Column, Schema } from './schema.js';

/** The schema with `range` and `hasMissing` of each column, computed on the pool. */
export async function schemaWithRanges(
  schema: Schema,
  x: Matrix,
  cancel: CancelHandle | null,
): Promise<Schema> {
  const { count, min, max } = await native.columnMoments(x.data, x.rows, x.cols, null, cancel);
  const columns = schema.columns.map((column, j): Column => {
    const hasMissing = count[j] < x.rows;
    if (column.kind !== 'number' || count[j] === 0) return { ...column, hasMissing };
    return { ...column, hasMissing, range: [min[j], max[j]] };
  });
  return new Schema(columns, schema.target, schema.named);
}
