/** Classification by a vote of the training rows within a radius. */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels } from '../core/fit-input.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { FloatArray } from '../core/matrix.js';
import { checkPoints, floats, searchSpec, searchTags, storedRows } from '../core/neighbor-search.js';
import { checkLength, custom, int32s, labels, type Rules, show } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { RADIUS_DEFAULTS, type RadiusNeighborsParams, radiusRules } from './nearest-training-rows.js';

/** Parameters of {@link RadiusNeighborsClassifier}. */
export interface RadiusNeighborsClassifierParams extends RadiusNeighborsParams {
  /** The class of rows without neighbours: a label, or null for the most frequent one. Default null. */
  outlierLabel: Label | null;
}

/** Learned by {@link RadiusNeighborsClassifier}: the training set. */
export interface RadiusNeighborsClassifierState extends ClassifierState {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
  /** The class of each row. */
  readonly codes: Int32Array;
}

/**
 * Predicts the class that most training rows at most `radius` away have; of equal shares the first class in the order of `classes`.
 *
 * Differs from scikit-learn: rows without neighbours are of the most frequent class, unless `outlierLabel` says otherwise (there:
 * an error), which is a label of y; the rest as {@link KNeighborsClassifier}.
 *
 * @example
 * ```ts
 * import { RadiusNeighborsClassifier } from 'boreal';
 * const model = new RadiusNeighborsClassifier({ radius: 2, outlierLabel: 'high' });
 * await model.fit([[0], [1], [2], [10], [11]], ['low', 'low', 'low', 'high', 'high']);
 * model.predictSync([[1.5], [50]]); // ['low', 'high']
 * ```
 */
export class RadiusNeighborsClassifier extends Classifier<
  RadiusNeighborsClassifierParams,
  RadiusNeighborsClassifierState
> {
  constructor(params: Partial<RadiusNeighborsClassifierParams> = {}) {
    super({ ...RADIUS_DEFAULTS, outlierLabel: null, ...params });
  }

  get rules(): Rules<RadiusNeighborsClassifierParams> {
    return {
      ...radiusRules(this.params),
      outlierLabel: custom(
        'a label or null',
        (v) => v === null || ['string', 'number', 'boolean'].includes(typeof v),
      ),
    };
  }

  override get tags(): EstimatorTags {
    return searchTags(this.params);
  }

  get stateRules(): Rules<RadiusNeighborsClassifierState> {
    return { points: floats, codes: int32s(), classes: labels };
  }

  protected override checkState(state: RadiusNeighborsClassifierState, columns: readonly Column[]): void {
    checkLength(this, 'codes', state.codes, checkPoints(this, state.points, columns));
    if (state.codes.every((code) => code >= 0 && code < state.classes.length)) return;
    throw new ValidationError('ERR_PARAMETER', `${this.constructor.name} state: 'codes' names no class.`);
  }

  protected async fitState(input: FitInput): Promise<RadiusNeighborsClassifierState> {
    const encoded = fitLabels(input);
    const { outlierLabel } = this.params;
    if (outlierLabel !== null && !encoded.classes.includes(outlierLabel)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `RadiusNeighborsClassifier: parameter 'outlierLabel' must be a label of y; got ${show(outlierLabel)}.`,
      );
    }
    return { ...encoded, points: storedRows(input.x) };
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { points, codes, classes } = this.state;
    const { radius, weights } = this.fittedParams;
    const shares = plan.neighbors(x, {
      search: searchSpec(this.fittedParams),
      points,
      neighbors: 0,
      radius,
      vote: { kind: 'classes', codes, classes: classes.length },
      distanceWeights: weights === 'distance',
    });
    // Rows without neighbours have no shares.
    const has = plan.gather(plan.reduce(shares, 'sum'), new Array<number>(classes.length).fill(0));
    const alone = Float64Array.from(classes, (_, c) => (c === this.#outlier() ? 1 : 0));
    const proba = plan.select([has, shares, plan.constant(x, alone)]);
    return output === 'proba' ? proba : plan.argmax(proba);
  }

  /** The class of rows without neighbours. */
  #outlier(): number {
    const { codes, classes } = this.state;
    const { outlierLabel } = this.fittedParams;
    if (outlierLabel !== null) return classes.indexOf(outlierLabel);
    const counts = new Int32Array(classes.length);
    for (const code of codes) counts[code] += 1;
    return counts.indexOf(Math.max(...counts));
  }
}
