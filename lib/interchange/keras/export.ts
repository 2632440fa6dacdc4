/** exportKeras: writes `.keras` files, in a thread of its own. */
import { checkNames, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { Sequential } from '../../nn/sequential.js';
import { runOffLoop } from '../file-task.js';
import type { ImportAsyncOptions } from '../import-async.js';

/**
 * Writes a {@link Sequential} as a `.keras` file, which `keras.saving.load_model` of Keras 3 reads on any of its backends: layers,
 * weights, and, of a model with a loss, optimizer and state, loss and metrics, so that Keras's `fit` goes on where ours stopped.
 * The labels of classes have no place in the format. Needs the package h5wasm (npm install h5wasm).
 *
 * @param model - fitted or built
 * @param options - `signal`
 * @returns the bytes of the file
 * @throws {ERR_NOT_SUPPORTED} for what Keras cannot say: the activation geluTanh, a name with a slash
 * @throws {ERR_NOT_FITTED} for a model without weights
 * @throws {ERR_DEPENDENCY} unless h5wasm is installed
 * @throws {ERR_PARAMETER} for what is no Sequential, or a bad option
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { exportKeras, importKeras } from 'boreal';
 * import { dense, Sequential } from 'boreal/nn';
 * const bytes = await exportKeras(new Sequential([dense(2, { activation: 'relu' })]).build([3]));
 * (await importKeras(bytes)).countParams(); // 8
 * ```
 */
export async function exportKeras(model: Sequential, options: ImportAsyncOptions = {}): Promise<Uint8Array> {
  checkNames('exportKeras', options, ['signal']);
  if (!(model instanceof Sequential))
    throw new ValidationError('ERR_PARAMETER', `exportKeras takes a Sequential; got ${show(model)}.`);
  const bytes = model.toBytes();
  return runOffLoop('exportKeras', async () => bytes, {}, options.signal);
}
