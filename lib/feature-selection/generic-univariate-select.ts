/** Columns chosen by score in a way that is a parameter, for searches over it. */
import { either, oneOf, type Rules, real, requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { CHOICES } from './choices.js';
import type { FeatureScores } from './score-functions.js';
import { nameOf, scoring, type UnivariateParams, UnivariateSelector } from './univariate.js';

/** Parameters of {@link GenericUnivariateSelect}. */
export interface GenericUnivariateSelectParams extends UnivariateParams {
  /** As {@link SelectPercentile}, {@link SelectKBest}, {@link SelectFpr}, {@link SelectFdr} or {@link SelectFwe}. Default 'percentile'. */
  mode: keyof typeof CHOICES;
  /** What the mode goes by: a percentile, a number of columns (or 'all'), or a probability alpha. Default 1e-5. */
  param: number | 'all';
}

const MODES = Object.keys(CHOICES);

/**
 * Keeps the columns that tell most of the target, each alone, by a rule that is itself a parameter.
 *
 * Differs from scikit-learn: modes are 'percentile', 'kBest', 'fpr', 'fdr' and 'fwe'; where no column stays, `fit` throws.
 *
 * @example
 * ```ts
 * import { GenericUnivariateSelect, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const selector = await new GenericUnivariateSelect({ mode: 'kBest', param: 2 }).fit(data, target);
 * selector.selected; // [2, 3]
 * ```
 */
export class GenericUnivariateSelect extends UnivariateSelector<GenericUnivariateSelectParams> {
  constructor(given: Partial<GenericUnivariateSelectParams> = {}) {
    requireOptions(given, 'params');
    const { scoreFunc = 'fClassif', ...params } = given;
    super({ mode: 'percentile', param: 1e-5, ...params, scoreFunc: nameOf(scoreFunc) });
  }

  get rules(): Rules<GenericUnivariateSelectParams> {
    return { scoreFunc: scoring, mode: oneOf(...MODES), param: either(real(0), oneOf('all')) };
  }

  override checkParams(): void {
    super.checkParams();
    const { mode, param } = this.params;
    const most = mode === 'percentile' ? 100 : mode === 'kBest' ? Number.MAX_SAFE_INTEGER : 1;
    const fits =
      mode === 'kBest'
        ? param === 'all' || (Number.isInteger(param) && param >= 1)
        : (param as number) <= most;
    if (fits) return;
    const allowed = mode === 'kBest' ? "a whole number >= 1, or 'all'" : `a number from 0 to ${most}`;
    throw new ValidationError(
      'ERR_PARAMETER',
      `GenericUnivariateSelect: parameter 'param' of mode '${mode}' must be ${allowed}; got ${String(param)}.`,
    );
  }

  protected select(scored: FeatureScores): Uint8Array {
    return CHOICES[this.params.mode](this, scored, this.params.param);
  }
}
