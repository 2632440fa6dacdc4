/** Regression for targets of another distribution than the normal one: counts, amounts, waiting times. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import type { ScoreOptions } from '../core/kinds.js';
import type { MatrixLike } from '../core/matrix.js';
import { bool, custom, int, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { d2TweedieScore } from '../metrics/deviance.js';
import { native } from '../native.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';

/** Parameters of {@link PoissonRegressor} and {@link GammaRegressor}. */
export interface GeneralizedLinearParams {
  /** Strength of the penalty alpha |coef|^2 / 2 on the mean deviance, >= 0. Default 1. */
  alpha: number;
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Most iterations, >= 1. Default 100. */
  maxIter: number;
  /** Stop when no component of the gradient is larger, of columns about their means where there is an intercept, > 0. Default 1e-4. */
  tol: number;
  /** Start a fit from the coefficients of the last one, where these have the same shape. Default false. */
  warmStart: boolean;
}

/** Parameters of {@link TweedieRegressor}. */
export interface TweedieRegressorParams extends GeneralizedLinearParams {
  /**
   * The variance of a target grows with this power of its mean: 0 is the normal distribution, 1 Poisson's, between 1 and 2 a sum of a
   * random number of gamma amounts, 2 the gamma distribution, 3 the inverse normal one. Not between 0 and 1. Default 0.
   */
  power: number;
  /** The prediction is the score ('identity') or exp(score) ('log'); 'auto': 'log' for powers above 0. Default 'auto'. */
  link: 'auto' | 'identity' | 'log';
}

const DEFAULTS: GeneralizedLinearParams = {
  ...{ alpha: 1, fitIntercept: true, maxIter: 100, tol: 1e-4, warmStart: false },
};

const RULES: Rules<GeneralizedLinearParams> = {
  alpha: real(0),
  fitIntercept: bool,
  maxIter: int(1, 0xffff_ffff),
  tol: real(0, Infinity, 'min'),
  warmStart: bool,
};

/** A distribution of the Tweedie family, and how scores become predictions. */
export interface Family {
  readonly power: number;
  readonly logLink: boolean;
}

/** Base of generalised linear models. */
export abstract class GeneralizedLinearRegressor<
  P extends GeneralizedLinearParams,
> extends IterativeLinearRegressor<P, IterativeLinearState> {
  /** What parameters make of the model. */
  protected abstract familyOf(params: Readonly<P>): Family;

  get stateRules(): Rules<IterativeLinearState> {
    return this.linearRules;
  }

  override get tags(): EstimatorTags {
    return { positiveTargets: this.familyOf(this.params).power >= 1, ownScore: true };
  }

  protected async fitState(input: FitInput): Promise<IterativeLinearState> {
    const { x, sampleWeight, cancel } = input;
    const { alpha, fitIntercept, maxIter, tol, warmStart } = this.params;
    const before = warmStart && this.isFitted && this.nFeaturesIn === x.cols ? this.state : null;
    const spec = {
      ...this.familyOf(this.params),
      ...{ alpha, fitIntercept, maxIter, tol },
      startCoef: before?.coef ?? null,
      startIntercept: before?.intercept ?? null,
    };
    const { intercept, ...fitted } = await native.fitGlm(
      ...([x.data, x.rows, x.cols, fitTargets(input), sampleWeight, spec] as const),
      ...([cancel, reportProgress(input, this)] as const),
    );
    return { ...fitted, intercept: Float64Array.of(intercept) };
  }

  /** The share of the deviance that is explained, D2: 1 is perfect, 0 is no better than the mean. */
  override async score(X: MatrixLike, y: ArrayLike<number>, options: ScoreOptions = {}): Promise<number> {
    const { power } = this.familyOf(this.fittedParams);
    return d2TweedieScore(y, await this.predict(X), { power, sampleWeight: options.sampleWeight });
  }

  override lower(plan: PlanBuilder, x: Slot): Slot {
    const scores = this.lowerScores(plan, x);
    return this.familyOf(this.fittedParams).logLink ? plan.activation(scores, 'exp') : scores;
  }
}

/**
 * Regression with a deviance of the Tweedie family (Jorgensen 1987): minimises the mean of half the deviance of the targets and
 * predictions + alpha |coef|^2 / 2, the objective of scikit-learn 1.9, by L-BFGS in float64.
 *
 * Differs from scikit-learn: no `solver: 'newton-cholesky'`; with an intercept columns are taken about their means, which changes no
 * optimum, but keeps columns far from 0 from ending a fit early. A fit that stops at `maxIter` sets `converged` to false, where
 * scikit-learn warns. `coef` and `intercept` go on from the last fit by `warmStart` only where X has as many columns.
 *
 * @throws {ERR_LABELS} for targets that the distribution cannot give: below 0 from power 1 on, or 0 from power 2 on
 * @throws {ERR_PARAMETER} when the fit would start at predictions that are not above 0, as without an intercept by 'identity'
 * @example
 * ```ts
 * import { TweedieRegressor } from 'boreal';
 * const model = new TweedieRegressor({ power: 1.5, alpha: 0 });
 * await model.fit([[0], [0], [1], [1]], [1, 3, 8, 0]);
 * model.predictSync([[0], [1]]).map(Math.round); // [2, 4]
 * ```
 */
export class TweedieRegressor extends GeneralizedLinearRegressor<TweedieRegressorParams> {
  constructor(params: Partial<TweedieRegressorParams> = {}) {
    super({ ...DEFAULTS, power: 0, link: 'auto', ...params });
  }

  get rules(): Rules<TweedieRegressorParams> {
    const power = custom(
      'a number that is not between 0 and 1',
      (v) => typeof v === 'number' && Number.isFinite(v) && (v <= 0 || v >= 1),
    );
    return { ...RULES, power, link: oneOf('auto', 'identity', 'log') };
  }

  protected familyOf({ power, link }: TweedieRegressorParams): Family {
    return { power, logLink: link === 'auto' ? power > 0 : link === 'log' };
  }
}

/**
 * Regression of counts: {@link TweedieRegressor} with Poisson's distribution and predictions exp(score).
 *
 * @throws {ERR_LABELS} for targets below 0
 * @example
 * ```ts
 * import { PoissonRegressor } from 'boreal';
 * const model = await new PoissonRegressor({ alpha: 0 }).fit([[0], [0], [1], [1]], [1, 3, 8, 12]);
 * model.predictSync([[0], [1]]).map(Math.round); // [2, 10]
 * ```
 */
export class PoissonRegressor extends GeneralizedLinearRegressor<GeneralizedLinearParams> {
  constructor(params: Partial<GeneralizedLinearParams> = {}) {
    super({ ...DEFAULTS, ...params });
  }

  get rules(): Rules<GeneralizedLinearParams> {
    return RULES;
  }

  protected familyOf(): Family {
    return { power: 1, logLink: true };
  }
}

/**
 * Regression of amounts whose spread grows with their mean: {@link TweedieRegressor} with the gamma distribution and predictions
 * exp(score).
 *
 * @throws {ERR_LABELS} for targets that are not above 0
 * @example
 * ```ts
 * import { GammaRegressor } from 'boreal';
 * const model = await new GammaRegressor({ alpha: 0 }).fit([[0], [0], [1], [1]], [1, 3, 8, 12]);
 * model.predictSync([[0], [1]]).map(Math.round); // [2, 10]
 * ```
 */
export class GammaRegressor extends GeneralizedLinearRegressor<GeneralizedLinearParams> {
  constructor(params: Partial<GeneralizedLinearParams> = {}) {
    super({ ...DEFAULTS, ...params });
  }

  get rules(): Rules<GeneralizedLinearParams> {
    return RULES;
  }

  protected familyOf(): Family {
    return { power: 2, logLink: true };
  }
}
