/** What models fitted by stochastic gradient descent share. */
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import {
  bool,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import { CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { native, type SgdProgress, type SgdSpec } from '../native.js';

/** Parameters of all models fitted by stochastic gradient descent. */
export interface SgdParams {
  /** The penalty; null: none. Default 'l2'. */
  penalty: 'l2' | 'l1' | 'elasticnet' | null;
  /** Strength of the penalty, >= 0; the learning rate 'optimal' goes by it, too. Default 1e-4. */
  alpha: number;
  /** The L1 part of 'elasticnet', in [0, 1]. Default 0.15. */
  l1Ratio: number;
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Most epochs, >= 1. Default 1000. */
  maxIter: number;
  /**
   * Stop after `nIterNoChange` epochs in which the mean objective (the validation score, with `earlyStopping`) did not get better
   * by this much, >= 0; null: after `maxIter` epochs. Default 1e-3.
   */
  tol: number | null;
  /** Rows in another order each epoch. Default true. */
  shuffle: boolean;
  /** Seed of the order and of the rows held out; null: others each time. Default null. */
  randomState: number | null;
  /** First step size, or the step size of 'constant', > 0; the aggressiveness of 'pa1' and 'pa2'. Default 0.01. */
  eta0: number;
  /** Hold out rows, and stop when the score on them gets no better. Default false. */
  earlyStopping: boolean;
  /** Their share, in (0, 1). Default 0.1. */
  validationFraction: number;
  /** Epochs without getting better before it stops, >= 1. Default 5. */
  nIterNoChange: number;
  /** Start a fit from the coefficients of the last one, where these have the same shape. Default false. */
  warmStart: boolean;
}

/** Parameters of {@link SGDClassifier} and {@link SGDRegressor}. */
export interface SgdRateParams extends SgdParams {
  /** Where 'huber' turns linear and the width of what the epsilon-insensitive losses ignore, >= 0. Default 0.1. */
  epsilon: number;
  /**
   * Step sizes: 'optimal' 1 / (alpha (t + t0)), 'constant', 'invscaling', 'adaptive' (a fifth whenever it would stop), or the
   * passive-aggressive 'pa1' and 'pa2', with the loss 'hinge' or 'epsilonInsensitive' alone.
   */
  learningRate: 'optimal' | 'constant' | 'invscaling' | 'adaptive' | 'pa1' | 'pa2';
  /** Exponent of 'invscaling': eta0 / t^powerT. Default 0.5 for classifiers, 0.25 for regressors. */
  powerT: number;
  /** Average the coefficients of all steps, or from that step on. Default false. */
  average: boolean | number;
}

/** Learned by stochastic gradient descent. */
export interface SgdState extends SgdProgress {
  readonly iterations: number;
  readonly converged: boolean;
}

/** @internal */
export const sgdDefaults = {
  ...{ penalty: 'l2', alpha: 1e-4, l1Ratio: 0.15, fitIntercept: true, maxIter: 1000, tol: 1e-3 },
  ...{ shuffle: true, randomState: null, eta0: 0.01, earlyStopping: false },
  ...{ validationFraction: 0.1, nIterNoChange: 5, warmStart: false },
} as const satisfies SgdParams;

/** @internal */
export const sgdRules: Rules<SgdParams> = {
  penalty: either(oneOf('l2', 'l1', 'elasticnet'), nothing),
  alpha: real(0),
  l1Ratio: real(0, 1),
  fitIntercept: bool,
  maxIter: int(1, 0xffff_ffff),
  tol: either(real(0), nothing),
  shuffle: bool,
  randomState: seed,
  eta0: real(0, Infinity, 'min'),
  earlyStopping: bool,
  validationFraction: real(0, 1, 'both'),
  nIterNoChange: int(1, 0xffff_ffff),
  warmStart: bool,
};

/** @internal */
export const sgdRateRules: Rules<Omit<SgdRateParams, keyof SgdParams>> = {
  epsilon: real(0),
  learningRate: oneOf('optimal', 'constant', 'invscaling', 'adaptive', 'pa1', 'pa2'),
  powerT: real(),
  average: either(bool, int(1)),
};

/**
 * What no rule of one parameter can say.
 *
 * @param passive - the loss whose value the passive-aggressive steps go by
 * @throws {ERR_PARAMETER} for such steps with another loss
 * @internal
 */
export function checkSgdLoss(owner: object, learningRate: string, loss: string, passive: string): void {
  if (!['pa1', 'pa2'].includes(learningRate) || loss === passive) return;
  const message = `${owner.constructor.name}: learningRate '${learningRate}' needs loss '${passive}'; got '${loss}'.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** @internal */
export const sgdStateRules: Rules<SgdState> = {
  coef: float64s(),
  intercept: float64s(),
  averageCoef: float64s(),
  averageIntercept: float64s(),
  t: real(1),
  iterations: int(0),
  converged: bool,
};

/** The choices that Perceptron makes for its users. */
export type SgdChoices = Pick<SgdSpec, 'loss' | 'learningRate' | 'epsilon' | 'powerT' | 'average'>;

/** @internal */
export function sgdSpec(params: SgdParams, choices: SgdChoices): SgdSpec {
  const { penalty, tol, randomState, warmStart: _, ...others } = params;
  return {
    ...others,
    ...choices,
    penalty: penalty ?? 'none',
    tol: tol ?? -Infinity,
    seed: resolveSeed(randomState),
  };
}

/** What one part of the data is learned with. */
export interface SgdTask {
  readonly input: FitInput | SparseFitInput;
  readonly y: Float64Array;
  readonly classWeights: Float64Array | null;
  readonly spec: SgdSpec;
  readonly start: SgdState | null;
  readonly progress: ((done: number, total: number) => void) | null;
}

/** @internal */
export async function learn(task: SgdTask): Promise<SgdState> {
  const { y, classWeights, spec, start, progress } = task;
  const { x, sampleWeight, cancel } = task.input;
  const rest = [y, classWeights, sampleWeight, spec, start, cancel, progress] as const;
  if (x instanceof CsrMatrix) return native.csrSgd(...csrArguments(x), ...rest);
  return native.fitSgd(x.data, x.rows, x.cols, ...rest);
}

/** What a model predicts with: the averages once there are any. */
export function coefficientsOf(
  state: SgdState,
  average: number,
): { coef: Float64Array; intercept: Float64Array } {
  if (average > 0 && state.averageCoef.length > 0 && average <= state.t - 1) {
    return { coef: state.averageCoef, intercept: state.averageIntercept };
  }
  return { coef: state.coef, intercept: state.intercept };
}

/** The step from which on coefficients are averaged; 0: never. */
export const averageFrom = (average: boolean | number): number => Number(average);

/**
 * Where a fit starts that goes on from the coefficients of another: its steps count from 1 again. Null where the shapes differ.
 *
 * @param before - with the coefficients that it predicts with
 */
export function warmStart(before: SgdState | null, coefficients: number, outputs: number): SgdState | null {
  if (before?.coef.length !== coefficients || before.intercept.length !== outputs) return null;
  const none = new Float64Array(0);
  return { ...before, averageCoef: none, averageIntercept: none, t: 1 };
}
