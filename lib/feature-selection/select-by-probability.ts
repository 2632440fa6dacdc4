/** The columns whose scores hardly come about by chance. */
import { type Rules, real, requireOptions } from '../core/params.js';
import { CHOICES } from './choices.js';
import type { FeatureScores } from './score-functions.js';
import { nameOf, scoring, type UnivariateParams, UnivariateSelector } from './univariate.js';

/** Parameters of {@link SelectFpr}, {@link SelectFdr} and {@link SelectFwe}. */
export interface SelectByProbabilityParams extends UnivariateParams {
  /** The probability that is allowed, in [0, 1]. Default 0.05. */
  alpha: number;
}

abstract class SelectByProbability extends UnivariateSelector<SelectByProbabilityParams> {
  constructor(given: Partial<SelectByProbabilityParams> = {}) {
    requireOptions(given, 'params');
    const { scoreFunc = 'fClassif', ...params } = given;
    super({ alpha: 0.05, ...params, scoreFunc: nameOf(scoreFunc) });
  }

  get rules(): Rules<SelectByProbabilityParams> {
    return { scoreFunc: scoring, alpha: real(0, 1) };
  }
}

/**
 * Keeps the columns whose p value is below alpha: of columns that tell nothing, a share of alpha stays by chance.
 *
 * Differs from scikit-learn: where no column stays, `fit` throws; sample weights are ignored in both.
 *
 * @example
 * ```ts
 * import { loadIris, SelectFpr } from 'boreal';
 * const { data, target } = loadIris();
 * (await new SelectFpr({ alpha: 0.01 }).fit(data, target)).selected; // [0, 1, 2, 3]
 * ```
 */
export class SelectFpr extends SelectByProbability {
  protected select(scored: FeatureScores): Uint8Array {
    return CHOICES.fpr(this, scored, this.params.alpha);
  }
}

/**
 * Keeps columns such that a share of alpha of those that stay is expected to be there by chance: the false discovery rate, by
 * Benjamini and Hochberg (1995, "Controlling the false discovery rate").
 *
 * Differs from scikit-learn as {@link SelectFpr} does.
 *
 * @example
 * ```ts
 * import { loadBreastCancer, SelectFdr } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * (await new SelectFdr({ alpha: 1e-3 }).fit(data, target)).selected.length; // 25
 * ```
 */
export class SelectFdr extends SelectByProbability {
  protected select(scored: FeatureScores): Uint8Array {
    return CHOICES.fdr(this, scored, this.params.alpha);
  }
}

/**
 * Keeps the columns whose p value is below alpha over the number of columns: the probability that any of them is there by chance is
 * below alpha, the family-wise error rate.
 *
 * Differs from scikit-learn as {@link SelectFpr} does.
 *
 * @example
 * ```ts
 * import { loadBreastCancer, SelectFwe } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * (await new SelectFwe().fit(data, target)).selected.includes(0); // true
 * ```
 */
export class SelectFwe extends SelectByProbability {
  protected select(scored: FeatureScores): Uint8Array {
    return CHOICES.fwe(this, scored, this.params.alpha);
  }
}
