/** Principal components. */

import { lowerForm } from '../core/axis-form.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput } from '../core/fit-input.js';
import type { ScoreOptions } from '../core/kinds.js';
import { lanczosAxes } from '../core/lanczos.js';
import { isReadInPlace } from '../core/linalg/memory.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { momentsOf, rangesOf, scatterOf } from '../core/moments.js';
import {
  bool,
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
import { type PlacedRows, withPlacedRows } from '../core/placed-rows.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import {
  type Axes,
  axesOfGram,
  denseOperator,
  exactAxes,
  firstAxes,
  prefersGram,
  randomisedAxes,
  SHORT_FLOAT32,
} from '../core/principal-axes.js';
import { meanScore } from '../core/score.js';
import { type TrainingCost, trainWhere } from '../core/training-device.js';
import { ValidationError } from '../errors.js';
import { type CudaTarget, native } from '../native.js';
import { likelyDimension } from './minka.js';
import { inverse, PrincipalComponents, type PrincipalComponentsState } from './principal-components.js';
import { checkComponents } from './projection.js';

/** Parameters of {@link PCA}. */
export interface PCAParams {
  /**
   * How many components: a whole number; a share in (0, 1) of the variance that they have to explain; 'mle' for as many as make the
   * rows most likely (Minka 2000), of at least as many rows as columns; null for all, which are the smaller of rows and columns.
   * Default null.
   */
  nComponents: number | 'mle' | null;
  /** Divide the coordinates by their deviation over the training rows. Default false. */
  whiten: boolean;
  /**
   * 'full': singular values; 'covarianceEigh': eigenvalues of the covariance, fast for many rows; 'randomized': the first
   * components only, exactly by the covariance where that is less work and keeps their digits; 'arpack': a whole number of them, less than the
   * smaller of rows and columns, to full accuracy by products with the rows alone (the method of Lanczos). Default 'auto': 'covarianceEigh' for at most 1000 columns and ten times as many rows, 'randomized' for a
   * whole number below 80 % of the components of more than 500 rows or columns, else 'full'.
   */
  svdSolver: 'auto' | 'full' | 'covarianceEigh' | 'randomized' | 'arpack';
  /** How far from exact components of 'arpack' may be, beside the largest singular value, >= 0; 0: rounding. Default 0. */
  tol: number;
  /** Power iterations of 'randomized'. Default 'auto': 7 for less than 10 % of the components, else 4. */
  iteratedPower: number | 'auto';
  /** Further random directions of 'randomized'. Default 10. */
  nOversamples: number;
  /** Seed of 'randomized', and of where 'arpack' starts; null: a new one on every fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link PCA}. */
export type PCAState = PrincipalComponentsState;

/**
 * Principal component analysis: the orthogonal directions along which the training rows vary most (Jolliffe 2002). Always learned in
 * float64, from a centred copy of X.
 *
 * Of the rows it says how likely they are, too: `scoreSamples` is the log-density of a normal distribution with the variances of the
 * components along these, and that of the noise in all other directions (Tipping and Bishop 1999).
 *
 * `fit` with `device: 'cuda'` multiplies on a GPU, in float32 after the rows were centred in float64: axes whose variance is less than
 * about 1e-6 of the first one's lose their digits. Solver 'auto' takes 'covarianceEigh' there where it would take 'full', which no GPU has.
 *
 * Differs from scikit-learn: 'covarianceEigh' centres the rows first, which keeps digits of columns far from 0; the density of rows that vary in some directions only is an error; sample weights are ignored in both.
 *
 * @example
 * ```ts
 * import { PCA } from 'boreal';
 * const pca = await new PCA({ nComponents: 1 }).fit([[0, 0], [1, 2], [2, 4]]);
 * Math.abs(pca.explainedVarianceRatio[0] - 1) < 1e-12; // true
 * pca.transformSync([[1, 2]]).rows; // 1
 * ```
 */
export class PCA extends PrincipalComponents<PCAParams, PCAState> {
  constructor(params: Partial<PCAParams> = {}) {
    super({
      ...{ nComponents: null, whiten: false, svdSolver: 'auto', iteratedPower: 'auto', nOversamples: 10 },
      ...{ tol: 0, randomState: null },
      ...params,
    });
  }

  get rules(): Rules<PCAParams> {
    return {
      nComponents: either(int(1), real(0, 1, 'both'), oneOf('mle'), nothing),
      whiten: bool,
      svdSolver: oneOf('auto', 'full', 'covarianceEigh', 'randomized', 'arpack'),
      tol: real(0),
      iteratedPower: either(int(0), oneOf('auto')),
      nOversamples: int(1),
      randomState: seed,
    };
  }

  get stateRules(): Rules<PCAState> {
    const numbers = float64s();
    return {
      ...{ components: numbers, explainedVariance: numbers, explainedVarianceRatio: numbers },
      ...{ singularValues: numbers, mean: numbers, noise: float64s(1) },
    };
  }

  override get tags(): EstimatorTags {
    const { svdSolver, nComponents } = this.params;
    // How likely a dimension is hangs on the smallest variances, of which float32 has no digits.
    return {
      ...super.tags,
      trainsOnGpu: svdSolver !== 'full' && svdSolver !== 'arpack' && nComponents !== 'mle',
    };
  }

  /** The covariance of few columns takes about as long as a copy of them. */
  protected override learnsInPlace(x: Matrix): boolean {
    const solver = solverOf(x, this.params);
    return solver === 'covarianceEigh' && x.cols <= FEW_COLUMNS && !isReadInPlace(x.data);
  }

  protected override get learnsScatter(): boolean {
    return true;
  }

  protected async fitState({ x, cancel, signal, device }: FitInput): Promise<PCAState> {
    const most = Math.min(x.rows, x.cols);
    const { nComponents } = this.params;
    if (x.rows < 2)
      throw new ValidationError('ERR_SHAPE', 'PCA: one row does not vary; fit needs at least two.');
    if (nComponents === 'mle' && x.rows < x.cols) {
      const why = `nComponents 'mle' needs as many rows as columns; X has shape [${x.rows}, ${x.cols}]`;
      throw new ValidationError('ERR_PARAMETER', `PCA: ${why}.`);
    }
    if (typeof nComponents === 'number' && nComponents >= 1)
      checkComponents(this, nComponents, most, `X of shape [${x.rows}, ${x.cols}]`);
    const measures = device === 'cpu' && solverOf(x, this.params) === 'covarianceEigh';
    const measured = measures ? await scatterOf(x, cancel) : null;
    const { mean } = measured?.moments ?? (await rangesOf(x, cancel));
    const scatter = measured?.scatter ?? null;
    const { values, axes } = await trainWhere(
      device,
      () => costOf(x, this.params),
      (target) => this.#axes(x, { mean, scatter, cancel, signal }, target),
    );
    const all = values.map((value) => value ** 2 / (x.rows - 1));
    const sum = (of: Float64Array) => of.reduce((total, v) => total + v, 0);
    // All axes hold all of the variance. A fit in place, which could not measure it here, finds them all.
    const total =
      all.length === most ? sum(all) : (sum((await momentsOf(x, cancel)).variance) * x.rows) / (x.rows - 1);
    // Nothing explains a variance of 0.
    const shares = all.map((v) => (total > 0 ? v / total : 0));
    const kept = nComponents === 'mle' ? likelyDimension(all, x.rows) : countKept(nComponents, shares);
    const left = total - sum(all.subarray(0, kept));
    return {
      components: axes.data.slice(0, kept * x.cols),
      explainedVariance: all.slice(0, kept),
      explainedVarianceRatio: shares.slice(0, kept),
      singularValues: values.slice(0, kept),
      mean,
      noise: Float64Array.of(kept < most ? Math.max(left, 0) / (most - kept) : 0),
    };
  }

  async #axes(given: Matrix, known: Known, target: CudaTarget | null, placed?: PlacedRows): Promise<Axes> {
    const { mean, cancel, signal } = known;
    if (target !== null && placed === undefined) {
      const again = (rows: PlacedRows) => this.#axes(given, known, target, rows);
      return withPlacedRows(target, given, { mean, cancel }, again);
    }
    const { nComponents, svdSolver, iteratedPower, nOversamples, randomState } = this.params;
    const most = Math.min(given.rows, given.cols);
    const { data, rows, cols } = given;
    const chosen = solverOf(given, this.params);
    const solver =
      placed !== undefined && svdSolver === 'auto' && chosen === 'full' ? 'covarianceEigh' : chosen;
    const covariance = async () => {
      if (placed !== undefined) return placed.gram();
      const scatter = known.scatter ?? (await native.scatterMatrix(data, rows, cols, mean, cancel));
      return new Matrix(scatter, cols, cols);
    };
    const byCovariance = async () => axesOfGram(await covariance(), rows, signal);
    if (solver === 'covarianceEigh') return byCovariance();
    if (solver === 'full') return exactAxes(await centred(given, mean, signal), signal);
    if (nComponents === 'mle' || (nComponents !== null && nComponents < 1)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `PCA: the solver '${solver}' needs a whole number of nComponents, or null.`,
      );
    }
    if (solver === 'arpack') {
      const components = nComponents ?? Math.max(most - 1, 1);
      checkComponents(this, components, most - 1, "the solver 'arpack', which finds less than all,");
      const how = { components, tol: this.params.tol, seed: resolveSeed(randomState) };
      return lanczosAxes(denseOperator(await centred(given, mean, signal), signal), how, signal);
    }
    const components = nComponents ?? most;
    const iterations = iteratedPower === 'auto' ? (components < 0.1 * most ? 7 : 4) : iteratedPower;
    const how = { components, oversamples: nOversamples, iterations, seed: resolveSeed(randomState) };
    const short = placed && SHORT_FLOAT32;
    const first = prefersGram(given, how) ? firstAxes(await byCovariance(), components, short) : null;
    if (first !== null) return first;
    const operator = placed ?? denseOperator(await centred(given, mean, signal), signal);
    return randomisedAxes(operator, how, signal);
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'score'];
  }

  override lower(plan: PlanBuilder, x: Slot, options?: ResolvedCompileOptions): Slot {
    if (options?.output !== 'score') return super.lower(plan, x);
    const { mean, components } = this.state;
    const deviations = this.deviations();
    if (deviations.otherwise === 0 || deviations.scales.includes(0)) {
      throw new ValidationError(
        'ERR_SINGULAR',
        'PCA: the training rows do not vary in all directions, so that rows have no density.',
      );
    }
    const logs = deviations.scales.reduce((sum, scale) => sum + 2 * Math.log(scale), 0);
    const beside = x.width - deviations.scales.length;
    const volume = logs + (beside === 0 ? 0 : 2 * beside * Math.log(deviations.otherwise));
    const centred = plan.affine(x, mean, new Float64Array(x.width).fill(1));
    const form = { axes: components, ...inverse(deviations) };
    // -(length + volume + columns log(2 pi)) / 2
    const shift = Float64Array.of(-volume - x.width * Math.log(2 * Math.PI));
    return plan.affine(lowerForm(plan, centred, form), shift, Float64Array.of(-2));
  }

  /** The log-density of each row under the model. @throws {ERR_SINGULAR} when the training rows did not vary in all directions */
  async scoreSamples(X: MatrixLike): Promise<FloatArray> {
    return (await this.run(X, { output: 'score' })).data;
  }

  /** The mean of {@link PCA.scoreSamples}, weighted where the options say so; y is not read. Greater is better. @throws {ERR_SHAPE} when there is not a weight for each row */
  async score(X: MatrixLike, _y?: ArrayLike<unknown> | null, options?: ScoreOptions): Promise<number> {
    return this.scoreOf(await this.scoreSamples(X), options?.sampleWeight);
  }

  /** @internal */
  scoreOf(scores: ArrayLike<number>, weights?: ArrayLike<number>): number {
    return meanScore(scores, weights);
  }
}

/** What the search for axes knows of the rows. */
interface Known extends Pick<FitInput, 'cancel' | 'signal'> {
  readonly mean: Float64Array;
  /** Null where nobody has measured it yet. */
  readonly scatter: Float64Array | null;
}

const FEW_COLUMNS = 32;
/** Of products in float64, by each thread. */
const CPU_FLOPS_PER_NS = 40;

/** Of the products; null where the CPU would take all singular values. */
function costOf(
  x: Matrix,
  { svdSolver, nComponents, nOversamples, iteratedPower }: PCAParams,
): TrainingCost | null {
  const { rows, cols } = x;
  const solver = solverOf(x, { svdSolver, nComponents });
  if (solver === 'full' || solver === 'arpack') return null;
  const iterations = iteratedPower === 'auto' ? 7 : iteratedPower;
  const size = Math.min((typeof nComponents === 'number' ? nComponents : cols) + nOversamples, cols);
  const products = solver === 'randomized' ? 2 * (iterations + 1) : 1;
  const width = solver === 'randomized' ? size : cols / 2;
  const flops = 2 * rows * cols * width * products;
  const vectors = solver === 'randomized' ? 4 * rows * size * products : 0;
  return {
    cpuNs: flops / (CPU_FLOPS_PER_NS * native.info().threads),
    cuda: {
      uploadBytes: 4 * rows * cols + vectors,
      downloadBytes: 8 * cols * cols + vectors,
      trafficBytes: 4 * rows * cols * products,
      flops,
      kernels: 4 * products,
      waits: 2 * products,
    },
  };
}

function solverOf(
  x: Matrix,
  { svdSolver, nComponents }: Pick<PCAParams, 'svdSolver' | 'nComponents'>,
): Exclude<PCAParams['svdSolver'], 'auto'> {
  if (svdSolver !== 'auto') return svdSolver;
  if (x.cols <= 1000 && x.rows >= 10 * x.cols) return 'covarianceEigh';
  const few =
    typeof nComponents === 'number' && nComponents >= 1 && nComponents < 0.8 * Math.min(x.rows, x.cols);
  return few && Math.max(x.rows, x.cols) > 500 ? 'randomized' : 'full';
}

/** The rows minus the means, in float64. */
async function centred(
  x: Matrix,
  mean: Float64Array,
  signal: AbortSignal | undefined,
): Promise<Matrix<Float64Array>> {
  const values = await x.astypeAsync('float64', { signal });
  return values.subAsync(new Matrix(mean, 1, mean.length), { signal });
}

/** How many components a parameter means, by the share of the variance that each explains. */
function countKept(nComponents: number | null, shares: Float64Array): number {
  if (nComponents === null) return shares.length;
  if (nComponents >= 1) return nComponents;
  let explained = 0;
  const enough = shares.findIndex((share) => {
    explained += share;
    return explained > nComponents;
  });
  return enough < 0 ? shares.length : enough + 1;
}
