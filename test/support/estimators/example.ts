/** What an example is, and the exceptions that several families have: which check an estimator need not pass, and why. */
import type { Estimator } from '../../../lib/core/estimator.js';

export interface Example {
  /** The class, and what is special about the example. */
  readonly name: string;
  readonly make: () => Estimator;
  readonly exceptions?: Readonly<Record<string, string>>;
}

export const WEIGHTS = 'a weight of n counts as n rows';
export const COMPOSITE = {
  'can be constructed without arguments': 'it is made of other estimators, which have to be given',
};
export const TIES = { [WEIGHTS]: 'columns that part a small node equally well tie, and rounding decides' };
export const IMPUTER = {
  [WEIGHTS]: "like scikit-learn's it takes no weights, and leaves those of its pipeline alone",
};
export const ENCODER = { [WEIGHTS]: 'a row of weight 0 still shows that its category exists' };
export const SCALER = {
  [WEIGHTS]: "like scikit-learn's it takes no weights: quantiles and bins are those of the rows",
};
export const FOLDS = { [WEIGHTS]: 'rows are dealt to folds by position' };
export const AXES = { [WEIGHTS]: "like scikit-learn's it takes no weights" };
export const WORDS = { 'text is used where it is allowed': 'a mean or median of text does not exist' };
export const NEIGHBORS = { [WEIGHTS]: "like scikit-learn's it takes no weights: rows are near or not" };
