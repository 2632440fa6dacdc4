/** Rows on a GPU, for the time of one fit. */
import { type CancelHandle, type CudaTarget, native } from '../native.js';
import { toShared } from './fit-input.js';
import { Matrix } from './matrix.js';
import type { Operator } from './principal-axes.js';

/** Rows as what can be multiplied from both sides, and by themselves; products are sums of float32. */
export interface PlacedRows extends Operator {
  /** x' x */
  gram(): Promise<Matrix<Float64Array>>;
}

/**
 * Copies the rows, minus a mean of their columns, to a GPU, and gives their memory there back when the work has ended.
 *
 * @throws {ERR_OUT_OF_MEMORY | ERR_CUDA} when the GPU cannot take them
 */
export async function withPlacedRows<R>(
  device: CudaTarget,
  x: Matrix,
  { mean, cancel }: { readonly mean: Float64Array; readonly cancel: CancelHandle | null },
  work: (rows: PlacedRows) => Promise<R>,
): Promise<R> {
  const { data, rows, cols } = toShared(x);
  const handle = await native.cudaRowsPlace(data, rows, cols, mean, { device }, cancel);
  const product = async (b: Matrix<Float64Array>, transposed: boolean) => {
    const values = await native.cudaRowsTimes(handle, b.data, b.cols, transposed, cancel);
    return new Matrix(values, transposed ? cols : rows, b.cols);
  };
  try {
    return await work({
      ...{ rows, cols },
      times: (b) => product(b, false),
      transposedTimes: (b) => product(b, true),
      gram: async () => new Matrix(await native.cudaRowsGram(handle, cancel), cols, cols),
    });
  } finally {
    native.cudaRowsRelease(handle);
  }
}
