/** Predictions for every row by a model that has not seen it. */
import type { Estimator } from '../core/estimator.js';
import { requireEstimator } from '../core/inner-models.js';
import { predictTarget } from '../core/kinds.js';
import { distinctLabels, type Label } from '../core/labels.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { oneOf, requireOptions } from '../core/params.js';
import { countRows } from '../core/rows.js';
import { isTargetRow, type TargetsLike, targetColumns, targetRows } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import type { ScorableEstimator } from '../metrics/scorers.js';
import { type FoldOptions, forEachFold } from './folds.js';

/** A model that predicts, whether it has a score or not. */
type PredictingModel = Estimator & ScorableEstimator;

/** What {@link crossValPredict} asks a model for. */
export type CrossValMethod = 'predict' | ProbaMethod | 'decisionFunction';
type ProbaMethod = 'predictProba' | 'predictLogProba';

/** What a row gets for a class that the training rows of its fold lacked. */
const UNKNOWN: Readonly<Record<ProbaMethod, number>> = { predictProba: 0, predictLogProba: -Infinity };

/** Options of {@link crossValPredict}. */
export interface CrossValPredictOptions<Method extends CrossValMethod> extends FoldOptions {
  /** What to predict. Default 'predict'. */
  readonly method?: Method;
}

/** What {@link crossValPredict} gives. */
export type CrossValPredicted<M extends PredictingModel, Method> = Method extends ProbaMethod
  ? JoinedProba<M>
  : Method extends 'decisionFunction'
    ? Matrix<Float64Array>
    : Awaited<ReturnType<M['predict']>>;

/** Probabilities of all rows, in the form in which a model gives them. */
export type JoinedProba<M> = M extends { predictProba(X: never): Promise<Matrix[]> }
  ? Matrix<Float64Array>[]
  : Matrix<Float64Array>;

const methodRule = oneOf('predict', 'predictProba', 'predictLogProba', 'decisionFunction');

/**
 * For each row, the prediction of the model of the fold that tests it. Good for plots and confusion matrices; to
 * estimate how well a model does, score each fold ({@link crossValScore}).
 *
 * Differs from scikit-learn: logarithms of probabilities of a class that a fold lacked are -Infinity, not the least finite number.
 *
 * @param y - left out, or null, of models that learn without
 * @returns labels, numbers or clusters, a matrix of the numbers of several targets, or for 'predictProba' and 'predictLogProba' a matrix [rows, classes
 *   of y] (0 and -Infinity for a class that a fold lacked), of several targets what the model gives; for 'decisionFunction' that
 * @throws {ERR_PARAMETER} for a bad option, or unless `cv` tests every row once
 * @throws {ERR_NOT_SUPPORTED} for a method that the model lacks
 * @throws {ERR_LABELS} for decisions where a fold lacks a class of y, since they would mean something else
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { confusionMatrix, crossValPredict, loadIris, LogisticRegression } from 'boreal';
 * const { data, target } = loadIris();
 * const predicted = await crossValPredict(new LogisticRegression(), data, target);
 * confusionMatrix(target, predicted).length; // 3
 * ```
 */
export async function crossValPredict<M extends PredictingModel, Method extends CrossValMethod = 'predict'>(
  estimator: M,
  X: MatrixLike,
  y?: TargetsLike | null,
  options: CrossValPredictOptions<Method> = {},
): Promise<CrossValPredicted<M, Method>> {
  requireEstimator(estimator, 'estimator');
  requireOptions(options);
  const { method = 'predict' } = options;
  if (!methodRule.allows(method)) {
    throw new ValidationError('ERR_PARAMETER', `crossValPredict: method must be ${methodRule.allowed}.`);
  }
  if (estimator[method] === undefined)
    throw new StateError('ERR_NOT_SUPPORTED', `crossValPredict: the estimator has no ${method}.`);
  const parts = await forEachFold(estimator, X, y, options, async ({ model, fold, fit, part }) => {
    await fit();
    const test = part(fold.test).X;
    if (method === 'predict')
      return { rows: fold.test, predicted: (await predictTarget(model, test)) as ArrayLike<unknown> };
    const classes = model.kind === 'classifier' ? model.classes : undefined;
    return { rows: fold.test, predicted: await matrixBy(model, method, test), classes };
  });
  const targets = targetRows(y);
  const length = countRows(X, targets);
  checkPartition(
    'crossValPredict: cv',
    parts.map(({ rows }) => rows),
    length,
  );
  // Of what learns without y there are no classes to be put in order.
  if (targets === undefined || estimator.kind !== 'classifier') return joinAny(parts, length) as never;
  if (method === 'decisionFunction') checkClasses(parts, targets);
  else if (method !== 'predict') {
    const { predicted, classes } = parts[0];
    const unknown = UNKNOWN[method as ProbaMethod];
    // Of one target, of several, or of several that have a number each.
    if (!isTargetRow(classes?.[0])) {
      return joinProbabilities(parts as ProbaPart[], distinctLabels(targets, 'y'), length, unknown) as never;
    }
    if (Array.isArray(predicted)) return joinEach(parts as SeveralProbaPart[], targets, unknown) as never;
  }
  return joinAny(parts, length) as never;
}

interface AnyPart {
  readonly rows: Int32Array;
  readonly predicted: unknown;
}

/** Rows of matrices, numbers, labels or clusters, in the order of X. */
function joinAny(parts: readonly AnyPart[], length: number): Matrix | ArrayLike<unknown> {
  const [first] = parts;
  if (first.predicted instanceof Matrix) return joinMatrices(parts as MatrixPart[], length);
  const out = Array.isArray(first.predicted)
    ? new Array<unknown>(length)
    : new (first.predicted instanceof Int32Array ? Int32Array : Float64Array)(length);
  for (const { rows, predicted } of parts) {
    for (const [k, row] of rows.entries()) out[row] = (predicted as ArrayLike<never>)[k];
  }
  return out;
}

interface MatrixPart {
  readonly rows: Int32Array;
  readonly predicted: Matrix;
}

function joinMatrices(parts: readonly MatrixPart[], rows: number): Matrix<Float64Array> {
  const { cols } = parts[0].predicted;
  const out = new Matrix(new Float64Array(rows * cols), rows, cols);
  for (const part of parts)
    for (const [k, row] of part.rows.entries()) out.row(row).set(part.predicted.row(k));
  return out;
}

interface ProbaPart extends MatrixPart {
  readonly classes: readonly Label[];
}

async function matrixBy(
  model: PredictingModel,
  method: Exclude<CrossValMethod, 'predict'>,
  X: MatrixLike,
): Promise<Matrix | Matrix[]> {
  return (await model[method]?.(X)) as Matrix | Matrix[];
}

/** @throws {ERR_LABELS} unless each fold knows all labels of y */
function checkClasses(
  parts: ReadonlyArray<{ readonly classes?: readonly unknown[] }>,
  y: ArrayLike<unknown>,
): void {
  if (isTargetRow(y[0])) return;
  const count = distinctLabels(y, 'y').length;
  if (parts.every(({ classes }) => classes === undefined || classes.length === count)) return;
  const message = 'crossValPredict: the training rows of a fold lack a class of y; decisions need all.';
  throw new ValidationError('ERR_LABELS', message);
}

interface SeveralProbaPart {
  readonly rows: Int32Array;
  readonly predicted: readonly Matrix[];
  readonly classes: ReadonlyArray<readonly Label[]>;
}

/** Probabilities of each target. */
function joinEach(
  parts: readonly SeveralProbaPart[],
  targets: ArrayLike<unknown>,
  unknown: number,
): Matrix[] {
  return targetColumns(targets).map((column, t) => {
    const own = parts.map(({ rows, predicted, classes }) => ({
      rows,
      predicted: predicted[t],
      classes: classes[t],
    }));
    return joinProbabilities(own, distinctLabels(column, `y: column ${t}`), targets.length, unknown);
  });
}

function joinProbabilities(
  parts: readonly ProbaPart[],
  classes: Label[],
  rows: number,
  unknown: number,
): Matrix {
  const out = new Matrix(new Float64Array(rows * classes.length).fill(unknown), rows, classes.length);
  for (const part of parts) {
    const columns = part.classes.map((label) => classes.indexOf(label));
    for (const [k, row] of part.rows.entries()) {
      for (const [j, c] of columns.entries()) out.row(row)[c] = part.predicted.row(k)[j];
    }
  }
  return out;
}

/** @throws {ERR_PARAMETER} unless folds, which `owner` names, test every row once */
export function checkPartition(owner: string, tests: readonly Int32Array[], rows: number): void {
  const count = new Uint32Array(rows);
  for (const test of tests) for (const row of test) count[row] += 1;
  const bad = count.findIndex((times) => times !== 1);
  if (bad < 0) return;
  const message = `${owner} must test every row once, but tests row ${bad} ${count[bad]} times.`;
  throw new ValidationError('ERR_PARAMETER', message);
}
