/** Rows that are encoded already, for models within another that take X from a caller. */
import type { FloatArray } from '../native.js';
import { Matrix } from './matrix.js';
import type { Schema } from './schema.js';

/** A matrix that says what its columns are: a model that is fitted on it takes these as they are, codes of categories among them. */
export class CodedRows extends Matrix {
  constructor(
    data: FloatArray,
    rows: number,
    readonly schema: Schema,
  ) {
    super(data, rows, schema.columns.length);
  }
}
