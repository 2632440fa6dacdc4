/** Non-negative matrix factorisation. */
import { type FitInput, type FitOptions, reportProgress, type SparseFitInput } from '../core/fit-input.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { mostOf } from '../core/linalg/base.js';
import { type Dtype, type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
  show,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import {
  denseOperator,
  exactAxes,
  gramAxes,
  randomisedAxes,
  sparseOperator,
} from '../core/principal-axes.js';
import type { Column } from '../core/schema.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { type GivenFactors, givenFactors, type NMFStart, type StartRows, startFactors } from './nmf-start.js';

/** A divergence by name or number. */
export type BetaLoss = 'frobenius' | 'kullback-leibler' | 'itakura-saito' | number;

/** Parameters of {@link NMF}. */
export interface NMFParams {
  /** How many components; null: as many as columns, or as an `init` that is given has. Default null. */
  nComponents: number | null;
  /**
   * The start: 'nndsvd' from singular vectors, with zeros; 'nndsvda' and 'nndsvdar' with the mean of X or small random numbers in
   * place of them; 'random'; or both factors, `{ W, H }`, which are copied, and are
   * among what a model file holds. null: 'nndsvda' where there are as many rows and columns as components, else
   * 'random'. Default null.
   */
  init: NMFStart | GivenFactors | null;
  /** 'cd': coordinate descent; 'mu': multiplicative updates, which never leave a 0. Default 'cd'. */
  solver: 'cd' | 'mu';
  /**
   * What the fit lowers: half the squared differences ('frobenius', or 2), the divergence of Kullback and Leibler ('kullback-leibler', 1),
   * that of Itakura and Saito ('itakura-saito', 0), or the beta-divergence of any number from -20 to 20. All but the first need the solver
   * 'mu'; from 0 down X must be above 0. Default 'frobenius'.
   */
  betaLoss: BetaLoss;
  /** The fall of the projected gradient ('cd'), or of the error within ten iterations ('mu'), that ends a fit. Default 1e-4. */
  tol: number;
  /** Iterations, at most. Default 200. */
  maxIter: number;
  /** Weight of the penalty on the coordinates. Default 0. */
  alphaW: number;
  /** Weight of the penalty on the components; 'same': alphaW. Default 'same'. */
  alphaH: number | 'same';
  /** The share of the penalty that is of absolute values; the rest is of squares. Default 0. */
  l1Ratio: number;
  /** Take the components in random order, by 'cd'. Default false. */
  shuffle: boolean;
  /** Seed of random starts and orders; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link NMF}. */
export interface NMFState {
  /** [components, columns] row-major. */
  readonly components: Float64Array;
  /** |X - W H| of the training rows, or the root of twice their divergence. */
  readonly reconstructionError: number;
  readonly nIter: number;
  /** Penalties on the coordinates, times the number of columns: [absolute, squared]. */
  readonly penalty: Float64Array;
}

/** The W of each fit that this process has made, for `fitTransform`. */
const coordinates = new WeakMap<NMFState, Float64Array>();

/** What sparse axes are found by: as scikit-learn's start, which need not be exact. */
const SPARSE_AXES = { oversamples: 10, iterations: 5 };

/**
 * Writes non-negative X as W H with non-negative factors of few components: parts that add up (Lee and Seung 1999; coordinate descent
 * after Cichocki and Phan 2009; other divergences than that of squares after Févotte and Idier 2011). `transform` finds the W of new
 * rows, each by itself; `fitTransform` gives the W of the fit. Sparse rows are read as they are, but for divergences other than those of
 * 'frobenius' and 'kullback-leibler', which depend on every value and take them by blocks.
 *
 * Differs from scikit-learn: factors to start from are the parameter `init` itself; `transform` starts and stops for each row as if it were alone, so that rows do not depend
 * on one another, and for 'frobenius' descends by coordinates whatever the solver; the next step of a pipeline learns from `transform`,
 * not from the W of the fit; sample weights are ignored in both.
 *
 * @throws {ERR_INPUT_INFINITE} when products of values, or of values and components, overflow
 * @example
 * ```ts
 * import { NMF } from 'boreal';
 * const nmf = await new NMF({ nComponents: 1, maxIter: 500 }).fit([[1, 2], [2, 4], [3, 6]]);
 * nmf.reconstructionErr < 1e-3; // true
 * ```
 */
export class NMF extends InvertibleTransformer<NMFParams, NMFState> {
  constructor(params: Partial<NMFParams> = {}) {
    super({
      nComponents: null,
      init: null,
      solver: 'cd',
      betaLoss: 'frobenius',
      tol: 1e-4,
      maxIter: 200,
      alphaW: 0,
      alphaH: 'same',
      l1Ratio: 0,
      shuffle: false,
      randomState: null,
      ...params,
    });
  }

  get rules(): Rules<NMFParams> {
    return {
      nComponents: either(int(1, 100_000), nothing),
      init: either(
        oneOf('nndsvd', 'nndsvda', 'nndsvdar', 'random'),
        nothing,
        custom('{ W, H }, lists of rows', isGiven),
      ),
      solver: oneOf('cd', 'mu'),
      betaLoss: either(oneOf('frobenius', 'kullback-leibler', 'itakura-saito'), real(-20, 20)),
      tol: real(0),
      maxIter: int(1, 1 << 20),
      alphaW: real(0),
      alphaH: either(oneOf('same'), real(0)),
      l1Ratio: real(0, 1),
      shuffle: bool,
      randomState: seed,
    };
  }

  get stateRules(): Rules<NMFState> {
    return { components: float64s(), reconstructionError: real(0), nIter: int(0), penalty: float64s(2) };
  }

  override get tags() {
    return { positive: true };
  }

  protected override checkState(state: NMFState, columns: readonly Column[]): void {
    const count = Math.max(1, Math.round(state.components.length / columns.length));
    checkLength(this, 'components', state.components, count * columns.length);
    const isPart = (value: number) => value >= 0 && value < Infinity;
    if (state.components.every(isPart) && state.penalty.every(isPart)) return;
    const message = 'NMF state: components and penalty must hold finite numbers >= 0.';
    throw new ValidationError('ERR_PARAMETER', message);
  }

  override checkParams(): void {
    super.checkParams();
    const { solver, betaLoss } = this.params;
    if (solver === 'mu' || betaOf(betaLoss) === 2) return;
    const message = `NMF: betaLoss ${show(betaLoss)} needs the solver 'mu'; 'cd' lowers 'frobenius' only.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected async fitState(input: FitInput): Promise<NMFState> {
    const { x, cancel, signal } = input;
    const { min, max, mean } = await rangesOf(x, cancel);
    min.forEach((least, column) => {
      this.#checkLeast(least, input.columns[column].name);
    });
    const wide = await x.astypeAsync('float64', { signal });
    const rows: StartRows = {
      ...denseOperator(wide, signal),
      mean: meanOf(mean),
      // The Gram matrix costs half the digits of small singular values, which a start does not need.
      axes: () => (x.rows >= 10 * x.cols ? gramAxes(wide, signal) : exactAxes(wide, signal)),
    };
    const state = await this.#learn(rows, input, (...rest) =>
      native.fitNMF(wide.data, x.rows, x.cols, ...rest),
    );
    this.#checkProducts(state, max, x.dtype);
    return state;
  }

  protected override async fitSparse(input: SparseFitInput): Promise<NMFState> {
    const { x, cancel, signal } = input;
    const { min, max, mean } = await native.csrMoments(...csrArguments(x), null, cancel);
    min.forEach((least, column) => {
      this.#checkLeast(least, input.columns[column].name);
    });
    const operator = await sparseOperator(x, signal);
    const rows: StartRows = {
      ...operator,
      mean: meanOf(mean),
      axes: (components, seed) => randomisedAxes(operator, { ...SPARSE_AXES, components, seed }, signal),
    };
    const state = await this.#learn(rows, input, (...rest) => native.csrNMF(...csrArguments(x), ...rest));
    this.#checkProducts(state, max, x.dtype);
    return state;
  }

  /** @param max - of the columns, which rows like those of the training set multiply the components by, in their own type */
  #checkProducts({ components }: NMFState, max: Float64Array, dtype: Dtype): void {
    if (betaOf(this.params.betaLoss) !== 2) return;
    const { length } = max;
    for (let from = 0; from < components.length; from += length) {
      const part = components.subarray(from, from + length);
      const products = part.reduce((sum, value, j) => sum + value * Math.max(value, max[j]), 0);
      if (!(products <= mostOf(dtype))) throw overflow();
    }
  }

  #checkLeast(least: number, column: string): void {
    const needsPositive = betaOf(this.params.betaLoss) <= 0;
    if (least > 0 || (least === 0 && !needsPositive)) return;
    const wanted = needsPositive ? `> 0 for betaLoss ${show(this.params.betaLoss)}` : '>= 0';
    const message = `NMF: column '${column}' holds ${least}; numbers must be ${wanted}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  async #learn(
    rows: StartRows,
    input: Pick<FitInput, 'cancel' | 'onProgress'>,
    fit: (...rest: FitArguments) => ReturnType<typeof native.fitNMF>,
  ): Promise<NMFState> {
    const { solver, betaLoss, tol, maxIter, alphaW, alphaH, l1Ratio, shuffle, randomState } = this.params;
    const seed = resolveSeed(randomState);
    const { init } = this.params;
    const components = this.params.nComponents ?? (isGiven(init) ? init.H.length : rows.cols);
    const usual = components <= Math.min(rows.rows, rows.cols) ? 'nndsvda' : 'random';
    const { w, h } = isGiven(init)
      ? givenFactors(init, rows, components)
      : await startFactors(rows, init ?? usual, components, seed);
    const ofH = alphaH === 'same' ? alphaW : alphaH;
    const spec = {
      ...{ components, multiplicative: solver === 'mu', beta: betaOf(betaLoss), maxIter, tol, shuffle, seed },
      l1W: rows.cols * alphaW * l1Ratio,
      l2W: rows.cols * alphaW * (1 - l1Ratio),
      l1H: rows.rows * ofH * l1Ratio,
      l2H: rows.rows * ofH * (1 - l1Ratio),
    };
    const found = await fit(w, h, spec, input.cancel, reportProgress(input, this));
    const state = {
      components: found.h,
      reconstructionError: found.error,
      nIter: found.iterations,
      penalty: Float64Array.of(spec.l1W, spec.l2W),
    };
    if (![[found.error], found.h, found.w].every((values) => values.every(Number.isFinite))) throw overflow();
    coordinates.set(state, found.w);
    return state;
  }

  /** Fits, and gives the W of the fit, [rows, components]. @throws see {@link Estimator.fit} */
  override async fitTransform(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
    await this.fit(X, y, options);
    const w = coordinates.get(this.state) as Float64Array;
    return new Matrix(w.slice(), w.length / this.nComponents, this.nComponents).astype(this.dtype);
  }

  /** How many components there are. @throws {ERR_NOT_FITTED} before `fit` */
  get nComponents(): number {
    return this.state.components.length / this.nFeaturesIn;
  }

  /** H: the parts, [components, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get components(): Matrix<Float64Array> {
    return new Matrix(this.state.components.slice(), this.nComponents, this.nFeaturesIn);
  }

  /** |X - W H| of the training rows, the root of the sum of squares; of other losses the root of twice the divergence. @throws {ERR_NOT_FITTED} before `fit` */
  get reconstructionErr(): number {
    return this.state.reconstructionError;
  }

  /** Iterations of the fit. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.nIter;
  }

  outputColumns(): readonly Column[] {
    return Array.from({ length: this.nComponents }, (_, k) => ({ name: `nmf${k}`, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { components, penalty } = this.state;
    const { tol, maxIter, betaLoss } = this.fittedParams;
    const [l1, l2] = penalty;
    const beta = betaOf(betaLoss);
    if (beta !== 2) {
      const spec = { beta, l1, l2, tolerance: tol, rounds: maxIter };
      return plan.divergence(x, components, spec);
    }
    const h = new Matrix(components, components.length / x.width, x.width);
    const gram = h.matmul(h, { transposeB: true }).data as Float64Array;
    for (let t = 0; t < h.rows; t++) gram[t * (h.rows + 1)] += l2;
    const products = plan.dense(x, h.transpose().data as Float64Array, new Float64Array(h.rows).fill(-l1));
    return plan.nonNegative(products, gram, tol, maxIter);
  }

  /** W H. @internal */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    return plan.dense(x, this.state.components, new Float64Array(this.nFeaturesIn));
  }
}

function isGiven(init: unknown): init is GivenFactors {
  const { W, H } = (init ?? {}) as Partial<GivenFactors>;
  return [W, H].every((factor) => Array.isArray(factor) && factor.length > 0);
}

const overflow = () =>
  new ValidationError(
    'ERR_INPUT_INFINITE',
    'NMF: products of the values and components overflow; scale X down.',
  );

const BETA = { frobenius: 2, 'kullback-leibler': 1, 'itakura-saito': 0 };

/** Of all values, by those of the columns. */
const meanOf = (means: Float64Array) => means.reduce((sum, mean) => sum + mean, 0) / means.length;

function betaOf(loss: BetaLoss): number {
  return typeof loss === 'number' ? loss : BETA[loss];
}

type FitArguments =
  Parameters<typeof native.fitNMF> extends [FloatArray, number, number, ...infer Rest] ? Rest : never;
