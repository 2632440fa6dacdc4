/** Columns as the values of B-splines. */
import { withCancel } from '../core/cancellation.js';
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import { bool, custom, either, float64s, int, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { toSparse } from '../core/sparse/encode.js';
import type { MakesSparse } from '../core/sparse/made-rows.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { extendedKnots, slopesAt } from './spline-knots.js';

/** More columns than this would not fit into memory with any number of rows. */
const MAX_OUTPUTS = 1_000_000;

/** Parameters of {@link SplineTransformer}. */
export interface SplineTransformerParams {
  /** Knots of each column, 2 to 1000000; those given by `knots` count themselves. Default 5. */
  nKnots: number;
  /** Degree of the polynomials between knots, >= 0. Default 3. */
  degree: number;
  /** Equal steps from the least to the greatest value, quantiles, or the knots themselves, [knots, columns]. Default 'uniform'. */
  knots: 'uniform' | 'quantile' | NumericMatrixLike;
  /**
   * Outside of the outermost knots: the values there ('constant'), straight lines from there ('linear'), the polynomials there
   * ('continue'), the splines again and again ('periodic'), or an error. Default 'constant'.
   */
  extrapolation: 'error' | 'constant' | 'linear' | 'continue' | 'periodic';
  /** Keep the last spline of each column, without which they do not sum to 1. Default true. */
  includeBias: boolean;
  /** Missing values: an error, or zeros for all splines of the column. Default 'error'. */
  handleMissing: 'error' | 'zeros';
  /** Whether the steps after it in a pipeline are fitted on sparse rows. Default false: on dense ones. */
  sparseOutput: boolean;
}

/** Learned by {@link SplineTransformer}. */
export interface SplineTransformerState {
  /** [columns, knots]: rising by column. */
  readonly knots: Float64Array;
}

/**
 * Each column becomes the values of B-splines (de Boor 1978): smooth bumps over the knots that sum to 1, of which a linear model makes
 * a smooth curve. There are `knots + degree - 1` of them for each column, `knots - 1` where they are periodic. Outside of the base
 * interval knots go on in steps of the outermost ones (Eilers and Marx 1996).
 *
 * With weights, quantiles are weighted, and rows that weigh 0 do not count.
 *
 * Differs from scikit-learn: `transform` is dense, `transformSparse` sparse; no `order`; splines of degree 0 keep their value outside, as 'constant' says; 'linear' with degrees
 * below 2 is right for all columns (1.9: for the first one).
 *
 * @throws `transform` with `extrapolation: 'error'`: {ERR_OUT_OF_RANGE} for a value outside of the knots
 * @example
 * ```ts
 * import { SplineTransformer } from 'boreal';
 * const splines = new SplineTransformer({ nKnots: 3, degree: 1 });
 * await splines.fit([[0], [2]]);
 * splines.transformSync([[0.5], [3]]).toArray(); // [[0.5, 0.5, 0], [0, 0, 1]]
 * ```
 */
export class SplineTransformer
  extends Transformer<SplineTransformerParams, SplineTransformerState>
  implements MakesSparse
{
  constructor(params: Partial<SplineTransformerParams> = {}) {
    super({
      ...{ nKnots: 5, degree: 3, knots: 'uniform', extrapolation: 'constant', includeBias: true },
      ...{ handleMissing: 'error', sparseOutput: false, ...params },
    });
  }

  get rules(): Rules<SplineTransformerParams> {
    return {
      nKnots: int(2, MAX_OUTPUTS),
      degree: int(0, 100),
      knots: either(
        oneOf('uniform', 'quantile'),
        custom('a matrix [knots, columns]', (v) => typeof v === 'object' && v !== null),
      ),
      extrapolation: oneOf('error', 'constant', 'linear', 'continue', 'periodic'),
      includeBias: bool,
      handleMissing: oneOf('error', 'zeros'),
      sparseOutput: bool,
    };
  }

  get stateRules(): Rules<SplineTransformerState> {
    return { knots: float64s() };
  }

  override get tags() {
    return { allowNan: this.params.handleMissing === 'zeros' };
  }

  protected override checkState({ knots }: SplineTransformerState, columns: readonly Column[]): void {
    const count = knots.length / columns.length;
    const rises = (k: number) => k % count === 0 || knots[k] >= knots[k - 1];
    if (!Number.isInteger(count) || count < 2 || !knots.every((knot, k) => Number.isFinite(knot) && rises(k)))
      throw this.#refuse('state: knots are not two or more rising numbers for each column');
    this.#checkCount(count, columns.length);
  }

  protected async fitState(input: FitInput): Promise<SplineTransformerState> {
    const knots = await this.#baseKnots(input);
    this.#checkCount(knots.length / input.x.cols, input.x.cols);
    return { knots };
  }

  /** @throws {ERR_PARAMETER} for so many knots of each column that there would be too few or too many splines */
  #checkCount(count: number, cols: number): void {
    const { degree, extrapolation } = this.params;
    if (extrapolation === 'periodic' && count <= degree)
      throw this.#refuse(
        `periodic splines of degree ${degree} need more than ${degree} knots; there are ${count}`,
      );
    const outputs = cols * (count + degree - 1);
    if (outputs > MAX_OUTPUTS)
      throw this.#refuse(`there would be ${outputs} splines; at most ${MAX_OUTPUTS} are possible`);
  }

  async #baseKnots({ x: all, sampleWeight, cancel }: FitInput): Promise<Float64Array> {
    const { nKnots, knots } = this.params;
    if (typeof knots !== 'string') return this.#givenKnots(knots, all.cols);
    const shares = Float64Array.from({ length: nKnots }, (_, k) => (100 * (k / (nKnots - 1))) / 100);
    if (knots === 'quantile') {
      const { data, rows, cols } = all;
      const found = sampleWeight
        ? await native.weightedQuantiles(data, rows, cols, sampleWeight, shares, false, cancel)
        : await native.columnQuantiles(data, rows, cols, shares, 'linear', cancel);
      // A column without values has no quantiles.
      return found.map((knot) => (Number.isNaN(knot) ? 0 : knot));
    }
    const weighed = sampleWeight && Int32Array.from(sampleWeight.keys()).filter((i) => sampleWeight[i] > 0);
    const { min, max, count } = await rangesOf(weighed === null ? all : all.takeRows(weighed), cancel);
    const steps = Array.from(min, (low, j) => {
      const [from, to] = count[j] > 0 ? [low, max[j]] : [0, 0];
      const step = (to - from) / (nKnots - 1);
      return Array.from({ length: nKnots }, (_, k) => (k === nKnots - 1 ? to : from + k * step));
    });
    return Float64Array.from(steps.flat());
  }

  #givenKnots(given: NumericMatrixLike, cols: number): Float64Array {
    const { data, rows, cols: width } = Matrix.from(given);
    if (rows < 2 || width !== cols) {
      const message = `SplineTransformer: knots has shape [${rows}, ${width}], but X has ${cols} columns; it needs two rows or more.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    for (let k = 0; k < data.length; k++) {
      if (!Number.isFinite(data[k]) || (k >= cols && !(data[k] > data[k - cols])))
        throw this.#refuse('knots must be finite, each column rising without repeats');
    }
    return Float64Array.from(
      { length: data.length },
      (_, k) => data[(k % rows) * cols + Math.floor(k / rows)],
    );
  }

  #refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `SplineTransformer: ${why}.`);
  }

  /** A matrix of knots as rows, which a file can hold. @internal */
  override snapshot() {
    const { params, fitted } = super.snapshot();
    const { knots } = params;
    return { params: knots instanceof Matrix ? { ...params, knots: knots.toArray() } : params, fitted };
  }

  /** The knots of the base interval of each column. @throws {ERR_NOT_FITTED} before `fit` */
  get knots(): Float64Array[] {
    const { knots } = this.state;
    const count = knots.length / this.nFeaturesIn;
    return Array.from({ length: this.nFeaturesIn }, (_, j) => knots.slice(j * count, (j + 1) * count));
  }

  /** How many splines there are of each column, the last one counted. */
  get #splines(): number {
    const { degree, extrapolation } = this.fittedParams;
    const count = this.state.knots.length / this.nFeaturesIn;
    return extrapolation === 'periodic' ? count - 1 : count + degree - 1;
  }

  outputColumns(): readonly Column[] {
    const kept = this.#splines - (this.fittedParams.includeBias ? 0 : 1);
    return this.schema.columns.flatMap(({ name }) =>
      Array.from({ length: kept }, (_, k): Column => ({ name: `${name}_sp_${k}`, kind: 'number' })),
    );
  }

  /** Whether what follows in a pipeline is fitted on sparse rows. @internal */
  get makesSparse(): boolean {
    return this.params.sparseOutput;
  }

  /** As `transform`, sparse: of a column no more than `degree` + 1 splines are not 0. @throws as `transform` */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return withCancel(options.signal, async () => toSparse(await this.transform(X)));
  }

  lower(plan: PlanBuilder, given: Slot): Slot {
    const { degree, extrapolation, includeBias, handleMissing } = this.fittedParams;
    const base = this.knots;
    const knots = base.map((own) => extendedKnots(own, degree, extrapolation === 'periodic'));
    const low = Float64Array.from(base, (own) => own[0]);
    const high = Float64Array.from(base, (own) => own[own.length - 1]);
    const x = handleMissing === 'zeros' ? plan.impute(given, low) : given;
    const basis = lowerBasis(plan, this.#inside(plan, x, low, high), knots, degree);
    const count = this.#splines;
    /** The values of a slot with one for each column, at each spline of it. */
    const spread = (slot: Slot) => plan.gather(slot, repeat(base.length, count));
    let out = basis;
    if (extrapolation === 'periodic') out = wrap(plan, basis, base.length, count, degree);
    if (extrapolation === 'linear' && degree > 0) {
      const zero = new Float64Array(base.length);
      const below = plan.binary(plan.binary(x, 'sub', low), 'min', zero);
      const above = plan.binary(plan.binary(x, 'sub', high), 'max', zero);
      for (const [beyond, ends] of [[below, low] as const, [above, high] as const]) {
        const slopes = Float64Array.from(knots.flatMap((own, j) => slopesAt(ends[j], own, degree)));
        out = plan.binaryOf([out, plan.binary(spread(beyond), 'mul', slopes)], 'add');
      }
    }
    if (handleMissing === 'zeros') {
      const known = plan.binaryOf([given, given], 'equal');
      out = plan.binaryOf([out, spread(known)], 'mul');
    }
    const kept = Array.from({ length: base.length * count }, (_, k) => k);
    return includeBias
      ? out
      : plan.gather(
          out,
          kept.filter((k) => (k + 1) % count !== 0),
        );
  }

  /** x where the splines are asked for their values. */
  #inside(plan: PlanBuilder, x: Slot, low: Float64Array, high: Float64Array): Slot {
    const { extrapolation } = this.fittedParams;
    if (extrapolation === 'continue') return x;
    if (extrapolation === 'periodic') {
      const period = high.map((end, j) => end - low[j]);
      const from = plan.binary(x, 'sub', low);
      const scale = period.map((length) => (length > 0 ? length : 1));
      const turns = plan.activation(plan.binary(from, 'div', scale), 'floor');
      const rest = plan.binaryOf([from, plan.binary(turns, 'mul', scale)], 'sub');
      // A column of one value has no period.
      return plan.binary(plan.binary(rest, 'mul', period.map(Math.sign)), 'add', low);
    }
    const clipped = plan.binary(plan.binary(x, 'max', low), 'min', high);
    if (extrapolation !== 'error') return clipped;
    const offsets = Int32Array.from({ length: low.length + 1 }, (_, j) => 2 * j);
    const ends = Float64Array.from(Array.from(low, (end, j) => [end, high[j]]).flat());
    const checked = plan.interpolate(x, 'raise', [offsets, ends, ends], this.featureNamesIn);
    // The check is an op of the plan only where something reads it.
    return plan.gather(plan.concat([clipped, checked]), [...low.keys()]);
  }
}

/**
 * The values of all splines of each column, by the recursion of Cox and de Boor: those of degree 0 are 1 between two knots, and each of
 * degree k is a mixture of two of degree k - 1. The first and the last interval go on to infinity; a mixture over no distance is 0.
 */
function lowerBasis(plan: PlanBuilder, x: Slot, knots: readonly Float64Array[], degree: number): Slot {
  const cols = knots.length;
  const intervals = knots[0].length - 1;
  const [first, last] = [degree, intervals - 1 - degree];
  const spread = (count: number) => plan.gather(x, repeat(cols, count));
  const constants = (count: number, value: (own: Float64Array, i: number) => number) =>
    Float64Array.from(knots.flatMap((own) => Array.from({ length: count }, (_, i) => value(own, i))));
  const from = constants(intervals, (own, i) => {
    if (i < first || i > last) return Infinity;
    return i === first ? -Infinity : own[i];
  });
  const to = constants(intervals, (own, i) => (i >= last ? Infinity : own[i + 1]));
  const all = spread(intervals);
  let basis = plan.binaryOf([plan.binary(all, 'greaterEqual', from), plan.binary(all, 'less', to)], 'mul');
  for (let k = 1; k <= degree; k++) {
    const count = intervals - k;
    const wide = spread(count);
    const rising = plan.binary(
      plan.binary(
        wide,
        'sub',
        constants(count, (own, i) => own[i]),
      ),
      'div',
      constants(count, (own, i) => own[i + k] - own[i] || Infinity),
    );
    const falling = plan.binary(
      plan.binary(
        wide,
        'sub',
        constants(count, (own, i) => own[i + k + 1]),
      ),
      'div',
      constants(count, (own, i) => own[i + 1] - own[i + k + 1] || Infinity),
    );
    const lower = (shift: number) =>
      plan.gather(
        basis,
        knots.flatMap((_, j) => Array.from({ length: count }, (_, i) => j * (count + 1) + i + shift)),
      );
    const parts = [
      plan.binaryOf([rising, lower(0)], 'mul'),
      plan.binaryOf([falling, lower(1)], 'mul'),
    ] as const;
    basis = plan.binaryOf(parts, 'add');
  }
  return basis;
}

/** Periodic splines: the last ones go on at the begin. */
function wrap(plan: PlanBuilder, basis: Slot, cols: number, count: number, degree: number): Slot {
  const all = count + degree;
  const pick = (at: (i: number) => number) =>
    Array.from({ length: cols * count }, (_, k) => Math.floor(k / count) * all + at(k % count));
  const isFirst = Float64Array.from({ length: cols * count }, (_, k) => (k % count < degree ? 1 : 0));
  const begins = plan.gather(
    basis,
    pick((i) => i),
  );
  const ends = plan.gather(
    basis,
    pick((i) => (i < degree ? count + i : 0)),
  );
  return plan.binaryOf([begins, plan.binary(ends, 'mul', isFirst)], 'add');
}

/** 0, 0, ..., 1, 1, ...: each of `cols` columns `count` times. */
function repeat(cols: number, count: number): number[] {
  return Array.from({ length: cols * count }, (_, k) => Math.floor(k / count));
}
