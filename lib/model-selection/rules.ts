/** Rules of the parameters that all cross-validating estimators have. */
import { Estimator } from '../core/estimator.js';
import { custom, either, nothing } from '../core/params.js';

/** `estimator`. */
export const predictorRule = custom(
  'a classifier or a regressor',
  (v) => v instanceof Estimator && v.kind !== 'transformer',
);

/** `scoring` of a single scorer. */
export const scoringRule = either(
  nothing,
  custom('a scorer or its name', (v) => typeof v === 'string' || typeof v === 'function'),
);
