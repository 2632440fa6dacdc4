/** Runs a few ops over a training set on the pool: how composite estimators make the input of their next step. */
import type { CancelHandle } from '../native.js';
import { type FloatArray, Matrix } from './matrix.js';
import { Plan, resolveCompileOptions } from './plan.js';
import { PlanBuilder, type Slot } from './plan-builder.js';
import type { Schema } from './schema.js';

/** The matrix that `lower` computes from x, in shared memory and x's element type. */
export async function applyOps(
  x: Matrix,
  schema: Schema,
  lower: (plan: PlanBuilder, input: Slot) => Slot,
  cancel: CancelHandle | null,
): Promise<Matrix> {
  const builder = new PlanBuilder(x.cols);
  const source = builder.build(lower(builder, builder.input));
  const plan = await Plan.compileAsync(source, schema, resolveCompileOptions({}, x.dtype));
  return plan.runInto(x, sharedMatrix(x, plan.outputWidth), cancel);
}

function sharedMatrix(like: Matrix, cols: number): Matrix {
  const Type = like.data.constructor as new (buffer: SharedArrayBuffer) => FloatArray;
  const bytes = like.rows * cols * like.data.BYTES_PER_ELEMENT;
  return new Matrix(new Type(new SharedArrayBuffer(bytes)), like.rows, cols);
}
