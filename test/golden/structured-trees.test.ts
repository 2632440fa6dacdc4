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
  neighbors: number;
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

/** Labels numbered by their first rows. */
function byFirst(labels: number[]): number[] {
  const seen = [...new Set(labels)];
  return labels.map((label) => seen.indexOf(label));
}

test.each(readGolden<{ cases: Case[] }>('structured_trees').cases)('$name', async (one) => {
  const X = Matrix.from(rowsOf(one.input).X);
  const search = await new NearestNeighbors({ nNeighbors: one.neighbors }).fit(X);
  const connectivity = await search.kneighborsGraph();
  const model = await new AgglomerativeClustering({ ...one.params, connectivity }).fit(X);
  const { labels, nConnectedComponents, distances, children } = one.learned;
  // A spanning tree does not say which end of an edge comes first, which decides the numbers of clusters.
  const known = one.params.linkage === 'single' ? byFirst : (numbers: number[]) => numbers;
  expect(known(Array.from(model.labels))).toEqual(known(labels));
  expect(model.nConnectedComponents).toBe(nConnectedComponents);
  if (distances) expectClose(Array.from(model.distances), distances, iterative(1e-9), 'distances');
  if (children) expect(model.children).toEqual(children);
});
