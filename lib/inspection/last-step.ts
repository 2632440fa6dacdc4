/** The model at the end of a pipeline. */
import type { Estimator } from '../core/estimator.js';
import { Pipeline } from '../pipeline/index.js';

/** The last step of a pipeline, or of a pipeline at its end; of anything else itself. */
export function lastStep(model: Estimator): unknown {
  const last = model instanceof Pipeline ? model.splitLast().last : model;
  return last instanceof Pipeline ? lastStep(last) : last;
}
