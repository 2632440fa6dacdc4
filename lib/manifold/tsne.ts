/** t-SNE (van der Maaten and Hinton 2008; van der Maaten 2014, Accelerating t-SNE using tree-based algorithms). */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, type FitOptions, reportProgress, toShared } from '../core/fit-input.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { type NeighborMetric, SEARCH_DEFAULTS, searchSpec, searchTags } from '../core/neighbor-search.js';
import { either, float64s, int, oneOf, type Rules, real, resolveSeed, seed } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import type { Target } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
import { givenStart, principalStart, type StartRows, startRule } from './start.js';

/** Parameters of {@link TSNE}. */
export interface TSNEParams {
  /** Dimensions of the layout, at most 3 for 'barnesHut'. Default 2. */
  nComponents: number;
  /** About how many neighbours a row has, below the number of rows. Default 30. */
  perplexity: number;
  /** Affinities are multiplied by this in the first 250 iterations, >= 1. Default 12. */
  earlyExaggeration: number;
  /** Step of gradient descent, > 0; 'auto': rows / earlyExaggeration / 4, but at least 50. Default 'auto'. */
  learningRate: number | 'auto';
  /** The most iterations, those with exaggeration included. Default 1000. */
  maxIter: number;
  /** Ends when the divergence has not fallen for so many iterations; looked at every 50 iterations. Default 300. */
  nIterWithoutProgress: number;
  /** Ends when the norm of the gradient is at most this. Default 1e-7. */
  minGradNorm: number;
  /** Distance of rows, or 'precomputed': X is the square matrix of distances >= 0. Default 'euclidean'. */
  metric: Exclude<NeighborMetric, 'minkowski'>;
  /**
   * Principal components scaled to a deviation of 1e-4, normal numbers of that deviation, or rows to start from. Of 'precomputed'
   * distances there are no components. Default 'pca'.
   */
  init: 'pca' | 'random' | StartRows;
  /**
   * 'barnesHut': affinities to 3 * perplexity + 1 neighbours, and far rows taken together, in time rows * log(rows); 'exact': all
   * pairs. Default 'barnesHut'.
   */
  method: 'barnesHut' | 'exact';
  /** Of 'barnesHut': rows in a cell narrower than this times its distance count as one; 0 is exact. Default 0.5. */
  angle: number;
  /** Seed of the start; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link TSNE}. */
export interface TSNEState extends State {
  /** [rows, components] row-major. */
  readonly embedding: Float64Array;
  readonly components: number;
  readonly klDivergence: number;
  readonly nIter: number;
  readonly learningRate: number;
}

/**
 * t-distributed stochastic neighbour embedding: a layout of the training rows in two or three dimensions in which near rows are
 * near. Affinities of neighbours, each row's of the given perplexity, are matched by those of the layout under Student's
 * t-distribution; gradient descent makes their Kullback-Leibler divergence small. Distances between groups and sizes of groups mean
 * little. It says nothing about new rows: there is no `transform`; see {@link UMAP}.
 *
 * The same seed gives the same layout at any number of threads.
 *
 * Differs from scikit-learn: computes in float64, but for the far forces of 'barnesHut', whose rows share their lists of cells by
 * groups, each at least as fine as `angle` asks for; a start by principal components takes normal numbers where X has too few columns;
 * `maxIter` may be below 250.
 *
 * @example
 * ```ts
 * import { loadIris, TSNE } from 'boreal';
 * const { data } = loadIris();
 * const layout = await new TSNE({ randomState: 0, maxIter: 300 }).fitTransform(data);
 * [layout.rows, layout.cols]; // [150, 2]
 * ```
 */
export class TSNE extends Estimator<TSNEParams, TSNEState> {
  readonly kind = 'transformer' as const;

  constructor(params: Partial<TSNEParams> = {}) {
    super({
      nComponents: 2,
      perplexity: 30,
      earlyExaggeration: 12,
      learningRate: 'auto',
      maxIter: 1000,
      nIterWithoutProgress: 300,
      minGradNorm: 1e-7,
      metric: 'euclidean',
      init: 'pca',
      method: 'barnesHut',
      angle: 0.5,
      randomState: null,
      ...params,
    });
  }

  get rules(): Rules<TSNEParams> {
    return {
      nComponents: int(1, 1000),
      perplexity: real(0, Infinity, 'min'),
      earlyExaggeration: real(1),
      learningRate: either(real(0, Infinity, 'min'), oneOf('auto')),
      maxIter: int(1, 0x7fff_ffff),
      nIterWithoutProgress: int(0, 0x7fff_ffff),
      minGradNorm: real(0),
      metric: oneOf('euclidean', 'manhattan', 'chebyshev', 'cosine', 'precomputed'),
      init: startRule(...(this.params.metric === 'precomputed' ? [] : ['pca']), 'random'),
      method: oneOf('barnesHut', 'exact'),
      angle: real(0, 1),
      randomState: seed,
    };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<TSNEState> {
    return {
      embedding: float64s(),
      components: int(1, 1000),
      klDivergence: real(),
      nIter: int(0),
      learningRate: real(0, Infinity, 'min'),
    };
  }

  get outputs(): readonly Output[] {
    return [];
  }

  protected targetOf(_state: TSNEState): Target {
    return { kind: 'none' };
  }

  protected override checkState({ embedding, components }: TSNEState): void {
    if (embedding.length > 0 && embedding.length % components === 0 && embedding.every(Number.isFinite))
      return;
    throw new ValidationError('ERR_PARAMETER', "TSNE state: 'embedding' must hold finite rows.");
  }

  protected async fitState(input: FitInput): Promise<TSNEState> {
    const { x, cancel } = input;
    const { nComponents, perplexity, earlyExaggeration, maxIter, nIterWithoutProgress, minGradNorm } =
      this.params;
    const { metric, method, angle } = this.params;
    if (x.rows < 2)
      throw new ValidationError('ERR_EMPTY', 'TSNE needs at least two rows: one has no neighbours.');
    if (perplexity >= x.rows) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `TSNE: parameter 'perplexity' must be below the number of rows, ${x.rows}; got ${perplexity}.`,
      );
    }
    const exact = method === 'exact';
    if (!exact && nComponents > 3) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `TSNE: parameter 'nComponents' must be at most 3 for the method 'barnesHut'; got ${nComponents}.`,
      );
    }
    const learningRate =
      this.params.learningRate === 'auto'
        ? Math.max(x.rows / earlyExaggeration / 4, 50)
        : this.params.learningRate;
    const start = await this.#start(input);
    const neighbors = exact ? x.rows - 1 : Math.min(x.rows - 1, Math.floor(3 * perplexity + 1));
    const search = { ...searchSpec({ ...SEARCH_DEFAULTS, metric }), neighbors, perplexity };
    const graph = await native.tsneAffinities(x.data, x.rows, x.cols, search, cancel);
    const spec = {
      ...{ components: nComponents, exact, earlyExaggeration, learningRate, maxIter, nIterWithoutProgress },
      ...{ minGradNorm, angle },
    };
    const fitted = await native.fitTsne(graph, start, spec, cancel, reportProgress(input, this));
    const { embedding, klDivergence, iterations } = fitted;
    return { embedding, components: nComponents, klDivergence, nIter: iterations, learningRate };
  }

  async #start(input: FitInput): Promise<Float64Array> {
    const { init, nComponents, randomState } = this.params;
    const { rows } = input.x;
    if (typeof init !== 'string') return givenStart(this, init, rows, nComponents);
    const drawn = resolveSeed(randomState);
    if (init === 'random') {
      const random = new Random(drawn);
      return Float64Array.from({ length: rows * nComponents }, () => 1e-4 * random.normal());
    }
    const start = await principalStart(input, nComponents, drawn);
    let square = 0;
    for (let i = 0; i < rows; i++) square += start[i * nComponents] ** 2;
    const deviation = Math.sqrt(square / rows);
    return deviation > 0 ? start.map((value) => (value / deviation) * 1e-4) : start;
  }

  /** The layout of the training rows, [rows, nComponents]. @throws {ERR_NOT_FITTED} before `fit` */
  get embedding(): Matrix {
    const { embedding, components } = this.state;
    return new Matrix(embedding.slice(), embedding.length / components, components).astype(this.dtype);
  }

  /** The divergence of the layout at the last iteration. @throws {ERR_NOT_FITTED} before `fit` */
  get klDivergence(): number {
    return this.state.klDivergence;
  }

  /** Number of the last iteration, from 0. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.nIter;
  }

  /** The step that was used. @throws {ERR_NOT_FITTED} before `fit` */
  get learningRate(): number {
    return this.state.learningRate;
  }

  /** Fits, then returns the layout of the same rows. Arguments are those of `fit`; y is not read. */
  async fitTransform(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
    await this.fit(X, y, options);
    return this.embedding;
  }

  override get crossFits(): boolean {
    return true;
  }

  /** The layout, for pipelines that end in this. @internal */
  override async crossFitted(_input: FitInput): Promise<Matrix> {
    return toShared(this.embedding);
  }

  lower(_plan: PlanBuilder, _x: Slot, _options: ResolvedCompileOptions): Slot {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'TSNE lays out the rows it is fitted on and says nothing about others; use fitTransform or embedding, or UMAP.',
    );
  }
}
