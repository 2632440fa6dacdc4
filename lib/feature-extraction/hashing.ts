/** Terms and named values in columns by their hashes: nothing is learned, and memory does not grow with the vocabulary. */
import type { Documents } from '../core/matrix.js';
import { bool, either, int, nothing, oneOf, type Rules, show } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { type Learned, SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { weigh } from '../core/sparse/weigh.js';
import { ValidationError } from '../errors.js';
import { type CancelHandle, type NativeRows, native } from '../native.js';
import { ANALYZER_DEFAULTS, ANALYZER_RULES, Analyzer, type AnalyzerParams } from './analyzer.js';
import { type Corpus, Utf8Writer } from './corpus.js';
import { DOCUMENT_COLUMNS } from './count-vectorizer.js';

/** Parameters that all hashing shares. */
export interface HashingParams {
  /** Columns that come out. Default 2^20. */
  nFeatures: number;
  /** Subtract terms whose hash is below 0, so that terms that share a column cancel out on average. Default true. */
  alternateSign: boolean;
}

const HASHING_RULES: Rules<HashingParams> = { nFeatures: int(1, 0x7fff_ffff), alternateSign: bool };

/** Base of what hashes. */
abstract class Hasher<X, P extends HashingParams> extends SparseTransformer<X, P, Record<string, never>> {
  get stateRules(): Rules<Record<string, never>> {
    return {};
  }

  protected inputColumns(): readonly Column[] {
    return DOCUMENT_COLUMNS;
  }

  protected abstract hashed(X: unknown, params: Readonly<P>, cancel: CancelHandle | null): Promise<CsrMatrix>;

  protected async learn(X: unknown, cancel: CancelHandle | null): Promise<Learned<Record<string, never>>> {
    const { params } = this;
    return { state: {}, rows: () => this.hashed(X, params, cancel) };
  }

  protected vectorize(X: unknown, cancel: CancelHandle | null): Promise<CsrMatrix> {
    return this.hashed(X, this.fittedParams, cancel);
  }

  /** 'hash0', 'hash1', ...: hashes do not tell their terms. @throws {ERR_NOT_FITTED} before `fit` */
  getFeatureNamesOut(): string[] {
    return Array.from({ length: this.fittedParams.nFeatures }, (_, j) => `hash${j}`);
  }
}

/** Parameters of {@link HashingVectorizer}. */
export interface HashingVectorizerParams extends AnalyzerParams, HashingParams {
  /** Scale rows to a length of 1: 'l2' is Euclid's, 'l1' the sum of the absolute values, null none. Default 'l2'. */
  norm: 'l1' | 'l2' | null;
  /** Set all values to 1. Default false. */
  binary: boolean;
}

/**
 * Turns documents into counts of the hashes of their terms (Weinberger et al. 2009), by the murmur3 of 32 bits: the same
 * columns and signs as scikit-learn's, bit for bit. It learns nothing; `fit` only checks.
 *
 * Differs from scikit-learn: `transform` needs `fit`, as everywhere here; a vectorizer with functions cannot be saved.
 *
 * @example
 * ```ts
 * import { HashingVectorizer } from 'boreal';
 * const vectorizer = new HashingVectorizer({ nFeatures: 16, norm: null });
 * const rows = await vectorizer.fitTransform(['to be or not to be']);
 * rows.nnz; // 4
 * ```
 */
export class HashingVectorizer extends Hasher<Documents, HashingVectorizerParams> {
  constructor(params: Partial<HashingVectorizerParams> = {}) {
    super({
      ...ANALYZER_DEFAULTS,
      nFeatures: 2 ** 20,
      alternateSign: true,
      norm: 'l2',
      binary: false,
      ...params,
    });
  }

  get rules(): Rules<HashingVectorizerParams> {
    return {
      ...ANALYZER_RULES,
      ...HASHING_RULES,
      norm: either(oneOf('l1', 'l2'), nothing),
      binary: bool,
    };
  }

  protected async hashed(X: unknown, params: HashingVectorizerParams, cancel: CancelHandle | null) {
    const { nFeatures, alternateSign, norm, binary } = params;
    const analyzer = new Analyzer(params);
    const { bytes, starts } = await analyzer.read(X);
    const rows = await native.textHash(
      ...([bytes, starts, analyzer.spec, analyzer.stopWords, nFeatures, alternateSign] as const),
      null,
      null,
      cancel,
    );
    if (binary) rows.values.fill(1);
    const counts = CsrMatrix.ofNative(rows, nFeatures);
    return norm === null ? counts : weigh(counts, { norm }, cancel);
  }
}

/** Named values of one row: an object, pairs of a name and a value, or names alone, which count 1. */
export type HashedRow =
  | Readonly<Record<string, number | string>>
  | ReadonlyArray<readonly [name: string, value: number | string]>
  | readonly string[];

/** Parameters of {@link FeatureHasher}. */
export interface FeatureHasherParams extends HashingParams {
  /** What a row is: an object ('dict'), a list of pairs ('pair') or a list of names ('string'). Default 'dict'. */
  inputType: 'dict' | 'pair' | 'string';
}

/**
 * Turns named values into columns by the hashes of their names (Weinberger et al. 2009), the same columns and signs as
 * scikit-learn's, bit for bit. A text as value counts 1 under the name `name=value`.
 *
 * Differs from scikit-learn: `transform` needs `fit`, as everywhere here.
 *
 * @example
 * ```ts
 * import { FeatureHasher } from 'boreal';
 * const hasher = new FeatureHasher({ nFeatures: 8 });
 * const rows = await hasher.fitTransform([{ dog: 1, cat: 2 }, { city: 'Oslo' }]);
 * rows.rows; // 2
 * ```
 */
export class FeatureHasher extends Hasher<readonly HashedRow[], FeatureHasherParams> {
  constructor(params: Partial<FeatureHasherParams> = {}) {
    super({ nFeatures: 2 ** 20, alternateSign: true, inputType: 'dict', ...params });
  }

  get rules(): Rules<FeatureHasherParams> {
    return { ...HASHING_RULES, inputType: oneOf('dict', 'pair', 'string') };
  }

  protected async hashed(X: unknown, params: FeatureHasherParams, cancel: CancelHandle | null) {
    const { nFeatures, alternateSign, inputType } = params;
    const { bytes, starts, values, valueStarts } = encodeNamed(X, inputType);
    const spec = { analyzer: 'tokens', least: 1, most: 1 } as const;
    const rows: NativeRows = await native.textHash(
      ...([bytes, starts, spec, null, nFeatures, alternateSign, values, valueStarts, cancel] as const),
    );
    return CsrMatrix.ofNative(rows, nFeatures);
  }
}

interface NamedValues extends Corpus {
  readonly values: Float64Array;
  readonly valueStarts: Float64Array;
}

function encodeNamed(X: unknown, inputType: FeatureHasherParams['inputType']): NamedValues {
  if (!Array.isArray(X))
    throw new ValidationError('ERR_DTYPE', `FeatureHasher reads an array of rows; got ${show(X)}.`);
  const writer = new Utf8Writer(16 * X.length);
  const starts = new Float64Array(X.length + 1);
  const valueStarts = new Float64Array(X.length + 1);
  const values: number[] = [];
  for (const [i, row] of X.entries()) {
    const refuse = (what: unknown) =>
      new ValidationError(
        'ERR_DTYPE',
        `FeatureHasher: row ${i} holds ${show(what)}, which is no '${inputType}'.`,
      );
    const isList = Array.isArray(row);
    if (typeof row !== 'object' || row === null || isList !== (inputType !== 'dict')) throw refuse(row);
    const pairs: Iterable<unknown> = isList
      ? inputType === 'string'
        ? row.map((name) => [name, 1])
        : row
      : Object.entries(row);
    for (const pair of pairs) {
      const [name, value] = Array.isArray(pair) && pair.length === 2 ? pair : [undefined, undefined];
      if (typeof name !== 'string') throw refuse(pair);
      if (typeof value !== 'string' && !(typeof value === 'number' && Number.isFinite(value)))
        throw refuse(value);
      writer.token(typeof value === 'string' ? `${name}=${value}` : name);
      values.push(typeof value === 'string' ? 1 : value);
    }
    starts[i + 1] = writer.length;
    valueStarts[i + 1] = values.length;
  }
  return { bytes: writer.finish(), starts, values: Float64Array.from(values), valueStarts };
}
