/** Rows of length 1. */
import { Transformer } from '../core/kinds.js';
import { oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { numberColumns } from './columns.js';

/** Parameters of {@link Normalizer}. */
export interface NormalizerParams {
  /** The length of a row: the root of the sum of squares, the sum of absolute values, or the largest of them. Default 'l2'. */
  norm: 'l1' | 'l2' | 'max';
}

/**
 * Each row divided by its length; a row of zeros stays so. Nothing is learned but the columns.
 *
 * Differs from scikit-learn: has to be fitted, so that the columns have names.
 *
 * @example
 * ```ts
 * import { Normalizer } from 'boreal';
 * const normalizer = await new Normalizer().fit([[3, 4]]);
 * normalizer.transformSync([[3, 4], [0, 0]]).toArray(); // [[0.6, 0.8], [0, 0]]
 * ```
 */
export class Normalizer extends Transformer<NormalizerParams, Record<string, never>> {
  constructor(params: Partial<NormalizerParams> = {}) {
    super({ norm: 'l2', ...params });
  }

  get rules(): Rules<NormalizerParams> {
    return { norm: oneOf('l1', 'l2', 'max') };
  }

  get stateRules(): Rules<Record<string, never>> {
    return {};
  }

  protected async fitState(): Promise<Record<string, never>> {
    return {};
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const length = this.#lengths(plan, x);
    // A length of 0 becomes 1.
    const isZero = plan.binary(length, 'equal', new Float64Array(1));
    return plan.binaryOf([x, plan.binaryOf([length, isZero], 'add')], 'div');
  }

  #lengths(plan: PlanBuilder, x: Slot): Slot {
    const { norm } = this.fittedParams;
    if (norm === 'l2') return plan.activation(plan.reduce(plan.activation(x, 'square'), 'sum'), 'sqrt');
    return plan.reduce(x, norm === 'l1' ? 'sumAbs' : 'maxAbs');
  }
}
