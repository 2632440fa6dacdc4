/** Forests of decision trees on bootstrap samples (Breiman, Random Forests, Machine Learning 45, 2001). */
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { Label } from '../core/labels.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import {
  type BinnedForestParams,
  binnedForestRules,
  forestDefaults,
  treeDefaults,
} from '../tree/tree-params.js';
import {
  ForestClassifier,
  type ForestClassifierParams,
  ForestRegressor,
  type ForestRegressorParams,
} from './forest.js';

/** Parameters of {@link RandomForestClassifier}. `maxFeatures` is 'sqrt' by default, `bootstrap` true. */
export type RandomForestClassifierParams = ForestClassifierParams & BinnedForestParams;
/** Parameters of {@link RandomForestRegressor}. `maxFeatures` is null (all) by default, `bootstrap` true. */
export type RandomForestRegressorParams = ForestRegressorParams & BinnedForestParams;

/**
 * A random forest for classes: the mean of the probabilities of its trees. Trees train in parallel; the same
 * `randomState` gives the same model at any number of threads. Missing values are allowed. With `oobScore` the model
 * keeps 8 bytes per training row and class, and its file does.
 *
 * With `maxBins` trees are grown on histograms, as cuML's are: columns are cut into bins once, at the midpoints of their
 * values where these are few, else at quantiles, and splits lie between bins. The accuracy is much the same; on the CPU
 * exact splits are as fast or faster, a GPU needs bins. Of more than 200,000 rows a sample of so many is cut. Sums are of
 * whole numbers: sample weights that are not count in steps of about 2^-29 of their sum (where rows are drawn, they are
 * drawn by their weights instead), targets in steps of 2^-40 of their range or less, with such weights of about 2^-33.
 * The criteria 'absoluteError' and 'poisson' need exact splits (`ERR_PARAMETER`). `fit(X, y, { device: 'cuda' })` then
 * grows the same trees on a GPU, those of one target without `monotonicCst`, `maxLeafNodes` and `ccpAlpha` (else `ERR_NOT_SUPPORTED`).
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
export class RandomForestClassifier<L extends Label | Label[] = Label> extends ForestClassifier<
  RandomForestClassifierParams,
  L
> {
  protected readonly splitter = 'best';

  override get tags(): EstimatorTags {
    return { ...super.tags, trainsOnGpu: true };
  }

  get rules(): Rules<RandomForestClassifierParams> {
    return { ...this.forestRules, ...binnedForestRules };
  }

  constructor(params: Partial<RandomForestClassifierParams> = {}) {
    super({
      criterion: 'gini',
      maxFeatures: 'sqrt',
      classWeight: null,
      monotonicCst: null,
      ...treeDefaults,
      ...forestDefaults,
      maxBins: null,
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
export class RandomForestRegressor<Y extends FloatArray | Matrix = FloatArray> extends ForestRegressor<
  RandomForestRegressorParams,
  Y
> {
  protected readonly splitter = 'best';

  override get tags(): EstimatorTags {
    return { ...super.tags, trainsOnGpu: true };
  }

  get rules(): Rules<RandomForestRegressorParams> {
    return { ...this.forestRules, ...binnedForestRules };
  }

  constructor(params: Partial<RandomForestRegressorParams> = {}) {
    super({
      criterion: 'squaredError',
      maxFeatures: null,
      monotonicCst: null,
      ...treeDefaults,
      ...forestDefaults,
      maxBins: null,
      ...params,
    });
  }
}
