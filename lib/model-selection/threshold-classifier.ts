/** What classifiers share that predict one of two classes where a score reaches a threshold. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import { type FitInput, fitLabels } from '../core/fit-input.js';
import { frontOf } from '../core/inner-models.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { EncodedLabels, Label } from '../core/labels.js';
import { custom, labels, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { type Response, respondingRule, responseOf } from './responses.js';

/** What scores a threshold is for. */
export type ResponseMethod = 'auto' | 'predictProba' | 'decisionFunction';

/** Parameters that all of them have. */
export interface ThresholdParams {
  /** A classifier with decisions or probabilities. */
  estimator: Estimator;
  /** The scores that are compared: 'auto' takes probabilities, of a classifier without them decisions. Default 'auto'. */
  responseMethod: ResponseMethod;
}

/** Learned by all of them. */
export interface ThresholdState extends ClassifierState {
  readonly model: Estimator;
  /** The place of the class that is predicted from the threshold on. */
  readonly positive: number;
  readonly threshold: number;
}

const WANTED: Readonly<Record<ResponseMethod, readonly Response[]>> = {
  auto: ['proba', 'decision'],
  predictProba: ['proba'],
  decisionFunction: ['decision'],
};

/** Base of classifiers of two classes that predict one of them where its score reaches a threshold. */
export abstract class ThresholdClassifier<
  P extends ThresholdParams,
  S extends ThresholdState,
> extends Classifier<P, S> {
  protected get thresholdRules(): Rules<ThresholdParams> {
    return {
      estimator: respondingRule,
      responseMethod: oneOf('auto', 'predictProba', 'decisionFunction'),
    };
  }

  protected get thresholdStateRules(): Rules<ThresholdState> {
    return {
      classes: labels,
      model: custom(
        'a fitted classifier',
        (v) => v instanceof Estimator && v.isFitted && v.kind === 'classifier',
      ),
      positive: custom('0 or 1', (v) => v === 0 || v === 1),
      threshold: real(),
    };
  }

  override get outputs(): readonly Output[] {
    return this.params.estimator.outputs;
  }

  override get tags() {
    return { ...this.params.estimator?.tags, multiOutput: false, binary: true, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator } = this.params;
    estimator.checkParams();
    if (!estimator.outputs.includes(this.response)) {
      const { responseMethod } = this.params;
      throw this.refuse(`${estimator.constructor.name} has no output for responseMethod '${responseMethod}'`);
    }
  }

  /** What the model is asked for. */
  protected get response(): Response {
    return wantedResponse(this.params);
  }

  protected refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `${this.constructor.name}: ${why}.`);
  }

  /** y, of two classes. @throws {ERR_LABELS} when there are more */
  protected twoClasses(input: FitInput): EncodedLabels {
    const encoded = fitLabels(input);
    if (encoded.classes.length === 2) return encoded;
    const message = `${this.constructor.name} tells two classes apart; y has ${encoded.classes.length}.`;
    throw new ValidationError('ERR_LABELS', message);
  }

  protected override checkState({ classes, model }: S, columns: readonly Column[]): void {
    const { target } = model.schema;
    const known = target.kind === 'class' ? target.classes : [];
    if (classes.length !== 2 || known.length !== 2 || known.some((label, c) => label !== classes[c]))
      throw this.refuse('state: the model does not tell the same two classes apart');
    if (![...this.outputs, this.response].every((output) => model.outputs.includes(output)))
      throw this.refuse('state: the model lacks an output of the estimator');
    if (model.nFeaturesIn !== columns.length) throw this.refuse('state: the model has other columns');
  }

  protected override front({ model }: S) {
    return frontOf([model]);
  }

  /** The fitted classifier. @throws {ERR_NOT_FITTED} before `fit` */
  get model(): Estimator {
    return this.state.model;
  }

  /** The label that is predicted from the threshold on. @throws {ERR_NOT_FITTED} before `fit` */
  get positiveClass(): Label {
    return this.state.classes[this.state.positive];
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { model, positive, threshold } = this.state;
    if (options.output !== 'label' && options.output !== 'value') return model.lowerChecked(plan, x, options);
    const response = wantedResponse(this.fittedParams);
    const scores = model.lowerChecked(plan, x, { ...options, output: response });
    const limit = Float64Array.of(threshold);
    if (scores.width === 2) {
      const reached = plan.binary(plan.gather(scores, [positive]), 'greaterEqual', limit);
      return positive === 1 ? reached : negated(plan, reached);
    }
    // Decisions of the first class are those of the second, negated.
    return positive === 1
      ? plan.binary(scores, 'greaterEqual', limit)
      : plan.binary(scores, 'greater', Float64Array.of(-threshold));
  }
}

function wantedResponse({ estimator, responseMethod }: Readonly<ThresholdParams>): Response {
  return responseOf(estimator, WANTED[responseMethod]);
}

/** 1 for 0, and 0 for 1. */
function negated(plan: PlanBuilder, x: Slot): Slot {
  return plan.binary(x, 'equal', Float64Array.of(0));
}
