/** Classification by a vote of the nearest training rows (Cover and Hart, Nearest neighbor pattern classification, 1967). */

import { mostProbable } from '../core/class-lists.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { Classifier } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
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
import {
  checkStoredClasses,
  type StoredClasses,
  storeClasses,
  storedClassesRules,
  voteOf,
} from './stored-classes.js';
import { pointsOf } from './stored-rows.js';

/** Parameters of {@link KNeighborsClassifier}. */
export interface KNeighborsClassifierParams extends NeighborsParams {}

/** Learned by {@link KNeighborsClassifier}: the training set. */
export type KNeighborsClassifierState = StoredClasses;

/**
 * Predicts the class that most of the `nNeighbors` nearest training rows have; of equal shares the first class in the order of
 * `classes`, and of training rows at equal distances the one that came first. The training rows are what is learned and saved;
 * they are indexed when a plan is made.
 *
 * Of several targets, [rows, targets], each is voted on by itself: `predict` gives a list for each row, `predictProba` a matrix for each
 * target.
 *
 * Sparse rows stay as they are with 'euclidean' (also 'minkowski' with p = 2) and 'cosine': distances to all are computed from them, in
 * float64 whatever `algorithm` is, and a plan holds them dense, up to 2^28 values. Other metrics make them dense.
 *
 * Differs from scikit-learn: `nNeighbors` beyond the training rows is refused by `fit`; `weights` takes no function. 'cosine' goes with
 * trees, too.
 *
 * @typeParam L - what `predict` says of a row: `Label[]` of several targets
 * @example
 * ```ts
 * import { KNeighborsClassifier } from 'boreal';
 * const model = new KNeighborsClassifier({ nNeighbors: 3 });
 * await model.fit([[0], [1], [2], [10], [11]], ['low', 'low', 'low', 'high', 'high']);
 * model.predictSync([[1.5], [10.2]]); // ['low', 'high']
 * model.predictProbaSync([[10.2]]).toArray(); // [[0.6666666666666666, 0.3333333333333333]]
 * ```
 */
export class KNeighborsClassifier<L extends Label | Label[] = Label> extends Classifier<
  KNeighborsClassifierParams,
  KNeighborsClassifierState,
  L
> {
  readonly #search = new RowSearch();

  constructor(params: Partial<KNeighborsClassifierParams> = {}) {
    super({ ...NEIGHBORS_DEFAULTS, ...params });
  }

  get rules(): Rules<KNeighborsClassifierParams> {
    return neighborsRules(this.params);
  }

  override get tags(): EstimatorTags {
    const keepsSparse = this.isFitted && this.state.sparse !== undefined;
    return { ...searchTags(this.params), multiOutput: true, keepsSparse };
  }

  get stateRules(): Rules<KNeighborsClassifierState> {
    return storedClassesRules;
  }

  protected override checkState(state: KNeighborsClassifierState, columns: readonly Column[]): void {
    checkStoredClasses(this, state, columns);
  }

  protected override fitSparse(input: SparseFitInput): Promise<KNeighborsClassifierState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<KNeighborsClassifierState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<KNeighborsClassifierState> {
    checkNeighbors(this, this.params.nNeighbors, input);
    return storeClasses(this.params, input);
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

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { classes } = this.state;
    const { nNeighbors, weights } = this.fittedParams;
    const shares = plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: pointsOf(this.state),
      neighbors: nNeighbors,
      vote: voteOf(this.state),
      distanceWeights: weights === 'distance',
    });
    return output === 'proba' ? shares : mostProbable(plan, shares, classes);
  }
}
