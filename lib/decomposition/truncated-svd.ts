/** The first singular vectors, without centring. */

import type { FitInput } from '../core/fit-input.js';
import { momentsOf } from '../core/moments.js';
import { float64s, int, oneOf, type Rules, resolveSeed, seed } from '../core/params.js';
import { exactAxes, randomisedAxes } from '../core/principal-axes.js';
import { native } from '../native.js';
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
 * Differs from scikit-learn: 'exact' stands for 'arpack'; sample weights are ignored in both.
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
    const { nComponents, algorithm, nIter, nOversamples, randomState } = this.params;
    checkComponents(this, nComponents, Math.min(x.rows, x.cols), `X of shape [${x.rows}, ${x.cols}]`);
    const { variance } = await momentsOf(x, cancel);
    const total = variance.reduce((sum, v) => sum + v, 0);
    const values = await x.astypeAsync('float64', { signal });
    const how = {
      components: nComponents,
      oversamples: nOversamples,
      iterations: nIter,
      seed: resolveSeed(randomState),
    };
    const found = await (algorithm === 'exact'
      ? exactAxes(values, signal)
      : randomisedAxes(values, how, signal));
    const axes = found.axes.slice(0, nComponents);
    const coordinates = await values.matmulAsync(axes, { transposeB: true, signal });
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
