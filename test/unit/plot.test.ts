/** Plots: what they hold, that they draw, what they refuse. */
import sharp from 'sharp';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  confusionMatrix,
  LinearRegression,
  LogisticRegression,
  loadDiabetes,
  loadIris,
  Matrix,
  makePipeline,
  OneHotEncoder,
  partialDependence,
  plot,
  RandomForestClassifier,
  rocAucScore,
  treeShap,
} from '../../lib/index.js';
import type { Plot } from '../../lib/plot/spec.js';

const { data, target, featureNames, targetNames } = loadIris();
const diabetes = loadDiabetes();
const flowers = await new LogisticRegression().fit(data, target);
const forest = await new RandomForestClassifier({ nEstimators: 8, maxDepth: 4, randomState: 0 }).fit(
  data,
  target,
);
const linear = await new LinearRegression().fit(diabetes.data, diabetes.target);
const predicted = await flowers.predict(data);
const proba = await flowers.predictProba(data);
const shap = await treeShap(forest, data.slice(0, 60));
const isVirginica = Array.from(target, (label) => label === 2);
const scores = proba.columns([2]).data;
const folds = {
  trainScores: [
    [1, 0.9],
    [0.9, 0.9],
  ],
  testScores: [
    [0.7, 0.8],
    [0.8, 0.9],
  ],
};
const rooms = {
  rooms: [1, 2, 3, 4, 5, 6, 7, Number.NaN],
  town: ['Oslo', 'Rome', 'Oslo', null, 'Bergen', 'Oslo', 'Rome', 'Rome'],
  garden: [true, false, true, true, false, false, null, true],
};

type Options = { theme?: 'light' | 'dark'; title?: string; width?: number; height?: number };
const every: Record<string, (options: Options) => Plot | Promise<Plot>> = {
  confusionMatrix: (o) => plot.confusionMatrix(target, predicted as number[], { targetNames, ...o }),
  'confusionMatrix, shares': (o) =>
    plot.confusionMatrix(target, predicted as number[], { normalize: 'all', ...o }),
  rocCurve: (o) => plot.rocCurve(isVirginica, { a: scores, b: scores }, o),
  'rocCurve of three classes': (o) => plot.rocCurve(target, proba, { targetNames, ...o }),
  precisionRecallCurve: (o) => plot.precisionRecallCurve(isVirginica, scores, o),
  calibrationCurve: (o) => plot.calibrationCurve(isVirginica, scores, o),
  learningCurve: (o) => plot.learningCurve({ trainSizes: [50, 100], ...folds }, o),
  validationCurve: (o) => plot.validationCurve(folds, [0.001, 10], o),
  'validationCurve of words': (o) => plot.validationCurve(folds, ['gini', null], o),
  featureImportances: (o) => plot.featureImportances({ a: 0.2, b: 0.7 }, o),
  'featureImportances with spread': (o) =>
    plot.featureImportances(
      {
        importancesMean: Float64Array.of(1, 2),
        importancesStd: Float64Array.of(0.1, 0.2),
        featureNames: ['a', 'b'],
      },
      o,
    ),
  histograms: (o) => plot.histograms(rooms, o),
  'histograms by class': (o) => plot.histograms(data, { by: target, featureNames, ...o }),
  correlationHeatmap: (o) => plot.correlationHeatmap(data, { featureNames, ...o }),
  decisionBoundary: (o) =>
    plot.decisionBoundary(flowers, data, target, { features: [2, 3], resolution: 12, ...o }),
  'decisionBoundary of numbers': (o) =>
    plot.decisionBoundary(linear, diabetes.data, diabetes.target, {
      features: ['x2', 'x3'],
      resolution: 12,
      ...o,
    }),
  shapSummary: (o) => plot.shapSummary(shap, o),
  'shapSummary, bars': (o) => plot.shapSummary(shap, { kind: 'bar', output: 0, ...o }),
  shapWaterfall: (o) => plot.shapWaterfall(shap, { row: 3, maxDisplay: 3, ...o }),
  trainingHistory: (o) => plot.trainingHistory({ loss: [3, 2], valLoss: [3, 2.5], accuracy: [0.5, 0.7] }, o),
  silhouette: (o) => plot.silhouette([0.7, 0.6, -0.1, 0.5], ['a', 'a', 'b', 'b'], o),
  residuals: (o) => plot.residuals(diabetes.target, linear.predictSync(diabetes.data), o),
  'actual against predicted': (o) => plot.residuals([1, 2], [1, 3], { kind: 'actualVsPredicted', ...o }),
  'partialDependence, lines': async (o) =>
    plot.partialDependence(
      await partialDependence(linear, diabetes.data, 2, { kind: 'both', gridResolution: 5 }),
      {
        centered: true,
        ...o,
      },
    ),
  'partialDependence, map': async (o) =>
    plot.partialDependence(await partialDependence(flowers, data, [2, 3], { gridResolution: 5 }), o),
  'partialDependence, bars': async (o) => {
    const model = await makePipeline(new OneHotEncoder(), new LogisticRegression()).fit(
      { town: rooms.town.map((town) => town ?? 'Rome') },
      rooms.rooms.map((_, i) => i % 3),
    );
    return plot.partialDependence(await partialDependence(model, { town: ['Oslo', 'Rome'] }, 'town'), o);
  },
};

describe.each(Object.keys(every))('%s', (name) => {
  test.each(['light', 'dark'] as const)('draws in a %s look, and keeps its data within', async (theme) => {
    const drawn = await every[name]({ theme });
    expect(drawn.$schema).toBe('https://vega.github.io/schema/vega-lite/v6.json');
    const svg = await drawn.toSVG();
    expect(svg).toMatch(/^<svg role="img" aria-label="[^"]{5,}" /);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|style=|<script|href/);
    expect(svg).toContain(theme === 'light' ? 'fill="#ffffff"' : 'fill="#14181f"');
    const json = JSON.parse(JSON.stringify(drawn));
    expect(json).toEqual(JSON.parse(JSON.stringify(drawn.toJSON())));
    expect(JSON.stringify(json)).not.toContain('"url"');
  });

  test('refuses options that it does not have, and sizes that are none', async () => {
    for (const options of [
      { colour: 'red' },
      { width: -1 },
      { theme: 'pink' },
      { title: 7 },
      { height: Number.NaN },
    ])
      await expect((async () => every[name](options as Options))()).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
      });
  });

  test('has the title that it is given, or none', async () => {
    expect((await every[name]({ title: 'Mine' })).title).toMatchObject({ text: 'Mine' });
    expect((await every[name]({ title: '' })).title).toBeUndefined();
  });
});

test('draws as PNG of the size asked for', async () => {
  const drawn = plot.featureImportances({ a: 1 }, { width: 200, height: 60 });
  const [one, three] = await Promise.all([drawn.toPNG({ scale: 1 }), drawn.toPNG({ scale: 3 })]);
  const sizes = await Promise.all([one, three].map((png) => sharp(png).metadata()));
  expect(sizes[0].format).toBe('png');
  expect(sizes[1].width).toBe(3 * sizes[0].width);
  for (const scale of [0, 11, '2' as never])
    await expect(drawn.toPNG({ scale })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('draws the same picture each time, and leaves vega as it was', async () => {
  const { textMetrics } = (await import('vega')) as unknown as { textMetrics: { width: unknown } };
  const before = textMetrics.width;
  const drawn = plot.correlationHeatmap(data, { featureNames });
  expect(await drawn.toSVG()).toBe(await drawn.toSVG());
  expect(textMetrics.width).toBe(before);
});

describe('names that are hostile', () => {
  const name = `"><script>alert(1)</script>&'`;
  const odd = { [name]: [1, 2, 3], 'a.b[0]': [3, 1, 2], __proto__: null, constructor: [1, 1, 2] };
  test.each([
    ['histograms', () => plot.histograms(odd as never)],
    ['correlationHeatmap', () => plot.correlationHeatmap(odd as never)],
    ['featureImportances', () => plot.featureImportances({ [name]: 2, 'a.b[0]': 1 }, { title: name })],
    ['rocCurve', () => plot.rocCurve([0, 1, 1], { [name]: [1, 2, 3] })],
    ['confusionMatrix', () => plot.confusionMatrix([name, 'b'], ['b', 'b'], { title: name })],
    ['trainingHistory', () => plot.trainingHistory({ [name]: [1, 2] })],
    ['silhouette', () => plot.silhouette([1, 2], [name, 'b'])],
  ])('%s escapes them', async (_, make) => {
    const page = await make().toHTML();
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script');
  });
});

test.each(['constructor', '__proto__', 'toString'])('features and classes may be called %s', async (name) => {
  const columns = Object.fromEntries([
    [name, [1, 2, 3]],
    ['other', [3, 1, 2]],
  ]);
  for (const drawn of [
    plot.histograms(columns),
    plot.correlationHeatmap(columns),
    plot.trainingHistory(columns),
    plot.confusionMatrix([name, 'b'], ['b', name]),
  ])
    expect(await drawn.toSVG()).toContain(name);
  const bars = plot.featureImportances(Object.fromEntries([[name, 1]]), { title: name, subtitle: name });
  expect(await bars.toSVG()).toContain(`>${name}\u200b</text>`);
});

test('rows in the place of silhouettes, and predictions that are no numbers, are refused', () => {
  const rows = [
    [1, 2],
    [3, 4],
  ] as never;
  expect(() => plot.silhouette(rows, [0, 1])).toThrow(expect.objectContaining({ code: 'ERR_DTYPE' }));
  expect(() => plot.silhouette(rows, [0, 1])).toThrow(/silhouetteSamples\(X, labels\)/);
  expect(() => plot.residuals([1, 2], ['1', '2'] as never)).toThrow(
    expect.objectContaining({ code: 'ERR_DTYPE' }),
  );
});

test('the title of an axis stands beyond long labels', async () => {
  const long = [
    'a name of a class that is about forty letters',
    'another name of a class of some forty letters',
  ];
  const svg = await plot.confusionMatrix(long, long).toSVG();
  // The labels of the rows end at the axis and are some 260 pixels long: the title's place is left of them.
  const [, left] = /translate\((-[\d.]+),[\d.]+\) rotate\(-90\)[^>]*>Actual/.exec(svg) ?? [];
  expect(Number(left)).toBeLessThan(-240);
});

test('a page allows nothing but its own style', async () => {
  const page = await plot.confusionMatrix([0, 1], [0, 1]).toHTML();
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toMatch(
    /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[\w+/]+=*'/,
  );
});

test('confusionMatrix has the counts of the metric', () => {
  const counts = confusionMatrix(target, predicted as number[]);
  const { values } = plot.confusionMatrix(target, predicted as number[], { targetNames }).data;
  expect(values.map((cell: { value: number }) => cell.value)).toEqual(counts.flat());
  expect(values[0]).toEqual({ actual: 'setosa', predicted: 'setosa', value: 50, share: 1, text: '50' });
  const weighted = plot.confusionMatrix([0, 1], [0, 0], { sampleWeight: [2, 0.5] });
  expect(weighted.data.values.map((cell: { text: string }) => cell.text)).toEqual(['2', '0', '0.5', '0']);
});

test('curves name their scores, one for each class or model', () => {
  const auc = (c: number) =>
    rocAucScore(
      Array.from(target, (label) => label === c),
      proba.columns([c]).data,
    ).toFixed(3);
  expect(plot.rocCurve(target, proba, { targetNames }).description).toBe(
    `ROC curve. setosa (AUC ${auc(0)}). versicolor (AUC ${auc(1)}). virginica (AUC ${auc(2)})`,
  );
  expect(plot.rocCurve(target, proba, { posLabel: 1 }).description).toBe(`ROC curve. 1 (AUC ${auc(1)})`);
  expect(
    plot.rocCurve([0, 1], {
      a: [0, 1],
      b: [
        [1, 0],
        [0, 1],
      ],
    }).description,
  ).toBe('ROC curve. a (AUC 1.000). b (AUC 1.000)');
  const code = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(code(() => plot.rocCurve([0, 0], [0.1, 0.2]))).toBe('ERR_LABELS');
  expect(code(() => plot.rocCurve([0, 1, 2], [0.1, 0.2, 0.3]))).toBe('ERR_SHAPE');
  expect(code(() => plot.rocCurve([0, 1], [0.1]))).toBe('ERR_SHAPE');
  expect(code(() => plot.rocCurve([0, 1], {}))).toBe('ERR_EMPTY');
  expect(code(() => plot.rocCurve([0, 1], [0.1, 0.2], { posLabel: 'x' }))).toBe('ERR_PARAMETER');
  expect(code(() => plot.calibrationCurve([0, 1], [0.1, 1.2]))).toBe('ERR_PARAMETER');
});

test('long curves are thinned and keep their ends', () => {
  const n = 20_000;
  const truth = Array.from({ length: n }, (_, i) => (i * 7919) % 3 === 0);
  const score = Array.from({ length: n }, (_, i) => ((i * 104_729) % 99_991) / 99_991);
  const points = plot.precisionRecallCurve(truth, score).layer[1].data.values;
  expect(points.length).toBe(1000);
  expect(points[0].x).toBe(0);
  expect(points.at(-1).x).toBe(1);
});

test('shapWaterfall goes from the base value to the score', () => {
  const { values } = plot.shapWaterfall(shap, { row: 5, output: 1, maxDisplay: 3 }).data ?? {};
  const own = shap.values[1].row(5);
  expect(values.length).toBe(3);
  expect(values.at(-1).from).toBeCloseTo(shap.baseValue[1], 12);
  expect(values[0].to).toBeCloseTo(
    own.reduce((sum, value) => sum + value, shap.baseValue[1]),
    12,
  );
  expect(values.at(-1).name).toBe('2 other features');
  for (const options of [{ row: 60 }, { row: -1 }, { output: 3 }, { maxDisplay: 0 }])
    expect(() => plot.shapWaterfall(shap, options)).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER' }),
    );
});

test('featureImportances takes models, numbers, and names for them', () => {
  const of = (drawn: Plot) =>
    drawn.data.values.map(({ name, value }: { name: string; value: number }) => [name, value]);
  const own = of(plot.featureImportances(forest, { featureNames }));
  expect(own.map(([, value]: [string, number]) => value)).toEqual(
    Array.from(forest.featureImportances).sort((a, b) => b - a),
  );
  expect(featureNames).toContain(own[0][0]);
  expect(of(plot.featureImportances([1, 3]))).toEqual([
    ['x1', 3],
    ['x0', 1],
  ]);
  const twice = { importances: Float64Array.of(2, 1), featureNames: ['a', 'a'] };
  expect(of(plot.featureImportances(twice))).toEqual([
    ['a', 2],
    ['a (2)', 1],
  ]);
  expect(plot.shapSummary(shap, { featureNames }).description).toContain('petal');
  expect(plot.shapSummary(shap, { featureNames, kind: 'bar' }).description).toContain('petal');
  expect(plot.shapWaterfall(shap, { featureNames }).data?.values?.[0].name).toMatch(/\(cm\) = /);
});

test('histograms count every value that is there', () => {
  const total = (panel: { data: { values: { count: number }[] } }) =>
    panel.data.values.reduce((sum, { count }) => sum + count, 0);
  const panels = plot.histograms(rooms).concat;
  expect(panels.map(total)).toEqual([7, 8, 8]);
  const odd = plot.histograms({
    same: [5, 5, 5],
    none: new Float64Array(3).fill(Number.NaN),
    inf: [1, Infinity, 2],
  });
  expect(odd.concat.map(total)).toEqual([3, 0, 2]);
  expect(plot.histograms({ tiny: [5e-324, 1e-310, 2e-310] }).concat.map(total)).toEqual([3]);
  expect(() => plot.histograms({ wide: [-1.7e308, 1.7e308] })).toThrow(
    expect.objectContaining({ code: 'ERR_INPUT_INFINITE' }),
  );
  const many = plot.histograms({ words: Array.from({ length: 200 }, (_, i) => `w${i % 50}`) }).concat[0];
  expect(total(many)).toBe(200);
  expect(many.encoding.y.scale.domain.at(-1)).toBe('31 others');
  expect(() => plot.histograms(rooms, { columns: ['nope'] })).toThrow(
    expect.objectContaining({ code: 'ERR_UNKNOWN_COLUMN' }),
  );
  expect(() => plot.histograms(rooms, { by: [1] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
});

test('trainingHistory finds metrics and their twins', () => {
  const panels = plot.trainingHistory({
    history: { loss: [2, 1], val_loss: [2, 1.5], accuracy: [0.1, Number.NaN] },
    epoch: [0, 1],
  });
  expect(
    panels.concat.map((panel: { encoding: { y: { title: string } } }) => panel.encoding.y.title),
  ).toEqual(['loss', 'accuracy']);
  expect(panels.concat[0].data.values.map((v: { series: string }) => v.series)).toEqual([
    ...['Training', 'Training', 'Validation', 'Validation'],
  ]);
  expect(panels.concat[1].data.values.length).toBe(1);
  expect(plot.trainingHistory({ trainScore: [1, 2], validationScore: [1, 1] }).encoding.y.title).toBe(
    'score',
  );
  expect(plot.trainingHistory({ loss: [1], mae: [2] }, { metrics: ['mae'] }).encoding.y.title).toBe('mae');
  expect(() => plot.trainingHistory({ loss: 'no' })).toThrow(expect.objectContaining({ code: 'ERR_EMPTY' }));
});

test('decisionBoundary takes more rows than a call takes arguments', async () => {
  const model = await new LinearRegression().fit(
    [
      [0, 0],
      [1, 0],
      [0, 1],
    ],
    [0, 1, 2],
  );
  const X = new Matrix(
    Float64Array.from({ length: 600_000 }, (_, k) => k % 7),
    300_000,
    2,
  );
  const drawn = await plot.decisionBoundary(model, X, new Float64Array(300_000), { resolution: 10 });
  expect(drawn.layer[1].data.values).toHaveLength(2000);
});

test('decisionBoundary asks about the plane, with the other columns at what is usual', async () => {
  const asked: number[][] = [];
  const model = {
    schema: flowers.schema,
    predict: async (X: never) => {
      asked.push(...(X as { toArray(): number[][] }).toArray());
      return flowers.predict(X);
    },
  };
  const drawn = await plot.decisionBoundary(model, data, target, { features: [2, 3], resolution: 10 });
  expect(new Set(asked.map((row) => row[0]))).toEqual(new Set([5.8]));
  expect(drawn.layer[0].data.values.length).toBe(100);
  const labels = new Set(drawn.layer[0].data.values.map((cell: { label: string }) => cell.label));
  expect(labels).toEqual(new Set(['0', '1', '2']));
  for (const options of [
    { features: [0, 0] },
    { features: [0, 9] },
    { features: ['x', 'y'] },
    { resolution: 5 },
  ])
    await expect(plot.decisionBoundary(flowers, data, target, options as never)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
});

describe('where packages are missing', () => {
  afterEach(() => {
    vi.doUnmock('vega');
    vi.doUnmock('sharp');
    vi.resetModules();
  });
  test.each([
    ['vega', 'npm install vega vega-lite', 'toSVG'],
    ['sharp', 'npm install sharp', 'toPNG'],
  ] as const)('%s is named', async (missing, words, method) => {
    vi.doMock(missing, () => {
      throw new Error(`Cannot find package '${missing}'`);
    });
    const drawn = plot.featureImportances({ a: 1 });
    await expect(drawn[method]()).rejects.toMatchObject({
      code: 'ERR_DEPENDENCY',
      message: expect.stringContaining(words),
    });
  });
});
