/** HDBSCAN (Campello, Moulavi and Sander, PAKDD 2013; McInnes and Healy, Accelerated hierarchical density clustering, 2017). */
import { Clusterer, type ClustererState } from '../core/clusterer.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import {
  SEARCH_DEFAULTS,
  type SearchParams,
  searchRules,
  searchSpec,
  searchTags,
} from '../core/neighbor-search.js';
import {
  bool,
  checkLength,
  checkParams,
  custom,
  either,
  float64s,
  infinity,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import type { Column } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
import { cutHierarchy, weightedMeans, weightedMedoids } from './density-centers.js';

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
  /**
   * Keep the mean of each cluster ('centroid'), its row in the middle ('medoid') or 'both', rows counted by their probabilities;
   * of 'precomputed' distances there are none. Default null.
   */
  storeCenters: 'centroid' | 'medoid' | 'both' | null;
}

/** Learned by {@link HDBSCAN}. */
export interface HDBSCANState extends ClustererState {
  /** [rows] */
  readonly probabilities: Float64Array;
  /** Pairs of merged nodes, [rows - 1, 2] row-major: nodes below the number of rows are rows, node rows + k is merge k. */
  readonly children: Int32Array;
  /** Distance of each pair, ascending. */
  readonly distances: Float64Array;
  /** [clusters, columns] row-major, or empty. */
  readonly centroids: Float64Array;
  /** [clusters, columns] row-major, or empty. */
  readonly medoids: Float64Array;
}

/** Options of {@link HDBSCAN.dbscanClustering}. */
export interface CutOptions {
  /** Clusters of fewer rows are noise, >= 1. Default 5. */
  readonly minClusterSize?: number;
}

/**
 * Clusters of any density: DBSCAN for all radii at once. The minimum spanning tree of mutual reachability (the distance of two rows,
 * but at least the core distance of either) gives a hierarchy, from which clusters are chosen that last; rows that are in none of
 * them are noise, -1. There is no radius to choose.
 *
 * Time grows with the square of the rows, memory with the rows.
 *
 * Differs from scikit-learn: X must be finite (there, rows with missing values get labels of their own, and 'precomputed' distances
 * may be infinite).
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
      storeCenters: null,
      ...params,
    });
  }

  get rules(): Rules<HDBSCANParams> {
    return {
      ...searchRules(this.params),
      minClusterSize: int(2, 0x7fff_ffff),
      minSamples: either(int(1, 0x7fff_ffff), nothing),
      clusterSelectionEpsilon: real(0),
      maxClusterSize: either(int(1), nothing),
      alpha: real(0, Infinity, 'min'),
      clusterSelectionMethod: oneOf('eom', 'leaf'),
      allowSingleCluster: bool,
      storeCenters:
        this.params.metric === 'precomputed'
          ? custom("null where metric is 'precomputed', since distances have no centres", nothing.allows)
          : either(oneOf('centroid', 'medoid', 'both'), nothing),
    };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<HDBSCANState> {
    return {
      ...{ labels: int32s(), probabilities: float64s(), children: int32s(), distances: float64s() },
      ...{ centroids: float64s(), medoids: float64s() },
    };
  }

  protected override checkState(state: HDBSCANState, columns: readonly Column[]): void {
    const { labels, probabilities, children, distances, centroids, medoids } = state;
    const rows = labels.length;
    checkLength(this, 'probabilities', probabilities, rows);
    checkLength(this, 'distances', distances, Math.max(0, rows - 1));
    const isBefore = (node: number, at: number) => node >= 0 && node < rows + (at >> 1);
    checkLength(this, 'children', children.filter(isBefore), 2 * distances.length);
    const centres = clusterCount(labels) * columns.length;
    const { storeCenters } = this.params;
    checkLength(this, 'centroids', centroids, keeps(storeCenters, 'centroid') ? centres : 0);
    checkLength(this, 'medoids', medoids, keeps(storeCenters, 'medoid') ? centres : 0);
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
    if (this.params.metric === 'precomputed') checkSymmetric(x);
    const search = searchSpec(this.params);
    const spec = {
      ...search,
      minClusterSize,
      minSamples: samples,
      alpha,
      epsilon: clusterSelectionEpsilon,
      maxClusterSize: maxClusterSize ?? 0,
      leaves: this.params.clusterSelectionMethod === 'leaf',
      allowSingle: this.params.allowSingleCluster,
    };
    const tree = await native.fitHdbscan(x.data, x.rows, x.cols, spec, cancel, reportProgress(input, this));
    const { storeCenters } = this.params;
    const clusters = { ...tree, x, count: clusterCount(tree.labels) };
    const centroids = keeps(storeCenters, 'centroid') ? weightedMeans(clusters) : new Float64Array(0);
    const medoids = keeps(storeCenters, 'medoid')
      ? await weightedMedoids(clusters, search, cancel)
      : new Float64Array(0);
    return { ...tree, centroids, medoids };
  }

  /** How firmly each training row belongs to its cluster, in [0, 1]; 0 for noise. @throws {ERR_NOT_FITTED} before `fit` */
  get probabilities(): Float64Array {
    return this.state.probabilities.slice();
  }

  /** Weighted means of the clusters, [clusters, columns]. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED} before `fit`, or where none are kept */
  get centroids(): Matrix<Float64Array> {
    return this.#centres('centroid', this.state.centroids);
  }

  /** Rows in the middle of the clusters, [clusters, columns]. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED} before `fit`, or where none are kept */
  get medoids(): Matrix<Float64Array> {
    return this.#centres('medoid', this.state.medoids);
  }

  #centres(which: 'centroid' | 'medoid', centres: Float64Array): Matrix<Float64Array> {
    if (keeps(this.fittedParams.storeCenters, which))
      return new Matrix(centres.slice(), centres.length / this.nFeaturesIn, this.nFeaturesIn);
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `This HDBSCAN kept no ${which}s: fit it with storeCenters: '${which}' or 'both'.`,
    );
  }

  /**
   * The clusters of DBSCAN without border rows, for any radius and without another fit: rows that are connected by mutual
   * reachability below a distance.
   *
   * @param cutDistance - where the hierarchy is cut, >= 0
   * @param options - `minClusterSize`
   * @returns the cluster of each training row, from 0; -1 is noise
   * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for a distance below 0 or a bad option
   * @example
   * ```ts
   * import { HDBSCAN } from 'boreal';
   * const model = await new HDBSCAN({ minClusterSize: 2 }).fit([[0], [1], [2], [3], [20], [21]]);
   * model.dbscanClustering(1.5, { minClusterSize: 2 }); // Int32Array [0, 0, 0, 0, 1, 1]
   * ```
   */
  dbscanClustering(cutDistance: number, { minClusterSize = 5 }: CutOptions = {}): Int32Array {
    checkParams(
      'dbscanClustering',
      { cutDistance, minClusterSize },
      { cutDistance: either(real(0), infinity), minClusterSize: int(1) },
    );
    const { children, distances } = this.state;
    return cutHierarchy(children, distances, cutDistance, minClusterSize);
  }
}

function clusterCount(labels: Int32Array): number {
  return 1 + labels.reduce((most, label) => Math.max(most, label), -1);
}

function keeps(stored: HDBSCANParams['storeCenters'], which: 'centroid' | 'medoid'): boolean {
  return stored === which || stored === 'both';
}

/** @throws {ERR_PARAMETER} unless distances are the same either way, but for rounding */
function checkSymmetric({ data, rows }: Matrix): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      const [there, back] = [data[i * rows + j], data[j * rows + i]];
      if (Math.abs(there - back) <= 1e-9 + 1e-7 * Math.abs(back)) continue;
      const message = `HDBSCAN: distances must be symmetric; that of rows ${i} and ${j} is ${there} one way and ${back} the other.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
  }
}
