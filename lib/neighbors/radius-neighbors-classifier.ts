/** Classification by a vote of the training rows within a radius. */

import { areSeveral, classLists, mostProbable, weightsByTarget } from '../core/class-lists.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { Classifier } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { searchSpec, searchTags } from '../core/neighbor-search.js';
import { custom, type Rules, show } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { RADIUS_DEFAULTS, type RadiusNeighborsParams, radiusRules } from './nearest-training-rows.js';
import {
  checkStoredClasses,
  type StoredClasses,
  storeClasses,
  storedClassesRules,
  voteOf,
} from './stored-classes.js';
import { pointsOf } from './stored-rows.js';

/** Parameters of {@link RadiusNeighborsClassifier}. */
export interface RadiusNeighborsClassifierParams extends RadiusNeighborsParams {
  /**
   * The class of rows without neighbours: a label, of several targets a list of one for each, or null for the most frequent one. Default
   * null.
   */
  outlierLabel: Label | readonly Label[] | null;
}

/** Learned by {@link RadiusNeighborsClassifier}: the training set. */
export type RadiusNeighborsClassifierState = StoredClasses;

/**
 * Predicts the class that most training rows at most `radius` away have; of equal shares the first class in the order of `classes`.
 *
 * Sparse rows are kept as {@link KNeighborsClassifier} keeps them.
 *
 * Differs from scikit-learn: rows without neighbours are of the most frequent class, unless `outlierLabel` says otherwise (there:
 * an error), which is a label of y; the rest as {@link KNeighborsClassifier}.
 *
 * @typeParam L - what `predict` says of a row: `Label[]` of several targets
 * @throws {ERR_PARAMETER} from `fit`, for an `outlierLabel` that is no label of its target, or a list of another length
 * @example
 * ```ts
 * import { RadiusNeighborsClassifier } from 'boreal';
 * const model = new RadiusNeighborsClassifier({ radius: 2, outlierLabel: 'high' });
 * await model.fit([[0], [1], [2], [10], [11]], ['low', 'low', 'low', 'high', 'high']);
 * model.predictSync([[1.5], [50]]); // ['low', 'high']
 * ```
 */
export class RadiusNeighborsClassifier<L extends Label | Label[] = Label> extends Classifier<
  RadiusNeighborsClassifierParams,
  RadiusNeighborsClassifierState,
  L
> {
  constructor(params: Partial<RadiusNeighborsClassifierParams> = {}) {
    super({ ...RADIUS_DEFAULTS, outlierLabel: null, ...params });
  }

  get rules(): Rules<RadiusNeighborsClassifierParams> {
    return {
      ...radiusRules(this.params),
      outlierLabel: custom(
        'a label, a list of labels or null',
        (v) => v === null || (Array.isArray(v) ? v.length > 0 && v.every(isLabel) : isLabel(v)),
      ),
    };
  }

  override get tags(): EstimatorTags {
    const keepsSparse = this.isFitted && this.state.sparse !== undefined;
    return { ...searchTags(this.params), multiOutput: true, keepsSparse };
  }

  get stateRules(): Rules<RadiusNeighborsClassifierState> {
    return storedClassesRules;
  }

  protected override checkState(state: RadiusNeighborsClassifierState, columns: readonly Column[]): void {
    checkStoredClasses(this, state, columns);
    this.#outliers(state, this.params);
  }

  protected override fitSparse(input: SparseFitInput): Promise<RadiusNeighborsClassifierState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<RadiusNeighborsClassifierState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<RadiusNeighborsClassifierState> {
    const state = storeClasses(this.params, input);
    this.#outliers(state, this.params);
    return state;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { classes } = this.state;
    const { radius, weights } = this.fittedParams;
    const shares = plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points: pointsOf(this.state),
      neighbors: 0,
      radius,
      vote: voteOf(this.state),
      distanceWeights: weights === 'distance',
    });
    // Of rows without neighbours shares are 0, and means NaN.
    const outliers = this.#outliers(this.state, this.fittedParams);
    const alone = Float64Array.from(
      classLists(classes).flatMap((own, t) => own.map((_, c) => Number(c === outliers[t]))),
    );
    const has = () => plan.gather(plan.reduce(shares, 'sum'), new Array<number>(alone.length).fill(0));
    const proba = areSeveral(classes)
      ? plan.impute(shares, alone)
      : plan.select([has(), shares, plan.constant(x, alone)]);
    return output === 'proba' ? proba : mostProbable(plan, proba, classes);
  }

  /** The class of rows without neighbours, for each target. @throws {ERR_PARAMETER} for a label that is none */
  #outliers(
    state: RadiusNeighborsClassifierState,
    { outlierLabel }: Pick<RadiusNeighborsClassifierParams, 'outlierLabel'>,
  ): number[] {
    if (outlierLabel === null)
      return weightsByTarget(state, null).map((counts) => counts.indexOf(Math.max(...counts)));
    const lists = classLists(state.classes);
    const given = Array.isArray(outlierLabel) ? outlierLabel : lists.map(() => outlierLabel);
    const codes = lists.map((own, t) => own.indexOf(given[t]));
    if (given.length === lists.length && codes.every((code) => code >= 0)) return codes;
    throw new ValidationError(
      'ERR_PARAMETER',
      `RadiusNeighborsClassifier: parameter 'outlierLabel' must be a label of y, of several targets one for each; got ${show(outlierLabel)}.`,
    );
  }
}

function isLabel(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
