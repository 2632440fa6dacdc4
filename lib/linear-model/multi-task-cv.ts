/** Lasso and elastic net of several targets whose penalty is chosen by cross-validation. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargetMatrix, reportProgress, takeSharedRows } from '../core/fit-input.js';
import type { Fold } from '../core/k-fold.js';
import { type FloatArray, Matrix } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { dealFolds, weightsOf } from './folds.js';
import {
  type MultiTaskDescentParams,
  MultiTaskRegressor,
  type MultiTaskState,
  multiTaskDefaults,
  multiTaskPath,
  multiTaskRules,
} from './multi-task.js';
import {
  alphasOf,
  checkPathChoice,
  chooseOfPaths,
  msePathOf,
  type PathChoice,
  type PathChoiceParams,
  pathChoiceDefaults,
  pathChoiceRules,
  pathChoiceStateRules,
  ratiosRule,
} from './path-choice.js';

/** Parameters of {@link MultiTaskLassoCV}. */
export interface MultiTaskLassoCVParams extends MultiTaskDescentParams, PathChoiceParams {}

/** Parameters of {@link MultiTaskElasticNetCV}. */
export interface MultiTaskElasticNetCVParams extends MultiTaskLassoCVParams {
  /** The part of the penalty that leaves columns out, or several to choose from; 0 only with given `alphas`. Default 0.5. */
  l1Ratio: number | readonly number[];
}

/** Learned by {@link MultiTaskLassoCV} and {@link MultiTaskElasticNetCV}. */
export interface MultiTaskCVState extends MultiTaskState, PathChoice {}

/** numpy's resolution of float64: the grid of targets that do not vary. */
const LEAST_ALPHA = 1e-15;

/** As many are made at a time: 8 MiB. */
const MAX_PREDICTIONS = 1 << 20;

/** Base of {@link MultiTaskLassoCV} and {@link MultiTaskElasticNetCV}. */
export abstract class MultiTaskPathCV<
  P extends MultiTaskLassoCVParams,
  Y extends FloatArray | Matrix,
> extends MultiTaskRegressor<P, MultiTaskCVState, Y> {
  /** The shares of the first part of the penalty to choose from. */
  protected abstract get ratios(): readonly number[];

  override get tags(): EstimatorTags {
    return { ...super.tags, takesGroups: true };
  }

  get stateRules(): Rules<MultiTaskCVState> {
    return { ...this.multiTaskRules, ...pathChoiceStateRules };
  }

  protected override checkState(state: MultiTaskCVState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkPathChoice(this, state);
  }

  protected async fitState(input: FitInput): Promise<MultiTaskCVState> {
    const y = fitTargetMatrix(input);
    const { ratios } = this;
    const folds = dealFolds(this, this.params.cv, input);
    const count = folds.length;
    const grids = await this.#grids(input, y);
    const alphas = Float64Array.from(grids.flatMap((grid) => Array.from(grid)));
    const mse = new Float64Array(alphas.length * count);
    const progress = reportProgress(input, this);
    for (const [fold, rows] of folds.entries()) {
      const split = splitOf(input, y, rows);
      for (const [r, grid] of grids.entries()) {
        const errors = await foldErrors(this.params, split, grid, ratios[r], input.signal);
        errors.forEach((error, a) => {
          mse[(r * grid.length + a) * count + fold] = error;
        });
        progress?.(fold * grids.length + r + 1, count * grids.length);
      }
    }
    const choice = chooseOfPaths(ratios, alphas, mse, count);
    return { ...(await this.solve(input, y, [choice.alpha, choice.l1Ratio])), ...choice };
  }

  /** The strengths to try for each ratio, descending. */
  async #grids(input: FitInput, y: Matrix<Float64Array>): Promise<Float64Array[]> {
    const { alphas, eps } = this.params;
    if (typeof alphas !== 'number') {
      const given = Float64Array.from(alphas).sort().reverse();
      return this.ratios.map(() => given);
    }
    const none = { alphas: new Float64Array(0), l1Ratio: 1 };
    const { largest } = await multiTaskPath(input, y, this.params, none);
    return this.ratios.map((ratio) => {
      const first = largest / ratio;
      return Float64Array.from({ length: alphas }, (_, a) => {
        if (first <= LEAST_ALPHA) return LEAST_ALPHA;
        return first * eps ** (alphas === 1 ? 0 : a / (alphas - 1));
      });
    });
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The strengths tried, descending, [ratios, alphas]. @throws {ERR_NOT_FITTED} before `fit` */
  get alphas(): Matrix {
    return alphasOf(this.state);
  }

  /** Mean squared errors of the rows left out, [ratios * alphas, folds]. @throws {ERR_NOT_FITTED} before `fit` */
  get msePath(): Matrix {
    return msePathOf(this.state);
  }
}

/** The rows of a fold, and all others. */
interface Split {
  readonly train: Pick<FitInput, 'x' | 'sampleWeight' | 'cancel'>;
  readonly y: Matrix<Float64Array>;
  readonly left: {
    readonly x: Matrix;
    readonly y: Matrix<Float64Array>;
    readonly weights: Float64Array | null;
  };
}

function splitOf(
  { x, sampleWeight, cancel }: FitInput,
  y: Matrix<Float64Array>,
  { train, test }: Fold,
): Split {
  return {
    train: { x: takeSharedRows(x, train), sampleWeight: weightsOf(sampleWeight, train), cancel },
    y: y.takeRows(train) as Matrix<Float64Array>,
    left: {
      x: x.takeRows(test).astype('float64'),
      y: y.takeRows(test) as Matrix<Float64Array>,
      weights: weightsOf(sampleWeight, test),
    },
  };
}

/** Mean squared errors of the rows of a fold over all targets, for each strength. */
async function foldErrors(
  params: MultiTaskDescentParams,
  { train, y, left }: Split,
  alphas: Float64Array,
  l1Ratio: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const { coef, intercept } = await multiTaskPath(train, y, params, { alphas, l1Ratio });
  const { x, y: truth, weights } = left;
  const models = new Matrix(coef, intercept.length, x.cols);
  const sums = new Float64Array(alphas.length);
  const block = Math.max(1, Math.floor(MAX_PREDICTIONS / models.rows));
  for (let first = 0; first < x.rows; first += block) {
    const rows = x.slice(first, Math.min(first + block, x.rows));
    const said = await rows.matmulAsync(models, { transposeB: true, signal });
    for (let r = 0; r < rows.rows; r++) {
      const weight = weights?.[first + r] ?? 1;
      for (let k = 0; k < models.rows; k++) {
        const known = truth.data[(first + r) * y.cols + (k % y.cols)];
        const error = said.data[r * models.rows + k] + intercept[k] - known;
        sums[Math.floor(k / y.cols)] += weight * error * error;
      }
    }
  }
  const total = weights === null ? x.rows : weights.reduce((sum, weight) => sum + weight, 0);
  return sums.map((sum) => sum / (total * y.cols));
}

/**
 * {@link MultiTaskLasso} with the strength that cross-validation finds best: the mean squared error over folds and targets decides, and
 * the model is then fitted on all rows.
 *
 * Differs from scikit-learn: as {@link MultiTaskLasso}; `alphas` and `msePath` are matrices.
 *
 * @typeParam Y - what `predict` gives: `FloatArray` of one target
 * @example
 * ```ts
 * import { MultiTaskLassoCV } from 'boreal';
 * const X = [[0, 1], [1, 0], [2, 1], [3, 0], [4, 1], [5, 0]];
 * const model = await new MultiTaskLassoCV({ cv: 3 }).fit(X, X.map(([x]) => [x, 2 * x]));
 * model.alpha < 0.1; // true
 * ```
 */
export class MultiTaskLassoCV<Y extends FloatArray | Matrix = Matrix> extends MultiTaskPathCV<
  MultiTaskLassoCVParams,
  Y
> {
  constructor(params: Partial<MultiTaskLassoCVParams> = {}) {
    super({ ...pathChoiceDefaults, ...multiTaskDefaults, ...params });
  }

  get rules(): Rules<MultiTaskLassoCVParams> {
    return { ...pathChoiceRules, ...multiTaskRules };
  }

  protected get ratios(): readonly number[] {
    return [1];
  }
}

/**
 * {@link MultiTaskElasticNet} with the strength, and the ratio among those given, that cross-validation finds best. See
 * {@link MultiTaskLassoCV}.
 *
 * Differs from scikit-learn: as {@link MultiTaskLassoCV}.
 *
 * @typeParam Y - what `predict` gives: `FloatArray` of one target
 * @throws {ERR_PARAMETER} for `l1Ratio: 0` without given `alphas`
 * @example
 * ```ts
 * import { MultiTaskElasticNetCV } from 'boreal';
 * const X = [[0, 1], [1, 0], [2, 1], [3, 0], [4, 1], [5, 0]];
 * const model = await new MultiTaskElasticNetCV({ l1Ratio: [0.5, 0.9], cv: 3 }).fit(X, X.map(([x]) => [x, 2 * x]));
 * model.l1Ratio; // 0.9
 * ```
 */
export class MultiTaskElasticNetCV<Y extends FloatArray | Matrix = Matrix> extends MultiTaskPathCV<
  MultiTaskElasticNetCVParams,
  Y
> {
  constructor(params: Partial<MultiTaskElasticNetCVParams> = {}) {
    super({ l1Ratio: 0.5, ...pathChoiceDefaults, ...multiTaskDefaults, ...params });
  }

  get rules(): Rules<MultiTaskElasticNetCVParams> {
    return { l1Ratio: ratiosRule(this.params), ...pathChoiceRules, ...multiTaskRules };
  }

  protected get ratios(): readonly number[] {
    const { l1Ratio } = this.params;
    return typeof l1Ratio === 'number' ? [l1Ratio] : l1Ratio;
  }

  /** The share chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get l1Ratio(): number {
    return this.state.l1Ratio;
  }
}
