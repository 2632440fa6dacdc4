/** Classifiers and regressors whose predictions can be columns for others. */

import type { Output } from './compile-options.js';
import type { Estimator, State } from './estimator.js';
import type { FitOptions } from './fit-input.js';
import type { Matrix, MatrixLike } from './matrix.js';
import type { Face } from './mixin.js';
import type { Column } from './schema.js';

/** What makes a model a transformer, too. */
export interface Transforming {
  /** The columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  outputColumns(): readonly Column[];
  /** Names of the columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[];
  /** What the model, or each of its models, says as columns, on the pool. @throws see {@link Plan.run} */
  transform(X: MatrixLike): Promise<Matrix>;
  /** As {@link Transforming.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix;
  /** Fits, then transforms the same rows. */
  fitTransform(X: MatrixLike, y: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix>;
}

/** A classifier or a regressor: an estimator that has said what its outputs are. */
declare abstract class Predicting<P extends object, S extends State> extends Estimator<P, S> {
  get outputs(): readonly Output[];
}

/** Classifiers and regressors that are transformers, too. */
export function transforming<P extends object, S extends State, F extends Face<Predicting<P, S>>>(
  Base: F & Face<Predicting<P, S>>,
): F & Face<Transforming> {
  abstract class TransformingModel extends Base implements Transforming {
    override get outputs(): readonly Output[] {
      return [...super.outputs, 'transform'];
    }

    abstract outputColumns(): readonly Column[];

    getFeatureNamesOut(): string[] {
      return this.outputColumns().map(({ name }) => name);
    }

    transform(X: MatrixLike): Promise<Matrix> {
      return this.run(X, { output: 'transform' });
    }

    transformSync(X: MatrixLike): Matrix {
      return this.runSync(X, { output: 'transform' });
    }

    async fitTransform(X: MatrixLike, y: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
      await this.fit(X, y, options);
      return this.transform(X);
    }
  }
  return TransformingModel;
}
