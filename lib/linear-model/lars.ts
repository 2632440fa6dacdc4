/** Linear models along the path of least angle regression. */
import { pause } from '../core/cancellation.js';
import { type FitInput, fitTargetMatrix, reportProgress } from '../core/fit-input.js';
import { type FloatArray, Matrix } from '../core/matrix.js';
import {
  absent,
  bool,
  checkLength,
  either,
  float64s,
  int,
  int32s,
  nothing,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';
import type { ByTargets } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import { interceptOf, productsOf } from './correlations.js';
import { isSummedInPlace } from './gram.js';
import { type LarsPath, type LarsSpec, larsPath } from './lars-path.js';
import { makesProducts, type Precompute, precomputeRule } from './precompute.js';
import {
  type OneTarget,
  StepwiseRegressor,
  type StepwiseState,
  stateOfTargets,
} from './stepwise-regressor.js';

/** What all of these take. */
export interface LarsBaseParams {
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** The least diagonal element of the factor of the Gram matrix, >= 0; more keeps dependent columns apart. Default 2^-52. */
  eps: number;
  /**
   * Whether to make products of all columns at once, or of those that are asked for one after the other; 'auto': with more rows than columns. Or these
   * products, X'X [columns, columns], of X less its means with `fitIntercept` (X that is not has them made anew). Default 'auto'.
   */
  precompute: Precompute;
}

/** What those take that choose no strength. */
export interface WholePathParams extends LarsBaseParams {
  /** Keep the coefficients of the whole path: `coefPath`. Without, many targets take less memory. Default true. */
  fitPath: boolean;
  /** Adds a uniform draw in [0, jitter) to the targets of each row, so that columns join one at a time; null: none. Default null. */
  jitter: number | null;
  /** Seed of `jitter`; null: another one each time. Default null. */
  randomState: number | null;
}

/** Parameters of {@link Lars}. */
export interface LarsParams extends WholePathParams {
  /** Coefficients that are not 0, at most: steps of the path. Default 500. */
  nNonzeroCoefs: number;
}

/** Parameters of {@link LassoLars}. */
export interface LassoLarsParams extends WholePathParams {
  /** Strength of the L1 penalty, >= 0, as of {@link Lasso}. Default 1. */
  alpha: number;
  /** Steps of the path, at most. Default 500. */
  maxIter: number;
  /** Keep coefficients from falling below 0. Default false. */
  positive: boolean;
}

/** Learned by models of a path; of several targets the lists of one come after those of another. */
export interface LarsState extends StepwiseState {
  /** Strengths at which a column joins or leaves, descending. */
  readonly alphas: Float64Array;
  /** The columns that are in at the end, in the order in which they came. */
  readonly active: Int32Array;
  /** Coefficients at each strength, [alphas, columns]; empty unless kept. */
  readonly path: Float64Array;
  /** Of several targets: where the strengths of each end. */
  readonly alphaEnds?: Int32Array;
  /** Of several targets: where the columns of each end. */
  readonly activeEnds?: Int32Array;
}

export const larsRules: Rules<LarsBaseParams> = {
  ...{ fitIntercept: bool, eps: real(0), precompute: precomputeRule },
};
export const larsDefaults: LarsBaseParams = {
  ...{ fitIntercept: true, eps: Number.EPSILON, precompute: 'auto' },
};

const ends = either(int32s(), absent);

/** Base of models of a path. */
export abstract class PathRegressor<
  P extends LarsBaseParams,
  S extends LarsState = LarsState,
  Y extends FloatArray | Matrix = FloatArray,
> extends StepwiseRegressor<P, S, Y> {
  protected get pathRules(): Rules<LarsState> {
    return {
      ...this.stepwiseRules,
      ...{ alphas: float64s(), active: int32s(), path: float64s(), alphaEnds: ends, activeEnds: ends },
    };
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { intercept, alphas, active, path } = state;
    if (path.length > 0) checkLength(this, 'path', path, alphas.length * columns.length);
    for (const [name, of, list] of [
      ['alphaEnds', endsOf(alphas, state.alphaEnds), alphas],
      ['activeEnds', endsOf(active, state.activeEnds), active],
    ] as const) {
      checkLength(this, name, of, intercept.length);
      if (of.some((end, t) => end < (of[t - 1] ?? 0)) || of[of.length - 1] !== list.length)
        throw this.#unfit(`'${name}' does not end where the lists do`);
    }
    if (active.some((column) => column < 0 || column >= columns.length))
      throw this.#unfit("'active' names a column that is not there");
  }

  #unfit(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `${this.constructor.name} state: ${why}.`);
  }

  /** The path of each target, and the model that is wanted of it: by default the last. */
  protected async along(
    input: FitInput,
    spec: Omit<LarsSpec, 'eps'>,
    choose: (path: LarsPath) => Promise<number> = async ({ alphas }) => alphas.length - 1,
    y: Matrix<Float64Array> = fitTargetMatrix(input),
    keepsPath = true,
  ): Promise<LarsState> {
    const { eps } = this.params;
    const { signal } = input;
    const targets = await productsOf(this, input, y, this.params);
    const most = Math.min(spec.maxIter, input.x.cols);
    const progress = reportProgress(input, this);
    const [found, paths]: [OneTarget[], LarsPath[]] = [[], []];
    for (const [t, products] of targets.entries()) {
      const report = (steps: number) => progress?.(t * most + Math.min(steps, most), targets.length * most);
      const path = await larsPath(products.correlations, { ...spec, eps }, async (steps) => {
        await pause(signal);
        report(steps);
      });
      report(most);
      const coef = path.coefs[await choose(path)];
      const intercept = interceptOf(products, coef);
      found.push({ coef, intercept, iterations: path.iterations, converged: !path.isCut });
      paths.push(keepsPath ? path : { ...path, coefs: [] });
    }
    return { ...stateOfTargets(found), ...joined(paths, input.x.cols) };
  }

  /** Strengths at which a column joins or leaves, descending: the largest correlation that is left, over the rows; of several targets a list for each. @throws {ERR_NOT_FITTED} before `fit` */
  get alphas(): ByTargets<Y, Float64Array, Float64Array[]> {
    const { alphas, alphaEnds } = this.state;
    return onePerTarget(parts(alphas, alphaEnds)) as typeof this.alphas;
  }

  /** The columns that are in at the end, in the order in which they came; of several targets a list for each. @throws {ERR_NOT_FITTED} before `fit` */
  get active(): ByTargets<Y, Int32Array, Int32Array[]> {
    const { active, activeEnds } = this.state;
    return onePerTarget(parts(active, activeEnds)) as typeof this.active;
  }

  /** Coefficients at each of `alphas`, [alphas, columns], linear between them; of several targets a matrix for each. @throws {ERR_NOT_FITTED} before `fit`, {ERR_NOT_SUPPORTED} without `fitPath` */
  get coefPath(): ByTargets<Y, Matrix<Float64Array>, Array<Matrix<Float64Array>>> {
    const { path, alphas, alphaEnds } = this.state;
    if (path.length === 0) {
      const message = `${this.constructor.name} was fitted without fitPath, and has no coefPath.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const cols = this.nFeaturesIn;
    const pathEnds = endsOf(alphas, alphaEnds).map((end) => end * cols);
    const paths = parts(path, pathEnds).map((own) => new Matrix(own, own.length / cols, cols));
    return onePerTarget(paths) as typeof this.coefPath;
  }
}

/** Where the lists of each target end; without ends there is one. */
const endsOf = (list: ArrayLike<number>, given: Int32Array | undefined) =>
  given ?? Int32Array.of(list.length);

/** The lists of each target, copied. */
function parts<L extends Float64Array | Int32Array>(list: L, given: Int32Array | undefined): L[] {
  return Array.from(
    endsOf(list, given),
    (end, t) => list.slice(t === 0 ? 0 : (given as Int32Array)[t - 1], end) as L,
  );
}

const onePerTarget = <T>(values: T[]): T | T[] => (values.length === 1 ? values[0] : values);

/** The paths of all targets as they are kept. */
function joined(
  paths: readonly LarsPath[],
  cols: number,
): Pick<LarsState, 'alphas' | 'active' | 'path' | 'alphaEnds' | 'activeEnds'> {
  const alphas = Float64Array.from(paths.flatMap((path) => path.alphas));
  const active = Int32Array.from(paths.flatMap((path) => path.active));
  const path = new Float64Array(paths.reduce((sum, { coefs }) => sum + coefs.length * cols, 0));
  let at = 0;
  for (const { coefs } of paths) {
    for (const coef of coefs) {
      path.set(coef, at);
      at += cols;
    }
  }
  if (paths.length === 1) return { alphas, active, path };
  const endOf = (lengths: readonly number[]) => {
    let end = 0;
    return Int32Array.from(lengths, (length) => (end += length));
  };
  const alphaEnds = endOf(paths.map((own) => own.alphas.length));
  return { alphas, active, path, alphaEnds, activeEnds: endOf(paths.map((own) => own.active.length)) };
}

const wholePathRules: Rules<WholePathParams> = {
  ...{ ...larsRules, fitPath: bool, jitter: either(real(0), nothing), randomState: seed },
};
const wholePathDefaults: WholePathParams = {
  ...{ ...larsDefaults, fitPath: true, jitter: null, randomState: null },
};

/** Base of models at the end of a path. */
abstract class WholePathRegressor<
  P extends WholePathParams,
  Y extends FloatArray | Matrix,
> extends PathRegressor<P, LarsState, Y> {
  get stateRules(): Rules<LarsState> {
    return this.pathRules;
  }

  protected override learnsInPlace(x: Matrix): boolean {
    return makesProducts(this.params.precompute) && isSummedInPlace(x);
  }

  protected toEnd(input: FitInput, spec: Omit<LarsSpec, 'eps'>): Promise<LarsState> {
    const { fitPath, jitter, randomState } = this.params;
    const y = fitTargetMatrix(input);
    return this.along(input, spec, undefined, jitter === null ? y : shaken(y, jitter, randomState), fitPath);
  }
}

/** Targets with a draw for each row. */
function shaken(y: Matrix<Float64Array>, jitter: number, randomState: number | null): Matrix<Float64Array> {
  const random = new Random(resolveSeed(randomState));
  const draws = Float64Array.from({ length: y.rows }, () => jitter * random.next());
  return new Matrix(
    y.data.map((value, k) => value + draws[Math.floor(k / y.cols)]),
    y.rows,
    y.cols,
  );
}

/**
 * Least angle regression (Efron, Hastie, Johnstone and Tibshirani 2004): from coefficients of 0, moves those of the columns that go with the
 * residual most, all at the same angle to it, until another column does as much; with as many steps as columns it ends at least squares.
 *
 * Of several targets, [rows, targets], each has a path of its own; `coef` is a matrix, [targets, columns].
 *
 * Differs from scikit-learn: sample weights are ignored, where its `fit` takes none; `coefPath` is [alphas, columns]; no
 * `verbose`; `alphas` and `active` without `fitPath`, too; draws of `jitter` by a stream of our own; a coefficient that crosses 0 goes on, where scikit-learn turns its sign for the next step; columns that depend on
 * those that are in are passed over without a warning.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { Lars, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new Lars({ nNonzeroCoefs: 3 }).fit(data, target);
 * model.active; // Int32Array [2, 8, 3]
 * ```
 */
export class Lars<Y extends FloatArray | Matrix = FloatArray> extends WholePathRegressor<LarsParams, Y> {
  constructor(params: Partial<LarsParams> = {}) {
    super({ ...wholePathDefaults, nNonzeroCoefs: 500, ...params });
  }

  get rules(): Rules<LarsParams> {
    return { ...wholePathRules, nNonzeroCoefs: int(1, 0x7fff_ffff) };
  }

  protected async fitState(input: FitInput): Promise<LarsState> {
    const { nNonzeroCoefs: maxIter } = this.params;
    const state = await this.toEnd(input, { lasso: false, positive: false, alphaMin: 0, maxIter });
    // As many steps as were asked for are no early end.
    return { ...state, converged: true };
  }
}

/**
 * The lasso by least angle regression, in which columns whose coefficient reaches 0 leave: the exact solution for every strength from the
 * largest down to `alpha`, between which it is linear. The objective is that of {@link Lasso}.
 *
 * Of several targets, [rows, targets], each has a path of its own; `coef` is a matrix, [targets, columns].
 *
 * Differs from scikit-learn: sample weights are ignored, where its `fit` takes none; `coefPath` is [alphas, columns]; no
 * `verbose`; `alphas` and `active` without `fitPath`, too; draws of `jitter` by a stream of our own.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { LassoLars, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new LassoLars({ alpha: 0.5 }).fit(data, target);
 * model.coef.filter((c) => c !== 0).length; // 4
 * ```
 */
export class LassoLars<Y extends FloatArray | Matrix = FloatArray> extends WholePathRegressor<
  LassoLarsParams,
  Y
> {
  constructor(params: Partial<LassoLarsParams> = {}) {
    super({ ...wholePathDefaults, alpha: 1, maxIter: 500, positive: false, ...params });
  }

  get rules(): Rules<LassoLarsParams> {
    return { ...wholePathRules, alpha: real(0), maxIter: int(1, 0x7fff_ffff), positive: bool };
  }

  protected fitState(input: FitInput): Promise<LarsState> {
    const { alpha: alphaMin, maxIter, positive } = this.params;
    return this.toEnd(input, { lasso: true, positive, alphaMin, maxIter });
  }
}
