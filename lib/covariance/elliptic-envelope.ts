/** Outliers by a robust covariance. */
import { chi2Critical, chi2Survival } from '../core/distributions/survival.js';
import type { State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { checkFinite } from '../core/input-checks.js';
import type { ScoreOptions } from '../core/kinds.js';
import { type FloatArray, Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import { OutlierDetector, scoreLimit, trainingScores } from '../core/outlier-detector.js';
import {
  bool,
  checkLength,
  checkParams,
  either,
  float64s,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
  uint8s,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { accuracy } from '../core/score.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Parameters of {@link EllipticEnvelope}. */
export interface EllipticEnvelopeParams {
  /** The location is known to be 0. Default false. */
  assumeCentered: boolean;
  /** Share of the rows that make the raw estimate, in (0, 1]; null: the least that resists, about half. Default null. */
  supportFraction: number | null;
  /** Share of outliers among the training rows, in (0, 0.5]. Default 0.1. */
  contamination: number;
  /** Whether `precision` is there; {@link EllipticEnvelope.getPrecision} always is. Default true. */
  storePrecision: boolean;
  /** Seed of the starts; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link EllipticEnvelope}. */
export interface EllipticEnvelopeState extends State {
  readonly location: Float64Array;
  /** [columns, columns] row-major. */
  readonly covariance: Float64Array;
  /** p with p p' the (pseudo-)inverse of the covariance, [columns, columns]. */
  readonly whitening: Float64Array;
  readonly rawLocation: Float64Array;
  readonly rawCovariance: Float64Array;
  /** 1 for the rows of the raw estimate. */
  readonly rawSupport: Uint8Array;
  /** 1 for the rows of the estimate. */
  readonly support: Uint8Array;
  /** Squared distances of the training rows. */
  readonly dist: Float64Array;
  readonly offset: number;
}

/** Options of {@link EllipticEnvelope.errorNorm}. */
export interface ErrorNormOptions {
  /** Of the difference: the root of the sum of its squares, or its largest singular value. Default 'frobenius'. */
  readonly norm: 'frobenius' | 'spectral';
  /** Divide the squared norm by the number of columns. Default true. */
  readonly scaling: boolean;
  /** The square of the norm in place of the norm. Default true. */
  readonly squared: boolean;
}

/** A covariance by the rows near to another estimate. */
export interface ReweightedCovariance {
  /** [columns] */
  readonly location: Float64Array;
  /** [columns, columns] */
  readonly covariance: Matrix<Float64Array>;
  /** Whether each row is near. */
  readonly support: boolean[];
}

const NORM_RULES: Rules<ErrorNormOptions> = {
  norm: oneOf('frobenius', 'spectral'),
  scaling: bool,
  squared: bool,
};

/** The share of normal rows that reweighting leaves out. */
const BEYOND = 0.025;
/**
 * Finds outliers of data that is about normal: rows far from the centre by the Mahalanobis distance of a covariance that outliers do
 * not reach, the minimum covariance determinant (Rousseeuw and Van Driessen 1999), corrected and reweighted as in scikit-learn.
 * `predict` says -1 for an outlier and 1 for an inlier; `scoreSamples` is minus the squared distance.
 *
 * Differs from scikit-learn: random streams of our own.
 *
 * @example
 * ```ts
 * import { EllipticEnvelope } from 'boreal';
 * const grid = Array.from({ length: 100 }, (_, i) => [i % 10, Math.floor(i / 10)]);
 * const model = await new EllipticEnvelope({ contamination: 0.02, randomState: 0 }).fit([...grid, [40, 40]]);
 * await model.predict([[40, 40], [5, 4]]); // [-1, 1]
 * ```
 */
export class EllipticEnvelope extends OutlierDetector<EllipticEnvelopeParams, EllipticEnvelopeState> {
  constructor(params: Partial<EllipticEnvelopeParams> = {}) {
    super({
      ...{ assumeCentered: false, supportFraction: null, contamination: 0.1 },
      ...{ storePrecision: true, randomState: null },
      ...params,
    });
  }

  get rules(): Rules<EllipticEnvelopeParams> {
    return {
      assumeCentered: bool,
      supportFraction: either(real(0, 1, 'min'), nothing),
      contamination: real(0, 0.5, 'min'),
      storePrecision: bool,
      randomState: seed,
    };
  }

  get stateRules(): Rules<EllipticEnvelopeState> {
    const [numbers, flags] = [float64s(), uint8s()];
    return {
      ...{ location: numbers, covariance: numbers, whitening: numbers, rawLocation: numbers },
      ...{ rawCovariance: numbers, rawSupport: flags, support: flags, dist: numbers, offset: real() },
    };
  }

  protected override checkState(state: EllipticEnvelopeState, columns: readonly Column[]): void {
    const d = columns.length;
    for (const name of ['location', 'rawLocation'] as const) checkLength(this, name, state[name], d);
    for (const name of ['covariance', 'whitening', 'rawCovariance'] as const)
      checkLength(this, name, state[name], d * d);
    for (const name of ['rawSupport', 'support'] as const)
      checkLength(this, name, state[name], state.dist.length);
  }

  protected async fitState(input: FitInput): Promise<EllipticEnvelopeState> {
    const { x, cancel, signal } = input;
    const { assumeCentered, supportFraction, contamination, randomState } = this.params;
    const { rows, cols } = x;
    const least = Math.min(Math.ceil(0.5 * (rows + cols + 1)), rows);
    const support = supportFraction === null ? least : Math.floor(supportFraction * rows);
    if (rows < 2 || support < 1)
      throw new ValidationError('ERR_SHAPE', `EllipticEnvelope: ${rows} rows are too few to fit on.`);
    const raw = await native.fitMinCovDet(
      x.data,
      rows,
      cols,
      support,
      assumeCentered,
      resolveSeed(randomState),
      cancel,
    );
    const wide = await x.astypeAsync('float64', { signal });
    const limit = chi2Critical(BEYOND, cols) * consistency(cols, support / rows);
    const near = await nearRows(wide, raw.distances, limit, assumeCentered, signal);
    const { location, covariance } = near ?? { location: raw.location, covariance: raw.covariance.slice() };
    const factor = consistency(cols, 1 - BEYOND);
    for (let at = 0; at < covariance.length; at++) covariance[at] *= factor;
    const whitening = await whiteningOf(covariance, cols, signal);
    const scores = await trainingScores(input, (plan, slot) =>
      lowerScores(plan, slot, { location, whitening }),
    );
    return {
      location,
      covariance,
      whitening,
      rawLocation: raw.location,
      rawCovariance: raw.covariance,
      rawSupport: raw.support,
      support: near?.kept ?? new Uint8Array(rows),
      dist: Float64Array.from(scores, (score) => -score),
      offset: await scoreLimit(scores, contamination, cancel),
    };
  }

  /** The robust centre, [columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get location(): Float64Array {
    return this.state.location.slice();
  }

  /** The robust covariance, [columns, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get covariance(): Matrix<Float64Array> {
    return this.#square(this.state.covariance);
  }

  /** As {@link EllipticEnvelope.getPrecision}; null with `storePrecision: false`. @throws {ERR_NOT_FITTED} before `fit` */
  get precision(): Matrix<Float64Array> | null {
    return this.fittedParams.storePrecision ? this.getPrecision() : null;
  }

  /** The inverse of the covariance, or its pseudo-inverse. @throws {ERR_NOT_FITTED} before `fit` */
  getPrecision(): Matrix<Float64Array> {
    const whitening = this.#square(this.state.whitening);
    return whitening.matmul(whitening, { transposeB: true });
  }

  /** The centre before correction and reweighting. @throws {ERR_NOT_FITTED} before `fit` */
  get rawLocation(): Float64Array {
    return this.state.rawLocation.slice();
  }

  /** The covariance before correction and reweighting. @throws {ERR_NOT_FITTED} before `fit` */
  get rawCovariance(): Matrix<Float64Array> {
    return this.#square(this.state.rawCovariance);
  }

  /** Whether each training row made the estimate before correction and reweighting. @throws {ERR_NOT_FITTED} before `fit` */
  get rawSupport(): boolean[] {
    return Array.from(this.state.rawSupport, Boolean);
  }

  /** The squared Mahalanobis distance of each training row to the centre. @throws {ERR_NOT_FITTED} before `fit` */
  get dist(): Float64Array {
    return this.state.dist.slice();
  }

  /**
   * The raw covariance times what makes it that of normal rows (Croux and Haesbroeck 1999), without reweighting.
   *
   * Differs from scikit-learn: no argument, and the model stays as it is.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  correctCovariance(): Matrix<Float64Array> {
    const { rawCovariance, rawSupport } = this.state;
    const share = rawSupport.reduce((sum, kept) => sum + kept, 0) / rawSupport.length;
    const factor = consistency(this.nFeaturesIn, share);
    return this.#square(rawCovariance.map((value) => value * factor));
  }

  /**
   * One more round of reweighting: the mean and the covariance, without a correction, of the training rows that are nearer to the estimate
   * than all but 2.5 % of normal ones.
   *
   * Differs from scikit-learn: the model stays as it is; where no row is near, the estimate is that of `fit`.
   *
   * @param X - the training rows
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} unless X has as many rows and columns as that of `fit`
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite
   */
  async reweightCovariance(X: MatrixLike): Promise<ReweightedCovariance> {
    const { state, fittedParams, schema } = this;
    const x = schema.encode(X).astype('float64');
    checkFinite(x, schema.columns, false);
    if (x.rows !== state.dist.length) {
      const message = `EllipticEnvelope: X has ${x.rows} rows, but the training set has ${state.dist.length}.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const limit = chi2Critical(BEYOND, x.cols);
    const near = await nearRows(x, state.dist, limit, fittedParams.assumeCentered, undefined);
    const { location, covariance, kept } = near ?? { ...state, kept: new Uint8Array(x.rows) };
    return {
      location: location.slice(),
      covariance: this.#square(covariance),
      support: Array.from(kept, Boolean),
    };
  }

  /**
   * How far a covariance is from this one: the mean squared error, or another norm of the difference.
   *
   * @param covariance - [columns, columns]
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when it has another shape
   * @throws {ERR_PARAMETER} for options that are none
   */
  errorNorm(covariance: NumericMatrixLike, options: Partial<ErrorNormOptions> = {}): number {
    const all = { norm: 'frobenius', scaling: true, squared: true, ...options } as const;
    checkParams('errorNorm', all, NORM_RULES);
    const own = this.covariance;
    const other = Matrix.from(covariance).astype('float64');
    if (other.rows !== own.rows || other.cols !== own.cols) {
      const message = `errorNorm: a covariance of shape [${other.rows}, ${other.cols}] is not of ${own.rows} columns.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const error = other.sub(own);
    const norm = all.norm === 'frobenius' ? error.norm() : error.svd().s[0];
    const mean = all.scaling ? norm ** 2 / own.rows : norm ** 2;
    return all.squared ? mean : Math.sqrt(mean);
  }

  #square(values: Float64Array): Matrix<Float64Array> {
    return new Matrix(values.slice(), this.nFeaturesIn, this.nFeaturesIn);
  }

  /** Whether each training row made the estimate. @throws {ERR_NOT_FITTED} before `fit` */
  get support(): boolean[] {
    return Array.from(this.state.support, Boolean);
  }

  /** Scores below this are outliers. @throws {ERR_NOT_FITTED} before `fit` */
  get offset(): number {
    return this.state.offset;
  }

  /** The squared Mahalanobis distance of each row to the centre. */
  async mahalanobis(X: MatrixLike): Promise<FloatArray> {
    return (await this.scoreSamples(X)).map((score) => -score);
  }

  /** The share of rows predicted right; y holds -1 and 1. */
  async score(X: MatrixLike, y: ArrayLike<unknown>, options?: ScoreOptions): Promise<number> {
    return accuracy(y, await this.predict(X), options?.sampleWeight);
  }

  protected lowerScores(plan: PlanBuilder, x: Slot): Slot {
    return lowerScores(plan, x, this.state);
  }
}

/** Minus the squared Mahalanobis distance. */
function lowerScores(
  plan: PlanBuilder,
  x: Slot,
  { location, whitening }: Pick<EllipticEnvelopeState, 'location' | 'whitening'>,
): Slot {
  const shifted = plan.affine(x, location, new Float64Array(x.width).fill(1));
  const turned = plan.dense(shifted, whitening, new Float64Array(x.width));
  return plan.activation(plan.reduce(plan.activation(turned, 'square'), 'sum'), 'negate');
}

/**
 * What the covariance of the share `alpha` of normal rows nearest to the centre has to be multiplied by to be that of all (Croux and
 * Haesbroeck 1999, equation 4.2).
 */
function consistency(d: number, alpha: number): number {
  return alpha >= 1 ? 1 : alpha / (1 - chi2Survival(chi2Critical(1 - alpha, d), d + 2));
}

type Signal = AbortSignal | undefined;

/** Mean and covariance of the rows of smaller distances than a limit, and which these are; null where there are none. */
async function nearRows(
  x: Matrix,
  distances: Float64Array,
  limit: number,
  assumeCentered: boolean,
  signal: Signal,
) {
  const kept = Uint8Array.from(distances, (distance) => Number(distance < limit));
  if (!kept.includes(1)) return null;
  return { kept, ...(await moments(x, Float64Array.from(kept), assumeCentered, signal)) };
}

/** Mean and covariance of the rows of weight 1. */
async function moments(x: Matrix, weights: Float64Array, assumeCentered: boolean, signal: Signal) {
  const { rows, cols } = x;
  const total = weights.reduce((a, b) => a + b, 0);
  const location = new Float64Array(cols);
  if (!assumeCentered) {
    const { mean } = await native.columnMoments(x.data, rows, cols, weights, null);
    location.set(mean);
  }
  const shifted = await x.subAsync(new Matrix(location, 1, cols) as Matrix, { signal });
  const kept = await shifted.mulAsync(new Matrix(weights, rows, 1) as Matrix, { signal });
  const scatter = await kept.matmulAsync(kept, { transposeA: true, signal });
  return { location, covariance: Float64Array.from(scatter.data, (value) => value / total) };
}

/** p with p p' the pseudo-inverse of a covariance. */
async function whiteningOf(covariance: Float64Array, d: number, signal: Signal): Promise<Float64Array> {
  const { values, vectors } = await new Matrix(covariance, d, d).eighAsync({ signal });
  const least = values[d - 1] * d * Number.EPSILON;
  return Float64Array.from(vectors.data, (value, at) => {
    const eigenvalue = values[at % d];
    return eigenvalue > least ? value / Math.sqrt(eigenvalue) : 0;
  });
}
