/** Sparse rows from one estimator to the next: what is refused, what keeps its digits, and who really gets them. */
import { describe, expect, test } from 'vitest';
import type { SparseFitInput } from '../../lib/core/fit-input.js';
import {
  ColumnTransformer,
  CountVectorizer,
  CsrMatrix,
  FeatureUnion,
  KMeans,
  LinearRegression,
  LogisticRegression,
  load,
  MaxAbsScaler,
  MissingIndicator,
  MultinomialNB,
  NearestCentroid,
  NearestNeighbors,
  OneHotEncoder,
  PCA,
  Pipeline,
  SplineTransformer,
  StandardScaler,
  TfidfTransformer,
  TfidfVectorizer,
  VotingClassifier,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const failure = (work: () => Promise<unknown>) =>
  work().then(
    () => ({ code: 'no error' }),
    (error: { code?: string; row?: number; column?: number; message: string }) => error,
  );
const codeOf = async (work: () => Promise<unknown>) => (await failure(work)).code;

const NOTES = ['ship and ferry', 'crane', 'tide and ship', 'ferry tide', 'crane crane ship', 'tide'];
const CITIES = ['Oslo', 'Turku', 'Bergen', 'Oslo', 'Turku', 'Oslo'];
const LATE = ['no', 'yes', 'no', 'yes', 'yes', 'no'];
const COUNTS = CsrMatrix.from([
  [1, 0, 0, 2],
  [0, 3, 0, 0],
  [0, 0, 1, 1],
  [2, 0, 0, 0],
  [0, 1, 1, 0],
  [0, 0, 0, 4],
]);

/** A model that notes how its fits got their rows. */
class Probe extends LogisticRegression {
  static readonly seen: string[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: of the base class, which names its state
  protected override fitState(input: any): Promise<any> {
    Probe.seen.push('dense');
    return super.fitState(input);
  }
  // biome-ignore lint/suspicious/noExplicitAny: of the base class, which names its state
  protected override fitSparse(input: SparseFitInput): Promise<any> {
    Probe.seen.push(`${input.x.nnz} of ${input.x.rows * input.x.cols}`);
    return super.fitSparse(input);
  }
}

describe('the last step', () => {
  const seenBy = async (front: object, X: object) => {
    Probe.seen.length = 0;
    const steps = [
      ['front', front],
      ['model', new Probe()],
    ];
    await new Pipeline(steps as never).fit(X as never, LATE);
    return Probe.seen;
  };
  const encoder = () => new OneHotEncoder({ sparseOutput: true });
  const cities = { city: CITIES };

  test('gets sparse rows of whatever makes them', async () => {
    expect(await seenBy(new TfidfVectorizer(), NOTES)).toEqual(['12 of 30']);
    expect(await seenBy(new MaxAbsScaler(), COUNTS)).toEqual(['9 of 24']);
    expect(await seenBy(encoder(), cities)).toEqual(['6 of 18']);
    expect(await seenBy(new FeatureUnion([['city', encoder()]]), cities)).toEqual(['6 of 18']);
    const columns = (sparseThreshold: number) =>
      new ColumnTransformer([['city', encoder(), ['city']]], { sparseThreshold });
    expect(await seenBy(columns(0.5), cities)).toEqual(['6 of 18']);
    expect(await seenBy(columns(0.3), cities)).toEqual(['dense']);
  });

  test('gets dense rows of a union in which none are sparse', async () => {
    const axes = new Pipeline([
      ['city', encoder()],
      ['axes', new PCA({ nComponents: 2 })],
    ]);
    expect(await seenBy(new FeatureUnion([['axes', axes]]), cities)).toEqual(['dense']);
  });
});

describe('categories', () => {
  const X = { note: NOTES, city: CITIES };
  const besideNotes = (sparseThreshold: number) =>
    new ColumnTransformer([['words', new TfidfVectorizer(), 'note']], {
      remainder: 'passthrough',
      sparseThreshold,
    });
  const besideCodes = (sparseThreshold: number) =>
    new ColumnTransformer([['note', new OneHotEncoder({ sparseOutput: true }), ['note']]], {
      remainder: 'passthrough',
      sparseThreshold,
    });

  test.each([0, 1])('passed on as they are suit no model of numbers, threshold %d', async (threshold) => {
    for (const front of [besideNotes(threshold), besideCodes(threshold)]) {
      for (const model of [new LogisticRegression(), new MaxAbsScaler(), new KMeans({ nClusters: 2 })]) {
        const pipeline = new Pipeline([
          ['front', front],
          ['model', model],
        ]);
        expect(await codeOf(() => pipeline.fit(X, LATE))).toBe('ERR_DTYPE');
      }
    }
  });
});

describe('vectorizers beside and within', () => {
  const union = () =>
    new FeatureUnion([
      ['tfidf', new TfidfTransformer()],
      ['raw', 'passthrough'],
    ]);

  test('a union of counts weighed and as they are', async () => {
    const fitted = await union().fit(COUNTS);
    const alone = await (await new TfidfTransformer().fit(COUNTS)).transform(COUNTS);
    const expected = alone.toArray().map((row, i) => [...row, ...COUNTS.toDense().row(i)]);
    expect((await fitted.transform(COUNTS)).toArray()).toEqual(expected);
    expect((await fitted.transformSparse(COUNTS)).toArray()).toEqual(expected);
    expect(fitted.getFeatureNamesOut().slice(3, 6)).toEqual(['tfidf__x3', 'raw__x0', 'raw__x1']);
    const again = (await load(fitted.toBytes())) as FeatureUnion;
    expect((await again.transform(COUNTS)).toArray()).toEqual(expected);
  });

  test('a union after a vectorizer, in a pipeline', async () => {
    const pipeline = new Pipeline([
      ['count', new CountVectorizer()],
      ['union', union()],
      ['model', new LogisticRegression()],
    ]);
    await pipeline.fit(NOTES, LATE);
    const counts = await new CountVectorizer().fitTransform(NOTES);
    const rows = await (await union().fit(counts)).transformSparse(counts);
    const model = await new LogisticRegression().fit(rows, LATE);
    expectClose(
      (await pipeline.predictProba(NOTES)).data,
      (await model.predictProba(rows)).data,
      iterative(1e-12),
    );
    const again = (await load(pipeline.toBytes())) as typeof pipeline;
    expect(await again.predict(NOTES)).toEqual(await pipeline.predict(NOTES));
  });

  test('nothing comes before what has vectorizers within but vectorizers', async () => {
    const within = new FeatureUnion([['tfidf', new TfidfTransformer()]]);
    const pipeline = new Pipeline([
      ['scale', new MaxAbsScaler()],
      ['union', within],
      ['model', new LogisticRegression()],
    ]);
    expect(await codeOf(() => pipeline.fit(COUNTS, LATE))).toBe('ERR_PARAMETER');
  });

  test.each(['ColumnTransformer', 'FeatureUnion', 'VotingClassifier'])(
    '%s has read X when it gives its promise',
    async (kind) => {
      const [a, b] = [new TfidfVectorizer(), new TfidfVectorizer({ analyzer: 'char' })];
      const model = new LogisticRegression();
      const piped = (front: object) => new Pipeline([['front', front] as never, ['model', model]]);
      const isTable = kind === 'ColumnTransformer';
      const make = () => {
        if (isTable)
          return piped(
            new ColumnTransformer([
              ['a', a, 'note'],
              ['b', b, 'city'],
            ]),
          );
        const parts = [
          ['a', a],
          ['b', b],
        ] as const;
        if (kind === 'FeatureUnion') return piped(new FeatureUnion(parts));
        const voters = parts.map(([name, part]) => [name, piped(part)] as const);
        return new VotingClassifier(voters as never, { voting: 'soft' });
      };
      const rows = () => ({ note: NOTES.slice(), city: CITIES.slice() });
      const given = (table: ReturnType<typeof rows>) => (isTable ? table : table.note);
      const fitted = await make().fit(given(rows()), LATE);
      const expected = (await fitted.predictProba(given(rows()))).data;
      const changing = rows();
      const promise = fitted.predictProba(given(changing));
      changing.note.fill('tide');
      changing.city.fill('Turku');
      expect((await promise).data).toEqual(expected);
    },
  );

  test('errors of predictions name the row and the column of X', async () => {
    const X = {
      note: NOTES,
      city: CITIES,
      deck: [0, 1, 0, 1, 0, 1],
      fare: [3, 1, 2, 5, 4, 6],
    };
    const front = new ColumnTransformer([
      ['words', new TfidfVectorizer(), 'note'],
      ['numbers', new StandardScaler(), ['fare']],
      ['axis', new PCA({ nComponents: 1 }), ['fare', 'deck']],
      ['city', new OneHotEncoder({ sparseOutput: true }), ['city']],
    ]);
    const pipeline = new Pipeline([
      ['front', front],
      ['model', new LogisticRegression()],
    ]);
    await pipeline.fit(X, LATE);
    const strange = await failure(() =>
      pipeline.predict({ ...X, city: [...CITIES.slice(0, 4), 'Paris', 'Oslo'] }),
    );
    expect(strange).toMatchObject({ code: 'ERR_UNKNOWN_CATEGORY', row: 4, column: 1 });
    const missing = await failure(() => pipeline.predict({ ...X, fare: [3, 1, Number.NaN, 5, 4, 6] }));
    expect(missing).toMatchObject({ code: 'ERR_INPUT_NAN', row: 2, column: 3 });
    // One that a part lets pass is refused in a column that the parts have made.
    front.setParams({ axis: 'drop' } as object);
    const again = await new Pipeline([
      ['front', front],
      ['model', new LogisticRegression()],
    ]).fit(X, LATE);
    const passed = await failure(() => again.predict({ ...X, fare: [3, 1, Number.NaN, 5, 4, 6] }));
    expect(passed).toMatchObject({ code: 'ERR_INPUT_NAN', row: 2, column: undefined });
  });

  test('a signal reaches the parts', async () => {
    const signal = AbortSignal.abort();
    const numbers = [[1], [Number.NaN], [3]];
    const indicator = await new MissingIndicator({ sparse: true }).fit(numbers);
    const splines = await new SplineTransformer({ sparseOutput: true }).fit([[1], [2], [3]]);
    expect(await codeOf(() => indicator.transformSparse(numbers, { signal }))).toBe('ERR_ABORTED');
    expect(await codeOf(() => splines.transformSparse([[1]], { signal }))).toBe('ERR_ABORTED');
    const seen: unknown[] = [];
    class Listener extends OneHotEncoder {
      override transformSparse(...args: Parameters<OneHotEncoder['transformSparse']>) {
        seen.push(args[1]?.signal);
        return super.transformSparse(...args);
      }
    }
    const pipeline = new Pipeline([['encode', new Listener({ sparseOutput: true })]]);
    const parts = new ColumnTransformer([['part', new FeatureUnion([['pipe', pipeline]]), ['city']]]);
    await parts.fit({ city: CITIES });
    const { signal: open } = new AbortController();
    await parts.transformSparse({ city: CITIES }, { signal: open });
    expect(seen).toEqual([open]);
  });
});

describe('distances of sparse rows keep their digits', () => {
  test.each(['float32', 'float64'] as const)('to centres far from the origin, %s', async (dtype) => {
    const init = [
      [1000, 0],
      [1000, 0.1],
      [0, 1000],
    ];
    const x = CsrMatrix.from(init).astype(dtype);
    const model = await new KMeans({ nClusters: 3, init, maxIter: 1 }).fit(x);
    expect([...model.labels]).toEqual([0, 1, 2]);
    expect([...(await model.predict(x))]).toEqual([0, 1, 2]);
    const distances = await model.transform(x);
    expect(distances.dtype).toBe(dtype);
    expectClose([distances.row(0)[1]], [0.1], iterative(1e-4));
    const centroid = await new NearestCentroid().fit(x, ['a', 'b', 'c']);
    expect(await centroid.predict(x)).toEqual(['a', 'b', 'c']);
  });

  test('of rows in shared memory, which jobs sum', async () => {
    const share = <T extends Int32Array | Float64Array>(values: T): T => {
      const shared = new SharedArrayBuffer(values.byteLength);
      const array = values instanceof Int32Array ? new Int32Array(shared) : new Float64Array(shared);
      array.set(values);
      return array as T;
    };
    const [indptr, indices, data] = [COUNTS.indptr, COUNTS.indices, COUNTS.data as Float64Array];
    const lent = { cols: COUNTS.cols, indptr, indices, data };
    const y = Array.from({ length: COUNTS.rows }, (_, i) => i % 2);
    const counts = await new MultinomialNB().fit(COUNTS, y);
    const centroid = await new NearestCentroid().fit(COUNTS, y);
    for (const of of [{ data: share(data) }, { indices: share(indices) }]) {
      const x = new CsrMatrix({ ...lent, ...of });
      expect((await new MultinomialNB().fit(x, y)).featureCount).toEqual(counts.featureCount);
      expect((await new NearestCentroid().fit(x, y)).centroids).toEqual(centroid.centroids);
    }
  });

  test('within classes that do not vary', async () => {
    const values = Array.from({ length: 40 }, (_, i) => [1.33, i % 2 === 0 ? 1 + i : 0, 1e6 + (i % 3)]);
    const y = values.map((_, i) => (i % 4 < 2 ? 'a' : 'b'));
    for (const dtype of ['float64', 'float32'] as const) {
      const x = CsrMatrix.from(values).astype(dtype);
      const sparse = await new NearestCentroid().fit(x, y);
      const dense = await new NearestCentroid().fit(x.toDense(), y);
      expectClose(sparse.withinClassStdDev, dense.withinClassStdDev, iterative(1e-12));
      expect(sparse.withinClassStdDev[0]).toBeLessThan(1e-15);
    }
  });

  test('to the nearest rows', async () => {
    const values = [
      [1000, 0],
      [1000, 1e-4],
      [1000, 0.3],
    ];
    const x = CsrMatrix.from(values);
    const search = await new NearestNeighbors({ nNeighbors: 3 }).fit(x);
    const { data } = await search.transform(x);
    expectClose(data, search.transformSync(values).data, iterative(1e-12));
    expect(data[0]).toBe(0);
  });

  test('of rows of many columns, few of which a query has', async () => {
    const cols = 2 ** 18;
    const rows = Array.from({ length: 50 }, (_, i) => [(i * 7919) % cols, (i * 104729 + 13) % cols]);
    const triplets = rows.flatMap(([a, b], i) => [[i, a, 1 + i] as const, [i, b, 2] as const]);
    const x = CsrMatrix.fromTriplets(triplets as never, [50, cols]);
    const search = await new NearestNeighbors({ nNeighbors: 2 }).fit(x);
    const { distances, indices } = await search.kneighbors(x);
    for (let i = 0; i < 50; i++) expect([indices[2 * i], distances.row(i)[0]]).toEqual([i, 0]);
  });

  test('or are refused where squares overflow', async () => {
    const x = CsrMatrix.from([
      [1e200, 0],
      [0, 1e200],
      [1, 1],
    ]);
    const small = CsrMatrix.from([
      [1, 0],
      [0, 2],
      [3, 0],
    ]);
    const model = await new KMeans({ nClusters: 2, randomState: 0 }).fit(small);
    const search = await new NearestNeighbors({ nNeighbors: 1 }).fit(small);
    for (const work of [
      () => new KMeans({ nClusters: 2 }).fit(x),
      () =>
        new KMeans({
          nClusters: 2,
          init: [
            [1e200, 0],
            [0, 1],
          ],
        }).fit(small),
      () => model.predict(x),
      () => search.kneighbors(x),
    ])
      expect(await codeOf(work)).toBe('ERR_INPUT_INFINITE');
    expect(await failure(() => model.predict(x))).toMatchObject({ row: 0 });
  });
});

test('a row of a later block keeps its number in an error', async () => {
  const cols = 2 ** 12;
  const model = await new Pipeline([
    ['scale', new StandardScaler()],
    ['model', new LinearRegression()],
  ]).fit(CsrMatrix.fromTriplets([[0, 0, 1]], [2, cols]).toDense(), [0, 1]);
  const x = CsrMatrix.fromTriplets([[1500, 3, Number.POSITIVE_INFINITY]], [1600, cols]);
  const error = await failure(() => model.predict(x));
  expect(error).toMatchObject({ code: 'ERR_INPUT_INFINITE', row: 1500, column: 3 });
  expect(error).toHaveProperty('message', expect.stringContaining('Row 1500,'));
});
