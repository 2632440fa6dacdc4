/** The faces of estimators: what a classifier, a regressor and a transformer offer on top of fit and lower. */

import { StateError, ValidationError } from '../errors.js';
import { areSeveral, type Classes, classTarget } from './class-lists.js';
import type { Output } from './compile-options.js';
import { Estimator, type State } from './estimator.js';
import type { FitInput, FitOptions } from './fit-input.js';
import type { EncodedLabels, Label } from './labels.js';
import { logNormalised, logOf } from './log-proba.js';
import type { FloatArray, Matrix, MatrixLike } from './matrix.js';
import type { Column, Target } from './schema.js';
import { accuracy } from './score.js';
import { decodeNumbers, numberTarget, r2OfTargets, type TargetsLike, targetRows } from './targets.js';

/** Turns class indices (the output 'label' of a plan) into labels. */
export function decodeLabels({ data, rows }: Matrix, classes: readonly Label[]): Label[] {
  // V8 tells arrays of small integers, of numbers and of anything apart, and takes three times as long once this loop has met
  // several of them. With `undefined` in them, both arrays are of anything.
  const own = [undefined, ...classes];
  const labels = new Array<Label | undefined>(rows);
  if (rows > 0) labels[0] = undefined;
  for (let i = 0; i < rows; i++) labels[i] = own[data[i] + 1];
  return labels as Label[];
}

/** The same of several targets: [rows, targets] indices into the classes of each. */
export function decodeLabelRows(indices: Matrix, classes: ReadonlyArray<readonly Label[]>): Label[][] {
  return Array.from({ length: indices.rows }, (_, i) => {
    const row = indices.row(i);
    return classes.map((own, j) => own[row[j]]);
  });
}

/** Probabilities of a plan: of several targets, whose classes stand side by side in it, a matrix for each. */
export function decodeProba(proba: Matrix, target: Target): Matrix | Matrix[] {
  if (target.kind !== 'classes') return proba;
  // Of models that say one number of each target.
  if (proba.cols === target.classes.length && target.classes.some(({ length }) => length > 1)) return proba;
  let first = 0;
  return target.classes.map(({ length }) => {
    const own = Array.from({ length }, (_, c) => first + c);
    first += length;
    return proba.columns(own);
  });
}

/** What predicts labels or numbers: by `predictTarget` where `predict` gives something else, as that of a neural network does. */
export interface Predictor {
  predict(X: MatrixLike): Promise<unknown>;
  predictTarget?(X: MatrixLike): Promise<unknown>;
}

/** The labels or numbers that a model predicts, one per row. @throws {ERR_NOT_SUPPORTED} for what does not predict, such as {@link PCA} */
export async function predictTarget(model: Predictor, X: MatrixLike): Promise<unknown> {
  if (model.predictTarget === undefined && typeof model.predict !== 'function') {
    const message = `This score needs predictions, and ${model.constructor.name} has no predict.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  return model.predictTarget === undefined ? model.predict(X) : model.predictTarget(X);
}

/** Options of `score`. */
export interface ScoreOptions {
  /** One weight >= 0 per row. */
  readonly sampleWeight?: ArrayLike<number>;
}

/** The state every classifier of one target has. */
export interface ClassifierState extends State {
  readonly classes: readonly Label[];
}

/** The state of a classifier whose y may have several columns. */
export interface ClassesState extends State {
  readonly classes: Classes;
}

/**
 * Predicts labels: what all classifiers share.
 *
 * @typeParam L - what `predict` says of a row: a label, or with the tag `multiOutput` and several targets a list of them
 */
export abstract class LabelPredictor<
  P extends object,
  S extends State,
  L extends Label | Label[] = Label,
> extends Estimator<P, S> {
  readonly kind = 'classifier' as const;

  /** Those that were learned. */
  protected abstract classesOf(state: S): Classes;

  protected targetOf(state: S): Target {
    return classTarget(this.classesOf(state));
  }

  /** The labels, sorted; columns of probabilities stand in this order. Of several targets a list for each. */
  get classes(): L[] {
    const classes = this.classesOf(this.state);
    return (areSeveral(classes) ? classes.map((own) => [...own]) : [...classes]) as L[];
  }

  /** The most probable label of each row, of several targets a list of them; on the pool. @throws see {@link Plan.run} */
  async predict(X: MatrixLike): Promise<L[]> {
    // Read before waiting: a fit may end meanwhile.
    const classes = this.classesOf(this.state);
    return this.runAndTake(X, { output: 'label' }, (codes) => decodeClasses(codes, classes) as L[]);
  }

  /** As `predict`, on this thread's time. */
  predictSync(X: MatrixLike): L[] {
    return decodeClasses(this.runSync(X, { output: 'label' }), this.classesOf(this.state)) as L[];
  }

  /** The share of rows predicted right, in [0, 1]; of several targets those of which all labels are. */
  async score(X: MatrixLike, y: TargetsLike, options?: ScoreOptions): Promise<number> {
    return accuracy(targetRows(y), await this.predict(X), options?.sampleWeight);
  }
}

function decodeClasses(indices: Matrix, classes: Classes): Label[] | Label[][] {
  return areSeveral(classes) ? decodeLabelRows(indices, classes) : decodeLabels(indices, classes);
}

/** Probabilities by what {@link LabelPredictor.predict} says of a row. */
export type ProbaOf<L> = L extends readonly unknown[] ? Matrix[] : Matrix;

/**
 * Predicts one of several classes, of several targets one for each.
 *
 * @typeParam Q - what `predictProba` gives
 */
export abstract class Classifier<
  P extends object,
  S extends ClassesState,
  L extends Label | Label[] = Label,
  Q extends Matrix | Matrix[] = ProbaOf<L>,
> extends LabelPredictor<P, S, L> {
  get outputs(): readonly Output[] {
    return ['label', 'proba'];
  }

  protected classesOf({ classes }: S): Classes {
    return classes;
  }

  /** Probabilities, [rows, classes]; each row sums to 1. Of several targets a matrix for each. */
  async predictProba(X: MatrixLike): Promise<Q> {
    const target = this.targetOf(this.state);
    return decodeProba(await this.run(X, { output: 'proba' }), target) as Q;
  }

  /** As {@link Classifier.predictProba}, on this thread's time. */
  predictProbaSync(X: MatrixLike): Q {
    return decodeProba(this.runSync(X, { output: 'proba' }), this.targetOf(this.state)) as Q;
  }

  /**
   * The natural logarithms of what {@link Classifier.predictProba} gives, -Infinity for 0. Naive Bayes models, and what hands on their
   * output 'jointLogProba' (pipelines, searches, thresholds, bags, one model for each target), take them from joint probabilities, so that
   * they are finite where a probability rounds to 0.
   */
  async predictLogProba(X: MatrixLike): Promise<Q> {
    if (!this.outputs.includes('jointLogProba')) return logOf(await this.predictProba(X)) as Q;
    const target = this.targetOf(this.state);
    return logNormalised(decodeProba(await this.run(X, { output: 'jointLogProba' }), target)) as Q;
  }

  /**
   * The scores before the link: [rows, 1] for two classes (above 0 means the second), else [rows, classes].
   *
   * @throws {ERR_NOT_SUPPORTED} for models without scores, such as forests
   */
  decisionFunction(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'decision' });
  }
}

/**
 * Predicts a number, or several.
 *
 * @typeParam Y - what `predict` gives: one number per row, or with the tag `multiOutput` and several targets a matrix
 */
export abstract class Regressor<
  P extends object,
  S extends State,
  Y extends FloatArray | Matrix = FloatArray,
> extends Estimator<P, S> {
  readonly kind = 'regressor' as const;

  get outputs(): readonly Output[] {
    return ['value'];
  }

  /** How many targets there are; more than one with the tag `multiOutput` only. */
  protected countOf(_state: S): number {
    return 1;
  }

  protected targetOf(state: S): Target {
    return numberTarget(this.countOf(state));
  }

  /** One number per row, of several targets [rows, targets]; on the pool, of the element type of X. @throws see {@link Plan.run} */
  async predict(X: MatrixLike): Promise<Y> {
    return decodeNumbers(await this.run(X, { output: 'value' })) as Y;
  }

  /** As {@link Regressor.predict}, on this thread's time. */
  predictSync(X: MatrixLike): Y {
    return decodeNumbers(this.runSync(X, { output: 'value' })) as Y;
  }

  /** The coefficient of determination R2: 1 is perfect, 0 is no better than the mean. Of several targets the mean over them. */
  async score(X: MatrixLike, y: TargetsLike, options?: ScoreOptions): Promise<number> {
    return r2OfTargets(y, await this.predict(X), options?.sampleWeight);
  }
}

/** Turns columns into other columns. */
export abstract class Transformer<P extends object, S extends State> extends Estimator<P, S> {
  readonly kind = 'transformer' as const;

  get outputs(): readonly Output[] {
    return ['value'];
  }

  protected targetOf(_state: S): Target {
    return { kind: 'none' };
  }

  /** The columns that come out, in order. @throws {ERR_NOT_FITTED} before `fit` */
  abstract outputColumns(): readonly Column[];

  /** Names of the columns that come out. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[] {
    return this.outputColumns().map((c) => c.name);
  }

  /** The transformed rows, on the pool. @throws see {@link Plan.run} */
  transform(X: MatrixLike): Promise<Matrix> {
    return this.run(X, {});
  }

  /** As {@link Transformer.transform}, on this thread's time. */
  transformSync(X: MatrixLike): Matrix {
    return this.runSync(X, {});
  }

  /** Fits, then transforms the same rows, by folds where the estimator says so. */
  async fitTransform(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<Matrix> {
    return (await this.fitAcross(X, y, options)) ?? this.transform(X);
  }
}

/** Whether an estimator gives columns: a transformer, a clusterer with centres, or a pipeline that ends in one. */
export function isTransformer(
  estimator: unknown,
): estimator is Estimator & Pick<Transformer<object, State>, 'outputColumns'> {
  if (!(estimator instanceof Estimator && 'outputColumns' in estimator)) return false;
  return estimator.kind === 'transformer' || estimator.outputs.includes('transform');
}

/**
 * The weight of each row: sample weight times class weight.
 *
 * @param classWeight - 'balanced' (total / (classes * total of the class)), a weight by label, or null
 * @param balancedBy - what 'balanced' adds up: rows, as scikit-learn's trees do, or their sample weights, as its linear
 *   models do
 * @throws {ERR_PARAMETER} for a label that is not in y
 */
export function classWeights(
  classWeight: ClassWeight,
  encoded: EncodedLabels,
  sampleWeight: FitInput['sampleWeight'],
  balancedBy: 'rows' | 'weights',
): Float64Array | null {
  const byClass = weightsByClass(classWeight, encoded, balancedBy === 'rows' ? null : sampleWeight);
  return weightsOfRows(byClass, encoded.codes, sampleWeight);
}

/** The weight of each class, see {@link classWeights}; null when they are alike. `counts` is what a row counts for 'balanced'. */
export function weightsByClass(
  classWeight: ClassWeight,
  { codes, classes }: EncodedLabels,
  counts: FitInput['sampleWeight'],
): Float64Array | null {
  if (classWeight === null) return null;
  const byClass = new Float64Array(classes.length).fill(1);
  if (classWeight === 'balanced') {
    const totals = new Float64Array(classes.length);
    for (let i = 0; i < codes.length; i++) totals[codes[i]] += counts?.[i] ?? 1;
    const total = totals.reduce((sum, value) => sum + value, 0);
    // A class whose rows all weigh 0 stays out.
    for (let c = 0; c < byClass.length; c++)
      byClass[c] = totals[c] > 0 ? total / (classes.length * totals[c]) : 0;
  } else {
    for (const [label, weight] of Object.entries(classWeight)) {
      const code = classes.findIndex((known) => String(known) === label);
      if (code < 0)
        throw new ValidationError('ERR_PARAMETER', `classWeight: y has no label ${JSON.stringify(label)}.`);
      byClass[code] = weight;
    }
  }
  return byClass;
}

/** The weights of rows by those of their classes and their own. */
export function weightsOfRows(
  byClass: Float64Array | null,
  codes: Int32Array,
  sampleWeight: FitInput['sampleWeight'],
): Float64Array | null {
  if (byClass === null) return sampleWeight;
  return Float64Array.from(codes, (code, i) => byClass[code] * (sampleWeight?.[i] ?? 1));
}

/** Weights of classes: null (alike), 'balanced', or a weight by label (labels not named weigh 1). */
export type ClassWeight = null | 'balanced' | Readonly<Record<string, number>>;
