/** One model for each class, against all others. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { CloneProblem } from '../core/fit-clones.js';
import type { EncodedLabels } from '../core/labels.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { BinaryModelsClassifier, type BinaryModelsParams, lowerScore, thresholdOf } from './binary-models.js';

/**
 * Classes told apart by one model for each of them, fitted to tell it from all others; the one that is surest wins. Of two classes
 * there is one model. All models are one native plan; sparse rows are handed on to estimators that read them.
 *
 * Probabilities are those of the models, divided by their sum.
 *
 * Differs from scikit-learn: one label a row (no multilabel targets); fitted clones are in `models`.
 *
 * @example
 * ```ts
 * import { loadIris, LogisticRegression, OneVsRestClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new OneVsRestClassifier(new LogisticRegression()).fit(data, target);
 * model.models.length; // 3
 * (await model.score(data, target)) > 0.9; // true
 * ```
 */
export class OneVsRestClassifier extends BinaryModelsClassifier {
  static override fromParams({ estimator }: BinaryModelsParams): OneVsRestClassifier {
    return new OneVsRestClassifier(estimator);
  }

  override get outputs(): readonly Output[] {
    const has = (output: Output) => (this.params.estimator?.outputs.includes(output) ? [output] : []);
    return ['label', ...has('proba'), ...has('decision')];
  }

  protected countOf(classes: number): number {
    return classes === 2 ? 1 : classes;
  }

  protected problems({ codes, classes }: EncodedLabels): CloneProblem[] {
    const own = classes.length === 2 ? [1] : Array.from(classes, (_, c) => c);
    return own.map((c) => ({ rows: null, y: Array.from(codes, (code) => (code === c ? 1 : 0)) }));
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models } = this.state;
    const rows = this.slots(plan, x);
    if (options.output === 'proba') {
      const proba = models.map((model, k) => model.lowerChecked(plan, rows[k], options));
      if (models.length === 1) return proba[0];
      return plan.normalize(plan.concat(proba.map((both) => plan.gather(both, [1]))), 'l1');
    }
    const scores = plan.concat(models.map((model, k) => lowerScore(model, plan, rows[k], options)));
    if (options.output === 'decision') return scores;
    if (models.length > 1) return plan.argmax(scores);
    return plan.binary(scores, 'greater', Float64Array.of(thresholdOf(models[0])));
  }
}
