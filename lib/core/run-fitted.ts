/** How a fitted model predicts: rows through its vectorizers, then through the plan that is kept for an output and a precision. */
import { BorealError, StateError } from '../errors.js';
import { resolveFor } from './compile-model.js';
import type { CompileOptions } from './compile-options.js';
import type { Estimator } from './estimator.js';
import { toShared } from './fit-input.js';
import type { Fitted } from './fitted.js';
import { isSparse, precisionOf } from './forms.js';
import type { Dtype, Matrix, MatrixLike } from './matrix.js';
import type { Plan } from './plan.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { CsrMatrix, requireCsr } from './sparse/csr-matrix.js';
import { SparsePlan } from './sparse/sparse-plan.js';

/** What a model has learned, whatever that is. */
type AnyFitted = Pick<Fitted<unknown, unknown>, 'plans' | 'sparsePlans' | 'schema' | 'dtype'>;

/** Runs the plan for one output on the pool. X is read before this returns its promise. */
export async function runFitted(
  model: Estimator,
  fitted: AnyFitted,
  given: MatrixLike,
  options: CompileOptions,
): Promise<Matrix> {
  const { plans, schema, dtype } = fitted;
  let X = given;
  for (const vectorizer of model.vectorizers) X = await vectorizer.transform(X);
  const ready = readyPlan(model, fitted, X, options);
  if (ready !== undefined) return ready.run(X);
  if (isSparse(X)) {
    const made = runSparse(model, fitted, requireCsr(X), options);
    return X === given ? made : made.catch(withoutColumn);
  }
  const precision = precisionOf(X, dtype);
  if (model.tags.keepsSparse)
    return runSparse(model, fitted, CsrMatrix.from(schema.encode(X, precision)), options);
  const key = planKey(options, precision);
  // The caller may change X while the plan is compiled.
  const x = toShared(schema.encode(X, precision));
  const plan = await plans.get(key, () => model.compileAsync({ ...options, precision }));
  return plan.run(x);
}

/** What `take` makes of the result at once, which may lie in memory that the next run writes to. X is read before this returns its promise. */
export async function takeFitted<R>(
  model: Estimator,
  fitted: AnyFitted,
  X: MatrixLike,
  options: CompileOptions,
  take: (result: Matrix) => R,
): Promise<R> {
  const ready = model.vectorizers.length > 0 ? undefined : readyPlan(model, fitted, X, options);
  return ready === undefined ? take(await runFitted(model, fitted, X, options)) : ready.take(X, take);
}

/** The plan that dense rows run through as they are, where it is compiled already. */
function readyPlan(
  model: Estimator,
  { plans, dtype }: AnyFitted,
  X: MatrixLike,
  options: CompileOptions,
): Plan | undefined {
  if (isSparse(X) || model.tags.keepsSparse) return undefined;
  return plans.ready(planKey(options, precisionOf(X, dtype)));
}

async function runSparse(
  model: Estimator,
  { sparsePlans, schema }: AnyFitted,
  x: CsrMatrix,
  given: CompileOptions,
): Promise<Matrix> {
  schema.checkWidth(x.cols);
  const options = resolveFor(model, { ...given, precision: x.dtype });
  const key = planKey(options, x.dtype);
  const lower = (builder: PlanBuilder, rows: Slot) => model.lowerChecked(builder, rows, options);
  const plan = await sparsePlans.get(key, () => SparsePlan.compile(schema, options, lower));
  return plan.run(x);
}

/** Runs the plan for one output now. @throws {ERR_NOT_SUPPORTED} for documents */
export function runFittedNow(
  model: Estimator,
  { plans, dtype }: AnyFitted,
  X: MatrixLike,
  options: CompileOptions,
): Matrix {
  if (model.vectorizers.length > 0) {
    const message = 'Documents are read on the pool: use the method that returns a promise.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const precision = precisionOf(X, dtype);
  const key = planKey(options, precision);
  const plan = plans.getSync(key, () => model.compile({ ...options, precision }));
  return plan.runSync(X);
}

/** What a vectorizer has made is no column of X. */
function withoutColumn(error: unknown): never {
  if (error instanceof BorealError) error.column = undefined;
  throw error;
}

function planKey(options: CompileOptions, precision: Dtype): string {
  return `${options.output ?? 'value'} ${options.coverage ?? ''} ${precision}`;
}
