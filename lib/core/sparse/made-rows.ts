/** What transformers make of rows: sparse rows where they are asked for them, or keep them, else dense ones. */
import type { CancelHandle } from '../../native.js';
import { transformTraining } from '../apply.js';
import { Estimator, type State } from '../estimator.js';
import type { FitInput } from '../fit-input.js';
import { isSparse } from '../forms.js';
import type { Transformer } from '../kinds.js';
import type { SignalOptions } from '../linalg/call.js';
import type { Matrix, MatrixLike } from '../matrix.js';
import type { Schema } from '../schema.js';
import { type CsrMatrix, requireCsr } from './csr-matrix.js';
import { toSparse } from './encode.js';
import { keepsSparse } from './weigh.js';

/** Rows of either kind. */
export type Rows = Matrix | CsrMatrix;

/** A transformer that can make sparse rows of any. */
export interface MakesSparse {
  /** Whether the next step of a pipeline gets them. */
  readonly makesSparse: boolean;
  transformSparse(X: MatrixLike, options?: SignalOptions): Promise<CsrMatrix>;
}

/** What makes rows in a way of its own: vectorizers, and estimators made of transformers. */
export interface MakesRows {
  /** Whether they may be sparse though X is not. */
  readonly mayMakeSparse: boolean;
  /** Fits on an encoded training set, and gives what its rows become. */
  fitRows(input: FitInput, schema: Schema): Promise<Rows>;
  /** What other rows become. */
  makeRows(X: MatrixLike, options?: SignalOptions): Promise<Rows>;
}

function makesRows(step: object): step is MakesRows {
  return 'fitRows' in step;
}

function makesSparse(step: object): step is MakesSparse {
  return (step as Partial<MakesSparse>).makesSparse === true;
}

/** Whether a transformer may make sparse rows of rows that are not. */
export function mayMakeSparse(step: unknown): boolean {
  if (!(step instanceof Estimator)) return false;
  return makesRows(step) ? step.mayMakeSparse : makesSparse(step);
}

/** Fits a transformer, and gives what the rows become. */
export async function fitRows(step: Estimator, input: FitInput, schema: Schema): Promise<Rows> {
  const { given, x } = input;
  if (makesRows(step) && (step.mayMakeSparse || isSparse(given))) return step.fitRows(input, schema);
  await step.fitInput(input, schema);
  const { signal } = input;
  if (makesSparse(step)) return step.transformSparse(given ?? x, { signal });
  if (isSparse(given) && keepsSparse(step)) return step.transformSparse(requireCsr(given));
  return transformTraining(step, input, schema);
}

/**
 * Fits a transformer that makes its rows while it learns, and gives them.
 *
 * @param learn - what is learned, and the rows unless these are what its plan makes of them
 */
export async function fitKeepingRows<S extends State>(
  step: Estimator<object, S>,
  input: FitInput,
  schema: Schema,
  learn: (own: FitInput) => Promise<{ readonly state: S; readonly rows?: Rows }>,
): Promise<Rows> {
  let rows: Rows | undefined;
  await step.fitInput(input, schema, async (own) => {
    const learned = await learn(own);
    rows = learned.rows;
    return learned.state;
  });
  return rows ?? transformTraining(step as Estimator, input, schema);
}

/** What a fitted transformer makes of rows, which are read before this returns its promise. */
export async function makeRows(step: Estimator, X: MatrixLike, options?: SignalOptions): Promise<Rows> {
  if (makesRows(step) && (step.mayMakeSparse || isSparse(X))) return step.makeRows(X, options);
  if (makesSparse(step)) return step.transformSparse(X, options);
  if (isSparse(X) && keepsSparse(step)) return step.transformSparse(requireCsr(X));
  return (step as Transformer<object, object>).transform(X);
}

/** Rows as sparse ones. */
export async function asSparse(rows: Rows, cancel: CancelHandle | null = null): Promise<CsrMatrix> {
  return isSparse(rows) ? requireCsr(rows) : toSparse(rows, cancel);
}
