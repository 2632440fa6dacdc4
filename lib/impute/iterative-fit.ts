/** How an iterative imputation learns: rounds of regressions, each on what was filled in so far. */
import { applyOps } from '../core/apply.js';
import { resolveCompileOptions } from '../core/compile-options.js';
import { drawRows } from '../core/draws.js';
import type { Estimator } from '../core/estimator.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import { sharedArray } from '../core/linalg/memory.js';
import { Matrix } from '../core/matrix.js';
import { momentsOf, rangesOf } from '../core/moments.js';
import { resolveSeed } from '../core/params.js';
import { Random } from '../core/random.js';
import { Schema } from '../core/schema.js';
import { type Limits, lowerStep } from './iterative-step.js';

/** The regressions, in their order. Columns are numbered among those that stay. */
export interface Rounds {
  readonly models: readonly Estimator[];
  /** [models] The column that each predicts. */
  readonly targets: Int32Array;
  /** [models] The columns that each reads. */
  readonly neighbors: readonly Int32Array[];
  readonly rounds: number;
  readonly converged: boolean;
  /** Of what is drawn. */
  readonly seed: number;
}

/** What the rounds go by. */
export interface RoundSettings {
  readonly estimator: Estimator;
  readonly samplePosterior: boolean;
  readonly maxIter: number;
  readonly tol: number;
  readonly nNearestFeatures: number | null;
  readonly imputationOrder: 'ascending' | 'descending' | 'roman' | 'arabic' | 'random';
  readonly skipComplete: boolean;
  readonly randomState: number | null;
  /** The columns of X that stay, with what the first round begins with. */
  readonly filled: Matrix;
  /** Their numbers in X. */
  readonly kept: readonly number[];
  /** How many values each misses; 0 for one without any. */
  readonly missed: readonly number[];
  readonly limits: readonly Limits[];
}

/** How likely a column is read at least, where columns are drawn by their correlation. */
const LEAST_CORRELATION = 1e-6;

/** The seed of the draws of regression k. */
export function stepSeed(seed: number, k: number): number {
  return (seed + Math.imul(k, 0x9e3779b1)) >>> 0;
}

export async function fitRounds(owner: object, input: FitInput, settings: RoundSettings): Promise<Rounds> {
  const { samplePosterior, maxIter, imputationOrder, kept, missed, filled } = settings;
  const { x, cancel } = input;
  const seed = resolveSeed(settings.randomState);
  const models: Estimator[] = [];
  const targets: number[] = [];
  const neighbors: Int32Array[] = [];
  let rounds = 0;
  let converged = false;
  // Columns of which all is known are predicted, too, for rows to come; a single column by none.
  const most = kept.length > 1 && missed.some((n) => n < x.rows) ? maxIter : 0;
  if (most > 0) {
    const random = new Random(seed);
    const rowsOf = rowsByColumn(x, kept, missed);
    const progress = reportProgress(input, owner);
    const weights = await nearness(input, settings);
    const least = settings.tol * largestMagnitude(x, await rangesOf(x, cancel));
    let order = orderOf(settings, random);
    while (rounds < most && !converged) {
      if (imputationOrder === 'random' && rounds > 0) order = orderOf(settings, random);
      const before = filled.data.slice();
      for (const [done, j] of order.entries()) {
        const others =
          weights === null
            ? Int32Array.from(kept.keys()).filter((other) => other !== j)
            : drawRows(random, weights[j], settings.nNearestFeatures as number, false).sort();
        const draws = samplePosterior ? stepSeed(seed, models.length) : null;
        const model = settings.estimator.clone();
        await fillColumn(input, settings, { model, j, others, rows: rowsOf[j], draws });
        models.push(model);
        targets.push(j);
        neighbors.push(others);
        progress?.(rounds * order.length + done + 1, most * order.length);
      }
      rounds += 1;
      converged = !samplePosterior && largestRowChange(filled, before) < least;
    }
  }
  return { models, targets: Int32Array.from(targets), neighbors, rounds, converged, seed };
}

/** Which rows have a column, and which miss it. */
interface RowsOfColumn {
  readonly known: Int32Array;
  readonly missing: Int32Array;
}

function rowsByColumn(x: Matrix, kept: readonly number[], missed: readonly number[]): RowsOfColumn[] {
  const all = Int32Array.from({ length: x.rows }, (_, i) => i);
  return kept.map((j, k) => {
    if (missed[k] === 0) return { known: all, missing: new Int32Array(0) };
    const isMissing = (i: number) => Number.isNaN(x.data[i * x.cols + j]);
    return { known: all.filter((i) => !isMissing(i)), missing: all.filter(isMissing) };
  });
}

/** Fits the model of a column, and fills in what the column misses. */
async function fillColumn(
  input: FitInput,
  { filled, kept, limits }: RoundSettings,
  step: { model: Estimator; j: number; others: Int32Array; rows: RowsOfColumn; draws: number | null },
): Promise<void> {
  const { model, j, others, rows, draws } = step;
  const { x, cancel } = input;
  const columns = Array.from(others, (other) => input.columns[kept[other]]);
  const schema = Schema.named(columns);
  const y = Float64Array.from(rows.known, (i) => filled.data[i * filled.cols + j]);
  const part = {
    ...{ x: cut([filled, others], null, rows.known), y, columns, sampleWeight: null, validation: null },
    ...{ queries: null, signal: input.signal, cancel, onProgress: undefined, device: input.device },
  };
  await model.fitInput(part, schema);
  if (rows.missing.length === 0) return;
  const width = others.length;
  // What is drawn belongs to the whole row, as transform sees it.
  const given = cut([filled, others], draws === null ? null : x, rows.missing);
  const options = resolveCompileOptions({}, x.dtype);
  const values = await applyOps(
    given,
    schema,
    (plan, slot) => {
      const read = plan.gather(slot, Array.from(others.keys()));
      const row = plan.gather(
        slot,
        Array.from({ length: slot.width - width }, (_, k) => width + k),
      );
      const draw = draws === null ? null : { row, seed: draws };
      return lowerStep(plan, read, { model, limits: limits[j], draw, options });
    },
    cancel,
  );
  rows.missing.forEach((i, k) => {
    filled.data[i * filled.cols + j] = values.data[k];
  });
}

/** Columns of some rows in shared memory, with all columns of another matrix beside them. */
function cut(
  [from, columns]: readonly [Matrix, Int32Array],
  beside: Matrix | null,
  rows: Int32Array,
): Matrix {
  const width = columns.length + (beside?.cols ?? 0);
  const data = sharedArray(from.data, rows.length * width);
  let to = 0;
  for (let k = 0; k < rows.length; k++) {
    const start = rows[k] * from.cols;
    for (let c = 0; c < columns.length; c++) data[to++] = from.data[start + columns[c]];
    if (beside === null) continue;
    data.set(beside.row(rows[k]), to);
    to += beside.cols;
  }
  return new Matrix(data, rows.length, width);
}

/** The columns in the order in which they are filled in. */
function orderOf({ imputationOrder, skipComplete, missed }: RoundSettings, random: Random): number[] {
  const all = [...missed.keys()].filter((j) => !skipComplete || missed[j] > 0);
  switch (imputationOrder) {
    case 'roman':
      return all;
    case 'arabic':
      return all.reverse();
    case 'ascending':
      return all.sort((a, b) => missed[a] - missed[b]);
    case 'descending':
      return all.sort((a, b) => missed[a] - missed[b]).reverse();
    default:
      return random.shuffle(all);
  }
}

/** By column, the weights with which the others are drawn: the magnitudes of their correlations at first; null: all are read. */
async function nearness(
  { signal, cancel }: FitInput,
  { nNearestFeatures, filled }: RoundSettings,
): Promise<Float64Array[] | null> {
  const { rows, cols } = filled;
  if (nNearestFeatures === null || nNearestFeatures >= cols) return null;
  // A matrix of its own: what is known of its moments ends with the first round.
  const start = new Matrix(filled.data.slice(), rows, cols);
  const { mean, variance } = await momentsOf(start, cancel);
  const centred = await start.astype('float64').subAsync(new Matrix(mean, 1, cols), { signal });
  const products = await centred.matmulAsync(centred, { transposeA: true, signal });
  return Array.from({ length: cols }, (_, j) =>
    Float64Array.from({ length: cols }, (_, other) => {
      if (other === j) return 0;
      const scale = rows * Math.sqrt(variance[j] * variance[other]);
      const correlation = scale > 0 ? Math.abs(products.data[j * cols + other]) / scale : 0;
      return Math.max(correlation, LEAST_CORRELATION);
    }),
  );
}

function largestMagnitude(
  x: Matrix,
  { count, min, max }: { count: Float64Array; min: Float64Array; max: Float64Array },
) {
  let most = 0;
  for (let j = 0; j < x.cols; j++)
    if (count[j] > 0) most = Math.max(most, Math.abs(min[j]), Math.abs(max[j]));
  return most;
}

/** The largest sum of changes of a row. */
function largestRowChange({ data, rows, cols }: Matrix, before: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = i * cols; k < (i + 1) * cols; k++) sum += Math.abs(data[k] - before[k]);
    most = Math.max(most, sum);
  }
  return most;
}
