/**
 * Partial dependence (Friedman, Greedy function approximation, 2001, section 8.2) and individual conditional expectations
 * (Goldstein and others, Peeking inside the black box, 2015), with the grids of scikit-learn 1.9. A table is encoded once;
 * after that the columns asked about are overwritten in copies of its rows, many points of the grid in one prediction.
 */
import { throwIfAborted } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import type { Progress } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { heedListener } from '../core/listener.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { abortSignal, checkNames, checkParams, custom, int, oneOf, show } from '../core/params.js';
import type { Cell } from '../core/table.js';
import { StateError, ValidationError } from '../errors.js';
import { type Answers, answersOf } from './answers.js';
import { treeDependence } from './tree-dependence.js';

/** A column by position, or by name in the model's schema or in `featureNames`. */
export type FeatureReference = number | string;

/** Options of {@link partialDependence}. */
export interface PartialDependenceOptions {
  /** The mean over the rows, a line for each row, or both. Default 'average'. */
  readonly kind?: 'average' | 'individual' | 'both';
  /**
   * 'brute' asks about the rows of X; 'recursion', of models that are sums of trees, takes the branches of other features by their shares
   * of the training rows: much faster, of scores before the link, and only for averages without weights. Default 'brute'.
   */
  readonly method?: 'brute' | 'recursion';
  /** Points of the grid of a feature, >= 2; a feature with fewer distinct values has these. Default 100. */
  readonly gridResolution?: number;
  /** Where a grid begins and ends, as shares of the sorted values, in [0, 1]. Default [0.05, 0.95]. */
  readonly percentiles?: readonly [number, number];
  /** Columns whose grid is their distinct values. Text and boolean columns of a table are such without being named. */
  readonly categoricalFeatures?: readonly FeatureReference[];
  /** Grids of the caller's own, by name or position of the column. */
  readonly customValues?: Readonly<Record<string, ArrayLike<Cell>>>;
  /** What of a classifier is averaged. Default 'auto': probabilities where it has them, else its scores. */
  readonly responseMethod?: 'auto' | 'predictProba' | 'decisionFunction';
  /** One weight >= 0 per row, for the mean. */
  readonly sampleWeight?: ArrayLike<number>;
  /** Names of the columns of a matrix. Default: those of the model. */
  readonly featureNames?: readonly string[];
  /** Stops between two predictions. */
  readonly signal?: AbortSignal;
  /** Called after each prediction. */
  readonly onProgress?: (event: Progress) => void;
}

/** What {@link partialDependence} says. */
export interface PartialDependence {
  /** The grid of each feature: numbers, or the categories themselves. */
  readonly gridValues: ArrayLike<number | string | boolean>[];
  /**
   * For each output, [1, points] for one feature and [points of the first, points of the second] for two. Outputs are one for a
   * regressor, one for a classifier of two classes (the second), and one for each of more classes.
   */
  readonly average?: Matrix<Float64Array>[];
  /** For each output, [rows, points]; of two features the points of the second run fastest. */
  readonly individual?: Matrix<Float64Array>[];
  /** The labels that the outputs stand for; empty for a regressor. */
  readonly classes: Label[];
  /** Names of the features. */
  readonly featureNames: string[];
}

/** Rows in one prediction. */
const BATCH_ROWS = 1 << 16;

/**
 * How predictions depend on one feature, or on two: for each point of a grid, what the model predicts when every row of X has
 * that value there, on average over the rows or row by row. It shows the model, not the world, and it asks about rows that
 * may not exist where features depend on each other.
 *
 * Takes a prediction of rows * points rows, by 'recursion' none. Differs from scikit-learn: `method` is 'brute' unless it says otherwise;
 * by 'recursion' the constant that boosting starts from is part of the result, and classifiers of trees give probabilities; and the
 * result is a list with a matrix for each output.
 *
 * @param model - a fitted classifier or regressor, or a pipeline that ends in one
 * @param X - rows, as `predict` takes them
 * @param features - one column or two
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER | ERR_UNKNOWN_COLUMN} for a bad option, a column that is not there, and a grid that is one point
 * @throws {ERR_NOT_SUPPORTED} for a model that is neither, or has no such response
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_EMPTY} for bad rows
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { partialDependence, LinearRegression } from 'boreal';
 * const X = [[0, 1], [1, 1], [2, 0], [3, 5]];
 * const model = await new LinearRegression().fit(X, [0, 2, 4, 6]);
 * const { gridValues, average } = await partialDependence(model, X, 0);
 * gridValues[0]; // [0, 1, 2, 3]
 * average[0]; // [[0, 2, 4, 6]]
 * ```
 */
export async function partialDependence(
  model: Estimator,
  X: MatrixLike,
  features: FeatureReference | readonly FeatureReference[],
  options: PartialDependenceOptions = {},
): Promise<PartialDependence> {
  checkOptions(options);
  const { kind = 'average', sampleWeight } = options;
  const answers = answersOf('partialDependence', model, options.responseMethod);
  const { schema } = model;
  const x = schema.encode(X, 'float64') as Matrix<Float64Array>;
  if (x.rows === 0) throw new ValidationError('ERR_EMPTY', 'partialDependence needs at least one row.');
  if (sampleWeight && sampleWeight.length !== x.rows)
    throw new ValidationError('ERR_SHAPE', `X has ${x.rows} rows, but sampleWeight ${sampleWeight.length}.`);
  const names = schema.columns.map(({ name }, j) => options.featureNames?.[j] ?? name);
  const position = (feature: FeatureReference): number => {
    const j =
      typeof feature === 'number' ? feature : Math.max(names.indexOf(feature), schema.indexOf(feature));
    if (Number.isInteger(j) && j >= 0 && j < names.length) return j;
    throw new ValidationError('ERR_UNKNOWN_COLUMN', `The model has no column ${show(feature)}.`);
  };
  const list = Array.isArray(features) ? (features as FeatureReference[]) : [features as FeatureReference];
  const columns = list.map(position);
  if (columns.length < 1 || columns.length > 2 || columns[0] === columns[1])
    throw new ValidationError('ERR_PARAMETER', 'partialDependence takes one column, or two that differ.');
  const categorical = (options.categoricalFeatures ?? []).map(position);
  const axes = columns.map((j) => gridOf(model, x, j, categorical.includes(j), names[j], options));
  const points = axes.reduce((total, { codes }) => total * codes.length, 1);
  const { means, individual } =
    options.method === 'recursion'
      ? { means: await recursion(model, columns, axes, points, answers, options), individual: undefined }
      : await heedListener(options, (heeded) => predictions(x, columns, axes, points, answers, heeded));
  return {
    gridValues: axes.map(({ values }) => values),
    ...(kind !== 'individual' && {
      average: means.map((mean) =>
        axes.length === 2
          ? new Matrix(mean, axes[0].codes.length, axes[1].codes.length)
          : new Matrix(mean, 1, points),
      ),
    }),
    ...(individual && { individual }),
    classes: answers.classes,
    featureNames: columns.map((j) => names[j]),
  };
}

function checkOptions(given: PartialDependenceOptions): void {
  checkNames('partialDependence', given, OPTIONS);
  const {
    kind = 'average',
    gridResolution = 100,
    percentiles = [0.05, 0.95],
    responseMethod = 'auto',
    method = 'brute',
  } = given;
  const { signal, sampleWeight } = given;
  checkParams(
    'partialDependence',
    { kind, gridResolution, percentiles, responseMethod, method, signal },
    RULES,
  );
  if (method === 'recursion' && (kind !== 'average' || sampleWeight)) {
    const message = "partialDependence: method 'recursion' knows no single rows and no weights; use 'brute'.";
    throw new ValidationError('ERR_PARAMETER', message);
  }
}

const OPTIONS = [
  ...[
    'kind',
    'gridResolution',
    'percentiles',
    'categoricalFeatures',
    'customValues',
    'responseMethod',
    'method',
  ],
  ...['sampleWeight', 'featureNames', 'signal', 'onProgress'],
];
const RULES = {
  kind: oneOf('average', 'individual', 'both'),
  gridResolution: int(2, 100_000),
  percentiles: custom(
    'two shares in [0, 1], the first below the second',
    (v) => Array.isArray(v) && v.length === 2 && v[0] >= 0 && v[1] <= 1 && v[0] < v[1],
  ),
  responseMethod: oneOf('auto', 'predictProba', 'decisionFunction'),
  method: oneOf('brute', 'recursion'),
  signal: abortSignal,
};

interface Axis {
  readonly values: ArrayLike<number | string | boolean>;
  /** As the model reads them. */
  readonly codes: Float64Array;
}

function gridOf(
  model: Estimator,
  x: Matrix<Float64Array>,
  j: number,
  isCategorical: boolean,
  name: string,
  { customValues, gridResolution = 100, percentiles = [0.05, 0.95] }: PartialDependenceOptions,
): Axis {
  const column = model.schema.columns[j];
  const custom = customValues?.[name] ?? customValues?.[String(j)];
  const decode = (codes: Float64Array): Axis['values'] => {
    if (column.kind === 'number') return codes;
    return Array.from(codes, (code) =>
      column.kind === 'boolean' ? code === 1 : (column.categories?.[code] ?? code),
    );
  };
  if (custom !== undefined) {
    const codes = Float64Array.from(custom, (value) => model.schema.encodeCell(j, value));
    if (codes.length === 0)
      throw new ValidationError('ERR_EMPTY', `customValues: the grid of '${name}' is empty.`);
    return { values: decode(codes), codes };
  }
  const sorted = x
    .columns([j])
    .data.filter((value) => !Number.isNaN(value))
    .sort();
  if (sorted.length === 0) throw new ValidationError('ERR_EMPTY', `Column '${name}' has no values.`);
  const distinct = sorted.filter((value, k) => k === 0 || value !== sorted[k - 1]);
  if (isCategorical || column.kind !== 'number' || distinct.length < gridResolution)
    return { values: decode(distinct), codes: distinct };
  const [low, high] = percentiles.map((share) => quantile(sorted, share));
  if (Math.abs(high - low) <= 1e-8 + 1e-5 * Math.abs(high)) {
    const message = `The percentiles ${percentiles.join(' and ')} of column '${name}' are one value; choose others, or name it in categoricalFeatures.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const step = (high - low) / (gridResolution - 1);
  const codes = Float64Array.from({ length: gridResolution }, (_, k) =>
    k === gridResolution - 1 ? high : low + k * step,
  );
  return { values: codes, codes };
}

/** The quantile of scipy's mquantiles (alphap = betap = 0.4), which scikit-learn uses here. */
function quantile(sorted: Float64Array, share: number): number {
  const n = sorted.length;
  const aleph = n * share + 0.4 + share * (1 - 0.4 - 0.4);
  const k = Math.floor(Math.min(Math.max(aleph, 1), n - 1));
  const gamma = Math.min(Math.max(aleph - k, 0), 1);
  return (1 - gamma) * sorted[k - 1] + gamma * sorted[Math.min(k, n - 1)];
}

/** For each output the mean over the training rows at each point. */
async function recursion(
  model: Estimator,
  columns: readonly number[],
  axes: readonly Axis[],
  points: number,
  { outputs }: Answers,
  { responseMethod = 'auto', signal }: PartialDependenceOptions,
): Promise<Float64Array[]> {
  const inner = axes[1]?.codes.length ?? 1;
  const values = axes.map(({ codes }, a) =>
    Float64Array.from({ length: points }, (_, p) => codes[a === 0 ? Math.floor(p / inner) : p % inner]),
  );
  const means = await treeDependence(model, { features: columns, values }, signal);
  const isLinked = model.outputs.includes('decision');
  if (responseMethod !== 'auto' && isLinked !== (responseMethod === 'decisionFunction')) {
    const message = `partialDependence: method 'recursion' gives ${isLinked ? 'decisions' : 'probabilities'} of ${model.constructor.name}.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  // Of two classes the second.
  return means.length > outputs ? means.slice(-outputs) : means;
}

/** For each output the mean over the rows at each point, and unless only that is asked for, [rows, points]. */
async function predictions(
  x: Matrix<Float64Array>,
  columns: readonly number[],
  axes: readonly Axis[],
  points: number,
  answers: Answers,
  { kind = 'average', sampleWeight, signal, onProgress }: PartialDependenceOptions,
): Promise<{ means: Float64Array[]; individual: Matrix<Float64Array>[] | undefined }> {
  const { rows, cols } = x;
  const { outputs } = answers;
  const weights = Float64Array.from({ length: rows }, (_, i) => sampleWeight?.[i] ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw new ValidationError('ERR_PARAMETER', 'sampleWeight: the weights add up to 0.');
  const sums = Array.from({ length: outputs }, () => new Float64Array(points));
  const individual =
    kind === 'average' ? undefined : Array.from({ length: outputs }, () => Matrix.zeros(rows, points));
  const perBatch = Math.max(1, Math.floor(BATCH_ROWS / rows));
  const inner = axes[1]?.codes.length ?? 1;
  for (let from = 0; from < points; from += perBatch) {
    throwIfAborted(signal);
    const n = Math.min(perBatch, points - from);
    const batch = Matrix.zeros(n * rows, cols);
    for (let k = 0; k < n; k++) {
      const data = batch.data.subarray(k * rows * cols, (k + 1) * rows * cols);
      data.set(x.data);
      const codes = [Math.floor((from + k) / inner), (from + k) % inner];
      columns.forEach((j, a) => {
        const code = axes[a].codes[codes[a]];
        for (let i = 0; i < rows; i++) data[i * cols + j] = code;
      });
    }
    const scores = await answers.ask(batch);
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < rows; i++) {
        for (let o = 0; o < outputs; o++) {
          const score = scores.data[(k * rows + i) * outputs + o];
          sums[o][from + k] += weights[i] * score;
          if (individual) individual[o].data[i * points + from + k] = score;
        }
      }
    }
    const done = from + n;
    onProgress?.({ estimator: answers.name, done, total: points, fraction: done / points });
  }
  return { means: sums.map((each) => each.map((sum) => sum / total)), individual };
}
