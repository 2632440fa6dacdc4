/** Where a plan is prepared: on the device that was asked for, or on the one that should be faster. */
import { type CudaProducts, native } from '../native.js';
import { cudaNumber, cudaPlugin, type PlanDevice } from './devices.js';
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
  /** The plug-in, the number of its device, what dense layers multiply there, and for runs of how many rows by a library; null and 0: the CPU. */
  readonly cuda: readonly [
    plugin: string | null,
    device: number,
    products?: CudaProducts,
    libraryRows?: number,
  ];
  readonly reason?: string;
}

const ON_CPU: Placement['cuda'] = [null, 0];

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

/** Chooses for the expected rows, where the device is to be chosen. */
export function place(source: PlanSource, options: PlacementOptions): Placement {
  const { device, precision, products, expectedRows, libraryRows } = options;
  if (device !== 'cpu') return { device, cuda: [cudaPlugin(), cudaNumber(device), products, libraryRows] };
  if (expectedRows === undefined) return { device, cuda: ON_CPU };
  if (precision !== 'float32') return chosenCpu(`a GPU runs float32 only, and this plan is in ${precision}.`);
  try {
    const cuda = [cudaPlugin(), cudaNumber('cuda')] as const;
    const rows = native.cudaBreakEvenRows(source.ops, source.constants, ...cuda);
    const from = Number.isFinite(rows) ? `from ${rows} rows on` : 'for no number of rows';
    const why = `cuda:0 should be faster ${from}; ${expectedRows} are expected.`;
    return expectedRows >= rows
      ? { device: 'cuda:0', cuda: [...cuda, products, libraryRows], reason: `auto chose the GPU: ${why}` }
      : chosenCpu(why);
  } catch (error) {
    return chosenCpu((error as Error).message);
  }
}
