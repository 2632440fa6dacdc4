/** The support of a distribution: outliers without labels. */
import type { FitInput } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { OutlierDetector } from '../core/outlier-detector.js';
import { type Rules, real } from '../core/params.js';
import type { ResolvedCompileOptions } from '../core/plan.js';
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

/** Parameters of {@link OneClassSVM}. */
export interface OneClassSVMParams extends KernelParams {
  /** The largest share of training rows outside, and the smallest of support vectors, in (0, 1]. Default 0.5. */
  nu: number;
}

/**
 * Finds the region that holds most of the training rows (Schoelkopf et al. 2001): `predict` says 1 for a row inside and -1 for
 * an outlier. The objective is that of LIBSVM and scikit-learn 1.9; `y` is not read. Scale the columns first.
 *
 * Differs from scikit-learn: no `shrinking`; `predict` gives plain numbers in an array.
 *
 * @example
 * ```ts
 * import { OneClassSVM } from 'boreal';
 * const grid = Array.from({ length: 100 }, (_, i) => [i % 10, Math.floor(i / 10)]);
 * const model = await new OneClassSVM({ nu: 0.1, gamma: 0.1 }).fit(grid);
 * await model.predict([[4, 5], [40, 40]]); // [1, -1]
 * ```
 */
export class OneClassSVM extends OutlierDetector<OneClassSVMParams, KernelState> {
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
    checkKernelState(this, this.params, state, columns.length, 0);
  }

  protected async fitState(input: FitInput): Promise<KernelState> {
    const { probA, probB, ...state } = await fitKernel(this, this.params, input, {
      ...{ task: 'oneClass', y: null, classCount: 0, weights: input.sampleWeight, nu: this.params.nu },
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

  /** The constant term of the decision. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): number {
    return this.state.intercept[0];
  }

  /** Scores above this are inside: -intercept. @throws {ERR_NOT_FITTED} before `fit` */
  get offset(): number {
    return -this.state.intercept[0];
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
