/** A multi-layer perceptron behind scikit-learn's interface, for numbers. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, type FitOptions, fitTargetMatrix } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { decodeNumbers, r2OfTargets, type TargetsLike } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { checkMLPState, lowerMLP, perceptron } from './mlp-base.js';
import { MLP_DEFAULTS, MLP_RULES, MLP_STATE_RULES, type MLPParams, type MLPState } from './mlp-params.js';
import { type MLPTask, trainMLP, trainMLPPart } from './mlp-training.js';

/** Parameters of {@link MLPRegressor}. */
export interface MLPRegressorParams extends MLPParams {
  /** Half the squared error, or the deviance of Poisson, whose targets are >= 0 and whose last layer is exponential. Default 'squaredError'. */
  loss: 'squaredError' | 'poisson';
}

/** Learned by {@link MLPRegressor}. */
export interface MLPRegressorState extends MLPState {}

/**
 * A multi-layer perceptron for numbers: dense layers with one activation, then a linear one. Parameters, initial weights,
 * mini-batches, learning rates and rules to stop are those of scikit-learn 1.9; an epoch is one native call, off the event loop.
 *
 * Scale the columns first, for example with a StandardScaler in a Pipeline.
 *
 * `fit` and `partialFit` with `device: 'cuda'` train on a GPU, except by 'lbfgs': losses and weights of the CPU to about 1e-5 an epoch.
 *
 * Several targets, [rows, targets], are outputs of one network; `loss` is the mean over them of half the squared errors, of 'poisson' the
 * sum of the deviances.
 *
 * Differs from scikit-learn: weights are float32; random streams of our own; of several targets 'lbfgs' minimises the sum over them of
 * half the squared errors, of which the steps are here and there, and says their mean, which is what scikit-learn's line search takes
 * for it; a fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns. A loss that is no longer finite ends the fit with a warning
 * (`process.on('warning')`) and the weights before it, where scikit-learn raises. `partialFit` after loading a file begins
 * with a new optimizer. `verbose` does not exist: use `onProgress`, called after each epoch, which ends the fit by returning false.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { loadDiabetes, makePipeline, StandardScaler } from 'boreal';
 * import { MLPRegressor } from 'boreal/nn';
 * const { data, target } = loadDiabetes();
 * const network = new MLPRegressor({ hiddenLayerSizes: [10], solver: 'lbfgs', alpha: 1, randomState: 1 });
 * const model = await makePipeline(new StandardScaler(), network).fit(data, target);
 * (await model.score(data, target)) > 0.5; // true
 * ```
 */
export class MLPRegressor<Y extends FloatArray | Matrix = FloatArray> extends perceptron(
  Regressor<MLPRegressorParams, MLPRegressorState, FloatArray | Matrix>,
) {
  constructor(params: Partial<MLPRegressorParams> = {}) {
    super({ loss: 'squaredError', ...MLP_DEFAULTS, ...params });
  }

  get rules(): Rules<MLPRegressorParams> {
    return { loss: oneOf('squaredError', 'poisson'), ...MLP_RULES };
  }

  get stateRules(): Rules<MLPRegressorState> {
    return MLP_STATE_RULES;
  }

  protected override checkState(state: MLPRegressorState, columns: readonly Column[]): void {
    checkMLPState(this, state, this.countOf(state), columns);
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: true };
  }

  protected override countOf({ layerSizes }: MLPRegressorState): number {
    return layerSizes.at(-1) as number;
  }

  override predict(X: MatrixLike): Promise<Y> {
    return super.predict(X) as Promise<Y>;
  }

  override predictSync(X: MatrixLike): Y {
    return super.predictSync(X) as Y;
  }

  protected async fitState(input: FitInput): Promise<MLPRegressorState> {
    const before = this.params.warmStart && this.isFitted ? this.state : null;
    return trainMLP(this.params, this.#task(input), input, before);
  }

  /**
   * Learns from one more part of the data: one epoch over its rows.
   *
   * @throws {ERR_PARAMETER} for solver 'lbfgs' or earlyStopping
   * @example
   * ```ts
   * import { MLPRegressor } from 'boreal/nn';
   * const model = new MLPRegressor({ hiddenLayerSizes: [4], randomState: 1 });
   * await model.partialFit([[0], [1]], [1, 3]);
   * await model.partialFit([[2]], [5]);
   * model.t; // 3
   * ```
   */
  partialFit(X: MatrixLike, y: TargetsLike, options: FitOptions = {}): Promise<this> {
    return this.fitPart(X, y, options, (input, before) =>
      trainMLPPart(this.params, this.#task(input), input, before),
    );
  }

  #task(input: FitInput): MLPTask {
    const { loss } = this.params;
    const y = fitTargetMatrix(input);
    const negative = loss === 'poisson' ? y.data.findIndex((value) => value < 0) : -1;
    if (negative >= 0) {
      const row = Math.floor(negative / y.cols);
      const message = `y: row ${row} is ${y.data[negative]}; the loss 'poisson' needs targets >= 0.`;
      throw new ValidationError('ERR_INPUT_NEGATIVE', message);
    }
    return {
      name: this.constructor.name,
      x: input.x,
      y: Float32Array.from(y.data),
      outputs: y.cols,
      output: loss === 'poisson' ? 'exponential' : 'linear',
      loss: loss === 'poisson' ? 'summedPoisson' : 'halfSquaredError',
      score: (said, rows, weights) => r2OfTargets(y.takeRows(rows), decodeNumbers(said), weights),
      strata: null,
      sampleWeight: input.sampleWeight,
    };
  }

  /** Outputs of the last layer, one for each target. @throws {ERR_NOT_FITTED} before `fit` */
  get nOutputs(): number {
    return this.state.layerSizes.at(-1) as number;
  }

  /** The activation of the last layer. @throws {ERR_NOT_FITTED} before `fit` */
  get outActivation(): 'identity' | 'exponential' {
    return this.fittedParams.loss === 'poisson' ? 'exponential' : 'identity';
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { activation, loss } = this.fittedParams;
    return lowerMLP(plan, x, this.state, activation, loss === 'poisson' ? 'exponential' : 'linear');
  }
}
