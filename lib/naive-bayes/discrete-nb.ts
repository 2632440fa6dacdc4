/** What naive Bayes models of counts share: sums by class, and scores that are linear in a row. */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import {
  type FitInput,
  fitLabels,
  type PartialFitOptions,
  partLabels,
  partOptions,
  type SparseFitInput,
  type Targets,
} from '../core/fit-input.js';
import type { ClassifierState } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import { isReadInPlace } from '../core/linalg/memory.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import { bool, checkLength, custom, either, float64s, labels, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { sparseGroupSums } from '../core/sparse/group-sums.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { NaiveBayes } from './naive-bayes.js';
import { classTotals, leastAlpha, logPriors, probabilities, requireWithin } from './priors.js';

/** Parameters of the naive Bayes models of counts. */
export interface DiscreteNBParams {
  /**
   * Added to all counts (Lidstone; 1 is Laplace), for all columns or for each. Default 1.
   */
  alpha: number | readonly number[];
  /** Take `alpha` as it is (0 as 1e-300, so that no logarithm is infinite); else below 1e-10 it counts as that. Default true. */
  forceAlpha: boolean;
  /** Take the probabilities of the classes from the training rows; else they are alike. Default true. */
  fitPrior: boolean;
  /** Probabilities of the classes, in their order, which sum to 1. Default null: as `fitPrior` says. */
  classPrior: readonly number[] | null;
}

/** Learned by the naive Bayes models of counts. */
export interface DiscreteNBState extends ClassifierState {
  /** Sums of the values, weighted, [classes, columns] row-major. */
  readonly featureCount: Float64Array;
  /** Weight of the rows of each class, [classes]. */
  readonly classCount: Float64Array;
  /** [classes] */
  readonly logPrior: Float64Array;
  /** What the model makes of the counts, [classes, columns] row-major. */
  readonly featureLogProb: Float64Array;
}

/** The score of class c for a row x is weights[c] . x + bias[c]. */
export interface LinearScores {
  /** [classes, columns] row-major */
  readonly weights: Float64Array;
  /** [classes] */
  readonly bias: Float64Array;
}

/**
 * The scores of float32 rows are computed times this: those of the largest rows would be beyond float32, and all classes be alike. The
 * digits are the same, since it is a power of two; no logarithm of a smoothed count takes more room than this leaves.
 */
const SCALE = 2 ** -40;

/** Base of the naive Bayes models of counts. */
export abstract class DiscreteNB<P extends DiscreteNBParams> extends NaiveBayes<P, DiscreteNBState> {
  /** The rules of the shared parameters. */
  protected get discreteRules(): Rules<DiscreteNBParams> {
    const alpha = real(0);
    return {
      alpha: either(
        alpha,
        custom(
          'a list of numbers >= 0, one for each column',
          (v) => Array.isArray(v) && v.every(alpha.allows),
        ),
      ),
      forceAlpha: bool,
      fitPrior: bool,
      classPrior: probabilities,
    };
  }

  get stateRules(): Rules<DiscreteNBState> {
    const numbers = float64s();
    return {
      featureCount: numbers,
      classCount: numbers,
      logPrior: numbers,
      featureLogProb: numbers,
      classes: labels,
    };
  }

  override get tags(): EstimatorTags {
    return { positive: true };
  }

  protected override checkState(state: DiscreteNBState, columns: readonly Column[]): void {
    const classes = state.classes.length;
    checkLength(this, 'featureCount', state.featureCount, classes * columns.length);
    checkLength(this, 'featureLogProb', state.featureLogProb, classes * columns.length);
    checkLength(this, 'classCount', state.classCount, classes);
    checkLength(this, 'logPrior', state.logPrior, classes);
  }

  /** The counts of a row, which are its values unless the model says otherwise. */
  protected counts(x: Matrix): Matrix | Promise<Matrix> {
    return x;
  }

  /** Sums of counts take less than a copy of them. */
  protected override learnsInPlace(x: Matrix): boolean {
    return !isReadInPlace(x.data) && this.countsAreValues;
  }

  /** Whether {@link DiscreteNB.counts} gives the rows as they are. */
  protected get countsAreValues(): boolean {
    return true;
  }

  /** The logarithms that the model takes from smoothed counts. */
  protected abstract logProbabilities(counts: SmoothedCounts): Float64Array;
  /** The scores of the fitted model. */
  protected abstract scores(state: DiscreteNBState): LinearScores;

  /** The values of sparse rows as counts. */
  protected sparseCounts(data: FloatArray): FloatArray {
    return data;
  }

  protected fitState(input: FitInput): Promise<DiscreteNBState> {
    return this.#learnDense(input, fitLabels(input), null);
  }

  protected override get learnsSparseInPlace(): boolean {
    return true;
  }

  protected override fitSparse(input: SparseFitInput): Promise<DiscreteNBState> {
    return this.#learnSparse(input, fitLabels(input), null);
  }

  /**
   * Learns from one more part of the data: what many parts give is what `fit` learns from all of them at once, but for rounding.
   *
   * @param options - `classes` names all classes when the first part may lack some
   * @throws {ERR_LABELS} for a label that is no class of the first part, or `classes` that are none
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  async partialFit(X: MatrixLike, y: ArrayLike<unknown>, options: PartialFitOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    return this.fitPart(
      ...([X, y, others] as const),
      (input, before) => this.#learnDense(input, partLabels(input, before?.classes, classes), before),
      (input, before) => this.#learnSparse(input, partLabels(input, before?.classes, classes), before),
    );
  }

  #learnDense(input: FitInput, encoded: EncodedLabels, before: DiscreteNBState | null) {
    return this.#learn(input, encoded, before, input.x.cols, async (codes, classes) => {
      // Where x lies with the caller nothing is waited for before it is read: see learnsInPlace.
      const counts = this.counts(input.x);
      const x = counts instanceof Promise ? await counts : counts;
      const ranges = rangesOf(x, input.cancel);
      const { min } = ranges instanceof Promise ? await ranges : ranges;
      const negative = min.findIndex(isNegative);
      if (negative >= 0) throw this.#negative(input.columns[negative].name);
      const of = [x.data, x.rows, x.cols, codes, classes, input.sampleWeight] as const;
      return isReadInPlace(x.data) ? native.groupSums(...of, input.cancel) : native.groupSumsSync(...of);
    });
  }

  #learnSparse(input: SparseFitInput, encoded: EncodedLabels, before: DiscreteNBState | null) {
    const { indptr, indices, cols, data } = input.x;
    return this.#learn(input, encoded, before, cols, async (codes, classes) => {
      const values = this.sparseCounts(data);
      const x = [indptr, indices, values, cols] as const;
      // Nothing is waited for where they are made at once: the caller may change the values meanwhile.
      const made = sparseGroupSums(x, codes, classes, input.sampleWeight, input.cancel);
      const { sums, least } = made instanceof Promise ? await made : made;
      // In shared memory they may be gone even so.
      if (least < 0) throw this.#negative(input.columns[indices[values.findIndex(isNegative)]]?.name);
      return sums;
    });
  }

  #negative(name: string | undefined): ValidationError {
    const column = name === undefined ? 'a column' : `column '${name}'`;
    return new ValidationError(
      'ERR_INPUT_NEGATIVE',
      `${this.constructor.name} counts, but ${column} holds numbers below 0.`,
    );
  }

  async #learn(
    { sampleWeight }: Targets,
    { codes, classes }: EncodedLabels,
    before: DiscreteNBState | null,
    columns: number,
    sums: (codes: Int32Array, classes: number) => Float64Array | Promise<Float64Array>,
  ): Promise<DiscreteNBState> {
    const alpha = this.smoothing(this.params, columns);
    const classCount = plus(classTotals(codes, classes.length, sampleWeight), before?.classCount);
    const { fitPrior, classPrior } = this.params;
    const logPrior = logPriors(this, classPrior, fitPrior ? classCount : classCount.map(() => 1));
    const featureCount = plus(await sums(codes, classes.length), before?.featureCount);
    const featureLogProb = this.logProbabilities({ featureCount, classCount, alpha, columns });
    requireWithin(this, Number.MAX_VALUE, featureCount, featureLogProb);
    return { featureCount, classCount, logPrior, featureLogProb, classes };
  }

  /** What is added to the counts of each column. @throws {ERR_SHAPE} when there is not a number for each */
  protected smoothing({ alpha, forceAlpha }: Readonly<DiscreteNBParams>, columns: number): Float64Array {
    const least = leastAlpha(forceAlpha);
    if (typeof alpha === 'number') return new Float64Array(columns).fill(Math.max(alpha, least));
    if (alpha.length === columns) return Float64Array.from(alpha, (a) => Math.max(a, least));
    throw new ValidationError(
      'ERR_SHAPE',
      `${this.constructor.name}: alpha has ${alpha.length} numbers, but X has ${columns} columns.`,
    );
  }

  /** Weighted sums of the values by class, [classes, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get featureCount(): Matrix {
    return this.#byClass(this.state.featureCount);
  }

  /** Weight of the training rows of each class. @throws {ERR_NOT_FITTED} before `fit` */
  get classCount(): Float64Array {
    return this.state.classCount.slice();
  }

  /** Logarithms of the probabilities of the classes before a row is seen. @throws {ERR_NOT_FITTED} before `fit` */
  get classLogPrior(): Float64Array {
    return this.state.logPrior.slice();
  }

  /** What a count of 1 says for each class, [classes, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get featureLogProb(): Matrix {
    return this.#byClass(this.state.featureLogProb);
  }

  #byClass(values: Float64Array): Matrix {
    return new Matrix(values.slice(), this.classes.length, this.nFeaturesIn);
  }

  protected lowerJoint(plan: PlanBuilder, x: Slot): Slot {
    return this.lowerScores(plan, x, 1);
  }

  /** The joint log-probabilities times a number. */
  protected lowerScores(plan: PlanBuilder, x: Slot, factor: number): Slot {
    const { weights, bias } = this.scores(this.state);
    const byColumn = new Float64Array(weights.length);
    for (let c = 0; c < bias.length; c++) {
      for (let j = 0; j < x.width; j++) byColumn[j * bias.length + c] = weights[c * x.width + j] * factor;
    }
    return plan.dense(
      x,
      byColumn,
      bias.map((value) => value * factor),
    );
  }

  override lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { output, precision } = options;
    if (precision === 'float64') return super.lower(plan, x, options);
    const scores = this.lowerScores(plan, x, SCALE);
    if (output !== 'proba' && output !== 'jointLogProba') return plan.argmax(scores);
    const most = plan.reduce(scores, 'max');
    const below = plan.binaryOf([scores, output === 'proba' ? most : beyond(plan, most)], 'sub');
    const joint = plan.binary(below, 'div', new Float64Array(below.width).fill(SCALE));
    return output === 'proba' ? plan.softmax(joint) : joint;
  }
}

const isNegative = (value: number) => value < 0;

/** How far the highest scaled score of a row is beyond what leaves the others room: 0 of all but the largest rows. */
function beyond(plan: PlanBuilder, most: Slot): Slot {
  const room = 2 ** 120 * SCALE;
  const within = plan.binary(plan.binary(most, 'min', Float64Array.of(room)), 'max', Float64Array.of(-room));
  return plan.binaryOf([most, within], 'sub');
}

function plus(own: Float64Array, before: Float64Array | undefined): Float64Array {
  return before === undefined ? own : own.map((value, k) => value + before[k]);
}

/** Counts by class and what is added to them. */
export interface SmoothedCounts {
  /** [classes, columns] row-major */
  readonly featureCount: Float64Array;
  /** [classes] */
  readonly classCount: Float64Array;
  /** [columns] */
  readonly alpha: Float64Array;
  readonly columns: number;
}
