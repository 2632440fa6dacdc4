/** Regression by the mean of the training rows within a radius. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { searchSpec, searchTags } from '../core/neighbor-search.js';
import type { Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { RADIUS_DEFAULTS, type RadiusNeighborsParams, radiusRules } from './nearest-training-rows.js';
import { pointsOf } from './stored-rows.js';
import {
  checkStoredTargets,
  type StoredTargets,
  storedTargetsRules,
  storeTargets,
} from './stored-targets.js';

/** Parameters of {@link RadiusNeighborsRegressor}. */
export interface RadiusNeighborsRegressorParams extends RadiusNeighborsParams {}

/** Learned by {@link RadiusNeighborsRegressor}: the training set. */
export type RadiusNeighborsRegressorState = StoredTargets;

/**
 * Predicts the mean of the targets of the training rows at most `radius` away, weighted by 1 / distance if `weights` says so; NaN
 * where there are none.
 *
 * Sparse rows are kept as {@link KNeighborsClassifier} keeps them.
 *
 * Differs from scikit-learn as {@link KNeighborsClassifier} does.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { RadiusNeighborsRegressor } from 'boreal';
 * const model = await new RadiusNeighborsRegressor({ radius: 1 }).fit([[0], [1], [2], [3]], [0, 10, 20, 60]);
 * model.predictSync([[2]]); // Float64Array [30]
 * ```
 */
export class RadiusNeighborsRegressor<Y extends FloatArray | Matrix = FloatArray> extends Regressor<
  RadiusNeighborsRegressorParams,
  RadiusNeighborsRegressorState,
  Y
> {
  constructor(params: Partial<RadiusNeighborsRegressorParams> = {}) {
    super({ ...RADIUS_DEFAULTS, ...params });
  }

  get rules(): Rules<RadiusNeighborsRegressorParams> {
    return radiusRules(this.params);
  }

  override get tags(): EstimatorTags {
    const keepsSparse = this.isFitted && this.state.sparse !== undefined;
    return { ...searchTags(this.params), multiOutput: true, keepsSparse };
  }

  get stateRules(): Rules<RadiusNeighborsRegressorState> {
    return storedTargetsRules;
  }

  protected override checkState(state: RadiusNeighborsRegressorState, columns: readonly Column[]): void {
    checkStoredTargets(this, state, columns);
  }

  protected override fitSparse(input: SparseFitInput): Promise<RadiusNeighborsRegressorState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<RadiusNeighborsRegressorState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<RadiusNeighborsRegressorState> {
    return storeTargets(this.params, input);
  }

  protected override countOf({ outputs = 1 }: RadiusNeighborsRegressorState): number {
    return outputs;
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { targets, outputs = 1 } = this.state;
    const { radius, weights } = this.fittedParams;
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: pointsOf(this.state),
      neighbors: 0,
      radius,
      vote: { kind: 'mean', targets, outputs },
      distanceWeights: weights === 'distance',
    });
  }
}
