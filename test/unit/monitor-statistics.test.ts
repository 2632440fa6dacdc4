/** Tests of distributions: what they refuse, and what must hold whatever the data. */
import { expect, test } from 'vitest';
import { chi2Contingency, ks2samp, psi } from '../../lib/index.js';
import { expectClose, ulp } from '../support/tolerance.js';

const codeOf = (run: () => unknown) => {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('what is no sample, table or option is refused', () => {
  expect(codeOf(() => ks2samp([], [1]))).toBe('ERR_EMPTY');
  expect(codeOf(() => ks2samp([1, Number.NaN], [1]))).toBe('ERR_INPUT_NAN');
  expect(codeOf(() => ks2samp([1], ['a'] as never))).toBe('ERR_DTYPE');
  expect(codeOf(() => ks2samp([1], [2], { method: 'quick' as never }))).toBe('ERR_PARAMETER');
  expect(codeOf(() => ks2samp([1], [2], { alternative: 'more' as never }))).toBe('ERR_PARAMETER');
  expect(codeOf(() => chi2Contingency([]))).toBe('ERR_EMPTY');
  expect(codeOf(() => chi2Contingency([[1, 2], [3]]))).toBe('ERR_SHAPE');
  expect(codeOf(() => chi2Contingency([[1, -2]]))).toBe('ERR_PARAMETER');
  expect(
    codeOf(() =>
      chi2Contingency([
        [0, 1],
        [0, 2],
      ]),
    ),
  ).toBe('ERR_PARAMETER');
  expect(codeOf(() => psi([1], []))).toBe('ERR_EMPTY');
  expect(codeOf(() => psi([1], [1], { bins: 1 }))).toBe('ERR_PARAMETER');
  expect(codeOf(() => psi([1], [1], { bins: 1e12 }))).toBe('ERR_PARAMETER');
  expect(codeOf(() => psi([1], [1], { smoothing: 0 }))).toBe('ERR_PARAMETER');
});

test('the exact p-value counts the orders of two small samples', () => {
  // Of the 6 orders of two and two values, 2 keep both pairs together.
  expectClose(ks2samp([1, 2], [3, 4], { method: 'exact' }).pvalue, 2 / 6, ulp(4), 'two-sided');
  expectClose(ks2samp([1, 2], [3, 4], { alternative: 'greater' }).pvalue, 1 / 6, ulp(4), 'one-sided');
  expect(ks2samp([1, 2], [3, 4], { alternative: 'less' })).toMatchObject({ statistic: 0, pvalue: 1 });
});

test('samples are left as they were, and their order does not matter', () => {
  const a = Float64Array.of(3, 1, 2);
  expect(ks2samp(a, [5, 4])).toEqual(ks2samp([1, 2, 3], [4, 5]));
  expect(Array.from(a)).toEqual([3, 1, 2]);
});

test('psi is zero for equal shares, and grows with the shift', () => {
  const reference = Array.from({ length: 1000 }, (_, i) => i % 100);
  expect(psi(reference, reference)).toBe(0);
  const shifts = [5, 20, 60].map((shift) =>
    psi(
      reference,
      reference.map((x) => x + shift),
    ),
  );
  expect(shifts).toEqual([...shifts].sort((a, b) => a - b));
  expect(shifts[0]).toBeGreaterThan(0.01);
});

test('psi by its formula: two categories, and missing values as a value of their own', () => {
  const share = (count: number, total: number, bins: number) => (count + 0.5) / (total + 0.5 * bins);
  const term = (now: number, before: number) => (now - before) * Math.log(now / before);
  const two = term(share(1, 4, 2), share(3, 4, 2)) + term(share(3, 4, 2), share(1, 4, 2));
  expectClose(psi(['a', 'a', 'a', 'b'], ['a', 'b', 'b', 'b']), two, ulp(8), 'two categories');
  expectClose(psi([1, 1, 1, Number.NaN], [1, null, null, null]), two, ulp(8), 'missing');
});
