/** Single trees whose thresholds are drawn: what forests of extra trees are made of. */
import type { Label } from '../core/labels.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import {
  DecisionTreeClassifier,
  type DecisionTreeClassifierParams,
  DecisionTreeRegressor,
  type DecisionTreeRegressorParams,
} from './decision-tree.js';

/**
 * An extremely randomised tree for classes (Geurts, Ernst and Wehenkel 2006): of each of some columns, drawn anew for each split, it
 * tries one threshold drawn at random. A {@link DecisionTreeClassifier} with the defaults `splitter: 'random'` and
 * `maxFeatures: 'sqrt'`; good within ensembles, see {@link ExtraTreesClassifier}.
 *
 * Differs from scikit-learn as {@link DecisionTreeClassifier} does, and by its stream of random numbers.
 *
 * @example
 * ```ts
 * import { BaggingClassifier, ExtraTreeClassifier, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const bag = new BaggingClassifier({ estimator: new ExtraTreeClassifier(), nEstimators: 30, randomState: 0 });
 * (await (await bag.fit(data, target)).score(data, target)) > 0.95; // true
 * ```
 */
export class ExtraTreeClassifier<L extends Label | Label[] = Label> extends DecisionTreeClassifier<L> {
  constructor(params: Partial<DecisionTreeClassifierParams> = {}) {
    super({ splitter: 'random', maxFeatures: 'sqrt', ...params });
  }
}

/**
 * An extremely randomised tree for numbers: a {@link DecisionTreeRegressor} with the default `splitter: 'random'`, which tries one
 * threshold drawn at random of each column. See {@link ExtraTreeClassifier}.
 *
 * @example
 * ```ts
 * import { ExtraTreeRegressor } from 'boreal';
 * const tree = await new ExtraTreeRegressor({ randomState: 0 }).fit([[1], [2], [3], [4]], [10, 10, 20, 20]);
 * await tree.predict([[1], [4]]); // [10, 20]
 * ```
 */
export class ExtraTreeRegressor<Y extends FloatArray | Matrix = FloatArray> extends DecisionTreeRegressor<Y> {
  constructor(params: Partial<DecisionTreeRegressorParams> = {}) {
    super({ splitter: 'random', ...params });
  }
}
