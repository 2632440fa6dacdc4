/** Regression by the mean of the training rows within a radius. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray } from '../core/matrix.js';
import { checkPoints, floats, searchSpec, searchTags, storedRows } from '../core/neighbor-search.js';
import { checkLength, float64s, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { RADIUS_DEFAULTS, type RadiusNeighborsParams, radiusRules } from './nearest-training-rows.js';

/** Parameters of {@link RadiusNeighborsRegressor}. */
export interface RadiusNeighborsRegressorParams extends RadiusNeighborsParams {}

/** Learned by {@link RadiusNeighborsRegressor}: the training set. */
export interface RadiusNeighborsRegressorState {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
  /** [rows] */
  readonly targets: Float64Array;
}

/**
 * Predicts the mean of the targets of the training rows at most `radius` away, weighted by 1 / distance if `weights` says so; NaN
 * where there are none.
 *
 * Differs from scikit-learn as {@link KNeighborsClassifier} does.
 *
 * @example
 * ```ts
 * import { RadiusNeighborsRegressor } from 'boreal';
 * const model = await new RadiusNeighborsRegressor({ radius: 1 }).fit([[0], [1], [2], [3]], [0, 10, 20, 60]);
 * model.predictSync([[2]]); // Float64Array [30]
 * ```
 */
export class RadiusNeighborsRegressor extends Regressor<
  RadiusNeighborsRegressorParams,
  RadiusNeighborsRegressorState
> {
  constructor(params: Partial<RadiusNeighborsRegressorParams> = {}) {
    super({ ...RADIUS_DEFAULTS, ...params });
  }

  get rules(): Rules<RadiusNeighborsRegressorParams> {
    return radiusRules(this.params);
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<RadiusNeighborsRegressorState> {
    return { points: floats, targets: float64s() };
  }

  protected override checkState(state: RadiusNeighborsRegressorState, columns: readonly Column[]): void {
    checkLength(this, 'targets', state.targets, checkPoints(this, state.points, columns));
  }

  protected async fitState(input: FitInput): Promise<RadiusNeighborsRegressorState> {
    return { points: storedRows(input.x), targets: fitTargets(input) };
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { points, targets } = this.state;
    const { radius, weights } = this.fittedParams;
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points,
      neighbors: 0,
      radius,
      vote: { kind: 'mean', targets, outputs: 1 },
      distanceWeights: weights === 'distance',
    });
  }
}
