/** Importance of columns by what shuffling each does to a score. Source: Breiman, Random forests (2001), section 10. */
import { throwIfAborted } from '../core/cancellation.js';
import { drawIndices } from '../core/draws.js';
import type { Progress } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { heedListener } from '../core/listener.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import {
  abortSignal,
  checkNames,
  checkParams,
  either,
  int,
  nothing,
  real,
  resolveSeed,
  seed,
  show,
} from '../core/params.js';
import { Random } from '../core/random.js';
import { type Cell, type Column, isTable, selectTableRows, tableToColumns } from '../core/table.js';
import { type TargetsLike, targetRows } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { getScorer, type ScoredModel, type Scorer, type ScorerName } from '../metrics/scorers.js';

/** Scorers by a list of names, or by names of one's own. */
export type SeveralScorers<Name extends string = string> =
  | ReadonlyArray<Name & ScorerName>
  | Readonly<Record<Name, ScorerName | Scorer>>;

/** Options of {@link permutationImportance}. */
export interface PermutationImportanceOptions {
  /**
   * A scorer or its name, greater being better; or several, by a list of names or an object, which gives results by name of the same
   * shuffles. Default: the model's own `score` (accuracy or R2).
   */
  readonly scoring?: ScorerName | Scorer | SeveralScorers;
  /** How often each column is shuffled, >= 1. Default 5. */
  readonly nRepeats?: number;
  /** Seed of the shuffles; null takes a new one for each call. Default null. */
  readonly randomState?: number | null;
  /** How many rows, or which share of them below 1, each column is shuffled in; others are drawn for each. Default null: all. */
  readonly maxSamples?: number | null;
  /** One weight >= 0 per row, for the score. Default: all 1. */
  readonly sampleWeight?: ArrayLike<number>;
  /** Stops between two scores. */
  readonly signal?: AbortSignal;
  /** Called after each column. */
  readonly onProgress?: (event: Progress) => void;
}

/** What {@link permutationImportance} says; columns in the order of X. */
export interface PermutationImportances {
  /** [columns] by how much the score falls, on average over the repeats. */
  readonly importancesMean: Float64Array;
  /** [columns] the standard deviation over the repeats (of the population, as NumPy's). */
  readonly importancesStd: Float64Array;
  /** [columns, repeats] */
  readonly importances: Matrix<Float64Array>;
  /** The score on X as it is. */
  readonly baseline: number;
  /** Names of the columns. */
  readonly featureNames: string[];
}

/**
 * How much a fitted model relies on each column: by how much its score falls when the column's values are shuffled among
 * the rows. Works for any model, on the columns that the user sees (a pipeline is asked as a whole). On rows held out it
 * says what helps on new data; on training rows also what was overfitted. Of columns that tell the same, each looks
 * unimportant, as the other still tells it.
 *
 * Takes columns * nRepeats + 1 predictions of X and a copy of X. Differs from scikit-learn: other draws for a seed.
 *
 * @param model - a fitted model that has a score, such as a classifier, a regressor or {@link KMeans}, or a pipeline that ends in one
 * @param X - rows, as `predict` takes them
 * @param y - a label or target for each row; undefined, or null, for models whose score reads none
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER} for a bad option or an unknown scorer
 * @throws {ERR_SHAPE | ERR_EMPTY | ERR_DTYPE} when X and y do not fit each other or the model
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { loadDiabetes, permutationImportance, RandomForestRegressor } from 'boreal';
 * const { data, target, featureNames } = loadDiabetes();
 * const forest = await new RandomForestRegressor({ nEstimators: 30, randomState: 0 }).fit(data, target);
 * const { importancesMean } = await permutationImportance(forest, data, target, { randomState: 0 });
 * const most = importancesMean.indexOf(Math.max(...importancesMean));
 * ['bmi', 's5'].includes(featureNames[most]); // true
 * ```
 */
export function permutationImportance(
  model: ScoredModel,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options?: PermutationImportanceOptions & { readonly scoring?: ScorerName | Scorer },
): Promise<PermutationImportances>;
export function permutationImportance<Name extends string>(
  model: ScoredModel,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options: PermutationImportanceOptions & { readonly scoring: SeveralScorers<Name> },
): Promise<Record<Name, PermutationImportances>>;
export async function permutationImportance(
  model: ScoredModel,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options: PermutationImportanceOptions = {},
): Promise<PermutationImportances | Record<string, PermutationImportances>> {
  const { nRepeats = 5, randomState = null, maxSamples = null, sampleWeight, signal } = options;
  checkNames('permutationImportance', options, OPTIONS);
  checkParams('permutationImportance', { nRepeats, randomState, maxSamples, signal }, RULES);
  const scorers = scorersOf(model, options.scoring);
  const whole = shuffleable(X);
  const targets = targetRows(y);
  const { names, rows, table } = whole;
  if (targets !== undefined && targets.length !== rows)
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${targets.length} values.`);
  if (sampleWeight && sampleWeight.length !== rows)
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but sampleWeight ${sampleWeight.length}.`);
  const count = maxSamples === null ? rows : maxSamples < 1 ? Math.floor(maxSamples * rows) : maxSamples;
  if (count < 1 || count > rows) {
    const message = `permutationImportance: maxSamples takes ${count} of ${rows} rows; it must be from 1 to all of them.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const scoresOf = async (part: Part): Promise<number[]> => {
    const scores: number[] = [];
    for (const { score } of scorers) scores.push(await score(part));
    return scores;
  };
  const random = new Random(resolveSeed(randomState));
  const all = { X: table, y: targets, sampleWeight };
  throwIfAborted(signal);
  const baselines = await scoresOf(all);
  const importances = scorers.map(() => new Float64Array(names.length * nRepeats));
  await heedListener(options, async ({ onProgress }) => {
    for (let j = 0; j < names.length; j++) {
      const isWhole = count === rows;
      const some = isWhole ? null : drawIndices(random, rows, count, false);
      const { reorder, table: shown } = some === null ? whole : shuffleable(take(X, some));
      const part =
        some === null
          ? all
          : {
              X: shown,
              y: targets && pick(targets, some),
              sampleWeight: sampleWeight && pick(sampleWeight, some),
            };
      for (let k = 0; k < nRepeats; k++) {
        throwIfAborted(signal);
        reorder(j, random.permutation(count));
        const scores = await scoresOf(part);
        for (const [s, score] of scores.entries()) importances[s][j * nRepeats + k] = baselines[s] - score;
      }
      reorder(j);
      const done = j + 1;
      const total = names.length;
      onProgress?.({ estimator: model.constructor.name, done, total, fraction: done / total });
    }
  });
  const featureNames = table instanceof Matrix ? model.schema.columns.map(({ name }) => name) : names;
  const results = importances.map((values, s) => summary(values, baselines[s], nRepeats, featureNames));
  if (isSingle(options.scoring)) return results[0];
  return Object.fromEntries(scorers.map(({ name }, s) => [name, results[s]]));
}

function summary(
  importances: Float64Array,
  baseline: number,
  nRepeats: number,
  featureNames: string[],
): PermutationImportances {
  const columns = importances.length / nRepeats;
  const each = Array.from({ length: columns }, (_, j) =>
    importances.subarray(j * nRepeats, (j + 1) * nRepeats),
  );
  return {
    importancesMean: Float64Array.from(each, mean),
    importancesStd: Float64Array.from(each, (values) => {
      const center = mean(values);
      return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
    }),
    importances: new Matrix(importances, columns, nRepeats),
    baseline,
    featureNames: [...featureNames],
  };
}

const OPTIONS = [
  ...['scoring', 'nRepeats', 'randomState', 'maxSamples', 'sampleWeight', 'signal', 'onProgress'],
] as const;
const RULES = {
  nRepeats: int(1, 1_000_000),
  randomState: seed,
  maxSamples: either(nothing, int(1), real(0, 1, 'both')),
  signal: abortSignal,
};

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Some rows, and what they are scored by. */
interface Part {
  readonly X: MatrixLike;
  /** Undefined where there is none. */
  readonly y: ArrayLike<unknown> | undefined;
  readonly sampleWeight: ArrayLike<number> | undefined;
}

interface NamedScorer {
  readonly name: string;
  readonly score: (part: Part) => Promise<number>;
}

function isSingle(
  scoring: PermutationImportanceOptions['scoring'],
): scoring is ScorerName | Scorer | undefined {
  return scoring === undefined || typeof scoring === 'string' || typeof scoring === 'function';
}

function scorersOf(model: ScoredModel, scoring: PermutationImportanceOptions['scoring']): NamedScorer[] {
  if (scoring === undefined) {
    if (typeof model?.score !== 'function')
      throw new ValidationError(
        'ERR_PARAMETER',
        `permutationImportance needs a model with a score, or 'scoring'; got ${show(model)}.`,
      );
    const score = ({ X, y, sampleWeight }: Part) => model.score(X, y as ArrayLike<never>, { sampleWeight });
    return [{ name: 'score', score }];
  }
  const named = (name: string, one: ScorerName | Scorer): NamedScorer => {
    const scorer = getScorer(one);
    return {
      name,
      score: ({ X, y, sampleWeight }) => scorer(model, X, y as ArrayLike<Label>, { sampleWeight }),
    };
  };
  if (isSingle(scoring)) return [named('score', scoring)];
  const all = Array.isArray(scoring)
    ? scoring.map((name: ScorerName) => named(name, name))
    : Object.entries(scoring ?? {}).map(([name, scorer]) => named(name, scorer as ScorerName | Scorer));
  if (all.length === 0)
    throw new ValidationError('ERR_PARAMETER', 'permutationImportance: scoring names no scorer.');
  return all;
}

function take(X: MatrixLike, rows: Int32Array): MatrixLike {
  return isTable(X) ? selectTableRows(X, rows) : Matrix.from(X as NumericMatrixLike).takeRows(rows);
}

const pick = <T>(values: ArrayLike<T>, rows: Int32Array): T[] => Array.from(rows, (row) => values[row]);

interface Shuffleable {
  readonly names: string[];
  readonly rows: number;
  /** X as a copy, in which `reorder` puts the values of column j into another order, or back. */
  readonly table: MatrixLike;
  reorder(j: number, order?: Int32Array): void;
}

function shuffleable(X: MatrixLike): Shuffleable {
  if (isTable(X)) {
    const { names, columns, rows } = tableToColumns(X);
    const table: Record<string, Column> = Object.fromEntries(names.map((name, j) => [name, columns[j]]));
    const reorder = (j: number, order?: Int32Array) => {
      table[names[j]] = order ? Array.from(order, (i): Cell => columns[j][i]) : columns[j];
    };
    return { names, rows, table, reorder };
  }
  const source = Matrix.from(X as NumericMatrixLike);
  const { rows, cols } = source;
  const copy = new Matrix(source.data.slice(), rows, cols);
  const reorder = (j: number, order?: Int32Array) => {
    for (let i = 0; i < rows; i++) copy.data[i * cols + j] = source.data[(order?.[i] ?? i) * cols + j];
  };
  return { names: Array.from({ length: cols }, (_, j) => `x${j}`), rows, table: copy, reorder };
}
