/** Ridge regression and classification whose penalty is chosen by cross-validation. */
import { type FitInput, fitLabels, fitTargetMatrix } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import { type FloatArray, Matrix } from '../core/matrix.js';
import {
  bool,
  classWeight,
  custom,
  either,
  float64s,
  int,
  type Rule,
  type Rules,
  real,
} from '../core/params.js';
import type { ByTargets } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { type Folds, foldOfRows, optionalFoldsRule } from './folds.js';
import { LinearRegressor, type LinearState } from './least-squares.js';
import { LinearClassifier, type LinearClassifierState } from './linear-classifier.js';
import { ridgeTargets, rowsOf } from './ridge-classifier.js';

/** Parameters of the choice of a strength. */
export interface RidgeChoiceParams {
  /** Strengths to choose from, > 0. Default [0.1, 1, 10]. */
  alphas: readonly number[];
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Number of folds, or the fold of each row; null: each row is left out by itself, at the cost of one fit. Default null. */
  cv: Folds | null;
  /** Keep the squared error of each row: `cvResults`; not with `cv`. Default false. */
  storeCvResults: boolean;
}

/** Parameters of {@link RidgeCV}. */
export interface RidgeCVParams extends RidgeChoiceParams {
  /** Choose a strength for each of several targets, not one for all; not with `cv`. Default false. */
  alphaPerTarget: boolean;
}

/** Parameters of {@link RidgeClassifierCV}. */
export interface RidgeClassifierCVParams extends RidgeChoiceParams {
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}

/** What the choice of a strength leaves behind. */
export interface RidgeChoice {
  /** Of all targets, or of each. */
  readonly alpha: number | Float64Array;
  /** Minus the mean squared error of rows left out, of all targets or of each. */
  readonly bestScore: number | Float64Array;
  /** [rows, targets, alphas]; empty unless kept. */
  readonly errors: Float64Array;
  /** Strengths that were tried. */
  readonly tried: number;
}

const above = real(0, Infinity, 'min');
const strengths: Rule = custom(
  'a list of numbers > 0',
  (v) => Array.isArray(v) && v.length > 0 && v.every((alpha) => above.allows(alpha)),
);
const rules: Rules<RidgeChoiceParams> = {
  alphas: strengths,
  fitIntercept: bool,
  cv: optionalFoldsRule,
  storeCvResults: bool,
};
const DEFAULTS: RidgeChoiceParams = {
  alphas: [0.1, 1, 10],
  fitIntercept: true,
  cv: null,
  storeCvResults: false,
};
const choiceRules: Rules<RidgeChoice> = {
  alpha: either(real(0), float64s()),
  bestScore: either(real(), float64s()),
  errors: float64s(),
  tried: int(1),
};

/** The strength with the least squared error of rows left out, summed over targets [rows, targets], or of each target. */
async function chooseStrength(
  owner: object,
  params: RidgeChoiceParams & { readonly alphaPerTarget?: boolean },
  { x, cancel }: FitInput,
  y: Float64Array,
  weights: Float64Array | null,
): Promise<RidgeChoice> {
  const { fitIntercept, cv, storeCvResults } = params;
  const alphas = Float64Array.from(params.alphas);
  const targets = y.length / x.rows;
  const { data, rows, cols } = x;
  let mse: Float64Array;
  let errors: Float64Array = new Float64Array(0);
  if (cv === null) {
    const spec = { alphas, fitIntercept, keepErrors: storeCvResults };
    ({ mse, errors } = await native.ridgeLeaveOneOut(data, rows, cols, y, targets, weights, spec, cancel));
  } else {
    const { folds, count } = foldOfRows(owner, cv, rows);
    mse = await foldErrors(params, { x, cancel }, { y, weights, folds, count });
  }
  const tried = alphas.length;
  const each = Array.from({ length: mse.length / tried }, (_, t) => mse.subarray(t * tried, (t + 1) * tried));
  const least = (of: Float64Array) => of.reduce((best, error, a) => (error < of[best] ? a : best), 0);
  if (params.alphaPerTarget && targets > 1) {
    const best = each.map(least);
    const alpha = Float64Array.from(best, (a) => alphas[a]);
    return { alpha, bestScore: Float64Array.from(best, (a, t) => -each[t][a]), errors, tried };
  }
  const mean = alphas.map((_, a) => each.reduce((sum, of) => sum + of[a], 0) / each.length);
  const best = least(mean);
  return { alpha: alphas[best], bestScore: -mean[best], errors, tried };
}

/** Mean over folds of the mean squared error of their rows and all targets, for each strength. */
async function foldErrors(
  { alphas, fitIntercept }: RidgeChoiceParams,
  { x, cancel }: Pick<FitInput, 'x' | 'cancel'>,
  split: { y: Float64Array; weights: Float64Array | null; folds: Int32Array; count: number },
): Promise<Float64Array> {
  const { y, weights, folds, count } = split;
  const targets = y.length / x.rows;
  const mse = new Float64Array(alphas.length);
  for (let fold = 0; fold < count; fold++) {
    const train = [...folds.keys()].filter((i) => folds[i] !== fold);
    const test = [...folds.keys()].filter((i) => folds[i] === fold);
    const part = x.takeRows(train);
    const left = x.takeRows(test).astype('float64');
    const partY = rowsOf(y, targets, train);
    const partWeights = weights && rowsOf(weights, 1, train);
    for (const [a, alpha] of alphas.entries()) {
      const { coef, intercept } = await native.fitLeastSquares(
        ...([part.data, part.rows, part.cols, partY, targets, partWeights] as const),
        ...([alpha, fitIntercept, cancel] as const),
      );
      const predicted = await left.matmulAsync(new Matrix(coef, targets, x.cols), { transposeB: true });
      let sum = 0;
      let total = 0;
      for (const [r, i] of test.entries()) {
        const weight = weights?.[i] ?? 1;
        total += weight * targets;
        for (let t = 0; t < targets; t++) {
          sum += weight * (predicted.data[r * targets + t] + intercept[t] - y[i * targets + t]) ** 2;
        }
      }
      mse[a] += total > 0 ? sum / total / count : 0;
    }
  }
  return mse;
}

const copyOf = (value: number | Float64Array) => (typeof value === 'number' ? value : value.slice());

/** Squared errors as a matrix: a row for each training row and target. */
function resultsOf({ errors, tried }: RidgeChoice): Matrix | undefined {
  return errors.length === 0 ? undefined : new Matrix(errors.slice(), errors.length / tried, tried);
}

/**
 * {@link Ridge} with the strength that cross-validation finds best. By default each row is left out by itself, which one
 * eigendecomposition gives for all strengths at once (Rifkin and Lippert 2007, "Notes on Regularized Least Squares").
 *
 * Of several targets, [rows, targets], one strength is chosen by the mean over them, or with `alphaPerTarget` one for each.
 *
 * Differs from scikit-learn: no `scoring` and `gcvMode`; with `cv` the mean squared error decides, not R2.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @throws {ERR_PARAMETER} from `fit`, for `alphaPerTarget` with `cv`
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
    super({ ...DEFAULTS, alphaPerTarget: false, ...params });
  }

  get rules(): Rules<RidgeCVParams> {
    return { ...rules, alphaPerTarget: bool };
  }

  override checkParams(): void {
    super.checkParams();
    const { alphaPerTarget, cv } = this.params;
    if (!alphaPerTarget || cv === null) return;
    const message = 'RidgeCV: alphaPerTarget leaves out row by row, and does not go with cv.';
    throw new ValidationError('ERR_PARAMETER', message);
  }

  get stateRules(): Rules<LinearState & RidgeChoice> {
    return { ...this.linearRules, ...choiceRules };
  }

  protected async fitState(input: FitInput): Promise<LinearState & RidgeChoice> {
    const { data } = fitTargetMatrix(input);
    const choice = await chooseStrength(this, this.params, input, data, input.sampleWeight);
    const { alpha } = choice;
    const fitted = await this.solve(input, typeof alpha === 'number' ? alpha : Array.from(alpha));
    return { ...fitted, ...choice };
  }

  /** The strength chosen; with `alphaPerTarget` and several targets that of each. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): ByTargets<Y, number, number | Float64Array> {
    return copyOf(this.state.alpha) as typeof this.alpha;
  }

  /** Minus the mean squared error of the rows left out, weighted; of each target where `alpha` is. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): ByTargets<Y, number, number | Float64Array> {
    return copyOf(this.state.bestScore) as typeof this.bestScore;
  }

  /** Squared errors of the rows left out, [rows * targets, alphas]; undefined unless kept. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): Matrix | undefined {
    return resultsOf(this.state);
  }
}

/**
 * {@link RidgeClassifier} with the strength that cross-validation finds best, as {@link RidgeCV}.
 *
 * Differs from scikit-learn: as {@link RidgeCV}.
 *
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
    super({ ...DEFAULTS, classWeight: null, ...params });
  }

  get rules(): Rules<RidgeClassifierCVParams> {
    return { ...rules, classWeight };
  }

  get stateRules(): Rules<LinearClassifierState & RidgeChoice> {
    return { ...this.linearRules, ...choiceRules };
  }

  protected async fitState(input: FitInput): Promise<LinearClassifierState & RidgeChoice> {
    const encoded = fitLabels(input);
    const { classes } = encoded;
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'rows');
    const y = ridgeTargets(encoded);
    const choice = await chooseStrength(this, this.params, input, y, weights);
    const { data, rows, cols } = input.x;
    const { coef, intercept } = await native.fitLeastSquares(
      ...([data, rows, cols, y, y.length / rows, weights] as const),
      ...([choice.alpha as number, this.params.fitIntercept, input.cancel] as const),
    );
    return { coef, intercept, classes, ...choice };
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha as number;
  }

  /** Minus the mean squared error of the rows left out, weighted. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): number {
    return this.state.bestScore as number;
  }

  /** Squared errors of the rows left out, [rows * outputs, alphas]; undefined unless kept. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): Matrix | undefined {
    return resultsOf(this.state);
  }
}
