/** Runs a few ops over a training set on the pool: how composite estimators make the input of their next step. */
import type { CancelHandle } from '../native.js';
import { sharedArray } from './linalg/memory.js';
import { Matrix } from './matrix.js';
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
  const out = sharedArray(x.data, x.rows * plan.outputWidth);
  return plan.runInto(x, new Matrix(out, x.rows, plan.outputWidth), cancel);
}
