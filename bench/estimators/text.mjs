// Text vectorizers, and models on their sparse rows.
import {
  CountVectorizer,
  HashingVectorizer,
  LogisticRegression,
  MultinomialNB,
  Pipeline,
  TfidfVectorizer,
} from '../../dist/index.js';

const fits =
  (make) =>
  ({ text }) => ({ run: () => make().fitTransform(text), quality: (rows) => rows.nnz });
const transforms =
  (make) =>
  async ({ text }) => {
    const model = await make().fit(text);
    return { run: () => model.transform(text), quality: (rows) => rows.nnz };
  };
const both = (name, make) => ({
  [`${name} fitTransform`]: { data: 'text', bar: 3, make: fits(make) },
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
