/** The thread behind {@link importXGBoostAsync} and the like: imports one file, and answers with a boreal file, or the other way round. */
import { parentPort, workerData } from 'node:worker_threads';
import { load, toBytes } from '../core/model-file.js';
import { registerEstimators } from '../core/registry.js';
import { BorealError, type ErrorCode } from '../errors.js';
import { Sequential } from '../nn/sequential.js';
import { importCatBoost } from './catboost.js';
import { ImportedClassifier, ImportedRegressor } from './imported-forest.js';
import {
  ImportedGraphClassifier,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
} from './imported-graph.js';
import { ImportedLinearClassifier, ImportedLinearRegressor } from './imported-linear.js';
import { ImportedMultiRegressor } from './imported-targets.js';
import { readModel } from './keras/read-model.js';
import { writeModel } from './keras/write-model.js';
import { importLightGBM } from './lightgbm.js';
import { importONNX } from './onnx/import.js';
import { importXGBoost } from './xgboost.js';

const IMPORTERS = {
  ...{ importCatBoost, importLightGBM, importONNX, importXGBoost },
  importKeras: readModel,
} as const;
/** What the thread does with the bytes it is given. */
const TASKS = {
  ...(Object.fromEntries(
    Object.entries(IMPORTERS).map(([name, importer]) => [
      name,
      async (source: Uint8Array, options: object) => toBytes(await importer(source, options)),
    ]),
  ) as Record<keyof typeof IMPORTERS, Task>),
  exportKeras: async (source: Uint8Array) => writeModel((await load(source)) as Sequential),
};
type Task = (source: Uint8Array, options: object) => Promise<Uint8Array>;

/** What the thread is given. */
export interface FileTask {
  readonly task: keyof typeof TASKS;
  readonly source: Uint8Array;
  readonly options: object;
}
/** What it answers: a file, or an error of boreal. Anything else ends the thread with that error. */
export type FileAnswer =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly code: ErrorCode; readonly message: string };

registerEstimators(
  ImportedClassifier,
  ImportedRegressor,
  ImportedLinearClassifier,
  ImportedLinearRegressor,
  ImportedMultiRegressor,
  ImportedGraphClassifier,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
  Sequential,
);

const { task, source, options } = workerData as FileTask;
try {
  const bytes = new Uint8Array(await TASKS[task](source, options));
  parentPort!.postMessage({ bytes } satisfies FileAnswer, [bytes.buffer]);
} catch (error) {
  if (!(error instanceof BorealError)) throw error;
  parentPort!.postMessage({ code: error.code, message: error.message } satisfies FileAnswer);
}
