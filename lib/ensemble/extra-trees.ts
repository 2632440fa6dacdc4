/** Extremely randomized trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006): thresholds are drawn too. */
import type { Label } from '../core/labels.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import { forestDefaults, treeDefaults } from '../tree/tree-params.js';
import {
  ForestClassifier,
  type ForestClassifierParams,
  ForestRegressor,
  type ForestRegressorParams,
} from './forest.js';

/** Parameters of {@link ExtraTreesClassifier}. `maxFeatures` is 'sqrt' by default, `bootstrap` false. */
export type ExtraTreesClassifierParams = ForestClassifierParams;
/** Parameters of {@link ExtraTreesRegressor}. `maxFeatures` is null (all) by default, `bootstrap` false. */
export type ExtraTreesRegressorParams = ForestRegressorParams;

/**
 * A forest for classes whose trees draw one threshold for each column they look at, and take the best of these. They
 * train faster than a random forest's and vary more, which lowers the variance of their mean. Missing values go to a
 * random side. See {@link RandomForestClassifier} for threads, `oobScore` and differences from scikit-learn.
 *
 * @example
 * ```ts
 * import { ExtraTreesClassifier, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const forest = await new ExtraTreesClassifier({ nEstimators: 50, randomState: 0 }).fit(data, target);
 * (await forest.score(data, target)) > 0.98; // true
 * ```
 */
export class ExtraTreesClassifier<L extends Label | Label[] = Label> extends ForestClassifier<
  ExtraTreesClassifierParams,
  L
> {
  protected readonly splitter = 'random';

  get rules(): Rules<ExtraTreesClassifierParams> {
    return this.forestRules;
  }

  constructor(params: Partial<ExtraTreesClassifierParams> = {}) {
    super({
      criterion: 'gini',
      maxFeatures: 'sqrt',
      classWeight: null,
      monotonicCst: null,
      ...treeDefaults,
      ...forestDefaults,
      bootstrap: false,
      ...params,
    });
  }
}

/**
 * A forest for numbers whose trees draw one threshold for each column they look at, and take the best of these. See
 * {@link ExtraTreesClassifier}.
 *
 * @example
 * ```ts
 * import { ExtraTreesRegressor, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const forest = await new ExtraTreesRegressor({ nEstimators: 50, minSamplesLeaf: 5, randomState: 0 }).fit(data, target);
 * (await forest.score(data, target)) > 0.5; // true
 * ```
 */
export class ExtraTreesRegressor<Y extends FloatArray | Matrix = FloatArray> extends ForestRegressor<
  ExtraTreesRegressorParams,
  Y
> {
  protected readonly splitter = 'random';

  get rules(): Rules<ExtraTreesRegressorParams> {
    return this.forestRules;
  }

  constructor(params: Partial<ExtraTreesRegressorParams> = {}) {
    super({
      criterion: 'squaredError',
      maxFeatures: null,
      monotonicCst: null,
      ...treeDefaults,
      ...forestDefaults,
      bootstrap: false,
      ...params,
    });
  }
}
