import { expect, test } from 'vitest';
import {
  load,
  loadDigits,
  loadWine,
  makePipeline,
  StandardScaler,
  TSNE,
  trustworthiness,
  UMAP,
} from '../../lib/index.js';
import { native } from '../../lib/native.js';

const wine = loadWine();
const X = await new StandardScaler().fitTransform(wine.data);

test('the divergence is that of affinities and layout', async () => {
  const model = await new TSNE({ randomState: 1, minGradNorm: 0, maxIter: 1000 }).fit(X);
  const y = model.embedding;
  const spec = { metric: 0, search: 0, leafSize: 30, p: 2, neighbors: 91, perplexity: 30 };
  const { offsets, columns, weights } = await native.tsneAffinities(X.data, X.rows, X.cols, spec, null);
  const similar = (i: number, j: number) =>
    1 / (1 + (y.data[2 * i] - y.data[2 * j]) ** 2 + (y.data[2 * i + 1] - y.data[2 * j + 1]) ** 2);
  let z = 0;
  for (let i = 0; i < X.rows; i++) for (let j = 0; j < X.rows; j++) if (i !== j) z += similar(i, j);
  let sum = 0;
  for (let i = 0; i < X.rows; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (weights[e] > 0) sum += weights[e] * Math.log((weights[e] * z) / similar(i, columns[e]));
    }
  }
  // The divergence is that before the last step, and its Z is summed over cells.
  expect(Math.abs(model.klDivergence - sum)).toBeLessThan(0.01 * sum);
});

test('with an angle of 0 the tree gives what all pairs give', async () => {
  const params = { randomState: 0, perplexity: 5, maxIter: 1, nComponents: 2 } as const;
  // Enough perplexity for all rows to be neighbours, so that both have the same affinities.
  const rows = X.slice(0, 16);
  const by = async (method: 'exact' | 'barnesHut') =>
    (await new TSNE({ ...params, method, angle: 0 }).fit(rows)).klDivergence;
  expect(await by('barnesHut')).toBeCloseTo(await by('exact'), 5);
});

test('layouts are given by the seed, and end where they are told to', async () => {
  for (const make of [
    (randomState: number) => new TSNE({ randomState, init: 'random', maxIter: 60 }),
    (randomState: number) => new UMAP({ randomState, nEpochs: 20 }),
  ]) {
    const [a, b, c] = await Promise.all([make(1), make(1), make(2)].map((model) => model.fitTransform(X)));
    expect(a.data).toEqual(b.data);
    expect(a.data).not.toEqual(c.data);
  }
  const model = await new TSNE({
    randomState: 0,
    maxIter: 2000,
    nIterWithoutProgress: 0,
    learningRate: 1,
  }).fit(X);
  expect(model.nIter).toBeLessThan(1999);
  expect(model.learningRate).toBe(1);
});

test('rows that are alike, and rows of one place, have layouts', async () => {
  const alike = Array.from({ length: 40 }, (_, i) => [i % 4, i % 2]);
  const same = Array.from({ length: 40 }, () => [1, 2]);
  for (const rows of [alike, same]) {
    for (const model of [
      new TSNE({ perplexity: 5, randomState: 0, maxIter: 300 }),
      new TSNE({ perplexity: 5, randomState: 0, maxIter: 300, init: 'random', nComponents: 3 }),
      new TSNE({
        perplexity: 5,
        randomState: 0,
        maxIter: 20,
        method: 'exact',
        init: 'random',
        nComponents: 4,
      }),
      new UMAP({ nNeighbors: 5, randomState: 0, nEpochs: 50 }),
    ]) {
      expect((await model.fitTransform(rows)).data.every(Number.isFinite)).toBe(true);
    }
  }
});

test('starts may be given, and must fit', async () => {
  const start = Array.from({ length: X.rows }, (_, i) => [Math.cos(i), Math.sin(i)]);
  for (const model of [
    new TSNE({ init: start, maxIter: 10, randomState: 0 }),
    new UMAP({ init: start, nEpochs: 5, randomState: 0 }),
    new UMAP({ init: 'pca', nEpochs: 5, randomState: 0 }),
  ]) {
    expect((await model.fitTransform(X)).rows).toBe(X.rows);
  }
  for (const init of [start.slice(1), start.map(() => [0]), start.map(() => [0, Number.NaN])]) {
    await expect(new TSNE({ init }).fit(X)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(new UMAP({ init }).fit(X)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  }
});

test('parameters that do not go together are refused', async () => {
  const refused = [
    new TSNE({ perplexity: X.rows }),
    new TSNE({ nComponents: 4 }),
    new TSNE({ learningRate: 1e300 }),
    new UMAP({ minDist: 2 }),
    new UMAP({ a: 1 }),
    new UMAP({ targetMetric: 'categorical' }),
  ];
  for (const model of refused) await expect(model.fit(X)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  await expect(new TSNE().fit([[1]])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  await expect(new UMAP().fit([[1], [2]])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  expect(() => new TSNE({ maxIter: 5, perplexity: 3 }).compile()).toThrow();
});

test('t-SNE has no plan, and a pipeline that ends in it has its layout', async () => {
  const pipeline = makePipeline(new StandardScaler(), new TSNE({ randomState: 0, maxIter: 30 }));
  const layout = await pipeline.fitTransform(wine.data);
  expect(layout.data).toEqual((await new TSNE({ randomState: 0, maxIter: 30 }).fitTransform(X)).data);
  expect(pipeline.embedding.data).toEqual(layout.data);
  const model = await new TSNE({ randomState: 0, maxIter: 30 }).fit(X);
  expect(() => model.compile()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
  const { embedding } = (await load(model.toBytes())) as TSNE;
  expect(embedding.data).toEqual(model.embedding.data);
});

test('UMAP places new rows among those of their kind, each by itself', async () => {
  const { data, target } = loadDigits();
  const rows = Array.from({ length: data.rows }, (_, i) => i);
  const umap = new UMAP({ randomState: 0, nEpochs: 100 });
  const layout = await umap.fitTransform(data.takeRows(rows.filter((i) => i % 4 !== 3)));
  const kinds = rows.filter((i) => i % 4 !== 3).map((i) => target[i]);
  const others = rows.filter((i) => i % 4 === 3);
  const placed = await umap.transform(data.takeRows(others));
  let right = 0;
  for (let i = 0; i < placed.rows; i++) {
    let [best, at] = [Infinity, -1];
    for (let j = 0; j < layout.rows; j++) {
      const square =
        (placed.data[2 * i] - layout.data[2 * j]) ** 2 +
        (placed.data[2 * i + 1] - layout.data[2 * j + 1]) ** 2;
      if (square < best) [best, at] = [square, j];
    }
    if (kinds[at] === target[others[i]]) right++;
  }
  expect(right / placed.rows).toBeGreaterThan(0.93);
  const alone = await umap.transform(data.takeRows([others[5]]));
  expect(Array.from(alone.data)).toEqual(Array.from(placed.slice(5, 6).data));
});

test('labels bring rows of one kind together', async () => {
  const y = Array.from(wine.target, (label, i) => (i % 5 === 0 ? null : label));
  const params = { randomState: 0, nEpochs: 200 };
  const spread = async (model: UMAP) => {
    const layout = await model.fitTransform(X, y);
    let [within, between] = [0, 0];
    for (let i = 0; i < X.rows; i++) {
      for (let j = 0; j < i; j++) {
        const distance = Math.hypot(
          layout.data[2 * i] - layout.data[2 * j],
          layout.data[2 * i + 1] - layout.data[2 * j + 1],
        );
        if (wine.target[i] === wine.target[j]) within += distance;
        else between += distance;
      }
    }
    return within / between;
  };
  const learned = await spread(new UMAP({ ...params, targetMetric: 'categorical', targetWeight: 0.9 }));
  expect(learned).toBeLessThan(await spread(new UMAP(params)));
});

test('parts that are not connected have a layout each', async () => {
  const rows = Array.from({ length: 120 }, (_, i) => [1000 * (i % 3) + Math.sin(i), Math.cos(3 * i)]);
  const layout = await new UMAP({ nNeighbors: 8, randomState: 0, nEpochs: 100 }).fitTransform(rows);
  expect(layout.data.every(Number.isFinite)).toBe(true);
  expect(await trustworthiness(rows, layout)).toBeGreaterThan(0.95);
});

test('fits report progress and stop when told to', async () => {
  for (const model of [
    new TSNE({ randomState: 0, maxIter: 100 }),
    new UMAP({ randomState: 0, nEpochs: 100 }),
  ]) {
    const seen: number[] = [];
    await model.fit(X, undefined, { onProgress: ({ fraction }) => seen.push(fraction) });
    expect(seen.at(-1)).toBe(1);
  }
  for (const model of [new TSNE({ maxIter: 1e6, minGradNorm: 0 }), new UMAP({ nEpochs: 100_000 })]) {
    const controller = new AbortController();
    const fit = model.fit(X, undefined, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(model.isFitted).toBe(false);
  }
});

test('trustworthiness is 1 for the rows themselves, and refuses what has no neighbours', async () => {
  expect(await trustworthiness(X, X)).toBe(1);
  await expect(trustworthiness(X, X.slice(1))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await expect(trustworthiness(X, X, { nNeighbors: 89 })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  await expect(
    trustworthiness([[Number.NaN], [1], [2]], [[1], [2], [3]], { nNeighbors: 1 }),
  ).rejects.toMatchObject({
    code: 'ERR_INPUT_NAN',
  });
});
