/** UMAP (McInnes, Healy and Melville 2018, UMAP: uniform manifold approximation and projection for dimension reduction). */

import type { State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, reportProgress, requireY, toShared } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { type FloatArray, Matrix } from '../core/matrix.js';
import {
  checkPoints,
  floats,
  type NeighborMetric,
  SEARCH_DEFAULTS,
  searchSpec,
  searchTags,
  storedRows,
} from '../core/neighbor-search.js';
import {
  checkLength,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { fitCurve } from './curve.js';
import { givenStart, principalStart, type StartRows, startRule } from './start.js';

/** Parameters of {@link UMAP}. */
export interface UMAPParams {
  /** Rows that a row is near to, itself included, >= 2: few for what is local, many for the whole. Default 15. */
  nNeighbors: number;
  /** Dimensions of the layout. Default 2. */
  nComponents: number;
  /** Distance of rows, or 'precomputed': X holds distances >= 0 to the training rows. Default 'euclidean'. */
  metric: Exclude<NeighborMetric, 'minkowski'>;
  /** Epochs of the layout; null: 500 for at most 10,000 rows, else 200. Default null. */
  nEpochs: number | null;
  /** Step of the first epoch, > 0. Default 1. */
  learningRate: number;
  /**
   * The first eigenvectors of the graph's Laplacian, uniform numbers in [-10, 10), principal components, or rows to start from.
   * Default 'spectral'.
   */
  init: 'spectral' | 'random' | 'pca' | StartRows;
  /** How close points of the layout may be, from 0 to `spread`. Default 0.1. */
  minDist: number;
  /** Scale of the layout, > 0. Default 1. */
  spread: number;
  /** 1: the union of what two rows say of each other, 0: the intersection. Default 1. */
  setOpMixRatio: number;
  /** Nearest neighbours that are taken to be as near as can be, > 0; may be a fraction. Default 1. */
  localConnectivity: number;
  /** Weight of pushes between points, >= 0. Default 1. */
  repulsionStrength: number;
  /** Pushes for each pull, at most 1000. Default 5. */
  negativeSampleRate: number;
  /** Similarity of points at distance d is 1 / (1 + a d^(2b)); null: by `minDist` and `spread`. Give both or none. Default null. */
  a: number | null;
  /** See `a`. Default null. */
  b: number | null;
  /** 'categorical': y holds labels, null, NaN or -1 where unknown, and rows of one label come together. Default null: y is not read. */
  targetMetric: 'categorical' | null;
  /** What labels count: 0 only as much as they must, 1 all. Default 0.5. */
  targetWeight: number;
  /** Seed of the start and the layout; null: a new one on every fit. Default null. */
  randomState: number | null;
  /** Seed of `transform`. Default 42. */
  transformSeed: number;
}

/** Learned by {@link UMAP}. */
export interface UMAPState extends State {
  /** The training rows, [rows, columns] row-major. */
  readonly points: FloatArray;
  /** [rows, components] row-major. */
  readonly embedding: Float64Array;
  readonly components: number;
  readonly neighbors: number;
  readonly a: number;
  readonly b: number;
  /** Of the training rows to their neighbours. */
  readonly meanDistance: number;
}

/**
 * Uniform manifold approximation and projection: a layout in few dimensions that keeps the neighbours of rows, and more of the whole
 * than t-SNE. Each row belongs to its neighbours by a membership that falls with the distance beyond the nearest one; stochastic
 * gradient descent lays the fuzzy graph out, pulling along its edges and pushing random pairs apart. `fitTransform` gives the layout
 * itself; `transform` places new rows among the training rows, which stay.
 *
 * The same seed gives the same layout at any number of threads.
 *
 * Differs from umap-learn: neighbours are exact at any size; rows move in eight rounds an epoch, each against where the others were
 * before it, so that threads do not race; `transform` depends on the row alone (100 epochs where `nEpochs` is null; training rows are
 * placed anew); parts of the graph that are not connected start on the axes, or anywhere when they are many; y is read for
 * `targetMetric: 'categorical'` only; no densMAP, no `inverseTransform`, no output metrics.
 *
 * @example
 * ```ts
 * import { loadIris, UMAP } from 'boreal';
 * const { data } = loadIris();
 * const umap = new UMAP({ randomState: 0, nEpochs: 50 });
 * const layout = await umap.fitTransform(data);
 * [layout.rows, layout.cols]; // [150, 2]
 * (await umap.transform([[5, 3.4, 1.5, 0.2]])).rows; // 1
 * ```
 */
export class UMAP extends Transformer<UMAPParams, UMAPState> {
  constructor(params: Partial<UMAPParams> = {}) {
    super({
      nNeighbors: 15,
      nComponents: 2,
      metric: 'euclidean',
      nEpochs: null,
      learningRate: 1,
      init: 'spectral',
      minDist: 0.1,
      spread: 1,
      setOpMixRatio: 1,
      localConnectivity: 1,
      repulsionStrength: 1,
      negativeSampleRate: 5,
      a: null,
      b: null,
      targetMetric: null,
      targetWeight: 0.5,
      randomState: null,
      transformSeed: 42,
      ...params,
    });
  }

  get rules(): Rules<UMAPParams> {
    const positive = real(0, Infinity, 'min');
    return {
      nNeighbors: int(2, 0x7fff_ffff),
      nComponents: int(1, 1000),
      metric: oneOf('euclidean', 'manhattan', 'chebyshev', 'cosine', 'precomputed'),
      nEpochs: either(int(1, 100_000), nothing),
      learningRate: positive,
      init: startRule('spectral', 'random', ...(this.params.metric === 'precomputed' ? [] : ['pca'])),
      minDist: real(0),
      spread: positive,
      setOpMixRatio: real(0, 1),
      localConnectivity: positive,
      repulsionStrength: real(0),
      negativeSampleRate: int(0, 1000),
      a: either(positive, nothing),
      b: either(positive, nothing),
      targetMetric: either(oneOf('categorical'), nothing),
      targetWeight: real(0, 1),
      randomState: seed,
      transformSeed: int(0, 0xffff_ffff),
    };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<UMAPState> {
    const positive = real(0, Infinity, 'min');
    return {
      points: floats,
      embedding: float64s(),
      components: int(1, 1000),
      neighbors: int(2, 0x7fff_ffff),
      a: positive,
      b: positive,
      meanDistance: real(0),
    };
  }

  protected override checkState(state: UMAPState, columns: readonly Column[]): void {
    const rows = checkPoints(this, state.points, columns);
    checkLength(this, 'embedding', state.embedding, rows * state.components);
    if (state.neighbors <= rows && state.embedding.every(Number.isFinite)) return;
    throw new ValidationError('ERR_PARAMETER', 'UMAP state: embedding and neighbors do not fit the rows.');
  }

  protected async fitState(input: FitInput): Promise<UMAPState> {
    const { x, cancel } = input;
    const { params } = this;
    if (x.rows < 3) throw new ValidationError('ERR_EMPTY', 'UMAP needs at least three rows.');
    const components = params.nComponents;
    const neighbors = Math.min(params.nNeighbors, x.rows - 1);
    const { a, b } = this.#curve();
    const drawn = resolveSeed(params.randomState);
    const start = await this.#start(input, drawn);
    const { targetWeight } = params;
    const set = await native.fuzzySet(
      x.data,
      x.rows,
      x.cols,
      params.targetMetric === null ? null : knownCodes(input),
      {
        ...this.#search(params),
        neighbors,
        localConnectivity: params.localConnectivity,
        setOpMixRatio: params.setOpMixRatio,
        far: targetWeight < 1 ? 2.5 / (1 - targetWeight) : 1e12,
      },
      cancel,
    );
    if (!Number.isFinite(set.meanDistance)) {
      const message = 'UMAP: distances between rows are too large or too small for squares of them; scale X.';
      throw new ValidationError('ERR_INPUT_INFINITE', message);
    }
    const layout = {
      ...{ components, a, b, seed: drawn, learningRate: params.learningRate },
      epochs: params.nEpochs ?? (x.rows <= 10_000 ? 500 : 200),
      repulsionStrength: params.repulsionStrength,
      negativeSampleRate: params.negativeSampleRate,
    };
    const embedding = await native.fitUmap(set, start, layout, cancel, reportProgress(input, this));
    const { meanDistance } = set;
    return { points: storedRows(x), embedding, components, neighbors, a, b, meanDistance };
  }

  #search({ metric }: Pick<UMAPParams, 'metric'>) {
    return searchSpec({ ...SEARCH_DEFAULTS, metric });
  }

  #curve(): { readonly a: number; readonly b: number } {
    const { a, b, spread, minDist } = this.params;
    if (a !== null && b !== null) return { a, b };
    if (a !== null || b !== null)
      throw new ValidationError('ERR_PARAMETER', "UMAP: give both parameters 'a' and 'b', or none.");
    if (minDist <= spread) return fitCurve(spread, minDist);
    throw new ValidationError(
      'ERR_PARAMETER',
      `UMAP: parameter 'minDist' must be at most spread, ${spread}; got ${minDist}.`,
    );
  }

  /** null for the spectral start, which needs the graph. */
  async #start(input: FitInput, drawn: number): Promise<Float64Array | null> {
    const { init, nComponents } = this.params;
    const { rows } = input.x;
    if (init === 'spectral') return null;
    if (typeof init !== 'string') return givenStart(this, init, rows, nComponents);
    const random = new Random(drawn);
    if (init === 'random')
      return Float64Array.from({ length: rows * nComponents }, () => 20 * random.next() - 10);
    const start = await principalStart(input, nComponents, drawn);
    const most = start.reduce((sofar, value) => Math.max(sofar, Math.abs(value)), 0);
    // A little noise parts rows that are alike.
    return start.map((value) => (most > 0 ? (value / most) * 10 : 0) + 1e-4 * random.normal());
  }

  /** The layout of the training rows, [rows, nComponents]. @throws {ERR_NOT_FITTED} before `fit` */
  get embedding(): Matrix {
    const { embedding, components } = this.state;
    return new Matrix(embedding.slice(), embedding.length / components, components).astype(this.dtype);
  }

  /** The similarity of points at distance d is 1 / (1 + a d^(2b)). @throws {ERR_NOT_FITTED} before `fit` */
  get curve(): { readonly a: number; readonly b: number } {
    const { a, b } = this.state;
    return { a, b };
  }

  override get crossFits(): boolean {
    return true;
  }

  /** The layout itself, which is not quite what `transform` makes of the same rows. */
  override async crossFitted(_input: FitInput): Promise<Matrix> {
    return toShared(this.embedding);
  }

  outputColumns(): readonly Column[] {
    return Array.from({ length: this.state.components }, (_, k) => ({ name: `umap${k}`, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { points, embedding, components, neighbors, a, b, meanDistance } = this.state;
    const { repulsionStrength, negativeSampleRate, nEpochs, learningRate } = this.fittedParams;
    const { localConnectivity, transformSeed } = this.fittedParams;
    const epochs = nEpochs === null ? 100 : Math.max(1, Math.floor(nEpochs / 3));
    const forces = [a, b, repulsionStrength, negativeSampleRate];
    const numbers = [...forces, epochs, learningRate / 4, localConnectivity, meanDistance, transformSeed];
    const search = this.#search(this.fittedParams);
    const vote = { kind: 'place', embedding, dimensions: components, numbers } as const;
    return plan.neighbors(x, { search, points, neighbors, vote });
  }
}

/** Labels as codes, -1 where unknown. */
function knownCodes(input: FitInput): Int32Array {
  const y = requireY(input);
  if (y.length !== input.x.rows) {
    throw new ValidationError('ERR_SHAPE', `UMAP: X has ${input.x.rows} rows, but y has ${y.length} labels.`);
  }
  const codes = new Map<unknown, number>();
  return Int32Array.from({ length: y.length }, (_, i) => {
    const label = y[i];
    if (label === null || label === undefined || label === -1 || Number.isNaN(label)) return -1;
    const code = codes.get(label) ?? codes.size;
    codes.set(label, code);
    return code;
  });
}
