/**
 * The faces of estimators that group rows without being told the groups. All give the groups of the training rows; those
 * whose method says where a new row belongs predict, too.
 */
import { StateError } from '../errors.js';
import type { Output, ResolvedCompileOptions } from './compile-options.js';
import { Estimator, type State } from './estimator.js';
import type { FitOptions } from './fit-input.js';
import type { Matrix, MatrixLike } from './matrix.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import type { Column, Target } from './schema.js';

/** The state every clusterer has. */
export interface ClustererState extends State {
  /** The cluster of each training row, numbered from 0; -1 is noise, where the method knows noise. */
  readonly labels: Int32Array;
}

/**
 * Base of clusterers that say nothing about new rows, such as DBSCAN and AgglomerativeClustering: their result is `labels`.
 * They have no plan: `compile` and a pipeline's `predict` throw ERR_NOT_SUPPORTED.
 */
export abstract class Clusterer<P extends object, S extends ClustererState> extends Estimator<P, S> {
  readonly kind = 'clusterer' as const;

  get outputs(): readonly Output[] {
    return [];
  }

  /** Cluster numbers are numbers to whoever reads a plan's output; y is not read and does not describe them. */
  protected targetOf(_state: S): Target {
    return { kind: 'number' };
  }

  /** The cluster of each training row, from 0; -1 is noise, where there is any. @throws {ERR_NOT_FITTED} before `fit` */
  get labels(): Int32Array {
    return this.state.labels.slice();
  }

  /** Fits, then returns the clusters of the same rows. Arguments are those of `fit`; y is not read. */
  async fitPredict(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<Int32Array> {
    await this.fit(X, y, options);
    return this.labels;
  }

  lower(_plan: PlanBuilder, _x: Slot, _options: ResolvedCompileOptions): Slot {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `${this.constructor.name} groups the rows it is fitted on and says nothing about others; use fitPredict or labels.`,
    );
  }
}

/** A loop of our own takes half the time of the engine's conversion. */
function clustersOf({ data }: Matrix): Int32Array {
  const clusters = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) clusters[i] = data[i] | 0;
  return clusters;
}

/** Base of clusterers that tell the cluster of a new row: the plan's output 'label'. */
export abstract class PredictingClusterer<P extends object, S extends ClustererState> extends Clusterer<
  P,
  S
> {
  override get outputs(): readonly Output[] {
    return ['label'];
  }

  abstract override lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot;

  /** The cluster of each row, from 0, on the pool. @throws see {@link Plan.run} */
  async predict(X: MatrixLike): Promise<Int32Array> {
    return this.runAndTake(X, { output: 'label' }, clustersOf);
  }

  /** As {@link PredictingClusterer.predict}, on this thread's time. */
  predictSync(X: MatrixLike): Int32Array {
    return clustersOf(this.runSync(X, { output: 'label' }));
  }
}

/**
 * Base of clusterers with centres: they are transformers, too, whose columns are the distances to the centres (the plan's
 * output 'transform'), so that they may stand in the middle of a pipeline.
 */
export abstract class CentreClusterer<P extends object, S extends ClustererState> extends PredictingClusterer<
  P,
  S
> {
  override get outputs(): readonly Output[] {
    return ['label', 'transform'];
  }

  /** The columns of `transform`. @throws {ERR_NOT_FITTED} before `fit` */
  abstract outputColumns(): readonly Column[];

  /** Names of the columns of `transform`. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[] {
    return this.outputColumns().map((c) => c.name);
  }

  /** Distances of rows to the centres, [rows, clusters], on the pool. @throws see {@link Plan.run} */
  transform(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'transform' });
  }

  /** As {@link CentreClusterer.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix {
    return this.runSync(X, { output: 'transform' });
  }

  /** Fits, then transforms the same rows. */
  async fitTransform(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
    await this.fit(X, y, options);
    return this.transform(X);
  }
}
