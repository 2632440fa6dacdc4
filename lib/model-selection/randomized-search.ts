/** Search over parameters drawn at random. */
import type { Estimator } from '../core/estimator.js';
import { custom, int, type Rules, resolveSeed, seed } from '../core/params.js';
import { BaseSearch, type BaseSearchParams, SEARCH_DEFAULTS, type SearchOptions } from './base-search.js';
import type { ParamSet } from './parameter-grid.js';
import { type ParamDistributions, sampleParams } from './parameter-sampler.js';

/** Parameters of {@link RandomizedSearchCV}. */
export interface RandomizedSearchCVParams extends BaseSearchParams {
  /** Lists of values or distributions, by parameter; or several such objects, of which one is drawn each time. */
  paramDistributions: ParamDistributions | readonly ParamDistributions[];
  /** How many candidates. Default 10. */
  nIter: number;
  /** Seed of the candidates; null: new ones on every fit. Default null. */
  randomState: number | null;
}

/** Options of {@link RandomizedSearchCV}. */
export type RandomizedSearchOptions = SearchOptions & Pick<RandomizedSearchCVParams, 'nIter' | 'randomState'>;

/**
 * Cross-validates sets of parameters that are drawn at random, and fits the best on all rows (Bergstra and Bengio 2012). Where
 * there are only lists, no combination comes twice, and small grids are tried in full.
 *
 * Differs from scikit-learn as {@link GridSearchCV} does; distributions are {@link randint}, {@link uniform} and
 * {@link loguniform}, and random streams our own.
 *
 * @example
 * ```ts
 * import { loadDiabetes, loguniform, RandomizedSearchCV, Ridge } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const options = { nIter: 5, randomState: 1 };
 * const search = new RandomizedSearchCV(new Ridge(), { alpha: loguniform(1e-3, 10) }, options);
 * await search.fit(data, target);
 * search.cvResults.meanTestScore.length; // 5
 * ```
 */
export class RandomizedSearchCV<F extends Estimator = Estimator> extends BaseSearch<
  RandomizedSearchCVParams,
  F
> {
  /**
   * @param estimator - cloned for each fit and left as it is
   * @param paramDistributions - names of its parameters, `step__name` for those of a step of a pipeline
   */
  constructor(
    estimator: F,
    paramDistributions: RandomizedSearchCVParams['paramDistributions'],
    options: Partial<RandomizedSearchOptions> = {},
  ) {
    super({ ...SEARCH_DEFAULTS, nIter: 10, randomState: null, ...options, estimator, paramDistributions });
  }

  static override fromParams(params: RandomizedSearchCVParams): RandomizedSearchCV {
    const { estimator, paramDistributions, ...options } = params;
    return new RandomizedSearchCV(estimator, paramDistributions, options);
  }

  get rules(): Rules<RandomizedSearchCVParams> {
    return {
      ...this.searchRules,
      paramDistributions: custom('an object of lists and distributions, or a list of them', (v) => {
        return typeof v === 'object' && v !== null && !(Array.isArray(v) && v.length === 0);
      }),
      nIter: int(1),
      randomState: seed,
    };
  }

  protected get space() {
    return this.params.paramDistributions;
  }

  protected candidates(): ParamSet[] {
    const { paramDistributions, nIter, randomState } = this.params;
    return sampleParams(paramDistributions, nIter, resolveSeed(randomState));
  }
}
