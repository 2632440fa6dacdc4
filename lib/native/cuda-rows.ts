/** The typed face of native/binding/cuda_rows_binding.cc. */
import type { CancelHandle, CudaTarget, FloatArray } from '../native.js';

export interface CudaRowsHandle {
  readonly __cudaRows: unique symbol;
}

export interface CudaRowsAddon {
  /** Copies x [rows, cols], minus the mean of its columns, to a GPU, in float32. */
  cudaRowsPlace(
    x: FloatArray,
    rows: number,
    cols: number,
    mean: Float64Array | null,
    spec: { readonly device: CudaTarget },
    cancel: CancelHandle | null,
  ): Promise<CudaRowsHandle>;
  /** x' x, [cols, cols]. */
  cudaRowsGram(rows: CudaRowsHandle, cancel: CancelHandle | null): Promise<Float64Array>;
  /** x b [rows, n], or x' b [cols, n]. */
  cudaRowsTimes(
    rows: CudaRowsHandle,
    b: Float64Array,
    n: number,
    transposed: boolean,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** Gives back their memory. */
  cudaRowsRelease(rows: CudaRowsHandle): void;
}
