/** Numbers as the bins they fall into. */

import { drawIndices, drawRows } from '../core/draws.js';
import type { FitInput } from '../core/fit-input.js';
import { InvertibleTransformer } from '../core/invertible.js';
import type { SignalOptions } from '../core/linalg/call.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { momentsOf, rangesOf } from '../core/moments.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { indicatorRows } from '../core/sparse/encode.js';
import type { MakesSparse } from '../core/sparse/made-rows.js';
import { ValidationError } from '../errors.js';
import type { KMeansSpec } from '../native/cluster.js';
import { type CancelHandle, type ColumnMoments, native, type QuantileMethod } from '../native.js';
import { numberColumns } from './columns.js';

/** Bins of quantiles that are no wider than this are left out, as scikit-learn does. */
const NARROWEST = 1e-8;

/** Ways to read quantiles off sorted values, those that know weights first. */
const WEIGHTED_METHODS: readonly QuantileMethod[] = ['averagedInvertedCdf', 'invertedCdf'];
const QUANTILE_METHODS: readonly QuantileMethod[] = [
  ...WEIGHTED_METHODS,
  ...(['linear', 'closestObservation', 'interpolatedInvertedCdf', 'hazen', 'weibull'] as const),
  ...(['medianUnbiased', 'normalUnbiased'] as const),
];

/** Those of scikit-learn's KMeans. */
const KMEANS_ROUNDS = 300;
const KMEANS_TOLERANCE = 1e-4;

/** Parameters of {@link KBinsDiscretizer}. */
export interface KBinsDiscretizerParams {
  /** How many bins, 2 to 1000000, for all columns or for each. Default 5. */
  nBins: number | readonly number[];
  /** An indicator column for each bin, or its number. Default 'onehot'. */
  encode: 'onehot' | 'ordinal';
  /** Whether the steps after it in a pipeline are fitted on sparse rows; for 'onehot'. Default false: on dense ones. */
  sparseOutput: boolean;
  /** Bins of equally many rows, of equal width, or around the centres of k-means of the column. Default 'quantile'. */
  strategy: 'quantile' | 'uniform' | 'kmeans';
  /**
   * How the edges of 'quantile' are read off the sorted values (Hyndman and Fan 1996); with weights only 'averagedInvertedCdf' and
   * 'invertedCdf'. Default 'averagedInvertedCdf'.
   */
  quantileMethod: QuantileMethod;
  /** Where there are more rows, learn from so many of them, drawn with replacement, >= 1. Default null: from all. */
  subsample: number | null;
  /** Of that drawing: a seed, or null for a new one each time. Default null. */
  randomState: number | null;
}

/** Learned by {@link KBinsDiscretizer}. */
export interface KBinsDiscretizerState {
  /** [columns + 1]: the edges of column j stand at offsets[j] .. offsets[j + 1] in `edges`, one more than it has bins. */
  readonly offsets: Int32Array;
  /** Ascending by column; -Infinity and Infinity for a constant column. */
  readonly edges: Float64Array;
}

/**
 * Cuts each column into intervals: bin k holds the values from edge k to below edge k + 1, the first and the last bin also
 * what lies outside.
 *
 * Quantiles are by default those of the inverse of the distribution function, averaged where it jumps. Weights count for quantiles and
 * for k-means; rows that weigh 0 do not count. With `subsample`, rows are drawn by their weights.
 *
 * 'kmeans' starts from the middles of bins of equal width; edges lie halfway between centres.
 *
 * Differs from scikit-learn: of values that are as near to two centres of k-means rounding decides, there as here, so that columns of
 * few digits may get other bins. So may those where no value is near to a first centre: it goes to the value farthest from its own, and
 * the least and the greatest are equally far, half a bin, from theirs. The result of 'onehot' is dense, that of
 * `transformSparse` sparse; there is `sparseOutput` in place of 'onehot-dense'; `subsample` is null by default, not 200,000.
 *
 * @example
 * ```ts
 * import { KBinsDiscretizer } from 'boreal';
 * const bins = new KBinsDiscretizer({ nBins: 2, encode: 'ordinal', strategy: 'uniform' });
 * await bins.fit([[0], [4], [10]]);
 * bins.transformSync([[-1], [4], [5], [99]]).toArray(); // [[0], [0], [1], [1]]
 * ```
 */
export class KBinsDiscretizer
  extends InvertibleTransformer<KBinsDiscretizerParams, KBinsDiscretizerState>
  implements MakesSparse
{
  constructor(params: Partial<KBinsDiscretizerParams> = {}) {
    super({
      ...{ nBins: 5, encode: 'onehot', strategy: 'quantile', subsample: null, randomState: null },
      ...{ quantileMethod: 'averagedInvertedCdf', sparseOutput: false, ...params },
    });
  }

  get rules(): Rules<KBinsDiscretizerParams> {
    const bins = int(2, 1_000_000);
    return {
      nBins: either(
        bins,
        custom('a list with a whole number from 2 to 1000000 for each column', (v) => {
          return Array.isArray(v) && v.length > 0 && v.every(bins.allows);
        }),
      ),
      encode: oneOf('onehot', 'ordinal'),
      sparseOutput: bool,
      strategy: oneOf('quantile', 'uniform', 'kmeans'),
      quantileMethod: oneOf(...QUANTILE_METHODS),
      subsample: either(nothing, int(1)),
      randomState: seed,
    };
  }

  get stateRules(): Rules<KBinsDiscretizerState> {
    return { offsets: int32s(), edges: float64s() };
  }

  protected override checkState({ offsets, edges }: KBinsDiscretizerState, columns: readonly Column[]): void {
    checkLength(this, 'offsets', offsets, columns.length + 1);
    checkLength(this, 'edges', edges, offsets[columns.length]);
    if (offsets.some((offset, j) => offset < (j === 0 ? 0 : offsets[j - 1] + 2)))
      throw new ValidationError('ERR_PARAMETER', 'KBinsDiscretizer state: a column has no bin.');
  }

  protected async fitState({ x: all, sampleWeight, cancel }: FitInput): Promise<KBinsDiscretizerState> {
    const { nBins, strategy, quantileMethod } = this.params;
    if (typeof nBins !== 'number' && nBins.length !== all.cols) {
      throw new ValidationError(
        'ERR_SHAPE',
        `KBinsDiscretizer: nBins has ${nBins.length} numbers, but X has ${all.cols} columns.`,
      );
    }
    if (strategy === 'quantile' && sampleWeight !== null && !WEIGHTED_METHODS.includes(quantileMethod)) {
      const message = `KBinsDiscretizer: quantileMethod '${quantileMethod}' knows no weights; ${WEIGHTED_METHODS.join(' and ')} do.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const { x, weights } = this.#counted(all, sampleWeight);
    const bins = typeof nBins === 'number' ? new Array<number>(x.cols).fill(nBins) : nBins;
    const { min, max } = await rangesOf(x, cancel);
    let found: number[][];
    if (strategy === 'quantile') found = await quantileEdges(x, weights, bins, quantileMethod, cancel);
    else if (strategy === 'uniform') found = uniformEdges(bins, min, max);
    else found = await centreEdges(x, weights, bins, await momentsOf(x, cancel), cancel);
    const edges = found.map((of, j) => (min[j] === max[j] ? [-Infinity, Infinity] : of));
    const ends = new Int32Array(x.cols + 1);
    edges.forEach((of, j) => {
      ends[j + 1] = ends[j] + of.length;
    });
    return { offsets: ends, edges: Float64Array.from(edges.flat()) };
  }

  /** The rows that are learned from, and their weights. */
  #counted(all: Matrix, sampleWeight: Float64Array | null): { x: Matrix; weights: Float64Array | null } {
    const { subsample, randomState } = this.params;
    if (subsample !== null && subsample < all.rows) {
      const random = new Random(resolveSeed(randomState));
      const rows = sampleWeight
        ? drawRows(random, sampleWeight, subsample, true)
        : drawIndices(random, all.rows, subsample, true);
      return { x: all.takeRows(rows), weights: null };
    }
    if (!sampleWeight?.includes(0)) return { x: all, weights: sampleWeight };
    const rows = Int32Array.from(sampleWeight.keys()).filter((i) => sampleWeight[i] > 0);
    return { x: all.takeRows(rows), weights: Float64Array.from(rows, (i) => sampleWeight[i]) };
  }

  /** The edges of each column, one more than it has bins. @throws {ERR_NOT_FITTED} before `fit` */
  get binEdges(): Float64Array[] {
    const { offsets, edges } = this.state;
    return Array.from({ length: offsets.length - 1 }, (_, j) => edges.slice(offsets[j], offsets[j + 1]));
  }

  /** How many bins each column has, which may be fewer than asked for. @throws {ERR_NOT_FITTED} before `fit` */
  get nBins(): Int32Array {
    return Int32Array.from(this.binEdges, (edges) => edges.length - 1);
  }

  outputColumns(): readonly Column[] {
    if (this.fittedParams.encode === 'ordinal') return numberColumns(this.schema.columns);
    const { nBins } = this;
    return this.schema.columns.flatMap(({ name }, j) =>
      Array.from({ length: nBins[j] }, (_, bin): Column => ({ name: `${name}_${bin}.0`, kind: 'number' })),
    );
  }

  /** Whether what follows in a pipeline is fitted on sparse rows. @internal */
  get makesSparse(): boolean {
    return this.params.sparseOutput && this.params.encode === 'onehot';
  }

  /**
   * The indicators of bins of any rows, sparse, whatever `encode` is. No dense rows are made on the way.
   *
   * @returns [rows, bins of all columns], float64
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_ABORTED} when options.signal fires
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    const { nBins } = this;
    return indicatorRows(this, X, options, (plan, x) => {
      return { codes: this.#bins(plan, x), sizes: nBins, drop: new Int32Array(nBins.length).fill(-1) };
    });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const bins = this.#bins(plan, x);
    if (this.fittedParams.encode === 'ordinal') return bins;
    return plan.oneHot(bins, this.nBins, new Int32Array(x.width).fill(-1));
  }

  #bins(plan: PlanBuilder, x: Slot): Slot {
    // The number of inner edges that a value reaches is the number of its bin.
    const inner = this.binEdges.map((edges) => edges.subarray(1, -1));
    const most = Math.max(...inner.map((edges) => edges.length));
    const reached = Array.from({ length: most }, (_, k) =>
      plan.binary(
        x,
        'greaterEqual',
        Float64Array.from(inner, (edges) => edges[k] ?? Number.POSITIVE_INFINITY),
      ),
    );
    return most === 0
      ? plan.constant(x, new Float64Array(x.width))
      : reached.reduce((sum, more) => plan.binaryOf([sum, more], 'add'));
  }

  /** The middle of the bin of each value. @internal */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    const { nBins, binEdges } = this;
    const middles = binEdges.map((edges) => edges.subarray(1).map((edge, bin) => (edge + edges[bin]) / 2));
    return this.#middles(plan, x, nBins, middles);
  }

  #middles(plan: PlanBuilder, x: Slot, nBins: Int32Array, middles: Float64Array[]): Slot {
    const width = nBins.length;
    const values = Float64Array.from(middles.flatMap((of) => [...of]));
    const offsets = new Int32Array(width + 1);
    nBins.forEach((count, j) => {
      offsets[j + 1] = offsets[j] + count;
    });
    if (this.fittedParams.encode === 'ordinal') {
      return plan.lookup(x, offsets, values, new Float64Array(width).fill(Number.NaN));
    }
    const weights = new Float64Array(values.length * width);
    for (let j = 0; j < width; j++) {
      for (let k = offsets[j]; k < offsets[j + 1]; k++) weights[k * width + j] = values[k];
    }
    return plan.dense(x, weights, new Float64Array(width));
  }
}

/** Edges of equal steps from the least to the greatest value. */
function uniformEdges(bins: readonly number[], min: Float64Array, max: Float64Array): number[][] {
  return bins.map((count, j) => {
    const step = (max[j] - min[j]) / count;
    return Array.from({ length: count + 1 }, (_, k) => (k === count ? max[j] : min[j] + k * step));
  });
}

async function quantileEdges(
  x: Matrix,
  weights: Float64Array | null,
  bins: readonly number[],
  method: QuantileMethod,
  cancel: CancelHandle | null,
): Promise<number[][]> {
  const shares = (count: number) =>
    Array.from({ length: count + 1 }, (_, k) => Math.min(1, (k * (100 / count)) / 100));
  const starts = new Map<number, number>();
  const probabilities: number[] = [];
  for (const count of new Set(bins)) {
    starts.set(count, probabilities.length);
    probabilities.push(...shares(count));
  }
  const all = Float64Array.from(probabilities);
  const { data, rows, cols } = x;
  const isAveraged = method === 'averagedInvertedCdf';
  const quantiles =
    weights === null
      ? await native.columnQuantiles(data, rows, cols, all, method, cancel)
      : await native.weightedQuantiles(data, rows, cols, weights, all, isAveraged, cancel);
  return bins.map((count, j) => {
    const start = j * all.length + starts.get(count)!;
    return apart(quantiles.subarray(start, start + count + 1));
  });
}

/** Edges without those of bins that are too narrow. */
function apart([first, ...others]: Iterable<number>): number[] {
  const edges = [first];
  for (const edge of others) if (edge - edges[edges.length - 1] > NARROWEST) edges.push(edge);
  return edges;
}

/** Edges halfway between the centres of k-means of each column. */
async function centreEdges(
  { data, rows, cols }: Matrix,
  weights: Float64Array | null,
  bins: readonly number[],
  { min, max, variance }: ColumnMoments,
  cancel: CancelHandle | null,
): Promise<number[][]> {
  const all: number[][] = [];
  for (const [j, edges] of uniformEdges(bins, min, max).entries()) {
    if (min[j] === max[j]) {
      all.push(edges);
      continue;
    }
    const clusters = bins[j];
    if (rows < clusters) {
      const message = `KBinsDiscretizer: ${clusters} bins by k-means need as many rows; X has ${rows}.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const column = Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]);
    const spec: KMeansSpec = {
      ...{ clusters, init: 'array', centres: middlesOf(edges), restarts: 1, seed: 0 },
      ...{ maxIter: KMEANS_ROUNDS, tol: KMEANS_TOLERANCE * variance[j], elkan: false },
    };
    const { centres } = await native.fitKMeans(column, rows, 1, weights, spec, cancel, null);
    all.push(apart([min[j], ...middlesOf(centres.sort()), max[j]]));
  }
  return all;
}

/** The middles between neighbours. */
function middlesOf(values: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: values.length - 1 }, (_, k) => (values[k] + values[k + 1]) / 2);
}
