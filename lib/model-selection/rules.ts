/** Rules of the parameters that all cross-validating estimators have. */
import { Estimator } from '../core/estimator.js';
import { custom, either, int, nothing } from '../core/params.js';

/** `estimator`. */
export const predictorRule = custom(
  'a classifier or a regressor',
  (v) => v instanceof Estimator && v.kind !== 'transformer',
);

/** `cv`. */
export const cvRule = either(
  int(2),
  custom('a splitter, or a list of { train, test }', (v) => typeof v === 'object' && v !== null),
);

/** `scoring` of a single scorer. */
export const scoringRule = either(
  nothing,
  custom('a scorer or its name', (v) => typeof v === 'string' || typeof v === 'function'),
);
