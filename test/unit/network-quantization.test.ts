/** Models in 8-bit arithmetic: which layers become so, what is refused, what is kept. Values are compared in test/golden. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Histogram } from '../../lib/core/quantization/histogram.js';
import {
  CountVectorizer,
  CsrMatrix,
  exportONNX,
  importONNX,
  KMeans,
  LinearRegression,
  LogisticRegression,
  load,
  loadDigits,
  loadWine,
  Matrix,
  makePipeline,
  PCA,
  type Plan,
  RandomForestClassifier,
  RandomForestRegressor,
  StandardScaler,
  TfidfTransformer,
  TfidfVectorizer,
} from '../../lib/index.js';
import * as nn from '../../lib/nn/index.js';
import { codeOfAsync } from '../support/codes.js';

const digits = loadDigits();
const y = Array.from(digits.target);
const head = (count: number) => new Matrix(digits.data.data.slice(0, count * 64), count, 64);
let mlp: nn.MLPClassifier;

beforeAll(async () => {
  mlp = await new nn.MLPClassifier({ hiddenLayerSizes: [64, 32], maxIter: 15, randomState: 1 }).fit(
    digits.data,
    y,
  );
});

/** A network of relu layers with weights of its own. */
function network(units: readonly number[], inputs: number, seed = 1) {
  const layers = units.map((n, k) => nn.dense(n, { activation: k === units.length - 1 ? 'linear' : 'relu' }));
  return new nn.Sequential([nn.input([inputs]), ...layers], { randomState: seed }).build();
}

describe('which models', () => {
  test('a perceptron, static and dynamic', async () => {
    const fixed = await nn.quantizeStatic(mlp, digits.data, { y });
    const own = await nn.quantizeDynamic(mlp, { calibration: digits.data, y });
    for (const small of [fixed, own]) {
      expect(small.kind).toBe('classifier');
      expect(small.classes).toEqual(mlp.classes);
      expect(small.outputs).toEqual(['value', 'label', 'proba']);
      const { layers, metric, before, after, loss } = small.report;
      expect(layers.map(({ name, precision }) => [name, precision])).toEqual([
        ['dense', 'int8'],
        ['dense_1', 'int8'],
        ['dense_2', 'int8'],
      ]);
      expect(layers.every(({ sqnr }) => sqnr! > 25)).toBe(true);
      expect(metric).toBe('accuracy');
      expect(before).toBe(await mlp.score(digits.data, y));
      expect(after).toBe(await small.score(digits.data, y));
      expect(loss).toBeLessThanOrEqual(0.005);
    }
    expect(fixed.report.layers.map(({ range }) => range![0])).toEqual([0, 0, 0]);
    expect(own.report.layers.map(({ range, method }) => [range, method])).toEqual(
      Array(3).fill([null, 'dynamic']),
    );
    expect(fixed.compile().explain()).toMatch(
      /relu, codes -> codes\n.*relu, codes -> codes\n.*codes -> numbers/,
    );
  });

  test('a regressor, scored by R2', async () => {
    const x = head(300);
    const target = Float64Array.from({ length: 300 }, (_, i) => x.data[i * 64 + 20] - x.data[i * 64 + 43]);
    const model = await new nn.MLPRegressor({ hiddenLayerSizes: [32], maxIter: 60, randomState: 1 }).fit(
      x,
      target,
    );
    const small = await nn.quantizeStatic(model, x, { y: target, maxLoss: 0.01 });
    expect([small.kind, small.report.metric]).toEqual(['regressor', 'r2']);
    expect(small.report.loss).toBeLessThanOrEqual(0.01);
    expect(await small.score(x, target)).toBeGreaterThan(0.98 * (await model.score(x, target)));
  });

  test('a module by its inputShape, layers over positions too', async () => {
    const net = new nn.SequentialModule(new nn.Linear(6, 16), new nn.ReLU(), new nn.Linear(16, 3));
    const plan = net.compile({ inputShape: [5, 6] });
    const x = new Matrix(
      Float32Array.from({ length: 90 }, (_, i) => Math.sin(i)),
      3,
      30,
    );
    for (const small of [
      await nn.quantizeDynamic(net, { inputShape: [5, 6] }),
      await nn.quantizeStatic(net, x, { inputShape: [5, 6] }),
    ]) {
      expect(small.report.layers.map(({ shape }) => shape)).toEqual([
        [6, 16],
        [16, 3],
      ]);
      const [exact, near] = [plan.runSync(x).data, small.transformSync(x).data];
      for (const [i, value] of exact.entries()) expect(Math.abs(value - near[i])).toBeLessThan(0.05);
    }
  });

  test('a graph of ONNX, a pipeline, a linear model', async () => {
    const imported = importONNX(exportONNX(mlp));
    const pipeline = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(digits.data, y);
    for (const model of [imported, pipeline]) {
      const small = await nn.quantizeStatic(model, digits.data, { y });
      expect(small.report.loss).toBeLessThanOrEqual(0.005);
      expect(small.featureNamesIn).toEqual(model.featureNamesIn);
    }
  });

  test('documents, whose vectorizers are kept', async () => {
    const texts = Array.from({ length: 60 }, (_, i) =>
      i % 2 === 0 ? `warm sun ${i % 7} sand and sea` : `cold wind ${i % 5} snow and ice`,
    );
    const labels = texts.map((_, i) => (i % 2 === 0 ? 'south' : 'north'));
    const model = await makePipeline(new TfidfVectorizer(), new LogisticRegression()).fit(texts, labels);
    const chain = await makePipeline(
      new CountVectorizer(),
      new TfidfTransformer(),
      new LogisticRegression(),
    ).fit(texts, labels);
    const exact = await model.predictProba(texts);
    for (const small of [
      await nn.quantizeDynamic(model),
      await nn.quantizeStatic(model, texts, { y: labels }),
      await nn.quantizeStatic(chain, texts, { y: labels }),
    ]) {
      expect(small.report.layers.every(({ precision }) => precision === 'int8')).toBe(true);
      const copy = (await load(small.toBytes())) as nn.QuantizedModel;
      expect(copy.vectorizers.length).toBe(small.vectorizers.length);
      expect(await copy.predict(['a cold wind', 'sun and sea'])).toEqual(['north', 'south']);
      const near = await copy.predictProba(texts);
      for (const [i, value] of exact.data.entries())
        expect(Math.abs(value - near.data[i])).toBeLessThan(0.03);
    }
  });

  test('sparse rows to calibrate by', async () => {
    const X = CsrMatrix.from(digits.data);
    const model = await new LogisticRegression({ maxIter: 20 }).fit(X, y);
    const small = await nn.quantizeStatic(model, X, { y });
    expect(small.report.metric).toBe('accuracy');
    expect(await small.score(X, y)).toBe(small.report.after);
  });

  test('convolutions, their normalisation and their file', async () => {
    const layers = [
      nn.conv2d(8, 3, { padding: 'same' }),
      nn.conv2d(16, 3, { padding: 'same' }),
      nn.batchNorm(),
      nn.activation('relu'),
      nn.maxPool2d(2),
      nn.conv2d(12, 2, { strides: 2, activation: 'relu' }),
      nn.flatten(),
      nn.dense(10, { activation: 'softmax' }),
    ];
    const model = new nn.Sequential(layers, { inputShape: [8, 8, 1], randomState: 1 });
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    await model.fit(digits.data, y, { epochs: 6, verbose: 0 });
    for (const small of [
      await nn.quantizeStatic(model, digits.data, { y }),
      await nn.quantizeDynamic(model, { calibration: digits.data, y }),
    ]) {
      expect(small.report.layers.map(({ name, shape, precision }) => [name, ...shape, precision])).toEqual([
        ['conv2d', 9, 8, 'float32'],
        ['conv2d_1', 72, 16, 'int8'],
        ['conv2d_2', 64, 12, 'int8'],
        ['dense', 48, 10, 'int8'],
      ]);
      expect(small.report.layers[0].reason).toMatch(/^9 inputs/);
      expect(small.report.loss).toBeLessThanOrEqual(0.005);
      expect(small.compile().explain()).not.toMatch(/Scale|Activation/);
      const copy = (await load(small.toBytes())) as nn.QuantizedModel;
      expect(copy.predictProbaSync(head(50))).toEqual(small.predictProbaSync(head(50)));
      expect(copy.predictProbaSync(head(1)).data).toEqual(small.predictProbaSync(head(50)).data.slice(0, 10));
    }
    const fixed = await nn.quantizeStatic(model, digits.data);
    expect(fixed.compile().explain()).toMatch(/Int8Conv.*relu, codes -> codes\n.*Int8Dense/);
  });

  test('a convolution of groups stays float32', async () => {
    const net = new nn.Sequential(
      [nn.input([4, 4, 32]), nn.conv2d(8, 2, { groups: 2 }), nn.conv2d(4, 2), nn.flatten()],
      { randomState: 1 },
    ).build();
    const { report } = await nn.quantizeDynamic(net);
    expect(report.layers.map(({ precision }) => precision)).toEqual(['float32', 'int8']);
    expect(report.layers[0].reason).toMatch(/groups/);
  });

  test('several outputs share their layers', async () => {
    const small = await nn.quantizeDynamic(mlp);
    const { steps } = small.snapshot().fitted!.state;
    expect(steps.filter(({ op }) => op === 'int8Dense').length).toBe(3);
  });

  test('normalisation of a batch becomes part of the layer before it', async () => {
    const layers = [
      nn.dense(16),
      nn.batchNorm(),
      nn.activation('relu'),
      nn.dense(10, { activation: 'softmax' }),
    ];
    const model = new nn.Sequential(layers, { randomState: 1 });
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    await model.fit(digits.data, y, { epochs: 3, verbose: 0 });
    const small = await nn.quantizeStatic(model, digits.data, { y });
    expect(small.compile({ output: 'proba' }).explain()).not.toMatch(/Affine|Binary|Scale/);
    expect(small.report.loss).toBeLessThanOrEqual(0.005);
  });
});

describe('a quantised model is an estimator', () => {
  test('its file gives the same bits and holds weights of 8 bits', async () => {
    const wide = network([256, 256, 4], 256);
    const small = await nn.quantizeDynamic(wide);
    const copy = await load(small.toBytes());
    expect(copy).toBeInstanceOf(nn.QuantizedModel);
    const x = new Matrix(
      Float32Array.from({ length: 2560 }, (_, i) => Math.cos(i)),
      10,
      256,
    );
    expect((copy as nn.QuantizedModel).transformSync(x)).toEqual(small.transformSync(x));
    expect((copy as nn.QuantizedModel).report).toEqual(small.report);
    expect(small.toBytes().length).toBeLessThan(0.3 * wide.toBytes().length);
    expect(small.report.bytesAfter).toBeLessThan(0.27 * small.report.bytesBefore);
  });

  test('a row has the same bits in any batch, precision and thread', async () => {
    for (const small of [await nn.quantizeDynamic(mlp), await nn.quantizeStatic(mlp, digits.data)]) {
      const all = small.predictProbaSync(head(200));
      const [row] = small.predictProbaSync(new Matrix(digits.data.data.slice(448, 512), 1, 64)).toArray();
      expect(row).toEqual(all.toArray()[7]);
      expect((await small.predictProba(head(200))).data).toEqual(all.data);
      const wide = small.compile({ output: 'proba', precision: 'float64' }).runSync(head(200));
      for (const [i, value] of wide.data.entries()) expect(value).toBeCloseTo(all.data[i], 5);
    }
  });

  test('it cannot be fitted, and says what became of it', async () => {
    const small = await nn.quantizeStatic(mlp, digits.data, { skip: ['dense_2'] });
    expect(await codeOfAsync(() => small.fit(digits.data, y))).toBe('ERR_NOT_SUPPORTED');
    expect(small.report.layers[2]).toMatchObject({ precision: 'float32', reason: 'skipped', method: null });
    expect(small.summary()).toMatch(
      /^layer .*\ndense .*int8.*\ndense_1 .*int8.*\ndense_2 .*float32.*skipped\nstatic, /,
    );
    const kept = await nn.quantizeStatic(mlp, digits.data, { skip: ['dense', 'dense_1', 'dense_2'] });
    expect(kept.predictProbaSync(head(9))).toEqual(mlp.predictProbaSync(head(9)));
  });

  test('ONNX gets it as QDQ, and gives it back', async () => {
    const cnn = new nn.Sequential(
      [nn.input([8, 8, 1]), nn.conv2d(8, 6, { activation: 'relu' }), nn.flatten(), nn.dense(10)],
      { randomState: 1 },
    ).build();
    for (const model of [mlp, cnn]) {
      for (const small of [await nn.quantizeStatic(model, digits.data), await nn.quantizeDynamic(model)]) {
        const bytes = exportONNX(small);
        expect(bytes.length).toBeLessThan(0.7 * exportONNX(model).length);
        const back = importONNX(bytes);
        const output = small.kind === 'classifier' ? 'proba' : 'value';
        const [given, own] = [back, small].map((each) => each.compile({ output }).runSync(head(50)).data);
        const spread = Math.max(...own) - Math.min(...own);
        // A number near a tie goes to either code.
        for (const [i, value] of own.entries())
          expect(Math.abs(value - given[i])).toBeLessThan(0.01 * spread);
        expect(await codeOfAsync(() => exportONNX(small, { precision: 'float64' }))).toBe(
          'ERR_NOT_SUPPORTED',
        );
      }
    }
  });

  test('a file with other steps is refused', async () => {
    const small = await nn.quantizeDynamic(mlp);
    const { state, ...fitted } = small.snapshot().fitted!;
    const restored = (change: object) => () =>
      new nn.QuantizedModel({ source: 'x' }).restore({ ...fitted, state: { ...state, ...change } });
    expect(await codeOfAsync(restored({ slots: { value: 99 } }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(restored({ steps: [{ op: 'build', inputs: [0], args: [] }] }))).toBe(
      'ERR_PARAMETER',
    );
    expect(await codeOfAsync(restored({ kind: 'king' }))).toBe('ERR_PARAMETER');
    for (const slots of [{}, { label: 1 }, { value: 1, leaf: 1 }, { value: 1, king: 1 }, [1]])
      expect(await codeOfAsync(restored({ slots }))).toBe('ERR_PARAMETER');
    const { report } = state;
    for (const change of [
      ...[{ layers: {} }, { layers: [{}] }, { layers: [null] }, { bytesBefore: '4' }, { loss: undefined }],
      { layers: [{ ...report.layers[0], shape: [1] }] },
      { layers: [{ ...report.layers[0], range: 7 }] },
    ])
      expect(await codeOfAsync(restored({ report: { ...report, ...change } }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(restored({ report: {} }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(restored({ vectorizers: [mlp] }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(restored({ report }))).toBe('no error');
    const steps = state.steps.map((step) =>
      step.op === 'int8Dense' ? { ...step, args: step.args.slice(0, 4) } : step,
    );
    const model = new nn.QuantizedModel({ source: 'x' });
    model.restore({ ...fitted, state: { ...state, steps } });
    expect(await codeOfAsync(() => model.predict(digits.data))).not.toBe('no error');
  });
});

describe('plans', () => {
  test('compile with precision int8, and quantize of a plan', async () => {
    const plan = mlp.compile({ output: 'label' });
    const own = mlp.compile({ output: 'label', precision: 'int8' });
    const fixed = await mlp.compileAsync({ output: 'label', precision: 'int8', calibrate: digits.data });
    const gated = plan.quantize({ calibrate: digits.data, y, method: 'minMax' });
    const labels = plan.runSync(digits.data).data;
    for (const each of [own, fixed, gated]) {
      expect([each.precision, each.output, each.outputWidth]).toEqual(['float32', 'label', 1]);
      const found = each.runSync(digits.data).data;
      expect(found.filter((label, i) => label !== labels[i]).length).toBeLessThan(10);
      expect(each.memoryBytes).toBeLessThan(0.5 * plan.memoryBytes);
    }
    expect(plan.quantization).toBeNull();
    expect(own.quantization).toMatchObject({ mode: 'dynamic', metric: null });
    expect(fixed.quantization).toMatchObject({ mode: 'static', metric: 'agreement' });
    expect(gated.quantization!.layers.map(({ method }) => method)).toEqual(['minMax', 'minMax', 'minMax']);
    expect(gated.quantize({}).quantization!.mode).toBe('dynamic');
  });

  test('an interval has the coverage that was asked for', async () => {
    const x = head(400);
    const target = Float64Array.from({ length: 400 }, (_, i) => x.data[i * 64 + 20] + Math.sin(i));
    const forest = new RandomForestRegressor({ nEstimators: 40, minSamplesLeaf: 5, randomState: 1 });
    const model = await makePipeline(new PCA({ nComponents: 16 }), forest).fit(x, target);
    const widthOf = (plan: Plan) => {
      const { data: ends, rows } = plan.runSync(x);
      return Array.from(ends).reduce((sum, end, i) => sum + (i % 2 === 0 ? -end : end), 0) / rows;
    };
    for (const coverage of [0.5, 0.9]) {
      const plan = model.compile({ output: 'interval', coverage, precision: 'float32' });
      const exact = widthOf(plan);
      const int8 = { output: 'interval', coverage, precision: 'int8' } as const;
      for (const each of [model.compile(int8), await model.compileAsync(int8), plan.quantize()])
        expect(Math.abs(widthOf(each) - exact)).toBeLessThan(0.1 * exact);
    }
  });

  test('a plan of an earlier fit, or of nobody, is not quantised', async () => {
    const model = await new LinearRegression().fit([[1], [2], [3]], [1, 2, 3]);
    const plan = model.compile();
    await model.fit([[1], [2], [4]], [1, 2, 3]);
    expect(await codeOfAsync(() => plan.quantize())).toBe('ERR_NOT_SUPPORTED');
    const net = new nn.SequentialModule(new nn.Linear(2, 2));
    expect(await codeOfAsync(() => net.compile({ inputShape: [2] }).quantize())).toBe('ERR_NOT_SUPPORTED');
  });

  test('a module compiles in 8 bits', async () => {
    nn.manualSeed(2);
    const net = new nn.SequentialModule(new nn.Linear(64, 32), new nn.ReLU(), new nn.Linear(32, 10));
    const full = net.compile({ inputShape: [64] });
    expect(full.quantization).toBeNull();
    const rows = head(40);
    const expected = full.runSync(rows).data;
    const largest = Math.max(...Array.from(expected, Math.abs));
    for (const calibrate of [null, rows]) {
      const plan = net.compile({ inputShape: [64], precision: 'int8', calibrate });
      expect(plan.quantization!.mode).toBe(calibrate === null ? 'dynamic' : 'static');
      expect(plan.quantization!.layers.map(({ precision }) => precision)).toEqual(['int8', 'int8']);
      const errors = Array.from(plan.runSync(rows).data, (v, i) => Math.abs(v - expected[i]));
      expect(Math.max(...errors)).toBeGreaterThan(0);
      expect(Math.max(...errors)).toBeLessThan(0.05 * largest);
    }
    const none = new nn.SequentialModule(new nn.ReLU());
    expect(await codeOfAsync(() => none.compile({ inputShape: [4], precision: 'int8' }))).toBe(
      'ERR_NOT_SUPPORTED',
    );
  });

  test('calibrate goes with int8', async () => {
    expect(await codeOfAsync(() => mlp.compile({ calibrate: digits.data }))).toBe('ERR_PARAMETER');
    expect(await codeOfAsync(() => mlp.compile({ precision: 'int4' as 'int8' }))).toBe('ERR_PARAMETER');
  });
});

describe('the gate', () => {
  // The first layer reads columns of very different sizes: the small ones, which decide, are lost in one range.
  const rows = 400;
  const x = new Matrix(
    Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 1000 * Math.sin(i) : Math.cos(1.7 * i))),
    rows,
    2,
  );
  const hard = () =>
    network([8, 1], 2).setWeights([
      [0, 0, 0, 0, 1e-4, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0],
      new Float32Array(8),
      [1, -1, 0, 0, 0, 0, 0, 0],
      [0],
    ]);

  test('layers that cost too much go back to float32', async () => {
    for (const small of [
      await nn.quantizeStatic(hard(), x),
      await nn.quantizeDynamic(hard(), { calibration: x }),
    ]) {
      const [first, second] = small.report.layers;
      expect(first).toMatchObject({ precision: 'float32', method: null, bytesAfter: first.bytesBefore });
      expect(first.reason).toMatch(/of the agreement are lost/);
      expect(first.loss).toBeGreaterThan(0.5);
      expect(second.precision).toBe('int8');
      expect(small.report.loss).toBeLessThanOrEqual(0.005);
    }
  });

  test('but not without a gate', async () => {
    const small = await nn.quantizeStatic(hard(), x, { maxLoss: null });
    expect(small.report.layers.map(({ precision }) => precision)).toEqual(['int8', 'int8']);
    expect(small.report).toMatchObject({ metric: null, before: null, after: null, loss: null });
  });

  test('all layers may go back', async () => {
    const small = await nn.quantizeStatic(hard(), x, { maxLoss: 0 });
    expect(small.report.layers.map(({ precision }) => precision)).toEqual(['float32', 'float32']);
    expect(small.transformSync(x).data).toEqual(hard().predictSync(x).data);
  });
});

describe('odd layers and rows', () => {
  test('inputs and weights that are all 0, one row, one column', async () => {
    const zeros = network([3, 2], 2).setWeights([
      new Float32Array(6),
      [1, 0, -1],
      [1, 0, 0, 0, 0, 0],
      [5, 6],
    ]);
    const x = new Matrix(new Float32Array(2), 1, 2);
    for (const small of [await nn.quantizeStatic(zeros, x), await nn.quantizeDynamic(zeros)]) {
      expect(Array.from(small.transformSync(x).data).map((v) => Math.round(100 * v) / 100)).toEqual([6, 6]);
      expect(small.report.layers.every(({ precision }) => precision === 'int8')).toBe(true);
    }
    const line = network([1], 1).setWeights([[2], [1]]);
    const small = await nn.quantizeStatic(line, [[3]], { maxLoss: null });
    expect(small.transformSync([[3], [100]]).data.map((v) => Math.round(v))).toEqual(Float32Array.of(7, 7));
  });

  test('more inputs than 8-bit sums take, and weights that are not finite, stay float32', async () => {
    const wide = network([1], 65_794);
    const { report } = await nn.quantizeDynamic(wide);
    expect(report.layers[0]).toMatchObject({ precision: 'float32', bytesAfter: 4 * 65_795 });
    expect(report.layers[0].reason).toMatch(/65794 inputs/);
    const bad = network([2, 1], 2);
    bad.setWeights([[1, Infinity, 1, 1], [0, 0], [1, 1], [0]]);
    expect((await nn.quantizeDynamic(bad)).report.layers.map(({ precision }) => precision)).toEqual([
      'float32',
      'int8',
    ]);
  });

  test('NaN: refused where the model refuses it, else by what reads codes', async () => {
    const imported = importONNX(exportONNX(network([4, 2], 3)));
    const x = [
      [1, 2, 3],
      [0, -1, 1],
    ];
    const bad = [[1, Number.NaN, 3]];
    const own = await nn.quantizeDynamic(imported);
    expect(own.transformSync(bad).data.every(Number.isNaN)).toBe(true);
    const fixed = await nn.quantizeStatic(imported, x);
    expect(await codeOfAsync(() => fixed.transformSync(bad))).toBe('ERR_INPUT_NAN');
    const small = await nn.quantizeStatic(mlp, digits.data);
    expect(await codeOfAsync(() => small.predict([Array(64).fill(Number.NaN)]))).toBe('ERR_INPUT_NAN');
  });
});

describe('what is refused', () => {
  const wine = loadWine();
  const none = 'no error';
  const cases: Array<readonly [string, string, () => unknown]> = [
    ['no rows', 'ERR_EMPTY', () => nn.quantizeStatic(mlp, new Matrix(new Float32Array(0), 0, 64))],
    ['rows of another width', 'ERR_SHAPE', () => nn.quantizeStatic(mlp, wine.data)],
    ['a NaN among the rows', 'ERR_INPUT_NAN', () => nn.quantizeStatic(mlp, [Array(64).fill(Number.NaN)])],
    ['a y of another length', 'ERR_SHAPE', () => nn.quantizeStatic(mlp, digits.data, { y: [1, 2] })],
    ['a y of other labels', 'ERR_LABELS', () => nn.quantizeStatic(mlp, head(2), { y: ['a', 'b'] })],
    ['a y without rows', 'ERR_PARAMETER', () => nn.quantizeDynamic(mlp, { y })],
    [
      'a y of what has no target',
      'ERR_PARAMETER',
      () => nn.quantizeStatic(network([2], 2), [[1, 2]], { y: [1] }),
    ],
    ['no calibration', 'ERR_PARAMETER', () => nn.quantizeStatic(mlp, null as unknown as Matrix)],
    ['another method', 'ERR_PARAMETER', () => nn.quantizeStatic(mlp, head(9), { method: 'max' as 'mse' })],
    ['a percentile', 'ERR_PARAMETER', () => nn.quantizeStatic(mlp, head(9), { percentile: 50 })],
    ['a loss', 'ERR_PARAMETER', () => nn.quantizeStatic(mlp, head(9), { maxLoss: -1 })],
    ['an option that there is not', 'ERR_PARAMETER', () => nn.quantizeDynamic(mlp, { bits: 4 } as object)],
    ['a layer that there is not', 'ERR_PARAMETER', () => nn.quantizeDynamic(mlp, { skip: ['dense_3'] })],
    ['what is no model', 'ERR_PARAMETER', () => nn.quantizeDynamic({} as nn.Sequential)],
    ['a module without shape', 'ERR_PARAMETER', () => nn.quantizeDynamic(new nn.Linear(2, 2))],
    ['a model before fit', 'ERR_NOT_FITTED', () => nn.quantizeDynamic(new nn.MLPClassifier())],
    [
      'a forest',
      'ERR_NOT_SUPPORTED',
      async () =>
        nn.quantizeDynamic(await new RandomForestClassifier({ nEstimators: 2 }).fit(wine.data, wine.target)),
    ],
    [
      'clusters',
      'ERR_NOT_SUPPORTED',
      async () => (await new KMeans({ nClusters: 2 }).fit(wine.data)).compile({ precision: 'int8' }),
    ],
    [
      'an aborted one',
      'ERR_ABORTED',
      () => nn.quantizeStatic(mlp, digits.data, { signal: AbortSignal.abort() }),
    ],
    ['nothing else', none, () => nn.quantizeStatic(mlp, head(20), { method: 'entropy' })],
  ];
  test.each(cases)('%s', async (_, code, run) => {
    expect(await codeOfAsync(run)).toBe(code);
  });
});

describe('ranges of a histogram', () => {
  const histogram = (values: readonly number[]) => {
    const result = new Histogram();
    for (const value of values) result.widen(value);
    for (const value of values) result.add(value);
    return result;
  };
  // A bell of 10,000 values, and one far away.
  const bell = Array.from({ length: 10_000 }, (_, i) => Math.sin(i) + Math.sin(1.3 * i) + Math.sin(1.7 * i));

  test('what is far away is cut off, but by minMax', () => {
    const far = histogram([...bell, 100]);
    expect(far.range('minMax', 99.9)[1]).toBe(100);
    for (const method of ['percentile', 'entropy'] as const) {
      const [low, high] = far.range(method, 99.9);
      expect(high).toBeLessThan(15);
      expect(high).toBeGreaterThan(2);
      expect(low).toBeLessThan(-2);
    }
  });

  test('the least squared error lies between rounding all and cutting some', () => {
    // Laplace's distribution, one side.
    const values = Array.from({ length: 200_000 }, (_, i) => -Math.log((i + 0.5) / 200_000));
    const most = values[0];
    const [low, high] = histogram(values).range('mse', 100);
    expect(low).toBe(0);
    expect(high).toBeLessThan(0.95 * most);
    const error = (end: number) => {
      const step = end / 255;
      return values.reduce((sum, v) => sum + (v - Math.min(end, Math.round(v / step) * step)) ** 2, 0);
    };
    for (const other of [most, 0.5 * most]) expect(error(high)).toBeLessThan(error(other));
  });

  test('0 is in every range', () => {
    for (const method of ['minMax', 'percentile', 'entropy', 'mse'] as const) {
      const [low, high] = histogram([3, 4, 5, 5]).range(method, 60);
      expect(low).toBe(0);
      expect(high).toBeGreaterThan(2);
      expect(histogram([0, 0]).range(method, 60)).toEqual([0, 0]);
      expect(histogram([-1e-30, -2e-30]).range(method, 100)[1]).toBe(0);
    }
  });

  test('percentiles leave out as many at each end', () => {
    const even = histogram(Array.from({ length: 2001 }, (_, i) => i - 1000));
    const [low, high] = even.range('percentile', 90);
    expect(low).toBeCloseTo(-900, -1);
    expect(high).toBeCloseTo(900, -1);
  });
});
