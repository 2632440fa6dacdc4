/** What the caller says of a compiled model: where it runs, in what arithmetic, and what it gives. */
import { StateError, ValidationError } from '../errors.js';
import { cudaNumber, type PlanDevice } from './devices.js';
import type { Dtype, MatrixLike } from './matrix.js';
import { show } from './params.js';
import type { QuantizationOptions } from './quantization/types.js';

/** Where a plan runs: 'cuda' is the first GPU, 'cuda:1' the second; 'auto' chooses. */
export type Device = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;
/** Arithmetic and element type of input and output. */
export type Precision = Dtype;
/** What the tensor cores of a GPU multiply in dense layers and convolutions; sums, and all else, are float32. */
export type TensorPrecision = (typeof TENSOR_PRECISIONS)[number];
/**
 * What a plan computes: 'value' (predictions of a regressor, class indices of a classifier, columns of a transformer),
 * 'label' (class indices), 'proba' (one column per class), 'decision' (scores before the link), 'interval' (lower and
 * upper quantile over the trees of a forest), 'leaf' (the node that a row ends in, one column per tree), 'score' (how normal
 * an outlier detector finds a row; the log-likelihood of a row under a mixture), 'transform' (the columns of a model that is a
 * transformer, too: the distances to the centres of clusters), 'std' (the mean and the standard deviation of a prediction),
 * 'jointLogProba' (logarithms of joint probabilities of row and class).
 */
export type Output = (typeof OUTPUTS)[number];

/** How to compile a model. */
export interface CompileOptions {
  /** Default 'auto': the CPU, or, where `expectedRows` is given, a GPU if that should be faster. */
  readonly device?: Device;
  /**
   * How many rows a run of the plan will have, for device 'auto' and precision 'float32': the first GPU is taken if it has a kernel
   * for every op and should be faster by the speeds measured on it, transfers included. A whole number >= 1. Default: the CPU is
   * taken, and no GPU is looked for. `libraries` looks at it, too.
   */
  readonly expectedRows?: number;
  /**
   * Whose products a plan on a GPU has. 'none': boreal's own. 'auto': those of cublasLt, too, where it is installed (version 12 or 13),
   * is faster for `expectedRows` rows (default 4096) and gives a row the same bits in any batch; both are tried for each layer when the
   * model is compiled, and `explain()` names what was taken. Speeds are measured: compiled again, a plan may have other last
   * bits. On the CPU there is nothing to take. Default 'none'.
   */
  readonly libraries?: 'none' | 'auto';
  /**
   * Default: the element type of the training data; 'float32' on a GPU, which has no 'float64'. 'int8': float32 in and out, and layers
   * of 8 bits between; see {@link Plan.quantize}, which has more options. On a GPU only, float32 in and out, too: 'tf32', 'bf16' and
   * 'float16' round what dense layers and convolutions of 16 or more inputs and outputs multiply to 11, 8 and 11 bits, for its tensor cores;
   * numbers beyond 65504 become infinite in 'float16'. 'tf32' and 'bf16' need compute capability 8.0.
   */
  readonly precision?: Precision | TensorPrecision | 'int8';
  /** Of precision 'int8': rows by which the ranges of all layers are found. Default: each row has ranges of its own. */
  readonly calibrate?: MatrixLike | null;
  /** Default 'value'. */
  readonly output?: Output;
  /** For output 'interval': the share of the trees that lies inside, in (0, 1). Default 0.9. */
  readonly coverage?: number;
}
/** {@link CompileOptions} with every default filled in. */
export interface ResolvedCompileOptions {
  readonly device: PlanDevice;
  readonly precision: Precision;
  /** Undefined: float32. */
  readonly products?: TensorPrecision;
  readonly output: Output;
  readonly coverage: number;
  /** Of precision 'int8'; undefined otherwise. */
  readonly quantization?: QuantizationOptions;
  /** The device is to be chosen for so many rows. */
  readonly expectedRows?: number;
  /** A library's products may be taken where they are faster for so many rows. */
  readonly libraryRows?: number;
}

/** Rows for which libraries are tried, where nobody says how many there will be. */
const LIBRARY_ROWS = 4096;
const OUTPUTS = [
  ...([
    'value',
    'label',
    'proba',
    'decision',
    'interval',
    'leaf',
    'score',
    'transform',
    'std',
    'jointLogProba',
  ] as const),
] as const;

const TENSOR_PRECISIONS = ['tf32', 'bf16', 'float16'] as const;

/** Whether a device is a GPU, here or not. */
export function isGpu(device: Device): boolean {
  return /^cuda(:(0|[1-9]\d{0,2}))?$/.test(device);
}

/**
 * Fills in defaults and checks. Whether a GPU is here shows when the plan is placed.
 *
 * @throws {ERR_PARAMETER} for an unknown option value
 * @throws {ERR_NOT_SUPPORTED} for float64 on a GPU, and for what its tensor cores multiply on the CPU
 */
export function resolveCompileOptions(
  options: CompileOptions | null,
  fallback: Precision,
): ResolvedCompileOptions {
  if (typeof options !== 'object') {
    throw new ValidationError('ERR_PARAMETER', `compile: options must be an object; got ${show(options)}.`);
  }
  const {
    device = 'auto',
    output = 'value',
    coverage = 0.9,
    expectedRows,
    libraries = 'none',
  } = options ?? {};
  const onGpu = isGpu(device);
  const { precision: given = onGpu ? 'float32' : fallback, calibrate = null } = options ?? {};
  const products = TENSOR_PRECISIONS.find((name) => name === given);
  const precision = given === 'int8' || products ? 'float32' : given;
  const refuse = (name: string, value: unknown, allowed: string) =>
    new ValidationError('ERR_PARAMETER', `compile: option '${name}' must be ${allowed}; got ${show(value)}.`);
  if (device !== 'auto' && device !== 'cpu' && !onGpu) {
    throw refuse('device', device, "'auto', 'cpu', 'cuda' or 'cuda:' and a number");
  }
  if (expectedRows !== undefined && !(Number.isSafeInteger(expectedRows) && expectedRows >= 1)) {
    throw refuse('expectedRows', expectedRows, 'a whole number >= 1');
  }
  if (libraries !== 'none' && libraries !== 'auto') throw refuse('libraries', libraries, "'none' or 'auto'");
  if (precision !== 'float32' && precision !== 'float64') {
    const names = ['float64', ...TENSOR_PRECISIONS].map((name) => `'${name}'`);
    throw refuse('precision', precision, `'float32', ${names.join(', ')} or 'int8'`);
  }
  if (calibrate !== null && given !== 'int8')
    throw refuse('calibrate', calibrate, "left out but for precision 'int8'");
  if (!OUTPUTS.includes(output)) throw refuse('output', output, OUTPUTS.map((o) => `'${o}'`).join(', '));
  if (!(coverage > 0 && coverage < 1)) throw refuse('coverage', coverage, 'a number > 0 and < 1');
  if (onGpu && precision === 'float64') {
    throw new StateError('ERR_NOT_SUPPORTED', `compile: device '${device}' has no precision 'float64'.`);
  }
  if (!onGpu && products) {
    throw new StateError('ERR_NOT_SUPPORTED', `compile: precision '${products}' needs device 'cuda'.`);
  }
  const choose = device === 'auto' && expectedRows !== undefined;
  return {
    device: onGpu ? `cuda:${cudaNumber(device)}` : 'cpu',
    precision,
    output,
    coverage,
    ...(products && { products }),
    ...(choose && { expectedRows }),
    ...(libraries === 'auto' && { libraryRows: expectedRows ?? LIBRARY_ROWS }),
    ...(given === 'int8' && { quantization: { calibrate } }),
  };
}
