/** Numbers as 0 and 1. */
import { Transformer } from '../core/kinds.js';
import { type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { checkedRows, type KeepsSparse, replaceValues } from '../core/sparse/weigh.js';
import { StateError } from '../errors.js';
import { numberColumns } from './columns.js';

/** Parameters of {@link Binarizer}. */
export interface BinarizerParams {
  /** Values above it become 1, others 0. Default 0. */
  threshold: number;
}

/**
 * 1 where a value is above the threshold, else 0. Nothing is learned but the columns.
 *
 * Differs from scikit-learn: has to be fitted, so that the columns have names. `transformSparse` keeps sparse rows sparse, where
 * `transform` makes them dense.
 *
 * @example
 * ```ts
 * import { Binarizer } from 'boreal';
 * const binarizer = await new Binarizer({ threshold: 2 }).fit([[1], [3]]);
 * binarizer.transformSync([[1], [2], [3]]).toArray(); // [[0], [0], [1]]
 * ```
 */
export class Binarizer extends Transformer<BinarizerParams, Record<string, never>> implements KeepsSparse {
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

  protected override async fitSparse(): Promise<Record<string, never>> {
    return {};
  }

  /** Where a zero stays one: with a threshold of 0 or more. */
  get keepsSparse(): boolean {
    return (this.isFitted ? this.fittedParams : this.params).threshold >= 0;
  }

  /**
   * As `transform`, of sparse rows, which stay sparse.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} with a threshold below 0, above which zeros are
   * @throws {ERR_SHAPE} for another number of columns than that of the fit
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite
   */
  async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    const { threshold } = this.fittedParams;
    if (!this.keepsSparse) {
      const message = 'Binarizer: with a threshold below 0 zeros become 1, and rows are sparse no longer.';
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    return replaceValues(checkedRows(this.schema, X), (value) => (value > threshold ? 1 : 0));
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.binary(x, 'greater', new Float64Array(x.width).fill(this.fittedParams.threshold));
  }
}
