/** What the estimators of this family share: the stored training rows and the checks of how many are near. */
import { SEARCH_DEFAULTS, type SearchParams, searchRules } from '../core/neighbor-search.js';
import { int, oneOf, type Rule, real } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Parameters of the estimators that predict from neighbours. */
export interface NeighborsParams extends SearchParams {
  /** Number of neighbours, >= 1 and at most the number of training rows. Default 5. */
  nNeighbors: number;
  /**
   * 'uniform': neighbours count alike; 'distance': each by 1 / distance, and where some are at distance 0 those alone. Default
   * 'uniform'.
   */
  weights: 'uniform' | 'distance';
}

/** Parameters of the estimators that predict from neighbours within a radius. */
export interface RadiusNeighborsParams extends SearchParams {
  /** The largest distance of a neighbour, >= 0. Default 1. */
  radius: number;
  /** As {@link NeighborsParams.weights}. Default 'uniform'. */
  weights: 'uniform' | 'distance';
}

export const RADIUS_DEFAULTS: RadiusNeighborsParams = { ...SEARCH_DEFAULTS, radius: 1, weights: 'uniform' };
export const NEIGHBORS_DEFAULTS: NeighborsParams = { ...SEARCH_DEFAULTS, nNeighbors: 5, weights: 'uniform' };

const weightsRule: Rule = oneOf('uniform', 'distance');
export function neighborsRules(params: SearchParams): Record<keyof NeighborsParams, Rule> {
  return { ...searchRules(params), nNeighbors: int(1, 0x7fff_ffff), weights: weightsRule };
}

export function radiusRules(params: SearchParams): Record<keyof RadiusNeighborsParams, Rule> {
  return { ...searchRules(params), radius: real(0), weights: weightsRule };
}

/** @throws {ERR_PARAMETER} when there are fewer training rows than wanted neighbours */
export function checkNeighbors(
  owner: object,
  nNeighbors: number,
  { x }: { readonly x: { readonly rows: number } },
): void {
  if (nNeighbors <= x.rows) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name}: parameter 'nNeighbors' must be at most the number of training rows, ${x.rows}; got ${nNeighbors}.`,
  );
}
