/** Categories as indicator columns. */
import type { FitInput } from '../core/fit-input.js';
import { checkFinite } from '../core/input-checks.js';
import { Transformer } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { SignalOptions } from '../core/linalg/call.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import type { NamedCategories } from '../core/named-categories.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int32s,
  nothing,
  oneOf,
  type Rules,
  show,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { type Indicators, indicatorRows } from '../core/sparse/encode.js';
import type { MakesSparse } from '../core/sparse/made-rows.js';
import { ValidationError } from '../errors.js';
import {
  type CategoryValues,
  checkLists,
  checkRestored,
  type Encoder,
  type GivenCategories,
  givenCategories,
  knownCategories,
  labelsOf,
  namedBy,
  placesOf,
  valuesOf,
} from './given-categories.js';
import {
  countCategories,
  groupsOf,
  groupsRule,
  hasLimits,
  type InfrequentParams,
  infrequentRules,
  NO_LIMITS,
} from './infrequent.js';

/** Parameters of {@link OneHotEncoder}. */
export interface OneHotEncoderParams extends InfrequentParams {
  /**
   * The categories of each column in the order of their indicators, null for missing values, last: they may lack in the training set. Those
   * of numbers and booleans must be sorted. 'auto' for a column, or for all: those of the training set, sorted. Default 'auto'.
   */
  categories: GivenCategories;
  /**
   * Leave out one category per column: 'first', the first of columns with two ('ifBinary'), for each column one of its categories (null:
   * missing values), or none (null). Default null.
   */
  drop: 'first' | 'ifBinary' | ReadonlyArray<Label | null> | null;
  /**
   * A category not seen during fit: an error, all zeros ('ignore'), or one of the infrequent ones of its column, and all zeros
   * where there are none ('infrequentIfExist'). Default 'error', which refuses a training set with values that are not listed, too.
   */
  handleUnknown: 'error' | 'ignore' | 'infrequentIfExist';
  /** Whether the steps after it in a pipeline are fitted on sparse rows. Default false: on dense ones. */
  sparseOutput: boolean;
  /**
   * What an indicator is called: `<column>_<category>` ('concat'), or what a function of both gives, to which missing values are null, and
   * infrequent categories 'infrequent'. A model file has the names that it gave, not the function. Default 'concat'.
   */
  featureNameCombiner: 'concat' | ((column: string, category: Label | null) => string);
}

/** Learned by {@link OneHotEncoder}. */
export interface OneHotEncoderState {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1] in `values`. */
  readonly offsets: Int32Array;
  /** Sorted by column; NaN (missing) last where it was seen. */
  readonly values: Float64Array;
  /** [columns] indicator that is left out, or -1 */
  readonly drop: Int32Array;
  /** By category, where any may be infrequent, or they are not sorted: its indicator among those of its column, before one is left out. */
  readonly groups?: Int32Array;
  /** [columns], there too: the indicator of the infrequent categories, or -1. */
  readonly infrequent?: Int32Array;
  /** Names of the columns that come out, where a function made them. */
  readonly names?: readonly string[];
}

/** The categories of a column in their order. */
interface Indicated {
  readonly labels: ReadonlyArray<Label | null>;
  /** By category: its indicator, before one is left out. */
  readonly groups: readonly number[];
  /** That of the infrequent ones, or -1. */
  readonly infrequent: number;
}

/**
 * One indicator column per category, for text and for numbers. A missing value seen during fit is a category of its own.
 *
 * With `minFrequency` or `maxCategories`, rare categories share one indicator, the last of their column.
 *
 * `transform` and compiled plans give dense rows, `transformSparse` gives sparse ones. With `sparseOutput` pipelines and
 * {@link ColumnTransformer} fit what follows on sparse rows, which for many categories takes a fraction of the time and memory.
 *
 * Differs from scikit-learn: `categories` may be 'auto' for some columns; `inverseTransform` gives null for infrequent categories; `sparseOutput` is false by default; the indicator of infrequent categories is named `<column>_infrequent`.
 *
 * @throws {ERR_PARAMETER} by `fit` for `categories` that mix types, name one twice, hold missing values before others, or are numbers and
 *   not sorted
 * @throws {ERR_SHAPE} by `fit` for lists of another number of columns
 * @throws {ERR_DTYPE} by `fit` for categories, to be left out too, of another type than their column
 * @throws {ERR_UNKNOWN_CATEGORY} by `fit` for a value that is not listed, and later for one that is no category, with `handleUnknown: 'error'`
 * @example
 * ```ts
 * import { OneHotEncoder } from 'boreal';
 * const encoder = await new OneHotEncoder().fit({ colour: ['red', 'blue', 'red'] });
 * encoder.getFeatureNamesOut(); // ['colour_blue', 'colour_red']
 * encoder.transformSync({ colour: ['blue'] }).toArray(); // [[1, 0]]
 * (await encoder.transformSparse({ colour: ['red'] })).toTriplets(); // [[0, 1, 1]]
 * encoder.inverseTransform([[0, 1]]); // [['red']]
 * const sizes = await new OneHotEncoder({ categories: [['S', 'M', 'L']] }).fit({ size: ['M', 'S'] });
 * sizes.transformSync({ size: ['L'] }).toArray(); // [[0, 0, 1]]
 * ```
 */
export class OneHotEncoder
  extends Transformer<OneHotEncoderParams, OneHotEncoderState>
  implements MakesSparse
{
  constructor(params: Partial<OneHotEncoderParams> = {}) {
    super({
      ...{ categories: 'auto', drop: null, handleUnknown: 'error', sparseOutput: false },
      ...NO_LIMITS,
      ...{ featureNameCombiner: 'concat' as const },
      ...params,
    });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === OneHotEncoder;
  }

  get rules(): Rules<OneHotEncoderParams> {
    return {
      categories: givenCategories,
      drop: either(
        oneOf('first', 'ifBinary'),
        nothing,
        custom('a list with a category of each column', Array.isArray),
      ),
      handleUnknown: oneOf('error', 'ignore', 'infrequentIfExist'),
      sparseOutput: bool,
      featureNameCombiner: either(
        oneOf('concat'),
        custom('a function', (v) => typeof v === 'function'),
      ),
      ...infrequentRules,
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

  /** The state has the names that a function gave. @internal */
  override storable(params: OneHotEncoderParams): OneHotEncoderParams {
    return { ...params, featureNameCombiner: 'concat' };
  }

  get stateRules(): Rules<OneHotEncoderState> {
    return {
      ...{ offsets: int32s(), values: float64s(), drop: int32s() },
      ...{ groups: groupsRule, infrequent: groupsRule },
      names: custom('a list of names, or absent', (v) => v === undefined || isTexts(v)),
    };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  protected override checkState(state: OneHotEncoderState, columns: readonly Column[]): void {
    const { offsets, values, drop, groups, infrequent, names } = state;
    checkLength(this, 'offsets', offsets, columns.length + 1);
    checkLength(this, 'drop', drop, columns.length);
    checkRestored(this, columns, this.params.categories, offsets);
    if (groups !== undefined || infrequent !== undefined) {
      checkLength(this, 'groups', groups ?? [], values.length);
      checkLength(this, 'infrequent', infrequent ?? [], columns.length);
    }
    if (names === undefined) return;
    const width = [...drop].reduce((sum, left, j) => sum + sizeOf(state, j) - (left < 0 ? 0 : 1), 0);
    checkLength(this, 'names', names, width);
  }

  protected async fitState(input: FitInput): Promise<OneHotEncoderState> {
    const { x, columns } = input;
    const { params } = this;
    const { categories, handleUnknown } = params;
    const known = await knownCategories(this, input, { categories, isStrict: handleUnknown === 'error' });
    const { offsets, values } = known;
    const encoder = { columns, dtype: x.dtype, categories };
    const places = placesOf(this, encoder, known);
    const counts = hasLimits(params) ? await countCategories(input, offsets, values) : null;
    const indicated = labelsOf(encoder, known).map((labels, j): Indicated => {
      if (counts === null) return { labels, groups: [...labels.keys()], infrequent: -1 };
      const byPlace = new Float64Array(labels.length);
      for (let k = offsets[j]; k < offsets[j + 1]; k++) byPlace[places[k]] = counts[k];
      return { labels, ...groupsOf(byPlace, x.rows, params) };
    });
    const drop = this.#dropped(indicated, encoder, known, places);
    const names = this.#combined(indicated, drop, columns);
    const state = { offsets, values, drop, ...(names && { names }) };
    const isSorted = columns.every((_, j) =>
      places.subarray(offsets[j], offsets[j + 1]).every((place, k) => place === k),
    );
    if (counts === null && isSorted) return state;
    const groups = columns.map((_, j) =>
      Array.from(places.subarray(offsets[j], offsets[j + 1]), (place) => indicated[j].groups[place]),
    );
    return {
      ...state,
      groups: Int32Array.from(groups.flat()),
      infrequent: Int32Array.from(indicated, ({ infrequent }) => infrequent),
    };
  }

  /** The indicators that are left out, -1 for none. */
  #dropped(
    indicated: readonly Indicated[],
    { columns, dtype }: Encoder,
    { offsets, values }: CategoryValues,
    places: Int32Array,
  ): Int32Array {
    const { drop } = this.params;
    if (!Array.isArray(drop)) {
      return Int32Array.from(indicated, (own) =>
        drop === 'first' || (drop === 'ifBinary' && indicatorLabels(own, null).length === 2) ? 0 : -1,
      );
    }
    if (drop.length !== columns.length) {
      const message = `OneHotEncoder: drop has ${drop.length} categories, but X has ${columns.length} columns.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return Int32Array.from(indicated, ({ groups, infrequent }, j) => {
      const [wanted] = valuesOf(this, columns[j], [drop[j]], dtype);
      const own = values.subarray(offsets[j], offsets[j + 1]);
      const at = own.findIndex((value) => value === wanted || (Number.isNaN(value) && Number.isNaN(wanted)));
      const group = at < 0 ? undefined : groups[places[offsets[j] + at]];
      if (group !== undefined && group !== infrequent) return group;
      const why = group === undefined ? 'none of' : 'an infrequent one of';
      const message = `OneHotEncoder: drop names ${show(drop[j])}, which is ${why} the categories of column '${columns[j].name}'.`;
      throw new ValidationError('ERR_PARAMETER', message);
    });
  }

  /** What `featureNameCombiner` calls the indicators, where it is a function. */
  #combined(
    indicated: readonly Indicated[],
    drop: Int32Array,
    columns: readonly Column[],
  ): readonly string[] | undefined {
    const { featureNameCombiner: combine } = this.params;
    if (combine === 'concat') return undefined;
    const names = indicated.flatMap((own, j) =>
      keptLabels(own, drop[j]).map((label) => combine(columns[j].name, label)),
    );
    if (isTexts(names)) return names;
    throw new ValidationError('ERR_PARAMETER', 'OneHotEncoder: featureNameCombiner must give a text.');
  }

  get #encoder() {
    const { categories } = this.fittedParams;
    return { columns: this.schema.columns, dtype: this.dtype, categories };
  }

  get #indicated(): Indicated[] {
    const { state } = this;
    const { offsets, groups, infrequent } = state;
    const encoder = this.#encoder;
    const places = placesOf(this, encoder, state);
    return labelsOf(encoder, state).map((labels, j): Indicated => {
      const own = [...labels.keys()];
      for (let k = offsets[j]; groups && k < offsets[j + 1]; k++) own[places[k]] = groups[k];
      return { labels, groups: own, infrequent: infrequent?.[j] ?? -1 };
    });
  }

  /** The categories of each column in their order, null for missing. @throws {ERR_NOT_FITTED} before `fit` */
  get categories(): Array<Array<Label | null>> {
    return labelsOf(this.#encoder, this.state);
  }

  /** The categories of each column that share one indicator, in their order. @throws {ERR_NOT_FITTED} before `fit` */
  get infrequentCategories(): Array<Array<Label | null>> {
    return this.#indicated.map(({ labels, groups, infrequent }) =>
      labels.filter((_, k) => groups[k] === infrequent),
    );
  }

  /**
   * For each column the place of the category that is left out among its `categories`, of infrequent ones the first, null where none is;
   * null without `drop`.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  get dropIdx(): Array<number | null> | null {
    const { drop } = this.state;
    if (this.fittedParams.drop === null) return null;
    return this.#indicated.map(({ groups }, j) => (drop[j] < 0 ? null : groups.indexOf(drop[j])));
  }

  outputColumns(): readonly Column[] {
    const { drop, names } = this.state;
    if (names !== undefined) return names.map((name) => ({ name, kind: 'number' }));
    return this.#indicated.flatMap((own, j) => {
      const { name } = this.schema.columns[j];
      return keptLabels(own, drop[j]).map(
        (label): Column => ({ name: `${name}_${label ?? 'nan'}`, kind: 'number' }),
      );
    });
  }

  /**
   * The category of the greatest indicator of each column, of equal ones the first; null for missing and for infrequent ones. Where all
   * indicators of a column are 0 it is the category that `drop` has left out, else null.
   *
   * @param X - indicators, [rows, columns that come out]
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than come out of `transform`
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for an indicator that is not finite
   * @throws {ERR_UNKNOWN_CATEGORY} with `handleUnknown: 'error'`, for a column of zeros of which none is left out
   */
  inverseTransform(X: NumericMatrixLike): Array<Array<Label | null>> {
    const { drop } = this.state;
    const mayBeUnknown = this.fittedParams.handleUnknown !== 'error';
    const columns = this.#indicated.map((own, j) => {
      const all = indicatorLabels(own, null);
      return { kept: all.filter((_, code) => code !== drop[j]), dropped: all[drop[j]] };
    });
    const indicators = Matrix.from(X);
    const width = columns.reduce((sum, { kept }) => sum + kept.length, 0);
    if (indicators.cols !== width) {
      const message = `OneHotEncoder: X has ${indicators.cols} columns, but there are ${width} indicators.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    checkFinite(indicators, this.outputColumns(), false);
    return indicators.toArray().map((row, i) => {
      let first = 0;
      return columns.map(({ kept, dropped }, j) => {
        const own = row.slice(first, first + kept.length);
        first += kept.length;
        if (own.some((value) => value !== 0)) return kept[greatest(own)];
        if (dropped !== undefined || mayBeUnknown) return dropped ?? null;
        const { name } = this.schema.columns[j];
        const message = `OneHotEncoder: row ${i} has zeros only for column '${name}', which is no category.`;
        throw new ValidationError('ERR_UNKNOWN_CATEGORY', message);
      });
    });
  }

  /** Whether what follows in a pipeline is fitted on sparse rows. @internal */
  get makesSparse(): boolean {
    return this.params.sparseOutput;
  }

  /**
   * As `transform`, of any rows, sparse: each known category is a 1. No dense rows are made on the way.
   *
   * @returns [rows, indicators], float64
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_UNKNOWN_CATEGORY} for a category that was not seen, with `handleUnknown: 'error'`
   * @throws {ERR_ABORTED} when options.signal fires
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return indicatorRows(this, X, options, (plan, x) => this.#indicators(plan, x));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { codes, sizes, drop } = this.#indicators(plan, x);
    return plan.oneHot(codes, sizes, drop);
  }

  #indicators(plan: PlanBuilder, x: Slot): Indicators {
    const { offsets, values, drop, groups, infrequent } = this.state;
    const { handleUnknown } = this.fittedParams;
    const codes = plan.category(x, offsets, values, handleUnknown === 'error', this.featureNamesIn);
    const sizes = drop.map((_, j) => sizeOf(this.state, j));
    if (groups === undefined || infrequent === undefined) return { codes, sizes, drop };
    const unknown = Float64Array.from(infrequent, (group) =>
      handleUnknown === 'infrequentIfExist' ? group : -1,
    );
    return { codes: plan.lookup(codes, offsets, Float64Array.from(groups), unknown), sizes, drop };
  }
}

const isTexts = (v: unknown): v is readonly string[] =>
  Array.isArray(v) && v.every((name) => typeof name === 'string');

/** How many indicators a column has, before one is left out. */
function sizeOf({ offsets, infrequent }: OneHotEncoderState, j: number): number {
  const group = infrequent?.[j] ?? -1;
  return group < 0 ? offsets[j + 1] - offsets[j] : group + 1;
}

/** The category of each indicator of a column, before one is left out. */
function indicatorLabels({ labels, groups, infrequent }: Indicated, rare: Label | null): Array<Label | null> {
  const frequent = labels.filter((_, k) => groups[k] !== infrequent);
  return infrequent < 0 ? frequent : [...frequent, rare];
}

/** Those that come out, by what they are called. */
function keptLabels(own: Indicated, dropped: number): Array<Label | null> {
  return indicatorLabels(own, 'infrequent').filter((_, code) => code !== dropped);
}

/** Where the greatest value stands, of equal ones the first. */
function greatest(values: readonly number[]): number {
  return values.reduce((best, value, k) => (value > values[best] ? k : best), 0);
}
