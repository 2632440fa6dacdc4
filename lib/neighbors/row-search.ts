/** Queries for neighbours themselves, outside plans: an index that is made at the first query and kept while the fit lasts. */
import { withCancel } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import { toShared } from '../core/fit-input.js';
import { checkFinite } from '../core/input-checks.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { type SearchParams, searchSpec } from '../core/neighbor-search.js';
import { show } from '../core/params.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import type { NeighborIndexHandle, NeighborSpec } from '../native/neighbors.js';
import { native } from '../native.js';
import { nearestSparse, type SparsePoints, withinSparse } from './sparse-search.js';
import { type StoredRows, sparseMetric } from './stored-rows.js';

/** Nearest training rows of each row, nearest first. */
export interface Neighbors {
  /** [rows, neighbours] */
  readonly distances: Matrix;
  /** Numbers of training rows, [rows, neighbours] row-major. */
  readonly indices: Int32Array;
}

/** Training rows within a radius: those of row i stand from offsets[i] to offsets[i + 1]. */
export interface RadiusNeighbors {
  readonly offsets: Float64Array;
  readonly distances: FloatArray;
  readonly indices: Int32Array;
}

/** Options of queries for neighbours. */
export interface NeighborsOptions {
  /** Number of neighbours. Default: that of the estimator. */
  readonly nNeighbors?: number;
  /** Aborts the search. */
  readonly signal?: AbortSignal;
}

/** Options of queries within a radius. */
export interface RadiusOptions {
  /** The largest distance, >= 0. Default: that of the estimator. */
  readonly radius?: number;
  /** Nearest first; otherwise in the order of the training rows. Default false. */
  readonly sortResults?: boolean;
  /** Aborts the search. */
  readonly signal?: AbortSignal;
}

type Fitted = Pick<Estimator, 'schema'>;

/** How a fitted estimator searches: its training rows, and how they are compared. */
export interface Searched {
  readonly rows: StoredRows;
  readonly params: SearchParams;
}

export class RowSearch {
  /** By the stored rows: a new fit has new ones. */
  readonly #indices = new WeakMap<FloatArray, Promise<NeighborIndexHandle>>();

  async nearest(
    owner: Fitted,
    searched: Searched,
    X: MatrixLike | null | undefined,
    options: NeighborsOptions & { readonly nNeighbors: number },
  ): Promise<Neighbors> {
    const sparse = sparsePoints(searched);
    if (sparse !== null) return nearestSparse(owner.schema, sparse, X, options);
    const { points } = searched.rows;
    const { nNeighbors, signal } = options;
    const own = X === null || X === undefined;
    const x = this.#rows(owner, points, X);
    checkWanted(nNeighbors, points.length / x.cols - (own ? 1 : 0));
    const index = await this.#index(points, x.cols, searchSpec(searched.params));
    const { distances, indices } = await withCancel(signal, (cancel) =>
      native.neighborsNearest(index, x.data, x.rows, x.cols, nNeighbors, own, cancel),
    );
    return { distances: new Matrix(distances, x.rows, nNeighbors), indices };
  }

  async within(
    owner: Fitted,
    searched: Searched,
    X: MatrixLike | null | undefined,
    options: RadiusOptions & { readonly radius: number },
  ): Promise<RadiusNeighbors> {
    const { radius, sortResults = false, signal } = options;
    const own = X === null || X === undefined;
    if (!(radius >= 0)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `radiusNeighbors: radius must be a number >= 0; got ${show(radius)}.`,
      );
    }
    const sparse = sparsePoints(searched);
    if (sparse !== null) return withinSparse(owner.schema, sparse, X, options);
    const { points } = searched.rows;
    const x = this.#rows(owner, points, X);
    const index = await this.#index(points, x.cols, searchSpec(searched.params));
    return withCancel(signal, (cancel) =>
      native.neighborsWithin(index, x.data, x.rows, x.cols, radius, own, sortResults, cancel),
    );
  }

  /** The rows of a query in the element type of the stored ones, before the caller can change them. */
  #rows({ schema }: Fitted, points: FloatArray, X: MatrixLike | null | undefined): Matrix {
    const { columns } = schema;
    if (X === null || X === undefined)
      return new Matrix(points, points.length / columns.length, columns.length);
    const dtype = points instanceof Float32Array ? 'float32' : 'float64';
    const x = toShared(schema.encode(X, dtype));
    checkFinite(x, columns, false);
    return x;
  }

  #index(points: FloatArray, cols: number, spec: NeighborSpec): Promise<NeighborIndexHandle> {
    let index = this.#indices.get(points);
    if (index === undefined) {
      index = native.neighborIndex(points, points.length / cols, cols, spec, null);
      this.#indices.set(points, index);
    }
    return index;
  }
}

function sparsePoints({ rows: { sparse }, params }: Searched): SparsePoints | null {
  const metric = sparse === undefined ? null : sparseMetric(params);
  return sparse === undefined || metric === null ? null : { points: new CsrMatrix(sparse), metric };
}

/** @throws {ERR_PARAMETER} unless there are so many neighbours */
export function checkWanted(nNeighbors: unknown, most: number): void {
  if (Number.isSafeInteger(nNeighbors) && (nNeighbors as number) >= 1 && (nNeighbors as number) <= most)
    return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `kneighbors: nNeighbors must be a whole number >= 1 and <= ${most}; got ${show(nNeighbors)}.`,
  );
}
