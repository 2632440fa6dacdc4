/** Regression by support vectors, whose number is bounded instead of the errors that cost nothing. */
import { type Rules, real } from '../core/params.js';
import { KERNEL_DEFAULTS, KERNEL_RULES, type KernelParams } from './kernel.js';
import { singleKernelMachine } from './kernel-machine.js';
import { KernelRegressor } from './kernel-regressor.js';

/** Parameters of {@link NuSVR}. */
export interface NuSVRParams extends KernelParams {
  /**
   * At most this share of rows has an error that costs, and at least this share are support vectors; in (0, 1]. Default 0.5.
   */
  nu: number;
  /** Price of an error, > 0. Default 1. */
  C: number;
}

/**
 * Support vector regression as {@link SVR}, with `nu` in place of `epsilon`, which follows from it (Schoelkopf, Smola, Williamson
 * and Bartlett 2000): the objective of LIBSVM and scikit-learn 1.9.
 *
 * Sparse rows are learned from as they are, and so are their support vectors when it predicts; a plan holds these dense.
 *
 * Differs from scikit-learn: as {@link SVR}.
 *
 * @example
 * ```ts
 * import { NuSVR } from 'boreal';
 * const X = Array.from({ length: 50 }, (_, i) => [i / 10]);
 * const model = await new NuSVR({ C: 100, nu: 0.3 }).fit(X, X.map(([x]) => Math.sin(x)));
 * const [middle] = await model.predict([[2.5]]);
 * Math.abs(middle - Math.sin(2.5)) < 0.03; // true
 * ```
 */
export class NuSVR extends singleKernelMachine(KernelRegressor<NuSVRParams>) {
  constructor(params: Partial<NuSVRParams> = {}) {
    super({ ...KERNEL_DEFAULTS, C: 1, nu: 0.5, ...params });
  }

  get rules(): Rules<NuSVRParams> {
    return { ...KERNEL_RULES, C: real(0, Infinity, 'min'), nu: real(0, 1, 'min') };
  }

  protected get task() {
    const { C, nu } = this.params;
    return { task: 'nuRegressor', c: C, nu } as const;
  }
}
