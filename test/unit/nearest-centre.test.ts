/** Labels of clusterers with centres: one pass of a plan that keeps no distances. */
import { describe, expect, test } from 'vitest';
import { KMeans, makeBlobs, Pipeline, StandardScaler } from '../../lib/index.js';

const blobs = makeBlobs({ nSamples: 900, centers: 4, nFeatures: 3, clusterStd: 0.6, randomState: 3 });

describe('the nearest centre of a plan', () => {
  test.each(['float32', 'float64'] as const)(
    'in %s is the least distance of `transform`',
    async (precision) => {
      for (const nClusters of [1, 3, 8, 11, 40]) {
        const fitted = await new KMeans({ nClusters, randomState: 1, maxIter: 3 }).fit(blobs.X);
        const distances = fitted.compile({ output: 'transform', precision }).runSync(blobs.X).toArray();
        const labels = fitted.compile({ output: 'label', precision }).runSync(blobs.X).data;
        expect(Array.from(labels)).toEqual(distances.map((row) => row.indexOf(Math.min(...row))));
        const plan = fitted.compile({ output: 'label', precision });
        for (const few of [1, 2, 7, 13]) {
          expect(plan.runSync(blobs.X.slice(0, few)).data).toEqual(labels.slice(0, few));
        }
      }
    },
  );

  test('names the row and column of a value that is none, and takes distances beyond all numbers', async () => {
    const rows = [
      [0, 0],
      [4, 0],
      [5, 0],
    ];
    const plan = (await new KMeans({ nClusters: 2, init: rows.slice(0, 2) }).fit(rows)).compile({
      output: 'label',
    });
    const refused = [
      [1, 2],
      [3, Number.NaN],
    ];
    expect(() => plan.runSync(refused)).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_NAN', row: 1, column: 1 }),
    );
    expect(() => plan.runSync([[Number.POSITIVE_INFINITY, 0]])).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_INFINITE', row: 0, column: 0 }),
    );
    expect(
      plan
        .runSync([
          [1e300, 0],
          [5, 1],
          [1, 1],
        ])
        .toArray(),
    ).toEqual([[0], [1], [0]]);
  });

  test('of many rows at once, halfway between centres as well, and checked by the distances', async () => {
    const centres = [0, 1, 2].map((c) => [1e5 + c, -c]);
    const model = await new KMeans({ nClusters: 3, init: centres, maxIter: 1 }).fit(centres);
    const rows = Array.from({ length: 300 }, (_, i) => {
      const [x, y] = centres[i % 3];
      return i % 5 === 0 ? [x + 0.5 + 1e-11 * ((i % 7) - 3), y - 0.5] : [x + 0.1, y];
    });
    for (const few of [300, 130]) {
      const part = rows.slice(0, few);
      const distances = model.transformSync(part).toArray();
      expect(Array.from(model.predictSync(part))).toEqual(
        distances.map((row) => row.indexOf(Math.min(...row))),
      );
    }
    rows[131] = [1e300, 0];
    expect(model.predictSync(rows)[131]).toBe(0);
    rows[199] = [0, Number.NEGATIVE_INFINITY];
    rows[140] = [0, Number.NaN];
    expect(() => model.predictSync(rows)).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_NAN', row: 140, column: 1 }),
    );
  });

  test('of predictions at once, each has its own labels', async () => {
    const model = await new KMeans({ nClusters: 4, randomState: 1 }).fit(blobs.X);
    const parts = [blobs.X.slice(0, 500), blobs.X.slice(300, 900), blobs.X.slice(7, 8)];
    const alone = parts.map((part) => model.predictSync(part));
    expect(await Promise.all(parts.map((part) => model.predict(part)))).toEqual(alone);
  });

  test('in the middle of a pipeline', async () => {
    const steps = [
      ['scale', new StandardScaler()],
      ['cluster', new KMeans({ nClusters: 5, randomState: 2 })],
    ] as const;
    const pipeline = new Pipeline([...steps]);
    await pipeline.fit(blobs.X);
    const scaled = await new StandardScaler().fitTransform(blobs.X);
    const alone = await new KMeans({ nClusters: 5, randomState: 2 }).fit(scaled);
    expect(await pipeline.predict(blobs.X)).toEqual(await alone.predict(scaled));
  });
});
