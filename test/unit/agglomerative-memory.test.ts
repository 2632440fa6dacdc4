/** Trees of clusters that are kept between fits. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { unpackValue } from '../../lib/core/model-codec.js';
import { AgglomerativeClustering, CsrMatrix, load, loadIris, Matrix } from '../../lib/index.js';

const { data } = loadIris();
const chain = CsrMatrix.fromTriplets(
  Array.from({ length: 149 }, (_, i) => [i, i + 1, 1] as const),
  [150, 150],
);

test.each([
  ['all rows', { linkage: 'average' }],
  ['a graph', { connectivity: chain, computeFullTree: true }],
] as const)('%s: one tree for every number of clusters', async (_, params) => {
  const memory = new Map<string, Uint8Array>();
  for (const cut of [{ nClusters: 2 }, { nClusters: 5 }, { nClusters: null, distanceThreshold: 1.5 }]) {
    const kept = await new AgglomerativeClustering({ ...params, ...cut, memory }).fit(data);
    const plain = await new AgglomerativeClustering({ ...params, ...cut }).fit(data);
    expect(kept.labels).toEqual(plain.labels);
    expect(kept.children).toEqual(plain.children);
    expect(kept.distances).toEqual(plain.distances);
    expect(memory.size).toBe(1);
  }
  await new AgglomerativeClustering({ ...params, memory }).fit(data.columns([0, 1]));
  await new AgglomerativeClustering({ ...params, linkage: 'single', memory }).fit(data);
  expect(memory.size).toBe(3);
});

test('nothing is kept beside a tree', async () => {
  const memory = new Map<string, Uint8Array>();
  await new AgglomerativeClustering({ memory }).fit([[0], [1], [10]]);
  const [entry] = memory.values();
  expect(unpackValue(entry.subarray(4))).toEqual({ step: expect.any(AgglomerativeClustering), rows: null });
});

test('a tree that is kept is the one that is cut', async () => {
  const memory = new Map<string, Uint8Array>();
  const rows = Matrix.from([[0], [1], [10], [12]]);
  await new AgglomerativeClustering({ memory }).fit(rows);
  const [key] = memory.keys();
  // Another tree of as many rows in its place.
  const other = new Map<string, Uint8Array>();
  await new AgglomerativeClustering({ memory: other }).fit([[0], [10], [1], [12]]);
  memory.set(key, [...other.values()][0]);
  const model = await new AgglomerativeClustering({ memory }).fit(rows);
  expect([...model.labels]).toEqual([1, 0, 1, 0]);
  const few = new Map<string, Uint8Array>();
  await new AgglomerativeClustering({ memory: few }).fit([[0], [1]]);
  memory.set(key, [...few.values()][0]);
  expect((await new AgglomerativeClustering({ memory }).fit(rows)).nLeaves).toBe(4);
});

test('every fit warns of parts that it joins once, of a kept tree, too', async () => {
  const memory = new Map<string, Uint8Array>();
  const connectivity = CsrMatrix.fromTriplets([[0, 1, 1] as const, [2, 3, 1] as const], [4, 4]);
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    for (let fits = 1; fits <= 2; fits++) {
      await new AgglomerativeClustering({ connectivity, computeFullTree: true, memory }).fit([
        [0],
        [1],
        [5],
        [6],
      ]);
      expect(memory.size).toBe(1);
      expect(warned).toHaveBeenCalledTimes(fits);
    }
    expect(warned).toHaveBeenLastCalledWith(expect.stringMatching(/2 parts/), 'BorealWarning');
  } finally {
    warned.mockRestore();
  }
});

test('a directory; damaged entries, early ends, and what a file holds', async () => {
  const memory = await mkdtemp(join(tmpdir(), 'boreal-trees-'));
  try {
    const model = await new AgglomerativeClustering({ memory }).fit(data);
    const [name] = await readdir(memory);
    await writeFile(join(memory, name), 'nonsense');
    expect((await new AgglomerativeClustering({ memory }).fit(data)).labels).toEqual(model.labels);
    const early = { connectivity: chain, computeFullTree: false, nClusters: 3 } as const;
    await new AgglomerativeClustering({ ...early, memory }).fit(data);
    expect((await readdir(memory)).length).toBe(1);
    const loaded = (await load(model.toBytes())) as AgglomerativeClustering;
    expect(loaded.params.memory).toBe(null);
    await expect(new AgglomerativeClustering({ memory: 3 as never }).fit(data)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  } finally {
    await rm(memory, { recursive: true });
  }
});
