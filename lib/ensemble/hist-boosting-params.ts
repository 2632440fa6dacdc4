/** Parameters of histogram gradient boosting, and what they mean for a training set. */
import { bool, custom, either, int, listOf, nothing, oneOf, type Rules, real, seed } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { type ScorerName, scorerNames } from '../metrics/index.js';
import type { BoosterSpec } from '../native.js';

/** Columns by position, by name, or a mark for each. */
export type ColumnChoice = readonly number[] | readonly string[] | readonly boolean[];

/** What {@link HistGradientBoostingClassifier} and {@link HistGradientBoostingRegressor} share. */
export interface HistBoostingParams {
  /** What each tree's values are multiplied by, > 0. Default 0.1. */
  learningRate: number;
  /** Most rounds, >= 1; a round grows a tree, or one for each of more than two classes. Default 100. */
  maxIter: number;
  /** Most leaves of a tree, >= 2, or null: no limit. Default 31. */
  maxLeafNodes: number | null;
  /** Most edges from root to leaf, >= 1, or null: no limit. Default null. */
  maxDepth: number | null;
  /** Fewest rows of a leaf, >= 1. Default 20. */
  minSamplesLeaf: number;
  /** Penalty on the squares of leaf values, >= 0. Default 0. */
  l2Regularization: number;
  /** Penalty on the sizes of leaf values, >= 0. Default 0. */
  l1Regularization: number;
  /** Share of the columns, drawn anew, that each split looks at, in (0, 1]. Default 1. */
  maxFeatures: number;
  /** Most bins of a column, from 2 to 255; missing values have one more. Default 255. */
  maxBins: number;
  /**
   * Columns that hold categories: whole numbers from 0 to 65,535, negative ones count as missing. Text columns of a
   * table are categories in any case. 'fromDtype': those alone; null: text is refused. Default 'fromDtype'.
   */
  categoricalFeatures: 'fromDtype' | ColumnChoice | null;
  /** 1: predictions rise with the column, -1: they fall, 0: either; for each column or by name. Default null: 0. */
  monotonicCst: readonly number[] | Readonly<Record<string, number>> | null;
  /**
   * Which columns may meet on the way from root to leaf: sets of positions ('pairwise': any two, 'noInteractions': none);
   * columns in no set form one together. Default null: all may.
   */
  interactionCst: 'pairwise' | 'noInteractions' | ReadonlyArray<readonly number[]> | null;
  /** Keep the trees of the last fit and add rounds up to `maxIter`. Default false. */
  warmStart: boolean;
  /**
   * Stop when the score no longer rises: true, false, or 'auto' (with a `validation` set, or above 10,000 rows; never by
   * 'dart'). Default 'auto'.
   */
  earlyStopping: boolean | 'auto';
  /**
   * What early stopping looks at: the loss, the estimator's own score (accuracy, R2), or a scorer by name (see
   * {@link getScorer}), such as 'rocAuc'. All but the loss are computed on the event loop. Default 'loss'.
   */
  scoring: 'loss' | 'score' | ScorerName;
  /**
   * Rows held out for early stopping unless `fit` is given a `validation` set: a share in (0, 1), a count, or null: it
   * looks at the training rows. Default 0.1.
   */
  validationFraction: number | null;
  /** Rounds without a rise of the score after which training stops, >= 1. Default 10. */
  nIterNoChange: number;
  /** How much a score must rise to count, >= 0. Default 1e-7. */
  tol: number;
  /** Split the leaf of greatest gain next, or level by level. Default 'leafWise'. */
  growth: 'leafWise' | 'depthWise';
  /** Least sum of Hessians of a leaf, >= 0. Default 1e-3. */
  minChildWeight: number;
  /** Split only where the loss gains more than this, >= 0. Default 0. */
  minSplitGain: number;
  /**
   * 'gbdt': a round's trees are added to those before. 'dart': first some rounds are dropped at random, and then they and
   * the new trees are scaled (Rashmi and Gilad-Bachrach, DART, 2015), so that no tree is worth far more than the others.
   * Each later round may change all trees: 'dart' can't stop early, and `warmStart` never drops what earlier fits grew.
   * Default 'gbdt'.
   */
  boosting: 'gbdt' | 'dart';
  /** For 'dart': chance of a round to be dropped, in [0, 1]. Default 0.1. */
  dropRate: number;
  /** For 'dart': most rounds dropped at once, >= 1, or null: no limit. Default 50. */
  maxDrop: number | null;
  /** For 'dart': chance that a round drops none, in [0, 1]. Default 0.5. */
  skipDrop: number;
  /** For 'dart': drop all rounds alike; otherwise by the weights that scaling has left them. Default false. */
  uniformDrop: boolean;
  /**
   * For 'dart': of k dropped rounds keep k / (k + `learningRate`), as XGBoost does, instead of k / (k + 1), and as much
   * more of the new trees. Default false.
   */
  xgboostDartMode: boolean;
  /**
   * Which rows a round sees. 'uniform': the share `subsample`. 'goss': those of the largest |gradient * Hessian|, and some
   * of the others, whose gradients count for all of these (Ke and others, LightGBM, 2017): fewer rows, with less variance
   * than a sample of their number. The first 1 / `learningRate` rounds see all. Default 'uniform'.
   */
  rowSampling: 'uniform' | 'goss';
  /** For 'uniform': share of the rows, drawn anew without replacement, that each round sees, in (0, 1]. Default 1. */
  subsample: number;
  /** For 'goss': share of the rows with the largest gradients, in (0, 1); ties are kept. Default 0.2. */
  topRate: number;
  /** For 'goss': share of the rows that are drawn from the others, in (0, 1); with `topRate` at most 1. Default 0.1. */
  otherRate: number;
  /** Share of the columns, drawn anew, that each tree sees, in (0, 1]. Default 1. */
  columnSubsample: number;
  /** Threads to use; null means all. The model is the same whatever their number. Default null. */
  nJobs: number | null;
  /** Seed of everything drawn; null takes a new one for each fit. Default null. */
  randomState: number | null;
}

export const histBoostingDefaults: HistBoostingParams = {
  learningRate: 0.1,
  maxIter: 100,
  maxLeafNodes: 31,
  maxDepth: null,
  minSamplesLeaf: 20,
  l2Regularization: 0,
  l1Regularization: 0,
  maxFeatures: 1,
  maxBins: 255,
  categoricalFeatures: 'fromDtype',
  monotonicCst: null,
  interactionCst: null,
  warmStart: false,
  earlyStopping: 'auto',
  scoring: 'loss',
  validationFraction: 0.1,
  nIterNoChange: 10,
  tol: 1e-7,
  growth: 'leafWise',
  minChildWeight: 1e-3,
  minSplitGain: 0,
  boosting: 'gbdt',
  dropRate: 0.1,
  maxDrop: 50,
  skipDrop: 0.5,
  uniformDrop: false,
  xgboostDartMode: false,
  rowSampling: 'uniform',
  subsample: 1,
  topRate: 0.2,
  otherRate: 0.1,
  columnSubsample: 1,
  nJobs: null,
  randomState: null,
};

const count = int(1, 0x7fff_ffff);
const share = real(0, 1, 'min');
const isSign = (v: unknown) => v === -1 || v === 0 || v === 1;
const isPosition = (v: unknown) => Number.isSafeInteger(v) && (v as number) >= 0;

export const histBoostingRules: Rules<HistBoostingParams> = {
  learningRate: real(0, Infinity, 'min'),
  maxIter: int(1, 1_000_000),
  maxLeafNodes: either(int(2, 0x7fff_ffff), nothing),
  maxDepth: either(count, nothing),
  minSamplesLeaf: count,
  l2Regularization: real(0),
  l1Regularization: real(0),
  maxFeatures: share,
  maxBins: int(2, 255),
  categoricalFeatures: either(
    oneOf('fromDtype'),
    listOf('a list of positions', isPosition),
    listOf('of names', (v) => typeof v === 'string'),
    listOf('of marks', (v) => typeof v === 'boolean'),
    nothing,
  ),
  monotonicCst: either(
    listOf('a list of -1, 0 and 1', isSign),
    custom('an object from column to -1, 0 or 1', (v) => {
      return typeof v === 'object' && v !== null && !Array.isArray(v) && Object.values(v).every(isSign);
    }),
    nothing,
  ),
  interactionCst: either(
    oneOf('pairwise', 'noInteractions'),
    listOf('a list of lists of positions', (v) => Array.isArray(v) && v.every(isPosition)),
    nothing,
  ),
  warmStart: bool,
  earlyStopping: either(bool, oneOf('auto')),
  scoring: oneOf('loss', 'score', ...scorerNames),
  validationFraction: either(count, real(0, 1, 'both'), nothing),
  nIterNoChange: count,
  tol: real(0),
  growth: oneOf('leafWise', 'depthWise'),
  minChildWeight: real(0),
  minSplitGain: real(0),
  boosting: oneOf('gbdt', 'dart'),
  dropRate: real(0, 1),
  maxDrop: either(count, nothing),
  skipDrop: real(0, 1),
  uniformDrop: bool,
  xgboostDartMode: bool,
  rowSampling: oneOf('uniform', 'goss'),
  subsample: share,
  topRate: real(0, 1, 'both'),
  otherRate: real(0, 1, 'both'),
  columnSubsample: share,
  nJobs: either(int(1, 1024), nothing),
  randomState: seed,
};

function refuse(owner: object, name: string, what: string): ValidationError {
  return new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: parameter '${name}' ${what}`);
}

/** Which rows a round sees. */
export function samplingSpec(owner: object, params: HistBoostingParams): BoosterSpec['sampling'] {
  const { rowSampling, subsample, topRate, otherRate } = params;
  if (rowSampling === 'goss' && subsample < 1) {
    throw refuse(owner, 'subsample', "must be 1 with rowSampling 'goss', which draws rows itself.");
  }
  if (rowSampling === 'goss' && topRate + otherRate > 1) {
    throw refuse(
      owner,
      'otherRate',
      `and 'topRate' sum to ${topRate + otherRate}: they are shares of all rows.`,
    );
  }
  return { kind: rowSampling, share: subsample, topShare: topRate, otherShare: otherRate };
}

/** Which trees a round drops; null for none. */
export function dropoutSpec(owner: object, params: HistBoostingParams): BoosterSpec['dropout'] {
  if (params.boosting === 'gbdt') return null;
  if (params.earlyStopping === true) {
    throw refuse(
      owner,
      'earlyStopping',
      "can't be true with boosting 'dart': later rounds change earlier trees.",
    );
  }
  return {
    rate: params.dropRate,
    most: params.maxDrop ?? 0xffff_ffff,
    skip: params.skipDrop,
    uniform: params.uniformDrop,
    xgboost: params.xgboostDartMode,
  };
}

function positionOf(
  owner: object,
  name: string,
  column: number | string,
  columns: readonly Column[],
): number {
  const position = typeof column === 'number' ? column : columns.findIndex((c) => c.name === column);
  if (position >= 0 && position < columns.length) return position;
  throw refuse(owner, name, `names column ${JSON.stringify(column)}, which X does not have.`);
}

/** A mark for each column of categories; null when there is none. */
export function categoricalMarks(
  owner: object,
  choice: HistBoostingParams['categoricalFeatures'],
  columns: readonly Column[],
): Int32Array | null {
  const marks = Int32Array.from(columns, (c) => (c.kind === 'category' ? 1 : 0));
  if (Array.isArray(choice) && choice.length > 0 && typeof choice[0] === 'boolean') {
    if (choice.length !== columns.length) {
      throw refuse(owner, 'categoricalFeatures', `has ${choice.length} marks for ${columns.length} columns.`);
    }
    for (let j = 0; j < columns.length; j++) if (choice[j] === true) marks[j] = 1;
  } else if (Array.isArray(choice)) {
    for (const column of choice) marks[positionOf(owner, 'categoricalFeatures', column, columns)] = 1;
  }
  return marks.includes(1) ? marks : null;
}

/** A sign for each column; null when there is none but 0. */
export function monotonicSigns(
  owner: object,
  choice: HistBoostingParams['monotonicCst'],
  columns: readonly Column[],
  categorical: Int32Array | null,
): Int32Array | null {
  if (choice === null) return null;
  const signs = new Int32Array(columns.length);
  if (Array.isArray(choice)) {
    if (choice.length !== columns.length) {
      throw refuse(owner, 'monotonicCst', `has ${choice.length} values for ${columns.length} columns.`);
    }
    signs.set(choice);
  } else {
    for (const [name, sign] of Object.entries(choice)) {
      signs[positionOf(owner, 'monotonicCst', name, columns)] = sign;
    }
  }
  const ordered = signs.findIndex((sign, j) => sign !== 0 && categorical?.[j] === 1);
  if (ordered >= 0)
    throw refuse(owner, 'monotonicCst', `orders column '${columns[ordered].name}' of categories.`);
  return signs.some((sign) => sign !== 0) ? signs : null;
}

/** Sets that each column is in, as words of bits, column after column; null when all columns may meet. */
export function interactionGroups(
  owner: object,
  choice: HistBoostingParams['interactionCst'],
  columns: number,
): Int32Array | null {
  if (choice === null) return null;
  const sets = interactionSets(choice, columns).map((set) => new Set(set));
  for (const position of sets.flatMap((set) => [...set])) {
    if (position >= columns)
      throw refuse(owner, 'interactionCst', `names column ${position}, which X does not have.`);
  }
  const rest = Array.from({ length: columns }, (_, j) => j).filter((j) => !sets.some((set) => set.has(j)));
  if (rest.length > 0) sets.push(new Set(rest));
  const words = Math.ceil(sets.length / 32);
  const groups = new Int32Array(columns * words);
  sets.forEach((set, g) => {
    for (const j of set) groups[j * words + (g >> 5)] |= 1 << (g & 31);
  });
  return groups;
}

function interactionSets(
  choice: NonNullable<HistBoostingParams['interactionCst']>,
  columns: number,
): ReadonlyArray<readonly number[]> {
  const all = Array.from({ length: columns }, (_, j) => j);
  if (choice === 'noInteractions') return all.map((j) => [j]);
  if (choice === 'pairwise') return all.flatMap((j) => all.slice(j + 1).map((k) => [j, k]));
  return choice;
}
