/** The nearest of sparse training rows, by all distances, which are never made of dense rows. */
import { withCancel } from '../core/cancellation.js';
import { isSparse } from '../core/forms.js';
import { checkFiniteSparse } from '../core/input-checks.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import type { Schema } from '../core/schema.js';
import { CsrMatrix, csrArguments, requireCsr } from '../core/sparse/csr-matrix.js';
import { native } from '../native.js';
import { checkWanted, type Neighbors, type NeighborsOptions } from './row-search.js';

/** @param X - rows, sparse or not; nothing for the training rows, each of which is then not its own neighbour */
export async function nearestSparse(
  schema: Schema,
  points: CsrMatrix,
  metric: 'euclidean' | 'cosine',
  X: MatrixLike | null | undefined,
  { nNeighbors, signal }: NeighborsOptions & { readonly nNeighbors: number },
): Promise<Neighbors> {
  const own = X === null || X === undefined;
  const x = own ? points : isSparse(X) ? requireCsr(X) : CsrMatrix.from(schema.encode(X));
  schema.checkWidth(x.cols);
  checkFiniteSparse(x);
  checkWanted(nNeighbors, points.rows - (own ? 1 : 0));
  const rows = [...csrArguments(points), ...csrArguments(x)] as const;
  const { distances, indices } = await withCancel(signal, (cancel) =>
    native.csrNearest(...rows, { count: nNeighbors, metric, own }, cancel),
  );
  return { distances: new Matrix(distances, x.rows, nNeighbors), indices };
}
