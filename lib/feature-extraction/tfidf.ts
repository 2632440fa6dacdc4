/** Counts of terms, weighed by how few documents have them. */
import { isSparse } from '../core/forms.js';
import type { Documents, MatrixLike } from '../core/matrix.js';
import { bool, checkLength, either, float64s, nothing, oneOf, type Rules, uint8s } from '../core/params.js';
import { type Column, Schema } from '../core/schema.js';
import { CsrMatrix, requireCsr } from '../core/sparse/csr-matrix.js';
import { type Learned, SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { type Weighing, weigh } from '../core/sparse/weigh.js';
import { ValidationError } from '../errors.js';
import { type CancelHandle, native } from '../native.js';
import {
  COUNT_DEFAULTS,
  type CountVectorizerParams,
  type VocabularyState,
  VocabularyVectorizer,
} from './count-vectorizer.js';

/** Parameters of {@link TfidfTransformer}. */
export interface TfidfTransformerParams {
  /** Scale rows to a length of 1: 'l2' is Euclid's, 'l1' the sum of the absolute values, null none. Default 'l2'. */
  norm: 'l1' | 'l2' | null;
  /** Weigh terms by their idf. Default true. */
  useIdf: boolean;
  /** Count one more document that has every term, so that nothing is divided by 0. Default true. */
  smoothIdf: boolean;
  /** Take 1 + log(count) for counts. Default false. */
  sublinearTf: boolean;
}

/** Learned by {@link TfidfTransformer}. */
export interface TfidfState {
  /** [columns]; empty without `useIdf`. */
  readonly idf: Float64Array;
  /** [1] the number of columns */
  readonly columns: Float64Array;
}

const TFIDF_DEFAULTS: TfidfTransformerParams = {
  norm: 'l2',
  useIdf: true,
  smoothIdf: true,
  sublinearTf: false,
};
const TFIDF_RULES: Rules<TfidfTransformerParams> = {
  norm: either(oneOf('l1', 'l2'), nothing),
  useIdf: bool,
  smoothIdf: bool,
  sublinearTf: bool,
};

/** idf = log(n / df) + 1, with one more document in both where it is smooth; empty without `useIdf`. */
async function learnIdf(
  counts: CsrMatrix,
  { useIdf, smoothIdf }: TfidfTransformerParams,
  cancel: CancelHandle | null,
): Promise<Float64Array> {
  if (!useIdf) return new Float64Array(0);
  const { indptr, indices, data, cols } = counts;
  const documents = await native.csrColumnCounts(indptr, indices, data, cols, cancel);
  const more = smoothIdf ? 1 : 0;
  return documents.map((df) => Math.log((counts.rows + more) / (df + more)) + 1);
}

/** How counts are weighed; idf is empty without `useIdf`. */
function weighing({ norm, sublinearTf }: TfidfTransformerParams, idf: Float64Array): Weighing {
  return { sublinear: sublinearTf, weight: idf.length > 0 ? idf : null, norm };
}

/**
 * Weighs counts of terms by their inverse document frequency, idf(t) = log((1 + n) / (1 + df(t))) + 1 for a term that df of n
 * documents have, and scales each row (Manning, Raghavan and Schuetze 2008, chapter 6).
 *
 * @example
 * ```ts
 * import { TfidfTransformer } from 'boreal';
 * const transformer = new TfidfTransformer({ norm: null, smoothIdf: false });
 * (await transformer.fitTransform([[3, 0], [1, 0]])).toArray(); // [[3, 0], [1, 0]]
 * ```
 */
export class TfidfTransformer extends SparseTransformer<CsrMatrix, TfidfTransformerParams, TfidfState> {
  constructor(params: Partial<TfidfTransformerParams> = {}) {
    super({ ...TFIDF_DEFAULTS, ...params });
  }

  get rules(): Rules<TfidfTransformerParams> {
    return TFIDF_RULES;
  }

  get stateRules(): Rules<TfidfState> {
    return { idf: float64s(), columns: float64s(1) };
  }

  protected override checkState({ idf, columns }: TfidfState): void {
    if (idf.length > 0) checkLength(this, 'idf', idf, columns[0]);
  }

  protected inputColumns({ columns }: TfidfState): readonly Column[] {
    return Schema.unnamed(columns[0]).columns;
  }

  protected async learn(X: MatrixLike, cancel: CancelHandle | null): Promise<Learned<TfidfState>> {
    const { params } = this;
    const counts = toCounts(X);
    if (counts.rows === 0 || counts.cols === 0)
      throw new ValidationError('ERR_EMPTY', `${this.constructor.name}: there are no counts.`);
    const idf = await learnIdf(counts, params, cancel);
    const rows = () => weigh(counts, weighing(params, idf), cancel);
    return { state: { idf, columns: Float64Array.of(counts.cols) }, rows };
  }

  protected async vectorize(X: MatrixLike, cancel: CancelHandle | null): Promise<CsrMatrix> {
    const counts = toCounts(X);
    this.schema.checkWidth(counts.cols);
    const { idf } = this.state;
    return weigh(counts, weighing(this.fittedParams, idf), cancel);
  }

  /** The inverse document frequencies. @throws {ERR_NOT_FITTED} before `fit` */
  get idf(): Float64Array {
    return this.state.idf.slice();
  }

  getFeatureNamesOut(): string[] {
    return this.featureNamesIn;
  }
}

function toCounts(X: MatrixLike): CsrMatrix {
  return isSparse(X) ? requireCsr(X) : CsrMatrix.from(X);
}

/** Parameters of {@link TfidfVectorizer}. */
export interface TfidfVectorizerParams extends CountVectorizerParams, TfidfTransformerParams {}
/** Learned by {@link TfidfVectorizer}. */
export interface TfidfVectorizerState extends VocabularyState {
  /** [columns]; empty without `useIdf`. */
  readonly idf: Float64Array;
}

/**
 * Turns documents into weighed counts of their terms: {@link CountVectorizer} and {@link TfidfTransformer} in one.
 *
 * Differs from scikit-learn: as {@link CountVectorizer} does.
 *
 * @example
 * ```ts
 * import { LogisticRegression, Pipeline, TfidfVectorizer } from 'boreal';
 * const mails = ['cheap pills, buy now', 'buy cheap watches', 'lunch at noon?', 'notes of the meeting at noon'];
 * const model = new Pipeline([['words', new TfidfVectorizer()], ['model', new LogisticRegression()]]);
 * await model.fit(mails, ['spam', 'spam', 'ham', 'ham']);
 * await model.predict(['cheap watches now', 'lunch meeting']); // ['spam', 'ham']
 * ```
 */
export class TfidfVectorizer extends VocabularyVectorizer<TfidfVectorizerParams, TfidfVectorizerState> {
  constructor(params: Partial<TfidfVectorizerParams> = {}) {
    super({ ...COUNT_DEFAULTS, ...TFIDF_DEFAULTS, ...params });
  }

  get rules(): Rules<TfidfVectorizerParams> {
    return { ...this.countRules, ...TFIDF_RULES };
  }

  get stateRules(): Rules<TfidfVectorizerState> {
    return { terms: uint8s(), idf: float64s() };
  }

  protected override checkState(state: TfidfVectorizerState): void {
    super.checkState(state);
    const terms = state.terms.reduce((sum, byte) => sum + (byte === 0xff ? 1 : 0), 0);
    if (state.idf.length > 0) checkLength(this, 'idf', state.idf, terms);
  }

  protected async learn(
    X: Documents | MatrixLike,
    cancel: CancelHandle | null,
  ): Promise<Learned<TfidfVectorizerState>> {
    const { params } = this;
    const { terms, counts } = await this.learnCounts(X, cancel);
    const counted = params.useIdf ? await counts() : null;
    const idf = counted === null ? new Float64Array(0) : await learnIdf(counted, params, cancel);
    const rows = async () => weigh(counted ?? (await counts()), weighing(params, idf), cancel);
    return { state: { terms, idf }, rows };
  }

  protected async vectorize(X: Documents | MatrixLike, cancel: CancelHandle | null): Promise<CsrMatrix> {
    const how = weighing(this.fittedParams, this.state.idf);
    return weigh(await this.count(X, cancel), how, cancel);
  }

  /** The inverse document frequencies of the terms. @throws {ERR_NOT_FITTED} before `fit` */
  get idf(): Float64Array {
    return this.state.idf.slice();
  }
}
