/** Plain data that plans are made of. */

import type { NeighborSpec } from '../native/neighbors.js';
import type { SparseRows } from './forms.js';

/** A constant of a plan, referenced and not copied: whoever lowers an estimator must not change it later. */
export type Constant = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Names of elementwise functions. */
export const ACTIVATIONS = [
  'identity',
  'relu',
  'sigmoid',
  'tanh',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sqrt',
  'erf',
  'gelu',
  'silu',
  'softplus',
  'abs',
  'negate',
  'square',
  'reciprocal',
  'floor',
  'ceil',
  'round',
  'sign',
  'sinPi',
  'cosPi',
  'normalQuantile',
] as const;
/** Elementwise functions a plan knows. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Names of functions of two numbers. */
export const BINARY_FUNCTIONS = [
  'add',
  'sub',
  'mul',
  'div',
  'min',
  'max',
  'pow',
  'greater',
  'greaterEqual',
  'less',
  'lessEqual',
  'equal',
] as const;
/** Functions of two numbers; comparisons give 1 or 0. */
export type BinaryFunction = (typeof BINARY_FUNCTIONS)[number];

/** What becomes of the values of a row; NaN if one of them is. */
export type Fold = 'sum' | 'sumAbs' | 'product' | 'min' | 'max' | 'maxAbs';

/** Distances between rows and points. */
export type Metric = 'euclidean' | 'squaredEuclidean' | 'manhattan';

/** Kernels of support vector machines. */
export type KernelFunction = 'linear' | 'poly' | 'rbf' | 'sigmoid';

/** What non-negative coordinates of a row make least, and when they do. */
export interface DivergenceSpec {
  /** Which beta-divergence: 1 is that of Kullback and Leibler, 0 that of Itakura and Saito. */
  readonly beta: number;
  /** Weights of the penalties on coordinates and on half their squares. */
  readonly l1: number;
  readonly l2: number;
  /** The fall of the root of the divergence within ten rounds, beside its start, that ends them. */
  readonly tolerance: number;
  /** At most. */
  readonly rounds: number;
}

/** A kernel of two rows x and y: x . y, (gamma x . y + coef0)^degree, exp(-gamma |x - y|^2) or tanh(gamma x . y + coef0). */
export interface KernelSpec {
  readonly kernel: KernelFunction;
  readonly gamma: number;
  readonly coef0: number;
  readonly degree: number;
}

/** What becomes of a value beyond the points that are interpolated: as at the last of them, NaN, or an error. */
export type Outside = 'clip' | 'nan' | 'raise';

/** Bits of a node's rules; see native/plan/op.h. */
export const NODE_RULES = { missingLeft: 1, missingIsZero: 2, zeroIsMissing: 4, categories: 8 } as const;

/**
 * Decision trees as arrays. Node k of tree t stands at `treeOffsets[t] + k`; the children of an inner node are
 * `left` and `left + 1`, counted within the tree. A leaf has feature -1, and `left` is its row in `values`. A row goes
 * left where its value is <= the threshold, or, with the rule `categories`, in the set that the threshold numbers.
 */
export interface ForestConstants {
  readonly treeOffsets: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  /** {@link NODE_RULES} of each node; empty: missing values go left everywhere. */
  readonly rules: Uint8Array;
  readonly cover: Float32Array;
  readonly values: Float64Array;
  /** How values are read, see native/plan/op.h: as XGBoost and scikit-learn do, or as LightGBM does. Default 'float32'. */
  readonly compare?: 'float32' | 'float64';
  /** Words of each set, one set after another, and where each begins; bit c % 32 of word c / 32 is category c. */
  readonly setOffsets?: Int32Array;
  readonly setWords?: Int32Array;
  /** Trees from groups[k] to groups[k + 1] add up to output k; a leaf then has one value. Default: all trees to all outputs. */
  readonly groups?: Int32Array;
}

/** A linear model for each leaf of a forest: intercept + sum of coefficients * features, or `otherwise` where one is missing. */
export interface LeafModels {
  readonly intercept: Float64Array;
  readonly otherwise: Float64Array;
  /** Leaf l has the features and coefficients from offsets[l] to offsets[l + 1]. */
  readonly offsets: Int32Array;
  readonly features: Int32Array;
  readonly coefficients: Float64Array;
}

/** Of an expansion of kernels. */
export type KernelConstants = readonly [
  vectors: Float64Array | SparseRows,
  weights: Float64Array,
  bias: Float64Array,
];

/** Training rows among which those near a row are found, and what becomes of them; see native/plan/op.h. */
export interface NeighborsConstants {
  readonly search: NeighborSpec;
  /** [rows, columns] row-major, or sparse rows. */
  readonly points: Float32Array | Float64Array | SparseRows;
  /** How many neighbours; 0: all within `radius`. */
  readonly neighbors: number;
  readonly radius?: number;
  /**
   * Shares of classes by the code of each training row, means of targets [rows, outputs], negated outlier factors by distances to
   * the k-th neighbour and densities [2, rows], the distances, or a place among those of the training rows.
   */
  readonly vote:
    | { readonly kind: 'classes'; readonly codes: Int32Array; readonly classes: number }
    | { readonly kind: 'mean'; readonly targets: Float64Array; readonly outputs: number }
    | { readonly kind: 'outlier'; readonly values: Float64Array }
    | { readonly kind: 'distances' }
    | {
        /** Places in the layout of UMAP, [rows, dimensions], and the numbers of `placement` in native/plan/op.h. */
        readonly kind: 'place';
        readonly embedding: Float64Array;
        readonly dimensions: number;
        readonly numbers: readonly number[];
      };
  readonly distanceWeights?: boolean;
}

/** What a row is divided by: the sum of its absolute values, Euclid's length, or the largest of the absolute values. */
export type Norm = 'l1' | 'l2' | 'max';
