/**
 * Local surrogate models (Ribeiro, Singh and Guestrin, "Why should I trust you?", 2016), with the neighbourhood, kernel,
 * selection and ridge regression of LimeTabularExplainer of the package lime 0.2.
 */
import { throwIfAborted } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import type { Progress } from '../core/fit-input.js';
import { requireEstimator } from '../core/inner-models.js';
import type { Label } from '../core/labels.js';
import { heedListener } from '../core/listener.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import {
  abortSignal,
  bool,
  checkNames,
  checkParams,
  either,
  int,
  nothing,
  oneOf,
  real,
  requireOptions,
  resolveSeed,
  seed,
  show,
} from '../core/params.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import { type Answers, answersOf } from './answers.js';
import { categorical, continuous, discretised, type Sampler } from './lime-columns.js';
import { fitLocal, type LimeSelection, type LocalFit, sumsOf } from './lime-fit.js';
import type { FeatureReference } from './partial-dependence.js';

/** Options of {@link limeTabular}. */
export interface LimeOptions {
  /** How many features the local model has, >= 1. Default 10. */
  readonly numFeatures?: number;
  /** How many rows the neighbourhood has, >= 2. Default 5000. */
  readonly numSamples?: number;
  /** The classes to explain. Default: of two classes the second, of more the likeliest of the row. */
  readonly labels?: readonly Label[];
  /** Explain so many classes, the likeliest first, instead of `labels`. */
  readonly topLabels?: number | null;
  /** Bins of columns of numbers: between quartiles (default) or deciles; null leaves them continuous. */
  readonly discretizer?: 'quartile' | 'decile' | null;
  /** Continuous columns vary about the row, not about the mean of the training set. Default false. */
  readonly sampleAroundInstance?: boolean;
  /** The width of the kernel that weighs rows by their distance, > 0. Default: 0.75 times the root of the columns. */
  readonly kernelWidth?: number | null;
  /** Default 'auto': forward selection up to 6 features, the highest weights above. 'lassoPath' is that of the paper. */
  readonly featureSelection?: LimeSelection;
  /** Columns of numbers that are categories. Text and boolean columns of a table are such without being named. */
  readonly categoricalFeatures?: readonly FeatureReference[];
  /** Names of the columns of a matrix. Default: those of the model. */
  readonly featureNames?: readonly string[];
  /** Seed of the neighbourhood; null takes a new one for each call. Default null. */
  readonly randomState?: number | null;
  /** Stops between two rows. */
  readonly signal?: AbortSignal;
  /** Called after each row. */
  readonly onProgress?: (event: Progress) => void;
}

/** One feature of a local model. */
export interface LimeFeature {
  /** What it says of the row: '0.30 < width <= 1.30', 'town = Oslo'. */
  readonly condition: string;
  readonly name: string;
  /** Position of the column. */
  readonly index: number;
  /** By how much the condition moves the prediction, in the model's probabilities or units. */
  readonly weight: number;
}

/** The local model of one row and one class. */
export interface LimeExplanation {
  /** The class; undefined for a regressor. */
  readonly label: Label | undefined;
  /** The largest weight first. */
  readonly features: LimeFeature[];
  readonly intercept: number;
  /** R2 of the local model on its neighbourhood: how far it may be believed. */
  readonly score: number;
  /** What the local model says of the row. */
  readonly localPrediction: number;
  /** What the model says of the row. */
  readonly prediction: number;
}

const RULES = {
  numFeatures: int(1),
  numSamples: int(2, 10_000_000),
  topLabels: either(int(1), nothing),
  discretizer: either(oneOf('quartile', 'decile'), nothing),
  sampleAroundInstance: bool,
  kernelWidth: either(real(0, Infinity, 'min'), nothing),
  featureSelection: oneOf('auto', 'forwardSelection', 'highestWeights', 'lassoPath', 'none'),
  randomState: seed,
  signal: abortSignal,
};
const SHARES = { quartile: [0.25, 0.5, 0.75], decile: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] };

/**
 * Why a model predicts what it does of single rows, whatever the model: a linear model of its predictions in the
 * neighbourhood of each row. Rows of the neighbourhood are drawn from what the training set says of each column by itself,
 * asked of the model, and weighed by how near they are. Read `score` with it: where it is low, the model isn't linear
 * there. Another seed gives other weights; more samples make them steadier.
 *
 * Differs from the package lime: a function, and not a class; the class explained by default is the likeliest; missing values are a
 * bin of their own, and a bin of one value keeps it; no entropy bins, distances are Euclidean.
 *
 * @param model - a fitted classifier with probabilities, a regressor, or a pipeline that ends in one
 * @param background - rows of the training set
 * @param X - rows to explain, as `predict` takes them
 * @returns for each row a list with an explanation for each class asked for
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER | ERR_UNKNOWN_COLUMN} for a bad option, class or column
 * @throws {ERR_NOT_SUPPORTED} for a model that is neither, or without probabilities
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_EMPTY} for bad rows
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { limeTabular, loadIris, RandomForestClassifier } from 'boreal';
 * const { data, target, featureNames } = loadIris();
 * const forest = await new RandomForestClassifier({ nEstimators: 50, randomState: 0 }).fit(data, target);
 * const [[first]] = await limeTabular(forest, data, data.slice(0, 1), { featureNames, numFeatures: 2, randomState: 0 });
 * first.label; // 0
 * first.features[0].condition; // 'petal length (cm) <= 1.60'
 * first.features[0].weight > 0.1; // true
 * ```
 */
export async function limeTabular(
  model: Estimator,
  background: MatrixLike,
  X: MatrixLike,
  options: LimeOptions = {},
): Promise<LimeExplanation[][]> {
  requireEstimator(model);
  const settings = settle(options);
  const answers = answersOf(
    'limeTabular',
    model,
    model.schema.target.kind === 'class' ? 'predictProba' : 'auto',
  );
  const { schema } = model;
  const training = schema.encode(background, 'float64') as Matrix<Float64Array>;
  const rows = schema.encode(X, 'float64') as Matrix<Float64Array>;
  if (training.rows === 0 || rows.rows === 0)
    throw new ValidationError('ERR_EMPTY', 'limeTabular needs rows of the training set and rows to explain.');
  const names = schema.columns.map(({ name }, j) => options.featureNames?.[j] ?? name);
  const samplers = samplersOf(model, training, names, settings);
  const random = new Random(resolveSeed(settings.randomState));
  return heedListener(options, async ({ onProgress }) => {
    const explained: LimeExplanation[][] = [];
    for (let i = 0; i < rows.rows; i++) {
      throwIfAborted(settings.signal);
      explained.push(await explain(rows.row(i), model, answers, samplers, names, random, settings));
      const done = i + 1;
      onProgress?.({ estimator: answers.name, done, total: rows.rows, fraction: done / rows.rows });
    }
    return explained;
  });
}

type Settings = ReturnType<typeof settle>;

function settle(options: LimeOptions) {
  requireOptions(options);
  const { labels, categoricalFeatures, featureNames, onProgress, ...checked } = options;
  checkNames('limeTabular', checked, Object.keys(RULES));
  const settings = {
    ...{ numFeatures: 10, numSamples: 5000, topLabels: null, discretizer: 'quartile' as const },
    ...{
      sampleAroundInstance: false,
      kernelWidth: null,
      featureSelection: 'auto' as const,
      randomState: null,
    },
    signal: undefined,
    ...checked,
  };
  checkParams('limeTabular', settings, RULES);
  return { ...settings, labels, categoricalFeatures, featureNames } as Omit<
    typeof settings,
    keyof typeof checked
  > &
    Required<
      Pick<
        LimeOptions,
        'numFeatures' | 'numSamples' | 'discretizer' | 'sampleAroundInstance' | 'featureSelection'
      >
    > &
    LimeOptions & { randomState: number | null };
}

function samplersOf(
  { schema }: Estimator,
  training: Matrix<Float64Array>,
  names: readonly string[],
  { discretizer, sampleAroundInstance, categoricalFeatures = [] }: Settings,
): Sampler[] {
  const named = categoricalFeatures.map((feature) => {
    const j =
      typeof feature === 'number' ? feature : Math.max(names.indexOf(feature), schema.indexOf(feature));
    if (Number.isInteger(j) && j >= 0 && j < names.length) return j;
    throw new ValidationError('ERR_UNKNOWN_COLUMN', `The model has no column ${show(feature)}.`);
  });
  return schema.columns.map((column, j) => {
    const values = training.columns([j]).data;
    if (column.kind !== 'number' || named.includes(j)) return categorical(names[j], column, values);
    if (values.every((value) => Number.isNaN(value)))
      throw new ValidationError('ERR_EMPTY', `Column '${names[j]}' of the training set has no values.`);
    if (discretizer === null) return continuous(names[j], values, sampleAroundInstance);
    return discretised(names[j], values, SHARES[discretizer]);
  });
}

async function explain(
  row: Float64Array,
  model: Estimator,
  answers: Answers,
  samplers: readonly Sampler[],
  names: readonly string[],
  random: Random,
  settings: Settings,
): Promise<LimeExplanation[]> {
  const { numSamples, numFeatures, kernelWidth, featureSelection } = settings;
  const cols = row.length;
  const asked = Matrix.zeros(numSamples, cols);
  const seen = Matrix.zeros(numSamples, cols);
  samplers.forEach((sampler, j) => {
    const drawn = sampler.draw(row[j], numSamples, random);
    for (let i = 0; i < numSamples; i++) {
      asked.data[i * cols + j] = drawn.values[i];
      seen.data[i * cols + j] = (drawn.seen[i] - sampler.mean) / sampler.scale;
    }
  });
  const odd = seen.data.findIndex((value) => Number.isNaN(value));
  if (odd >= 0) {
    const message = `limeTabular: '${names[odd % cols]}' is missing; with discretizer: null rows must be complete.`;
    throw new ValidationError('ERR_INPUT_NAN', message);
  }
  const width = kernelWidth ?? 0.75 * Math.sqrt(cols);
  const weights = new Float64Array(numSamples);
  for (let i = 0; i < numSamples; i++) {
    let square = 0;
    for (let j = 0; j < cols; j++) square += (seen.data[i * cols + j] - seen.data[j]) ** 2;
    weights[i] = Math.sqrt(Math.exp(-square / width ** 2));
  }
  const outputs = outputsOf(await answers.ask(asked), model, settings);
  const sums = await sumsOf(
    seen,
    outputs.map(({ values }) => values),
    weights,
  );
  return outputs.map(({ label, values }, k) => {
    const fit = fitLocal(sums, k, seen.row(0), numFeatures, featureSelection);
    return explanation(fit, label, values[0], row, samplers, names);
  });
}

function explanation(
  { features, weights, intercept, score, prediction: localPrediction }: LocalFit,
  label: Label | undefined,
  prediction: number,
  row: Float64Array,
  samplers: readonly Sampler[],
  names: readonly string[],
): LimeExplanation {
  const list = features.map((index, k) => ({
    ...{ condition: samplers[index].describe(row[index]), name: names[index], index, weight: weights[k] },
  }));
  return { label, features: list, intercept, score, localPrediction, prediction };
}

/** The predictions to explain, class by class. */
function outputsOf(
  scores: Matrix,
  { schema: { target } }: Estimator,
  { labels, topLabels }: Settings,
): { label: Label | undefined; values: Float64Array }[] {
  const column = (k: number) => Float64Array.from(scores.columns([k]).data);
  if (target.kind !== 'class') return [{ label: undefined, values: column(0) }];
  const { classes } = target;
  const of = (c: number) => {
    if (scores.cols > 1) return { label: classes[c], values: column(c) };
    return { label: classes[c], values: c === 1 ? column(0) : column(0).map((p) => 1 - p) };
  };
  const first = Array.from(classes, (_, c) => of(c).values[0]);
  const likeliest = first.map((_, c) => c).sort((a, b) => first[b] - first[a]);
  if (topLabels) return likeliest.slice(0, topLabels).map(of);
  if (labels === undefined) return [of(classes.length === 2 ? 1 : likeliest[0])];
  return labels.map((label) => {
    const c = classes.indexOf(label);
    if (c >= 0) return of(c);
    throw new ValidationError('ERR_PARAMETER', `labels: the model has no class ${show(label)}.`);
  });
}
