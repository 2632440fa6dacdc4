/** What linear regression and ridge share: the fitted state, its attributes and its plan. */
import { type FitInput, fitTargetMatrix, type SparseFitInput, toShared } from '../core/fit-input.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { float64s, int, type Rules } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { descend } from './elastic-net.js';
import { sumsOfCallers } from './gram.js';
import { TargetRegressor, type TargetState, targetRules } from './target-regressor.js';

/** Learned by {@link LinearRegression} and {@link Ridge}. */
export interface LinearState extends TargetState {
  /** Singular values of the centred X, descending; empty for ridge, and of sparse rows. */
  readonly singular: Float64Array;
  readonly rank: number;
}

/** Strength of an L2 penalty: of all targets, or of each. */
export type Strength = number | readonly number[];

/** y = x . coef + intercept, for each target, by least squares. */
export abstract class LinearRegressor<
  P extends { fitIntercept: boolean },
  S extends LinearState = LinearState,
  Y extends FloatArray | Matrix = FloatArray,
> extends TargetRegressor<P, S, Y> {
  /** Rules of what the states share. */
  protected get linearRules(): Rules<LinearState> {
    return { ...targetRules, singular: float64s(), rank: int(0) };
  }

  protected async solve(input: FitInput, strength: Strength): Promise<LinearState> {
    const y = fitTargetMatrix(input);
    checkStrength(this, strength, y.cols);
    return fitDense(input, y, { alphas: [strength].flat(), fitIntercept: this.params.fitIntercept });
  }

  /** By LSQR. @param maxIter - null: ten for each row or column, whichever are fewer */
  protected async solveSparse(
    input: SparseFitInput,
    strength: Strength,
    tol: number,
    maxIter: number | null,
  ): Promise<LinearState> {
    const { fitIntercept } = this.params;
    return byStrength(this, fitTargetMatrix(input), strength, async (y, alpha) => {
      return { ...(await fitSparseRows(input, y, { alpha, fitIntercept, tol, maxIter })), ...UNKNOWN };
    });
  }

  /** With coefficients >= 0. */
  protected solvePositive(
    input: FitInput | SparseFitInput,
    strength: Strength,
    maxIter: number | null,
  ): Promise<LinearState> {
    const { fitIntercept } = this.params;
    return byStrength(this, fitTargetMatrix(input), strength, async (y, alpha) => {
      return { ...(await fitPositive(input, y, { alpha, fitIntercept, maxIter })), ...UNKNOWN };
    });
  }
}

/** Of fits that do not decompose X. */
const UNKNOWN = { singular: new Float64Array(0), rank: 0 };

/** @throws {ERR_PARAMETER} unless there is one strength, or one for each target */
function checkStrength(owner: object, strength: Strength, targets: number): void {
  if (typeof strength === 'number' || strength.length === targets) return;
  const message = `${owner.constructor.name}: alpha has ${strength.length} values for ${targets} targets.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** One fit for all targets of the same strength. @throws {ERR_PARAMETER} as {@link checkStrength} */
async function byStrength(
  owner: object,
  y: Matrix<Float64Array>,
  strength: Strength,
  fit: (y: Matrix<Float64Array>, alpha: number) => Promise<LinearState>,
): Promise<LinearState> {
  if (typeof strength === 'number') return fit(y, strength);
  checkStrength(owner, strength, y.cols);
  const targets = [...strength.keys()];
  const parts: Array<{ own: number[]; fitted: LinearState }> = [];
  for (const alpha of new Set(strength)) {
    const own = targets.filter((t) => strength[t] === alpha);
    parts.push({ own, fitted: await fit(y.columns(own) as Matrix<Float64Array>, alpha) });
  }
  const columns = parts[0].fitted.coef.length / parts[0].own.length;
  const coef = new Float64Array(y.cols * columns);
  const intercept = new Float64Array(y.cols);
  for (const { own, fitted } of parts) {
    for (const [k, t] of own.entries()) {
      coef.set(fitted.coef.subarray(k * columns, (k + 1) * columns), t * columns);
      intercept[t] = fitted.intercept[k];
    }
  }
  return { ...parts[0].fitted, coef, intercept };
}

/** The rows of a fit, and their weights. */
type Weighted<Input extends FitInput | SparseFitInput> = Pick<Input, 'x' | 'sampleWeight' | 'cancel'>;

/**
 * Least squares with an L2 penalty of one strength, or of one for each target. To be called before anything is waited for: the rows may be the
 * caller's.
 */
export async function fitDense(
  input: Weighted<FitInput>,
  y: Matrix<Float64Array>,
  { alphas, fitIntercept }: { readonly alphas: readonly number[]; readonly fitIntercept: boolean },
): Promise<LinearState> {
  const sums = y.cols === 1 ? sumsOfCallers(input, y.data, fitIntercept) : null;
  const found = sums === null ? undefined : native.ridgeOfGram(sums, alphas[0]);
  if (found !== undefined) return { ...found, ...UNKNOWN };
  const { data, rows, cols } = toShared(input.x);
  const { sampleWeight, cancel } = input;
  const strengths = Float64Array.from(alphas);
  return native.fitLeastSquares(
    ...([data, rows, cols, y.data, y.cols, sampleWeight, strengths, fitIntercept, cancel] as const),
  );
}

/** The same of sparse rows, by LSQR. */
export async function fitSparseRows(
  { x, sampleWeight, cancel }: Weighted<SparseFitInput>,
  { data, cols }: Matrix<Float64Array>,
  { alpha, fitIntercept, tol, maxIter }: RidgeSpec & { readonly tol: number },
): Promise<{ coef: Float64Array; intercept: Float64Array }> {
  const spec = { alpha, fitIntercept, tol, maxIter: maxIter ?? 0 };
  const { coef, intercept } = await native.csrLeastSquares(
    ...([...csrArguments(x), data, cols, sampleWeight, spec, cancel] as const),
  );
  return { coef, intercept };
}

interface RidgeSpec {
  readonly alpha: number;
  readonly fitIntercept: boolean;
  readonly maxIter: number | null;
}

const SWEEPS = 10_000;
const NEAR = 1e-12;

/**
 * Least squares with an L2 penalty and coefficients >= 0, target by target: coordinate descent, whose sweeps `maxIter` counts. The
 * elastic net takes means over the rows where ridge takes sums.
 */
export async function fitPositive(
  { x, sampleWeight, cancel }: Weighted<FitInput | SparseFitInput>,
  y: Matrix<Float64Array>,
  { alpha, fitIntercept, maxIter }: RidgeSpec,
): Promise<{ coef: Float64Array; intercept: Float64Array }> {
  const total = sampleWeight?.reduce((sum, weight) => sum + weight, 0) ?? x.rows;
  const spec = {
    ...{ fitIntercept, positive: true, random: false, maxIter: maxIter ?? SWEEPS, tol: NEAR, seed: 0 },
    products: 'auto' as const,
    ...{ alphas: Float64Array.of(alpha / total), l1Ratio: 0 },
  };
  const coef = new Float64Array(y.cols * x.cols);
  const intercept = new Float64Array(y.cols);
  for (let t = 0; t < y.cols; t++) {
    const own = y.columns([t]).data as Float64Array;
    const fitted = await descend(x, own, sampleWeight, spec, cancel);
    coef.set(fitted.coef, t * x.cols);
    intercept[t] = fitted.intercept[0];
  }
  return { coef, intercept };
}
