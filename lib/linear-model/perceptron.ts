/** The perceptron. */
import type { ClassWeight } from '../core/kinds.js';
import { classWeight, type Rules } from '../core/params.js';
import { type SgdChoices, type SgdParams, sgdDefaults, sgdRules } from './sgd.js';
import { SgdLinearClassifier } from './sgd-classifier.js';

/** Parameters of {@link Perceptron}; by default there is no penalty, and steps are of size 1. */
export interface PerceptronParams extends SgdParams {
  /** Weights of classes: null, 'balanced' (not with `partialFit`), or by label. Default null. */
  classWeight: ClassWeight;
}

/**
 * The perceptron (Rosenblatt 1958): {@link SGDClassifier} with the loss 'perceptron', a constant step size (`eta0`, default 1) and
 * no penalty unless one is asked for.
 *
 * Differs from scikit-learn: as {@link SGDClassifier}.
 *
 * @example
 * ```ts
 * import { Perceptron } from 'boreal';
 * const model = await new Perceptron({ randomState: 0 }).fit([[-2], [-1], [1], [2]], [0, 0, 1, 1]);
 * await model.predict([[-1.5], [1.5]]); // [0, 1]
 * ```
 */
export class Perceptron extends SgdLinearClassifier<PerceptronParams> {
  constructor(params: Partial<PerceptronParams> = {}) {
    super({ ...sgdDefaults, penalty: null, eta0: 1, classWeight: null, ...params });
  }

  get rules(): Rules<PerceptronParams> {
    return { ...sgdRules, classWeight };
  }

  protected get choices(): SgdChoices {
    return { loss: 'perceptron', learningRate: 'constant', epsilon: 0.1, powerT: 0.5, average: 0 };
  }
}
