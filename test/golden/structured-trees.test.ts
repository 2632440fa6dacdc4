/** Golden values of agglomerative clustering along the edges of a graph. */
import { beforeEach, expect, test, vi } from 'vitest';
import {
  AgglomerativeClustering,
  type AgglomerativeClusteringParams,
  Matrix,
  NearestNeighbors,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  name: string;
  params: Partial<AgglomerativeClusteringParams>;
  input: GoldenInput;
  neighbors?: number;
  radius?: number;
  learned: {
    labels: number[];
    nConnectedComponents: number;
    distances?: number[];
    children?: number[][];
  };
}

beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

test.each(readGolden<{ cases: Case[] }>('structured_trees').cases)('$name', async (one) => {
  const X = Matrix.from(rowsOf(one.input).X);
  const search = await new NearestNeighbors({ nNeighbors: one.neighbors ?? 1, radius: one.radius ?? 1 }).fit(
    X,
  );
  const connectivity = await (one.radius ? search.radiusNeighborsGraph() : search.kneighborsGraph());
  const model = await new AgglomerativeClustering({ ...one.params, connectivity }).fit(X);
  const { labels, nConnectedComponents, distances, children } = one.learned;
  expect(Array.from(model.labels)).toEqual(labels);
  expect(model.nConnectedComponents).toBe(nConnectedComponents);
  if (distances) expectClose(Array.from(model.distances), distances, iterative(1e-9), 'distances');
  if (children) expect(model.children).toEqual(children);
});
