/** The elastic net of several targets, of which a column takes part in all or in none. */
import { type FitInput, fitTargetMatrix } from '../core/fit-input.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, int, oneOf, type Rules, real, seed } from '../core/params.js';
import { native } from '../native.js';
import { type DescentParams, descentDefaults, descentSpec } from './elastic-net.js';
import { TargetRegressor, type TargetState, targetRules } from './target-regressor.js';

/** Parameters that all models of a penalty over several targets have. */
export type MultiTaskDescentParams = Omit<DescentParams, 'positive'>;

/** Parameters of {@link MultiTaskLasso}. */
export interface MultiTaskLassoParams extends MultiTaskDescentParams {
  /** Strength of the penalty, >= 0. Default 1. */
  alpha: number;
  /** Start a fit from the coefficients of the last one, where there are as many. Default false. */
  warmStart: boolean;
}

/** Parameters of {@link MultiTaskElasticNet}. */
export interface MultiTaskElasticNetParams extends MultiTaskLassoParams {
  /** The part of the penalty that leaves columns out, in [0, 1]; 1 is the lasso. Default 0.5. */
  l1Ratio: number;
}

/** Learned by {@link MultiTaskLasso} and {@link MultiTaskElasticNet}. */
export interface MultiTaskState extends TargetState {
  readonly dualGap: number;
  readonly iterations: number;
  readonly converged: boolean;
}

const { positive: _, ...defaults } = descentDefaults;

/** @internal */
export const multiTaskDefaults: MultiTaskDescentParams = defaults;

/** @internal */
export const multiTaskRules: Rules<MultiTaskDescentParams> = {
  fitIntercept: bool,
  maxIter: int(1, 0xffff_ffff),
  tol: real(0),
  selection: oneOf('cyclic', 'random'),
  randomState: seed,
};

/** What the path of some strengths is, each solution starting from the one before. */
export function multiTaskPath(
  { x, sampleWeight, cancel }: Pick<FitInput, 'x' | 'sampleWeight' | 'cancel'>,
  y: Matrix<Float64Array>,
  params: MultiTaskDescentParams,
  how: { readonly alphas: Float64Array; readonly l1Ratio: number; readonly startCoef?: Float64Array | null },
): ReturnType<typeof native.fitMultiTask> {
  const spec = { ...descentSpec({ ...params, positive: false }), ...how };
  return native.fitMultiTask(x.data, x.rows, x.cols, y.data, y.cols, sampleWeight, spec, cancel);
}

/** Base of elastic nets of several targets. */
export abstract class MultiTaskRegressor<
  P extends MultiTaskDescentParams,
  S extends MultiTaskState,
  Y extends FloatArray | Matrix,
> extends TargetRegressor<P, S, Y> {
  /** Rules of what the states share. */
  protected get multiTaskRules(): Rules<MultiTaskState> {
    return { ...targetRules, dualGap: real(), iterations: int(0), converged: bool };
  }

  /** Sweeps over the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /** Whether the solver stopped by its own rule before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  /** The duality gap at the end: the objective is no further than this above its minimum. @throws {ERR_NOT_FITTED} before `fit` */
  get dualGap(): number {
    return this.state.dualGap;
  }

  protected async solve(
    input: FitInput,
    y: Matrix<Float64Array>,
    [alpha, l1Ratio]: readonly [alpha: number, l1Ratio: number],
    warmStart = false,
  ): Promise<MultiTaskState> {
    const before = warmStart && this.isFitted ? this.state.coef : null;
    const startCoef = before?.length === y.cols * input.x.cols ? before : null;
    const how = { alphas: Float64Array.of(alpha), l1Ratio, startCoef };
    const { coef, intercept, gap, iterations, converged } = await multiTaskPath(input, y, this.params, how);
    return { coef, intercept, dualGap: gap[0], iterations: iterations[0], converged };
  }
}

/**
 * The lasso of several targets, [rows, targets]: minimises |y - x . coef - intercept|^2 / (2 rows) + alpha sum_j |coef_j|, where
 * |coef_j| is the length of the coefficients of column j (Obozinski, Taskar and Jordan 2010): a column takes part in all targets, or in
 * none. Block coordinate descent in float64, of many rows on a QR factorisation. Scale the columns first: the penalty treats them alike.
 * `coef` is a matrix, [targets, columns].
 *
 * Differs from scikit-learn: y of one column is one target, of which `predict` gives a list; a fit that stops at `maxIter` sets
 * `converged` to false, where scikit-learn warns.
 *
 * @typeParam Y - what `predict` gives: `FloatArray` of one target
 * @example
 * ```ts
 * import { MultiTaskLasso } from 'boreal';
 * const y = [[0, 1], [1, 2], [2, 3], [3, 4]];
 * const model = await new MultiTaskLasso({ alpha: 0.1 }).fit([[0, 1], [1, 0], [2, 1], [3, 0]], y);
 * model.coef.columns([1]).toArray(); // [[0], [0]]
 * ```
 */
export class MultiTaskLasso<Y extends FloatArray | Matrix = Matrix> extends MultiTaskRegressor<
  MultiTaskLassoParams,
  MultiTaskState,
  Y
> {
  constructor(params: Partial<MultiTaskLassoParams> = {}) {
    super({ alpha: 1, ...multiTaskDefaults, warmStart: false, ...params });
  }

  get rules(): Rules<MultiTaskLassoParams> {
    return { alpha: real(0), ...multiTaskRules, warmStart: bool };
  }

  get stateRules(): Rules<MultiTaskState> {
    return this.multiTaskRules;
  }

  protected fitState(input: FitInput): Promise<MultiTaskState> {
    const { alpha, warmStart } = this.params;
    return this.solve(input, fitTargetMatrix(input), [alpha, 1], warmStart);
  }
}

/**
 * The elastic net of several targets, [rows, targets]: minimises |y - x . coef - intercept|^2 / (2 rows) +
 * alpha (l1Ratio sum_j |coef_j| + (1 - l1Ratio) |coef|^2 / 2), solved as {@link MultiTaskLasso}.
 *
 * Differs from scikit-learn: as {@link MultiTaskLasso}.
 *
 * @typeParam Y - what `predict` gives: `FloatArray` of one target
 * @example
 * ```ts
 * import { MultiTaskElasticNet } from 'boreal';
 * const model = await new MultiTaskElasticNet({ alpha: 0.1 }).fit([[0], [1], [2]], [[0, 1], [1, 2], [2, 3]]);
 * model.coef.row(0)[0] < 1; // true
 * ```
 */
export class MultiTaskElasticNet<Y extends FloatArray | Matrix = Matrix> extends MultiTaskRegressor<
  MultiTaskElasticNetParams,
  MultiTaskState,
  Y
> {
  constructor(params: Partial<MultiTaskElasticNetParams> = {}) {
    super({ alpha: 1, l1Ratio: 0.5, ...multiTaskDefaults, warmStart: false, ...params });
  }

  get rules(): Rules<MultiTaskElasticNetParams> {
    return { alpha: real(0), l1Ratio: real(0, 1), ...multiTaskRules, warmStart: bool };
  }

  get stateRules(): Rules<MultiTaskState> {
    return this.multiTaskRules;
  }

  protected fitState(input: FitInput): Promise<MultiTaskState> {
    const { alpha, l1Ratio, warmStart } = this.params;
    return this.solve(input, fitTargetMatrix(input), [alpha, l1Ratio], warmStart);
  }
}
