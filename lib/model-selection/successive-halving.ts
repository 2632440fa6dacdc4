/** Searches that try many candidates on few resources, and the better ones on more. */

import { classLists, fitClasses } from '../core/class-lists.js';
import type { Estimator } from '../core/estimator.js';
import type { Fold } from '../core/k-fold.js';
import { bool, either, int, oneOf, type Rules, real, resolveSeed, seed } from '../core/params.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import {
  BaseSearch,
  type BaseSearchParams,
  type Evaluate,
  type Explored,
  SEARCH_DEFAULTS,
  type SearchData,
  type SearchOptions,
} from './base-search.js';
import type { ParamSet } from './parameter-grid.js';
import { isSingle, type SingleScoring } from './scoring.js';
import type { Outcome } from './search-results.js';

/** Options that halving adds to those of a search. */
export interface HalvingOptions extends Omit<SearchOptions, 'scoring' | 'refit'> {
  /** A scorer or its name. Default: the estimator's own `score` (accuracy or R2). */
  scoring: SingleScoring | null;
  /** Fit the best candidate on all rows. Default true. */
  refit: boolean;
  /** By how much resources grow and candidates shrink each time, > 1. Default 3. */
  factor: number;
  /** What grows: 'nSamples' (rows), or a parameter of the estimator that takes a whole number >= 1. Default 'nSamples'. */
  resource: string;
  /**
   * Resources of a candidate at first: a number; 'smallest' (of rows: 2 for each fold and class; of a parameter 1); or 'exhaust',
   * so that the last round uses as many as it can. Default 'exhaust'.
   */
  minResources: number | 'smallest' | 'exhaust';
  /** Most resources of a candidate: a number, or 'auto' for all rows. Default 'auto'. */
  maxResources: number | 'auto';
  /** Repeat the first round's resources until so few candidates are left that the last round may use all. Default false. */
  aggressiveElimination: boolean;
  /** Seed of the rows that are drawn (and of candidates, where they are); null: others on every fit. Default null. */
  randomState: number | null;
}

/** Parameters of searches by successive halving. */
export type BaseHalvingParams = BaseSearchParams & HalvingOptions;

/** The defaults of {@link HalvingOptions}. */
export const HALVING_DEFAULTS: HalvingOptions = {
  ...SEARCH_DEFAULTS,
  ...{ scoring: null, refit: true, factor: 3, resource: 'nSamples', minResources: 'exhaust' },
  ...{ maxResources: 'auto', aggressiveElimination: false, randomState: null },
};

/** One round: what each candidate may use, and how many candidates there are. */
interface Round {
  readonly resources: number;
  readonly candidates: number;
}

/** Base of searches by successive halving (Karnin, Koren and Somekh, 2013; Li et al., Hyperband, JMLR 18, 2018). */
export abstract class SuccessiveHalving<P extends BaseHalvingParams, F extends Estimator> extends BaseSearch<
  P,
  F
> {
  /** Candidates of the first round, given what each may use at first and at most. */
  protected abstract firstCandidates(min: number, max: number): ParamSet[];

  protected candidates(): ParamSet[] {
    return this.firstCandidates(1, 1);
  }

  /** The rules of the shared parameters. */
  protected get halvingRules(): Rules<BaseHalvingParams> {
    return {
      ...this.searchRules,
      refit: bool,
      factor: real(1, Infinity, 'min'),
      resource: { allows: (v) => typeof v === 'string' && v !== '', allowed: "'nSamples' or a parameter" },
      minResources: either(int(1), oneOf('smallest', 'exhaust')),
      maxResources: either(int(1), oneOf('auto')),
      aggressiveElimination: bool,
      randomState: seed,
    };
  }

  override checkParams(): void {
    super.checkParams();
    const { scoring, resource, maxResources } = this.params;
    if (!isSingle(scoring ?? undefined)) throw this.refuseHalving('there must be one scorer');
    if (resource !== 'nSamples' && maxResources === 'auto')
      throw this.refuseHalving("maxResources must be a number, unless the resource is 'nSamples'");
  }

  protected refuseHalving(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `${this.constructor.name}: ${why}.`);
  }

  protected override async explore(
    evaluate: Evaluate,
    folds: readonly Fold[],
    data: SearchData,
  ): Promise<Explored> {
    const { factor, resource, randomState } = this.params;
    data.check();
    const { min, max } = this.#limits(folds, data);
    let candidates = this.firstCandidates(min, max);
    if (candidates.some((params) => Object.hasOwn(params, resource)))
      throw this.refuseHalving(`'${resource}' is the resource, so that it cannot be searched`);
    const rounds = this.#schedule(candidates.length, min, max);
    const total = rounds.reduce((sum, round) => sum + round.candidates * folds.length, 0);
    const seedOfRows = resolveSeed(randomState);
    const tried: ParamSet[] = [];
    const outcomes: Outcome[][] = [];
    const [iterations, resources]: [number[], number[]] = [[], []];
    let eligible = 0;
    for (const [iteration, round] of rounds.entries()) {
      const isRows = resource === 'nSamples';
      if (!isRows) candidates = candidates.map((params) => ({ ...params, [resource]: round.resources }));
      const share = round.resources / data.x.rows;
      const chosen = isRows ? folds.map((fold) => subsample(fold, share, seedOfRows)) : folds;
      const found = await evaluate(candidates, chosen, total);
      eligible = tried.length;
      tried.push(...candidates);
      outcomes.push(...found);
      for (const _ of candidates) {
        iterations.push(iteration);
        resources.push(round.resources);
      }
      candidates = highest(candidates, found, Math.ceil(candidates.length / factor));
    }
    const columns = { iter: Int32Array.from(iterations), nResources: Int32Array.from(resources) };
    return { candidates: tried, outcomes, columns, eligible };
  }

  /** What a candidate may use at first, before 'exhaust' raises it, and at most. */
  #limits(folds: readonly Fold[], data: SearchData): { min: number; max: number } {
    const { resource, minResources, maxResources, estimator }: BaseHalvingParams = this.params;
    const { rows } = data.x;
    const max = maxResources === 'auto' ? rows : maxResources;
    const lists = estimator.kind === 'classifier' ? classLists(fitClasses(data).classes) : [];
    const classes = Math.max(1, ...lists.map(({ length }) => length));
    const smallest = resource === 'nSamples' ? 2 * folds.length * classes : 1;
    const min = typeof minResources === 'number' ? minResources : smallest;
    if (resource === 'nSamples' && max > rows)
      throw this.refuseHalving(`maxResources is ${max}, but X has ${rows} rows`);
    if (min > max) throw this.refuseHalving(`minResources is ${min}, more than maxResources, ${max}`);
    return { min, max };
  }

  #schedule(count: number, least: number, max: number): Round[] {
    const { factor, minResources, aggressiveElimination }: BaseHalvingParams = this.params;
    const required = 1 + floorLog(count, factor);
    const min =
      minResources === 'exhaust' ? Math.max(least, Math.floor(max / factor ** (required - 1))) : least;
    const possible = 1 + floorLog(Math.floor(max / min), factor);
    const rounds: Round[] = [];
    let candidates = count;
    for (let k = 0; k < (aggressiveElimination ? required : Math.min(possible, required)); k++) {
      const power = aggressiveElimination ? Math.max(0, k - required + possible) : k;
      rounds.push({ resources: Math.min(Math.floor(factor ** power * min), max), candidates });
      candidates = Math.ceil(candidates / factor);
    }
    return rounds;
  }

  /** The number of rounds. @throws {ERR_NOT_FITTED} before `fit` */
  get nIterations(): number {
    return this.nResources.length;
  }

  /** What each candidate used, by round. @throws {ERR_NOT_FITTED} before `fit` */
  get nResources(): number[] {
    return this.#byRound((first) => (this.cvResults.nResources as Int32Array)[first]);
  }

  /** How many candidates there were, by round. @throws {ERR_NOT_FITTED} before `fit` */
  get nCandidates(): number[] {
    return this.#byRound((first, next) => next - first);
  }

  #byRound(of: (first: number, next: number) => number): number[] {
    const iterations = this.cvResults.iter as Int32Array;
    const firsts = [...iterations.keys()].filter((k) => k === 0 || iterations[k] !== iterations[k - 1]);
    return firsts.map((first, round) => of(first, firsts[round + 1] ?? iterations.length));
  }
}

/** The logarithm, rounded down, of whole powers exactly. */
function floorLog(value: number, base: number): number {
  let power = 0;
  for (let reached = base; reached <= value * (1 + 1e-12); reached *= base) power += 1;
  return power;
}

/** A share of the rows of a fold, drawn at random: the same for the same seed. */
function subsample({ train, test }: Fold, share: number, seedOfRows: number): Fold {
  const some = (rows: Int32Array) => {
    const order = new Random(seedOfRows).permutation(rows.length);
    return Int32Array.from(order.subarray(0, Math.floor(share * rows.length)), (k) => rows[k]);
  };
  return { train: some(train), test: some(test) };
}

/** The candidates with the highest mean scores, worst first; NaN is lowest, and of equals the later ones stay. */
function highest(candidates: readonly ParamSet[], outcomes: readonly Outcome[][], count: number): ParamSet[] {
  const means = outcomes.map((folds) => folds.reduce((sum, { test }) => sum + test[0], 0) / folds.length);
  const known = means.map((mean) => (Number.isNaN(mean) ? -Infinity : mean));
  const order = [...known.keys()].sort((a, b) => known[a] - known[b] || a - b);
  return order.slice(-count).map((k) => candidates[k]);
}
