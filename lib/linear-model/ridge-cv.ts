/** Ridge regression and classification whose penalty is chosen by cross-validation. */
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import { bool, classWeight, custom, float64s, int, type Rule, type Rules, real } from '../core/params.js';
import { native } from '../native.js';
import { type Folds, foldOfRows, optionalFoldsRule } from './folds.js';
import { LinearRegressor, type LinearState } from './least-squares.js';
import { LinearClassifier, type LinearClassifierState } from './linear-classifier.js';
import { ridgeTargets, rowsOf } from './ridge-classifier.js';

/** Parameters of {@link RidgeCV}. */
export interface RidgeCVParams {
  /** Strengths to choose from, > 0. Default [0.1, 1, 10]. */
  alphas: readonly number[];
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Number of folds, or the fold of each row; null: each row is left out by itself, at the cost of one fit. Default null. */
  cv: Folds | null;
  /** Keep the squared error of each row: `cvResults`; not with `cv`. Default false. */
  storeCvResults: boolean;
}

/** Parameters of {@link RidgeClassifierCV}. */
export interface RidgeClassifierCVParams extends RidgeCVParams {
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}

/** What the choice of a strength leaves behind. */
export interface RidgeChoice {
  readonly alpha: number;
  /** Minus the mean squared error of rows left out. */
  readonly bestScore: number;
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
const rules: Rules<RidgeCVParams> = {
  alphas: strengths,
  fitIntercept: bool,
  cv: optionalFoldsRule,
  storeCvResults: bool,
};
const choiceRules: Rules<RidgeChoice> = {
  alpha: real(0),
  bestScore: real(),
  errors: float64s(),
  tried: int(1),
};

/** The strength with the least squared error of rows left out, summed over targets [rows, targets]. */
async function chooseStrength(
  owner: object,
  params: RidgeCVParams,
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
  let best = 0;
  for (let a = 1; a < alphas.length; a++) if (mse[a] < mse[best]) best = a;
  return { alpha: alphas[best], bestScore: -mse[best], errors, tried: alphas.length };
}

/** Mean over folds of the mean squared error of their rows, for each strength. */
async function foldErrors(
  { alphas, fitIntercept }: RidgeCVParams,
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

/** Squared errors as a matrix: a row for each training row and target. */
function resultsOf({ errors, tried }: RidgeChoice): Matrix | undefined {
  return errors.length === 0 ? undefined : new Matrix(errors.slice(), errors.length / tried, tried);
}

/**
 * {@link Ridge} with the strength that cross-validation finds best. By default each row is left out by itself, which one
 * eigendecomposition gives for all strengths at once (Rifkin and Lippert 2007, "Notes on Regularized Least Squares").
 *
 * Differs from scikit-learn: one target; no `scoring`, `gcvMode` and `alphaPerTarget`; with `cv` the mean squared error decides, not
 * R2.
 *
 * @example
 * ```ts
 * import { RidgeCV } from 'boreal';
 * const model = await new RidgeCV({ alphas: [0.01, 100] }).fit([[0], [1], [2], [3]], [0, 1, 2, 3]);
 * model.alpha; // 0.01
 * ```
 */
export class RidgeCV extends LinearRegressor<RidgeCVParams, LinearState & RidgeChoice> {
  constructor(params: Partial<RidgeCVParams> = {}) {
    super({ alphas: [0.1, 1, 10], fitIntercept: true, cv: null, storeCvResults: false, ...params });
  }

  get rules(): Rules<RidgeCVParams> {
    return rules;
  }

  get stateRules(): Rules<LinearState & RidgeChoice> {
    return { ...this.linearRules, ...choiceRules };
  }

  protected async fitState(input: FitInput): Promise<LinearState & RidgeChoice> {
    const choice = await chooseStrength(this, this.params, input, fitTargets(input), input.sampleWeight);
    return { ...(await this.solve(input, choice.alpha)), ...choice };
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** Minus the mean squared error of the rows left out, weighted. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): number {
    return this.state.bestScore;
  }

  /** Squared errors of the rows left out, [rows, alphas]; undefined unless kept. @throws {ERR_NOT_FITTED} before `fit` */
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
    super({
      ...{ alphas: [0.1, 1, 10], fitIntercept: true, cv: null, storeCvResults: false, classWeight: null },
      ...params,
    });
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
      ...([choice.alpha, this.params.fitIntercept, input.cancel] as const),
    );
    return { coef, intercept, classes, ...choice };
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** Minus the mean squared error of the rows left out, weighted. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): number {
    return this.state.bestScore;
  }

  /** Squared errors of the rows left out, [rows * outputs, alphas]; undefined unless kept. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): Matrix | undefined {
    return resultsOf(this.state);
  }
}
