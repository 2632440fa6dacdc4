/** Where models can run: the CPU, and the GPUs that the CUDA plug-in finds. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, toBorealError } from '../errors.js';
import { type CudaDeviceInfo, type CudaTarget, native } from '../native.js';

/** Where a compiled plan runs. */
export type PlanDevice = 'cpu' | `cuda:${number}`;

/** The CPU, as {@link devices} reports it. */
export interface CpuDevice {
  readonly device: 'cpu';
  readonly name: string;
  /** The instruction set in use. */
  readonly isa: string;
  /** Threads that one call may use. */
  readonly threads: number;
}

/** A GPU, as {@link devices} reports it. */
export interface CudaDevice {
  readonly device: `cuda:${number}`;
  readonly name: string;
  /** Compute capability, such as '9.0'. */
  readonly capability: string;
  readonly multiprocessors: number;
  readonly memoryBytes: number;
  /** The newest CUDA that the driver knows. */
  readonly driver: string;
  /** A stand-in on the CPU, for tests of boreal itself. */
  readonly emulated: boolean;
}

/** The devices of this machine. */
export interface Devices {
  readonly cpu: CpuDevice;
  /** Empty where none can be used. */
  readonly gpus: readonly CudaDevice[];
  /** Why there is no GPU; undefined where there is one. */
  readonly reason?: string;
}

// This file is lib/core/devices.ts in development and dist/core/devices.js when installed.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const LIBRARY = 'libboreal_cuda.so';

/** The plug-in of the package @boreal/cuda, if that is installed. */
function packagedPlugin(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@boreal/cuda/package.json');
    return join(dirname(manifest), 'lib', `${process.platform}-${process.arch}`, LIBRARY);
  } catch {
    return undefined;
  }
}

/**
 * The file of the CUDA plug-in: what BOREAL_CUDA_LIBRARY names, that of the package `@boreal/cuda`, or a local build.
 *
 * @internal
 * @throws {ERR_CUDA_PLUGIN} when there is none
 */
export function cudaPlugin(): string {
  const forced = process.env.BOREAL_CUDA_LIBRARY;
  if (forced) return forced;
  const found = [packagedPlugin(), join(root, 'build-cuda', 'Release', LIBRARY)].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (found !== undefined) return found;
  throw new EnvironmentError(
    'ERR_CUDA_PLUGIN',
    "The CUDA plug-in is not installed: 'npm install @boreal/cuda' adds it (Linux), or build it with " +
      "'npm run build:cuda' and nvcc. Without it models run on the CPU: device 'cpu' or 'auto'.",
  );
}

/** The GPUs. @throws {ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER} when they cannot be asked */
function cudaDevices(): CudaDeviceInfo[] {
  const path = cudaPlugin();
  try {
    return native.cudaDevices(path);
  } catch (error) {
    throw toBorealError(error);
  }
}

/** The number in the name of a GPU, 'cuda' being the first one. @internal */
export function cudaNumber(device: string): number {
  return device === 'cuda' ? 0 : Number(device.slice('cuda:'.length));
}

/**
 * A GPU for the native core, which says whether there is one of that number.
 *
 * @internal
 * @throws {ERR_CUDA_PLUGIN} when there is no plug-in
 */
export function cudaTarget(device: string): CudaTarget {
  return { plugin: cudaPlugin(), device: cudaNumber(device) };
}

/** What this thread has opened, or is opening. */
const opened = new Map<string, Promise<void>>();

/**
 * Starts CUDA and asks for a GPU, off the event loop: once, whoever else waits for it. What fails is tried again by the next call.
 *
 * @param measured - whether its speeds are wanted, too
 * @internal
 * @throws {ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER | ERR_DEVICE} when it cannot be used
 */
export function openCuda(target: CudaTarget, measured = false): Promise<void> {
  const key = JSON.stringify([target.plugin, target.device, measured]);
  let opening = opened.get(key);
  if (opening === undefined) {
    opening = native.cudaOpen(target, measured).catch((error) => {
      opened.delete(key);
      throw toBorealError(error);
    });
    opened.set(key, opening);
  }
  return opening;
}

/**
 * Nothing where a plan's device is here. Starts CUDA on this thread if nothing has, as {@link devices} does.
 *
 * @internal
 * @throws {ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER | ERR_DEVICE} where it is not
 */
export function requireDevice(device: PlanDevice): void {
  if (device === 'cpu' || cudaNumber(device) < cudaDevices().length) return;
  throw new EnvironmentError('ERR_DEVICE', `There is no device '${device}' here; devices() lists them.`);
}

/**
 * The devices of this machine. Where the CUDA plug-in is installed and nothing has started CUDA yet, it does so on this thread, which
 * takes its time; nothing is reserved on a GPU.
 *
 * @example
 * ```ts
 * import { devices } from 'boreal';
 * const { cpu, gpus, reason } = devices();
 * cpu.threads >= 1; // true
 * gpus.length > 0 || reason !== undefined; // true
 * ```
 */
export function devices(): Devices {
  const { cpu: name, isa, threads } = native.info();
  const cpu: CpuDevice = { device: 'cpu', name, isa, threads };
  try {
    const gpus = cudaDevices().map((info, number) => ({ device: `cuda:${number}` as const, ...info }));
    return gpus.length > 0 ? { cpu, gpus } : { cpu, gpus, reason: 'CUDA finds no GPU.' };
  } catch (error) {
    return { cpu, gpus: [], reason: (error as Error).message };
  }
}
