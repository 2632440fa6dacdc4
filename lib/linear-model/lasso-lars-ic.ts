/** The lasso whose strength is chosen by an information criterion. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import {
  bool,
  checkLength,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { type Centred, centre } from './correlations.js';
import { type LarsBaseParams, type LarsState, larsDefaults, larsRules, PathRegressor } from './lars.js';
import type { LarsPath } from './lars-path.js';
import { LinearRegression } from './linear-regression.js';

/** Parameters of {@link LassoLarsIC}. */
export interface LassoLarsICParams extends LarsBaseParams {
  /** Akaike's or the Bayesian information criterion. Default 'aic'. */
  criterion: 'aic' | 'bic';
  /** Steps of the path, at most. Default 500. */
  maxIter: number;
  /** Keep coefficients from falling below 0. Default false. */
  positive: boolean;
  /** The variance of the noise, > 0; null: that of least squares, for more rows than columns. Default null. */
  noiseVariance: number | null;
}

/** Learned by {@link LassoLarsIC}. */
export interface LassoLarsICState extends LarsState {
  readonly alpha: number;
  readonly noiseVariance: number;
  /** [alphas] */
  readonly criterion: Float64Array;
}

/** Models of which residuals are computed at once. */
const TOGETHER = 16;

/**
 * {@link LassoLars} with the strength of its path under which an information criterion is least: the misfit, and a price for each coefficient
 * that is not 0 (Zou, Hastie and Tibshirani 2007, "On the degrees of freedom of the lasso"). One fit, no folds.
 *
 * Differs from scikit-learn: as {@link LassoLars}; the noise counts at least what rounding leaves, so that a constant y has a criterion.
 *
 * @throws {ERR_PARAMETER} without `noiseVariance`, unless there are more rows than coefficients
 * @example
 * ```ts
 * import { LassoLarsIC, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new LassoLarsIC({ criterion: 'bic' }).fit(data, target);
 * model.coef.filter((c) => c !== 0).length; // 7
 * ```
 */
export class LassoLarsIC extends PathRegressor<LassoLarsICParams, LassoLarsICState> {
  constructor(params: Partial<LassoLarsICParams> = {}) {
    super({
      ...{ ...larsDefaults, criterion: 'aic', maxIter: 500, positive: false, noiseVariance: null },
      ...params,
    });
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: false };
  }

  get rules(): Rules<LassoLarsICParams> {
    return {
      ...{ ...larsRules, criterion: oneOf('aic', 'bic'), maxIter: int(1, 0x7fff_ffff), positive: bool },
      noiseVariance: either(real(0, Infinity, 'min'), nothing),
    };
  }

  get stateRules(): Rules<LassoLarsICState> {
    return { ...this.pathRules, alpha: real(0), noiseVariance: real(0), criterion: float64s() };
  }

  protected override checkState(state: LassoLarsICState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'criterion', state.criterion, state.alphas.length);
  }

  protected async fitState(input: FitInput): Promise<LassoLarsICState> {
    const { criterion: name, maxIter, positive, fitIntercept } = this.params;
    const y = new Matrix(fitTargets(input), input.x.rows, 1);
    const centred = await centre(input.x, y, fitIntercept, input.signal);
    const noiseVariance = this.params.noiseVariance ?? (await this.#noise(centred));
    const { rows } = input.x;
    const price = name === 'aic' ? 2 : Math.log(rows);
    const criterion: number[] = [];
    const state = await this.along(input, { lasso: true, positive, alphaMin: 0, maxIter }, async (path) => {
      const misfits = await misfitsOf(centred, path, input.signal);
      misfits.forEach((misfit, k) => {
        const size = path.coefs[k].filter((c) => Math.abs(c) > Number.EPSILON).length;
        criterion.push(rows * Math.log(2 * Math.PI * noiseVariance) + misfit / noiseVariance + price * size);
      });
      return criterion.indexOf(Math.min(...criterion));
    });
    const best = criterion.indexOf(Math.min(...criterion));
    return { ...state, alpha: state.alphas[best], noiseVariance, criterion: Float64Array.from(criterion) };
  }

  /** The variance that least squares leaves, at least that of rounding. */
  async #noise({ x, y }: Centred): Promise<number> {
    const { fitIntercept, positive } = this.params;
    const free = x.rows - x.cols - Number(fitIntercept);
    if (free <= 0) {
      const message = `LassoLarsIC: ${x.rows} rows are too few for least squares in ${x.cols} columns; give noiseVariance.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const squares = await new LinearRegression({ fitIntercept: false, positive }).fit(x, y.data);
    const left = y.sub(new Matrix(Float64Array.from(await squares.predict(x)), x.rows, 1));
    // Of a y that is constant nothing is left, by which the criterion divides.
    const rounding = Number.EPSILON ** 2 * y.square().mean();
    return Math.max(left.square().sum() / free, rounding, Number.MIN_VALUE);
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The variance of the noise. @throws {ERR_NOT_FITTED} before `fit` */
  get noiseVariance(): number {
    return this.state.noiseVariance;
  }

  /** The criterion at each of `alphas`. @throws {ERR_NOT_FITTED} before `fit` */
  get criterion(): Float64Array {
    return this.state.criterion.slice();
  }
}

/** Sums of squared residuals of each model of a path. */
async function misfitsOf(
  { x, y }: Centred,
  { coefs }: LarsPath,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const sums: number[] = [];
  for (let from = 0; from < coefs.length; from += TOGETHER) {
    const some = Matrix.from(coefs.slice(from, from + TOGETHER)) as Matrix<Float64Array>;
    const left = (await x.matmulAsync(some, { transposeB: true, signal })).sub(y);
    sums.push(...left.square().sum(0).data);
  }
  return sums;
}
