/** Logarithms of mean probabilities from logarithms, as ops: finite where probabilities round to 0. */
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';

const LOWEST = { float32: -((2 - 2 ** -23) * 2 ** 127), float64: -Number.MAX_VALUE } as const;

/** Each row less the logarithm of the sum of its exponentials. */
export function lowerLogShares(plan: PlanBuilder, joint: Slot): Slot {
  const below = plan.binaryOf([joint, plan.reduce(joint, 'max')], 'sub');
  const sum = plan.reduce(plan.activation(below, 'exp'), 'sum');
  return plan.binaryOf([below, plan.activation(sum, 'log')], 'sub');
}

/** The logarithms of the means of what slots are the logarithms of. */
export function lowerLogMean(
  plan: PlanBuilder,
  parts: readonly Slot[],
  { precision }: Pick<ResolvedCompileOptions, 'precision'>,
): Slot {
  const most = parts.reduce((left, right) => plan.binaryOf([left, right], 'max'));
  const filled = (value: number) => new Float64Array(most.width).fill(value);
  // Of logarithms that are all -Infinity the mean is, too.
  const top = plan.binary(most, 'max', filled(LOWEST[precision]));
  const shares = parts.map((part) => plan.activation(plan.binaryOf([part, top], 'sub'), 'exp'));
  const sum = shares.reduce((left, right) => plan.binaryOf([left, right], 'add'));
  const mean = plan.binary(sum, 'div', filled(parts.length));
  return plan.binaryOf([plan.activation(mean, 'log'), top], 'add');
}
