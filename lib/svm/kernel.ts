/** What machines with a kernel share: parameters, the fitted state and its ops. */
import type { Estimator } from '../core/estimator.js';
import { type FitInput, reportProgress, type SparseFitInput } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  int32s,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, type CsrParts, csrArguments } from '../core/sparse/csr-matrix.js';
import { checkCsr, csrRule, storedCsr } from '../core/sparse/stored-csr.js';
import { StateError } from '../errors.js';
import { type NativeSvm, native, type SvmKernelName, type SvmSpec } from '../native.js';

/** Parameters of machines with a kernel. */
export interface KernelParams {
  /**
   * 'linear' x . y, 'poly' (gamma x . y + coef0)^degree, 'rbf' exp(-gamma |x - y|^2), 'sigmoid' tanh(gamma x . y + coef0), or
   * 'precomputed': X holds the kernel of its rows with those of training. Default 'rbf'.
   */
  kernel: SvmKernelName;
  /** Degree of 'poly', >= 0. Default 3. */
  degree: number;
  /** A number >= 0; 'scale' is 1 / (columns * variance of X), 'auto' 1 / columns. Default 'scale'. */
  gamma: 'scale' | 'auto' | number;
  /** Constant of 'poly' and 'sigmoid'. Default 0. */
  coef0: number;
  /** Stop when no pair of variables violates the optimality conditions by more, > 0. Default 1e-3. */
  tol: number;
  /** MiB for rows of the kernel matrix, > 0. Default 200. */
  cacheSize: number;
  /**
   * Leave out, for a while, rows that have come to rest at a bound: faster where a fit takes many iterations, with the same solution
   * within `tol`. Default true.
   */
  shrinking: boolean;
  /** Most iterations, or -1 for no limit. Default -1. */
  maxIter: number;
}

/** Learned by machines with a kernel. */
export interface KernelState {
  /** Rows of training that count, ascending; for classes those of the first class first. */
  readonly support: Int32Array;
  /** How many of each class. */
  readonly nSupport: Int32Array;
  /** [vectors, columns]; empty for a precomputed kernel, and where they are sparse. */
  readonly supportVectors: Float64Array;
  /** Of a fit on sparse rows, in float64. */
  readonly sparseVectors?: CsrParts;
  /** [max(1, classes - 1), vectors] */
  readonly dualCoef: Float64Array;
  /** One for each pair of classes. */
  readonly intercept: Float64Array;
  readonly iterations: Float64Array;
  readonly gamma: number;
  readonly converged: boolean;
}

export const KERNEL_DEFAULTS: KernelParams = {
  ...{
    kernel: 'rbf',
    degree: 3,
    gamma: 'scale',
    coef0: 0,
    tol: 1e-3,
    cacheSize: 200,
    shrinking: true,
    maxIter: -1,
  },
};

export const KERNEL_RULES: Rules<KernelParams> = {
  kernel: oneOf('linear', 'poly', 'rbf', 'sigmoid', 'precomputed'),
  degree: int(0, 1000),
  gamma: either(oneOf('scale', 'auto'), real(0)),
  coef0: real(),
  tol: real(0, Infinity, 'min'),
  cacheSize: real(0, Infinity, 'min'),
  shrinking: bool,
  maxIter: either(
    int(1),
    custom('-1', (v) => v === -1),
  ),
};

export const KERNEL_STATE_RULES: Rules<KernelState> = {
  support: int32s(),
  nSupport: int32s(),
  supportVectors: float64s(),
  sparseVectors: csrRule,
  dualCoef: float64s(),
  intercept: float64s(),
  iterations: float64s(),
  gamma: real(0),
  converged: bool,
};

/** Checks the lengths of a restored state. */
export function checkKernelState(
  owner: object,
  { kernel }: KernelParams,
  state: KernelState,
  names: readonly Column[],
  classes: number,
): void {
  const { support, nSupport, supportVectors, sparseVectors, dualCoef, intercept } = state;
  const columns = names.length;
  const precomputed = kernel === 'precomputed';
  checkLength(owner, 'nSupport', nSupport, Math.max(1, classes));
  const isRow = (row: number) => row >= 0 && (!precomputed || row < columns);
  const counted = nSupport.every((count) => count >= 0) && nSupport.reduce((sum, count) => sum + count, 0);
  checkLength(owner, 'support', support.filter(isRow), counted === false ? -1 : counted);
  const isEmpty = precomputed || sparseVectors !== undefined;
  checkLength(owner, 'supportVectors', supportVectors, isEmpty ? 0 : support.length * columns);
  if (sparseVectors !== undefined) {
    const vectors = checkCsr(owner, 'sparseVectors', sparseVectors, names);
    checkLength(owner, 'sparseVectors', { length: vectors }, precomputed ? -1 : support.length);
  }
  checkLength(owner, 'dualCoef', dualCoef, support.length * Math.max(1, classes - 1));
  checkLength(owner, 'intercept', intercept, Math.max(1, (classes * (classes - 1)) / 2));
}

/** What the tasks differ in. */
export interface KernelTask extends Pick<SvmSpec, 'task'> {
  readonly y: Float64Array | null;
  readonly classCount: number;
  readonly weights: Float64Array | null;
  readonly c?: number;
  readonly epsilon?: number;
  readonly nu?: number;
  readonly probability?: boolean;
  readonly seed?: number;
}

/** Fits a machine; the probabilities are the caller's to keep. */
export async function fitKernel(
  owner: Estimator,
  params: KernelParams,
  input: FitInput | SparseFitInput,
  { y, classCount, weights, ...task }: KernelTask,
): Promise<KernelState & Pick<NativeSvm, 'probA' | 'probB'>> {
  const { x, cancel } = input;
  const { kernel, degree, gamma, coef0, tol, cacheSize, shrinking, maxIter } = params;
  const spec: SvmSpec = {
    ...{ c: 1, epsilon: 0, nu: 0.5, probability: false, seed: 0, ...task },
    ...{ kernel, degree, coef0, tol, cacheSize, shrinking },
    gamma: gamma === 'auto' ? 1 / x.cols : gamma === 'scale' ? 1 : gamma,
    // Without a use for gamma there is no need to know it.
    scaleGamma: gamma === 'scale' && kernel !== 'linear' && kernel !== 'precomputed',
    maxIter: Math.max(0, maxIter),
  };
  const progress = reportProgress(input, owner);
  const rest = [y, classCount, weights, spec, cancel, progress] as const;
  if (x instanceof CsrMatrix) {
    const fitted = await native.csrSvm(...csrArguments(x), ...rest);
    const sparseVectors = storedCsr(x.takeRows(fitted.support).astype('float64'));
    return { ...fitted, supportVectors: new Float64Array(0), sparseVectors };
  }
  const fitted = await native.fitSvm(x.data, x.rows, x.cols, ...rest);
  const { support } = fitted;
  const supportVectors = new Float64Array(kernel === 'precomputed' ? 0 : support.length * x.cols);
  for (let v = 0; v * x.cols < supportVectors.length; v++)
    supportVectors.set(x.data.subarray(support[v] * x.cols, (support[v] + 1) * x.cols), v * x.cols);
  return { ...fitted, supportVectors };
}

/** Fits a machine with one output, which is no probability. */
export async function fitSingleKernel(
  owner: Estimator,
  params: KernelParams,
  input: FitInput | SparseFitInput,
  task: Omit<KernelTask, 'classCount' | 'weights'>,
): Promise<KernelState> {
  const whole = { ...task, classCount: 0, weights: input.sampleWeight };
  const { probA, probB, ...state } = await fitKernel(owner, params, input, whole);
  return state;
}

/** bias + the kernels of x with the support vectors times weights [vectors, bias.length]. */
export function lowerKernel(
  plan: PlanBuilder,
  x: Slot,
  params: KernelParams,
  state: KernelState,
  [weights, bias]: readonly [Float64Array, Float64Array],
): Slot {
  const { kernel, coef0, degree } = params;
  const { support, supportVectors, sparseVectors, gamma } = state;
  if (kernel === 'precomputed') return plan.dense(plan.gather(x, Array.from(support)), weights, bias);
  // Its vectors add up to one for each output.
  if (kernel === 'linear') return plan.dense(x, linearCoef(state, weights, x.width, bias.length), bias);
  const vectors = sparseVectors === undefined ? supportVectors : new CsrMatrix(sparseVectors);
  return plan.kernelExpansion(x, { kernel, gamma, coef0, degree }, [vectors, weights, bias]);
}

/** Weights of the columns, [columns, outputs]: the weighted sums of the support vectors. */
export function linearCoef(
  { support, supportVectors, sparseVectors }: KernelState,
  weights: Float64Array,
  columns: number,
  outputs: number,
): Float64Array {
  const coef = new Float64Array(columns * outputs);
  if (sparseVectors !== undefined) {
    const { data, indices, indptr } = sparseVectors;
    for (let v = 0; v < support.length; v++) {
      for (let at = indptr[v]; at < indptr[v + 1]; at++) {
        for (let k = 0; k < outputs; k++)
          coef[indices[at] * outputs + k] += data[at] * weights[v * outputs + k];
      }
    }
    return coef;
  }
  for (let v = 0; v < support.length; v++) {
    for (let j = 0; j < columns; j++) {
      const value = supportVectors[v * columns + j];
      for (let k = 0; k < outputs; k++) coef[j * outputs + k] += value * weights[v * outputs + k];
    }
  }
  return coef;
}

/** The support vectors as a matrix. @throws {ERR_NOT_SUPPORTED | ERR_DENSE} for a precomputed kernel, or sparse ones of more than 2^28 values */
export function supportMatrix({ kernel }: KernelParams, state: KernelState): Matrix {
  if (kernel === 'precomputed')
    throw new StateError('ERR_NOT_SUPPORTED', 'A precomputed kernel does not show the vectors; use support.');
  const { support, supportVectors, sparseVectors } = state;
  if (sparseVectors !== undefined) return new CsrMatrix(sparseVectors).toDense();
  return new Matrix(
    supportVectors.slice(),
    support.length,
    supportVectors.length / Math.max(1, support.length),
  );
}

/** @throws {ERR_NOT_SUPPORTED} unless the kernel is linear */
export function requireLinear({ kernel }: KernelParams): void {
  if (kernel !== 'linear')
    throw new StateError('ERR_NOT_SUPPORTED', `Only a linear kernel has coef; this one is '${kernel}'.`);
}
