/** Classifiers and regressors made of models, whose predictions can be columns for others. */

import type { Output } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import type { FitOptions } from '../core/fit-input.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import type { Face } from '../core/mixin.js';
import type { Column } from '../core/schema.js';

/** What makes an ensemble a transformer, too. */
export interface Transforming {
  /** The columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  outputColumns(): readonly Column[];
  /** Names of the columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[];
  /** What each model says, side by side, on the pool. @throws see {@link Plan.run} */
  transform(X: MatrixLike): Promise<Matrix>;
  /** As {@link Transforming.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix;
  /** Fits, then transforms the same rows. */
  fitTransform(X: MatrixLike, y: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix>;
}

/** A classifier or a regressor: an estimator that has said what its outputs are. */
declare abstract class Ensemble<P extends object, S extends State> extends Estimator<P, S> {
  get outputs(): readonly Output[];
}

/** Classifiers and regressors that are transformers, too. */
export function transforming<P extends object, S extends State, F extends Face<Ensemble<P, S>>>(
  Base: F & Face<Ensemble<P, S>>,
): F & Face<Transforming> {
  abstract class TransformingEnsemble extends Base implements Transforming {
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
  return TransformingEnsemble;
}

/** Columns named after an ensemble and its models, `count` of each; one alone has no number. */
export function columnsOfModels(owner: object, names: readonly string[], count: number): Column[] {
  const prefix = owner.constructor.name.toLowerCase();
  return names.flatMap((name) =>
    Array.from({ length: count }, (_, k): Column => {
      return { name: `${prefix}_${name}${count === 1 ? '' : k}`, kind: 'number' };
    }),
  );
}
