/** Errors and edge cases of the transformers; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import { normalQuantile } from '../../lib/core/distributions/normal.js';
import {
  exportONNX,
  importONNX,
  KBinsDiscretizer,
  LabelEncoder,
  load,
  Matrix,
  MinMaxScaler,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  Pipeline,
  PolynomialFeatures,
  RobustScaler,
  SimpleImputer,
  StandardScaler,
} from '../../lib/index.js';
import { codeOf } from '../support/codes.js';
import { expectClose, ulp } from '../support/tolerance.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('what is fitted is X as it was when fit was called', () => {
  const estimators = [
    new MinMaxScaler(),
    new StandardScaler(),
    new SimpleImputer(),
    new SimpleImputer({ strategy: 'median' }),
  ];
  const learned = (model: (typeof estimators)[number]) =>
    model instanceof MinMaxScaler
      ? model.dataMin
      : model instanceof StandardScaler
        ? model.mean
        : model.statistics;

  test.each(['an ordinary buffer', 'shared memory'])('in %s', async (memory) => {
    for (const model of estimators) {
      const data =
        memory === 'shared memory' ? new Float64Array(new SharedArrayBuffer(80)) : new Float64Array(10);
      const X = new Matrix(data.fill(3), 5, 2);
      const fit = model.fit(X);
      if (memory !== 'shared memory') data.fill(7); // what is shared must not change while a fit reads it
      await fit;
      expect(learned(model)).toEqual(Float64Array.of(3, 3));
      data.fill(8);
      expect(learned(await model.fit(X))).toEqual(Float64Array.of(8, 8));
    }
  });
});

describe('LabelEncoder', () => {
  test('numbers labels in sorted order, and back', () => {
    const encoder = new LabelEncoder();
    expect(encoder.fitTransform(['b', 'a', 'c', 'a'])).toEqual(Int32Array.of(1, 0, 2, 0));
    expect(encoder.classes).toEqual(['a', 'b', 'c']);
    expect(encoder.inverseTransform([2, 0])).toEqual(['c', 'a']);
    expect(new LabelEncoder().fit([true, false]).transform([true])).toEqual(Int32Array.of(1));
  });

  test('refuses what it does not know', () => {
    const encoder = new LabelEncoder();
    expect(() => encoder.transform(['a'])).toThrow(code('ERR_NOT_FITTED'));
    expect(() => encoder.fit([])).toThrow(code('ERR_EMPTY'));
    expect(() => encoder.fit(['a', null])).toThrow(code('ERR_LABELS'));
    expect(() => encoder.fit(['a', 1])).toThrow(code('ERR_LABELS'));
    encoder.fit(['a', 'b']);
    expect(() => encoder.transform(['x'])).toThrow(code('ERR_LABELS'));
    expect(() => encoder.inverseTransform([2])).toThrow(code('ERR_LABELS'));
    expect(() => encoder.inverseTransform([0.5])).toThrow(code('ERR_LABELS'));
  });
});

describe('OrdinalEncoder', () => {
  test('takes the order of the categories, and goes back', async () => {
    const encoder = new OrdinalEncoder({ categories: [['S', 'M', 'L', null], 'auto'] });
    await encoder.fit({ size: ['L', 'S', null], grade: [3, 1, 2] });
    expect(encoder.transformSync({ size: ['S', 'L', null], grade: [1, 2, 3] }).toArray()).toEqual([
      [0, 0],
      [2, 1],
      [Number.NaN, 2],
    ]);
    expect(
      encoder.inverseTransform([
        [1, 2],
        [Number.NaN, 7],
      ]),
    ).toEqual([
      ['M', 3],
      [null, null],
    ]);
  });

  test('refuses categories that do not fit the data', async () => {
    const fit = (categories: OrdinalEncoder['params']['categories']) =>
      new OrdinalEncoder({ categories }).fit({ size: ['L', 'S'] });
    await expect(fit([['S', 'M']])).rejects.toMatchObject({ code: 'ERR_UNKNOWN_CATEGORY' });
    await expect(fit([['S', 'L'], 'auto'])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(fit([[]])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(new OrdinalEncoder({ unknownValue: -1 }).fit([[1], [2]])).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
    const taken = new OrdinalEncoder({ handleUnknown: 'useEncodedValue', unknownValue: 1 });
    await expect(taken.fit([[1], [2]])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('refuses a code of missing values that is that of a category, where values are missing', async () => {
    const refused = { code: 'ERR_PARAMETER' };
    const encoder = new OrdinalEncoder({ encodedMissingValue: 1 });
    expect(await encoder.fitTransform([[1], [2]])).toMatchObject({ data: Float64Array.of(0, 1) });
    await expect(encoder.fit([[1], [2], [Number.NaN]])).rejects.toMatchObject(refused);
    await expect(
      encoder.setParams({ categories: [[1, 2, null]] }).fit([[1], [Number.NaN]]),
    ).rejects.toMatchObject(refused);
    encoder.setParams({ categories: 'auto', encodedMissingValue: 2 });
    await encoder.fit([[1], [2], [Number.NaN]]);
    expect(encoder.transformSync([[Number.NaN], [2]]).data).toEqual(Float64Array.of(2, 1));
    const grouped = new OrdinalEncoder({ encodedMissingValue: 1, minFrequency: 2 });
    await expect(grouped.fit([[1], [1], [2], [3], [Number.NaN]])).rejects.toMatchObject(refused);
  });
});

describe('SimpleImputer.inverseTransform', () => {
  test('puts back the marker, and columns without a value', async () => {
    const X = [
      [1, -1, 5],
      [-1, -1, 6],
      [3, -1, 7],
    ];
    const imputer = await new SimpleImputer({ missingValues: -1, addIndicator: true }).fit(X);
    expect(imputer.inverseTransform(await imputer.transform(X)).toArray()).toEqual(X);
    // All rows were missing here.
    const rows = imputer.inverseTransform(imputer.transformSync([[-1, -1, 9]]));
    expect(rows.toArray()).toEqual([[-1, -1, 9]]);
    const single = Matrix.from(X, undefined, 'float32');
    expect(imputer.inverseTransform(await imputer.transform(single)).dtype).toBe('float32');
    expect(imputer.inverseTransform(new Matrix(new Float64Array(0), 0, 4)).rows).toBe(0);
    expect(() => imputer.inverseTransform([[1, 2]])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  test('gives the codes of text', async () => {
    const X = { colour: ['red', '?', 'blue', 'red'] };
    const params = { strategy: 'mostFrequent', addIndicator: true } as const;
    const marked = await new SimpleImputer({ ...params, missingValues: '?' }).fit(X);
    expect(marked.inverseTransform(marked.transformSync(X)).toArray()).toEqual([[2], [0], [1], [2]]);
    const gaps = await new SimpleImputer(params).fit({ colour: ['red', null, 'blue', 'red'] });
    expect(
      gaps
        .inverseTransform([
          [1, 0],
          [1, 1],
        ])
        .toArray(),
    ).toEqual([[1], [NaN]]);
  });

  test('needs indicators', async () => {
    const imputer = await new SimpleImputer().fit([[1], [Number.NaN]]);
    expect(() => imputer.inverseTransform([[1]])).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }),
    );
  });
});

describe('parameters', () => {
  test.each([
    new MinMaxScaler({ featureRange: [1, 1] }),
    new MinMaxScaler({ featureRange: [0, Infinity] }),
    new RobustScaler({ quantileRange: [75, 25] }),
    new RobustScaler({ quantileRange: [50, 50], unitVariance: true }),
    new RobustScaler({ quantileRange: [0, 100], unitVariance: true }),
    new PolynomialFeatures({ degree: -1 }),
    new PolynomialFeatures({ degree: [3, 2] }),
    new PolynomialFeatures({ degree: 0, includeBias: false }),
    new PolynomialFeatures({ degree: 2000 }),
    new PolynomialFeatures({ degree: [3, 3], interactionOnly: true, includeBias: false }),
    new KBinsDiscretizer({ nBins: 1 }),
    new KBinsDiscretizer({ nBins: [] }),
  ])('%# are checked', async (estimator) => {
    const rows = Array.from({ length: 4 }, (_, i) => [i, i + 1]);
    await expect(estimator.fit(rows)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('RobustScaler only centres by an empty range', async () => {
    const scaler = new RobustScaler({ quantileRange: [50, 50] });
    expect((await scaler.fitTransform([[1], [3], [9]])).data).toEqual(Float64Array.of(-2, 0, 6));
  });

  test('KBinsDiscretizer wants a number for each column', async () => {
    const bins = new KBinsDiscretizer({ nBins: [2, 3] });
    await expect(bins.fit([[1], [2]])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await bins.fit([
      [1, 1],
      [2, 1],
    ]);
    expect(bins.nBins).toEqual(Int32Array.of(2, 1));
    expect(bins.getFeatureNamesOut()).toEqual(['x0_0.0', 'x0_1.0', 'x1_0.0']);
    expect(bins.transformSync([[5, 5]]).toArray()).toEqual([[0, 1, 1]]);
  });

  test('a product of too high a degree leaves only the column of ones', async () => {
    const products = new PolynomialFeatures({ degree: [3, 3], interactionOnly: true });
    await products.fit([[2, 3]]);
    expect(products.transformSync([[2, 3]]).toArray()).toEqual([[1]]);
    expect(products.powers).toEqual([[0, 0]]);
  });
});

test('chains of transformers are one plan, and survive a file', async () => {
  const X = [
    [1, 10],
    [2, 20],
    [4, 5],
  ];
  const pipeline = await new Pipeline([
    ['scale', new MinMaxScaler()],
    ['products', new PolynomialFeatures({ includeBias: false })],
    ['length', new Normalizer()],
  ]).fit(X);
  const copy = (await load(pipeline.toBytes())) as typeof pipeline;
  expect((await copy.transform(X)).toArray()).toEqual((await pipeline.transform(X)).toArray());
  expect(pipeline.getFeatureNamesOut()).toEqual(['x0', 'x1', 'x0^2', 'x0 x1', 'x1^2']);
});

test('quantiles of the normal distribution, as SciPy has them', () => {
  const known = [
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798409],
    [0.01, -2.3263478740408408],
    [0.075, -1.4395314709384563],
    [0.25, -0.6744897501960817],
    [0.5, 0],
    [0.9249, 1.4388253927525403],
    [1 - 1e-10, 6.361340889697422],
  ];
  for (const [p, z] of known) expectClose(normalQuantile(p), z, ulp(4), `quantile of ${p}`);
});

describe('infrequent categories', () => {
  const ports = ['Oslo', 'Oslo', 'Oslo', 'Rome', 'Rome', 'Ulm', 'Turku'];

  test('have one indicator and a name', async () => {
    const encoder = await new OneHotEncoder({ minFrequency: 2 }).fit({ port: ports });
    expect(encoder.getFeatureNamesOut()).toEqual(['port_Oslo', 'port_Rome', 'port_infrequent']);
    expect(encoder.infrequentCategories).toEqual([['Turku', 'Ulm']]);
    expect(codeOf(() => encoder.transformSync({ port: ['Bergen'] }))).toBe('ERR_UNKNOWN_CATEGORY');
    const plain = await new OneHotEncoder().fit({ port: ports });
    expect(plain.infrequentCategories).toEqual([[]]);
  });

  test('have one code, which stands for none of them', async () => {
    const encoder = await new OrdinalEncoder({ maxCategories: 2 }).fit({ port: [...ports, null] });
    const codes = encoder.transformSync({ port: ['Oslo', 'Ulm', 'Rome', null] });
    expect([...codes.data]).toEqual([0, 1, 1, Number.NaN]);
    expect(encoder.inverseTransform(codes)).toEqual([['Oslo'], [null], [null], [null]]);
    const ordered = new OrdinalEncoder({ categories: [['Ulm', 'Turku', 'Rome', 'Oslo']], minFrequency: 2 });
    await ordered.fit({ port: ports });
    expect([...ordered.transformSync({ port: ['Rome', 'Oslo', 'Ulm'] }).data]).toEqual([0, 1, 2]);
    expect(ordered.inverseTransform([[1], [0], [2]])).toEqual([['Oslo'], ['Rome'], [null]]);
  });

  test('limits are whole numbers or shares', () => {
    for (const params of [
      { minFrequency: 1.5 },
      { minFrequency: 0 },
      { maxCategories: 0 },
      { maxCategories: 2.5 },
    ]) {
      expect(codeOf(() => new OneHotEncoder(params).checkParams())).toBe('ERR_PARAMETER');
      expect(codeOf(() => new OrdinalEncoder(params).checkParams())).toBe('ERR_PARAMETER');
    }
  });

  test('are written to ONNX', async () => {
    for (const encoder of [
      new OneHotEncoder({ maxCategories: 2, handleUnknown: 'infrequentIfExist' }),
      new OrdinalEncoder({ minFrequency: 2, handleUnknown: 'useEncodedValue', unknownValue: -1 }),
    ]) {
      await encoder.fit({ port: ports });
      const rows = { port: ['Oslo', 'Ulm', 'Rome', 'Bergen'] };
      const copy = importONNX(exportONNX(encoder)).compile();
      expect(copy.runSync(rows).toArray()).toEqual(encoder.transformSync(rows).toArray());
    }
  });
});

test('edges of weighed bins do not depend on the unit of the weights', async () => {
  const X = Array.from({ length: 20 }, (_, i) => [i]);
  for (const weight of [1e-30, 0.1, 1, 3e20]) {
    const bins = await new KBinsDiscretizer({ nBins: 2, quantileMethod: 'averagedInvertedCdf' }).fit(
      X,
      undefined,
      {
        sampleWeight: X.map(() => weight),
      },
    );
    expect([...bins.binEdges[0]]).toEqual([0, 9.5, 19]);
  }
});

describe('KBinsDiscretizer by k-means', () => {
  const rows = [[1], [1.5], [2], [40], [41], [90], [99]];

  test('puts edges halfway between centres', async () => {
    const bins = await new KBinsDiscretizer({ nBins: 3, strategy: 'kmeans', encode: 'ordinal' }).fit(rows);
    expect([...bins.binEdges[0]]).toEqual([1, 21, 67.5, 99]);
    expect([...bins.transformSync([[0], [21], [60], [1000]]).data]).toEqual([0, 1, 1, 2]);
    const constant = await new KBinsDiscretizer({ strategy: 'kmeans' }).fit([[7], [7]]);
    expect([...constant.nBins]).toEqual([1]);
    const few = new KBinsDiscretizer({ nBins: 3, strategy: 'kmeans' }).fit([[1], [2]]);
    await expect(few).rejects.toEqual(code('ERR_SHAPE'));
  });

  test('learns from rows that are drawn', async () => {
    const X = Array.from({ length: 500 }, (_, i) => [i]);
    const make = (randomState: number) => new KBinsDiscretizer({ nBins: 4, subsample: 60, randomState });
    const edges = async (seed: number) => [...(await make(seed).fit(X)).binEdges[0]];
    expect(await edges(1)).toEqual(await edges(1));
    expect(await edges(1)).not.toEqual(await edges(2));
    const all = await new KBinsDiscretizer({ nBins: 4, subsample: 500 }).fit(X);
    expect([...all.binEdges[0]]).toEqual([...(await new KBinsDiscretizer({ nBins: 4 }).fit(X)).binEdges[0]]);
    expect(codeOf(() => new KBinsDiscretizer({ subsample: 0 }).checkParams())).toBe('ERR_PARAMETER');
  });
});
