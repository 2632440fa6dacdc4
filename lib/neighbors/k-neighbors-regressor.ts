/** Regression by the mean of the nearest training rows. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, MatrixLike } from '../core/matrix.js';
import { checkPoints, floats, searchSpec, searchTags, storedRows } from '../core/neighbor-search.js';
import { checkLength, float64s, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  checkNeighbors,
  NEIGHBORS_DEFAULTS,
  type NeighborsParams,
  neighborsRules,
} from './nearest-training-rows.js';
import { type Neighbors, type NeighborsOptions, RowSearch } from './row-search.js';

/** Parameters of {@link KNeighborsRegressor}. */
export interface KNeighborsRegressorParams extends NeighborsParams {}

/** Learned by {@link KNeighborsRegressor}: the training set. */
export interface KNeighborsRegressorState {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
  /** [rows] */
  readonly targets: Float64Array;
}

/**
 * Predicts the mean of the targets of the `nNeighbors` nearest training rows, weighted by 1 / distance if `weights` says so; of
 * training rows at equal distances the one that came first is nearer. The training rows are what is learned and saved; they are
 * indexed when a plan is made.
 *
 * Differs from scikit-learn as {@link KNeighborsClassifier} does.
 *
 * @example
 * ```ts
 * import { KNeighborsRegressor } from 'boreal';
 * const model = await new KNeighborsRegressor({ nNeighbors: 2 }).fit([[0], [1], [2], [3]], [0, 10, 20, 30]);
 * model.predictSync([[1.2]]); // Float64Array [15]
 * ```
 */
export class KNeighborsRegressor extends Regressor<KNeighborsRegressorParams, KNeighborsRegressorState> {
  readonly #search = new RowSearch();

  constructor(params: Partial<KNeighborsRegressorParams> = {}) {
    super({ ...NEIGHBORS_DEFAULTS, ...params });
  }

  get rules(): Rules<KNeighborsRegressorParams> {
    return neighborsRules(this.params);
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<KNeighborsRegressorState> {
    return { points: floats, targets: float64s() };
  }

  protected override checkState(state: KNeighborsRegressorState, columns: readonly Column[]): void {
    checkLength(this, 'targets', state.targets, checkPoints(this, state.points, columns));
  }

  protected async fitState(input: FitInput): Promise<KNeighborsRegressorState> {
    checkNeighbors(this, this.params.nNeighbors, input);
    return { points: storedRows(input.x), targets: fitTargets(input) };
  }

  /**
   * The nearest training rows, see {@link NearestNeighbors.kneighbors}.
   *
   * @param X - rows, or nothing for the training rows, each of which is then not its own neighbour
   */
  kneighbors(X?: MatrixLike | null, options: NeighborsOptions = {}): Promise<Neighbors> {
    const { nNeighbors = this.fittedParams.nNeighbors } = options;
    return this.#search.nearest(this, this.state.points, searchSpec(this.fittedParams), X, {
      ...options,
      nNeighbors,
    });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { points, targets } = this.state;
    const { nNeighbors, weights } = this.fittedParams;
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points,
      neighbors: nNeighbors,
      vote: { kind: 'mean', targets, outputs: 1 },
      distanceWeights: weights === 'distance',
    });
  }
}
