/** What all naive Bayes models say of a row. */
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';

/** Base of the naive Bayes models. */
export abstract class NaiveBayes<P extends object, S extends ClassifierState> extends Classifier<P, S> {
  override get outputs(): readonly Output[] {
    return [...super.outputs, 'jointLogProba'];
  }

  /** Adds the ops that give log P(c) + log P(x | c) of each class. */
  protected abstract lowerJoint(plan: PlanBuilder, x: Slot): Slot;

  /**
   * log P(c) + log P(x | c) of each class, [rows, classes], up to a constant of the row with models of counts.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  predictJointLogProba(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'jointLogProba' });
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = this.lowerJoint(plan, x);
    if (output === 'jointLogProba') return scores;
    return output === 'proba' ? plan.softmax(scores) : plan.argmax(scores);
  }
}
