/** The native calls of lib/nn/autograd. */
import type { CancelHandle } from '../native.js';

export interface TensorAddon {
  /**
   * Runs a tensor program (native/nn/tensor_program.h) over numbered buffers, which it writes in place. The promise's
   * buffers must not be detached before it settles.
   */
  tensorRun(
    program: Int32Array,
    buffers: readonly Float32Array[],
    cancel: CancelHandle | null,
  ): Promise<void>;
  tensorRunSync(program: Int32Array, buffers: readonly Float32Array[]): void;
}
