/** Graphs of operations that another library has exported, as fitted estimators. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, Regressor, Transformer } from '../core/kinds.js';
import { custom, int, labels, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { isStep, type PlanStep, replaySteps } from '../core/plan-steps.js';
import type { Column } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';

/** Where a graph comes from. */
export interface ImportedGraphParams {
  /** The program that wrote it, and its version: 'skl2onnx 1.20.0'. */
  readonly source: string;
}

/** A graph as steps of a plan. */
export interface GraphState extends State {
  /** Step k writes value k + 1 from values before it; value 0 is X. */
  readonly steps: readonly PlanStep[];
}
/** Learned by what {@link importONNX} makes of a classifier. */
export interface ImportedGraphClassifierState extends GraphState, ClassifierState {
  /** The value that holds the places of the predicted labels among the classes. */
  readonly label: number;
  /** The value that holds the probabilities, or -1. */
  readonly proba: number;
}
/** Learned by what {@link importONNX} makes of a regressor. */
export interface ImportedGraphRegressorState extends GraphState {
  /** The value that comes out. */
  readonly value: number;
}
/** Learned by what {@link importONNX} makes of any other graph. */
export interface ImportedGraphTransformerState extends ImportedGraphRegressorState {
  /** Names of the columns that come out. */
  readonly names: readonly string[];
}

const paramRules: Rules<ImportedGraphParams> = {
  source: custom('text of at most 200 characters', (v) => typeof v === 'string' && v.length <= 200),
};
const stepRules = {
  steps: custom('the steps of a graph', (v) => Array.isArray(v) && v.every((step, k) => isStep(step, k))),
};
const nameList = custom(
  'a list of texts',
  (v) => Array.isArray(v) && v.every((name) => typeof name === 'string'),
);
const tags = { allowNan: true, allowCategories: true } as const;

function cannotFit(owner: object): StateError {
  return new StateError(
    'ERR_NOT_SUPPORTED',
    `${owner.constructor.name} comes from an ONNX file; it predicts, and cannot be fitted.`,
  );
}

function checkValue(owner: object, name: string, value: number, { steps }: GraphState): void {
  if (value <= steps.length) return;
  throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name} state: there is no value '${name}'.`);
}

/**
 * A classifier read from an ONNX file by {@link importONNX}. It predicts, compiles, saves and serves as any other, and
 * throws ERR_NOT_SUPPORTED when it is to be fitted.
 */
export class ImportedGraphClassifier extends Classifier<ImportedGraphParams, ImportedGraphClassifierState> {
  get rules(): Rules<ImportedGraphParams> {
    return paramRules;
  }

  get stateRules(): Rules<ImportedGraphClassifierState> {
    return { ...stepRules, classes: labels, label: int(0), proba: int(-1) };
  }

  override get outputs(): readonly Output[] {
    return this.isFitted && this.state.proba < 0 ? ['label'] : ['label', 'proba'];
  }

  override get tags() {
    return tags;
  }

  protected override checkState(state: ImportedGraphClassifierState): void {
    checkValue(this, 'label', state.label, state);
    checkValue(this, 'proba', state.proba, state);
  }

  protected fitState(_input: FitInput): Promise<ImportedGraphClassifierState> {
    throw cannotFit(this);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { steps, label, proba } = this.state;
    return replaySteps(plan, x, steps, output === 'proba' ? proba : label);
  }
}

/** A regressor read from an ONNX file. See {@link ImportedGraphClassifier}. */
export class ImportedGraphRegressor extends Regressor<ImportedGraphParams, ImportedGraphRegressorState> {
  get rules(): Rules<ImportedGraphParams> {
    return paramRules;
  }

  get stateRules(): Rules<ImportedGraphRegressorState> {
    return { ...stepRules, value: int(0) };
  }

  override get tags() {
    return tags;
  }

  protected override checkState(state: ImportedGraphRegressorState): void {
    checkValue(this, 'value', state.value, state);
  }

  protected fitState(_input: FitInput): Promise<ImportedGraphRegressorState> {
    throw cannotFit(this);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return replaySteps(plan, x, this.state.steps, this.state.value);
  }
}

/** A graph read from an ONNX file that gives several columns for each row. See {@link ImportedGraphClassifier}. */
export class ImportedGraphTransformer extends Transformer<
  ImportedGraphParams,
  ImportedGraphTransformerState
> {
  get rules(): Rules<ImportedGraphParams> {
    return paramRules;
  }

  get stateRules(): Rules<ImportedGraphTransformerState> {
    return { ...stepRules, value: int(0), names: nameList };
  }

  override get tags() {
    return tags;
  }

  protected override checkState(state: ImportedGraphTransformerState): void {
    checkValue(this, 'value', state.value, state);
  }

  protected fitState(_input: FitInput): Promise<ImportedGraphTransformerState> {
    throw cannotFit(this);
  }

  outputColumns(): readonly Column[] {
    return this.state.names.map((name): Column => ({ name, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return replaySteps(plan, x, this.state.steps, this.state.value);
  }
}
