/** What regressors by support vectors share. */
import { type FitInput, fitTargets, type SparseFitInput } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  checkKernelState,
  fitSingleKernel,
  KERNEL_STATE_RULES,
  type KernelParams,
  type KernelState,
  type KernelTask,
  lowerKernel,
} from './kernel.js';

/** Base of regressors by support vectors. */
export abstract class KernelRegressor<P extends KernelParams> extends Regressor<P, KernelState> {
  /** What the solver minimises. */
  protected abstract get task(): Pick<KernelTask, 'task' | 'c' | 'nu' | 'epsilon'>;

  get stateRules(): Rules<KernelState> {
    return KERNEL_STATE_RULES;
  }

  protected override checkState(state: KernelState, columns: readonly Column[]): void {
    checkKernelState(this, this.params, state, columns, 0);
  }

  protected override fitSparse(input: SparseFitInput): Promise<KernelState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<KernelState> {
    return this.#learn(input);
  }

  #learn(input: FitInput | SparseFitInput): Promise<KernelState> {
    return fitSingleKernel(this, this.params, input, { ...this.task, y: fitTargets(input) });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { dualCoef, intercept } = this.state;
    return lowerKernel(plan, x, this.fittedParams, this.state, [dualCoef, intercept]);
  }
}
