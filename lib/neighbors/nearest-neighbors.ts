/** Searches for the rows of a training set that are near others. */
import type { Output } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, type SparseFitInput, toShared } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import {
  checkPoints,
  floats,
  SEARCH_DEFAULTS,
  type SearchParams,
  searchRules,
  searchSpec,
  searchTags,
  storedRows,
} from '../core/neighbor-search.js';
import { checkLength, custom, int, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, type CsrParts } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import {
  type Neighbors,
  type NeighborsOptions,
  type RadiusNeighbors,
  type RadiusOptions,
  RowSearch,
} from './row-search.js';
import { nearestSparse } from './sparse-search.js';

/** Parameters of {@link NearestNeighbors}. */
export interface NearestNeighborsParams extends SearchParams {
  /** Neighbours of `kneighbors` and `transform`, >= 1. Default 5. */
  nNeighbors: number;
  /** The largest distance of `radiusNeighbors`, >= 0. Default 1. */
  radius: number;
}

/** Learned by {@link NearestNeighbors}. */
export interface NearestNeighborsState {
  /** [rows, columns] row-major; empty where they are sparse. */
  readonly points: FloatArray;
  /** Of a fit on sparse rows. */
  readonly sparse?: CsrParts;
}

/** Neighbours as a sparse matrix in CSR form: row i has the columns indices[indptr[i]] to indices[indptr[i + 1] - 1]. */
export interface NeighborsGraph {
  readonly indptr: Float64Array;
  readonly indices: Int32Array;
  /** 1 for each neighbour, or its distance. */
  readonly data: FloatArray;
  readonly shape: readonly [rows: number, cols: number];
}

/** What the entries of a graph are. */
export type GraphMode = 'connectivity' | 'distance';

/**
 * Finds training rows near other rows: the `nNeighbors` nearest, or all within `radius`. Of rows at equal distances the one that
 * came first is nearer. `transform` gives the distances to the nearest, [rows, nNeighbors], at most as many as there are training
 * rows: a plan like that of any transformer.
 *
 * Sparse rows stay as they are with 'euclidean' (also 'minkowski' with p = 2) and 'cosine': `kneighbors` and `transform` compute
 * all distances from them, in float64 whatever `algorithm` is; euclidean neighbours are found by squares, and then measured from
 * differences. What a plan finds, as `transformSync` does, may differ in the last digits, and in neighbours as good as equally far. `radiusNeighbors`
 * and a plan make the training rows dense, up to 2^28 values.
 *
 * Differs from scikit-learn: `transform` stands for KNeighborsTransformer and gives dense distances; a row that is asked for as
 * one of the training rows is left out exactly, even among equal rows.
 *
 * @example
 * ```ts
 * import { NearestNeighbors } from 'boreal';
 * const search = await new NearestNeighbors({ nNeighbors: 2 }).fit([[0, 0], [3, 4], [6, 8]]);
 * const near = await search.kneighbors([[0, 1]]);
 * near.indices; // Int32Array [0, 1]
 * (await search.radiusNeighbors([[0, 0]], { radius: 5 })).indices; // Int32Array [0, 1]
 * ```
 */
export class NearestNeighbors extends Transformer<NearestNeighborsParams, NearestNeighborsState> {
  readonly #search = new RowSearch();
  readonly #dense = new WeakMap<CsrParts, FloatArray>();

  constructor(params: Partial<NearestNeighborsParams> = {}) {
    super({ ...SEARCH_DEFAULTS, nNeighbors: 5, radius: 1, ...params });
  }

  get rules(): Rules<NearestNeighborsParams> {
    return { ...searchRules(this.params), nNeighbors: int(1, 0x7fff_ffff), radius: real(0) };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<NearestNeighborsState> {
    return {
      points: floats,
      sparse: custom('sparse rows', (v) => v === undefined || new CsrMatrix(v as CsrParts).rows > 0),
    };
  }

  protected override checkState({ points, sparse }: NearestNeighborsState, columns: readonly Column[]): void {
    if (sparse === undefined) checkPoints(this, points, columns);
    else checkLength(this, 'points', points, 0);
    if (sparse === undefined || (sparse.cols === columns.length && sparse.data.every(Number.isFinite)))
      return;
    const message = `NearestNeighbors state: 'sparse' must hold finite rows of ${columns.length} columns.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected async fitState({ x }: FitInput): Promise<NearestNeighborsState> {
    return { points: storedRows(x) };
  }

  protected override async fitSparse(input: SparseFitInput): Promise<NearestNeighborsState> {
    const { x } = input;
    if (sparseMetric(this.params) === null)
      return this.fitState({ ...input, x: toShared(x.toDense()), validation: null, queries: null });
    const { data, indices, indptr, cols } = x;
    const copy = { data: data.slice(), indices: indices.slice(), indptr: indptr.slice(), cols };
    return { points: new Float64Array(0), sparse: copy };
  }

  /** Number of training rows. @throws {ERR_NOT_FITTED} before `fit` */
  get nSamplesFit(): number {
    const { points, sparse } = this.state;
    return sparse === undefined ? points.length / this.nFeaturesIn : sparse.indptr.length - 1;
  }

  /** The training rows as dense ones. @throws {ERR_DENSE} above 2^28 values */
  get #points(): FloatArray {
    const { points, sparse } = this.state;
    if (sparse === undefined) return points;
    let dense = this.#dense.get(sparse);
    if (dense === undefined) {
      // A plan's constants are no shared memory.
      dense = new CsrMatrix(sparse).toDense().data.slice();
      this.#dense.set(sparse, dense);
    }
    return dense;
  }

  get #columns(): number {
    return Math.min(this.fittedParams.nNeighbors, this.nSamplesFit);
  }

  /**
   * The nearest training rows of each row, nearest first, on the pool.
   *
   * @param X - rows, or nothing for the training rows, each of which is then not its own neighbour
   * @throws {ERR_PARAMETER} when there are fewer training rows than wanted neighbours
   */
  kneighbors(X?: MatrixLike | null, options: NeighborsOptions = {}): Promise<Neighbors> {
    const { nNeighbors = this.fittedParams.nNeighbors } = options;
    const { sparse } = this.state;
    const metric = sparseMetric(this.fittedParams);
    if (sparse !== undefined && metric !== null)
      return nearestSparse(this.schema, new CsrMatrix(sparse), metric, X, { ...options, nNeighbors });
    const spec = searchSpec(this.fittedParams);
    return this.#search.nearest(this, this.#points, spec, X, { ...options, nNeighbors });
  }

  /**
   * The training rows at most `radius` away from each row, on the pool.
   *
   * @param X - rows, or nothing for the training rows, each of which is then not its own neighbour
   */
  radiusNeighbors(X?: MatrixLike | null, options: RadiusOptions = {}): Promise<RadiusNeighbors> {
    const { radius = this.fittedParams.radius } = options;
    const spec = searchSpec(this.fittedParams);
    return this.#search.within(this, this.#points, spec, X, { ...options, radius });
  }

  /** {@link NearestNeighbors.kneighbors} as a sparse matrix; by default of ones. */
  async kneighborsGraph(
    X?: MatrixLike | null,
    { mode = 'connectivity', ...options }: NeighborsOptions & { readonly mode?: GraphMode } = {},
  ): Promise<NeighborsGraph> {
    const cols = this.nSamplesFit;
    const { distances, indices } = await this.kneighbors(X, options);
    const indptr = Float64Array.from({ length: distances.rows + 1 }, (_, i) => i * distances.cols);
    return { indptr, indices, data: entries(distances.data, mode), shape: [distances.rows, cols] };
  }

  /** {@link NearestNeighbors.radiusNeighbors} as a sparse matrix; by default of ones. */
  async radiusNeighborsGraph(
    X?: MatrixLike | null,
    { mode = 'connectivity', ...options }: RadiusOptions & { readonly mode?: GraphMode } = {},
  ): Promise<NeighborsGraph> {
    const cols = this.nSamplesFit;
    const { offsets, distances, indices } = await this.radiusNeighbors(X, options);
    return { indptr: offsets, indices, data: entries(distances, mode), shape: [offsets.length - 1, cols] };
  }

  /** Nothing that is compiled unasked, of a fit on sparse rows: a plan holds dense ones. */
  override get outputs(): readonly Output[] {
    return this.isFitted && this.state.sparse !== undefined ? [] : super.outputs;
  }

  /** Distances to the nearest training rows, nearest first, [rows, nNeighbors], on the pool. @throws see {@link Plan.run} */
  override async transform(X: MatrixLike): Promise<Matrix> {
    if (this.state.sparse === undefined) return super.transform(X);
    return (await this.kneighbors(X, { nNeighbors: this.#columns })).distances;
  }

  outputColumns(): readonly Column[] {
    return Array.from(
      { length: this.#columns },
      (_, k): Column => ({ name: `neighbor${k}`, kind: 'number' }),
    );
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: this.#points,
      neighbors: this.#columns,
      vote: { kind: 'distances' },
    });
  }
}

/** The distance that is made of sparse rows, if any. */
function sparseMetric({ metric, p }: SearchParams): 'euclidean' | 'cosine' | null {
  if (metric === 'euclidean' || (metric === 'minkowski' && p === 2)) return 'euclidean';
  return metric === 'cosine' ? 'cosine' : null;
}

function entries(distances: FloatArray, mode: GraphMode): FloatArray {
  return mode === 'distance' ? distances : distances.map(() => 1);
}
