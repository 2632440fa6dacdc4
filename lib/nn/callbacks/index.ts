import type { Callback } from './callback.js';

export type { Callback, EpochLogs, MonitorMode, TrainingRun } from './callback.js';
export { type CsvLoggerOptions, csvLogger } from './csv-logger.js';
export { type EarlyStoppingOptions, earlyStopping } from './early-stopping.js';
export { learningRateScheduler, type ReduceLROnPlateauOptions, reduceLROnPlateau } from './learning-rate.js';
export { type ModelCheckpointOptions, modelCheckpoint } from './model-checkpoint.js';
export { type TensorBoardOptions, tensorBoard } from './tensor-board.js';

/**
 * A callback of functions, as keras.callbacks.LambdaCallback; any object with these members is one, too.
 *
 * @example
 * ```ts
 * import { lambdaCallback } from 'boreal/nn';
 * const log = lambdaCallback({ onEpochEnd: (epoch, { loss }) => console.log(epoch, loss) });
 * ```
 */
export const lambdaCallback = (functions: Callback): Callback => ({ ...functions });
