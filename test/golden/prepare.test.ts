/** Gaps and intervals against pandas; what is refused, and that tables are left as they are. */
import { describe, expect, test } from 'vitest';
import { cut, cyclical, dropMissing, type FillMethod, fillMissing, qcut, ratio } from '../../lib/index.js';
import { expectClose, ulp } from '../support/tolerance.js';
import { readGolden } from './read.js';

const golden = readGolden<{
  values: Record<string, number[]>;
  cut: { values: string; bins: number | number[]; options: Record<string, never>; codes: number[] }[];
  qcut: { values: string; q: number | number[]; codes: number[]; edges: number[] }[];
  gaps: number[];
  fill: Record<FillMethod, number[]>;
}>('prepare');
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('cut', () => {
  test.each(golden.cut)('$values into $bins, $options', ({ values, bins, options, codes }) => {
    expect(Array.from(cut(golden.values[values], bins, { ...options, labels: false }))).toEqual(codes);
  });
  test('names its intervals', () => {
    expect(cut([0, 1, 2, 3], [0, 1, 2], {})).toEqual([null, '(0, 1]', '(1, 2]', null]);
    expect(cut([0, 1, 2], [0, 1, 2], { right: false })).toEqual(['[0, 1)', '[1, 2)', null]);
    expect(cut([0, 1, 2], [0, 1, 2], { includeLowest: true })).toEqual(['[0, 1]', '[0, 1]', '(1, 2]']);
    expect(cut([0, 1, 2], [0, 1, 2], { includeLowest: true, right: false })).toEqual([
      '[0, 1)',
      '[1, 2]',
      '[1, 2]',
    ]);
    expect(cut([0.123456, 500.98765], [-Infinity, 0.123456, Infinity])).toEqual([
      '(-inf, 0.123]',
      '(0.123, inf]',
    ]);
    expect(cut([null, undefined, 1] as never, [0, 2])).toEqual([null, null, '(0, 2]']);
  });
  test('refuses what it cannot use', () => {
    for (const bins of [0, 1.5, [1], [2, 1], [1, 1], [0, Number.NaN]])
      expect(code(() => cut([1, 2], bins))).toBe('ERR_PARAMETER');
    expect(code(() => cut(['x'] as never, 2))).toBe('ERR_DTYPE');
    expect(code(() => cut([Number.NaN], 2))).toBe('ERR_EMPTY');
    expect(code(() => cut([1, 2], 2, { labels: ['a'] }))).toBe('ERR_PARAMETER');
    expect(code(() => cut([1, 2], 2, { left: true } as never))).toBe('ERR_PARAMETER');
  });
});

describe('qcut', () => {
  test.each(golden.qcut)('$values into $q', ({ values, q, codes, edges }) => {
    expect(Array.from(qcut(golden.values[values], q, { labels: false }))).toEqual(codes);
    const names = [...new Set(qcut(golden.values[values], q, { precision: 15 }))].filter(
      (name) => name !== null,
    );
    const ends = names.flatMap((name) => name.slice(1, -1).split(', ').map(Number));
    for (const end of ends)
      expect(edges.some((edge) => Math.abs(edge - end) <= 1e-9 * Math.abs(edge))).toBe(true);
  });
  test('of one value is one interval; refuses shares that are none', () => {
    expect(Array.from(qcut([7, 7], 4, { labels: false }))).toEqual([0, 0]);
    for (const q of [0, 1.5, [0, 2], [0.5, 0.1]]) expect(code(() => qcut([1, 2], q))).toBe('ERR_PARAMETER');
    expect(code(() => qcut([], 2))).toBe('ERR_EMPTY');
  });
});

describe('gaps', () => {
  test.each(Object.entries(golden.fill))('filled by %s', (method, expected) => {
    const column = Float64Array.from(golden.gaps);
    const before = column.slice();
    expectClose(fillMissing({ column }, { method: method as FillMethod }).column, expected, ulp(2));
    expect(column).toEqual(before);
  });
  test('filled by values, of some columns, of text and booleans', () => {
    const table = { a: [1, null], b: ['x', null], c: [true, true], d: new Float64Array(2).fill(Number.NaN) };
    expect(fillMissing(table, { value: 0, columns: ['a'] })).toEqual({ ...table, a: [1, 0] });
    expect(fillMissing(table, { values: { b: 'y' } }).b).toEqual(['x', 'y']);
    const same = fillMissing(table, { method: 'mean' });
    expect(same.b).toBe(table.b);
    expect(same.c).toBe(table.c);
    expect(same.d).toBe(table.d); // nothing is known of it
    expect(fillMissing([{ a: 1 }, { b: 'x' }], { method: 'forward' })).toEqual({ a: [1, 1], b: [null, 'x'] });
    expect(fillMissing({ a: Float64Array.of(Number.NaN) }, { value: 'none' }).a).toEqual(['none']);
    for (const filling of [{}, { value: 1, method: 'mean' }, { method: 'knn' }, { fill: 1 }])
      expect(code(() => fillMissing(table, filling as never))).toBe('ERR_PARAMETER');
    expect(code(() => fillMissing(table, { values: { z: 1 } }))).toBe('ERR_UNKNOWN_COLUMN');
  });
  test('dropped', () => {
    const table = { a: [1, null, 3, null], b: ['x', 'y', null, null] };
    expect(dropMissing(table)).toEqual({ a: [1], b: ['x'] });
    expect(dropMissing(table, { how: 'all' })).toEqual({ a: [1, null, 3], b: ['x', 'y', null] });
    expect(dropMissing(table, { columns: ['b'] })).toEqual({ a: [1, null], b: ['x', 'y'] });
    expect(dropMissing(table, { thresh: 1 })).toEqual(dropMissing(table, { how: 'all' }));
    expect(dropMissing([{ a: 1 }, { b: 2 }, { a: 3, b: 4 }])).toEqual([{ a: 3, b: 4 }]);
    expect(code(() => dropMissing({ a: [null] }))).toBe('ERR_EMPTY');
    expect(code(() => dropMissing(table, { columns: ['z'] }))).toBe('ERR_UNKNOWN_COLUMN');
    expect(code(() => dropMissing(table, { how: 'some' as never }))).toBe('ERR_PARAMETER');
  });
});

test('cyclical and ratio', () => {
  const { sin, cos } = cyclical([0, 12, 6, Number.NaN], 12);
  expect([sin[0] - sin[1], cos[0] - cos[1], cos[2]].map((value) => Number(value.toFixed(12)) + 0)).toEqual([
    0, 0, -1,
  ]);
  expect(sin[3]).toBeNaN();
  for (const period of [0, -1, Number.NaN, '7'])
    expect(code(() => cyclical([1], period as number))).toBe('ERR_PARAMETER');
  const table = { a: [1, 0, 5, null], b: [2, 0, 0, 1], t: ['x', 'x', 'x', 'x'] };
  expect(Array.from(ratio(table, 'a', 'b'))).toEqual([0.5, Number.NaN, Number.NaN, Number.NaN]);
  expect(Array.from(ratio(table, 'a', 'b', { otherwise: -1 }))).toEqual([0.5, -1, -1, -1]);
  expect(code(() => ratio(table, 'a', 't'))).toBe('ERR_DTYPE');
  expect(code(() => ratio(table, 'a', 'z'))).toBe('ERR_UNKNOWN_COLUMN');
});
