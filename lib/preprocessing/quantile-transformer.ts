/** Columns by rank: uniform or normal, whatever they were. */
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { toShared } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { InvertibleTransformer } from '../core/invertible.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import {
  absent,
  bool,
  checkLength,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';
import { type CsrMatrix, csrArguments, requireCsr } from '../core/sparse/csr-matrix.js';
import type { Rows } from '../core/sparse/made-rows.js';
import { applyToStored, type ColumnOps, withoutZeros } from '../core/sparse/stored-values.js';
import { checkedRows } from '../core/sparse/weigh.js';
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
import { numberColumns } from './columns.js';

/** Parameters of {@link QuantileTransformer}. */
export interface QuantileTransformerParams {
  /** How many quantiles are kept, at most as many as there are rows. Default 1000. */
  nQuantiles: number;
  /** What comes out: numbers in [0, 1], or normal ones. Default 'uniform'. */
  outputDistribution: 'uniform' | 'normal';
  /** Quantiles are those of at most so many rows, drawn at random; null: of all. Default 10000. */
  subsample: number | null;
  /** Seed of that; null takes a new one each time. Default null. */
  randomState: number | null;
  /**
   * Of sparse rows, quantiles are those of the values that are not 0, and a 0 stays 0, in dense rows too, so that rows stay sparse. A fit of
   * dense rows does not read it. Default false.
   */
  ignoreImplicitZeros: boolean;
}

/** Learned by {@link QuantileTransformer}. */
export interface QuantileTransformerState {
  /** Shares in [0, 1], [quantiles]. */
  readonly references: Float64Array;
  /** [columns, quantiles] */
  readonly quantiles: Float64Array;
  /** Whether zeros have no rank, and stay. Older files lack it. */
  readonly keepsZeros?: boolean;
}

/** Points of piecewise linear functions, column after column. */
interface Points {
  readonly offsets: Int32Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Shares nearer to 0 or 1 than this count as that, so that normal numbers stay finite (scikit-learn's bound). */
const BOUND = 1e-7;
/** Ranks that become normal numbers are between this and 1 less it. */
const LEAST = BOUND - Number.EPSILON;

/**
 * Each value becomes its place among the training rows' quantiles, by linear interpolation: a number in [0, 1], or the normal
 * number of that rank, in [-5.2, 5.2]. What lies outside the training range gets its ends. Of quantiles that repeat, a value gets
 * the middle. Missing values stay missing.
 *
 * Sparse rows are learned from as they are. With `ignoreImplicitZeros` their zeros have no rank: they stay zeros, and the rows sparse, by
 * `transformSparse` and in pipelines; zeros that are stored are zeros, too. Without it zeros have their rank, and `transform` makes the rows dense.
 *
 * Differs from scikit-learn: the rows of `subsample` are drawn by our own generator. There zeros of sparse rows stay without
 * `ignoreImplicitZeros`, too, so that they differ from those of dense rows; here a row gives the same in either form, and values below 0
 * are allowed.
 *
 * @example
 * ```ts
 * import { QuantileTransformer } from 'boreal';
 * const ranks = new QuantileTransformer({ nQuantiles: 3 });
 * await ranks.fit([[1], [10], [1000]]);
 * ranks.transformSync([[0], [1], [10], [505], [9999]]).toArray(); // [[0], [0], [0.5], [0.75], [1]]
 * ```
 */
export class QuantileTransformer extends InvertibleTransformer<
  QuantileTransformerParams,
  QuantileTransformerState
> {
  constructor(params: Partial<QuantileTransformerParams> = {}) {
    super({
      ...{ nQuantiles: 1000, outputDistribution: 'uniform', subsample: 10_000, randomState: null },
      ignoreImplicitZeros: false,
      ...params,
    });
  }

  get rules(): Rules<QuantileTransformerParams> {
    return {
      nQuantiles: int(1),
      outputDistribution: oneOf('uniform', 'normal'),
      subsample: either(int(1), nothing),
      randomState: seed,
      ignoreImplicitZeros: bool,
    };
  }

  get stateRules(): Rules<QuantileTransformerState> {
    return { references: float64s(), quantiles: float64s(), keepsZeros: either(bool, absent) };
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: QuantileTransformerState, columns: readonly Column[]): void {
    const { references, quantiles } = state;
    checkLength(this, 'quantiles', quantiles, references.length * columns.length);
    const rises = (values: Float64Array) => values.every((value, k) => k === 0 || value >= values[k - 1]);
    const all = columns.map((_, j) => quantiles.subarray(j * references.length, (j + 1) * references.length));
    if (
      references.length > 0 &&
      [references, ...all].every((values) => rises(values) && values.every(Number.isFinite))
    )
      return;
    throw new ValidationError('ERR_PARAMETER', 'QuantileTransformer state: quantiles do not rise.');
  }

  protected async fitState(input: FitInput): Promise<QuantileTransformerState> {
    const shares = this.#shares(input.x.rows);
    const x = this.#sampled(input.x);
    const { data, rows, cols } = x === input.x ? x : toShared(x as Matrix);
    const quantiles = await native.columnQuantiles(data, rows, cols, shares, 'linear', input.cancel);
    return this.#learned(shares, quantiles, input.columns);
  }

  protected override async fitSparse(input: SparseFitInput): Promise<QuantileTransformerState> {
    const shares = this.#shares(input.x.rows);
    const keepsZeros = this.params.ignoreImplicitZeros;
    const rows = csrArguments(this.#sampled(input.x));
    const quantiles = await native.csrColumnQuantiles(...rows, shares, 'linear', !keepsZeros, input.cancel);
    if (!keepsZeros) return this.#learned(shares, quantiles, input.columns);
    // A column of zeros keeps them whatever its quantiles are.
    const known = quantiles.map((value) => (Number.isNaN(value) ? 0 : value));
    return { ...this.#learned(shares, known, input.columns), keepsZeros };
  }

  /** The shares that quantiles are kept of. */
  #shares(rows: number): Float64Array {
    const { nQuantiles, subsample } = this.params;
    if (subsample !== null && nQuantiles > subsample) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `QuantileTransformer: nQuantiles ${nQuantiles} is more than the ${subsample} rows of subsample.`,
      );
    }
    const count = Math.min(nQuantiles, rows);
    const references = Float64Array.from({ length: count }, (_, k) => k * (1 / (count - 1)));
    references[count - 1] = count === 1 ? 0 : 1;
    return references;
  }

  /** The rows that quantiles are those of. */
  #sampled<R extends Rows>(x: R): R {
    const { subsample, randomState } = this.params;
    if (subsample === null || subsample >= x.rows) return x;
    const drawn = new Random(resolveSeed(randomState)).permutation(x.rows).subarray(0, subsample);
    return x.takeRows(drawn) as R;
  }

  #learned(
    references: Float64Array,
    quantiles: Float64Array,
    columns: readonly Column[],
  ): QuantileTransformerState {
    const count = references.length;
    // Rounding may put a quantile below the one before it.
    for (let k = 1; k < quantiles.length; k++) {
      if (k % count !== 0) quantiles[k] = Math.max(quantiles[k], quantiles[k - 1]);
    }
    const empty = columns.findIndex((_, j) => Number.isNaN(quantiles[j * count]));
    if (empty >= 0) {
      throw new ValidationError(
        'ERR_EMPTY',
        `QuantileTransformer: column '${columns[empty].name}' has no values.`,
      );
    }
    return { references, quantiles };
  }

  /** The shares that quantiles are kept of. @throws {ERR_NOT_FITTED} before `fit` */
  get references(): Float64Array {
    return this.state.references.slice();
  }

  /** The quantiles of each column. @throws {ERR_NOT_FITTED} before `fit` */
  get quantiles(): Float64Array[] {
    return this.#byColumn().map((values) => values.slice());
  }

  #byColumn(): Float64Array[] {
    const { references, quantiles } = this.state;
    const count = references.length;
    return this.schema.columns.map((_, j) => quantiles.subarray(j * count, (j + 1) * count));
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return this.#keepZeros(plan, x, this.#ranks()(plan, x, [...this.schema.columns.keys()]));
  }

  /** What comes out of values. */
  #ranks(): ColumnOps {
    const { references } = this.state;
    const names = this.featureNamesIn;
    const isNormal = this.fittedParams.outputDistribution === 'normal';
    const points = this.#byColumn().map((own) => ranksOf(own, references));
    return (plan, x, columns) => {
      const shares = interpolate(plan, x, { points, names, columns });
      return isNormal ? normalOf(plan, shares) : shares;
    };
  }

  /** Values of what came out. */
  #values(): ColumnOps {
    const { references } = this.state;
    const names = this.featureNamesIn;
    const isNormal = this.fittedParams.outputDistribution === 'normal';
    const points = this.#byColumn().map((own) => valuesOf(own, references, isNormal));
    return (plan, x, columns) =>
      interpolate(plan, isNormal ? normalCdf(plan, x) : x, { points, names, columns });
  }

  #keepZeros(plan: PlanBuilder, x: Slot, made: Slot): Slot {
    return this.state.keepsZeros ? plan.select([x, made, x]) : made;
  }

  /** Whether zeros stay. */
  get keepsSparse(): boolean {
    return this.isFitted && this.state.keepsZeros === true;
  }

  /**
   * As `transform`, of sparse rows, which stay sparse.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} unless fitted on sparse rows with `ignoreImplicitZeros`
   * @throws {ERR_SHAPE} for another number of columns than that of the fit
   * @throws {ERR_INPUT_INFINITE} for a value that is infinite
   */
  async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    if (this.state.keepsZeros !== true) {
      const message =
        'QuantileTransformer: zeros have a rank unless it is fitted on sparse rows with ignoreImplicitZeros.';
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const x = checkedRows(this.schema, X, true).astype(this.dtype);
    return applyToStored(withoutZeros(x), this.#ranks());
  }

  /**
   * Undoes `transform`, as far as it can be. Fitted with `ignoreImplicitZeros`, a value whose rank is 0 comes back from the sparse rows of
   * `transformSparse` alone, which store that 0: of dense rows, and in pipelines, each 0 stays.
   *
   * @param X - transformed rows, [rows, columns that come out]
   * @returns [rows, columns of the training set]
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than come out of `transform`
   * @throws {ERR_INPUT_INFINITE} for an infinite value of sparse rows
   */
  override async inverseTransform(X: MatrixLike): Promise<Matrix> {
    if (this.state.keepsZeros !== true || !isSparse(X)) return super.inverseTransform(X);
    const x = checkedRows(this.schema, requireCsr(X), true).astype(this.dtype);
    return (await applyToStored(x, this.#values())).toDense();
  }

  /** @internal */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    return this.#keepZeros(plan, x, this.#values()(plan, x, [...this.schema.columns.keys()]));
  }
}

/** What a line of each column gives of it: `points` and `names` are those of all columns, x holds some. */
interface Lines {
  readonly points: readonly ColumnPoints[];
  readonly names: readonly string[];
  readonly columns: readonly number[];
}

function interpolate(plan: PlanBuilder, x: Slot, { points, names, columns }: Lines): Slot {
  const { offsets, from, to } = joined(columns.map((j) => points[j]));
  const own = columns.map((j) => names[j]);
  return plan.interpolate(x, 'clip', [offsets, from, to], own);
}

/** Ranks as normal numbers. */
function normalOf(plan: PlanBuilder, shares: Slot): Slot {
  const fill = (value: number) => new Float64Array(shares.width).fill(value);
  const within = plan.binary(plan.binary(shares, 'max', fill(LEAST)), 'min', fill(1 - LEAST));
  return plan.activation(within, 'normalQuantile');
}

/** Points of one column. */
type ColumnPoints = ReadonlyArray<readonly [from: number, to: number]>;

/**
 * The rank of each value. Where a quantile repeats the rank jumps, and the value itself gets the middle of the jump (but 0 and
 * 1 at the ends). Points have to rise: a jump takes place between the neighbours of the value, two float32 steps away, which
 * plans of either precision tell apart; beyond them the line is the one between the ends of two jumps.
 */
function ranksOf(quantiles: Float64Array, references: Float64Array): ColumnPoints {
  const jumps: Array<{ readonly value: number; readonly low: number; readonly high: number }> = [];
  for (let k = 0; k < quantiles.length; ) {
    const value = quantiles[k];
    const low = references[k];
    while (k < quantiles.length && quantiles[k] === value) k++;
    jumps.push({ value, low, high: references[k - 1] });
  }
  const last = jumps.length - 1;
  return jumps.flatMap(({ value, low, high }, k): ColumnPoints => {
    const rank = k === 0 ? 0 : k === last ? 1 : (low + high) / 2;
    const step = Math.max(Math.abs(value) * 2 ** -22, 2 ** -140);
    const points: Array<readonly [number, number]> = [[value, rank]];
    const before = jumps[k - 1];
    if (before !== undefined && rank !== low && value - before.value > 4 * step) {
      points.unshift([value - step, low - ((low - before.high) / (value - before.value)) * step]);
    }
    const after = jumps[k + 1];
    if (after !== undefined && rank !== high && after.value - value > 4 * step) {
      points.push([value + step, high + ((after.low - high) / (after.value - value)) * step]);
    }
    return points;
  });
}

/** The value of each rank. */
function valuesOf(quantiles: Float64Array, references: Float64Array, normal: boolean): ColumnPoints {
  const points = Array.from(references, (share, k) => [share, quantiles[k]] as const);
  const last = points.length - 1;
  if (!normal || last < 1 || references[1] <= 2 * BOUND) return points;
  // What counts as 0 or 1 gets the first or last quantile.
  const along = (share: number, k: number) =>
    quantiles[k] +
    ((share - references[k]) / (references[k + 1] - references[k])) * (quantiles[k + 1] - quantiles[k]);
  const inner = BOUND * (1 + 2 ** -20);
  return [
    points[0],
    [BOUND, quantiles[0]],
    [inner, along(inner, 0)],
    ...points.slice(1, last),
    [1 - inner, along(1 - inner, last - 1)],
    [1 - BOUND, quantiles[last]],
    points[last],
  ];
}

function joined(columns: readonly ColumnPoints[]): Points {
  const offsets = new Int32Array(columns.length + 1);
  columns.forEach((points, j) => {
    offsets[j + 1] = offsets[j] + points.length;
  });
  const all = columns.flat();
  return {
    offsets,
    from: Float64Array.from(all, ([from]) => from),
    to: Float64Array.from(all, ([, to]) => to),
  };
}

/** (1 + erf(x / sqrt 2)) / 2 */
function normalCdf(plan: PlanBuilder, x: Slot): Slot {
  const erf = plan.activation(plan.binary(x, 'mul', new Float64Array(x.width).fill(Math.SQRT1_2)), 'erf');
  return plan.affine(erf, new Float64Array(x.width).fill(-1), new Float64Array(x.width).fill(2));
}
