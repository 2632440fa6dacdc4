/** Isolation forests (Liu, Ting and Zhou, Isolation Forest, ICDM 2008): outliers are alone after a few random splits. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import { OutlierDetector, scoreLimit, trainingScores } from '../core/outlier-detector.js';
import { bool, either, int, nothing, oneOf, type Rules, real, resolveSeed, seed } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';
import { checkPrevious } from '../tree/fit-trees.js';
import {
  checkForestState,
  type ForestState,
  forestConstants,
  forestStateRules,
  joinTrees,
  lowerLeaves,
} from '../tree/forest-state.js';
import { nJobsRule, resolveMaxFeatures, resolveSamples } from '../tree/tree-params.js';

/** Parameters of {@link IsolationForest}. */
export interface IsolationForestParams {
  /** Number of trees, >= 1. Default 100. */
  nEstimators: number;
  /** Rows drawn for each tree: at most 256 ('auto'), all (null), a count, or a share in (0, 1). Default 'auto'. */
  maxSamples: 'auto' | number | null;
  /** Share of outliers among the training rows, in (0, 0.5]; 'auto' puts the limit at a score of -0.5. Default 'auto'. */
  contamination: 'auto' | number;
  /** Columns drawn for each tree: all (null), a count, or a share in (0, 1). Default null. */
  maxFeatures: number | null;
  /** Draw rows with replacement. Default false. */
  bootstrap: boolean;
  /** Keep the trees of the last fit, and add what `nEstimators` exceeds them by. Default false. */
  warmStart: boolean;
  /** Threads to use; null means all. The model is the same whatever their number. Default null. */
  nJobs: number | null;
  /** Seed of all draws; null takes a new one for each fit. Default null. */
  randomState: number | null;
}

/** What {@link IsolationForest} learns: trees whose leaves hold the depth at which a row is expected to be alone. */
export interface IsolationForestState extends ForestState {
  /** The depth at which a row is alone on average, by which depths are divided. */
  readonly meanDepth: number;
  /** Scores below this are outliers. */
  readonly offset: number;
}

/** The mean depth of an unsuccessful search in a binary search tree of n keys. */
function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n <= 2) return 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
}

/** The values of the leaves: their depth, and what splitting their rows further would add. */
function expectedDepths({ treeOffsets, feature, left, cover }: ForestState): Float64Array {
  const values = new Float64Array((feature.length + treeOffsets.length - 1) / 2);
  const depth = new Int32Array(feature.length);
  for (let t = 0; t + 1 < treeOffsets.length; t++) {
    for (let k = treeOffsets[t]; k < treeOffsets[t + 1]; k++) {
      if (feature[k] < 0) {
        values[left[k]] = depth[k] + averagePathLength(cover[k]);
      } else {
        const child = treeOffsets[t] + left[k];
        depth[child] = depth[child + 1] = depth[k] + 1;
      }
    }
  }
  return values;
}

/**
 * Finds outliers without labels: rows that random splits part from the rest early. `predict` says -1 for an outlier and 1
 * for an inlier. `scoreSamples` lies in (-1, 0): the lower, the sooner a row is alone. Missing values are allowed; `y` is not read.
 *
 * Differs from scikit-learn: random streams of our own; sample weights draw rows in proportion; `predict` gives plain
 * numbers in an array.
 *
 * @example
 * ```ts
 * import { IsolationForest } from 'boreal';
 * const grid = Array.from({ length: 100 }, (_, i) => [i % 10, Math.floor(i / 10)]);
 * const model = await new IsolationForest({ randomState: 1 }).fit([...grid, [40, 40]]);
 * await model.predict([[40, 40], [5, 4]]); // [-1, 1]
 * model.offset; // -0.5
 * ```
 */
export class IsolationForest extends OutlierDetector<IsolationForestParams, IsolationForestState> {
  constructor(params: Partial<IsolationForestParams> = {}) {
    super({
      nEstimators: 100,
      maxSamples: 'auto',
      contamination: 'auto',
      maxFeatures: null,
      bootstrap: false,
      warmStart: false,
      nJobs: null,
      randomState: null,
      ...params,
    });
  }

  get rules(): Rules<IsolationForestParams> {
    const share = real(0, 1, 'both');
    return {
      nEstimators: int(1, 100_000),
      maxSamples: either(oneOf('auto'), int(1, 0x7fff_ffff), share, nothing),
      contamination: either(oneOf('auto'), real(0, 0.5, 'min')),
      maxFeatures: either(int(1), share, nothing),
      bootstrap: bool,
      warmStart: bool,
      nJobs: nJobsRule,
      randomState: seed,
    };
  }

  get stateRules(): Rules<IsolationForestState> {
    return { ...forestStateRules, meanDepth: real(0), offset: real() };
  }

  override get tags() {
    return { allowNan: true };
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'leaf'];
  }

  protected override checkState(state: IsolationForestState, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
  }

  protected async fitState(input: FitInput): Promise<IsolationForestState> {
    const { x, cancel } = input;
    const { maxSamples, contamination, warmStart } = this.params;
    const samples =
      maxSamples === 'auto'
        ? Math.min(256, x.rows)
        : maxSamples === null
          ? x.rows
          : resolveSamples(maxSamples, x.rows);
    const trees = await this.#grow(input, samples, warmStart && this.isFitted ? this.state : null);
    const state = {
      ...trees,
      values: expectedDepths(trees),
      meanDepth: averagePathLength(samples),
      offset: -0.5,
    };
    if (contamination === 'auto') return state;
    const scores = await trainingScores(input, (plan, slot) => lowerScores(plan, slot, state));
    return { ...state, offset: await scoreLimit(scores, contamination, cancel) };
  }

  /** The trees, those of the last fit first. */
  async #grow(input: FitInput, samples: number, previous: ForestState | null): Promise<ForestState> {
    const { x, sampleWeight, cancel } = input;
    const { nEstimators, maxFeatures, bootstrap, nJobs, randomState } = this.params;
    if (previous) checkPrevious(previous, nEstimators, x.cols, 1);
    const firstTree = previous ? previous.treeOffsets.length - 1 : 0;
    if (previous && firstTree === nEstimators) return previous;
    const trees = await native.fitForest(
      x.data,
      x.rows,
      x.cols,
      null,
      null,
      null,
      sampleWeight,
      {
        criterion: 'isolation',
        trees: nEstimators - firstTree,
        firstTree,
        bootstrap,
        maxSamples: samples,
        balancedSubsample: false,
        outOfBag: false,
        pruningPath: false,
        maxBins: 0,
        cuda: null,
        targets: 1,
        threads: nJobs ?? 0,
        maxDepth: Math.ceil(Math.log2(Math.max(samples, 2))),
        minSamplesSplit: 2,
        minSamplesLeaf: 1,
        minWeightLeaf: 0,
        maxFeatures: 1,
        minImpurityDecrease: 0,
        randomThresholds: true,
        maxLeaves: 0,
        ccpAlpha: 0,
        monotonic: null,
        treeColumns: maxFeatures === null ? 0 : resolveMaxFeatures(maxFeatures, x.cols),
        seed: resolveSeed(randomState),
      },
      cancel,
      reportProgress(input, this),
    );
    const { oobSums, oobTrees, alphas, pathImpurities, ...grown } = trees;
    return previous ? joinTrees(previous, grown, 1) : grown;
  }

  /** Scores below this are outliers. @throws {ERR_NOT_FITTED} before `fit` */
  get offset(): number {
    return this.state.offset;
  }

  override lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    return options.output === 'leaf' ? lowerLeaves(plan, x, this.state) : super.lower(plan, x, options);
  }

  protected lowerScores(plan: PlanBuilder, x: Slot): Slot {
    return lowerScores(plan, x, this.state);
  }
}

/** -2^(-depth / meanDepth); -0.5, which is no outlier, when each tree had one row to learn from. */
function lowerScores(plan: PlanBuilder, x: Slot, state: IsolationForestState): Slot {
  const depth = plan.forest(x, forestConstants(state), 1, 'mean');
  const scale = state.meanDepth > 0 ? -state.meanDepth / Math.LN2 : Infinity;
  const power = plan.activation(plan.affine(depth, Float64Array.of(0), Float64Array.of(scale)), 'exp');
  return plan.affine(power, Float64Array.of(0), Float64Array.of(state.meanDepth > 0 ? -1 : -2));
}
