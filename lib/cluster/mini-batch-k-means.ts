/** K-means by mini-batches: for data that is large, or comes in parts. */
import { type FitInput, type FitOptions, reportProgress, type SparseFitInput } from '../core/fit-input.js';
import type { MatrixLike } from '../core/matrix.js';
import {
  checkLength,
  either,
  float64s,
  int,
  nothing,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { Column } from '../core/schema.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import type { MiniBatchProgress } from '../native/cluster.js';
import { type CancelHandle, type MiniBatchSpec, type NativeMiniBatch, native } from '../native.js';
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

/** Parameters of {@link MiniBatchKMeans}. */
export interface MiniBatchKMeansParams {
  /** How many clusters. Default 8. */
  nClusters: number;
  /** Where centres start, see {@link KMeans}. Default 'kMeans++'. */
  init: CentreInit;
  /** Passes over the rows, at most. Default 100. */
  maxIter: number;
  /** Rows of a batch. Default 1024. */
  batchSize: number;
  /** The squared shift of the centres that ends a fit, in mean variances of the columns; 0: none does. Default 0. */
  tol: number;
  /** Batches without a better running mean of the inertia that end a fit; null: none do. Default 10. */
  maxNoImprovement: number | null;
  /** Rows that the starts see; null: three batches, or three times nClusters if that is more. Default null. */
  initSize: number | null;
  /** Starts, of which the best on some rows is taken; 'auto': 3 for 'random', else 1. Default 'auto'. */
  nInit: 'auto' | number;
  /** A cluster that has seen less than this share of what the largest has begins anew, now and then. Default 0.01. */
  reassignmentRatio: number;
  /** Seed of all draws; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link MiniBatchKMeans}. */
export interface MiniBatchKMeansState extends CentresState {
  /** Weight of the rows that each cluster has seen, [clusters]. */
  readonly counts: Float64Array;
  readonly sinceReassignment: number;
  /** Streams of random numbers used up. */
  readonly draws: number;
  readonly nSteps: number;
  readonly seed: number;
}

/**
 * K-means that looks at a batch of rows at a time: a centre is the running mean of the rows it was given (Sculley 2010). Much less
 * work than {@link KMeans} on many rows, for a slightly larger inertia. {@link MiniBatchKMeans.partialFit} learns from data that
 * comes in parts.
 *
 * Sparse rows are read as they are, their batches too.
 *
 * Differs from scikit-learn: random streams of our own; `computeLabels` and `verbose` do not exist.
 *
 * @example
 * ```ts
 * import { makeBlobs, MiniBatchKMeans } from 'boreal';
 * const { X } = makeBlobs({ nSamples: 500, centers: 3, randomState: 4 });
 * const model = await new MiniBatchKMeans({ nClusters: 3, batchSize: 100, randomState: 1 }).fit(X);
 * model.labels.length; // 500
 * ```
 */
export class MiniBatchKMeans extends NearestCentre<MiniBatchKMeansParams, MiniBatchKMeansState> {
  constructor(params: Partial<MiniBatchKMeansParams> = {}) {
    super({
      nClusters: 8,
      init: 'kMeans++',
      maxIter: 100,
      batchSize: 1024,
      tol: 0,
      maxNoImprovement: 10,
      initSize: null,
      nInit: 'auto',
      reassignmentRatio: 0.01,
      randomState: null,
      ...params,
    });
  }

  get rules(): Rules<MiniBatchKMeansParams> {
    const count = int(1, 0x7fff_ffff);
    return {
      nClusters: count,
      init: initRule,
      maxIter: count,
      batchSize: count,
      tol: real(0),
      maxNoImprovement: either(int(1, 0x7fff_ffff), nothing),
      initSize: either(count, nothing),
      nInit: nInitRule,
      reassignmentRatio: real(0),
      randomState: seed,
    };
  }

  get stateRules(): Rules<MiniBatchKMeansState> {
    return {
      ...centresRules,
      counts: float64s(),
      sinceReassignment: real(0),
      draws: int(0, 0xffff_ffff),
      nSteps: int(0),
      seed: int(0, 0xffff_ffff),
    };
  }

  protected override checkState(state: MiniBatchKMeansState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'counts', state.counts, state.clusterCenters.length / columns.length);
  }

  protected async fitState(input: FitInput): Promise<MiniBatchKMeansState> {
    const { x, sampleWeight, cancel } = input;
    const spec = await this.#spec(input, resolveSeed(this.params.randomState));
    const progress = reportProgress(input, this);
    return stateOf(
      await native.fitMiniBatchKMeans(x.data, x.rows, x.cols, sampleWeight, spec, cancel, progress),
      spec.seed,
    );
  }

  protected override async fitSparse(input: SparseFitInput): Promise<MiniBatchKMeansState> {
    const { x, sampleWeight, cancel } = input;
    const spec = await this.#spec(input, resolveSeed(this.params.randomState));
    const progress = reportProgress(input, this);
    return stateOf(
      await native.csrMiniBatchKMeans(...csrArguments(x), sampleWeight, spec, cancel, progress),
      spec.seed,
    );
  }

  /**
   * Moves the centres by one batch: all rows of X. The first call, or the last `fit`, makes the centres. `labels` and `inertia`
   * are those of the batch.
   *
   * @param X - [rows, columns]; the first call needs at least nClusters rows
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   * @example
   * ```ts
   * import { MiniBatchKMeans } from 'boreal';
   * const model = new MiniBatchKMeans({ nClusters: 2, init: [[0], [10]], reassignmentRatio: 0 });
   * await model.partialFit([[0], [2], [8]]);
   * await model.partialFit([[4], [12]]);
   * model.clusterCenters.toArray(); // [[2], [10]]
   * ```
   */
  partialFit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
    return this.fitPart(
      X,
      y,
      options,
      (input, before) =>
        this.#step(input, before, (...rest) => {
          const { data, rows, cols } = input.x;
          return native.stepMiniBatchKMeans(data, rows, cols, ...rest);
        }),
      (input, before) =>
        this.#step(input, before, (...rest) => native.csrMiniBatchStep(...csrArguments(input.x), ...rest)),
    );
  }

  async #step(
    input: FitInput | SparseFitInput,
    before: MiniBatchKMeansState | null,
    move: (...args: StepArguments) => Promise<NativeMiniBatch>,
  ): Promise<MiniBatchKMeansState> {
    const { x, sampleWeight, cancel } = input;
    const seed = before?.seed ?? resolveSeed(this.params.randomState);
    const spec = before ? this.#goOn(before, x.cols, seed) : await this.#spec(input, seed);
    const progress = before && { ...before, centres: before.clusterCenters };
    const state = stateOf(await move(sampleWeight, spec, progress, cancel), seed);
    return { ...state, nSteps: (before?.nSteps ?? 0) + 1, nIter: before?.nIter ?? 1 };
  }

  /** Weight of the rows that each cluster has seen. @throws {ERR_NOT_FITTED} before `fit` */
  get counts(): Float64Array {
    return this.state.counts.slice();
  }

  /** Batches that were learned from. @throws {ERR_NOT_FITTED} before `fit` */
  get nSteps(): number {
    return this.state.nSteps;
  }

  async #spec(input: FitInput | SparseFitInput, seed: number): Promise<MiniBatchSpec> {
    const start = centreStart(this, input, this.params, 3);
    return { ...start, ...this.#options(), tol: await scaledTolerance(input, this.params.tol), seed };
  }

  /** The start is made, and tolerances play no part in a single step. */
  #goOn(before: MiniBatchKMeansState, cols: number, seed: number): MiniBatchSpec {
    const clusters = before.clusterCenters.length / cols;
    const start = { clusters, init: 'random', centres: null, restarts: 1 } as const;
    return { ...start, ...this.#options(), tol: 0, seed };
  }

  #options() {
    const { batchSize, initSize, nClusters, maxIter, maxNoImprovement, reassignmentRatio } = this.params;
    const automatic = 3 * batchSize < nClusters ? 3 * nClusters : 3 * batchSize;
    return {
      initSize: Math.min(Math.max(initSize ?? automatic, nClusters), 0xffff_ffff),
      batchSize,
      maxIter,
      maxNoImprovement: maxNoImprovement ?? 0,
      reassignmentRatio,
    };
  }
}

/** What a step gets beside the rows. */
type StepArguments = [
  weights: Float64Array | null,
  spec: MiniBatchSpec,
  state: MiniBatchProgress | null,
  cancel: CancelHandle | null,
];

function stateOf(found: NativeMiniBatch, seed: number): MiniBatchKMeansState {
  const { centres: clusterCenters, iterations: nIter, steps: nSteps, ...rest } = found;
  return { ...rest, clusterCenters, nIter, nSteps, seed };
}
