/** The support of a distribution: outliers without labels. */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { OutlierDetector } from '../core/outlier-detector.js';
import { type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  checkKernelState,
  fitSingleKernel,
  KERNEL_DEFAULTS,
  KERNEL_RULES,
  KERNEL_STATE_RULES,
  type KernelParams,
  type KernelState,
  lowerKernel,
} from './kernel.js';
import { singleKernelMachine } from './kernel-machine.js';

/** Parameters of {@link OneClassSVM}. */
export interface OneClassSVMParams extends KernelParams {
  /** The largest share of training rows outside, and the smallest of support vectors, in (0, 1]. Default 0.5. */
  nu: number;
}

/**
 * Finds the region that holds most of the training rows (Schoelkopf et al. 2001): `predict` says 1 for a row inside and -1 for
 * an outlier. The objective is that of LIBSVM and scikit-learn 1.9; `y` is not read. Scale the columns first.
 *
 * Sparse rows are learned from as they are, and so are their support vectors when it predicts; a plan holds these dense.
 *
 * Differs from scikit-learn: `predict` gives plain numbers in an array.
 *
 * @example
 * ```ts
 * import { OneClassSVM } from 'boreal';
 * const grid = Array.from({ length: 100 }, (_, i) => [i % 10, Math.floor(i / 10)]);
 * const model = await new OneClassSVM({ nu: 0.1, gamma: 0.1 }).fit(grid);
 * await model.predict([[4, 5], [40, 40]]); // [1, -1]
 * ```
 */
export class OneClassSVM extends singleKernelMachine(OutlierDetector<OneClassSVMParams, KernelState>) {
  constructor(params: Partial<OneClassSVMParams> = {}) {
    super({ ...KERNEL_DEFAULTS, nu: 0.5, ...params });
  }

  get rules(): Rules<OneClassSVMParams> {
    return { ...KERNEL_RULES, nu: real(0, 1, 'min') };
  }

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
    return fitSingleKernel(this, this.params, input, { task: 'oneClass', y: null, nu: this.params.nu });
  }

  /** Scores above this are inside: -intercept. @throws {ERR_NOT_FITTED} before `fit` */
  get offset(): number {
    return -this.state.intercept[0];
  }

  /** As LIBSVM has it: the constant belongs to the sum, and a row on the border is an outlier. */
  override lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    if (output === 'score') return this.lowerScores(plan, x);
    const decision = this.#lowerSum(plan, x, this.state.intercept);
    return output === 'decision' ? decision : plan.binary(decision, 'greater', Float64Array.of(0));
  }

  protected lowerScores(plan: PlanBuilder, x: Slot): Slot {
    return this.#lowerSum(plan, x, new Float64Array(1));
  }

  #lowerSum(plan: PlanBuilder, x: Slot, bias: Float64Array): Slot {
    return lowerKernel(plan, x, this.fittedParams, this.state, [this.state.dualCoef, bias]);
  }
}
