/** Labels of several columns: what goes around the classifiers that learn them. */
import { describe, expect, test } from 'vitest';
import {
  accuracyScore,
  ClassifierChain,
  crossValidate,
  crossValPredict,
  DecisionTreeClassifier,
  DummyClassifier,
  ExtraTreesClassifier,
  exportGraphviz,
  exportONNX,
  exportText,
  f1Score,
  GridSearchCV,
  HalvingGridSearchCV,
  KFold,
  KNeighborsClassifier,
  type Label,
  load,
  loadDiabetes,
  loadIris,
  loadWine,
  Matrix,
  RadiusNeighborsClassifier,
  RandomForestClassifier,
  RandomForestRegressor,
  StratifiedGroupKFold,
  StratifiedKFold,
  StratifiedShuffleSplit,
  trainTestSplit,
  treeShap,
} from '../../lib/index.js';
import { decoderOf } from '../../lib/serve/model/decode.js';

const { data, target } = loadIris();
const species = Array.from(target, Number);
const flags = species.map((s) => [Number(s > 0), Number(s > 1)]);
const mixed: Label[][] = species.map((s, i) => [['setosa', 'versicolor', 'virginica'][s], i % 3 === 0]);
const weights = Float64Array.from(species, (_, i) => 0.5 + (i % 7));

describe('trees', () => {
  test.each<[string, () => object]>([
    ['a tree', () => new DecisionTreeClassifier({ randomState: 1 })],
    [
      'by entropy',
      () => new DecisionTreeClassifier({ criterion: 'entropy', ccpAlpha: 0.001, randomState: 1 }),
    ],
    ['drawn thresholds', () => new ExtraTreesClassifier({ nEstimators: 3, randomState: 1 })],
    ['drawn rows', () => new RandomForestClassifier({ nEstimators: 3, maxLeafNodes: 6, randomState: 1 })],
    ['bins', () => new RandomForestClassifier({ nEstimators: 3, maxBins: 20, randomState: 1 })],
    [
      'bins by entropy',
      () =>
        new RandomForestClassifier({ nEstimators: 3, maxBins: 255, criterion: 'entropy', randomState: 1 }),
    ],
  ])('of the same target twice are those of one: %s', async (_, make) => {
    const fit = async (y: unknown[]) =>
      await (make() as DecisionTreeClassifier<Label[]>).fit(data, y, { sampleWeight: weights });
    const [one, two] = [await fit(species), await fit(species.map((s) => [s, s]))];
    expect(two.classes).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(await two.predict(data)).toEqual((await one.predict(data)).map((s) => [s, s]));
    const [proba] = await two.predictProba(data);
    const expected = (await one.predictProba(data)) as unknown as Matrix;
    for (const [k, p] of proba.data.entries()) expect(p).toBeCloseTo(expected.data[k], 12);
    expect(await two.apply(data)).toEqual(await one.apply(data));
  });

  test('a target of one class changes nothing, weights of classes included', async () => {
    const params = { nEstimators: 4, classWeight: 'balancedSubsample', randomState: 2 } as const;
    const one = await new RandomForestClassifier(params).fit(data, species);
    const two = await new RandomForestClassifier<Label[]>(params).fit(
      data,
      species.map((s) => [s, 'x']),
    );
    expect(two.classes[1]).toEqual(['x']);
    expect((await two.predict(data)).map(([s]) => s)).toEqual(await one.predict(data));
    const alone = await new DecisionTreeClassifier<Label[]>().fit(
      data,
      species.map(() => ['x', 'y']),
    );
    const proba = await alone.predictProba(data.slice(0, 2));
    expect(proba.map((own) => own.toArray())).toEqual([
      [[1], [1]],
      [[1], [1]],
    ]);
  });

  test('weights of classes are multiplied', async () => {
    const classWeight: Record<string, number>[] = [{ setosa: 3, virginica: 0.5 }, { true: 2 }];
    const params = { maxDepth: 3, randomState: 0 };
    const model = await new DecisionTreeClassifier<Label[]>({ ...params, classWeight }).fit(data, mixed);
    const own = mixed.map(([s, b]) => (s === 'setosa' ? 3 : s === 'virginica' ? 0.5 : 1) * (b ? 2 : 1));
    const plain = await new DecisionTreeClassifier<Label[]>(params).fit(data, mixed, { sampleWeight: own });
    expect(model.tree).toEqual(plain.tree);
    const refused = [{ setosa: 3 }, [null], [{ setosa: 1 }, { maybe: 1 }]];
    for (const given of refused) {
      const fit = new DecisionTreeClassifier({ classWeight: given as never }).fit(data, mixed);
      await expect(fit).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
  });

  test('forests of several targets have all that forests of one have', async () => {
    const params = { nEstimators: 30, oobScore: true, randomState: 1, warmStart: true };
    const forest = await new RandomForestClassifier<Label[]>({ ...params, nEstimators: 10 }).fit(data, mixed);
    forest.setParams(params);
    await forest.fit(data, mixed);
    const whole = await new RandomForestClassifier<Label[]>(params).fit(data, mixed);
    const predicted = await forest.predict(data);
    expect(predicted).toEqual(await whole.predict(data));
    const oob = forest.oobDecisionFunction;
    expect(oob.map(({ cols }) => cols)).toEqual([3, 2]);
    const told = Array.from({ length: data.rows }, (_, i) =>
      oob.map((own, t) => forest.classes[t][own.row(i).indexOf(Math.max(...own.row(i)))]),
    );
    expect(forest.oobScore).toBe(accuracyScore(mixed, told));
    const [first] = forest.estimators;
    expect((await first.predict(data))[0]).toHaveLength(2);
    expect(first.tree.value.cols).toBe(5);
    const { values, baseValue } = await treeShap(forest, data);
    const sums = values.map((own, k) => own.row(7).reduce((total, value) => total + value, baseValue[k]));
    const proba = (await forest.predictProba(data)).flatMap((own) => [...own.row(7)]);
    for (const [k, sum] of sums.entries()) expect(sum).toBeCloseTo(proba[k], 9);
    expect(exportText(first)).toMatch(/class: \[(setosa|versicolor|virginica), (true|false)\]/);
    expect(exportGraphviz(first)).toContain('value = [');
    expect(() => exportText(first, { classNames: ['a', 'b'] })).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }),
    );
    const other = forest.clone();
    other.restore({
      state: (forest as unknown as { state: never }).state,
      schema: forest.schema,
      dtype: 'float64',
    });
    await expect(other.fit(data, flags)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test.each([
    ['iris', loadIris],
    ['wine', loadWine],
    ['diabetes', loadDiabetes],
  ] as const)('bins of all values part the rows of %s as exact splits do', async (_, loadData) => {
    const { data: all } = loadData();
    const few = (j: number) => new Set(all.columns([j]).data).size <= 255;
    const X = all.columns(Array.from({ length: all.cols - 2 }, (_, j) => j).filter(few));
    const Y = all.columns([all.cols - 2, all.cols - 1]);
    const medians = [0, 1].map((t) => Y.columns([t]).data.slice().sort()[Y.rows >> 1]);
    const labels = Y.toArray().map((row) => row.map((value, t) => Number(value > medians[t])));
    const sampleWeight = Float64Array.from({ length: X.rows }, (_, i) =>
      i % 9 === 4 ? 0 : 1 + ((i * 0.6180339887) % 1),
    );
    const counted = Array.from(sampleWeight.keys()).filter((i) => sampleWeight[i] > 0);
    const params = {
      nEstimators: 1,
      bootstrap: false,
      maxFeatures: null,
      minSamplesLeaf: 4,
      randomState: 0,
    } as const;
    for (const make of [
      (maxBins: number | null) =>
        new RandomForestRegressor<Matrix>({ ...params, maxBins }).fit(X, Y, { sampleWeight }),
      (maxBins: number | null) =>
        new RandomForestClassifier<Label[]>({ ...params, maxBins }).fit(X, labels, { sampleWeight }),
    ]) {
      const [exact, binned] = [await make(null), await make(255)];
      // Of columns that part rows alike any may be taken.
      const said = async (forest: typeof exact) => {
        const values =
          forest instanceof RandomForestClassifier ? await forest.predictProba(X) : [await forest.predict(X)];
        return counted.flatMap((i) => values.flatMap((own) => [...own.row(i)]));
      };
      const [values, same] = [await said(exact), await said(binned)];
      for (const [k, value] of values.entries()) expect(same[k] / (value || 1)).toBeCloseTo(value ? 1 : 0, 4);
      const [first, second] = [exact, binned].map((forest) => forest.estimators[0].tree);
      expect(second.nodeCount).toBe(first.nodeCount);
      expect(second.impurity[0] / first.impurity[0]).toBeCloseTo(1, 5);
    }
  });

  test('a GPU grows forests of one target', async () => {
    const fit = new RandomForestClassifier({ maxBins: 64 }).fit(data, flags, { device: 'cuda' });
    await expect(fit).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_(NOT_SUPPORTED|CUDA|DEVICE)/),
    });
  });

  test('pruning paths know all targets', async () => {
    const { ccpAlphas, impurities } = await new DecisionTreeClassifier().costComplexityPruningPath(
      data,
      flags,
    );
    expect(ccpAlphas[0]).toBe(0);
    // Both flags are 1 of 150 rows to 50: the mean of two impurities of 4 / 9.
    expect(impurities.at(-1)).toBeCloseTo(4 / 9, 6);
  });

  test.each<[string, string, () => Promise<unknown>]>([
    [
      'ERR_NOT_SUPPORTED',
      'an order',
      () => new DecisionTreeClassifier({ monotonicCst: [1, 0, 0, 0] }).fit(data, flags),
    ],
    [
      'ERR_LABELS',
      'a missing label',
      () => new DecisionTreeClassifier().fit(data, [[0, null], ...flags.slice(1)]),
    ],
    [
      'ERR_LABELS',
      'labels of two types',
      () => new DecisionTreeClassifier().fit(data, [[0, 'a'], ...flags.slice(1)]),
    ],
    [
      'ERR_LABELS',
      'one class of one target',
      () =>
        new DecisionTreeClassifier().fit(
          data,
          species.map(() => [1]),
        ),
    ],
    ['ERR_SHAPE', 'other lengths', () => new KNeighborsClassifier().fit(data, [[0], ...flags.slice(1)])],
  ])('%s: %s', async (code, _, fit) => {
    await expect(fit()).rejects.toMatchObject({ code });
  });
});

describe('neighbours', () => {
  const y: Label[][] = [
    ['low', 0],
    ['low', 1],
    ['low', 1],
    ['high', 0],
    ['high', 0],
  ];
  const X = [[0], [1], [2], [10], [11]];

  test('each target is voted on by itself', async () => {
    const model = await new KNeighborsClassifier<Label[]>({ nNeighbors: 3 }).fit(X, y);
    expect(await model.predict([[1.5], [10.2]])).toEqual([
      ['low', 1],
      ['high', 0],
    ]);
    const [first, second] = model.predictProbaSync([[10.2]]);
    expect(first.toArray()).toEqual([[2 / 3, 1 / 3]]);
    expect(second.toArray()).toEqual([[2 / 3, 1 / 3]]);
  });

  test('rows without neighbours have labels of their own', async () => {
    const predict = async (outlierLabel: Label | Label[] | null, labels = y) =>
      (await new RadiusNeighborsClassifier<Label[]>({ radius: 2, outlierLabel }).fit(X, labels)).predict([
        [50],
        [0],
      ]);
    expect(await predict(null)).toEqual([
      ['low', 0],
      ['low', 1],
    ]);
    expect(await predict(['high', 1])).toEqual([
      ['high', 1],
      ['low', 1],
    ]);
    const numbers = y.map(([a, b]) => [Number(a === 'low'), b]);
    expect((await predict(1, numbers))[0]).toEqual([1, 1]);
    for (const wrong of [['high'], ['high', 2], 'high', ['low', 0, 0]])
      await expect(predict(wrong)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('codes of no class are refused', async () => {
    for (const Class of [KNeighborsClassifier, RadiusNeighborsClassifier]) {
      const model = await new Class({ ...(Class === KNeighborsClassifier && { nNeighbors: 2 }) }).fit(X, y);
      const { state } = model as unknown as { state: { codes: Int32Array } };
      const restore = (codes: Int32Array) =>
        model
          .clone()
          .restore({ state: { ...state, codes } as never, schema: model.schema, dtype: 'float64' });
      restore(state.codes);
      const refused = expect.objectContaining({ code: 'ERR_PARAMETER' });
      expect(() => restore(state.codes.map((code, k) => (k === 3 ? 2 : code)))).toThrow(refused);
      expect(() => restore(state.codes.subarray(1))).toThrow(refused);
    }
  });
});

describe('the baseline', () => {
  test('draws each target by itself', async () => {
    const many = Matrix.from(Array.from({ length: 4000 }, (_, i) => [i, i % 17, 0, 1]));
    for (const strategy of ['stratified', 'uniform'] as const) {
      const model = await new DummyClassifier<Label[]>({ strategy, randomState: 0 }).fit(data, flags);
      const said = (await model.predict(many)) as number[][];
      const share = (of: (row: number[]) => boolean) => said.filter(of).length / said.length;
      const [a, b] = strategy === 'uniform' ? [1 / 2, 1 / 2] : [2 / 3, 1 / 3];
      expect(share(([x]) => x === 1)).toBeCloseTo(a, 1);
      expect(share(([, x]) => x === 1)).toBeCloseTo(b, 1);
      expect(share(([x, z]) => x === 1 && z === 1)).toBeCloseTo(a * b, 1);
      const proba = await model.predictProba(many);
      if (strategy === 'stratified')
        for (const [t, own] of proba.entries()) expect(own.row(5)[said[5][t]]).toBe(1);
    }
    const one = await new DummyClassifier<Label[]>({ strategy: 'stratified' }).fit(
      data,
      species.map((s) => [s, 'x']),
    );
    expect((await one.predict(data)).every(([, x]) => x === 'x')).toBe(true);
  });

  test('constants are a label of each target', async () => {
    for (const constant of [1, [1], [1, 2], [1, 0, 0]]) {
      const fit = new DummyClassifier({ strategy: 'constant', constant }).fit(data, flags);
      await expect(fit).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
    const model = await new DummyClassifier<Label[]>({ strategy: 'constant', constant: [0, 1] }).fit(
      data,
      flags,
    );
    expect((await model.predict(data))[3]).toEqual([0, 1]);
    expect(model.classPrior.map((own) => own.length)).toEqual([2, 2]);
  });
});

test('a model of several targets is served, saved, and no ONNX file', async () => {
  const model = await new RandomForestClassifier<Label[]>({ nEstimators: 5, randomState: 0 }).fit(
    data,
    mixed,
  );
  const loaded = (await load(model.toBytes())) as typeof model;
  expect(loaded.classes).toEqual([
    ['setosa', 'versicolor', 'virginica'],
    [false, true],
  ]);
  expect(await loaded.predictProba(data)).toEqual(await model.predictProba(data));
  expect(decoderOf(loaded.schema.target)(Float64Array.of(2, 0), 0)).toEqual({
    prediction: ['virginica', false],
  });
  expect(() => exportONNX(model)).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
  expect(await model.score(data, mixed)).toBeGreaterThan(0.9);
});

describe('model selection', () => {
  const tree = () => new DecisionTreeClassifier<Label[]>({ maxDepth: 3, randomState: 0 });
  const cv = new KFold({ nSplits: 3, shuffle: true, randomState: 0 });

  test('folds and searches score the labels of a row', async () => {
    const scoring = [
      'accuracy',
      'f1Macro',
      'f1Samples',
      'precisionMicro',
      'recallSamples',
      'jaccardSamples',
    ] as const;
    const { testScore } = await crossValidate(tree(), data, flags, { cv, scoring });
    for (const name of scoring) expect(Math.min(...testScore[name])).toBeGreaterThan(0.55);
    const unseen = (await crossValPredict(tree(), data, flags, { cv })) as Label[][];
    expect(accuracyScore(flags, unseen)).toBeGreaterThan(0.9);
    const each = await crossValPredict(tree(), data, mixed, { cv, method: 'predictProba' });
    expect(each.map(({ rows, cols }) => [rows, cols])).toEqual([
      [150, 3],
      [150, 2],
    ]);
    for (const own of each) expect(own.row(77).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    const chain = new ClassifierChain(new DecisionTreeClassifier());
    expect((await crossValPredict(chain, data, flags, { cv, method: 'predictProba' })).cols).toBe(2);
    const grid = new GridSearchCV(tree(), { maxDepth: [1, 3] }, { cv, scoring: 'f1Weighted' });
    await grid.fit(data, flags);
    expect(grid.bestParams).toEqual({ maxDepth: 3 });
    expect(await grid.predict(data.slice(0, 1))).toEqual([[0, 0]]);
    const halving = new HalvingGridSearchCV(tree(), { maxDepth: [1, 3] }, { cv, randomState: 0 });
    await halving.fit(data, flags);
    expect(halving.bestScore).toBeGreaterThan(0.6);
    for (const scoring of ['rocAuc', 'negLogLoss'] as const)
      await expect(crossValidate(tree(), data, mixed, { cv, scoring })).rejects.toMatchObject({
        code: 'ERR_NOT_SUPPORTED',
      });
  });

  test('classes of several targets are spread over parts, not over folds', () => {
    const groups = species.map((_, i) => i % 9);
    const refused = expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' });
    expect(() => [...new StratifiedKFold().split(data, flags)]).toThrow(refused);
    expect(() => [...new StratifiedGroupKFold().split(data, flags, groups)]).toThrow(refused);
    const column = species.map((s) => [s]);
    const [first] = new StratifiedKFold({ nSplits: 3 }).split(data, column);
    expect(first).toEqual([...new StratifiedKFold({ nSplits: 3 }).split(data, species)][0]);
    const counts = (rows: unknown[]) =>
      rows.map(String).reduce((all, row) => all.set(row, (all.get(row) ?? 0) + 1), new Map());
    for (const stratify of [
      flags,
      Matrix.from(flags),
      { a: flags.map(([a]) => a), b: flags.map(([, b]) => b) },
    ]) {
      const { yTest } = trainTestSplit(data, flags, { stratify, testSize: 0.2, randomState: 0 });
      expect(counts(yTest)).toEqual(
        new Map(
          [
            ['0,0', 10],
            ['1,0', 10],
            ['1,1', 10],
          ].sort() as never,
        ),
      );
    }
    const [{ test: rows }] = new StratifiedShuffleSplit({ testSize: 30, randomState: 0 }).split(data, flags);
    expect([...counts(Array.from(rows, (i) => flags[i])).values()]).toEqual([10, 10, 10]);
    const odd = Array.from(
      { length: 12 },
      (_, i) =>
        [
          [1n, -Infinity],
          [1n, Infinity],
          ['1', '1'],
        ][i % 3],
    );
    const { yTest: few } = trainTestSplit(
      odd.map((_, i) => [i]),
      odd,
      { stratify: odd, testSize: 3, randomState: 0 },
    );
    expect(counts(few).size).toBe(3);
    const missing = [[0, null], ...flags.slice(1)];
    const split = () => trainTestSplit(data, flags, { stratify: missing });
    expect(split).toThrow(expect.objectContaining({ code: 'ERR_LABELS' }));
  });

  test('metrics of labels of several targets take any, those of flags zeros and ones', () => {
    expect(
      accuracyScore(
        mixed,
        mixed.map(([a, b], i) => [a, i < 15 ? !b : b]),
      ),
    ).toBeCloseTo(0.9, 12);
    expect(accuracyScore(mixed, mixed, { normalize: false })).toBe(150);
    const code = (of: () => unknown) => {
      try {
        of();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'none';
    };
    expect(
      code(() =>
        accuracyScore(
          flags,
          flags.map((row) => [...row, 1]),
        ),
      ),
    ).toBe('ERR_SHAPE');
    expect(code(() => accuracyScore(flags, flags.slice(1)))).toBe('ERR_SHAPE');
    expect(code(() => f1Score(flags, flags))).toBe('ERR_PARAMETER');
    expect(code(() => f1Score(species, species, { average: 'samples' }))).toBe('ERR_PARAMETER');
    expect(
      code(() =>
        f1Score(
          species.map((s) => [s, s]),
          flags,
          { average: 'macro' },
        ),
      ),
    ).toBe('ERR_LABELS');
  });
});
