/** Logistic regression with an L2 penalty, by L-BFGS. */
import { type FitInput, fitLabels, reportProgress } from '../core/fit-input.js';
import { Classifier, type ClassifierState, type ClassWeight, classWeights } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import {
  bool,
  checkLength,
  classWeight,
  either,
  float64s,
  infinity,
  int,
  labels,
  type Rules,
  real,
} from '../core/params.js';
import type { Output, ResolvedCompileOptions } from '../core/plan.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';

/** Parameters of {@link LogisticRegression}. */
export interface LogisticRegressionParams {
  /** Inverse strength of the L2 penalty, > 0; Infinity means no penalty. Default 1. */
  C: number;
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Most iterations, >= 1. Default 100. */
  maxIter: number;
  /** Stop when no component of the gradient is larger, > 0. Default 1e-4. */
  tol: number;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}

/** Learned by {@link LogisticRegression}. */
export interface LogisticRegressionState extends ClassifierState {
  /** [outputs, columns], outputs = 1 for two classes, else one per class */
  readonly coef: Float64Array;
  /** [outputs] */
  readonly intercept: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * Logistic regression: binomial for two classes, multinomial for more, with the objective of scikit-learn 1.9's lbfgs
 * solver (mean log loss + |coef|^2 / (2 C rows)), in float64.
 *
 * Differs from scikit-learn: L2 or no penalty only. A fit that stops at `maxIter` sets `converged` to false, where
 * scikit-learn warns.
 *
 * @example
 * ```ts
 * import { LogisticRegression } from 'boreal';
 * const model = await new LogisticRegression().fit([[0], [1], [2], [3]], ['no', 'no', 'yes', 'yes']);
 * await model.predict([[0.2], [2.9]]); // ['no', 'yes']
 * ```
 */
export class LogisticRegression extends Classifier<LogisticRegressionParams, LogisticRegressionState> {
  constructor(params: Partial<LogisticRegressionParams> = {}) {
    super({ C: 1, fitIntercept: true, maxIter: 100, tol: 1e-4, classWeight: null, ...params });
  }

  get rules(): Rules<LogisticRegressionParams> {
    return {
      C: either(real(0, Infinity, 'min'), infinity),
      fitIntercept: bool,
      maxIter: int(1, 0xffff_ffff),
      tol: real(0, Infinity, 'min'),
      classWeight,
    };
  }

  get stateRules(): Rules<LogisticRegressionState> {
    return { coef: float64s(), intercept: float64s(), classes: labels, iterations: int(0), converged: bool };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  protected override checkState(
    { coef, intercept, classes }: LogisticRegressionState,
    columns: readonly Column[],
  ): void {
    const outputs = classes.length === 2 ? 1 : classes.length;
    checkLength(this, 'intercept', intercept, outputs);
    checkLength(this, 'coef', coef, outputs * columns.length);
  }

  protected async fitState(input: FitInput): Promise<LogisticRegressionState> {
    const { x, cancel } = input;
    const progress = reportProgress(input, this);
    const encoded = fitLabels(input);
    const { codes, classes } = encoded;
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'weights');
    const { C: c, fitIntercept, maxIter, tol } = this.params;
    const solver = { c, fitIntercept, maxIter, tol };
    const fitted = await native.fitLogistic(
      x.data,
      x.rows,
      x.cols,
      codes,
      classes.length,
      weights,
      solver,
      cancel,
      progress,
    );
    return { ...fitted, classes };
  }

  /** Coefficients, [1, columns] for two classes (above 0 speaks for the second), else [classes, columns]. */
  get coef(): Matrix {
    const { coef, intercept } = this.state;
    return new Matrix(coef.slice(), intercept.length, coef.length / intercept.length);
  }

  /** Constant terms, one per row of `coef`. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): Float64Array {
    return this.state.intercept.slice();
  }

  /** Iterations the solver took. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /** Whether the solver reached `tol` before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { coef, intercept } = this.state;
    // Two classes have one score z; as scores [0, z] they share softmax and argmax with the multinomial model.
    const binary = intercept.length === 1 && output !== 'decision';
    const outputs = binary ? 2 : intercept.length;
    const weights = new Float64Array(x.width * outputs);
    for (let k = 0; k < x.width; k++) {
      for (let c = 0; c < intercept.length; c++) {
        weights[k * outputs + c + (binary ? 1 : 0)] = coef[c * x.width + k];
      }
    }
    const scores = plan.dense(x, weights, binary ? Float64Array.of(0, intercept[0]) : intercept);
    if (output === 'decision') return scores;
    return output === 'proba' ? plan.softmax(scores) : plan.argmax(scores);
  }
}
