/** A classifier whose threshold is given. */
import type { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { custom, either, nothing, oneOf, type Rules, real, show } from '../core/params.js';
import { Schema } from '../core/schema.js';
import { ThresholdClassifier, type ThresholdParams, type ThresholdState } from './threshold-classifier.js';

/** Parameters of {@link FixedThresholdClassifier}. */
export interface FixedThresholdClassifierParams extends ThresholdParams {
  /** From it on the positive class is predicted; 'auto': 0.5 of probabilities, 0 of decisions. Default 'auto'. */
  threshold: 'auto' | number;
  /** The label of the positive class; null: the second one. Default null. */
  posLabel: Label | null;
}

/** Options of {@link FixedThresholdClassifier}. */
export type FixedThresholdClassifierOptions = Omit<FixedThresholdClassifierParams, 'estimator'>;

/**
 * A classifier of two classes with another threshold than its own: the positive class is predicted where its probability, or
 * decision, is not less than `threshold`. Probabilities and decisions are those of the estimator. Choose the threshold by what
 * errors of each kind cost, or let {@link TunedThresholdClassifierCV} find it.
 *
 * Differs from scikit-learn: always fits a clone.
 *
 * @example
 * ```ts
 * import { FixedThresholdClassifier, loadBreastCancer, GaussianNB } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * const model = await new FixedThresholdClassifier(new GaussianNB(), { threshold: 0.99 }).fit(data, target);
 * (await model.predict(data)).length; // 569
 * ```
 */
export class FixedThresholdClassifier extends ThresholdClassifier<
  FixedThresholdClassifierParams,
  ThresholdState
> {
  /** @param estimator - a classifier, cloned by `fit` */
  constructor(estimator: Estimator, options: Partial<FixedThresholdClassifierOptions> = {}) {
    super({ threshold: 'auto', posLabel: null, responseMethod: 'auto', ...options, estimator });
  }

  static override fromParams(params: FixedThresholdClassifierParams): FixedThresholdClassifier {
    const { estimator, ...options } = params;
    return new FixedThresholdClassifier(estimator, options);
  }

  get rules(): Rules<FixedThresholdClassifierParams> {
    return {
      ...this.thresholdRules,
      threshold: either(oneOf('auto'), real()),
      posLabel: either(
        nothing,
        custom('a label', (v) => ['string', 'number', 'boolean'].includes(typeof v)),
      ),
    };
  }

  get stateRules(): Rules<ThresholdState> {
    return this.thresholdStateRules;
  }

  protected async fitState(input: FitInput): Promise<ThresholdState> {
    const { estimator, threshold, posLabel } = this.params;
    const { classes } = this.twoClasses(input);
    const positive = posLabel === null ? 1 : classes.indexOf(posLabel);
    if (positive < 0) throw this.refuse(`y has no label ${show(posLabel)}, which posLabel names`);
    const model = estimator.clone();
    await model.fitInput(input, Schema.named(input.columns));
    const own = this.response === 'proba' ? 0.5 : 0;
    return { classes, model, positive, threshold: threshold === 'auto' ? own : threshold };
  }

  /** From it on the positive class is predicted. @throws {ERR_NOT_FITTED} before `fit` */
  get threshold(): number {
    return this.state.threshold;
  }
}
