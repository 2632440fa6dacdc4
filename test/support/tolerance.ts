/**
 * The tolerance classes of all tests; there are no other epsilons. A test says which class a result belongs to and
 * thereby why it may differ at all:
 *   exact      labels, leaf ids, counts, copies
 *   ulp        elementwise arithmetic: a few units in the last place
 *   dot        sums of products: c * eps * |A| |B|, from the norms of what was multiplied
 *   norm       factors of a matrix and what they solve: c * n * eps * the norms that the problem amplifies errors by
 *   iterative  solutions of an optimiser that stops at a tolerance of its own
 *   int8       quantised values: a fraction of the quantisation step
 *   train      metrics of a model against the peer's: a relative difference
 */

/** Whether an actual number is near enough to the expected one. */
export interface Tolerance {
  readonly name: string;
  readonly accepts: (actual: number, expected: number) => boolean;
}

const EPSILON = { float64: 2 ** -52, float32: 2 ** -23 } as const;
type Precision = keyof typeof EPSILON;

function within(name: string, bound: (expected: number, actual: number) => number): Tolerance {
  return {
    name,
    accepts: (actual, expected) =>
      Object.is(actual, expected) ||
      actual === expected ||
      Math.abs(actual - expected) <= bound(expected, actual),
  };
}

/** Equal as numbers; NaN equals NaN. */
export const exact: Tolerance = within('exact', () => 0);

/** At most n units in the last place of the larger of the two. */
export function ulp(n = 4, precision: Precision = 'float64'): Tolerance {
  return within(`ulp(${n})`, (a, b) => n * EPSILON[precision] * Math.max(Math.abs(a), Math.abs(b)));
}

/**
 * The rounding of a sum of `terms` products whose factors have the norms `normA` and `normB` (for a plain sum, the
 * norm of the values and 1). By Higham (2002), section 3.1, the error is at most about terms * eps * |a||b|.
 */
export function dot(
  terms: number,
  normA: number,
  normB: number,
  precision: Precision = 'float64',
): Tolerance {
  const bound = 2 * terms * EPSILON[precision] * normA * normB;
  return within(`dot(${terms}, ${normA}, ${normB})`, () => bound);
}

/**
 * The error of a backward stable decomposition of order n: absolute, `amplification` being the norm of the result, times
 * the condition number where the problem itself is sensitive. LAPACK's own tests accept a factor of 30.
 */
export function norm(n: number, amplification: number, precision: Precision = 'float64'): Tolerance {
  const bound = 10 * (n + 1) * EPSILON[precision] * amplification;
  return within(`norm(${n}, ${amplification})`, () => bound);
}

/** A relative difference, absolute below 1, for solvers that stop at `relative`. */
export function iterative(relative: number): Tolerance {
  return within(`iterative(${relative})`, (expected) => relative * Math.max(1, Math.abs(expected)));
}

/** Half a quantisation step, and a little for the arithmetic. */
export function int8(step: number): Tolerance {
  return within(`int8(${step})`, () => 0.51 * step);
}

/** A relative difference between a metric of ours and of the peer. */
export function train(relative: number): Tolerance {
  return within(`train(${relative})`, (expected) => relative * Math.abs(expected));
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** The first difference between two values, or undefined; arrays and typed arrays of equal values are equal. */
function difference(
  actual: unknown,
  expected: unknown,
  tolerance: Tolerance,
  path: string,
): string | undefined {
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (tolerance.accepts(actual, expected)) return undefined;
    const gap = Math.abs(actual - expected);
    return `${path}: got ${actual}, expected ${expected} (difference ${gap}, tolerance ${tolerance.name})`;
  }
  if (isList(actual) && isList(expected)) {
    if (actual.length !== expected.length) {
      return `${path}: ${actual.length} values, expected ${expected.length}`;
    }
    for (let i = 0; i < expected.length; i++) {
      const found = difference(actual[i], expected[i], tolerance, `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof actual === 'object' && typeof expected === 'object' && actual !== null && expected !== null) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
    for (const key of keys) {
      const [a, e] = [actual, expected].map((value) => (value as Record<string, unknown>)[key]);
      const found = difference(a, e, tolerance, `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(actual, expected)
    ? undefined
    : `${path}: got ${String(actual)}, expected ${String(expected)}`;
}

/**
 * Fails unless the two are equal, numbers within the tolerance. Goes through arrays, typed arrays and plain objects.
 *
 * @param where - what is compared, for the message
 */
export function expectClose(actual: unknown, expected: unknown, tolerance: Tolerance, where = 'value'): void {
  const found = difference(actual, expected, tolerance, where);
  if (found !== undefined) throw new Error(found);
}
