/** `boreal quantize`: a model file with weights of 8 bits from one of float32. */
import { stat } from 'node:fs/promises';
import {
  dropColumns,
  getColumn,
  loadWithMetadata,
  type RangeMethod,
  readCsv,
  readParquet,
  type Table,
  type Target,
} from '../index.js';
import { quantizeDynamic, quantizeStatic } from '../nn/index.js';
import { bytes } from './format.js';

/** The options of `boreal quantize`. */
export interface QuantizeFlags {
  readonly output: string;
  readonly calibrate?: string;
  readonly target?: string;
  readonly dynamic?: boolean;
  readonly method?: RangeMethod | 'auto';
  readonly percentile?: number;
  readonly maxLoss?: number;
  readonly skip?: readonly string[];
  readonly json?: boolean;
}

/** Reads a model, quantises it, writes it, and prints what became of its layers. */
export async function quantizeFile(path: string, flags: QuantizeFlags): Promise<void> {
  const { output, calibrate, target, dynamic = calibrate === undefined, json = false, ...rest } = flags;
  const { maxLoss, skip, method, percentile } = rest;
  const { model, metadata } = await loadWithMetadata(path);
  const table = calibrate === undefined ? null : await readRows(calibrate);
  const y = table && target !== undefined ? labelsOf(table, target, model.schema.target) : undefined;
  const X = table && target !== undefined ? dropColumns(table, target) : table;
  const common = { ...given({ y, maxLoss, skip }) };
  const small =
    dynamic || X === null
      ? await quantizeDynamic(model, { ...common, calibration: X })
      : await quantizeStatic(model, X, { ...common, ...given({ method, percentile }) });
  await small.save(output, metadata);
  const [before, after] = await Promise.all([path, output].map(async (file) => (await stat(file)).size));
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ output, fileBytes: [before, after], ...small.report }, null, 2)}\n`,
    );
  } else {
    process.stdout.write(`${small.summary()}${path} ${bytes(before)} -> ${output} ${bytes(after)}\n`);
  }
}

function readRows(path: string): Promise<Table> {
  return path.endsWith('.parquet') ? readParquet(path) : readCsv(path);
}

/** The column as the model knows its labels: those that are text may look like numbers in a file. */
function labelsOf(table: Table, name: string, target: Target): ArrayLike<unknown> {
  const column = Array.from(getColumn(table, name) as ArrayLike<unknown>);
  const isText = target.kind === 'class' && typeof target.classes[0] === 'string';
  return isText ? column.map(String) : column;
}

/** Without what was not said. */
function given<T extends object>(options: T): Partial<T> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
