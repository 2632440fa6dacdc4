/** What is no estimator, and can be put into a plan once the shape of a sample is known: a module of boreal/nn. */
import type { PlanBuilder, Slot } from './plan-builder.js';

/** See the head of this file. */
export interface LowersSamples {
  /**
   * Adds what it computes to a plan.
   *
   * @param x - a sample of `inputShape` in each row, its values in order
   * @returns the result of each sample, its values in order
   */
  lowerSamples(plan: PlanBuilder, x: Slot, inputShape: readonly number[]): Slot;
}

export function lowersSamples(value: unknown): value is LowersSamples {
  return typeof (value as Partial<LowersSamples> | null)?.lowerSamples === 'function';
}
