/** What linear classifiers share: one line of coefficients for two classes, else one for each class. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import { checkLength, float64s, labels, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';

/** Learned by linear classifiers. */
export interface LinearClassifierState extends ClassifierState {
  /** [outputs, columns], outputs = 1 for two classes, else one per class */
  readonly coef: Float64Array;
  /** [outputs] */
  readonly intercept: Float64Array;
}

/** The lines of coefficients that a number of classes has. */
export const outputsOf = (classes: ArrayLike<unknown>): number => (classes.length === 2 ? 1 : classes.length);

/** Base of the linear classifiers. */
export abstract class LinearClassifier<P extends object, S extends LinearClassifierState> extends Classifier<
  P,
  S
> {
  /** Rules of what the states share. */
  protected get linearRules(): Rules<LinearClassifierState> {
    return { coef: float64s(), intercept: float64s(), classes: labels };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'decision'];
  }

  protected override checkState({ coef, intercept, classes }: S, columns: readonly Column[]): void {
    const outputs = outputsOf(classes);
    checkLength(this, 'intercept', intercept, outputs);
    checkLength(this, 'coef', coef, outputs * columns.length);
  }

  /** Coefficients, [1, columns] for two classes (above 0 speaks for the second), else [classes, columns]. */
  get coef(): Matrix {
    const { coef, intercept } = this.state;
    return new Matrix(coef.slice(), intercept.length, coef.length / intercept.length);
  }

  /** Constant terms, one per row of `coef`. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): Float64Array {
    return this.state.intercept.slice();
  }

  /** Probabilities of the classes from {@link LinearClassifier.lowerScores}; for those that have them. */
  protected lowerProba(plan: PlanBuilder, x: Slot): Slot {
    return plan.softmax(this.lowerScores(plan, x, 'pair'));
  }

  /** Scores as learned, one column for two classes; 'pair': [0, score] then, which shares argmax and softmax with more. */
  protected lowerScores(plan: PlanBuilder, x: Slot, form: 'plain' | 'pair'): Slot {
    const { coef, intercept } = this.state;
    const pair = intercept.length === 1 && form === 'pair';
    const outputs = pair ? 2 : intercept.length;
    const weights = new Float64Array(x.width * outputs);
    for (let k = 0; k < x.width; k++) {
      for (let c = 0; c < intercept.length; c++) {
        weights[k * outputs + c + (pair ? 1 : 0)] = coef[c * x.width + k];
      }
    }
    return plan.dense(x, weights, pair ? Float64Array.of(0, intercept[0]) : intercept);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    if (output === 'decision') return this.lowerScores(plan, x, 'plain');
    if (output === 'proba') return this.lowerProba(plan, x);
    return plan.argmax(this.lowerScores(plan, x, 'pair'));
  }
}
