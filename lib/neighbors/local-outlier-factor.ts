/** Outliers by how sparse their surroundings are (Breunig, Kriegel, Ng and Sander, LOF, SIGMOD 2000). */

import type { Output } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, FitOptions } from '../core/fit-input.js';
import type { FloatArray, MatrixLike } from '../core/matrix.js';
import {
  checkPoints,
  floats,
  SEARCH_DEFAULTS,
  type SearchParams,
  searchRules,
  searchSpec,
  searchTags,
  storedRows,
} from '../core/neighbor-search.js';
import { OutlierDetector, scoreLimit } from '../core/outlier-detector.js';
import { bool, checkLength, either, float64s, int, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Parameters of {@link LocalOutlierFactor}. */
export interface LocalOutlierFactorParams extends SearchParams {
  /** Number of neighbours, >= 1; one less than the training rows if there are not more. Default 20. */
  nNeighbors: number;
  /** Share of outliers among the training rows, in (0, 0.5]; 'auto' puts the limit at a factor of 1.5. Default 'auto'. */
  contamination: 'auto' | number;
  /**
   * Whether new rows are told from the training rows, which then should hold no outliers; otherwise the training rows
   * themselves are told, by `fitPredict` and `negativeOutlierFactor`. Default false.
   */
  novelty: boolean;
}

/** Learned by {@link LocalOutlierFactor}. */
export interface LocalOutlierFactorState {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
  /** Negated outlier factors of the training rows, [rows]. */
  readonly factor: Float64Array;
  /** Distance of each training row to its last neighbour, and its density, [2, rows]. */
  readonly density: Float64Array;
  /** Neighbours used. */
  readonly neighbors: number;
  /** Negated factors below this are outliers. */
  readonly offset: number;
}

/**
 * Local outlier factor: the mean density of a row's neighbours, divided by its own. About 1 within a cluster; the larger, the
 * more a row stands out. Densities are 1 over the mean distance to the neighbours, where a neighbour is at least as far as its own
 * last neighbour.
 *
 * `predict`, `decisionFunction` and `scoreSamples` are for new rows and throw ERR_NOT_SUPPORTED without `novelty`; do not give them
 * the training rows, whose factors leave each row itself out. `y` is not read.
 *
 * @example
 * ```ts
 * import { LocalOutlierFactor } from 'boreal';
 * const detector = new LocalOutlierFactor({ nNeighbors: 2 });
 * await detector.fitPredict([[1], [1.1], [1.2], [9]]); // [1, 1, 1, -1]
 * ```
 */
export class LocalOutlierFactor extends OutlierDetector<LocalOutlierFactorParams, LocalOutlierFactorState> {
  constructor(params: Partial<LocalOutlierFactorParams> = {}) {
    super({ ...SEARCH_DEFAULTS, nNeighbors: 20, contamination: 'auto', novelty: false, ...params });
  }

  get rules(): Rules<LocalOutlierFactorParams> {
    return {
      ...searchRules(this.params),
      nNeighbors: int(1, 0x7fff_ffff),
      contamination: either(oneOf('auto'), real(0, 0.5, 'min')),
      novelty: bool,
    };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<LocalOutlierFactorState> {
    const values = float64s();
    return {
      points: floats,
      factor: values,
      density: values,
      neighbors: int(1, 0x7fff_ffff),
      offset: real(),
    };
  }

  override get outputs(): readonly Output[] {
    const { novelty } = this.isFitted ? this.fittedParams : this.params;
    return novelty ? super.outputs : [];
  }

  protected override checkState(state: LocalOutlierFactorState, columns: readonly Column[]): void {
    const rows = checkPoints(this, state.points, columns);
    checkLength(this, 'factor', state.factor, rows);
    checkLength(this, 'density', state.density, 2 * rows);
    if (state.neighbors <= rows) return;
    throw new ValidationError(
      'ERR_PARAMETER',
      'LocalOutlierFactor state: there are fewer rows than neighbors.',
    );
  }

  protected async fitState({ x, cancel }: FitInput): Promise<LocalOutlierFactorState> {
    if (x.rows < 2)
      throw new ValidationError(
        'ERR_EMPTY',
        'LocalOutlierFactor needs at least two rows: one has no neighbours.',
      );
    const { nNeighbors, contamination } = this.params;
    const neighbors = Math.min(nNeighbors, x.rows - 1);
    const spec = searchSpec(this.params);
    const found = await native.fitLocalOutliers(x.data, x.rows, x.cols, spec, neighbors, cancel);
    const density = new Float64Array(2 * x.rows);
    density.set(found.reach);
    density.set(found.density, x.rows);
    const offset = contamination === 'auto' ? -1.5 : await scoreLimit(found.factor, contamination, cancel);
    return { points: storedRows(x), factor: found.factor, density, neighbors, offset };
  }

  /** Negated factors of the training rows: about -1 within a cluster, lower for outliers. @throws {ERR_NOT_FITTED} before `fit` */
  get negativeOutlierFactor(): Float64Array {
    return this.state.factor.slice();
  }

  /** Negated factors below this are outliers. @throws {ERR_NOT_FITTED} before `fit` */
  get offset(): number {
    return this.state.offset;
  }

  /** Number of neighbours used. @throws {ERR_NOT_FITTED} before `fit` */
  get nNeighbors(): number {
    return this.state.neighbors;
  }

  /** Fits, then says of the same rows: -1 for outliers, else 1. */
  override async fitPredict(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<number[]> {
    await this.fit(X, y, options);
    const { factor, offset } = this.state;
    return Array.from(factor, (value) => (value < offset ? -1 : 1));
  }

  protected lowerScores(plan: PlanBuilder, x: Slot): Slot {
    if (!this.fittedParams.novelty) {
      throw new StateError(
        'ERR_NOT_SUPPORTED',
        'LocalOutlierFactor tells outliers among its training rows, by fitPredict; for new rows fit it with novelty: true.',
      );
    }
    const { points, density, neighbors } = this.state;
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points,
      neighbors,
      vote: { kind: 'outlier', values: density },
    });
  }
}
