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

/** The rows of a fit that got them where they lie, which have to be summed before it waits for anything; null for any other fit. */
export function callersOwn({ x, sampleWeight }: Fit): Matrix | null {
  return x instanceof Matrix && !isReadInPlace(x.data) && sampleWeight === null ? x : null;
}

type Fit = Pick<FitInput | SparseFitInput, 'x' | 'sampleWeight'>;

/** The sums, while the caller waits. */
export function gramNow({ data, rows, cols }: Matrix, y: Float64Array, fitIntercept: boolean): GramProblem {
  return native.gramProblemSync(data, rows, cols, y, fitIntercept);
}

/** As kNormalRows of native/train/least_squares.cc. */
const ROWS_A_COLUMN = 64;

/** Whether ridge tries sums of products first, of private rows, too: then the solution is the same, wherever the rows lie. */
export function isRidgeSummedInPlace(x: Matrix, alpha: number): boolean {
  return alpha > 0 && x.rows >= ROWS_A_COLUMN * x.cols && isSummedInPlace(x);
}

/** Ridge of one target by the sums of {@link callersOwn} rows; nothing for any other fit, and where sums tell too little. */
export function ridgeNow(fit: Fit, y: Float64Array, alpha: number, fitIntercept: boolean) {
  const own = callersOwn(fit);
  return own === null ? undefined : native.ridgeOfGram(gramNow(own, y, fitIntercept), alpha);
}

/** The sums: at once of rows that are the caller's own, on the pool of rows that are private to the fit. */
export function gramOf(
  { x, cancel }: Pick<FitInput, 'x' | 'cancel'>,
  y: Float64Array,
  fitIntercept: boolean,
): GramProblem | Promise<GramProblem> {
  if (!isReadInPlace(x.data)) return gramNow(x, y, fitIntercept);
  return native.gramProblem(x.data, x.rows, x.cols, y, fitIntercept, cancel);
}
