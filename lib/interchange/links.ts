/** What becomes of the scores of an imported model: probabilities, or numbers on the scale of the targets. */
import { oneOf, type Rule } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';

/**
 * 'softplus' is log(1 + e^x), 'signedSquare' the square with the sign of the score, 'step' 1 above 0, else 0; the others
 * are what their names say.
 */
export type Link = 'identity' | 'sigmoid' | 'softmax' | 'exp' | 'softplus' | 'signedSquare' | 'step';

/** The rule of a link in a model's state. */
export const linkRule: Rule = oneOf(
  'identity',
  'sigmoid',
  'softmax',
  'exp',
  'softplus',
  'signedSquare',
  'step',
);

/** What a library's objective means. */
export interface Objective {
  readonly link: Link;
  readonly kind: 'number' | 'binary' | 'multiclass';
}

/** The link of the scores. @param slope - the link is of the scores times this */
export function applyLink(plan: PlanBuilder, scores: Slot, link: Link, slope: number): Slot {
  const x = slope === 1 ? scores : times(plan, scores, slope);
  switch (link) {
    case 'identity':
      return scores;
    case 'softmax':
      return plan.softmax(x);
    case 'step':
      return plan.activation(plan.activation(x, 'sign'), 'relu');
    case 'signedSquare':
      return signedSquare(plan, x);
    default:
      return plan.activation(x, link);
  }
}

/** What a classifier predicts. One score tells two classes apart: p and 1 - p. */
export function lowerClasses(plan: PlanBuilder, linked: Slot, output: string): Slot {
  const other = () => plan.affine(linked, Float64Array.of(1), Float64Array.of(-1));
  const proba = linked.width === 1 ? plan.concat([other(), linked]) : linked;
  return output === 'proba' ? proba : plan.argmax(proba);
}

function times(plan: PlanBuilder, x: Slot, factor: number): Slot {
  return plan.affine(x, new Float64Array(x.width), new Float64Array(x.width).fill(1 / factor));
}

/** The square of the positive part minus that of the negative part; x has one column. */
function signedSquare(plan: PlanBuilder, x: Slot): Slot {
  const parts = [x, times(plan, x, -1)].map((part) =>
    plan.activation(plan.activation(part, 'relu'), 'square'),
  );
  return plan.dense(plan.concat(parts), Float64Array.of(1, -1), Float64Array.of(0));
}
