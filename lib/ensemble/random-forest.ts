/** Forests of decision trees on bootstrap samples (Breiman, Random Forests, Machine Learning 45, 2001). */
import { forestDefaults, treeDefaults } from '../tree/tree-params.js';
import {
  ForestClassifier,
  type ForestClassifierParams,
  ForestRegressor,
  type ForestRegressorParams,
} from './forest.js';

/** Parameters of {@link RandomForestClassifier}. `maxFeatures` is 'sqrt' by default, `bootstrap` true. */
export type RandomForestClassifierParams = ForestClassifierParams;
/** Parameters of {@link RandomForestRegressor}. `maxFeatures` is null (all) by default, `bootstrap` true. */
export type RandomForestRegressorParams = ForestRegressorParams;

/**
 * A random forest for classes: the mean of the probabilities of its trees. Trees train in parallel; the same
 * `randomState` gives the same model at any number of threads. Missing values are allowed. With `oobScore` the model
 * keeps 8 bytes per training row and class, and its file does.
 *
 * Differs from scikit-learn: its random streams cannot be matched, so that equal seeds give other (equally good)
 * forests; `oobDecisionFunction` is NaN for a row that every tree drew. See {@link DecisionTreeClassifier} too.
 *
 * @example
 * ```ts
 * import { loadIris, RandomForestClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const forest = await new RandomForestClassifier({ randomState: 0, oobScore: true }).fit(data, target);
 * (await forest.score(data, target)) > 0.98; // true
 * forest.oobScore > 0.9; // true
 * forest.estimators.length; // 100
 * ```
 */
export class RandomForestClassifier extends ForestClassifier {
  protected readonly splitter = 'best';

  constructor(params: Partial<RandomForestClassifierParams> = {}) {
    super({
      criterion: 'gini',
      maxFeatures: 'sqrt',
      classWeight: null,
      monotonicCst: null,
      ...treeDefaults,
      ...forestDefaults,
      ...params,
    });
  }
}

/**
 * A random forest for numbers: the mean of the predictions of its trees. See {@link RandomForestClassifier} for
 * threads, missing values and differences from scikit-learn.
 *
 * @example
 * ```ts
 * import { loadDiabetes, RandomForestRegressor } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const forest = await new RandomForestRegressor({ nEstimators: 50, randomState: 0 }).fit(data, target);
 * const { lower, upper } = await forest.predictInterval(data.slice(0, 1), { coverage: 0.8 });
 * lower[0] <= upper[0]; // true
 * ```
 */
export class RandomForestRegressor extends ForestRegressor {
  protected readonly splitter = 'best';

  constructor(params: Partial<RandomForestRegressorParams> = {}) {
    super({
      criterion: 'squaredError',
      maxFeatures: null,
      monotonicCst: null,
      ...treeDefaults,
      ...forestDefaults,
      ...params,
    });
  }
}
