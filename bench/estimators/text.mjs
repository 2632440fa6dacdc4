// Text vectorizers, and models on their sparse rows.
import {
  CountVectorizer,
  HashingVectorizer,
  LogisticRegression,
  MultinomialNB,
  Pipeline,
  TfidfVectorizer,
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

export const cases = {
  ...both('CountVectorizer', () => new CountVectorizer()),
  ...both('CountVectorizer of word pairs', () => new CountVectorizer({ ngramRange: [1, 2] })),
  ...both('TfidfVectorizer', () => new TfidfVectorizer()),
  'HashingVectorizer transform': { data: 'text', bar: 3, make: transforms(() => new HashingVectorizer()) },
  ...models('MultinomialNB', () => new MultinomialNB()),
  ...models('LogisticRegression', () => new LogisticRegression({ maxIter: 20 })),
};
