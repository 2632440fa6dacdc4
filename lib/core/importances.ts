/** What a fitted model says of its columns: coefficients or importances. */
import { StateError, ValidationError } from '../errors.js';
import type { Estimator } from './estimator.js';
import { Matrix, type NumericMatrixLike } from './matrix.js';
import { custom, type Rule, show } from './params.js';

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
 * Where the weights of columns are: 'auto' (`coef`, else `featureImportances`), a property by its path ('namedSteps.model.coef'), or a
 * function of the fitted model that gives one number for each column, or a matrix [classes, columns]: with one a model cannot be saved.
 */
export type ImportanceGetter =
  | 'auto'
  | (string & {})
  | ((model: never) => ArrayLike<number> | NumericMatrixLike);

/** The rule of a parameter that is one. */
export const importanceGetterRule: Rule = custom(
  "'auto', the path of a property such as 'namedSteps.model.coef', or a function",
  (v) => typeof v === 'function' || (typeof v === 'string' && v !== ''),
);

/** How the weights of a column for several classes become one number: the sum of their squares, or their norm of that order. */
export type Measure = 'squares' | number;

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
  return measured(weightsOf(model, source), of === 'squares' ? of : 1);
}

/**
 * One number >= 0 for each of so many columns, wherever the caller says that they are.
 *
 * @throws {ERR_NOT_SUPPORTED} for a model that has none there
 * @throws {ERR_SHAPE | ERR_INPUT_NAN} when there is not a number for each column
 */
export function importancesBy(
  model: Estimator,
  getter: ImportanceGetter,
  measure: Measure,
  columns: number,
): Float64Array {
  const owner = model.constructor.name;
  const values = getter === 'auto' ? weightsOf(model) : given(model, getter);
  const importances = measured(values, measure);
  if (importances.length !== columns) {
    const message = `importanceGetter gives ${importances.length} numbers of ${owner}, which has ${columns} columns.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  if (importances.some(Number.isNaN))
    throw new ValidationError('ERR_INPUT_NAN', `importanceGetter: ${owner} has a column that weighs NaN.`);
  return importances;
}

type Weights = ArrayLike<number> | Matrix;

function weightsOf(model: Estimator, source?: 'impurity' | 'coefficients'): Weights {
  const weighing = model as Weighing;
  const coef = source === 'impurity' ? undefined : weighing.coef;
  const values = coef ?? (source === 'coefficients' ? undefined : weighing.featureImportances);
  if (values !== undefined) return 'gain' in values ? values.gain : values;
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `${model.constructor.name} has ${MISSING[source ?? 'both']} to weigh columns by.`,
  );
}

/** What a property or a function of the caller says. */
function given(model: Estimator, getter: Exclude<ImportanceGetter, 'auto'>): Weights {
  const values: unknown =
    typeof getter === 'function'
      ? getter(model as never)
      : getter
          .split('.')
          .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], model);
  if (typeof values !== 'object' || values === null) {
    const message = `${model.constructor.name}: importanceGetter gives ${show(values)}, no numbers.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  if ('gain' in values) return values.gain as Float64Array;
  const isList = 'length' in values && typeof (values as ArrayLike<unknown>)[0] === 'number';
  return isList ? (values as ArrayLike<number>) : Matrix.from(values as NumericMatrixLike);
}

/** The weights of columns as one number >= 0 for each. */
function measured(weights: Weights, measure: Measure): Float64Array {
  if (!(weights instanceof Matrix))
    return Float64Array.from(weights, measure === 'squares' ? (w) => w * w : Math.abs);
  const { data, rows, cols } = weights;
  return Float64Array.from({ length: cols }, (_, j) => {
    const own = Array.from({ length: rows }, (_row, c) => Math.abs(data[c * cols + j]));
    if (measure === Infinity) return Math.max(...own);
    if (measure === -Infinity) return Math.min(...own);
    const order = measure === 'squares' ? 2 : measure;
    const sum = own.reduce((total, weight) => total + weight ** order, 0);
    return measure === 'squares' || order === 1 ? sum : sum ** (1 / order);
  });
}
