/** Classification by support vectors, whose number is bounded instead of the price of errors. */
import { type Rules, real } from '../core/params.js';
import {
  KERNEL_CLASSIFIER_DEFAULTS,
  KERNEL_CLASSIFIER_RULES,
  KernelClassifier,
  type KernelClassifierParams,
} from './kernel-classifier.js';
import { kernelMachine } from './kernel-machine.js';

/** Parameters of {@link NuSVC}. */
export interface NuSVCParams extends KernelClassifierParams {
  /**
   * At most this share of rows is in the margin or on the wrong side of it, and at least this share are support vectors; in
   * (0, 1]. Default 0.5.
   */
  nu: number;
}

/**
 * Support vector classification as {@link SVC}, with `nu` in place of `C` (Schoelkopf, Smola, Williamson and Bartlett 2000), the
 * objective of LIBSVM and scikit-learn 1.9.
 *
 * With a `nu` so small that no margin is between two classes, which then mix, their machine decides nothing: choose a larger one.
 *
 * Sparse rows are learned from as they are, and so are their support vectors when it predicts; a plan holds these dense.
 *
 * Differs from scikit-learn: as {@link SVC}; weights of classes are read, as weights of their rows.
 *
 * @throws {ERR_PARAMETER} when two classes are of so different sizes that no machine has this nu: half of nu times their rows is
 *   more than the smaller one has
 * @example
 * ```ts
 * import { loadIris, NuSVC } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new NuSVC({ nu: 0.2 }).fit(data, target);
 * (await model.score(data, target)) > 0.95; // true
 * ```
 */
export class NuSVC extends kernelMachine(KernelClassifier<NuSVCParams>) {
  constructor(params: Partial<NuSVCParams> = {}) {
    super({ ...KERNEL_CLASSIFIER_DEFAULTS, nu: 0.5, ...params });
  }

  get rules(): Rules<NuSVCParams> {
    return { ...KERNEL_CLASSIFIER_RULES, nu: real(0, 1, 'min') };
  }

  protected get task() {
    return { task: 'nuClassifier', nu: this.params.nu } as const;
  }
}
