/**
 * The loop over epochs: one native call trains an epoch, another judges the validation set; between them callbacks, history,
 * progress bar and events.
 */
import type { Progress } from '../core/fit-input.js';
import { promiseOf } from '../core/listener.js';
import { custom, show } from '../core/params.js';
import { Random } from '../core/random.js';
import type { TrainingDevice } from '../core/training-device.js';
import { warn } from '../core/warn.js';
import { AbortError, StateError, ValidationError } from '../errors.js';
import type { Callback, EpochLogs, TrainingRun } from './callbacks/callback.js';
import type { Engine, EngineRows } from './engine.js';
import type { History } from './history.js';
import type { SequentialState } from './layered-model.js';
import type { Loss } from './losses.js';
import { isCounted, type MetricSpec, measure } from './metrics.js';
import type { OptimizerConfig } from './optimizers.js';
import { ProgressBar, type Verbosity } from './progress-bar.js';
import { learningRateAt } from './schedules.js';
import type { Sequential } from './sequential.js';

/** Everything a training needs, checked. */
export interface TrainingSession {
  readonly train: EngineRows;
  readonly validation: EngineRows | null;
  readonly loss: Loss;
  readonly optimizer: OptimizerConfig;
  readonly metrics: readonly MetricSpec[];
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly batchSize: number;
  readonly validationBatchSize: number;
  readonly validationFreq: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly verbose: Verbosity;
  readonly callbacks: readonly Callback[];
  readonly device: TrainingDevice;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: Progress) => unknown;
  readonly onWarning?: (warning: TrainingWarning) => void;
}

/** Something about a training that is no error. */
export interface TrainingWarning {
  readonly message: string;
  /** The epoch it was noticed in, from 0. */
  readonly epoch: number;
}

/** What the loop needs of the model, beside what callbacks see. */
export interface Trainee {
  readonly model: Sequential;
  readonly engine: Engine;
  readonly history: History;
  /** A learning rate that was set in place of the optimizer's. */
  learningRate: number | null;
  /** Gives the model what the engine has learned, and returns it. */
  commit(): SequentialState;
}

const rate = custom('a number >= 0', (v) => Number.isFinite(v) && (v as number) >= 0);

/** One call of `fit`. */
export class Training implements TrainingRun {
  readonly #trainee: Trainee;
  readonly #session: TrainingSession;
  readonly #bar: ProgressBar;
  readonly #warned = new Set<string>();
  readonly steps: number;
  #epoch: number;
  #isStopping = false;
  /** The last state with finite weights. */
  #good: SequentialState;

  constructor(trainee: Trainee, session: TrainingSession) {
    this.#trainee = trainee;
    this.#session = session;
    this.#bar = new ProgressBar(session.verbose);
    this.#epoch = session.initialEpoch;
    this.steps = Math.ceil(session.train.rows / session.batchSize);
    this.#good = trainee.engine.state(null);
  }

  get model(): Sequential {
    return this.#trainee.model;
  }

  get epochs(): number {
    return this.#session.epochs;
  }

  get learningRate(): number {
    const { engine, learningRate } = this.#trainee;
    return learningRate ?? learningRateAt(this.#session.optimizer.learningRate, engine.steps);
  }

  set learningRate(value: number) {
    if (!rate.allows(value)) {
      const message = `learningRate must be ${rate.allowed}; got ${show(value)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const { learningRate } = this.#session.optimizer;
    if (typeof learningRate === 'object') {
      const message = `The learning rate is a schedule (${learningRate.type}), which callbacks cannot change; give the optimizer a number.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    this.#trainee.learningRate = value;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
  }

  print(line: string): void {
    this.#bar.print(line);
  }

  warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    const { onWarning } = this.#session;
    if (onWarning) onWarning({ message, epoch: this.#epoch });
    else warn(message);
  }

  /** Trains until the last epoch, or until it is stopped. @throws {ERR_ABORTED} when the signal fires */
  async run(): Promise<void> {
    const { engine } = this.#trainee;
    const { batchSize, device, epochs, initialEpoch, loss, metrics, signal, train } = this.#session;
    const counted = metrics.filter(isCounted).map(({ type }) => type);
    const pass = { batchSize, loss, metrics: counted, signal };
    await engine.place(device, train, pass, Math.max(epochs - initialEpoch, 1));
    try {
      await this.#runEpochs();
    } finally {
      engine.release();
    }
  }

  async #runEpochs(): Promise<void> {
    const { epochs, initialEpoch, callbacks, signal } = this.#session;
    let logs: EpochLogs = {};
    for (const callback of callbacks) await callback.onTrainBegin?.(this);
    for (let epoch = initialEpoch; epoch < epochs && !this.#isStopping; epoch++) {
      if (signal?.aborted) throw new AbortError();
      this.#epoch = epoch;
      logs = await this.#runEpoch(epoch);
    }
    for (const callback of callbacks) await callback.onTrainEnd?.(logs, this);
  }

  async #runEpoch(epoch: number): Promise<EpochLogs> {
    const { callbacks, epochs, train, validation, validationFreq } = this.#session;
    const { commit, history } = this.#trainee;
    this.#bar.beginEpoch(epoch, epochs, this.steps);
    for (const callback of callbacks) await callback.onEpochBegin?.(epoch, this);
    const { logs, done } = await this.#trainEpoch(epoch);
    const state = commit();
    if (state.weights.every(areFinite)) this.#good = state;
    await this.#addDerived(train, logs);
    if (validation !== null && (epoch + 1) % validationFreq === 0) {
      await this.#judge(validation, logs);
    }
    this.#bar.endEpoch(done, logs);
    for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs, this);
    history.add(epoch, logs);
    this.#report(epoch, this.steps, logs, logs.valLoss);
    return logs;
  }

  async #trainEpoch(epoch: number): Promise<{ logs: EpochLogs; done: number }> {
    const { batchSize, callbacks, loss, metrics, optimizer, shuffle, seed, signal, train } = this.#session;
    const { engine, learningRate } = this.#trainee;
    const counted = metrics.filter(isCounted);
    const order = shuffle ? await permutation(train.rows, seed * 2 ** 20 + (engine.steps % 2 ** 20)) : null;
    const rates = Float64Array.from(
      { length: this.steps },
      (_, step) => learningRate ?? learningRateAt(optimizer.learningRate, engine.steps + step),
    );
    const logsOf = (mean: number, values: ArrayLike<number>): EpochLogs => {
      const logs: EpochLogs = { loss: mean };
      counted.forEach(({ name }, k) => {
        logs[name] = values[k];
      });
      return logs;
    };
    const pending: Promise<unknown>[] = [];
    const result = await engine.train(train, {
      ...{ batchSize, loss, optimizer, rates, order, signal },
      metrics: counted.map(({ type }) => type),
      onStep: (done, mean, values) => {
        const logs = logsOf(mean, values);
        this.#bar.step(done, logs);
        for (const callback of callbacks) {
          const called = promiseOf(callback.onBatchEnd?.(done - 1, logs, this));
          if (called === null) continue;
          pending.push(called);
          // The epoch fails with it in the end; until then nobody waits for it.
          called.catch(() => undefined);
        }
        // The last step of an epoch is reported with its validation.
        if (done < this.steps) this.#report(epoch, done, logs, undefined);
      },
    });
    await Promise.all(pending);
    const logs = logsOf(result.loss, result.metrics);
    if (!result.finite) {
      this.stop();
      // Steps before it may have spoiled weights and moments already.
      engine.restore(this.#good);
      this.warn(
        `The loss of epoch ${epoch + 1}, step ${result.steps + 1} was NaN or infinite. Training ends, and the model goes back to the last epoch whose weights are finite. ` +
          'Scale the inputs and targets, lower the learning rate, or clip gradients (clipNorm).',
      );
    }
    return { logs, done: result.steps };
  }

  async #judge(rows: EngineRows, logs: EpochLogs): Promise<void> {
    const { loss, metrics, validationBatchSize: batchSize, signal } = this.#session;
    const { engine } = this.#trainee;
    const judged = await evaluateRows(engine, rows, { loss, metrics, batchSize, signal });
    for (const [name, value] of Object.entries(judged)) logs[valName(name)] = value;
  }

  /** Metrics that need all predictions; of training rows they are those after the epoch. */
  async #addDerived(rows: EngineRows, logs: EpochLogs): Promise<void> {
    const { metrics } = this.#session;
    if (metrics.every(isCounted)) return;
    Object.assign(logs, await derivedMetrics(this.#trainee.engine, rows, metrics));
  }

  #report(epoch: number, steps: number, { loss }: EpochLogs, validationLoss: number | undefined): void {
    const { epochs, initialEpoch, onProgress } = this.#session;
    if (onProgress === undefined) return;
    const done = (epoch - initialEpoch) * this.steps + steps;
    const total = (epochs - initialEpoch) * this.steps;
    const event: Progress = {
      estimator: this.model.constructor.name,
      ...{ done, total, fraction: done / total, trainLoss: loss },
      ...(validationLoss === undefined ? {} : { validationLoss }),
    };
    if (onProgress(event) === false) this.stop();
  }
}

function areFinite(weights: Float32Array): boolean {
  // Sums of finite float32 numbers do not overflow.
  let sum = 0;
  for (const weight of weights) sum += weight;
  return Number.isFinite(sum);
}

const valName = (name: string) => `val${name[0].toUpperCase()}${name.slice(1)}`;

/** Loss and metrics of rows, in the order of the metrics. */
export async function evaluateRows(
  engine: Engine,
  rows: EngineRows,
  options: {
    readonly loss: Loss;
    readonly metrics: readonly MetricSpec[];
    readonly batchSize: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<EpochLogs> {
  const { loss, metrics, batchSize, signal } = options;
  const counted = metrics.filter(isCounted);
  const result = await engine.evaluate(rows, {
    loss,
    metrics: counted.map(({ type }) => type),
    batchSize,
    signal,
  });
  const derived = metrics.every(isCounted) ? {} : await derivedMetrics(engine, rows, metrics);
  const logs: EpochLogs = { loss: result.loss };
  for (const metric of metrics) {
    logs[metric.name] = isCounted(metric) ? result.metrics[counted.indexOf(metric)] : derived[metric.name];
  }
  return logs;
}

async function derivedMetrics(
  engine: Engine,
  { x, rows, y, weights }: EngineRows,
  metrics: readonly MetricSpec[],
): Promise<EpochLogs> {
  const predicted = await engine.predict(x, rows);
  const derived: EpochLogs = {};
  for (const metric of metrics) {
    if (!isCounted(metric)) derived[metric.name] = measure(metric, { y, predicted, weights });
  }
  return derived;
}

/** Rows shuffled at once without a pause. */
const CHUNK = 1 << 17;

/** The numbers from 0 to n - 1 in random order; the event loop turns between chunks. */
async function permutation(n: number, seed: number): Promise<Int32Array> {
  const random = new Random(seed);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
    if (i % CHUNK === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return order;
}
