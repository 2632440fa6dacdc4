/**
 * The only file that loads the native addon, and the typed face of what it exports.
 *
 * Every asynchronous call copies inputs that live in an ordinary ArrayBuffer before it returns (the caller may
 * then change or transfer them) and reads a SharedArrayBuffer in place. Native failures are plain errors with a
 * `code` and, where they apply, `row`, `column` and `op`; {@link toBorealError} turns them into the public classes.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from './errors.js';
import type { ClusterAddon } from './native/cluster.js';
import type { CudaRowsAddon } from './native/cuda-rows.js';
import type { LinearAddon } from './native/linear.js';
import type { ManifoldAddon } from './native/manifold.js';
import type { MatrixAddon } from './native/matrix.js';
import type { NeighborsAddon } from './native/neighbors.js';
import type { NetworkAddon } from './native/network.js';
import type { SparseAddon } from './native/sparse.js';
import type { SvmAddon } from './native/svm.js';
import type { TensorAddon } from './native/tensor.js';
import type { TextAddon } from './native/text.js';
import type { TreesAddon } from './native/trees.js';

export type * from './native/cluster.js';
export type * from './native/cuda-rows.js';
export type * from './native/linear.js';
export type * from './native/manifold.js';
export type * from './native/matrix.js';
export type * from './native/neighbors.js';
export type * from './native/network.js';
export type * from './native/sparse.js';
export type * from './native/svm.js';
export type * from './native/tensor.js';
export type * from './native/text.js';
export type * from './native/trees.js';

/** The typed arrays behind a Matrix. */
export type FloatArray = Float32Array | Float64Array;
/** How a quantile is read off sorted values: the nine ways of Hyndman and Fan (1996). */
export type QuantileMethod =
  | 'linear'
  | 'averagedInvertedCdf'
  | 'invertedCdf'
  | 'closestObservation'
  | 'interpolatedInvertedCdf'
  | 'hazen'
  | 'weibull'
  | 'medianUnbiased'
  | 'normalUnbiased';
/** The values of a matrix, or a view of its bytes: see native/binding/matrix_call.h. */
export type MatrixBytes = FloatArray | DataView;
export type Constant = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A native object; it is freed when JavaScript forgets it. Handles are type-tagged: a wrong one is refused. */
export interface ProgramHandle {
  readonly __program: unique symbol;
}
export interface CancelHandle {
  readonly __cancel: unique symbol;
}

export interface NativeInfo {
  version: string;
  isa: string;
  isas: string[];
  threads: number;
  cpu: string;
  memoryLimitBytes: number;
}

/** Statistics of columns without their missing values; all of length [columns]. */
export interface ColumnMoments {
  /** How many values, or their weight. */
  count: Float64Array;
  /** NaN where there is no value, as are min and max. */
  mean: Float64Array;
  /** Of the population: divided by count. */
  variance: Float64Array;
  min: Float64Array;
  max: Float64Array;
}

/** Statistics of columns by group of rows. */
export interface GroupMoments {
  /** [groups] */
  weight: Float64Array;
  /** [groups, cols] */
  sum: Float64Array;
  /** Of the population, [groups, cols]; 0 for a group without weight. */
  variance: Float64Array;
}

export interface ProgramInfo {
  inputWidth: number;
  outputWidth: number;
  rowCostNs: number;
  memoryBytes: number;
}

/** A GPU as the CUDA plug-in reports it. */
export interface CudaDeviceInfo {
  name: string;
  capability: string;
  multiprocessors: number;
  memoryBytes: number;
  driver: string;
  emulated: boolean;
}

/** A GPU for a fit; native specs take null for the CPU. */
export interface CudaTarget {
  plugin: string;
  device: number;
}

/** What dense layers multiply on a GPU: see native/device/cuda_api.h. */
export type CudaProducts = 'float32' | 'tf32' | 'bf16' | 'float16';

/** What a fit moves and computes on a GPU: see native/device/cuda_cost.h. */
export interface CudaTrainingWork {
  uploadBytes: number;
  downloadBytes: number;
  trafficBytes: number;
  flops: number;
  /** Kernels that are started, and times that the host waits for them. */
  kernels: number;
  waits: number;
}

export type NativeProgress = (done: number, total: number) => void;

/** Called after each round; a loss that is none is NaN. False ends the training. */
export type NativeRound = (done: number, total: number, trainLoss: number, validationLoss: number) => boolean;

export interface NativeAddon
  extends ClusterAddon,
    ManifoldAddon,
    MatrixAddon,
    NeighborsAddon,
    CudaRowsAddon,
    NetworkAddon,
    SvmAddon,
    TensorAddon,
    SparseAddon,
    TextAddon,
    TreesAddon,
    LinearAddon {
  info(): NativeInfo;

  createCancel(): CancelHandle;
  cancel(token: CancelHandle): void;

  /** The GPUs that the plug-in in this file finds; the first call opens it for the whole process. */
  cudaDevices(path: string): CudaDeviceInfo[];
  /** On the pool: opens the plug-in, asks for the device and, if so wanted, measures it, each once for the whole process. */
  cudaOpen(target: CudaTarget, measured: boolean): Promise<void>;
  /** The rows from which the device should run the plan faster than the CPU, by measured speeds; Infinity: never. */
  cudaBreakEvenRows(ops: Int32Array, constants: Constant[], target: CudaTarget): number;
  /** The same on the pool; the constants as in programCreateAsync. */
  cudaBreakEvenRowsAsync(ops: Int32Array, constants: Constant[], target: CudaTarget): Promise<number>;
  /** Nanoseconds that a fit should take there, by measured speeds: at once where cudaOpen has measured them. */
  cudaTrainingNs(target: CudaTarget, work: CudaTrainingWork): number;

  /**
   * Decodes, checks and prepares a plan (wire format: native/plan/plan.h); element type from `precision`. With a plug-in on
   * its device of that number, where dense layers multiply `products` (default: float32), else on the CPU.
   */
  programCreate(
    ops: Int32Array,
    constants: Constant[],
    precision: 'float32' | 'float64',
    cudaPlugin?: string | null,
    device?: number,
    products?: CudaProducts,
    /** Of the runs for which a library's products may be taken. */
    libraryRows?: number,
    /** The file of that library; null: as the system finds it. */
    libraryPath?: string | null,
  ): ProgramHandle;
  /** The same on the pool; the constants are referenced, not copied, and must not be detached meanwhile. */
  programCreateAsync(
    ops: Int32Array,
    constants: Constant[],
    precision: 'float32' | 'float64',
    cudaPlugin?: string | null,
    device?: number,
    products?: CudaProducts,
    /** Of the runs for which a library's products may be taken. */
    libraryRows?: number,
    /** The file of that library; null: as the system finds it. */
    libraryPath?: string | null,
  ): Promise<ProgramHandle>;
  programInfo(program: ProgramHandle): ProgramInfo;
  programExplain(program: ProgramHandle): string;
  /** x and out: the program's element type, lengths rows * inputWidth and rows * outputWidth. threads 0 = all. */
  programRunSync(program: ProgramHandle, x: FloatArray, rows: number, out: FloatArray, threads: number): void;
  /** `out` is written in place and must not be shared with the caller before the promise settles. */
  programRun(
    program: ProgramHandle,
    x: FloatArray,
    rows: number,
    out: FloatArray,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** A function that runs `rows` rows of the registered private buffers, while the handle lives: the cheapest crossing there is. */
  programBind(program: ProgramHandle, x: FloatArray, out: FloatArray): (rows: number) => void;
  /** The handle lets go of its program: ERR_DISPOSED from then on. Runs under way end first. */
  programDispose(program: ProgramHandle): void;
  /** A number by which any thread of this process can adopt the program, for as long as some thread holds it. */
  programShare(program: ProgramHandle): bigint;
  /** A handle of the same program: no memory is copied. */
  programAdopt(token: bigint): ProgramHandle;

  /** Another descriptor of the same file or socket, to be closed by whoever gets it. Not on Windows. */
  duplicateFd(fd: number): number;

  columnMoments(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<ColumnMoments>;
  /** On the pool too, but waited for. `out` receives a copy of x. */
  columnMomentsSync(
    x: FloatArray,
    rows: number,
    cols: number,
    out: FloatArray | null,
    variance: boolean,
  ): ColumnMoments;
  /** By the group of each row, codes[i] in [0, groups): its weight, [groups], and sums and variances, [groups, cols]. */
  groupMoments(
    x: FloatArray,
    rows: number,
    cols: number,
    codes: Int32Array,
    groups: number,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<GroupMoments>;
  /** The sums alone. */
  groupSums(
    x: FloatArray,
    rows: number,
    cols: number,
    codes: Int32Array,
    groups: number,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  groupSumsSync(
    x: FloatArray,
    rows: number,
    cols: number,
    codes: Int32Array,
    groups: number,
    weights: Float64Array | null,
  ): Float64Array;
  columnQuantiles(
    x: FloatArray,
    rows: number,
    cols: number,
    probabilities: Float64Array,
    method: QuantileMethod,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** The same of weighed rows, by the inverse of the distribution function, averaged where it jumps if so wanted. */
  weightedQuantiles(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array,
    probabilities: Float64Array,
    averaged: boolean,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** Exponents of power transforms, [cols]: 1 of a constant column, NaN of one without values. */
  powerExponents(
    x: FloatArray,
    rows: number,
    cols: number,
    method: 'boxCox' | 'yeoJohnson',
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** [columns], in nats; `discrete` says which columns hold labels. */
  mutualInformation(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    discrete: Uint8Array,
    spec: { nNeighbors: number; discreteTarget: boolean; seed: number },
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  columnModes(x: FloatArray, rows: number, cols: number, cancel: CancelHandle | null): Promise<Float64Array>;
  columnDistinct(
    x: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<{ offsets: Int32Array; values: Float64Array; counts: Float64Array }>;
  /** Puts the whole huge pages of fresh memory on such, where the system has them. */
  adviseHugePages(array: FloatArray): void;
  /** Lets jobs read a large array in place: one that nobody changes or transfers from then on. */
  markOwned(array: FloatArray): void;
  /** A large buffer of anything, of memory that was used before where there is some; null when no more may be had so. */
  recycledBuffer(bytes: number): ArrayBuffer | null;
  /** Takes the memory of a buffer away from JavaScript, at once and not when it is collected. */
  detachBuffer(buffer: ArrayBuffer): void;
  /** Whole numbers from -256 to 255 as codes into those that there are, which it returns, sorted; null where y has another value. */
  encodeSmallLabels(y: Float64Array, codes: Int32Array): Float64Array | null;
  /** Rows at those positions, one after the other. Synchronous. @throws {ERR_SHAPE} */
  takeRows(x: FloatArray, rows: number, cols: number, positions: Float64Array): FloatArray;
  /** Position of the first infinite value (or NaN unless allowed), -1 if none. Synchronous and fast. */
  findInvalid(x: FloatArray, rows: number, cols: number, allowNan: boolean): number;
  /** The same of the first value below 0. */
  findNegative(x: FloatArray, rows: number, cols: number): number;
}

// This file is lib/native.ts in development and dist/native.js when installed: the package root is one level up.
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** 'musl' or 'glibc' on Linux, from the running binary's own report; undefined elsewhere. */
function linuxLibc(): 'glibc' | 'musl' | undefined {
  if (process.platform !== 'linux') return undefined;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** Prebuilt binaries first (`prebuilds/<platform>-<arch>/*.node`, tagged by libc on Linux), then a local build. */
function candidates(): string[] {
  const found: string[] = [];
  const prebuilds = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  if (existsSync(prebuilds)) {
    const libc = linuxLibc();
    for (const file of readdirSync(prebuilds).sort()) {
      const tagged = /\.(glibc|musl)\./.exec(file)?.[1];
      if (file.endsWith('.node') && (tagged === undefined || tagged === libc))
        found.push(join(prebuilds, file));
    }
  }
  for (const config of ['Release', 'Debug']) {
    const local = join(root, 'build', config, 'boreal.node');
    if (existsSync(local)) found.push(local);
  }
  return found;
}

function load(): NativeAddon {
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const file of candidates()) {
    try {
      return require(file) as NativeAddon;
    } catch (error) {
      failures.push(`  ${file}: ${(error as Error).message}`);
    }
  }
  const libc = linuxLibc();
  const platform = `${process.platform}-${process.arch}${libc ? ` (${libc})` : ''}`;
  const tried = failures.length > 0 ? `These binaries did not load:\n${failures.join('\n')}\n` : '';
  // A bundle holds neither the addon nor the threads and data sets beside it.
  const advice = /\/native\.[jt]s$/.test(import.meta.url)
    ? 'Build it from source (a C++17 compiler and CMake >= 3.20 are needed):\n' +
      `  cd ${root} && npm install && npm run build:native`
    : `${fileURLToPath(import.meta.url)} is not within the package: tell your bundler to leave boreal out ` +
      '(esbuild: --external:boreal), and install it beside the bundle.';
  throw new EnvironmentError(
    'ERR_ADDON_NOT_FOUND',
    `boreal has no native addon for ${platform}. ${tried}${advice}`,
  );
}

/** The native addon, loaded on first import. */
export const native: NativeAddon = load();
