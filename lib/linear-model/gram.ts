/** Sums of products of the columns of X and y: all that many linear models learn from. */
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { isReadInPlace } from '../core/linalg/memory.js';
import { Matrix } from '../core/matrix.js';
import { type GramProblem, native } from '../native.js';

const FEW_COLUMNS = 32;

/** Whether the sums take about as long as a copy of the caller's rows, so that a fit can do without one: see `learnsInPlace`. */
export function isSummedInPlace({ data, rows, cols }: Matrix): boolean {
  return cols <= FEW_COLUMNS && rows > cols && !isReadInPlace(data);
}

/**
 * The sums of a fit that got the caller's rows where they lie, while the caller waits: before it waits for anything. Null for any other fit, which
 * has rows of its own, weights, or sparse rows.
 */
export function sumsOfCallers(
  { x, sampleWeight }: Pick<FitInput | SparseFitInput, 'x' | 'sampleWeight'>,
  y: Float64Array,
  fitIntercept: boolean,
): GramProblem | null {
  if (!(x instanceof Matrix) || isReadInPlace(x.data) || sampleWeight !== null) return null;
  return native.gramProblemSync(x.data, x.rows, x.cols, y, fitIntercept);
}

/** The sums of dense rows without weights: at once of rows that are the caller's own, on the pool of rows that are private to the fit. */
export function sumsOf(
  { x, cancel }: Pick<FitInput, 'x' | 'cancel'>,
  y: Float64Array,
  fitIntercept: boolean,
): GramProblem | Promise<GramProblem> {
  const own = sumsOfCallers({ x, sampleWeight: null }, y, fitIntercept);
  return own ?? native.gramProblem(x.data, x.rows, x.cols, y, fitIntercept, cancel);
}

/** As kNormalRows of native/train/least_squares.cc. */
const ROWS_A_COLUMN = 64;

/** Whether ridge tries sums of products first, of private rows, too: then the solution is the same, wherever the rows lie. */
export function isRidgeSummedInPlace(x: Matrix, alpha: number): boolean {
  return alpha > 0 && x.rows >= ROWS_A_COLUMN * x.cols && isSummedInPlace(x);
}
