/** Where a plan is prepared: on the device that was asked for, or on the one that should be faster. */
import { type CudaProducts, type CudaTarget, native } from '../native.js';
import { cudaTarget, openCuda, type PlanDevice } from './devices.js';
import type { PlanSource } from './plan-builder.js';

/** What the choice depends on. */
interface PlacementOptions {
  readonly device: PlanDevice;
  readonly precision: 'float32' | 'float64';
  readonly products?: CudaProducts;
  readonly expectedRows?: number;
  readonly libraryRows?: number;
}

/** Where a plan is prepared, and why there, if that was a choice. */
export interface Placement {
  readonly device: PlanDevice;
  /** The plug-in, the number of its device, what dense layers multiply there, and for runs of how many rows by which library; null and 0: the CPU. */
  readonly cuda: readonly [
    plugin: string | null,
    device: number,
    products?: CudaProducts,
    libraryRows?: number,
    libraryPath?: string | null,
  ];
  readonly reason?: string;
}

const ON_CPU: Placement['cuda'] = [null, 0];

const onGpu = ({ plugin, device }: CudaTarget, { products, libraryRows }: PlacementOptions) =>
  [plugin, device, products, libraryRows, process.env.BOREAL_CUBLASLT_LIBRARY || null] as const;

const chosenCpu = (why: string): Placement => ({
  device: 'cpu',
  cuda: ON_CPU,
  reason: `auto chose the CPU: ${why}`,
});

/** The CPU instead of a GPU that was chosen and cannot hold the plan; throws where the GPU was asked for. */
export function onCpuInstead({ device, reason }: Placement, error: unknown): Placement {
  if (device === 'cpu' || reason === undefined) throw error;
  return chosenCpu((error as Error).message);
}

/** Where a plan goes if there is no choice. */
function fixed(options: PlacementOptions): Placement | undefined {
  const { device, precision, expectedRows } = options;
  if (device !== 'cpu') return { device, cuda: onGpu(cudaTarget(device), options) };
  if (expectedRows === undefined) return { device, cuda: ON_CPU };
  if (precision === 'float32') return undefined;
  return chosenCpu(`a GPU runs float32 only, and this plan is in ${precision}.`);
}

/** The CPU or the first GPU, which should be faster from so many rows on. */
function choose(rows: number, target: CudaTarget, options: PlacementOptions): Placement {
  const { expectedRows = 0 } = options;
  const from = Number.isFinite(rows) ? `from ${rows} rows on` : 'for no number of rows';
  const why = `cuda:0 should be faster ${from}; ${expectedRows} are expected.`;
  return expectedRows >= rows
    ? { device: 'cuda:0', cuda: onGpu(target, options), reason: `auto chose the GPU: ${why}` }
    : chosenCpu(why);
}

/**
 * Chooses for the expected rows, where the device is to be chosen.
 *
 * @throws {ERR_CUDA_PLUGIN} for a GPU, when there is no plug-in
 */
export function place(source: PlanSource, options: PlacementOptions): Placement {
  const known = fixed(options);
  if (known !== undefined) return known;
  try {
    const target = cudaTarget('cuda');
    return choose(native.cudaBreakEvenRows(source.ops, source.constants, target), target, options);
  } catch (error) {
    return chosenCpu((error as Error).message);
  }
}

/**
 * The same, with all that CUDA takes its time for off the event loop.
 *
 * @throws {ERR_CUDA_PLUGIN | ERR_CUDA_DRIVER | ERR_DEVICE} for a GPU that cannot be used
 */
export async function placeLater(source: PlanSource, options: PlacementOptions): Promise<Placement> {
  const known = fixed(options);
  if (known !== undefined) {
    if (known.device !== 'cpu') await openCuda(cudaTarget(known.device));
    return known;
  }
  try {
    const target = cudaTarget('cuda');
    await openCuda(target, true);
    const rows = await native.cudaBreakEvenRowsAsync(source.ops, source.constants, target);
    return choose(rows, target, options);
  } catch (error) {
    return chosenCpu((error as Error).message);
  }
}
