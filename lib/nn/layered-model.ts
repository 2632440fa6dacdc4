/**
 * A model of layers that has weights: its shapes, its state, and what it predicts. {@link Sequential} adds how it is trained.
 */

import type { CompileOptions, Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type EstimatorKind } from '../core/estimator.js';
import type { SavedFit } from '../core/fitted.js';
import { decodeLabels, type ScoreOptions } from '../core/kinds.js';
import { encodeTargets, type Label } from '../core/labels.js';
import { logOf } from '../core/log-proba.js';
import type { Dtype, FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { custom, either, int, nothing, type Rules, resolveSeed, seed, show } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema, type Target } from '../core/schema.js';
import { accuracy, r2 } from '../core/score.js';
import { sizeOf } from '../core/shape.js';
import { StateError, ValidationError } from '../errors.js';
import { type Architecture, countWeights, declaredShape, placeLayers } from './architecture.js';
import { rowsOf, type Samples } from './data.js';
import { Engine } from './engine.js';
import { type TrainingParams, trainingRules } from './fit-options.js';
import { checkedLayer, type Layer, MAX_SIZE, type Shape } from './layers.js';
import { type Loss, type LossAlias, type LossName, resolveLoss, takesLogits } from './losses.js';
import { type MetricLike, resolveMetric } from './metrics.js';
import { type OptimizerConfig, type OptimizerName, resolveOptimizer } from './optimizers.js';
import { kindOf, numbered } from './targets.js';

/** Parameters of {@link Sequential}, beside its layers. */
export interface SequentialOptions extends TrainingParams {
  /** The shape of a sample, as an `input` layer says it; null: that of the data. Default null. */
  readonly inputShape: Shape | null;
  /** By name, or made by `sgd`, `rmsprop`, `adam`, `adamw` or `adagrad`. Default 'rmsprop'. */
  readonly optimizer: OptimizerName | OptimizerConfig;
  /** By name, or made by `huber`, `binaryCrossentropy` and the like; null: cannot be trained. Default null. */
  readonly loss: LossName | LossAlias | Loss | null;
  /** Watched beside the loss. Default none. */
  readonly metrics: readonly MetricLike[];
  /** Of initial weights, shuffling and dropout: the same seed gives the same model; null: a new one each time. Default null. */
  readonly randomState: number | null;
  /** Shown by `summary`. Default 'sequential'. */
  readonly name: string;
}
/** Parameters of {@link Sequential}. */
export interface SequentialParams extends SequentialOptions {
  readonly layers: readonly Layer[];
}
/** Learned by {@link Sequential}. */
export interface SequentialState {
  /** The shape of a sample. */
  readonly inputShape: readonly number[];
  /** In Keras's order, each row-major. */
  readonly weights: readonly Float32Array[];
  /** Of a classifier: what its outputs stand for. */
  readonly classes: readonly Label[] | null;
  readonly seed: number;
  /** Steps of the optimizer so far, and its moments; null before the first. */
  readonly steps: number;
  readonly moments: Float32Array | null;
}

const size = int(1, MAX_SIZE);
const isShape = (v: unknown) =>
  Array.isArray(v) && v.length > 0 && v.length <= 8 && v.every((x) => size.allows(x));

/** What models of layers have in common. */
export abstract class LayeredModel extends Estimator<SequentialParams, SequentialState> {
  #engine: Engine | null = null;

  get rules(): Rules<SequentialParams> {
    const named = (v: unknown) => typeof v === 'string' || (typeof v === 'object' && v !== null);
    return {
      ...trainingRules,
      layers: custom('a list of layers', Array.isArray),
      inputShape: either(nothing, custom('a list of sizes >= 1', isShape)),
      optimizer: custom('an optimizer or its name', named),
      loss: custom('a loss, its name, or null', (v) => v === null || named(v)),
      metrics: custom('a list of metrics', (v) => Array.isArray(v) && v.every(named)),
      randomState: seed,
      name: custom('a text', (v) => typeof v === 'string'),
    };
  }

  override checkParams(): void {
    super.checkParams();
    const { layers, optimizer, loss, metrics, inputShape } = this.params;
    for (const layer of layers) checkedLayer(layer);
    resolveOptimizer(optimizer);
    if (loss !== null) for (const metric of metrics) resolveMetric(metric, resolveLoss(loss));
    const shape = inputShape ?? declaredShape(layers);
    if (shape !== null && layers.length > 0) placeLayers(layers, shape);
  }

  get stateRules(): Rules<SequentialState> {
    const floats = (v: unknown) => v instanceof Float32Array;
    return {
      inputShape: custom('a list of sizes >= 1', isShape),
      weights: custom('a list of Float32Array', (v) => Array.isArray(v) && v.every(floats)),
      classes: either(
        nothing,
        custom('a list of labels', (v) => Array.isArray(v) && v.length >= 2),
      ),
      seed: int(0, 0xffff_ffff),
      steps: int(0),
      moments: custom('a Float32Array or null', (v) => v === null || floats(v)),
    };
  }

  protected override checkState(state: SequentialState, columns: readonly Column[]): void {
    const refuse = (what: string) => new ValidationError('ERR_PARAMETER', `Sequential state: ${what}.`);
    const architecture = placeLayers(this.params.layers, state.inputShape);
    if (sizeOf(state.inputShape) !== columns.length) throw refuse('inputShape does not match the columns');
    const specs = architecture.layers.flatMap(({ weights }) => weights);
    const fits = specs.length === state.weights.length;
    if (!fits || specs.some(({ shape }, i) => state.weights[i].length !== sizeOf(shape))) {
      throw refuse('weights do not match the layers');
    }
    const outputs = sizeOf(architecture.outputShape);
    if (state.classes !== null && state.classes.length !== Math.max(2, outputs)) {
      throw refuse('classes do not match the outputs');
    }
  }

  override get tags() {
    return { watchesValidation: true, trainsOnGpu: true };
  }

  get kind(): EstimatorKind {
    if (!this.isFitted) return kindOf(lossOf(this.params), outputsOf(this.params.layers));
    return kindOf(lossOf(this.fittedParams), sizeOf(this.outputShape));
  }

  get outputs(): readonly Output[] {
    return this.kind === 'classifier' ? ['label', 'proba', 'transform'] : ['value', 'transform'];
  }

  protected targetOf(state: SequentialState): Target {
    if (state.classes !== null) return { kind: 'class', classes: state.classes };
    const { outputShape } = placeLayers(this.params.layers, state.inputShape);
    return { kind: kindOf(lossOf(this.params), sizeOf(outputShape)) === 'regressor' ? 'number' : 'none' };
  }

  /** Whether the model has weights that another `fit` starts from: not once it was given other layers. */
  protected get goesOn(): boolean {
    return this.isFitted && JSON.stringify(this.fittedParams.layers) === JSON.stringify(this.params.layers);
  }

  /** Where the layers of the weights stand, or, without weights, where they will stand. */
  protected get placed(): Architecture {
    return this.isFitted ? placeLayers(this.fittedParams.layers, this.state.inputShape) : this.architecture();
  }

  /** Where the layers stand that are trained next, for samples of a shape that somebody knows. */
  protected architecture(given: Shape | null = null, width: number | null = null): Architecture {
    const { layers, inputShape } = this.params;
    const known = this.goesOn ? this.state.inputShape : null;
    const shape = known ?? inputShape ?? declaredShape(layers) ?? given ?? (width === null ? null : [width]);
    if (shape === null) {
      const message =
        'The shape of a sample is not known: begin with input(shape), or call build(shape) or fit first.';
      throw new StateError('ERR_NOT_FITTED', message);
    }
    if (given !== null && given.join() !== shape.join()) {
      const message = `A sample has the shape [${shape.join(', ')}]; those of X have [${given.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    if (width !== null && sizeOf(shape) !== width) {
      const message = `A sample of shape [${shape.join(', ')}] has ${sizeOf(shape)} values; X has ${width} per row.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return placeLayers(layers, shape);
  }

  /** The shape of what the last layer gives, of one sample. @throws {ERR_NOT_FITTED} while that of its input is not known */
  get outputShape(): Shape {
    return this.placed.outputShape;
  }

  /** The number of weights. @throws {ERR_NOT_FITTED} while the shape of a sample is not known */
  countParams(): number {
    return countWeights(this.placed).total;
  }

  /**
   * Gives the model initial weights, so that it can be used or be given others before any training.
   *
   * @param shape - of a sample; default: that of the input layer or of the parameter inputShape
   * @throws {ERR_NOT_FITTED} when the shape is not known
   * @throws {ERR_PARAMETER} when it is no list of sizes
   * @example
   * ```ts
   * import { dense, Sequential } from 'boreal/nn';
   * const model = new Sequential([dense(2)]).build([3]);
   * model.getWeights().map((weights) => weights.length); // [6, 2]
   * ```
   */
  build(shape?: Shape): this {
    this.checkParams();
    if (this.isFitted) return this;
    if (shape !== undefined && !isShape(shape)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `build takes a list of one to eight sizes >= 1; got ${show(shape)}.`,
      );
    }
    const architecture = this.architecture(shape ?? null);
    const engine = Engine.create(architecture, resolveSeed(this.params.randomState));
    this.commitInitial(engine, unnamedSchema(architecture.inputShape), 'float32');
    return this;
  }

  /** Gives the model weights that have not learned anything: its classes are numbers. */
  protected commitInitial(engine: Engine, schema: Schema, dtype: Dtype): void {
    const outputs = sizeOf(engine.outputShape);
    const classes = kindOf(lossOf(this.params), outputs) === 'classifier' ? numbered(outputs) : null;
    this.commit({ engine, classes, schema, dtype });
  }

  protected commit({ engine, classes, schema, dtype, reference }: Learned): SequentialState {
    const state = engine.state(classes);
    super.restore({ state, schema: schema.withTarget(this.targetOf(state)), dtype, reference });
    this.#engine = engine;
    return state;
  }

  /** The engine, with the weights of the model. @throws {ERR_NOT_FITTED} before `fit` or `build` */
  protected current(): Engine {
    this.#engine ??= Engine.of(this.placed, this.state);
    return this.#engine;
  }

  /** @internal */
  override restore(fitted: SavedFit<SequentialState>): void {
    super.restore(fitted);
    this.#engine = null;
  }

  /**
   * The outputs of the last layer, on the pool.
   *
   * @returns [rows, values of an output], the last axis running fastest
   * @throws see {@link Plan.run}
   */
  async predict(X: Samples): Promise<Matrix> {
    return this.run(this.#samples(X), { output: 'transform' });
  }

  /** As {@link Sequential.predict}, on this thread's time. */
  predictSync(X: Samples): Matrix {
    return this.runSync(this.#samples(X), { output: 'transform' });
  }

  #samples(X: Samples): MatrixLike {
    const { X: rows, shape } = rowsOf(X);
    const { inputShape } = this.state;
    if (shape !== null && shape.join() !== inputShape.join()) {
      const message = `A sample has the shape [${inputShape.join(', ')}]; those of X have [${shape.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return rows;
  }

  /**
   * What `predict` of other estimators gives, on the pool: the labels of a classifier, or the numbers of a regressor.
   *
   * @throws {ERR_NOT_SUPPORTED} for a model that is neither
   * @throws see {@link Plan.run}
   */
  async predictTarget(X: Samples): Promise<Label[] | FloatArray> {
    const { target } = this.schema;
    return targetsOf(await this.run(this.#samples(X), this.#targetOptions()), target);
  }

  /** As {@link Sequential.predictTarget}, on this thread's time. */
  predictTargetSync(X: Samples): Label[] | FloatArray {
    return targetsOf(this.runSync(this.#samples(X), this.#targetOptions()), this.schema.target);
  }

  #targetOptions(): CompileOptions {
    const { target } = this.schema;
    if (target.kind === 'none') {
      const message = 'The model has several outputs that are no classes; use predict.';
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    return { output: target.kind === 'class' ? 'label' : 'value' };
  }

  /** Probabilities of a classifier, [rows, classes]; each row sums to 1. @throws {ERR_NOT_SUPPORTED} for another model */
  async predictProba(X: Samples): Promise<Matrix> {
    return this.run(this.#samples(X), { output: 'proba' });
  }

  /** As {@link Sequential.predictProba}, on this thread's time. */
  predictProbaSync(X: Samples): Matrix {
    return this.runSync(this.#samples(X), { output: 'proba' });
  }

  /** Logarithms of these, -Infinity for 0. @throws {ERR_NOT_SUPPORTED} for another model */
  async predictLogProba(X: Samples): Promise<Matrix> {
    return logOf(await this.predictProba(X)) as Matrix;
  }

  /** The columns of a model that is no classifier, as pipelines and servers name them. @throws {ERR_NOT_FITTED} before `fit` */
  outputColumns(): readonly Column[] {
    return Array.from({ length: sizeOf(this.outputShape) }, (_, k) => ({
      name: `output${k}`,
      kind: 'number',
    }));
  }

  /** Names of the columns that come out. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[] {
    return this.outputColumns().map(({ name }) => name);
  }

  /** The outputs: {@link Sequential.predict} as transformers call it. */
  transform(X: Samples): Promise<Matrix> {
    return this.predict(X);
  }

  /** As {@link Sequential.transform}, on this thread's time. */
  transformSync(X: Samples): Matrix {
    return this.predictSync(X);
  }

  /** The labels that the outputs of a classifier stand for. @throws {ERR_NOT_SUPPORTED} for another model */
  get classes(): Label[] {
    const { classes } = this.state;
    if (classes === null)
      throw new StateError('ERR_NOT_SUPPORTED', 'The model is no classifier and has no classes.');
    return [...classes];
  }

  /** The accuracy of a classifier, the R2 of a regressor; see {@link Sequential.evaluate} for loss and metrics. */
  async score(X: Samples, y: ArrayLike<unknown>, options?: ScoreOptions): Promise<number> {
    const predicted = await this.predictTarget(X);
    if (this.kind === 'classifier') return accuracy(y, predicted, options?.sampleWeight);
    return r2(encodeTargets(y, predicted.length), predicted as FloatArray, options?.sampleWeight);
  }

  /** Copies of all weights, in Keras's order and layout. @throws {ERR_NOT_FITTED} before `fit` or `build` */
  getWeights(): Float32Array[] {
    return this.current().weights();
  }

  /** The names of the weights: 'dense/kernel', 'dense/bias' ... @throws {ERR_NOT_FITTED} while the shape of a sample is not known */
  get weightNames(): string[] {
    return this.placed.layers.flatMap(({ weights }) => weights.map(({ name }) => name));
  }

  /** The shapes of the weights. @throws {ERR_NOT_FITTED} while the shape of a sample is not known */
  get weightShapes(): Shape[] {
    return this.placed.layers.flatMap(({ weights }) => weights.map(({ shape }) => shape));
  }

  /** A model of its own with the same weights, classes and parameters. @throws {ERR_NOT_FITTED} before `fit` or `build` */
  copy(): this {
    const copy = this.clone();
    copy.restore({ ...this.snapshot().fitted!, state: this.current().state(this.state.classes) });
    return copy;
  }

  /**
   * Gives the model weights, in the order and layout of {@link Sequential.getWeights}; builds it where that is possible.
   *
   * @throws {ERR_SHAPE} when there are more or fewer arrays or values
   * @throws {ERR_DTYPE} when a value is not a number
   */
  setWeights(weights: ReadonlyArray<ArrayLike<number>>): this {
    this.build();
    const isText = (values: unknown) =>
      Array.isArray(values) && values.some((value) => typeof value !== 'number');
    if (Array.isArray(weights) && weights.some(isText)) {
      throw new ValidationError('ERR_DTYPE', 'setWeights takes arrays of numbers.');
    }
    const engine = this.current();
    engine.setWeights(weights);
    const { schema, dtype, reference } = this.snapshot().fitted!;
    this.commit({ engine, classes: this.state.classes, schema, dtype, reference });
    return this;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const outputs = this.current().lower(plan, x);
    const { classes } = this.state;
    if (output === 'transform' || classes === null) return outputs;
    const isLogit = takesLogits(lossOf(this.fittedParams)!);
    if (outputs.width > 1) {
      if (output === 'proba') return isLogit ? plan.softmax(outputs) : outputs;
      return plan.argmax(outputs);
    }
    const positive = isLogit ? plan.activation(outputs, 'sigmoid') : outputs;
    if (output !== 'proba') return plan.binary(positive, 'greater', Float64Array.of(0.5));
    const negated = plan.activation(positive, 'negate');
    return plan.concat([plan.binary(negated, 'add', Float64Array.of(1)), positive]);
  }
}

/** The columns of a model that has seen no rows. */
export function unnamedSchema(inputShape: Shape): Schema {
  const names = Array.from({ length: sizeOf(inputShape) }, (_, j) => `x${j}`);
  const columns = names.map((name): Column => ({ name, kind: 'number' }));
  return new Schema(columns, { kind: 'none' }, false);
}

/** What a training has come to. */
export interface Learned extends Omit<SavedFit<never>, 'state'> {
  readonly engine: Engine;
  readonly classes: readonly Label[] | null;
}

function targetsOf(result: Matrix, target: Target): Label[] | FloatArray {
  return target.kind === 'class' ? decodeLabels(result, target.classes) : result.data;
}

export const lossOf = ({ loss }: Readonly<SequentialParams>): Loss | null =>
  loss === null ? null : resolveLoss(loss);

/** Outputs of a model whose shapes are not known: those of its last layer that says. */
function outputsOf(layers: readonly Layer[]): number | null {
  const last = layers.findLast(({ type }) => type === 'dense' || type === 'conv2d' || type === 'embedding');
  return last?.type === 'dense' ? last.units : null;
}
