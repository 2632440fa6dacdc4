/** What chains share: each model of a chain reads X and what is known, or said, of the targets before its own. */
import { applyModel, sideBySide, TRANSFORM } from '../core/apply.js';
import { throwIfAborted } from '../core/cancellation.js';
import type { Output } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { fitClones } from '../core/fit-clones.js';
import { type FitInput, partOfInput, reportProgress, requireY } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { fittedModels } from '../core/inner-models.js';
import { checkFiniteFor, refusePairs } from '../core/input-checks.js';
import { Matrix } from '../core/matrix.js';
import {
  either,
  int,
  int32s,
  listOf,
  nothing,
  oneOf,
  type Rules,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Random } from '../core/random.js';
import { type Column, Schema } from '../core/schema.js';
import { trainingTable } from '../core/training-table.js';
import { ValidationError } from '../errors.js';
import { checkPartition } from '../model-selection/cross-val-predict.js';
import { type FoldOptions, foldData } from '../model-selection/folds.js';

/** What models of a {@link ClassifierChain} are given of those before: labels, or the probability or decision of the second class. */
export type ChainMethod = 'predict' | 'predictProba' | 'decisionFunction';

/** @internal */
export const CHAIN_OUTPUT: Record<ChainMethod, Output> = {
  predict: 'label',
  predictProba: 'proba',
  decisionFunction: 'decision',
};

/** Parameters of {@link RegressorChain}. */
export interface RegressorChainParams {
  /** A regressor, or a classifier, of one target. */
  estimator: Estimator;
  /** The targets in the order of the chain; null: that of the columns of y; 'random': by `randomState`. Default null. */
  order: readonly number[] | 'random' | null;
  /**
   * Folds, as in {@link crossValidate}: in training, too, models are given what is predicted of the targets before their own, for each row
   * by a model that has not seen it; null: what is true of them. Default null.
   */
  cv: NonNullable<FoldOptions['cv']> | null;
  /** Seed of a random order; null: another one each time. Default null. */
  randomState: number | null;
}

/** Parameters of {@link ClassifierChain}. */
export interface ClassifierChainParams extends RegressorChainParams {
  /** What models are given of those before. Default 'predict'. */
  chainMethod: ChainMethod;
}

/** Learned by chains. */
export interface ChainState extends State {
  /** Fitted clones, in the order of the chain. */
  readonly models: readonly Estimator[];
  /** The target of each. */
  readonly order: Int32Array;
}

/** @internal */
export const chainDefaults: Omit<RegressorChainParams, 'estimator'> = {
  order: null,
  cv: null,
  randomState: null,
};

const target = int(0);

/** @internal */
export const chainRules: Rules<Omit<RegressorChainParams, 'estimator'>> = {
  order: either(nothing, oneOf('random'), listOf('a list of the numbers of all targets', target.allows)),
  cv: either(nothing, cvRule),
  randomState: seed,
};

/** @internal */
export const chainStateRules: Rules<ChainState> = { models: fittedModels, order: int32s() };

/** @internal */
export function tagsOfChain({ estimator, cv }: RegressorChainParams): EstimatorTags {
  return {
    ...estimator?.tags,
    ...{ watchesValidation: false, vectorizes: false, multiOutput: true, delegates: true },
    takesGroups: cv !== null || estimator?.tags.takesGroups,
  };
}

/** @throws {ERR_PARAMETER} unless the models follow one another, each with one column more */
export function checkChain(
  owner: Estimator,
  { models, order }: ChainState,
  kind: 'class' | 'number',
  columns: readonly Column[],
): void {
  const fits = models.every(
    ({ nFeaturesIn, schema }, k) => nFeaturesIn === columns.length + k && schema.target.kind === kind,
  );
  if (fits && isOrder(order, models.length)) return;
  const message = `${owner.constructor.name} state: the models do not make a chain.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

const isOrder = (order: ArrayLike<number>, count: number) =>
  order.length === count &&
  new Set(Array.from(order)).size === count &&
  Array.from(order).every((t) => t >= 0 && t < count);

/** A target as a model learns it, and as those after it read it. */
export interface ChainTarget {
  readonly y: ArrayLike<unknown>;
  readonly numbers: Float64Array | null;
}

/**
 * Fits a clone for each target in the order of the chain.
 *
 * @throws {ERR_PARAMETER} for an order that does not name all targets
 */
export async function fitChain(
  owner: Estimator,
  {
    estimator,
    order: wanted,
    cv,
    randomState,
    chainMethod = 'predict',
  }: RegressorChainParams & Partial<ClassifierChainParams>,
  input: FitInput,
  targets: readonly ChainTarget[],
): Promise<ChainState> {
  refusePairs(owner, estimator);
  checkFiniteFor(estimator, input);
  const count = targets.length;
  const order =
    wanted === 'random'
      ? new Random(resolveSeed(randomState)).permutation(count)
      : Int32Array.from(wanted ?? targets.keys());
  if (!isOrder(order, count)) {
    const message = `${owner.constructor.name}: order must name each of the targets 0 to ${count - 1} once.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const progress = reportProgress(input, owner);
  const models: Estimator[] = [];
  const columns = [...input.columns];
  let { x } = input;
  for (const [k, t] of order.entries()) {
    const { y, numbers } = targets[t];
    const model = estimator.clone();
    const own = {
      ...input,
      x,
      columns: [...columns],
      y,
      validation: null,
      queries: null,
      onProgress: undefined,
    };
    await model.fitInput(own, Schema.named(own.columns));
    models.push(model);
    progress?.(k + 1, count);
    if (k + 1 === count) break;
    const said =
      cv === null ? (numbers as Float64Array) : await heldOut(owner, own, { estimator, cv, chainMethod });
    x = sideBySide([x, new Matrix(said, said.length, 1).astype(x.dtype)]);
    columns.push({ name: freeName(`target${t}`, columns), kind: 'number' });
  }
  return { models, order };
}

const freeName = (name: string, columns: readonly Column[]): string =>
  columns.some((column) => column.name === name) ? freeName(`${name}_`, columns) : name;

/** What models of folds say of the rows that they have not seen. */
async function heldOut(
  owner: Estimator,
  input: FitInput,
  {
    estimator,
    cv,
    chainMethod,
  }: { estimator: Estimator; cv: NonNullable<FoldOptions['cv']>; chainMethod: ChainMethod },
): Promise<Float64Array> {
  const { columns, groups, signal } = input;
  const y = requireY(input);
  const { folds } = foldData(estimator, trainingTable(input), y, { cv, groups });
  const { length } = y;
  checkPartition(
    'cv',
    folds.map(({ test }) => test),
    length,
  );
  const problems = folds.map(({ train }) => ({ rows: train, y: Array.from(train, (row) => y[row]) }));
  const models = await fitClones(owner, estimator, input, problems);
  const output = estimator.kind === 'classifier' ? CHAIN_OUTPUT[chainMethod] : 'value';
  const schema = Schema.named(columns);
  const all = new Float64Array(length);
  for (const [k, { test }] of folds.entries()) {
    throwIfAborted(signal);
    const said = await applyModel(models[k], partOfInput(input, test), schema, (plan, x) =>
      models[k].lowerChecked(plan, x, { ...TRANSFORM, output }),
    );
    const { target } = models[k].schema;
    for (const [i, row] of test.entries()) {
      const value = said.row(i)[said.cols - 1];
      all[row] = output === 'label' && target.kind === 'class' ? Number(target.classes[value]) : value;
    }
  }
  return all;
}

/**
 * The models one after the other, and what they say side by side, in the order of the columns of y.
 *
 * @param lower - a model's result, and what those after it read of it
 */
export function lowerChain(
  plan: PlanBuilder,
  x: Slot,
  { models, order }: ChainState,
  lower: (model: Estimator, rows: Slot) => { readonly result: Slot; readonly next: () => Slot },
): Slot {
  const results = new Array<Slot>(models.length);
  const known = [x];
  for (const [k, model] of models.entries()) {
    const { result, next } = lower(model, k === 0 ? x : plan.concat([...known]));
    results[order[k]] = result;
    if (k + 1 < models.length) known.push(next());
  }
  return plan.concat(results);
}
