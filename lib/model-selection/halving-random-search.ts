/** Successive halving of parameters drawn at random. */
import type { Estimator } from '../core/estimator.js';
import { custom, either, int, oneOf, type Rules, resolveSeed } from '../core/params.js';
import type { ParamSet } from './parameter-grid.js';
import { type ParamDistributions, sampleParams } from './parameter-sampler.js';
import {
  type BaseHalvingParams,
  HALVING_DEFAULTS,
  type HalvingOptions,
  SuccessiveHalving,
} from './successive-halving.js';

/** Parameters of {@link HalvingRandomSearchCV}. */
export interface HalvingRandomSearchCVParams extends BaseHalvingParams {
  /** Lists of values or distributions, by parameter; or several such objects, of which one is drawn each time. */
  paramDistributions: ParamDistributions | readonly ParamDistributions[];
  /** Candidates of the first round: a number, or 'exhaust' for as many as the last round can use. Default 'exhaust'. */
  nCandidates: number | 'exhaust';
}

/** Options of {@link HalvingRandomSearchCV}; `minResources` is 'smallest' by default. */
export type HalvingRandomSearchOptions = HalvingOptions & Pick<HalvingRandomSearchCVParams, 'nCandidates'>;

/**
 * As {@link HalvingGridSearchCV}, of candidates that are drawn at random as by {@link RandomizedSearchCV}.
 *
 * @example
 * ```ts
 * import { HalvingRandomSearchCV, loadDigits, RandomForestClassifier, randint } from 'boreal';
 * const { data, target } = loadDigits();
 * const options = { resource: 'nEstimators', maxResources: 27, nCandidates: 9, cv: 3, randomState: 0 };
 * const forest = new RandomForestClassifier({ randomState: 0 });
 * const search = new HalvingRandomSearchCV(forest, { maxDepth: randint(2, 12) }, options);
 * await search.fit(data, target);
 * search.nCandidates; // [9, 3, 1]
 * search.bestParams.nEstimators; // 9
 * ```
 */
export class HalvingRandomSearchCV<F extends Estimator = Estimator> extends SuccessiveHalving<
  HalvingRandomSearchCVParams,
  F
> {
  /**
   * @param estimator - cloned for each fit and left as it is
   * @param paramDistributions - names of its parameters, `step__name` for those of a step of a pipeline
   */
  constructor(
    estimator: F,
    paramDistributions: HalvingRandomSearchCVParams['paramDistributions'],
    options: Partial<HalvingRandomSearchOptions> = {},
  ) {
    const defaults = { ...HALVING_DEFAULTS, minResources: 'smallest', nCandidates: 'exhaust' } as const;
    super({ ...defaults, ...options, estimator, paramDistributions });
  }

  static override fromParams(params: HalvingRandomSearchCVParams): HalvingRandomSearchCV {
    const { estimator, paramDistributions, ...options } = params;
    return new HalvingRandomSearchCV(estimator, paramDistributions, options);
  }

  get rules(): Rules<HalvingRandomSearchCVParams> {
    return {
      ...this.halvingRules,
      paramDistributions: custom('an object of lists and distributions, or a list of them', (v) => {
        return typeof v === 'object' && v !== null && !(Array.isArray(v) && v.length === 0);
      }),
      nCandidates: either(int(1), oneOf('exhaust')),
    };
  }

  override checkParams(): void {
    super.checkParams();
    const { minResources, nCandidates } = this.params;
    if (minResources === 'exhaust' && nCandidates === 'exhaust')
      throw this.refuseHalving("only one of minResources and nCandidates can be 'exhaust'");
  }

  protected get space() {
    return this.params.paramDistributions;
  }

  protected firstCandidates(min: number, max: number): ParamSet[] {
    const { paramDistributions, nCandidates, randomState } = this.params;
    const count = nCandidates === 'exhaust' ? Math.floor(max / min) : nCandidates;
    return sampleParams(paramDistributions, count, resolveSeed(randomState));
  }
}
