/** A multi-layer perceptron behind scikit-learn's interface, for classes. */

import {
  areSeveral,
  type Classes,
  type EncodedClasses,
  fitClasses,
  labelsOrLists,
  partClasses,
} from '../core/class-lists.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, type FitOptions, partOptions } from '../core/fit-input.js';
import { type ClassesState, Classifier } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { accuracy } from '../core/score.js';
import type { TargetsLike } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { checkMLPState, lowerMLP, perceptron } from './mlp-base.js';
import { MLP_DEFAULTS, MLP_RULES, MLP_STATE_RULES, type MLPParams, type MLPState } from './mlp-params.js';
import { type MLPTask, trainMLP, trainMLPPart } from './mlp-training.js';

/** Parameters of {@link MLPClassifier}. */
export interface MLPClassifierParams extends MLPParams {}

/** Learned by {@link MLPClassifier}. */
export interface MLPClassifierState extends MLPState, ClassesState {}

/** One for two classes, and for each of several targets. */
const outputsOf = (classes: Classes) => (!areSeveral(classes) && classes.length === 2 ? 1 : classes.length);

/**
 * A multi-layer perceptron that minimises the log loss: dense layers with one activation, then a sigmoid for two classes or a
 * softmax for more. Parameters, initial weights, mini-batches, learning rates and rules to stop are those of scikit-learn 1.9;
 * an epoch is one native call, off the event loop.
 *
 * Scale the columns first, for example with a StandardScaler in a Pipeline.
 *
 * `fit` and `partialFit` with `device: 'cuda'` train on a GPU, except by 'lbfgs': losses and weights of the CPU to about 1e-5 an epoch.
 *
 * Of several targets of two classes each, [rows, targets], the network has a sigmoid for each: `predict` gives a list for each row,
 * `predictProba` the probability of the second class of each target, [rows, targets]. A target of zeros or ones alone is one of both.
 *
 * Differs from scikit-learn: weights are float32, so scores agree to about 1e-6; random streams of our own; `classes` of several targets is
 * a list for each, and their labels may be text or booleans; a fit that
 * stops at `maxIter` sets `converged` to false, where scikit-learn warns. A loss that is no longer finite ends the fit with
 * a warning (`process.on('warning')`) and the weights before it, where scikit-learn raises. `partialFit` after loading a file
 * begins with a new optimizer. `verbose` does not exist: use `onProgress`, called after each epoch, which ends the fit by returning
 * false.
 *
 * @typeParam L - what `predict` says of a row: `Label[]` of several targets
 * @throws {ERR_LABELS} from `fit`, for several targets of which one has not two classes
 * @throws {ERR_PARAMETER} from `fit` with `warmStart`, for other classes than those of the last fit
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
export class MLPClassifier<L extends Label | Label[] = Label> extends perceptron(
  Classifier<MLPClassifierParams, MLPClassifierState, Label | Label[], Matrix>,
) {
  constructor(params: Partial<MLPClassifierParams> = {}) {
    super({ ...MLP_DEFAULTS, ...params });
  }

  get rules(): Rules<MLPClassifierParams> {
    return MLP_RULES;
  }

  get stateRules(): Rules<MLPClassifierState> {
    return { ...MLP_STATE_RULES, classes: labelsOrLists };
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: true, binaryTargets: true };
  }

  override get classes(): L[] {
    return super.classes as L[];
  }

  override predict(X: MatrixLike): Promise<L[]> {
    return super.predict(X) as Promise<L[]>;
  }

  override predictSync(X: MatrixLike): L[] {
    return super.predictSync(X) as L[];
  }

  protected override checkState(state: MLPClassifierState, columns: readonly Column[]): void {
    const { classes } = state;
    if (areSeveral(classes) && classes.some(({ length }) => length !== 2)) {
      const message = 'MLPClassifier state: of several targets each must have two classes.';
      throw new ValidationError('ERR_PARAMETER', message);
    }
    checkMLPState(this, state, outputsOf(classes), columns);
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba'];
  }

  protected async fitState(input: FitInput): Promise<MLPClassifierState> {
    const encoded = flagsOf(this, fitClasses(input));
    const before = this.params.warmStart && this.isFitted ? this.state : null;
    if (before !== null && JSON.stringify(before.classes) !== JSON.stringify(encoded.classes)) {
      const message = 'MLPClassifier: with warmStart a fit must have the classes of the last one.';
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const state = await trainMLP(this.params, this.#task(input, encoded), input, before);
    return Object.assign(state, { classes: encoded.classes });
  }

  /**
   * Learns from one more part of the data: one epoch over its rows.
   *
   * @param options - those of `fit`, and `classes`: all classes that will ever come, of several targets a list for each, for the first
   *   part. Default: those of its y
   * @throws {ERR_LABELS} for a label that is none of the classes
   * @throws {ERR_SHAPE} for another number of targets than there are classes for
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
  async partialFit(
    X: MatrixLike,
    y: TargetsLike,
    options: FitOptions & { readonly classes?: Classes | null } = {},
  ): Promise<this> {
    const [classes, others] = partOptions(options);
    return this.fitPart(X, y, others, async (input, before) => {
      const encoded = flagsOf(this, partClasses(input, before?.classes, classes));
      const state = await trainMLPPart(this.params, this.#task(input, encoded), input, before);
      return Object.assign(state, { classes: encoded.classes });
    });
  }

  #task(input: FitInput, { codes, classes }: EncodedClasses): MLPTask {
    const flags = hasFlags(classes);
    const outputs = outputsOf(classes);
    const width = flags ? outputs : 1;
    return {
      name: this.constructor.name,
      x: input.x,
      y: flags ? Float32Array.from(codes) : codes,
      outputs,
      output: flags ? 'sigmoid' : 'softmax',
      loss: flags ? 'summedBinaryCrossentropy' : 'sparseCategoricalCrossentropy',
      score: (said, rows, weights) => {
        const truth = Array.from(rows, (row) => [...codes.subarray(row * width, (row + 1) * width)]);
        return accuracy(
          truth,
          Array.from(rows, (_, i) => codesOf(said.row(i), flags)),
          weights,
        );
      },
      strata: areSeveral(classes) ? null : codes,
      sampleWeight: input.sampleWeight,
    };
  }

  /** Outputs of the last layer: 1 for two classes, else one for each, of several targets one for each of these. @throws {ERR_NOT_FITTED} before `fit` */
  get nOutputs(): number {
    return outputsOf(this.state.classes);
  }

  /** The activation of the last layer. @throws {ERR_NOT_FITTED} before `fit` */
  get outActivation(): 'logistic' | 'softmax' {
    return hasFlags(this.state.classes) ? 'logistic' : 'softmax';
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const state = this.state;
    const { activation } = this.fittedParams;
    if (areSeveral(state.classes)) {
      const proba = lowerMLP(plan, x, state, activation, 'sigmoid');
      return output === 'proba'
        ? proba
        : plan.binary(proba, 'greater', new Float64Array(proba.width).fill(0.5));
    }
    let scores = lowerMLP(plan, x, state, activation, 'linear');
    // The score z of two classes as [0, z], whose softmax is [1 - sigmoid(z), sigmoid(z)].
    if (this.nOutputs === 1) scores = plan.dense(scores, Float64Array.of(0, 1), new Float64Array(2));
    return output === 'proba' ? plan.softmax(scores) : plan.argmax(scores);
  }
}

/** Whether the network tells by sigmoids whether a row has the second of two classes. */
function hasFlags(classes: Classes): boolean {
  return areSeveral(classes) || classes.length === 2;
}

/** The codes that outputs of a row say. */
function codesOf(said: ArrayLike<number>, flags: boolean): number[] {
  const list = Array.from(said);
  return flags ? list.map((p) => Number(p > 0.5)) : [list.indexOf(Math.max(...list))];
}

/** Several targets with two classes each, 0 and 1 or false and true where there is one of these. */
function flagsOf(owner: object, { codes, classes }: EncodedClasses): EncodedClasses {
  if (!areSeveral(classes)) return { codes, classes };
  const pairs: Array<readonly Label[]> = classes.map((own, t) => {
    const [label] = own;
    if (own.length === 1 && (label === 0 || label === 1)) return [0, 1];
    if (own.length === 1 && typeof label === 'boolean') return [false, true];
    if (own.length === 2) return own;
    const message = `${owner.constructor.name}: of several targets each has two classes; column ${t} of y has ${own.length}.`;
    throw new ValidationError('ERR_LABELS', message);
  });
  const shift = pairs.map((own, t) => own.indexOf(classes[t][0]));
  return { codes: codes.map((code, k) => code + shift[k % shift.length]), classes: pairs };
}
