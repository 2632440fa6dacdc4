/** Sparse rows that transformers make: pipelines, parts side by side, searches, files, servers. */
import { describe, expect, test } from 'vitest';
import {
  ColumnTransformer,
  CsrMatrix,
  crossValScore,
  FeatureUnion,
  GridSearchCV,
  HistGradientBoostingClassifier,
  KBinsDiscretizer,
  KMeans,
  LabelBinarizer,
  LinearRegression,
  LogisticRegression,
  load,
  loadIris,
  Matrix,
  MaxAbsScaler,
  MissingIndicator,
  MultiLabelBinarizer,
  NearestCentroid,
  NearestNeighbors,
  OneHotEncoder,
  Pipeline,
  SimpleImputer,
  SplineTransformer,
  StandardScaler,
  TargetEncoder,
  TfidfTransformer,
  TfidfVectorizer,
  TruncatedSVD,
  VotingClassifier,
} from '../../lib/index.js';
import { ModelEndpoint } from '../../lib/serve/index.js';
import { codeOfAsync } from '../support/codes.js';
import { expectClose, iterative } from '../support/tolerance.js';

const CITIES = ['Oslo', 'Turku', 'Bergen'];
const WORDS = ['ship', 'ferry', 'crane', 'tide', 'cargo'];
const NUMBERS = [...Array(60).keys()];
const TRIPS = {
  fare: NUMBERS.map((i) => (i % 11 === 3 ? Number.NaN : 10 + ((i * 7) % 23))),
  note: NUMBERS.map((i) => `${WORDS[i % 5]} ${WORDS[(i * i) % 5]} ${WORDS[(3 * i + 1) % 5]}`),
  city: NUMBERS.map((i) => CITIES[(i * i + i) % 3]),
  deck: NUMBERS.map((i) => i % 4),
};
const LATE = NUMBERS.map((i) => (i % 5 < 2 || (i * i + i) % 3 === 2 ? 'yes' : 'no'));
const row = (i: number) => ({
  fare: TRIPS.fare[i],
  note: TRIPS.note[i],
  city: TRIPS.city[i],
  deck: TRIPS.deck[i],
});

const numbers = () =>
  new Pipeline([
    ['fill', new SimpleImputer()],
    ['scale', new StandardScaler()],
  ]);
const prepare = (options: object = {}) =>
  new ColumnTransformer(
    [
      ['numbers', numbers(), ['fare']],
      ['words', new TfidfVectorizer(), 'note'],
      ['city', new OneHotEncoder({ handleUnknown: 'ignore', sparseOutput: true }), ['city']],
    ],
    { sparseThreshold: 1, ...options },
  );
const trips = (options: object = {}, model = new LogisticRegression({ C: 10 })) =>
  new Pipeline([
    ['prepare', prepare(options)],
    ['model', model],
  ]);

describe('encoders', () => {
  const { data } = loadIris();
  const holes = new Matrix(
    data.data.map((v, i) => (i % 7 === 0 ? Number.NaN : v)),
    data.rows,
    data.cols,
  );
  test.each([
    ['OneHotEncoder', new OneHotEncoder({ drop: 'first' }), data],
    ['OneHotEncoder of float32', new OneHotEncoder(), data.astype('float32')],
    ['OneHotEncoder of missing values', new OneHotEncoder(), holes],
    ['KBinsDiscretizer', new KBinsDiscretizer({ nBins: 3 }), data],
    ['MissingIndicator', new MissingIndicator(), holes],
    ['SplineTransformer', new SplineTransformer(), data],
  ] as const)('%s: sparse rows are the dense ones', async (_, encoder, X) => {
    await encoder.fit(X);
    const sparse = await encoder.transformSparse(X);
    const dense = await encoder.transform(X);
    expect(sparse.toArray()).toEqual(dense.toArray());
    expect(sparse.nnz).toBe(dense.data.filter((v) => v !== 0).length);
    expect((await encoder.transformSparse(X.slice(0, 0))).rows).toBe(0);
  });

  test('refusals', async () => {
    const encoder = await new OneHotEncoder().fit({ city: CITIES });
    expect(await codeOfAsync(() => encoder.transformSparse({ city: ['Paris'] }))).toBe(
      'ERR_UNKNOWN_CATEGORY',
    );
    expect(await codeOfAsync(() => new OneHotEncoder().transformSparse([[1]]))).toBe('ERR_NOT_FITTED');
    const signal = AbortSignal.abort();
    expect(await codeOfAsync(() => encoder.transformSparse({ city: CITIES }, { signal }))).toBe(
      'ERR_ABORTED',
    );
    const binarizer = new LabelBinarizer({ negLabel: -1 }).fit([1, 2, 3]);
    expect(await codeOfAsync(async () => binarizer.transformSparse([1]))).toBe('ERR_PARAMETER');
  });

  test('labels', () => {
    const binarizer = new LabelBinarizer({ posLabel: 5 }).fit(['c', 'a', 'b']);
    expect(binarizer.transformSparse(['b', 'z', 'a']).toTriplets()).toEqual([
      [0, 1, 5],
      [2, 0, 5],
    ]);
    expect(new LabelBinarizer().fit(['no', 'yes']).transformSparse(['yes', 'no', '?']).toTriplets()).toEqual([
      [0, 0, 1],
    ]);
    const several = new MultiLabelBinarizer({ classes: ['b', 'a'] }).fit([]);
    expect(several.transformSparse([['a', 'b', 'a'], [], ['z']]).toTriplets()).toEqual([
      [0, 0, 1],
      [0, 1, 1],
    ]);
  });

  test.each([
    ['one-hot', new OneHotEncoder({ sparseOutput: true }), { city: TRIPS.city, deck: TRIPS.deck }],
    ['bins', new KBinsDiscretizer({ nBins: 4, sparseOutput: true }), { fare: NUMBERS, deck: TRIPS.deck }],
  ])('%s: a pipeline is fitted on sparse rows, and predicts by a plan', async (_, encoder, X) => {
    const make = (sparseOutput: boolean) =>
      new Pipeline([
        ['encode', encoder.clone().setParams({ sparseOutput })],
        ['scale', new MaxAbsScaler()],
        ['model', new LogisticRegression({ tol: 1e-9, maxIter: 1000 })],
      ]);
    const [sparse, dense] = [make(true), make(false)];
    await sparse.fit(X, LATE);
    await dense.fit(X, LATE);
    const [a, b] = [sparse, dense].map(({ namedSteps }) => namedSteps.model as LogisticRegression);
    expectClose(a.coef.data, b.coef.data, iterative(1e-4));
    expect(a.featureNamesIn).toEqual(b.featureNamesIn);
    expect(sparse.predictSync(X)).toEqual(await sparse.predict(X));
    const again = (await load(sparse.toBytes())) as typeof sparse;
    expect(again.predictProbaSync(X).data).toEqual(sparse.predictProbaSync(X).data);
  });

  test('rows beside the training set make a pipeline hand on dense ones', async () => {
    const X = { city: TRIPS.city, deck: TRIPS.deck };
    const pipeline = new Pipeline([
      ['encode', new OneHotEncoder({ sparseOutput: true })],
      ['model', new HistGradientBoostingClassifier({ maxIter: 5 })],
    ]);
    await pipeline.fit(X, LATE, { validation: [X, LATE] });
    expect((await pipeline.predict(X)).length).toBe(60);
  });
});

describe('text beside numbers', () => {
  test('in one pipeline: forms of rows, a row alone, names, files', async () => {
    const pipeline = await trips().fit(TRIPS, LATE);
    const expected = await pipeline.predictProba(TRIPS);
    const { deck, ...rest } = TRIPS;
    const reordered = { city: rest.city, other: deck, note: rest.note, fare: rest.fare };
    const records = NUMBERS.map(row);
    const lists = records.map(({ fare, note, city, deck }) => [fare, note, city, deck]);
    for (const X of [reordered, records, lists])
      expect((await pipeline.predictProba(X as never)).data).toEqual(expected.data);
    for (const i of [0, 3, 59]) expect((await pipeline.predictProba([row(i)])).data).toEqual(expected.row(i));
    expect(await pipeline.score(TRIPS, LATE)).toBeGreaterThan(0.9);
    const { prepare, model } = pipeline.namedSteps as {
      prepare: ColumnTransformer;
      model: LogisticRegression;
    };
    expect(prepare.getFeatureNamesOut().slice(0, 3)).toEqual([
      'numbers__fare',
      'words__cargo',
      'words__crane',
    ]);
    expect(model.featureNamesIn).toEqual(prepare.getFeatureNamesOut());
    const again = (await load(pipeline.toBytes())) as typeof pipeline;
    expect((await again.predictProba(TRIPS)).data).toEqual(expected.data);
    const rows = await prepare.transformSparse(TRIPS);
    expect(rows.toArray()).toEqual((await prepare.transform(TRIPS)).toArray());
    expect(await again.predict([{ ...row(0), city: 'Paris', note: '' }])).toHaveLength(1);
  });

  test('refusals', async () => {
    const pipeline = await trips().fit(TRIPS, LATE);
    const { note: _, ...without } = TRIPS;
    expect(await codeOfAsync(() => pipeline.predict(without))).toBe('ERR_UNKNOWN_COLUMN');
    expect(await codeOfAsync(() => trips().fit(without, LATE))).toBe('ERR_UNKNOWN_COLUMN');
    expect(await codeOfAsync(async () => pipeline.predictSync(TRIPS))).toBe('ERR_NOT_SUPPORTED');
    expect(await codeOfAsync(() => pipeline.predict([[1, 'ship']] as never))).toBe('ERR_SHAPE');
    expect(await codeOfAsync(() => pipeline.predict({ ...TRIPS, note: TRIPS.deck }))).toBe('ERR_DTYPE');
    expect(await codeOfAsync(() => trips().fit({ ...TRIPS, note: TRIPS.deck }, LATE))).toBe('ERR_DTYPE');
    expect(await codeOfAsync(() => trips().fit(TRIPS, LATE.slice(1)))).toBe('ERR_SHAPE');
    expect(await codeOfAsync(() => trips().fit(TRIPS, LATE, { validation: [TRIPS, LATE] }))).toBe(
      'ERR_NOT_SUPPORTED',
    );
    expect(await codeOfAsync(() => trips({ sparseThreshold: 2 }).fit(TRIPS, LATE))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(() => prepare().fitTransform(TRIPS.note as never))).toBe('ERR_SHAPE');
  });

  test('the threshold decides what a model is fitted on, not what it predicts', async () => {
    const [sparse, dense] = [trips({ sparseThreshold: 1 }), trips({ sparseThreshold: 0 })];
    await sparse.fit(TRIPS, LATE);
    await dense.fit(TRIPS, LATE);
    const [a, b] = [await sparse.predictProba(TRIPS), await dense.predictProba(TRIPS)];
    expectClose(a.data, b.data, iterative(1e-3));
  });

  test('the remainder, and models that read dense rows', async () => {
    const model = new HistGradientBoostingClassifier({ maxIter: 20, minSamplesLeaf: 2 });
    const pipeline = trips({ remainder: 'passthrough' }, model as never);
    await pipeline.fit(TRIPS, LATE);
    const names = (pipeline.namedSteps.prepare as ColumnTransformer).getFeatureNamesOut();
    expect(names.at(-1)).toBe('remainder__deck');
    expect(await pipeline.score(TRIPS, LATE)).toBeGreaterThan(0.95);
  });

  test('the target encoded across folds', async () => {
    const parts = new ColumnTransformer(
      [
        ['words', new TfidfVectorizer(), 'note'],
        ['city', new TargetEncoder({ cv: 3, randomState: 0 }), ['city']],
      ],
      { sparseThreshold: 1 },
    );
    const pipeline = new Pipeline([
      ['prepare', parts],
      ['model', new LogisticRegression()],
    ]);
    await pipeline.fit(TRIPS, LATE);
    expect(await pipeline.score(TRIPS, LATE)).toBeGreaterThan(0.7);
    expect(await codeOfAsync(() => parts.fitTransform(TRIPS, LATE))).toBe('ERR_NOT_SUPPORTED');
  });

  test('searches, folds, ensembles and caches', async () => {
    expect(await crossValScore(trips(), TRIPS, LATE, { cv: 3 })).toHaveLength(3);
    const memory = new Map<string, Uint8Array>();
    const cached = new Pipeline(trips().params.steps, { memory });
    const search = new GridSearchCV(
      cached,
      {
        prepare__words__ngramRange: [
          [1, 1],
          [1, 2],
        ],
        model__C: [0.1, 10],
      },
      { cv: 3 },
    );
    await search.fit(TRIPS, LATE);
    // Two vocabularies of three folds and of all rows.
    expect(memory.size).toBe(7);
    const again = await load(search.toBytes());
    expect(await (again as typeof search).predict(TRIPS)).toEqual(await search.predict(TRIPS));
    const vote = new VotingClassifier(
      [
        ['all', trips()],
        [
          'numbers',
          new Pipeline([
            ['prepare', new ColumnTransformer([['n', numbers(), ['fare']]])],
            ['model', new LogisticRegression()],
          ]),
        ],
      ],
      { voting: 'soft' },
    );
    await vote.fit(TRIPS, LATE);
    expect(await vote.score(TRIPS, LATE)).toBeGreaterThan(0.8);
  });

  test('served', async () => {
    const endpoint = await ModelEndpoint.create(await trips().fit(TRIPS, LATE));
    const kinds = endpoint.info.columns.map(({ kind }) => kind);
    expect(kinds).toEqual(['number', 'text', 'category', 'number']);
    const pipeline = await trips().fit(TRIPS, LATE);
    const { predictions } = await endpoint.predictBatch([row(1), row(2)]);
    expect(predictions).toEqual(await pipeline.predict([row(1), row(2)]));
    expect((await endpoint.predict(row(4))).prediction).toBe((await pipeline.predict([row(4)]))[0]);
  });
});

describe('unions', () => {
  const topics = () =>
    new Pipeline([
      ['words', new TfidfVectorizer()],
      ['topics', new TruncatedSVD({ nComponents: 2, randomState: 0 })],
    ]);
  test('of words, characters and topics', async () => {
    const union = new FeatureUnion(
      [
        ['words', new TfidfVectorizer()],
        ['pairs', new TfidfVectorizer({ analyzer: 'char', ngramRange: [2, 2] })],
        ['topics', topics()],
      ],
      { transformerWeights: { pairs: 0.5 } },
    );
    const pipeline = new Pipeline([
      ['union', union],
      ['model', new LogisticRegression()],
    ]);
    await pipeline.fit(TRIPS.note, LATE);
    const fitted = pipeline.namedSteps.union as FeatureUnion;
    const rows = await fitted.transformSparse(TRIPS.note);
    expect(rows.cols).toBe(fitted.getFeatureNamesOut().length);
    const { words, pairs } = fitted.namedTransformers as Record<string, TfidfVectorizer>;
    const own = (await words.transform(TRIPS.note)).toArray();
    const others = (await pairs.transform(TRIPS.note)).toArray();
    const [first] = rows.toArray();
    expect(first.slice(0, own[0].length)).toEqual(own[0]);
    expect(first.slice(own[0].length, -2)).toEqual(others[0].map((v) => v * 0.5));
    const again = (await load(pipeline.toBytes())) as typeof pipeline;
    expect(await again.predict(TRIPS.note)).toEqual(await pipeline.predict(TRIPS.note));
    const endpoint = await ModelEndpoint.create(pipeline);
    const { prediction } = await endpoint.predict({ text: TRIPS.note[7] });
    expect(prediction).toBe((await pipeline.predict([TRIPS.note[7]]))[0]);
  });

  test('of documents pass nothing through', async () => {
    const union = new FeatureUnion([
      ['words', new TfidfVectorizer()],
      ['rest', 'passthrough'],
    ]);
    expect(await codeOfAsync(() => union.fit(TRIPS.note as never))).toBe('ERR_PARAMETER');
  });

  test('of sparse rows', async () => {
    const counts = CsrMatrix.from(NUMBERS.map((i) => WORDS.map((_, j) => ((i * j) % 4 === 1 ? i : 0))));
    const union = new FeatureUnion([
      ['scaled', new MaxAbsScaler()],
      ['weighed', new TfidfTransformer()],
      ['rest', 'passthrough'],
    ]);
    const rows = await (await union.fit(counts)).transformSparse(counts);
    expect(rows.cols).toBe(15);
    const columns = new ColumnTransformer([
      ['a', new MaxAbsScaler(), [3, 1]],
      ['b', 'passthrough', [0, 4]],
    ]);
    const sparse = await (await columns.fit(counts)).transformSparse(counts);
    expect(sparse.toArray()).toEqual((await columns.transform(counts.toDense())).toArray());
    expect((await columns.transform(counts)).toArray()).toEqual(sparse.toArray());
    const model = new Pipeline([
      ['columns', columns],
      ['model', new LinearRegression()],
    ]);
    await model.fit(counts, NUMBERS);
    expect(model.schema.named).toBe(false);
    expect(await model.predict(counts)).toHaveLength(60);
  });
});

test.each([
  ['means', {}],
  ['shrunken means', { shrinkThreshold: 0.3, priors: 'empirical' }],
  ['medians', { metric: 'manhattan' }],
] as const)('nearest centres, %s: as on dense rows', async (_, params) => {
  const values = NUMBERS.map((i) => WORDS.map((_, j) => ((i * (j + 2)) % 4 === 1 ? 1 + (i % 7) : 0)));
  const sparse = await new NearestCentroid(params).fit(CsrMatrix.from(values), LATE);
  const dense = await new NearestCentroid(params).fit(values, LATE);
  expectClose(sparse.centroids.data, dense.centroids.data, iterative(1e-12));
  expectClose(sparse.withinClassStdDev, dense.withinClassStdDev, iterative(1e-12));
  expect(await sparse.predict(CsrMatrix.from(values))).toEqual(await dense.predict(values));
  if ('metric' in params) return;
  const [a, b] = [await sparse.predictProba(CsrMatrix.from(values)), await dense.predictProba(values)];
  expectClose(a.data, b.data, iterative(1e-9));
});

describe('nearest neighbours of sparse rows', () => {
  const values = NUMBERS.map((i) =>
    Array.from({ length: 15 }, (_, j) =>
      (i * (j + 2) + j) % 5 === 1 ? 1 + Math.sin(i * i + 3 * j) : 0,
    ).with(0, 0.5 + Math.sin(3 * i)),
  );
  const x = CsrMatrix.from(values);
  test.each(['euclidean', 'cosine', 'minkowski'] as const)('%s: as of dense rows', async (metric) => {
    const sparse = await new NearestNeighbors({ metric, nNeighbors: 7 }).fit(x);
    const dense = await new NearestNeighbors({ metric, nNeighbors: 7, algorithm: 'brute' }).fit(values);
    expect(sparse.nSamplesFit).toBe(60);
    const queries = CsrMatrix.from(values.slice(3, 15).map((v) => v.map((w, j) => (j === 4 ? 0.7 : w))));
    for (const rows of [null, queries]) {
      const [a, b] = [await sparse.kneighbors(rows), await dense.kneighbors(rows)];
      expectClose(a.distances.data, b.distances.data, iterative(1e-7));
      // Of rows at equal distances, such as those at a right angle, rounding decides.
      const d = b.distances.data;
      const isApart = (n: number) =>
        n % 7 < 6 && d[n + 1] - d[n] > 1e-7 && (n % 7 === 0 || d[n] - d[n - 1] > 1e-7);
      const apart = [...d.keys()].filter(isApart);
      expect(apart.length).toBeGreaterThan(20);
      expect(apart.map((n) => a.indices[n])).toEqual(apart.map((n) => b.indices[n]));
    }
    const all = await sparse.kneighbors(queries);
    const alone = await sparse.kneighbors(queries.slice(5, 6));
    expect(alone.distances.data).toEqual(all.distances.slice(5, 6).data);
    expect((await sparse.kneighbors(queries.toDense())).indices).toEqual(all.indices);
    const again = (await load(sparse.toBytes())) as typeof sparse;
    expect((await again.kneighbors(queries)).distances.data).toEqual(all.distances.data);
    expectClose((await again.transform(queries)).data, all.distances.data, iterative(1e-7));
    const within = await again.radiusNeighbors(queries, { radius: 0.4 });
    expect(within.offsets).toEqual((await dense.radiusNeighbors(queries, { radius: 0.4 })).offsets);
  });

  test('edges and refusals', async () => {
    const search = await new NearestNeighbors({ metric: 'cosine', nNeighbors: 2 }).fit(
      CsrMatrix.from([
        [0, 0],
        [1, 0],
        [1, 1],
      ]),
    );
    const { distances, indices } = await search.kneighbors([[0, 0]]);
    expect([...distances.data, ...indices]).toEqual([1, 1, 0, 1]);
    expect(await codeOfAsync(() => search.kneighbors(null, { nNeighbors: 3 }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(() => search.kneighbors(CsrMatrix.from([[1]])))).toBe('ERR_SHAPE');
    expect(await codeOfAsync(() => search.kneighbors(CsrMatrix.from([[NaN, 1]])))).toBe('ERR_INPUT_NAN');
    expect(await codeOfAsync(() => search.kneighbors(null, { signal: AbortSignal.abort() }))).toBe(
      'ERR_ABORTED',
    );
    const manhattan = await new NearestNeighbors({ metric: 'manhattan', nNeighbors: 1 }).fit(x);
    expect((await manhattan.kneighbors(x.slice(4, 5))).indices).toEqual(Int32Array.of(4));
  });
});

describe('k-means on sparse rows', () => {
  const groups = NUMBERS.map((i) =>
    Array.from({ length: 12 }, (_, j) => (j % 3 === i % 3 && (i + j) % 2 === 0 ? 1 + ((i * j) % 5) / 10 : 0)),
  );
  const x = CsrMatrix.from(groups);
  const sampleWeight = NUMBERS.map((i) => (i % 6 === 0 ? 0 : 1 + (i % 2)));
  test.each([
    ['from given centres', { nClusters: 3, init: groups.slice(0, 3) }, undefined],
    ['from rows drawn', { nClusters: 6, randomState: 3 }, undefined],
    ['from any rows', { nClusters: 4, init: 'random', randomState: 1, nInit: 1 }, undefined],
    ['with weights', { nClusters: 4, randomState: 2 }, sampleWeight],
    ['of empty clusters', { nClusters: 4, init: [...groups.slice(0, 2), groups[1], groups[1]] }, undefined],
  ] as const)('%s: as on dense ones', async (_, params, weights) => {
    const options = weights === undefined ? {} : { sampleWeight: weights };
    const sparse = await new KMeans(params as object).fit(x, undefined, options);
    const dense = await new KMeans(params as object).fit(groups, undefined, options);
    expect(sparse.labels).toEqual(dense.labels);
    expectClose(sparse.clusterCenters.data, dense.clusterCenters.data, iterative(1e-9));
    expectClose([sparse.inertia], [dense.inertia], iterative(1e-9));
    expect(sparse.nIter).toBe(dense.nIter);
    expect(await sparse.predict(x)).toEqual(sparse.labels);
    expect(await sparse.predict(groups)).toEqual(sparse.labels);
  });

  test('in a pipeline of text, and refusals', async () => {
    const pipeline = new Pipeline([
      ['words', new TfidfVectorizer()],
      ['model', new KMeans({ nClusters: 2, randomState: 0 })],
    ]);
    await pipeline.fit(TRIPS.note);
    expect(await pipeline.predict(TRIPS.note)).toEqual(pipeline.labels);
    expect(await codeOfAsync(() => new KMeans({ nClusters: 61 }).fit(x))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(() => new KMeans({ init: [[1, 2]], nClusters: 1 }).fit(x))).toBe('ERR_SHAPE');
    const infinite = CsrMatrix.from([[Infinity, 0]]);
    expect(await codeOfAsync(() => new KMeans({ nClusters: 1 }).fit(infinite))).toBe('ERR_INPUT_INFINITE');
  });

  test('centres whose squares no number holds are measured from differences', async () => {
    const far = [
      [1e160, 0],
      [1, 0],
    ];
    const model = await new KMeans({ nClusters: 2, init: far, maxIter: 1 }).fit(far);
    const rows = CsrMatrix.from([[0.5, 0], ...far]);
    expect(await model.predict(rows)).toEqual(await model.predict(rows.toDense()));
    const long = new KMeans({ nClusters: 1 }).fit([[1, 0]]).then((near) => near.predict(rows));
    await expect(long).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE', row: 1 });
  });
});
