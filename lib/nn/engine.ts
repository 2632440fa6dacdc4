/** The native network behind a model: its weights one array for each of Keras's, and the passes of training and evaluation. */

import { resolveCompileOptions } from '../core/compile-options.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { Plan } from '../core/plan.js';
import { PlanBuilder, type Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import { Schema } from '../core/schema.js';
import { sizeOf } from '../core/shape.js';
import type { TrainingDevice } from '../core/training-device.js';
import { ValidationError } from '../errors.js';
import type { Architecture } from './architecture.js';
import { initialValues, initialValuesAsync } from './initializers.js';
import type { SequentialState } from './layered-model.js';
import type { Shape } from './layers.js';
import type { Loss } from './losses.js';
import type { CountedMetric } from './metrics.js';
import { type EpochResult, lowerNetwork, Network } from './network.js';
import type { OptimizerConfig } from './optimizers.js';
import type { EncodedTargets } from './targets.js';

/** Rows as the native core reads them. */
export interface EngineRows {
  /** [rows, values of a sample], in shared memory. */
  readonly x: Float32Array;
  readonly rows: number;
  readonly y: EncodedTargets;
  readonly weights: Float64Array | null;
}

/** A pass over rows. */
interface Pass {
  readonly batchSize: number;
  readonly loss: Loss;
  readonly metrics: readonly CountedMetric[];
  readonly signal: AbortSignal | undefined;
}
/** A pass that changes the weights. */
interface TrainingPass extends Pass {
  readonly optimizer: OptimizerConfig;
  /** Of each step. */
  readonly rates: Float64Array;
  /** The rows in their order; null: as they stand. */
  readonly order: Int32Array | null;
  readonly onStep: (done: number, loss: number, metrics: readonly number[]) => void;
}

/** A network, and what has to be saved of it. */
export class Engine {
  readonly #network: Network;
  readonly #architecture: Architecture;
  readonly #seed: number;
  #steps = 0;

  private constructor(architecture: Architecture, seed: number, weights: ReadonlyArray<ArrayLike<number>>) {
    this.#architecture = architecture;
    this.#seed = seed;
    const specs = architecture.layers.flatMap((layer) => layer.specs);
    this.#network = new Network(specs, architecture.inputShape, { seed, parameters: weights });
  }

  /** With initial weights. */
  static create(architecture: Architecture, seed: number): Engine {
    const weights = seededWeights(architecture, seed);
    return new Engine(
      architecture,
      seed,
      weights.map(({ initializer, shape, seed: own }) => initialValues(initializer, shape, own)),
    );
  }

  /** The same; the event loop turns meanwhile. */
  static async createAsync(architecture: Architecture, seed: number): Promise<Engine> {
    const weights: Float32Array[] = [];
    for (const { initializer, shape, seed: own } of seededWeights(architecture, seed)) {
      weights.push(await initialValuesAsync(initializer, shape, own));
    }
    return new Engine(architecture, seed, weights);
  }

  /** As it was saved. @throws {ERR_SHAPE} when weights or moments do not fit the layers */
  static of(architecture: Architecture, state: SequentialState): Engine {
    const engine = new Engine(architecture, state.seed, state.weights);
    engine.restore(state);
    return engine;
  }

  /** Goes back to what {@link Engine.state} gave. @throws {ERR_SHAPE} when weights or moments do not fit the layers */
  restore({ weights, steps, moments }: SequentialState): void {
    this.setWeights(weights);
    this.#network.setOptimizerState({ steps, arrays: moments ?? new Float32Array(0) });
    this.#steps = steps;
  }

  /** The shape of what the last layer gives. */
  get outputShape(): Shape {
    return this.#architecture.outputShape;
  }

  /** Steps of the optimizer so far. */
  get steps(): number {
    return this.#steps;
  }

  weights(): Float32Array[] {
    return this.#network.parameters().map(({ data }) => data);
  }

  /** @throws {ERR_SHAPE} when there are more or fewer arrays or values */
  setWeights(weights: ReadonlyArray<ArrayLike<number>>): void {
    this.#network.setParameters(weights);
  }

  state(classes: readonly Label[] | null): SequentialState {
    const { arrays } = this.#network.optimizerState();
    return {
      ...{ inputShape: this.#architecture.inputShape, weights: this.weights(), classes, seed: this.#seed },
      ...{ steps: this.#steps, moments: arrays.length > 0 ? arrays : null },
    };
  }

  /** Places the rows on a GPU, for the epochs of a training; see {@link Network.place}. */
  place(device: TrainingDevice, { x, y, weights }: EngineRows, pass: Pass, epochs: number): Promise<void> {
    return this.#network.place(device, x, targetsOf(y), { ...pass, sampleWeight: weights }, epochs);
  }

  /** Gives back the memory of the GPU. */
  release(): void {
    this.#network.release();
  }

  /** One epoch. @throws {ERR_ABORTED} when the signal fires; the weights are those of the last step */
  async train({ x, y, weights }: EngineRows, pass: TrainingPass): Promise<EpochResult> {
    const { batchSize, loss, metrics, signal, optimizer, rates, order, onStep } = pass;
    try {
      return await this.#network.trainEpoch(x, targetsOf(y), {
        ...{ batchSize, loss, metrics, signal, order, sampleWeight: weights, learningRate: rates },
        optimizer: { ...optimizer, weightDecay: optimizer.weightDecay ?? 0 },
        clipNorm: optimizer.clipNorm ?? 0,
        clipGlobalNorm: optimizer.globalClipNorm ?? 0,
        clipValue: optimizer.clipValue ?? 0,
        onProgress: ({ step, loss: mean, metrics: values }) => onStep(step, mean, values),
      });
    } finally {
      this.#steps = this.#network.optimizerState().steps;
    }
  }

  /** Loss and metrics, layers behaving as in predictions. */
  evaluate({ x, y, weights }: EngineRows, { batchSize, loss, metrics, signal }: Pass): Promise<EpochResult> {
    return this.#network.evaluate(x, targetsOf(y), {
      batchSize,
      loss,
      metrics,
      signal,
      sampleWeight: weights,
    });
  }

  /** The outputs of the last layer, [rows, values of an output]. */
  async predict(x: Float32Array, rows: number): Promise<Matrix> {
    const { inputShape } = this.#architecture;
    const width = sizeOf(inputShape);
    const builder = new PlanBuilder(width);
    const source = builder.build(this.lower(builder, builder.input));
    const options = resolveCompileOptions({}, 'float32');
    const plan = await Plan.compileAsync(source, Schema.unnamed(width), options);
    return plan.run(new Matrix(x, rows, width));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return lowerNetwork(this.#network.layers, this.weights(), plan, x);
  }
}

/** The weights, with a seed for each. */
function seededWeights({ layers }: Architecture, seed: number) {
  const random = new Random(seed);
  return layers.flatMap(({ weights }) => weights.map((weight) => ({ ...weight, seed: random.int(2 ** 32) })));
}

function targetsOf({ values, codes }: EncodedTargets): Float32Array | Int32Array {
  const targets = codes ?? values;
  if (targets === null) throw new ValidationError('ERR_PARAMETER', 'There are no targets.');
  return targets;
}
