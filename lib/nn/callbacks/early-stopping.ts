/** Ends training when a value has stopped getting better. */
import { bool, checkParams, custom, either, int, nothing, oneOf, real } from '../../core/params.js';
import { type Callback, Monitor, type MonitorMode } from './callback.js';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** The value to watch. Default 'valLoss'. */
  readonly monitor?: string;
  /** A smaller change is no improvement. Default 0. */
  readonly minDelta?: number;
  /** Epochs without improvement after which training ends. Default 0. */
  readonly patience?: number;
  /** Default 'auto'. */
  readonly mode?: MonitorMode;
  /** Training also ends when the value has not become better than this within the patience. Default null. */
  readonly baseline?: number | null;
  /** Gives the model the weights of its best epoch in the end. Default false. */
  readonly restoreBestWeights?: boolean;
  /** Epochs at the start that are not watched. Default 0. */
  readonly startFromEpoch?: number;
  /** 1 writes a line when training ends. Default 0. */
  readonly verbose?: 0 | 1;
}

const name = custom('the name of a value', (v) => typeof v === 'string' && v.length > 0);
const RULES = {
  monitor: name,
  minDelta: real(),
  patience: int(0),
  mode: oneOf('auto', 'min', 'max'),
  baseline: either(nothing, real()),
  restoreBestWeights: bool,
  startFromEpoch: int(0),
  verbose: custom('0 or 1', (v) => v === 0 || v === 1),
};

/**
 * Ends training when a value has stopped getting better, as keras.callbacks.EarlyStopping.
 *
 * @returns a callback, whose `stoppedEpoch` is the epoch it ended (0: it did not), `best` the best value and `bestEpoch` its
 *   epoch
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dense, earlyStopping, Sequential } from 'boreal/nn';
 * const model = new Sequential([dense(1)]).compile({ optimizer: 'sgd', loss: 'mse' });
 * const stop = earlyStopping({ monitor: 'loss', minDelta: 1e9, patience: 2 });
 * await model.fit([[0], [1]], [0, 1], { epochs: 50, callbacks: [stop], verbose: 0 });
 * model.history.epoch.length; // 3
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback & {
  readonly stoppedEpoch: number;
  readonly best: number | null;
  readonly bestEpoch: number;
} {
  const all = {
    monitor: 'valLoss',
    minDelta: 0,
    patience: 0,
    mode: 'auto' as MonitorMode,
    baseline: null,
    restoreBestWeights: false,
    startFromEpoch: 0,
    verbose: 0,
    ...options,
  };
  checkParams('earlyStopping', all, RULES);
  const monitor = new Monitor('earlyStopping', all.monitor, all.mode, all.minDelta);
  let wait = 0;
  let best: number | null = null;
  let bestEpoch = 0;
  let stoppedEpoch = 0;
  let weights: Float32Array[] | null = null;
  return {
    get stoppedEpoch() {
      return stoppedEpoch;
    },
    get best() {
      return best;
    },
    get bestEpoch() {
      return bestEpoch;
    },
    onTrainBegin() {
      wait = 0;
      best = null;
      bestEpoch = 0;
      stoppedEpoch = 0;
      weights = null;
    },
    onEpochEnd(epoch, logs, run) {
      const value = monitor.read(logs, run);
      if (value === undefined || epoch < all.startFromEpoch) return;
      if (all.restoreBestWeights) weights ??= run.model.getWeights();
      wait += 1;
      if (monitor.isBetter(value, best)) {
        best = value;
        bestEpoch = epoch;
        if (all.restoreBestWeights) weights = run.model.getWeights();
        if (all.baseline === null || monitor.isBetter(value, all.baseline)) wait = 0;
        return;
      }
      if (wait >= all.patience && epoch > 0) {
        stoppedEpoch = epoch;
        run.stop();
      }
    },
    onTrainEnd(_logs, run) {
      if (stoppedEpoch > 0 && all.verbose > 0) run.print(`Epoch ${stoppedEpoch + 1}: early stopping`);
      if (weights === null) return;
      if (all.verbose > 0)
        run.print(`Restoring model weights from the end of the best epoch: ${bestEpoch + 1}.`);
      run.model.setWeights(weights);
      weights = null;
    },
  };
}
