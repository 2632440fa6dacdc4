/** Golden values of the vectorizers, and of models on their sparse rows. */
import { expect, test } from 'vitest';
import {
  BernoulliNB,
  ComplementNB,
  CountVectorizer,
  CsrMatrix,
  DictVectorizer,
  FeatureHasher,
  HashingVectorizer,
  LogisticRegression,
  MultinomialNB,
  Pipeline,
  TfidfTransformer,
  TfidfVectorizer,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

const VECTORIZERS = { CountVectorizer, TfidfVectorizer, HashingVectorizer };
const MODELS = { BernoulliNB, ComplementNB, LogisticRegression, MultinomialNB };

interface Rows {
  indptr: number[];
  indices: number[];
  data: number[];
  cols: number;
}
interface Golden {
  corpora: Record<string, { documents: string[]; unseen: string[]; labels: Array<string | number> }>;
  vectorizers: Array<{
    name: string;
    estimator: keyof typeof VECTORIZERS;
    params: object;
    corpus: string;
    terms: string[] | null;
    idf: number[] | null;
    train: Rows;
    unseen: Rows;
  }>;
  analyzed: Array<{
    name: string;
    params: object;
    corpus: string;
    document: string;
    prepared: string;
    words: string[];
    terms: string[];
  }>;
  hashers: Array<{ name: string; params: object; X: never[]; rows: Rows }>;
  records: Array<{
    name: string;
    params: object;
    X: never[];
    unseen: never[];
    names: string[];
    rows: Rows;
    unseenRows: Rows;
    inverse: object[];
  }>;
  functions: Golden['vectorizers'];
  models: Array<{
    name: string;
    vectorizer: 'CountVectorizer' | 'TfidfVectorizer';
    estimator: keyof typeof MODELS;
    params: object;
    corpus: string;
    labels: Array<string | number>;
    proba: number[][];
  }>;
  transformer: { counts: Rows; rows: Rows };
}
const golden = readGolden<Golden>('text');
// Logarithms and roots of the C library against numpy's.
const WEIGHTS = iterative(1e-14);

function expectRows(actual: CsrMatrix, expected: Rows, exact: boolean): void {
  expect(actual.cols).toBe(expected.cols);
  expect(Array.from(actual.indptr)).toEqual(expected.indptr);
  expect(Array.from(actual.indices)).toEqual(expected.indices);
  if (exact) expect(Array.from(actual.data)).toEqual(expected.data);
  else expectClose(Array.from(actual.data), expected.data, WEIGHTS, 'values');
}

test.each(golden.vectorizers)('$name', async (one) => {
  const { documents, unseen } = golden.corpora[one.corpus];
  const model = new VECTORIZERS[one.estimator](one.params);
  const exact = one.estimator !== 'TfidfVectorizer';
  expectRows(await model.fitTransform(documents), one.train, exact);
  expectRows(await model.transform(unseen), one.unseen, exact);
  if (one.terms !== null) expect(model.getFeatureNamesOut()).toEqual(one.terms);
  if (one.idf !== null) expectClose(Array.from((model as TfidfVectorizer).idf), one.idf, WEIGHTS, 'idf');
});

test.each(golden.analyzed)(
  'analysis: $name',
  async ({ params, corpus, document, prepared, words, terms }) => {
    const model = new CountVectorizer(params);
    const text = model.buildPreprocessor()(document);
    expect([...text].slice(0, [...prepared].length).join('')).toBe(prepared);
    expect(model.buildTokenizer()(text).slice(0, words.length)).toEqual(words);
    const analyze = model.buildAnalyzer();
    expect(analyze(document).slice(0, terms.length)).toEqual(terms);
    // What is shown is what is counted.
    const { documents } = golden.corpora[corpus];
    const rows = await model.fitTransform(documents);
    const columns = model.vocabulary;
    const counts = documents.map((own) => {
      const row = new Array<number>(columns.size).fill(0);
      for (const term of analyze(own)) row[columns.get(term)!] += 1;
      return row;
    });
    expect(rows.toArray()).toEqual(counts);
  },
);

test.each(golden.hashers)('$name', async ({ params, X, rows }) => {
  expectRows(await new FeatureHasher(params).fitTransform(X), rows, true);
});

test.each(golden.records)('$name', async ({ params, X, unseen, names, rows, unseenRows, inverse }) => {
  const vectorizer = new DictVectorizer(params);
  const made = await vectorizer.fitTransform(X);
  expect(vectorizer.getFeatureNamesOut()).toEqual(names);
  expectRows(made, rows, true);
  expectRows(await vectorizer.transform(unseen), unseenRows, true);
  expect(vectorizer.inverseTransform(made)).toEqual(inverse);
});

const FUNCTIONS: Record<string, unknown> = {
  words: (text: string) => text.split(' '),
  letters: (text: string) => [...text.toLowerCase()],
  quiet: (text: string) => text.replaceAll('!', '').replaceAll('e', ''),
};

test.each(golden.functions)('$name', async ({ params, corpus, terms, train, unseen }) => {
  const own = Object.entries(params).map(([key, value]) => [key, FUNCTIONS[value as string] ?? value]);
  const vectorizer = new CountVectorizer(Object.fromEntries(own));
  const made = await vectorizer.fitTransform(golden.corpora[corpus].documents);
  expect(vectorizer.getFeatureNamesOut()).toEqual(terms);
  expectRows(made, train, true);
  expectRows(await vectorizer.transform(golden.corpora[corpus].unseen), unseen, true);
});

test('TfidfTransformer', async () => {
  const { counts, rows } = golden.transformer;
  const { data, indices, indptr, cols } = counts;
  const parts = { indices: Int32Array.from(indices), indptr: Int32Array.from(indptr), cols };
  const X = new CsrMatrix({ data: Float64Array.from(data), ...parts });
  expectRows(await new TfidfTransformer().fitTransform(X), rows, false);
  const dense = await new TfidfTransformer().fitTransform(X.toDense());
  expectRows(dense, rows, false);
});

test.each(golden.models)('$name', async (one) => {
  const { documents, unseen, labels } = golden.corpora[one.corpus];
  const model = new Pipeline([
    ['words', new VECTORIZERS[one.vectorizer]()],
    ['model', new MODELS[one.estimator](one.params)],
  ]);
  await model.fit(documents, labels);
  expect(await model.predict(unseen)).toEqual(one.labels);
  const tolerance = iterative(one.estimator === 'LogisticRegression' ? 1e-6 : 1e-11);
  expectClose((await model.predictProba(unseen)).toArray(), one.proba, tolerance, 'proba');
});
