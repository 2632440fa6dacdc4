/** What regressors with one coefficient a column share that a solver finds step by step. */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Regressor } from '../core/kinds.js';
import { bool, checkLength, float64s, int, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';

/** Learned by regressors that a solver of steps fits. */
export interface IterativeLinearState {
  /** [columns] */
  readonly coef: Float64Array;
  /** [1] */
  readonly intercept: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Base of y = x . coef + intercept, found step by step. */
export abstract class IterativeLinearRegressor<
  P extends object,
  S extends IterativeLinearState,
> extends Regressor<P, S> {
  /** Rules of what the states share. */
  protected get linearRules(): Rules<IterativeLinearState> {
    return { coef: float64s(), intercept: float64s(1), iterations: int(0), converged: bool };
  }

  protected override checkState({ coef }: S, columns: readonly Column[]): void {
    checkLength(this, 'coef', coef, columns.length);
  }

  /** Coefficients, one per column. @throws {ERR_NOT_FITTED} before `fit` */
  get coef(): Float64Array {
    return this.state.coef.slice();
  }

  /** The constant term; 0 when fitIntercept is false. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): number {
    return this.state.intercept[0];
  }

  /** Iterations the solver took; sweeps over the coefficients in coordinate descent. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /** Whether the solver stopped by its own rule before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  /** x . coef + intercept */
  protected lowerScores(plan: PlanBuilder, x: Slot): Slot {
    return plan.dense(x, this.state.coef, this.state.intercept);
  }

  lower(plan: PlanBuilder, x: Slot, _options: ResolvedCompileOptions): Slot {
    return this.lowerScores(plan, x);
  }
}
