/** What selectors by the score of each column share. */
import { type FitInput, requireY, type SparseFitInput, toShared } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import { custom, either, float64s, nothing, type Rule, type Rules, uint8s } from '../core/params.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { mutualInfoClassif, mutualInfoRegression } from './mutual-information.js';
import {
  chi2,
  type FeatureScores,
  fClassif,
  fRegression,
  rRegression,
  type ScoreFunction,
} from './score-functions.js';
import { FeatureSelector, type SelectorState } from './selector.js';

const NAMED = {
  ...{ chi2, fClassif, fRegression, mutualInfoClassif, mutualInfoRegression, rRegression },
  mutualInfo: mutualInfoClassif,
};

/** A score function, or the name of one of boreal's. */
export type Scoring = ScoreFunction | keyof typeof NAMED;

/** Parameters of selectors by score. */
export interface UnivariateParams {
  /**
   * How columns are scored: {@link fClassif}, {@link fRegression}, {@link chi2}, {@link mutualInfoClassif},
   * {@link mutualInfoRegression}, {@link rRegression}, their names, or a function of your own. Default 'fClassif'.
   */
  scoreFunc: Scoring;
}

/** Learned by selectors by score. */
export interface UnivariateState extends SelectorState {
  readonly scores: Float64Array;
  /** null where the score has none. */
  readonly pValues: Float64Array | null;
}

/** Base of selectors that score each column alone. */
export abstract class UnivariateSelector<P extends UnivariateParams> extends FeatureSelector<
  P,
  UnivariateState
> {
  /** Which columns stay: 1 for those. */
  protected abstract select(scored: FeatureScores): Uint8Array;

  get stateRules(): Rules<UnivariateState> {
    return { support: uint8s(), scores: float64s(), pValues: either(float64s(), nothing) };
  }

  protected override fitSparse(input: SparseFitInput): Promise<UnivariateState> {
    const isNamed = typeof nameOf(this.params.scoreFunc) === 'string';
    return this.#score(input, isNamed ? input.x : toShared(input.x.toDense()));
  }

  protected fitState(input: FitInput): Promise<UnivariateState> {
    return this.#score(input, input.x);
  }

  async #score(input: FitInput | SparseFitInput, x: Matrix | CsrMatrix): Promise<UnivariateState> {
    const { scoreFunc }: UnivariateParams = this.params;
    const score = typeof scoreFunc === 'string' ? NAMED[scoreFunc] : scoreFunc;
    const given = await score(x, requireY(input), { signal: input.signal });
    const pValues = given.pValues ?? null;
    const scored = {
      scores: Float64Array.from(given.scores),
      pValues: pValues && Float64Array.from(pValues),
    };
    const support = this.select(scored);
    if (support.includes(1)) return { support, ...scored };
    throw new ValidationError(
      'ERR_EMPTY',
      `${this.constructor.name}: no column has a score that lets it stay.`,
    );
  }

  /** Scores of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get scores(): Float64Array {
    return this.state.scores.slice();
  }

  /** Probabilities of scores as high by chance; null where the score has none. @throws {ERR_NOT_FITTED} before `fit` */
  get pValues(): Float64Array | null {
    return this.state.pValues?.slice() ?? null;
  }
}

/** The rule of `scoreFunc`. */
export const scoring: Rule = custom(`a score function, or one of ${Object.keys(NAMED).join(', ')}`, (v) => {
  return typeof v === 'function' || (typeof v === 'string' && Object.hasOwn(NAMED, v));
});

/** boreal's own functions by their names, so that a selector can be saved. */
export function nameOf(scoreFunc: Scoring): Scoring {
  const known = Object.entries(NAMED).find(([, score]) => score === scoreFunc);
  return known === undefined ? scoreFunc : (known[0] as keyof typeof NAMED);
}
