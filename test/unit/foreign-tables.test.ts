/**
 * Tables of other libraries. apache-arrow is the package itself; flechette, Arquero and nodejs-polars are not among the packages of
 * this repository, and stand-ins have those members of theirs that are read, with what these return by their documentation.
 */
import {
  Bool,
  DateMillisecond,
  Dictionary,
  Float16,
  Float32,
  Float64,
  Int32,
  Int64,
  Table as Tabular,
  TimestampMillisecond,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { tableToColumns } from '../../lib/core/table.js';
import {
  describe as describeTable,
  dropColumns,
  getColumn,
  LinearRegression,
  Matrix,
  makePipeline,
  OneHotEncoder,
  selectColumns,
  trainTestSplit,
} from '../../lib/index.js';

const rooms = Float64Array.of(3, 4, 2, 5);
const towns = ['Oslo', 'Rome', 'Oslo', null];
const arrow = new Tabular({
  rooms: vectorFromArray(Array.from(rooms), new Float64()),
  age: vectorFromArray([30, null, 7, 1], new Int32()),
  people: vectorFromArray([1n, 2n, 3n, 9_007_199_254_740_993n], new Int64()),
  town: vectorFromArray(towns, new Dictionary(new Utf8(), new Int32())),
  street: vectorFromArray(['a', null, 'c', 'd'], new Utf8()),
  garden: vectorFromArray([true, null, false, true], new Bool()),
  half: vectorFromArray([0.5, 1.5, -2, 3], new Float16()),
  single: vectorFromArray([1, 2, 3, 4], new Float32()),
  built: vectorFromArray([0, 86_400_000, null, 1], new DateMillisecond()),
  sold: vectorFromArray([5, null, 7, 8], new TimestampMillisecond()),
});

const expected = {
  rooms,
  age: Float64Array.of(30, Number.NaN, 7, 1),
  people: Float64Array.of(1, 2, 3, 9_007_199_254_740_992),
  town: towns,
  street: ['a', null, 'c', 'd'],
  garden: [true, null, false, true],
  half: Float64Array.of(0.5, 1.5, -2, 3),
  single: Float32Array.of(1, 2, 3, 4),
  built: Float64Array.of(0, 86_400_000, Number.NaN, 1),
  sold: Float64Array.of(5, Number.NaN, 7, 8),
};

/** flechette's Table: fields, numRows, getChildAt; its Column iterates with nulls, and `toArray` is typed where none is missing. */
const flechette = {
  numRows: 4,
  schema: { fields: [{ name: 'rooms' }, { name: 'town' }] },
  getChildAt: (j: number) =>
    j === 0
      ? {
          type: { typeId: 3, precision: 2 },
          nullCount: 0,
          toArray: () => rooms,
          [Symbol.iterator]: () => rooms.values(),
        }
      : { type: { typeId: 5 }, nullCount: 1, toArray: () => towns, [Symbol.iterator]: () => towns.values() },
};
/** Arquero's ColumnTable: `array(name)` copies a column in the order of the table, filters applied. */
const arquero = {
  numRows: () => 4,
  columnNames: () => ['rooms', 'town'],
  array: (name: string) => (name === 'rooms' ? rooms : towns),
};
/** nodejs-polars' DataFrame: `columns`, `height`, `getColumn(name)`, a Series with `toArray` and `toTypedArray`. */
const polars = {
  columns: ['rooms', 'town'],
  height: 4,
  getColumn: (name: string) => ({
    nullCount: () => (name === 'rooms' ? 0 : 1),
    toArray: () => (name === 'rooms' ? Array.from(rooms) : towns),
    toTypedArray: () => rooms,
  }),
};

describe('apache-arrow', () => {
  test('columns of every plain type, with gaps', () => {
    const { names, columns, rows } = tableToColumns(arrow);
    expect(rows).toBe(4);
    expect(Object.fromEntries(names.map((name, j) => [name, columns[j]]))).toEqual(expected);
  });

  test('numbers without gaps are not copied; a table is converted once', () => {
    const table = tableFromArrays({ x: rooms });
    const column = getColumn(table, 'x') as Float64Array;
    expect(column.buffer).toBe((table.getChildAt(0)!.toArray() as Float64Array).buffer);
    expect(getColumn(arrow, 'age')).toBe(getColumn(arrow, 'age'));
  });

  test('several batches, and a file that was read', () => {
    const both = arrow.concat(tableFromIPC(tableToIPC(arrow)));
    const { columns, rows } = tableToColumns(both);
    expect(rows).toBe(8);
    expect(Array.from(columns[3])).toEqual([...towns, ...towns]);
    expect(Array.from(columns[0])).toEqual([...rooms, ...rooms]);
  });

  test('refuses what is no table of values', () => {
    const nested = new Tabular({ bytes: vectorFromArray([Uint8Array.of(1)]) });
    expect(() => tableToColumns(nested)).toThrow(expect.objectContaining({ code: 'ERR_DTYPE' }));
    expect(() => tableToColumns(tableFromArrays({ x: new Float64Array(0) }))).toThrow(
      expect.objectContaining({ code: 'ERR_EMPTY' }),
    );
    const twice = { ...flechette, schema: { fields: [{ name: 'a' }, { name: 'a' }] } };
    expect(() => tableToColumns(twice)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    const gone = { ...flechette, getChildAt: () => null };
    expect(() => tableToColumns(gone)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe.each([
  ['flechette', flechette],
  ['Arquero', arquero],
  ['nodejs-polars', polars],
  ['apache-arrow', arrow.select(['rooms', 'town'])],
] as const)('%s', (_, table) => {
  test('is a table wherever one is taken', async () => {
    const { names, columns, rows } = tableToColumns(table);
    expect([names, rows]).toEqual([['rooms', 'town'], 4]);
    expect(Array.from(columns[0])).toEqual([3, 4, 2, 5]);
    expect(ArrayBuffer.isView(columns[0])).toBe(true);
    expect(Array.from(columns[1])).toEqual(towns);
    expect(Object.keys(selectColumns(table, ['town']))).toEqual(['town']);
    expect(Object.keys(dropColumns(table, 'town'))).toEqual(['rooms']);
    expect(describeTable(table)[0]).toMatchObject({ column: 'rooms', mean: 3.5 });
    expect(Matrix.from(selectColumns(table, ['rooms'])).toArray()).toEqual([[3], [4], [2], [5]]);
    const { XTrain } = trainTestSplit(table as never, [1, 2, 3, 4], { testSize: 1, randomState: 0 });
    expect(tableToColumns(XTrain as never).rows).toBe(3);
  });

  test('fits and predicts as the same columns do', async () => {
    const plain = { rooms: Array.from(rooms), town: towns.map((town) => town ?? 'none') };
    const model = await new LinearRegression().fit(selectColumns(table, ['rooms']), [1, 2, 3, 4]);
    const same = await new LinearRegression().fit({ rooms: plain.rooms }, [1, 2, 3, 4]);
    expect(await model.predict(table)).toEqual(await same.predict(plain));
    const pipeline = makePipeline(new OneHotEncoder(), new LinearRegression());
    await pipeline.fit(dropColumns(table, 'rooms'), [1, 2, 3, 4]);
    expect((await pipeline.predict(table)).length).toBe(4);
  });
});
