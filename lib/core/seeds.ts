/** Seeds of the models of an ensemble. */
import { Estimator } from './estimator.js';
import type { Random } from './random.js';

/** Gives an estimator and those within it seeds of their own, whatever theirs were: how models of an ensemble differ, and stay the same. */
export function seedAll(estimator: Estimator, random: Random): void {
  if ('randomState' in estimator.rules) estimator.setParams({ randomState: random.int(0x1_0000_0000) });
  for (const value of Object.values(estimator.params))
    for (const inner of estimatorsIn(value)) seedAll(inner, random);
}

/** The estimators of a parameter: itself, or those of its named parts. */
function estimatorsIn(value: unknown): Estimator[] {
  if (value instanceof Estimator) return [value];
  return Array.isArray(value) ? value.flatMap(estimatorsIn) : [];
}
