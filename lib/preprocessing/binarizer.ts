/** Numbers as 0 and 1. */
import { Transformer } from '../core/kinds.js';
import { type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { numberColumns } from './columns.js';

/** Parameters of {@link Binarizer}. */
export interface BinarizerParams {
  /** Values above it become 1, others 0. Default 0. */
  threshold: number;
}

/**
 * 1 where a value is above the threshold, else 0. Nothing is learned but the columns.
 *
 * Differs from scikit-learn: has to be fitted, so that the columns have names.
 *
 * @example
 * ```ts
 * import { Binarizer } from 'boreal';
 * const binarizer = await new Binarizer({ threshold: 2 }).fit([[1], [3]]);
 * binarizer.transformSync([[1], [2], [3]]).toArray(); // [[0], [0], [1]]
 * ```
 */
export class Binarizer extends Transformer<BinarizerParams, Record<string, never>> {
  constructor(params: Partial<BinarizerParams> = {}) {
    super({ threshold: 0, ...params });
  }

  get rules(): Rules<BinarizerParams> {
    return { threshold: real() };
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
    return plan.binary(x, 'greater', new Float64Array(x.width).fill(this.fittedParams.threshold));
  }
}
