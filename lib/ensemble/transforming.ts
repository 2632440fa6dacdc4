/** Classifiers and regressors made of models, whose predictions can be columns for others. */
import type { State } from '../core/estimator.js';
import type { FitOptions } from '../core/fit-input.js';
import { Classifier, type ClassifierState, Regressor } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import type { Output } from '../core/plan.js';
import type { Column } from '../core/schema.js';

/** Base of classifiers that are transformers, too. */
export abstract class TransformingClassifier<P extends object, S extends ClassifierState> extends Classifier<
  P,
  S
> {
  override get outputs(): readonly Output[] {
    return [...super.outputs, 'transform'];
  }

  /** The columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  abstract outputColumns(): readonly Column[];

  /** Names of the columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[] {
    return this.outputColumns().map(({ name }) => name);
  }

  /** What each model says, side by side, on the pool. @throws see {@link Plan.run} */
  transform(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'transform' });
  }

  /** As {@link TransformingClassifier.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix {
    return this.runSync(X, { output: 'transform' });
  }

  /** Fits, then transforms the same rows. */
  async fitTransform(X: MatrixLike, y: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
    return (await this.fit(X, y, options)).transform(X);
  }
}

/** Base of regressors that are transformers, too. */
export abstract class TransformingRegressor<P extends object, S extends State> extends Regressor<P, S> {
  override get outputs(): readonly Output[] {
    return [...super.outputs, 'transform'];
  }

  /** The columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  abstract outputColumns(): readonly Column[];

  /** Names of the columns that `transform` gives. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[] {
    return this.outputColumns().map(({ name }) => name);
  }

  /** What each model says, side by side, on the pool. @throws see {@link Plan.run} */
  transform(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'transform' });
  }

  /** As {@link TransformingRegressor.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix {
    return this.runSync(X, { output: 'transform' });
  }

  /** Fits, then transforms the same rows. */
  async fitTransform(X: MatrixLike, y: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
    return (await this.fit(X, y, options)).transform(X);
  }
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
