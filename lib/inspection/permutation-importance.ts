/** Importance of columns by what shuffling each does to a score. Source: Breiman, Random forests (2001), section 10. */
import { throwIfAborted } from '../core/cancellation.js';
import type { Progress } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import { abortSignal, checkNames, checkParams, int, resolveSeed, seed, show } from '../core/params.js';
import { Random } from '../core/random.js';
import { type Cell, type Column, isTable, tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';
import { getScorer, type ScoredModel, type Scorer, type ScorerName } from '../metrics/scorers.js';

/** Options of {@link permutationImportance}. */
export interface PermutationImportanceOptions {
  /** A scorer or its name, greater being better. Default: the model's own `score` (accuracy or R2). */
  readonly scoring?: ScorerName | Scorer;
  /** How often each column is shuffled, >= 1. Default 5. */
  readonly nRepeats?: number;
  /** Seed of the shuffles; null takes a new one for each call. Default null. */
  readonly randomState?: number | null;
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
 * Takes columns * nRepeats + 1 predictions of X and a copy of X. Differs from scikit-learn: other draws for a seed, no
 * `max_samples`, and one scorer.
 *
 * @param model - a fitted classifier or regressor, or a pipeline that ends in one
 * @param X - rows, as `predict` takes them
 * @param y - a label or target for each row
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
export async function permutationImportance(
  model: ScoredModel,
  X: MatrixLike,
  y: ArrayLike<unknown>,
  options: PermutationImportanceOptions = {},
): Promise<PermutationImportances> {
  const { nRepeats = 5, randomState = null, sampleWeight, signal, onProgress } = options;
  checkNames('permutationImportance', options, OPTIONS);
  checkParams('permutationImportance', { nRepeats, randomState, signal }, RULES);
  const score = scorerOf(model, y, options);
  const { names, rows, reorder, table } = shuffleable(X);
  if (y.length !== rows)
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${y.length} values.`);
  if (sampleWeight !== undefined && sampleWeight.length !== rows)
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but sampleWeight ${sampleWeight.length}.`);
  const random = new Random(resolveSeed(randomState));
  throwIfAborted(signal);
  const baseline = await score(table);
  const importances = new Float64Array(names.length * nRepeats);
  for (let j = 0; j < names.length; j++) {
    for (let k = 0; k < nRepeats; k++) {
      throwIfAborted(signal);
      reorder(j, random.permutation(rows));
      importances[j * nRepeats + k] = baseline - (await score(table));
    }
    reorder(j);
    const done = j + 1;
    const total = names.length;
    onProgress?.({ estimator: model.constructor.name, done, total, fraction: done / total });
  }
  const each = names.map((_, j) => importances.subarray(j * nRepeats, (j + 1) * nRepeats));
  return {
    importancesMean: Float64Array.from(each, mean),
    importancesStd: Float64Array.from(each, (values) => {
      const center = mean(values);
      return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
    }),
    importances: new Matrix(importances, names.length, nRepeats),
    baseline,
    featureNames: table instanceof Matrix ? model.schema.columns.map(({ name }) => name) : names,
  };
}

const OPTIONS = ['scoring', 'nRepeats', 'randomState', 'sampleWeight', 'signal', 'onProgress'] as const;
const RULES = {
  nRepeats: int(1, 1_000_000),
  randomState: seed,
  signal: abortSignal,
};

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

function scorerOf(
  model: ScoredModel,
  y: ArrayLike<unknown>,
  { scoring, sampleWeight }: PermutationImportanceOptions,
): (X: MatrixLike) => Promise<number> {
  if (scoring === undefined) {
    if (typeof model?.score !== 'function')
      throw new ValidationError(
        'ERR_PARAMETER',
        `permutationImportance needs a model with a score, or 'scoring'; got ${show(model)}.`,
      );
    return (X) => model.score(X, y as ArrayLike<never>, { sampleWeight });
  }
  const scorer = getScorer(scoring);
  return (X) => scorer(model, X, y as ArrayLike<Label>, { sampleWeight });
}

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
