/** What MLPClassifier and MLPRegressor have in common: parameters and what is learned. */
import {
  bool,
  custom,
  either,
  float32s,
  float64s,
  int,
  listOf,
  oneOf,
  type Rules,
  real,
  seed,
} from '../core/params.js';

/** Parameters of {@link MLPClassifier}, and of {@link MLPRegressor} beside its loss. */
export interface MLPParams {
  /** Units of each hidden layer, each >= 1; none: a linear model. Default [100]. */
  hiddenLayerSizes: readonly number[];
  /** Of hidden layers. Default 'relu'. */
  activation: 'identity' | 'logistic' | 'tanh' | 'relu';
  /** 'adam' (Kingma & Ba, 2015), 'sgd', or 'lbfgs', which suits some thousand rows at most. Default 'adam'. */
  solver: 'adam' | 'sgd' | 'lbfgs';
  /** Strength of the L2 penalty, >= 0; as in scikit-learn it is divided by the rows of a mini-batch. Default 1e-4. */
  alpha: number;
  /** Rows of a mini-batch, >= 1, at most all; 'auto': min(200, rows). Of no meaning for 'lbfgs'. Default 'auto'. */
  batchSize: number | 'auto';
  /**
   * Of 'sgd': 'constant'; 'invscaling': learningRateInit / t^powerT, t the rows seen so far; 'adaptive': divided by 5 whenever
   * `nIterNoChange` epochs brought no progress, and ends at 1e-6. Default 'constant'.
   */
  learningRate: 'constant' | 'invscaling' | 'adaptive';
  /** > 0. Default 0.001. */
  learningRateInit: number;
  /** Of 'invscaling', >= 0. Default 0.5. */
  powerT: number;
  /** Most epochs, or iterations of 'lbfgs', >= 1. Default 200. */
  maxIter: number;
  /** Take the rows in another order each epoch. Default true. */
  shuffle: boolean;
  /** Of initial weights, order and validation rows; null: another one on each fit. Default null. */
  randomState: number | null;
  /** What counts as progress of the loss or the validation score, >= 0; of 'lbfgs', when the gradient is small. Default 1e-4. */
  tol: number;
  /** Begin with the weights of the last fit, if the layers have the same sizes. Default false. */
  warmStart: boolean;
  /** Of 'sgd', in [0, 1]. Default 0.9. */
  momentum: number;
  /** Of 'sgd' with momentum. Default true. */
  nesterovsMomentum: boolean;
  /** Set rows aside, end when their score stops rising, and keep the weights of the best epoch. Not of 'lbfgs'. Default false. */
  earlyStopping: boolean;
  /** The share set aside, in (0, 1). Default 0.1. */
  validationFraction: number;
  /** Of 'adam', in [0, 1). Default 0.9. */
  beta1: number;
  /** Of 'adam', in [0, 1). Default 0.999. */
  beta2: number;
  /** Of 'adam', > 0. Default 1e-8. */
  epsilon: number;
  /** Epochs without progress that end a fit, >= 1. Default 10. */
  nIterNoChange: number;
  /** Of 'lbfgs': most evaluations of the loss, >= 1. Default 15000. */
  maxFun: number;
}

/** Learned by both. */
export interface MLPState {
  /** Columns, units of the hidden layers, outputs. */
  readonly layerSizes: readonly number[];
  /** Kernel [inputs, outputs] and bias of each layer, one after the other. */
  readonly parameters: Float32Array;
  /** Of the last epoch. */
  readonly loss: number;
  /** After each epoch, or each iteration of 'lbfgs'. */
  readonly lossCurve: Float64Array;
  /** After each epoch; empty without early stopping. */
  readonly validationScores: Float64Array;
  readonly nIter: number;
  /** Rows seen. */
  readonly t: number;
  readonly converged: boolean;
}

/** Defaults of scikit-learn. */
export const MLP_DEFAULTS: MLPParams = {
  hiddenLayerSizes: [100],
  activation: 'relu',
  solver: 'adam',
  alpha: 1e-4,
  batchSize: 'auto',
  learningRate: 'constant',
  learningRateInit: 0.001,
  powerT: 0.5,
  maxIter: 200,
  shuffle: true,
  randomState: null,
  tol: 1e-4,
  warmStart: false,
  momentum: 0.9,
  nesterovsMomentum: true,
  earlyStopping: false,
  validationFraction: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  nIterNoChange: 10,
  maxFun: 15_000,
};

const isSize = (v: unknown) => Number.isSafeInteger(v) && (v as number) >= 1 && (v as number) <= 2 ** 24;

export const MLP_RULES: Rules<MLPParams> = {
  hiddenLayerSizes: listOf('a list of whole numbers >= 1', isSize),
  activation: oneOf('identity', 'logistic', 'tanh', 'relu'),
  solver: oneOf('adam', 'sgd', 'lbfgs'),
  alpha: real(0),
  batchSize: either(int(1), oneOf('auto')),
  learningRate: oneOf('constant', 'invscaling', 'adaptive'),
  learningRateInit: real(0, Infinity, 'min'),
  powerT: real(0),
  maxIter: int(1, 0xffff_ffff),
  shuffle: bool,
  randomState: seed,
  tol: real(0),
  warmStart: bool,
  momentum: real(0, 1),
  nesterovsMomentum: bool,
  earlyStopping: bool,
  validationFraction: real(0, 1, 'both'),
  beta1: real(0, 1, 'max'),
  beta2: real(0, 1, 'max'),
  epsilon: real(0, Infinity, 'min'),
  nIterNoChange: int(1),
  maxFun: int(1),
};

export const MLP_STATE_RULES: Rules<MLPState> = {
  layerSizes: listOf('a list of sizes >= 1', isSize, 2),
  parameters: float32s(),
  loss: custom('a number', (v) => typeof v === 'number'),
  lossCurve: float64s(),
  validationScores: float64s(),
  nIter: int(0),
  t: int(0),
  converged: bool,
};

/** Numbers that layers of such sizes have. */
export function countParameters(layerSizes: readonly number[]): number {
  return layerSizes.slice(1).reduce((total, size, i) => total + (layerSizes[i] + 1) * size, 0);
}

/** Kernels and biases as views of the flat array. */
export function splitParameters({ layerSizes, parameters }: MLPState): Float32Array[] {
  let at = 0;
  return layerSizes.slice(1).flatMap((size, i) =>
    [layerSizes[i] * size, size].map((length) => {
      at += length;
      return parameters.subarray(at - length, at);
    }),
  );
}
