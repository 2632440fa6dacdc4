/** Searches for the rows of a training set that are near others. */
import type { Output } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { FloatArray, MatrixLike } from '../core/matrix.js';
import {
  SEARCH_DEFAULTS,
  type SearchParams,
  searchRules,
  searchSpec,
  searchTags,
} from '../core/neighbor-search.js';
import { int, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  type Neighbors,
  type NeighborsOptions,
  type RadiusNeighbors,
  type RadiusOptions,
  RowSearch,
  type Searched,
} from './row-search.js';
import { checkStoredRows, pointsOf, type StoredRows, storedRowsRules, storeRows } from './stored-rows.js';

/** Parameters of {@link NearestNeighbors}. */
export interface NearestNeighborsParams extends SearchParams {
  /** Neighbours of `kneighbors` and `transform`, >= 1. Default 5. */
  nNeighbors: number;
  /** The largest distance of `radiusNeighbors`, >= 0. Default 1. */
  radius: number;
}

/** Learned by {@link NearestNeighbors}. */
export interface NearestNeighborsState extends StoredRows {}

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
 * Sparse rows stay as they are with 'euclidean' (also 'minkowski' with p = 2) and 'cosine': `kneighbors`, `radiusNeighbors` and `transform` compute
 * all distances from them, in float64 whatever `algorithm` is; euclidean neighbours are found by squares, and then measured from
 * differences. What a plan finds, as `transformSync` does, may differ in the last digits, and in neighbours as good as equally far. A
 * plan makes the training rows dense, up to 2^28 values.
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

  constructor(params: Partial<NearestNeighborsParams> = {}) {
    super({ ...SEARCH_DEFAULTS, nNeighbors: 5, radius: 1, ...params });
  }

  get rules(): Rules<NearestNeighborsParams> {
    return { ...searchRules(this.params), nNeighbors: int(1, 0x7fff_ffff), radius: real(0) };
  }

  override get tags(): EstimatorTags {
    return { ...searchTags(this.params), keepsSparse: this.isFitted && this.state.sparse !== undefined };
  }

  get stateRules(): Rules<NearestNeighborsState> {
    return storedRowsRules;
  }

  protected override checkState(state: NearestNeighborsState, columns: readonly Column[]): void {
    checkStoredRows(this, state, columns);
  }

  protected async fitState(input: FitInput): Promise<NearestNeighborsState> {
    return storeRows(this.params, input);
  }

  protected override async fitSparse(input: SparseFitInput): Promise<NearestNeighborsState> {
    return storeRows(this.params, input);
  }

  /** Number of training rows. @throws {ERR_NOT_FITTED} before `fit` */
  get nSamplesFit(): number {
    const { points, sparse } = this.state;
    return sparse === undefined ? points.length / this.nFeaturesIn : sparse.indptr.length - 1;
  }

  get #searched(): Searched {
    return { rows: this.state, params: this.fittedParams };
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
    return this.#search.nearest(this, this.#searched, X, { ...options, nNeighbors });
  }

  /**
   * The training rows at most `radius` away from each row, on the pool.
   *
   * @param X - rows, or nothing for the training rows, each of which is then not its own neighbour
   */
  radiusNeighbors(X?: MatrixLike | null, options: RadiusOptions = {}): Promise<RadiusNeighbors> {
    const { radius = this.fittedParams.radius } = options;
    return this.#search.within(this, this.#searched, X, { ...options, radius });
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

  outputColumns(): readonly Column[] {
    return Array.from(
      { length: this.#columns },
      (_, k): Column => ({ name: `neighbor${k}`, kind: 'number' }),
    );
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: pointsOf(this.state),
      neighbors: this.#columns,
      vote: { kind: 'distances' },
    });
  }
}

function entries(distances: FloatArray, mode: GraphMode): FloatArray {
  return mode === 'distance' ? distances : distances.map(() => 1);
}
