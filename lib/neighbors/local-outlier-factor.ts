/** Outliers by how sparse their surroundings are (Breunig, Kriegel, Ng and Sander, LOF, SIGMOD 2000). */

import type { Output } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, FitOptions, SparseFitInput } from '../core/fit-input.js';
import type { MatrixLike } from '../core/matrix.js';
import {
  SEARCH_DEFAULTS,
  type SearchParams,
  searchRules,
  searchSpec,
  searchTags,
} from '../core/neighbor-search.js';
import { OutlierDetector, scoreLimit } from '../core/outlier-detector.js';
import { bool, checkLength, either, float64s, int, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { StateError, ValidationError } from '../errors.js';
import { type CancelHandle, native } from '../native.js';
import {
  checkStoredRows,
  pointsOf,
  type StoredRows,
  sparseMetric,
  storedRowsRules,
  storeRows,
} from './stored-rows.js';

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
export interface LocalOutlierFactorState extends StoredRows {
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
 * Sparse rows are kept as {@link KNeighborsClassifier} keeps them.
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
    return { ...searchTags(this.params), keepsSparse: this.isFitted && this.state.sparse !== undefined };
  }

  get stateRules(): Rules<LocalOutlierFactorState> {
    const values = float64s();
    return {
      ...storedRowsRules,
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
    const rows = checkStoredRows(this, state, columns);
    checkLength(this, 'factor', state.factor, rows);
    checkLength(this, 'density', state.density, 2 * rows);
    if (state.neighbors <= rows) return;
    throw new ValidationError(
      'ERR_PARAMETER',
      'LocalOutlierFactor state: there are fewer rows than neighbors.',
    );
  }

  protected override fitSparse(input: SparseFitInput): Promise<LocalOutlierFactorState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<LocalOutlierFactorState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<LocalOutlierFactorState> {
    const { x, cancel } = input;
    if (x.rows < 2)
      throw new ValidationError(
        'ERR_EMPTY',
        'LocalOutlierFactor needs at least two rows: one has no neighbours.',
      );
    const { nNeighbors, contamination } = this.params;
    const neighbors = Math.min(nNeighbors, x.rows - 1);
    const rows = storeRows(this.params, input);
    const found = await factorsOf(rows, this.params, x.rows, neighbors, cancel);
    const density = new Float64Array(2 * x.rows);
    density.set(found.reach);
    density.set(found.density, x.rows);
    const offset = contamination === 'auto' ? -1.5 : await scoreLimit(found.factor, contamination, cancel);
    return { ...rows, factor: found.factor, density, neighbors, offset };
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
    const { density, neighbors } = this.state;
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: pointsOf(this.state),
      neighbors,
      vote: { kind: 'outlier', values: density },
    });
  }
}

function factorsOf(
  { points, sparse }: StoredRows,
  params: SearchParams,
  rows: number,
  count: number,
  cancel: CancelHandle | null,
) {
  const metric = sparseMetric(params);
  if (sparse === undefined || metric === null)
    return native.fitLocalOutliers(points, rows, points.length / rows, searchSpec(params), count, cancel);
  const spec = { metric, count, radius: 0, own: true };
  return native.csrLocalOutliers(...csrArguments(new CsrMatrix(sparse)), spec, cancel);
}
