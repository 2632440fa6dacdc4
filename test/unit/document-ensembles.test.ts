/** Estimators made of models hand documents, records and sparse rows to them as they are. */
import { describe, expect, test } from 'vitest';
import type { Estimator, MatrixLike } from '../../lib/core/index.js';
import {
  BaggingClassifier,
  BaggingRegressor,
  CalibratedClassifierCV,
  CountVectorizer,
  CsrMatrix,
  crossValScore,
  DictVectorizer,
  FixedThresholdClassifier,
  GridSearchCV,
  HashingVectorizer,
  LogisticRegression,
  load,
  Matrix,
  MultinomialNB,
  OneVsOneClassifier,
  OneVsRestClassifier,
  Pipeline,
  RandomForestClassifier,
  Ridge,
  StackingClassifier,
  StackingRegressor,
  TfidfTransformer,
  TfidfVectorizer,
  TransformedTargetRegressor,
  TruncatedSVD,
  TunedThresholdClassifierCV,
  VotingClassifier,
  VotingRegressor,
} from '../../lib/index.js';
import { codeOf } from '../support/codes.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const WORDS = ['cheap', 'pills', 'buy', 'noon', 'meeting', 'notes', 'goal', 'match', 'team'];
/** Texts of three kinds, with words of the others among them. */
const texts = Array.from({ length: 60 }, (_, i) => {
  const own = WORDS.slice(3 * (i % 3), 3 * (i % 3) + 3);
  return `${own[i % 2]} ${own[2]} ${WORDS[(i * 5) % 9]} w${i % 11}`;
});
const kinds = texts.map((_, i) => ['spam', 'work', 'sport'][i % 3]);
const two = kinds.map((kind) => (kind === 'spam' ? 'spam' : 'ham'));
const numbers = texts.map((text, i) => text.length + (i % 3) * 5);
const weights = texts.map((_, i) => 1 + (i % 4));
const pipe = (words: Estimator, model: Estimator) =>
  new Pipeline([
    ['words', words],
    ['model', model],
  ]);
const bayes = () => pipe(new TfidfVectorizer(), new MultinomialNB());
const logistic = () => pipe(new CountVectorizer({ ngramRange: [1, 2] }), new LogisticRegression());
const ridge = () => pipe(new TfidfVectorizer(), new Ridge());
const hashed = () => pipe(new HashingVectorizer({ nFeatures: 64 }), new Ridge({ alpha: 0.1 }));

type Model = Estimator & {
  predict(X: MatrixLike): Promise<ArrayLike<unknown>>;
  predictProba(X: MatrixLike): Promise<Matrix>;
  score(X: MatrixLike, y: ArrayLike<unknown>): Promise<number>;
};

const classifiers: Array<[string, () => Estimator, string[]]> = [
  [
    'hard voting',
    () =>
      new VotingClassifier([
        ['a', bayes()],
        ['b', logistic()],
        ['c', logistic()],
      ]),
    kinds,
  ],
  [
    'soft voting',
    () =>
      new VotingClassifier(
        [
          ['a', bayes()],
          ['b', logistic()],
        ],
        { voting: 'soft', weights: [1, 2] },
      ),
    kinds,
  ],
  [
    'stacking',
    () =>
      new StackingClassifier(
        [
          ['a', bayes()],
          ['b', logistic()],
        ],
        { cv: 3 },
      ),
    kinds,
  ],
  ['calibration by folds', () => new CalibratedClassifierCV(bayes(), { cv: 3 }), kinds],
  [
    'calibration of one model',
    () => new CalibratedClassifierCV(logistic(), { cv: 3, ensemble: false }),
    kinds,
  ],
  ['bagging', () => new BaggingClassifier({ estimator: bayes(), nEstimators: 4, randomState: 1 }), kinds],
  ['one against the rest', () => new OneVsRestClassifier(logistic()), kinds],
  ['one against one', () => new OneVsOneClassifier(logistic()), kinds],
  ['a fixed threshold', () => new FixedThresholdClassifier(bayes(), { threshold: 0.4 }), two],
  ['a tuned threshold', () => new TunedThresholdClassifierCV(bayes(), { cv: 3 }), two],
  [
    'a search',
    () =>
      new GridSearchCV(
        new VotingClassifier([
          ['a', bayes()],
          ['b', logistic()],
        ]),
        { a__model__alpha: [0.1, 1] },
        { cv: 3 },
      ),
    kinds,
  ],
  [
    'voting within voting',
    () =>
      new VotingClassifier([
        [
          'v',
          new VotingClassifier([
            ['a', bayes()],
            ['b', logistic()],
          ]),
        ],
        ['c', bayes()],
      ]),
    kinds,
  ],
  [
    'voting as the only step',
    () =>
      new Pipeline([
        [
          'vote',
          new VotingClassifier([
            ['a', bayes()],
            ['b', logistic()],
          ]),
        ],
      ]),
    kinds,
  ],
  [
    'a pipeline as the first step',
    () =>
      new Pipeline([
        ['words', pipe(new TfidfVectorizer(), new TruncatedSVD({ nComponents: 8, randomState: 0 }))],
        ['model', new LogisticRegression()],
      ]),
    kinds,
  ],
  [
    'stacking as the first step',
    () =>
      new Pipeline([
        [
          'stack',
          new StackingClassifier(
            [
              ['a', bayes()],
              ['b', logistic()],
            ],
            { cv: 3 },
          ),
        ],
        ['model', new LogisticRegression()],
      ]),
    kinds,
  ],
  [
    'models that are not linear',
    () =>
      new VotingClassifier(
        [
          ['a', bayes()],
          ['b', pipe(new CountVectorizer(), new RandomForestClassifier({ nEstimators: 5, randomState: 0 }))],
        ],
        { voting: 'soft' },
      ),
    kinds,
  ],
];
const regressors: Array<[string, () => Estimator]> = [
  [
    'voting',
    () =>
      new VotingRegressor([
        ['a', ridge()],
        ['b', hashed()],
      ]),
  ],
  [
    'stacking',
    () =>
      new StackingRegressor(
        [
          ['a', ridge()],
          ['b', hashed()],
        ],
        { cv: 3 },
      ),
  ],
  ['bagging', () => new BaggingRegressor({ estimator: ridge(), nEstimators: 3, randomState: 2 })],
  [
    'a transformed target',
    () => new TransformedTargetRegressor(ridge(), { func: 'log', inverseFunc: 'exp' }),
  ],
];

describe('texts', () => {
  test.each([
    ...classifiers,
    ...regressors.map(([name, make]) => [`${name} of numbers`, make, numbers] as const),
  ])('%s', async (_, make, y) => {
    const model = make() as Model;
    const events: number[] = [];
    await model.fit(texts, y, { sampleWeight: weights, onProgress: ({ fraction }) => events.push(fraction) });
    expect(await model.score(texts, y)).toBeGreaterThan(0.6);
    const predicted = await model.predict(texts);
    // A text alone has the bits that it has among others.
    for (const i of [0, 31]) expect((await model.predict([texts[i]]))[0]).toBe(predicted[i]);
    const loaded = (await load(model.toBytes())) as unknown as Model;
    expect(await loaded.predict(texts)).toEqual(predicted);
    if (model.outputs.includes('proba')) {
      const proba = await model.predictProba(texts);
      expect((await loaded.predictProba(texts)).equals(proba)).toBe(true);
      // The plan for dense rows says the same.
      let rows: MatrixLike = texts;
      for (const vectorizer of model.vectorizers) rows = await vectorizer.transform(rows);
      const plan = model.compile({ output: 'proba' });
      expect((await plan.run((rows as CsrMatrix).toDense())).allClose(proba, { relative: 1e-9 })).toBe(true);
    }
    expect(codeOf(() => (model as unknown as { predictSync(X: unknown): void }).predictSync(texts))).toBe(
      'ERR_NOT_SUPPORTED',
    );
    await expect(model.predict([[1, 2]])).rejects.toThrow(code('ERR_DTYPE'));
    await expect(model.clone().fit(texts, y, { signal: AbortSignal.abort() })).rejects.toThrow(
      code('ERR_ABORTED'),
    );
    await expect(model.clone().fit(texts, y.slice(1))).rejects.toThrow(code('ERR_SHAPE'));
    await expect(model.clone().fit([7, ...texts.slice(1)] as never, y)).rejects.toThrow(code('ERR_DTYPE'));
  });

  test('what the models within say is averaged, weighed and stacked as of rows', async () => {
    const parts = await Promise.all([bayes(), logistic()].map((model) => model.fit(texts, kinds)));
    const [a, b] = await Promise.all(parts.map((part) => part.predictProba(texts)));
    const vote = new VotingClassifier(
      [
        ['a', bayes()],
        ['b', logistic()],
      ],
      { voting: 'soft', weights: [1, 3] },
    );
    await vote.fit(texts, kinds);
    const mean = Matrix.from(
      Array.from({ length: texts.length }, (_, i) =>
        Array.from(a.row(i), (v, c) => (v + 3 * b.row(i)[c]) / 4),
      ),
    );
    expect((await vote.predictProba(texts)).allClose(mean, { relative: 1e-12 })).toBe(true);
    expect((await vote.transform(texts)).cols).toBe(6);
    const parted = pipe(new TfidfVectorizer(), new TruncatedSVD({ nComponents: 2, randomState: 0 }));
    expect(await parted.fitTransform(texts)).toEqual(await parted.transform(texts));
    const rest = new OneVsRestClassifier(logistic());
    await rest.fit(texts, kinds);
    const alone = await logistic().fit(
      texts,
      kinds.map((kind) => Number(kind === 'spam')),
    );
    const scores = await rest.decisionFunction(texts);
    const own = await alone.decisionFunction(texts);
    expect(scores.columns([rest.classes.indexOf('spam')]).allClose(own, { relative: 1e-12 })).toBe(true);
  });

  test('bagging: rows left out, warm starts, and columns that are not there to be drawn', async () => {
    const params = { estimator: bayes(), nEstimators: 6, randomState: 3 };
    const bag = await new BaggingClassifier({ ...params, oobScore: true }).fit(texts, kinds);
    expect(bag.oobScore).toBeGreaterThan(0.6);
    expect(bag.estimatorsFeatures.map(({ length }) => length)).toEqual(
      bag.estimators.map((m) => m.nFeaturesIn),
    );
    const warm = new BaggingClassifier({ ...params, nEstimators: 2, warmStart: true });
    await warm.fit(texts, kinds);
    await warm.setParams({ nEstimators: 6 }).fit(texts, kinds);
    expect((await warm.predictProba(texts)).equals(await bag.predictProba(texts))).toBe(true);
    const drawing = new BaggingClassifier({ ...params, maxFeatures: 0.5 });
    await expect(drawing.fit(texts, kinds)).rejects.toThrow(code('ERR_NOT_SUPPORTED'));
    const passing = new StackingClassifier([['a', bayes()]], { cv: 3, passthrough: true });
    await expect(passing.fit(texts, kinds)).rejects.toThrow(code('ERR_NOT_SUPPORTED'));
  });

  test('models that are fitted already', async () => {
    const [a, b] = [await bayes().fit(texts, two), await logistic().fit(texts, two)];
    const stack = new StackingClassifier(
      [
        ['a', a],
        ['b', b],
      ],
      { cv: 'prefit' },
    );
    await stack.fit(texts, two);
    expect(await stack.score(texts, two)).toBeGreaterThan(0.8);
    const tuned = new TunedThresholdClassifierCV(a, { cv: 'prefit', refit: false });
    await tuned.fit(texts, two);
    expect(tuned.bestScore).toBeGreaterThan(0.8);
  });

  test('cross-validation of them, and a fit that fails leaves the last one', async () => {
    const vote = new VotingClassifier([
      ['a', bayes()],
      ['b', logistic()],
    ]);
    const scores = await crossValScore(vote, texts, kinds, { cv: 3 });
    expect(Math.min(...scores)).toBeGreaterThan(0.6);
    await vote.fit(texts, kinds);
    const before = await vote.predict(texts);
    await expect(vote.fit(['', ''], ['a', 'b'])).rejects.toThrow(code('ERR_EMPTY'));
    await expect(vote.fit([], [])).rejects.toThrow(code('ERR_EMPTY'));
    await expect(vote.fit(texts, kinds, { validation: [texts, kinds] })).rejects.toThrow(
      code('ERR_NOT_SUPPORTED'),
    );
    expect(await vote.predict(texts)).toEqual(before);
  });

  test('the caller may change the texts while a fit works', async () => {
    const own = [...texts];
    const fitting = new StackingClassifier([['a', bayes()]], { cv: 3 }).fit(own, kinds);
    own.fill('x');
    const like = await new StackingClassifier([['a', bayes()]], { cv: 3 }).fit(texts, kinds);
    expect((await (await fitting).predictProba(texts)).equals(await like.predictProba(texts))).toBe(true);
  });
});

test('records, and models that read the same rows without a vectorizer', async () => {
  const records = texts.map((_, i) => ({ city: ['Oslo', 'Bern', 'Rome'][i % 3], size: i % 7 }));
  const make = () => pipe(new DictVectorizer(), new LogisticRegression());
  const vote = new VotingClassifier(
    [
      ['a', make()],
      ['b', make()],
    ],
    { voting: 'soft' },
  );
  await vote.fit(records as never, kinds);
  expect(await vote.score(records as never, kinds)).toBe(1);
  const counts = await new CountVectorizer().fitTransform(texts);
  const mixed = () =>
    new VotingClassifier(
      [
        ['a', pipe(new TfidfTransformer(), new LogisticRegression())],
        ['b', new MultinomialNB()],
      ],
      { voting: 'soft' },
    );
  const sparse = await mixed().fit(counts, kinds);
  const dense = await mixed().fit(counts.toDense(), kinds);
  const proba = await sparse.predictProba(counts);
  expect((await sparse.predictProba(counts.toDense())).equals(proba)).toBe(true);
  expect((await dense.predictProba(counts)).allClose(proba, { relative: 1e-6 })).toBe(true);
  await expect(sparse.predict(CsrMatrix.from([[1]]))).rejects.toThrow(code('ERR_SHAPE'));
});

test('sparse rows that no dense matrix holds', async () => {
  const many = Array.from({ length: 2100 }, (_, i) => texts[i % 60]);
  const y = many.map((_, i) => kinds[i % 60]);
  const rows = await new HashingVectorizer({ nFeatures: 2 ** 17, alternateSign: false }).fitTransform(many);
  expect(codeOf(() => rows.toDense())).toBe('ERR_DENSE');
  const nb = () => new MultinomialNB();
  for (const model of [
    new VotingClassifier(
      [
        ['a', nb()],
        ['b', nb()],
      ],
      { voting: 'soft' },
    ),
    new BaggingClassifier({ estimator: nb(), nEstimators: 2, randomState: 0 }),
    new BaggingClassifier({ estimator: nb(), nEstimators: 2, maxFeatures: 0.9, randomState: 0 }),
    new StackingClassifier([['a', nb()]], { cv: 3, passthrough: true, finalEstimator: nb() }),
  ]) {
    await model.fit(rows, y);
    expect(await model.score(rows.takeRows(kinds.map((_, i) => i)), kinds)).toBeGreaterThan(0.8);
  }
});

describe('sparse rows', () => {
  const rows = new TfidfVectorizer().fitTransform(texts);
  const nb = () => new MultinomialNB();
  const line = () => new LogisticRegression({ tol: 1e-9, maxIter: 2000 });
  test.each<[string, () => Estimator, ArrayLike<unknown>]>([
    [
      'voting',
      () =>
        new VotingClassifier(
          [
            ['a', nb()],
            ['b', line()],
          ],
          { voting: 'soft' },
        ),
      kinds,
    ],
    [
      'stacking',
      () =>
        new StackingClassifier(
          [
            ['a', nb()],
            ['b', line()],
          ],
          { cv: 3, passthrough: true },
        ),
      kinds,
    ],
    ['calibration', () => new CalibratedClassifierCV(line(), { cv: 3 }), kinds],
    [
      'bagging',
      () => new BaggingClassifier({ estimator: nb(), nEstimators: 4, randomState: 1, oobScore: true }),
      kinds,
    ],
    [
      'bagging of columns',
      () =>
        new BaggingClassifier({
          estimator: nb(),
          nEstimators: 9,
          maxFeatures: 0.5,
          bootstrapFeatures: true,
          oobScore: true,
          randomState: 1,
        }),
      kinds,
    ],
    ['one against the rest', () => new OneVsRestClassifier(line()), kinds],
    ['one against one', () => new OneVsOneClassifier(line()), kinds],
    ['thresholds', () => new TunedThresholdClassifierCV(nb(), { cv: 3 }), two],
    ['a search', () => new GridSearchCV(nb(), { alpha: [0.1, 1] }, { cv: 3 }), kinds],
  ])('%s is of them what it is of the same rows made dense', async (_, make, y) => {
    const x = await rows;
    const sparse = (await make().fit(x, y)) as Model;
    const dense = (await make().fit(x.toDense(), y)) as Model;
    expect(await sparse.predict(x)).toEqual(await dense.predict(x.toDense()));
    expect(await sparse.predict(x.toDense())).toEqual(await sparse.predict(x));
    expect(sparse.nFeaturesIn).toBe(x.cols);
    if (sparse.outputs.includes('proba')) {
      const wanted = await dense.predictProba(x.toDense());
      expect((await sparse.predictProba(x)).allClose(wanted, { relative: 1e-4, absolute: 1e-6 })).toBe(true);
    }
    expect((await load(sparse.toBytes())).schema.columns.length).toBe(x.cols);
    const bad = CsrMatrix.fromTriplets(
      [
        [0, 0, 1],
        [1, 1, Number.NaN],
      ],
      [x.rows, x.cols],
    );
    await expect(make().fit(bad, y)).rejects.toThrow(code('ERR_INPUT_NAN'));
  });
});
