/** Runs a few ops over a training set on the pool: how composite estimators make the input of their next step. */
import type { CancelHandle } from '../native.js';
import type { Estimator } from './estimator.js';
import type { FitInput } from './fit-input.js';
import { privateArray } from './linalg/memory.js';
import { Matrix } from './matrix.js';
import { Plan, type ResolvedCompileOptions, resolveCompileOptions } from './plan.js';
import { PlanBuilder, type Slot } from './plan-builder.js';
import type { Schema } from './schema.js';

/** What the rows that a transformer was fitted on become: the input of the next step. */
export function transformTraining(step: Estimator, input: FitInput, schema: Schema): Promise<Matrix> {
  if (step.crossFits) return step.crossFitted(input);
  return applyOps(input.x, schema, (plan, slot) => step.lowerChecked(plan, slot, TRANSFORM), input.cancel);
}

/** The options by which steps that are not the last are lowered. */
export const TRANSFORM: ResolvedCompileOptions = {
  device: 'cpu',
  precision: 'float64',
  output: 'transform',
  coverage: 0.9,
};

/** The matrix that `lower` computes from x, in memory that jobs read in place and x's element type. */
export async function applyOps(
  x: Matrix,
  schema: Schema,
  lower: (plan: PlanBuilder, input: Slot) => Slot,
  cancel: CancelHandle | null,
): Promise<Matrix> {
  const builder = new PlanBuilder(x.cols);
  const source = builder.build(lower(builder, builder.input));
  const plan = await Plan.compileAsync(source, schema, resolveCompileOptions({}, x.dtype));
  const out = privateArray(x.data, x.rows * plan.outputWidth);
  return plan.runInto(x, new Matrix(out, x.rows, plan.outputWidth), cancel);
}

/** Matrices of the same rows as one, in memory that jobs read in place. */
export function sideBySide(parts: readonly Matrix[]): Matrix {
  const [{ rows, data: like }] = parts;
  const cols = parts.reduce((sum, part) => sum + part.cols, 0);
  const data = privateArray(like, rows * cols);
  let first = 0;
  for (const part of parts) {
    for (let i = 0; i < rows; i++) {
      data.set(part.data.subarray(i * part.cols, (i + 1) * part.cols), i * cols + first);
    }
    first += part.cols;
  }
  return new Matrix(data, rows, cols);
}
