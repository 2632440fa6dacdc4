/** Recorded plans: what is exported or rewritten gives what the model gives, whatever its plan is made of. */
import { describe, expect, test } from 'vitest';
import {
  exportONNX,
  importONNX,
  LogisticRegression,
  loadIris,
  makePipeline,
  Normalizer,
  OneVsRestClassifier,
} from '../../lib/index.js';
import { quantizeDynamic } from '../../lib/nn/index.js';

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
