import { describe, expect, test } from 'vitest';
import { Ridge } from '../../lib/index.js';
import * as metrics from '../../lib/metrics/index.js';
import { readGolden } from '../golden/read.js';
import { expectClose, iterative } from '../support/tolerance.js';

interface MetricGolden {
  inputs: Record<string, unknown>;
  cases: { metric: string; args: string[]; options: Record<string, unknown>; expected: unknown }[];
}

const golden = readGolden<MetricGolden>('metrics');
const byName = new Map<string, unknown>(Object.entries(metrics));
// Sums in another order than NumPy's, of at most a few hundred terms.
const SUMS = iterative(1e-12);

function resolve(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('$') ? golden.inputs[value.slice(1)] : value;
}

test('mutual information by chance of more rows than have a table', () => {
  // scikit-learn 1.9
  const chance = metrics.expectedMutualInformation([[50_000, 30_000], [20_000, 60_000]]); // biome-ignore format: a matrix
  expectClose(chance, 3.1250299172072335e-6, iterative(1e-9), 'chance');
});

describe('metrics agree with scikit-learn', () => {
  const names = [...new Set(golden.cases.map(({ metric }) => metric))];
  test.each(names)('%s', async (name) => {
    const metric = byName.get(name) as (...args: unknown[]) => unknown;
    for (const { metric: owner, args, options, expected } of golden.cases) {
      if (owner !== name) continue;
      const settings = Object.fromEntries(
        Object.entries(options).map(([key, value]) => [key, resolve(value)]),
      );
      const where = `${name}(${args.join(', ')}, ${JSON.stringify(options)})`;
      const actual = await metric(...args.map((arg) => golden.inputs[arg]), settings);
      expectClose(actual, expected, SUMS, where);
    }
  });
});

describe('weights of classes', () => {
  const y = [...'aababc'];
  const classes = ['b', 'a', 'c'];
  const { computeClassWeight, computeSampleWeight } = metrics;

  // scikit-learn 1.9
  test('agree with scikit-learn, in the order of the classes', () => {
    expect([...computeClassWeight('balanced', classes, y)]).toEqual([1, 2 / 3, 2]);
    const sampleWeight = [1, 2, 3, 4, 5, 6];
    expect([...computeClassWeight('balanced', classes, y, { sampleWeight })]).toEqual([7 / 8, 1, 7 / 6]);
    expect([...computeClassWeight({ a: 3 }, classes, y, null)]).toEqual([1, 3, 1]);
    expect([...computeClassWeight(null, Int32Array.of(1, 0), [0, 1])]).toEqual([1, 1]);
    expect([...computeSampleWeight('balanced', y)]).toEqual([2 / 3, 2 / 3, 1, 2 / 3, 1, 2]);
  });

  test('refuse what they cannot weigh', () => {
    const refused: Array<[() => unknown, string]> = [
      [() => computeClassWeight('balanced', ['a', 'b'], y), 'ERR_LABELS'],
      [() => computeClassWeight('balanced', [...classes, 'd'], y), 'ERR_LABELS'],
      [() => computeClassWeight(null, ['a', 'a', 'b', 'c'], y), 'ERR_LABELS'],
      [() => computeClassWeight({ z: 1 }, classes, y), 'ERR_PARAMETER'],
      [() => computeClassWeight('even' as never, classes, y), 'ERR_PARAMETER'],
      [() => computeClassWeight('balanced', undefined as never, y), 'ERR_PARAMETER'],
      [() => computeClassWeight('balanced', classes, []), 'ERR_EMPTY'],
      [() => computeClassWeight('balanced', classes, y, { sampleWeight: [1] }), 'ERR_SHAPE'],
      [() => computeClassWeight('balanced', classes, y, { sampleWeights: y } as never), 'ERR_PARAMETER'],
      [() => computeSampleWeight('balanced', ['a', null as never]), 'ERR_LABELS'],
    ];
    for (const [call, code] of refused) expect(call).toThrow(expect.objectContaining({ code }));
  });
});

describe('NDCG', () => {
  test('takes the rows of one query as a list', () => {
    expect(metrics.ndcgScore([3, 0, 1], Float32Array.of(0.1, 0.9, 0.4), { k: 2 })).toBe(
      metrics.ndcgScore([[3, 0, 1]], [[0.1, 0.9, 0.4]], { k: 2 }),
    );
    expect(metrics.dcgScore([2], [5])).toBe(2);
  });

  test('refuses what it cannot rank', () => {
    const refused: Array<[() => number, string]> = [
      [() => metrics.ndcgScore([1], [2]), 'ERR_SHAPE'],
      [() => metrics.ndcgScore([[1, 0]], [[2, 1, 0]]), 'ERR_SHAPE'],
      [() => metrics.ndcgScore([1, -1], [2, 1]), 'ERR_PARAMETER'],
      [() => metrics.ndcgScore([1, 0], [2, 1], { k: 0 }), 'ERR_PARAMETER'],
      [() => metrics.dcgScore([1, 0], [2, 1], { logBase: 1 }), 'ERR_PARAMETER'],
      [() => metrics.ndcgScore([1, 0], [2, Number.NaN]), 'ERR_INPUT_NAN'],
    ];
    for (const [call, code] of refused) expect(call).toThrow(expect.objectContaining({ code }));
  });
});

test('entropy, chance and kernels refuse what they cannot read', () => {
  const refused: Array<[() => unknown, string]> = [
    [() => metrics.entropy([]), 'ERR_EMPTY'],
    [() => metrics.expectedMutualInformation([[1, 0.5]]), 'ERR_PARAMETER'],
    [() => metrics.expectedMutualInformation([[1, -1]]), 'ERR_PARAMETER'],
    [() => metrics.expectedMutualInformation([[0, 0]]), 'ERR_PARAMETER'],
    [() => metrics.expectedMutualInformation([[2 ** 29, 1]]), 'ERR_PARAMETER'],
  ];
  for (const [call, code] of refused) expect(call).toThrow(expect.objectContaining({ code }));
  expect(
    metrics
      .kernelMetrics()
      .rbf([[1, 2]])
      .toArray(),
  ).toEqual([[1]]);
});

describe('inputs', () => {
  const yTrue = [0, 1, 2, 1];

  test('typed arrays, plain arrays and Int32Array agree', () => {
    const guess = [0, 1, 1, 1];
    expect(metrics.accuracyScore(Int32Array.from(yTrue), Float64Array.from(guess))).toBe(0.75);
    expect(metrics.confusionMatrix(new Uint8Array(yTrue), guess)).toEqual([
      [1, 0, 0],
      [0, 2, 0],
      [0, 1, 0],
    ]);
  });

  test('a matrix may be rows, or data with a shape', () => {
    const rows = [
      [0.7, 0.2, 0.1],
      [0.1, 0.8, 0.1],
      [0.3, 0.3, 0.4],
      [0.5, 0.4, 0.1],
    ];
    const flat = { data: Float64Array.from(rows.flat()), rows: 4, cols: 3 };
    expect(metrics.logLoss(yTrue, rows)).toBe(metrics.logLoss(yTrue, flat));
    const options = { multiClass: 'ovr' } as const;
    expect(metrics.rocAucScore(yTrue, rows, options)).toBe(metrics.rocAucScore(yTrue, flat, options));
  });

  test('log loss of float32 probabilities stays the epsilon of float32 away from 0', () => {
    expect(metrics.logLoss([0, 1], Float32Array.of(1, 1))).toBeCloseTo(-Math.log(2 ** -23) / 2, 5);
    expect(metrics.logLoss([0, 1], [1, 1])).toBeCloseTo(-Math.log(2 ** -52) / 2, 5);
  });

  test('two columns of probabilities rank like the second', () => {
    const p = [0.2, 0.9, 0.6, 0.4];
    const both = p.map((v) => [1 - v, v]);
    expect(metrics.rocAucScore([0, 1, 0, 1], both)).toBe(metrics.rocAucScore([0, 1, 0, 1], p));
  });

  test('weights equal repetition', () => {
    const weights = [1, 2, 0, 3];
    const rows = weights.flatMap((n, i) => new Array<number>(n).fill(i));
    const y = [0, 1, 1, 0];
    const guess = [1, 1, 0, 0];
    const score = [0.7, 0.7, 0.2, 0.4];
    const take = (values: number[]) => rows.map((i) => values[i]);
    const options = { sampleWeight: weights };
    expectClose(metrics.f1Score(y, guess, options), metrics.f1Score(take(y), take(guess)), SUMS);
    expectClose(metrics.rocAucScore(y, score, options), metrics.rocAucScore(take(y), take(score)), SUMS);
    expectClose(metrics.logLoss(y, score, options), metrics.logLoss(take(y), take(score)), SUMS);
    expectClose(metrics.r2Score(y, score, options), metrics.r2Score(take(y), take(score)), SUMS);
  });

  test('a constant target has no variance, even where its mean rounds', () => {
    expect(metrics.r2Score([0.1, 0.1, 0.1], [0.1, 0.1, 0.2])).toBe(0);
  });
});

test('what is undefined', () => {
  const never = [
    [1, 1],
    [0, 0],
  ] as const;
  const { classLikelihoodRatios } = metrics;
  expect(classLikelihoodRatios([1, 1, 0], [1, 1, 0], { replaceUndefinedBy: 1 }).positive).toBe(1);
  expect(classLikelihoodRatios(...never)).toEqual({ positive: Number.NaN, negative: Number.NaN });
  expect(classLikelihoodRatios(...never, { replaceUndefinedBy: 1 })).toEqual({ positive: 1, negative: 1 });
  for (const odd of [null, 0.5, { positive: 0.5 }, { negative: 2 }, { positiv: 1 }, { negative: '0' }])
    expect(() => classLikelihoodRatios(...never, { replaceUndefinedBy: odd as never })).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER' }),
    );
  expect(classLikelihoodRatios(...never, { replaceUndefinedBy: { negative: 0 } }).positive).toBe(Number.NaN);
  expect(metrics.d2LogLossScore([1], [0.7])).toBeNaN();
});

test('undefined likelihood ratios score as the worst ones', async () => {
  const saysAll = { predict: async () => [1, 1, 0], classes: [0, 1] };
  const score = (name: metrics.ScorerName) =>
    metrics.getScorer(name)(saysAll as never, [[0], [0], [0]], [1, 1, 0]);
  expect(await score('positiveLikelihoodRatio')).toBe(1);
  expect(await score('negNegativeLikelihoodRatio')).toBe(-0);
});

test('R2 of one row says nothing', async () => {
  const model = await new Ridge().fit([[1], [2], [4]], [1, 2, 3]);
  expect(await model.score([[1]], [1])).toBeNaN();
  expect(metrics.r2Score([1], [1])).toBeNaN();
});

describe('errors', () => {
  const code = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return 'no error';
  };

  test.each([
    ['ERR_SHAPE', () => metrics.accuracyScore([0, 1], [0])],
    ['ERR_SHAPE', () => metrics.meanSquaredError([0, 1], [0])],
    ['ERR_SHAPE', () => metrics.meanSquaredError([[0, 1]], [[0]])],
    ['ERR_SHAPE', () => metrics.meanSquaredError([[0, 1], [0]], [[0, 1], [0]])],
    ['ERR_SHAPE', () => metrics.accuracyScore([0, 1], [0, 1], { sampleWeight: [1] })],
    ['ERR_SHAPE', () => metrics.rocAucScore([0, 1, 2], [0, 1, 2], { multiClass: 'ovr' })],
    [
      'ERR_SHAPE',
      () =>
        metrics.logLoss(
          [0, 1],
          [
            [0.2, 0.3, 0.5],
            [1, 0, 0],
          ],
        ),
    ],
    ['ERR_SHAPE', () => metrics.rocAucScore([0, 1], { data: new Float64Array(3), rows: 2, cols: 1 })],
    ['ERR_SHAPE', () => metrics.classificationReport([0, 1], [0, 1], { targetNames: ['a'] })],
    ['ERR_SHAPE', () => metrics.maxError([[1, 2]], [[1, 2]])],
    ['ERR_EMPTY', () => metrics.accuracyScore([], [])],
    ['ERR_EMPTY', () => metrics.rocCurve([], [])],
    ['ERR_EMPTY', () => metrics.r2Score([], [])],
    ['ERR_LABELS', () => metrics.accuracyScore([0, 1], ['0', '1'])],
    ['ERR_LABELS', () => metrics.accuracyScore([0, 1], [0.2, 0.9])],
    ['ERR_LABELS', () => metrics.accuracyScore(['a', null as never], ['a', 'b'])],
    ['ERR_LABELS', () => metrics.accuracyScore([Number.NaN, 1], [0, 1])],
    ['ERR_LABELS', () => metrics.confusionMatrix([0, 1], [0, 1], { labels: [7] })],
    ['ERR_LABELS', () => metrics.rocCurve([0, 1, 2], [0, 1, 2])],
    ['ERR_LABELS', () => metrics.logLoss([1, 1], [0.5, 0.5])],
    ['ERR_LABELS', () => metrics.logLoss([0, 7], [0.5, 0.5], { labels: [0, 1] })],
    ['ERR_LABELS', () => metrics.brierScore([0, 1, 2], [0.5, 0.5, 0.5])],
    ['ERR_PARAMETER', () => metrics.f1Score([0, 1, 2], [0, 1, 2])],
    ['ERR_PARAMETER', () => metrics.f1Score(['a', 'b'], ['a', 'b'])],
    ['ERR_PARAMETER', () => metrics.f1Score([0, 1], [0, 1], { average: 'mean' as never })],
    ['ERR_PARAMETER', () => metrics.f1Score([0, 1], [0, 1], { zeroDivision: 2 })],
    ['ERR_PARAMETER', () => metrics.rocCurve(['a', 'b'], [0, 1])],
    ['ERR_PARAMETER', () => metrics.averagePrecision([0, 1], [0, 1], { posLabel: 5 })],
    ['ERR_PARAMETER', () => metrics.rocAucScore([0, 1], [0, 1], { maxFpr: 0 })],
    [
      'ERR_PARAMETER',
      () =>
        metrics.rocAucScore(
          [0, 1, 2],
          [
            [1, 0, 0],
            [1, 0, 0],
            [1, 0, 0],
          ],
        ),
    ],
    [
      'ERR_PARAMETER',
      () =>
        metrics.rocAucScore(
          [0, 1, 2],
          [
            [2, 0, 0],
            [1, 0, 0],
            [1, 0, 0],
          ],
          { multiClass: 'ovr' },
        ),
    ],
    ['ERR_PARAMETER', () => metrics.logLoss([0, 1], [0.5, 1.5])],
    ['ERR_PARAMETER', () => metrics.meanSquaredError([1], [1], { multioutput: 'mean' as never })],
    ['ERR_PARAMETER', () => metrics.meanSquaredError([1], [1], { sampleWeight: [0] })],
    ['ERR_PARAMETER', () => metrics.meanSquaredError([1], [1], { sampleWeight: [-1] })],
    ['ERR_PARAMETER', () => metrics.getScorer('acuracy' as never)],
    ['ERR_PARAMETER', () => metrics.accuracyScore(undefined as never, [1])],
    ['ERR_PARAMETER', () => metrics.meanSquaredError([1], undefined as never)],
    ['ERR_PARAMETER', () => metrics.detCurve(undefined as never, [1])],
    ['ERR_SHAPE', () => metrics.detCurve([0, 1], undefined as never)],
    ['ERR_DTYPE', () => metrics.meanSquaredError([1, 2], [1, '2' as never])],
    ['ERR_INPUT_NAN', () => metrics.meanSquaredError([1, 2], [1, Number.NaN])],
    ['ERR_INPUT_INFINITE', () => metrics.rocAucScore([0, 1], [1, Infinity])],
  ] as [string, () => unknown][])('%s, case %#', (expected, run) => {
    expect(code(run)).toBe(expected);
  });

  test('a part of the rows is drawn only where each has a label', async () => {
    for (const labels of [undefined as never, [0, 1], [0, 0, 1, 1, 1]])
      await expect(
        metrics.silhouetteScore([[0], [1], [5], [6]], labels, { sampleSize: 3 }),
      ).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});

describe('scorers', () => {
  const X = [[1], [2], [3], [4]];
  const y = ['no', 'yes', 'yes', 'no'];
  const proba = [
    [0.9, 0.1],
    [0.3, 0.7],
    [0.6, 0.4],
    [0.8, 0.2],
  ];
  const classifier = {
    classes: ['no', 'yes'],
    predict: async () => proba.map(([no, yes]) => (yes > no ? 'yes' : 'no')),
    predictProba: async () => ({ data: Float64Array.from(proba.flat()), rows: 4, cols: 2 }),
  };

  test('call the estimator and give the metric, greater being better', async () => {
    expect(await metrics.getScorer('accuracy')(classifier, X, y)).toBe(0.75);
    expect(await metrics.getScorer('rocAuc')(classifier, X, y)).toBe(1);
    expect(await metrics.getScorer('f1Macro')(classifier, X, y)).toBe(
      metrics.f1Score(y, await classifier.predict(), { average: 'macro' }),
    );
    expect(await metrics.getScorer('negLogLoss')(classifier, X, y)).toBe(-metrics.logLoss(y, proba));
    const regressor = { predict: async () => Float64Array.of(1, 2, 3, 6) };
    expect(await metrics.getScorer('negMeanSquaredError')(regressor, X, [1, 2, 3, 4])).toBe(-1);
    expect(await metrics.getScorer('r2')(regressor, X, [1, 2, 3, 4])).toBeCloseTo(0.2);
  });

  test('pass weights on', async () => {
    const options = { sampleWeight: [1, 1, 5, 1] };
    expect(await metrics.getScorer('accuracy')(classifier, X, y, options)).toBe(3 / 8);
  });

  test('log loss knows classes that a fold lacks', async () => {
    expect(await metrics.getScorer('negLogLoss')(classifier, X, ['no', 'no', 'no', 'no'])).toBeLessThan(0);
  });

  test('are found by what stands for them', async () => {
    const own = { ...classifier, score: async () => 0.5 };
    expect(await metrics.checkScoring(own)(own, X, y)).toBe(0.5);
    expect(await metrics.checkScoring(own, 'accuracy')(own, X, y)).toBe(0.75);
    expect(metrics.checkScoring(null, null, { allowNone: true })).toBeNull();
    const several = { right: 'accuracy', mine: async () => 7 } as const;
    expect(await metrics.checkScoring(own, several)(own, X, y)).toEqual({ right: 0.75, mine: 7 });
    expect(Object.keys(await metrics.checkScoring(own, ['f1Macro', 'rocAuc'])(own, X, y))).toEqual([
      'f1Macro',
      'rocAuc',
    ]);
    const bare = { predict: classifier.predict };
    const failing = ['accuracy', 'negLogLoss'] as const;
    await expect(metrics.checkScoring(bare, failing)(bare, X, y)).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
    const told = await metrics.checkScoring(bare, failing, { raiseExc: false })(bare, X, y);
    expect(told).toEqual({ accuracy: 0.75, negLogLoss: expect.stringContaining('probabilities') });
    const refused: Array<[() => unknown, string]> = [
      [() => metrics.checkScoring(bare), 'ERR_NOT_SUPPORTED'],
      [() => metrics.checkScoring(null), 'ERR_NOT_SUPPORTED'],
      [() => metrics.checkScoring(own, 'best' as never), 'ERR_PARAMETER'],
      [() => metrics.checkScoring(own, {}), 'ERR_PARAMETER'],
      [() => metrics.checkScoring(own, 'accuracy', { alowNone: true } as never), 'ERR_PARAMETER'],
    ];
    for (const [call, code] of refused) expect(call).toThrow(expect.objectContaining({ code }));
  });

  test('a function is a scorer', () => {
    const own = async () => 1;
    expect(metrics.getScorer(own)).toBe(own);
  });

  test('a regressor has no probabilities to score', async () => {
    const regressor = { predict: async () => [1, 2, 3, 4] };
    await expect(metrics.getScorer('rocAuc')(regressor, X, [0, 1, 1, 0])).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });
});
