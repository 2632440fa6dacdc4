/** Naive Bayes of counts, by what the other classes count. */
import { bool, type Rules } from '../core/params.js';
import {
  DiscreteNB,
  type DiscreteNBParams,
  type DiscreteNBState,
  type LinearScores,
  type SmoothedCounts,
} from './discrete-nb.js';

/** Parameters of {@link ComplementNB}. */
export interface ComplementNBParams extends DiscreteNBParams {
  /** Divide the weights of each class by their sum. Default false. */
  norm: boolean;
}

/**
 * Naive Bayes that weighs a column for a class by how little the other classes have of it, which suits classes of unequal
 * size (Rennie, Shih, Teevan and Karger 2003). X must not be below 0. Probabilities of the classes themselves play no part.
 *
 * Differs from scikit-learn: `alpha: 0` counts as 1e-300, and with `norm` weights of a single column are 0, so that no score is NaN.
 *
 * @throws {ERR_INPUT_INFINITE} when sums of counts overflow
 * @example
 * ```ts
 * import { ComplementNB } from 'boreal';
 * const words = { free: [2, 3, 0, 0], meeting: [0, 0, 2, 1] };
 * const model = await new ComplementNB().fit(words, ['spam', 'spam', 'work', 'work']);
 * model.predictSync({ free: [0], meeting: [3] }); // ['work']
 * ```
 */
export class ComplementNB extends DiscreteNB<ComplementNBParams> {
  constructor(params: Partial<ComplementNBParams> = {}) {
    super({ alpha: 1, forceAlpha: true, fitPrior: true, classPrior: null, norm: false, ...params });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === ComplementNB;
  }

  get rules(): Rules<ComplementNBParams> {
    return { ...this.discreteRules, norm: bool };
  }

  protected logProbabilities({ featureCount, alpha, columns }: SmoothedCounts): Float64Array {
    const all = ofAllClasses(featureCount, columns);
    // Smoothing comes last, so that a little of it is not lost in rounding.
    const others = featureCount.map((count, k) => Math.max(0, all[k % columns] - count) + alpha[k % columns]);
    for (let from = 0; from < others.length; from += columns) {
      const row = others.subarray(from, from + columns);
      const logTotal = Math.log(row.reduce((sum, count) => sum + count, 0));
      row.forEach((count, j) => {
        row[j] = Math.log(count) - logTotal;
      });
      // Of one column there is nothing to weigh: its logarithm is 0.
      const divisor = (this.params.norm && row.reduce((sum, value) => sum + value, 0)) || -1;
      row.forEach((value, j) => {
        row[j] = value / divisor;
      });
    }
    return others;
  }

  protected scores({ featureLogProb, logPrior }: DiscreteNBState): LinearScores {
    return { weights: featureLogProb, bias: new Float64Array(logPrior.length) };
  }

  /** Weighted sums of the values of all classes, [columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get featureAll(): Float64Array {
    return ofAllClasses(this.state.featureCount, this.nFeaturesIn);
  }
}

/** Sums of the rows of [classes, columns]. */
function ofAllClasses(featureCount: Float64Array, columns: number): Float64Array {
  const all = new Float64Array(columns);
  featureCount.forEach((count, k) => {
    all[k % columns] += count;
  });
  return all;
}
