/** Naive Bayes of categories. */
import { pause } from '../core/cancellation.js';
import {
  type FitInput,
  fitLabels,
  type PartialFitOptions,
  partLabels,
  partOptions,
} from '../core/fit-input.js';
import type { ClassifierState } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  int32s,
  labels,
  nothing,
  type Rules,
  real,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { NaiveBayes } from './naive-bayes.js';
import { classTotals, leastAlpha, logPriors, probabilities } from './priors.js';

/** More counts than this would not fit into memory. */
const MOST_COUNTS = 2 ** 27;
/** So many values are read in one turn: some milliseconds. */
const TURN = 2 ** 20;

/** Parameters of {@link CategoricalNB}. */
export interface CategoricalNBParams {
  /** Added to all counts (Lidstone; 1 is Laplace). Default 1. */
  alpha: number;
  /** Take `alpha` as it is (0 as 1e-300, so that no logarithm is infinite); else below 1e-10 it counts as that. Default true. */
  forceAlpha: boolean;
  /** Take the probabilities of the classes from the training rows; else they are alike. Default true. */
  fitPrior: boolean;
  /** Probabilities of the classes, in their order, which sum to 1. Default null: as `fitPrior` says. */
  classPrior: readonly number[] | null;
  /** At least so many categories of all columns, or of each. Default null: as many as the training rows have. */
  minCategories: number | readonly number[] | null;
}

/** Learned by {@link CategoricalNB}. */
export interface CategoricalNBState extends ClassifierState {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1]. */
  readonly offsets: Int32Array;
  /** Weight of the rows of each category, [classes, categories] row-major. */
  readonly counts: Float64Array;
  /** Weight of the rows of each class, [classes]. */
  readonly classCount: Float64Array;
  /** [classes] */
  readonly logPrior: Float64Array;
}

/**
 * Naive Bayes of columns that hold categories: whole numbers 0, 1, ... as {@link OrdinalEncoder} gives them, or columns of text, which
 * need none. The probability of a category in a class is its share of the rows, smoothed by `alpha` rows of each category.
 *
 * Differs from scikit-learn: columns of text are taken as they are; what `predict` gets that is no category which `fit` has seen, such
 * as a number below 0, counts as one without rows, and is no error; numbers that are not whole are refused by `fit`; `alpha: 0` counts as 1e-300, so that no score is NaN.
 *
 * @example
 * ```ts
 * import { CategoricalNB } from 'boreal';
 * const model = new CategoricalNB();
 * await model.fit({ sky: ['grey', 'grey', 'blue', 'blue'] }, ['rain', 'rain', 'sun', 'sun']);
 * model.predictSync({ sky: ['blue'] }); // ['sun']
 * ```
 */
export class CategoricalNB extends NaiveBayes<CategoricalNBParams, CategoricalNBState> {
  constructor(params: Partial<CategoricalNBParams> = {}) {
    super({
      ...{ alpha: 1, forceAlpha: true, fitPrior: true, classPrior: null, minCategories: null },
      ...params,
    });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === CategoricalNB;
  }

  get rules(): Rules<CategoricalNBParams> {
    const count = int(1, MOST_COUNTS);
    return {
      alpha: real(0),
      forceAlpha: bool,
      fitPrior: bool,
      classPrior: probabilities,
      minCategories: either(
        nothing,
        count,
        custom(
          'a list with a whole number >= 1 for each column',
          (v) => Array.isArray(v) && v.every(count.allows),
        ),
      ),
    };
  }

  get stateRules(): Rules<CategoricalNBState> {
    return {
      ...{ classes: labels, offsets: int32s() },
      ...{ counts: float64s(), classCount: float64s(), logPrior: float64s() },
    };
  }

  override get tags() {
    return { positive: true, whole: true, allowCategories: true };
  }

  protected override checkState(state: CategoricalNBState, columns: readonly Column[]): void {
    const { classes, offsets, counts, classCount, logPrior } = state;
    checkLength(this, 'offsets', offsets, columns.length + 1);
    if (offsets[0] !== 0 || offsets.some((offset, j) => j > 0 && offset <= offsets[j - 1]))
      throw this.#refuse('state: a column has no category');
    checkLength(this, 'counts', counts, classes.length * offsets[columns.length]);
    checkLength(this, 'classCount', classCount, classes.length);
    checkLength(this, 'logPrior', logPrior, classes.length);
    const isWeight = (value: number) => value >= 0 && value < Infinity;
    if (!counts.every(isWeight) || !classCount.every(isWeight))
      throw this.#refuse('state: a count is no number >= 0');
    // -Infinity is the logarithm of a probability of 0.
    if (!logPrior.every((value) => value < Infinity)) throw this.#refuse('state: a prior is no logarithm');
  }

  protected async fitState(input: FitInput): Promise<CategoricalNBState> {
    return this.#learn(input, fitLabels(input), null);
  }

  /**
   * Learns from one more part of the data, whose columns may have more categories: what many parts give is what `fit` learns from all
   * of them at once.
   *
   * @param options - `classes` names all classes when the first part may lack some
   * @throws {ERR_LABELS} for a label that is no class of the first part, or `classes` that are none
   * @throws {ERR_UNKNOWN_CATEGORY} for a text that the first part did not have
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  async partialFit(X: MatrixLike, y: ArrayLike<unknown>, options: PartialFitOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    return this.fitPart(X, y, others, async (input, before) =>
      this.#learn(input, partLabels(input, before?.classes, classes), before),
    );
  }

  async #learn(
    input: FitInput,
    { codes, classes }: EncodedLabels,
    before: CategoricalNBState | null,
  ): Promise<CategoricalNBState> {
    const { x, sampleWeight } = input;
    const { fitPrior, classPrior } = this.params;
    const offsets = await this.#offsets(input, classes.length, before);
    const total = offsets[x.cols];
    const counts = new Float64Array(classes.length * total);
    const classCount = classTotals(codes, classes.length, sampleWeight);
    if (before !== null) {
      const known = before.offsets[x.cols];
      for (let c = 0; c < classes.length; c++) {
        classCount[c] += before.classCount[c];
        for (let j = 0; j < x.cols; j++) {
          const own = before.counts.subarray(
            c * known + before.offsets[j],
            c * known + before.offsets[j + 1],
          );
          counts.set(own, c * total + offsets[j]);
        }
      }
    }
    await eachRow(input, (i) => {
      const first = codes[i] * total;
      const weight = sampleWeight?.[i] ?? 1;
      for (let j = 0; j < x.cols; j++) counts[first + offsets[j] + x.data[i * x.cols + j]] += weight;
    });
    const logPrior = logPriors(this, classPrior, fitPrior ? classCount : classCount.map(() => 1));
    return { classes, offsets, counts, classCount, logPrior };
  }

  /** Where the categories of each column stand. @throws for values that are no categories */
  async #offsets(input: FitInput, classes: number, before: CategoricalNBState | null): Promise<Int32Array> {
    const { columns } = input;
    const { data, cols } = input.x;
    const { minCategories } = this.params;
    if (Array.isArray(minCategories) && minCategories.length !== cols) {
      const message = `CategoricalNB: minCategories has ${minCategories.length} numbers, but X has ${cols} columns.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const sizes = columns.map(({ categories }, j) => {
      const least = typeof minCategories === 'number' ? minCategories : (minCategories?.[j] ?? 1);
      const known = before === null ? 0 : before.offsets[j + 1] - before.offsets[j];
      return Math.max(least, known, categories?.length ?? 0);
    });
    await eachRow(input, (i) => {
      for (let j = 0; j < cols; j++) {
        const value = data[i * cols + j];
        if (!Number.isInteger(value) || value < 0) throw notACategory(i, columns[j], value);
        if (value >= sizes[j]) sizes[j] = value + 1;
      }
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total * classes > MOST_COUNTS) {
      const message = `CategoricalNB: the columns have up to ${total} categories; number them from 0 on, as OrdinalEncoder does.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const offsets = new Int32Array(cols + 1);
    for (const [j, size] of sizes.entries()) offsets[j + 1] = offsets[j] + size;
    return offsets;
  }

  #refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `CategoricalNB ${why}.`);
  }

  /** How many categories each column has. @throws {ERR_NOT_FITTED} before `fit` */
  get nCategories(): Int32Array {
    const { offsets } = this.state;
    return offsets.slice(1).map((end, j) => end - offsets[j]);
  }

  /** Weights of the rows of each category, [classes, categories] for each column. @throws {ERR_NOT_FITTED} before `fit` */
  get categoryCount(): Matrix<Float64Array>[] {
    return this.#byColumn(this.state.counts);
  }

  /** Weight of the training rows of each class. @throws {ERR_NOT_FITTED} before `fit` */
  get classCount(): Float64Array {
    return this.state.classCount.slice();
  }

  /** Logarithms of the probabilities of the classes before a row is seen. @throws {ERR_NOT_FITTED} before `fit` */
  get classLogPrior(): Float64Array {
    return this.state.logPrior.slice();
  }

  /** What each category says for each class, [classes, categories] for each column. @throws {ERR_NOT_FITTED} before `fit` */
  get featureLogProb(): Matrix<Float64Array>[] {
    return this.#byColumn(this.#logProbabilities().known);
  }

  #byColumn(values: Float64Array): Matrix<Float64Array>[] {
    const { offsets, classCount } = this.state;
    const total = offsets[offsets.length - 1];
    return Array.from(this.nCategories, (size, j) => {
      const data = Float64Array.from({ length: classCount.length * size }, (_, k) => {
        return values[Math.floor(k / size) * total + offsets[j] + (k % size)];
      });
      return new Matrix(data, classCount.length, size);
    });
  }

  /** [classes, categories] of those that are known, [classes, columns] of all others. */
  #logProbabilities(): { known: Float64Array; unknown: Float64Array } {
    const { offsets, counts, classCount } = this.state;
    const { alpha, forceAlpha } = this.fittedParams;
    const added = Math.max(alpha, leastAlpha(forceAlpha));
    const cols = offsets.length - 1;
    const known = new Float64Array(counts.length);
    const unknown = new Float64Array(classCount.length * cols);
    for (let c = 0; c < classCount.length; c++)
      for (let j = 0; j < cols; j++) {
        const [from, to] = [c * offsets[cols] + offsets[j], c * offsets[cols] + offsets[j + 1]];
        let rows = added * (to - from);
        for (let k = from; k < to; k++) rows += counts[k];
        for (let k = from; k < to; k++) known[k] = Math.log(counts[k] + added) - Math.log(rows);
        unknown[c * cols + j] = Math.log(added) - Math.log(rows);
      }
    return { known, unknown };
  }

  protected lowerJoint(plan: PlanBuilder, x: Slot): Slot {
    const { offsets, logPrior } = this.state;
    const { known, unknown } = this.#logProbabilities();
    const [cols, classes] = [x.width, logPrior.length];
    const total = offsets[cols];
    // Each class reads all columns in tables of its own, and adds up what they say.
    const sums = Array.from({ length: classes }, (_, c) => {
      const own = known.slice(c * total, (c + 1) * total);
      return plan.reduce(plan.lookup(x, offsets, own, unknown.slice(c * cols, (c + 1) * cols)), 'sum');
    });
    return plan.binary(plan.concat(sums), 'add', logPrior);
  }
}

/** Visits the rows, and lets others have a turn now and then. @throws {ERR_ABORTED} when the signal fires */
async function eachRow({ x, signal }: FitInput, visit: (row: number) => void): Promise<void> {
  const step = Math.ceil(TURN / x.cols);
  for (let i = 0; i < x.rows; i++) {
    if (i > 0 && i % step === 0) await pause(signal);
    visit(i);
  }
}

function notACategory(row: number, { name, kind }: Column, value: number): ValidationError {
  const error =
    kind === 'category'
      ? new ValidationError(
          'ERR_UNKNOWN_CATEGORY',
          `Row ${row}, column '${name}': the first part has no such category.`,
        )
      : new ValidationError(
          value < 0 ? 'ERR_INPUT_NEGATIVE' : 'ERR_DTYPE',
          `CategoricalNB: row ${row}, column '${name}' is ${value}; categories are whole numbers from 0 on.`,
        );
  error.row = row;
  return error;
}
