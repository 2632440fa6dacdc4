/** Values at the ends of what numbers hold, and lists that are not what they say: a code, never a fit without end. */
import { describe, expect, test } from 'vitest';
import {
  Lars,
  LarsCV,
  LassoLarsCV,
  Matrix,
  OrthogonalMatchingPursuit,
  Ridge,
  UMAP,
} from '../../lib/index.js';

const rows = 40;
const values = Float64Array.from({ length: rows * 3 }, (_, i) => Math.sin(i * i + 1));
const scaled = (by: number) =>
  new Matrix(
    values.map((value) => value * by),
    rows,
    3,
  );
const y = Array.from({ length: rows }, (_, i) => values[i * 3] - values[i * 3 + 2] / 2);

describe('squares that overflow are refused', () => {
  test.each([
    ['LarsCV', () => new LarsCV({ maxIter: 20 })],
    ['LassoLarsCV', () => new LassoLarsCV({ maxIter: 20, precompute: false })],
    ['Lars', () => new Lars()],
    ['OrthogonalMatchingPursuit', () => new OrthogonalMatchingPursuit({ precompute: false })],
  ])('%s', async (_, make) => {
    for (const by of [1e154, 1e160]) {
      const fit = make().fit(scaled(by), y, { signal: AbortSignal.timeout(20_000) });
      await expect(fit).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
    }
  });

  test('UMAP', async () => {
    const fit = new UMAP({ nEpochs: 5, randomState: 0 }).fit(scaled(1e160));
    await expect(fit).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  });
});

test('targets that say that they are many more than the rows are refused before they are read', async () => {
  for (const length of [2 ** 32, 2 ** 40, Infinity]) {
    const fit = new Ridge().fit(scaled(1), { length } as never);
    await expect(fit).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  }
});
