/**
 * Event files that TensorBoard shows: TFRecords (length, masked CRC-32C of it, data, masked CRC-32C of them) of Event messages
 * (tensorflow/core/util/event.proto), written by hand, since a scalar is five fields.
 */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { checkParams, custom, either, int, oneOf } from '../../core/params.js';
import type { Callback, EpochLogs } from './callback.js';

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions {
  /** The folder to write to. Default 'logs'. */
  readonly logDir?: string;
  /** 'epoch', or 'batch' or a number of steps to write the running loss and metrics within epochs, too. Default 'epoch'. */
  readonly updateFreq?: 'epoch' | 'batch' | number;
}

const RULES = {
  logDir: custom('the path of a folder', (v) => typeof v === 'string' && v.length > 0),
  updateFreq: either(oneOf('epoch', 'batch'), int(1)),
};

/**
 * Writes losses, metrics and the learning rate for TensorBoard, as keras.callbacks.TensorBoard does: below `logDir` in 'train'
 * the scalars 'epoch_loss', 'epoch_accuracy', ... and 'epoch_learning_rate', in 'validation' the same of the validation set.
 *
 * Differs from Keras: scalars only; no graphs, histograms or profiles.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { tensorBoard } from 'boreal/nn';
 * const board = tensorBoard({ logDir: 'logs/run-1' }); // then: tensorboard --logdir logs
 * ```
 */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const all = { logDir: 'logs', updateFreq: 'epoch' as const, ...options };
  checkParams('tensorBoard', all, RULES);
  const every =
    all.updateFreq === 'epoch' ? Infinity : all.updateFreq === 'batch' ? 1 : Number(all.updateFreq);
  let train: EventFile | null = null;
  let validation: EventFile | null = null;
  let firstStep = 0;
  let nextStep = 0;
  let pending: Array<readonly [step: number, logs: EpochLogs]> = [];
  return {
    async onTrainBegin() {
      train = await EventFile.open(join(all.logDir, 'train'));
      validation = null;
      firstStep = 0;
      nextStep = every;
      pending = [];
    },
    onBatchEnd(batch, logs) {
      const step = firstStep + batch + 1;
      if (step < nextStep) return;
      nextStep = step + every;
      pending.push([step, { ...logs }]);
    },
    async onEpochEnd(epoch, logs, run) {
      for (const [step, values] of pending.splice(0)) await train?.write(step, scalars('batch_', values));
      firstStep += run.steps;
      const own: EpochLogs = { learningRate: run.learningRate };
      const held: EpochLogs = {};
      for (const [name, value] of Object.entries(logs)) {
        const of = /^val([A-Z])(.*)$/.exec(name);
        if (of === null) own[name] = value;
        else held[of[1].toLowerCase() + of[2]] = value;
      }
      await train?.write(epoch, scalars('epoch_', own));
      if (Object.keys(held).length === 0) return;
      validation ??= await EventFile.open(join(all.logDir, 'validation'));
      await validation.write(epoch, scalars('epoch_', held));
    },
  };
}

/** Keras's names: 'epoch_sparse_categorical_accuracy'. */
function scalars(prefix: string, logs: EpochLogs): Array<[tag: string, value: number]> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.entries(logs).map(([name, value]) => [prefix + snake(name), value]);
}

let opened = 0;

/** One event file, appended to. */
class EventFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(folder: string): Promise<EventFile> {
    await mkdir(folder, { recursive: true });
    const seconds = Math.floor(Date.now() / 1000);
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${opened++}.v2`;
    const file = new EventFile(join(folder, name));
    await writeFile(file.#path, record(event(null, [[3, text('brain.Event:2')]])));
    return file;
  }

  async write(step: number, values: ReadonlyArray<readonly [tag: string, value: number]>): Promise<void> {
    const summary = values.map(([tag, value]) =>
      bytesField(1, Buffer.concat([bytesField(1, text(tag)), floatField(2, value)])),
    );
    await appendFile(this.#path, record(event(step, [[5, Buffer.concat(summary)]])));
  }
}

const text = (value: string) => Buffer.from(value, 'utf8');

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function bytesField(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

function floatField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = number * 8 + 5;
  bytes.writeFloatLE(value, 1);
  return bytes;
}

/** wall_time = 1 (double), step = 2 (int64), then fields of bytes. */
function event(step: number | null, fields: ReadonlyArray<readonly [number: number, value: Buffer]>): Buffer {
  const time = Buffer.alloc(9);
  time[0] = 1 * 8 + 1;
  time.writeDoubleLE(Date.now() / 1000, 1);
  const at = step === null ? [] : [varint(2 * 8), varint(step)];
  return Buffer.concat([time, ...at, ...fields.map(([number, value]) => bytesField(number, value))]);
}

function record(data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length), 0);
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc(data), 0);
  return Buffer.concat([head, data, tail]);
}

/** CRC-32C (Castagnoli), reflected, a byte at a time. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** TFRecord masks CRCs, so that those of data that hold CRCs stay good. */
function maskedCrc(data: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of data) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
