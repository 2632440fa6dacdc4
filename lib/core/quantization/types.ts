/** What quantising takes and tells. */
import type { MatrixLike } from '../matrix.js';

/**
 * How the range of the values that a layer reads is found: their smallest and largest; without the values beyond a percentile; that
 * which keeps their distribution (least Kullback-Leibler divergence, Migacz, 2017, "8-bit inference with TensorRT"); that with the
 * least mean squared error.
 */
export type RangeMethod = 'minMax' | 'percentile' | 'entropy' | 'mse';

/** How a plan becomes one of 8-bit arithmetic. */
export interface QuantizationOptions {
  /** Rows like those that will be predicted, a few hundred or more. Needed for 'static', and for a gate. Default none. */
  readonly calibrate?: MatrixLike | null;
  /**
   * Whether each row gets ranges of its own for what layers read, or all rows those of the calibration: faster, and layers then hand
   * on codes. Default: 'static' with calibration rows, else 'dynamic'.
   */
  readonly mode?: 'dynamic' | 'static';
  /** How ranges are found; 'auto': each layer by the method with the least error on rows held out. Default 'auto'. */
  readonly method?: RangeMethod | 'auto';
  /** Of the method 'percentile': how many of the values a range holds, in per cent, in (50, 100]. Default 99.99. */
  readonly percentile?: number;
  /** The labels or targets of the calibration rows, by which the gate then scores. Default none. */
  readonly y?: ArrayLike<unknown> | null;
  /**
   * The gate: what the accuracy or R2 of the calibration rows may lose, as a share of it. Without `y` the outputs of the float32
   * model are the targets: of numbers and probabilities the share of their variance, of labels that of rows which may differ. The
   * layers that cost most go back to float32 until the loss is no more than this. null: no gate. Default 0.005.
   */
  readonly maxLoss?: number | null;
  /** Names of layers, as reports have them, that stay float32. Default none. */
  readonly skip?: readonly string[];
}

/** What became of a layer. */
export interface QuantizedLayer {
  /** Such as 'dense_1': numbered by kind, in the order of the plan. */
  readonly name: string;
  readonly kind: 'dense' | 'conv2d';
  /** Inputs and outputs of its weights; of a convolution the values of a window, and filters. */
  readonly shape: readonly [inputs: number, outputs: number];
  readonly precision: 'int8' | 'float32';
  /** Why it is float32; null for a layer of 8 bits. */
  readonly reason: string | null;
  /** How the range of its input was found; null for float32. */
  readonly method: RangeMethod | 'dynamic' | null;
  /** The range of its input, 0 in it, and the codes that stand for it; null where each row has its own. */
  readonly range: readonly [low: number, high: number] | null;
  readonly scale: number | null;
  readonly zeroPoint: number | null;
  /** Signal to quantisation noise of its result in dB, on calibration rows held out; null without any. */
  readonly sqnr: number | null;
  /** What the gate's score loses when it is the only layer of 8 bits; null where that was not measured. */
  readonly loss: number | null;
  /** Of its weights. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** What quantising has come to. */
export interface QuantizationReport {
  readonly mode: 'dynamic' | 'static';
  readonly layers: readonly QuantizedLayer[];
  /** Of the weights of these layers. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** What the gate compared: a score with `y`, how far outputs agree without; null without a gate. */
  readonly metric: 'accuracy' | 'r2' | 'agreement' | null;
  /** Of the float32 model and of this one on the calibration rows, and the share of it that is lost. */
  readonly before: number | null;
  readonly after: number | null;
  readonly loss: number | null;
}
