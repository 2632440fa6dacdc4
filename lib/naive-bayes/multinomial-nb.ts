/** Naive Bayes of counts. */
import { Matrix } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import {
  DiscreteNB,
  type DiscreteNBParams,
  type DiscreteNBState,
  type LinearScores,
  type SmoothedCounts,
} from './discrete-nb.js';

/**
 * Naive Bayes of counts, such as those of words: log P(c | x) is log P(c) + sum x log p up to a constant, with the share p of
 * each column among the counts of class c (Manning, Raghavan and Schuetze 2008, chapter 13). X must not be below 0.
 *
 * Differs from scikit-learn: `alpha: 0` counts as 1e-300, so that no score is NaN.
 *
 * @throws {ERR_INPUT_INFINITE} when sums of counts overflow
 * @example
 * ```ts
 * import { MultinomialNB } from 'boreal';
 * const words = { free: [2, 3, 0, 0], meeting: [0, 0, 2, 1] };
 * const model = await new MultinomialNB().fit(words, ['spam', 'spam', 'work', 'work']);
 * model.predictSync({ free: [1], meeting: [0] }); // ['spam']
 * ```
 */
export class MultinomialNB extends DiscreteNB<DiscreteNBParams> {
  constructor(params: Partial<DiscreteNBParams> = {}) {
    super({ alpha: 1, forceAlpha: true, fitPrior: true, classPrior: null, ...params });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === MultinomialNB;
  }

  get rules(): Rules<DiscreteNBParams> {
    return this.discreteRules;
  }

  protected logProbabilities({ featureCount, alpha, columns }: SmoothedCounts): Float64Array {
    const smoothed = new Matrix(featureCount, featureCount.length / columns, columns).add(
      new Matrix(alpha, 1, columns),
    );
    return smoothed.log().sub(smoothed.sum(1).log()).data;
  }

  protected scores({ featureLogProb, logPrior }: DiscreteNBState): LinearScores {
    return { weights: featureLogProb, bias: logPrior };
  }
}
