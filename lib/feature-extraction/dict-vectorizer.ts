/** Records of named values as sparse rows, a column for each name. */
import { isSparse } from '../core/forms.js';
import type { MatrixLike } from '../core/matrix.js';
import { bool, custom, type Rules, show, uint8s } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, requireCsr } from '../core/sparse/csr-matrix.js';
import { type Learned, SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { decodeTerms, encodeTerms } from './analyzer.js';
import { DOCUMENT_COLUMNS, type VocabularyState } from './count-vectorizer.js';

/** Named values: numbers and booleans as they are, texts and lists of texts by an indicator for each; null is no value. */
export type NamedRecord = Readonly<
  Record<string, number | boolean | string | readonly string[] | null | undefined>
>;

/** Parameters of {@link DictVectorizer}. */
export interface DictVectorizerParams {
  /** What stands between a name and its text in the name of a column. Default '='. */
  separator: string;
  /** Sort the columns by name; else they stand in the order in which they come. Default true. */
  sort: boolean;
}

/**
 * Turns records into sparse rows: a column for each name with a number, and for each pair of a name and a text, which is 1 where the
 * record has it. Names that `fit` did not see are left out.
 *
 * Differs from scikit-learn: always sparse; null and undefined are no value, not NaN; numbers are finite.
 *
 * @example
 * ```ts
 * import { DictVectorizer } from 'boreal';
 * const vectorizer = new DictVectorizer();
 * const rows = await vectorizer.fitTransform([{ city: 'Oslo', size: 3 }, { city: 'Bern' }]);
 * vectorizer.getFeatureNamesOut(); // ['city=Bern', 'city=Oslo', 'size']
 * rows.toArray(); // [[0, 1, 3], [1, 0, 0]]
 * ```
 */
export class DictVectorizer extends SparseTransformer<
  readonly NamedRecord[],
  DictVectorizerParams,
  VocabularyState
> {
  #read: { readonly state: VocabularyState; readonly names: readonly string[] } | null = null;

  constructor(params: Partial<DictVectorizerParams> = {}) {
    super({ separator: '=', sort: true, ...params });
  }

  get rules(): Rules<DictVectorizerParams> {
    return { separator: custom('a text', (v) => typeof v === 'string'), sort: bool };
  }

  get stateRules(): Rules<VocabularyState> {
    return { terms: uint8s() };
  }

  protected override checkState({ terms }: VocabularyState): void {
    native.termsCreate(terms);
  }

  protected inputColumns(): readonly Column[] {
    return DOCUMENT_COLUMNS;
  }

  protected async learn(X: unknown): Promise<Learned<VocabularyState>> {
    const { separator, sort } = this.params;
    const records = recordsOf(X);
    const found = new Set<string>();
    for (const record of records) for (const [name] of valuesOf(record, separator)) found.add(name);
    if (found.size === 0)
      throw new ValidationError('ERR_EMPTY', 'DictVectorizer: the records have no values.');
    const names = sort ? [...found].sort(byCodePoints) : [...found];
    return { state: { terms: encodeTerms(names) }, rows: async () => rowsOf(records, names, separator) };
  }

  protected async vectorize(X: unknown): Promise<CsrMatrix> {
    return rowsOf(recordsOf(X), this.#names, this.fittedParams.separator);
  }

  get #names(): readonly string[] {
    const { state } = this;
    if (this.#read?.state !== state) this.#read = { state, names: decodeTerms(state.terms) };
    return this.#read.names;
  }

  getFeatureNamesOut(): string[] {
    return [...this.#names];
  }

  /**
   * Leaves out columns: what comes after has those that stay, in the order of `support`. The model changes, until the next `fit`.
   *
   * Differs from scikit-learn: a place that stands twice in `support`, or nothing in it, is refused.
   *
   * @param support - whether each column stays, as `getSupport` of a selector says
   * @param options - `indices`: support holds the places of the columns that stay. Default false
   * @returns this
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} for a `support` of another length than there are columns, and places that are none
   * @throws {ERR_PARAMETER} where a place stands twice
   * @throws {ERR_EMPTY} where no column stays
   * @example
   * ```ts
   * import { chi2, DictVectorizer, SelectKBest } from 'boreal';
   * const records = [{ foo: 1, bar: 2 }, { foo: 3, baz: 1 }];
   * const vectorizer = new DictVectorizer();
   * const rows = await vectorizer.fitTransform(records);
   * const selector = await new SelectKBest({ scoreFunc: chi2, k: 2 }).fit(rows, [0, 1]);
   * vectorizer.restrict(selector.getSupport()).getFeatureNamesOut(); // ['bar', 'foo']
   * ```
   */
  restrict(support: ArrayLike<boolean | number>, { indices = false }: { indices?: boolean } = {}): this {
    const names = this.#names;
    const { params, fitted } = this.snapshot();
    const given = Array.from(support ?? [], Number);
    if (!indices && given.length !== names.length) {
      const message = `restrict: support has ${given.length} values, but there are ${names.length} names.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const places = indices ? given : [...given.keys()].filter((j) => given[j] !== 0);
    const none = places.find((j) => !Object.hasOwn(names, j));
    if (none !== undefined)
      throw new ValidationError('ERR_SHAPE', `restrict: ${none} is no place among ${names.length} names.`);
    if (new Set(places).size < places.length)
      throw new ValidationError('ERR_PARAMETER', 'restrict: a column stands twice in support.');
    if (places.length === 0) throw new ValidationError('ERR_EMPTY', 'restrict: no column stays.');
    const terms = encodeTerms(places.map((j) => names[j]));
    this.setFitted(params, { ...fitted!, state: { terms } });
    return this;
  }

  /** The column of each name. @throws {ERR_NOT_FITTED} before `fit` */
  get vocabulary(): Map<string, number> {
    return new Map(this.#names.map((name, j) => [name, j]));
  }

  /**
   * The values of each row that are not 0, by the names of their columns.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns
   */
  inverseTransform(X: MatrixLike): Array<Record<string, number>> {
    const names = this.#names;
    const x = isSparse(X) ? requireCsr(X) : CsrMatrix.from(X);
    if (x.cols !== names.length)
      throw new ValidationError('ERR_SHAPE', `X has ${x.cols} columns, but there are ${names.length} names.`);
    return Array.from({ length: x.rows }, (_, i) => {
      const { indices, data } = x.row(i);
      const pairs = Array.from(indices, (j, k) => [names[j], data[k]] as const);
      return Object.fromEntries(pairs.filter(([, value]) => value !== 0));
    });
  }
}

interface Place {
  readonly row: number;
  readonly record: object;
}

/** @throws {ERR_DTYPE} for what is no list of records */
function recordsOf(X: unknown): Place[] {
  if (!Array.isArray(X))
    throw new ValidationError('ERR_DTYPE', `DictVectorizer reads an array of records; got ${show(X)}.`);
  return X.map((record: unknown, row) => {
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) return { row, record };
    throw refusal(row, `is ${show(record)}, no record`);
  });
}

/** The names of columns and the values of a record. @throws {ERR_DTYPE} for a value that is none */
function* valuesOf({ row, record }: Place, separator: string): Generator<[name: string, value: number]> {
  for (const [name, value] of Object.entries(record)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'string') yield [`${name}${separator}${value}`, 1];
    else if (typeof value === 'boolean' || Number.isFinite(value)) yield [name, Number(value)];
    else if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      for (const item of value) yield [`${name}${separator}${item}`, 1];
    else
      throw refusal(
        row,
        `has ${show(value)} under '${name}': values are numbers, booleans, texts or lists of texts`,
      );
  }
}

function refusal(row: number, what: string): ValidationError {
  const error = new ValidationError('ERR_DTYPE', `DictVectorizer: row ${row} ${what}.`);
  error.row = row;
  return error;
}

function rowsOf(records: readonly Place[], names: readonly string[], separator: string): CsrMatrix {
  const columns = new Map(names.map((name, j) => [name, j]));
  const indptr = new Int32Array(records.length + 1);
  const [indices, data]: [number[], number[]] = [[], []];
  for (const [i, record] of records.entries()) {
    // A text that a list holds twice counts twice.
    const sums = new Map<number, number>();
    for (const [name, value] of valuesOf(record, separator)) {
      const column = columns.get(name);
      if (column !== undefined) sums.set(column, (sums.get(column) ?? 0) + value);
    }
    for (const [column, value] of [...sums].sort(([a], [b]) => a - b)) {
      indices.push(column);
      data.push(value);
    }
    indptr[i + 1] = indices.length;
  }
  const parts = { data: Float64Array.from(data), indices: Int32Array.from(indices), indptr };
  return new CsrMatrix({ ...parts, cols: names.length });
}

/** As Python sorts text, which JavaScript does by UTF-16 units. */
function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
