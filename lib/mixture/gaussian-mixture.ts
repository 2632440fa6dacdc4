/** Mixtures of normal distributions. */
import { applyOps } from '../core/apply.js';
import { type ClustererState, PredictingClusterer } from '../core/clusterer.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { drawIndices } from '../core/draws.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import type { ScoreOptions } from '../core/kinds.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import {
  absent,
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import { type Column, Schema } from '../core/schema.js';
import { meanScore } from '../core/score.js';
import { ValidationError } from '../errors.js';
import { type CovarianceType, type NativeMixture, native } from '../native.js';
import {
  choleskyOf,
  evenly,
  factorsOf,
  givenStart,
  type MixtureStart,
  NO_START,
  narrow,
  presentOf,
} from './start.js';

export type { CovarianceType } from '../native.js';

/** Parameters of {@link GaussianMixture}. */
export interface GaussianMixtureParams {
  /** How many components. Default 1. */
  nComponents: number;
  /** Each component has a covariance matrix ('full') or variances ('diag') or a variance ('spherical'); all share one matrix ('tied'). */
  covarianceType: CovarianceType;
  /** The change of the mean log-likelihood that ends a fit. Default 1e-3. */
  tol: number;
  /** Added to variances, so that they stay above 0. Default 1e-6. */
  regCovar: number;
  /** Iterations of one start, at most. Default 100. */
  maxIter: number;
  /** Starts, of which the likeliest is kept. Default 1. */
  nInit: number;
  /**
   * What a start is made of: responsibilities by clusters of k-means or by random numbers ('random'), or narrow components around rows,
   * drawn ('randomFromData') or far from each other ('kMeans++'). Default 'kMeans'.
   */
  initParams: 'kMeans' | 'kMeans++' | 'random' | 'randomFromData';
  /** Given weights, [components]; null: from the responsibilities. Default null. */
  weightsInit: readonly number[] | null;
  /** Given means, [components, columns]; null: from the responsibilities. Default null. */
  meansInit: ReadonlyArray<readonly number[]> | null;
  /**
   * Given inverse covariances: full [components, columns, columns], tied [columns, columns], diag [components, columns], spherical
   * [components]; null: from the responsibilities. Default null.
   */
  precisionsInit: readonly unknown[] | null;
  /** Seed of the starts; null: a new one on every fit. Default null. */
  randomState: number | null;
  /** Go on from the last fit, where it has as many components and columns and the same type; `nInit` is then 1. Default false. */
  warmStart: boolean;
}

/** Learned by {@link GaussianMixture}. */
export interface GaussianMixtureState extends ClustererState {
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly covariances: Float64Array;
  /** Factors p of the inverse covariances p p', of the shape of the covariances. */
  readonly precisionsCholesky: Float64Array;
  readonly covarianceType: CovarianceType;
  readonly lowerBound: number;
  /** [iterations]; older files lack them. */
  readonly lowerBounds?: Float64Array;
  readonly nIter: number;
  readonly converged: boolean;
}

/**
 * A mixture of normal distributions, fitted by expectation-maximisation (Dempster, Laird and Rubin 1977). `predict` gives the
 * component that is most responsible for a row, `predictProba` how responsible each is, `scoreSamples` the logarithm of the density.
 *
 * Differs from scikit-learn: random streams of our own.
 *
 * @throws {ERR_NOT_POSITIVE_DEFINITE} from `fit`, when a component collapses onto too few rows, or with `regCovar: 0` onto rows that are alike
 *
 * @example
 * ```ts
 * import { GaussianMixture } from 'boreal';
 * const rows = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]];
 * const model = await new GaussianMixture({ nComponents: 2, randomState: 0 }).fit(rows);
 * model.means.toArray().sort((a, b) => a[0] - b[0]); // [[1, 2], [10, 2]]
 * (await model.predictProba([[0, 0]])).row(0).reduce((a, b) => a + b); // 1
 * ```
 */
export class GaussianMixture extends PredictingClusterer<GaussianMixtureParams, GaussianMixtureState> {
  constructor(params: Partial<GaussianMixtureParams> = {}) {
    super({
      nComponents: 1,
      covarianceType: 'full',
      tol: 1e-3,
      regCovar: 1e-6,
      maxIter: 100,
      nInit: 1,
      initParams: 'kMeans',
      weightsInit: null,
      meansInit: null,
      precisionsInit: null,
      randomState: null,
      warmStart: false,
      ...params,
    });
  }

  get rules(): Rules<GaussianMixtureParams> {
    const list = either(
      nothing,
      custom('a list', (value) => Array.isArray(value) && value.length > 0),
    );
    return {
      nComponents: int(1, 100_000),
      covarianceType: oneOf('full', 'tied', 'diag', 'spherical'),
      tol: real(0),
      regCovar: real(0),
      maxIter: int(1, 0xffff_ffff),
      nInit: int(1, 10_000),
      initParams: oneOf('kMeans', 'kMeans++', 'random', 'randomFromData'),
      weightsInit: list,
      meansInit: list,
      precisionsInit: list,
      randomState: seed,
      warmStart: bool,
    };
  }

  get stateRules(): Rules<GaussianMixtureState> {
    const numbers = float64s();
    return {
      ...{ labels: int32s(), weights: numbers, means: numbers, covariances: numbers },
      ...{ precisionsCholesky: numbers, covarianceType: oneOf('full', 'tied', 'diag', 'spherical') },
      ...{ lowerBound: real(), lowerBounds: either(absent, numbers), nIter: int(0), converged: bool },
    };
  }

  protected override checkState(state: GaussianMixtureState, columns: readonly Column[]): void {
    const k = state.weights.length;
    const length = shapeOf(state.covarianceType, k, columns.length).reduce((a, b) => a * b, 1);
    checkLength(this, 'means', state.means, k * columns.length);
    checkLength(this, 'covariances', state.covariances, length);
    checkLength(this, 'precisionsCholesky', state.precisionsCholesky, length);
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'score'];
  }

  protected async fitState(input: FitInput): Promise<GaussianMixtureState> {
    const { x, columns, cancel } = input;
    const { nComponents, covarianceType, nInit, randomState } = this.params;
    if (x.rows < Math.max(2, nComponents)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `GaussianMixture: nComponents is ${nComponents}, but X has only ${x.rows} rows; it needs as many, and two.`,
      );
    }
    const given = givenStart(this.params, x.cols);
    const before = this.#before(x.cols);
    const starts = before === null ? nInit : 1;
    const random = new Random(resolveSeed(randomState));
    let best: NativeMixture | null = null;
    for (let start = 0; start < starts; start++) {
      const drawn = before ?? (await this.#start(input, random.int(0x1_0000_0000)));
      const { responsibilities = evenly(x.rows, nComponents), ...parts } = drawn;
      const own = before === null ? presentOf(given) : {};
      const spec = { ...this.params, ...NO_START, ...parts, ...own, components: nComponents };
      const progress = start === starts - 1 ? reportProgress(input, this) : null;
      const found = await native.fitMixture(x.data, x.rows, x.cols, responsibilities, spec, cancel, progress);
      if (best === null || found.lowerBound > best.lowerBound) best = found;
    }
    const { precisions, iterations, ...rest } = best as NativeMixture;
    const state = { ...rest, precisionsCholesky: precisions, covarianceType, nIter: iterations };
    const schema = Schema.named(columns);
    const codes = await applyOps(
      x,
      schema,
      (plan, slot) => plan.argmax(lowerScores(plan, slot, state)),
      cancel,
    );
    return { ...state, labels: Int32Array.from(codes.data) };
  }

  /** What a warm start goes on from. */
  #before(columns: number): MixtureStart | null {
    const { warmStart, nComponents, covarianceType } = this.params;
    if (!warmStart || !this.isFitted) return null;
    const { weights, means, precisionsCholesky: precisions, covarianceType: type, lowerBound } = this.state;
    if (weights.length !== nComponents || means.length !== nComponents * columns || type !== covarianceType)
      return null;
    return { weights, means, precisions, lowerBound };
  }

  async #start({ x, cancel }: FitInput, start: number): Promise<MixtureStart> {
    const { nComponents, initParams, covarianceType, regCovar } = this.params;
    const { data, rows, cols } = x;
    const spec = {
      clusters: nComponents,
      init: 'kMeans++',
      centres: null,
      restarts: 1,
      seed: start,
    } as const;
    const cluster = (maxIter: number) => {
      const how = { ...spec, maxIter, tol: 1e-4, elkan: false };
      return native.fitKMeans(data, rows, cols, null, how, cancel, null);
    };
    if (initParams === 'kMeans++') {
      return narrow((await cluster(0)).centres, covarianceType, nComponents, cols, regCovar);
    }
    if (initParams === 'randomFromData') {
      const means = Float64Array.from(
        x.takeRows(drawIndices(new Random(start), rows, nComponents, false)).data,
      );
      return narrow(means, covarianceType, nComponents, cols, regCovar);
    }
    const values = new Float64Array(rows * nComponents);
    if (initParams === 'random') {
      const random = new Random(start);
      for (let i = 0; i < rows; i++) {
        const row = values.subarray(i * nComponents, (i + 1) * nComponents);
        for (let c = 0; c < nComponents; c++) row[c] = random.next();
        const sum = row.reduce((a, b) => a + b, 0);
        for (let c = 0; c < nComponents; c++) row[c] /= sum;
      }
      return { responsibilities: values };
    }
    (await cluster(300)).labels.forEach((label, i) => {
      values[i * nComponents + label] = 1;
    });
    return { responsibilities: values };
  }

  /** How many components there are. @throws {ERR_NOT_FITTED} before `fit` */
  get nComponents(): number {
    return this.state.weights.length;
  }

  /** Weights of the components, which add up to 1. @throws {ERR_NOT_FITTED} before `fit` */
  get weights(): Float64Array {
    return this.state.weights.slice();
  }

  /** Means, [components, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get means(): Matrix<Float64Array> {
    return new Matrix(this.state.means.slice(), this.nComponents, this.nFeaturesIn);
  }

  /**
   * Covariances: a matrix for each component ('full'), one matrix ('tied'), variances as rows ('diag'), or one variance each
   * ('spherical', as one column). @throws {ERR_NOT_FITTED} before `fit`
   */
  get covariances(): Array<Matrix<Float64Array>> {
    return this.#matrices(this.state.covariances);
  }

  /** Factors p of the inverse covariances p p', laid out as `covariances`. @throws {ERR_NOT_FITTED} before `fit` */
  get precisionsCholesky(): Array<Matrix<Float64Array>> {
    return this.#matrices(this.state.precisionsCholesky);
  }

  /** The inverse covariances, laid out as `covariances`. @throws {ERR_NOT_FITTED} before `fit` */
  get precisions(): Array<Matrix<Float64Array>> {
    const factors = this.precisionsCholesky;
    if (['diag', 'spherical'].includes(this.state.covarianceType)) return factors.map((p) => p.mul(p));
    return factors.map((p) => p.matmul(p, { transposeB: true }));
  }

  #matrices(values: Float64Array): Array<Matrix<Float64Array>> {
    const { covarianceType } = this.state;
    const [k, d] = [this.nComponents, this.nFeaturesIn];
    if (covarianceType === 'diag') return [new Matrix(values.slice(), k, d)];
    if (covarianceType === 'spherical') return [new Matrix(values.slice(), k, 1)];
    const count = covarianceType === 'full' ? k : 1;
    return Array.from(
      { length: count },
      (_, c) => new Matrix(values.slice(c * d * d, (c + 1) * d * d), d, d),
    );
  }

  /** The mean log-likelihood of the training rows in the last iteration. @throws {ERR_NOT_FITTED} before `fit` */
  get lowerBound(): number {
    return this.state.lowerBound;
  }

  /** The mean log-likelihood in each iteration of the start that was kept, [nIter]; empty of a file from before it was kept. @throws {ERR_NOT_FITTED} before `fit` */
  get lowerBounds(): Float64Array {
    return new Float64Array(this.state.lowerBounds ?? []);
  }

  /** Iterations of the start that was kept. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.nIter;
  }

  /** Whether it ended by `tol`, not by `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }

  /** How responsible each component is, [rows, components]; rows add up to 1. On the pool. */
  predictProba(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'proba' });
  }

  /** As {@link GaussianMixture.predictProba}, on this thread's time. */
  predictProbaSync(X: MatrixLike): Matrix {
    return this.runSync(X, { output: 'proba' });
  }

  /** The logarithm of the density at each row. */
  async scoreSamples(X: MatrixLike): Promise<Float64Array> {
    return this.rowScores((await this.run(X, { output: 'score' })).data);
  }

  /** @internal */
  rowScores(scores: FloatArray): Float64Array {
    return Float64Array.from(scores);
  }

  /** The mean of {@link GaussianMixture.scoreSamples}, weighted where the options say so; y is not read. Greater is better. @throws {ERR_SHAPE} when there is not a weight for each row */
  async score(X: MatrixLike, _y?: ArrayLike<unknown> | null, options?: ScoreOptions): Promise<number> {
    return this.scoreOf(await this.scoreSamples(X), options?.sampleWeight);
  }

  /** @internal */
  scoreOf(scores: ArrayLike<number>, weights?: ArrayLike<number>): number {
    return meanScore(scores, weights);
  }

  /** Numbers that a fit chooses: how complex the model is. */
  #freeParameters(): number {
    const [k, d] = [this.nComponents, this.nFeaturesIn];
    const matrix = (d * (d + 1)) / 2;
    const covariances = { full: k * matrix, tied: matrix, diag: k * d, spherical: k };
    return covariances[this.state.covarianceType] + k * d + k - 1;
  }

  /** Bayesian information criterion on X (Schwarz 1978): the model with the least is to be chosen. */
  async bic(X: MatrixLike): Promise<number> {
    const scores = await this.scoreSamples(X);
    const likelihood = scores.reduce((sum, value) => sum + value, 0);
    return -2 * likelihood + this.#freeParameters() * Math.log(scores.length);
  }

  /** Akaike information criterion on X (Akaike 1974): the model with the least is to be chosen. */
  async aic(X: MatrixLike): Promise<number> {
    const scores = await this.scoreSamples(X);
    return -2 * scores.reduce((sum, value) => sum + value, 0) + 2 * this.#freeParameters();
  }

  /**
   * Draws rows from the mixture, those of the first component first.
   *
   * @param nSamples - how many. Default 1
   * @param options - `randomState`: the seed; default that of the model, or a new one
   * @returns `X`, [nSamples, columns], and the component of each row
   * @throws {ERR_PARAMETER} unless nSamples is a whole number of at least 1
   */
  sample(nSamples = 1, options: { randomState?: number } = {}): { X: Matrix<Float64Array>; y: Int32Array } {
    if (!(Number.isSafeInteger(nSamples) && nSamples >= 1))
      throw new ValidationError(
        'ERR_PARAMETER',
        `sample: nSamples must be a whole number >= 1; got ${nSamples}.`,
      );
    const random = new Random(options.randomState ?? resolveSeed(this.fittedParams.randomState));
    const { weights, means, covariances, covarianceType } = this.state;
    const d = this.nFeaturesIn;
    const y = Int32Array.from({ length: nSamples }, () => drawComponent(weights, random.next())).sort();
    const factors = choleskyOf(covariances, covarianceType, weights.length, d);
    const data = new Float64Array(nSamples * d);
    const normal = new Float64Array(d);
    y.forEach((c, i) => {
      for (let j = 0; j < d; j++) normal[j] = random.normal();
      const factor = factors[c];
      for (let j = 0; j < d; j++) {
        let value = means[c * d + j];
        for (let p = 0; p <= j; p++) value += factor[j * d + p] * normal[p];
        data[i * d + j] = value;
      }
    });
    return { X: new Matrix(data, nSamples, d), y };
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = lowerScores(plan, x, this.state);
    if (output === 'proba') return plan.softmax(scores);
    if (output !== 'score') return plan.argmax(scores);
    // log sum exp, from the largest
    const largest = plan.reduce(scores, 'max');
    const shares = plan.activation(plan.binaryOf([scores, largest], 'sub'), 'exp');
    return plan.binaryOf([plan.activation(plan.reduce(shares, 'sum'), 'log'), largest], 'add');
  }
}

function drawComponent(weights: Float64Array, u: number): number {
  let sum = 0;
  const found = weights.findIndex((weight) => {
    sum += weight;
    return u < sum;
  });
  return found < 0 ? weights.length - 1 : found;
}

/** The shape of covariances. */
function shapeOf(type: CovarianceType, k: number, d: number): number[] {
  return { full: [k, d, d], tied: [d, d], diag: [k, d], spherical: [k] }[type];
}

type Densities = Pick<GaussianMixtureState, 'weights' | 'means' | 'precisionsCholesky' | 'covarianceType'>;

/** log weight + log density of each component. */
function lowerScores(plan: PlanBuilder, x: Slot, state: Densities): Slot {
  const { weights, means, precisionsCholesky, covarianceType } = state;
  const d = x.width;
  const constant = new Float64Array(weights.length);
  const squares = Array.from(weights, (weight, c) => {
    const { factor, scale, logDeterminant } = factorsOf(precisionsCholesky, covarianceType, c, d);
    constant[c] = Math.log(weight) + logDeterminant - (d / 2) * Math.log(2 * Math.PI);
    const centred = plan.affine(x, means.slice(c * d, (c + 1) * d), scale);
    const turned = factor === null ? centred : plan.dense(centred, factor, new Float64Array(d));
    return plan.reduce(plan.activation(turned, 'square'), 'sum');
  });
  // constant - squares / 2
  const doubled = constant.map((value) => 2 * value);
  return plan.affine(plan.concat(squares), doubled, new Float64Array(weights.length).fill(-2));
}
