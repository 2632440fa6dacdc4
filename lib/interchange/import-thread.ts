/** The thread behind {@link importXGBoostAsync} and the like: imports one file, and answers with a boreal file. */
import { parentPort, workerData } from 'node:worker_threads';
import { toBytes } from '../core/model-file.js';
import { registerEstimators } from '../core/registry.js';
import { BorealError, type ErrorCode } from '../errors.js';
import { importCatBoost } from './catboost.js';
import { ImportedClassifier, ImportedRegressor } from './imported-forest.js';
import {
  ImportedGraphClassifier,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
} from './imported-graph.js';
import { ImportedLinearClassifier, ImportedLinearRegressor } from './imported-linear.js';
import { ImportedMultiRegressor } from './imported-targets.js';
import { importLightGBM } from './lightgbm.js';
import { importONNX } from './onnx/import.js';
import { importXGBoost } from './xgboost.js';

const IMPORTERS = { importCatBoost, importLightGBM, importONNX, importXGBoost } as const;

/** What the thread is given. */
export interface ImportTask {
  readonly importer: keyof typeof IMPORTERS;
  readonly source: Uint8Array;
  readonly options: object;
}
/** What it answers: a model file, or an error of boreal. Anything else ends the thread with that error. */
export type ImportAnswer =
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
);

const { importer, source, options } = workerData as ImportTask;
try {
  const bytes = new Uint8Array(toBytes(IMPORTERS[importer](source, options)));
  parentPort!.postMessage({ bytes } satisfies ImportAnswer, [bytes.buffer]);
} catch (error) {
  if (!(error instanceof BorealError)) throw error;
  parentPort!.postMessage({ code: error.code, message: error.message } satisfies ImportAnswer);
}
