/** Callbacks: what is called while a model trains, and what it may do. */
import { oneOf, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { camelCase } from '../losses.js';
import type { Sequential } from '../sequential.js';

/** Losses and metrics of an epoch so far, which a callback may add to: 'loss', 'accuracy', 'valLoss' ... */
export type EpochLogs = Record<string, number>;

/** A training as callbacks see it. */
export interface TrainingRun {
  /** The model, with the weights it has at that time; its methods may be called. */
  readonly model: Sequential;
  /** Epochs that were asked for, counted from the very first. */
  readonly epochs: number;
  /** Steps (mini-batches) of an epoch. */
  readonly steps: number;
  /**
   * The learning rate, which may be set where it is no schedule.
   *
   * @throws {ERR_NOT_SUPPORTED} when it is set and is a schedule
   * @throws {ERR_PARAMETER} when it is set to what is no number >= 0
   */
  learningRate: number;
  /** Whether training ends with this epoch. */
  readonly isStopping: boolean;
  /** Ends training after this epoch. */
  stop(): void;
  /** Writes a line for people, above the progress bar, where `verbose` is not 0. */
  print(line: string): void;
  /** Gives a warning to `onWarning`, or to `process.emitWarning`; each message once. */
  warn(message: string): void;
}

/**
 * What is called while a model trains. All members are optional; promises are waited for, except those of `onBatchEnd`. An
 * error that is thrown ends the training and rejects `fit`.
 *
 * @example
 * ```ts
 * import { dense, Sequential } from 'boreal/nn';
 * const seen = [];
 * const callback = { onEpochEnd: (epoch, logs) => void seen.push(logs.loss) };
 * const model = new Sequential([dense(1)]).compile({ optimizer: 'sgd', loss: 'mse' });
 * await model.fit([[0], [1]], [0, 1], { epochs: 3, callbacks: [callback], verbose: 0 });
 * seen.length; // 3
 * ```
 */
export interface Callback {
  /** Before the first epoch. */
  onTrainBegin?(run: TrainingRun): unknown;
  /** Before an epoch, counted from 0. */
  onEpochBegin?(epoch: number, run: TrainingRun): unknown;
  /** Now and then within an epoch, with the number of the last step done (from 0) and the running means. */
  onBatchEnd?(batch: number, logs: Readonly<EpochLogs>, run: TrainingRun): unknown;
  /** After an epoch and its validation. */
  onEpochEnd?(epoch: number, logs: EpochLogs, run: TrainingRun): unknown;
  /** After the last epoch, also of a training that was stopped; not of one that failed or was aborted. */
  onTrainEnd?(logs: Readonly<EpochLogs>, run: TrainingRun): unknown;
}

/** Which way a watched value gets better; 'auto' goes by its name. */
export type MonitorMode = 'auto' | 'min' | 'max';

const mode = oneOf('auto', 'min', 'max');
const RISING = /(accuracy|precision|recall|auc|score|similarity|acc)$/i;

/** A value by name, and which way it gets better. */
export class Monitor {
  /** In camelCase: 'val_loss' is 'valLoss'. */
  readonly name: string;
  readonly #rises: boolean;
  readonly #minDelta: number;
  readonly #owner: string;

  /** @throws {ERR_PARAMETER} for a bad mode */
  constructor(owner: string, name: string, given: MonitorMode, minDelta: number) {
    if (!mode.allows(given)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `${owner}: mode must be ${mode.allowed}; got ${show(given)}.`,
      );
    }
    this.#owner = owner;
    this.name = camelCase(name);
    this.#rises = given === 'max' || (given === 'auto' && RISING.test(this.name));
    this.#minDelta = Math.abs(minDelta);
  }

  /** The value of an epoch; undefined, with a warning, when it has none. */
  read(logs: EpochLogs, run: TrainingRun): number | undefined {
    const value = Object.hasOwn(logs, this.name) ? logs[this.name] : undefined;
    if (value === undefined) {
      const names = Object.keys(logs).join(', ');
      run.warn(`${this.#owner} watches '${this.name}', which this training does not have; it has ${names}.`);
    }
    return value;
  }

  /** Whether a value is better than the best so far by more than minDelta. */
  isBetter(value: number, best: number | null): boolean {
    if (best === null) return true;
    return this.#rises ? value - this.#minDelta > best : value + this.#minDelta < best;
  }
}
