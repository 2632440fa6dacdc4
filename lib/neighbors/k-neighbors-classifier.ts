/** Classification by a vote of the nearest training rows (Cover and Hart, Nearest neighbor pattern classification, 1967). */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels } from '../core/fit-input.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { FloatArray, MatrixLike } from '../core/matrix.js';
import { checkPoints, floats, searchSpec, searchTags, storedRows } from '../core/neighbor-search.js';
import { checkLength, int32s, labels, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import {
  checkNeighbors,
  NEIGHBORS_DEFAULTS,
  type NeighborsParams,
  neighborsRules,
} from './nearest-training-rows.js';
import { type Neighbors, type NeighborsOptions, RowSearch } from './row-search.js';

/** Parameters of {@link KNeighborsClassifier}. */
export interface KNeighborsClassifierParams extends NeighborsParams {}

/** Learned by {@link KNeighborsClassifier}: the training set. */
export interface KNeighborsClassifierState extends ClassifierState {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
  /** The class of each row. */
  readonly codes: Int32Array;
}

/**
 * Predicts the class that most of the `nNeighbors` nearest training rows have; of equal shares the first class in the order of
 * `classes`, and of training rows at equal distances the one that came first. The training rows are what is learned and saved;
 * they are indexed when a plan is made.
 *
 * Differs from scikit-learn: `nNeighbors` beyond the training rows is refused by `fit`; `weights` takes no function, and there
 * are no several targets. 'cosine' goes with trees, too.
 *
 * @example
 * ```ts
 * import { KNeighborsClassifier } from 'boreal';
 * const model = new KNeighborsClassifier({ nNeighbors: 3 });
 * await model.fit([[0], [1], [2], [10], [11]], ['low', 'low', 'low', 'high', 'high']);
 * model.predictSync([[1.5], [10.2]]); // ['low', 'high']
 * model.predictProbaSync([[10.2]]).toArray(); // [[0.6666666666666666, 0.3333333333333333]]
 * ```
 */
export class KNeighborsClassifier extends Classifier<KNeighborsClassifierParams, KNeighborsClassifierState> {
  readonly #search = new RowSearch();

  constructor(params: Partial<KNeighborsClassifierParams> = {}) {
    super({ ...NEIGHBORS_DEFAULTS, ...params });
  }

  get rules(): Rules<KNeighborsClassifierParams> {
    return neighborsRules(this.params);
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<KNeighborsClassifierState> {
    return { points: floats, codes: int32s(), classes: labels };
  }

  protected override checkState(state: KNeighborsClassifierState, columns: readonly Column[]): void {
    checkLength(this, 'codes', state.codes, checkPoints(this, state.points, columns));
    if (state.codes.every((code) => code >= 0 && code < state.classes.length)) return;
    throw new ValidationError('ERR_PARAMETER', `${this.constructor.name} state: 'codes' names no class.`);
  }

  protected async fitState(input: FitInput): Promise<KNeighborsClassifierState> {
    checkNeighbors(this, this.params.nNeighbors, input);
    return { ...fitLabels(input), points: storedRows(input.x) };
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

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { points, codes, classes } = this.state;
    const { nNeighbors, weights } = this.fittedParams;
    const shares = plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points,
      neighbors: nNeighbors,
      vote: { kind: 'classes', codes, classes: classes.length },
      distanceWeights: weights === 'distance',
    });
    return output === 'proba' ? shares : plan.argmax(shares);
  }
}
