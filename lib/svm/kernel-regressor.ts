/** What regressors by support vectors share. */
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  checkKernelState,
  fitKernel,
  KERNEL_STATE_RULES,
  type KernelParams,
  type KernelState,
  type KernelTask,
  linearCoef,
  lowerKernel,
  requireLinear,
  supportMatrix,
} from './kernel.js';

/** Base of regressors by support vectors. */
export abstract class KernelRegressor<P extends KernelParams> extends Regressor<P, KernelState> {
  /** What the solver minimises. */
  protected abstract get task(): Pick<KernelTask, 'task' | 'c' | 'nu' | 'epsilon'>;

  get stateRules(): Rules<KernelState> {
    return KERNEL_STATE_RULES;
  }

  protected override checkState(state: KernelState, columns: readonly Column[]): void {
    checkKernelState(this, this.params, state, columns.length, 0);
  }

  protected async fitState(input: FitInput): Promise<KernelState> {
    const { probA, probB, ...state } = await fitKernel(this, this.params, input, {
      ...this.task,
      ...{ y: fitTargets(input), classCount: 0, weights: input.sampleWeight },
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
