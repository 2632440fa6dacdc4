/** How the native core trains trees and forests, from parameters to state. */
import {
  areSeveral,
  type Classes,
  classLists,
  countClasses,
  type EncodedClasses,
  fitClasses,
  partsOf,
} from '../core/class-lists.js';
import { type FitInput, fitTargetMatrix, reportProgress } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { decodeNumbers, r2OfTargets } from '../core/targets.js';
import { trainWhere } from '../core/training-device.js';
import { StateError, ValidationError } from '../errors.js';
import { type ForestSpec, type NativeForest, native } from '../native.js';
import { type ClassWeights, weightsOfTargets } from './class-weights.js';
import { rememberDraws, withDraws } from './drawn-rows.js';
import { trainingCost, whyNotOnGpu, whyNotWeighed } from './forest-device.js';
import { type ForestState, joinTrees, leafCount, type OutOfBag } from './forest-state.js';
import {
  type BinnedForestParams,
  type ClassCriterion,
  type ForestParams,
  type MonotonicParams,
  type NumberCriterion,
  resolveSamples,
  type TreeParams,
  treeSpec,
} from './tree-params.js';

const CRITERION: Record<ClassCriterion | NumberCriterion, ForestSpec['criterion']> = {
  gini: 'gini',
  entropy: 'entropy',
  logLoss: 'entropy',
  squaredError: 'squared_error',
  friedmanMse: 'squared_error',
  absoluteError: 'absolute_error',
  poisson: 'poisson',
};

/** Weights of classes as forests take them: 'balancedSubsample' balances the rows that each tree draws. */
export type ForestClassWeight = ClassWeights | 'balancedSubsample';

type GrowParams = TreeParams &
  Partial<ForestParams> &
  Partial<BinnedForestParams> &
  Partial<MonotonicParams> & { readonly splitter?: 'best' | 'random' };

/** What a fit may be asked for beside its parameters. */
export interface GrowOptions {
  /** Trees of the last fit, which stay. */
  readonly previous?: ForestState | null;
  /** Receives the pruning path of the first tree. */
  readonly onPruningPath?: (path: PruningPath) => void;
}

/** How a tree would be pruned: each effective alpha at which branches go, and the impurity of the leaves from then on. */
export interface PruningPath {
  /** Ascending from 0. */
  readonly ccpAlphas: Float64Array;
  readonly impurities: Float64Array;
}

interface Targets {
  readonly encoded?: EncodedClasses;
  /** [rows, targets] */
  readonly y?: Matrix<Float64Array>;
  readonly weights: Float64Array | null;
  readonly balancedSubsample: boolean;
}

/** @throws {ERR_PARAMETER} when the last fit has more trees than are wanted now, or was on other columns or classes */
export function checkPrevious(previous: ForestState, wanted: number, columns: number, outputs: number): void {
  const grown = previous.treeOffsets.length - 1;
  const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `warmStart: ${why}`);
  if (grown > wanted) throw refuse(`there are ${grown} trees already, more than nEstimators = ${wanted}.`);
  if (previous.importances.length !== columns) throw refuse('the last fit was on another number of columns.');
  if (previous.values.length !== outputs * leafCount(previous))
    throw refuse('the last fit was on another number of classes or targets.');
}

/** Trains trees; without the score of `oob`, which its caller knows how to compute. */
async function grow(
  owner: object,
  input: FitInput,
  params: GrowParams & { readonly criterion: ClassCriterion | NumberCriterion },
  targets: Targets,
  { previous, onPruningPath }: GrowOptions,
): Promise<ForestState> {
  const { x, cancel } = input;
  const { encoded, y, weights, balancedSubsample } = targets;
  const classCounts = encoded ? Int32Array.from(classLists(encoded.classes), ({ length }) => length) : null;
  const classCount = encoded ? countClasses(encoded.classes) : 0;
  const { nEstimators = 1, bootstrap = false, maxSamples = null, oobScore = false, nJobs } = params;
  const { maxBins = null } = params;
  const outputs = y?.cols ?? Math.max(1, classCount);
  if (previous) checkPrevious(previous, nEstimators, x.cols, outputs);
  if (oobScore && !bootstrap)
    throw new ValidationError('ERR_PARAMETER', 'oobScore needs bootstrap: else no row is left out.');
  if (maxBins !== null && (params.criterion === 'absoluteError' || params.criterion === 'poisson'))
    throw new ValidationError(
      'ERR_PARAMETER',
      `criterion '${params.criterion}' needs exact splits: maxBins must be null.`,
    );
  const firstTree = previous ? previous.treeOffsets.length - 1 : 0;
  if (previous && firstTree === nEstimators) return previous;
  const totalWeight = weights === null ? x.rows : weights.reduce((total, value) => total + value, 0);
  const draws = maxSamples === null ? x.rows : resolveSamples(maxSamples, x.rows);
  // Draws go by the weights, and count whole rows.
  const sums = bootstrap ? { weights: null, total: draws } : { weights, total: totalWeight };
  const several = (y?.cols ?? classCounts?.length ?? 1) > 1;
  const refused =
    whyNotOnGpu(params, several) ?? whyNotWeighed(params.criterion, { ...sums, balancedSubsample });
  if (refused !== null && input.device !== 'cpu' && input.device !== 'auto')
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `${owner.constructor.name}: a GPU grows ${refused}; device 'auto' or 'cpu' takes the CPU.`,
    );
  const spec: Omit<ForestSpec, 'cuda'> = {
    ...treeSpec(params, input, totalWeight),
    criterion: CRITERION[params.criterion],
    trees: nEstimators - firstTree,
    firstTree,
    bootstrap,
    maxSamples: bootstrap && maxSamples !== null ? draws : 0,
    balancedSubsample,
    outOfBag: oobScore,
    pruningPath: onPruningPath !== undefined,
    maxBins: maxBins ?? 0,
    targets: y?.cols ?? classCounts?.length ?? 1,
    threads: nJobs ?? 0,
  };
  const progress = reportProgress(input, owner);
  const cost = () => (refused === null ? trainingCost(x, classCount, spec) : null);
  const fitted = await trainWhere(input.device, cost, (cuda) =>
    native.fitForest(
      x.data,
      x.rows,
      x.cols,
      encoded?.codes ?? null,
      classCounts,
      y?.data ?? null,
      weights,
      { ...spec, cuda },
      cancel,
      progress,
    ),
  );
  const { oobSums, oobTrees, alphas, pathImpurities, ...trees } = fitted;
  onPruningPath?.({ ccpAlphas: alphas, impurities: pathImpurities });
  const joined = previous ? joinTrees(previous, trees, outputs) : trees;
  const state = oobScore
    ? { ...joined, oob: { ...addUp(fitted, previous?.oob), score: Number.NaN } }
    : joined;
  const { seed, maxSamples: drawn } = spec;
  const own = { rows: x.rows, bootstrap, weights, maxSamples: drawn, seed, firstTree, trees: spec.trees };
  rememberDraws(state, own, previous);
  return state;
}

function addUp({ oobSums: sums, oobTrees: trees }: NativeForest, before: OutOfBag | undefined) {
  if (before === undefined) return { sums, trees };
  if (before.trees.length !== trees.length)
    throw new ValidationError('ERR_PARAMETER', 'warmStart with oobScore needs the rows of the last fit.');
  return {
    sums: sums.map((sum, k) => sum + before.sums[k]),
    trees: trees.map((count, i) => count + before.trees[i]),
  };
}

/** Trains trees on class labels. */
export async function fitClassifierTrees(
  owner: object,
  input: FitInput,
  params: GrowParams & { readonly criterion: ClassCriterion; readonly classWeight: ForestClassWeight },
  options: GrowOptions = {},
): Promise<ForestState & { readonly classes: Classes }> {
  const encoded = fitClasses(input);
  const { codes, classes } = encoded;
  const { bootstrap = false } = params;
  checkClasses(owner, params, classes);
  const balancedSubsample = params.classWeight === 'balancedSubsample' && bootstrap;
  const classWeight = params.classWeight === 'balancedSubsample' ? 'balanced' : params.classWeight;
  const weights = weightsOfTargets(balancedSubsample ? null : classWeight, encoded, input.sampleWeight);
  const state = await grow(owner, input, params, { encoded, weights, balancedSubsample }, options);
  const { oob } = state;
  if (oob === undefined) return withDraws({ ...state, classes }, state);
  const seen = Array.from(oob.trees.keys()).filter((i) => oob.trees[i] > 0);
  const { length: targets } = classLists(classes);
  const width = oob.sums.length / oob.trees.length;
  const right = seen.filter((i) =>
    partsOf(oob.sums.subarray(i * width, (i + 1) * width), classes).every(
      (votes, t) => votes.indexOf(Math.max(...votes)) === codes[i * targets + t],
    ),
  );
  return withDraws({ ...state, classes, oob: { ...oob, score: right.length / seen.length } }, state);
}

/**
 * @throws {ERR_PARAMETER} for an order of more than two classes
 * @throws {ERR_NOT_SUPPORTED} for what takes one target only
 */
function checkClasses(owner: object, { monotonicCst }: GrowParams, classes: Classes): void {
  const isOrdered = monotonicCst?.some((sign) => sign !== 0) ?? false;
  if (areSeveral(classes) && isOrdered) throw forOneTarget(owner, 'monotonicCst', 'MultiOutputClassifier');
  if (isOrdered && classes.length > 2)
    throw new ValidationError('ERR_PARAMETER', 'monotonicCst needs a target of two classes.');
}

function forOneTarget(owner: object, what: string, instead: string): StateError {
  const message = `${owner.constructor.name}: ${what} is for one target; ${instead} fits a model for each.`;
  return new StateError('ERR_NOT_SUPPORTED', message);
}

/** Trains trees on numbers. */
export async function fitRegressorTrees(
  owner: object,
  input: FitInput,
  params: GrowParams & { readonly criterion: NumberCriterion },
  options: GrowOptions = {},
): Promise<ForestState> {
  const y = fitTargetMatrix(input);
  checkTargets(owner, params, y);
  const targets = { y, weights: input.sampleWeight, balancedSubsample: false };
  const state = await grow(owner, input, params, targets, options);
  const { oob } = state;
  if (oob === undefined) return state;
  const seen = Array.from(oob.trees.keys()).filter((i) => oob.trees[i] > 0);
  if (seen.length === 0) return state;
  const sums = new Matrix(oob.sums, y.rows, y.cols).takeRows(seen);
  const means = new Matrix(
    sums.data.map((sum, k) => sum / oob.trees[seen[Math.floor(k / y.cols)]]),
    seen.length,
    y.cols,
  );
  const score = r2OfTargets(y.takeRows(seen), decodeNumbers(means));
  return withDraws({ ...state, oob: { ...oob, score } }, state);
}

/**
 * @throws {ERR_PARAMETER} for a criterion that does not take the targets
 * @throws {ERR_NOT_SUPPORTED} for what takes one target only
 */
function checkTargets(
  owner: object,
  { criterion, monotonicCst }: GrowParams & { readonly criterion: NumberCriterion },
  { data, cols }: Matrix<Float64Array>,
): void {
  const isOrdered = monotonicCst?.some((sign) => sign !== 0);
  if (cols > 1 && (criterion !== 'squaredError' || isOrdered)) {
    const what = criterion === 'squaredError' ? 'monotonicCst' : `criterion '${criterion}'`;
    throw forOneTarget(owner, what, 'MultiOutputRegressor');
  }
  if (criterion === 'poisson' && !(data.every((value) => value >= 0) && data.some((value) => value > 0)))
    throw new ValidationError('ERR_PARAMETER', "criterion 'poisson' needs targets >= 0 that are not all 0.");
}
