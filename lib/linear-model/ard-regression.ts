/** Linear regression that learns from the data which columns matter. */

import { type AxisForm, formMatrix, lowerForm } from '../core/axis-form.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import { checkLength, float64s, int32s, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import {
  type BayesianParams,
  BayesianRegressor,
  type BayesianState,
  bayesianDefaults,
  bayesianRules,
} from './bayesian-regressor.js';

/** Parameters of {@link ARDRegression}. */
export interface ARDRegressionParams extends BayesianParams {
  /** Stop when the coefficients together change by less, >= 0. Default 1e-3. */
  tol: number;
  /** Columns whose precision reaches this leave the model: their coefficient is 0. Default 1e4. */
  thresholdLambda: number;
}

/** Learned by {@link ARDRegression}. */
export interface ARDRegressionState extends BayesianState {
  /** [columns] Precision of each coefficient. */
  readonly lambda: Float64Array;
  /** The columns that are left, ascending. */
  readonly kept: Int32Array;
  /** [kept, kept] At right angles, of length 1. */
  readonly axes: Float64Array;
  /** [kept] The deviation of the coefficients along them. */
  readonly scales: Float64Array;
}

/** What the coefficients of the columns that are left may be, given both precisions. */
interface Posterior extends AxisForm {
  readonly logDeterminant: number;
}

/**
 * Automatic relevance determination (MacKay 1994; Tipping 2001, "Sparse Bayesian learning and the relevance vector machine"): as
 * {@link BayesianRidge}, with a precision for each coefficient. Where it grows without end the column tells nothing of y and leaves the
 * model, so that the coefficients are sparse.
 *
 * Differs from scikit-learn: `predictWithStd` instead of `return_std`; float64 for float32 rows, too; `converged` says whether
 * `tol` was reached; always solved in the columns, also where rows are fewer. Sample weights are ignored, where its `fit` takes
 * none. As there `tol` and `thresholdLambda` are about coefficients of the columns as they are, so scale these first.
 *
 * @example
 * ```ts
 * import { ARDRegression } from 'boreal';
 * const X = [[0, 1], [1, -1], [2, 1], [3, -1], [4, 1], [5, -1]];
 * const model = await new ARDRegression().fit(X, [0, 1.1, 1.9, 3, 4.1, 4.9]);
 * model.coef[1]; // 0
 * Math.abs(model.coef[0] - 1) < 0.05; // true
 * ```
 */
export class ARDRegression extends BayesianRegressor<ARDRegressionParams, ARDRegressionState> {
  constructor(params: Partial<ARDRegressionParams> = {}) {
    super({ ...bayesianDefaults, tol: 1e-3, thresholdLambda: 1e4, ...params });
  }

  get rules(): Rules<ARDRegressionParams> {
    return { ...bayesianRules, tol: real(0), thresholdLambda: real(0) };
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, ignoresWeights: true };
  }

  get stateRules(): Rules<ARDRegressionState> {
    return {
      ...{ ...this.bayesianRules, lambda: float64s(), kept: int32s() },
      ...{ axes: float64s(), scales: float64s() },
    };
  }

  protected override checkState(state: ARDRegressionState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { lambda, kept, axes, scales } = state;
    checkLength(this, 'lambda', lambda, columns.length);
    checkLength(this, 'scales', scales, kept.length);
    checkLength(this, 'axes', axes, kept.length ** 2);
    if (kept.every((column) => column >= 0 && column < columns.length)) return;
    throw new ValidationError(
      'ERR_PARAMETER',
      `ARDRegression state: 'kept' names a column that is not there.`,
    );
  }

  protected async fitState(input: FitInput): Promise<ARDRegressionState> {
    const { fitIntercept, maxIter, tol, thresholdLambda, computeScore } = this.params;
    const { alpha1, alpha2, lambda1, lambda2 } = this.params;
    const { cancel, signal } = input;
    const { rows, cols } = input.x;
    const target = new Matrix(fitTargets(input), rows, 1);
    const offset = fitIntercept ? (await rangesOf(input.x, cancel)).mean : new Float64Array(cols);
    const wide = await input.x.astypeAsync('float64', { signal });
    const x = fitIntercept ? await wide.subAsync(new Matrix(offset, 1, cols), { signal }) : wide;
    const mean = fitIntercept ? target.mean() : 0;
    const y = target.sub(mean);
    const gram = await x.matmulAsync(x, { transposeA: true, signal });
    const product = (await x.matmulAsync(y, { transposeA: true, signal })).data;
    const progress = reportProgress(input, this);

    let alpha = 1 / (target.variance() + Number.EPSILON);
    const lambda = new Float64Array(cols).fill(1);
    const coef = new Float64Array(cols);
    const scores: number[] = [];
    let kept = Int32Array.from(coef.keys());
    let last: Float64Array | null = null;
    let iterations = 0;
    let converged = false;
    const update = async () => {
      const posterior = await posteriorOf(gram, alpha, lambda, kept, signal);
      solve(posterior, product, alpha, kept, coef);
      return posterior;
    };
    while (iterations < maxIter && !converged) {
      progress?.(iterations, maxIter);
      iterations++;
      const posterior = await update();
      const fitted = await x.matmulAsync(new Matrix(coef, cols, 1), { signal });
      const sse = y.sub(fitted).square().sum();
      const variances = formDiagonal(posterior);
      let decided = 0;
      kept.forEach((column, k) => {
        const gamma = 1 - lambda[column] * variances[k];
        decided += gamma;
        lambda[column] = (gamma + 2 * lambda1) / (coef[column] ** 2 + 2 * lambda2);
      });
      alpha = (rows - decided + 2 * alpha1) / (sse + 2 * alpha2);
      coef.forEach((_, j) => {
        if (!(lambda[j] < thresholdLambda)) coef[j] = 0;
      });
      kept = Int32Array.from(coef.keys()).filter((j) => lambda[j] < thresholdLambda);
      if (computeScore) {
        const logs = lambda.reduce((sum, value) => sum + Math.log(value), 0);
        const total = lambda.reduce((sum, value) => sum + value, 0);
        const squares = lambda.reduce((sum, value, j) => sum + value * coef[j] ** 2, 0);
        const priors = lambda1 * logs - lambda2 * total + alpha1 * Math.log(alpha) - alpha2 * alpha;
        const fit = posterior.logDeterminant + rows * Math.log(alpha) + logs - alpha * sse - squares;
        scores.push(priors + 0.5 * fit);
      }
      const before = last ?? coef.map(() => Infinity);
      const change = coef.reduce((sum, c, j) => sum + Math.abs(c - before[j]), 0);
      // Without a column nothing can change any more.
      converged = change < tol || kept.length === 0;
      last = coef.slice();
    }
    const { axes, scales } = await update();
    progress?.(maxIter, maxIter);
    const intercept = coef.reduce((sum, c, j) => sum - c * offset[j], mean);
    if (![alpha, intercept, ...coef].every(Number.isFinite)) {
      const message = 'ARDRegression: the estimates are no numbers; scale X and y.';
      throw new ValidationError('ERR_INPUT_INFINITE', message);
    }
    return {
      ...{ coef, intercept: Float64Array.of(intercept), iterations, converged },
      ...{ offset, alpha, lambda, kept, axes, scales, scores: Float64Array.from(scores) },
    };
  }

  /** The estimated precision of each coefficient, [columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get lambda(): Float64Array {
    return this.state.lambda.slice();
  }

  /** Covariance of the coefficients that are left, [kept, kept]. @throws {ERR_NOT_FITTED} before `fit` */
  get sigma(): Matrix<Float64Array> {
    return formMatrix({ ...this.state, otherwise: 0 }, this.state.kept.length);
  }

  protected lowerSpread(plan: PlanBuilder, x: Slot): Slot | null {
    const { kept, axes, scales } = this.state;
    if (kept.length === 0) return null;
    const left = plan.gather(this.lowerCentred(plan, x), Array.from(kept));
    return lowerForm(plan, left, { axes, scales, otherwise: 0 });
  }
}

/** By the eigenvectors of its inverse, diag(lambda) + alpha X'X; directions that rounding cannot tell from 0 have no variance. */
async function posteriorOf(
  gram: Matrix<Float64Array>,
  alpha: number,
  lambda: Float64Array,
  kept: Int32Array,
  signal: AbortSignal | undefined,
): Promise<Posterior> {
  const count = kept.length;
  if (count === 0) {
    const none = new Float64Array(0);
    return { axes: none, scales: none, otherwise: 0, logDeterminant: 0 };
  }
  const inverse = gram.takeRows(kept).columns(kept).mul(alpha);
  kept.forEach((column, k) => {
    inverse.data[k * (count + 1)] += lambda[column];
  });
  const { values, vectors } = await inverse.eighAsync({ signal });
  const least = count * Number.EPSILON * Math.max(...values.map(Math.abs));
  return {
    axes: vectors.transpose().data,
    scales: values.map((value) => (value > least ? 1 / Math.sqrt(value) : 0)),
    otherwise: 0,
    logDeterminant: values.reduce((sum, value) => sum - (value > least ? Math.log(value) : 0), 0),
  };
}

/** coef = alpha covariance X'y, of the columns that are left. */
function solve(
  { axes, scales }: AxisForm,
  product: Float64Array,
  alpha: number,
  kept: Int32Array,
  coef: Float64Array,
): void {
  const count = kept.length;
  for (const column of kept) coef[column] = 0;
  for (let k = 0; k < count; k++) {
    let along = 0;
    for (let j = 0; j < count; j++) along += axes[k * count + j] * product[kept[j]];
    along *= alpha * scales[k] ** 2;
    for (let j = 0; j < count; j++) coef[kept[j]] += along * axes[k * count + j];
  }
}

/** The diagonal of a form of as many axes as columns. */
function formDiagonal({ axes, scales }: AxisForm): Float64Array {
  const count = scales.length;
  const diagonal = new Float64Array(count);
  scales.forEach((scale, k) => {
    for (let j = 0; j < count; j++) diagonal[j] += (scale * axes[k * count + j]) ** 2;
  });
  return diagonal;
}
