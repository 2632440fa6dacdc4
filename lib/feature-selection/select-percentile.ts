/** A share of the columns, those with the highest scores. */
import { type Rules, real, requireOptions } from '../core/params.js';
import { CHOICES } from './choices.js';
import type { FeatureScores } from './score-functions.js';
import { nameOf, scoring, type UnivariateParams, UnivariateSelector } from './univariate.js';

/** Parameters of {@link SelectPercentile}. */
export interface SelectPercentileParams extends UnivariateParams {
  /** How many columns of 100 stay, at least one. Default 10. */
  percentile: number;
}

/**
 * Keeps a share of the columns that tell most of the target, each alone: those above the percentile of the scores, and of those
 * at it the first, up to the share, as scikit-learn.
 *
 * Differs from scikit-learn: at least one column stays; sample weights are ignored in both.
 *
 * @example
 * ```ts
 * import { loadIris, SelectPercentile } from 'boreal';
 * const { data, target } = loadIris();
 * const selector = await new SelectPercentile({ percentile: 50 }).fit(data, target);
 * selector.getFeatureNamesOut(); // ['x2', 'x3']
 * ```
 */
export class SelectPercentile extends UnivariateSelector<SelectPercentileParams> {
  constructor(given: Partial<SelectPercentileParams> = {}) {
    requireOptions(given, 'params');
    const { scoreFunc = 'fClassif', ...params } = given;
    super({ percentile: 10, ...params, scoreFunc: nameOf(scoreFunc) });
  }

  get rules(): Rules<SelectPercentileParams> {
    return { scoreFunc: scoring, percentile: real(0, 100, 'min') };
  }

  protected select(scored: FeatureScores): Uint8Array {
    return CHOICES.percentile(this, scored, this.params.percentile);
  }
}
