/** The scorer that a `scoring` stands for. */
import { bool, checkParams, requireOptions } from '../core/params.js';
import { BorealError, StateError, ValidationError } from '../errors.js';
import { getScorer, type ScorableEstimator, type Scorer, type ScorerName } from './scorers.js';

/** Options of {@link checkScoring}. */
export interface CheckScoringOptions {
  /** Give null, not an error, where nothing is said and the estimator has no `score`. Default false. */
  readonly allowNone?: boolean;
  /** Of several scorers: throw what one of them throws; false: its message stands in place of its score. Default true. */
  readonly raiseExc?: boolean;
}

/** Several scores of a fitted estimator on X and y, by name. */
export type ScorerOfSeveral<V = number> = (...args: Parameters<Scorer>) => Promise<Record<string, V>>;

type Single = ScorerName | Scorer;
type Several = readonly ScorerName[] | Readonly<Record<string, Single>>;
type Scorable = ScorableEstimator & {
  score?(X: never, y: never, options: { sampleWeight?: ArrayLike<number> }): Promise<number>;
};

/**
 * The scorer that a name, a function, a list of names or an object of them stands for; without any of these the estimator's own
 * `score`.
 *
 * @param estimator - asked for its `score` where `scoring` is left out
 * @param scoring - null: the estimator's own
 * @returns one scorer, or for a list or an object one that gives scores by name; null where `allowNone` allows it
 * @throws {ERR_PARAMETER} for a name that no scorer has, none at all, or a bad option
 * @throws {ERR_NOT_SUPPORTED} for an estimator without a `score` where no scorer is named
 * @example
 * ```ts
 * import { checkScoring, GaussianNB, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new GaussianNB().fit(data, target);
 * const scores = await checkScoring(model, ['accuracy', 'negLogLoss'])(model, data, target);
 * Object.keys(scores); // ['accuracy', 'negLogLoss']
 * ```
 */
export function checkScoring(
  estimator: object | null,
  scoring?: Single | null,
  options?: CheckScoringOptions & { readonly allowNone?: false },
): Scorer;
export function checkScoring(
  estimator: object | null,
  scoring: Several,
  options: CheckScoringOptions & { readonly raiseExc: false },
): ScorerOfSeveral<number | string>;
export function checkScoring(
  estimator: object | null,
  scoring: Several,
  options?: CheckScoringOptions,
): ScorerOfSeveral;
export function checkScoring(
  estimator: object | null,
  scoring?: Single | null,
  options?: CheckScoringOptions,
): Scorer | null;
export function checkScoring(
  estimator: object | null,
  scoring: Single | Several | null = null,
  options: CheckScoringOptions = {},
): Scorer | ScorerOfSeveral<number | string> | null {
  requireOptions(options);
  const { allowNone = false, raiseExc = true, ...unknown } = options;
  const rules = { allowNone: bool, raiseExc: bool };
  checkParams('checkScoring', { ...unknown, allowNone, raiseExc }, rules);
  if (scoring === null) return ownScorer(estimator as Scorable | null, allowNone);
  if (typeof scoring === 'string' || typeof scoring === 'function') return getScorer(scoring);
  const named = Array.isArray(scoring)
    ? scoring.map((name: ScorerName) => [name, getScorer(name)] as const)
    : Object.entries(scoring).map(([name, one]) => [name, getScorer(one)] as const);
  if (named.length === 0) throw new ValidationError('ERR_PARAMETER', 'scoring names no scorer.');
  return async (...args) => {
    const scores: Record<string, number | string> = {};
    for (const [name, scorer] of named) {
      try {
        scores[name] = await scorer(...args);
      } catch (error) {
        if (raiseExc || !(error instanceof BorealError)) throw error;
        scores[name] = error.message;
      }
    }
    return scores;
  };
}

function ownScorer(estimator: Scorable | null, allowNone: boolean): Scorer | null {
  if (typeof estimator?.score === 'function') {
    return (model, X, y, { sampleWeight } = {}) =>
      (model as Required<Scorable>).score(X as never, y as never, {
        sampleWeight: sampleWeight ?? undefined,
      });
  }
  if (allowNone) return null;
  const name = estimator?.constructor.name ?? 'What is to be scored';
  throw new StateError('ERR_NOT_SUPPORTED', `${name} has no score of its own: name a scorer.`);
}
