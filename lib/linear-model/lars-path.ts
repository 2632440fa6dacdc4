/** Least angle regression: all models from none of the columns to as many as are wanted. */
import { type Correlations, GrowingFactor } from './correlations.js';

/** How a path goes on and where it ends. */
export interface LarsSpec {
  /** Columns whose coefficient reaches 0 leave: the path is that of the lasso. */
  readonly lasso: boolean;
  /** No coefficient falls below 0; of the lasso's path. */
  readonly positive: boolean;
  /** Ends at this strength. */
  readonly alphaMin: number;
  /** Steps, at most. */
  readonly maxIter: number;
  /** The least diagonal element of the factor of the Gram matrix. */
  readonly eps: number;
}

/** A path; between its points coefficients are linear in the strength. */
export interface LarsPath {
  /** Strengths, descending: the largest correlation that is left, over the rows. */
  readonly alphas: number[];
  /** Coefficients at each, [columns]. */
  readonly coefs: Float64Array[];
  /** Columns that are in, in the order in which they came. */
  readonly active: number[];
  readonly iterations: number;
  /** Whether it ended at `maxIter`, before the strength that was wanted. */
  readonly isCut: boolean;
}

/** Strengths that differ by no more are equal. */
const EQUAL = 2 ** -23;
/** Keeps quotients finite. */
const TINY = 2 ** -126;
/** A column whose part at right angles to the others is shorter depends on them. */
const DEPENDENT = 1e-7;
/** Of the square of a column: as much of it as rounding leaves of what others say, too. */
const ROUNDING = 16 * Number.EPSILON;

/** Efron, Hastie, Johnstone and Tibshirani 2004, "Least angle regression". `onStep` is told the steps so far, and may refuse. */
export async function larsPath(
  x: Correlations,
  { lasso, positive, alphaMin, maxIter, eps }: LarsSpec,
  onStep: (steps: number) => Promise<void>,
): Promise<LarsPath> {
  const { rows, cols } = x;
  const correlation = x.withTarget.slice();
  const isActive = new Uint8Array(cols);
  const alphas: number[] = [];
  const coefs = [new Float64Array(cols)];
  let active: number[] = [];
  let signs: number[] = [];
  let factor = new GrowingFactor();
  let dropped = false;
  let steps = 0;
  let isCut = false;
  for (;;) {
    await onStep(steps);
    const next = strongest(correlation, isActive, positive);
    const most = next < 0 ? 0 : size(correlation[next], positive);
    const alpha = most / rows;
    alphas[steps] = alpha;
    if (alpha <= alphaMin + EQUAL) {
      if (Math.abs(alpha - alphaMin) > EQUAL) {
        if (steps > 0) {
          const share = (alphas[steps - 1] - alphaMin) / (alphas[steps - 1] - alpha);
          const before = coefs[steps - 1];
          coefs[steps] = coefs[steps].map((value, j) => before[j] + share * (value - before[j]));
        }
        alphas[steps] = alphaMin;
      }
      break;
    }
    isCut = steps >= maxIter;
    if (isCut || active.length >= cols) break;
    if (!dropped) {
      const products = await x.column(next);
      const { row, pivot } = factor.next(
        active.map((j) => products[j]),
        products[next],
      );
      const diagonal = Math.max(Math.sqrt(Math.abs(pivot)), eps);
      if (diagonal < DEPENDENT || pivot <= ROUNDING * products[next]) {
        correlation[next] = 0;
        continue;
      }
      factor.add(row, diagonal ** 2);
      active.push(next);
      signs.push(positive ? 1 : Math.sign(correlation[next]));
      isActive[next] = 1;
    }
    // What is left is rounding.
    if (lasso && steps > 0 && alphas[steps - 1] < alpha) break;
    const direction = factor.solve(signs);
    const length = direction.reduce((sum, value, k) => sum + value * signs[k], 0);
    const scale = 1 / Math.sqrt(Math.max(length, eps));
    for (let k = 0; k < direction.length; k++) direction[k] *= scale;
    const change = new Float64Array(cols);
    for (const [k, column] of active.entries()) {
      const products = await x.column(column);
      for (let j = 0; j < cols; j++) change[j] += products[j] * direction[k];
    }
    const isLeft = (j: number) => isActive[j] === 0;
    let step = most / scale;
    for (let j = 0; j < cols; j++) {
      if (!isLeft(j)) continue;
      // Equal correlations change alike but for rounding.
      change[j] = Math.round(change[j] * 1e15) / 1e15;
      step = leastAbove0(step, (most - correlation[j]) / (scale - change[j] + TINY));
      if (!positive) step = leastAbove0(step, (most + correlation[j]) / (scale + change[j] + TINY));
    }
    const before = coefs[steps];
    let leaving = -1;
    if (lasso) {
      active.forEach((column, k) => {
        const at = -before[column] / (direction[k] + TINY);
        if (!(at > 0 && at < step)) return;
        step = at;
        leaving = k;
      });
    }
    steps++;
    const coef = new Float64Array(cols);
    active.forEach((column, k) => {
      coef[column] = before[column] + step * direction[k];
    });
    for (let j = 0; j < cols; j++) if (isLeft(j)) correlation[j] -= step * change[j];
    coefs[steps] = coef;
    dropped = leaving >= 0;
    if (!dropped) continue;
    const column = active[leaving];
    coef[column] = 0;
    isActive[column] = 0;
    active = active.filter((_, k) => k !== leaving);
    signs = signs.filter((_, k) => k !== leaving);
    factor = await factorOf(x, active, eps);
    const products = await x.column(column);
    correlation[column] = coef.reduce((sum, value, j) => sum - value * products[j], x.withTarget[column]);
  }
  return { alphas, coefs, active, iterations: steps, isCut };
}

const size = (correlation: number, positive: boolean) => (positive ? correlation : Math.abs(correlation));

/** The column beside the active ones that y goes with most; -1: there is none. */
function strongest(correlation: Float64Array, isActive: Uint8Array, positive: boolean): number {
  let best = -1;
  for (let j = 0; j < correlation.length; j++) {
    if (isActive[j] === 1) continue;
    if (best < 0 || size(correlation[j], positive) > size(correlation[best], positive)) best = j;
  }
  return best;
}

const leastAbove0 = (least: number, value: number) => (value > 0 && value < least ? value : least);

async function factorOf(x: Correlations, active: readonly number[], eps: number): Promise<GrowingFactor> {
  const factor = new GrowingFactor();
  for (const [k, column] of active.entries()) {
    const products = await x.column(column);
    const { row, pivot } = factor.next(
      active.slice(0, k).map((j) => products[j]),
      products[column],
    );
    factor.add(row, Math.max(Math.abs(pivot), eps ** 2));
  }
  return factor;
}
