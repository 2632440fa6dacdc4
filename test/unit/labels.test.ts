import { describe, expect, test } from 'vitest';
import { distinctLabels, encodeLabels, encodeTargets } from '../../lib/core/labels.js';

const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

describe('distinctLabels', () => {
  test('sorts numbers by value, text by code unit, false before true', () => {
    expect(distinctLabels([10, 9, -1, 10], 'y')).toEqual([-1, 9, 10]);
    expect(distinctLabels(['b', 'B', 'é', '10', '9', ''], 'y')).toEqual(['', '10', '9', 'B', 'b', 'é']);
    expect(distinctLabels([true, false, true], 'y')).toEqual([false, true]);
  });

  test('leaves out missing values', () => {
    expect(distinctLabels([null, 2, undefined, Number.NaN, 1], 'y')).toEqual([1, 2]);
    expect(distinctLabels([null, undefined], 'y')).toEqual([]);
  });

  test('refuses mixed and odd types', () => {
    expect(code(() => distinctLabels([1, '1'], 'y'))).toBe('ERR_DTYPE');
    expect(code(() => distinctLabels([true, 1], 'y', 'ERR_LABELS'))).toBe('ERR_LABELS');
    for (const value of [{}, [], new Date(0), 1n, Symbol('s'), () => 1])
      expect(code(() => distinctLabels([value], 'y'))).toBe('ERR_DTYPE');
  });
});

describe('encodeLabels', () => {
  test('gives small whole numbers the codes that others have', () => {
    for (const [y, classes, codes] of [
      [
        [1, -1, 1],
        [-1, 1],
        [1, 0, 1],
      ],
      [Int32Array.of(255, -256, 0), [-256, 0, 255], [2, 0, 1]],
      [
        [256, -257, 0],
        [-257, 0, 256],
        [2, 0, 1],
      ],
      [Float64Array.of(-0, 0, 3), [0, 3], [0, 0, 1]],
      [
        [1, -(2 ** 40), 2 ** 32 + 1],
        [-(2 ** 40), 1, 2 ** 32 + 1],
        [1, 0, 2],
      ],
    ] as const) {
      // float64 values are encoded by native code.
      for (const own of [y, Float64Array.from(y)]) {
        const encoded = encodeLabels(own, 3);
        expect([encoded.classes, Array.from(encoded.codes)]).toEqual([classes, codes]);
      }
    }
    expect(code(() => encodeLabels([0, 1, Number.NaN], 3))).toBe('ERR_LABELS');
    expect(code(() => encodeLabels(Float64Array.of(0, 1, Number.NaN), 3))).toBe('ERR_LABELS');
    expect(code(() => encodeLabels([0, 1, '1'], 3))).toBe('ERR_LABELS');
    expect(code(() => encodeLabels([0, 1, 1.5], 3))).toBe('ERR_LABELS');
    expect(code(() => encodeLabels(Float64Array.of(0, 1, Infinity), 3))).toBe('ERR_LABELS');
    expect(code(() => encodeLabels([7, 7], 2))).toBe('ERR_LABELS');
  });

  test('gives codes into the sorted classes', () => {
    const { codes, classes } = encodeLabels(['no', 'yes', 'no', 'maybe'], 4);
    expect(classes).toEqual(['maybe', 'no', 'yes']);
    expect(codes).toEqual(Int32Array.of(1, 2, 1, 0));
    expect(encodeLabels(Float64Array.of(2e9, 5, 2e9), 3).classes).toEqual([5, 2e9]);
    expect(encodeLabels([0, -0, 1], 3).codes).toEqual(Int32Array.of(0, 0, 1));
  });

  test.each([
    [[1, 2, 3], 'ERR_SHAPE'],
    [[1, 1], 'ERR_LABELS'],
    [[1, null], 'ERR_LABELS'],
    [[1, Number.NaN], 'ERR_LABELS'],
    [[null, null], 'ERR_LABELS'],
    [[1, 'one'], 'ERR_LABELS'],
    [[{}, {}], 'ERR_LABELS'],
    [undefined, 'ERR_PARAMETER'],
    [null, 'ERR_PARAMETER'],
    [7, 'ERR_PARAMETER'],
  ])('refuses %o', (y, expected) => {
    expect(code(() => encodeLabels(y as unknown[], 2))).toBe(expected);
  });
});

describe('encodeTargets', () => {
  test('copies numbers', () => {
    const y = [1, 2.5];
    expect(encodeTargets(y, 2)).toEqual(Float64Array.of(1, 2.5));
    expect(encodeTargets(Int8Array.of(-1, 2), 2)).toEqual(Float64Array.of(-1, 2));
  });

  test.each([
    [[1], 'ERR_SHAPE'],
    [[1, Number.NaN], 'ERR_INPUT_NAN'],
    [[1, -Infinity], 'ERR_INPUT_INFINITE'],
    [[1, '2'], 'ERR_DTYPE'],
    [[1, null], 'ERR_DTYPE'],
    [[1, true], 'ERR_DTYPE'],
    [undefined, 'ERR_PARAMETER'],
  ])('refuses %o', (y, expected) => {
    expect(code(() => encodeTargets(y as unknown[], 2))).toBe(expected);
  });
});
