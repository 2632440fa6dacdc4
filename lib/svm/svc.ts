/** Classification by support vectors, one class against one. */
import { type Rules, real } from '../core/params.js';
import {
  KERNEL_CLASSIFIER_DEFAULTS,
  KERNEL_CLASSIFIER_RULES,
  KernelClassifier,
  type KernelClassifierParams,
} from './kernel-classifier.js';
import { kernelMachine } from './kernel-machine.js';

/** Parameters of {@link SVC}. */
export interface SVCParams extends KernelClassifierParams {
  /** Price of a row on the wrong side, > 0: the larger, the closer the fit. Default 1. */
  C: number;
}

/**
 * Support vector classification with the objective of LIBSVM and scikit-learn 1.9 (Cortes and Vapnik 1995), one class against
 * one. Solved by sequential minimal optimisation with second-order choice of pairs (Fan, Chen and Lin 2005) in float64, rows of
 * the kernel in float32.
 *
 * Scale the columns first: a kernel treats them alike. `predict` counts the pairs that a class wins, so that with
 * `probability` the most probable class may be another one.
 *
 * Sparse rows are learned from as they are, and so are their support vectors when it predicts; a plan holds these dense.
 *
 * Differs from scikit-learn: with `shrinking`, rows are left out only after twice as many iterations as there are vectors. Probabilities
 * of two classes are the sigmoid itself, those of more classes pairwise coupling. A fit that stops at `maxIter` sets
 * `converged` to false, where scikit-learn warns.
 *
 * @example
 * ```ts
 * import { loadIris, SVC } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new SVC({ C: 10 }).fit(data, target);
 * (await model.score(data, target)) > 0.95; // true
 * model.nSupport.length; // 3
 * ```
 */
export class SVC extends kernelMachine(KernelClassifier<SVCParams>) {
  constructor(params: Partial<SVCParams> = {}) {
    super({ ...KERNEL_CLASSIFIER_DEFAULTS, C: 1, ...params });
  }

  get rules(): Rules<SVCParams> {
    return { ...KERNEL_CLASSIFIER_RULES, C: real(0, Infinity, 'min') };
  }

  protected get task() {
    return { task: 'classifier', c: this.params.C } as const;
  }
}
