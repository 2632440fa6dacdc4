// Text vectorizers, and models on their sparse rows.
import {
  accuracyScore,
  CountVectorizer,
  HashingVectorizer,
  KMeans,
  KNeighborsClassifier,
  Lasso,
  LinearSVC,
  LogisticRegression,
  MultinomialNB,
  Pipeline,
  Ridge,
  RidgeClassifier,
  SGDClassifier,
  SVC,
  TfidfVectorizer,
  TruncatedSVD,
} from '../../dist/index.js';
import { uses } from './calls.mjs';

const texts = ({ text }) => text;
const nonzeros = (rows) => rows.nnz;
const fitTransforms =
  (make) =>
  ({ text }) => ({ run: () => make().fitTransform(text), quality: nonzeros });
const transforms = (make) =>
  uses(make, 'transform', { of: ({ text }) => [text], on: texts, quality: nonzeros });
const both = (name, make) => ({
  [`${name} fitTransform`]: { data: 'text', bar: 3, make: fitTransforms(make) },
  [`${name} transform`]: { data: 'text', bar: 3, make: transforms(make) },
});

/** Whole rows of words to labels, and a model alone on the sparse rows. */
const models = (name, make) => ({
  [`TfidfVectorizer, ${name} fit`]: {
    data: 'text',
    make:
      ({ text, y }) =>
      () =>
        new Pipeline([
          ['words', new TfidfVectorizer()],
          ['model', make()],
        ]).fit(text, y),
  },
  [`${name} fit`]: {
    data: 'text',
    make: async ({ text, y }) => {
      const rows = await new TfidfVectorizer().fitTransform(text);
      return () => make().fit(rows, y);
    },
  },
  [`${name} predict`]: {
    data: 'text',
    make: async ({ text, y }) => {
      const rows = await new TfidfVectorizer().fitTransform(text);
      const model = await make().fit(rows, y);
      return () => model.predict(rows);
    },
  },
});

/** A model alone on the sparse rows of tf-idf. Quality: accuracy or R2 on them, or the variance explained. */
const sparseFit = (name, make, quality = (model, rows, y) => model.score(rows, y)) => ({
  [`${name} fit of sparse rows`]: {
    data: 'text',
    make: async ({ text, y }) => {
      const rows = await new TfidfVectorizer().fitTransform(text);
      return { run: () => make().fit(rows, y), quality: (model) => quality(model, rows, y) };
    },
  },
});
/** The first of the sparse rows: a model takes long for all of them. */
const few = async ({ text, y }, count) => {
  const rows = await new TfidfVectorizer().fitTransform(text);
  return { rows, some: rows.slice(0, count), labels: y.slice(0, count) };
};
const centres = (rows) => rows.slice(0, 20).toArray();

const sparseModels = {
  'KMeans predict of sparse rows': {
    data: 'text',
    make: async (data) => {
      const { rows } = await few(data, 0);
      const model = await new KMeans({ nClusters: 20, init: centres(rows), maxIter: 2 }).fit(rows);
      return { run: () => model.predict(rows), quality: () => model.inertia };
    },
  },
  'KNeighborsClassifier predict of sparse rows': {
    data: 'text',
    make: async (data) => {
      const { rows, some, labels } = await few(data, 500);
      const model = await new KNeighborsClassifier().fit(rows, data.y);
      return { run: () => model.predict(some), quality: (found) => accuracyScore(labels, found) };
    },
  },
  'SVC fit of sparse rows': {
    data: 'text',
    bar: 1.5,
    make: async (data) => {
      const { some, labels } = await few(data, 4000);
      return { run: () => new SVC().fit(some, labels), quality: (model) => model.score(some, labels) };
    },
  },
  'SVC predict of sparse rows': {
    data: 'text',
    bar: 1.5,
    make: async (data) => {
      const { some, labels } = await few(data, 4000);
      const model = await new SVC().fit(some, labels);
      return { run: () => model.predict(some), quality: (found) => accuracyScore(labels, found) };
    },
  },
};
const explained = (model) => model.explainedVarianceRatio.reduce((sum, share) => sum + share, 0);

export const cases = {
  ...both('CountVectorizer', () => new CountVectorizer()),
  ...both('CountVectorizer of word pairs', () => new CountVectorizer({ ngramRange: [1, 2] })),
  ...both('TfidfVectorizer', () => new TfidfVectorizer()),
  'HashingVectorizer transform': { data: 'text', bar: 3, make: transforms(() => new HashingVectorizer()) },
  ...models('MultinomialNB', () => new MultinomialNB()),
  ...models('LogisticRegression', () => new LogisticRegression({ maxIter: 20 })),
  ...sparseFit(
    'LogisticRegression saga',
    () => new LogisticRegression({ solver: 'saga', maxIter: 10, randomState: 0 }),
  ),
  ...sparseFit('SGDClassifier', () => new SGDClassifier({ maxIter: 20, tol: null, randomState: 0 })),
  ...sparseFit('LinearSVC', () => new LinearSVC({ C: 0.1, randomState: 0 })),
  ...sparseFit('RidgeClassifier', () => new RidgeClassifier()),
  ...sparseFit('Ridge', () => new Ridge()),
  ...sparseFit('Lasso', () => new Lasso({ alpha: 0.001 })),
  ...sparseFit('TruncatedSVD', () => new TruncatedSVD({ nComponents: 100, randomState: 0 }), explained),
  ...sparseModels,
};
