/** Recorded plans: what is exported or rewritten gives what the model gives, whatever its plan is made of. */
import { describe, expect, test } from 'vitest';
import { PlanBuilder } from '../../lib/core/plan-builder.js';
import { isStep, replayStep } from '../../lib/core/plan-steps.js';
import {
  CalibratedClassifierCV,
  exportONNX,
  IterativeImputer,
  importONNX,
  KNeighborsClassifier,
  KNNImputer,
  LogisticRegression,
  load,
  loadIris,
  makePipeline,
  Normalizer,
  OneVsRestClassifier,
  QuantileTransformer,
  SVC,
  VotingClassifier,
} from '../../lib/index.js';
import { type QuantizedModel, quantizeDynamic } from '../../lib/nn/index.js';
import { codeOf } from '../support/codes.js';

const { data, target } = loadIris();

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length);
  const most = Array.from(expected, (value, i) => Math.abs(value - actual[i])).reduce((a, b) =>
    Math.max(a, b),
  );
  expect(most).toBeLessThan(tolerance);
}

describe('methods that are made of others', () => {
  test.each(['l1', 'l2', 'max'] as const)('normalize by %s', async (norm) => {
    const alone = await new Normalizer({ norm }).fit(data);
    const imported = importONNX(exportONNX(alone)).compile();
    expectClose(imported.runSync(data).data, alone.transformSync(data).data, 1e-6);

    const model = await makePipeline(new Normalizer({ norm }), new LogisticRegression()).fit(data, target);
    const exact = (await model.predictProba(data)).data;
    const back = importONNX(exportONNX(model)).compile({ output: 'proba' });
    expectClose(back.runSync(data).data, exact, 1e-5);
    const plan = model.compile({ precision: 'int8', output: 'proba' });
    expectClose(plan.runSync(data).data, exact, 0.02);
    const small = await quantizeDynamic(model, { calibration: data, y: target });
    expectClose(small.predictProbaSync(data).data, exact, 0.02);
  });

  test('shares of three classes, each against the rest', async () => {
    const model = await new OneVsRestClassifier(new LogisticRegression()).fit(data, target);
    const exact = (await model.predictProba(data)).data;
    const back = importONNX(exportONNX(model)).compile({ output: 'proba' });
    expectClose(back.runSync(data).data, exact, 1e-5);
    expectClose(model.compile({ precision: 'int8', output: 'proba' }).runSync(data).data, exact, 0.03);
    expectClose((await quantizeDynamic(model)).predictProbaSync(data).data, exact, 0.03);
  });
});

describe('a file holds the steps of any model', () => {
  const holes = data
    .toArray()
    .map((row, i) => row.map((value, j) => ((i + j) % 11 === 0 ? Number.NaN : value)));
  const last = () => new LogisticRegression();
  const svc = () => new SVC({ probability: true, randomState: 0 });
  const cases = [
    ['imputed by neighbours', () => makePipeline(new KNNImputer(), last()), holes],
    ['ranks', () => makePipeline(new QuantileTransformer({ nQuantiles: 30 }), last()), data],
    [
      'draws',
      () => makePipeline(new IterativeImputer({ samplePosterior: true, randomState: 1 }), last()),
      holes,
    ],
    ['calibrated by steps', () => new CalibratedClassifierCV(last(), { method: 'isotonic' }), data],
    [
      'neighbours and kernels',
      () =>
        new VotingClassifier(
          [
            ['near', new KNeighborsClassifier({ weights: 'distance' })],
            ['kernel', svc()],
            ['linear', last()],
          ],
          { voting: 'soft' },
        ),
      data,
    ],
  ] as const;
  test.each(cases)('%s', async (_, make, X) => {
    const model = await make().fit(X, target);
    const small = await quantizeDynamic(model, { calibration: X, y: target });
    const copy = (await load(small.toBytes())) as QuantizedModel;
    expect(copy.predictProbaSync(X)).toEqual(small.predictProbaSync(X));
    expect(small.report.layers.some(({ precision }) => precision === 'int8')).toBe(true);
    expect(await copy.score(X, target)).toBeGreaterThan((await model.score(X, target)) - 0.02);
  });

  test('but no arguments that nest deeper, are no data, or belong to no op', () => {
    const step = (...args: unknown[]) => ({ op: 'neighbors', inputs: [0], args });
    const deep = { vote: { numbers: [[1]] } };
    expect(isStep(step({ vote: { numbers: [1] }, radius: undefined }), 0)).toBe(true);
    for (const args of [deep, null, { f: () => 1 }, new DataView(new ArrayBuffer(8))])
      expect(isStep(step(args), 0)).toBe(false);
    const plan = new PlanBuilder(2);
    for (const args of [[], [{}], [{ search: {} }]])
      expect(codeOf(() => replayStep(plan, step(...args), [plan.input]))).toBe('ERR_PARAMETER');
    for (const op of ['build', 'normalize', 'emit', 'constructor', '__proto__'])
      expect(isStep({ op, inputs: [0], args: [] }, 0)).toBe(false);
  });
});
