/** Where a model is trained: the device that was asked for, or the one that should be faster. */
import { type BorealError, StateError, ValidationError } from '../errors.js';
import { type CudaTarget, type CudaTrainingWork, native } from '../native.js';
import { type Device, isGpu } from './compile-options.js';
import { cudaNumber, cudaTarget, openCuda, type PlanDevice } from './devices.js';
import type { Estimator } from './estimator.js';
import type { FitInput } from './fit-input.js';
import { heedListener } from './listener.js';
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

/** The device by its full name, whether it is here or not. @throws {ERR_PARAMETER} for what is no device */
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
 * The GPU that was asked for, once it is open; null, at once: none was.
 *
 * @throws {ERR_DEVICE | ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER} when it is not here
 */
export function askedGpu(device: TrainingDevice): Promise<CudaTarget> | null {
  const open = async () => {
    const target = cudaTarget(device);
    await openCuda(target);
    return target;
  };
  return device === 'cpu' || device === 'auto' ? null : open();
}

/** @throws {ERR_NOT_SUPPORTED} for a GPU, where none trains such a model */
export function checkTrainingDevice(model: Pick<Estimator, 'tags'>, device: Device | null | undefined): void {
  if (!device || !isGpu(device) || model.tags.trainsOnGpu) return;
  const message = `${model.constructor.name} with these parameters is trained on the CPU only: leave the device out, or take 'auto'. compile({ device: '${device}' }) makes a plan of it for the GPU.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/** A GPU that was asked for opens first; 'auto' is the CPU for whatever no GPU trains, and for all that is within it. */
export async function learnOnDevice<I extends Pick<FitInput, 'device' | 'onProgress' | 'signal'>, R>(
  model: Pick<Estimator, 'tags'>,
  input: I,
  learn: (input: I) => Promise<R>,
): Promise<R> {
  const { device } = input;
  checkTrainingDevice(model, device);
  const opening = askedGpu(device);
  if (opening !== null) await opening;
  return heedListener(
    device === 'cpu' || model.tags.trainsOnGpu ? input : { ...input, device: 'cpu' },
    learn,
  );
}

/** The first GPU, if it should be faster; null: the CPU trains. */
async function chooseGpu({ cpuNs, cuda }: TrainingCost): Promise<CudaTarget | null> {
  try {
    const target = cudaTarget('cuda');
    await openCuda(target, true);
    return native.cudaTrainingNs(target, cuda) < cpuNs ? target : null;
  } catch {
    return null; // no GPU that can be used here
  }
}

/** The GPU that trains; null, at once: none is looked for. @param cost - asked for device 'auto' only */
function placeTraining(
  device: TrainingDevice,
  cost: () => TrainingCost | null,
): Promise<CudaTarget | null> | null {
  if (device !== 'auto') return askedGpu(device);
  const estimate = cost();
  return estimate === null || estimate.cpuNs < WORTH_A_LOOK_NS ? null : chooseGpu(estimate);
}

/** What is said of data beyond the memory of a GPU, or the counts of its kernels. */
const TOO_MUCH: readonly string[] = ['ERR_OUT_OF_MEMORY', 'ERR_SHAPE'];

/**
 * Trains where the device says, and where it is 'auto' where that should be faster: on the CPU after all when that is too much for the GPU.
 * CUDA starts, and is measured, off the event loop; where none is looked for `train` is called before this returns.
 *
 * @param cost - null where no GPU can do this work
 * @param train - starts the work on that GPU, or on the CPU for null
 */
export async function trainWhere<R>(
  device: TrainingDevice,
  cost: () => TrainingCost | null,
  train: (target: CudaTarget | null) => Promise<R>,
): Promise<R> {
  const placing = placeTraining(device, cost);
  const target = placing === null ? null : await placing;
  try {
    return await train(target);
  } catch (error) {
    const { code = '' } = error as Partial<BorealError>;
    if (device !== 'auto' || target === null || !TOO_MUCH.includes(code)) throw error;
    return train(null);
  }
}
