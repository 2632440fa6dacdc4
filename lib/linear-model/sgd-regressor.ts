/** Linear regression by stochastic gradient descent. */
import {
  type FitInput,
  type FitOptions,
  fitTargets,
  reportProgress,
  type SparseFitInput,
} from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { MatrixLike } from '../core/matrix.js';
import { checkLength, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  averageFrom,
  checkSgdLoss,
  coefficientsOf,
  learn,
  type SgdRateParams,
  type SgdState,
  sgdDefaults,
  sgdRateRules,
  sgdRules,
  sgdSpec,
  sgdStateRules,
  warmStart,
} from './sgd.js';

/** The losses of {@link SGDRegressor}. */
export type SgdRegressorLoss = 'squaredError' | 'huber' | 'epsilonInsensitive' | 'squaredEpsilonInsensitive';

/** Parameters of {@link SGDRegressor}. */
export interface SGDRegressorParams extends SgdRateParams {
  /** 'huber' and the epsilon-insensitive ones go by `epsilon`. Default 'squaredError'. */
  loss: SgdRegressorLoss;
}

/**
 * Linear regression by stochastic gradient descent: one row at a time, so that it takes as many rows as there are, in parts if need
 * be (`partialFit`). Scale the columns first. See {@link SGDClassifier}.
 *
 * Differs from scikit-learn: as {@link SGDClassifier}.
 *
 * @throws {ERR_INPUT_INFINITE} when the coefficients, or what they make of the rows in these rows' own type, overflow, as with a large step size or columns that are not scaled
 * @example
 * ```ts
 * import { SGDRegressor } from 'boreal';
 * const X = [[-1], [-0.5], [0], [0.5], [1]];
 * const model = new SGDRegressor({ learningRate: 'constant', tol: null, maxIter: 2000, randomState: 0 });
 * await model.fit(X, [-2, -1, 0, 1, 2]);
 * Math.abs(model.coef[0] - 2) < 0.01; // true
 * ```
 */
export class SGDRegressor extends Regressor<SGDRegressorParams, SgdState> {
  constructor(params: Partial<SGDRegressorParams> = {}) {
    super({
      loss: 'squaredError',
      ...sgdDefaults,
      powerT: 0.25,
      epsilon: 0.1,
      learningRate: 'invscaling',
      average: false,
      ...params,
    });
  }

  get rules(): Rules<SGDRegressorParams> {
    return {
      loss: oneOf('squaredError', 'huber', 'epsilonInsensitive', 'squaredEpsilonInsensitive'),
      ...sgdRules,
      ...sgdRateRules,
    };
  }

  override checkParams(): void {
    super.checkParams();
    checkSgdLoss(this, this.params.learningRate, this.params.loss, 'epsilonInsensitive');
  }

  get stateRules(): Rules<SgdState> {
    return sgdStateRules;
  }

  protected override checkState({ coef, intercept }: SgdState, columns: readonly Column[]): void {
    checkLength(this, 'coef', coef, columns.length);
    checkLength(this, 'intercept', intercept, 1);
  }

  protected fitState(input: FitInput): Promise<SgdState> {
    return this.#learnAll(input);
  }

  protected override fitSparse(input: SparseFitInput): Promise<SgdState> {
    return this.#learnAll(input);
  }

  #learnAll(input: FitInput | SparseFitInput): Promise<SgdState> {
    const before = this.params.warmStart && this.isFitted ? { ...this.state, ...this.#coefficients() } : null;
    return this.#learn(input, warmStart(before, input.x.cols, 1), this.params.maxIter);
  }

  /** Learns from one more part of the data, going over it once. */
  partialFit(X: MatrixLike, y: ArrayLike<number>, options: FitOptions = {}): Promise<this> {
    const learnPart = (input: FitInput | SparseFitInput, before: SgdState | null) =>
      this.#learn(input, before, 1);
    return this.fitPart(X, y, options, learnPart, learnPart);
  }

  #learn(input: FitInput | SparseFitInput, start: SgdState | null, maxIter: number): Promise<SgdState> {
    const { loss, learningRate, epsilon, powerT, average } = this.params;
    const choices = { loss, learningRate, epsilon, powerT, average: averageFrom(average) };
    return learn({
      input,
      y: fitTargets(input),
      classWeights: null,
      spec: { ...sgdSpec(this.params, choices), maxIter },
      start,
      progress: reportProgress(input, this),
    });
  }

  #coefficients() {
    return coefficientsOf(this.state, averageFrom(this.fittedParams.average));
  }

  /** Coefficients, one per column. @throws {ERR_NOT_FITTED} before `fit` */
  get coef(): Float64Array {
    return this.#coefficients().coef.slice();
  }

  /** The constant term; 0 when fitIntercept is false. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): number {
    return this.#coefficients().intercept[0];
  }

  /** Epochs. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /** 1 + epochs * rows of X, those held out by `earlyStopping` too, as scikit-learn's `t_`; the next step's number without them. @throws {ERR_NOT_FITTED} before `fit` */
  get t(): number {
    return this.state.t;
  }

  /** Whether it stopped before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { coef, intercept } = this.#coefficients();
    return plan.dense(x, coef, intercept);
  }
}
