/** What the steps of a pipeline make of rows for those after them. */
import { applyOps, TRANSFORM } from '../core/apply.js';
import { throwIfAborted } from '../core/cancellation.js';
import { Estimator } from '../core/estimator.js';
import { denseRows, type FitInput, noColumns } from '../core/fit-input.js';
import type { SignalOptions } from '../core/linalg/call.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { Schema } from '../core/schema.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { makeRows, type Rows } from '../core/sparse/made-rows.js';
import { SparseTransformer } from '../core/sparse/sparse-transformer.js';
import type { Pipeline, PipelineState } from './pipeline.js';

/** Sparse rows of more columns than this have no names: a hash has a million. */
const MOST_NAMED = 1 << 16;

/** A training set of sparse rows made dense. @throws {ERR_DENSE} above 2^28 values */
export function madeDense(owner: Estimator, input: FitInput): FitInput {
  return { ...input, x: denseRows(owner, input), given: undefined };
}

/** The training set as the step after `step` sees it, which has made `rows` of it, and the schema of these. */
export async function inputOfNext(
  step: Estimator & Pick<Pipeline, 'outputColumns'>,
  input: FitInput,
  schema: Schema,
  rows: Rows,
): Promise<[FitInput, Schema]> {
  if (rows instanceof CsrMatrix) {
    const isNamed = !(step instanceof SparseTransformer) && rows.cols <= MOST_NAMED;
    const made = isNamed ? Schema.named(step.outputColumns()) : Schema.unnamed(rows.cols);
    return [
      { ...input, x: noColumns(rows.rows), given: rows, namer: undefined, columns: made.columns },
      made,
    ];
  }
  const { validation, cancel } = input;
  const transform = (x: Matrix) =>
    applyOps(x, schema, (plan, slot) => step.lowerChecked(plan, slot, TRANSFORM), cancel);
  const made = Schema.named(step.outputColumns());
  const seen = validation && { ...validation, x: await transform(validation.x) };
  return [
    { ...input, x: rows, given: undefined, namer: undefined, validation: seen, columns: made.columns },
    made,
  ];
}

/** What fitted transformers make of rows, one after the other. @throws {ERR_ABORTED} when options.signal fires */
export async function rowsThrough(
  steps: PipelineState['steps'],
  X: MatrixLike,
  options: SignalOptions = {},
): Promise<MatrixLike> {
  let rows = X;
  for (const step of steps) {
    if (!(step instanceof Estimator)) continue;
    rows = await makeRows(step, rows, options);
    throwIfAborted(options.signal);
  }
  return rows;
}
