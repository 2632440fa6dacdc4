/** Categories as the mean of the target of their rows. */
import { applyOps } from '../core/apply.js';
import type { FitInput } from '../core/fit-input.js';
import { fitLabels, fitTargets, requireY } from '../core/fit-input.js';
import { consecutiveFolds, rowsByClass, stratifiedFolds } from '../core/folds.js';
import { Transformer } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import type { NamedCategories } from '../core/named-categories.js';
import {
  bool,
  checkLength,
  either,
  float64s,
  int,
  int32s,
  labels,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import { type Column, Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import {
  checkLists,
  checkRestored,
  type GivenCategories,
  givenCategories,
  knownCategories,
  labelsOf,
  namedBy,
  placesOf,
} from './given-categories.js';

/** Parameters of {@link TargetEncoder}. */
export interface TargetEncoderParams {
  /**
   * The categories of each column that have a value of their own, in the caller's order, null for missing values, last; those of numbers and
   * booleans must be sorted. 'auto' for a column, or for all: those of the training set, sorted. Others, and rows that have them, count for
   * the overall mean alone; so does a category that training lacks. Default 'auto'.
   */
  categories: GivenCategories;
  /**
   * What y is: 'continuous', 'binary' or 'multiclass'. 'auto' takes text, booleans and whole numbers for classes, and other
   * numbers as they are. Default 'auto'.
   */
  targetType: 'auto' | 'continuous' | 'binary' | 'multiclass';
  /** How many rows of the overall mean are mixed into that of a category; 'auto': by the variances. Default 'auto'. */
  smooth: 'auto' | number;
  /** Folds of `fitTransform`, at least 2. Default 5. */
  cv: number;
  /** Deal rows to folds at random. Default true. */
  shuffle: boolean;
  /** Seed of that; null takes a new one each time. Default null. */
  randomState: number | null;
}

/** Learned by {@link TargetEncoder}. Outputs: one, or one for each of more than two classes. */
export interface TargetEncoderState {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1] of `values`. */
  readonly offsets: Int32Array;
  /** As the plan reads them: numbers, codes of text, a NaN last for missing. */
  readonly values: Float64Array;
  /** [outputs, categories] */
  readonly encodings: Float64Array;
  /** [outputs] */
  readonly targetMean: Float64Array;
  /** null of a number. */
  readonly classes: readonly Label[] | null;
}

/** y as columns of numbers, [rows, outputs]. */
interface Targets {
  readonly y: Matrix<Float64Array>;
  readonly classes: readonly Label[] | null;
  readonly codes: Int32Array | null;
}

type Encoded = Pick<TargetEncoderState, 'encodings' | 'targetMean'>;

/** Categories of all columns, and each row's by column. */
interface Categories {
  readonly offsets: Int32Array;
  readonly codes: readonly Int32Array[];
}

/**
 * Each category becomes the mean of the target over its rows, mixed with the mean of all rows the more, the fewer they are
 * (Micci-Barreca 2001): with smoothing m, (sum + m mean) / (count + m); 'auto' is the empirical Bayes estimate, where a
 * category's mean weighs v n / (v n + w) for the variance v of the target, w within the category and its n rows. With more
 * than two classes there is a column for each class. Unknown categories get the overall mean; a missing value is a category.
 *
 * `fitTransform`, and a pipeline that is fitted, encode each row by what the rows of other folds say, so that the next
 * step does not learn from the row's own target. `fit` and then `transform` do not.
 *
 * Differs from scikit-learn: `categories` may be 'auto' for some columns; `cv` is a number of folds; weights are ignored, as there.
 *
 * @throws {ERR_PARAMETER} by `fit` for `categories` that mix types, name one twice, hold missing values before others, or are numbers and
 *   not sorted
 * @throws {ERR_SHAPE} by `fit` for lists of another number of columns
 * @throws {ERR_DTYPE} by `fit` for categories of another type than their column
 * @example
 * ```ts
 * import { TargetEncoder } from 'boreal';
 * const encoder = new TargetEncoder({ smooth: 0 });
 * await encoder.fit({ city: ['Oslo', 'Oslo', 'Turku'] }, [1.5, 2.5, 7]);
 * encoder.transformSync({ city: ['Oslo', 'Turku'] }).toArray(); // [[2], [7]]
 * ```
 */
export class TargetEncoder extends Transformer<TargetEncoderParams, TargetEncoderState> {
  constructor(params: Partial<TargetEncoderParams> = {}) {
    super({
      ...{ categories: 'auto', targetType: 'auto', smooth: 'auto', cv: 5, shuffle: true, randomState: null },
      ...params,
    });
  }

  get rules(): Rules<TargetEncoderParams> {
    return {
      categories: givenCategories,
      targetType: oneOf('auto', 'continuous', 'binary', 'multiclass'),
      smooth: either(oneOf('auto'), real(0)),
      cv: int(2),
      shuffle: bool,
      randomState: seed,
    };
  }

  override checkParams(): void {
    super.checkParams();
    checkLists(this, this.params.categories);
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    return namedBy(this.params.categories, columns);
  }

  get stateRules(): Rules<TargetEncoderState> {
    return {
      offsets: int32s(),
      values: float64s(),
      encodings: float64s(),
      targetMean: float64s(),
      classes: either(nothing, labels),
    };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  protected override checkState(state: TargetEncoderState, columns: readonly Column[]): void {
    const { classes, offsets, values } = state;
    const outputs = classes === null || classes.length === 2 ? 1 : classes.length;
    checkLength(this, 'offsets', offsets, columns.length + 1);
    checkLength(this, 'values', values, offsets[columns.length]);
    checkLength(this, 'targetMean', state.targetMean, outputs);
    checkLength(this, 'encodings', state.encodings, outputs * values.length);
    checkRestored(this, columns, this.params.categories);
  }

  protected async fitState(input: FitInput): Promise<TargetEncoderState> {
    const { y, classes } = this.#targets(input);
    const wanted = { categories: this.params.categories, isStrict: false };
    const { offsets, values } = await knownCategories(this, input, wanted);
    const categories = await categoriesOf(input, offsets, values);
    return { offsets, values, classes, ...(await this.#encode(y, categories, null, input)) };
  }

  override get crossFits() {
    return true;
  }

  override async crossFitted(input: FitInput): Promise<Matrix> {
    const { x } = input;
    const { cv, shuffle, randomState } = this.fittedParams;
    const { y, codes } = this.#targets(input);
    const { offsets, values } = this.state;
    const categories = await categoriesOf(input, offsets, values);
    if (cv > x.rows) {
      throw new ValidationError('ERR_PARAMETER', `TargetEncoder: cv ${cv} is more than the ${x.rows} rows.`);
    }
    const random = shuffle ? new Random(resolveSeed(randomState)) : null;
    const foldOf = codes
      ? stratifiedFolds(rowsByClass(codes), x.rows, cv, random)
      : consecutiveFolds(x.rows, cv, random);
    const byFold: Encoded[] = [];
    for (let fold = 0; fold < cv; fold++) {
      const weights = Float64Array.from(foldOf, (of) => (of === fold ? 0 : 1));
      byFold.push(await this.#encode(y, categories, weights, input));
    }
    const out = new Matrix(new Float64Array(x.rows * x.cols * y.cols), x.rows, x.cols * y.cols);
    let at = 0;
    for (let i = 0; i < x.rows; i++) {
      const { encodings, targetMean: means } = byFold[foldOf[i]];
      for (let j = 0; j < x.cols; j++) {
        const code = categories.codes[j][i];
        for (let k = 0; k < y.cols; k++)
          out.data[at++] = code < 0 ? means[k] : encodings[k * values.length + offsets[j] + code];
      }
    }
    return x.dtype === 'float64' ? out : out.astype('float32');
  }

  #targets(input: FitInput): Targets {
    const { targetType } = this.params;
    const isNumber = (value: unknown) => typeof value === 'number' && !Number.isInteger(value);
    const given = requireY(input);
    const continuous =
      targetType === 'continuous' || (targetType === 'auto' && Array.prototype.some.call(given, isNumber));
    if (continuous) {
      const y = fitTargets(input);
      return { y: new Matrix(y, y.length, 1), classes: null, codes: null };
    }
    const { codes, classes } = fitLabels(input);
    if (targetType === 'binary' && classes.length !== 2) {
      throw new ValidationError(
        'ERR_LABELS',
        `TargetEncoder: targetType 'binary' needs two classes; y has ${classes.length}.`,
      );
    }
    const outputs = classes.length === 2 ? 1 : classes.length;
    const y = new Matrix(new Float64Array(codes.length * outputs), codes.length, outputs);
    codes.forEach((code, i) => {
      if (outputs === 1) y.data[i] = code;
      else y.data[i * outputs + code] = 1;
    });
    return { y, classes, codes };
  }

  /** @param weights - 1 for rows that count, or null for all */
  async #encode(
    y: Matrix<Float64Array>,
    { offsets, codes }: Categories,
    weights: Float64Array | null,
    { cancel }: FitInput,
  ): Promise<Encoded> {
    const { smooth } = this.params;
    const { data, rows, cols } = y;
    const grouped = (own: Int32Array, groups: number) =>
      native.groupMoments(data, rows, cols, own, groups, weights, cancel);
    const all = await grouped(new Int32Array(rows), 1);
    const targetMean = all.sum.map((sum) => sum / all.weight[0]);
    const encodings = new Float64Array(cols * offsets[codes.length]);
    for (const [j, own] of codes.entries()) {
      const count = offsets[j + 1] - offsets[j];
      // Rows of other categories are a group that nobody asks for.
      const { weight, sum, variance } = await grouped(
        own.map((code) => (code < 0 ? count : code)),
        count + 1,
      );
      for (let k = 0; k < cols; k++) {
        for (let category = 0; category < count; category++) {
          const at = category * cols + k;
          encodings[k * offsets[codes.length] + offsets[j] + category] = mixed(
            { weight: weight[category], sum: sum[at], variance: variance[at] },
            { mean: targetMean[k], variance: all.variance[k] },
            smooth,
          );
        }
      }
    }
    return { encodings, targetMean };
  }

  get #encoder() {
    const { categories } = this.fittedParams;
    return { columns: this.schema.columns, dtype: this.dtype, categories };
  }

  /** The categories of each column in their order; null stands for missing. @throws {ERR_NOT_FITTED} before `fit` */
  get categories(): Array<Array<Label | null>> {
    return labelsOf(this.#encoder, this.state);
  }

  /**
   * What each category becomes: one list for each column that comes out, in the order of that column's `categories`.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  get encodings(): Float64Array[] {
    const { offsets, targetMean } = this.state;
    const places = placesOf(this, this.#encoder, this.state);
    const { categories } = this;
    return this.#encodings().map((own, k) => {
      const j = Math.floor(k / targetMean.length);
      const first = offsets[j];
      // Files of earlier releases lack listed categories that training lacked.
      const ordered = new Float64Array(categories[j].length).fill(targetMean[k % targetMean.length]);
      own.forEach((value, at) => {
        ordered[places[first + at]] = value;
      });
      return ordered;
    });
  }

  /** The same in the order of `values`. */
  #encodings(): Float64Array[] {
    const { offsets, values, encodings, targetMean } = this.state;
    return this.schema.columns.flatMap((_, j) =>
      Array.from(targetMean, (_mean, k) =>
        encodings.slice(k * values.length + offsets[j], k * values.length + offsets[j + 1]),
      ),
    );
  }

  /** The mean of the target, or the share of each class. @throws {ERR_NOT_FITTED} before `fit` */
  get targetMean(): Float64Array {
    return this.state.targetMean.slice();
  }

  /** The classes of y, sorted; null when it is a number. @throws {ERR_NOT_FITTED} before `fit` */
  get classes(): Label[] | null {
    return this.state.classes && [...this.state.classes];
  }

  outputColumns(): readonly Column[] {
    const { classes, targetMean } = this.state;
    return this.schema.columns.flatMap(({ name }): Column[] => {
      if (targetMean.length === 1) return [{ name, kind: 'number' }];
      return (classes ?? []).map((label) => ({ name: `${name}_${label}`, kind: 'number' }));
    });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { offsets, values, targetMean } = this.state;
    const codes = plan.category(x, offsets, values, false, this.featureNamesIn);
    const outputs = targetMean.length;
    const columns = [...this.schema.columns.keys()].flatMap((j) => new Array<number>(outputs).fill(j));
    const each = outputs === 1 ? codes : plan.gather(codes, columns);
    const encodings = this.#encodings();
    const starts = new Int32Array(columns.length + 1);
    encodings.forEach((own, k) => {
      starts[k + 1] = starts[k] + own.length;
    });
    const all = new Float64Array(starts[columns.length]);
    encodings.forEach((own, k) => {
      all.set(own, starts[k]);
    });
    const otherwise = Float64Array.from(columns, (_, k) => targetMean[k % outputs]);
    return plan.lookup(each, starts, all, otherwise);
  }
}

/** The encoding of one category. */
function mixed(
  own: { readonly weight: number; readonly sum: number; readonly variance: number },
  all: { readonly mean: number; readonly variance: number },
  smooth: 'auto' | number,
): number {
  if (own.weight === 0) return all.mean;
  if (smooth !== 'auto') return (own.sum + smooth * all.mean) / (own.weight + smooth);
  const between = all.variance * own.weight;
  const share = between / (between + own.variance);
  // Without any variance every mean is the overall one.
  return Number.isNaN(share) ? all.mean : share * (own.sum / own.weight) + (1 - share) * all.mean;
}

async function categoriesOf(
  { x, columns, cancel }: FitInput,
  offsets: Int32Array,
  values: Float64Array,
): Promise<Categories> {
  const schema = Schema.named(columns);
  const names = columns.map(({ name }) => name);
  const lower = (plan: PlanBuilder, slot: Slot) => plan.category(slot, offsets, values, false, names);
  const codes = await applyOps(x, schema, lower, cancel);
  const { data, rows, cols } = codes;
  const byColumn = Array.from({ length: cols }, (_, j) => {
    const own = new Int32Array(rows);
    for (let i = 0; i < rows; i++) own[i] = data[i * cols + j];
    return own;
  });
  return { offsets, codes: byColumn };
}
