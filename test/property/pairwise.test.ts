/** Distances and topK against their definitions, on any shape. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Matrix, type Metric, pairwiseDistances } from '../../lib/index.js';
import { expectClose, ulp } from '../support/tolerance.js';

const settings = { numRuns: 150, seed: 2026 };
// Far enough from where squares of float32 differences underflow.
const value = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: -1e9, max: 1e9 }).map((v) => v / 1024),
);
const dtype = fc.constantFrom('float32' as const, 'float64' as const);
const matrix = (rows: number, cols: number) =>
  fc.array(value, { minLength: rows * cols, maxLength: rows * cols });

/** By definition, in float64. */
function distance(metric: Metric, x: ArrayLike<number>, y: ArrayLike<number>): number {
  const differences = Array.from(x, (v, k) => Math.abs(v - y[k]));
  if (metric === 'manhattan') return differences.reduce((sum, d) => sum + d, 0);
  const squared = differences.reduce((sum, d) => sum + d * d, 0);
  return metric === 'sqeuclidean' ? squared : Math.sqrt(squared);
}

test('each distance is what its definition says, relatively', () => {
  const shape = fc.tuple(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 9 }),
  );
  const input = shape.chain(([m, n, d]) =>
    fc.tuple(matrix(m, d), matrix(n, d), fc.constant([m, n, d]), dtype),
  );
  fc.assert(
    fc.property(input, ([xs, ys, [m, n, d], type]) => {
      const X = Matrix.from(Float64Array.from(xs), [m, d], type);
      const Y = Matrix.from(Float64Array.from(ys), [n, d], type);
      for (const metric of ['euclidean', 'sqeuclidean', 'manhattan'] as const) {
        const actual = pairwiseDistances(X, Y, { metric });
        const expected = Float64Array.from(actual.data, (_, k) =>
          distance(metric, X.row(Math.floor(k / n)), Y.row(k % n)),
        );
        expectClose(actual.data, expected, ulp(d + 5, type), metric);
        const back = pairwiseDistances(Y, X, { metric });
        expect(actual.data.every((v, k) => v === back.data[(k % n) * m + Math.floor(k / n)])).toBe(true);
      }
    }),
    settings,
  );
});

test('cosine distances lie in [0, 2] and do not depend on length', () => {
  const input = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(
      input.chain(([m, d]) => fc.tuple(matrix(m, d), fc.constant([m, d]))),
      ([xs, [m, d]]) => {
        const X = new Matrix(Float64Array.from(xs), m, d);
        const twice = new Matrix(
          X.data.map((v) => 2 * v),
          m,
          d,
        );
        const distances = pairwiseDistances(X, null, { metric: 'cosine' });
        expect(distances.data.every((v) => v >= 0 && v <= 2)).toBe(true);
        expect(pairwiseDistances(twice, null, { metric: 'cosine' }).data).toEqual(distances.data);
      },
    ),
    settings,
  );
});

test('topK is the front of the sorted row', () => {
  const input = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 200 }))
    .chain(([rows, cols]) =>
      fc.tuple(
        matrix(rows, cols),
        fc.constant([rows, cols]),
        fc.integer({ min: 0, max: cols }),
        fc.boolean(),
        dtype,
      ),
    );
  fc.assert(
    fc.property(input, ([values, [rows, cols], k, largest, type]) => {
      const x = Matrix.from(Float64Array.from(values), [rows, cols], type);
      const top = x.topK(k, { largest });
      const flipped = new Matrix(Float64Array.from(values), rows, cols);
      for (let j = 0; j < cols; j++) for (let i = 0; i < rows; i++) flipped.data[j * rows + i] = x.row(i)[j];
      const ofColumns = Matrix.from(flipped.data, [cols, rows], type).topK(k, { largest, axis: 0 });
      for (let i = 0; i < rows; i++) {
        const row = x.row(i);
        const order = Array.from(row.keys()).sort(
          (a, b) => (largest ? row[b] - row[a] : row[a] - row[b]) || a - b,
        );
        const front = order.slice(0, k);
        expect([...top.indices.subarray(i * k, (i + 1) * k)]).toEqual(front);
        expect([...top.values.row(i)]).toEqual(front.map((j) => row[j]));
        expect(front.map((_, r) => ofColumns.indices[r * rows + i])).toEqual(front);
      }
    }),
    settings,
  );
});
