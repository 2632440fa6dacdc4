/** Naive Bayes of columns with normal distributions. */

import {
  type FitInput,
  fitLabels,
  type PartialFitOptions,
  partLabels,
  partOptions,
} from '../core/fit-input.js';
import type { ClassifierState } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import { mostOf } from '../core/linalg/base.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { type JoinedMoments, joinMoments, momentsOf } from '../core/moments.js';
import { checkLength, float64s, labels, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';
import { NaiveBayes } from './naive-bayes.js';
import { classTotals, logPriors, probabilities, requireWithin } from './priors.js';

/** Where nothing varies the variances are this, so that equal values are equal and others impossible. */
const LEAST_VARIANCE = 1e-70;

/** Parameters of {@link GaussianNB}. */
export interface GaussianNBParams {
  /** Probabilities of the classes, in their order, which sum to 1. Default null: those of the training rows. */
  priors: readonly number[] | null;
  /** This share of the largest variance of a column is added to all variances. Default 1e-9. */
  varSmoothing: number;
}

/** Learned by {@link GaussianNB}. */
export interface GaussianNBState extends ClassifierState {
  /** Means, [classes, columns] row-major. */
  readonly theta: Float64Array;
  /** Variances with the addition, [classes, columns] row-major. */
  readonly variance: Float64Array;
  /** [classes] */
  readonly logPrior: Float64Array;
  /** Weight of the rows of each class, [classes]. */
  readonly classCount: Float64Array;
  /** [1] what was added to the variances */
  readonly epsilon: Float64Array;
}

/**
 * Naive Bayes: columns are independent within a class, and normal: log P(c | x) is
 * log P(c) - 1/2 sum (log(2 pi v) + (x - m)^2 / v) with the means m and variances v of class c, up to a constant.
 *
 * Differs from scikit-learn: a `partialFit` takes exactly the smoothing away that the one before had added. As there, the new
 * smoothing is that share of the largest variance of a column of the last part.
 *
 * @throws {ERR_INPUT_INFINITE} when squares, or their sums by weight, overflow
 * @example
 * ```ts
 * import { GaussianNB } from 'boreal';
 * const model = await new GaussianNB().fit([[1], [2], [8], [9]], ['low', 'low', 'high', 'high']);
 * model.predictSync([[3], [7]]); // ['low', 'high']
 * ```
 */
export class GaussianNB extends NaiveBayes<GaussianNBParams, GaussianNBState> {
  constructor(params: Partial<GaussianNBParams> = {}) {
    super({ priors: null, varSmoothing: 1e-9, ...params });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === GaussianNB;
  }

  /** @internal */
  override get learnsVariance(): boolean {
    return true;
  }

  get rules(): Rules<GaussianNBParams> {
    return { priors: probabilities, varSmoothing: real(0) };
  }

  get stateRules(): Rules<GaussianNBState> {
    const numbers = float64s();
    return {
      ...{ theta: numbers, variance: numbers, logPrior: numbers, classCount: numbers, epsilon: float64s(1) },
      classes: labels,
    };
  }

  protected override checkState(state: GaussianNBState, columns: readonly Column[]): void {
    const classes = state.classes.length;
    checkLength(this, 'theta', state.theta, classes * columns.length);
    checkLength(this, 'variance', state.variance, classes * columns.length);
    checkLength(this, 'logPrior', state.logPrior, classes);
    checkLength(this, 'classCount', state.classCount, classes);
  }

  protected fitState(input: FitInput): Promise<GaussianNBState> {
    return this.#learn(input, fitLabels(input), null);
  }

  /**
   * Learns from one more part of the data: what many parts give is what `fit` learns from all of them at once, but for rounding, and for
   * the smoothing, which is that of the last part: see {@link GaussianNB}.
   *
   * @param options - `classes` names all classes when the first part may lack some
   * @throws {ERR_LABELS} for a label that is no class of the first part, or `classes` that are none
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  async partialFit(X: MatrixLike, y: ArrayLike<unknown>, options: PartialFitOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    return this.fitPart(X, y, others, (input, before) =>
      this.#learn(input, partLabels(input, before?.classes, classes), before),
    );
  }

  async #learn(
    input: FitInput,
    { codes, classes }: EncodedLabels,
    before: GaussianNBState | null,
  ): Promise<GaussianNBState> {
    const { x, sampleWeight, cancel } = input;
    const own = classTotals(codes, classes.length, sampleWeight);
    const classCount = own.map((weight, c) => weight + (before?.classCount[c] ?? 0));
    const logPrior = logPriors(this, this.params.priors, classCount);
    const all = await momentsOf(x, cancel);
    const largest = all.variance.reduce((most, v) => Math.max(most, v), 0);
    const added = Math.max(this.params.varSmoothing * largest, LEAST_VARIANCE);
    const { data, rows, cols } = x;
    const of = await native.groupMoments(data, rows, cols, codes, classes.length, sampleWeight, cancel);
    // A class whose rows all weigh 0 is impossible, whatever its means are.
    const part = {
      count: of.sum.map((_, k) => own[Math.floor(k / cols)]),
      mean: of.sum.map((sum, k) => sum / (of.weight[Math.floor(k / cols)] || 1)),
      variance: of.variance,
    };
    const joined = before === null ? part : joinMoments(momentsBefore(before, cols), part);
    const epsilon = Float64Array.of(added);
    const variance = joined.variance.map((v) => v + added);
    // Rows are taken from the means in their own type.
    requireWithin(
      this,
      mostOf(x.dtype),
      joined.mean,
      all.max.map((value, j) => value - all.min[j]),
    );
    requireWithin(this, Number.MAX_VALUE, variance);
    return { theta: joined.mean, variance, logPrior, classCount, epsilon, classes };
  }

  /** Means, [classes, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get theta(): Matrix {
    return this.#byClass(this.state.theta);
  }

  /** Variances with the addition of `varSmoothing`, [classes, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get var(): Matrix {
    return this.#byClass(this.state.variance);
  }

  /** Probabilities of the classes before a row is seen. @throws {ERR_NOT_FITTED} before `fit` */
  get classPrior(): Float64Array {
    return this.state.logPrior.map(Math.exp);
  }

  /** Weight of the training rows of each class. @throws {ERR_NOT_FITTED} before `fit` */
  get classCount(): Float64Array {
    return this.state.classCount.slice();
  }

  /** What was added to the variances. @throws {ERR_NOT_FITTED} before `fit` */
  get epsilon(): number {
    return this.state.epsilon[0];
  }

  #byClass(values: Float64Array): Matrix {
    return new Matrix(values.slice(), this.classes.length, this.nFeaturesIn);
  }

  protected lowerJoint(plan: PlanBuilder, x: Slot): Slot {
    const { theta, variance, logPrior } = this.state;
    const constant = new Float64Array(logPrior.length);
    const squares = Array.from(logPrior, (prior, c) => {
      const of = variance.subarray(c * x.width, (c + 1) * x.width);
      constant[c] = prior - 0.5 * of.reduce((sum, v) => sum + Math.log(2 * Math.PI * v), 0);
      // (x - m)^2 / 2 v
      const means = theta.slice(c * x.width, (c + 1) * x.width);
      const scaled = plan.affine(
        x,
        means,
        of.map((v) => Math.sqrt(2 * v)),
      );
      return plan.reduce(plan.activation(scaled, 'square'), 'sum');
    });
    const ones = new Float64Array(logPrior.length).fill(-1);
    return plan.affine(plan.concat(squares), constant, ones);
  }
}

/** What the parts before have learned, without the addition to the variances. */
function momentsBefore(before: GaussianNBState, columns: number): JoinedMoments {
  const { theta, variance, classCount, epsilon } = before;
  return {
    count: theta.map((_, k) => classCount[Math.floor(k / columns)]),
    mean: theta,
    variance: variance.map((v) => v - epsilon[0]),
  };
}
