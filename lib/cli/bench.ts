/** `boreal bench`: how long predictions of a model file take on this machine, a row at a time and all rows of a file at once. */
import { performance } from 'node:perf_hooks';
import { selectTableRows, tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';
import { loadWithMetadata } from '../index.js';
import { pairs } from './format.js';
import { inputOf, readRows } from './rows.js';

/** Measures for about `seconds` each; prints medians. */
export async function bench(
  path: string,
  data: string,
  { seconds, json = false }: { readonly seconds: number; readonly json?: boolean },
): Promise<void> {
  const { model, metadata } = await loadWithMetadata(path);
  if (typeof model.predict !== 'function' || model.outputs.length === 0)
    throw new ValidationError(
      'ERR_PARAMETER',
      `boreal bench: this model is a ${model.kind}, which does not predict.`,
    );
  const X = inputOf(model, metadata, await readRows(data));
  const first = Array.isArray(X) ? [X[0]] : selectTableRows(X, [0]);
  const one = await median(seconds, () => model.predictSync(first));
  const rows = Array.isArray(X) ? X.length : tableToColumns(X).rows;
  const all = await median(seconds, () => model.predict(X));
  const result = {
    oneRowMicroseconds: one * 1000,
    rows,
    allRowsMilliseconds: all,
    rowsPerSecond: (rows / all) * 1000,
  };
  if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    const lines: Array<[string, string]> = [
      ['one row', `${result.oneRowMicroseconds.toFixed(1)} us, median`],
      [`${rows} rows`, `${all.toFixed(2)} ms, median; ${Math.round(result.rowsPerSecond)} rows/s`],
    ];
    process.stdout.write(`${path}\n${pairs(lines)}`);
  }
}

/** The median time of calls in milliseconds, after some that warm up. */
async function median(seconds: number, run: () => unknown): Promise<number> {
  for (let i = 0; i < 10; i++) await run();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times.sort((a, b) => a - b)[times.length >> 1];
}
