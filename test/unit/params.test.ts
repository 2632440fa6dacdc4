import { describe, expect, test } from 'vitest';
import { ownCopy } from '../../lib/core/own-copy.js';
import {
  bool,
  checkNames,
  checkParams,
  classWeight,
  custom,
  either,
  infinity,
  int,
  labels,
  nothing,
  oneOf,
  type Rule,
  real,
  resolveSeed,
  seed,
  show,
} from '../../lib/core/params.js';
import { CsrMatrix, KFold, Matrix, Ridge } from '../../lib/index.js';

const odd: unknown[] = [undefined, {}, [], () => 1, Symbol('s'), 1n, 'text', Number.NaN];

interface Case {
  rule: Rule;
  yes: unknown[];
  no: unknown[];
  words: string;
}
const CASES: Record<string, Case> = {
  'a real': { rule: real(), yes: [0, -1.5, 1e300], no: [Infinity, null, '1'], words: 'a number' },
  'a closed interval': {
    rule: real(0, 1),
    yes: [0, 1, 0.5],
    no: [-1e-9, 1.1],
    words: 'a number >= 0 and <= 1',
  },
  'an open interval': { rule: real(0, 1, 'both'), yes: [0.5], no: [0, 1], words: 'a number > 0 and < 1' },
  'open below': { rule: real(0, Infinity, 'min'), yes: [1e-300], no: [0, Infinity], words: 'a number > 0' },
  'open above': { rule: real(0, 1, 'max'), yes: [0], no: [1], words: 'a number >= 0 and < 1' },
  'a count': {
    rule: int(1),
    yes: [1, 2 ** 53 - 1],
    no: [0, 1.5, 2 ** 53, Infinity],
    words: 'a whole number >= 1',
  },
  'a byte': { rule: int(0, 255), yes: [0, 255], no: [256, -1], words: 'a whole number >= 0 and <= 255' },
  'true or false': { rule: bool, yes: [true, false], no: [0, 1, 'true'], words: 'true or false' },
  'a word': { rule: oneOf('a', 'b'), yes: ['a', 'b'], no: ['c', null], words: "'a', 'b'" },
  'a choice': {
    rule: either(int(1), nothing),
    yes: [1, null],
    no: [0],
    words: 'a whole number >= 1, or null',
  },
  infinity: { rule: infinity, yes: [Infinity], no: [-Infinity, 1e308], words: 'Infinity' },
  'a seed': {
    rule: seed,
    yes: [0, 2 ** 32 - 1, null],
    no: [-1, 2 ** 32, 0.5],
    words: '<= 4294967295, or null',
  },
  'class weights': {
    rule: classWeight,
    yes: [null, 'balanced', { a: 1, b: 0 }],
    no: [{ a: -1 }, { a: '1' }, { a: Infinity }, 'even'],
    words: 'an object from label to a weight >= 0',
  },
  'labels of a model': {
    rule: labels,
    yes: [
      ['a', 'b'],
      [1, 2, 3],
      [false, true],
    ],
    no: [['a'], [1, null], 'ab'],
    words: 'a list',
  },
  custom: { rule: custom('even', (v) => (v as number) % 2 === 0), yes: [2, 4], no: [1], words: 'even' },
};

describe.each(Object.entries(CASES))('%s', (name, { rule, yes, no, words }) => {
  test('allows what it should and says so', () => {
    for (const value of yes) expect(rule.allows(value), String(value)).toBe(true);
    for (const value of no) expect(rule.allows(value), String(value)).toBe(false);
    expect(rule.allowed).toContain(words);
  });

  test.skipIf(name === 'custom')('refuses everything odd without throwing', () => {
    const refused = odd.filter((value) => !rule.allows(value));
    // An empty object is a valid set of class weights.
    expect(refused.length).toBe(name === 'class weights' ? odd.length - 2 : odd.length);
  });
});

describe('checkParams', () => {
  const rules = { alpha: real(0), depth: either(int(1), nothing) };

  test('names parameter, value and what is allowed', () => {
    expect(() => checkParams('Ridge', { alpha: 1, depth: null }, rules)).not.toThrow();
    expect(() => checkParams('Ridge', { alpha: -1, depth: 3 }, rules)).toThrow(
      "Ridge: parameter 'alpha' must be a number >= 0; got -1.",
    );
    expect(() => checkParams('Ridge', { alpha: 1, depth: 'x' }, rules)).toThrow(
      `Ridge: parameter 'depth' must be a whole number >= 1, or null; got "x".`,
    );
    expect(() => checkParams('Ridge', { alpha: 1 } as { alpha: number; depth: null }, rules)).toThrow(
      'got undefined',
    );
  });

  test('refuses unknown names', () => {
    expect(() =>
      checkParams('Ridge', { alpha: 1, depth: null, alhpa: 2 } as { alpha: number; depth: null }, rules),
    ).toThrow("Ridge has no parameter 'alhpa'; it has alpha, depth.");
    expect(() => checkNames('Ridge', JSON.parse('{"__proto__":1}'), ['alpha'])).toThrow("'__proto__'");
    expect(() => checkNames('Ridge', { constructor: 1 }, ['alpha'])).toThrow("'constructor'");
  });
});

test('show never throws and stays short', () => {
  expect(odd.map(show)).toEqual([
    'undefined',
    'an object of type Object',
    'an object of type Array',
    'function ',
    'Symbol(s)',
    '1',
    '"text"',
    'NaN',
  ]);
  expect(show('x'.repeat(1000))).toBe(`"${'x'.repeat(60)}"...`);
  expect(show(Object.create(null))).toBe('an object of type null');
  expect(show(new Proxy({}, {}))).toBe('an object of type Object');
});

test('resolveSeed draws a seed for null only', () => {
  expect(resolveSeed(7)).toBe(7);
  const drawn = Array.from({ length: 20 }, () => resolveSeed(null));
  expect(drawn.every((value) => seed.allows(value))).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(15);
});

describe('ownCopy', () => {
  test('copies values, however they are arranged', () => {
    const row = Float64Array.of(1, 2);
    const given = {
      ...{ list: [row, row, 'a', null], bytes: Buffer.from([1, 2]), odd: JSON.parse('{"__proto__":[1]}') },
      ...{ matrix: Matrix.from([[1, 2]]), sparse: CsrMatrix.from([[0, 3]]) },
    };
    const copy = ownCopy(given);
    expect(copy).toEqual(given);
    expect(copy.matrix).toBeInstanceOf(Matrix);
    expect(copy.sparse).toBeInstanceOf(CsrMatrix);
    expect(copy.list[1]).toBe(copy.list[0]);
    for (const values of [row, given.bytes, given.matrix.data, given.sparse.data, given.sparse.indices])
      values.fill(0);
    Object.values<number[]>(given.odd)[0][0] = 0;
    expect([copy.list[0], copy.bytes[0], copy.matrix.data[1]]).toEqual([Float64Array.of(1, 2), 1, 2]);
    expect([copy.sparse.data[0], copy.sparse.indices[0], Object.values(copy.odd)]).toEqual([3, 1, [[1]]]);
  });

  test('leaves what does something as it is, and ends in a circle', () => {
    const kept = [
      ...[() => 1, new KFold(), new Map([[1, [2]]]), Ridge, new Ridge(), { split: () => [] }],
      { *[Symbol.iterator]() {} },
    ];
    const copy = ownCopy(kept);
    for (const [k, value] of kept.entries()) expect(copy[k]).toBe(value);
    const circle: unknown[] = [1];
    circle.push(circle);
    const round = ownCopy(circle);
    expect(round).not.toBe(circle);
    expect(round[1]).toBe(round);
    const gone = Float64Array.of(1);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(ownCopy([gone])[0].length).toBe(0);
  });
});
