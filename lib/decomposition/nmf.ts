/** Non-negative matrix factorisation. */
import { type FitInput, reportProgress } from '../core/fit-input.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { Matrix } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
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
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { exactAxes, gramAxes } from '../core/principal-axes.js';
import { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Parameters of {@link NMF}. */
export interface NMFParams {
  /** How many components; null: as many as columns. Default null. */
  nComponents: number | null;
  /**
   * The start: 'nndsvd' from singular vectors, with zeros; 'nndsvda' and 'nndsvdar' with the mean of X or small random numbers in
   * place of them; 'random'. null: 'nndsvda' where there are as many rows and columns as components, else 'random'. Default null.
   */
  init: 'nndsvd' | 'nndsvda' | 'nndsvdar' | 'random' | null;
  /** 'cd': coordinate descent; 'mu': multiplicative updates, which never leave a 0. Default 'cd'. */
  solver: 'cd' | 'mu';
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
  /** |X - W H| of the training rows. */
  readonly reconstructionError: number;
  readonly nIter: number;
  /** Penalties on the coordinates, times the number of columns: [absolute, squared]. */
  readonly penalty: Float64Array;
}

/** Singular vectors below this share of a component are 0 in a start. */
const ZERO = 1e-6;

/**
 * Writes non-negative X as W H with non-negative factors of few components: parts that add up (Lee and Seung 1999; coordinate descent
 * after Cichocki and Phan 2009; starts after Boutsidis and Gallopoulos 2008). `transform` finds the W of new rows, each by itself.
 *
 * Differs from scikit-learn: the loss is that of squares only (no `betaLoss`), no `init: 'custom'`; `transform` stops for each row by
 * itself, so that rows do not depend on one another, and does so for the solver 'mu' too; `fitTransform` is `fit`, then `transform`;
 * sample weights are ignored in both.
 *
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
      init: either(oneOf('nndsvd', 'nndsvda', 'nndsvdar', 'random'), nothing),
      solver: oneOf('cd', 'mu'),
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
  }

  protected async fitState(input: FitInput): Promise<NMFState> {
    const { x, cancel, signal } = input;
    const { solver, tol, maxIter, alphaW, alphaH, l1Ratio, shuffle, randomState } = this.params;
    const { min } = await momentsOf(x, cancel);
    const negative = min.findIndex((value) => value < 0);
    if (negative >= 0) {
      const message = `NMF: column '${input.columns[negative].name}' holds ${min[negative]}; numbers must be >= 0.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const wide = await x.astypeAsync('float64', { signal });
    const start = resolveSeed(randomState);
    const components = this.params.nComponents ?? x.cols;
    const { w, h } = await this.#start(wide, components, start, signal);
    const ofH = alphaH === 'same' ? alphaW : alphaH;
    const spec = {
      ...{ components, multiplicative: solver === 'mu', maxIter, tol, shuffle, seed: start },
      l1W: x.cols * alphaW * l1Ratio,
      l2W: x.cols * alphaW * (1 - l1Ratio),
      l1H: x.rows * ofH * l1Ratio,
      l2H: x.rows * ofH * (1 - l1Ratio),
    };
    const progress = reportProgress(input, this);
    const found = await native.fitNMF(wide.data, x.rows, x.cols, w, h, spec, cancel, progress);
    return {
      components: found.h,
      reconstructionError: found.error,
      nIter: found.iterations,
      penalty: Float64Array.of(spec.l1W, spec.l2W),
    };
  }

  async #start(
    x: Matrix<Float64Array>,
    components: number,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<{ w: Float64Array; h: Float64Array }> {
    const { rows, cols, data } = x;
    const most = Math.min(rows, cols);
    const init = this.params.init ?? (components <= most ? 'nndsvda' : 'random');
    const random = new Random(start);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    if (init === 'random') {
      const scale = Math.sqrt(mean / components);
      const draw = (length: number) => Float64Array.from({ length }, () => scale * Math.abs(random.normal()));
      return { h: draw(components * cols), w: draw(rows * components) };
    }
    if (components > most) {
      const message = `NMF: init '${init}' has at most ${most} components for X of shape [${rows}, ${cols}]; use 'random'.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    // The Gram matrix costs half the digits of small singular values, which a start does not need.
    const { values, axes } = await (rows >= 10 * cols ? gramAxes(x, signal) : exactAxes(x, signal));
    const turned = await x.matmulAsync(axes, { transposeB: true, signal });
    const { w, h } = positiveParts(turned, values, axes, components);
    const fill = init === 'nndsvda' ? () => mean : () => Math.abs(mean * random.normal()) / 100;
    if (init !== 'nndsvd') {
      for (const factor of [w, h])
        for (let at = 0; at < factor.length; at++) if (factor[at] === 0) factor[at] = fill();
    }
    return { w, h };
  }

  /** How many components there are. @throws {ERR_NOT_FITTED} before `fit` */
  get nComponents(): number {
    return this.state.components.length / this.nFeaturesIn;
  }

  /** H: the parts, [components, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get components(): Matrix<Float64Array> {
    return new Matrix(this.state.components.slice(), this.nComponents, this.nFeaturesIn);
  }

  /** |X - W H| of the training rows, the root of the sum of squares. @throws {ERR_NOT_FITTED} before `fit` */
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
    const { tol, maxIter } = this.fittedParams;
    const [l1, l2] = penalty;
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

/** Of each singular vector pair the signs that carry more, scaled: `turned` are the left vectors times their values. */
function positiveParts(
  turned: Matrix<Float64Array>,
  values: Float64Array,
  axes: Matrix<Float64Array>,
  components: number,
): { w: Float64Array; h: Float64Array } {
  const { rows } = turned;
  const { cols } = axes;
  const w = new Float64Array(rows * components);
  const h = new Float64Array(components * cols);
  for (let k = 0; k < components; k++) {
    if (!(values[k] > 0)) continue;
    const left = Float64Array.from({ length: rows }, (_, i) => turned.data[i * turned.cols + k] / values[k]);
    const right = axes.row(k);
    const part = (vector: ArrayLike<number>, sign: number) =>
      Float64Array.from(vector, (value) => (k === 0 ? Math.abs(value) : Math.max(sign * value, 0)));
    const sides = [1, -1].map((sign) => {
      const u = part(left, sign);
      const v = part(right, sign);
      return { u, v, size: norm(u) * norm(v) };
    });
    const { u, v, size } = sides[0].size >= sides[1].size ? sides[0] : sides[1];
    if (size === 0) continue;
    const scale = Math.sqrt(values[k] * size);
    const [ofU, ofV] = [norm(u), norm(v)];
    for (let i = 0; i < rows; i++) w[i * components + k] = cutOff((scale * u[i]) / ofU);
    for (let j = 0; j < cols; j++) h[k * cols + j] = cutOff((scale * v[j]) / ofV);
  }
  return { w, h };
}

const cutOff = (value: number) => (value < ZERO ? 0 : value);

function norm(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
