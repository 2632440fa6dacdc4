/** What trees and forests share: parameters of a tree, the fitted arrays, and how both reach the native core. */
import { type FitInput, fitLabels, fitTargets, reportProgress } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import {
  checkLength,
  either,
  float32s,
  float64s,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
  uint8s,
} from '../core/params.js';
import type { ForestConstants } from '../core/plan-types.js';
import { type ForestSpec, native } from '../native.js';

/** How many columns each split looks at: all (null), their square root or binary logarithm, a count, or a share in (0, 1). */
export type MaxFeatures = 'sqrt' | 'log2' | number | null;

/** Parameters that every tree has, with scikit-learn's meanings. */
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
  /** Split only when it lowers the weighted impurity by this much, >= 0. Default 0. */
  minImpurityDecrease: number;
  /** Seed for the draw of columns (and rows); null takes a new one for each fit. Default null. */
  randomState: number | null;
}

/** Parameters that every forest adds. */
export interface ForestParams extends TreeParams {
  /** Number of trees, >= 1. Default 100. */
  nEstimators: number;
  /** Train each tree on rows drawn with replacement. Default true. */
  bootstrap: boolean;
  /** Rows drawn for each tree: all (null), a count, or a share in (0, 1). Default null. */
  maxSamples: number | null;
  /** Threads to use; null means all. The model is the same whatever their number. Default null. */
  nJobs: number | null;
}

/** Trees as arrays; see {@link ForestConstants} for the layout. */
export interface ForestState {
  readonly treeOffsets: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  /** Empty when no value was missing during fit. */
  readonly missingLeft: Uint8Array;
  readonly cover: Float32Array;
  readonly impurity: Float32Array;
  readonly values: Float64Array;
  readonly importances: Float64Array;
}

const share = real(0, 1, 'both');

export const treeRules: Rules<TreeParams> = {
  maxDepth: either(int(1, 0x7fff_ffff), nothing),
  minSamplesSplit: either(int(2, 0x7fff_ffff), share),
  minSamplesLeaf: either(int(1, 0x7fff_ffff), share),
  minWeightFractionLeaf: real(0, 0.5),
  maxFeatures: either(oneOf('sqrt', 'log2'), int(1), share, nothing),
  minImpurityDecrease: real(0),
  randomState: seed,
};
export const treeDefaults: Omit<TreeParams, 'maxFeatures'> = {
  maxDepth: null,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  minWeightFractionLeaf: 0,
  minImpurityDecrease: 0,
  randomState: null,
};
export const forestRules: Rules<Omit<ForestParams, keyof TreeParams>> = {
  nEstimators: int(1, 100_000),
  bootstrap: { allows: (v) => typeof v === 'boolean', allowed: 'true or false' },
  maxSamples: either(int(1, 0x7fff_ffff), share, nothing),
  nJobs: either(int(1, 1024), nothing),
};
export const forestDefaults: Omit<ForestParams, keyof TreeParams> = {
  nEstimators: 100,
  bootstrap: true,
  maxSamples: null,
  nJobs: null,
};
export const forestStateRules: Rules<ForestState> = {
  treeOffsets: int32s(),
  feature: int32s(),
  threshold: float64s(),
  left: int32s(),
  missingLeft: uint8s(),
  cover: float32s(),
  impurity: float32s(),
  values: float64s(),
  importances: float64s(),
};

/** The trees as a plan takes them. */
export function forestConstants(state: ForestState): ForestConstants {
  return { ...state, rules: state.missingLeft };
}

/** Checks of a restored forest that its plan does not make. */
export function checkForestState(owner: object, state: ForestState, columns: number): void {
  checkLength(owner, 'importances', state.importances, columns);
  checkLength(owner, 'impurity', state.impurity, state.feature.length);
}

function countOf(value: number, of: number, least: number): number {
  return value < 1 ? Math.max(least, Math.ceil(value * of)) : value;
}

/** The number of columns a split looks at, in [1, columns]. */
export function resolveMaxFeatures(maxFeatures: MaxFeatures, columns: number): number {
  if (maxFeatures === null) return columns;
  if (maxFeatures === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(columns)));
  if (maxFeatures === 'log2') return Math.max(1, Math.floor(Math.log2(columns)));
  return Math.min(columns, maxFeatures < 1 ? Math.max(1, Math.floor(maxFeatures * columns)) : maxFeatures);
}

function specOf(
  params: TreeParams & Partial<ForestParams> & { criterion: string },
  input: FitInput,
  totalWeight: number,
): ForestSpec {
  const { rows, cols } = input.x;
  const minLeaf = countOf(params.minSamplesLeaf, rows, 1);
  return {
    criterion: CRITERION[params.criterion],
    trees: params.nEstimators ?? 1,
    maxDepth: params.maxDepth ?? 0xffff_ffff,
    minSamplesSplit: countOf(params.minSamplesSplit, rows, 2),
    minSamplesLeaf: minLeaf,
    minWeightLeaf: params.minWeightFractionLeaf * totalWeight,
    maxFeatures: resolveMaxFeatures(params.maxFeatures, cols),
    minImpurityDecrease: params.minImpurityDecrease,
    bootstrap: params.bootstrap ?? false,
    maxSamples:
      params.bootstrap && params.maxSamples ? Math.min(rows, countRows(params.maxSamples, rows)) : 0,
    seed: resolveSeed(params.randomState),
    threads: params.nJobs ?? 0,
  };
}

function countRows(maxSamples: number, rows: number): number {
  return maxSamples < 1 ? Math.max(1, Math.floor(maxSamples * rows)) : maxSamples;
}

const CRITERION: Record<string, ForestSpec['criterion']> = {
  gini: 'gini',
  entropy: 'entropy',
  logLoss: 'entropy',
  squaredError: 'squared_error',
};

const sum = (values: Float64Array | null, otherwise: number) =>
  values === null ? otherwise : values.reduce((total, value) => total + value, 0);

/** Trains a tree or forest on class labels. */
export async function fitClassifierTrees(
  owner: object,
  input: FitInput,
  params: TreeParams & Partial<ForestParams> & { criterion: string; classWeight: ClassWeight },
): Promise<ForestState & Pick<EncodedLabels, 'classes'>> {
  const { x, cancel } = input;
  const encoded = fitLabels(input);
  const { codes, classes } = encoded;
  const weights = classWeights(params.classWeight, encoded, input.sampleWeight, 'rows');
  const spec = specOf(params, input, sum(weights, x.rows));
  const progress = reportProgress(input, owner);
  const state = await native.fitForest(
    x.data,
    x.rows,
    x.cols,
    codes,
    classes.length,
    null,
    weights,
    spec,
    cancel,
    progress,
  );
  return { ...state, classes };
}

/** Trains a tree or forest on numbers. */
export async function fitRegressorTrees(
  owner: object,
  input: FitInput,
  params: TreeParams & Partial<ForestParams> & { criterion: string },
): Promise<ForestState> {
  const { x, cancel, sampleWeight } = input;
  const targets = fitTargets(input);
  const spec = specOf(params, input, sum(sampleWeight, x.rows));
  const progress = reportProgress(input, owner);
  return native.fitForest(x.data, x.rows, x.cols, null, 0, targets, sampleWeight, spec, cancel, progress);
}

/** Most edges from root to leaf of tree t. */
export function treeDepth({ treeOffsets, feature, left }: ForestState, t = 0): number {
  const begin = treeOffsets[t];
  const nodes = treeOffsets[t + 1] - begin;
  const depth = new Int32Array(nodes);
  let deepest = 0;
  // Children stand after their parent, so one pass suffices.
  for (let k = 0; k < nodes; k++) {
    if (feature[begin + k] < 0) {
      deepest = Math.max(deepest, depth[k]);
      continue;
    }
    const child = left[begin + k];
    depth[child] = depth[child + 1] = depth[k] + 1;
  }
  return deepest;
}

/** Leaves of all trees. */
export function leafCount({ feature }: ForestState): number {
  return feature.reduce((leaves, f) => leaves + (f < 0 ? 1 : 0), 0);
}
