/** Golden values of t-SNE and UMAP: their graphs number by number, their layouts by how good they are. */
import { expect, test } from 'vitest';
import { TSNE, trustworthiness, UMAP } from '../../lib/index.js';
import { fitCurve } from '../../lib/manifold/curve.js';
import { native } from '../../lib/native.js';
import { expectClose, iterative, train } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

interface Graph {
  name: string;
  rows: DatasetRef;
  offsets: number[];
  columns: number[];
  weights: number[];
}
interface FuzzyParams {
  nNeighbors: number;
  metric: 'euclidean' | 'manhattan' | 'cosine';
  localConnectivity: number;
  setOpMixRatio: number;
  targetWeight?: number;
}
interface Golden {
  affinities: (Graph & { neighbors: number; perplexity: number })[];
  layouts: {
    name: string;
    estimator: 'TSNE' | 'UMAP';
    params: object;
    rows: DatasetRef;
    klDivergence?: number;
    trustworthiness: number;
  }[];
  fuzzySets: (Graph & { params: FuzzyParams; rhos: number[]; sigmas: number[] })[];
  labelled: (Graph & { params: FuzzyParams; labels: number[] })[];
  curves: { spread: number; minDist: number; a: number; b: number }[];
  trustworthiness: {
    rows: DatasetRef;
    nNeighbors: number;
    metric: 'euclidean' | 'manhattan' | 'cosine';
    value: number;
  }[];
}
const golden = readGolden<Golden>('manifold');
const STEPS: Record<string, number> = { wine: 5, breastCancer: 15, diabetes: 12 };
const METRICS = { euclidean: 0, manhattan: 1, cosine: 4 };
const SEARCH = { search: 0, leafSize: 30, p: 2 };
// Both peers compute these in float32, and bisect until an entropy or a sum is right to 1e-5.
const BISECTED = iterative(2e-4);

/** Every so many rows of a data set. */
function some(ref: DatasetRef) {
  const { X } = loadRef(ref);
  const step = STEPS[ref.dataset];
  return X.takeRows(Array.from({ length: Math.ceil(X.rows / step) }, (_, i) => i * step)).astype('float64');
}

function expectGraph(
  graph: { offsets: Float64Array; columns: Int32Array; weights: Float64Array },
  like: Graph,
) {
  expect(Array.from(graph.offsets)).toEqual(like.offsets);
  expect(Array.from(graph.columns)).toEqual(like.columns);
  expectClose(graph.weights, like.weights, BISECTED, 'weights');
}

function fuzzySet(rows: DatasetRef, params: FuzzyParams, labels: number[] | null) {
  const x = some(rows);
  const { nNeighbors, metric, localConnectivity, setOpMixRatio, targetWeight = 0 } = params;
  const far = targetWeight < 1 ? 2.5 / (1 - targetWeight) : 1e12;
  const spec = {
    ...SEARCH,
    metric: METRICS[metric],
    neighbors: nNeighbors,
    localConnectivity,
    setOpMixRatio,
    far,
  };
  const codes = labels === null ? null : Int32Array.from(labels);
  return native.fuzzySet(x.data, x.rows, x.cols, codes, spec, null);
}

test.each(golden.affinities)('affinities of $name', async (like) => {
  const x = some(like.rows);
  const { neighbors, perplexity } = like;
  const spec = { ...SEARCH, metric: 0, neighbors, perplexity };
  expectGraph(await native.tsneAffinities(x.data, x.rows, x.cols, spec, null), like);
});

test.each(golden.fuzzySets)('the fuzzy set of $name', async (like) => {
  const set = await fuzzySet(like.rows, like.params, null);
  expectClose(set.rhos, like.rhos, BISECTED, 'rhos');
  expectClose(set.sigmas, like.sigmas, BISECTED, 'sigmas');
  expectGraph(set, like);
});

test.each(golden.labelled)('the fuzzy set of $name with labels', async (like) => {
  const set = await fuzzySet(like.rows, like.params, like.labels);
  // Memberships that the peer's float32 loses are left out there.
  const kept = dense(set, like.offsets.length - 1);
  const wanted = dense(like, like.offsets.length - 1);
  expectClose(kept, wanted, iterative(2e-4), 'weights');
});

function dense(
  { offsets, columns, weights }: { [K in 'offsets' | 'columns' | 'weights']: ArrayLike<number> },
  n: number,
) {
  const all = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let e = offsets[i]; e < offsets[i + 1]; e++) all[i * n + columns[e]] = weights[e];
  return all;
}

test.each(golden.curves)('the curve of $spread and $minDist', ({ spread, minDist, a, b }) => {
  const curve = fitCurve(spread, minDist);
  expectClose([curve.a, curve.b], [a, b], iterative(1e-5), 'a and b');
});

/** Starts of a layout: the last bits of the arithmetic decide in which of several optima one ends, so that the best of them counts. */
const STARTS = [{}, { init: 'random', randomState: 1 }, { init: 'random', randomState: 2 }] as const;

test.each(golden.layouts)('$name', async (like) => {
  const { X } = loadRef(like.rows);
  const isNoWorse = { divergence: false, trust: false };
  for (const start of STARTS) {
    const params = { ...like.params, randomState: 0, ...start };
    const model = like.estimator === 'TSNE' ? new TSNE(params) : new UMAP(params);
    const layout = await model.fitTransform(X);
    isNoWorse.divergence = !(model instanceof TSNE) || model.klDivergence < like.klDivergence! * 1.03;
    isNoWorse.trust = (await trustworthiness(X, layout)) > like.trustworthiness - 0.01;
    if (isNoWorse.divergence && isNoWorse.trust) break;
  }
  expect(isNoWorse).toEqual({ divergence: true, trust: true });
});

test.each(golden.trustworthiness)(
  'trustworthiness by $metric',
  async ({ rows, nNeighbors, metric, value }) => {
    const { X } = loadRef(rows);
    const layout = X.columns([2, 8]);
    expectClose([await trustworthiness(X, layout, { nNeighbors, metric })], [value], train(1e-3), 'value');
  },
);
