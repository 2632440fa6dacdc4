/** The choice of a penalty among the strengths of paths, by the mean squared errors of rows left out. */
import type { State } from '../core/estimator.js';
import { Matrix } from '../core/matrix.js';
import {
  checkLength,
  custom,
  either,
  float64s,
  int,
  listOf,
  type Rule,
  type Rules,
  real,
} from '../core/params.js';
import { type Folds, foldsRule } from './folds.js';

/** Parameters of the choice. */
export interface PathChoiceParams {
  /**
   * Strengths to choose from, or how many: evenly spaced in their logarithms, down from the smallest that leaves no coefficient.
   * Default 100.
   */
  alphas: number | readonly number[];
  /** The smallest of them over the largest, in (0, 1]. Default 1e-3. */
  eps: number;
  /** How rows are left out: see {@link Folds}. Default 5. */
  cv: Folds;
}

/** What the choice leaves behind. */
export interface PathChoice extends State {
  readonly alpha: number;
  readonly l1Ratio: number;
  /** [ratios, alphas], descending. */
  readonly alphas: Float64Array;
  /** Mean squared errors, [ratios, alphas, folds]. */
  readonly mse: Float64Array;
  readonly folds: number;
  readonly ratios: number;
}

/** @internal */
export const pathChoiceDefaults: PathChoiceParams = { alphas: 100, eps: 1e-3, cv: 5 };

const share = real(0, 1);
const shares = either(share, listOf('a list of numbers >= 0 and <= 1', share.allows, 1));
/** A grid of strengths begins where the ratio leaves no coefficient, which needs a ratio above 0. */
const positiveShares = custom(
  'a number > 0 and <= 1 or a list of such numbers (0 needs a list of alphas)',
  (v) => shares.allows(v) && [v].flat().every((ratio) => (ratio as number) > 0),
);

/** @internal */
export const pathChoiceRules: Rules<PathChoiceParams> = {
  alphas: either(int(1, 1_000_000), listOf('a list of numbers >= 0', real(0).allows, 1)),
  eps: real(0, 1, 'min'),
  cv: foldsRule,
};

/** The rule of a ratio, or of several to choose from. @internal */
export function ratiosRule({ alphas }: PathChoiceParams): Rule {
  return typeof alphas === 'number' ? positiveShares : shares;
}

/** @internal */
export const pathChoiceStateRules: Rules<PathChoice> = {
  ...{ alpha: real(0), l1Ratio: real(0, 1), alphas: float64s(), mse: float64s() },
  ...{ folds: int(1), ratios: int(1) },
};

/** @throws {ERR_PARAMETER} unless there is an error for each strength and fold */
export function checkPathChoice(owner: object, { mse, alphas, folds }: PathChoice): void {
  checkLength(owner, 'mse', mse, alphas.length * folds);
}

/** The strength, of all ratios, whose mean error is smallest; the first of equal ones. */
export function chooseOfPaths(
  ratios: readonly number[],
  alphas: Float64Array,
  mse: Float64Array,
  folds: number,
): PathChoice {
  const best = smallestMean(mse, folds);
  const l1Ratio = ratios[Math.floor(best / (alphas.length / ratios.length))];
  return { alpha: alphas[best], l1Ratio, alphas, mse, folds, ratios: ratios.length };
}

/** The row of [rows, folds] whose mean is smallest. */
function smallestMean(mse: Float64Array, folds: number): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < mse.length / folds; i++) {
    const sum = mse.subarray(i * folds, (i + 1) * folds).reduce((total, value) => total + value, 0);
    if (sum < least) {
      least = sum;
      best = i;
    }
  }
  return best;
}

/** The strengths tried, [ratios, alphas]. */
export function alphasOf({ alphas, ratios }: PathChoice): Matrix {
  return new Matrix(alphas.slice(), ratios, alphas.length / ratios);
}

/** Mean squared errors, [ratios * alphas, folds]. */
export function msePathOf({ mse, folds }: PathChoice): Matrix {
  return new Matrix(mse.slice(), mse.length / folds, folds);
}
