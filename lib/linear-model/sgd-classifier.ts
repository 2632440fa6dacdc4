/** Linear classifiers by stochastic gradient descent. */

import type { Output } from '../core/compile-options.js';
import {
  type FitInput,
  fitLabels,
  type PartialFitOptions,
  partLabels,
  partOptions,
  reportProgress,
  type SparseFitInput,
} from '../core/fit-input.js';
import { type ClassWeight, weightsByClass } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
import { checkLength, classWeight, labels, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { LinearClassifier, type LinearClassifierState, outputsOf } from './linear-classifier.js';
import {
  averageFrom,
  checkSgdLoss,
  coefficientsOf,
  learn,
  type SgdChoices,
  type SgdParams,
  type SgdRateParams,
  type SgdState,
  sgdDefaults,
  sgdRateRules,
  sgdRules,
  sgdSpec,
  sgdStateRules,
  warmStart,
} from './sgd.js';

/** The losses of {@link SGDClassifier}. */
export type SgdClassifierLoss =
  | 'hinge'
  | 'logLoss'
  | 'modifiedHuber'
  | 'squaredHinge'
  | 'perceptron'
  | 'squaredError'
  | 'huber'
  | 'epsilonInsensitive'
  | 'squaredEpsilonInsensitive';

/** Parameters of {@link SGDClassifier}. */
export interface SGDClassifierParams extends SgdRateParams {
  /**
   * 'hinge' gives a linear support vector machine, 'logLoss' logistic regression; 'modifiedHuber' has probabilities, too, and
   * bears outliers. Default 'hinge'.
   */
  loss: SgdClassifierLoss;
  /** Weights of classes: null, 'balanced' (not with `partialFit`), or by label. Default null. */
  classWeight: ClassWeight;
}

/** Learned by {@link SGDClassifier} and {@link Perceptron}: `coef` and `intercept` are what it predicts with. */
export interface SGDClassifierState extends LinearClassifierState {
  /** What learning goes on from. */
  readonly progress: SgdState;
}

/** Base of the classifiers that learn by stochastic gradient descent. */
export abstract class SgdLinearClassifier<
  P extends SgdParams & { classWeight: ClassWeight },
> extends LinearClassifier<P, SGDClassifierState> {
  /** The loss, the learning rate and the averaging. */
  protected abstract get choices(): SgdChoices;

  get stateRules(): Rules<SGDClassifierState> {
    const progress = {
      allows: (v: unknown) =>
        typeof v === 'object' &&
        v !== null &&
        Object.entries(sgdStateRules).every(([name, rule]) =>
          rule.allows((v as Record<string, unknown>)[name]),
        ),
      allowed: 'the progress of gradient descent',
    };
    return { ...this.linearRules, classes: labels, progress };
  }

  protected override checkState(state: SGDClassifierState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'progress.coef', state.progress.coef, state.coef.length);
    checkLength(this, 'progress.intercept', state.progress.intercept, state.intercept.length);
  }

  protected fitState(input: FitInput): Promise<SGDClassifierState> {
    return this.#learnAll(input);
  }

  protected override fitSparse(input: SparseFitInput): Promise<SGDClassifierState> {
    return this.#learnAll(input);
  }

  #learnAll(input: FitInput | SparseFitInput): Promise<SGDClassifierState> {
    const encoded = fitLabels(input);
    const outputs = outputsOf(encoded.classes);
    let before: SgdState | null = null;
    if (this.params.warmStart && this.isFitted) {
      const { progress, coef, intercept } = this.state;
      before = { ...progress, coef, intercept };
    }
    const start = warmStart(before, outputs * input.x.cols, outputs);
    return this.#learn(input, encoded, start, this.params.maxIter);
  }

  /**
   * Learns from one more part of the data, going over it once.
   *
   * @param options - `classes` names all classes when the first part may lack some
   * @throws {ERR_LABELS} for a label that is no class of the first part, or `classes` that are none
   * @throws {ERR_PARAMETER} for `classWeight: 'balanced'` or `earlyStopping`, which need all of the data
   */
  async partialFit(X: MatrixLike, y: ArrayLike<unknown>, options: PartialFitOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    const learnPart = (input: FitInput | SparseFitInput, before: SGDClassifierState | null) => {
      const refuse = (what: string) => {
        const message = `${this.constructor.name}: partialFit cannot have ${what}, which needs all of the data.`;
        return new ValidationError('ERR_PARAMETER', message);
      };
      if (this.params.classWeight === 'balanced') throw refuse("classWeight: 'balanced'");
      if (this.params.earlyStopping) throw refuse('earlyStopping');
      const encoded = partLabels(input, before?.classes, classes);
      return this.#learn(input, encoded, before?.progress ?? null, 1);
    };
    return this.fitPart(X, y, others, learnPart, learnPart);
  }

  async #learn(
    input: FitInput | SparseFitInput,
    encoded: EncodedLabels,
    start: SgdState | null,
    maxIter: number,
  ): Promise<SGDClassifierState> {
    const { classes, codes } = encoded;
    const byClass = weightsByClass(this.params.classWeight, encoded, null);
    const progress = await learn({
      input,
      y: Float64Array.from(codes),
      classWeights: byClass ?? new Float64Array(classes.length).fill(1),
      spec: { ...sgdSpec(this.params, this.choices), maxIter },
      start,
      progress: reportProgress(input, this),
    });
    return { ...coefficientsOf(progress, this.choices.average), classes, progress };
  }

  /** Epochs of the output that took most. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.progress.iterations;
  }

  /** 1 + epochs * rows of X, those held out by `earlyStopping` too, as scikit-learn's `t_`; the next step's number without them. @throws {ERR_NOT_FITTED} before `fit` */
  get t(): number {
    return this.state.progress.t;
  }

  /** Whether all outputs stopped before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.progress.converged;
  }
}

/**
 * Linear classifiers by stochastic gradient descent: one row at a time, so that it takes as many rows as there are, in parts if
 * need be (`partialFit`). More than two classes are learned one against the rest. Scale the columns first.
 *
 * Losses, penalties (that of Tsuruoka, Tsujii and Ananiadou 2009 for L1), learning rates (Bottou 2010; Crammer et al. 2006 for
 * 'pa1' and 'pa2') and stopping rules are scikit-learn 1.9's, in float64.
 *
 * Differs from scikit-learn: another order of rows from the same seed; with `average` and an L1 penalty the true average of the
 * coefficients is taken; words in camelCase ('logLoss').
 *
 * Sparse rows are read as they are, in `partialFit` too: a step costs as much as its row has values. A coefficient pays what it owes
 * of an L1 penalty when a row has its column, and at the end of an epoch. The constant term goes a hundredth of each step then, as in
 * scikit-learn: every row moves it, but few rows any other coefficient.
 *
 * @throws {ERR_INPUT_INFINITE} when the coefficients, or what they make of the rows in these rows' own type, overflow, as with a large step size or columns that are not scaled
 * @example
 * ```ts
 * import { SGDClassifier } from 'boreal';
 * const model = new SGDClassifier({ loss: 'logLoss', randomState: 0 });
 * await model.fit([[-2], [-1], [1], [2]], ['no', 'no', 'yes', 'yes']);
 * await model.predict([[-1.5], [1.5]]); // ['no', 'yes']
 * ```
 */
export class SGDClassifier extends SgdLinearClassifier<SGDClassifierParams> {
  constructor(params: Partial<SGDClassifierParams> = {}) {
    super({
      loss: 'hinge',
      ...sgdDefaults,
      epsilon: 0.1,
      powerT: 0.5,
      learningRate: 'optimal',
      average: false,
      classWeight: null,
      ...params,
    });
  }

  get rules(): Rules<SGDClassifierParams> {
    return {
      loss: oneOf(
        ...['hinge', 'logLoss', 'modifiedHuber', 'squaredHinge', 'perceptron', 'squaredError', 'huber'],
        ...['epsilonInsensitive', 'squaredEpsilonInsensitive'],
      ),
      ...sgdRules,
      ...sgdRateRules,
      classWeight,
    };
  }

  override checkParams(): void {
    super.checkParams();
    checkSgdLoss(this, this.params.learningRate, this.params.loss, 'hinge');
  }

  override get outputs(): readonly Output[] {
    const { loss } = this.params;
    const hasProba = loss === 'logLoss' || loss === 'modifiedHuber';
    return hasProba ? ['label', 'proba', 'decision'] : ['label', 'decision'];
  }

  protected get choices(): SgdChoices {
    const { loss, learningRate, epsilon, powerT, average } = this.params;
    return { loss, learningRate, epsilon, powerT, average: averageFrom(average) };
  }

  protected override lowerProba(plan: PlanBuilder, x: Slot): Slot {
    const classes = this.state.classes.length;
    if (this.fittedParams.loss === 'logLoss') {
      if (classes === 2) return super.lowerProba(plan, x);
      return shares(plan, plan.activation(this.lowerScores(plan, x, 'plain'), 'sigmoid'));
    }
    // (clip(score, -1, 1) + 1) / 2
    const one = new Float64Array(classes).fill(1);
    const minusOne = one.map((v) => -v);
    const plain = this.lowerScores(plan, x, 'plain');
    const scores = classes === 2 ? plan.dense(plain, Float64Array.of(-1, 1), new Float64Array(2)) : plain;
    const clipped = plan.binary(plan.binary(scores, 'max', minusOne), 'min', one);
    const proba = plan.affine(
      clipped,
      minusOne,
      one.map((v) => 2 * v),
    );
    return classes === 2 ? proba : shares(plan, proba);
  }
}

/** Each row over its sum; alike where that is 0. */
function shares(plan: PlanBuilder, x: Slot): Slot {
  const sum = plan.reduce(x, 'sum');
  const zero = plan.binaryOf([sum, plan.constant(x, new Float64Array(x.width))], 'equal');
  const alike = plan.constant(x, new Float64Array(x.width).fill(1 / x.width));
  return plan.select([zero, alike, plan.binaryOf([x, sum], 'div')]);
}
