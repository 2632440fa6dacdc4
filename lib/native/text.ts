/** What the addon offers for sparse rows and for text. */
import type { CancelHandle, FloatArray } from '../native.js';

export interface TermsHandle {
  readonly __terms: unique symbol;
}

export interface TextSpec {
  /** 'tokens': each document is a list of tokens, each followed by the byte 255. */
  analyzer: 'word' | 'char' | 'charWb' | 'tokens';
  least: number;
  most: number;
}

export interface VocabularySpec {
  minDocuments: number;
  maxDocuments: number;
  /** 0: any number. */
  maxTerms: number;
  binary: boolean;
}

/** The values of row i are those from starts[i] to starts[i + 1]. */
export interface NativeRows {
  starts: Int32Array;
  columns: Int32Array;
  values: Float64Array;
}

/** Sums of rows by group, [groups, cols], and the least of their values and 0. */
export interface CsrGroupSums {
  sums: Float64Array;
  least: number;
}

/** Documents are UTF-8 of `bytes`, one from each of the starts (one more, their end). */
export interface TextAddon {
  /** Terms of UTF-8, each followed by the byte 255. */
  termsCreate(terms: Uint8Array): TermsHandle;
  /**
   * Reads numbers of whole lines into the columns from a row on, NaN where a word of `missing` (each followed by the byte 255) or a blank
   * stands for it. How many lines there are, and nothing else when that is more than the columns have room for; null when something else
   * is there. At once, on all threads. See native/text/csv_numbers.h.
   */
  csvNumbers(
    bytes: Uint8Array,
    delimiter: number,
    quote: number | null,
    columns: readonly Float64Array[],
    row: number,
    missing: Uint8Array,
  ): number | null;
  textLearn(
    bytes: Uint8Array,
    starts: Float64Array,
    spec: TextSpec,
    stopWords: TermsHandle | null,
    vocabulary: VocabularySpec,
    cancel: CancelHandle | null,
  ): Promise<NativeRows & { terms: Uint8Array; hasTerms: boolean }>;
  textCount(
    bytes: Uint8Array,
    starts: Float64Array,
    spec: TextSpec,
    stopWords: TermsHandle | null,
    vocabulary: TermsHandle,
    binary: boolean,
    cancel: CancelHandle | null,
  ): Promise<NativeRows>;
  /** `values`: one for each token. */
  textHash(
    bytes: Uint8Array,
    starts: Float64Array,
    spec: TextSpec,
    stopWords: TermsHandle | null,
    columns: number,
    alternate: boolean,
    values: Float64Array | null,
    valueStarts: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<NativeRows>;
  /** Throws ERR_SHAPE for what are no sparse rows. */
  csrCheck(starts: Int32Array, columns: Int32Array, values: FloatArray, cols: number): void;
  /** x b + bias, at once with `sync`; with `distances` squared ones, of float64: see native/linalg/csr.h. */
  csrProduct<T extends FloatArray, S extends boolean>(
    starts: Int32Array,
    columns: Int32Array,
    values: T,
    cols: number,
    b: T,
    bias: T | null,
    width: number,
    distances: boolean,
    sync: S,
    cancel: CancelHandle | null,
  ): S extends true ? T : Promise<T>;
  /** The new values: see native/linalg/csr.h. norm 0: none, 3: the largest. */
  csrWeigh<T extends FloatArray>(
    starts: Int32Array,
    columns: Int32Array,
    values: T,
    cols: number,
    sublinear: boolean,
    weight: Float64Array | null,
    norm: 0 | 1 | 2 | 3,
    cancel: CancelHandle | null,
  ): Promise<T>;
  csrColumnCounts(
    starts: Int32Array,
    columns: Int32Array,
    values: FloatArray,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** At once with `sync`. */
  csrGroupSums<S extends boolean>(
    starts: Int32Array,
    columns: Int32Array,
    values: FloatArray,
    cols: number,
    codes: Int32Array,
    groups: number,
    weights: Float64Array | null,
    sync: S,
    cancel: CancelHandle | null,
  ): S extends true ? CsrGroupSums : Promise<CsrGroupSums>;
}
