/** Outliers by a robust covariance. */
import { chi2Critical, chi2Survival } from '../core/distributions/survival.js';
import type { State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import type { ScoreOptions } from '../core/kinds.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { OutlierDetector, scoreLimit, trainingScores } from '../core/outlier-detector.js';
import {
  bool,
  checkLength,
  either,
  float64s,
  nothing,
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
  /** Share of the rows that make the raw estimate, in (0, 1); null: the least that resists, about half. Default null. */
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
  /** 1 for the rows of the estimate. */
  readonly support: Uint8Array;
  readonly offset: number;
}

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
      supportFraction: either(real(0, 1, 'both'), nothing),
      contamination: real(0, 0.5, 'min'),
      storePrecision: bool,
      randomState: seed,
    };
  }

  get stateRules(): Rules<EllipticEnvelopeState> {
    const numbers = float64s();
    return {
      ...{ location: numbers, covariance: numbers, whitening: numbers, rawLocation: numbers },
      ...{ rawCovariance: numbers, support: uint8s(), offset: real() },
    };
  }

  protected override checkState(state: EllipticEnvelopeState, columns: readonly Column[]): void {
    const d = columns.length;
    for (const name of ['location', 'rawLocation'] as const) checkLength(this, name, state[name], d);
    for (const name of ['covariance', 'whitening', 'rawCovariance'] as const)
      checkLength(this, name, state[name], d * d);
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
    const kept = Uint8Array.from(raw.distances, (distance) => Number(distance < limit));
    const weights = Float64Array.from(kept);
    const { location, covariance } = weights.includes(1)
      ? await moments(wide, weights, assumeCentered, signal)
      : { location: raw.location, covariance: raw.covariance.slice() };
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
      support: kept,
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
