/** The ranker: gradients against the formula, queries and their forms, early stopping, weights, refusals. */
import { describe, expect, test } from 'vitest';
import type { Progress } from '../../lib/core/fit-input.js';
import { Random } from '../../lib/core/random.js';
import {
  exportONNX,
  HistGradientBoostingRanker,
  HistGradientBoostingRegressor,
  load,
  Matrix,
  makePipeline,
  ndcgScore,
  StandardScaler,
  treeShap,
} from '../../lib/index.js';

const QUERIES = 40;
const SIZE = 12;
const random = new Random(3);
const X = new Matrix(
  Float64Array.from({ length: QUERIES * SIZE * 3 }, () => Math.round(random.normal() * 8) / 8),
  QUERIES * SIZE,
  3,
);
// What a query's level adds says nothing about its order.
const level = Array.from({ length: QUERIES }, () => random.normal() * 3);
const grades = Array.from({ length: X.rows }, (_, i) => {
  const value = X.data[3 * i] - X.data[3 * i + 1] / 2 + random.normal() / 4 + level[Math.floor(i / SIZE)];
  return Math.max(0, Math.min(4, Math.round(value + 2)));
});
const group = new Array<number>(QUERIES).fill(SIZE);
const qid = Array.from(grades, (_, i) => `q${Math.floor(i / SIZE)}`);
const params = { maxIter: 30, minSamplesLeaf: 5, randomState: 1 };

describe('a ranker', () => {
  test('orders queries better than a regressor of grades, whose levels mislead it', async () => {
    const half = (QUERIES / 2) * SIZE;
    const [train, held] = [X.slice(0, half), X.slice(half, X.rows)];
    const fitGroup = { group: group.slice(0, QUERIES / 2) };
    const ranker = await new HistGradientBoostingRanker(params).fit(train, grades.slice(0, half), fitGroup);
    expect(await ranker.score(held, grades.slice(half), fitGroup)).toBeGreaterThan(0.85);
    const regressor = await new HistGradientBoostingRegressor(params).fit(train, grades.slice(0, half));
    const byQuery = (values: ArrayLike<number>) => new Matrix(Float64Array.from(values), QUERIES / 2, SIZE);
    const gains = byQuery(grades.slice(half).map((grade) => 2 ** grade - 1));
    const [ranked, guessed] = await Promise.all([ranker, regressor].map((model) => model.predict(held)));
    expect(ndcgScore(gains, byQuery(ranked), { k: 5 })).toBeGreaterThan(
      ndcgScore(gains, byQuery(guessed), { k: 5 }),
    );
  });

  test('takes sizes, or the query of each row', async () => {
    const bySize = await new HistGradientBoostingRanker(params).fit(X, grades, { group });
    const byId = await new HistGradientBoostingRanker(params).fit(X, grades, { qid });
    expect(await byId.predict(X)).toEqual(await bySize.predict(X));
    expect(await byId.score(X, grades, { qid })).toBe(await bySize.score(X, grades, { group }));
    const alone = await new HistGradientBoostingRanker(params).fit(X, grades);
    expect(await alone.predict(X)).not.toEqual(await bySize.predict(X));
  });

  test('adds what the formula says to each row of two queries', async () => {
    const y = [0, 2, 1, 3, 1, 0, 0];
    const sizes = [4, 3];
    const sampleWeight = [1, 2, 0.5, 1, 1, 3, 1];
    const features = Matrix.from(y.map((_, i) => [i]));
    for (const [sigmoid, truncationLevel, normalize] of [
      [1, 30, true],
      [2, 1, false],
      [0.5, 2, true],
    ] as const) {
      const model = new HistGradientBoostingRanker({
        ...{ maxIter: 3, minSamplesLeaf: 1, minChildWeight: 0, learningRate: 0.4, maxLeafNodes: null },
        ...{ sigmoid, truncationLevel, normalize },
      });
      await model.fit(features, y, { group: sizes, sampleWeight });
      const scores = y.map(() => 0);
      for (let round = 0; round < 3; round++) {
        const gradient = y.map(() => 0);
        const hessian = y.map(() => 0);
        let from = 0;
        for (const size of sizes) {
          const rows = Array.from({ length: size }, (_, i) => from + i).sort((a, b) => scores[b] - scores[a]);
          from += size;
          const gain = rows.map((i) => 2 ** y[i] - 1);
          const discount = (rank: number) => 1 / Math.log2(rank + 2);
          const best = [...gain].sort((a, b) => b - a).slice(0, truncationLevel);
          const most = best.reduce((sum, g, rank) => sum + g * discount(rank), 0);
          const apart = scores[rows[0]] !== scores[rows[size - 1]];
          let sum = 0;
          const g = rows.map(() => 0);
          const h = rows.map(() => 0);
          for (let i = 0; i < Math.min(truncationLevel, size - 1); i++) {
            for (let j = i + 1; j < size; j++) {
              if (gain[i] === gain[j]) continue;
              const [high, low] = gain[i] > gain[j] ? [i, j] : [j, i];
              const delta = scores[rows[high]] - scores[rows[low]];
              let change = ((gain[high] - gain[low]) * Math.abs(discount(high) - discount(low))) / most;
              if (normalize && apart) change /= 0.01 + Math.abs(delta);
              const p = 1 / (1 + Math.exp(sigmoid * delta));
              g[high] -= sigmoid * change * p;
              g[low] += sigmoid * change * p;
              h[high] += sigmoid ** 2 * change * p * (1 - p);
              h[low] += sigmoid ** 2 * change * p * (1 - p);
              sum += 2 * sigmoid * change * p;
            }
          }
          const scale = normalize && sum > 0 ? Math.log2(1 + sum) / sum : 1;
          rows.forEach((row, r) => {
            gradient[row] = g[r] * scale * sampleWeight[row];
            hessian[row] = h[r] * scale * sampleWeight[row];
          });
        }
        // Leaves of equal step are one leaf: sums, not rows, decide it.
        const leaves = model.snapshot().fitted!.state;
        const [begin, end] = [leaves.treeOffsets[round], leaves.treeOffsets[round + 1]];
        const leafOf = (value: number) => {
          let node = 0;
          while (leaves.feature[begin + node] >= 0) {
            node = leaves.left[begin + node] + (value <= leaves.threshold[begin + node] ? 0 : 1);
          }
          return begin + node;
        };
        expect(end).toBeGreaterThan(begin);
        const where = y.map((_, i) => leafOf(i));
        for (const leaf of new Set(where)) {
          const rows = y.map((_, i) => i).filter((i) => where[i] === leaf);
          const total = (values: number[]) => rows.reduce((sum, i) => sum + values[i], 0);
          const step = total(hessian) > 0 ? (-0.4 * total(gradient)) / total(hessian) : 0;
          expect(leaves.values[leaves.left[leaf]]).toBeCloseTo(step, 5);
        }
        y.forEach((_, i) => {
          scores[i] += leaves.values[leaves.left[where[i]]];
        });
      }
      expect(Array.from(await model.predict(features))).toEqual(
        scores.map((score) => expect.closeTo(score, 10)),
      );
    }
  });

  test('watches NDCG, and holds out whole queries', async () => {
    const events: Progress[] = [];
    const stopping = { ...params, maxIter: 200, nIterNoChange: 5, validationFraction: 0.25 };
    const model = new HistGradientBoostingRanker({ ...stopping, earlyStopping: true });
    await model.fit(X, grades, { group, onProgress: (event) => void events.push(event) });
    expect(model.nIter).toBeLessThan(200);
    expect(model.validationScore.length).toBe(model.nIter + 1);
    expect(1 - events.at(-1)!.validationLoss!).toBeCloseTo(model.validationScore.at(-1)!, 14);
    expect(model.trainScore.at(-1)).toBeGreaterThan(model.trainScore[0]);

    const watched = new HistGradientBoostingRanker({ ...params, evalAt: 3 });
    const weights = grades.map((_, i) => 1 + (Math.floor(i / SIZE) % 3));
    const given = { group, validation: [X, grades, weights] as const, validationQid: qid };
    await watched.fit(X, grades, given);
    const score = await watched.score(X, grades, { group, sampleWeight: weights });
    expect(watched.validationScore.at(-1)).toBeCloseTo(score, 12);
    expect(await watched.score(X, grades, { group, k: 3 })).toBeCloseTo(watched.trainScore.at(-1)!, 12);
  });

  test('goes on, in a pipeline too, is saved, explained and exported', async () => {
    const whole = await new HistGradientBoostingRanker(params).fit(X, grades, { group });
    const parts = new HistGradientBoostingRanker({ ...params, maxIter: 10, warmStart: true });
    await parts.fit(X, grades, { group });
    await parts.setParams({ maxIter: 30 }).fit(X, grades, { group });
    const predicted = await whole.predict(X);
    expect(Array.from(await parts.predict(X))).toEqual(Array.from(predicted, (p) => expect.closeTo(p, 5)));

    const piped = makePipeline(new StandardScaler(), new HistGradientBoostingRanker(params));
    await piped.fit(X, grades, { group, validation: [X, grades], validationGroup: group });
    expect((await piped.predict(X)).length).toBe(X.rows);

    const loaded = (await load(whole.toBytes())) as HistGradientBoostingRanker;
    expect(await loaded.predict(X)).toEqual(predicted);
    const { values, baseValue } = await treeShap(whole, X.slice(0, 3));
    const sums = [0, 1, 2].map((i) => Array.from(values[0].row(i)).reduce((a, b) => a + b, baseValue[0]));
    expect(sums).toEqual(Array.from(predicted.slice(0, 3), (p) => expect.closeTo(p, 8)));
    expect((await exportONNX(whole)).length).toBeGreaterThan(100);
  });

  test('refuses what cannot be ranked', async () => {
    const model = new HistGradientBoostingRanker(params);
    const refused: Array<[ArrayLike<number>, object, string]> = [
      [grades, { group: [1, 2] }, 'ERR_SHAPE'],
      [grades, { group: [0, X.rows] }, 'ERR_PARAMETER'],
      [grades, { group, qid }, 'ERR_PARAMETER'],
      [grades, { qid: qid.slice(1) }, 'ERR_SHAPE'],
      [grades, { qid: qid.map((_, i) => i % 2) }, 'ERR_PARAMETER'],
      [grades.map((g) => g + 0.5), { group }, 'ERR_LABELS'],
      [grades.map((g) => g - 1), { group }, 'ERR_LABELS'],
      [grades.map((g) => g + 40), { group }, 'ERR_LABELS'],
      [grades, { group, validation: [X, grades], validationGroup: [1] }, 'ERR_SHAPE'],
    ];
    for (const [y, options, code] of refused) {
      await expect(model.fit(X, y, options)).rejects.toMatchObject({ code });
    }
    const gains = model.setParams({ labelGain: [0, 2, 1] }).fit(X, grades, { group });
    await expect(gains).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const regressor = new HistGradientBoostingRegressor(params).fit(X, grades, { group });
    await expect(regressor).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const same = await new HistGradientBoostingRanker(params).fit(
      X,
      grades.map(() => 2),
      { group },
    );
    expect(
      await same.score(
        X,
        grades.map(() => 2),
        { group },
      ),
    ).toBe(1);
  });
});
