/** DBSCAN (Ester, Kriegel, Sander and Xu, A density-based algorithm for discovering clusters, KDD 1996). */
import { Clusterer, type ClustererState } from '../core/clusterer.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput } from '../core/fit-input.js';
import { type FloatArray, Matrix } from '../core/matrix.js';
import {
  floats,
  SEARCH_DEFAULTS,
  type SearchParams,
  searchRules,
  searchSpec,
  searchTags,
} from '../core/neighbor-search.js';
import { checkLength, int, int32s, type Rules, real } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';

/** Parameters of {@link DBSCAN}. `metric` is 'euclidean' by default. */
export interface DBSCANParams extends SearchParams {
  /** The largest distance between neighbours, > 0. Default 0.5. */
  eps: number;
  /** Rows (or their weight) within `eps`, the row itself included, that make a core row; >= 1. Default 5. */
  minSamples: number;
}

/** Learned by {@link DBSCAN}. */
export interface DBSCANState extends ClustererState {
  /** Numbers of the core rows, ascending. */
  readonly core: Int32Array;
  /** The core rows, [core rows, columns] row-major. */
  readonly components: FloatArray;
}

/**
 * Clusters are what dense rows connect: core rows have `minSamples` rows within `eps`; core rows within `eps` of each other are in
 * one cluster, and so are other rows near one of its core rows. The rest is noise, -1. Clusters are numbered by their first core
 * row; a row that is near several belongs to the first of them.
 *
 * Pairs of rows are met once and in parallel; besides the rows, memory goes to the pairs within `eps` (4 bytes for each, up to 1
 * GiB, beyond which they are looked for twice).
 *
 * Of 'precomputed' distances, which may differ by the way, a row has those in its own row of X.
 *
 * Differs from scikit-learn: no sparse X.
 *
 * @example
 * ```ts
 * import { DBSCAN } from 'boreal';
 * const model = new DBSCAN({ eps: 1.5, minSamples: 2 });
 * await model.fitPredict([[0], [1], [2], [10], [11], [50]]); // Int32Array [0, 0, 0, 1, 1, -1]
 * ```
 */
export class DBSCAN extends Clusterer<DBSCANParams, DBSCANState> {
  constructor(params: Partial<DBSCANParams> = {}) {
    super({ ...SEARCH_DEFAULTS, metric: 'euclidean', eps: 0.5, minSamples: 5, ...params });
  }

  get rules(): Rules<DBSCANParams> {
    return { ...searchRules(this.params), eps: real(0, Infinity, 'min'), minSamples: int(1) };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<DBSCANState> {
    return { labels: int32s(), core: int32s(), components: floats };
  }

  protected async fitState({ x, sampleWeight, cancel }: FitInput): Promise<DBSCANState> {
    const { eps, minSamples } = this.params;
    const spec = { ...searchSpec(this.params), eps, minSamples };
    const found = await native.fitDbscan(x.data, x.rows, x.cols, sampleWeight, spec, cancel);
    return { ...found, components: x.takeRows(found.core).data };
  }

  protected override checkState({ core, components }: DBSCANState, columns: readonly Column[]): void {
    checkLength(this, 'components', components, core.length * columns.length);
  }

  /** Numbers of the core rows, ascending. @throws {ERR_NOT_FITTED} before `fit` */
  get coreSampleIndices(): Int32Array {
    return this.state.core.slice();
  }

  /** The core rows themselves, [core rows, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get components(): Matrix {
    const { core, components } = this.state;
    return new Matrix(components.slice(), core.length, this.nFeaturesIn);
  }
}
