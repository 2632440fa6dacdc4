/** Which forests a GPU grows, and what growing them costs. */
import type { Matrix } from '../core/matrix.js';
import type { TrainingCost } from '../core/training-device.js';
import { type ForestSpec, native } from '../native.js';
import type {
  BinnedForestParams,
  ClassCriterion,
  MonotonicParams,
  NumberCriterion,
  TreeParams,
} from './tree-params.js';

/** What a GPU grows instead of such trees, perhaps of several targets; null where it grows them. */
export function whyNotOnGpu(
  {
    maxBins = null,
    monotonicCst,
    maxLeafNodes,
    ccpAlpha,
  }: Pick<TreeParams, 'maxLeafNodes' | 'ccpAlpha'> & Partial<BinnedForestParams> & Partial<MonotonicParams>,
  several = false,
): string | null {
  if (maxBins === null) return "trees on histograms only: set 'maxBins'";
  if (several) return 'trees of one target only';
  if (monotonicCst?.some((sign) => sign !== 0)) return "trees without 'monotonicCst' only";
  if (maxLeafNodes !== null || ccpAlpha > 0) return "trees without 'maxLeafNodes' and 'ccpAlpha' only";
  return null;
}

/** Most rows of which a GPU has a table of n log n: what train_on_gpu of native/train/forest_bins.cc takes. */
const GPU_TERMS = 2 ** 24;

/** What the rows of a tree weigh. */
export interface TreeWeights {
  /** null: each row counts as often as it was drawn. */
  readonly weights: Float64Array | null;
  /** Of all rows of a tree. */
  readonly total: number;
  /** Rows weigh by the classes that were drawn. */
  readonly balancedSubsample: boolean;
}

/** Why a GPU cannot tell the entropy of trees on rows of such a weight; null where it can. */
export function whyNotWeighed(
  criterion: ClassCriterion | NumberCriterion,
  { weights, total, balancedSubsample }: TreeWeights,
): string | null {
  if (criterion !== 'entropy' && criterion !== 'logLoss') return null;
  const isWhole = !balancedSubsample && (weights === null || weights.every(Number.isInteger));
  return isWhole && total <= GPU_TERMS
    ? null
    : "trees by 'entropy' of whole weights and at most 16,777,216 rows only";
}

/** Nanoseconds of a thread for a row, a drawn column and a level of a tree. */
const CPU_UPDATE_NS = 2;

/** Classes times bins that a block of a GPU has room for: a little less than ForestGpu::fits allows. */
const GPU_CELLS = 6000;

/** What a fit costs; null where no GPU has room. */
export function trainingCost(
  { rows, cols }: Matrix,
  classCount: number,
  spec: Omit<ForestSpec, 'cuda'>,
): TrainingCost | null {
  if (classCount * (spec.maxBins + 3) > GPU_CELLS) return null;
  const leaves = Math.max(2, Math.min(rows / spec.minSamplesLeaf, 2 ** Math.min(spec.maxDepth, 30)));
  const levels = Math.log2(leaves);
  const updates = spec.trees * rows * levels * spec.maxFeatures;
  const searches = spec.trees * leaves * spec.maxFeatures;
  return {
    cpuNs: (CPU_UPDATE_NS * updates) / (spec.threads || native.info().threads),
    cuda: {
      uploadBytes: rows * cols + 8 * rows * spec.trees + 24 * searches,
      downloadBytes: searches * (24 + 8 * classCount),
      trafficBytes: 13 * updates,
      flops: 0,
      kernels: 4 * levels + 2 * (searches / 65536),
      waits: 2 * levels + searches / 65536,
    },
  };
}
