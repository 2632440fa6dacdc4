/** Which rows may be merged with which. */
import { isSparse } from '../core/forms.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';

/** Sparse rows: a {@link CsrMatrix}, or the graph that `kneighborsGraph` gives. */
export interface RowGraph {
  readonly indptr: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly data: ArrayLike<number>;
}

/** Edges between rows: sparse rows, or a matrix, or a function of the training rows that gives either. */
export type Connectivity =
  | RowGraph
  | MatrixLike
  | ((X: Matrix) => RowGraph | MatrixLike | Promise<RowGraph | MatrixLike>);

/**
 * The pairs of rows whose value in a graph is not 0, one after the other.
 *
 * @throws {ERR_SHAPE} unless the graph has a row and a column for each row of x
 * @throws {ERR_PARAMETER} when it holds a value that is not finite
 */
export async function edgesOf(owner: object, connectivity: Connectivity, x: Matrix): Promise<Int32Array> {
  const given =
    typeof connectivity === 'function'
      ? await connectivity(new Matrix(x.data.slice(), x.rows, x.cols))
      : connectivity;
  const graph = isSparse(given) ? (given as RowGraph) : CsrMatrix.from(given as MatrixLike);
  const isSquare = !(graph instanceof CsrMatrix) || graph.cols === x.rows;
  const edges = isSquare ? edgesIn(graph, x.rows) : null;
  const { name } = owner.constructor;
  if (edges === null) {
    const message = `${name}: connectivity must have ${x.rows} rows and columns, one for each row of X.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  for (let k = 0; k < graph.data.length; k++) {
    if (!Number.isFinite(graph.data[k]))
      throw new ValidationError('ERR_PARAMETER', `${name}: connectivity holds a value that is not finite.`);
  }
  return edges;
}

/** Sparse rows as plain arrays. */
export function plainGraph(connectivity: Connectivity | null): Connectivity | null {
  if (!isSparse(connectivity)) return connectivity;
  const { indptr, indices, data } = connectivity;
  return { indptr, indices, data };
}

function edgesIn({ indptr, indices, data }: RowGraph, rows: number): Int32Array | null {
  const count = indices.length;
  if (indptr.length !== rows + 1 || data?.length !== count || indptr[rows] !== count) return null;
  const edges = new Int32Array(2 * count);
  let end = 0;
  for (let i = 0; i < rows; i++) {
    if (!(indptr[i] <= indptr[i + 1] && indptr[i] >= 0)) return null;
    for (let k = indptr[i]; k < indptr[i + 1]; k++) {
      if (!(indices[k] >= 0 && indices[k] < rows)) return null;
      if (data[k] === 0) continue;
      edges[end++] = i;
      edges[end++] = indices[k];
    }
  }
  return edges.subarray(0, end);
}
