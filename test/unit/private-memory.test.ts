/** Memory of the library's own, and of fits that forget their rows. */
import { describe, expect, test, vi } from 'vitest';
import { isPrivate, privateArray, release } from '../../lib/core/linalg/memory.js';
import { Matrix, OrdinalEncoder, StandardScaler } from '../../lib/index.js';
import { native } from '../../lib/native.js';

const LENGTH = 1 << 20;

describe('private memory', () => {
  test('is taken away from whoever refers to it when it is released', () => {
    const array = privateArray(new Float64Array(0), LENGTH);
    expect([array.length, isPrivate(array)]).toEqual([LENGTH, true]);
    release(array);
    release(array);
    expect([array.length, isPrivate(array)]).toEqual([0, false]);
  });

  test('is released by its owner only', () => {
    const own = new Float64Array(LENGTH);
    const shared = privateArray(own, 2);
    release(own);
    release(shared);
    expect([own.length, shared.length]).toEqual([LENGTH, 2]);
  });

  test('of fits that forget rows is theirs: what the caller gave stays', async () => {
    const data = Float64Array.from({ length: LENGTH }, (_, i) => i % 7);
    const X = new Matrix(data, LENGTH / 2, 2);
    const shared = new Matrix(new Float64Array(new SharedArrayBuffer(8 * LENGTH)), LENGTH / 2, 2);
    shared.data.set(data);
    for (const given of [X, shared]) {
      const encoder = await new OrdinalEncoder().fit(given);
      expect(encoder.categories).toEqual([
        [0, 1, 2, 3, 4, 5, 6],
        [0, 1, 2, 3, 4, 5, 6],
      ]);
      expect([given.data.length, given.data[LENGTH - 1]]).toEqual([LENGTH, data[LENGTH - 1]]);
    }
    const scaled = await new StandardScaler().fitTransform(X);
    await new OrdinalEncoder().fit(scaled.slice(0, 100));
    expect(scaled.data.length).toBe(LENGTH);
  });

  test('of a fit that forgets rows is given back by it, once it has succeeded', async () => {
    const X = new Matrix(new Float64Array(LENGTH).fill(1), LENGTH / 2, 2);
    const detach = vi.spyOn(native, 'detachBuffer');
    try {
      await new OrdinalEncoder().fit(X);
      expect(detach).toHaveBeenCalledTimes(1);
      await new StandardScaler().fit(X);
      const signal = AbortSignal.abort();
      await expect(new OrdinalEncoder().fit(X, undefined, { signal })).rejects.toThrow();
      const abort = new AbortController();
      const fit = new OrdinalEncoder().fit(X, undefined, { signal: abort.signal });
      abort.abort();
      await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
      expect(detach).toHaveBeenCalledTimes(1);
    } finally {
      detach.mockRestore();
    }
  });
});
