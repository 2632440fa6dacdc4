/** Lambdarank against LightGBM's: the same trees at first, then scores that rank as well. */
import { describe, test } from 'vitest';
import { HistGradientBoostingRanker, type HistGradientBoostingRankerParams } from '../../lib/index.js';
import { expectClose, iterative, train } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Queries {
  X: number[][];
  grades: number[];
  group: number[];
}
interface Case {
  name: string;
  params: Partial<HistGradientBoostingRankerParams>;
  sampleWeight?: number[];
  first: number[];
  ndcg: number;
}

const golden = readGolden<Queries & { test: Queries; cases: Case[] }>('ranking');

describe('ranks as LightGBM does', () => {
  test.each(golden.cases)('$name', async ({ params, sampleWeight, first, ndcg }) => {
    const { X, grades, group, test: rows } = golden;
    const model = new HistGradientBoostingRanker({ ...params, maxIter: 1 });
    await model.fit(X, grades, { group, sampleWeight });
    expectClose(await model.predict(rows.X), first, iterative(1e-6), 'scores');
    // Later trees part where two splits gain alike: LightGBM reads exp from a table.
    await model.setParams({ maxIter: 40 }).fit(X, grades, { group, sampleWeight });
    expectClose(await model.score(rows.X, rows.grades, { group: rows.group }), ndcg, train(0.005), 'NDCG');
  });
});
