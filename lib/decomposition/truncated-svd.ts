/** The first singular vectors, without centring. */

import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { lanczosAxes } from '../core/lanczos.js';
import { Matrix } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
import { float64s, int, oneOf, type Rules, real, resolveSeed, seed } from '../core/params.js';
import {
  type Axes,
  axesOfGram,
  denseOperator,
  exactAxes,
  firstAxes,
  type Operator,
  prefersGram,
  type Randomised,
  randomisedAxes,
  sparseOperator,
} from '../core/principal-axes.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { type CancelHandle, type ColumnMoments, native } from '../native.js';
import { checkComponents, Projection, type ProjectionState } from './projection.js';

/** Parameters of {@link TruncatedSVD}. */
export interface TruncatedSVDParams {
  /** How many components. Default 2. */
  nComponents: number;
  /**
   * 'randomized': the first components only, exactly by the Gram matrix where that is less work and keeps their digits; 'arpack': less than
   * the smaller of rows and columns, to full accuracy by products with the rows alone (the method of Lanczos); 'exact': all of them, of which
   * the first are kept. Default 'randomized'.
   */
  algorithm: 'randomized' | 'arpack' | 'exact';
  /** How far from exact components of 'arpack' may be, beside the largest singular value, >= 0; 0: rounding. Default 0. */
  tol: number;
  /** Power iterations of 'randomized'. Default 5. */
  nIter: number;
  /** Further random directions of 'randomized'. Default 10. */
  nOversamples: number;
  /** Seed of 'randomized', and of where 'arpack' starts; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/**
 * Projects rows onto the first right singular vectors of X, which is not centred: zeros count as zeros, as in latent semantic
 * analysis of counts (Deerwester et al. 1990). Learned in float64.
 *
 * Sparse rows are read as they are by 'randomized' and 'arpack', in products with them and with their transpose.
 *
 * Differs from scikit-learn: 'exact' is one more algorithm, which makes sparse rows dense; sample weights are ignored in both.
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
      tol: 0,
      randomState: null,
      ...params,
    });
  }

  /** @internal */
  override get learnsVariance(): boolean {
    return true;
  }

  get rules(): Rules<TruncatedSVDParams> {
    return {
      nComponents: int(1),
      algorithm: oneOf('randomized', 'arpack', 'exact'),
      tol: real(0),
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
    const moments = await momentsOf(x, cancel);
    const { mean, variance } = moments;
    const { algorithm } = this.params;
    if (algorithm === 'randomized' && prefersGram(x, this.#how())) {
      const scatter = await native.scatterMatrix(x.data, x.rows, x.cols, mean, cancel);
      const learned = await this.#fromScatter(new Matrix(scatter, x.cols, x.cols), x.rows, moments, signal);
      if (learned !== null) return learned;
    }
    const values = await x.astypeAsync('float64', { signal });
    const product = denseOperator(values, signal);
    const found = await (algorithm === 'exact' ? exactAxes(values, signal) : this.#iterated(product, signal));
    return this.#learned(product, variance, found, cancel);
  }

  protected override async fitSparse({ x, cancel, signal }: SparseFitInput): Promise<ProjectionState> {
    this.#checkComponents(x);
    const { variance } = await native.csrMoments(...csrArguments(x), null, cancel);
    const product = await sparseOperator(x, signal);
    const exact = this.params.algorithm === 'exact';
    const found = exact
      ? await exactAxes(x.toDense('float64') as Matrix<Float64Array>, signal)
      : await this.#iterated(product, signal);
    return this.#learned(product, variance, found, cancel);
  }

  #checkComponents({ rows, cols }: { readonly rows: number; readonly cols: number }): void {
    const { algorithm, nComponents } = this.params;
    const most = Math.min(rows, cols);
    if (algorithm === 'arpack')
      checkComponents(this, nComponents, most - 1, "'arpack', which finds less than all,");
    else checkComponents(this, nComponents, most, `X of shape [${rows}, ${cols}]`);
  }

  #how(): Randomised {
    const { nComponents, nIter, nOversamples, randomState } = this.params;
    return {
      components: nComponents,
      oversamples: nOversamples,
      iterations: nIter,
      seed: resolveSeed(randomState),
    };
  }

  #iterated(x: Operator, signal: AbortSignal | undefined): Promise<Axes> {
    const { algorithm, tol } = this.params;
    const how = this.#how();
    return algorithm === 'arpack' ? lanczosAxes(x, { ...how, tol }, signal) : randomisedAxes(x, how, signal);
  }

  /** From the scatter of the rows about their means; null when that has lost the digits of an axis. */
  async #fromScatter(
    scatter: Matrix<Float64Array>,
    rows: number,
    { mean, variance }: ColumnMoments,
    signal: AbortSignal | undefined,
  ): Promise<ProjectionState | null> {
    const centre = new Matrix(mean, 1, mean.length);
    const gram = centre.matmul(centre, { transposeA: true }).mul(rows).add(scatter);
    const found = firstAxes(await axesOfGram(gram, rows, signal), this.params.nComponents);
    if (found === null) return null;
    const along = found.axes.matmul(scatter).mul(found.axes).sum(1);
    return this.#state(
      found,
      variance,
      along.data.map((v) => v / rows),
    );
  }

  async #learned(
    x: Operator,
    variance: Float64Array,
    found: Axes,
    cancel: CancelHandle | null,
  ): Promise<ProjectionState> {
    const axes = found.axes.slice(0, this.params.nComponents);
    const coordinates = await x.times(axes.transpose());
    const along = await native.columnMoments(coordinates.data, x.rows, axes.rows, null, cancel);
    return this.#state(found, variance, along.variance);
  }

  #state({ values, axes }: Axes, variance: Float64Array, along: Float64Array): ProjectionState {
    const { nComponents } = this.params;
    const total = variance.reduce((sum, v) => sum + v, 0);
    return {
      components: Float64Array.from(axes.slice(0, nComponents).data),
      explainedVariance: along,
      explainedVarianceRatio: along.map((v) => (total > 0 ? v / total : 0)),
      singularValues: values.slice(0, nComponents),
    };
  }

  protected get centre(): null {
    return null;
  }

  protected get axisScale(): null {
    return null;
  }
}
