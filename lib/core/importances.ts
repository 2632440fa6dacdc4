/** What a fitted model says of its columns: coefficients or importances. */
import { StateError } from '../errors.js';
import type { Estimator } from './estimator.js';
import { Matrix } from './matrix.js';

/** A model as this file sees it. */
interface Weighing {
  readonly coef?: Matrix | Float64Array;
  readonly featureImportances?: Float64Array | { readonly gain: Float64Array };
}

const MISSING = {
  impurity: 'no featureImportances',
  coefficients: 'no coef',
  both: 'neither coef nor featureImportances',
};

/**
 * One number >= 0 for each column: the sum of |coefficients| or of their squares over the classes, or the importance of a
 * tree model (its gain, where it has several).
 *
 * @param source - only importances ('impurity') or only 'coefficients'. Default: coefficients, else importances
 * @throws {ERR_NOT_SUPPORTED} for a model that has neither, or not what was asked for
 */
export function importancesOf(
  model: Estimator,
  of: 'absolute' | 'squares',
  source?: 'impurity' | 'coefficients',
): Float64Array {
  const weighing = model as Weighing;
  const coef = source === 'impurity' ? undefined : weighing.coef;
  const featureImportances = source === 'coefficients' ? undefined : weighing.featureImportances;
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
    `${model.constructor.name} has ${MISSING[source ?? 'both']} to weigh columns by.`,
  );
}
