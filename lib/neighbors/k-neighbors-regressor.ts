/** Regression by the mean of the nearest training rows. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { searchSpec, searchTags } from '../core/neighbor-search.js';
import type { Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  checkNeighbors,
  NEIGHBORS_DEFAULTS,
  type NeighborsParams,
  neighborsRules,
} from './nearest-training-rows.js';
import { type Neighbors, type NeighborsOptions, RowSearch } from './row-search.js';
import { pointsOf } from './stored-rows.js';
import {
  checkStoredTargets,
  type StoredTargets,
  storedTargetsRules,
  storeTargets,
} from './stored-targets.js';

/** Parameters of {@link KNeighborsRegressor}. */
export interface KNeighborsRegressorParams extends NeighborsParams {}

/** Learned by {@link KNeighborsRegressor}: the training set. */
export type KNeighborsRegressorState = StoredTargets;

/**
 * Predicts the mean of the targets of the `nNeighbors` nearest training rows, weighted by 1 / distance if `weights` says so; of
 * training rows at equal distances the one that came first is nearer. The training rows are what is learned and saved; they are
 * indexed when a plan is made.
 *
 * Sparse rows are kept as {@link KNeighborsClassifier} keeps them.
 *
 * Differs from scikit-learn as {@link KNeighborsClassifier} does.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { KNeighborsRegressor } from 'boreal';
 * const model = await new KNeighborsRegressor({ nNeighbors: 2 }).fit([[0], [1], [2], [3]], [0, 10, 20, 30]);
 * model.predictSync([[1.2]]); // Float64Array [15]
 * ```
 */
export class KNeighborsRegressor<Y extends FloatArray | Matrix = FloatArray> extends Regressor<
  KNeighborsRegressorParams,
  KNeighborsRegressorState,
  Y
> {
  readonly #search = new RowSearch();

  constructor(params: Partial<KNeighborsRegressorParams> = {}) {
    super({ ...NEIGHBORS_DEFAULTS, ...params });
  }

  get rules(): Rules<KNeighborsRegressorParams> {
    return neighborsRules(this.params);
  }

  override get tags(): EstimatorTags {
    const keepsSparse = this.isFitted && this.state.sparse !== undefined;
    return { ...searchTags(this.params), multiOutput: true, keepsSparse };
  }

  get stateRules(): Rules<KNeighborsRegressorState> {
    return storedTargetsRules;
  }

  protected override checkState(state: KNeighborsRegressorState, columns: readonly Column[]): void {
    checkStoredTargets(this, state, columns);
  }

  protected override fitSparse(input: SparseFitInput): Promise<KNeighborsRegressorState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<KNeighborsRegressorState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<KNeighborsRegressorState> {
    checkNeighbors(this, this.params.nNeighbors, input);
    return storeTargets(this.params, input);
  }

  /**
   * The nearest training rows, see {@link NearestNeighbors.kneighbors}.
   *
   * @param X - rows, or nothing for the training rows, each of which is then not its own neighbour
   */
  kneighbors(X?: MatrixLike | null, options: NeighborsOptions = {}): Promise<Neighbors> {
    const { nNeighbors = this.fittedParams.nNeighbors } = options;
    return this.#search.nearest(this, { rows: this.state, params: this.fittedParams }, X, {
      ...options,
      nNeighbors,
    });
  }

  protected override countOf({ outputs = 1 }: KNeighborsRegressorState): number {
    return outputs;
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { targets, outputs = 1 } = this.state;
    const { nNeighbors, weights } = this.fittedParams;
    return plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: pointsOf(this.state),
      neighbors: nNeighbors,
      vote: { kind: 'mean', targets, outputs },
      distanceWeights: weights === 'distance',
    });
  }
}
