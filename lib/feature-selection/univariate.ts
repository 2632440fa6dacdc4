/** What selectors by the score of each column share. */
import type { FitInput } from '../core/fit-input.js';
import { requireY } from '../core/fit-input.js';
import { custom, float64s, type Rule, type Rules, uint8s } from '../core/params.js';
import { chi2, fClassif, fRegression, type ScoreFunction } from './score-functions.js';
import { FeatureSelector, type SelectorState } from './selector.js';

const NAMED = { chi2, fClassif, fRegression };

/** A score function, or the name of one of boreal's. */
export type Scoring = ScoreFunction | keyof typeof NAMED;

/** Parameters of selectors by score. */
export interface UnivariateParams {
  /** How columns are scored: {@link fClassif}, {@link fRegression}, {@link chi2}, their names, or a function of your own. */
  scoreFunc: Scoring;
}

/** Learned by selectors by score. */
export interface UnivariateState extends SelectorState {
  readonly scores: Float64Array;
  readonly pValues: Float64Array;
}

/** Base of selectors that score each column alone. */
export abstract class UnivariateSelector<P extends UnivariateParams> extends FeatureSelector<
  P,
  UnivariateState
> {
  /** Which columns stay. */
  protected abstract select(scores: Float64Array): Uint8Array;

  get stateRules(): Rules<UnivariateState> {
    return { support: uint8s(), scores: float64s(), pValues: float64s() };
  }

  protected async fitState(input: FitInput): Promise<UnivariateState> {
    const { scoreFunc }: UnivariateParams = this.params;
    const score = typeof scoreFunc === 'string' ? NAMED[scoreFunc] : scoreFunc;
    const { scores, pValues } = await score(input.x, requireY(input), { signal: input.signal });
    return {
      support: this.select(scores),
      scores: Float64Array.from(scores),
      pValues: Float64Array.from(pValues),
    };
  }

  /** Scores of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get scores(): Float64Array {
    return this.state.scores.slice();
  }

  /** Probabilities of scores as high by chance. @throws {ERR_NOT_FITTED} before `fit` */
  get pValues(): Float64Array {
    return this.state.pValues.slice();
  }
}

/** The rule of `scoreFunc`. */
export const scoring: Rule = custom("a score function, 'fClassif', 'fRegression' or 'chi2'", (v) => {
  return typeof v === 'function' || (typeof v === 'string' && Object.hasOwn(NAMED, v));
});

/** boreal's own functions by their names, so that a selector can be saved. */
export function nameOf(scoreFunc: Scoring): Scoring {
  const known = Object.entries(NAMED).find(([, score]) => score === scoreFunc);
  return known === undefined ? scoreFunc : (known[0] as keyof typeof NAMED);
}
