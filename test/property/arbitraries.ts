/** Random data for the property tests. */
import fc from 'fast-check';
import type { Cell } from '../../lib/index.js';

/** A finite number of ordinary size, often one that repeats: differences are at least 0.001. */
export const value = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: -1e8, max: 1e8 }).map((thousandths) => thousandths / 1000),
);

/** Rows of finite numbers, at least `minRows` of them. */
export const rows = (minRows = 1, maxRows = 40) =>
  fc.integer({ min: 1, max: 5 }).chain((cols) =>
    fc.array(fc.array(value, { minLength: cols, maxLength: cols }), {
      minLength: minRows,
      maxLength: maxRows,
    }),
  );

const column = (length: number): fc.Arbitrary<Cell[]> => {
  const of = (cell: fc.Arbitrary<Cell>) => fc.array(cell, { minLength: length, maxLength: length });
  const missing = fc.constantFrom(null, undefined, Number.NaN);
  const rarely = (cell: fc.Arbitrary<Cell>) =>
    fc.oneof({ weight: 5, arbitrary: cell }, { weight: 1, arbitrary: missing });
  return fc.oneof(
    of(rarely(value)),
    of(rarely(fc.string({ maxLength: 3 }))),
    of(rarely(fc.boolean())),
    of(value),
  );
};

/** A table of columns of every kind, with missing values; names may be anything. */
export const table = (minRows = 2) =>
  fc
    .tuple(
      fc.uniqueArray(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: minRows, max: 25 }),
    )
    .chain(([names, length]) =>
      fc
        .tuple(...names.map(() => column(length)))
        .map(
          (columns) =>
            Object.fromEntries(names.map((name, j) => [name, columns[j]])) as Record<string, Cell[]>,
        ),
    );

/** The table as an array of rows. */
export const toRows = (columns: Record<string, Cell[]>) =>
  Object.values(columns)[0].map((_, i) =>
    Object.fromEntries(Object.entries(columns).map(([name, cells]) => [name, cells[i]])),
  );
