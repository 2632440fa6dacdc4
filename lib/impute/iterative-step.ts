/** One regression of an iterative imputation as ops of a plan. */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator } from '../core/estimator.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';

/** Least and greatest value that is filled in. */
export type Limits = readonly [least: number, greatest: number];

/** What fills a column in. */
export interface Step {
  readonly model: Estimator;
  readonly limits: Limits;
  /** Draw from what is predicted, by the values of the row and the seed; null: take the mean. */
  readonly draw: { readonly row: Slot; readonly seed: number } | null;
  readonly options: ResolvedCompileOptions;
}

/** The value that is filled in where the column misses one; `given` are the columns that the model reads. */
export function lowerStep(plan: PlanBuilder, given: Slot, step: Step): Slot {
  const { model, limits, draw, options } = step;
  if (draw === null)
    return clip(plan, model.lowerChecked(plan, given, { ...options, output: 'value' }), limits);
  const both = model.lowerChecked(plan, given, { ...options, output: 'std' });
  const mean = plan.gather(both, [0]);
  const std = plan.gather(both, [1]);
  const share = within(plan, [mean, std], plan.draw(draw.row, draw.seed), limits);
  const drawn = plan.binaryOf([mean, plan.binaryOf([std, normalQuantile(plan, share)], 'mul')], 'add');
  // A mean beyond a limit becomes the limit, and without a deviation there is nothing to draw.
  const [least, greatest] = limits;
  const zero = Float64Array.of(0);
  let drawable = plan.binary(std, 'greater', zero);
  if (least > -Infinity) drawable = both01(plan, drawable, plan.binary(mean, 'greaterEqual', one(least)));
  if (greatest < Infinity) drawable = both01(plan, drawable, plan.binary(mean, 'lessEqual', one(greatest)));
  return clip(plan, plan.select([drawable, drawn, mean]), limits);
}

/** Where below its mean a normal number lies that is drawn between the limits: u of the way between their shares. */
function within(plan: PlanBuilder, [mean, std]: readonly [Slot, Slot], u: Slot, limits: Limits): Slot {
  const [least, greatest] = limits;
  if (least === -Infinity && greatest === Infinity) return u;
  const shareOf = (limit: number) => {
    if (limit === -Infinity) return plan.constant(u, one(0));
    if (limit === Infinity) return plan.constant(u, one(1));
    const distance = plan.binaryOf([plan.constant(u, one(limit)), mean], 'sub');
    return normalShare(plan, plan.binaryOf([distance, std], 'div'));
  };
  const low = shareOf(least);
  const width = plan.binaryOf([shareOf(greatest), low], 'sub');
  return plan.binaryOf([low, plan.binaryOf([u, width], 'mul')], 'add');
}

/** The share of a standard normal distribution below z. */
function normalShare(plan: PlanBuilder, z: Slot): Slot {
  const erf = plan.activation(plan.binary(z, 'div', one(Math.SQRT2)), 'erf');
  return plan.binary(plan.binary(erf, 'add', one(1)), 'div', one(2));
}

function normalQuantile(plan: PlanBuilder, share: Slot): Slot {
  return plan.activation(share, 'normalQuantile');
}

function clip(plan: PlanBuilder, value: Slot, [least, greatest]: Limits): Slot {
  let result = value;
  if (least > -Infinity) result = plan.binary(result, 'max', one(least));
  if (greatest < Infinity) result = plan.binary(result, 'min', one(greatest));
  return result;
}

const both01 = (plan: PlanBuilder, a: Slot, b: Slot) => plan.binaryOf([a, b], 'mul');
const one = (value: number) => Float64Array.of(value);
