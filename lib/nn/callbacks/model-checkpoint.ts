/** Saves a model while it trains. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bool, checkParams, custom, either, nothing, oneOf, real, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { camelCase } from '../losses.js';
import { type Callback, type EpochLogs, Monitor, type MonitorMode } from './callback.js';

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions {
  /** The value to watch with `saveBestOnly`. Default 'valLoss'. */
  readonly monitor?: string;
  /** Save only when the value is the best so far. Default false. */
  readonly saveBestOnly?: boolean;
  /** Default 'auto'. */
  readonly mode?: MonitorMode;
  /** The first value has to be better than this to be saved. Default null. */
  readonly initialValueThreshold?: number | null;
  /** 1 writes a line at each save. Default 0. */
  readonly verbose?: 0 | 1;
}

const RULES = {
  monitor: custom('the name of a value', (v) => typeof v === 'string' && v.length > 0),
  saveBestOnly: bool,
  mode: oneOf('auto', 'min', 'max'),
  initialValueThreshold: either(nothing, real()),
  verbose: custom('0 or 1', (v) => v === 0 || v === 1),
};

/**
 * Saves the model after each epoch, or after those that are the best so far, as keras.callbacks.ModelCheckpoint. The file is
 * read with `load`; folders that are missing are made.
 *
 * @param path - in it `{epoch}` (from 1), `{valLoss}` and the like stand for values; `{epoch:02d}` has two digits,
 *   `{valLoss:.3f}` three decimals
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { modelCheckpoint } from 'boreal/nn';
 * const keep = modelCheckpoint('models/{epoch:02d}-{valLoss:.3f}.boreal', { saveBestOnly: true });
 * ```
 */
export function modelCheckpoint(path: string, options: ModelCheckpointOptions = {}): Callback {
  const all = {
    monitor: 'valLoss',
    saveBestOnly: false,
    mode: 'auto' as MonitorMode,
    initialValueThreshold: null,
    verbose: 0,
    ...options,
  };
  checkParams('modelCheckpoint', all, RULES);
  if (typeof path !== 'string' || path === '') {
    throw new ValidationError('ERR_PARAMETER', `modelCheckpoint needs a path; got ${show(path)}.`);
  }
  const monitor = new Monitor('modelCheckpoint', all.monitor, all.mode, 0);
  let best: number | null = all.initialValueThreshold;
  return {
    async onEpochEnd(epoch, logs, run) {
      if (all.saveBestOnly) {
        const value = monitor.read(logs, run);
        if (value === undefined || !monitor.isBetter(value, best)) return;
        best = value;
      }
      const file = formatPath(path, epoch, logs);
      await mkdir(dirname(file), { recursive: true });
      await run.model.save(file);
      if (all.verbose > 0) run.print(`Epoch ${epoch + 1}: saving model to ${file}`);
    },
  };
}

/** @throws {ERR_PARAMETER} for a name that the epoch has no value of */
function formatPath(path: string, epoch: number, logs: EpochLogs): string {
  const values: Record<string, number> = { ...logs, epoch: epoch + 1 };
  return path.replace(
    /\{(\w+)(?::0?(\d*)d|:\.(\d+)f)?\}/g,
    (_, given: string, digits?: string, decimals?: string) => {
      const name = camelCase(given);
      if (!Object.hasOwn(values, name)) {
        const message = `modelCheckpoint: the path names '${name}', which an epoch does not have; it has ${Object.keys(values).join(', ')}.`;
        throw new ValidationError('ERR_PARAMETER', message);
      }
      if (decimals !== undefined) return values[name].toFixed(Number(decimals));
      return String(values[name]).padStart(Number(digits ?? 0), '0');
    },
  );
}
