/** What a check is, and the assertions that checks are written with. */
import assert from 'node:assert/strict';
import { Estimator } from '../core/estimator.js';
import { Matrix } from '../core/matrix.js';
import { BorealError, type ErrorCode } from '../errors.js';
import type { Subject } from './subject.js';

/** One property that estimators must have. */
export interface Check {
  readonly name: string;
  /** Why the check says nothing about this estimator; undefined when it does. */
  readonly skip?: (subject: Subject) => string | undefined;
  readonly run: (subject: Subject) => Promise<void> | void;
}

/** The error with that code that `work` throws or rejects with; fails when it does neither. */
export async function assertThrows(
  work: () => unknown,
  codes: ErrorCode | ErrorCode[],
  what: string,
): Promise<BorealError> {
  const wanted = [codes].flat();
  try {
    await work();
  } catch (error) {
    if (error instanceof BorealError && wanted.includes(error.code)) return error;
    throw new assert.AssertionError({
      message: `${what} must throw ${wanted.join(' or ')}, not ${String(error)}`,
    });
  }
  throw new assert.AssertionError({
    message: `${what} must throw ${wanted.join(' or ')}, and did not throw`,
  });
}

/** What an estimator is made of, as plain data that can be compared: class, params, state and schema, inner ones too. */
export function describe(value: unknown): unknown {
  if (value instanceof Estimator) {
    const { params, fitted } = value.snapshot();
    const learned = fitted && {
      state: describe(fitted.state),
      schema: fitted.schema.toJSON(),
      dtype: fitted.dtype,
      reference: describe(fitted.reference),
    };
    return { class: value.constructor.name, params: describe(value.storable(params)), fitted: learned };
  }
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(describe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, describe(item)]));
}

/** What a model gives for some rows: a matrix, or one label or number per row. */
export type Result = Matrix | ArrayLike<unknown>;

/** The same values, bit for bit. */
export function assertSame(actual: Result, expected: Result, what: string): void {
  assert.deepStrictEqual(plain(actual), plain(expected), what);
}

function plain(result: Result): unknown {
  return result instanceof Matrix ? { rows: result.rows, cols: result.cols, data: result.data } : result;
}

/** Row i of a result. */
export function rowOf(result: Result, i: number): ArrayLike<unknown> {
  return result instanceof Matrix ? result.row(i) : [result[i]];
}

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/**
 * The same values up to the rounding of a precision: sums of some hundred products differ by no more than a few hundred
 * units in the last place of the largest result. Labels must be equal.
 */
export function assertRounded(
  actual: Result,
  expected: Result,
  precision: keyof typeof EPSILON,
  what: string,
): void {
  const [a, e] = [actual, expected].map((result) => (result instanceof Matrix ? result.data : result));
  assert.equal(a.length, e.length, `${what}: number of values`);
  const numbers = Array.from(e, (value) =>
    typeof value === 'number' && Number.isFinite(value) ? Math.abs(value) : 0,
  );
  const bound = 256 * EPSILON[precision] * numbers.reduce((most, value) => Math.max(most, value), 1);
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || Math.abs(Number(a[i]) - Number(e[i])) <= bound) continue;
    assert.fail(`${what}: value ${i} is ${String(a[i])}, expected ${String(e[i])} (bound ${bound})`);
  }
}
