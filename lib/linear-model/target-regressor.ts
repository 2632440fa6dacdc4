/** What linear regressors of several targets share: coefficients of each, and a plan for all. */

import type { State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { Regressor } from '../core/kinds.js';
import { type FloatArray, Matrix } from '../core/matrix.js';
import { checkLength, custom, float64s, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { ByTargets } from '../core/targets.js';

/** Learned by linear regressors of several targets. */
export interface TargetState extends State {
  /** [targets, columns] */
  readonly coef: Float64Array;
  /** [targets] */
  readonly intercept: Float64Array;
}

/** Rules of {@link TargetState}. */
export const targetRules: Rules<Pick<TargetState, 'coef' | 'intercept'>> = {
  coef: float64s(),
  intercept: custom(
    'a Float64Array with a value for each target',
    (v) => v instanceof Float64Array && v.length > 0,
  ),
};

/** y = x . coef + intercept, for each target. */
export abstract class TargetRegressor<
  P extends object,
  S extends TargetState,
  Y extends FloatArray | Matrix,
> extends Regressor<P, S, Y> {
  override get tags(): EstimatorTags {
    return { multiOutput: true };
  }

  protected override checkState({ coef, intercept }: S, columns: readonly Column[]): void {
    checkLength(this, 'coef', coef, intercept.length * columns.length);
  }

  protected override countOf({ intercept }: S): number {
    return intercept.length;
  }

  /** Coefficients, one per column; of several targets a matrix, [targets, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get coef(): ByTargets<Y, Float64Array, Matrix<Float64Array>> {
    const { coef, intercept } = this.state;
    const values = coef.slice();
    const targets = intercept.length;
    return (targets === 1 ? values : new Matrix(values, targets, coef.length / targets)) as typeof this.coef;
  }

  /** The constant term, of several targets one for each; 0 when fitIntercept is false. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): ByTargets<Y, number, Float64Array> {
    const { intercept } = this.state;
    return (intercept.length === 1 ? intercept[0] : intercept.slice()) as typeof this.intercept;
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { coef, intercept } = this.state;
    const targets = intercept.length;
    const weights = new Float64Array(coef.length);
    for (let t = 0; t < targets; t++)
      for (let j = 0; j < x.width; j++) weights[j * targets + t] = coef[t * x.width + j];
    return plan.dense(x, weights, intercept);
  }
}
