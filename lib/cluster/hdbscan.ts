/** HDBSCAN (Campello, Moulavi and Sander, PAKDD 2013; McInnes and Healy, Accelerated hierarchical density clustering, 2017). */
import { Clusterer, type ClustererState } from '../core/clusterer.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import { SEARCH_DEFAULTS, type SearchParams, searchRules, searchSpec } from '../core/neighbor-search.js';
import {
  bool,
  checkLength,
  either,
  float64s,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Parameters of {@link HDBSCAN}. `metric` is 'euclidean' by default, and `leafSize` 40. */
export interface HDBSCANParams extends SearchParams {
  /** Rows of the smallest cluster, >= 2. Default 5. */
  minClusterSize: number;
  /** The core distance of a row is that to so many rows, itself included; null: `minClusterSize`. Default null. */
  minSamples: number | null;
  /** Clusters that part below this distance stay together, >= 0. Default 0. */
  clusterSelectionEpsilon: number;
  /** Larger clusters are not chosen by 'eom', unless they have no parts; null: any size. Default null. */
  maxClusterSize: number | null;
  /** Distances are divided by this, > 0. Default 1. */
  alpha: number;
  /** The most persistent clusters ('eom', excess of mass) or the leaves of the hierarchy ('leaf'). Default 'eom'. */
  clusterSelectionMethod: 'eom' | 'leaf';
  /** All rows may be one cluster. Default false. */
  allowSingleCluster: boolean;
}

/** Learned by {@link HDBSCAN}. */
export interface HDBSCANState extends ClustererState {
  /** [rows] */
  readonly probabilities: Float64Array;
}

/**
 * Clusters of any density: DBSCAN for all radii at once. The minimum spanning tree of mutual reachability (the distance of two rows,
 * but at least the core distance of either) gives a hierarchy, from which clusters are chosen that last; rows that are in none of
 * them are noise, -1. There is no radius to choose.
 *
 * Time grows with the square of the rows, memory with the rows.
 *
 * Differs from scikit-learn: X must be finite (there, rows with missing values get labels of their own); no precomputed distances,
 * no `storeCenters`, no `dbscanClustering`.
 *
 * @example
 * ```ts
 * import { HDBSCAN } from 'boreal';
 * const rows = [[0], [1], [2], [3], [20], [21], [22], [23], [90]];
 * const model = new HDBSCAN({ minClusterSize: 3 });
 * await model.fitPredict(rows); // Int32Array [0, 0, 0, 0, 1, 1, 1, 1, -1]
 * ```
 */
export class HDBSCAN extends Clusterer<HDBSCANParams, HDBSCANState> {
  constructor(params: Partial<HDBSCANParams> = {}) {
    super({
      ...SEARCH_DEFAULTS,
      metric: 'euclidean',
      leafSize: 40,
      minClusterSize: 5,
      minSamples: null,
      clusterSelectionEpsilon: 0,
      maxClusterSize: null,
      alpha: 1,
      clusterSelectionMethod: 'eom',
      allowSingleCluster: false,
      ...params,
    });
  }

  get rules(): Rules<HDBSCANParams> {
    return {
      ...searchRules,
      minClusterSize: int(2, 0x7fff_ffff),
      minSamples: either(int(1, 0x7fff_ffff), nothing),
      clusterSelectionEpsilon: real(0),
      maxClusterSize: either(int(1), nothing),
      alpha: real(0, Infinity, 'min'),
      clusterSelectionMethod: oneOf('eom', 'leaf'),
      allowSingleCluster: bool,
    };
  }

  get stateRules(): Rules<HDBSCANState> {
    return { labels: int32s(), probabilities: float64s() };
  }

  protected override checkState(state: HDBSCANState): void {
    checkLength(this, 'probabilities', state.probabilities, state.labels.length);
  }

  protected async fitState(input: FitInput): Promise<HDBSCANState> {
    const { x, cancel } = input;
    const { minClusterSize, minSamples, clusterSelectionEpsilon, maxClusterSize, alpha } = this.params;
    const samples = minSamples ?? minClusterSize;
    if (samples > x.rows) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `HDBSCAN: parameter 'minSamples' must be at most the number of rows, ${x.rows}; got ${samples}.`,
      );
    }
    const spec = {
      ...searchSpec(this.params),
      minClusterSize,
      minSamples: samples,
      alpha,
      epsilon: clusterSelectionEpsilon,
      maxClusterSize: maxClusterSize ?? 0,
      leaves: this.params.clusterSelectionMethod === 'leaf',
      allowSingle: this.params.allowSingleCluster,
    };
    return native.fitHdbscan(x.data, x.rows, x.cols, spec, cancel, reportProgress(input, this));
  }

  /** How firmly each training row belongs to its cluster, in [0, 1]; 0 for noise. @throws {ERR_NOT_FITTED} before `fit` */
  get probabilities(): Float64Array {
    return this.state.probabilities.slice();
  }
}
