/** What linear regressors share that take columns one after the other, for each target by itself. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, checkLength, either, int, int32s, type Rules } from '../core/params.js';
import type { Column } from '../core/schema.js';
import type { ByTargets } from '../core/targets.js';
import { TargetRegressor, type TargetState, targetRules } from './target-regressor.js';

/** Learned by regressors that take columns one after the other. */
export interface StepwiseState extends TargetState {
  /** Of several targets those of each. */
  readonly iterations: number | Int32Array;
  readonly converged: boolean;
}

/** Base of y = x . coef + intercept, for each target, column by column. */
export abstract class StepwiseRegressor<
  P extends object,
  S extends StepwiseState,
  Y extends FloatArray | Matrix,
> extends TargetRegressor<P, S, Y> {
  override get tags(): EstimatorTags {
    return { ...super.tags, ignoresWeights: true };
  }

  /** Rules of what the states share. */
  protected get stepwiseRules(): Rules<StepwiseState> {
    return { ...targetRules, iterations: either(int(0), int32s()), converged: bool };
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { iterations, intercept } = state;
    const counts = typeof iterations === 'number' ? new Int32Array(1) : iterations;
    checkLength(this, 'iterations', counts, intercept.length);
  }

  /** Steps that were taken, of several targets for each. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): ByTargets<Y, number, Int32Array> {
    const { iterations } = this.state;
    return (typeof iterations === 'number' ? iterations : iterations.slice()) as typeof this.nIter;
  }

  /** Whether the end that was wanted is reached, of all targets. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }
}

/** What was learned of one target. */
export interface OneTarget {
  readonly coef: Float64Array;
  readonly intercept: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** What was learned of each target as a state. */
export function stateOfTargets(targets: readonly OneTarget[]): StepwiseState {
  const [{ coef: first, iterations }] = targets;
  const coef = new Float64Array(targets.length * first.length);
  for (const [t, own] of targets.entries()) coef.set(own.coef, t * first.length);
  return {
    coef,
    intercept: Float64Array.from(targets, (own) => own.intercept),
    iterations: targets.length === 1 ? iterations : Int32Array.from(targets, (own) => own.iterations),
    converged: targets.every(({ converged }) => converged),
  };
}
