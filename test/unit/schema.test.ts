import { describe, expect, test } from 'vitest';
import { UNKNOWN_CODE } from '../../lib/core/schema.js';
import { type Column, Matrix, Schema, type Table } from '../../lib/index.js';

const table = { age: [20, null, 40], city: ['Oslo', 'Turku', null], member: [true, false, undefined] };
const schema = Schema.infer(table);
const error = (work: () => unknown) => {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it did not throw');
};

describe('Schema.infer', () => {
  test('learns names, kinds and categories', () => {
    expect(schema.columns).toEqual([
      { name: 'age', kind: 'number' },
      { name: 'city', kind: 'category', categories: ['Oslo', 'Turku'] },
      { name: 'member', kind: 'boolean' },
    ]);
    expect([schema.named, schema.target]).toEqual([true, { kind: 'none' }]);
    expect([schema.indexOf('city'), schema.indexOf('town')]).toEqual([1, -1]);
  });

  test('numbers the columns of a matrix', () => {
    const { columns, named } = Schema.infer([[1, 2]]);
    expect(columns.map(({ name }) => name)).toEqual(['x0', 'x1']);
    expect(named).toBe(false);
  });

  test('a column without a value is one of numbers', () => {
    expect(Schema.infer({ a: [null, Number.NaN] }).columns).toEqual([{ name: 'a', kind: 'number' }]);
    expect(Schema.infer({ a: Int8Array.of(1) }).columns).toEqual([{ name: 'a', kind: 'number' }]);
  });

  test('refuses columns of mixed and odd types', () => {
    const column = (...values: unknown[]) => error(() => Schema.infer({ a: values } as Table));
    expect(column(1, 'x')).toMatchObject({ code: 'ERR_DTYPE', message: expect.stringMatching(/'a'.*row 1/) });
    expect(column('x', 1)).toMatchObject({ code: 'ERR_DTYPE' });
    expect(column(true, 0)).toMatchObject({ code: 'ERR_DTYPE' });
    expect(column({})).toMatchObject({ code: 'ERR_DTYPE' });
    expect(column(1n)).toMatchObject({ code: 'ERR_DTYPE' });
  });
});

describe('encode', () => {
  test('turns a table into numbers, whatever the order of its columns', () => {
    const expected = [
      [20, 0, 1],
      [Number.NaN, 1, 0],
      [40, Number.NaN, Number.NaN],
    ];
    expect(schema.encode(table).toArray()).toEqual(expected);
    const { age, ...rest } = table;
    expect(schema.encode({ extra: [1, 2, 3], ...rest, age }).toArray()).toEqual(expected);
    expect(
      schema
        .encode([
          { age: 20, city: 'Oslo', member: true },
          { city: 'Turku', member: false },
        ])
        .toArray(),
    ).toEqual(expected.slice(0, 2));
    expect(schema.encode(table, 'float32').dtype).toBe('float32');
  });

  test('rows of values in column order may hold text', () => {
    const rows = [
      [20, 'Turku', true],
      [null, 'Oslo', 0],
    ] as unknown as number[][];
    expect(schema.encode(rows).toArray()).toEqual([
      [20, 1, 1],
      [Number.NaN, 0, 0],
    ]);
  });

  test('an unknown category has a code of its own', () => {
    expect(
      schema
        .encode({ ...table, city: ['Oslo', 'Rome', 'Turku'] })
        .columns([1])
        .toArray(),
    ).toEqual([[0], [UNKNOWN_CODE], [1]]);
  });

  test('a numeric matrix is not copied', () => {
    const numbers = Schema.infer([[1, 2]]);
    const m = new Matrix(Float32Array.of(1, 2, 3, 4), 2, 2);
    expect(numbers.encode(m)).toBe(m);
    expect(numbers.encode(m, 'float64').dtype).toBe('float64');
    expect(numbers.encode({ a: [5], b: [6] }).toArray()).toEqual([[5, 6]]);
  });

  test('errors say where', () => {
    const bad = (X: Table) => error(() => schema.encode(X));
    expect(bad({ ...table, age: ['x', 1, 2] })).toMatchObject({ code: 'ERR_DTYPE', row: 0, column: 0 });
    expect(bad({ ...table, member: [true, 'x', true] })).toMatchObject({
      code: 'ERR_DTYPE',
      row: 1,
      column: 2,
    });
    expect(bad({ age: [1] })).toMatchObject({
      code: 'ERR_UNKNOWN_COLUMN',
      message: expect.stringContaining("'city'"),
    });
    expect(error(() => schema.encode([[1, 2]]))).toMatchObject({ code: 'ERR_SHAPE' });
    expect(error(() => schema.encode([[1, 'Oslo']] as unknown as number[][]))).toMatchObject({
      code: 'ERR_SHAPE',
    });
  });
});

describe('encodeRow', () => {
  test('writes fields or values at an offset', () => {
    const slab = new Float64Array(5).fill(9);
    schema.encodeRow({ city: 'Turku', member: true }, slab, 1);
    expect(slab).toEqual(Float64Array.of(9, Number.NaN, 1, 1, 9));
    schema.encodeRow([30, 'Oslo', false], slab, 2);
    expect(slab).toEqual(Float64Array.of(9, Number.NaN, 30, 0, 0));
  });

  test('fields that only the prototype has are missing', () => {
    const odd = Schema.infer({ constructor: [1], toString: [2] } as unknown as Table);
    const slab = new Float64Array(2);
    odd.encodeRow({}, slab, 0);
    expect(slab).toEqual(Float64Array.of(Number.NaN, Number.NaN));
  });

  test('refuses what does not fit', () => {
    const slab = new Float64Array(3);
    expect(error(() => schema.encodeRow([1], slab, 0))).toMatchObject({ code: 'ERR_SHAPE' });
    for (const row of [null, undefined, 7, 'row']) {
      expect(error(() => schema.encodeRow(row as never, slab, 0))).toMatchObject({ code: 'ERR_SHAPE' });
    }
    expect(error(() => schema.encodeRow({ age: 'old' }, slab, 0))).toMatchObject({
      code: 'ERR_DTYPE',
      column: 0,
    });
  });
});

describe('fromJSON', () => {
  const json = () => JSON.parse(JSON.stringify(schema.withTarget({ kind: 'class', classes: ['a', 'b'] })));

  test('reads what toJSON wrote', () => {
    expect(Schema.fromJSON(json()).toJSON()).toEqual(
      schema.withTarget({ kind: 'class', classes: ['a', 'b'] }).toJSON(),
    );
    expect(Schema.fromJSON(json()).encode(table)).toEqual(schema.encode(table));
  });

  // biome-ignore lint/suspicious/noExplicitAny: each damages another part
  const damage: Record<string, (json: any) => unknown> = {
    'no object': () => null,
    'no columns': (j) => ({ ...j, columns: [] }),
    'columns that are no list': (j) => ({ ...j, columns: {} }),
    'a column that is null': (j) => ({ ...j, columns: [null] }),
    'a name that is no text': (j) => ({ ...j, columns: [{ name: 7, kind: 'number' }] }),
    'an unknown kind': (j) => ({ ...j, columns: [{ name: 'a', kind: 'date' }] }),
    'categories that are missing': (j) => ({ ...j, columns: [{ name: 'a', kind: 'category' }] }),
    'categories of numbers': (j) => ({ ...j, columns: [{ name: 'a', kind: 'number', categories: ['x'] }] }),
    'categories of objects': (j) => ({ ...j, columns: [{ name: 'a', kind: 'category', categories: [{}] }] }),
    'a bad range': (j) => ({ ...j, columns: [{ name: 'a', kind: 'number', range: [1] }] }),
    'named that is missing': ({ columns, target }) => ({ columns, target }),
    'an unknown target': (j) => ({ ...j, target: { kind: 'image' } }),
    'a target that is null': (j) => ({ ...j, target: null }),
    'classes that are missing': (j) => ({ ...j, target: { kind: 'class' } }),
  };
  test.each(Object.keys(damage))('refuses %s', (what) => {
    expect(error(() => Schema.fromJSON(damage[what](json())))).toMatchObject({ code: 'ERR_MODEL_FILE' });
  });
});

test('columns with equal names are found by position', () => {
  const twice: Column[] = [
    { name: 'a', kind: 'number' },
    { name: 'b', kind: 'number' },
  ];
  const slab = new Float64Array(2);
  new Schema(twice, { kind: 'none' }, true).encodeRow([1, 2], slab, 0);
  expect(slab).toEqual(Float64Array.of(1, 2));
});
