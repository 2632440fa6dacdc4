/** Keras's Sequential: a list of layers, compiled with an optimizer and a loss, and an estimator like any other. */

import { withCancel } from '../core/cancellation.js';
import type { CompileOptions } from '../core/compile-options.js';
import { encodeFitInput, type FitInput, type FitOptions, requireY } from '../core/fit-input.js';
import { checkInput } from '../core/input-checks.js';
import { heedListener } from '../core/listener.js';
import { rangesOf } from '../core/moments.js';
import type { Plan } from '../core/plan.js';
import { schemaWithRanges } from '../core/ranges.js';
import { sizeOf } from '../core/shape.js';
import { askedGpu } from '../core/training-device.js';
import { summarise, takeSample } from '../core/training-reference.js';
import { StateError, ValidationError } from '../errors.js';
import { rowsOf, type Samples } from './data.js';
import type { Engine } from './engine.js';
import {
  checkedEvaluateOptions,
  type EvaluateOptions,
  encodeRows,
  type ResolvedFitOptions,
  resolveFitOptions,
  type SequentialFitOptions,
} from './fit-options.js';
import { History } from './history.js';
import {
  LayeredModel,
  type Learned,
  type SequentialOptions,
  type SequentialParams,
  type SequentialState,
} from './layered-model.js';
import { checkedLayer, type Layer, type Shape } from './layers.js';
import { resolveLoss } from './losses.js';
import { resolveOptimizer } from './optimizers.js';
import { objectiveOf, type Prepared, prepareTraining } from './prepare.js';
import { summaryText } from './summary.js';
import { isList, kindOf, numbered, type Targets } from './targets.js';
import { evaluateRows, type Trainee, Training, type TrainingSession } from './training.js';

/** What `compile` takes to get a model ready for training. */
export type TrainingOptions = Partial<Pick<SequentialOptions, 'optimizer' | 'loss' | 'metrics'>>;

const TRAINING = ['optimizer', 'loss', 'metrics'];

/**
 * A model of layers in sequence: Keras's Sequential, trained by the native core off the event loop.
 *
 * `compile({ optimizer, loss, metrics })` gets it ready for training and returns the model; `compile({ device, precision,
 * output })`, or without options, compiles what it has learned into a {@link Plan}, as of any estimator. As in Keras, `fit` goes
 * on from the weights the model has, and `predict` gives the outputs of the last layer; `clone()` is a model that starts anew.
 *
 * To servers, pipelines and searches a model with a cross-entropy over classes (or a binary one of one output) is a classifier,
 * one with another loss and one output a regressor, any other a transformer: see {@link Sequential.predictTarget}.
 *
 * Differs from Keras: names in camelCase ('valLoss'); y may be labels of any type; a loss of NaN ends the training; metrics that
 * are no means over rows are those of the training rows after the epoch, not running ones.
 *
 * @example
 * ```ts
 * import { loadIris } from 'boreal';
 * import { dense, Sequential } from 'boreal/nn';
 * const { data, target } = loadIris();
 * const model = new Sequential([dense(16, { activation: 'relu' }), dense(3, { activation: 'softmax' })], { randomState: 1 });
 * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
 * await model.fit(data, target, { epochs: 60, batchSize: 8, verbose: 0 });
 * const { accuracy } = await model.evaluate(data, target);
 * accuracy > 0.9; // true
 * (await model.predict(data)).cols; // 3
 * ```
 */
export class Sequential extends LayeredModel {
  #learningRate: number | null = null;
  #isTraining = false;
  #history = new History();

  /**
   * @param layers - made by `dense`, `conv2d` and the like; more can be added
   * @param options - parameters that have no default of their own
   */
  constructor(layers: readonly Layer[] = [], options: Partial<SequentialOptions> = {}) {
    super({
      ...{ layers, inputShape: null, optimizer: 'rmsprop', loss: null, metrics: [] },
      ...{ epochs: 1, batchSize: 32, validationSplit: 0, shuffle: true, classWeight: null },
      ...{ randomState: null, name: 'sequential' },
      ...options,
    });
  }

  static override fromParams({ layers, ...options }: SequentialParams): Sequential {
    return new Sequential(layers, options);
  }

  /** Puts another layer at the end. @throws {ERR_NOT_SUPPORTED} once the model has weights */
  add(layer: Layer): this {
    if (this.isFitted)
      throw new StateError('ERR_NOT_SUPPORTED', 'The model has weights already; add layers before.');
    return this.setParams({ layers: [...this.params.layers, checkedLayer(layer)] });
  }

  /**
   * Gets the model ready for training.
   *
   * @throws {ERR_PARAMETER} for an unknown optimizer, loss or metric
   */
  override compile(options: TrainingOptions): this;
  /** As {@link Estimator.compile}: what the model has learned as a {@link Plan}. */
  override compile(options?: CompileOptions): Plan;
  override compile(options: TrainingOptions | CompileOptions = {}): this | Plan {
    const names = Object.keys(options ?? {});
    if (!names.some((name) => TRAINING.includes(name))) return super.compile(options as CompileOptions);
    const odd = names.find((name) => !TRAINING.includes(name));
    if (odd !== undefined) {
      const message = `compile takes ${TRAINING.join(', ')} to train, or the options of a plan, not both; got '${odd}'.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const { optimizer, loss, metrics } = options as TrainingOptions;
    const resolved: TrainingOptions = {
      ...(optimizer === undefined ? {} : { optimizer: resolveOptimizer(optimizer) }),
      ...(loss === undefined || loss === null ? {} : { loss: resolveLoss(loss) }),
      ...(metrics === undefined ? {} : { metrics }),
    };
    this.setParams(resolved);
    this.checkParams();
    this.#learningRate = null;
    if (this.isFitted && this.state.steps === 0)
      this.commitInitial(this.current(), this.schema, this.snapshot().fitted!.dtype);
    return this;
  }

  /** The table of layers that Keras prints. @throws {ERR_NOT_FITTED} while the shape of a sample is not known */
  summary(): string {
    return summaryText(this.params.name, this.placed);
  }

  /** Losses and metrics of the last `fit`, see {@link History}. */
  get history(): History {
    return this.#history;
  }

  /**
   * Trains, off the event loop, going on from the weights the model has. When the signal fires, `fit` rejects and the model keeps
   * the weights of the last step.
   *
   * @param X - one sample per row: what estimators take, nested arrays, or `{ data, shape }`
   * @param y - labels, for sparseCategoricalCrossentropy and for binaryCrossentropy of one output; else a number or a row of
   *   numbers, as many as there are outputs, per row of X
   * @returns this; losses and metrics of each epoch stand in `history`
   * @throws {ERR_PARAMETER} for a bad parameter or option, or a model without a loss
   * @throws {ERR_EMPTY | ERR_SHAPE | ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_LABELS} for bad data
   * @throws {ERR_ABORTED} when options.signal fires
   * @throws {ERR_NOT_SUPPORTED} while another fit of this model runs
   */
  override async fit(X: Samples, y?: Targets, given?: SequentialFitOptions & FitOptions): Promise<this> {
    this.checkParams();
    if (this.#isTraining) throw new StateError('ERR_NOT_SUPPORTED', 'The model is being trained already.');
    const options = resolveFitOptions(this.params, given);
    const { sampleWeight, signal } = options;
    const { X: rows, shape } = rowsOf(X);
    // A model that knows its columns by name finds them, whatever their order.
    const known = this.goesOn && this.schema.named ? this.snapshot().fitted : null;
    const labels = y !== undefined && y !== null && isList(y) ? y : undefined;
    const { input, schema } = encodeFitInput(
      rows,
      labels,
      { sampleWeight },
      { isInPlace: () => false, variance: false, known: known ?? undefined },
    );
    checkInput(this, input);
    const prepared = this.#prepare(input, y, options, shape);
    this.#isTraining = true;
    try {
      await withCancel(signal, async (cancel) => {
        await askedGpu(prepared.session.device);
        const ranged = schemaWithRanges(schema, input.x.rows, await rangesOf(input.x, cancel));
        const sample = takeSample(input.x, input.y);
        const engine = this.goesOn ? this.current() : await prepared.createEngine();
        const learned: Learned = { engine, classes: prepared.classes, schema: ranged, dtype: input.x.dtype };
        const before = engine.steps;
        this.#history = new History();
        try {
          await heedListener(prepared.session, (session) =>
            this.#train(engine, session, () => this.commit(learned)),
          );
        } catch (error) {
          if (engine.steps > before) this.commit(learned);
          throw error;
        }
        this.commit(learned);
        this.commit({ ...learned, reference: summarise(sample, this.schema) });
      });
    } finally {
      this.#isTraining = false;
    }
    return this;
  }

  /** How a pipeline trains it: from the start, by its parameters, and with nothing to see before the end. */
  protected async fitState(input: FitInput): Promise<SequentialState> {
    const { validation, sampleWeight, signal, onProgress, device } = input;
    const validationData = validation && ([validation.x, validation.y, validation.sampleWeight] as const);
    const options = resolveFitOptions(this.params, {
      ...{ signal, onProgress, device, verbose: 0 },
      ...(sampleWeight && { sampleWeight }),
      ...(validationData && { validationData }),
    });
    const prepared = this.#prepare(input, requireY(input), options, null);
    const engine = await prepared.createEngine();
    this.#history = new History();
    await this.#train(engine, prepared.session, () => engine.state(prepared.classes));
    return engine.state(prepared.classes);
  }

  #prepare(
    input: FitInput,
    y: Targets | undefined,
    options: ResolvedFitOptions,
    shape: Shape | null,
  ): Prepared {
    const architecture = this.architecture(shape, input.x.cols);
    const state = this.goesOn ? this.state : null;
    return prepareTraining({ params: this.params, architecture, state, input, y, options });
  }

  async #train(engine: Engine, session: TrainingSession, commit: Trainee['commit']): Promise<void> {
    const model = this;
    const trainee: Trainee = {
      ...{ model, engine, commit, history: this.#history },
      get learningRate() {
        return model.#learningRate;
      },
      set learningRate(value) {
        model.#learningRate = value;
      },
    };
    await new Training(trainee, session).run();
  }

  /**
   * Loss and metrics on some rows, dropout and batch normalisation as in predictions.
   *
   * @returns `{ loss, accuracy, ... }`, a member for each metric
   * @throws {ERR_NOT_FITTED} before `fit` or `build`
   * @throws {ERR_PARAMETER} for a bad option, or a model without a loss
   * @throws see {@link Sequential.fit} for bad data
   */
  async evaluate(X: Samples, y: Targets, options: EvaluateOptions = {}): Promise<Record<string, number>> {
    const { schema } = this;
    const { batchSize = this.params.batchSize, sampleWeight, signal } = checkedEvaluateOptions(options);
    const engine = this.current();
    const { loss, metrics } = objectiveOf(this.params);
    const outputs = sizeOf(this.outputShape);
    const isClassifier = kindOf(loss, outputs) === 'classifier';
    const classes = isClassifier ? (this.state.classes ?? numbered(outputs)) : null;
    const rows = encodeRows(X, y, sampleWeight, { schema, loss, outputs, classes });
    return withCancel(signal, () => evaluateRows(engine, rows, { loss, metrics, batchSize, signal }));
  }
}
