/** Linear classification by the hinge loss. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, fitLabels, type SparseFitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, type ClassWeight, weightsByClass } from '../core/kinds.js';
import { fitLinearSvm } from '../core/linear-machines.js';
import { Matrix } from '../core/matrix.js';
import {
  bool,
  checkLength,
  classWeight,
  either,
  float64s,
  int,
  labels,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link LinearSVC}. */
export interface LinearSVCParams {
  /**
   * One class against the rest, or all classes in one problem ('crammerSinger'), which has no use for `penalty`, `loss` and `dual`:
   * the price of a row is how far another class comes within 1 of its own. Default 'ovr'.
   */
  multiClass: 'ovr' | 'crammerSinger';
  /** |w|^2 / 2, or |w|_1, which leaves columns out and needs the squared hinge and `dual: false`. Default 'l2'. */
  penalty: 'l1' | 'l2';
  /** max(0, 1 - y f), or its square. Default 'squaredHinge'. */
  loss: 'hinge' | 'squaredHinge';
  /** Solve the dual problem; 'auto' where there are fewer rows than columns, or no other way. Default 'auto'. */
  dual: 'auto' | boolean;
  /** Stop at this tolerance, > 0. Default 1e-4. */
  tol: number;
  /** Price of a row on the wrong side, > 0. Default 1. */
  C: number;
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** The value of the column whose weight is the constant term: the larger, the less it is penalised. Default 1. */
  interceptScaling: number;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
  /** Seed of the order of coordinate descent; null takes a new one for each fit. Default null. */
  randomState: number | null;
  /** Most iterations, >= 1. Default 1000. */
  maxIter: number;
}

/** Learned by {@link LinearSVC}. */
export interface LinearSVCState extends ClassifierState {
  /** [outputs, columns], outputs = 1 for two classes, else one per class */
  readonly coef: Float64Array;
  /** [outputs] */
  readonly intercept: Float64Array;
  readonly iterations: Float64Array;
  readonly converged: boolean;
}

/**
 * A linear support vector machine, one class against the rest, with the objectives of LIBLINEAR and scikit-learn 1.9: the
 * constant term is penalised with the weights. Solved by coordinate descent on the dual problem (Hsieh et al. 2008), Newton's
 * method on the primal one, or coordinate descent for an l1 penalty (Yuan et al. 2010), in float64.
 *
 * With `multiClass: 'crammerSinger'` all classes share one problem (Crammer and Singer 2001; Keerthi et al. 2008).
 *
 * Differs from scikit-learn: a fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns.
 *
 * Sparse rows are read as they are.
 *
 * @example
 * ```ts
 * import { LinearSVC, loadBreastCancer, Pipeline, StandardScaler } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * const model = new Pipeline([['scale', new StandardScaler()], ['svm', new LinearSVC({ C: 0.1 })]]);
 * await model.fit(data, target);
 * (await model.score(data, target)) > 0.98; // true
 * ```
 */
export class LinearSVC extends Classifier<LinearSVCParams, LinearSVCState> {
  constructor(params: Partial<LinearSVCParams> = {}) {
    super({
      ...{
        multiClass: 'ovr',
        penalty: 'l2',
        loss: 'squaredHinge',
        dual: 'auto',
        tol: 1e-4,
        C: 1,
        fitIntercept: true,
      },
      ...{ interceptScaling: 1, classWeight: null, randomState: null, maxIter: 1000, ...params },
    });
  }

  get rules(): Rules<LinearSVCParams> {
    const positive = real(0, Infinity, 'min');
    return {
      multiClass: oneOf('ovr', 'crammerSinger'),
      penalty: oneOf('l1', 'l2'),
      loss: oneOf('hinge', 'squaredHinge'),
      dual: either(oneOf('auto'), bool),
      tol: positive,
      C: positive,
      fitIntercept: bool,
      interceptScaling: positive,
      classWeight,
      randomState: seed,
      maxIter: int(1, 0xffff_ffff),
    };
  }

  get stateRules(): Rules<LinearSVCState> {
    return {
      coef: float64s(),
      intercept: float64s(),
      iterations: float64s(),
      converged: bool,
      classes: labels,
    };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'decision'];
  }

  override checkParams(): void {
    super.checkParams();
    const { multiClass, penalty, loss, dual } = this.params;
    if (multiClass === 'crammerSinger') return;
    const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `LinearSVC: ${why}.`);
    if (penalty === 'l1' && loss === 'hinge') throw refuse("penalty 'l1' needs loss 'squaredHinge'");
    if (penalty === 'l1' && dual === true) throw refuse("penalty 'l1' needs dual: false");
    if (loss === 'hinge' && dual === false) throw refuse("loss 'hinge' needs dual: true");
  }

  protected override checkState(
    { coef, intercept, classes }: LinearSVCState,
    columns: readonly Column[],
  ): void {
    const outputs = classes.length === 2 ? 1 : classes.length;
    checkLength(this, 'intercept', intercept, outputs);
    checkLength(this, 'coef', coef, outputs * columns.length);
  }

  protected fitState(input: FitInput): Promise<LinearSVCState> {
    return this.#learn(input);
  }

  protected override fitSparse(input: SparseFitInput): Promise<LinearSVCState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<LinearSVCState> {
    const { x, sampleWeight, cancel } = input;
    const { penalty, loss, dual, tol, C, fitIntercept, interceptScaling, randomState, maxIter } = this.params;
    const encoded = fitLabels(input);
    const joint = this.params.multiClass === 'crammerSinger';
    const l1 = penalty === 'l1' && !joint;
    const byDual = dual === 'auto' ? !l1 && (loss === 'hinge' || x.rows < x.cols) : dual;
    const spec = {
      ...{
        loss: loss === 'squaredHinge' ? ('squared' as const) : ('plain' as const),
        l1,
        dual: joint || byDual,
        joint,
      },
      ...{ c: C, epsilon: 0, bias: fitIntercept ? interceptScaling : 0, tol, maxIter },
      seed: resolveSeed(randomState),
    };
    const { codes, classes } = encoded;
    const byClass = weightsByClass(this.params.classWeight, encoded, sampleWeight);
    const y = Float64Array.from(codes);
    const fitted = await fitLinearSvm(x, y, classes.length, byClass, sampleWeight, spec, cancel);
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

  /** The most iterations that a class took. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return Math.max(...this.state.iterations);
  }

  /** Whether all classes reached `tol` before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { coef, intercept } = this.state;
    const outputs = intercept.length;
    const weights = new Float64Array(coef.length);
    for (let k = 0; k < x.width; k++) {
      for (let c = 0; c < outputs; c++) weights[k * outputs + c] = coef[c * x.width + k];
    }
    const scores = plan.dense(x, weights, intercept);
    if (output === 'decision') return scores;
    return outputs === 1 ? plan.binary(scores, 'greater', Float64Array.of(0)) : plan.argmax(scores);
  }
}
