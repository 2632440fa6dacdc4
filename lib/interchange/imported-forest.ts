/** Tree ensembles that another library has trained, as fitted estimators. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, Regressor } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { Dtype } from '../core/matrix.js';
import {
  checkLength,
  custom,
  float32s,
  float64s,
  int32s,
  labels,
  oneOf,
  type Rules,
  real,
  uint8s,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { ForestConstants, LeafModels } from '../core/plan-types.js';
import { type Column, Schema, type Target } from '../core/schema.js';
import type { TreeModel, TreeScores } from '../core/tree-scores.js';
import { StateError, ValidationError } from '../errors.js';
import { applyLink, type Link, linkRule, lowerClasses } from './links.js';

/** Trees, and how their sums become predictions. */
export interface ForestSums extends State, Required<ForestConstants> {
  /** Trees from groups[k] to groups[k + 1] add up to score k; all of them to each score if a leaf has a value for each. */
  readonly groups: Int32Array;
  /** Where leaves hold linear models: those, in the order of `values`. */
  readonly leafModels?: LeafModels;
  /** Score k is base[k] + sum / divisor. */
  readonly base: Float64Array;
  readonly divisor: number;
  readonly link: Link;
  /** The link is of the score times this. */
  readonly slope: number;
}

/** Where a model comes from. */
export interface ImportedParams {
  /** The library, and its version where the file says it: 'XGBoost 3.2.0'. */
  readonly source: string;
  /** The objective it was trained for, in that library's words. */
  readonly objective: string;
}

const text = custom('text of at most 200 characters', (v) => typeof v === 'string' && v.length <= 200);
export const paramRules: Rules<ImportedParams> = { source: text, objective: text };

/** The rules of a state of trees. */
export const sumRules: Rules<ForestSums> = {
  treeOffsets: int32s(),
  feature: int32s(),
  threshold: float64s(),
  left: int32s(),
  rules: uint8s(),
  cover: float32s(),
  values: float64s(),
  setOffsets: int32s(),
  setWords: int32s(),
  compare: oneOf('float32', 'float64'),
  groups: int32s(),
  base: float64s(),
  divisor: real(0, Infinity, 'min'),
  link: linkRule,
  slope: real(0, Infinity, 'min'),
  leafModels: custom('models of the leaves', (models) => models === undefined || areLeafModels(models)),
};

function areLeafModels(models: unknown): boolean {
  const { intercept, otherwise, offsets, features, coefficients } = (models ?? {}) as Partial<LeafModels>;
  return (
    [intercept, otherwise, coefficients].every((each) => each instanceof Float64Array) &&
    [offsets, features].every((each) => each instanceof Int32Array)
  );
}

/** Whether a leaf has a value for each score. */
const hasVectors = ({ groups, base }: ForestSums) => base.length > 1 && groups.length === 2;

/** @throws {ERR_PARAMETER} where parts of a state do not go together */
export function checkSums(owner: object, sums: ForestSums): void {
  const { groups, base, treeOffsets, leafModels, values } = sums;
  if (!hasVectors(sums)) checkLength(owner, 'groups', groups, base.length + 1);
  const rising = groups.every((group, k) => k === 0 || group > groups[k - 1]);
  if (groups[0] !== 0 || !rising || groups.at(-1) !== treeOffsets.length - 1) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name} state: 'groups' do not cover the trees.`,
    );
  }
  if (leafModels !== undefined)
    checkLength(owner, 'leafModels.intercept', leafModels.intercept, values.length);
}

/** The trees as a plan takes them. */
function forestOf(sums: ForestSums): ForestConstants {
  return hasVectors(sums) ? { ...sums, groups: undefined } : sums;
}

/** The scores: base + sum of the trees. */
export function lowerScores(plan: PlanBuilder, x: Slot, sums: ForestSums): Slot {
  const { base, divisor, leafModels } = sums;
  const scores = leafModels
    ? lowerLeafModels(plan, x, sums, leafModels)
    : plan.forest(x, forestOf(sums), base.length, 'sum');
  const shift = base.map((value) => -value * divisor);
  return plan.affine(scores, shift, new Float64Array(base.length).fill(divisor));
}

/** First the leaf of each tree by its number, then the models of those leaves, score by score. */
function lowerLeafModels(plan: PlanBuilder, x: Slot, sums: ForestSums, models: LeafModels): Slot {
  const { groups, values } = sums;
  const numbers = Float64Array.from(values, (_, leaf) => leaf);
  const leaves = plan.forest(x, { ...sums, values: numbers, groups: undefined }, 1, 'perTree');
  const scores = Array.from({ length: groups.length - 1 }, (_, k) => {
    const trees = Array.from({ length: groups[k + 1] - groups[k] }, (_, t) => groups[k] + t);
    return plan.leafLinear([x, plan.gather(leaves, trees)], models);
  });
  return plan.concat(scores);
}

/** Explanations are of the scores, before the link. */
export function treeScores(owner: object, sums: ForestSums): TreeScores {
  const { base, divisor, leafModels } = sums;
  if (leafModels === undefined) return { forest: forestOf(sums), base, divisor };
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `${owner.constructor.name}: leaves that hold linear models cannot be explained.`,
  );
}

export function cannotFit(owner: object): StateError {
  return new StateError(
    'ERR_NOT_SUPPORTED',
    `${owner.constructor.name} comes from another library; it predicts, and cannot be fitted.`,
  );
}

/** Scores, and how many classes they tell apart. */
export interface ImportedClassifierState extends ForestSums, ClassifierState {}

/**
 * A classifier that another library has trained. Made by {@link importXGBoost}, {@link importLightGBM} and
 * {@link importCatBoost}; it predicts,
 * compiles, saves and serves as any other, and throws ERR_NOT_SUPPORTED when it is to be fitted.
 */
export class ImportedClassifier
  extends Classifier<ImportedParams, ImportedClassifierState>
  implements TreeModel
{
  get rules(): Rules<ImportedParams> {
    return paramRules;
  }

  get stateRules(): Rules<ImportedClassifierState> {
    return { ...sumRules, classes: labels };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: ImportedClassifierState): void {
    checkSums(this, state);
    const scores = state.classes.length === 2 ? [1, 2] : [state.classes.length];
    if (!scores.includes(state.base.length)) checkLength(this, 'base', state.base, state.classes.length);
  }

  protected fitState(_input: FitInput): Promise<ImportedClassifierState> {
    throw cannotFit(this);
  }

  /** @internal */
  treeScores(): TreeScores {
    return treeScores(this, this.state);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = lowerScores(plan, x, this.state);
    if (output === 'decision') return scores;
    const { link, slope } = this.state;
    return lowerClasses(plan, applyLink(plan, scores, link, slope), output);
  }
}

/** A regressor that another library has trained. See {@link ImportedClassifier}. */
export class ImportedRegressor extends Regressor<ImportedParams, ForestSums> implements TreeModel {
  get rules(): Rules<ImportedParams> {
    return paramRules;
  }

  get stateRules(): Rules<ForestSums> {
    return sumRules;
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: ForestSums): void {
    checkSums(this, state);
    checkLength(this, 'base', state.base, 1);
  }

  protected fitState(_input: FitInput): Promise<ForestSums> {
    throw cannotFit(this);
  }

  /** @internal */
  treeScores(): TreeScores {
    return treeScores(this, this.state);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { link, slope } = this.state;
    return applyLink(plan, lowerScores(plan, x, this.state), link, slope);
  }
}

/** What an importer has read. */
export interface ImportedModel {
  readonly params: ImportedParams;
  readonly sums: ForestSums;
  /** Names of the columns, or columns of other kinds than numbers. */
  readonly features: ReadonlyArray<string | Column>;
  /** Of a classifier. */
  readonly classes?: readonly Label[];
  /** The precision the source computes in. */
  readonly dtype: Dtype;
}

/** The fitted estimator of what an importer has read. */
export function fittedEstimator(read: ImportedModel): ImportedClassifier | ImportedRegressor {
  const { sums, classes } = read;
  if (classes === undefined) return restored(new ImportedRegressor(read.params), sums, read);
  return restored(new ImportedClassifier(read.params), { ...sums, classes }, read);
}

/** The estimator with what an importer has read for its state. */
export function restored<E extends Estimator>(
  model: E,
  state: State,
  { features, classes, dtype }: Pick<ImportedModel, 'features' | 'classes' | 'dtype'>,
  target: Target = classes === undefined ? { kind: 'number' } : { kind: 'class', classes },
): E {
  const columns = features.map((feature): Column => {
    if (typeof feature !== 'string') return feature;
    return { name: feature, kind: 'number', hasMissing: true };
  });
  model.restore({ state, schema: new Schema(columns, target, true), dtype });
  return model;
}
