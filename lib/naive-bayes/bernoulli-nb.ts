/** Naive Bayes of columns that are there or not. */

import { resolveCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { either, nothing, type Rules, real } from '../core/params.js';
import { Plan } from '../core/plan.js';
import { PlanBuilder, type Slot } from '../core/plan-builder.js';
import { Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import {
  DiscreteNB,
  type DiscreteNBParams,
  type DiscreteNBState,
  type LinearScores,
  type SmoothedCounts,
} from './discrete-nb.js';

/** Parameters of {@link BernoulliNB}. */
export interface BernoulliNBParams extends DiscreteNBParams {
  /** Values above it are 1, others 0; null: X holds only 0 and 1. Default 0. */
  binarize: number | null;
}

/**
 * Naive Bayes of columns that are 0 or 1: unlike {@link MultinomialNB} it counts what is absent, too (Manning, Raghavan and
 * Schuetze 2008, chapter 13).
 *
 * Differs from scikit-learn: `alpha: 0` counts as 1e-300, so that no score is NaN.
 *
 * @example
 * ```ts
 * import { BernoulliNB } from 'boreal';
 * const model = await new BernoulliNB().fit([[1, 0], [1, 0], [0, 1], [1, 1]], [0, 0, 1, 1]);
 * model.predictSync([[1, 0], [0, 1]]); // [0, 1]
 * ```
 */
export class BernoulliNB extends DiscreteNB<BernoulliNBParams> {
  constructor(params: Partial<BernoulliNBParams> = {}) {
    super({ alpha: 1, forceAlpha: true, fitPrior: true, classPrior: null, binarize: 0, ...params });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === BernoulliNB;
  }

  get rules(): Rules<BernoulliNBParams> {
    return { ...this.discreteRules, binarize: either(real(), nothing) };
  }

  override get tags(): EstimatorTags {
    return { positive: this.params.binarize === null };
  }

  protected override get countsAreValues(): boolean {
    return this.params.binarize === null;
  }

  protected override counts(x: Matrix): Matrix | Promise<Matrix> {
    const { binarize } = this.params;
    return binarize === null ? x : this.#binarized(x, binarize);
  }

  async #binarized(x: Matrix, binarize: number): Promise<Matrix> {
    const builder = new PlanBuilder(x.cols);
    const source = builder.build(aboveThreshold(builder, builder.input, binarize));
    const plan = await Plan.compileAsync(source, Schema.infer(x), resolveCompileOptions({}, x.dtype));
    return plan.run(x);
  }

  protected override sparseCounts(data: FloatArray): FloatArray {
    const { binarize } = this.params;
    if (binarize === null) return data;
    if (binarize < 0) {
      const message = 'BernoulliNB: zeros of sparse rows would be above a binarize below 0.';
      throw new ValidationError('ERR_PARAMETER', message);
    }
    return data.map((value) => (value > binarize ? 1 : 0));
  }

  protected logProbabilities({ featureCount, classCount, alpha, columns }: SmoothedCounts): Float64Array {
    return featureCount.map((count, k) => {
      const added = alpha[k % columns];
      return Math.log(count + added) - Math.log(classCount[Math.floor(k / columns)] + 2 * added);
    });
  }

  protected scores(state: DiscreteNBState): LinearScores {
    const { featureLogProb, featureCount, classCount, logPrior } = state;
    const columns = featureLogProb.length / logPrior.length;
    const alpha = this.smoothing(this.fittedParams, columns);
    const absent = featureCount.map((count, k) => {
      const [total, added] = [classCount[Math.floor(k / columns)], alpha[k % columns]];
      return Math.log(Math.max(0, total - count) + added) - Math.log(total + 2 * added);
    });
    return {
      weights: featureLogProb.map((value, k) => value - absent[k]),
      bias: logPrior.map((prior, c) =>
        absent.subarray(c * columns, (c + 1) * columns).reduce((sum, v) => sum + v, prior),
      ),
    };
  }

  protected override lowerScores(plan: PlanBuilder, x: Slot, factor: number): Slot {
    const { binarize } = this.fittedParams;
    return super.lowerScores(plan, binarize === null ? x : aboveThreshold(plan, x, binarize), factor);
  }
}

function aboveThreshold(plan: PlanBuilder, x: Slot, threshold: number): Slot {
  return plan.binary(x, 'greater', new Float64Array(x.width).fill(threshold));
}
