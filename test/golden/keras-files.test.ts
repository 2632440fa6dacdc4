/** `.keras` files against Keras: those it writes, and those that boreal writes and it reads. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load } from '../../lib/index.js';
import { readModel } from '../../lib/interchange/keras/read-model.js';
import { writeModel } from '../../lib/interchange/keras/write-model.js';
import type { Sequential } from '../../lib/nn/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

interface FileCase {
  file: string;
  input: DatasetRef;
  inputShape: number[] | null;
  target: 'labels' | 'binary' | 'oneHot' | 'scaled';
  predicted: number[][];
  evaluated?: Record<string, number>;
  continued?: number[][];
}
const { cases } = readGolden<{ cases: FileCase[] }>('keras-files');

// A prediction is a few sums in float32; training adds up the rounding of some steps.
const FORWARD = iterative(2e-5);
const TRAINED = iterative(5e-4);
const TRAIN = 64;

function targetsOf(y: number[], kind: FileCase['target']): number[] | number[][] {
  const classes = Math.max(...y) + 1;
  switch (kind) {
    case 'labels':
      return y;
    case 'binary':
      return y.map((v) => Number(v > 0));
    case 'scaled':
      return y.map((v) => v / 100);
    case 'oneHot':
      return y.map((label) => Array.from({ length: classes }, (_, k) => Number(k === label)));
  }
}

describe.each(cases)('$file', ({ file, input, target, predicted, evaluated, continued }) => {
  const bytes = readFileSync(new URL(`./models/${file}`, import.meta.url));
  const { X, y } = loadRef(input);
  const rows = split(X.rows);
  const train = X.takeRows(rows.train.slice(0, TRAIN));
  const labels = targetsOf(y, target);
  const goal = rows.train.slice(0, TRAIN).map((i) => labels[i]) as number[];
  const first = X.takeRows(rows.test.slice(0, predicted.length));
  const near = async (model: Sequential, like: number[][], tolerance: typeof FORWARD) =>
    expectClose(Array.from((await model.predict(first)).data), like.flat(), tolerance);

  test('predicts as Keras does', async () => {
    await near(await readModel(bytes, {}), predicted, FORWARD);
    await near(await readModel(bytes, { compile: false }), predicted, FORWARD);
  });

  test.runIf(continued)('evaluates and learns on as Keras does', async () => {
    const model = await readModel(bytes, {});
    const own = await model.evaluate(train, goal, { batchSize: 16 });
    for (const [name, value] of Object.entries(evaluated!)) {
      const camel = name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
      // Keras takes the area under 200 thresholds.
      expectClose([own[camel]], [value], camel === 'auc' ? iterative(0.02) : TRAINED);
    }
    await model.fit(train, goal, { epochs: 1, batchSize: 16, shuffle: false, verbose: 0 });
    await near(model, continued!, TRAINED);
  });

  test('comes back from files of both kinds', async () => {
    const model = await readModel(bytes, {});
    const again = await readModel(await writeModel(model), {});
    const saved = (await load(model.toBytes())) as Sequential;
    for (const copy of [again, saved]) {
      expect(copy.getWeights()).toEqual(model.getWeights());
      expect(copy.snapshot().fitted!.state.moments).toEqual(model.snapshot().fitted!.state.moments);
      expect(copy.snapshot().fitted!.state.steps).toBe(model.snapshot().fitted!.state.steps);
    }
    expect(saved.params).toEqual(model.params);
    expect(again.params.optimizer).toEqual(model.params.optimizer);
    expect(again.params.loss).toEqual(model.params.loss);
  });
});
