/** Principal components of data that comes in parts. */
import type { FitInput, FitOptions } from '../core/fit-input.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { bool, checkLength, either, float64s, int, nothing, type Rules } from '../core/params.js';
import { exactAxes } from '../core/principal-axes.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { Projection, type ProjectionState } from './projection.js';

/** Parameters of {@link IncrementalPCA}. */
export interface IncrementalPCAParams {
  /** How many components; null: the smaller of columns and rows of the first batch. Default null. */
  nComponents: number | null;
  /** Divide the coordinates by their deviation over the training rows. Default false. */
  whiten: boolean;
  /** Rows that `fit` takes at a time; null: five times the columns. Default null. */
  batchSize: number | null;
}

/** Learned by {@link IncrementalPCA}. */
export interface IncrementalPCAState extends ProjectionState {
  /** [columns] */
  readonly mean: Float64Array;
  /** Variances of the columns, [columns]. */
  readonly variance: Float64Array;
  /** [1] mean variance of what is left out */
  readonly noise: Float64Array;
  readonly nSamplesSeen: number;
}

/**
 * Principal components batch by batch: the axes so far, stretched by their singular values, stand for all rows before (Ross, Lim, Lin
 * and Yang 2008). Memory is that of a batch. {@link IncrementalPCA.partialFit} takes rows as they come.
 *
 * Differs from scikit-learn: each axis has its largest component positive; sample weights are ignored in both.
 *
 * @example
 * ```ts
 * import { IncrementalPCA } from 'boreal';
 * const pca = new IncrementalPCA({ nComponents: 1 });
 * await pca.partialFit([[0, 0], [1, 2]]);
 * await pca.partialFit([[2, 4], [3, 6]]);
 * pca.nSamplesSeen; // 4
 * Math.abs(pca.explainedVarianceRatio[0] - 1) < 1e-12; // true
 * ```
 */
export class IncrementalPCA extends Projection<IncrementalPCAParams, IncrementalPCAState> {
  constructor(params: Partial<IncrementalPCAParams> = {}) {
    super({ nComponents: null, whiten: false, batchSize: null, ...params });
  }

  get rules(): Rules<IncrementalPCAParams> {
    return { nComponents: either(int(1), nothing), whiten: bool, batchSize: either(int(1), nothing) };
  }

  get stateRules(): Rules<IncrementalPCAState> {
    const numbers = float64s();
    return {
      ...{ components: numbers, explainedVariance: numbers, explainedVarianceRatio: numbers },
      ...{ singularValues: numbers, mean: numbers, variance: numbers, noise: float64s(1) },
      nSamplesSeen: int(1),
    };
  }

  protected override checkState(state: IncrementalPCAState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'mean', state.mean, columns.length);
    checkLength(this, 'variance', state.variance, columns.length);
  }

  protected async fitState({ x, signal }: FitInput): Promise<IncrementalPCAState> {
    const { nComponents, batchSize } = this.params;
    const size = batchSize ?? 5 * x.cols;
    const least = nComponents ?? 1;
    let state: IncrementalPCAState | null = null;
    for (let from = 0; from < x.rows; ) {
      // A last batch that is too small for the components goes with the one before.
      const to = from + size + least > x.rows ? x.rows : from + size;
      const batch = await x.slice(from, Math.min(to, x.rows)).astypeAsync('float64', { signal });
      state = await this.#learn(batch, state, signal);
      from = Math.min(to, x.rows);
    }
    return state as IncrementalPCAState;
  }

  /**
   * Learns from more rows: the first call needs as many as there are components, and two.
   *
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  partialFit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
    return this.fitPart(X, y, options, async ({ x, signal }, before) =>
      this.#learn(await x.astypeAsync('float64', { signal }), before, signal),
    );
  }

  async #learn(
    x: Matrix<Float64Array>,
    before: IncrementalPCAState | null,
    signal: AbortSignal | undefined,
  ): Promise<IncrementalPCAState> {
    const { rows, cols } = x;
    const kept = before?.singularValues.length ?? this.params.nComponents ?? Math.min(rows, cols);
    if (kept > cols || (before === null && (kept > rows || rows < 2))) {
      throw new ValidationError(
        kept > cols ? 'ERR_PARAMETER' : 'ERR_SHAPE',
        `IncrementalPCA: ${kept} components need as many columns, and as many rows (at least two) at first; X has shape [${rows}, ${cols}].`,
      );
    }
    const seen = before?.nSamplesSeen ?? 0;
    const total = seen + rows;
    const own = await native.columnMoments(x.data, rows, cols, null, null);
    const { mean, variance } = joined(before, own, rows);
    const stacked = await this.#stack(x, before, own.mean, signal);
    const { values, axes } = await exactAxes(stacked, signal);
    const all = values.map((value) => value ** 2 / (total - 1));
    const spread = variance.reduce((sum, v) => sum + v, 0) * total;
    const left = all.subarray(kept);
    const whole = kept === Math.min(rows, cols) && (kept === rows || kept === cols);
    return {
      components: axes.data.slice(0, kept * cols),
      explainedVariance: all.slice(0, kept),
      explainedVarianceRatio: values.slice(0, kept).map((value) => (spread > 0 ? value ** 2 / spread : 0)),
      singularValues: values.slice(0, kept),
      mean,
      variance,
      noise: Float64Array.of(
        whole || left.length === 0 ? 0 : left.reduce((sum, value) => sum + value, 0) / left.length,
      ),
      nSamplesSeen: total,
    };
  }

  /** The centred rows below what stands for those before, and a row for the shift of the mean. */
  async #stack(
    x: Matrix<Float64Array>,
    before: IncrementalPCAState | null,
    mean: Float64Array,
    signal: AbortSignal | undefined,
  ): Promise<Matrix<Float64Array>> {
    const { rows, cols } = x;
    const centred = await x.subAsync(new Matrix(mean, 1, cols), { signal });
    if (before === null) return centred;
    const { components, singularValues, nSamplesSeen } = before;
    const kept = singularValues.length;
    const data = new Float64Array((kept + rows + 1) * cols);
    for (let k = 0; k < kept; k++) {
      for (let j = 0; j < cols; j++) data[k * cols + j] = singularValues[k] * components[k * cols + j];
    }
    data.set(centred.data, kept * cols);
    const pull = Math.sqrt((nSamplesSeen / (nSamplesSeen + rows)) * rows);
    for (let j = 0; j < cols; j++) data[(kept + rows) * cols + j] = pull * (before.mean[j] - mean[j]);
    return new Matrix(data, kept + rows + 1, cols);
  }

  protected get centre(): Float64Array {
    return this.state.mean;
  }

  protected get axisScale(): Float64Array | null {
    if (!this.fittedParams.whiten) return null;
    return this.state.explainedVariance.map((v) => Math.max(Math.sqrt(v), Number.EPSILON));
  }

  /** Means of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get mean(): Float64Array {
    return this.state.mean.slice();
  }

  /** Variances of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get var(): Float64Array {
    return this.state.variance.slice();
  }

  /** Mean variance of the components that were left out. @throws {ERR_NOT_FITTED} before `fit` */
  get noiseVariance(): number {
    return this.state.noise[0];
  }

  /** Rows learned from so far. @throws {ERR_NOT_FITTED} before `fit` */
  get nSamplesSeen(): number {
    return this.state.nSamplesSeen;
  }
}

/** Mean and variance of the rows before and a batch (Chan, Golub and LeVeque 1979). */
function joined(
  before: IncrementalPCAState | null,
  own: { mean: Float64Array; variance: Float64Array },
  rows: number,
): { mean: Float64Array; variance: Float64Array } {
  if (before === null) return { mean: own.mean, variance: own.variance };
  const seen = before.nSamplesSeen;
  const total = seen + rows;
  const shift = own.mean.map((value, j) => value - before.mean[j]);
  return {
    mean: before.mean.map((value, j) => value + (shift[j] * rows) / total),
    variance: before.variance.map(
      (value, j) => (seen * value + rows * own.variance[j] + (shift[j] ** 2 * seen * rows) / total) / total,
    ),
  };
}
