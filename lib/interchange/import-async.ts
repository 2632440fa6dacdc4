/**
 * The importers off the event loop. A thread of its own parses the file and builds the model; what comes back is a boreal
 * file, whose tensors are used as they lie, so that this thread does little more than check it.
 */
import { load } from '../core/model-file.js';
import type { ImportCatBoostOptions } from './catboost.js';
import { bytesOf, runOffLoop } from './file-task.js';
import type { ImportedClassifier, ImportedRegressor } from './imported-forest.js';
import type {
  ImportedGraphClassifier,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
} from './imported-graph.js';
import type { ImportedMultiRegressor } from './imported-targets.js';
import type { ImportLightGBMOptions } from './lightgbm.js';
import type { ImportONNXOptions } from './onnx/import.js';
import type { ImportedXGBoost, ImportXGBoostOptions } from './xgboost.js';

/** What every asynchronous importer takes besides the options of its twin. */
export interface ImportAsyncOptions {
  /** Stops the work, and ends its thread. */
  readonly signal?: AbortSignal;
}

/** @throws what the twin throws; the error of the file system where the file cannot be read */
async function importOffLoop<E>(
  importer: 'importCatBoost' | 'importLightGBM' | 'importONNX' | 'importXGBoost',
  source: string | URL | Uint8Array,
  given: (ImportAsyncOptions & object) | null,
): Promise<E> {
  const { signal, ...options } = given ?? {};
  const read = bytesOf(`${importer}Async`, source);
  return load(await runOffLoop(importer, read, options, signal));
}

/**
 * As {@link importXGBoost}, off the event loop.
 *
 * @param source - the path or file URL of what `save_model` wrote, or its bytes; text is taken for a path
 * @throws {ERR_IMPORT | ERR_PARAMETER} see {@link importXGBoost}
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { importXGBoostAsync } from 'boreal';
 * const model = await importXGBoostAsync('models/xgboost-binary.ubj');
 * model.predictSync([{ f0: 1, f1: 0, f2: 2, f3: 0.5 }]).length; // 1
 * ```
 */
export function importXGBoostAsync(
  source: string | URL | Uint8Array,
  options: ImportXGBoostOptions & ImportAsyncOptions = {},
): Promise<ImportedXGBoost> {
  return importOffLoop('importXGBoost', source, options);
}

/**
 * As {@link importLightGBM}, off the event loop. See {@link importXGBoostAsync}.
 *
 * @param source - the path or file URL of what `save_model` wrote, or its bytes; text is taken for a path
 * @throws {ERR_IMPORT | ERR_PARAMETER} see {@link importLightGBM}
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { importLightGBMAsync } from 'boreal';
 * const model = await importLightGBMAsync('models/lightgbm-regression.txt');
 * (await model.predict([[0.3, -1, 0.2, 7]])).length; // 1
 * ```
 */
export function importLightGBMAsync(
  source: string | URL | Uint8Array,
  options: ImportLightGBMOptions & ImportAsyncOptions = {},
): Promise<ImportedClassifier | ImportedRegressor> {
  return importOffLoop('importLightGBM', source, options);
}

/**
 * As {@link importCatBoost}, off the event loop. See {@link importXGBoostAsync}.
 *
 * @param source - the path or file URL of the JSON, or its bytes; text is taken for a path
 * @throws {ERR_IMPORT | ERR_PARAMETER} see {@link importCatBoost}
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { importCatBoostAsync } from 'boreal';
 * const model = await importCatBoostAsync('models/catboost-regression.json');
 * model.params.objective; // 'RMSE'
 * ```
 */
export function importCatBoostAsync(
  source: string | URL | Uint8Array,
  options: ImportCatBoostOptions & ImportAsyncOptions = {},
): Promise<ImportedClassifier | ImportedRegressor | ImportedMultiRegressor> {
  return importOffLoop('importCatBoost', source, options);
}

/**
 * As {@link importONNX}, off the event loop. See {@link importXGBoostAsync}.
 *
 * @param source - the path or file URL of the file, or its bytes
 * @throws {ERR_IMPORT} see {@link importONNX}
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { importONNXAsync } from 'boreal';
 * const model = await importONNXAsync('models/onnx-iris-forest.onnx');
 * model.featureNamesIn; // ['x0', 'x1', 'x2', 'x3']
 * ```
 */
export function importONNXAsync(
  source: string | URL | Uint8Array,
  options: ImportONNXOptions & ImportAsyncOptions = {},
): Promise<ImportedGraphClassifier | ImportedGraphRegressor | ImportedGraphTransformer> {
  return importOffLoop('importONNX', source, options);
}
