/** Searches for the rows of a training set that are near others. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { FloatArray, MatrixLike } from '../core/matrix.js';
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
import { int, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  type Neighbors,
  type NeighborsOptions,
  type RadiusNeighbors,
  type RadiusOptions,
  RowSearch,
} from './row-search.js';

/** Parameters of {@link NearestNeighbors}. */
export interface NearestNeighborsParams extends SearchParams {
  /** Neighbours of `kneighbors` and `transform`, >= 1. Default 5. */
  nNeighbors: number;
  /** The largest distance of `radiusNeighbors`, >= 0. Default 1. */
  radius: number;
}

/** Learned by {@link NearestNeighbors}. */
export interface NearestNeighborsState {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
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
    return searchTags(this.params);
  }

  get stateRules(): Rules<NearestNeighborsState> {
    return { points: floats };
  }

  protected override checkState(state: NearestNeighborsState, columns: readonly Column[]): void {
    checkPoints(this, state.points, columns);
  }

  protected async fitState({ x }: FitInput): Promise<NearestNeighborsState> {
    return { points: storedRows(x) };
  }

  /** Number of training rows. @throws {ERR_NOT_FITTED} before `fit` */
  get nSamplesFit(): number {
    return this.state.points.length / this.nFeaturesIn;
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
    const spec = searchSpec(this.fittedParams);
    return this.#search.nearest(this, this.state.points, spec, X, { ...options, nNeighbors });
  }

  /**
   * The training rows at most `radius` away from each row, on the pool.
   *
   * @param X - rows, or nothing for the training rows, each of which is then not its own neighbour
   */
  radiusNeighbors(X?: MatrixLike | null, options: RadiusOptions = {}): Promise<RadiusNeighbors> {
    const { radius = this.fittedParams.radius } = options;
    const spec = searchSpec(this.fittedParams);
    return this.#search.within(this, this.state.points, spec, X, { ...options, radius });
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

  outputColumns(): readonly Column[] {
    return Array.from(
      { length: this.#columns },
      (_, k): Column => ({ name: `neighbor${k}`, kind: 'number' }),
    );
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: this.state.points,
      neighbors: this.#columns,
      vote: { kind: 'distances' },
    });
  }
}

function entries(distances: FloatArray, mode: GraphMode): FloatArray {
  return mode === 'distance' ? distances : distances.map(() => 1);
}
