/** Vectorizers that are made of what is fitted already: the rows of all parts stand side by side. */
import { StateError, ValidationError } from '../../errors.js';
import type { CancelHandle } from '../../native.js';
import { allOf } from '../all-of.js';
import type { State } from '../estimator.js';
import type { SignalOptions } from '../linalg/call.js';
import type { MatrixLike } from '../matrix.js';
import type { Rules } from '../params.js';
import { type Column, Schema } from '../schema.js';
import { sparseSideBySide } from './csr-columns.js';
import type { CsrMatrix } from './csr-matrix.js';
import { type Learned, SparseTransformer } from './sparse-transformer.js';

/** Base class of these. */
export abstract class JoinedRows<S extends State> extends SparseTransformer<unknown, object, S> {
  get rules(): Rules<object> {
    return {};
  }

  protected inputColumns(): readonly Column[] {
    return this.schema.columns;
  }

  protected learn(): Promise<Learned<S>> {
    const message = `${this.constructor.name} is made of what is fitted already.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }

  /** The rows of each part, all of which read X before they first wait. */
  protected abstract rowsOfParts(X: MatrixLike, options: SignalOptions): Promise<CsrMatrix>[];
  /** How many columns the parts have together. */
  protected abstract get width(): number;

  protected async vectorize(
    X: MatrixLike,
    cancel: CancelHandle | null,
    options: SignalOptions,
  ): Promise<CsrMatrix> {
    const parts = await allOf(this.rowsOfParts(X, options));
    if (parts.some(({ rows }) => rows !== parts[0].rows))
      throw new ValidationError('ERR_SHAPE', 'The parts of X have different numbers of rows.');
    return sparseSideBySide(parts, cancel);
  }

  /** x0, x1 and so on: the same name may be a column of several parts. */
  getFeatureNamesOut(): string[] {
    return Schema.unnamed(this.width).columns.map(({ name }) => name);
  }
}
