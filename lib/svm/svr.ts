/** Regression by support vectors. */
import { type Rules, real } from '../core/params.js';
import { KERNEL_DEFAULTS, KERNEL_RULES, type KernelParams } from './kernel.js';
import { singleKernelMachine } from './kernel-machine.js';
import { KernelRegressor } from './kernel-regressor.js';

/** Parameters of {@link SVR}. */
export interface SVRParams extends KernelParams {
  /** Price of an error beyond epsilon, > 0. Default 1. */
  C: number;
  /** Errors up to this cost nothing, >= 0. Default 0.1. */
  epsilon: number;
}

/**
 * Support vector regression with an epsilon-insensitive loss (Drucker et al. 1996), the objective of LIBSVM and scikit-learn
 * 1.9, solved as by {@link SVC}. Scale the columns first.
 *
 * Sparse rows are learned from as they are, and so are their support vectors when it predicts; a plan holds these dense.
 *
 * Differs from scikit-learn: a fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns.
 *
 * @example
 * ```ts
 * import { SVR } from 'boreal';
 * const X = Array.from({ length: 50 }, (_, i) => [i / 10]);
 * const model = await new SVR({ C: 100, epsilon: 0.01 }).fit(X, X.map(([x]) => Math.sin(x)));
 * const [middle] = await model.predict([[2.5]]);
 * Math.abs(middle - Math.sin(2.5)) < 0.03; // true
 * ```
 */
export class SVR extends singleKernelMachine(KernelRegressor<SVRParams>) {
  constructor(params: Partial<SVRParams> = {}) {
    super({ ...KERNEL_DEFAULTS, C: 1, epsilon: 0.1, ...params });
  }

  get rules(): Rules<SVRParams> {
    return { ...KERNEL_RULES, C: real(0, Infinity, 'min'), epsilon: real(0) };
  }

  protected get task() {
    const { C, epsilon } = this.params;
    return { task: 'regressor', c: C, epsilon } as const;
  }
}
