/**
 * The face of estimators that are what an estimator within them is: a pipeline that ends in a classifier predicts labels, a search
 * over regressors numbers.
 */
import { StateError } from '../errors.js';
import type { Output } from './compile-options.js';
import { Estimator, type EstimatorKind, type State } from './estimator.js';
import type { FitOptions } from './fit-input.js';
import { decodeLabelRows, decodeLabels, decodeProba, type ScoreOptions } from './kinds.js';
import type { Label } from './labels.js';
import { logNormalised, logOf } from './log-proba.js';
import type { FloatArray, Matrix, MatrixLike } from './matrix.js';
import type { Column, Target } from './schema.js';
import { accuracy, isScored, noScore, scoresRows, sumsScores } from './score.js';
import { decodeNumbers, r2OfTargets, type TargetsLike, targetRows } from './targets.js';

/** What an estimator of type F predicts. */
export type Prediction<F> = F extends { readonly kind: 'clusterer' }
  ? Int32Array
  : F extends { predict(X: MatrixLike): Promise<infer Y> }
    ? Y
    : Label[] | FloatArray | Int32Array;

/**
 * Base of estimators whose kind is that of an estimator within.
 *
 * @typeParam F - the estimator within, which decides what `predict` returns
 */
export abstract class MetaEstimator<P extends object, S extends State, F> extends Estimator<P, S> {
  /** The columns that come out, where the estimator within is a transformer. */
  abstract outputColumns(): readonly Column[];

  /** Names of the columns that come out. @throws {ERR_NOT_SUPPORTED} unless this is a transformer */
  getFeatureNamesOut(): string[] {
    return this.outputColumns().map((c) => c.name);
  }

  /** The classes of the classifier within; of several targets the list of those of each. @throws {ERR_NOT_SUPPORTED} without one */
  get classes(): Label[] {
    this.require('classifier', 'classes');
    const { target } = this.schema;
    if (target.kind === 'classes') return target.classes.map((own) => [...own]) as unknown as Label[];
    return target.kind === 'class' ? [...target.classes] : [];
  }

  /** Predictions of the estimator within, on the pool. @throws {ERR_NOT_SUPPORTED} when it is a transformer */
  async predict(X: MatrixLike): Promise<Prediction<F>> {
    // Read before waiting: a fit may end meanwhile.
    const { kind } = this;
    const { target } = this.schema;
    return decode<F>(await this.run(X, this.#predictOptions()), kind, target);
  }

  /** As {@link MetaEstimator.predict}, on this thread's time. */
  predictSync(X: MatrixLike): Prediction<F> {
    return decode<F>(this.runSync(X, this.#predictOptions()), this.kind, this.schema.target);
  }

  /** Probabilities of the classifier within, [rows, classes]; of several targets what it gives. @throws {ERR_NOT_SUPPORTED} without one */
  async predictProba(X: MatrixLike): Promise<Matrix> {
    const { target } = this.schema;
    return decodeProba(await this.run(X, { output: 'proba' }), target) as Matrix;
  }

  /** As {@link MetaEstimator.predictProba}, on this thread's time. */
  predictProbaSync(X: MatrixLike): Matrix {
    return decodeProba(this.runSync(X, { output: 'proba' }), this.schema.target) as Matrix;
  }

  /** Logarithms of these, as {@link Classifier.predictLogProba} gives them. @throws {ERR_NOT_SUPPORTED} without a classifier within */
  async predictLogProba(X: MatrixLike): Promise<Matrix> {
    if (!this.outputs.includes('jointLogProba')) return logOf(await this.predictProba(X)) as Matrix;
    const { target } = this.schema;
    return logNormalised(decodeProba(await this.run(X, { output: 'jointLogProba' }), target)) as Matrix;
  }

  /** Scores of the classifier within before the link. @throws {ERR_NOT_SUPPORTED} without them */
  decisionFunction(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'decision' });
  }

  /**
   * The scores of rows, one number each, as the estimator within gives them: how normal an outlier detector finds a row, its log-density by
   * a mixture or by {@link PCA}.
   *
   * @throws {ERR_NOT_SUPPORTED} without them
   */
  async scoreSamples(X: MatrixLike): Promise<FloatArray> {
    const { data } = await this.run(X, { output: 'score' });
    return this.rowScores(data);
  }

  /** The transformed rows. @throws {ERR_NOT_SUPPORTED} when the estimator within gives no columns */
  async transform(X: MatrixLike): Promise<Matrix> {
    return this.run(X, this.#transformOptions());
  }

  /** As {@link MetaEstimator.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix {
    return this.runSync(X, this.#transformOptions());
  }

  /** Fits, then transforms the same rows, by folds where the estimator says so. */
  async fitTransform(X: MatrixLike, y?: TargetsLike, options?: FitOptions): Promise<Matrix> {
    return (await this.fitAcross(X, y, options)) ?? this.transform(X);
  }

  /** The fitted estimator within, whose scores this one's are; null where there is none any more. */
  protected get within(): unknown {
    return null;
  }

  /** What `scoreSamples` makes of a plan's scores. @internal @throws {ERR_NOT_SUPPORTED} unless the estimator within has scores of rows */
  rowScores(scores: FloatArray): FloatArray {
    const { within } = this;
    if (within === null) return scores;
    if (scoresRows(within)) return within.rowScores?.(scores) ?? scores;
    const { name } = (within as object).constructor;
    const message = `${name}, the estimator within this ${this.constructor.name}, has no scores of rows.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }

  /** The rows that it gets. */
  protected async rowsWithin(X: MatrixLike): Promise<MatrixLike> {
    return X;
  }

  /** @internal @throws {ERR_NOT_SUPPORTED} unless the estimator within scores rows without y */
  scoreOf(scores: FloatArray, sampleWeight?: ArrayLike<number>): number {
    const { within } = this;
    if (sumsScores(within)) return within.scoreOf(scores, sampleWeight);
    throw new StateError('ERR_NOT_SUPPORTED', `This ${this.constructor.name} has no score.`);
  }

  /**
   * What the estimator within says: accuracy of a classifier or an outlier detector, R2 of a regressor, of others what reads no y; D2,
   * and by the `scoring` of a search, where its own `score` is that.
   *
   * @throws {ERR_NOT_SUPPORTED} where it has none
   */
  async score(X: MatrixLike, y?: TargetsLike | null, options?: ScoreOptions): Promise<number> {
    const { kind, within } = this;
    if (this.tags.ownScore && isScored(within)) return within.score(await this.rowsWithin(X), y, options);
    if (kind === 'outlierDetector' && !isScored(within)) throw noScore(within);
    if (kind === 'clusterer' || kind === 'transformer')
      return this.scoreOf((await this.run(X, { output: 'score' })).data, options?.sampleWeight);
    return this.#scoreOfTargets(X, y as TargetsLike, options);
  }

  async #scoreOfTargets(X: MatrixLike, y: TargetsLike, options?: ScoreOptions): Promise<number> {
    const predicted = await this.predict(X);
    if (this.kind !== 'regressor')
      return accuracy(targetRows(y), predicted as unknown[], options?.sampleWeight);
    return r2OfTargets(y, predicted as FloatArray, options?.sampleWeight);
  }

  #predictOptions(): { output: Output } {
    if (this.kind === 'transformer') {
      throw new StateError(
        'ERR_NOT_SUPPORTED',
        `This ${this.constructor.name} is a transformer and cannot predict; use transform.`,
      );
    }
    return { output: this.kind === 'classifier' || this.kind === 'clusterer' ? 'label' : 'value' };
  }

  #transformOptions(): { output: Output } {
    if (this.outputs.includes('transform')) return { output: 'transform' };
    this.require('transformer', 'transform');
    return { output: 'value' };
  }

  /** @throws {ERR_NOT_SUPPORTED} unless this is of a kind */
  protected require(kind: EstimatorKind, what: string): void {
    if (this.kind === kind) return;
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `This ${this.constructor.name} is a ${this.kind}, which has no ${what}.`,
    );
  }
}

function decode<F>(result: Matrix, kind: EstimatorKind, target: Target): Prediction<F> {
  if (kind === 'clusterer') return Int32Array.from(result.data) as Prediction<F>;
  if (target.kind === 'class') return decodeLabels(result, target.classes) as Prediction<F>;
  if (target.kind === 'classes') return decodeLabelRows(result, target.classes) as Prediction<F>;
  return decodeNumbers(result) as Prediction<F>;
}
