/** A multi-layer perceptron behind scikit-learn's interface, for classes. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, type FitOptions, fitLabels, partLabels } from '../core/fit-input.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { EncodedLabels, Label } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
import { labels, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { checkMLPState, lowerMLP, perceptron } from './mlp-base.js';
import { MLP_DEFAULTS, MLP_RULES, MLP_STATE_RULES, type MLPParams, type MLPState } from './mlp-params.js';
import { type MLPTask, trainMLP, trainMLPPart } from './mlp-training.js';

/** Parameters of {@link MLPClassifier}. */
export interface MLPClassifierParams extends MLPParams {}

/** Learned by {@link MLPClassifier}. */
export interface MLPClassifierState extends MLPState, ClassifierState {}

const outputsOf = (classes: readonly unknown[]) => (classes.length === 2 ? 1 : classes.length);

/**
 * A multi-layer perceptron that minimises the log loss: dense layers with one activation, then a sigmoid for two classes or a
 * softmax for more. Parameters, initial weights, mini-batches, learning rates and rules to stop are those of scikit-learn 1.9;
 * an epoch is one native call, off the event loop.
 *
 * Scale the columns first, for example with a StandardScaler in a Pipeline.
 *
 * `fit` and `partialFit` with `device: 'cuda'` train on a GPU, except by 'lbfgs': losses and weights of the CPU to about 1e-5 an epoch.
 *
 * Differs from scikit-learn: weights are float32, so scores agree to about 1e-6; random streams of our own; one label a row; a fit that
 * stops at `maxIter` sets `converged` to false, where scikit-learn warns. A loss that is no longer finite ends the fit with
 * a warning (`process.on('warning')`) and the weights before it, where scikit-learn raises. `partialFit` after loading a file
 * begins with a new optimizer. `verbose` does not exist: use `onProgress`, called after each epoch, which ends the fit by returning
 * false.
 *
 * @example
 * ```ts
 * import { loadIris, makePipeline, StandardScaler } from 'boreal';
 * import { MLPClassifier } from 'boreal/nn';
 * const { data, target } = loadIris();
 * const network = new MLPClassifier({ hiddenLayerSizes: [16], maxIter: 300, learningRateInit: 0.01, randomState: 1 });
 * const model = await makePipeline(new StandardScaler(), network).fit(data, target);
 * (await model.score(data, target)) > 0.95; // true
 * ```
 */
export class MLPClassifier extends perceptron(Classifier<MLPClassifierParams, MLPClassifierState>) {
  constructor(params: Partial<MLPClassifierParams> = {}) {
    super({ ...MLP_DEFAULTS, ...params });
  }

  get rules(): Rules<MLPClassifierParams> {
    return MLP_RULES;
  }

  get stateRules(): Rules<MLPClassifierState> {
    return { ...MLP_STATE_RULES, classes: labels };
  }

  protected override checkState(state: MLPClassifierState, columns: readonly Column[]): void {
    checkMLPState(this, state, outputsOf(state.classes), columns);
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba'];
  }

  protected async fitState(input: FitInput): Promise<MLPClassifierState> {
    const encoded = fitLabels(input);
    const before = this.params.warmStart && this.isFitted ? this.state : null;
    const state = await trainMLP(this.params, this.#task(input, encoded), input, before);
    return Object.assign(state, { classes: encoded.classes });
  }

  /**
   * Learns from one more part of the data: one epoch over its rows.
   *
   * @param options - those of `fit`, and `classes`: all classes that will ever come, for the first part. Default: those of its y
   * @throws {ERR_LABELS} for a label that is none of the classes
   * @throws {ERR_PARAMETER} for solver 'lbfgs' or earlyStopping
   * @example
   * ```ts
   * import { MLPClassifier } from 'boreal/nn';
   * const model = new MLPClassifier({ hiddenLayerSizes: [4], randomState: 1 });
   * await model.partialFit([[0], [1]], ['a', 'b'], { classes: ['a', 'b', 'c'] });
   * await model.partialFit([[2]], ['c']);
   * model.nIter; // 2
   * ```
   */
  partialFit(
    X: MatrixLike,
    y: ArrayLike<unknown>,
    options: FitOptions & { readonly classes?: readonly Label[] } = {},
  ): Promise<this> {
    const { classes, ...others } = options;
    return this.fitPart(X, y, others, async (input, before) => {
      const encoded = partLabels(input, before?.classes, classes);
      const state = await trainMLPPart(this.params, this.#task(input, encoded), input, before);
      return Object.assign(state, { classes: encoded.classes });
    });
  }

  #task(input: FitInput, { codes, classes }: EncodedLabels): MLPTask {
    const binary = classes.length === 2;
    return {
      name: this.constructor.name,
      x: input.x,
      y: binary ? Float32Array.from(codes) : codes,
      outputs: outputsOf(classes),
      output: binary ? 'sigmoid' : 'softmax',
      loss: binary ? 'binaryCrossentropy' : 'sparseCategoricalCrossentropy',
      metric: binary ? 'binaryAccuracy' : 'sparseCategoricalAccuracy',
      score: (accuracy) => accuracy,
      strata: codes,
      sampleWeight: input.sampleWeight,
    };
  }

  /** Outputs of the last layer: 1 for two classes, else one for each. @throws {ERR_NOT_FITTED} before `fit` */
  get nOutputs(): number {
    return outputsOf(this.state.classes);
  }

  /** The activation of the last layer. @throws {ERR_NOT_FITTED} before `fit` */
  get outActivation(): 'logistic' | 'softmax' {
    return this.nOutputs === 1 ? 'logistic' : 'softmax';
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const state = this.state;
    let scores = lowerMLP(plan, x, state, this.fittedParams.activation, 'linear');
    // The score z of two classes as [0, z], whose softmax is [1 - sigmoid(z), sigmoid(z)].
    if (this.nOutputs === 1) scores = plan.dense(scores, Float64Array.of(0, 1), new Float64Array(2));
    return output === 'proba' ? plan.softmax(scores) : plan.argmax(scores);
  }
}
