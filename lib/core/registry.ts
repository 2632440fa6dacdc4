/** The estimators a model file may name. Files name classes, so only classes registered here are ever made. */
import type { Estimator } from './estimator.js';

/** A concrete estimator class. */
export interface EstimatorClass {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each class has parameters of its own
  fromParams(params: any): Estimator;
}

const classes = new Map<string, EstimatorClass>();

/** Makes classes known to `load`. Call it once per class, where the package's entry point is put together. */
export function registerEstimators(...added: EstimatorClass[]): void {
  for (const estimator of added) classes.set(estimator.name, estimator);
}

/** The class of that name, or undefined. */
export function findEstimator(name: string): EstimatorClass | undefined {
  return classes.get(name);
}

/** All registered classes, by name. */
export function registeredEstimators(): EstimatorClass[] {
  return [...classes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
