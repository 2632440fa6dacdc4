/** Runs a few ops over a training set on the pool: how composite estimators make the input of their next step. */
import { StateError } from '../errors.js';
import type { CancelHandle } from '../native.js';
import { type ResolvedCompileOptions, resolveCompileOptions } from './compile-options.js';
import type { Estimator } from './estimator.js';
import { type FitInput, toShared } from './fit-input.js';
import { isSparse } from './forms.js';
import { privateArray } from './linalg/memory.js';
import { Matrix } from './matrix.js';
import { Plan } from './plan.js';
import { PlanBuilder, type Slot } from './plan-builder.js';
import type { Schema } from './schema.js';
import { requireCsr } from './sparse/csr-matrix.js';
import { SparsePlan } from './sparse/sparse-plan.js';

/** What the rows that a transformer was fitted on become: the input of the next step. */
export async function transformTraining(step: Estimator, input: FitInput, schema: Schema): Promise<Matrix> {
  const lower = (plan: PlanBuilder, slot: Slot) => step.lowerChecked(plan, slot, TRANSFORM);
  if (!step.crossFits) return applyModel(step, input, schema, lower);
  if (input.given === undefined) return step.crossFitted(input);
  const message = `${step.constructor.name} fits across folds, and takes no documents within another step.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/** What `lower` computes of a training set that a model was fitted on, or of other rows of it. */
export async function applyModel(
  model: Estimator,
  { x, given, cancel }: FitInput,
  schema: Schema,
  lower: (plan: PlanBuilder, input: Slot) => Slot,
): Promise<Matrix> {
  if (given === undefined) return applyOps(x, schema, lower, cancel);
  let rows = given;
  for (const vectorizer of model.vectorizers) rows = await vectorizer.transform(rows);
  if (!isSparse(rows)) return applyOps(toShared(model.schema.encode(rows)), model.schema, lower, cancel);
  const sparse = requireCsr(rows);
  model.schema.checkWidth(sparse.cols);
  const options = resolveCompileOptions({}, sparse.dtype);
  const plan = await SparsePlan.compile(model.schema, options, lower);
  return toShared(await plan.run(sparse));
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
  const builder = new PlanBuilder(x.cols, schema.columns);
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
