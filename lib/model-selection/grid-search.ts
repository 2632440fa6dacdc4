/** Search over all combinations of parameters. */
import type { Estimator } from '../core/estimator.js';
import { custom, type Rules } from '../core/params.js';
import { BaseSearch, type BaseSearchParams, SEARCH_DEFAULTS, type SearchOptions } from './base-search.js';
import { ParameterGrid, type ParamGrid, type ParamSet } from './parameter-grid.js';

/** Parameters of {@link GridSearchCV}. */
export interface GridSearchCVParams extends BaseSearchParams {
  /** Values to try, by parameter; several grids are searched one after another. */
  paramGrid: ParamGrid;
}

/**
 * Cross-validates all combinations of a grid of parameters, and fits the best on all rows; it then predicts, compiles and scores
 * as that does. Fits run concurrently on the one pool; with seeded estimators the result is always the same.
 *
 * Differs from scikit-learn: the estimator and the grid are as given, options come third; a failed fit ends the search unless
 * `errorScore` is a number; of equal scores the first wins in both. A search over a scorer or splitter of your own cannot be
 * saved, but its `bestEstimator` can.
 *
 * @example
 * ```ts
 * import { GridSearchCV, loadIris, LogisticRegression, makePipeline, StandardScaler } from 'boreal';
 * const { data, target } = loadIris();
 * const model = makePipeline(new StandardScaler(), new LogisticRegression());
 * const search = new GridSearchCV(model, { logisticregression__C: [0.01, 1, 100] }, { cv: 3 });
 * await search.fit(data, target);
 * search.bestScore > 0.9; // true
 * search.cvResults.params.length; // 3
 * ```
 */
export class GridSearchCV<F extends Estimator = Estimator> extends BaseSearch<GridSearchCVParams, F> {
  /**
   * @param estimator - cloned for each fit and left as it is
   * @param paramGrid - names of its parameters, `step__name` for those of a step of a pipeline
   */
  constructor(estimator: F, paramGrid: ParamGrid, options: Partial<SearchOptions> = {}) {
    super({ ...SEARCH_DEFAULTS, ...options, estimator, paramGrid });
  }

  static override fromParams({ estimator, paramGrid, ...options }: GridSearchCVParams): GridSearchCV {
    return new GridSearchCV(estimator, paramGrid, options);
  }

  get rules(): Rules<GridSearchCVParams> {
    return { ...this.searchRules, paramGrid: custom('an object of lists, or a list of them', isObject) };
  }

  protected get space() {
    return this.params.paramGrid;
  }

  protected candidates(): ParamSet[] {
    return new ParameterGrid(this.params.paramGrid).toArray();
  }
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
