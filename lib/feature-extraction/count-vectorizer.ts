/** Documents as counts of their terms. */
import { isSparse } from '../core/forms.js';
import type { Documents, MatrixLike } from '../core/matrix.js';
import { bool, custom, either, int, nothing, type Rules, real, uint8s } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, requireCsr } from '../core/sparse/csr-matrix.js';
import { type Learned, SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { ValidationError } from '../errors.js';
import { type CancelHandle, native, type TermsHandle } from '../native.js';
import {
  ANALYZER_DEFAULTS,
  ANALYZER_RULES,
  Analyzer,
  type AnalyzerParams,
  cutting,
  decodeTerms,
  encodeTerms,
  preparing,
} from './analyzer.js';
import { requireDocuments } from './corpus.js';
import { termsBy } from './document-terms.js';

/** Parameters of {@link CountVectorizer}. */
export interface CountVectorizerParams extends AnalyzerParams {
  /** Leave out terms that fewer documents have: a number from 1 on, or a share of the documents below 1. Default 1. */
  minDf: number;
  /** Leave out terms that more documents have: a number above 1, or a share of the documents up to 1. Default 1, all. */
  maxDf: number;
  /** Keep that many terms, the most frequent ones (of equally frequent ones the first in order). Default null: all. */
  maxFeatures: number | null;
  /** The terms, in the order of the columns. Default null: those of the documents, sorted. */
  vocabulary: readonly string[] | null;
  /** Count 1 for each term that is there. Default false. */
  binary: boolean;
}

/** Learned by {@link CountVectorizer}. */
export interface VocabularyState {
  /** UTF-8 of the terms, in the order of the columns, each followed by the byte 255. */
  readonly terms: Uint8Array;
}

/** The column of what a vectorizer of text reads. */
export const DOCUMENT_COLUMNS: readonly Column[] = [{ name: 'text', kind: 'text' }];

export const COUNT_DEFAULTS: CountVectorizerParams = {
  ...ANALYZER_DEFAULTS,
  minDf: 1,
  maxDf: 1,
  maxFeatures: null,
  vocabulary: null,
  binary: false,
};

const isVocabulary = (terms: unknown) =>
  Array.isArray(terms) &&
  terms.length > 0 &&
  terms.every((term) => typeof term === 'string') &&
  new Set(terms).size === terms.length;

/** What reads documents, made of what a fit learned. */
interface Reader<S> {
  readonly state: S;
  readonly analyzer: Analyzer;
  readonly table: TermsHandle;
  readonly names: readonly string[];
}

/** What {@link CountVectorizer} and {@link TfidfVectorizer} share. */
export abstract class VocabularyVectorizer<
  P extends CountVectorizerParams,
  S extends VocabularyState,
> extends SparseTransformer<Documents, P, S> {
  #read: Reader<S> | null = null;

  protected get countRules(): Rules<CountVectorizerParams> {
    return {
      ...ANALYZER_RULES,
      minDf: real(0),
      maxDf: real(0),
      maxFeatures: either(int(1, 0x7fff_ffff), nothing),
      vocabulary: either(nothing, custom('a list of different terms', isVocabulary)),
      binary: bool,
    };
  }

  protected inputColumns(): readonly Column[] {
    return DOCUMENT_COLUMNS;
  }

  protected override checkState(state: S): void {
    native.termsCreate(state.terms);
  }

  /** Counts, and the terms that became columns. */
  protected async learnCounts(documents: unknown, cancel: CancelHandle | null) {
    const { minDf, maxDf, maxFeatures, vocabulary, binary } = this.params;
    const { length } = requireDocuments(documents);
    if (length === 0)
      throw new ValidationError('ERR_EMPTY', `${this.constructor.name}: there are no documents.`);
    const analyzer = new Analyzer(this.params);
    const { bytes, starts } = await analyzer.read(documents);
    if (vocabulary !== null) {
      const terms = encodeTerms(vocabulary);
      const table = native.termsCreate(terms);
      const rows = async () =>
        native.textCount(bytes, starts, analyzer.spec, analyzer.stopWords, table, binary, cancel);
      return { terms, counts: async () => CsrMatrix.ofNative(await rows(), vocabulary.length), rows: length };
    }
    const spec = {
      minDocuments: minDf < 1 ? minDf * length : minDf,
      maxDocuments: maxDf <= 1 ? maxDf * length : maxDf,
      maxTerms: maxFeatures ?? 0,
      binary,
    };
    if (spec.maxDocuments < spec.minDocuments) {
      const message = `${this.constructor.name}: maxDf stands for fewer documents than minDf.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const learned = await native.textLearn(bytes, starts, analyzer.spec, analyzer.stopWords, spec, cancel);
    if (learned.terms.length === 0) {
      const why = learned.hasTerms
        ? 'no term is left: lower minDf or raise maxDf'
        : 'the vocabulary is empty: the documents have no terms but stop words';
      throw new ValidationError('ERR_EMPTY', `${this.constructor.name}: ${why}.`);
    }
    const count = learned.terms.reduce((sum, byte) => sum + (byte === 0xff ? 1 : 0), 0);
    return { terms: learned.terms, counts: async () => CsrMatrix.ofNative(learned, count), rows: length };
  }

  /** Counts of the terms of the vocabulary. */
  protected async count(documents: unknown, cancel: CancelHandle | null): Promise<CsrMatrix> {
    const { analyzer, table, names } = this.#reader();
    const { binary } = this.fittedParams;
    const { bytes, starts } = await analyzer.read(documents);
    const rows = await native.textCount(
      bytes,
      starts,
      analyzer.spec,
      analyzer.stopWords,
      table,
      binary,
      cancel,
    );
    return CsrMatrix.ofNative(rows, names.length);
  }

  // Made once for each fit: serving reads one document at a time.
  #reader(): Reader<S> {
    const { state } = this;
    if (this.#read?.state === state) return this.#read;
    const [analyzer, table] = [new Analyzer(this.fittedParams), native.termsCreate(state.terms)];
    this.#read = { state, analyzer, table, names: decodeTerms(state.terms) };
    return this.#read;
  }

  /** A function that changes a document as it is before it is cut. @throws {ERR_PARAMETER} for bad parameters */
  buildPreprocessor(): (document: string) => string {
    this.checkParams();
    return preparing(this.params);
  }

  /**
   * A function that cuts a prepared document into words, those that do not count among them.
   *
   * @throws {ERR_PARAMETER} for bad parameters
   */
  buildTokenizer(): (text: string) => string[] {
    this.checkParams();
    const cut = cutting(this.params);
    return (text) => [...cut(text)];
  }

  /**
   * A function that gives the terms of a document in their order, each as often as it is there: to look at what is counted. It needs no `fit`.
   *
   * @throws {ERR_PARAMETER} for bad parameters
   * @example
   * ```ts
   * import { CountVectorizer } from 'boreal';
   * const analyze = new CountVectorizer({ ngramRange: [1, 2], stopWords: ['the'] }).buildAnalyzer();
   * analyze('The cat saw the dog'); // ['cat', 'saw', 'dog', 'cat saw', 'saw dog']
   * ```
   */
  buildAnalyzer(): (document: string) => string[] {
    this.checkParams();
    return termsBy(this.params);
  }

  getFeatureNamesOut(): string[] {
    return [...this.#reader().names];
  }

  /** The column of each term. @throws {ERR_NOT_FITTED} before `fit` */
  get vocabulary(): Map<string, number> {
    return new Map(this.#reader().names.map((term, j) => [term, j]));
  }

  /**
   * The terms of each row whose value is not 0, in the order of the columns.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns
   */
  inverseTransform(X: MatrixLike): string[][] {
    const { names } = this.#reader();
    const x = isSparse(X) ? requireCsr(X) : CsrMatrix.from(X);
    if (x.cols !== names.length) {
      const message = `X has ${x.cols} columns, but there are ${names.length} terms.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return Array.from({ length: x.rows }, (_, i) => {
      const { indices, data } = x.row(i);
      return Array.from(indices)
        .filter((_, k) => data[k] !== 0)
        .map((j) => names[j]);
    });
  }
}

/**
 * Turns documents into counts of their terms, one column for each term of the training documents, sorted by character codes.
 *
 * Differs from scikit-learn: `minDf: 1` is one document and `maxDf: 1` is all of them (there are no floats to tell apart);
 * `vocabulary` is a list, and needs `fit` as well; a vectorizer with functions cannot be saved; values are float64; a
 * pattern is matched as in JavaScript, with \\w, \\d and \\b of all scripts.
 *
 * @example
 * ```ts
 * import { CountVectorizer } from 'boreal';
 * const vectorizer = new CountVectorizer();
 * const counts = await vectorizer.fitTransform(['the cat sat', 'the cat saw the dog']);
 * vectorizer.getFeatureNamesOut(); // ['cat', 'dog', 'sat', 'saw', 'the']
 * counts.toArray(); // [[1, 0, 1, 0, 1], [1, 1, 0, 1, 2]]
 * ```
 */
export class CountVectorizer extends VocabularyVectorizer<CountVectorizerParams, VocabularyState> {
  constructor(params: Partial<CountVectorizerParams> = {}) {
    super({ ...COUNT_DEFAULTS, ...params });
  }

  get rules(): Rules<CountVectorizerParams> {
    return this.countRules;
  }

  get stateRules(): Rules<VocabularyState> {
    return { terms: uint8s() };
  }

  protected async learn(X: unknown, cancel: CancelHandle | null): Promise<Learned<VocabularyState>> {
    const { terms, counts } = await this.learnCounts(X, cancel);
    return { state: { terms }, rows: counts };
  }

  protected vectorize(X: unknown, cancel: CancelHandle | null): Promise<CsrMatrix> {
    return this.count(X, cancel);
  }
}
