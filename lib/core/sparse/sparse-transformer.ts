/**
 * The base of what turns documents or counts into sparse rows: vectorizers. They work before a plan, not in it: a pipeline that
 * begins with them compiles the steps after them, whose input are the sparse rows.
 */
import { StateError } from '../../errors.js';
import type { CancelHandle } from '../../native.js';
import { withCancel } from '../cancellation.js';
import type { Output } from '../compile-options.js';
import { Estimator, type State } from '../estimator.js';
import { checkedFitOptions, type FitInput, type FitOptions } from '../fit-input.js';
import type { SignalOptions } from '../linalg/call.js';
import type { MatrixLike } from '../matrix.js';
import type { Slot } from '../plan-builder.js';
import { type Column, Schema, type Target } from '../schema.js';
import type { CsrMatrix } from './csr-matrix.js';
import type { MakesRows } from './made-rows.js';

/** What a vectorizer learned, and the rows it learned from. */
export interface Learned<S> {
  readonly state: S;
  readonly rows: () => Promise<CsrMatrix>;
}

/** Any vectorizer. */
export type Vectorizer = SparseTransformer<unknown, object, State>;

/**
 * Base class of vectorizers.
 *
 * @typeParam X - what rows are made of
 */
export abstract class SparseTransformer<X, P extends object, S extends State>
  extends Estimator<P, S>
  implements MakesRows
{
  readonly kind = 'transformer' as const;

  /** None: no plan reads documents. */
  get outputs(): readonly Output[] {
    return [];
  }

  override get tags() {
    return { vectorizes: true };
  }

  protected targetOf(_state: S): Target {
    return { kind: 'none' };
  }

  /** Names and kinds of what is read. */
  protected abstract inputColumns(state: S): readonly Column[];
  /** What `fit` learns. Must not touch `this`. */
  protected abstract learn(X: X | MatrixLike, cancel: CancelHandle | null): Promise<Learned<S>>;
  /** The sparse rows. Reads X before it first waits, `options` for what is transformed within. */
  protected abstract vectorize(
    X: X | MatrixLike,
    cancel: CancelHandle | null,
    options: SignalOptions,
  ): Promise<CsrMatrix>;
  /** Names of the columns that come out. @throws {ERR_NOT_FITTED} before `fit` */
  abstract getFeatureNamesOut(): string[];

  /**
   * Learns from documents or counts, off the event loop.
   *
   * @param _y - not read
   * @param options - `signal` aborts the fit; the rest is not read
   * @returns this
   * @throws {ERR_PARAMETER} for a bad parameter
   * @throws {ERR_DTYPE} for what are no documents, or no counts
   * @throws {ERR_EMPTY} without a document, or when no term is left
   * @throws {ERR_ABORTED} when options.signal fires
   */
  override async fit(X: X | MatrixLike, _y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
    await this.#fit(X, options, async () => undefined);
    return this;
  }

  /** Fits, and gives the rows of the same documents, which are read once. @throws see {@link SparseTransformer.fit} */
  async fitTransform(X: X | MatrixLike, _y?: ArrayLike<unknown>, options?: FitOptions): Promise<CsrMatrix> {
    return this.#fit(X, options, ({ rows }) => rows());
  }

  async #fit<R>(X: X | MatrixLike, given: FitOptions | undefined, then: (learned: Learned<S>) => Promise<R>) {
    this.checkParams();
    const { signal } = checkedFitOptions(given);
    const { params } = this;
    return withCancel(signal, async (cancel) => {
      const learned = await this.learn(X, cancel);
      const result = await then(learned);
      if (signal?.aborted) return result; // reported as aborted
      const schema = Schema.named(this.inputColumns(learned.state));
      this.setFitted(params, { state: learned.state, schema, dtype: 'float64' });
      return result;
    });
  }

  /**
   * The sparse rows of documents, or of counts, on the pool.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_DTYPE} for what are no documents, or no counts
   */
  async transform(X: X | MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return withCancel(options.signal, (cancel) => this.vectorize(X, cancel, options));
  }

  /** @internal */
  get mayMakeSparse(): boolean {
    return true;
  }

  /** @internal */
  fitRows({ given, x, signal }: FitInput): Promise<CsrMatrix> {
    return this.fitTransform((given ?? x) as X | MatrixLike, undefined, { signal });
  }

  /** @internal */
  makeRows(X: MatrixLike, options?: SignalOptions): Promise<CsrMatrix> {
    return this.transform(X, options);
  }

  /** The columns that come out. */
  outputColumns(): readonly Column[] {
    return this.getFeatureNamesOut().map((name) => ({ name, kind: 'number' }));
  }

  protected fitState(): Promise<S> {
    throw this.#notInPlans();
  }

  lower(): Slot {
    throw this.#notInPlans();
  }

  #notInPlans(): StateError {
    return new StateError(
      'ERR_NOT_SUPPORTED',
      `${this.constructor.name} makes sparse rows, and cannot be a part of a plan: it stands alone, or first in a Pipeline.`,
    );
  }
}
