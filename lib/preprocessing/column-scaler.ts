/** What the scalers share: each column shifted, then divided by a number of its own. */
import type { State } from '../core/estimator.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { checkLength } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { checkedRows, type KeepsSparse, weigh } from '../core/sparse/weigh.js';
import { StateError } from '../errors.js';
import { numberColumns } from './columns.js';

/** (x - shift[j]) / scale[j] of column j. */
export interface ColumnAffine {
  readonly shift: Float64Array;
  readonly scale: Float64Array;
}

/** A transformer that is one affine function of each column, and can be undone. */
export abstract class ColumnScaler<P extends object, S extends State>
  extends InvertibleTransformer<P, S>
  implements KeepsSparse
{
  override get tags() {
    return { allowNan: true };
  }

  /** What the state and the parameters of the fit do to a column. */
  protected abstract affine(): ColumnAffine;

  /** Every list of the state has a value for each column. */
  protected override checkState(state: S, columns: readonly Column[]): void {
    for (const [name, values] of Object.entries(state))
      if (ArrayBuffer.isView(values)) checkLength(this, name, values as Float64Array, columns.length);
  }

  /** Whether zeros stay zeros. @throws {ERR_NOT_FITTED} before `fit` */
  get keepsSparse(): boolean {
    return this.affine().shift.every((value) => value === 0);
  }

  /**
   * As `transform`, of sparse rows, which stay sparse.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} when something is subtracted from columns: zeros would not stay zeros
   * @throws {ERR_SHAPE} for another number of columns than that of the fit
   * @throws {ERR_INPUT_INFINITE} for an infinite value
   */
  async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    const x = checkedRows(this.schema, X, true);
    if (!this.keepsSparse) {
      const message = `${this.constructor.name} subtracts from columns, so that sparse rows would not stay sparse; use transform.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    return weigh(x, { weight: this.affine().scale.map((value) => 1 / value) });
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { shift, scale } = this.affine();
    return plan.affine(x, shift, scale);
  }

  /** @internal */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    const { shift, scale } = this.affine();
    // z * scale + shift, written as (z - (-shift / scale)) / (1 / scale)
    return plan.affine(
      x,
      shift.map((s, j) => -s / scale[j]),
      scale.map((s) => 1 / s),
    );
  }
}

/** Scales as they divide: 1 where a column has none, so that constant columns are only shifted. */
export function safeScale(scale: Float64Array): Float64Array {
  return scale.map((s) => (s < 10 * Number.EPSILON ? 1 : s));
}

/** Rows of a part and of those before it; absent where nobody counted these, whose file is of an earlier release. */
export function seenRows(
  rows: number,
  before: { readonly seen?: number } | null,
): { readonly seen?: number } {
  if (before === null) return { seen: rows };
  return before.seen === undefined ? {} : { seen: rows + before.seen };
}

/** @throws {ERR_NOT_SUPPORTED} where nobody counted them */
export function knownRows(owner: object, seen: number | undefined): number {
  if (seen !== undefined) return seen;
  const message = `This ${owner.constructor.name} was saved by an earlier release, which did not count rows.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/** Whether a variance is no more than the rounding error of computing it (scikit-learn's bound). */
export function isConstant(variance: number, mean: number, count: number): boolean {
  return variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
}

/**
 * Extremes of columns, of these rows and of those before them.
 *
 * @param values - of these rows, where a column has any: see `count`
 * @param before - NaN of a column that had none
 * @returns NaN of a column that still has none
 */
export function known(
  values: Float64Array,
  count: Float64Array,
  before: Float64Array | undefined,
  extreme: (a: number, b: number) => number,
): Float64Array {
  return values.map((value, j) => {
    const seen = before?.[j] ?? Number.NaN;
    if (!(count[j] > 0)) return seen;
    return Number.isNaN(seen) ? value : extreme(value, seen);
  });
}
