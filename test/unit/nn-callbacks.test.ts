/** Callbacks: what they see and do, the files they write, and the progress bar. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { load } from '../../lib/index.js';
import {
  type Callback,
  csvLogger,
  dense,
  earlyStopping,
  exponentialDecay,
  lambdaCallback,
  learningRateScheduler,
  modelCheckpoint,
  reduceLROnPlateau,
  Sequential,
  type SequentialOptions,
  sgd,
  type TrainingWarning,
  tensorBoard,
} from '../../lib/nn/index.js';
import { ProgressBar } from '../../lib/nn/progress-bar.js';

const line = (options: Partial<SequentialOptions> = {}) =>
  new Sequential([dense(1)], { optimizer: 'sgd', loss: 'mse', randomState: 1, ...options });
const X1 = [[0], [1], [2], [3]];
const y1 = [1, 3, 5, 7];
const refusal = (code: string, message?: RegExp) =>
  expect.objectContaining({ code, ...(message && { message: expect.stringMatching(message) }) });

describe('callbacks', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boreal-keras-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('are called in order, and may do what they like with the run', async () => {
    const calls: string[] = [];
    const model = line({ optimizer: sgd({ learningRate: 0.1 }) });
    const callback = lambdaCallback({
      onTrainBegin: (run) => void calls.push(`begin ${run.epochs} ${run.steps}`),
      onEpochBegin: (epoch) => void calls.push(`epoch ${epoch}`),
      onEpochEnd: async (epoch, logs, run) => {
        await new Promise((resolve) => setImmediate(resolve));
        calls.push(`end ${epoch} ${Object.keys(logs)}`);
        run.learningRate /= 2;
        const { loss } = await run.model.evaluate(X1, y1);
        logs.again = loss;
        if (epoch === 1) run.stop();
      },
      onTrainEnd: (logs, run) =>
        void calls.push(`done ${Object.keys(logs)} ${run.isStopping} ${run.learningRate}`),
    });
    await model.fit(X1, y1, { epochs: 5, batchSize: 3, callbacks: [callback], verbose: 0 });
    expect(calls).toEqual([
      'begin 5 2',
      'epoch 0',
      'end 0 loss',
      'epoch 1',
      'end 1 loss',
      'done loss,again true 0.025',
    ]);
    expect(model.history.history.again).toHaveLength(2);
  });

  test('an error of theirs ends the training; the model keeps what it has learned', async () => {
    const model = line();
    const callbacks = [{ onEpochEnd: () => Promise.reject(new Error('full disk')) }];
    await expect(model.fit(X1, y1, { callbacks, verbose: 0 })).rejects.toThrow('full disk');
    expect(model.isFitted).toBe(true);
    await model.fit(X1, y1, { verbose: 0 });
  });

  test('so does one within an epoch', async () => {
    const model = line({ batchSize: 1 });
    const fail = () => {
      throw new Error('out of ink');
    };
    const options = { epochs: 3, verbose: 0 } as const;
    await expect(model.fit(X1, y1, { ...options, callbacks: [{ onBatchEnd: fail }] })).rejects.toThrow(
      'out of ink',
    );
    const callbacks = [{ onBatchEnd: () => Promise.reject(new Error('out of paper')) }];
    await expect(model.fit(X1, y1, { ...options, callbacks })).rejects.toThrow('out of paper');
    await expect(model.fit(X1, y1, { ...options, onProgress: fail })).rejects.toThrow('out of ink');
    expect(model.isFitted).toBe(true);
    await model.fit(X1, y1, options);
  });

  test('a training that a callback ended has ended: the model can be used at once', async () => {
    const rows = Array.from({ length: 4096 }, (_, i) => [i / 4096]);
    const targets = rows.map(([x]) => x);
    for (let k = 0; k < 20; k++) {
      const fail = () => {
        throw new Error('out of ink');
      };
      const fit = line({ batchSize: 1 }).fit(rows, targets, { epochs: 1, verbose: 0, onProgress: fail });
      await expect(fit).rejects.toThrow('out of ink');
    }
  });

  test('a rate that a callback set stays until the next compile; a schedule cannot be set', async () => {
    const model = line({ optimizer: sgd({ learningRate: 0.1 }) });
    await model.fit(X1, y1, { callbacks: [learningRateScheduler(() => 0.02)], verbose: 0 });
    const seen: number[] = [];
    const look: Callback = { onEpochEnd: (_, __, run) => void seen.push(run.learningRate) };
    await model.fit(X1, y1, { callbacks: [look], verbose: 0 });
    model.compile({ optimizer: sgd({ learningRate: 0.3 }) });
    await model.fit(X1, y1, { callbacks: [look], verbose: 0 });
    expect(seen).toEqual([0.02, 0.3]);
    const decay = exponentialDecay({ initialLearningRate: 0.1, decaySteps: 1, decayRate: 0.5 });
    model.compile({ optimizer: sgd({ learningRate: decay }) });
    const fitting = model.fit(X1, y1, { callbacks: [learningRateScheduler(() => 0.1)], verbose: 0 });
    await expect(fitting).rejects.toEqual(refusal('ERR_NOT_SUPPORTED', /exponentialDecay/));
    const bad = line().fit(X1, y1, { callbacks: [learningRateScheduler(() => Number.NaN)], verbose: 0 });
    await expect(bad).rejects.toEqual(refusal('ERR_PARAMETER', /learningRate/));
  });

  test('early stopping gives the best weights back', async () => {
    const model = line({ optimizer: sgd({ learningRate: 0.05 }) });
    const kept: Float32Array[][] = [];
    const spoil: Callback = {
      onEpochEnd: (epoch, logs, run) => {
        if (epoch === 2) kept.push(run.model.getWeights());
        logs.valLoss = epoch <= 2 ? 3 - epoch : 9;
      },
    };
    const stop = earlyStopping({ patience: 2, restoreBestWeights: true });
    await model.fit(X1, y1, { epochs: 20, callbacks: [spoil, stop], verbose: 0 });
    expect([stop.stoppedEpoch, stop.bestEpoch, stop.best]).toEqual([4, 2, 1]);
    expect(model.getWeights()).toEqual(kept[0]);
    expect(model.history.epoch).toHaveLength(5);
  });

  test('one that watches what there is not is told so once', async () => {
    const warnings: string[] = [];
    const options = {
      epochs: 3,
      verbose: 0,
      onWarning: ({ message }: TrainingWarning) => void warnings.push(message),
    } as const;
    await line().fit(X1, y1, { ...options, callbacks: [earlyStopping()] });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/earlyStopping.*'valLoss'.*loss/);
  });

  test('checkpoints are models', async () => {
    const path = join(folder, 'deep', '{epoch:02d}-{loss:.2f}.boreal');
    const values = [3, 2, 5, 1];
    const saved: string[] = [];
    const set: Callback = {
      onEpochEnd: (epoch, logs, run) => {
        logs.loss = values[epoch];
        if (values[epoch] === 1) saved.push(JSON.stringify(run.model.getWeights()));
      },
    };
    const keep = modelCheckpoint(path, { monitor: 'loss', saveBestOnly: true, initialValueThreshold: 2.5 });
    const model = line();
    await model.fit(X1, y1, { epochs: 4, callbacks: [set, keep], verbose: 0 });
    const best = (await load(join(folder, 'deep', '04-1.00.boreal'))) as Sequential;
    expect(JSON.stringify(best.getWeights())).toBe(saved[0]);
    await expect(load(join(folder, 'deep', '02-2.00.boreal'))).resolves.toBeInstanceOf(Sequential);
    await expect(load(join(folder, 'deep', '01-3.00.boreal'))).rejects.toThrow(/ENOENT/);
    const bad = model.fit(X1, y1, { callbacks: [modelCheckpoint('{fame}')], verbose: 0 });
    await expect(bad).rejects.toEqual(refusal('ERR_PARAMETER', /fame/));
  });

  test('the CSV log has a header and a line per epoch, and can be gone on with', async () => {
    const path = join(folder, 'log.csv');
    const model = line();
    await model.fit(X1, y1, { epochs: 2, validationSplit: 0.25, callbacks: [csvLogger(path)], verbose: 0 });
    await model.fit(X1, y1, {
      epochs: 3,
      initialEpoch: 2,
      validationSplit: 0.25,
      callbacks: [csvLogger(path, { append: true })],
      verbose: 0,
    });
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    expect(lines[0]).toBe('epoch,loss,valLoss');
    expect(lines.slice(1).map((text) => text.split(',').length)).toEqual([3, 3, 3]);
    expect(lines[3]).toBe(`2,${model.history.history.loss[0]},${model.history.history.valLoss[0]}`);
    await model.fit(X1, y1, { callbacks: [csvLogger(path, { separator: ';' })], verbose: 0 });
    expect((await readFile(path, 'utf8')).split('\n')[0]).toBe('epoch;loss');
  });
});

describe('the bar', () => {
  function record(verbose: 'auto' | 0 | 1 | 2, isTTY: boolean): string {
    let text = '';
    let now = 0;
    const write = (part: string) => {
      text += part;
    };
    const out = { isTTY, write };
    const bar = new ProgressBar(verbose, out, () => now);
    bar.beginEpoch(1, 5, 10);
    now = 100;
    bar.step(4, { loss: 0.5 });
    now = 120;
    bar.step(5, { loss: 0.45 });
    now = 2000;
    bar.print('note');
    bar.endEpoch(10, { loss: 0.25, accuracy: 0.00012 });
    return text;
  }

  test('is drawn on a terminal, as Keras draws it', () => {
    const text = record('auto', true);
    const plain = stripVTControlCharacters(text);
    expect(plain.split('\n')[0]).toBe('Epoch 2/5');
    expect(plain).toContain(`\r 4/10 ${'━'.repeat(20)} 0s 25ms/step - loss: 0.5000`);
    expect(plain).not.toContain('0.4500');
    expect(plain).toContain('\rnote\n');
    expect(
      plain.endsWith(`\r10/10 ${'━'.repeat(20)} 2s 200ms/step - loss: 0.2500 - accuracy: 1.2000e-4\n`),
    ).toBe(true);
  });

  test('is not drawn elsewhere; a line per epoch is, when asked for', () => {
    expect(record('auto', false) + record(1, false) + record(0, true)).toBe('');
    expect(record(2, false)).toBe(
      'Epoch 2/5\nnote\n10/10 - 2s 200ms/step - loss: 0.2500 - accuracy: 1.2000e-4\n',
    );
  });
});

/** CRC-32C bit by bit, masked as in TFRecords: another way than that of the callback. */
function maskedCrc(data: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of data) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  const value = ~crc >>> 0;
  return (((value >>> 15) | (value << 17)) + 0xa282ead8) >>> 0;
}

/** The fields of a protocol buffer: number, and varint, double, bytes or float by its wire type. */
function fieldsOf(data: Buffer): Array<[number: number, value: number | Buffer]> {
  const fields: Array<[number, number | Buffer]> = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const tag = varint();
    const wire = tag % 8;
    const take = (size: number) => {
      at += size;
      return data.subarray(at - size, at);
    };
    const value =
      wire === 0
        ? varint()
        : wire === 1
          ? take(8).readDoubleLE()
          : wire === 5
            ? take(4).readFloatLE()
            : take(varint());
    fields.push([Math.floor(tag / 8), value]);
  }
  return fields;
}

interface Scalar {
  step: number;
  tag: string;
  value: number;
}

/** The scalars of an event file; its records and checksums have to be right. */
async function readEvents(folder: string): Promise<{ version: string; scalars: Scalar[] }> {
  const [name] = (await readdir(folder)).filter((file) => file.startsWith('events.out.tfevents.'));
  const bytes = await readFile(join(folder, name));
  const scalars: Scalar[] = [];
  let version = '';
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    at += 16 + length;
    let step = 0;
    for (const [number, value] of fieldsOf(data)) {
      if (number === 1) expect(Math.abs((value as number) * 1000 - Date.now())).toBeLessThan(600_000);
      if (number === 2) step = value as number;
      if (number === 3) version = String(value);
      if (number !== 5) continue;
      for (const [, item] of fieldsOf(value as Buffer)) {
        const parts = new Map(fieldsOf(item as Buffer));
        scalars.push({ step, tag: String(parts.get(1)), value: parts.get(2) as number });
      }
    }
  }
  return { version, scalars };
}

describe('TensorBoard', () => {
  test('reads losses, metrics and rates of epochs, of training and validation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boreal-tensorboard-'));
    try {
      const model = line({ metrics: ['rmse'] });
      const board = tensorBoard({ logDir: folder });
      await model.fit(X1, y1, { epochs: 300, validationSplit: 0.25, callbacks: [board], verbose: 0 });
      const train = await readEvents(join(folder, 'train'));
      expect(train.version).toBe('brain.Event:2');
      const { history } = model.history;
      const of = (scalars: Scalar[], tag: string) => scalars.filter((scalar) => scalar.tag === tag);
      expect(of(train.scalars, 'epoch_loss')).toEqual(
        history.loss.map((value, step) => ({ step, tag: 'epoch_loss', value: Math.fround(value) })),
      );
      expect(of(train.scalars, 'epoch_learning_rate')[299]).toEqual({
        ...{ step: 299, tag: 'epoch_learning_rate', value: Math.fround(0.01) },
      });
      const validation = await readEvents(join(folder, 'validation'));
      expect(new Set(validation.scalars.map(({ tag }) => tag))).toEqual(
        new Set(['epoch_loss', 'epoch_rmse']),
      );
      expect(of(validation.scalars, 'epoch_rmse').map(({ value }) => value)).toEqual(
        history.valRmse.map(Math.fround),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('reads steps within epochs when asked to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boreal-tensorboard-'));
    try {
      const board = tensorBoard({ logDir: folder, updateFreq: 'batch' });
      await line({ batchSize: 1 }).fit(X1, y1, { epochs: 2, callbacks: [board], verbose: 0 });
      const { scalars } = await readEvents(join(folder, 'train'));
      const steps = scalars.filter(({ tag }) => tag === 'batch_loss').map(({ step }) => step);
      expect(steps.length).toBeGreaterThan(0);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      expect(steps[steps.length - 1]).toBeLessThanOrEqual(8);
      expect(() => tensorBoard({ updateFreq: 0 })).toThrow(refusal('ERR_PARAMETER', /updateFreq/));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

test.each<[string, () => unknown]>([
  ['patience', () => earlyStopping({ patience: -1 })],
  ['mode', () => earlyStopping({ mode: 'up' as 'max' })],
  ['nonsense', () => earlyStopping({ nonsense: 1 } as never)],
  ['factor', () => reduceLROnPlateau({ factor: 1 })],
  ['function', () => learningRateScheduler(0.1 as never)],
  ['path', () => modelCheckpoint('')],
  ['path', () => csvLogger(5 as never)],
  ['separator', () => csvLogger('a', { separator: '' })],
  ['logDir', () => tensorBoard({ logDir: '' })],
])('a bad %s is refused (%#)', (name, make) => {
  expect(make).toThrow(refusal('ERR_PARAMETER', new RegExp(name)));
});
