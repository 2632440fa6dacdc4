/** Labels as columns, markers of missing values, categories that are named, and what splines refuse. */
import { describe, expect, test } from 'vitest';
import {
  KBinsDiscretizer,
  LabelBinarizer,
  load,
  Matrix,
  MissingIndicator,
  MultiLabelBinarizer,
  SimpleImputer,
  SplineTransformer,
  TargetEncoder,
} from '../../lib/index.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const X = [[0], [1], [2], [4]];

describe('LabelBinarizer', () => {
  test('has one column for two labels, one for each of more, and takes them back', () => {
    const two = new LabelBinarizer({ negLabel: -1, posLabel: 2 });
    expect(two.fitTransform(['no', 'yes', 'no']).toArray()).toEqual([[-1], [2], [-1]]);
    expect(two.inverseTransform([[0.4], [0.6]])).toEqual(['no', 'yes']);
    expect(
      two.inverseTransform(
        [
          [1, 0],
          [0, 1],
        ],
        0.5,
      ),
    ).toEqual(['no', 'yes']);
    expect(two.inverseTransform([[0.4]], 0.3)).toEqual(['yes']);
    const three = new LabelBinarizer().fit([3, 1, 2]);
    expect(three.transform([2, 9]).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(
      three.inverseTransform([
        [0, 0, 0],
        [0.1, 0.2, 0.9],
      ]),
    ).toEqual([1, 3]);
    const alone = new LabelBinarizer().fit(['a', 'a']);
    expect(alone.transform(['a']).toArray()).toEqual([[0]]);
    expect(alone.inverseTransform([[0], [1]])).toEqual(['a', 'a']);
  });

  test.each<[string, () => unknown, string]>([
    ['a bad pair', () => new LabelBinarizer({ negLabel: 1, posLabel: 1 }), 'ERR_PARAMETER'],
    ['no fit', () => new LabelBinarizer().transform(['a']), 'ERR_NOT_FITTED'],
    ['a missing label', () => new LabelBinarizer().fit(['a', null]), 'ERR_LABELS'],
    ['no labels', () => new LabelBinarizer().fit([]), 'ERR_EMPTY'],
    ['other columns', () => new LabelBinarizer().fit([1, 2, 3]).inverseTransform([[1, 0]]), 'ERR_SHAPE'],
    ['repeated classes', () => new MultiLabelBinarizer({ classes: ['a', 'a'] }), 'ERR_PARAMETER'],
    ['no lists', () => new MultiLabelBinarizer().fit(['ab'] as never), 'ERR_LABELS'],
    ['a missing label of many', () => new MultiLabelBinarizer().fit([[null as never]]), 'ERR_LABELS'],
    ['no fit of many', () => new MultiLabelBinarizer().classes, 'ERR_NOT_FITTED'],
    ['a half', () => new MultiLabelBinarizer().fit([['a']]).inverseTransform([[0.5]]), 'ERR_LABELS'],
    [
      'other columns of many',
      () => new MultiLabelBinarizer().fit([['a']]).inverseTransform([[1, 1]]),
      'ERR_SHAPE',
    ],
  ])('%s: refused', (_, run, expected) => {
    expect(run).toThrow(code(expected));
  });

  test('MultiLabelBinarizer keeps the order of given classes and leaves out others', () => {
    const given = new MultiLabelBinarizer({ classes: ['b', 'a', 'c'] });
    expect(given.fitTransform([['a', 'x'], [], new Set(['c', 'b'])]).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [1, 0, 1],
    ]);
    expect(
      given.inverseTransform([
        [1, 1, 0],
        [0, 0, 0],
      ]),
    ).toEqual([['b', 'a'], []]);
    expect(new MultiLabelBinarizer().fit([[2], [10, 2]]).classes).toEqual([2, 10]);
  });
});

describe('missingValues', () => {
  test('a number stands for missing, and a NaN is then refused', async () => {
    const imputer = await new SimpleImputer({ missingValues: -1, addIndicator: true }).fit([
      [-1, 2],
      [1, 4],
      [3, 6],
    ]);
    expect(
      (
        await imputer.transform([
          [-1, -1],
          [5, 0],
        ])
      ).toArray(),
    ).toEqual([
      [2, 4, 1],
      [5, 0, 0],
    ]);
    const loaded = await load(imputer.toBytes());
    expect((await loaded.transform([[-1, -1]])).toArray()).toEqual([[2, 4, 1]]);
    await expect(imputer.transform([[Number.NaN, 1]])).rejects.toThrow(code('ERR_INPUT_NAN'));
    await expect(new SimpleImputer({ missingValues: Infinity }).fit(X)).rejects.toThrow(
      code('ERR_PARAMETER'),
    );
    const floats = await imputer.transform(
      new Float32Array([-1, -1]) && { data: new Float32Array([-1, -1]), rows: 1, cols: 2 },
    );
    expect(floats.toArray()).toEqual([[2, 4, 1]]);
  });

  test('a text stands for missing in columns of text', async () => {
    const table = { city: ['Oslo', '?', 'Oslo', 'Bern'], n: [1, 2, 3, 4] };
    const imputer = await new SimpleImputer({ strategy: 'mostFrequent', missingValues: '?' }).fit(table);
    const out = await imputer.transform(table);
    expect(imputer.outputColumns()[0].categories?.[out.row(1)[0]]).toBe('Oslo');
    const indicator = await new MissingIndicator({ missingValues: '?' }).fit(table);
    expect((await indicator.transform(table)).toArray()).toEqual([[0], [1], [0], [0]]);
  });

  test('a number is not missing where it stands as text', async () => {
    const table = { code: ['1', '2', '2'], n: [1, 2, 2] };
    const indicator = new MissingIndicator({ missingValues: 1, features: 'all' });
    expect((await indicator.fitTransform(table)).toArray()).toEqual([
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  test('MissingIndicator refuses a marker where there was none', async () => {
    const indicator = await new MissingIndicator({ missingValues: 0 }).fit([
      [0, 1],
      [1, 2],
    ]);
    expect((await indicator.transform([[0, 3]])).toArray()).toEqual([[1]]);
    await expect(indicator.transform([[1, 0]])).rejects.toThrow(code('ERR_INPUT_NAN'));
  });
});

describe('TargetEncoder with categories', () => {
  const table = { city: ['a', 'a', 'b', 'c'], n: [1, 1, 2, 2] };
  const y = [1.5, 2.5, 4, 8];

  test('others get the overall mean, in fitTransform too', async () => {
    const params = { categories: [['a', 'b', 'z'], 'auto'] as const, smooth: 0, cv: 2, shuffle: false };
    const encoder = await new TargetEncoder(params).fit(table, y);
    expect(encoder.categories).toEqual([
      ['a', 'b', 'z'],
      [1, 2],
    ]);
    expect((await encoder.transform(table)).toArray()).toEqual([
      [2, 2],
      [2, 2],
      [4, 6],
      [4, 6],
    ]);
    const crossed = await new TargetEncoder(params).fitTransform(table, y);
    // Of the first fold, by the rows of the second: 6 is their mean, and none has a city that is listed but the third.
    expect(crossed.toArray()).toEqual([
      [6, 6],
      [6, 6],
      [2, 2],
      [2, 2],
    ]);
  });

  test('lists for other columns are refused', async () => {
    await expect(new TargetEncoder({ categories: [['a']] }).fit(table, y)).rejects.toThrow(code('ERR_SHAPE'));
    await expect(new TargetEncoder({ categories: [[], 'auto'] }).fit(table, y)).rejects.toThrow(
      code('ERR_PARAMETER'),
    );
  });
});

describe('SplineTransformer', () => {
  test('refuses values outside of the knots, if so wanted', async () => {
    const splines = await new SplineTransformer({ nKnots: 2, degree: 1, extrapolation: 'error' }).fit(X);
    expect((await splines.transform([[1]])).toArray()).toEqual([[0.75, 0.25]]);
    await expect(splines.transform([[4.5]])).rejects.toThrow(code('ERR_OUT_OF_RANGE'));
  });

  test('gives zeros for missing values, and for columns of one value', async () => {
    const params = { nKnots: 3, degree: 2, handleMissing: 'zeros' } as const;
    const splines = await new SplineTransformer(params).fit([
      [0, 5],
      [Number.NaN, 5],
      [2, 5],
    ]);
    const [row] = (await splines.transform([[Number.NaN, 5]])).toArray();
    expect(row).toEqual(new Array(8).fill(0));
    await expect(new SplineTransformer().fit([[Number.NaN], [1]])).rejects.toThrow(code('ERR_INPUT_NAN'));
  });

  test.each<[string, object, string]>([
    ['too few periodic knots', { nKnots: 3, extrapolation: 'periodic' }, 'ERR_PARAMETER'],
    ['knots that fall', { knots: [[1], [0]] }, 'ERR_PARAMETER'],
    ['one knot', { knots: [[1]] }, 'ERR_SHAPE'],
    [
      'knots of other columns',
      {
        knots: [
          [0, 0],
          [1, 1],
        ],
      },
      'ERR_SHAPE',
    ],
    ['no degree', { degree: -1 }, 'ERR_PARAMETER'],
    ['too many splines', { nKnots: 2_000_000 }, 'ERR_PARAMETER'],
  ])('%s: refused', async (_, params, expected) => {
    await expect(new SplineTransformer(params).fit(X)).rejects.toThrow(code(expected));
  });

  test('is saved with a matrix of knots', async () => {
    const knots = Matrix.from([[0], [1], [4]]);
    const splines = await new SplineTransformer({ knots, degree: 1 }).fit(X);
    const loaded = (await load(splines.toBytes())) as SplineTransformer;
    expect((await loaded.transform(X)).toArray()).toEqual((await splines.transform(X)).toArray());
    expect(loaded.params.knots).toEqual([[0], [1], [4]]);
  });

  test('takes knots of its caller', async () => {
    const splines = await new SplineTransformer({ knots: [[0], [1], [4]], degree: 1 }).fit(X);
    expect((await splines.transform([[2.5]])).toArray()).toEqual([[0, 0.5, 0.5]]);
  });
});

test('KBinsDiscretizer refuses weights where its method knows none', async () => {
  const bins = new KBinsDiscretizer({ nBins: 2, quantileMethod: 'hazen' });
  await expect(bins.fit(X, undefined, { sampleWeight: [1, 1, 1, 2] })).rejects.toThrow(code('ERR_PARAMETER'));
});
