/** One model for each pair of classes. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { CloneProblem } from '../core/fit-clones.js';
import type { EncodedLabels } from '../core/labels.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { BinaryModelsClassifier, type BinaryModelsParams, lowerScore, thresholdOf } from './binary-models.js';

/**
 * Classes told apart by one model for each pair of them, fitted to the rows of these two; the class that wins most pairs is
 * predicted, and of classes that win as many the one whose scores add up to more. All models are one native plan; sparse rows are
 * handed on to estimators that read them.
 *
 * Of distances or kernels that are given, each model gets those between the rows of its classes.
 *
 * Its decisions are the pairs won plus the sum of scores, brought into (-1/3, 1/3); of two classes there is that of the second.
 *
 * Differs from scikit-learn: fitted clones are in `models`, pairs in lexicographic order; the first part of `partialFit` has rows of all
 * classes but one at most; decisions of two classes by
 * probabilities are less 0.5, so that above 0 speaks for the second.
 *
 * @example
 * ```ts
 * import { LinearSVC, loadIris, OneVsOneClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new OneVsOneClassifier(new LinearSVC({ randomState: 0 })).fit(data, target);
 * (await model.score(data, target)) > 0.95; // true
 * ```
 */
export class OneVsOneClassifier extends BinaryModelsClassifier {
  static override fromParams({ estimator }: BinaryModelsParams): OneVsOneClassifier {
    return new OneVsOneClassifier(estimator);
  }

  override get outputs(): readonly Output[] {
    return ['label', 'decision'];
  }

  protected countOf(classes: number): number {
    return (classes * (classes - 1)) / 2;
  }

  protected problems({ codes, classes }: EncodedLabels): CloneProblem[] {
    return pairsOf(classes.length).map(([a, b]) => {
      const rows = Int32Array.from(codes.keys()).filter((i) => codes[i] === a || codes[i] === b);
      return { rows, y: Array.from(rows, (i) => (codes[i] === b ? 1 : 0)) };
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models, classes } = this.state;
    const rows = this.slots(plan, x);
    const scores = plan.concat(models.map((model, k) => lowerScore(model, plan, rows[k], options)));
    const thresholds = Float64Array.from(models, thresholdOf);
    const isSecond = plan.binary(scores, 'greater', thresholds);
    if (classes.length === 2 && options.output === 'label') return isSecond;
    const count = classes.length;
    const members = pairMembers(count);
    // A class that is first in a pair has won it unless the second did.
    const firsts = Float64Array.from({ length: count }, (_, c) => count - 1 - c);
    const votes = plan.dense(isSecond, members, firsts);
    const sums = plan.dense(scores, members, new Float64Array(count));
    const bounds = plan.binary(plan.activation(sums, 'abs'), 'add', new Float64Array(count).fill(1));
    const scaled = plan.binary(bounds, 'mul', new Float64Array(count).fill(3));
    const decisions = plan.binaryOf([votes, plan.binaryOf([sums, scaled], 'div')], 'add');
    // Of two classes that of the second, whose border is where the model's own is.
    if (count === 2) return plan.binary(plan.gather(decisions, [1]), 'sub', thresholds);
    return options.output === 'decision' ? decisions : plan.argmax(decisions);
  }
}

/** Pairs (a, b), a < b, in lexicographic order. */
function pairsOf(classes: number): Array<[number, number]> {
  const pairs: Array<[number, number]> = [];
  for (let a = 0; a < classes; a++) for (let b = a + 1; b < classes; b++) pairs.push([a, b]);
  return pairs;
}

/** [pairs, classes]: -1 for the first class of a pair, 1 for the second. */
function pairMembers(classes: number): Float64Array {
  const pairs = pairsOf(classes);
  const members = new Float64Array(pairs.length * classes);
  for (const [pair, [a, b]] of pairs.entries()) {
    members[pair * classes + a] = -1;
    members[pair * classes + b] = 1;
  }
  return members;
}
