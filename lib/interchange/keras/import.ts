/** importKeras: reads `.keras` files, in a thread of its own. */
import { load } from '../../core/model-file.js';
import { checkNames, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import type { Sequential } from '../../nn/sequential.js';
import { bytesOf, runOffLoop } from '../file-task.js';
import type { ImportAsyncOptions } from '../import-async.js';
import type { ImportKerasOptions } from './read-model.js';

/**
 * Reads a `.keras` file, as Keras 3 saves a model: Sequential, or Functional with layers that follow one another. Comes back as a
 * {@link Sequential} with the weights, and, where the model was compiled, its optimizer (and the state of that), loss and metrics,
 * so that `fit` goes on where Keras stopped. No code of the file runs. Needs the package h5wasm (npm install h5wasm).
 *
 * Layers: InputLayer, Dense, Conv2D, MaxPooling2D, AveragePooling2D, GlobalAveragePooling1D and 2D, BatchNormalization,
 * LayerNormalization, Embedding, Activation, ReLU, LeakyReLU, ELU, Softmax, Dropout, Flatten, Reshape; channels last.
 *
 * Differs from Keras: arithmetic is in float32 whatever the model's type; seeds give other numbers.
 *
 * @param source - a path, a file URL, or the bytes; text is taken for a path
 * @param options - `classes`, `compile` true; `signal`
 * @throws {ERR_IMPORT} when the file is damaged or does not hold what it says, or has a layer or option that is not supported, which
 *   the message names
 * @throws {ERR_DEPENDENCY} unless h5wasm is installed
 * @throws {ERR_PARAMETER} for a bad option or source
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { importKeras } from 'boreal';
 * const model = await importKeras('models/keras-iris.keras', { classes: ['setosa', 'versicolor', 'virginica'] });
 * model.predictTargetSync([[-0.9, 1, -1.3, -1.3]]).length; // 1
 * ```
 */
export async function importKeras(
  source: string | URL | Uint8Array,
  options: ImportKerasOptions & ImportAsyncOptions = {},
): Promise<Sequential> {
  checkNames('importKeras', options, ['classes', 'compile', 'signal']);
  const { signal, ...others } = options;
  const { compile = true } = options;
  if (typeof compile !== 'boolean')
    throw new ValidationError(
      'ERR_PARAMETER',
      `importKeras: compile must be true or false; got ${show(compile)}.`,
    );
  const bytes = await runOffLoop('importKeras', bytesOf('importKeras', source), others, signal);
  return (await load(bytes)) as Sequential;
}
