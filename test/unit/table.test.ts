import { expect, describe as group, test } from 'vitest';
import { Random } from '../../lib/core/random.js';
import {
  dropColumns,
  getColumn,
  isTable,
  selectColumns,
  selectTableRows,
  type Table,
  tableToColumns,
} from '../../lib/core/table.js';
import { describe, info, missing } from '../../lib/datasets/explore.js';
import { exact, expectClose, ulp } from '../support/tolerance.js';

const columns = {
  age: Float64Array.of(31, Number.NaN, 45),
  town: ['Oslo', null, 'Oslo'],
  member: [true, false, true],
};
const rows = [
  { age: 31, town: 'Oslo' },
  { town: null, member: false },
  { member: true, age: 45, town: 'Oslo' },
];

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

group('isTable', () => {
  test.each([
    [true, columns],
    [true, rows],
    [true, { age: 1 }],
    [true, { data: [1], rows: [2], cols: [3] }],
    [false, [[1, 2]]],
    [false, []],
    [false, [Float64Array.of(1)]],
    [false, [new Date(0)]],
    [false, Float64Array.of(1)],
    [false, { data: Float64Array.of(1), rows: 1, cols: 1 }],
    [false, null],
    [false, 'text'],
  ])('%s, case %#', (expected, value) => {
    expect(isTable(value)).toBe(expected);
  });
});

group('tableToColumns', () => {
  test('gives columns as they are', () => {
    const table = tableToColumns(columns);
    expect(table.names).toEqual(['age', 'town', 'member']);
    expect(table.columns[0]).toBe(columns.age);
    expect(table.rows).toBe(3);
  });

  test('transposes rows; a key that a row lacks is missing', () => {
    const table = tableToColumns(rows);
    expect(table.names).toEqual(['age', 'town', 'member']);
    expect(table.columns).toEqual([
      [31, null, 45],
      ['Oslo', null, 'Oslo'],
      [null, false, true],
    ]);
  });

  test('a column may have any name', () => {
    const table = JSON.parse('[{"__proto__": 1, "constructor": "a"}, {"toString": 2}]') as Table;
    expect(tableToColumns(table).names).toEqual(['__proto__', 'constructor', 'toString']);
    expect(selectColumns(table, ['constructor', '__proto__'])).toEqual([
      { constructor: 'a', ['__proto__']: 1 },
      { constructor: null, ['__proto__']: null },
    ]);
    expect(Object.keys(selectTableRows(JSON.parse('{"__proto__": [1]}') as Table, [0]))).toEqual([
      '__proto__',
    ]);
  });

  test.each([
    ['ERR_SHAPE', { a: [1, 2], b: [1] }],
    ['ERR_SHAPE', { a: 1, b: 2 }],
    ['ERR_SHAPE', { a: 'text' }],
    ['ERR_SHAPE', [{ a: 1 }, null]],
    ['ERR_SHAPE', [{ a: 1 }, [2]]],
    ['ERR_PARAMETER', undefined],
    ['ERR_PARAMETER', null],
    ['ERR_EMPTY', {}],
    ['ERR_EMPTY', { a: [] }],
    ['ERR_EMPTY', [{}]],
    ['ERR_SHAPE', [new Date(0)]],
    ['ERR_DTYPE', { data: new BigInt64Array(2), rows: 1, cols: 2 }],
    ['ERR_DTYPE', { data: [1, 2], rows: 1, cols: 2 }],
  ])('%s, case %#', (expected, table) => {
    expect(codeOf(() => tableToColumns(table as Table))).toBe(expected);
  });

  test('says how to pass one row', () => {
    expect(() => tableToColumns({ age: 31, town: 'Oslo' } as never)).toThrow(/wrap it in an array/);
  });
});

group('columns and rows', () => {
  test('getColumn, selectColumns and dropColumns keep the shape of the table', () => {
    expect(getColumn(columns, 'age')).toBe(columns.age);
    expect(getColumn(rows, 'member')).toEqual([null, false, true]);
    expect(dropColumns(columns, 'town')).toEqual({ age: columns.age, member: columns.member });
    expect(dropColumns(rows, ['age', 'member'])).toEqual([
      { town: 'Oslo' },
      { town: null },
      { town: 'Oslo' },
    ]);
    expect(selectColumns(rows, ['member', 'age'])[0 as never]).toEqual({ member: null, age: 31 });
  });

  test('selectTableRows repeats, reorders and keeps typed columns', () => {
    expect(selectTableRows(columns, [2, 0, 2])).toEqual({
      age: Float64Array.of(45, 31, 45),
      town: ['Oslo', 'Oslo', 'Oslo'],
      member: [true, true, true],
    });
    expect(selectTableRows(rows, Int32Array.of(1))).toEqual([rows[1]]);
  });

  test.each([
    ['ERR_UNKNOWN_COLUMN', () => getColumn(columns, 'city')],
    ['ERR_UNKNOWN_COLUMN', () => dropColumns(rows, ['age', 'city'])],
    ['ERR_UNKNOWN_COLUMN', () => selectColumns(rows, ['toString'])],
    ['ERR_SHAPE', () => selectTableRows(columns, [3])],
    ['ERR_SHAPE', () => selectTableRows(rows, [-1])],
    ['ERR_SHAPE', () => selectTableRows(rows, [0.5])],
  ])('%s, case %#', (expected, run) => {
    expect(codeOf(run)).toBe(expected);
  });
});

group('exploration', () => {
  test('info and missing count values', () => {
    expect(info({ ...columns, mixed: [1, 'a', null], none: [null, undefined, Number.NaN] })).toEqual([
      { column: 'age', type: 'number', count: 2, missing: 1 },
      { column: 'town', type: 'text', count: 2, missing: 1 },
      { column: 'member', type: 'boolean', count: 3, missing: 0 },
      { column: 'mixed', type: 'mixed', count: 2, missing: 1 },
      { column: 'none', type: 'empty', count: 0, missing: 3 },
    ]);
    expect(missing(rows)[2]).toEqual({ column: 'member', missing: 1, percent: 100 / 3 });
  });

  test('describe summarises numbers by moments and quartiles, the rest by the commonest value', () => {
    const table = {
      n: [4, 1, null, 2, 2],
      one: [1, Number.NaN, null, null, null],
      t: ['b', 'a', 'a', 'b', null],
    };
    const [n, one, t] = describe(table);
    // pandas: Series([4, 1, 2, 2]).describe()
    const expected = {
      ...{ column: 'n', count: 4, missing: 1, distinct: 3, mean: 2.25, std: 1.2583057392117916 },
      ...{ min: 1, '25%': 1.75, '50%': 2, '75%': 2.5, max: 4 },
    };
    expectClose(n, expected, ulp(2));
    expect(one).toMatchObject({ count: 1, mean: 1, std: Number.NaN, '25%': 1, max: 1 });
    expect(t).toEqual({ column: 't', count: 4, missing: 1, distinct: 2, top: 'b', freq: 2 });
    expect(describe({ e: [null] })).toEqual([{ column: 'e', count: 0, missing: 1, distinct: 0 }]);
  });
});

group('Random', () => {
  test('the stream of a seed never changes', () => {
    const random = new Random(42);
    // The stream is part of the contract: splits and synthetic data of a seed stay what they are.
    expect([random.next(), random.next()]).toEqual([0.4364016912804217, 0.9442157145820393]);
    expect(Array.from(new Random(1).permutation(8))).toEqual([6, 3, 0, 7, 1, 2, 4, 5]);
  });

  test('seeds above 32 bits count', () => {
    expect(new Random(1).next()).not.toBe(new Random(1 + 2 ** 32).next());
  });

  test('numbers are uniform, integers unbiased, normals standard', () => {
    const random = new Random(7);
    const n = 40_000;
    const counts = new Array<number>(6).fill(0);
    let sum = 0;
    let normal = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      sum += random.next();
      counts[random.int(6)]++;
      const z = random.normal();
      normal += z;
      squares += z * z;
    }
    // Six standard errors.
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(6 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(normal / n)).toBeLessThan(6 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(6 * Math.sqrt(2 / n));
    for (const count of counts) expect(Math.abs(count - n / 6)).toBeLessThan(6 * Math.sqrt((n * 5) / 36));
  });

  test('a permutation holds each number once, and shuffle works in place', () => {
    const random = new Random(3);
    expectClose(
      random.permutation(1000).sort(),
      Int32Array.from({ length: 1000 }, (_, i) => i),
      exact,
    );
    const items = ['a', 'b', 'c'];
    expect(random.shuffle(items)).toBe(items);
    expect([...items].sort()).toEqual(['a', 'b', 'c']);
    expect(random.permutation(0)).toHaveLength(0);
  });

  test.each([
    () => new Random(-1),
    () => new Random(0.5),
    () => new Random(Number.NaN),
    () => new Random(1).int(0),
    () => new Random(1).int(2 ** 33),
  ])('refuses what is out of range, case %#', (run) => {
    expect(codeOf(run)).toBe('ERR_PARAMETER');
  });
});
