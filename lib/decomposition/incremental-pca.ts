/** Principal components of data that comes in parts. */
import type { FitInput, FitOptions } from '../core/fit-input.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { bool, checkLength, either, float64s, int, nothing, type Rules } from '../core/params.js';
import { pointed } from '../core/principal-axes.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import type { NativeAxes } from '../native/cluster.js';
import { native } from '../native.js';
import { PrincipalComponents, type PrincipalComponentsState } from './principal-components.js';

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
export interface IncrementalPCAState extends PrincipalComponentsState {
  /** Variances of the columns, [columns]. */
  readonly variance: Float64Array;
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
export class IncrementalPCA extends PrincipalComponents<IncrementalPCAParams, IncrementalPCAState> {
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
    checkLength(this, 'variance', state.variance, columns.length);
  }

  protected fitState(input: FitInput): Promise<IncrementalPCAState> {
    return this.#learn(input, null, this.params.batchSize ?? 5 * input.x.cols);
  }

  /**
   * Learns from more rows: the first call needs as many as there are components, and two.
   *
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  partialFit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
    return this.fitPart(X, y, options, (input, before) => this.#learn(input, before, input.x.rows));
  }

  async #learn(
    { x, cancel }: FitInput,
    before: IncrementalPCAState | null,
    batchRows: number,
  ): Promise<IncrementalPCAState> {
    const { nComponents } = this.params;
    const { data, rows, cols } = x;
    // A last batch that is too small for the components goes with the one before.
    const least = nComponents ?? 1;
    const first = rows < batchRows + least ? rows : batchRows;
    let last = rows;
    while (last > batchRows && last - batchRows >= least) last -= batchRows;
    const kept = before?.singularValues.length ?? nComponents ?? Math.min(first, cols);
    if (kept > cols || (before === null && (kept > first || first < 2))) {
      throw new ValidationError(
        kept > cols ? 'ERR_PARAMETER' : 'ERR_SHAPE',
        `IncrementalPCA: ${kept} components need as many columns, and as many rows (at least two) at first; X has shape [${first}, ${cols}].`,
      );
    }
    const spec = { ...axesSoFar(before), kept, batchRows, least };
    const axes = await native.fitIncrementalAxes(data, rows, cols, spec, cancel);
    const { values, mean, variance, seen } = axes;
    const all = values.map((value) => value ** 2 / (seen - 1));
    const spread = variance.reduce((sum, v) => sum + v, 0) * seen;
    // As in scikit-learn, as many components as the last batch has rows leave nothing out.
    const left = kept === last ? [] : Array.from(all.subarray(kept));
    return {
      components: pointed(new Matrix(axes.components, kept, cols)).data,
      explainedVariance: all.slice(0, kept),
      explainedVarianceRatio: values.slice(0, kept).map((value) => (spread > 0 ? value ** 2 / spread : 0)),
      singularValues: values.slice(0, kept),
      mean,
      variance,
      noise: Float64Array.of(left.length === 0 ? 0 : left.reduce((sum, v) => sum + v, 0) / left.length),
      nSamplesSeen: seen,
    };
  }

  /** Variances of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get var(): Float64Array {
    return this.state.variance.slice();
  }

  /** Rows learned from so far. @throws {ERR_NOT_FITTED} before `fit` */
  get nSamplesSeen(): number {
    return this.state.nSamplesSeen;
  }
}

/** As the native core goes on from it. */
function axesSoFar(state: IncrementalPCAState | null): NativeAxes {
  const none = new Float64Array(0);
  if (state === null) return { components: none, values: none, mean: none, variance: none, seen: 0 };
  const { components, singularValues: values, mean, variance, nSamplesSeen: seen } = state;
  return { components, values, mean, variance, seen };
}
