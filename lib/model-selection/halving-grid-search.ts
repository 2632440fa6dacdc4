/** Successive halving of all combinations of parameters. */
import type { Estimator } from '../core/estimator.js';
import { custom, type Rules } from '../core/params.js';
import { ParameterGrid, type ParamGrid, type ParamSet } from './parameter-grid.js';
import {
  type BaseHalvingParams,
  HALVING_DEFAULTS,
  type HalvingOptions,
  SuccessiveHalving,
} from './successive-halving.js';

/** Parameters of {@link HalvingGridSearchCV}. */
export interface HalvingGridSearchCVParams extends BaseHalvingParams {
  /** Values to try, by parameter; several grids are searched together. */
  paramGrid: ParamGrid;
}

/**
 * Cross-validates all combinations of a grid on few rows (or another resource, such as the number of trees), then the best third
 * of them on three times as many, and so on; the best of the last round is fitted on all rows. `cvResults` has a row for each
 * candidate of each round, with columns `iter` and `nResources`.
 *
 * Differs from scikit-learn as {@link GridSearchCV} does; rows are drawn by a stream of our own, `returnTrainScore` is false by
 * default.
 *
 * @example
 * ```ts
 * import { DecisionTreeClassifier, HalvingGridSearchCV, loadDigits } from 'boreal';
 * const { data, target } = loadDigits();
 * const grid = { maxDepth: [2, 4, 8], minSamplesLeaf: [1, 5, 20] };
 * const search = new HalvingGridSearchCV(new DecisionTreeClassifier({ randomState: 0 }), grid, { cv: 3, randomState: 0 });
 * await search.fit(data, target);
 * search.nCandidates; // [9, 3, 1]
 * search.nResources; // [199, 597, 1791]
 * ```
 */
export class HalvingGridSearchCV<F extends Estimator = Estimator> extends SuccessiveHalving<
  HalvingGridSearchCVParams,
  F
> {
  /**
   * @param estimator - cloned for each fit and left as it is
   * @param paramGrid - names of its parameters, `step__name` for those of a step of a pipeline
   */
  constructor(estimator: F, paramGrid: ParamGrid, options: Partial<HalvingOptions> = {}) {
    super({ ...HALVING_DEFAULTS, ...options, estimator, paramGrid });
  }

  static override fromParams(params: HalvingGridSearchCVParams): HalvingGridSearchCV {
    const { estimator, paramGrid, ...options } = params;
    return new HalvingGridSearchCV(estimator, paramGrid, options);
  }

  get rules(): Rules<HalvingGridSearchCVParams> {
    return {
      ...this.halvingRules,
      paramGrid: custom('an object of lists, or a list of them', (v) => typeof v === 'object' && v !== null),
    };
  }

  protected get space() {
    return this.params.paramGrid;
  }

  protected firstCandidates(): ParamSet[] {
    return new ParameterGrid(this.params.paramGrid).toArray();
  }
}
