/** Encoders whose categories the caller lists, alone and within others: training may lack some of them. */
import { describe, expect, test } from 'vitest';
import {
  BaggingClassifier,
  type ColumnPart,
  ColumnTransformer,
  CountVectorizer,
  type Estimator,
  exportONNX,
  FeatureUnion,
  FrozenEstimator,
  GridSearchCV,
  HistGradientBoostingClassifier,
  type ImportedGraphClassifier,
  importONNX,
  type Label,
  LogisticRegression,
  load,
  Matrix,
  MinMaxScaler,
  makePipeline,
  OneHotEncoder,
  OrdinalEncoder,
  Pipeline,
  SimpleImputer,
  StandardScaler,
  type Table,
  TargetEncoder,
} from '../../lib/index.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
type Lists = Array<'auto' | Array<Label | null>>;
const CITIES = ['Ulm', 'Aden', 'Oslo'];
const table = { city: ['Oslo', 'Ulm', 'Oslo', 'Ulm', 'Oslo', 'Ulm'], n: [1, 2, 3, 4, 5, 6] };
const y = [0, 1, 0, 1, 0, 1];
const onlyCity = { city: table.city };
/** Of a place that training lacks. */
const aden = { city: ['Aden'], n: [2] };
const oneHot = (params: object = {}) => new OneHotEncoder({ categories: [CITIES], ...params });

/** Rows of a fitted transformer, which its copy from a file, one row at a time, makes too. */
async function rowsOf(model: { transform(X: Table): Promise<Matrix> } & Estimator, X: Table) {
  const rows = await model.transform(X);
  const copy = (await load(model.toBytes())) as typeof model;
  expect((await copy.transform(X)).toArray()).toEqual(rows.toArray());
  const records = Object.values(X)[0] as ArrayLike<unknown>;
  const plan = copy.compile();
  for (let i = 0; i < records.length; i++) {
    const row = Object.fromEntries(Object.entries(X).map(([name, values]) => [name, values[i]]));
    expect([...plan.runRow(row)]).toEqual(rows.toArray()[i]);
  }
  return rows.toArray();
}

describe('lists', () => {
  const refused: Array<[string, Lists, { n: Array<string | number | boolean> }, string]> = [
    ['unsorted numbers', [[2, 1]], { n: [1, 2] }, 'ERR_PARAMETER'],
    ['unsorted booleans', [[true, false]], { n: [true] }, 'ERR_PARAMETER'],
    ['a category twice', [['a', 'b', 'a']], { n: ['a'] }, 'ERR_PARAMETER'],
    ['missing values twice', [['a', null, Number.NaN]], { n: ['a'] }, 'ERR_PARAMETER'],
    ['missing values before others', [[null, 'a']], { n: ['a'] }, 'ERR_PARAMETER'],
    ['mixed types', [['a', 1]], { n: ['a'] }, 'ERR_PARAMETER'],
    ['objects', [[{} as never]], { n: ['a'] }, 'ERR_PARAMETER'],
    ['an infinite number', [[-Infinity, 1]], { n: [1] }, 'ERR_PARAMETER'],
    ['nothing', [[]], { n: ['a'] }, 'ERR_PARAMETER'],
    ['another number of columns', [['a', 'b'], ['b']], { n: ['a', 'b'] }, 'ERR_SHAPE'],
    ['text of numbers', [['1', '2']], { n: [1, 2] }, 'ERR_DTYPE'],
    ['numbers of text', [[1, 2]], { n: ['1', '2'] }, 'ERR_DTYPE'],
  ];
  test.each(refused)('refuse %s', async (_, categories, X, expected) => {
    for (const make of [OneHotEncoder, OrdinalEncoder, TargetEncoder]) {
      const encoder = new make({ categories });
      await expect(encoder.fit(X, [0, 1].slice(0, X.n.length))).rejects.toThrow(code(expected));
    }
  });

  test('refuse numbers that are the same as float32', async () => {
    const encoder = new OneHotEncoder({ categories: [[2 ** 24, 2 ** 24 + 1]] });
    const X = new Matrix(new Float32Array([2 ** 24]), 1, 1);
    await expect(encoder.fit(X)).rejects.toThrow(code('ERR_PARAMETER'));
  });

  test('hold all of a training set, missing values too, unless unknown ones may pass', async () => {
    const lacks: Table = { city: ['Ulm', null] };
    await expect(oneHot().fit(lacks)).rejects.toThrow(code('ERR_UNKNOWN_CATEGORY'));
    const ordinal = new OrdinalEncoder({ categories: [['Ulm']] });
    await expect(ordinal.fit(lacks)).rejects.toThrow(code('ERR_UNKNOWN_CATEGORY'));
    ordinal.setParams({ handleUnknown: 'useEncodedValue', unknownValue: -7 });
    expect(await rowsOf(await ordinal.fit(lacks), lacks)).toEqual([[0], [-7]]);
    const ignoring = await oneHot({ handleUnknown: 'ignore' }).fit(lacks);
    expect(await rowsOf(ignoring, lacks)).toEqual([
      [1, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('of float32 rows are rounded as these are', async () => {
    const X = new Matrix(new Float32Array([0.1, 0.3]), 2, 1);
    const encoder = await new OneHotEncoder({ categories: [[0.1, 0.2, 0.3]] }).fit(X);
    expect((await encoder.transform(X)).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    expect(encoder.categories).toEqual([[0.1, 0.2, 0.3]]);
  });

  test('a column without values is one of the listed texts', async () => {
    const encoder = await new OneHotEncoder({ categories: [['b', 'a', null]] }).fit({ x: [null, null] });
    expect(await rowsOf(encoder, { x: ['a', null] })).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  test('booleans', async () => {
    const encoder = await new OneHotEncoder({ categories: [[false, true]] }).fit({ x: [true, true] });
    expect(encoder.getFeatureNamesOut()).toEqual(['x_false', 'x_true']);
    expect(await rowsOf(encoder, { x: [false] })).toEqual([[1, 0]]);
  });
});

test('lists that are none are refused within others, too', async () => {
  const encoder = new OneHotEncoder({ categories: 5 as never });
  const bagging = new BaggingClassifier({
    estimator: new Pipeline([
      ['encode', encoder],
      ['model', new LogisticRegression()],
    ]),
  });
  await expect(bagging.fit(onlyCity, y)).rejects.toThrow(code('ERR_PARAMETER'));
});

describe('OneHotEncoder', () => {
  test('names, leaves out and goes back in the order of the list', async () => {
    const encoder = await oneHot({ drop: ['Aden'] }).fit(onlyCity);
    expect(encoder.dropIdx).toEqual([1]);
    expect(encoder.getFeatureNamesOut()).toEqual(['city_Ulm', 'city_Oslo']);
    expect(await rowsOf(encoder, { city: CITIES })).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
    expect(encoder.inverseTransform([[0, 0]])).toEqual([['Aden']]);
    expect((await encoder.transformSparse({ city: ['Oslo', 'Aden'] })).toDense().toArray()).toEqual([
      [0, 1],
      [0, 0],
    ]);
    expect((await oneHot().fit(onlyCity)).dropIdx).toBeNull();
  });

  test('refuses to drop what is no category, or an infrequent one', async () => {
    await expect(oneHot({ drop: ['Rome'] }).fit(onlyCity)).rejects.toThrow(code('ERR_PARAMETER'));
    await expect(oneHot({ drop: ['Ulm', 'Oslo'] }).fit(onlyCity)).rejects.toThrow(code('ERR_SHAPE'));
    const rare = oneHot({ drop: ['Aden'], minFrequency: 1 });
    await expect(rare.fit(onlyCity)).rejects.toThrow(code('ERR_PARAMETER'));
    await expect(oneHot({ drop: [1] }).fit(onlyCity)).rejects.toThrow(code('ERR_DTYPE'));
  });

  test.each([null, [[0.1, 0.2, null]]])(
    'drops numbers, which are those of float32 rows, of %j',
    async (list) => {
      const X = new Matrix(Float32Array.of(0.1, 0.2, Number.NaN), 3, 1);
      const dropped = async (label: Label | null) =>
        (await new OneHotEncoder({ categories: (list ?? 'auto') as Lists, drop: [label] }).fit(X)).dropIdx;
      expect([await dropped(0.1), await dropped(0.2), await dropped(null)]).toEqual([[0], [1], [2]]);
      await expect(dropped(0.3)).rejects.toThrow(code('ERR_PARAMETER'));
    },
  );

  test('a function names the indicators, in a model file too', async () => {
    const featureNameCombiner = (column: string, category: Label | null) => `${column}=${category}`;
    const X: Table = { city: ['Ulm', 'Ulm', 'Oslo', 'Oslo', null] };
    const categories = [[...CITIES, null]];
    const encoder = await new OneHotEncoder({ categories, featureNameCombiner }).fit(X);
    const names = ['city=Ulm', 'city=Aden', 'city=Oslo', 'city=null'];
    expect(encoder.getFeatureNamesOut()).toEqual(names);
    const copy = (await load(encoder.toBytes())) as OneHotEncoder;
    expect(copy.getFeatureNamesOut()).toEqual(names);
    expect(copy.params.featureNameCombiner).toBe('concat');
    encoder.setParams({ minFrequency: 2, drop: 'first' });
    expect((await encoder.fit(X)).getFeatureNamesOut()).toEqual(['city=Oslo', 'city=infrequent']);
    encoder.setParams({ featureNameCombiner: (() => 3) as never });
    await expect(encoder.fit(X)).rejects.toThrow(code('ERR_PARAMETER'));
  });
});

describe('a category that only a list names has its code', () => {
  test('in a pipeline, behind an imputer, and at positions of its own', async () => {
    const imputer = new SimpleImputer({ strategy: 'constant', fillValue: 'none' });
    const lists = [['Aden', 'none', 'Ulm', 'Oslo']];
    const pipeline = new Pipeline([
      ['fill', imputer],
      ['encode', new OneHotEncoder({ categories: lists })],
    ]);
    await pipeline.fit({ city: ['Oslo', null, 'Ulm'] });
    expect(pipeline.schema.columns[0].categories).toContain('Aden');
    expect(await rowsOf(pipeline, { city: ['Aden', null, 'Oslo'] })).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ]);
  });

  test('in the remainder of a ColumnTransformer', async () => {
    const columns = new ColumnTransformer([['scale', new MinMaxScaler(), ['n']]], { remainder: oneHot() });
    expect(await rowsOf(await columns.fit(table), { ...aden, n: [6] })).toEqual([[1, 0, 1, 0]]);
  });

  test('in a ColumnTransformer behind an imputer that adds columns', async () => {
    const pipeline = new Pipeline([
      ['fill', new SimpleImputer({ strategy: 'mostFrequent', addIndicator: true })],
      [
        'columns',
        new ColumnTransformer([
          ['code', new OrdinalEncoder({ categories: [CITIES, [0, 1]] }), ['city', 'missingindicator_city']],
        ]),
      ],
    ]);
    await pipeline.fit({ city: ['Oslo', null, 'Ulm', 'Oslo'] });
    expect(await rowsOf(pipeline, { city: ['Aden', null] })).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  test('behind an imputer, of whose other columns it says nothing', async () => {
    const pipeline = new Pipeline([
      [
        'fill',
        new ColumnTransformer(
          [
            ['city', new SimpleImputer({ strategy: 'mostFrequent' }), ['city']],
            ['n', new StandardScaler(), ['n']],
          ],
          { verboseFeatureNamesOut: false },
        ),
      ],
      [
        'columns',
        new ColumnTransformer([['hot', new OneHotEncoder({ categories: [[...CITIES, null]] }), ['city']]]),
      ],
    ]);
    const { columns } = (await pipeline.fit(table)).schema;
    expect(columns.map(({ hasMissing = false }) => hasMissing)).toEqual([false, false]);
    expect(await rowsOf(pipeline, aden)).toEqual([[0, 1, 0, 0]]);
  });

  test('in a ColumnTransformer, two parts of which list other ones for a column, and behind it', async () => {
    const columns = new ColumnTransformer(
      [
        ['hot', oneHot(), ['city']],
        ['code', new OrdinalEncoder({ categories: [['Ulm', 'Turku', 'Oslo', 'Aden']] }), ['city']],
        ['scale', new StandardScaler(), ['n']],
        ['keep', 'passthrough', ['city']],
      ],
      { verboseFeatureNamesOut: false },
    );
    const last = new ColumnTransformer([
      ['rest', 'passthrough', ['city_Ulm', 'city_Aden', 'city_Oslo']],
      ['late', new OrdinalEncoder({ categories: [['Oslo', 'Ulm', 'Bari', 'Aden', 'Turku']] }), [5]],
    ]);
    const pipeline = await new Pipeline([
      ['columns', columns],
      ['last', last],
    ]).fit(table);
    const rows = await rowsOf(pipeline, aden);
    expect(rows).toEqual([[0, 1, 0, 3]]);
    const fitted = await columns.clone().fit(table);
    expect((await fitted.transform(aden)).toArray()[0].slice(0, 4)).toEqual([0, 1, 0, 3]);
    // The one part refuses what the other one names.
    await expect(fitted.transform({ city: ['Turku'], n: [1] })).rejects.toThrow(code('ERR_UNKNOWN_CATEGORY'));
  });

  test('in a FeatureUnion, and frozen', async () => {
    const union = new FeatureUnion([
      ['hot', oneHot()],
      ['target', new TargetEncoder({ categories: [['Aden', 'Ulm', 'Oslo']], smooth: 0 })],
    ]);
    await union.fit(onlyCity, [1.5, 2.5, 1.5, 2.5, 1.5, 2.5]);
    expect(await rowsOf(union, { city: ['Aden', 'Ulm'] })).toEqual([
      [0, 1, 0, 2],
      [1, 0, 0, 2.5],
    ]);
    const frozen = new FrozenEstimator(await oneHot().fit(onlyCity));
    const pipeline = await new Pipeline([['frozen', frozen]]).fit({ city: ['Ulm', 'Ulm'] });
    expect(await rowsOf(pipeline, { city: CITIES })).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  test('in searches, whose candidates list other ones, and in ensembles', async () => {
    const pipeline = new Pipeline([
      ['encode', oneHot()],
      ['model', new LogisticRegression()],
    ]);
    const grid: Array<Record<string, unknown[]>> = [
      { encode__categories: [[['Oslo', 'Ulm', 'Bari']]] },
      { encode: [oneHot()], model__C: [0.001] },
    ];
    const search = await new GridSearchCV(pipeline, grid, { cv: 2 }).fit(onlyCity, y);
    expect(search.schema.columns[0].categories).toEqual(['Aden', 'Bari', 'Oslo', 'Ulm']);
    expect(search.bestIndex).toBe(0);
    expect(await search.predict({ city: ['Bari'] })).toHaveLength(1);
    await expect(search.predict({ city: ['Aden'] })).rejects.toThrow(code('ERR_UNKNOWN_CATEGORY'));
    const bagging = new BaggingClassifier({ estimator: pipeline, nEstimators: 3, randomState: 0 });
    await bagging.fit(onlyCity, y);
    expect(await bagging.predict({ city: ['Aden', 'Ulm'] })).toHaveLength(2);
  });

  test('in a validation set', async () => {
    const model = new HistGradientBoostingClassifier({ maxIter: 2, minSamplesLeaf: 1 });
    const pipeline = new Pipeline([
      ['encode', new OneHotEncoder({ categories: [CITIES, [1, 2, 3, 4, 5, 6]] })],
      ['model', model],
    ]);
    const losses: unknown[] = [];
    const validation = [{ city: ['Aden', 'Oslo'], n: [1, 6] }, [0, 1]] as const;
    await pipeline.fit(table, y, {
      validation,
      onProgress: ({ validationLoss }) => void losses.push(validationLoss),
    });
    expect(losses.some((loss) => typeof loss === 'number')).toBe(true);
  });

  test('beside documents, and in what is fitted on sparse rows', async () => {
    const columns = new ColumnTransformer([
      ['words', new CountVectorizer(), 'city'],
      ['hot', oneHot({ sparseOutput: true }), ['city']],
      ['code', new OrdinalEncoder({ categories: [['low', 'mid', 'high']] }), ['level']],
    ]);
    const X: Table = { ...onlyCity, level: ['low', 'high', 'low', 'high', 'low', 'high'] };
    const pipeline = await new Pipeline([
      ['columns', columns],
      ['model', new LogisticRegression()],
    ]).fit(X, y);
    expect(await pipeline.predict({ city: ['Aden'], level: ['mid'] })).toHaveLength(1);
    const rows = await (await columns.fit(X)).transform({ city: ['Aden'], level: ['mid'] });
    // The words oslo and ulm, then the list.
    expect(rows.toArray()).toEqual([[0, 0, 0, 1, 0, 1]]);
  });

  test('beside documents, in a later step, which a memory tells from others', async () => {
    const X: Table = { text: ['ab cd', 'cd', 'ab', 'ab ef', 'cd', 'ef'], c: ['b', 'c', 'b', 'c', 'b', 'c'] };
    const memory = new Map<string, Uint8Array>();
    const words = ['words', new CountVectorizer(), 'text'] as const;
    const late = (categories: Lists) =>
      new ColumnTransformer([['code', new OrdinalEncoder({ categories }), ['c']]], {
        remainder: 'passthrough',
      });
    const first = (...parts: ColumnPart[]) =>
      new ColumnTransformer([words, ...parts], { verboseFeatureNamesOut: false });
    const coded = async (...steps: Estimator[]) => {
      const named = steps.map((step, k) => [`s${k}`, step] as const);
      return await new Pipeline(named, { memory }).fit(X, y);
    };
    const kept = first(['c', 'passthrough', ['c']]);
    const list = [['c', 'b', 'a']];
    for (let again = 0; again < 2; again++) {
      await expect(
        (await coded(kept, late([['b', 'c']]))).transform({ text: ['ab'], c: ['a'] }),
      ).rejects.toThrow(code('ERR_UNKNOWN_CATEGORY'));
      const model = await coded(kept, late(list), new StandardScaler({ withMean: false, withStd: false }));
      const copy = (await load(model.toBytes())) as typeof model;
      expect((await copy.transform({ text: ['ab'], c: ['a'] })).toArray()).toEqual([[2, 1, 0, 0]]);
    }
    const union = new FeatureUnion([['both', kept]], { verboseFeatureNamesOut: false });
    const within = makePipeline(makePipeline(union, late(list)), new StandardScaler());
    expect(await (await within.fit(X, y)).transform({ text: ['ab'], c: ['a'] })).toHaveProperty('rows', 1);
    const inner = first(['nested', makePipeline(kept), ['text', 'c']]);
    const passed = await coded(inner, late(list));
    expect((await passed.transform({ text: ['ab'], c: ['a'] })).row(0)[0]).toBe(2);
    const alone = new ColumnTransformer([['nested', makePipeline(kept, late(list)), ['text', 'c']]]);
    expect((await (await alone.fit(X)).transform({ text: ['ab'], c: ['a'] })).row(0)[0]).toBe(2);
  });

  test('in fitTransform across folds', async () => {
    const encoder = new TargetEncoder({ categories: [CITIES], smooth: 0, cv: 2, shuffle: false });
    const crossed = await encoder.fitTransform(onlyCity, [1.5, 2, 3, 4, 5, 6]);
    expect(crossed.toArray().map(([value]) => value)).toEqual([5, 5, 5, 2, 2.25, 2]);
    expect(encoder.encodings).toEqual([Float64Array.of(4, 21.5 / 6, 9.5 / 3)]);
  });

  test('in an ONNX graph', async () => {
    const pipeline = new Pipeline([
      ['columns', new ColumnTransformer([['hot', oneHot(), ['city']]], { remainder: 'passthrough' })],
      ['model', new LogisticRegression()],
    ]);
    await pipeline.fit(table, y);
    const graph = importONNX(exportONNX(pipeline, { precision: 'float64' })) as ImportedGraphClassifier;
    const X: Table = { city: CITIES, n: [1, 2, 3] };
    expect(await graph.predict(X)).toEqual(await pipeline.predict(X));
  });
});
