/** Rows of length 1. */
import { Transformer } from '../core/kinds.js';
import { oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { checkedRows, type KeepsSparse, weigh } from '../core/sparse/weigh.js';
import { numberColumns } from './columns.js';

/** Parameters of {@link Normalizer}. */
export interface NormalizerParams {
  /** The length of a row: the root of the sum of squares, the sum of absolute values, or the largest of them. Default 'l2'. */
  norm: 'l1' | 'l2' | 'max';
}

/**
 * Each row divided by its length; a row of zeros stays so. Nothing is learned but the columns.
 *
 * Differs from scikit-learn: has to be fitted, so that the columns have names. `transformSparse` keeps sparse rows sparse, where
 * `transform` makes them dense.
 *
 * @example
 * ```ts
 * import { Normalizer } from 'boreal';
 * const normalizer = await new Normalizer().fit([[3, 4]]);
 * normalizer.transformSync([[3, 4], [0, 0]]).toArray(); // [[0.6, 0.8], [0, 0]]
 * ```
 */
export class Normalizer extends Transformer<NormalizerParams, Record<string, never>> implements KeepsSparse {
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

  get keepsSparse(): boolean {
    return true;
  }

  protected override async fitSparse(): Promise<Record<string, never>> {
    return {};
  }

  /**
   * As {@link Normalizer.transform}, of sparse rows, which stay sparse.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} for another number of columns than that of the fit
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite
   */
  async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    return weigh(checkedRows(this.schema, X), { norm: this.fittedParams.norm });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.normalize(x, this.fittedParams.norm);
  }
}
