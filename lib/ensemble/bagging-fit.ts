/** How bagging learns: models of rows and columns drawn at random, and what they say of the rows they did not draw. */
import { applyModel } from '../core/apply.js';
import { withCancel } from '../core/cancellation.js';
import { drawIndices, drawRows } from '../core/draws.js';
import type { Estimator } from '../core/estimator.js';
import { type FitInput, hasSparseColumns, partOfInput, reportProgress } from '../core/fit-input.js';
import { columnsReadBy } from '../core/inner-models.js';
import { checkFiniteFor, refusePairs } from '../core/input-checks.js';
import { Matrix } from '../core/matrix.js';
import { resolveSeed } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import { runAll } from '../core/run-all.js';
import { Schema } from '../core/schema.js';
import { seedAll } from '../core/seeds.js';
import { ValidationError } from '../errors.js';

/** What bagging draws. */
export interface BaggingSettings {
  readonly nEstimators: number;
  readonly maxSamples: number | null;
  readonly maxFeatures: number | null;
  readonly bootstrap: boolean;
  readonly bootstrapFeatures: boolean;
  readonly oobScore: boolean;
  readonly randomState: number | null;
}

/** What the models of a bag have learned from. */
export type Samples = readonly Int32Array[];

/** Fitted models and the columns that each reads. */
export interface Bag {
  readonly models: readonly Estimator[];
  readonly features: readonly Int32Array[];
}

/** Sums over the models that did not draw a row, and how many those are. */
export interface OutOfBagSums {
  readonly sums: Matrix<Float64Array>;
  readonly models: Int32Array;
}

interface Draw {
  readonly model: Estimator;
  readonly features: Int32Array;
  readonly rows: Int32Array;
}

/** Draws often enough that rows of two classes are not missed by chance. */
const MAX_DRAWS = 1000;

/**
 * Fits the models, as many at a time as the pool has threads.
 *
 * @param codes - the class of each row; null for numbers
 * @param lower - adds one model's part of the prediction to a plan
 * @param before - the bag that a warm start adds models to: those that the same seed would have drawn next
 * @throws {ERR_NOT_SUPPORTED} for a base that is given distances or kernels
 */
export async function fitBag(
  owner: Estimator,
  base: Estimator,
  input: FitInput,
  codes: Int32Array | null,
  settings: BaggingSettings,
  lower: (plan: PlanBuilder, x: Slot, model: Estimator) => Slot,
  before: Bag | null,
): Promise<{ bag: Bag; samples: Samples; oob: OutOfBagSums | null }> {
  refusePairs(owner, base);
  checkFiniteFor(base, input);
  if (settings.maxFeatures !== null || settings.bootstrapFeatures) hasSparseColumns(owner, input);
  const { signal } = input;
  const kept = before?.models.length ?? 0;
  if (kept > settings.nEstimators) {
    const why = `warmStart: there are ${kept} models already, more than nEstimators = ${settings.nEstimators}`;
    throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  }
  const draws = drawAll(owner, base, input, codes, settings).slice(kept);
  const progress = reportProgress(input, owner);
  let done = 0;
  await withCancel(signal, () =>
    runAll(draws, signal, async ({ model, features, rows }, stop) => {
      await withCancel(stop, async (cancel) => {
        const part = partOfInput(input, rows, drawn(features, input));
        await model.fitInput({ ...part, sampleWeight: null, signal: stop, cancel }, schemaOf(part.columns));
      });
      progress?.(++done, draws.length);
    }),
  );
  const models = [...(before?.models ?? []), ...draws.map(({ model }) => model)];
  const read = [...(before?.features ?? []), ...draws.map(({ features }) => features)];
  const bag = { models, features: columnsReadBy(models)?.map((own) => Int32Array.from(own)) ?? read };
  const samples = draws.map(({ rows }) => rows);
  return { bag, samples, oob: settings.oobScore ? await outOfBag(draws, input, lower) : null };
}

const schemaOf = (columns: FitInput['columns']) => Schema.named(columns);

/** The columns that a model reads; null: all. */
function drawn(features: Int32Array, { columns }: FitInput): Int32Array | null {
  const isAll = features.length === columns.length && features.every((feature, j) => feature === j);
  return isAll ? null : features;
}

/** Models that are seeded, each with its columns and rows. */
function drawAll(
  owner: Estimator,
  base: Estimator,
  { x, columns, sampleWeight }: FitInput,
  codes: Int32Array | null,
  settings: BaggingSettings,
): Draw[] {
  const { length: width } = columns;
  const { nEstimators, bootstrap, bootstrapFeatures } = settings;
  const refuse = (code: 'ERR_PARAMETER' | 'ERR_LABELS', why: string) =>
    new ValidationError(code, `${owner.constructor.name}: ${why}.`);
  // Equal weights are none, so that they draw the same rows.
  const weights = sampleWeight?.some((weight) => weight !== sampleWeight[0]) ? sampleWeight : null;
  const available = weights?.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0) ?? x.rows;
  const countRows = countOf(settings.maxSamples, x.rows);
  const countColumns = countOf(settings.maxFeatures, width);
  if (!bootstrap && countRows > available)
    throw refuse('ERR_PARAMETER', `maxSamples is ${countRows}, but there are ${available} rows to draw`);
  if (!bootstrapFeatures && countColumns > width)
    throw refuse('ERR_PARAMETER', `maxFeatures is ${countColumns}, but X has ${width} columns`);
  const random = new Random(resolveSeed(settings.randomState));
  return Array.from({ length: nEstimators }, () => {
    const own = new Random(random.int(0x1_0000_0000));
    const model = base.clone();
    seedAll(model, own);
    const features = drawIndices(own, width, countColumns, bootstrapFeatures);
    for (let tries = 0; tries < MAX_DRAWS; tries++) {
      const rows =
        weights === null
          ? drawIndices(own, x.rows, countRows, bootstrap)
          : drawRows(own, weights, countRows, bootstrap);
      if (codes === null || rows.some((row) => codes[row] !== codes[rows[0]]))
        return { model, features, rows };
    }
    throw refuse('ERR_LABELS', 'the rows that are drawn are all of one class; draw more of them');
  });
}

/** A count, or a share of what there is; at least 1. */
function countOf(value: number | null, total: number): number {
  if (value === null) return total;
  return value < 1 ? Math.max(1, Math.floor(value * total)) : value;
}

async function outOfBag(
  draws: readonly Draw[],
  input: FitInput,
  lower: (plan: PlanBuilder, x: Slot, model: Estimator) => Slot,
): Promise<OutOfBagSums> {
  const { x } = input;
  const models = new Int32Array(x.rows);
  let sums: Matrix<Float64Array> | undefined;
  for (const { model, features, rows } of draws) {
    const seen = new Uint8Array(x.rows);
    for (const row of rows) seen[row] = 1;
    const left = Int32Array.from(seen.keys()).filter((row) => seen[row] === 0);
    if (left.length === 0) continue;
    const part = partOfInput(input, left, drawn(features, input));
    const said = await applyModel(model, part, schemaOf(part.columns), (plan, slot) =>
      lower(plan, slot, model),
    );
    sums ??= new Matrix(new Float64Array(x.rows * said.cols), x.rows, said.cols);
    for (const [k, row] of left.entries()) {
      models[row] += 1;
      const sum = sums.row(row);
      said.row(k).forEach((value, c) => {
        sum[c] += value;
      });
    }
  }
  return { sums: sums ?? new Matrix(new Float64Array(x.rows), x.rows, 1), models };
}
