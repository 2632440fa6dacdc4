/** Shapley values of models that add up trees; the algorithms are in native/explain. */
import { applyOps } from '../core/apply.js';
import { withCancel } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import { type Progress, toShared } from '../core/fit-input.js';
import { precisionOf } from '../core/forms.js';
import { checkFinite } from '../core/input-checks.js';
import type { Label } from '../core/labels.js';
import { heedListener } from '../core/listener.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { checkNames, show } from '../core/params.js';
import { PlanBuilder } from '../core/plan-builder.js';
import { isTreeModel, type TreeModel, type TreeScores } from '../core/tree-scores.js';
import { StateError, ValidationError } from '../errors.js';
import { type CancelHandle, native } from '../native.js';
import { Pipeline } from '../pipeline/index.js';
import { lastStep } from './last-step.js';

/** Options of {@link treeShap}. */
export interface TreeShapOptions {
  /**
   * Rows that stand for what is not known of a row (interventional values); 100 to 1000 rows of the training set are
   * usual. Default: none, and the branches are weighed by the training rows that took them (path-dependent values).
   */
  readonly background?: MatrixLike;
  /** Also the values of pairs of features; path-dependent only. Default false. */
  readonly interactions?: boolean;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (event: Progress) => void;
}

/** What {@link treeShap} says of some rows. */
export interface TreeShapValues {
  /** [rows, features] for each output: by how much a feature moves the prediction away from the base value. */
  readonly values: Matrix<Float64Array>[];
  /** For each output: what the model predicts when nothing is known of a row. */
  readonly baseValue: Float64Array;
  /**
   * [rows, features * features] for each output, if asked for: entry i * features + j is half of what the features i and
   * j move together, and the diagonal what a feature moves by itself; each row of the square sums to the feature's value.
   */
  readonly interactions?: Matrix<Float64Array>[];
  /** The labels that the outputs stand for; empty for a model of numbers. */
  readonly classes: Label[];
  /** Names of the features: of a pipeline, those that its last step reads. */
  readonly featureNames: string[];
  /** The rows as the trees read them, [rows, features]. */
  readonly data: Matrix;
}

/**
 * Exact Shapley values of trees and forests, boosted or averaged, own or imported: for each row and output,
 * `baseValue + sum of values = score`. Scores are what the model adds up: probabilities for decision trees and random
 * forests of classes, predictions for those of numbers, and scores before the link for boosted models (log odds for two
 * classes, logarithms for counts). Works on the pool, and gives the same bits at any number of threads.
 *
 * Without a background these are the path-dependent values of Lundberg, Erion and Lee, Consistent individualized feature
 * attribution for tree ensembles (2018), in O(nodes * depth) a row by the method of Yu et al., Linear TreeSHAP (2022);
 * with one, the interventional ones of Lundberg et al., Nature Machine Intelligence 2 (2020). Of a pipeline the last step
 * is explained, on the columns that the steps before it make.
 *
 * Differs from the Python package shap: results are lists with one matrix for each output. A model of two classes has
 * one output where it has one score (boosted models), and two where it has two probabilities.
 *
 * @param model - a fitted decision tree, forest or boosted model, or a pipeline that ends in one
 * @param X - rows to explain, as `predict` takes them
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} for a model of another kind; without background, for one whose file does not say how many
 *   training rows came to each node; with one, for interactions, and for paths that read more than 64 features
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_EMPTY | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_UNKNOWN_COLUMN} for bad rows
 * @throws {ERR_PARAMETER} for an option that it does not have
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { loadDiabetes, RandomForestRegressor, treeShap } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const forest = await new RandomForestRegressor({ nEstimators: 20, randomState: 0 }).fit(data, target);
 * const { values, baseValue } = await treeShap(forest, data.slice(0, 1));
 * const explained = baseValue[0] + values[0].sum();
 * Math.abs(explained - (await forest.predict(data.slice(0, 1)))[0]) < 1e-9; // true
 * ```
 */
export async function treeShap(
  model: Estimator,
  X: MatrixLike,
  options?: TreeShapOptions,
): Promise<TreeShapValues> {
  explainedStep(model);
  return treeShapOfEncoded(model, encode(model, X), options);
}

/**
 * As {@link treeShap}, of rows that the model's schema has encoded already.
 *
 * @internal
 */
export async function treeShapOfEncoded(
  model: Estimator,
  x: Matrix,
  options?: TreeShapOptions,
): Promise<TreeShapValues> {
  const checked = checkedOptions(options);
  const { background, interactions = false, signal } = checked;
  const explained = explainedStep(model);
  const scores = explained.treeScores();
  const inputs = [x];
  if (background !== undefined) inputs.push(encode(model, background));
  const isMixed = inputs.some((input) => input.dtype !== inputs[0].dtype);
  return heedListener(checked, ({ onProgress }) =>
    withCancel(signal, async (cancel) => {
      const rows: Matrix[] = [];
      for (const input of inputs)
        rows.push(await transform(model, isMixed ? input.astype('float64') : input, cancel));
      const [data, against] = rows;
      for (const each of rows) checkFinite(each, explained.schema.columns, explained.tags.allowNan ?? false);
      const name = explained.constructor.name;
      const progress =
        onProgress &&
        ((done: number, total: number) =>
          onProgress({ estimator: name, done, total, fraction: done / total }));
      const { ops, constants } = planOf(scores, data.cols);
      const result = await native.treeShap(
        data.data,
        data.rows,
        data.cols,
        ops,
        constants,
        { divisor: scores.divisor, interactions },
        against?.data ?? null,
        cancel,
        progress ?? null,
      );
      const { target } = explained.schema;
      const classes = target.kind === 'class' ? [...target.classes] : [];
      const width = interactions ? data.cols ** 2 : data.cols;
      const parts = splitOutputs(result.values, scores.base.length, data.rows, width);
      return {
        values: interactions ? parts.map((part) => rowSums(part, data.cols)) : parts,
        baseValue: result.expected.map((value, k) => value + scores.base[k]),
        ...(interactions && { interactions: parts }),
        classes: scores.base.length === 1 ? classes.slice(-1) : classes,
        featureNames: explained.schema.columns.map((column) => column.name),
        data,
      };
    }),
  );
}

function checkedOptions(options: TreeShapOptions | undefined): TreeShapOptions {
  const given = options ?? {};
  checkNames('treeShap', given, ['background', 'interactions', 'signal', 'onProgress']);
  if (given.interactions === undefined || typeof given.interactions === 'boolean') return given;
  throw new ValidationError(
    'ERR_PARAMETER',
    `treeShap: option 'interactions' must be true or false; got ${show(given.interactions)}.`,
  );
}

type ExplainedStep = Estimator & TreeModel;

/** The estimator whose trees are explained: the model, or the last step of a pipeline. */
function explainedStep(model: Estimator): ExplainedStep {
  const last = lastStep(model);
  if (typeof last === 'object' && last !== null && isTreeModel(last)) return last as ExplainedStep;
  const name = typeof last === 'object' ? last?.constructor?.name : String(last);
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `treeShap explains models that add up trees, and pipelines that end in one; ${name} is none.`,
  );
}

/**
 * Whether {@link treeShap} is for models of this kind.
 *
 * @internal
 */
export function addsUpTrees(model: Estimator): boolean {
  const last = lastStep(model);
  return typeof last === 'object' && last !== null && isTreeModel(last);
}

/**
 * How many nodes the trees of a model have.
 *
 * @internal
 * @throws {ERR_NOT_SUPPORTED} as {@link treeShap}
 */
export function countNodes(model: Estimator): number {
  return explainedStep(model).treeScores().forest.feature.length;
}

function encode(model: Estimator, X: MatrixLike): Matrix {
  const { fitted } = model.snapshot();
  // Shared memory, so that whoever owns X may change it while we work.
  const x = toShared(model.schema.encode(X, precisionOf(X, fitted?.dtype ?? 'float64')));
  if (x.rows === 0) throw new ValidationError('ERR_EMPTY', 'treeShap needs at least one row.');
  return x;
}

/** What the last step of a pipeline reads. */
async function transform(model: Estimator, x: Matrix, cancel: CancelHandle | null): Promise<Matrix> {
  if (!(model instanceof Pipeline)) return x;
  const { last, lowerFront } = model.splitLast();
  const front = await applyOps(x, model.schema, lowerFront, cancel);
  return last instanceof Pipeline ? transform(last, front, cancel) : front;
}

function planOf({ forest, base }: TreeScores, columns: number) {
  const builder = new PlanBuilder(columns);
  return builder.build(builder.forest(builder.input, forest, base.length, 'sum'));
}

function splitOutputs(values: Float64Array, outputs: number, rows: number, width: number) {
  const size = rows * width;
  return Array.from(
    { length: outputs },
    (_, k) => new Matrix(values.subarray(k * size, (k + 1) * size), rows, width),
  );
}

/** [rows, features] of [rows, features * features]. */
function rowSums(pairs: Matrix<Float64Array>, features: number): Matrix<Float64Array> {
  const sums = new Float64Array(pairs.rows * features);
  for (let k = 0; k < sums.length; k++) {
    for (let j = 0; j < features; j++) sums[k] += pairs.data[k * features + j];
  }
  return new Matrix(sums, pairs.rows, features);
}
