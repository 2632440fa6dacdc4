/** Searches among sparse training rows, by all distances, which are never made of dense rows. */
import { withCancel } from '../core/cancellation.js';
import { isSparse } from '../core/forms.js';
import { checkFiniteSparse } from '../core/input-checks.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import type { Schema } from '../core/schema.js';
import { CsrMatrix, csrArguments, requireCsr } from '../core/sparse/csr-matrix.js';
import type { SparseMetric } from '../native/sparse.js';
import { native } from '../native.js';
import {
  checkWanted,
  type Neighbors,
  type NeighborsOptions,
  type RadiusNeighbors,
  type RadiusOptions,
} from './row-search.js';

/** Sparse training rows, and how they are compared. */
export interface SparsePoints {
  readonly points: CsrMatrix;
  readonly metric: SparseMetric;
}

/** @param X - rows, sparse or not; nothing for the training rows, each of which is then not its own neighbour */
export async function nearestSparse(
  schema: Schema,
  { points, metric }: SparsePoints,
  X: MatrixLike | null | undefined,
  { nNeighbors, signal }: NeighborsOptions & { readonly nNeighbors: number },
): Promise<Neighbors> {
  const own = X === null || X === undefined;
  const x = queriesOf(schema, points, X);
  checkWanted(nNeighbors, points.rows - (own ? 1 : 0));
  const rows = [...csrArguments(points), ...csrArguments(x)] as const;
  const { distances, indices } = await withCancel(signal, (cancel) =>
    native.csrNearest(...rows, { count: nNeighbors, radius: 0, metric, own }, cancel),
  );
  return { distances: new Matrix(distances, x.rows, nNeighbors), indices };
}

/** @param X - as of {@link nearestSparse} */
export function withinSparse(
  schema: Schema,
  { points, metric }: SparsePoints,
  X: MatrixLike | null | undefined,
  { radius, sortResults = false, signal }: RadiusOptions & { readonly radius: number },
): Promise<RadiusNeighbors> {
  const own = X === null || X === undefined;
  const rows = [...csrArguments(points), ...csrArguments(queriesOf(schema, points, X))] as const;
  return withCancel(signal, (cancel) =>
    native.csrWithin(...rows, { count: 0, radius, metric, own }, sortResults, cancel),
  );
}

function queriesOf(schema: Schema, points: CsrMatrix, X: MatrixLike | null | undefined): CsrMatrix {
  if (X === null || X === undefined) return points;
  const x = isSparse(X) ? requireCsr(X) : CsrMatrix.from(schema.encode(X));
  schema.checkWidth(x.cols);
  checkFiniteSparse(x);
  return x;
}
