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
  return native.gramProblemSync(x.data, x.rows, x.cols, y, 1, fitIntercept);
}

/** So many targets at a time, whose products with each other nobody asks for. */
const TARGETS = 32;

/**
 * The sums of dense rows without weights, of y [rows, targets] for some targets after the other: at once of rows that are the caller's own, on the pool
 * of rows that are private to the fit.
 */
export async function sumsOf(
  { x, cancel }: Pick<FitInput, 'x' | 'cancel'>,
  y: Matrix<Float64Array>,
  fitIntercept: boolean,
): Promise<GramProblem[]> {
  const { data, rows, cols } = x;
  const parts = Array.from({ length: Math.ceil(y.cols / TARGETS) }, (_, part) => {
    const own = Array.from(
      { length: Math.min(TARGETS, y.cols - part * TARGETS) },
      (_, t) => part * TARGETS + t,
    );
    return own.length === y.cols ? y : (y.columns(own) as Matrix<Float64Array>);
  });
  const shared = [data, rows, cols] as const;
  if (!isReadInPlace(data))
    return parts.map((own) => native.gramProblemSync(...shared, own.data, own.cols, fitIntercept));
  const sums: GramProblem[] = [];
  for (const own of parts)
    sums.push(await native.gramProblem(...shared, own.data, own.cols, fitIntercept, cancel));
  return sums;
}

/** As kNormalRows of native/train/least_squares.cc. */
const ROWS_A_COLUMN = 64;

/** Whether ridge tries sums of products first, of private rows, too: then the solution is the same, wherever the rows lie. */
export function isRidgeSummedInPlace(x: Matrix, alpha: number): boolean {
  return alpha > 0 && x.rows >= ROWS_A_COLUMN * x.cols && isSummedInPlace(x);
}
