/** Ridge regression and classification whose penalty is chosen by cross-validation. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels, fitTargetMatrix } from '../core/fit-input.js';
import { checkFoldClasses } from '../core/folds.js';
import type { Fold } from '../core/k-fold.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, classWeight, oneOf, type Rules } from '../core/params.js';
import type { ByTargets } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { dealFolds, type Folds } from './folds.js';
import { fitDense, LinearRegressor, type LinearState } from './least-squares.js';
import { LinearClassifier, type LinearClassifierState } from './linear-classifier.js';
import {
  CHOICE_DEFAULTS,
  checkChoice,
  choiceParamRules,
  choiceRules,
  chooseStrength,
  judgeOfClasses,
  judgeOfNumbers,
  type RidgeChoice,
  type RidgeChoiceParams,
  resultsOf,
} from './ridge-choice.js';
import { ridgeTargets } from './ridge-classifier.js';

export type { RidgeChoice, RidgeChoiceParams } from './ridge-choice.js';

/** Parameters of {@link RidgeCV}. */
export interface RidgeCVParams extends RidgeChoiceParams {
  /** Choose a strength for each of several targets, not one for all; not with `cv`. Default false. */
  alphaPerTarget: boolean;
  /**
   * How rows are left out one by one: from eigenvalues of X'X or, with fewer rows than columns, of XX', or from singular values of X, which take longer
   * and keep digits where columns nearly depend on each other. 'auto' is 'eigen'. Default 'auto'.
   */
  gcvMode: 'auto' | 'svd' | 'eigen';
}

/** Parameters of {@link RidgeClassifierCV}. */
export interface RidgeClassifierCVParams extends RidgeChoiceParams {
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}

const copyOf = (value: number | Float64Array) => (typeof value === 'number' ? value : value.slice());

/**
 * {@link Ridge} with the strength that cross-validation finds best. By default each row is left out by itself, which one
 * eigendecomposition gives for all strengths at once (Rifkin and Lippert 2007, "Notes on Regularized Least Squares").
 *
 * Of several targets, [rows, targets], one strength is chosen by the mean over them, or with `alphaPerTarget` one for each.
 *
 * Rows are scored by minus their squared errors, or by `scoring` of the predictions of rows left out.
 *
 * Differs from scikit-learn: with `cv` weights count in the scores.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @throws {ERR_PARAMETER} from `fit`, for `alphaPerTarget` or `storeCvResults` with `cv`, and for a fold of one row where R2 decides by default
 * @example
 * ```ts
 * import { RidgeCV } from 'boreal';
 * const model = await new RidgeCV({ alphas: [0.01, 100] }).fit([[0], [1], [2], [3]], [0, 1, 2, 3]);
 * model.alpha; // 0.01
 * ```
 */
export class RidgeCV<Y extends FloatArray | Matrix = FloatArray> extends LinearRegressor<
  RidgeCVParams,
  LinearState & RidgeChoice,
  Y
> {
  constructor(params: Partial<RidgeCVParams> = {}) {
    super({ ...CHOICE_DEFAULTS, alphaPerTarget: false, gcvMode: 'auto', ...params });
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, takesGroups: this.params.cv !== null };
  }

  get rules(): Rules<RidgeCVParams> {
    return { ...choiceParamRules, alphaPerTarget: bool, gcvMode: oneOf('auto', 'svd', 'eigen') };
  }

  override checkParams(): void {
    super.checkParams();
    checkChoice(this, this.params);
    const { alphaPerTarget, cv } = this.params;
    if (!alphaPerTarget || cv === null) return;
    const message = 'RidgeCV: alphaPerTarget leaves out row by row, and does not go with cv.';
    throw new ValidationError('ERR_PARAMETER', message);
  }

  get stateRules(): Rules<LinearState & RidgeChoice> {
    return { ...this.linearRules, ...choiceRules };
  }

  protected async fitState(input: FitInput): Promise<LinearState & RidgeChoice> {
    const y = fitTargetMatrix(input);
    const choice = await chooseStrength(this.params, input, y, input.sampleWeight, {
      usual: 'r2',
      judge: judgeOfNumbers,
      folds: (cv) => this.#folds(cv, input),
    });
    const { alpha } = choice;
    const fitted = await this.solve(input, typeof alpha === 'number' ? alpha : Array.from(alpha));
    return { ...fitted, ...choice };
  }

  #folds(cv: Folds, input: FitInput): Fold[] {
    const folds = dealFolds(this, cv, input);
    if (this.params.scoring !== null || folds.every(({ test }) => test.length > 1)) return folds;
    const message = 'RidgeCV: cv makes a fold of one row, which has no R2; choose fewer folds, or a scoring.';
    throw new ValidationError('ERR_PARAMETER', message);
  }

  /** The strength chosen; with `alphaPerTarget` and several targets that of each. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): ByTargets<Y, number, number | Float64Array> {
    return copyOf(this.state.alpha) as typeof this.alpha;
  }

  /** The score of the rows left out, minus their weighted mean squared error by default, with `cv` the mean R2 of the folds; of each target where `alpha` is. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): ByTargets<Y, number, number | Float64Array> {
    return copyOf(this.state.bestScore) as typeof this.bestScore;
  }

  /** Squared errors of the rows left out, with `scoring` predictions, [rows * targets, alphas]; undefined unless kept. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): Matrix | undefined {
    return resultsOf(this.state);
  }
}

/**
 * {@link RidgeClassifier} with the strength that cross-validation finds best, as {@link RidgeCV}.
 *
 * Differs from scikit-learn: as {@link RidgeCV}; `scoring` of two classes tells them apart by the sign of predictions (1.9 sees one class there).
 *
 * @throws {ERR_PARAMETER} from `fit`, for `storeCvResults` with `cv`
 * @throws {ERR_LABELS} from `fit`, for a class that the training rows of a fold lack
 * @example
 * ```ts
 * import { RidgeClassifierCV } from 'boreal';
 * const model = await new RidgeClassifierCV().fit([[0], [1], [2], [3]], ['no', 'no', 'yes', 'yes']);
 * model.predictSync([[0.2], [2.9]]); // ['no', 'yes']
 * ```
 */
export class RidgeClassifierCV extends LinearClassifier<
  RidgeClassifierCVParams,
  LinearClassifierState & RidgeChoice
> {
  constructor(params: Partial<RidgeClassifierCVParams> = {}) {
    super({ ...CHOICE_DEFAULTS, classWeight: null, ...params });
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, takesGroups: this.params.cv !== null };
  }

  get rules(): Rules<RidgeClassifierCVParams> {
    return { ...choiceParamRules, classWeight };
  }

  override checkParams(): void {
    super.checkParams();
    checkChoice(this, this.params);
  }

  get stateRules(): Rules<LinearClassifierState & RidgeChoice> {
    return { ...this.linearRules, ...choiceRules };
  }

  protected async fitState(input: FitInput): Promise<LinearClassifierState & RidgeChoice> {
    const encoded = fitLabels(input);
    const { classes } = encoded;
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'rows');
    const y = ridgeTargets(encoded);
    const choice = await chooseStrength(this.params, input, y, weights, {
      usual: 'accuracy',
      judge: (scorer) => judgeOfClasses(scorer, classes),
      folds: (cv) => this.#folds(cv, input, encoded),
    });
    const { coef, intercept } = await fitDense({ ...input, sampleWeight: weights }, y, {
      ...{ alphas: [choice.alpha as number], fitIntercept: this.params.fitIntercept },
    });
    return { coef, intercept, classes, ...choice };
  }

  #folds(cv: Folds, input: FitInput, { codes, classes }: EncodedLabels): Fold[] {
    const folds = dealFolds(this, cv, input, true);
    for (const { train } of folds) checkFoldClasses(this, train, codes, classes);
    return folds;
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha as number;
  }

  /** The score of the rows left out: minus their weighted mean squared error by default, with `cv` the mean accuracy of the folds. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): number {
    return this.state.bestScore as number;
  }

  /** Squared errors of the rows left out, with `scoring` decisions, [rows * outputs, alphas]; undefined unless kept. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): Matrix | undefined {
    return resultsOf(this.state);
  }
}
