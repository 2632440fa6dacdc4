/** Models that were fitted on other categories, or before, within estimators that number categories in their own way. */
import { describe, expect, test } from 'vitest';
import {
  BaggingClassifier,
  CalibratedClassifierCV,
  CategoricalNB,
  ColumnTransformer,
  type Estimator,
  exportONNX,
  FeatureUnion,
  FixedThresholdClassifier,
  FrozenEstimator,
  GridSearchCV,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  importONNX,
  LogisticRegression,
  load,
  MultiOutputClassifier,
  makePipeline,
  OneHotEncoder,
  OneVsOneClassifier,
  OneVsRestClassifier,
  OrdinalEncoder,
  Pipeline,
  Ridge,
  SelectFromModel,
  SimpleImputer,
  StackingClassifier,
  StandardScaler,
  TunedThresholdClassifierCV,
  VotingClassifier,
} from '../../lib/index.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const all = { c: ['a', 'b', 'c', 'd'] };
const encoder = await new OneHotEncoder({ handleUnknown: 'ignore' }).fit({ c: ['b', 'd'] });
const frozen = new FrozenEstimator(encoder);
const indicators = [
  [0, 0],
  [1, 0],
  [0, 0],
  [0, 1],
];

describe('a frozen encoder reads its own categories', () => {
  test.each<[string, () => ColumnTransformer | Pipeline | FeatureUnion]>([
    ['columns', () => new ColumnTransformer([['x', frozen, ['c']]])],
    ['a pipeline', () => new Pipeline([['x', frozen]])],
    ['a union', () => new FeatureUnion([['x', frozen]])],
    ['another', () => new Pipeline([['x', new FrozenEstimator(frozen)]])],
  ])('within %s', async (_, make) => {
    const whole = await make().fit(all);
    expect((await whole.transform(all)).toArray()).toEqual(indicators);
    expect(((await load(whole.toBytes())) as typeof whole).transformSync(all).toArray()).toEqual(indicators);
    expect(whole.compile({ precision: 'float32' }).runSync(all).toArray()).toEqual(indicators);
    const few = await make().fit({ c: ['b', 'z'] });
    expect((await few.transform(all)).toArray()).toEqual(indicators);
  });

  test('beside other columns, with missing values', async () => {
    const table = { n: [1, 2, 3], c: ['d', null, 'b'], k: ['u', 'v', 'w'] };
    const own = await new OneHotEncoder({ handleUnknown: 'ignore' }).fit({ k: ['w', 'v'], c: ['b', null] });
    const parts = new ColumnTransformer(
      [
        ['own', new FrozenEstimator(own), ['k', 'c']],
        ['other', new OrdinalEncoder(), ['c']],
      ],
      { remainder: 'passthrough' },
    );
    await parts.fit(table);
    expect((await parts.transform(table)).toArray()).toEqual([
      [0, 0, 0, 0, 1, 1],
      [1, 0, 0, 1, Number.NaN, 2],
      [0, 1, 1, 0, 0, 3],
    ]);
  });

  test('what it does not know is refused, and nothing else', async () => {
    const strict = new FrozenEstimator(await new OneHotEncoder().fit({ c: ['b', 'd'] }));
    const parts = await new ColumnTransformer([['x', strict, ['c']]]).fit({ c: ['a', 'b', 'd'] });
    expect((await parts.transform({ c: ['d', 'b'] })).toArray()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    await expect(parts.transform({ c: ['a'] })).rejects.toThrow(code('ERR_UNKNOWN_CATEGORY'));
  });
});

const rows = { c: Array.from({ length: 40 }, (_, i) => 'abcd'[i % 4]) };
const y = rows.c.map((c, i) => (c > 'b' !== i % 8 < 1 ? 'yes' : 'no'));
const make = () => makePipeline(new OneHotEncoder({ handleUnknown: 'ignore' }), new LogisticRegression());
const model = await make().fit(rows, y);
const some = (letters: string) => {
  const places = [...rows.c.keys()].filter((i) => letters.includes(rows.c[i]));
  return [{ c: places.map((i) => rows.c[i]) }, places.map((i) => y[i])] as const;
};
const own = model.predictProbaSync(all).toArray();

describe('a model that was fitted before', () => {
  test('in a stack, on some of its categories', async () => {
    const stack = new StackingClassifier([['one', model]], { cv: 'prefit' });
    await stack.fit(...some('ad'));
    const seen = (await stack.transform(all)).toArray();
    expect(seen.map(([p]) => p)).toEqual(own.map(([, p]) => p));
  });

  test.each<[string, (fixed: Estimator) => Estimator]>([
    ['votes', (one) => new VotingClassifier([['one', one]], { voting: 'soft' })],
    ['a fixed threshold', (one) => new FixedThresholdClassifier(one)],
    ['a bag', (one) => new BaggingClassifier({ estimator: one, nEstimators: 2, randomState: 0 })],
    [
      'a tuned threshold',
      (one) => new TunedThresholdClassifierCV(one, { cv: 'prefit', refit: false, thresholds: 5 }),
    ],
    [
      'a tuned threshold of folds',
      (one) => new TunedThresholdClassifierCV(one, { cv: 0.5, refit: false, thresholds: 5, randomState: 0 }),
    ],
  ])('in %s', async (_, around) => {
    for (const letters of ['ad', 'abcd']) {
      const whole = around(new FrozenEstimator(model)) as VotingClassifier;
      await whole.fit(...some(letters));
      expect((await whole.predictProba(all)).toArray()).toEqual(own);
    }
    const tuned = around(model);
    if (!(tuned instanceof TunedThresholdClassifierCV) || tuned.params.cv !== 'prefit') return;
    await tuned.fit(...some('ad'));
    expect((await tuned.predictProba(all)).toArray()).toEqual(own);
  });

  test('in a calibration', async () => {
    for (const letters of ['ad', 'bd']) {
      const whole = new CalibratedClassifierCV(new FrozenEstimator(model), { cv: 2 });
      await whole.fit(...some(letters));
      // Calibrated scores rise with those of the model.
      const order = (said: number[][]) => [...said.keys()].sort((i, j) => said[i][1] - said[j][1]);
      expect(order((await whole.predictProba(all)).toArray())).toEqual(order(own));
    }
  });
});

test('a bag that grows on other categories', async () => {
  const bag = new BaggingClassifier({ estimator: make(), nEstimators: 2, warmStart: true, randomState: 0 });
  await bag.fit(rows, y);
  const saidBy = (one: Estimator) => (one as Pipeline).predictProbaSync(all).toArray();
  const before = bag.estimators.map(saidBy);
  bag.setParams({ nEstimators: 3 });
  await bag.fit({ c: ['b', 'd', 'B', 'd', 'b', 'd'] }, ['no', 'yes', 'no', 'yes', 'no', 'yes']);
  const last = saidBy(bag.estimators[2]);
  const mean = (i: number) => (before[0][i][1] + before[1][i][1] + last[i][1]) / 3;
  for (const [i, [, said]] of (await bag.predictProba(all)).toArray().entries())
    expect(said).toBeCloseTo(mean(i), 12);
  await expect(bag.fit({ c: [1, 2] }, ['no', 'yes'])).rejects.toThrow(code('ERR_DTYPE'));
});

test('boosting does not go on from trees of other categories', async () => {
  const model = new HistGradientBoostingClassifier({ maxIter: 2, warmStart: true });
  await model.fit(...some('ad'));
  await model.setParams({ maxIter: 3 }).fit(...some('ad'));
  await expect(model.fit(rows, y)).rejects.toThrow(code('ERR_PARAMETER'));
  expect(model.nIter).toBe(3);
});

test('exports', async () => {
  const parts = await new ColumnTransformer([['x', frozen, ['c']]]).fit(all);
  const imported = importONNX(exportONNX(parts));
  expect(imported.compile().runSync(all).toArray()).toEqual(indicators);
});

test('folds without a category', async () => {
  // 'a' is in the second fold alone, so that the model of that fold has not seen it.
  const table = { c: ['b', 'd', 'b', 'd', 'a', 'b', 'd', 'd'] };
  const labels = [0, 1, 0, 1, 0, 0, 1, 1];
  const cv = [
    { train: [0, 1, 2, 3], test: [4, 5, 6, 7] },
    { train: [0, 1, 2, 3, 5, 6], test: [4, 7] },
  ];
  const whole = await new CalibratedClassifierCV(make(), { cv: cv as never, ensemble: true }).fit(
    table,
    labels,
  );
  const [b, d] = (await whole.predictProba({ c: ['b', 'd'] })).toArray();
  expect(b[1]).toBeLessThan(0.5);
  expect(d[1]).toBeGreaterThan(0.5);
});

describe('what a model was not fitted on is refused', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'text for numbers',
      async () => {
        const numbers = await new OneHotEncoder().fit({ c: [0, 1, 2] });
        return new Pipeline([['x', new FrozenEstimator(numbers)]]).fit({ c: ['x', 'y', 'z'] });
      },
      'ERR_DTYPE',
    ],
    ['numbers for text', () => new Pipeline([['x', frozen]]).fit({ c: [0, 1] }), 'ERR_DTYPE'],
    [
      'another order of columns',
      async () => {
        const scaler = await new StandardScaler().fit({ a: [0, 1], b: [0, 10] });
        return new Pipeline([['x', new FrozenEstimator(scaler)]]).fit({ b: [0, 10], a: [0, 1] });
      },
      'ERR_UNKNOWN_COLUMN',
    ],
    [
      'another order of columns, by a stack',
      async () => {
        const two = await new LogisticRegression().fit({ a: [0, 1], b: [0, 1] }, ['no', 'yes']);
        const stack = new StackingClassifier([['one', two]], { cv: 'prefit' });
        return stack.fit({ b: [0, 1], z: [0, 1] }, ['no', 'yes']);
      },
      'ERR_UNKNOWN_COLUMN',
    ],
    [
      'another order of columns, by a selection',
      async () => {
        const ridge = await new Ridge().fit({ a: [0, 1, 2], b: [0, 5, 1] }, [0, 1, 2]);
        return new SelectFromModel(ridge, { prefit: true }).fit({ b: [0, 5, 1], a: [0, 1, 2] });
      },
      'ERR_UNKNOWN_COLUMN',
    ],
  ])('%s', async (_, run, expected) => {
    await expect(run()).rejects.toThrow(code(expected));
  });
});

describe('parts of texts', () => {
  const X = { c: ['a', 'b', 'c', 'd', 'b', 'c', 'd', 'a', 'c', 'd'] };
  const labels = ['p', 'q', 'q', 'r', 'q', 'q', 'r', 'p', 'r', 'r'];

  test.each([
    ['one against one', () => new OneVsOneClassifier(new CategoricalNB())],
    ['one against the rest', () => new OneVsRestClassifier(new CategoricalNB())],
  ])('%s', async (_, make) => {
    const whole = await make().fit(X, labels);
    const parts = await make().partialFit(X, labels);
    expect(await parts.predict(X)).toEqual(await whole.predict(X));
    await parts.partialFit({ c: ['d', 'a'] }, ['r', 'p']);
    expect(await parts.predict(X)).toEqual(await whole.predict(X));
    await expect(parts.partialFit({ c: ['z', 'a', 'b'] }, ['r', 'p', 'q'])).rejects.toThrow(
      code('ERR_UNKNOWN_CATEGORY'),
    );
  });

  test('of several targets', async () => {
    const pairs = labels.map((label) => [label, label === 'q' ? 'x' : 'y']);
    const whole = await new MultiOutputClassifier(new CategoricalNB()).fit(X, pairs);
    const parts = await new MultiOutputClassifier(new CategoricalNB()).partialFit(X, pairs);
    await parts.partialFit({ c: ['b', 'a'] }, [pairs[1], pairs[0]]);
    expect(await parts.predict(X)).toEqual(await whole.predict(X));
  });
});

describe('steps that fill texts', () => {
  const holes = { c: ['a', 'b', null, 'a', null] };
  const fill = (fillValue = 'missing') => new SimpleImputer({ strategy: 'constant', fillValue });

  test.each<[string, () => Pipeline, number[][]]>([
    [
      'indicators',
      () => makePipeline(fill(), new OneHotEncoder()),
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    ['codes', () => makePipeline(fill(), new OrdinalEncoder()), [[0], [1], [2]]],
    ['a known text', () => makePipeline(fill('a'), new OrdinalEncoder()), [[0], [1], [0]]],
    [
      'columns',
      () => makePipeline(new ColumnTransformer([['x', fill(), ['c']]]), new OrdinalEncoder()),
      [[0], [1], [2]],
    ],
    ['a pipeline within', () => makePipeline(makePipeline(fill()), new OrdinalEncoder()), [[0], [1], [2]]],
    [
      'a union',
      () =>
        makePipeline(
          new FeatureUnion([
            ['x', fill()],
            ['y', fill('b')],
          ]),
          new OrdinalEncoder(),
        ),
      [
        [0, 0],
        [1, 1],
        [2, 1],
      ],
    ],
  ])('with a constant: %s', async (_, make, [a, b, hole]) => {
    const whole = await make().fit(holes);
    expect((await whole.transform(holes)).toArray()).toEqual([a, b, hole, a, hole]);
    expect(whole.compile({ precision: 'float32' }).runSync(holes).toArray()).toEqual([a, b, hole, a, hole]);
    const loaded = (await load(whole.toBytes())) as Pipeline;
    expect(loaded.transformSync({ c: [null, 'b'] }).toArray()).toEqual([hole, b]);
  });

  test('with a constant, before trees', async () => {
    const X = { d: Array.from({ length: 90 }, (_, i) => ['u', 'v', null][i % 3]) };
    const values = X.d.map((text) => (text === null ? 10 : Number(text === 'v')));
    const trees = new HistGradientBoostingRegressor({ categoricalFeatures: [0] });
    const whole = await makePipeline(fill(), trees).fit(X, values);
    const said = await whole.predict({ d: ['u', 'v', null] });
    expect([...said].map(Math.round)).toEqual([0, 1, 10]);
  });

  const known = { d: Array.from({ length: 40 }, (_, i) => 'uv'[i % 2]) };
  const labels = known.d.map((text) => Number(text === 'v'));
  const wide = { d: ['a', ...known.d, '?'] };
  const wideLabels = [0, ...labels, 1];
  const uv = { d: ['u', 'v'] };

  test('with a marker, before a frozen model', async () => {
    const before = await make().fit(known, labels);
    const marked = new SimpleImputer({ strategy: 'mostFrequent', missingValues: '?' });
    const whole = await makePipeline(marked, new FrozenEstimator(before)).fit(wide, wideLabels);
    expect(await whole.predict(uv)).toEqual([0, 1]);
    const parts = new ColumnTransformer([['d', marked, ['d']]], { verboseFeatureNamesOut: false });
    const apart = await makePipeline(parts, new FrozenEstimator(before)).fit(wide, wideLabels);
    expect(await apart.predict(uv)).toEqual([0, 1]);
  });

  test('the score of a frozen model that has its own', async () => {
    const search = await new GridSearchCV(make(), { logisticregression__C: [1] }, { cv: 2 }).fit(
      known,
      labels,
    );
    const mode = new SimpleImputer({ strategy: 'mostFrequent' });
    const whole = await makePipeline(mode, new FrozenEstimator(search)).fit(wide, wideLabels);
    expect(await whole.predict(uv)).toEqual([0, 1]);
    expect(await whole.score(uv, [0, 1])).toBe(1);
    const nested = await makePipeline(mode, makePipeline(new FrozenEstimator(search))).fit(wide, wideLabels);
    expect(await nested.score(uv, [0, 1])).toBe(1);
    // What is unknown stays so.
    const odd = { d: ['u', 'a', 'zz', null] };
    expect(await whole.score(odd, (await whole.predict(odd)) as number[])).toBe(1);
  });
});

describe('columns that steps have named', () => {
  const X = { a: [0, 1, 2, 3], b: [1, 0, 1, 0] };
  const labels = [0, 0, 1, 1];

  test('before a frozen model', async () => {
    const before = await new LogisticRegression().fit(X, labels);
    const named = new ColumnTransformer([['s', 'passthrough', ['a', 'b']]]);
    const whole = await makePipeline(named, new FrozenEstimator(before)).fit(X, labels);
    expect((await whole.predictProba(X)).toArray()).toEqual((await before.predictProba(X)).toArray());
    const turned = new ColumnTransformer([['s', 'passthrough', ['b', 'a']]], {
      verboseFeatureNamesOut: false,
    });
    await expect(makePipeline(turned, new FrozenEstimator(before)).fit(X, labels)).rejects.toThrow(
      code('ERR_UNKNOWN_COLUMN'),
    );
  });

  test('before a stack of fitted models', async () => {
    const before = await new LogisticRegression().fit(X, labels);
    const union = new FeatureUnion([['s', 'passthrough']]);
    const stack = new StackingClassifier([['one', before]], { cv: 'prefit' });
    const whole = await makePipeline(union, stack).fit(X, labels);
    expect(await whole.predict(X)).toHaveLength(4);
  });
});
