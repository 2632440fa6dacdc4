/**
 * Tells when the data a model is used on moves away from the data it was trained on, and when its predictions or its
 * quality move away from what they were at first.
 */
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { requireOptions, show } from '../core/params.js';
import { type Column, Schema } from '../core/schema.js';
import {
  codesOf,
  summarise,
  summariseColumn,
  type TrainingReference,
  takeSample,
} from '../core/training-reference.js';
import { StateError, ValidationError } from '../errors.js';
import { type Comparer, type Comparison, comparerOf } from './column-drift.js';
import { Window } from './window.js';

/** When data counts as drifted. A column drifts when its p-value and its PSI both say so, or its missing values do. */
export interface DriftThresholds {
  /** Rows that are looked at, the last ones, >= 20. Default 1000. */
  readonly window?: number;
  /** A p-value below it is a difference that chance does not make, in (0, 1). Default 0.01. */
  readonly alpha?: number;
  /** A population stability index from it on is a difference that matters, > 0. Default 0.2. */
  readonly psi?: number;
  /** Change of the share of missing values from which on it matters, in (0, 1). Default 0.1. */
  readonly missing?: number;
  /** Adjust the p-values of all columns for their number, by Benjamini and Hochberg (1995). Default true. */
  readonly adjust?: boolean;
  /** Checks in a row that must agree before an alert begins or ends, >= 1. Default 2. */
  readonly patience?: number;
}

/** A column that began to drift, or that is back. */
export interface DriftAlert {
  readonly state: 'drifting' | 'recovered';
  /** A column, the predictions, or the outcomes that clients report. */
  readonly of: 'input' | 'prediction' | 'performance';
  readonly drift: ColumnDrift;
}

/** Options of {@link DriftMonitor}. */
export interface DriftMonitorOptions extends DriftThresholds {
  /** A fitted model, which knows what its training data looked like, or data to compare with. */
  readonly reference:
    | { readonly schema: Schema; readonly trainingReference: TrainingReference | undefined }
    | MatrixLike;
  /** Rows between two checks; 0 checks only when told to. Default: the window, so that checks share no rows. */
  readonly checkEvery?: number;
  /** Called by checks. */
  readonly onAlert?: (alert: DriftAlert) => void;
}

/** How one column compares with its reference. */
export interface ColumnDrift extends Comparison {
  readonly name: string;
  /** The p-value adjusted for the number of columns, where `adjust` asks for that. */
  readonly adjustedPvalue: number | null;
  /** Whether it drifts now. */
  readonly drifted: boolean;
  /** Whether it has for `patience` checks. */
  readonly alert: boolean;
}

/** What {@link DriftMonitor.report} returns. */
export interface DriftReport {
  /** Rows that were ever added. */
  readonly rows: number;
  /** Rows that this report is about. */
  readonly window: number;
  /** Whether any column, the predictions or the outcomes drift. */
  readonly drifted: boolean;
  readonly columns: readonly ColumnDrift[];
  /** Against the first full window of predictions; absent until there is one. */
  readonly prediction?: ColumnDrift;
  /** Of outcomes (1 and 0 for right and wrong, or errors), against the first full window of them; absent until then. */
  readonly performance?: ColumnDrift;
}

/** Fewer rows than this say nothing. */
const LEAST_ROWS = 20;

/** A stream of one number per row, compared with its own first window. */
class Series {
  readonly name: string;
  readonly window: Window;
  readonly #labels: readonly string[] | undefined;
  #compare: Comparer | undefined;

  constructor(name: string, rows: number, labels: readonly string[] | undefined) {
    this.name = name;
    this.window = new Window(rows, 1);
    this.#labels = labels;
  }

  add(values: FloatArray, rows: number): void {
    this.window.add(values, rows);
    if (this.#compare !== undefined || !this.window.isFull) return;
    const first = this.window.column(0);
    this.#compare = comparerOf(summariseColumn(first, this.#labels?.length, 256), first.length, this.#labels);
  }

  compare(): Comparison | undefined {
    return this.#compare?.(this.window.column(0));
  }
}

/**
 * Compares a stream of rows, window by window, with the data a model was trained on: the Kolmogorov-Smirnov test for
 * numbers, the chi-squared test for categories, the population stability index and the share of missing values for both.
 * Memory is bounded by the window.
 *
 * @example
 * ```ts
 * import { DriftMonitor, LinearRegression } from 'boreal';
 * const x = Array.from({ length: 500 }, (_, i) => [i % 50]);
 * const model = await new LinearRegression().fit(x, x.map(([v]) => 2 * v));
 * const monitor = new DriftMonitor({ reference: model, window: 200, patience: 1 });
 * monitor.add(x.slice(0, 200));
 * monitor.report().drifted; // false
 * monitor.add(x.slice(0, 200).map(([v]) => [v + 30]));
 * monitor.report().columns[0].drifted; // true
 * ```
 */
export class DriftMonitor {
  readonly #schema: Schema;
  readonly #comparers: readonly Comparer[];
  readonly #window: Window;
  readonly #prediction: Series;
  readonly #performance: Series;
  readonly #options: Required<Omit<DriftMonitorOptions, 'reference' | 'onAlert'>>;
  readonly #onAlert: DriftMonitorOptions['onAlert'];
  /** By what and name: checks in a row that disagree with the alert, and whether there is one. */
  readonly #states = new Map<string, { against: number; alert: boolean }>();
  #unchecked = 0;

  /**
   * @throws {ERR_PARAMETER} for an option out of range
   * @throws {ERR_NOT_SUPPORTED} when the model does not know its training data
   */
  constructor(given: DriftMonitorOptions) {
    requireOptions(given);
    const { reference, onAlert, ...options } = given;
    this.#options = resolveThresholds(options);
    this.#onAlert = onAlert;
    const { schema, known } = referenceOf(reference);
    this.#schema = schema;
    this.#comparers = schema.columns.map((column, j) =>
      comparerOf(known.columns[j], known.sampled, labelsOf(column)),
    );
    const { window } = this.#options;
    this.#window = new Window(window, schema.columns.length);
    const { target } = schema;
    this.#prediction = new Series(
      'prediction',
      window,
      target.kind === 'class' ? target.classes.map(String) : undefined,
    );
    this.#performance = new Series('performance', window, undefined);
  }

  /**
   * Adds rows.
   *
   * @param X - rows as the model takes them
   * @throws {ERR_SHAPE | ERR_DTYPE | ERR_UNKNOWN_COLUMN} when they are not
   */
  add(X: MatrixLike): void {
    const { data, rows } = this.#schema.encode(X);
    this.addEncoded(data, rows);
  }

  /** Adds rows that the schema has encoded, [rows, columns]. They are copied. @internal */
  addEncoded(data: FloatArray, rows: number): void {
    this.#window.add(data, rows);
    this.#unchecked += rows;
    const { checkEvery } = this.#options;
    if (checkEvery > 0 && this.#unchecked >= checkEvery) this.check();
  }

  /** Adds predictions: codes of classes, or numbers. @internal */
  addPredictions(values: FloatArray, rows: number): void {
    this.#prediction.add(values, rows);
  }

  /**
   * Adds what became of predictions.
   *
   * @param values - 1 for right and 0 for wrong, or the size of each error
   */
  addOutcomes(values: ArrayLike<number>): void {
    this.#performance.add(Float64Array.from(values), values.length);
  }

  /** Compares the window with the reference. Calls nobody. */
  report(): DriftReport {
    const enough = this.#window.length >= LEAST_ROWS;
    const compared = this.#comparers.map((compare, j) =>
      compare(enough ? this.#window.column(j) : new Float64Array(0)),
    );
    const adjusted = this.#options.adjust
      ? benjaminiHochberg(compared.map(({ pvalue }) => pvalue))
      : undefined;
    const columns = compared.map((each, j) => {
      const { name } = this.#schema.columns[j];
      return this.#judge('input', name, each, adjusted ? adjusted[j] : each.pvalue, enough);
    });
    const prediction = this.#judgeSeries('prediction', this.#prediction);
    const performance = this.#judgeSeries('performance', this.#performance);
    return {
      rows: this.#window.added,
      window: this.#window.length,
      drifted: [...columns, prediction, performance].some((each) => each?.drifted === true),
      columns,
      ...(prediction && { prediction }),
      ...(performance && { performance }),
    };
  }

  /** Compares, and begins or ends alerts. */
  check(): void {
    this.#unchecked = 0;
    const { columns, prediction, performance } = this.report();
    for (const drift of columns) this.#update('input', drift);
    if (prediction) this.#update('prediction', prediction);
    if (performance) this.#update('performance', performance);
  }

  #judgeSeries(of: 'prediction' | 'performance', series: Series): ColumnDrift | undefined {
    const comparison = series.compare();
    return comparison && this.#judge(of, series.name, comparison, comparison.pvalue, true);
  }

  #judge(
    of: DriftAlert['of'],
    name: string,
    comparison: Comparison,
    adjustedPvalue: number | null,
    enough: boolean,
  ): ColumnDrift {
    const { alpha, psi, missing } = this.#options;
    const moved = adjustedPvalue !== null && adjustedPvalue < alpha && comparison.psi! >= psi;
    const change = Math.abs(comparison.missing.live - comparison.missing.reference);
    const drifted = enough && (moved || change >= missing);
    const alert = this.#states.get(`${of} ${name}`)?.alert ?? false;
    return { name, ...comparison, adjustedPvalue, drifted, alert };
  }

  #update(of: DriftAlert['of'], drift: ColumnDrift): void {
    const key = `${of} ${drift.name}`;
    const state = this.#states.get(key) ?? { against: 0, alert: false };
    this.#states.set(key, state);
    state.against = drift.drifted === state.alert ? 0 : state.against + 1;
    if (state.against < this.#options.patience) return;
    Object.assign(state, { against: 0, alert: drift.drifted });
    this.#onAlert?.({
      state: drift.drifted ? 'drifting' : 'recovered',
      of,
      drift: { ...drift, alert: drift.drifted },
    });
  }
}

function referenceOf(reference: DriftMonitorOptions['reference']): {
  schema: Schema;
  known: TrainingReference;
} {
  if (typeof reference === 'object' && 'schema' in reference && reference.schema instanceof Schema) {
    const { schema, trainingReference } = reference as {
      schema: Schema;
      trainingReference?: TrainingReference;
    };
    if (trainingReference !== undefined) return { schema, known: trainingReference };
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'DriftMonitor: the model does not know its training data; it is from a file of an earlier release. Fit it again, or give the data as reference.',
    );
  }
  const schema = Schema.infer(reference as MatrixLike);
  const x: Matrix = schema.encode(reference as MatrixLike);
  if (x.rows === 0 || x.cols === 0)
    throw new ValidationError('ERR_EMPTY', 'DriftMonitor: reference has no rows.');
  return { schema, known: summarise(takeSample(x, undefined), schema) };
}

function labelsOf(column: Column): readonly string[] | undefined {
  return codesOf(column) === undefined ? undefined : (column.categories ?? [false, true]).map(String);
}

/** Options with their defaults. @throws {ERR_PARAMETER} for one out of range */
export function resolveThresholds(options: Omit<DriftMonitorOptions, 'reference' | 'onAlert'>) {
  const { window = 1000, alpha = 0.01, psi = 0.2, missing = 0.1, adjust = true, patience = 2 } = options;
  const { checkEvery = window } = options;
  const whole = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;
  const rules: ReadonlyArray<[string, unknown, boolean, string]> = [
    ['window', window, whole(window, LEAST_ROWS), `a whole number >= ${LEAST_ROWS}`],
    ['alpha', alpha, alpha > 0 && alpha < 1, 'in (0, 1)'],
    ['psi', psi, psi > 0, 'above 0'],
    ['missing', missing, missing > 0 && missing < 1, 'in (0, 1)'],
    ['patience', patience, whole(patience, 1), 'a whole number >= 1'],
    ['checkEvery', checkEvery, whole(checkEvery, 0), 'a whole number >= 0'],
  ];
  for (const [name, value, isGood, rule] of rules) {
    if (!isGood)
      throw new ValidationError(
        'ERR_PARAMETER',
        `DriftMonitor: ${name} must be ${rule}; got ${show(value)}.`,
      );
  }
  return { window, alpha, psi, missing, adjust, patience, checkEvery };
}

/** Adjusted p-values: what share of the columns found by this one's p-value are found by chance. */
function benjaminiHochberg(pvalues: ReadonlyArray<number | null>): Array<number | null> {
  const order = pvalues.map((_, j) => j).filter((j) => pvalues[j] !== null);
  order.sort((a, b) => pvalues[b]! - pvalues[a]!);
  const adjusted = new Array<number | null>(pvalues.length).fill(null);
  let least = 1;
  order.forEach((j, i) => {
    least = Math.min(least, (pvalues[j]! * order.length) / (order.length - i));
    adjusted[j] = least;
  });
  return adjusted;
}
