/** What transformers that keep some of the columns share. */
import type { Estimator, State } from '../core/estimator.js';
import { Transformer } from '../core/kinds.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { checkLength } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { takeSparseColumns } from '../core/sparse/csr-columns.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { checkedRows, type KeepsSparse } from '../core/sparse/weigh.js';
import { ValidationError } from '../errors.js';

/** Learned by all selectors. */
export interface SelectorState extends State {
  /** 1 for columns that stay, [columns]. */
  readonly support: Uint8Array;
}

/** Base of transformers that keep some of the columns, as they are. */
export abstract class FeatureSelector<P extends object, S extends SelectorState>
  extends Transformer<P, S>
  implements KeepsSparse
{
  get keepsSparse(): boolean {
    return true;
  }

  protected override checkState({ support }: S, columns: readonly Column[]): void {
    checkSupport(this, support, columns.length);
  }

  /** Which columns stay, by column. @throws {ERR_NOT_FITTED} before `fit` */
  getSupport(): boolean[] {
    return Array.from(this.state.support, (kept) => kept === 1);
  }

  /** The places of the columns that stay. @throws {ERR_NOT_FITTED} before `fit` */
  get selected(): number[] {
    return placesOf(this.state.support);
  }

  outputColumns(): readonly Column[] {
    return this.selected.map((j) => this.schema.columns[j]);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.gather(x, this.selected);
  }

  /**
   * As `transform`, of sparse rows, which stay sparse.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} for another number of columns than that of the fit
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite, NaN being fine where `fit` takes it
   */
  async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    return takeSparseColumns(checkedRows(this.schema, X, this.tags.allowNan), this.selected);
  }

  /**
   * Puts columns back where they were, with zeros for those that were left out.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than stay
   */
  inverseTransform(X: NumericMatrixLike): Matrix {
    return putBack(X, this.state.support);
  }
}

/** @throws {ERR_PARAMETER | ERR_SHAPE} unless some of so many columns stay */
export function checkSupport(owner: object, support: Uint8Array, columns: number): void {
  checkLength(owner, 'support', support, columns);
  if (!support.includes(1))
    throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name} state: no column stays.`);
}

/** The places of the columns that stay. */
export function placesOf(support: Uint8Array): number[] {
  return [...support.keys()].filter((j) => support[j] === 1);
}

/** Columns that stayed among zeros for the others. @throws {ERR_SHAPE} for another number of columns than stay */
export function putBack(X: NumericMatrixLike, support: Uint8Array): Matrix {
  const places = placesOf(support);
  const kept = Matrix.from(X);
  if (kept.cols !== places.length)
    throw new ValidationError('ERR_SHAPE', `X has ${kept.cols} columns, but ${places.length} stay.`);
  const { length } = support;
  const data = new Float64Array(kept.rows * length);
  for (let i = 0; i < kept.rows; i++)
    places.forEach((j, k) => {
      data[i * length + j] = kept.data[i * kept.cols + k];
    });
  return new Matrix(data, kept.rows, length);
}

/** @throws {ERR_PARAMETER} unless the model of a restored state was fitted on so many columns */
export function checkModelWidth(owner: object, model: Estimator, columns: number): void {
  if (model.nFeaturesIn === columns) return;
  const message = `${owner.constructor.name} state: the model has ${model.nFeaturesIn} columns, not ${columns}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** 1 for the `count` highest values, of equals the first; NaN counts as lowest. */
export function highest(values: Float64Array, count: number): Uint8Array {
  const clean = values.map((value) => (Number.isNaN(value) ? -Infinity : value));
  const order = [...clean.keys()].sort((a, b) => (clean[a] === clean[b] ? b - a : clean[b] - clean[a]));
  const support = new Uint8Array(values.length);
  for (const j of order.slice(0, count)) support[j] = 1;
  return support;
}
