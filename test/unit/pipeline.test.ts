import { describe, expect, test } from 'vitest';
import {
  ColumnTransformer,
  CountVectorizer,
  DecisionTreeClassifier,
  EllipticEnvelope,
  FeatureUnion,
  GaussianMixture,
  GridSearchCV,
  GroupKFold,
  KMeans,
  LinearRegression,
  LogisticRegression,
  load,
  Matrix,
  MaxAbsScaler,
  MinMaxScaler,
  makePipeline,
  OneHotEncoder,
  OrdinalEncoder,
  PCA,
  Pipeline,
  type Progress,
  RandomForestRegressor,
  RFECV,
  Ridge,
  SimpleImputer,
  StandardScaler,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const n = 60;
const table = {
  age: Array.from({ length: n }, (_, i) => (i % 9 === 4 ? null : 20 + (i % 13))),
  city: Array.from({ length: n }, (_, i) => ['Oslo', 'Turku', 'Lund'][i % 3]),
  member: Array.from({ length: n }, (_, i) => i % 2 === 0),
  fare: Float64Array.from({ length: n }, (_, i) => (i * 7) % 11),
};
const y = Array.from({ length: n }, (_, i) => ((i * 7) % 11) * 3 + (i % 3) * 10);
const labels = y.map((value) => (value > 20 ? 'high' : 'low'));
const prepare = () =>
  new ColumnTransformer(
    [
      ['number', makePipeline(new SimpleImputer(), new StandardScaler()), ['age', 'fare']],
      ['word', new OneHotEncoder(), { kind: 'category' }],
    ],
    { remainder: 'passthrough' },
  );
const bad = (work: () => unknown) => expect(work).toThrow(expect.objectContaining({ code: 'ERR_PARAMETER' }));

describe('Pipeline', () => {
  test('equals its steps one after the other', async () => {
    const pipeline = await new Pipeline([
      ['prepare', prepare()],
      ['model', new Ridge()],
    ]).fit(table, y);
    const prepared = await prepare().fitTransform(table);
    const ridge = await new Ridge().fit(prepared, y);
    expect((pipeline.namedSteps.model as Ridge).coef).toEqual(ridge.coef);
    expect(await pipeline.predict(table)).toEqual(await ridge.predict(prepared));
    expect(pipeline.compile().explain()).toMatch(/Impute[\s\S]*Affine[\s\S]*OneHot[\s\S]*Dense/);
  });

  test('groups reach the steps that deal rows to folds, of dense and sparse rows and of documents', async () => {
    const groups = labels.map((_, i) => i % 3);
    const documents = labels.map((label, i) => `${label} ${['red', 'green', 'blue'][i % 3]} w${i % 7}`);
    const folds = () => new GroupKFold({ nSplits: 3 });
    const select = () => new RFECV(new LogisticRegression(), { cv: folds() });
    const rows = await new CountVectorizer().fitTransform(documents);
    const model = new LogisticRegression();
    const expected = await select().fit(rows.toDense(), labels, { groups });
    for (const [pipeline, X] of [
      [makePipeline(select(), model), rows.toDense()],
      [makePipeline(select(), model), rows],
      [makePipeline(new MaxAbsScaler(), select()), rows],
      [makePipeline(new CountVectorizer(), select(), model), documents],
    ] as const) {
      await pipeline.fit(X, labels, { groups });
      expect((pipeline.namedSteps.rfecv as RFECV).selected).toEqual(expected.selected);
    }
    const plain = makePipeline(new CountVectorizer(), model);
    await expect(plain.fit(documents, labels, { groups })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  test('fits clones: the steps that were passed in stay as they are', async () => {
    const ridge = new Ridge();
    const pipeline = await makePipeline(prepare(), ridge).fit(table, y);
    expect(ridge.isFitted).toBe(false);
    ridge.setParams({ alpha: 1e6 });
    const before = await pipeline.predict(table);
    expect(await pipeline.predict(table)).toEqual(before);
    await pipeline.fit(table, y);
    expect(await pipeline.predict(table)).not.toEqual(before);
  });

  test('scores rows as its last step does, and hands that on to searches', async () => {
    const X = [...labels.keys()].map((i) => [i % 5, (i * i) % 7]);
    const scaled = (await new StandardScaler().fit(X)).transformSync(X);
    for (const model of [new PCA({ nComponents: 1 }), new EllipticEnvelope({ randomState: 0 })]) {
      const alone = await (model.clone() as PCA).fit(scaled);
      const pipeline = await makePipeline(new StandardScaler(), model).fit(X);
      expect(await pipeline.scoreSamples(X)).toEqual(await alone.scoreSamples(scaled));
    }
    const outliers = new GridSearchCV(
      makePipeline(new StandardScaler(), new EllipticEnvelope({ randomState: 0 })),
      { ellipticenvelope__contamination: [0.2] },
      { cv: 2, scoring: async () => 1 },
    );
    await outliers.fit(X, labels);
    expect(await outliers.scoreSamples(X)).toEqual(await outliers.bestEstimator.scoreSamples(X));
    const classifier = await makePipeline(new DecisionTreeClassifier()).fit(X, labels);
    await expect(classifier.scoreSamples(X)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const clusters = await makePipeline(new StandardScaler(), new KMeans({ nClusters: 2 })).fit(X);
    await expect(clusters.scoreSamples(X)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    expect(await clusters.score(X)).toBeLessThan(0);
    const narrow = Matrix.from(X).astype('float32');
    const mixture = new GridSearchCV(
      makePipeline(new StandardScaler(), new GaussianMixture()),
      {},
      { cv: 2 },
    );
    expect(await (await mixture.fit(narrow)).scoreSamples(narrow)).toBeInstanceOf(Float64Array);
  });

  test('is what its last step is', async () => {
    expect(makePipeline(new StandardScaler(), new LogisticRegression()).kind).toBe('classifier');
    expect(makePipeline(new StandardScaler()).kind).toBe('transformer');
    expect(new Pipeline([['a', 'passthrough']]).kind).toBe('transformer');
    const classifier = await makePipeline(prepare(), new DecisionTreeClassifier()).fit(table, labels);
    expect(classifier.classes).toEqual(['high', 'low']);
    expect(await classifier.score(table, labels)).toBeGreaterThan(0.9);
    await expect(classifier.transform(table)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    await expect(classifier.decisionFunction(table)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    expect(() => classifier.getFeatureNamesOut()).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }),
    );
    const regressor = await makePipeline(prepare(), new LinearRegression()).fit(table, y);
    await expect(regressor.predictProba(table)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    expect(() => regressor.classes).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
    const transformer = await prepare().fit(table);
    const alone = await new Pipeline([['only', prepare()]]).fit(table);
    expect(await alone.transform(table)).toEqual(await transformer.transform(table));
    await expect(alone.predict(table)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  test('names the steps that it cannot use', () => {
    const check = (steps: unknown) => () => new Pipeline(steps as never).checkParams();
    bad(check([]));
    bad(check('steps'));
    bad(check([new Ridge()]));
    bad(check([['', new Ridge()]]));
    bad(check([['a', null]]));
    bad(check([['a', 'drop']]));
    bad(
      check([
        ['a', new StandardScaler()],
        ['a', new Ridge()],
      ]),
    );
    expect(
      check([
        ['a', new Ridge()],
        ['b', new Ridge()],
      ]),
    ).toThrow(/step 0 \('a'\) must be a transformer/);
    bad(check([['a', new Ridge({ alpha: -1 })]]));
  });

  test('progress and abort reach the steps', async () => {
    const events: Progress[] = [];
    const forest = new RandomForestRegressor({ nEstimators: 20 });
    await makePipeline(prepare(), forest).fit(table, y, { onProgress: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ estimator: 'RandomForestRegressor', done: 20, total: 20 });
    const pipeline = await makePipeline(prepare(), new Ridge()).fit(table, y);
    const before = pipeline.toBytes();
    const controller = new AbortController();
    const fit = pipeline.fit(
      table,
      y.map((value) => -value),
      { signal: controller.signal },
    );
    controller.abort();
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(pipeline.toBytes()).toEqual(before);
  });

  test('makePipeline names steps after their classes', () => {
    const { steps } = makePipeline(new StandardScaler(), new StandardScaler(), new Ridge()).params;
    expect(steps.map(([name]) => name)).toEqual(['standardscaler', 'standardscaler-2', 'ridge']);
  });
});

describe('ColumnTransformer', () => {
  test('puts parts side by side and the remainder last', async () => {
    const fitted = await prepare().fit(table);
    expect(fitted.getFeatureNamesOut()).toEqual([
      'number__age',
      'number__fare',
      'word__city_Lund',
      'word__city_Oslo',
      'word__city_Turku',
      'remainder__member',
    ]);
    const row = fitted.transformSync([{ age: null, city: 'Turku', member: true, fare: 3 }]).toArray()[0];
    expect(row[0]).toBeCloseTo(0, 12);
    expect(row.slice(2)).toEqual([0, 0, 1, 1]);
    expect(Object.keys(fitted.namedTransformers)).toEqual(['number', 'word', 'remainder']);
  });

  test('gives the remainder to a transformer', async () => {
    const X = { a: [1, 2, 3], b: [0, 5, 10], c: [2, 4, 8] };
    const columns = new ColumnTransformer([['a', 'passthrough', ['a']]], {
      remainder: new MinMaxScaler(),
      transformerWeights: { remainder: 2 },
    });
    await columns
      .setParams({ remainder__featureRange: [0, 10] })
      .clone()
      .fit(X);
    expect(columns.isFitted).toBe(false);
    await columns.fit(X);
    expect(columns.getFeatureNamesOut()).toEqual(['a__a', 'remainder__b', 'remainder__c']);
    expect(columns.namedTransformers.remainder).toBeInstanceOf(MinMaxScaler);
    const expected = [2, 10, 20 / 3];
    expectClose(Array.from(columns.transformSync(X).row(1)), expected, iterative(1e-12));
    expectClose(
      Array.from((await load(columns.toBytes())).transformSync(X).row(1)),
      expected,
      iterative(1e-12),
    );
    await expect(columns.fit({ ...X, c: [2, 4, Infinity] })).rejects.toMatchObject({ column: 2 });
  });

  test('multiplies numbers and booleans, but no text', async () => {
    const X = { word: ['x', 'y', 'z'], flag: [true, false, true], n: [1, 2, 3] };
    const columns = (column: string, weight: number) =>
      new ColumnTransformer([['part', 'passthrough', [column]]], { transformerWeights: { part: weight } });
    expect((await columns('flag', 2).fit(X)).transformSync(X).toArray()).toEqual([[2], [0], [2]]);
    expect((await columns('word', 1).fit(X)).outputColumns()[0].kind).toBe('category');
    const union = new FeatureUnion([['part', 'passthrough']], { transformerWeights: { part: 2 } });
    for (const model of [columns('word', 2), union])
      await expect(model.fit(X)).rejects.toMatchObject({ code: 'ERR_DTYPE' });
  });

  test('chooses by name, position, list and kind', async () => {
    const of = async (columns: never) =>
      (
        await new ColumnTransformer([['a', 'passthrough', columns]], { verboseFeatureNamesOut: false }).fit(
          table,
        )
      ).getFeatureNamesOut();
    expect(await of('fare' as never)).toEqual(['fare']);
    expect(await of(2 as never)).toEqual(['member']);
    expect(await of(['fare', 0] as never)).toEqual(['fare', 'age']);
    expect(await of({ kind: 'number' } as never)).toEqual(['age', 'fare']);
    expect(await of({ kind: 'boolean' } as never)).toEqual(['member']);
  });

  test('does not see columns that it does not take', async () => {
    const one = await new ColumnTransformer([['a', new StandardScaler(), ['fare']]]).fit(table);
    const odd = { ...table, age: table.age.map(() => Infinity) };
    expect(await one.transform(odd)).toEqual(await one.transform(table));
    const wrong = { ...table, fare: table.age.map(() => Infinity) };
    await expect(one.transform(wrong)).rejects.toMatchObject({
      code: 'ERR_INPUT_INFINITE',
      row: 0,
      column: 3,
    });
    await expect(
      new ColumnTransformer([['a', new StandardScaler(), ['fare']]]).fit(wrong),
    ).rejects.toMatchObject({
      code: 'ERR_INPUT_INFINITE',
      column: 3,
    });
  });

  test('a part that gives no column may stand beside others', async () => {
    const same = { ...table, city: table.city.map(() => 'Oslo') };
    const parts = new ColumnTransformer([
      ['city', new OneHotEncoder({ drop: 'first' }), ['city']],
      ['fare', 'passthrough', ['fare']],
      ['none', new StandardScaler(), []],
    ]);
    expect((await parts.fit(same)).getFeatureNamesOut()).toEqual(['fare__fare']);
    const model = await makePipeline(parts, new Ridge()).fit(same, y);
    expect((await load(model.toBytes())).predictSync(same)).toEqual(model.predictSync(same));
    const only = await new ColumnTransformer([['city', new OneHotEncoder({ drop: 'first' }), ['city']]]).fit(
      same,
    );
    expect((await only.transform(same)).cols).toBe(0);
    expect(only.compile().runRow({ city: 'Oslo' }).length).toBe(0);
  });

  test('refuses what it cannot use', async () => {
    const check =
      (parts: unknown, options = {}) =>
      () =>
        new ColumnTransformer(parts as never, options).checkParams();
    bad(check([]));
    bad(check('all'));
    bad(check([['a__b', 'passthrough', [0]]]));
    bad(check([['remainder', 'passthrough', [0]]]));
    bad(check([['sparseThreshold', 'passthrough', [0]]]));
    bad(check([['a', 'passthrough', [0]]], { remainder: new Ridge() }));
    bad(check([['a', 'passthrough', [0]]], { remainder: new CountVectorizer() }));
    bad(check([['a', 'passthrough', [0]]], { remainder: new MinMaxScaler({ featureRange: [1, 0] }) }));
    bad(check([['a', new StandardScaler()]]));
    bad(check([['a', new StandardScaler(), null]]));
    bad(check([['a', new StandardScaler(), [null]]]));
    bad(check([['a', new Ridge(), [0]]]));
    bad(check([['a', 'keep', [0]]]));
    bad(check([['remainder', 'drop', [0]]]));
    bad(
      check([
        ['a', 'drop', [0]],
        ['a', 'drop', [1]],
      ]),
    );
    bad(check([['a', 'drop', [0]]], { remainder: 'keep' }));
    const fit = (columns: unknown) =>
      new ColumnTransformer([['a', 'passthrough', columns as never]]).fit(table);
    await expect(fit(['town'])).rejects.toMatchObject({ code: 'ERR_UNKNOWN_COLUMN' });
    await expect(fit([4])).rejects.toMatchObject({ code: 'ERR_UNKNOWN_COLUMN' });
    await expect(fit([-1])).rejects.toMatchObject({ code: 'ERR_UNKNOWN_COLUMN' });
    await expect(fit([0.5])).rejects.toMatchObject({ code: 'ERR_UNKNOWN_COLUMN' });
    await expect(fit([])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  });
});

test('the inverse of a pipeline undoes its steps, the last one first', async () => {
  const X = Matrix.from(Array.from({ length: 30 }, (_, i) => [i, Math.sin(i), 7 * i + Math.cos(i)]));
  const within = makePipeline(new MaxAbsScaler(), new PCA());
  const pipeline = new Pipeline([
    ['scale', new StandardScaler()],
    ['nothing', 'passthrough'],
    ['within', within],
  ]);
  await pipeline.fit(X);
  const back = await pipeline.inverseTransform(await pipeline.transform(X));
  expectClose(back.toArray(), X.toArray(), iterative(1e-11), 'rows');
  const idle = await new Pipeline([['nothing', 'passthrough']]).fit(X);
  for (const other of [pipeline, idle])
    await expect(other.inverseTransform([[1]])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  const noInverse = { code: 'ERR_NOT_SUPPORTED' };
  const codes = await makePipeline(new OrdinalEncoder()).fit({ a: ['x', 'y'] });
  await expect(codes.inverseTransform([[0]])).rejects.toMatchObject(noInverse);
  const model = await makePipeline(new StandardScaler(), new Ridge()).fit(X, X.columns([0]).data);
  await expect(model.inverseTransform([[0]])).rejects.toMatchObject(noInverse);
});
