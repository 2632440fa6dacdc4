/** featureImportances, partialDependence and limeTabular: tables and pipelines, options, errors. */
import { describe, expect, test } from 'vitest';
import {
  ColumnTransformer,
  crossValidate,
  featureImportances,
  GaussianNB,
  HistGradientBoostingRegressor,
  LinearRegression,
  LogisticRegression,
  limeTabular,
  loadDiabetes,
  loadIris,
  makePipeline,
  OneHotEncoder,
  partialDependence,
  permutationImportance,
  RandomForestClassifier,
  SimpleImputer,
  StandardScaler,
  treeShap,
} from '../../lib/index.js';

const { data, target } = loadIris();
const diabetes = loadDiabetes();
const n = 120;
const table = {
  rooms: Float64Array.from({ length: n }, (_, i) => (i % 9 === 4 ? Number.NaN : (i * 7) % 10)),
  town: Array.from({ length: n }, (_, i) => ['Oslo', 'Rome', 'Bergen'][i % 3]),
  garden: Array.from({ length: n }, (_, i) => i % 4 < 2),
};
const price = Array.from({ length: n }, (_, i) => {
  const rooms = Number.isNaN(table.rooms[i]) ? 4.5 : table.rooms[i];
  return 10 * rooms + (table.town[i] === 'Rome' ? 50 : 0) + (table.garden[i] ? 20 : 0);
});
const prepare = new ColumnTransformer([
  ['numbers', new SimpleImputer(), ['rooms', 'garden']],
  ['town', new OneHotEncoder(), ['town']],
]);
const houses = await makePipeline(prepare, new LinearRegression()).fit(table, price);
const bayes = await new GaussianNB().fit(data, target);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error) => error.code,
  );

describe('featureImportances', () => {
  test('takes the importances of trees, the coefficients of linear models, else shuffles', async () => {
    const forest = await new RandomForestClassifier({ nEstimators: 5, randomState: 0 }).fit(data, target);
    const trees = await featureImportances(forest);
    expect(trees).toEqual({
      ...{
        importances: forest.featureImportances,
        featureNames: ['x0', 'x1', 'x2', 'x3'],
        method: 'impurity',
      },
    });
    const boosted = await new HistGradientBoostingRegressor({ maxIter: 5 }).fit(
      diabetes.data,
      diabetes.target,
    );
    expect((await featureImportances(boosted)).importances).toEqual(boosted.featureImportances.gain);
    const logistic = await new LogisticRegression().fit(data, target);
    const sums = [0, 1, 2, 3].map((j) =>
      logistic.coef.toArray().reduce((sum, row) => sum + Math.abs(row[j]), 0),
    );
    const linear = await featureImportances(logistic);
    expect([linear.method, Array.from(linear.importances)]).toEqual(['coefficients', sums]);
    const shuffled = await featureImportances(bayes, data, target, { randomState: 1, nRepeats: 3 });
    const same = await permutationImportance(bayes, data, target, { randomState: 1, nRepeats: 3 });
    expect(shuffled).toEqual({
      importances: same.importancesMean,
      importancesStd: same.importancesStd,
      featureNames: same.featureNames,
      method: 'permutation',
    });
    const asked = await featureImportances(forest, data, target, { method: 'permutation', randomState: 0 });
    expect(asked.method).toBe('permutation');
  });

  test('names what the last step of a pipeline reads, or the columns of the table', async () => {
    const own = await featureImportances(houses);
    expect(own.featureNames).toEqual([
      ...['numbers__rooms', 'numbers__garden', 'town__town_Bergen', 'town__town_Oslo', 'town__town_Rome'],
    ]);
    const nested = await makePipeline(makePipeline(new StandardScaler(), new LogisticRegression())).fit(
      data,
      target,
    );
    expect((await featureImportances(nested)).method).toBe('coefficients');
    const columns = await featureImportances(houses, table, price, { method: 'permutation', randomState: 0 });
    expect(columns.featureNames).toEqual(['rooms', 'town', 'garden']);
  });

  test('refuses what cannot be', async () => {
    expect(await code(featureImportances(bayes))).toBe('ERR_PARAMETER');
    expect(await code(featureImportances(bayes, undefined, undefined, { method: 'impurity' }))).toBe(
      'ERR_NOT_SUPPORTED',
    );
    expect(await code(featureImportances(houses, undefined, undefined, { method: 'impurity' }))).toBe(
      'ERR_NOT_SUPPORTED',
    );
    expect(await code(featureImportances(new GaussianNB()))).toBe('ERR_NOT_FITTED');
    expect(await code(featureImportances(bayes, data, target, { method: 'gain' as never }))).toBe(
      'ERR_PARAMETER',
    );
    expect(await code(featureImportances(bayes, data, target, { repeats: 3 } as never))).toBe(
      'ERR_PARAMETER',
    );
  });
});

describe('partialDependence', () => {
  test('asks a pipeline about a column of text, of booleans, of numbers with gaps', async () => {
    const towns = await partialDependence(houses, table, 'town', { kind: 'both' });
    expect(towns.gridValues).toEqual([['Bergen', 'Oslo', 'Rome']]);
    const [bergen, oslo, rome] = towns.average![0].data;
    expect(oslo - bergen).toBeCloseTo(0, 1);
    expect(rome - oslo).toBeCloseTo(50, 1);
    expect([towns.individual![0].rows, towns.individual![0].cols]).toEqual([n, 3]);
    expect(towns.featureNames).toEqual(['town']);
    const garden = await partialDependence(houses, table, 'garden');
    expect(garden.gridValues).toEqual([[false, true]]);
    expect(garden.average![0].data[1] - garden.average![0].data[0]).toBeCloseTo(20, 1);
    const both = await partialDependence(houses, table, ['town', 'rooms'], { gridResolution: 3 });
    expect([both.average![0].rows, both.average![0].cols]).toEqual([3, 3]);
    expect(both.individual).toBeUndefined();
    const custom = await partialDependence(houses, table, 'town', {
      customValues: { town: ['Rome', 'Oslo'] },
    });
    expect(custom.gridValues).toEqual([['Rome', 'Oslo']]);
    expect(custom.average![0].data[0] - custom.average![0].data[1]).toBeCloseTo(50, 1);
  });

  test('is the same however many points fit into one prediction, and leaves X alone', async () => {
    const many = { ...diabetes.data, rows: 440, cols: 10, data: diabetes.data.data.slice(0, 4400) };
    const before = many.data.slice();
    const model = await new LinearRegression().fit(diabetes.data, diabetes.target);
    const steps: number[] = [];
    const fine = await partialDependence(model, many, 2, {
      gridResolution: 400,
      customValues: { 2: Float64Array.from({ length: 400 }, (_, k) => k / 400) },
      onProgress: ({ done }) => steps.push(done),
    });
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.at(-1)).toBe(400);
    expect(many.data).toEqual(before);
    const slope = fine.average![0].data[399] - fine.average![0].data[0];
    expect(slope).toBeCloseTo((model.coef[2] * 399) / 400, 6);
  });

  test('refuses what it cannot use', async () => {
    const refused = (features: never, options = {}, rows: unknown = data) =>
      code(partialDependence(bayes, rows as typeof data, features, options));
    expect(await refused(9 as never)).toBe('ERR_UNKNOWN_COLUMN');
    expect(await refused('nope' as never)).toBe('ERR_UNKNOWN_COLUMN');
    expect(await refused([0, 1, 2] as never)).toBe('ERR_PARAMETER');
    expect(await refused([1, 1] as never)).toBe('ERR_PARAMETER');
    expect(await refused([] as never)).toBe('ERR_PARAMETER');
    for (const options of [
      ...[
        { gridResolution: 1 },
        { percentiles: [0.9, 0.1] },
        { percentiles: [0, 2] },
        { kind: 'none' },
        { grid: 3 },
      ],
      ...[{ responseMethod: 'predict' }, { signal: 7 }],
    ])
      expect(await refused(0 as never, options)).toBe('ERR_PARAMETER');
    expect(await refused(0 as never, { sampleWeight: [1] })).toBe('ERR_SHAPE');
    expect(await refused(0 as never, { sampleWeight: new Float64Array(150) })).toBe('ERR_PARAMETER');
    expect(await refused(0 as never, { signal: AbortSignal.abort() })).toBe('ERR_ABORTED');
    const trees = await new HistGradientBoostingRegressor({ maxIter: 2 }).fit(diabetes.data, diabetes.target);
    const recursion = { method: 'recursion', signal: AbortSignal.abort() } as const;
    expect(await code(partialDependence(trees, diabetes.data, 0, recursion))).toBe('ERR_ABORTED');
    expect(await refused(0 as never, { customValues: { x0: [] } })).toBe('ERR_EMPTY');
    expect(await refused(0 as never, {}, [[1, 2]])).toBe('ERR_SHAPE');
    const same = Array.from({ length: 300 }, (_, i) => [i < 2 ? i : 5, (i * 7) % 300]);
    const flat = await new LinearRegression().fit(
      same,
      same.map(([a]) => a),
    );
    expect(await code(partialDependence(flat, same, 0, { gridResolution: 2 }))).toBe('ERR_PARAMETER');
    expect(await code(partialDependence(new StandardScaler() as never, data, 0))).toBe('ERR_NOT_FITTED');
    expect(await code(partialDependence(await new StandardScaler().fit(data), data, 0))).toBe(
      'ERR_NOT_SUPPORTED',
    );
  });
});

test('what the promise of a listener rejects with rejects the work', async () => {
  const forest = await new RandomForestClassifier({ nEstimators: 2 }).fit(data, target);
  const onProgress = async () => {
    throw new RangeError('enough');
  };
  for (const work of [
    () => permutationImportance(forest, data, target, { onProgress }),
    () => partialDependence(forest, data, 0, { onProgress, method: 'brute' }),
    () => treeShap(forest, data, { onProgress }),
    () => limeTabular(forest, data, data.slice(0, 1), { onProgress, numSamples: 50 }),
    () => crossValidate(forest, data, target, { onProgress, cv: 2 }),
  ])
    await expect(work()).rejects.toThrow('enough');
});

describe('limeTabular', () => {
  const options = { numSamples: 1500, randomState: 3 };

  test('finds what a linear model is made of, with text, booleans and gaps', async () => {
    const rows = { rooms: [Number.NaN, 9], town: ['Rome', 'Oslo'], garden: [true, false] };
    const [[first], [second]] = await limeTabular(houses, table, rows, options);
    const weight = (name: string, of = first) => of.features.find((feature) => feature.name === name)!;
    expect(weight('town').condition).toBe('town = Rome');
    expect(Math.abs(weight('town').weight - 50)).toBeLessThan(5);
    expect(weight('garden').condition).toBe('garden = true');
    expect(Math.abs(weight('garden').weight - 20)).toBeLessThan(4);
    expect(weight('rooms').condition).toBe('rooms = missing');
    expect(weight('rooms', second).condition).toMatch(/^rooms > \d/);
    expect(weight('rooms', second).weight).toBeGreaterThan(20);
    expect(first.score).toBeGreaterThan(0.4);
    expect(first.label).toBeUndefined();
    expect(first.prediction).toBeCloseTo(houses.predictSync(rows)[0] as number, 9);
    expect(Math.abs(first.localPrediction - first.prediction)).toBeLessThan(20);
  });

  test('is the same for the same seed, and another for another', async () => {
    const one = await limeTabular(bayes, data, data.slice(0, 2), options);
    expect(await limeTabular(bayes, data, data.slice(0, 2), options)).toEqual(one);
    expect(await limeTabular(bayes, data, data.slice(0, 2), { ...options, randomState: 4 })).not.toEqual(one);
  });

  test('explains the classes asked for; two classes mirror each other', async () => {
    const row = data.slice(70, 71);
    const [labels] = await limeTabular(bayes, data, row, { ...options, labels: [2, 0] });
    expect(labels.map(({ label }) => label)).toEqual([2, 0]);
    const [top] = await limeTabular(bayes, data, row, { ...options, topLabels: 2 });
    expect(top.length).toBe(2);
    expect(top[0].prediction).toBeGreaterThanOrEqual(top[1].prediction);
    const [[likeliest]] = await limeTabular(bayes, data, row, options);
    expect(likeliest).toEqual(top[0]);
    const two = await new GaussianNB().fit(
      data,
      Array.from(target, (label) => (label === 2 ? 'yes' : 'no')),
    );
    const [[no, yes]] = await limeTabular(two, data, row, { ...options, labels: ['no', 'yes'] });
    expect(no.prediction + yes.prediction).toBeCloseTo(1, 12);
    no.features.forEach(({ weight }, k) => {
      expect(weight).toBeCloseTo(-yes.features[k].weight, 9);
    });
    expect((await limeTabular(two, data, row, options))[0][0].label).toBe('yes');
  });

  test('selects features, and takes columns of numbers for categories', async () => {
    const row = data.slice(0, 1);
    for (const featureSelection of ['forwardSelection', 'highestWeights', 'lassoPath', 'auto'] as const) {
      const [[{ features }]] = await limeTabular(bayes, data, row, {
        ...options,
        numFeatures: 2,
        featureSelection,
      });
      expect(features.length).toBe(2);
      expect(Math.abs(features[0].weight)).toBeGreaterThanOrEqual(Math.abs(features[1].weight));
    }
    const [[{ features }]] = await limeTabular(bayes, data, row, { ...options, categoricalFeatures: [3] });
    expect(features.map(({ condition }) => condition)).toContain('x3 = 0.2');
    const constant = Array.from({ length: 20 }, (_, i) => [i, 5]);
    const model = await new LinearRegression().fit(
      constant,
      constant.map(([a]) => a),
    );
    const [[{ features: own }]] = await limeTabular(model, constant, [[3, 5]], options);
    expect(own.find(({ index }) => index === 1)!.weight).toBeCloseTo(0, 12);
  });

  test('refuses what it cannot use', async () => {
    const refused = (given: object, rows: unknown = data.slice(0, 1)) =>
      code(limeTabular(bayes, data, rows as typeof data, given));
    for (const given of [
      ...[
        { numFeatures: 0 },
        { numSamples: 1 },
        { kernelWidth: 0 },
        { discretizer: 'entropy' },
        { samples: 5 },
      ],
      ...[{ featureSelection: 'best' }, { labels: [7] }, { topLabels: 0 }, { randomState: -1 }],
    ])
      expect([given, await refused(given)]).toEqual([given, 'ERR_PARAMETER']);
    expect(await refused({ categoricalFeatures: [4] })).toBe('ERR_UNKNOWN_COLUMN');
    expect(await refused({ signal: AbortSignal.abort() })).toBe('ERR_ABORTED');
    expect(await refused({}, [[1, 2]])).toBe('ERR_SHAPE');
    const gap = [[Number.NaN, 1, 1, 1]];
    expect(await refused({ discretizer: null }, gap)).toMatch(/ERR_INPUT_NAN/);
    expect(await code(limeTabular(new GaussianNB(), data, data))).toBe('ERR_NOT_FITTED');
  });
});
