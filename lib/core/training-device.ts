/** Where a model is trained: the device that was asked for, or the one that should be faster. */
import { type BorealError, ValidationError } from '../errors.js';
import { type CudaTarget, type CudaTrainingWork, native } from '../native.js';
import { type Device, isGpu } from './compile-options.js';
import { cudaNumber, cudaPlugin, type PlanDevice } from './devices.js';
import { show } from './params.js';

/** A device, or 'auto' until the work is known. */
export type TrainingDevice = 'auto' | PlanDevice;

/** What a fit costs. */
export interface TrainingCost {
  /** On the CPU, with the threads it uses, of what a GPU would do. */
  readonly cpuNs: number;
  readonly cuda: CudaTrainingWork;
}

/** Training that is over on the CPU before CUDA has started is not worth a look at the GPUs. */
const WORTH_A_LOOK_NS = 0.5e9;

/**
 * @throws {ERR_PARAMETER} for what is no device
 * @throws {ERR_DEVICE | ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER} for a GPU that is not here
 */
export function resolveTrainingDevice(asked: Device | null | undefined): TrainingDevice {
  const device = asked ?? 'cpu';
  if (device === 'auto' || device === 'cpu') return device;
  if (isGpu(device)) return `cuda:${cudaNumber(device)}`;
  throw new ValidationError(
    'ERR_PARAMETER',
    `fit: option 'device' must be 'auto', 'cpu', 'cuda' or 'cuda:' and a number; got ${show(asked)}.`,
  );
}

/**
 * The GPU that trains, for the native core; null: the CPU does.
 *
 * @param cost - asked for device 'auto' only; null where no GPU can do this work
 */
function placeTraining(device: TrainingDevice, cost: () => TrainingCost | null): CudaTarget | null {
  if (device === 'cpu') return null;
  if (device !== 'auto') return { plugin: cudaPlugin(), device: cudaNumber(device) };
  const estimate = cost();
  if (estimate === null || estimate.cpuNs < WORTH_A_LOOK_NS) return null;
  try {
    const target = { plugin: cudaPlugin(), device: cudaNumber('cuda') };
    return native.cudaTrainingNs(target, estimate.cuda) < estimate.cpuNs ? target : null;
  } catch {
    return null; // no GPU that can be used here
  }
}

/** What is said of data beyond the memory of a GPU, or the counts of its kernels. */
const TOO_MUCH: readonly string[] = ['ERR_OUT_OF_MEMORY', 'ERR_SHAPE'];

/**
 * Trains where the device says, and where it is 'auto' where that should be faster: on the CPU after all when that is too much for the GPU.
 *
 * @param train - starts the work on that GPU, or on the CPU for null
 */
export async function trainWhere<R>(
  device: TrainingDevice,
  cost: () => TrainingCost | null,
  train: (target: CudaTarget | null) => Promise<R>,
): Promise<R> {
  const target = placeTraining(device, cost);
  try {
    return await train(target);
  } catch (error) {
    const { code = '' } = error as Partial<BorealError>;
    if (device !== 'auto' || target === null || !TOO_MUCH.includes(code)) throw error;
    return train(null);
  }
}
