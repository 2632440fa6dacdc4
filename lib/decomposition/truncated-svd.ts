/** The first singular vectors, without centring. */

import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
import { float64s, int, oneOf, type Rules, resolveSeed, seed } from '../core/params.js';
import {
  type Axes,
  denseOperator,
  exactAxes,
  type Operator,
  randomisedAxes,
  sparseOperator,
} from '../core/principal-axes.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { type CancelHandle, native } from '../native.js';
import { checkComponents, Projection, type ProjectionState } from './projection.js';

/** Parameters of {@link TruncatedSVD}. */
export interface TruncatedSVDParams {
  /** How many components. Default 2. */
  nComponents: number;
  /** 'randomized': the first components only; 'exact': all of them, of which the first are kept. Default 'randomized'. */
  algorithm: 'randomized' | 'exact';
  /** Power iterations of 'randomized'. Default 5. */
  nIter: number;
  /** Further random directions of 'randomized'. Default 10. */
  nOversamples: number;
  /** Seed of 'randomized'; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/**
 * Projects rows onto the first right singular vectors of X, which is not centred: zeros count as zeros, as in latent semantic
 * analysis of counts (Deerwester et al. 1990). Learned in float64.
 *
 * Sparse rows are read as they are by 'randomized', in products with them and with their transpose.
 *
 * Differs from scikit-learn: 'exact' stands for 'arpack', and makes sparse rows dense; sample weights are ignored in both.
 *
 * @example
 * ```ts
 * import { TruncatedSVD } from 'boreal';
 * const svd = new TruncatedSVD({ nComponents: 1, algorithm: 'exact' });
 * const rows = await svd.fitTransform([[3, 4], [6, 8]]);
 * rows.toArray().map(([length]) => Math.round(length)); // [5, 10]
 * ```
 */
export class TruncatedSVD extends Projection<TruncatedSVDParams, ProjectionState> {
  constructor(params: Partial<TruncatedSVDParams> = {}) {
    super({
      nComponents: 2,
      algorithm: 'randomized',
      nIter: 5,
      nOversamples: 10,
      randomState: null,
      ...params,
    });
  }

  get rules(): Rules<TruncatedSVDParams> {
    return {
      nComponents: int(1),
      algorithm: oneOf('randomized', 'exact'),
      nIter: int(0),
      nOversamples: int(1),
      randomState: seed,
    };
  }

  get stateRules(): Rules<ProjectionState> {
    const numbers = float64s();
    return {
      ...{ components: numbers, explainedVariance: numbers, explainedVarianceRatio: numbers },
      singularValues: numbers,
    };
  }

  protected async fitState({ x, cancel, signal }: FitInput): Promise<ProjectionState> {
    this.#checkComponents(x);
    const { variance } = await momentsOf(x, cancel);
    const values = await x.astypeAsync('float64', { signal });
    const product = denseOperator(values, signal);
    const exact = this.params.algorithm === 'exact';
    const found = await (exact ? exactAxes(values, signal) : this.#randomised(product, signal));
    return this.#learned(product, variance, found, cancel);
  }

  protected override async fitSparse({ x, cancel, signal }: SparseFitInput): Promise<ProjectionState> {
    this.#checkComponents(x);
    const { variance } = await native.csrMoments(...csrArguments(x), null, cancel);
    const product = await sparseOperator(x, signal);
    const exact = this.params.algorithm === 'exact';
    const found = exact
      ? await exactAxes(x.toDense('float64') as Matrix<Float64Array>, signal)
      : await this.#randomised(product, signal);
    return this.#learned(product, variance, found, cancel);
  }

  #checkComponents({ rows, cols }: { readonly rows: number; readonly cols: number }): void {
    checkComponents(this, this.params.nComponents, Math.min(rows, cols), `X of shape [${rows}, ${cols}]`);
  }

  #randomised(x: Operator, signal: AbortSignal | undefined): Promise<Axes> {
    const { nComponents, nIter, nOversamples, randomState } = this.params;
    const how = {
      components: nComponents,
      oversamples: nOversamples,
      iterations: nIter,
      seed: resolveSeed(randomState),
    };
    return randomisedAxes(x, how, signal);
  }

  async #learned(
    x: Operator,
    variance: Float64Array,
    found: Axes,
    cancel: CancelHandle | null,
  ): Promise<ProjectionState> {
    const { nComponents } = this.params;
    const total = variance.reduce((sum, v) => sum + v, 0);
    const axes = found.axes.slice(0, nComponents);
    const coordinates = await x.times(axes.transpose());
    const along = await native.columnMoments(coordinates.data, x.rows, nComponents, null, cancel);
    return {
      components: Float64Array.from(axes.data),
      explainedVariance: along.variance,
      explainedVarianceRatio: along.variance.map((v) => (total > 0 ? v / total : 0)),
      singularValues: found.values.slice(0, nComponents),
    };
  }

  protected get centre(): null {
    return null;
  }

  protected get axisScale(): null {
    return null;
  }
}
