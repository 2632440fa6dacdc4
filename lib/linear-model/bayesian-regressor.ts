/** What Bayesian linear regressions share: gamma priors on precisions, and predictions that say how sure they are. */
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { bool, checkLength, float64s, int, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';

/** Parameters of all of them. */
export interface BayesianParams {
  /** Most iterations, >= 1. Default 300. */
  maxIter: number;
  /** Shape of the gamma prior on the precision of the noise, >= 0. Default 1e-6. */
  alpha1: number;
  /** Rate of that prior, >= 0. Default 1e-6. */
  alpha2: number;
  /** Shape of the gamma prior on the precision of the coefficients, >= 0. Default 1e-6. */
  lambda1: number;
  /** Rate of that prior, >= 0. Default 1e-6. */
  lambda2: number;
  /** Keep the objective of every iteration, as `scores`. Default false. */
  computeScore: boolean;
  /** Fit a constant term, which is not penalised and has no variance. Default true. */
  fitIntercept: boolean;
}

/** Learned by all of them. */
export interface BayesianState extends IterativeLinearState {
  /** [columns] Means of the columns, 0 without an intercept. */
  readonly offset: Float64Array;
  /** Precision of the noise. */
  readonly alpha: number;
  readonly scores: Float64Array;
}

/** A prediction, and how sure it is. */
export interface UncertainPrediction {
  /** One number per row. */
  readonly mean: FloatArray;
  /** Its standard deviation. */
  readonly std: FloatArray;
}

/** Defaults of {@link BayesianParams}. */
export const bayesianDefaults: BayesianParams = {
  ...{ maxIter: 300, alpha1: 1e-6, alpha2: 1e-6, lambda1: 1e-6, lambda2: 1e-6 },
  ...{ computeScore: false, fitIntercept: true },
};

/** Rules of {@link BayesianParams}. */
export const bayesianRules: Rules<BayesianParams> = {
  ...{ maxIter: int(1, 0xffff_ffff), computeScore: bool, fitIntercept: bool },
  ...{ alpha1: real(0), alpha2: real(0), lambda1: real(0), lambda2: real(0) },
};

/** Base of {@link BayesianRidge} and {@link ARDRegression}. */
export abstract class BayesianRegressor<
  P extends BayesianParams,
  S extends BayesianState,
> extends IterativeLinearRegressor<P, S> {
  /** Rules of what the states share. */
  protected get bayesianRules(): Rules<BayesianState> {
    return { ...this.linearRules, offset: float64s(), alpha: real(0), scores: float64s() };
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'offset', state.offset, columns.length);
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'std'];
  }

  /** The variance of what the coefficients may say of a row; null: they say nothing. */
  protected abstract lowerSpread(plan: PlanBuilder, x: Slot): Slot | null;

  /** The estimated precision of the noise: 1 / variance. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The objective of each iteration; empty without `computeScore`. @throws {ERR_NOT_FITTED} before `fit` */
  get scores(): Float64Array {
    return this.state.scores.slice();
  }

  /** Predictions with their standard deviations: of the noise, and of what the coefficients may be. @throws see {@link Plan.run} */
  async predictWithStd(X: MatrixLike): Promise<UncertainPrediction> {
    return splitStd(await this.run(X, { output: 'std' }));
  }

  /** As {@link BayesianRegressor.predictWithStd}, on this thread's time. */
  predictWithStdSync(X: MatrixLike): UncertainPrediction {
    return splitStd(this.runSync(X, { output: 'std' }));
  }

  /** Rows about the means of the training rows. */
  protected lowerCentred(plan: PlanBuilder, x: Slot): Slot {
    return plan.affine(x, this.state.offset, new Float64Array(x.width).fill(1));
  }

  override lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const mean = this.lowerScores(plan, x);
    if (output !== 'std') return mean;
    const noise = 1 / this.state.alpha;
    const spread = this.lowerSpread(plan, x);
    if (spread === null) return plan.concat([mean, plan.constant(x, Float64Array.of(Math.sqrt(noise)))]);
    const variance = plan.binary(spread, 'add', Float64Array.of(noise));
    return plan.concat([mean, plan.activation(variance, 'sqrt')]);
  }
}

/** Both columns of the output 'std'. */
function splitStd(both: Matrix): UncertainPrediction {
  const mean = both.data.slice(0, both.rows);
  const std = both.data.slice(0, both.rows);
  for (let i = 0; i < both.rows; i++) {
    mean[i] = both.data[2 * i];
    std[i] = both.data[2 * i + 1];
  }
  return { mean, std };
}
