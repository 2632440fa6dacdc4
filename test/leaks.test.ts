/** Fitting, compiling, predicting, saving and loading for a long time takes no more memory than for a short one. */
import { expect, test } from 'vitest';
import { evaluate } from './support/child.js';

const LOOPS = 4000;
/** Half of what a leak of 8 KiB in each loop, about one small model, would take. */
const BOUND_MIB = (LOOPS * 8) / 1024 / 2;

const script = `
  import { setImmediate } from 'node:timers/promises';
  const { data, target } = boreal.loadIris();
  const models = [
    () => boreal.makePipeline(new boreal.StandardScaler(), new boreal.LogisticRegression({ maxIter: 5 })),
    () => new boreal.RandomForestClassifier({ nEstimators: 3, randomState: 0 }),
    () => boreal.makePipeline(new boreal.SimpleImputer(), new boreal.Ridge()),
    () => new boreal.OneHotEncoder(),
  ];
  const bad = Float64Array.from(data.data, (value, k) => (k === 77 ? Infinity : value));
  async function loop(k) {
    const model = await models[k % models.length]().fit(data, target);
    const copy = await boreal.load(model.toBytes());
    const plan = copy.compile({ precision: 'float32' });
    await plan.run(data);
    plan.runRow([5.1, 3.5, 1.4, 0.2]);
    const controller = new AbortController();
    const aborted = model.fit(data, target, { signal: controller.signal }).catch(() => {});
    controller.abort();
    await aborted;
    const m = data.matmul(data, { transposeA: true }).add(1);
    await m.matmulAsync(m, { out: boreal.Matrix.zeros(4, 4), signal: new AbortController().signal });
    await m.expAsync({ signal: AbortSignal.abort() }).catch(() => {});
    await plan.run(new boreal.Matrix(bad, 150, 4)).then(() => { throw new Error('not refused'); }, () => {});
  }
  async function megabytes() {
    for (let k = 0; k < 5; k++) {
      gc();
      await setImmediate();
    }
    // V8 grows its heap as it likes; what counts is what lives in it, and all memory beside it.
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    return (rss - heapTotal + heapUsed) / 2 ** 20;
  }
  for (let k = 0; k < ${LOOPS}; k++) await loop(k); // until V8 and the allocator have all they will keep
  const before = await megabytes();
  for (let k = 0; k < ${LOOPS}; k++) await loop(k);
  console.log(JSON.stringify({ before, after: await megabytes() }));
`;

test(`${LOOPS} loops of fit, save, load, predict, abort and fail keep memory flat`, {
  timeout: 240_000,
}, async () => {
  const { before, after } = await evaluate<{ before: number; after: number }>(script, {}, ['--expose-gc']);
  expect(after - before).toBeLessThan(BOUND_MIB);
});
