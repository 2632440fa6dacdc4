/** Edge cases of estimators made of estimators, and of encoding across folds; golden values are in test/golden. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  Binarizer,
  ColumnTransformer,
  FeatureUnion,
  FunctionTransformer,
  LinearRegression,
  load,
  Matrix,
  MinMaxScaler,
  MissingIndicator,
  makeUnion,
  OneHotEncoder,
  Pipeline,
  StandardScaler,
  TargetEncoder,
  TransformedTargetRegressor,
} from '../../lib/index.js';

afterEach(() => vi.restoreAllMocks());

const code = (expected: string) => expect.objectContaining({ code: expected });
const towns = { town: [...'abcabcabcaab'], size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
const prices = [1.5, 2, 9, 1.25, 3, 8, 2, 2.5, 7, 1, 1.5, 4];

describe('TargetEncoder', () => {
  const make = () => new TargetEncoder({ cv: 3, randomState: 5 });

  test('in a pipeline the next step learns from rows encoded across folds', async () => {
    const across = await make().fitTransform(towns, prices);
    const within = await (await make().fit(towns, prices)).transform(towns);
    expect(across.toArray()).not.toEqual(within.toArray());
    const line = await new LinearRegression().fit(across, prices);
    const pipeline = await new Pipeline([
      ['encode', make()],
      ['line', new LinearRegression()],
    ]).fit(towns, prices);
    expect((pipeline.namedSteps.line as LinearRegression).coef).toEqual(line.coef);
    expect((pipeline.namedSteps.line as LinearRegression).rank).toBe(2);
    // New rows are encoded by all of the training rows.
    expect(await pipeline.predict(towns)).toEqual(await line.predict(within));
  });

  test('so do unions, column transformers and pipelines within', async () => {
    const table = { town: towns.town };
    const own = await make().fitTransform(table, prices);
    const union = await new FeatureUnion(
      [
        ['target', make()],
        ['flags', new OneHotEncoder()],
      ],
      {
        transformerWeights: { target: 2 },
      },
    ).fitTransform(table, prices);
    expect(union.columns([0]).toArray()).toEqual(own.toArray().map(([value]) => [2 * value]));
    const columns = await new ColumnTransformer(
      [
        ['target', make(), ['town']],
        ['size', 'passthrough', ['size']],
      ],
      { transformerWeights: { target: 3, size: 0.5 } },
    ).fitTransform(towns, prices);
    expect(columns.toArray()).toEqual(own.toArray().map(([value], i) => [3 * value, towns.size[i] / 2]));
    const nested = await new Pipeline([
      [
        'inner',
        new Pipeline([
          ['encode', make()],
          ['scale', new StandardScaler()],
        ]),
      ],
      ['again', new MinMaxScaler()],
    ]).fitTransform(table, prices);
    const scaled = await new MinMaxScaler().fitTransform(await new StandardScaler().fitTransform(own));
    expect(nested.toArray()).toEqual(scaled.toArray());
  });

  test('reads y as scikit-learn does, and refuses what it cannot', async () => {
    const rows = { town: [...'aabb'] };
    expect((await new TargetEncoder().fit(rows, [0, 1, 1, 0])).classes).toEqual([0, 1]);
    expect((await new TargetEncoder().fit(rows, ['x', 'y', 'z', 'z'])).getFeatureNamesOut()).toEqual([
      'town_x',
      'town_y',
      'town_z',
    ]);
    expect((await new TargetEncoder().fit(rows, [0.5, 1, 1, 0])).classes).toBeNull();
    await expect(new TargetEncoder({ targetType: 'binary' }).fit(rows, [0, 1, 2, 0])).rejects.toEqual(
      code('ERR_LABELS'),
    );
    await expect(new TargetEncoder({ cv: 5 }).fitTransform(rows, [0.5, 1, 2, 0])).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
    await expect(new TargetEncoder().fit(rows)).rejects.toEqual(code('ERR_PARAMETER'));
  });

  test('unknown and missing categories, also from a file', async () => {
    const encoder = await new TargetEncoder({ smooth: 0 }).fit({ town: ['a', 'b', null] }, [1.5, 2, 4]);
    const rows = { town: ['z', null, 'a'] };
    const expected = [[2.5], [4], [1.5]];
    expect(encoder.transformSync(rows).toArray()).toEqual(expected);
    const copy = (await load(encoder.toBytes())) as TargetEncoder;
    expect(copy.transformSync(rows).toArray()).toEqual(expected);
    expect(copy.categories).toEqual([['a', 'b', null]]);
  });
});

describe('FeatureUnion', () => {
  test('reaches into its parts by name', () => {
    const union = makeUnion(new MinMaxScaler(), new MinMaxScaler());
    union.setParams({ 'minmaxscaler-2__clip': true });
    expect(union.params.transformers.map(([, t]) => (t as MinMaxScaler).params.clip)).toEqual([false, true]);
    union.setParams({ minmaxscaler: 'drop' } as never);
    expect(union.params.transformers[0][1]).toBe('drop');
  });

  test('refuses parts that are none', async () => {
    const parts = (list: unknown) => new FeatureUnion(list as never).fit([[1]]);
    await expect(parts([])).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(parts([['a', new LinearRegression()]])).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(
      parts([
        ['a', 'drop'],
        ['a', 'drop'],
      ]),
    ).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(parts([['a', 'drop']])).rejects.toEqual(code('ERR_EMPTY'));
    const none = { transformerWeights: { b: 1 } };
    const columns = new ColumnTransformer([['a', 'passthrough', [0]]], none);
    await expect(columns.fit([[1]])).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const unknown = new FeatureUnion([['a', 'passthrough']], none);
    await expect(unknown.fit([[1]])).rejects.toEqual(code('ERR_PARAMETER'));
  });
});

describe('FunctionTransformer', () => {
  test('does nothing by default, and says why a function of JavaScript cannot be', async () => {
    expect((await new FunctionTransformer().fitTransform([[1, -2]])).toArray()).toEqual([[1, -2]]);
    const bad = new FunctionTransformer({ func: ((x: number) => x) as never });
    await expect(bad.fit([[1]])).rejects.toThrow(/a function of JavaScript cannot run within a plan/);
    const log = { func: Math.log as never, inverseFunc: 'exp' } as const;
    for (const model of [
      new FunctionTransformer(log),
      new TransformedTargetRegressor(new LinearRegression(), log),
    ])
      await expect(model.fit([[1]], [1])).rejects.toThrow(/write 'log' in place of Math.log/);
    await expect(new FunctionTransformer({ func: ['mul', 2] }).fit([[1]])).resolves.toBeDefined();
    await expect(new FunctionTransformer({ func: ['mul', 'log'] as never }).fit([[1]])).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
  });

  test('has an inverse only when it is told', async () => {
    const model = await new FunctionTransformer({ func: 'exp' }).fit([[1]]);
    await expect(model.inverseTransform([[1]])).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
  });

  test('warns of an inverse that does not undo it, unless told not to look', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const rows = Array.from({ length: 250 }, (_, i) => [i, -i]);
    await new FunctionTransformer({ func: ['mul', 3], inverseFunc: ['div', 3] }).fit(rows);
    await new FunctionTransformer({ func: 'abs' }).fit(rows);
    // Single precision of rows is none of the check's.
    const narrow = Matrix.from(rows).astype('float32');
    await new FunctionTransformer({ func: ['add', 0.1], inverseFunc: ['sub', 0.1] }).fit(narrow);
    const wrong = { func: 'abs', inverseFunc: ['mul', 1] } as const;
    await new FunctionTransformer({ ...wrong, checkInverse: false }).fit(rows);
    expect(warn).not.toHaveBeenCalled();
    await new FunctionTransformer(wrong).fit(rows);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/FunctionTransformer: .* undo/), 'BorealWarning');
    // A missing value comes back as one.
    await new FunctionTransformer({ func: 'exp', inverseFunc: 'log' }).fit([[Number.NaN], [1]]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('names its columns, in a model file, too', async () => {
    const names = (given: readonly string[]) => given.map((name) => `log_${name}`);
    const table = { a: [1, 2], b: [3, 4] };
    const model = await new FunctionTransformer({ func: 'log', featureNamesOut: names }).fit(table);
    expect(model.getFeatureNamesOut()).toEqual(['log_a', 'log_b']);
    const copy = (await load(model.toBytes())) as FunctionTransformer;
    expect(copy.getFeatureNamesOut()).toEqual(['log_a', 'log_b']);
    await copy.fit(table);
    expect(copy.getFeatureNamesOut()).toEqual(['log_a', 'log_b']);
    for (const featureNamesOut of [['one'], () => ['x'], () => [1, 2] as never]) {
      await expect(new FunctionTransformer({ featureNamesOut }).fit(table)).rejects.toEqual(
        code('ERR_PARAMETER'),
      );
    }
  });
});

describe('MissingIndicator', () => {
  test('refuses what is missing where nothing was', async () => {
    const rows = [
      [1, Number.NaN],
      [2, 3],
    ];
    const strict = await new MissingIndicator().fit(rows);
    expect(() => strict.transformSync([[Number.NaN, 1]])).toThrow(code('ERR_INPUT_NAN'));
    const lenient = await new MissingIndicator({ errorOnNew: false }).fit(rows);
    expect(lenient.transformSync([[Number.NaN, 1]]).toArray()).toEqual([[0]]);
    await expect(new MissingIndicator().fit([[1]])).rejects.toEqual(code('ERR_EMPTY'));
  });
});

describe('TransformedTargetRegressor', () => {
  const line = new LinearRegression();
  test('refuses what does not go together', async () => {
    const fit = (options: object) => new TransformedTargetRegressor(line, options).fit([[1], [2]], [1, 2]);
    await expect(fit({ func: 'log' })).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(fit({ func: 'log', inverseFunc: 'exp', transformer: new MinMaxScaler() })).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
    await expect(fit({ transformer: new Binarizer() })).rejects.toEqual(code('ERR_PARAMETER'));
    const given = new TransformedTargetRegressor(line, { func: 'log', inverseFunc: 'exp' });
    await expect(given.fit([[1], [2]], [-1, 2])).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_/),
    });
  });

  test('warns of an inverse that does not undo it, unless told not to look', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const y = Array.from({ length: 40 }, (_, i) => i - 20);
    const X = y.map((value) => [value]);
    const fit = (options: object) => new TransformedTargetRegressor(line, options).fit(X, y);
    await fit({ func: ['mul', 3], inverseFunc: ['div', 3] });
    await fit({ transformer: new MinMaxScaler() });
    await fit({ func: 'abs', inverseFunc: 'abs', checkInverse: false });
    expect(warn).not.toHaveBeenCalled();
    await fit({ func: 'abs', inverseFunc: 'abs' });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/TransformedTargetRegressor: .* undo/),
      'BorealWarning',
    );
  });

  test('keeps what was fitted in a model file', async () => {
    const options = { transformer: new MinMaxScaler() };
    const model = await new TransformedTargetRegressor(line, options).fit([[1], [2], [3]], [10, 30, 20]);
    const copy = (await load(model.toBytes())) as TransformedTargetRegressor;
    expect(copy.predictSync([[4]])).toEqual(model.predictSync([[4]]));
    expect(line.isFitted).toBe(false);
  });
});

describe('named parts', () => {
  const X = [[1], [3]];

  test('may have the names of what every object has', async () => {
    const make = (): ConstructorParameters<typeof FeatureUnion>[0] => [
      ['constructor', new StandardScaler()],
      ['scaled', new StandardScaler()],
    ];
    const union = await new FeatureUnion(make(), { transformerWeights: { scaled: 2 } }).fit(X);
    const expected = [
      [-1, -2],
      [1, 2],
    ];
    expect(union.transformSync(X).toArray()).toEqual(expected);
    union.setParams({ scaled: new MinMaxScaler() } as object);
    expect(union.params.transformers[0][1]).toBeInstanceOf(StandardScaler);
    expect(union.params.transformers[1][1]).toBeInstanceOf(MinMaxScaler);
  });

  test('that are none are refused by fit, also of a clone', async () => {
    const union = new FeatureUnion([['scaled', new StandardScaler()]]);
    union.setParams({ scaled: null } as object);
    await expect(union.clone().fit(X)).rejects.toThrow(code('ERR_PARAMETER'));
    union.setParams({ transformers: 3 } as object);
    await expect(union.clone().fit(X)).rejects.toThrow(code('ERR_PARAMETER'));
    const regressor = new TransformedTargetRegressor(null as unknown as LinearRegression);
    await expect(regressor.clone().fit(X, [1, 2])).rejects.toThrow(code('ERR_PARAMETER'));
  });

  test('are cloned with the estimator, and so is an estimator that is a parameter', () => {
    const inner = new StandardScaler();
    const pipeline = new Pipeline([
      ['scale', inner],
      ['model', new TransformedTargetRegressor(new LinearRegression())],
    ]);
    const { steps } = pipeline.clone().params;
    expect(steps[0][1]).not.toBe(inner);
    const { regressor } = (steps[1][1] as TransformedTargetRegressor).params;
    expect(regressor).not.toBe((pipeline.params.steps[1][1] as TransformedTargetRegressor).params.regressor);
    expect(regressor).toBeInstanceOf(LinearRegression);
  });
});
