/** Columns of sparse rows are chosen as those of dense rows, and stay sparse. */
import { describe, expect, test } from 'vitest';
import {
  Binarizer,
  CsrMatrix,
  chi2,
  fClassif,
  fRegression,
  LogisticRegression,
  Pipeline,
  rRegression,
  type ScoreFunction,
  SelectFromModel,
  SelectKBest,
  SelectPercentile,
  TfidfVectorizer,
  VarianceThreshold,
} from '../../lib/index.js';
import { codeOfAsync } from '../support/codes.js';
import { expectClose, iterative } from '../support/tolerance.js';

const values = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: 20 }, (_, j) =>
    j === 4 ? 0 : (i * (j + 2) + j) % 4 < 1 || j === i % 3 ? 1 + Math.abs(Math.sin(i * i + 3 * j)) : 0,
  ),
);
const x = CsrMatrix.from(values);
const labels = values.map((_, i) => ['a', 'b', 'c'][i % 3]);
const numbers = values.map((row, i) => row[0] - row[7] + 0.1 * Math.sin(i));

describe('selection of columns of sparse rows', () => {
  test.each<[string, ScoreFunction, unknown[]]>([
    ['chi2', chi2, labels],
    ['fClassif', fClassif, labels],
    ['fRegression', fRegression, numbers],
    ['rRegression', rRegression, numbers],
  ])('%s scores columns as of dense rows', async (_, score, y) => {
    const [sparse, dense] = [await score(x, y), await score(values, y)];
    expectClose(sparse.scores, dense.scores, iterative(1e-9));
    if (dense.pValues) expectClose(sparse.pValues, dense.pValues, iterative(1e-9));
    const single = await score(x.astype('float32'), y);
    expectClose(single.scores, dense.scores, iterative(1e-5));
  });

  test.each([
    ['SelectKBest', () => new SelectKBest({ k: 6, scoreFunc: 'chi2' })],
    ['SelectPercentile', () => new SelectPercentile({ percentile: 30 })],
    ['a function', () => new SelectKBest({ k: 6, scoreFunc: async (X, y) => fClassif(X, y) })],
    ['mutual information', () => new SelectKBest({ k: 6, scoreFunc: 'mutualInfoClassif' })],
    ['VarianceThreshold', () => new VarianceThreshold({ threshold: 0.4 })],
    ['SelectFromModel', () => new SelectFromModel(new LogisticRegression())],
  ])('%s', async (_, make) => {
    const sparse = await make().fit(x, labels);
    const dense = await make().fit(values, labels);
    expect(sparse.getSupport()).toEqual(dense.getSupport());
    expect((await sparse.transformSparse(x)).toDense()).toEqual(await dense.transform(values));
    expect(await sparse.transform(x)).toEqual(await dense.transform(values));
    expect(await codeOfAsync(() => sparse.transformSparse(CsrMatrix.from([[1]])))).toBe('ERR_SHAPE');
  });

  test('a pipeline hands on sparse rows, and its model reads the columns that stay', async () => {
    const mails = [
      'cheap pills, buy now',
      'buy cheap watches',
      'lunch at noon?',
      'notes of the meeting at noon',
    ];
    const model = new Pipeline([
      ['words', new TfidfVectorizer()],
      ['best', new SelectKBest({ k: 6, scoreFunc: 'chi2' })],
      ['binary', new Binarizer()],
      ['model', new LogisticRegression({ C: 100 })],
    ]);
    await model.fit(mails, ['spam', 'spam', 'ham', 'ham']);
    expect(await model.predict(['watches, cheap', 'meeting at noon'])).toEqual(['spam', 'ham']);
    const rows = new Pipeline([
      ['best', new SelectKBest({ k: 6, scoreFunc: 'chi2' })],
      ['model', new LogisticRegression()],
    ]);
    const [sparse, dense] = [await rows.clone().fit(x, labels), await rows.clone().fit(values, labels)];
    expectClose(
      (await sparse.predictProba(x)).data,
      (await dense.predictProba(values)).data,
      iterative(1e-4),
    );
  });

  test('missing values pass a VarianceThreshold', async () => {
    const rows = [
      [1, NaN, 0],
      [0, 2, 0],
      [3, 1, 0],
    ];
    const selector = await new VarianceThreshold().fit(CsrMatrix.from(rows));
    expect(selector.variances).toEqual((await new VarianceThreshold().fit(rows)).variances);
    expect((await selector.transformSparse(CsrMatrix.from(rows))).toArray()).toEqual([
      [1, NaN],
      [0, 2],
      [3, 1],
    ]);
    expect(await codeOfAsync(() => new VarianceThreshold({ threshold: 9 }).fit(x))).toBe('ERR_EMPTY');
  });

  test('refusals', async () => {
    const negative = CsrMatrix.from([
      [1, -1],
      [0, 1],
    ]);
    expect(await codeOfAsync(() => new SelectKBest({ k: 1, scoreFunc: 'chi2' }).fit(negative, [0, 1]))).toBe(
      'ERR_INPUT_NEGATIVE',
    );
    expect(await codeOfAsync(() => chi2(CsrMatrix.from([[NaN], [1]]), [0, 1]))).toBe('ERR_INPUT_NAN');
    const below = await new Binarizer({ threshold: -1 }).fit(negative);
    expect(await codeOfAsync(() => below.transformSparse(negative))).toBe('ERR_NOT_SUPPORTED');
    expect((await below.transform(negative)).toArray()).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });
});
