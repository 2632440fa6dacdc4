/** The classification report: precision, recall, F1 and support of every class and their averages, as text or data. */
import type { Label } from '../core/labels.js';
import { requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { precisionRecallFscoreSupport, type WeightOptions } from './classification.js';
import { encodePair, isMatrixInput, type Labels, type MatrixInput } from './input.js';

/** One line of the report. */
export interface ReportRow {
  precision: number;
  recall: number;
  'f1-score': number;
  support: number;
}
/** The report as data: a row per class under its name, the averages, and the accuracy as a number. */
export type ReportObject = Record<string, ReportRow | number>;

/** Options of {@link classificationReport}. */
export interface ReportOptions extends WeightOptions {
  /** The classes to report, in order; default all, sorted. */
  labels?: Labels | null;
  /** Names of the classes, in the order of the labels; default the labels themselves. */
  targetNames?: readonly string[] | null;
  /** Digits after the point in the text; default 2. */
  digits?: number;
  /** Return an object in place of text. */
  outputDict?: boolean;
  /** The value of a score that divides by zero: 0 (default), 1 or NaN. */
  zeroDivision?: number;
}

const HEADERS = ['precision', 'recall', 'f1-score', 'support'] as const;

/** As `toFixed`, but exact halves go to the even digit, so that 0.125 reads the same as in Python. */
function formatFixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  return (isHalf ? (2 * Math.round(scaled / 2)) / 10 ** digits : value).toFixed(digits);
}

/** Counts as whole numbers, sums of weights with a point. */
function formatSupport(support: number, weighted: boolean): string {
  return weighted && Number.isInteger(support) ? support.toFixed(1) : String(support);
}

/**
 * Precision, recall, F1 and support of each class, followed by accuracy (or the micro average, when `labels` leaves
 * classes out, or rows have several labels) and the macro and weighted averages, of several labels those of rows, too.
 *
 * @param yTrue - true labels, one per row; or 0 and 1 for each of several, [rows, labels]
 * @param yPred - predicted labels
 * @param options - see {@link ReportOptions}
 * @returns a text table, or with `outputDict` an object
 * @throws {ERR_SHAPE} when lengths differ, or there is not one name per class
 * @throws {ERR_LABELS} when labels are missing or of mixed types
 * @example
 * ```ts
 * import { classificationReport } from 'boreal';
 * console.log(classificationReport([0, 1, 1], [0, 1, 0], { targetNames: ['no', 'yes'] }));
 * ```
 */
export function classificationReport(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ReportOptions & { outputDict: true },
): ReportObject;
export function classificationReport(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: ReportOptions,
): string;
export function classificationReport(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ReportOptions = {},
): string | ReportObject {
  requireOptions(options);
  const { digits = 2, sampleWeight, zeroDivision } = options;
  const several = isMatrixInput(yTrue) || isMatrixInput(yPred);
  const classes = several ? columnsOf(yTrue) : encodePair(yTrue, yPred).classes;
  const labels: readonly Label[] = options.labels ? Array.from(options.labels) : classes;
  const names = options.targetNames ?? labels.map(String);
  if (names.length !== labels.length) {
    throw new ValidationError(
      'ERR_SHAPE',
      `targetNames has ${names.length} names for ${labels.length} classes.`,
    );
  }
  const scored = { labels, sampleWeight, zeroDivision };
  const scores = precisionRecallFscoreSupport(yTrue, yPred, { ...scored, average: null });
  const total = scores.support.reduce((a, b) => a + b, 0);
  const rows = names.map((name, i): [string, ReportRow] => [
    name,
    {
      precision: scores.precision[i],
      recall: scores.recall[i],
      'f1-score': scores.fscore[i],
      support: scores.support[i],
    },
  ]);
  const coversAll = !several && classes.every((label) => labels.includes(label));
  for (const average of ['micro', 'macro', 'weighted', ...(several ? (['samples'] as const) : [])] as const) {
    const { precision, recall, fscore } = precisionRecallFscoreSupport(yTrue, yPred, { ...scored, average });
    const name = average === 'micro' && coversAll ? 'accuracy' : `${average} avg`;
    rows.push([name, { precision, recall, 'f1-score': fscore, support: total }]);
  }
  if (options.outputDict) {
    return Object.fromEntries(
      rows.map(([name, row], i) => [name, i === names.length && coversAll ? row.precision : row]),
    );
  }
  return toText(rows, names.length, digits, Boolean(sampleWeight));
}

/** The numbers of the columns of a matrix. */
function columnsOf(y: Labels | MatrixInput): number[] {
  if (!isMatrixInput(y)) return [];
  const cols = 'cols' in y ? y.cols : y[0].length;
  return Array.from({ length: cols }, (_, j) => j);
}

function toText(rows: [string, ReportRow][], classes: number, digits: number, weighted: boolean): string {
  const width = Math.max(
    ...rows.slice(0, classes).map(([name]) => name.length),
    'weighted avg'.length,
    digits,
  );
  const line = (name: string, cells: readonly string[]) =>
    `${name.padStart(width)}  ${cells.map((cell) => cell.padStart(9)).join(' ')}\n`;
  const lines = rows.map(([name, row]) => {
    const [precision, recall, f1] = HEADERS.slice(0, 3).map((key) => formatFixed(row[key], digits));
    const support = formatSupport(row.support, weighted);
    return line(name, name === 'accuracy' ? ['', '', f1, support] : [precision, recall, f1, support]);
  });
  return `${line('', HEADERS)}\n${lines.slice(0, classes).join('')}\n${lines.slice(classes).join('')}`;
}
