/** What holds for splits, labels, metadata and matrices whatever they are given. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeLabels } from '../../lib/core/labels.js';
import {
  KFold,
  loadWithMetadata,
  Matrix,
  Ridge,
  StandardScaler,
  StratifiedKFold,
  trainTestSplit,
} from '../../lib/index.js';
import { rows } from './arbitraries.js';

const settings = { numRuns: 200, seed: 2026 };
const label = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ maxLength: 1 }));

describe('splits', () => {
  test('training and test rows are disjoint, and as many as asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.nat(),
        (n, share, seed) => {
          const testRows = Math.ceil(share * n);
          fc.pre(testRows < n);
          const X = new Matrix(
            Float64Array.from({ length: n }, (_, i) => i),
            n,
            1,
          );
          const { trainIndices, testIndices, XTest } = trainTestSplit(X, undefined, {
            testSize: share,
            randomState: seed >>> 0,
          });
          expect(testIndices.length).toBe(testRows);
          expect([...trainIndices, ...testIndices].sort((a, b) => a - b)).toEqual([...X.data]);
          expect([...XTest.data]).toEqual([...testIndices]);
        },
      ),
      settings,
    );
  });

  test('stratified parts differ from the shares by less than one row', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 20, maxLength: 120 }), fc.nat(), (y, seed) => {
        const classes = [...new Set(y)];
        const count = (values: number[], c: number) => values.filter((v) => v === c).length;
        fc.pre(classes.every((c) => count(y, c) >= 2));
        const options = { testSize: 0.3, stratify: y, randomState: seed >>> 0 };
        const { yTrain, yTest } = trainTestSplit(
          y.map((v) => [v]),
          y,
          options,
        );
        for (const c of classes) {
          expect(Math.abs(count(yTrain, c) - (count(y, c) * yTrain.length) / y.length)).toBeLessThan(1);
          expect(Math.abs(count(yTest, c) - (count(y, c) * yTest.length) / y.length)).toBeLessThan(2);
        }
      }),
      settings,
    );
  });

  test('every row is tested once, in folds of equal size and equal shares', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(2), { minLength: 12, maxLength: 90 }),
        fc.integer({ min: 2, max: 6 }),
        fc.boolean(),
        (y, nSplits, shuffle) => {
          const X = y.map((v) => [v]);
          const count = (indices: Int32Array, c: number) =>
            indices.reduce((sum, i) => sum + (y[i] === c ? 1 : 0), 0);
          fc.pre([0, 1, 2].some((c) => y.filter((v) => v === c).length >= nSplits));
          for (const splitter of [
            new KFold({ nSplits, shuffle }),
            new StratifiedKFold({ nSplits, shuffle }),
          ]) {
            const tests = [...splitter.split(X, y)].map((fold) => fold.test);
            expect(tests.flatMap((rows) => [...rows]).sort((a, b) => a - b)).toEqual([...y.keys()]);
            const sizes = tests.map((rows) => rows.length);
            if (splitter instanceof KFold)
              expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            if (!(splitter instanceof StratifiedKFold)) continue;
            for (const c of [0, 1, 2]) {
              const counts = tests.map((rows) => count(rows, c));
              expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
            }
          }
        },
      ),
      settings,
    );
  });
});

test('labels come back from their codes', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.array(label, { minLength: 2 }), fc.array(fc.integer(), { minLength: 2 })),
      (y) => {
        fc.pre(new Set<unknown>(y).size > 1);
        const { codes, classes } = encodeLabels(y as unknown[], y.length);
        expect(Array.from(codes, (code) => classes[code])).toEqual(y);
        expect([...classes].sort((a, b) => (a < b ? -1 : 1))).toEqual(classes);
      },
    ),
    settings,
  );
});

test('metadata comes back as JSON writes it', async () => {
  const model = await new Ridge().fit([[1], [2]], [1, 2]);
  const metadata = fc.dictionary(fc.string(), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(metadata, async (given) => {
      const { metadata: read } = await loadWithMetadata(model.toBytes(given as Record<string, unknown>));
      expect(read).toEqual(JSON.parse(JSON.stringify(given)));
    }),
    settings,
  );
});

test('a matrix is its rows', () => {
  fc.assert(
    fc.property(rows(), fc.infiniteStream(fc.nat()), (X, random) => {
      const m = Matrix.from(X);
      expect(m.toArray()).toEqual(X);
      const indices = Array.from({ length: 5 }, () => random.next().value % m.rows);
      expect(m.takeRows(indices).toArray()).toEqual(indices.map((i) => X[i]));
      const columns = Array.from({ length: 3 }, () => random.next().value % m.cols);
      expect(m.columns(columns).toArray()).toEqual(X.map((row) => columns.map((j) => row[j])));
      expect(m.slice(1).toArray()).toEqual(X.slice(1));
    }),
    settings,
  );
});

test('whatever X and y are, fit works or throws an error of ours', async () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withTypedArray: true,
    withNullPrototype: true,
  });
  await fc.assert(
    fc.asyncProperty(anything, anything, anything, async (X, y, sampleWeight) => {
      for (const estimator of [new Ridge(), new StandardScaler()]) {
        try {
          await estimator.fit(X as never, y as never, { sampleWeight: sampleWeight as never });
        } catch (error) {
          expect((error as { code?: string }).code, String((error as Error).stack)).toMatch(/^ERR_/);
          expect((error as { code?: string }).code).not.toBe('ERR_INTERNAL');
        }
      }
      const fitted = await new Ridge().fit([[1], [2]], [1, 2]);
      try {
        await fitted.predict(X as never);
      } catch (error) {
        expect((error as { code?: string }).code, String((error as Error).stack)).toMatch(/^ERR_/);
      }
    }),
    { numRuns: 1500, seed: 7 },
  );
});
