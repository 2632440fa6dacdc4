/** The columns with the highest scores. */
import { either, int, oneOf, type Rules, requireOptions } from '../core/params.js';
import { CHOICES } from './choices.js';
import type { FeatureScores } from './score-functions.js';
import { nameOf, scoring, type UnivariateParams, UnivariateSelector } from './univariate.js';

/** Parameters of {@link SelectKBest}. */
export interface SelectKBestParams extends UnivariateParams {
  /** How many columns stay; all of them where there are fewer. Default 10. */
  k: number | 'all';
}

/**
 * Keeps the k columns that tell most of the target, each alone; of equal scores the last, as scikit-learn.
 *
 * Differs from scikit-learn: no warning where there are fewer columns than `k`; sample weights are ignored in both; a selector with a score
 * function of your own cannot be saved.
 *
 * @example
 * ```ts
 * import { fClassif, loadIris, SelectKBest } from 'boreal';
 * const { data, target } = loadIris();
 * const selector = await new SelectKBest({ scoreFunc: fClassif, k: 2 }).fit(data, target);
 * selector.selected; // [2, 3]
 * ```
 */
export class SelectKBest extends UnivariateSelector<SelectKBestParams> {
  constructor(given: Partial<SelectKBestParams> = {}) {
    requireOptions(given, 'params');
    const { scoreFunc = 'fClassif', ...params } = given;
    super({ k: 10, ...params, scoreFunc: nameOf(scoreFunc) });
  }

  get rules(): Rules<SelectKBestParams> {
    return { scoreFunc: scoring, k: either(int(1), oneOf('all')) };
  }

  protected select(scored: FeatureScores): Uint8Array {
    return CHOICES.kBest(this, scored, this.params.k);
  }
}
