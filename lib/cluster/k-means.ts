/** K-means clustering. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, reportProgress, type SparseFitInput } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import { int, oneOf, type Rules, real, resolveSeed, seed } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { type TrainingCost, trainWhere } from '../core/training-device.js';
import { StateError } from '../errors.js';
import type { KMeansSpec, NativeKMeans } from '../native/cluster.js';
import { type CentreStart, native } from '../native.js';
import {
  type CentreInit,
  type CentresState,
  centreStart,
  centresRules,
  initRule,
  NearestCentre,
  nInitRule,
  scaledTolerance,
} from './centres.js';

/** Parameters of {@link KMeans}. */
export interface KMeansParams {
  /** How many clusters. Default 8. */
  nClusters: number;
  /**
   * Where centres start: 'kMeans++', rows that are far from one another (greedily, the best of 2 + log(nClusters) draws each);
   * 'random', any rows; or rows of centres. Default 'kMeans++'.
   */
  init: CentreInit;
  /** Starts, of which the one with the least inertia is kept; 'auto': 10 for 'random', else 1. Default 'auto'. */
  nInit: 'auto' | number;
  /** Iterations of one start, at most. Default 300. */
  maxIter: number;
  /** The squared shift of the centres that ends a fit, in mean variances of the columns. Default 1e-4. */
  tol: number;
  /** 'lloyd': all distances; 'elkan': those that the triangle inequality does not rule out, with the same result but for rows that are equally near to two centres within rounding. Default 'lloyd'. */
  algorithm: 'lloyd' | 'elkan';
  /** Seed of the starts; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/**
 * K-means: finds centres so that the squared distances of rows to the nearest one have the least sum they can be moved to (Lloyd
 * 1982; Elkan 2003; starts by Arthur and Vassilvitskii 2007). A cluster that loses its rows begins anew at the row that is
 * farthest from its centre. `predict` gives the nearest centre, `transform` the distances to all.
 *
 * `fit` with `device: 'cuda'` iterates on a GPU, in float32 and from the CPU's starts: labels are the CPU's but for rows that lie, to
 * float32, as near to two centres.
 *
 * Rows of float64 are looked at in float32 first, by 'lloyd' and by `predict`. What that cannot decide, float64 does, so that labels are
 * those of float64. 'kMeans++' draws rows by distances in float32, unless these hold little but rounding. A fit by 'lloyd' on the CPU
 * keeps a copy of X in float32 while it runs, others while they draw.
 *
 * Sparse rows are read as they are, by Lloyd's algorithm on the CPU.
 *
 * Differs from scikit-learn: random streams of our own; distances of dense rows are computed from differences, so that rows far from 0
 * keep their digits; `copyX` and `verbose` do not exist. From given centres, labels and centres are scikit-learn's up to rounding.
 *
 * @example
 * ```ts
 * import { KMeans } from 'boreal';
 * const rows = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]];
 * const kmeans = await new KMeans({ nClusters: 2, init: [[1, 2], [10, 2]] }).fit(rows);
 * kmeans.labels; // Int32Array [0, 0, 0, 1, 1, 1]
 * kmeans.clusterCenters.toArray(); // [[1, 2], [10, 2]]
 * kmeans.inertia; // 16
 * await kmeans.predict([[0, 0], [12, 3]]); // Int32Array [0, 1]
 * ```
 */
export class KMeans extends NearestCentre<KMeansParams, CentresState> {
  constructor(params: Partial<KMeansParams> = {}) {
    super({
      nClusters: 8,
      init: 'kMeans++',
      nInit: 'auto',
      maxIter: 300,
      tol: 1e-4,
      algorithm: 'lloyd',
      randomState: null,
      ...params,
    });
  }

  get rules(): Rules<KMeansParams> {
    return {
      nClusters: int(1, 0x7fff_ffff),
      init: initRule,
      nInit: nInitRule,
      maxIter: int(1, 0xffff_ffff),
      tol: real(0),
      algorithm: oneOf('lloyd', 'elkan'),
      randomState: seed,
    };
  }

  get stateRules(): Rules<CentresState> {
    return centresRules;
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, trainsOnGpu: true };
  }

  async #spec(input: FitInput | SparseFitInput): Promise<KMeansSpec> {
    const { maxIter, algorithm, randomState, tol } = this.params;
    return {
      ...centreStart(this, input, this.params, 10),
      maxIter,
      tol: await scaledTolerance(input, tol),
      elkan: algorithm === 'elkan',
      seed: resolveSeed(randomState),
    };
  }

  protected override async fitSparse(input: SparseFitInput): Promise<CentresState> {
    const { x, sampleWeight, cancel, device } = input;
    if (device !== 'cpu' && device !== 'auto') {
      const message = 'KMeans is fitted on sparse rows by the CPU; a GPU takes dense ones.';
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const spec = await this.#spec(input);
    const progress = reportProgress(input, this);
    return stateOf(await native.csrKMeans(...csrArguments(x), sampleWeight, spec, cancel, progress));
  }

  protected async fitState(input: FitInput): Promise<CentresState> {
    const { x, sampleWeight, cancel, device } = input;
    const spec = await this.#spec(input);
    const progress = reportProgress(input, this);
    const found = await trainWhere(
      device,
      () => costOf(x, spec),
      (target) => {
        const placed = { ...spec, device: target };
        return native.fitKMeans(x.data, x.rows, x.cols, sampleWeight, placed, cancel, progress);
      },
    );
    return stateOf(found);
  }
}

function stateOf({
  centres: clusterCenters,
  labels,
  inertia,
  iterations: nIter,
}: NativeKMeans): CentresState {
  return { labels, clusterCenters, inertia, nIter };
}

/** How many iterations a start takes, as a guess. */
const ITERATIONS = 20;
/** Of distances, by each thread. */
const CPU_FLOPS_PER_NS = 30;

function costOf({ rows, cols }: Matrix, { clusters, restarts }: CentreStart): TrainingCost {
  const passes = restarts * ITERATIONS;
  const flops = 3 * rows * cols * clusters * passes;
  return {
    cpuNs: flops / (CPU_FLOPS_PER_NS * native.info().threads),
    cuda: {
      uploadBytes: 4 * rows * cols,
      downloadBytes: 8 * rows * restarts,
      trafficBytes: 8 * rows * cols * passes,
      flops,
      kernels: 4 * passes,
      waits: passes,
    },
  };
}
