/** Golden values of sparse rows that transformers make, and of models that are fitted on them. */
import { describe, expect, test } from 'vitest';
import * as boreal from '../../lib/index.js';
import {
  ColumnTransformer,
  CsrMatrix,
  type Estimator,
  FeatureUnion,
  KMeans,
  LogisticRegression,
  Matrix,
  type MatrixLike,
  NearestNeighbors,
  OneHotEncoder,
  Pipeline,
  StandardScaler,
  TfidfVectorizer,
  type Triplet,
} from '../../lib/index.js';
import { expectClose, iterative, ulp } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Composition {
  name: string;
  kind: 'columns' | 'union';
  threshold: number;
  remainder: 'drop' | 'passthrough';
  weights: Record<string, number> | null;
  train: { text: string[] };
  test: { text: string[] };
  y: number[];
  names: string[];
  isSparse: boolean;
  triplets: Triplet[];
  coef: number[];
  intercept: number[];
  decision: number[];
}
interface Clusters {
  name: string;
  input: GoldenInput;
  count: number;
  weighted: boolean;
  labels: number[];
  centres: number[][];
  inertia: number;
  iterations: number;
}
const golden = readGolden<{
  encoders: Array<{
    name: string;
    estimator: string;
    params: object;
    input: GoldenInput;
    triplets: Triplet[];
  }>;
  compositions: Composition[];
  clusters: Clusters[];
  neighbors: Array<{
    name: string;
    input: GoldenInput;
    metric: 'euclidean' | 'cosine';
    indices: number[][];
    distances: number[][];
  }>;
}>('sparse-results');

type Sparse = Estimator & { transformSparse(X: MatrixLike): Promise<CsrMatrix> };

function expectTriplets(rows: CsrMatrix, expected: readonly Triplet[]): void {
  const count = 1 + Math.max(...expected.map(([i]) => i));
  // What is stored may be a 0.
  const actual = rows
    .slice(0, count)
    .toTriplets()
    .filter(([, , value]) => value !== 0);
  const stored = expected.filter(([, , value]) => value !== 0);
  expect(actual.map(([i, j]) => [i, j])).toEqual(stored.map(([i, j]) => [i, j]));
  expectClose(
    actual.map(([, , value]) => value),
    stored.map(([, , value]) => value),
    ulp(64),
  );
}

describe('sparse rows of encoders', () => {
  test.each(golden.encoders)('$name', async ({ estimator, params, input, triplets }) => {
    const Class = (boreal as Record<string, unknown>)[estimator] as new (params: object) => Sparse;
    const { X, test } = rowsOf(input);
    const encoder = await new Class(params).fit(X);
    expectTriplets(await (encoder as Sparse).transformSparse(test), triplets);
  });
});

function transformerOf({ kind, threshold, remainder, weights }: Composition) {
  if (kind === 'union') {
    const pairs = new TfidfVectorizer({ analyzer: 'char', ngramRange: [2, 2] });
    const parts = [
      ['words', new TfidfVectorizer()],
      ['pairs', pairs],
    ] as const;
    return new FeatureUnion(parts, { transformerWeights: { pairs: 0.5 } });
  }
  return new ColumnTransformer(
    [
      ['words', new TfidfVectorizer(), 'text'],
      ['city', new OneHotEncoder({ handleUnknown: 'ignore', sparseOutput: true }), ['city']],
      ['numbers', new StandardScaler(), ['age', 'fare']],
    ],
    { remainder, sparseThreshold: threshold, transformerWeights: weights },
  );
}

describe('transformers side by side', () => {
  test.each(golden.compositions)('$name', async (given) => {
    const [train, held] = [given.train, given.test].map((table) =>
      given.kind === 'union' ? table.text : (table as MatrixLike),
    );
    const model = new LogisticRegression({ C: 2, tol: 1e-10, maxIter: 10000 });
    const pipeline = await new Pipeline([
      ['prepare', transformerOf(given)],
      ['model', model],
    ]).fit(train, given.y);
    const { prepare, model: fitted } = pipeline.namedSteps as {
      prepare: ColumnTransformer;
      model: LogisticRegression;
    };
    expect(prepare.getFeatureNamesOut()).toEqual(given.names);
    expect(fitted.featureNamesIn).toEqual(given.names);
    expectTriplets(await prepare.transformSparse(held), given.triplets);
    expectTriplets(CsrMatrix.from(await prepare.transform(held)), given.triplets);
    expectClose(fitted.coef.data, given.coef, iterative(1e-5));
    expectClose(fitted.intercept, given.intercept, iterative(1e-5));
    expectClose((await pipeline.decisionFunction(held)).data, given.decision, iterative(1e-5));
  });
});

const withoutNegatives = ({ data, rows, cols }: Matrix) =>
  new Matrix(
    data.map((value) => Math.max(value, 0)),
    rows,
    cols,
  );

describe('nearest neighbours', () => {
  test.each(golden.neighbors)('$name', async ({ input, metric, indices, distances }) => {
    const { X, test } = rowsOf(input);
    const [train, held] = [X, test].map((part) => CsrMatrix.from(withoutNegatives(part as Matrix)));
    const search = await new NearestNeighbors({ nNeighbors: 4, metric }).fit(train);
    const found = await search.kneighbors(held.slice(0, 8));
    expectClose(found.distances.data, distances.flat(), iterative(1e-7));
    // Rows at equal distances may change places, those at the last one also with rows that are left out.
    const isApart = (row: number[], k: number) =>
      row.every((d, n) => n === k || Math.abs(d - row[k]) > 1e-7) && k < row.length - 1;
    for (const [i, row] of distances.entries())
      for (const k of row.keys()) if (isApart(row, k)) expect(found.indices[4 * i + k]).toBe(indices[i][k]);
  });
});

describe('k-means', () => {
  test.each(golden.clusters)('$name', async (given) => {
    const positive = withoutNegatives(rowsOf(given.input).X as Matrix);
    const { rows } = positive;
    const init = Array.from({ length: given.count }, (_, k) => positive.row(7 * k));
    const sampleWeight = given.weighted ? Array.from({ length: rows }, (_, i) => (i % 3) + 0.5) : undefined;
    const model = new KMeans({ nClusters: given.count, init, tol: 0, maxIter: 50 });
    await model.fit(CsrMatrix.from(positive), undefined, { sampleWeight });
    expect([...model.labels]).toEqual(given.labels);
    expectClose(model.clusterCenters.data, given.centres.flat(), iterative(1e-9));
    expectClose([model.inertia], [given.inertia], iterative(1e-9));
    expect(model.nIter).toBe(given.iterations);
  });
});
