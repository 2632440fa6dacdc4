/** Models whose layers have weights of 8 bits. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorKind, State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { MetaEstimator } from '../core/meta-estimator.js';
import { custom, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { isStep, type PlanStep, replaySteps } from '../core/plan-steps.js';
import { formatReport, isReport, type QuantizationReport } from '../core/quantization/index.js';
import type { Column, Target } from '../core/schema.js';
import { SparseTransformer, type Vectorizer } from '../core/sparse/sparse-transformer.js';
import { StateError, ValidationError } from '../errors.js';

/** Where a quantised model comes from. */
export interface QuantizedModelParams {
  /** The class of the model that was quantised, such as 'Sequential'. */
  readonly source: string;
}
/** What quantising has made. */
export interface QuantizedModelState extends State {
  readonly kind: EstimatorKind;
  readonly target: Target;
  /** What makes the rows out of documents, where the model began with them. */
  readonly vectorizers: readonly Vectorizer[];
  /** Step k writes slot k + 1 from slots before it; slot 0 is X. */
  readonly steps: readonly PlanStep[];
  /** The slot of each output. */
  readonly slots: Readonly<Partial<Record<Output, number>>>;
  /** Names of the columns that come out of a transformer. */
  readonly names: readonly string[];
  readonly report: QuantizationReport;
}

/** The outputs that plans have but for an interval and a leaf, which no layer makes. */
export const OUTPUTS: readonly Output[] = [
  'value',
  'label',
  'proba',
  'decision',
  'score',
  'transform',
  'std',
  'jointLogProba',
];
const KINDS = ['classifier', 'regressor', 'transformer', 'clusterer', 'outlierDetector'] as const;
const isRecord = (v: unknown) => typeof v === 'object' && v !== null && !Array.isArray(v);

/**
 * A model in 8-bit arithmetic, made by {@link quantizeDynamic} and {@link quantizeStatic}. It predicts, compiles, saves and serves
 * as any other; its model file holds weights of 8 bits. It throws ERR_NOT_SUPPORTED when it is to be fitted.
 *
 * It has the face of scikit-learn whatever it was: `predict` gives the labels of a classifier and the numbers of a regressor,
 * `predictProba` probabilities, `transform` what a network gives.
 *
 * @example
 * ```ts
 * import { dense, input, quantizeDynamic, Sequential } from 'boreal/nn';
 * const model = new Sequential([input([2]), dense(2)]).setWeights([[1, 0, 0, -1], [0, 0]]);
 * const small = await quantizeDynamic(model);
 * small.transformSync([[1, 0.5]]).toArray()[0].map((v) => Math.round(10 * v) / 10); // [1, -0.5]
 * ```
 */
export class QuantizedModel extends MetaEstimator<QuantizedModelParams, QuantizedModelState, unknown> {
  get kind(): EstimatorKind {
    return this.isFitted ? this.state.kind : 'transformer';
  }

  get outputs(): readonly Output[] {
    return this.isFitted ? (Object.keys(this.state.slots) as Output[]) : ['value'];
  }

  get rules(): Rules<QuantizedModelParams> {
    return {
      source: custom('text of at most 200 characters', (v) => typeof v === 'string' && v.length <= 200),
    };
  }

  get stateRules(): Rules<QuantizedModelState> {
    return {
      kind: oneOf(...KINDS),
      target: custom('what the model predicts', isRecord),
      vectorizers: custom(
        'a list of fitted vectorizers',
        (v) => Array.isArray(v) && v.every((each) => each instanceof SparseTransformer && each.isFitted),
      ),
      steps: custom('the steps of a plan', (v) => Array.isArray(v) && v.every((step, k) => isStep(step, k))),
      slots: custom('the slot of each output, of value at least', (v) => {
        if (!isRecord(v) || !Object.hasOwn(v as object, 'value')) return false;
        return Object.keys(v as object).every((output) => OUTPUTS.includes(output as Output));
      }),
      names: custom(
        'a list of texts',
        (v) => Array.isArray(v) && v.every((name) => typeof name === 'string'),
      ),
      report: custom('a report', isReport),
    };
  }

  // What X may hold is checked by steps of the plan.
  override get tags() {
    return { allowNan: true, allowCategories: true, delegates: true };
  }

  protected override checkState({ slots, steps }: QuantizedModelState): void {
    const isSlot = (slot: unknown) =>
      Number.isInteger(slot) && (slot as number) >= 0 && (slot as number) <= steps.length;
    if (Object.values(slots).every(isSlot)) return;
    throw new ValidationError('ERR_PARAMETER', 'QuantizedModel state: there is no slot of that number.');
  }

  protected fitState(_input: FitInput): Promise<QuantizedModelState> {
    const message = 'A quantised model predicts, and cannot be fitted; fit the model that it was made of.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }

  protected targetOf({ target }: QuantizedModelState): Target {
    return target;
  }

  override get vectorizers(): readonly Vectorizer[] {
    return this.isFitted ? this.state.vectorizers : [];
  }

  /** What became of each layer, and what the model has lost. @throws {ERR_NOT_FITTED} for a model that was not quantised */
  get report(): QuantizationReport {
    return this.state.report;
  }

  /** The report as a table for people to read. */
  summary(): string {
    return formatReport(this.report);
  }

  outputColumns(): readonly Column[] {
    if (!this.outputs.includes('transform')) this.require('transformer', 'output columns');
    return this.state.names.map((name): Column => ({ name, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { steps, slots } = this.state;
    return replaySteps(plan, x, steps, (slots[output] ?? slots.value)!);
  }
}
