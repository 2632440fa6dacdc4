/** Vectorizers and sparse rows beyond the golden values: edges, errors, pipelines, model files. */
import { describe, expect, test } from 'vitest';
import {
  BernoulliNB,
  CountVectorizer,
  CsrMatrix,
  crossValScore,
  DictVectorizer,
  FeatureHasher,
  GridSearchCV,
  HalvingGridSearchCV,
  HashingVectorizer,
  LogisticRegression,
  learningCurve,
  load,
  Matrix,
  MultinomialNB,
  Pipeline,
  RandomForestClassifier,
  RandomizedSearchCV,
  StandardScaler,
  TfidfTransformer,
  TfidfVectorizer,
} from '../../lib/index.js';
import { codeOf } from '../support/codes.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const MAILS = [
  'cheap pills, buy now',
  'buy cheap watches',
  'lunch at noon?',
  'notes of the meeting at noon',
  '',
];
const LABELS = ['spam', 'spam', 'ham', 'ham', 'ham'];

test('sparse matrices: forms, rows, products', async () => {
  const m = CsrMatrix.from([
    [0, 2, 0],
    [0, 0, 0],
    [1, 0, 3],
  ]);
  expect([m.rows, m.cols, m.nnz, m.dtype]).toEqual([3, 3, 3, 'float64']);
  expect(m.toArray()).toEqual([
    [0, 2, 0],
    [0, 0, 0],
    [1, 0, 3],
  ]);
  expect(CsrMatrix.fromTriplets(m.toTriplets().reverse(), [3, 3]).toArray()).toEqual(m.toArray());
  expect(m.slice(1).toArray()).toEqual([
    [0, 0, 0],
    [1, 0, 3],
  ]);
  expect(m.slice(-1, 0).rows).toBe(0);
  expect(m.takeRows([2, 0, 2]).toArray()).toEqual([
    [1, 0, 3],
    [0, 2, 0],
    [1, 0, 3],
  ]);
  const b = Matrix.from([
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
  expect(m.matmul(b).equals(m.toDense().matmul(b))).toBe(true);
  expect((await m.astype('float32').matmulAsync(b)).toArray()).toEqual([
    [4, 10],
    [0, 0],
    [10, 22],
  ]);
  expect(Matrix.from(m).equals(m.toDense())).toBe(true);
});

test('what is no sparse matrix is refused', () => {
  const parts = {
    data: Float64Array.of(1, 2),
    indices: Int32Array.of(0, 1),
    indptr: Int32Array.of(0, 1, 2),
    cols: 2,
  };
  expect(new CsrMatrix(parts).toArray()).toEqual([
    [1, 0],
    [0, 2],
  ]);
  const hostile = [
    { indices: Int32Array.of(0, 2) },
    { indices: Int32Array.of(-1, 1) },
    { indices: Int32Array.of(0) },
    { indptr: Int32Array.of(0, 2, 1) },
    { indptr: Int32Array.of(1, 1, 2) },
    { indptr: Int32Array.of(0, 1, 9) },
    { indptr: Int32Array.of(0, 1, 1) },
    { indptr: Int32Array.of() },
    { indptr: Int32Array.of(0, 2), indices: Int32Array.of(1, 0) },
    { indptr: Int32Array.of(0, 2), indices: Int32Array.of(1, 1) },
    { cols: -1 },
    { cols: 1.5 },
  ];
  for (const change of hostile)
    expect(() => new CsrMatrix({ ...parts, ...change })).toThrow(code('ERR_SHAPE'));
  expect(() => new CsrMatrix({ ...parts, data: [1, 2] as never })).toThrow(code('ERR_DTYPE'));
  expect(() => CsrMatrix.fromTriplets([[0, 5, 1]], [1, 2])).toThrow(code('ERR_SHAPE'));
  expect(() => CsrMatrix.fromTriplets([], [1, 2]).row(1)).toThrow(code('ERR_SHAPE'));
  expect(() => CsrMatrix.fromTriplets([], [2 ** 15, 2 ** 15]).toDense()).toThrow(code('ERR_DENSE'));
});

test('vectorizers: errors', async () => {
  const vectorizer = new CountVectorizer();
  await expect(vectorizer.transform(MAILS)).rejects.toThrow(code('ERR_NOT_FITTED'));
  await expect(vectorizer.fit([])).rejects.toThrow(code('ERR_EMPTY'));
  await expect(vectorizer.fit(['', ' - '])).rejects.toThrow(code('ERR_EMPTY'));
  await expect(vectorizer.fit('text' as never)).rejects.toThrow(code('ERR_DTYPE'));
  await expect(vectorizer.fit(['a b', 5] as never)).rejects.toMatchObject({ code: 'ERR_DTYPE', row: 1 });
  await expect(new CountVectorizer({ minDf: 3 }).fit(MAILS)).rejects.toThrow(code('ERR_EMPTY'));
  await expect(new CountVectorizer({ stopWords: 'english' }).fit(['the of', 'and'])).rejects.toThrow(
    code('ERR_EMPTY'),
  );
  await expect(new CountVectorizer({ minDf: 3, maxDf: 0.2 }).fit(MAILS)).rejects.toThrow(
    code('ERR_PARAMETER'),
  );
  const bad = [
    { ngramRange: [2, 1] },
    { tokenPattern: '(' },
    { tokenPattern: '(a)(b)' },
    { vocabulary: ['a', 'a'] },
  ];
  for (const params of bad)
    await expect(new CountVectorizer(params as object).fit(MAILS)).rejects.toThrow(code('ERR_PARAMETER'));
  const signal = AbortSignal.abort();
  await expect(vectorizer.fit(MAILS, undefined, { signal })).rejects.toThrow(code('ERR_ABORTED'));
  expect(vectorizer.isFitted).toBe(false);
  expect(() => vectorizer.compile()).toThrow(code('ERR_NOT_FITTED'));
  await vectorizer.fit(MAILS);
  expect(() => vectorizer.compile()).toThrow(code('ERR_NOT_SUPPORTED'));
});

test('unknown words, lone surrogates and documents of one kind of space are read', async () => {
  const vectorizer = await new CountVectorizer().fit(['red green', 'red \ud800 blue']);
  expect((await vectorizer.transform(['violet', '', 'red red'])).toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 2],
  ]);
  const spaces = await new CountVectorizer({ analyzer: 'char' }).fit(['\t', '\n\n']);
  expect(spaces.getFeatureNamesOut()).toEqual(['\t', ' ']);
});

test('maxFeatures keeps the most frequent terms, inverseTransform names them', async () => {
  const vectorizer = new CountVectorizer({ maxFeatures: 2 });
  const rows = await vectorizer.fitTransform(['bb bb cc aa', 'bb cc aa']);
  expect(vectorizer.getFeatureNamesOut()).toEqual(['aa', 'bb']);
  expect(Object.fromEntries(vectorizer.vocabulary)).toEqual({ aa: 0, bb: 1 });
  expect(vectorizer.inverseTransform(rows)).toEqual([
    ['aa', 'bb'],
    ['aa', 'bb'],
  ]);
  expect(() => vectorizer.inverseTransform([[1]])).toThrow(code('ERR_SHAPE'));
});

test('a large corpus is the same in parts and at once', async () => {
  const documents = Array.from({ length: 3000 }, (_, i) => `w${i % 700} w${i % 13} common w${i}`);
  const vectorizer = new TfidfVectorizer({ ngramRange: [1, 2] });
  const rows = await vectorizer.fitTransform(documents);
  for (const i of [0, 1500, 2999]) {
    const one = await vectorizer.transform([documents[i]]);
    expect([...one.data]).toEqual([...rows.row(i).data]);
    expect([...one.indices]).toEqual([...rows.row(i).indices]);
  }
});

test.each([
  ['MultinomialNB', () => new MultinomialNB()],
  ['BernoulliNB', () => new BernoulliNB({ binarize: 0.2 })],
  ['LogisticRegression', () => new LogisticRegression()],
  ['RandomForestClassifier', () => new RandomForestClassifier({ nEstimators: 5, randomState: 1 })],
])('a pipeline of documents and %s is as its parts, and can be saved', async (_, make) => {
  const pipeline = new Pipeline([
    ['words', new TfidfVectorizer()],
    ['model', make() as MultinomialNB],
  ]);
  await pipeline.fit(MAILS, LABELS);
  const rows = await new TfidfVectorizer().fitTransform(MAILS);
  const model = await make().fit(rows.toDense(), LABELS);
  const proba = await pipeline.predictProba(MAILS);
  expect(proba.allClose(await model.predictProba(rows.toDense()), { relative: 1e-6 })).toBe(true);
  expect(await pipeline.predict(MAILS)).toEqual(await model.predict(rows));
  const loaded = (await load(pipeline.toBytes())) as unknown as typeof pipeline;
  expect((await loaded.predictProba(MAILS)).equals(proba)).toBe(true);
  expect(() => pipeline.predictSync(MAILS)).toThrow(code('ERR_NOT_SUPPORTED'));
  await expect(pipeline.predict([[1, 2]])).rejects.toThrow(code('ERR_DTYPE'));
});

test('pipelines: vectorizers in sequence, steps after them, parameters by name', async () => {
  const pipeline = new Pipeline([
    ['counts', new CountVectorizer()],
    ['weights', new TfidfTransformer()],
    ['scale', new StandardScaler()],
    ['model', new LogisticRegression()],
  ]);
  pipeline.setParams({ counts__ngramRange: [1, 2] });
  await pipeline.fit(MAILS, LABELS);
  expect(await pipeline.predict(MAILS)).toEqual(LABELS);
  expect(await pipeline.score(MAILS, LABELS)).toBe(1);
  const last = new Pipeline([['words', new CountVectorizer()]] as never);
  await expect(last.fit(MAILS)).rejects.toThrow(code('ERR_PARAMETER'));
  const late = new Pipeline([
    ['scale', new StandardScaler()],
    ['words', new CountVectorizer()],
    ['m', new MultinomialNB()],
  ]);
  await expect(late.fit(MAILS, LABELS)).rejects.toThrow(code('ERR_PARAMETER'));
});

test('cross-validation splits documents and sparse rows', async () => {
  const documents = Array.from({ length: 60 }, (_, i) => (i % 2 ? `good fine ${i}` : `bad poor ${i}`));
  const y = documents.map((_, i) => i % 2);
  const make = () =>
    new Pipeline([
      ['words', new CountVectorizer()],
      ['model', new MultinomialNB()],
    ]);
  expect([...(await crossValScore(make(), documents, y, { cv: 3 }))]).toEqual([1, 1, 1]);
  const rows = await new CountVectorizer().fitTransform(documents);
  expect([...(await crossValScore(new MultinomialNB(), rows, y, { cv: 3 }))]).toEqual([1, 1, 1]);
});

test('sparse fits check their values', async () => {
  const bad = (value: number) =>
    CsrMatrix.fromTriplets(
      [
        [0, 0, 1],
        [1, 1, value],
      ],
      [2, 2],
    );
  const model = new MultinomialNB();
  await expect(model.fit(bad(-1), [0, 1])).rejects.toThrow(code('ERR_INPUT_NEGATIVE'));
  await expect(model.fit(bad(Number.NaN), [0, 1])).rejects.toMatchObject({
    code: 'ERR_INPUT_NAN',
    row: 1,
    column: 1,
  });
  await model.fit(bad(2), [0, 1]);
  await expect(model.predict(bad(Infinity))).rejects.toThrow(code('ERR_INPUT_INFINITE'));
  await expect(model.predict(CsrMatrix.from([[1]]))).rejects.toThrow(code('ERR_SHAPE'));
  await expect(model.fit(bad(2), [0])).rejects.toThrow(code('ERR_SHAPE'));
  await expect(model.fit(bad(2), [0, 1], { qid: [0, 1] })).rejects.toThrow(code('ERR_NOT_SUPPORTED'));
});

test('logistic regression of sparse rows is that of dense ones', async () => {
  const documents = Array.from(
    { length: 900 },
    (_, i) => `w${i % 7} v${(i * i) % 11} u${i % 5} ${'x'.repeat(2 + (i % 3))}`,
  );
  const rows = await new TfidfVectorizer().fitTransform(documents);
  for (const classes of [2, 3]) {
    const y = documents.map((_, i) => ((i * i) % 11 < 4 ? 0 : 1 + (i % (classes - 1))));
    const sampleWeight = y.map((_, i) => 1 + (i % 2));
    for (const params of [{}, { fitIntercept: false, classWeight: 'balanced' as const }, { C: 0.1 }]) {
      const make = () => new LogisticRegression({ tol: 1e-9, maxIter: 2000, ...params });
      const sparse = await make().fit(rows, y, { sampleWeight });
      const dense = await make().fit(rows.toDense(), y, { sampleWeight });
      expect(sparse.converged).toBe(true);
      expect(sparse.coef.allClose(dense.coef, { relative: 1e-6, absolute: 1e-6 })).toBe(true);
      expect([...(await sparse.predict(rows))]).toEqual([...(await dense.predict(rows))]);
      const single = await make().fit(rows.astype('float32'), y, { sampleWeight });
      expect(single.coef.allClose(dense.coef, { relative: 1e-3, absolute: 1e-4 })).toBe(true);
    }
  }
  const newton = new LogisticRegression({ solver: 'newton-cholesky' });
  await expect(
    newton.fit(
      rows,
      documents.map((_, i) => i % 2),
    ),
  ).rejects.toThrow(code('ERR_NOT_SUPPORTED'));
});

test('hashing: errors, and one document', async () => {
  const hasher = await new HashingVectorizer().fit(MAILS);
  expect((await hasher.transform(['cheap cheap'])).cols).toBe(2 ** 20);
  for (const X of [[5], [{ a: Number.NaN }], [{ a: null }], [['a']], 'x'])
    await expect(new FeatureHasher().fitTransform(X as never)).rejects.toThrow(code('ERR_DTYPE'));
  await expect(new FeatureHasher({ nFeatures: 0 }).fit([])).rejects.toThrow(code('ERR_PARAMETER'));
});

describe('pipelines of documents', () => {
  const mails = Array.from({ length: 36 }, (_, i) =>
    i % 2 ? `cheap pills, buy now ${i % 5}` : `meeting at noon, bring notes ${i % 7}`,
  );
  const y = mails.map((_, i) => (i % 2 ? 'spam' : 'ham'));
  const make = () =>
    new Pipeline([
      ['words', new TfidfVectorizer()],
      ['model', new MultinomialNB()],
    ]);
  const grid = { words__ngramRange: [[1, 1] as const, [1, 2] as const], model__alpha: [0.1, 1] };

  test.each([
    ['GridSearchCV', () => new GridSearchCV(make(), grid, { cv: 3 })],
    ['RandomizedSearchCV', () => new RandomizedSearchCV(make(), grid, { cv: 3, nIter: 2, randomState: 1 })],
    ['HalvingGridSearchCV', () => new HalvingGridSearchCV(make(), grid, { cv: 3, randomState: 1 })],
  ])('%s', async (_, create) => {
    const search = create();
    await search.fit(mails, y);
    expect(search.bestScore).toBe(1);
    expect(await search.predict(['cheap watches', 'lunch at noon'])).toEqual(['spam', 'ham']);
    expect(await search.score(mails, y)).toBe(1);
    expect((await search.predictProba(['noon'])).cols).toBe(2);
    expect(codeOf(() => search.predictSync(['noon']))).toBe('ERR_NOT_SUPPORTED');
    const copy = (await load(search.toBytes())) as typeof search;
    expect((await copy.predictProba(mails)).data).toEqual((await search.predictProba(mails)).data);
  });

  test('a candidate of a search is what is fitted alone', async () => {
    const search = await new GridSearchCV(make(), grid, { cv: 3 }).fit(mails, y);
    const alone = await make().setParams(search.bestParams).fit(mails, y);
    expect((await alone.predictProba(mails)).data).toEqual((await search.predictProba(mails)).data);
    const scores = await crossValScore(make().setParams(search.bestParams), mails, y, { cv: 3 });
    const splits = [0, 1, 2].map(
      (k) => (search.cvResults[`split${k}TestScore`] as Float64Array)[search.bestIndex],
    );
    expect([...scores]).toEqual(splits);
  });

  test('curves, weights, aborts and errors', async () => {
    const curve = await learningCurve(make(), mails, y, { cv: 3, trainSizes: [0.5, 1] });
    expect([...curve.trainSizes]).toEqual([12, 24]);
    const search = new GridSearchCV(make(), grid, { cv: 3, refit: false });
    await search.fit(mails, y, { sampleWeight: y.map((_, i) => 1 + (i % 3)) });
    expect(((await load(search.toBytes())) as typeof search).bestIndex).toBe(search.bestIndex);
    const codes = [
      search.predict(['noon']),
      search.fit(mails, y, { sampleWeight: [1] }),
      search.fit(mails, y, { signal: AbortSignal.abort() }),
      search.fit(mails),
      search.fit(mails, y.slice(1)),
      search.fit([...mails.slice(1), 7 as unknown as string], y),
      search.fit([], []),
    ].map((work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (error) => error.code,
      ),
    );
    expect(await Promise.all(codes)).toEqual([
      ...[
        'ERR_NOT_SUPPORTED',
        'ERR_SHAPE',
        'ERR_ABORTED',
        'ERR_PARAMETER',
        'ERR_SHAPE',
        'ERR_DTYPE',
        'ERR_EMPTY',
      ],
    ]);
  });

  test('vectorizers are saved alone, too', async () => {
    const words = await new TfidfVectorizer().fit(mails);
    const copy: TfidfVectorizer = await load(words.toBytes());
    expect((await copy.transform(mails)).data).toEqual((await words.transform(mails)).data);
  });

  test('a table of one column is documents', async () => {
    const model = await make().fit({ mail: mails }, y);
    const like = await model.predictProba(mails);
    expect((await model.predictProba(mails.map((text) => ({ text })))).data).toEqual(like.data);
    const two = model.predict([{ a: 'x', b: 'y' }]).then(
      () => 'none',
      (error) => error.code,
    );
    expect(await two).toBe('ERR_DTYPE');
  });
});

test('records go through a pipeline and a file', async () => {
  const X = [
    { city: 'Oslo', size: 3 },
    { city: 'Bern', size: null },
    { city: 'Bern', size: 9, tags: ['new', 'old'] },
  ];
  const model = await new Pipeline([
    ['records', new DictVectorizer()],
    ['model', new LogisticRegression()],
  ]).fit(X as never, ['a', 'b', 'b']);
  const loaded = await load(model.toBytes());
  expect(await loaded.predict(X)).toEqual(await model.predict(X as never));
  expect((await new DictVectorizer().fit(X)).vocabulary.get('tags=old')).toBe(4);
});

test.each<[string, unknown, string]>([
  ['no list', 'a', 'ERR_DTYPE'],
  ['no record', [1], 'ERR_DTYPE'],
  ['a list in place of a record', [['a']], 'ERR_DTYPE'],
  ['NaN', [{ a: Number.NaN }], 'ERR_DTYPE'],
  ['a list of numbers', [{ a: [1] }], 'ERR_DTYPE'],
  ['no values', [{}, { a: null }], 'ERR_EMPTY'],
])('DictVectorizer refuses %s', async (_, X, expected) => {
  await expect(new DictVectorizer().fit(X as never)).rejects.toThrow(code(expected));
});

test('DictVectorizer leaves out columns, and keeps the rest in the order that was asked for', async () => {
  const X = [{ a: 1, b: 'x' }, { a: 2, c: 3 }]; // biome-ignore format: records
  const vectorizer = await new DictVectorizer().fit(X);
  expect(vectorizer.restrict([2, 0], { indices: true })).toBe(vectorizer);
  const copy = (await load(vectorizer.toBytes())) as DictVectorizer;
  for (const known of [vectorizer, copy]) {
    expect(known.getFeatureNamesOut()).toEqual(['c', 'a']);
    expect((await known.transform(X)).toArray()).toEqual([
      [0, 1],
      [3, 2],
    ]);
  }
  expect(vectorizer.restrict([false, true]).vocabulary).toEqual(new Map([['a', 0]]));
  expect(() => vectorizer.restrict([true, true])).toThrow(code('ERR_SHAPE'));
  expect(() => vectorizer.restrict([1], { indices: true })).toThrow(code('ERR_SHAPE'));
  expect(() => vectorizer.restrict([0, 0], { indices: true })).toThrow(code('ERR_PARAMETER'));
  expect(() => vectorizer.restrict([false])).toThrow(code('ERR_EMPTY'));
  expect(() => new DictVectorizer().restrict([true])).toThrow(code('ERR_NOT_FITTED'));
  expect((await vectorizer.fit(X)).getFeatureNamesOut().length).toBe(3);
});

test('a vectorizer with functions works in pipelines, checks what they give, and is not saved', async () => {
  const tokenizer = (text: string) => text.split(/\W+/);
  const pipeline = new Pipeline([
    ['words', new TfidfVectorizer({ tokenizer })],
    ['model', new MultinomialNB()],
  ]);
  await pipeline.fit(MAILS, LABELS);
  expect(await pipeline.predict(['buy pills'])).toEqual(['spam']);
  expect(codeOf(() => pipeline.toBytes())).toBe('ERR_NOT_SUPPORTED');
  const refused = (params: object) => expect(new CountVectorizer(params).fit(MAILS)).rejects;
  await refused({ tokenizer: () => 'text' }).toThrow(code('ERR_DTYPE'));
  await refused({ analyzer: () => [1] }).toThrow(code('ERR_DTYPE'));
  await refused({ preprocessor: () => null }).toThrow(code('ERR_DTYPE'));
  await refused({ tokenizer: 'words' }).toThrow(code('ERR_PARAMETER'));
  const failed = () => {
    throw new RangeError('mine');
  };
  await refused({ analyzer: failed }).toThrow(new RangeError('mine'));
});
