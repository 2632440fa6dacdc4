/** What a fitted model says of its columns: coefficients or importances. */
import type { Estimator } from '../core/estimator.js';
import { Matrix } from '../core/matrix.js';
import { StateError } from '../errors.js';

/** A model as this file sees it. */
interface Weighing {
  readonly coef?: Matrix | Float64Array;
  readonly featureImportances?: Float64Array | { readonly gain: Float64Array };
}

/**
 * One number >= 0 for each column: the sum of |coefficients| or of their squares over the classes, or the importance of a
 * tree model (its gain, where it has several).
 *
 * @throws {ERR_NOT_SUPPORTED} for a model that has neither
 */
export function importancesOf(model: Estimator, of: 'absolute' | 'squares'): Float64Array {
  const { coef, featureImportances } = model as Weighing;
  const size = of === 'absolute' ? Math.abs : (value: number) => value * value;
  if (coef instanceof Matrix) {
    return Float64Array.from({ length: coef.cols }, (_, j) => {
      let sum = 0;
      for (let c = 0; c < coef.rows; c++) sum += size(coef.data[c * coef.cols + j]);
      return sum;
    });
  }
  const values = coef ?? featureImportances;
  if (values !== undefined) return ('gain' in values ? values.gain : values).map(size);
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `${model.constructor.name} has neither coef nor featureImportances to choose columns by.`,
  );
}
