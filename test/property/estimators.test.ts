/** What holds for estimators whatever the data. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ColumnTransformer,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  LinearRegression,
  load,
  Matrix,
  makePipeline,
  OneHotEncoder,
  RandomForestRegressor,
  Ridge,
  SimpleImputer,
  StandardScaler,
} from '../../lib/index.js';
import { dot, expectClose } from '../support/tolerance.js';
import { rows, table, toRows, value } from './arbitraries.js';

const check = <T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, predicate), { numRuns: 60, seed: 2026 });

const prepare = () =>
  new ColumnTransformer(
    [
      [
        'number',
        makePipeline(new SimpleImputer({ keepEmptyFeatures: true }), new StandardScaler()),
        { kind: 'number' },
      ],
      ['flag', new SimpleImputer({ strategy: 'mostFrequent', keepEmptyFeatures: true }), { kind: 'boolean' }],
      ['word', new OneHotEncoder({ handleUnknown: 'ignore' }), { kind: 'category' }],
    ],
    { remainder: 'drop' },
  );

describe('tables of any kind', () => {
  test('the table of columns, its rows, its JSON and a loaded model give the same bits', () =>
    check(table(), async (columns) => {
      const records = toRows(columns);
      const fitted = await prepare().fit(columns);
      const expected = await fitted.transform(columns);
      expect(expected.data.every(Number.isFinite)).toBe(true);
      expect(fitted.getFeatureNamesOut().length).toBe(expected.cols);
      expect(await fitted.transform(records)).toEqual(expected);
      const copy: ColumnTransformer = await load(fitted.toBytes());
      expect(copy.transformSync(columns)).toEqual(expected);
      const plan = copy.compile();
      for (const [i, record] of records.entries()) {
        // JSON drops undefined and writes NaN as null and -0 as 0: missing stays missing, and 0 is 0.
        const row = plan.runRow(JSON.parse(JSON.stringify(record)));
        expect(Array.from(row, (v: number) => v + 0)).toEqual(
          Array.from(expected.row(i), (v: number) => v + 0),
        );
      }
    }));

  test('one-hot rows hold a single 1 for each column', () =>
    check(table(), async (columns) => {
      const encoded = await new OneHotEncoder().fitTransform(columns);
      const width = Object.keys(columns).length;
      for (const row of encoded.toArray()) {
        expect(row.every((v) => v === 0 || v === 1)).toBe(true);
        expect(row.reduce((sum, v) => sum + v, 0)).toBe(width);
      }
    }));
});

describe('matrices of any shape', () => {
  test('scaled columns have mean 0 and variance 1, or 0 when constant, and scale back', () =>
    check(rows(2), async (X) => {
      const scaler = await new StandardScaler().fit(X);
      const scaled = await scaler.transform(X);
      const largest = Math.max(1, ...X.flat().map(Math.abs));
      for (let j = 0; j < scaled.cols; j++) {
        const column = scaled.toArray().map((row) => row[j]);
        const { length } = column;
        // Rounding of the mean counts in units of the deviation.
        const tolerance = dot(length, (largest / scaler.scale[j]) * Math.sqrt(length), 4);
        const mean = column.reduce((sum, v) => sum + v, 0) / length;
        const variance = column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / length;
        expectClose(mean, 0, tolerance, 'mean');
        if (new Set(X.map((row) => row[j])).size > 1) expectClose(variance, 1, tolerance, 'variance');
      }
      expectClose((await scaler.inverseTransform(scaled)).toArray(), X, dot(8, largest, 1), 'back');
    }));

  test('nothing is missing after imputing, and what was there stays', () =>
    check(fc.tuple(rows(2), fc.infiniteStream(fc.boolean())), async ([X, holes]) => {
      // The first row has all values, so that every column has one.
      const holed = X.map((row, i) => row.map((v) => (i > 0 && holes.next().value ? Number.NaN : v)));
      for (const strategy of ['mean', 'median', 'mostFrequent', 'constant'] as const) {
        const filled = (await new SimpleImputer({ strategy }).fitTransform(holed)).toArray();
        for (const [i, row] of holed.entries()) {
          for (const [j, v] of row.entries()) {
            if (!Number.isNaN(v)) expect(filled[i][j]).toBe(v);
            else if (strategy === 'constant') expect(filled[i][j]).toBe(0);
            else {
              const known = holed.map((other) => other[j]).filter((other) => !Number.isNaN(other));
              const slack = 1e-9 * Math.max(1, ...known.map(Math.abs));
              expect(filled[i][j]).toBeGreaterThanOrEqual(Math.min(...known) - slack);
              expect(filled[i][j]).toBeLessThanOrEqual(Math.max(...known) + slack);
            }
          }
        }
      }
    }));

  test('trees predict within the range of their targets, and fit rows that differ', () =>
    check(rows(2), async (X) => {
      const y = X.map((row, i) => row[0] * 2 + (i % 5));
      const tree = await new DecisionTreeRegressor({ randomState: 1 }).fit(X, y);
      const forest = await new RandomForestRegressor({ nEstimators: 3, randomState: 1 }).fit(X, y);
      const slack = 1e-9 * Math.max(1, ...y.map(Math.abs));
      for (const predicted of [await tree.predict(X), await forest.predict(X)]) {
        expect(Math.min(...predicted)).toBeGreaterThanOrEqual(Math.min(...y) - slack);
        expect(Math.max(...predicted)).toBeLessThanOrEqual(Math.max(...y) + slack);
      }
      // Trees read float32: rows that differ there, and so in one of their columns, end in leaves of their own.
      const keys = X.map((row) => String(Float32Array.from(row)));
      if (new Set(keys).size < keys.length) return;
      const classes = await new DecisionTreeClassifier({ randomState: 1 }).fit(
        X,
        X.map((_, i) => `row ${i}`),
      );
      expect(await classes.predict(X)).toEqual(X.map((_, i) => `row ${i}`));
      expect(classes.getNLeaves()).toBe(X.length);
    }));

  test('a row has the same bits in every batch and form', () =>
    check(fc.tuple(rows(3), fc.nat()), async ([X, seed]) => {
      const y = X.map((row, i) => row[0] - i);
      const models = [
        await new Ridge({ alpha: 0.1 }).fit(X, y),
        await new RandomForestRegressor({ nEstimators: 2, randomState: seed >>> 0 }).fit(X, y),
      ];
      for (const model of models) {
        const all = await model.predict(X);
        const reversed = await model.predict(X.toReversed());
        expect(Array.from(reversed).reverse()).toEqual(Array.from(all));
        const at = seed % X.length;
        expect(model.predictSync([X[at]])[0]).toBe(all[at]);
        expect(model.compile().runRow(X[at])[0]).toBe(all[at]);
        expect(model.predictSync(Matrix.from(X).slice(at, at + 1))[0]).toBe(all[at]);
      }
    }));

  test('least squares: residuals are orthogonal to the columns', () =>
    check(fc.tuple(rows(3), fc.array(value, { minLength: 40, maxLength: 40 })), async ([X, targets]) => {
      const y = targets.slice(0, X.length);
      const model = await new LinearRegression().fit(X, y);
      const predicted = await model.predict(X);
      const residuals = y.map((v, i) => v - predicted[i]);
      const norm = (values: number[]) => Math.hypot(...values);
      const scale = norm(X.flat()) * Math.max(norm([...model.coef]), 1) + norm(y) + 1;
      for (let j = 0; j < X[0].length; j++) {
        const column = X.map((row) => row[j]);
        const product = column.reduce((sum, v, i) => sum + v * residuals[i], 0);
        expectClose(product, 0, dot(50 * X.length, norm(column) + 1, scale), `column ${j}`);
      }
    }));
});
