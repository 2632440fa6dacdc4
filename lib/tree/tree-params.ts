/** Parameters of trees and forests: what they mean, their rules and defaults, and their form for the native core. */
import type { FitInput } from '../core/fit-input.js';
import {
  bool,
  either,
  int,
  listOf,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { TreeSpec } from '../native.js';

/** How many columns each split looks at: all (null), their square root or binary logarithm, a count, or a share in (0, 1). */
export type MaxFeatures = 'sqrt' | 'log2' | number | null;

/** Parameters that say how a tree grows, with scikit-learn's meanings. */
export interface TreeParams {
  /** Most edges from root to leaf, >= 1. Default null: no limit. */
  maxDepth: number | null;
  /** Fewest rows of a node that is split: a count >= 2 or a share of the rows in (0, 1). Default 2. */
  minSamplesSplit: number;
  /** Fewest rows of a leaf: a count >= 1 or a share of the rows in (0, 1). Default 1. */
  minSamplesLeaf: number;
  /** Least share of the total weight in a leaf, in [0, 0.5]. Default 0. */
  minWeightFractionLeaf: number;
  /** Columns each split looks at. */
  maxFeatures: MaxFeatures;
  /** Most leaves, >= 2; the node that lowers impurity most is split first. Default null: no limit. */
  maxLeafNodes: number | null;
  /** Split only when it lowers the weighted impurity by this much, >= 0. Default 0. */
  minImpurityDecrease: number;
  /** Minimal cost-complexity pruning: branches go that lower impurity by no more than this per leaf, >= 0. Default 0. */
  ccpAlpha: number;
  /** Seed for the draw of columns (and rows); null takes a new one for each fit. Default null. */
  randomState: number | null;
}

/** For each column: predictions may only rise (1) or fall (-1) with it, or do as they please (0). */
export type MonotonicCst = readonly number[] | null;

/** A parameter of trees and forests, but not of boosting. */
export interface MonotonicParams {
  /**
   * Monotonic constraints, one per column: 1, -1 or 0; of two classes they bind the probability of the second. Default
   * null: none.
   */
  monotonicCst: MonotonicCst;
}

/** Measures of impurity for classes; 'logLoss' is another name of 'entropy'. */
export type ClassCriterion = 'gini' | 'entropy' | 'logLoss';
/** Measures of impurity for numbers; 'friedmanMse' is another name of 'squaredError', as in scikit-learn 1.9. */
export type NumberCriterion = 'squaredError' | 'friedmanMse' | 'absoluteError' | 'poisson';

const share = real(0, 1, 'both');

export const treeRules: Rules<TreeParams> = {
  maxDepth: either(int(1, 0x7fff_ffff), nothing),
  minSamplesSplit: either(int(2, 0x7fff_ffff), share),
  minSamplesLeaf: either(int(1, 0x7fff_ffff), share),
  minWeightFractionLeaf: real(0, 0.5),
  maxFeatures: either(oneOf('sqrt', 'log2'), int(1), share, nothing),
  maxLeafNodes: either(int(2, 0x7fff_ffff), nothing),
  minImpurityDecrease: real(0),
  ccpAlpha: real(0),
  randomState: seed,
};
export const treeDefaults: Omit<TreeParams, 'maxFeatures'> = {
  maxDepth: null,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  minWeightFractionLeaf: 0,
  maxLeafNodes: null,
  minImpurityDecrease: 0,
  ccpAlpha: 0,
  randomState: null,
};
export const monotonicRules: Rules<MonotonicParams> = {
  monotonicCst: either(
    nothing,
    listOf('a list of 1, -1 and 0', (sign) => sign === 1 || sign === -1 || sign === 0),
  ),
};
export const classCriterion = oneOf('gini', 'entropy', 'logLoss');
export const numberCriterion = oneOf('squaredError', 'friedmanMse', 'absoluteError', 'poisson');

/** Parameters that every forest adds. */
export interface ForestParams extends TreeParams {
  /** Number of trees, >= 1. Default 100. */
  nEstimators: number;
  /** Train each tree on rows drawn with replacement. */
  bootstrap: boolean;
  /** Rows drawn for each tree when `bootstrap` is set: all (null), a count, or a share in (0, 1). Default null. */
  maxSamples: number | null;
  /** Score the model on the rows that each tree did not draw; needs `bootstrap`. Default false. */
  oobScore: boolean;
  /** Keep the trees of the last fit, and add what `nEstimators` exceeds them by. Default false. */
  warmStart: boolean;
  /** Threads to use; null means all. The model is the same whatever their number. Default null. */
  nJobs: number | null;
}

/** How forests trained on histograms bin the columns. */
export interface BinnedForestParams {
  /**
   * Bins of a column, 2 to 255, between which splits lie: the rows of a node are added up by bins instead of sorted. null:
   * exact splits. Missing values have a bin of their own. Default null.
   */
  maxBins: number | null;
}

export const binnedForestRules: Rules<BinnedForestParams> = { maxBins: either(int(2, 255), nothing) };

export const nJobsRule = either(int(1, 1024), nothing);
export const forestRules: Rules<Omit<ForestParams, keyof TreeParams>> = {
  nEstimators: int(1, 100_000),
  bootstrap: bool,
  maxSamples: either(int(1, 0x7fff_ffff), share, nothing),
  oobScore: bool,
  warmStart: bool,
  nJobs: nJobsRule,
};
export const forestDefaults: Omit<ForestParams, keyof TreeParams> = {
  nEstimators: 100,
  bootstrap: true,
  maxSamples: null,
  oobScore: false,
  warmStart: false,
  nJobs: null,
};

function countOf(value: number, of: number, least: number): number {
  return value < 1 ? Math.max(least, Math.ceil(value * of)) : value;
}

/** A count, or a share of the rows rounded down, in [1, rows]. */
export function resolveSamples(samples: number, rows: number): number {
  return Math.min(rows, samples < 1 ? Math.max(1, Math.floor(samples * rows)) : samples);
}

/** The number of columns a split looks at, in [1, columns]. */
export function resolveMaxFeatures(maxFeatures: MaxFeatures, columns: number): number {
  if (maxFeatures === null) return columns;
  if (maxFeatures === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(columns)));
  if (maxFeatures === 'log2') return Math.max(1, Math.floor(Math.log2(columns)));
  return Math.min(columns, maxFeatures < 1 ? Math.max(1, Math.floor(maxFeatures * columns)) : maxFeatures);
}

/**
 * How trees grow, as the native core takes it.
 *
 * @param totalWeight - of all rows
 * @throws {ERR_PARAMETER} when there is not one monotonic constraint per column
 */
export function treeSpec(
  params: TreeParams & Partial<MonotonicParams> & { readonly splitter?: 'best' | 'random' },
  { x }: FitInput,
  totalWeight: number,
): TreeSpec {
  const { monotonicCst = null } = params;
  if (monotonicCst !== null && monotonicCst.length !== x.cols) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `monotonicCst has ${monotonicCst.length} values, but X has ${x.cols} columns.`,
    );
  }
  return {
    maxDepth: params.maxDepth ?? 0xffff_ffff,
    minSamplesSplit: countOf(params.minSamplesSplit, x.rows, 2),
    minSamplesLeaf: countOf(params.minSamplesLeaf, x.rows, 1),
    minWeightLeaf: params.minWeightFractionLeaf * totalWeight,
    maxFeatures: resolveMaxFeatures(params.maxFeatures, x.cols),
    minImpurityDecrease: params.minImpurityDecrease,
    randomThresholds: params.splitter === 'random',
    maxLeaves: params.maxLeafNodes ?? 0,
    ccpAlpha: params.ccpAlpha,
    monotonic: monotonicCst?.some((sign) => sign !== 0) ? Int32Array.from(monotonicCst) : null,
    treeColumns: 0,
    seed: resolveSeed(params.randomState),
  };
}
