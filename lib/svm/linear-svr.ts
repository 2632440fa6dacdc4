/** Linear regression by the epsilon-insensitive loss. */
import { type FitInput, fitTargets, type SparseFitInput } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import { fitLinearSvm } from '../core/linear-machines.js';
import {
  bool,
  checkLength,
  either,
  float64s,
  int,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link LinearSVR}. */
export interface LinearSVRParams {
  /** Errors up to this cost nothing, >= 0. Default 0. */
  epsilon: number;
  /** Stop at this tolerance, > 0. Default 1e-4. */
  tol: number;
  /** Price of an error, > 0. Default 1. */
  C: number;
  /** max(0, |y - f| - epsilon), or its square. Default 'epsilonInsensitive'. */
  loss: 'epsilonInsensitive' | 'squaredEpsilonInsensitive';
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** The value of the column whose weight is the constant term: the larger, the less it is penalised. Default 1. */
  interceptScaling: number;
  /** Solve the dual problem; 'auto' where there are fewer rows than columns, or no other way. Default 'auto'. */
  dual: 'auto' | boolean;
  /** Seed of the order of coordinate descent; null takes a new one for each fit. Default null. */
  randomState: number | null;
  /** Most iterations, >= 1. Default 1000. */
  maxIter: number;
}

/** Learned by {@link LinearSVR}. */
export interface LinearSVRState {
  /** [columns] */
  readonly coef: Float64Array;
  /** [1] */
  readonly intercept: Float64Array;
  readonly iterations: Float64Array;
  readonly converged: boolean;
}

/**
 * Linear support vector regression with the objectives of LIBLINEAR and scikit-learn 1.9: the constant term is penalised with
 * the weights. Solved by coordinate descent on the dual problem (Ho and Lin 2012), or Newton's method on the primal one, in
 * float64.
 *
 * Differs from scikit-learn: a fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns.
 *
 * Sparse rows are read as they are.
 *
 * @example
 * ```ts
 * import { LinearSVR } from 'boreal';
 * const model = await new LinearSVR({ C: 100 }).fit([[0], [1], [2], [3]], [1, 3, 5, 7]);
 * const [next] = await model.predict([[4]]);
 * Math.abs(next - 9) < 0.1; // true
 * ```
 */
export class LinearSVR extends Regressor<LinearSVRParams, LinearSVRState> {
  constructor(params: Partial<LinearSVRParams> = {}) {
    super({
      ...{ epsilon: 0, tol: 1e-4, C: 1, loss: 'epsilonInsensitive', fitIntercept: true, interceptScaling: 1 },
      ...{ dual: 'auto', randomState: null, maxIter: 1000, ...params },
    });
  }

  get rules(): Rules<LinearSVRParams> {
    const positive = real(0, Infinity, 'min');
    return {
      epsilon: real(0),
      tol: positive,
      C: positive,
      loss: oneOf('epsilonInsensitive', 'squaredEpsilonInsensitive'),
      fitIntercept: bool,
      interceptScaling: positive,
      dual: either(oneOf('auto'), bool),
      randomState: seed,
      maxIter: int(1, 0xffff_ffff),
    };
  }

  get stateRules(): Rules<LinearSVRState> {
    return { coef: float64s(), intercept: float64s(1), iterations: float64s(1), converged: bool };
  }

  override checkParams(): void {
    super.checkParams();
    if (this.params.loss === 'epsilonInsensitive' && this.params.dual === false) {
      throw new ValidationError('ERR_PARAMETER', "LinearSVR: loss 'epsilonInsensitive' needs dual: true.");
    }
  }

  protected override checkState({ coef }: LinearSVRState, columns: readonly Column[]): void {
    checkLength(this, 'coef', coef, columns.length);
  }

  protected fitState(input: FitInput): Promise<LinearSVRState> {
    return this.#learn(input);
  }

  protected override fitSparse(input: SparseFitInput): Promise<LinearSVRState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<LinearSVRState> {
    const { x, sampleWeight, cancel } = input;
    const { epsilon, tol, C, loss, fitIntercept, interceptScaling, dual, randomState, maxIter } = this.params;
    const squared = loss === 'squaredEpsilonInsensitive';
    const spec = {
      loss: squared ? ('squared' as const) : ('plain' as const),
      ...{ l1: false, dual: dual === 'auto' ? !squared || x.rows < x.cols : dual, joint: false },
      ...{ c: C, epsilon, bias: fitIntercept ? interceptScaling : 0, tol, maxIter },
      seed: resolveSeed(randomState),
    };
    return fitLinearSvm(x, fitTargets(input), 0, null, sampleWeight, spec, cancel);
  }

  /** Weights of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get coef(): Float64Array {
    return this.state.coef.slice();
  }

  /** The constant term; 0 when fitIntercept is false. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): number {
    return this.state.intercept[0];
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
    return plan.dense(x, this.state.coef, this.state.intercept);
  }
}
