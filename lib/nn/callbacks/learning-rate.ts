/** Callbacks that change the learning rate. */
import { checkParams, custom, int, oneOf, real, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { type Callback, Monitor, type MonitorMode } from './callback.js';

/** Options of {@link reduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions {
  /** The value to watch. Default 'valLoss'. */
  readonly monitor?: string;
  /** What the rate is multiplied by, in (0, 1). Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement after which it is. Default 10. */
  readonly patience?: number;
  /** Default 'auto'. */
  readonly mode?: MonitorMode;
  /** A smaller change is no improvement. Default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a change that are not counted. Default 0. */
  readonly cooldown?: number;
  /** The rate does not fall below this. Default 0. */
  readonly minLr?: number;
  /** 1 writes a line at each change. Default 0. */
  readonly verbose?: 0 | 1;
}

const verbose = custom('0 or 1', (v) => v === 0 || v === 1);
const RULES = {
  monitor: custom('the name of a value', (v) => typeof v === 'string' && v.length > 0),
  factor: real(0, 1, 'both'),
  patience: int(0),
  mode: oneOf('auto', 'min', 'max'),
  minDelta: real(0),
  cooldown: int(0),
  minLr: real(0),
  verbose,
};

/**
 * Lowers the learning rate when a value has stopped getting better, as keras.callbacks.ReduceLROnPlateau. The rate stands in the
 * history as `learningRate`.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dense, reduceLROnPlateau, Sequential, sgd } from 'boreal/nn';
 * const model = new Sequential([dense(1)]).compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'mse' });
 * const callbacks = [reduceLROnPlateau({ monitor: 'loss', minDelta: 1e9, patience: 1, factor: 0.5 })];
 * await model.fit([[0], [1]], [0, 1], { epochs: 3, callbacks, verbose: 0 });
 * model.history.history.learningRate; // [0.5, 0.5, 0.25]
 * ```
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const all = {
    monitor: 'valLoss',
    factor: 0.1,
    patience: 10,
    mode: 'auto' as MonitorMode,
    minDelta: 1e-4,
    cooldown: 0,
    minLr: 0,
    verbose: 0,
    ...options,
  };
  checkParams('reduceLROnPlateau', all, RULES);
  const monitor = new Monitor('reduceLROnPlateau', all.monitor, all.mode, all.minDelta);
  let best: number | null = null;
  let wait = 0;
  let cooling = 0;
  return {
    onTrainBegin() {
      best = null;
      wait = 0;
      cooling = 0;
    },
    onEpochEnd(epoch, logs, run) {
      const rate = run.learningRate;
      logs.learningRate = rate;
      const value = monitor.read(logs, run);
      if (value === undefined) return;
      const isCooling = cooling > 0;
      if (isCooling) {
        cooling -= 1;
        wait = 0;
      }
      if (monitor.isBetter(value, best)) {
        best = value;
        wait = 0;
        return;
      }
      if (cooling > 0) return;
      wait += 1;
      if (wait < all.patience || rate <= all.minLr) return;
      run.learningRate = Math.max(rate * all.factor, all.minLr);
      if (all.verbose > 0) {
        run.print(`Epoch ${epoch + 1}: reduceLROnPlateau reducing learning rate to ${run.learningRate}.`);
      }
      cooling = all.cooldown;
      wait = 0;
    },
  };
}

/**
 * Sets the learning rate at the start of each epoch, as keras.callbacks.LearningRateScheduler. The rate stands in the history
 * as `learningRate`.
 *
 * @param schedule - from the epoch (from 0) and the rate to a new rate
 * @param options - `verbose` 1 writes a line each epoch. Default 0
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dense, learningRateScheduler, Sequential, sgd } from 'boreal/nn';
 * const model = new Sequential([dense(1)]).compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'mse' });
 * const callbacks = [learningRateScheduler((epoch, rate) => (epoch < 2 ? rate : rate / 2))];
 * await model.fit([[0], [1]], [0, 1], { epochs: 4, callbacks, verbose: 0 });
 * model.history.history.learningRate; // [0.5, 0.5, 0.25, 0.125]
 * ```
 */
export function learningRateScheduler(
  schedule: (epoch: number, learningRate: number) => number,
  options: { readonly verbose?: 0 | 1 } = {},
): Callback {
  const all = { verbose: 0, ...options };
  checkParams('learningRateScheduler', all, { verbose });
  if (typeof schedule !== 'function') {
    const message = `learningRateScheduler takes a function (epoch, learningRate) => learningRate; got ${show(schedule)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return {
    onEpochBegin(epoch, run) {
      run.learningRate = schedule(epoch, run.learningRate);
      if (all.verbose > 0) {
        run.print(`Epoch ${epoch + 1}: learningRateScheduler setting learning rate to ${run.learningRate}.`);
      }
    },
    onEpochEnd(_epoch, logs, run) {
      logs.learningRate = run.learningRate;
    },
  };
}
