/** What clusterers with centres share: KMeans and MiniBatchKMeans. */
import { CentreClusterer, type ClustererState } from '../core/clusterer.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import type { ScoreOptions } from '../core/kinds.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
import { checkPoints } from '../core/neighbor-search.js';
import { custom, either, float64s, int, int32s, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { sumOfScores } from '../core/score.js';
import { CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { type CentreStart, native } from '../native.js';

/** Where centres start: k-means++, random rows, or given centres, [clusters, columns]. */
export type CentreInit = 'kMeans++' | 'random' | ReadonlyArray<ArrayLike<number>>;

/** Learned by all clusterers with centres. */
export interface CentresState extends ClustererState {
  /** [clusters, columns] row-major. */
  readonly clusterCenters: Float64Array;
  /** Weighted sum of the squared distances of the training rows to their centres. */
  readonly inertia: number;
  readonly nIter: number;
}

/** The rules of what {@link CentresState} holds. */
export const centresRules: Rules<CentresState> = {
  labels: int32s(),
  clusterCenters: float64s(),
  inertia: real(0),
  nIter: int(0),
};

const isCentres = (value: unknown): value is ReadonlyArray<ArrayLike<number>> =>
  Array.isArray(value) && value.length > 0 && value.every((row) => typeof row?.length === 'number');

/** The rule of the parameter `init`. */
export const initRule = either(
  oneOf('kMeans++', 'random'),
  custom('rows of initial centres', (value) => isCentres(value)),
);
/** The rule of the parameter `nInit`. */
export const nInitRule = either(oneOf('auto'), int(1, 10_000));

/** Base of clusterers that give each row to the nearest of some centres. */
export abstract class NearestCentre<P extends object, S extends CentresState> extends CentreClusterer<P, S> {
  override get outputs(): readonly Output[] {
    return ['label', 'transform', 'score'];
  }

  /** @internal */
  override get learnsVariance(): boolean {
    return true;
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    checkPoints(this, state.clusterCenters, columns, 'clusterCenters');
  }

  /** The number of clusters of the last fit. @throws {ERR_NOT_FITTED} before `fit` */
  get nClusters(): number {
    return this.state.clusterCenters.length / this.nFeaturesIn;
  }

  /** The centres as rows, [clusters, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get clusterCenters(): Matrix<Float64Array> {
    return new Matrix(this.state.clusterCenters.slice(), this.nClusters, this.nFeaturesIn);
  }

  /** Weighted sum of the squared distances of the training rows to their centres. @throws {ERR_NOT_FITTED} before `fit` */
  get inertia(): number {
    return this.state.inertia;
  }

  /** How often the training rows were gone through. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.nIter;
  }

  outputColumns(): readonly Column[] {
    const prefix = this.constructor.name.toLowerCase();
    return Array.from({ length: this.nClusters }, (_, k) => ({ name: `${prefix}${k}`, kind: 'number' }));
  }

  /** Minus the sum of the squared distances to the nearest centres; y is not read. Greater is better. */
  async score(X: MatrixLike, _y?: ArrayLike<unknown> | null, options?: ScoreOptions): Promise<number> {
    return this.scoreOf((await this.run(X, { output: 'score' })).data, options?.sampleWeight);
  }

  /** @internal */
  scoreOf(data: ArrayLike<number>, weights?: ArrayLike<number>): number {
    return sumOfScores(data, weights);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { clusterCenters } = this.state;
    const clusters = clusterCenters.length / x.width;
    if (output === 'transform') return plan.distance(x, 'euclidean', clusterCenters, clusters);
    const squares = plan.distance(x, 'squaredEuclidean', clusterCenters, clusters);
    if (output === 'score') return plan.activation(plan.reduce(squares, 'min'), 'negate');
    return plan.argmax(plan.activation(squares, 'negate'));
  }
}

/**
 * What the native core is told about the start.
 *
 * @throws {ERR_PARAMETER} for fewer rows than clusters
 * @throws {ERR_SHAPE} for given centres that are not [clusters, columns]
 */
export function centreStart(
  owner: object,
  { x }: FitInput | SparseFitInput,
  params: { nClusters: number; init: CentreInit; nInit: 'auto' | number },
  autoRandom: number,
): Omit<CentreStart, 'seed'> {
  const { nClusters: clusters, init, nInit } = params;
  const { name } = owner.constructor;
  if (x.rows < clusters) {
    const message = `${name}: nClusters is ${clusters}, but X has only ${x.rows} rows.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (typeof init === 'string') {
    const restarts = nInit === 'auto' ? (init === 'random' ? autoRandom : 1) : nInit;
    return { clusters, init, centres: null, restarts };
  }
  const centres = Matrix.from(init as number[][], undefined, 'float64') as Matrix<Float64Array>;
  if (centres.rows !== clusters || centres.cols !== x.cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${name}: init has shape [${centres.rows}, ${centres.cols}]; it must be [nClusters, columns], [${clusters}, ${x.cols}].`,
    );
  }
  const bad = centres.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ValidationError(
      'ERR_PARAMETER',
      `${name}: init must be finite; it holds ${centres.data[bad]}.`,
    );
  return { clusters, init: 'array', centres: centres.data, restarts: 1 };
}

/** tol times the mean variance of the columns: what scikit-learn compares the squared shift of the centres with. */
export async function scaledTolerance(
  { x, cancel }: FitInput | SparseFitInput,
  tol: number,
): Promise<number> {
  if (tol === 0) return 0;
  const { variance } = await (x instanceof CsrMatrix
    ? native.csrMoments(...csrArguments(x), null, cancel)
    : momentsOf(x, cancel));
  return (tol * variance.reduce((sum, v) => sum + v, 0)) / x.cols;
}
