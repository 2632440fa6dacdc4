/** Writes a line of a CSV file for each epoch. */
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { bool, checkParams, custom, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import type { Callback } from './callback.js';

/** Options of {@link csvLogger}. */
export interface CsvLoggerOptions {
  /** Between the values of a line. Default ','. */
  readonly separator?: string;
  /** Go on with a file that is there, without a header. Default false. */
  readonly append?: boolean;
}

/**
 * Writes losses and metrics of each epoch to a file, as keras.callbacks.CSVLogger: a header of 'epoch' and the names in order,
 * then a line per epoch; what an epoch does not have is 'NA'.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { csvLogger } from 'boreal/nn';
 * const log = csvLogger('training.csv', { separator: ';' });
 * ```
 */
export function csvLogger(path: string, options: CsvLoggerOptions = {}): Callback {
  const all = { separator: ',', append: false, ...options };
  const rules = { separator: custom('a text', (v) => typeof v === 'string' && v.length > 0), append: bool };
  checkParams('csvLogger', all, rules);
  if (typeof path !== 'string' || path === '') {
    throw new ValidationError('ERR_PARAMETER', `csvLogger needs a path; got ${show(path)}.`);
  }
  let names: string[] | null = null;
  const line = (cells: readonly unknown[]) => `${cells.join(all.separator)}\n`;
  return {
    onTrainBegin() {
      names = null;
    },
    async onEpochEnd(epoch, logs) {
      if (names === null) {
        names = Object.keys(logs).sort();
        const goesOn = all.append && (await sizeOf(path)) > 0;
        if (!goesOn) await writeFile(path, line(['epoch', ...names]));
      }
      const cells = names.map((name) => (Object.hasOwn(logs, name) ? logs[name] : 'NA'));
      await appendFile(path, line([epoch, ...cells]));
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
