/**
 * A network that is a list of layers: the one TypeScript face of the native engine, which the Keras face and the MLP estimators
 * share. An epoch of training is one native call on the pool; predictions are a plan.
 */

import { withCancel } from '../core/cancellation.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import { sizeOf } from '../core/shape.js';
import { type TrainingDevice, trainWhere } from '../core/training-device.js';
import { StateError, toBorealError, ValidationError } from '../errors.js';
import { type CudaTarget, type NativeEpoch, type NetworkHandle, native } from '../native.js';
import { join } from './join.js';
import type { LayerSpec, OptimizerSpec, Shape } from './layer-spec.js';
import { type ParameterSpec, type PlacedLayer, placeLayers } from './network-layers.js';
import { lowerLayer } from './network-lowering.js';
import { type ObjectiveOptions, objectiveOf, optimizerOf } from './objective.js';
import { trainingCost } from './training-cost.js';

/** An array of parameters, in Keras's order: layer by layer, kernel before bias. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  /** Row-major; a copy. */
  readonly data: Float32Array;
  readonly trainable: boolean;
}

/** A look at an epoch under way. */
export interface StepProgress {
  /** Mini-batches done, and in all. */
  readonly step: number;
  readonly steps: number;
  /** Means over what was done. */
  readonly loss: number;
  readonly metrics: readonly number[];
}

/** How an epoch is trained. */
export interface TrainEpochOptions extends ObjectiveOptions {
  readonly optimizer: OptimizerSpec;
  /** >= 0, or one for each mini-batch. */
  readonly learningRate: number | Float64Array;
  /** The rows in the order they are taken; those left out are not seen. Default: as they stand, or shuffled by `shuffle`. */
  readonly order?: Int32Array | null;
  /** A seed: the rows are taken in random order. */
  readonly shuffle?: number | null;
  /** The gradient of each parameter array is scaled down to this norm. Default 0: not. */
  readonly clipNorm?: number;
  /** The gradient of all parameters together is scaled down to this norm. Default 0: not. */
  readonly clipGlobalNorm?: number;
  /** Each element of a gradient is kept within [-clipValue, clipValue]. Default 0: not. */
  readonly clipValue?: number;
  readonly onProgress?: (progress: StepProgress) => void;
}

/** When {@link Network.minimize} ends. */
export interface MinimizeOptions {
  readonly maxIterations: number;
  readonly maxEvaluations: number;
  /** Of the largest component of the gradient. */
  readonly tolerance: number;
  readonly onIteration?: (done: number, total: number) => void;
}

/** What came of an epoch. */
export interface EpochResult {
  /** Mean over the rows as they were met, penalties included. */
  readonly loss: number;
  /** In the order asked for. */
  readonly metrics: readonly number[];
  /** Mini-batches that changed the parameters. */
  readonly steps: number;
  /**
   * false: the loss became NaN or infinite at the mini-batch after these, which ended the epoch and changed nothing; or
   * parameters did, which then are again what they were before the epoch.
   */
  readonly finite: boolean;
}

/** The state of an optimizer: its steps so far and its arrays, [arrays, parameters]. */
export interface OptimizerState {
  readonly steps: number;
  readonly arrays: Float32Array;
}

/** Layers that a GPU trains. */
const ON_GPU: readonly LayerSpec['type'][] = ['dense', 'activation', 'dropout'];

/**
 * A network of layers with its parameters and the state of its optimizer, which live in the native core.
 *
 * X is a Float32Array [rows, values of a sample]; y is a Float32Array [rows, outputs] or, for the sparse loss, an Int32Array of
 * classes. Those in shared memory are read where they lie, others are copied for each call. One call at a time.
 *
 * @internal
 */
export class Network {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly PlacedLayer[];
  readonly #handle: NetworkHandle;
  readonly #specs: readonly ParameterSpec[];
  #isPlaced = false;

  /**
   * @param layers - at least one
   * @param inputShape - of a sample
   * @param options - `seed` of initial parameters (Glorot's uniform distribution for kernels, that on [-0.05, 0.05] for embeddings, else zeros and ones) and of dropout; `parameters` to
   *   begin with in place of those
   * @throws {ERR_PARAMETER | ERR_SHAPE} for layers that do not fit
   */
  constructor(
    layers: readonly LayerSpec[],
    inputShape: Shape,
    { seed, parameters }: { readonly seed: number; readonly parameters?: ReadonlyArray<ArrayLike<number>> },
  ) {
    this.layers = placeLayers(layers, inputShape);
    this.inputShape = inputShape;
    this.outputShape = this.layers.at(-1)?.outputShape ?? inputShape;
    this.#specs = this.layers.flatMap(({ parameters }) => parameters);
    try {
      this.#handle = native.networkCreate(Float64Array.from(this.layers.flatMap(({ code }) => code)), seed);
    } catch (error) {
      throw toBorealError(error);
    }
    this.setParameters(parameters ?? initialParameters(this.#specs, seed));
  }

  /** Values of a row that go in. */
  get inputs(): number {
    return sizeOf(this.inputShape);
  }

  /** Values of a row that come out. */
  get outputs(): number {
    return sizeOf(this.outputShape);
  }

  /** Copies of all parameters. @throws {ERR_BUSY} while the network trains */
  parameters(): Parameter[] {
    const all = this.#call(() => native.networkParameters(this.#handle));
    let at = 0;
    return this.#specs.map(({ name, shape, trainable }) => {
      const data = all.slice(at, at + sizeOf(shape));
      at += data.length;
      return { name, shape, data, trainable };
    });
  }

  /**
   * Replaces all parameters.
   *
   * @param list - in the order of {@link Network.parameters}
   * @throws {ERR_SHAPE} when the arrays do not fit
   * @throws {ERR_BUSY} while the network trains
   */
  setParameters(list: readonly ArrayLike<number>[]): void {
    if (
      list.length !== this.#specs.length ||
      list.some((data, i) => data.length !== sizeOf(this.#specs[i].shape))
    ) {
      const wanted = this.#specs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
      throw new ValidationError('ERR_SHAPE', `The parameters of this network are ${wanted || 'none'}.`);
    }
    this.#call(() => native.networkSetParameters(this.#handle, join(list)));
  }

  /** The state of the optimizer; none before the first step. */
  optimizerState(): OptimizerState {
    const { steps, state } = this.#call(() => native.networkOptimizerState(this.#handle));
    return { steps, arrays: state };
  }

  /** @throws {ERR_SHAPE} when the arrays do not fit the parameters */
  setOptimizerState({ steps, arrays }: OptimizerState): void {
    this.#call(() => native.networkSetOptimizerState(this.#handle, steps, arrays));
  }

  /**
   * Copies rows and targets to a GPU, where epochs of this objective run from then on: later calls of
   * {@link Network.trainEpoch} must give the same rows. Parameters come back after each epoch. For device 'auto' only where that
   * should be faster, and only if there is room.
   *
   * @param epochs - that are to come, at most
   * @throws {ERR_NOT_SUPPORTED} for layers that no GPU trains
   * @throws {ERR_OUT_OF_MEMORY | ERR_CUDA} when the GPU cannot take them
   */
  async place(
    device: TrainingDevice,
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: ObjectiveOptions,
    epochs: number,
  ): Promise<void> {
    const odd = this.layers.findIndex(({ spec, code }) => code.length > 0 && !ON_GPU.includes(spec.type));
    if (odd >= 0 && device !== 'cpu' && device !== 'auto') {
      const layer = `layer ${odd}, ${this.layers[odd].spec.type}`;
      throw new StateError(
        'ERR_NOT_SUPPORTED',
        `A GPU trains dense layers, activations and dropout only; ${layer}, is trained on the CPU.`,
      );
    }
    const cost = () =>
      odd < 0 ? trainingCost(this.layers, x.length / this.inputs, options.batchSize ?? 32, epochs) : null;
    await trainWhere(device, cost, async (target) => {
      if (target !== null) await this.#place(target, x, y, options);
    });
  }

  /** Gives back the memory of the GPU; epochs run on the CPU again. @throws {ERR_BUSY} while the network trains */
  release(): void {
    if (!this.#isPlaced) return;
    this.#call(() => native.networkRelease(this.#handle));
    this.#isPlaced = false;
  }

  async #place(
    device: CudaTarget,
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: ObjectiveOptions,
  ): Promise<void> {
    await withCancel(options.signal, async (cancel) => {
      const [rows, weights] = this.#rows(x, y, options);
      const spec = { ...objectiveOf(options), device };
      await native.networkPlace(this.#handle, x, rows, y, weights, spec, cancel);
    });
    this.#isPlaced = true;
  }

  /**
   * Trains one epoch, on the pool, or on the GPU where the rows were placed.
   *
   * A loss that is NaN or infinite ends the epoch before it changes anything: see {@link EpochResult.finite}.
   *
   * @throws {ERR_ABORTED} when the signal fires; parameters and optimizer are then those of the mini-batches done
   * @throws {ERR_PARAMETER | ERR_SHAPE | ERR_LABELS} for options or data that do not fit
   */
  async trainEpoch(
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: TrainEpochOptions,
  ): Promise<EpochResult> {
    const { optimizer, learningRate, clipNorm = 0, clipGlobalNorm = 0, clipValue = 0, onProgress } = options;
    if ([clipNorm, clipGlobalNorm, clipValue].filter((limit) => limit > 0).length > 1) {
      throw new ValidationError(
        'ERR_PARAMETER',
        'Only one of clipNorm, clipGlobalNorm and clipValue applies.',
      );
    }
    const objective = objectiveOf(options);
    const count = 1 + objective.metrics.length;
    const live = onProgress ? new Float64Array(new SharedArrayBuffer(count * 8)) : null;
    const report =
      live && onProgress
        ? (step: number, steps: number) =>
            onProgress({ step, steps, loss: live[0], metrics: Array.from(live.subarray(1)) })
        : null;
    const spec = {
      ...objective,
      optimizer: optimizerOf(optimizer),
      rates: typeof learningRate === 'number' ? Float64Array.of(learningRate) : learningRate,
      clipNorm,
      clipGlobalNorm,
      clipValue,
      live,
      placed: this.#isPlaced,
    };
    return withCancel(options.signal, async (cancel) => {
      const [rows, weights] = this.#rows(x, y, options);
      const { shuffle = null } = options;
      const order = options.order ?? (shuffle === null ? null : new Random(shuffle).permutation(rows));
      return resultOf(
        await native.networkTrain(this.#handle, x, rows, y, weights, order, spec, cancel, report),
      );
    });
  }

  /** Loss and metrics of all rows, on the pool; layers behave as in predictions. */
  async evaluate(
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: ObjectiveOptions,
  ): Promise<EpochResult> {
    return withCancel(options.signal, async (cancel) => {
      const [rows, weights] = this.#rows(x, y, options);
      const spec = objectiveOf({ ...options, batchSize: options.batchSize ?? 1024 });
      return resultOf(await native.networkEvaluate(this.#handle, x, rows, y, weights, spec, cancel));
    });
  }

  /** What comes out of all rows as an epoch compares it, [rows, outputs], on the pool; layers behave as in predictions. */
  async outputsOf(
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: ObjectiveOptions,
  ): Promise<Float32Array> {
    return withCancel(options.signal, async (cancel) => {
      const [rows, weights] = this.#rows(x, y, options);
      const spec = objectiveOf({ ...options, batchSize: options.batchSize ?? 1024 });
      return native.networkOutputs(this.#handle, x, rows, y, weights, spec, cancel);
    });
  }

  /**
   * The loss of all rows and its gradient by all parameters, one array after the other; layers behave as in predictions, and
   * what is frozen has gradient 0.
   */
  async gradient(
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: ObjectiveOptions,
  ): Promise<{ loss: number; gradient: Float32Array }> {
    return withCancel(options.signal, async (cancel) => {
      const [rows, weights] = this.#rows(x, y, options);
      const spec = objectiveOf({ ...options, batchSize: options.batchSize ?? 1024 });
      return native.networkGradient(this.#handle, x, rows, y, weights, spec, cancel);
    });
  }

  /**
   * Moves the parameters to a minimum of the loss of all rows, by L-BFGS (Liu & Nocedal, 1989), on the pool.
   *
   * @throws {ERR_ABORTED} when the signal fires; the parameters are then some that were tried
   */
  async minimize(
    x: Float32Array,
    y: Float32Array | Int32Array,
    options: ObjectiveOptions & MinimizeOptions,
  ): Promise<{ loss: number; losses: Float64Array; iterations: number; converged: boolean }> {
    const { maxIterations, maxEvaluations, tolerance, onIteration } = options;
    return withCancel(options.signal, async (cancel) => {
      const [rows, weights] = this.#rows(x, y, options);
      const objective = objectiveOf({ ...options, batchSize: options.batchSize ?? 1024 });
      const spec = { ...objective, maxIterations, maxEvaluations, tolerance };
      const report = onIteration ?? null;
      return native.networkMinimize(this.#handle, x, rows, y, weights, spec, cancel, report);
    });
  }

  /** Adds the network to a plan. */
  lower(plan: PlanBuilder, x: Slot): Slot {
    return lowerNetwork(
      this.layers,
      this.parameters().map(({ data }) => data),
      plan,
      x,
    );
  }

  #rows(x: Float32Array, y: Float32Array | Int32Array, options: ObjectiveOptions) {
    const rows = x.length / this.inputs;
    if (!Number.isInteger(rows)) {
      const message = `A sample has ${this.inputs} values; X has ${x.length}, which is no multiple.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return [rows, this.#weights(y, rows, options)] as const;
  }

  #weights(
    y: Float32Array | Int32Array,
    rows: number,
    { sampleWeight = null, classWeight = null }: ObjectiveOptions,
  ): Float64Array | null {
    if (classWeight === null) return sampleWeight;
    const outputs = this.outputs;
    const sparse = y instanceof Int32Array;
    return Float64Array.from({ length: rows }, (_, i) => {
      let label = y[i];
      if (!sparse) label = outputs === 1 ? Math.round(y[i]) : largest(y, i * outputs, outputs);
      return (classWeight[label] ?? 1) * (sampleWeight?.[i] ?? 1);
    });
  }

  #call<R>(body: () => R): R {
    try {
      return body();
    } catch (error) {
      throw toBorealError(error);
    }
  }
}

/** Adds layers with given parameters to a plan: how a saved network predicts. */
export function lowerNetwork(
  layers: readonly PlacedLayer[],
  parameters: readonly Float32Array[],
  plan: PlanBuilder,
  x: Slot,
): Slot {
  let at = 0;
  return layers.reduce((slot, layer) => {
    const own = parameters.slice(at, at + layer.parameters.length);
    at += own.length;
    return lowerLayer(plan, slot, layer, own);
  }, x);
}

function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++) if (values[from + j] > values[from + best]) best = j;
  return best;
}

function resultOf({ loss, metrics, steps, finite }: NativeEpoch): EpochResult {
  return { loss, metrics: Array.from(metrics), steps, finite };
}

function initialParameters(specs: readonly ParameterSpec[], seed: number): Float32Array[] {
  const random = new Random(seed);
  return specs.map(({ shape, initial }) => {
    const data = new Float32Array(sizeOf(shape));
    if (initial === 'ones') return data.fill(1);
    if (initial === 'zeros') return data;
    // The last two axes of a kernel are what goes in and what comes out, at each of its taps.
    const [fanIn, fanOut] = shape.slice(-2);
    const taps = sizeOf(shape.slice(0, -2));
    const limit = initial === 'uniform' ? 0.05 : Math.sqrt(6 / (taps * (fanIn + fanOut)));
    return data.map(() => (2 * random.next() - 1) * limit);
  });
}
