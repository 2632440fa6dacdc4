/** Tree ensembles that another library has trained, as fitted estimators. */
import type { State } from '../core/estimator.js';
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
import type { Output, ResolvedCompileOptions } from '../core/plan.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { ForestConstants } from '../core/plan-types.js';
import { type Column, Schema } from '../core/schema.js';
import type { TreeModel, TreeScores } from '../core/tree-scores.js';
import { StateError, ValidationError } from '../errors.js';

/** What becomes of the sums of the trees: probabilities, or numbers on the scale of the targets. */
export type Link = 'identity' | 'sigmoid' | 'softmax' | 'exp';

/** What a library's objective means. */
export interface Objective {
  readonly link: Link;
  readonly kind: 'number' | 'binary' | 'multiclass';
}

/** Trees, and how their sums become predictions. */
export interface ForestSums extends State, Required<ForestConstants> {
  /** Trees from groups[k] to groups[k + 1] add up to score k. */
  readonly groups: Int32Array;
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
const paramRules: Rules<ImportedParams> = { source: text, objective: text };

const sumRules: Rules<ForestSums> = {
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
  link: oneOf('identity', 'sigmoid', 'softmax', 'exp'),
  slope: real(0, Infinity, 'min'),
};

function checkSums(owner: object, { groups, base, treeOffsets }: ForestSums): void {
  checkLength(owner, 'groups', groups, base.length + 1);
  const rising = groups.every((group, k) => k === 0 || group > groups[k - 1]);
  if (groups[0] === 0 && rising && groups[base.length] === treeOffsets.length - 1) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} state: 'groups' do not cover the trees.`,
  );
}

/** The scores: base + sum of the trees, one column for each group. */
function lowerScores(plan: PlanBuilder, x: Slot, sums: ForestSums): Slot {
  const { base, divisor } = sums;
  const scores = plan.forest(x, sums, base.length, 'sum');
  const shift = base.map((value) => -value * divisor);
  return plan.affine(scores, shift, new Float64Array(base.length).fill(divisor));
}

/** Explanations are of the scores, before the link. */
function treeScores(sums: ForestSums): TreeScores {
  const { base, divisor } = sums;
  return { forest: sums, base, divisor };
}

function applyLink(plan: PlanBuilder, scores: Slot, { link, slope }: ForestSums): Slot {
  if (link === 'softmax') return plan.softmax(scores);
  if (link === 'identity') return scores;
  if (slope === 1) return plan.activation(scores, link);
  const { width } = scores;
  const scaled = plan.affine(scores, new Float64Array(width), new Float64Array(width).fill(1 / slope));
  return plan.activation(scaled, link);
}

function cannotFit(owner: object): StateError {
  return new StateError(
    'ERR_NOT_SUPPORTED',
    `${owner.constructor.name} comes from another library; it predicts, and cannot be fitted.`,
  );
}

/** Scores, and how many classes they tell apart. */
export interface ImportedClassifierState extends ForestSums, ClassifierState {}

/**
 * A classifier that another library has trained. Made by {@link importXGBoost} and {@link importLightGBM}; it predicts,
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
    return treeScores(this.state);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = lowerScores(plan, x, this.state);
    if (output === 'decision') return scores;
    const linked = applyLink(plan, scores, this.state);
    // One score tells two classes apart: p and 1 - p.
    const other = () => plan.affine(linked, Float64Array.of(1), Float64Array.of(-1));
    const proba = linked.width === 1 ? plan.concat([other(), linked]) : linked;
    return output === 'proba' ? proba : plan.argmax(proba);
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
    return treeScores(this.state);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return applyLink(plan, lowerScores(plan, x, this.state), this.state);
  }
}

/** What an importer has read. */
export interface ImportedModel {
  readonly params: ImportedParams;
  readonly sums: ForestSums;
  readonly features: readonly string[];
  /** Of a classifier. */
  readonly classes?: readonly Label[];
  /** The precision the source computes in. */
  readonly dtype: Dtype;
}

/** The fitted estimator of what an importer has read. */
export function fittedEstimator(read: ImportedModel): ImportedClassifier | ImportedRegressor {
  const { params, sums, features, classes, dtype } = read;
  const columns = features.map((name): Column => ({ name, kind: 'number', hasMissing: true }));
  if (classes === undefined) {
    const model = new ImportedRegressor(params);
    model.restore({ state: sums, schema: new Schema(columns, { kind: 'number' }, true), dtype });
    return model;
  }
  const model = new ImportedClassifier(params);
  const schema = new Schema(columns, { kind: 'class', classes }, true);
  model.restore({ state: { ...sums, classes }, schema, dtype });
  return model;
}
