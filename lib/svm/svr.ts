/** Regression by support vectors. */
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import { type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  checkKernelState,
  fitKernel,
  KERNEL_DEFAULTS,
  KERNEL_RULES,
  KERNEL_STATE_RULES,
  type KernelParams,
  type KernelState,
  linearCoef,
  lowerKernel,
  requireLinear,
  supportMatrix,
} from './kernel.js';

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
 * Differs from scikit-learn: no `shrinking`. A fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns.
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
export class SVR extends Regressor<SVRParams, KernelState> {
  constructor(params: Partial<SVRParams> = {}) {
    super({ ...KERNEL_DEFAULTS, C: 1, epsilon: 0.1, ...params });
  }

  get rules(): Rules<SVRParams> {
    return { ...KERNEL_RULES, C: real(0, Infinity, 'min'), epsilon: real(0) };
  }

  get stateRules(): Rules<KernelState> {
    return KERNEL_STATE_RULES;
  }

  protected override checkState(state: KernelState, columns: readonly Column[]): void {
    checkKernelState(this, this.params, state, columns.length, 0);
  }

  protected async fitState(input: FitInput): Promise<KernelState> {
    const { C, epsilon } = this.params;
    const { probA, probB, ...state } = await fitKernel(this, this.params, input, {
      ...{ task: 'regressor', y: fitTargets(input), classCount: 0, weights: input.sampleWeight },
      ...{ c: C, epsilon },
    });
    return state;
  }

  /** Rows of training that are support vectors, ascending. @throws {ERR_NOT_FITTED} before `fit` */
  get support(): Int32Array {
    return this.state.support.slice();
  }

  /** [vectors, columns]. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED} before `fit`, or of a precomputed kernel */
  get supportVectors(): Matrix {
    return supportMatrix(this.fittedParams, this.state);
  }

  /** The number of support vectors, [1]. @throws {ERR_NOT_FITTED} before `fit` */
  get nSupport(): Int32Array {
    return this.state.nSupport.slice();
  }

  /** [1, vectors] coefficients. @throws {ERR_NOT_FITTED} before `fit` */
  get dualCoef(): Matrix {
    return new Matrix(this.state.dualCoef.slice(), 1, this.state.support.length);
  }

  /** The constant term. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): number {
    return this.state.intercept[0];
  }

  /** Weights of the columns. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED} before `fit`, or unless the kernel is linear */
  get coef(): Float64Array {
    requireLinear(this.fittedParams);
    return linearCoef(this.state, this.state.dualCoef, this.nFeaturesIn, 1);
  }

  /** gamma as it was used. @throws {ERR_NOT_FITTED} before `fit` */
  get gamma(): number {
    return this.state.gamma;
  }

  /** Iterations the solver took. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations[0];
  }

  /** Whether the solver reached `tol` before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { dualCoef, intercept } = this.state;
    return lowerKernel(plan, x, this.fittedParams, this.state, [dualCoef, intercept]);
  }
}
