/** The categories of columns: those that the caller lists, else those of the training set. */
import type { FitInput } from '../core/fit-input.js';
import { isMissing, type Label } from '../core/labels.js';
import type { Dtype } from '../core/matrix.js';
import { type NamedCategories, namedInOrder } from '../core/named-categories.js';
import { checkLength, custom, either, oneOf, type Rule, show } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { categoryLabel } from './category-label.js';

/** 'auto', or for each column a list of its categories (null: missing), or 'auto'. */
export type GivenCategories = 'auto' | ReadonlyArray<'auto' | ReadonlyArray<Label | null>>;

const isList = (v: unknown) => v === 'auto' || (Array.isArray(v) && v.length > 0);

/** The rule of a parameter that is one. */
export const givenCategories: Rule = either(
  oneOf('auto'),
  custom("a list with 'auto' or a list of categories for each column", (v) => {
    return Array.isArray(v) && v.every(isList);
  }),
);

/** @throws {ERR_PARAMETER} for lists that no column could have */
export function checkLists(owner: object, categories: GivenCategories): void {
  if (categories === 'auto') return;
  for (const [j, list] of categories.entries()) {
    const why = list === 'auto' ? undefined : refusal(list);
    if (why === undefined) continue;
    const message = `${owner.constructor.name}: categories of column ${j} ${why}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
}

/** Why no column has these categories. */
function refusal(list: ReadonlyArray<Label | null>): string | undefined {
  const labels = list.filter((label) => !isMissing(label));
  const odd = labels.find((label) => !['string', 'number', 'boolean'].includes(typeof label));
  if (odd !== undefined)
    return `hold ${show(odd)}; use text, numbers or booleans, and null for missing values`;
  const type = typeof labels[0];
  if (labels.some((label) => typeof label !== type)) return 'mix types';
  if (new Set(labels).size < labels.length || labels.length < list.length - 1) return 'name one twice';
  if (labels.length < list.length && !isMissing(list[list.length - 1]))
    return 'hold missing values, which must come last';
  if (labels.some((label) => Math.abs(Number(label)) === Infinity && type === 'number'))
    return 'must be finite';
  // As in scikit-learn: only texts have an order of their own.
  const isSorted = labels.every((label, k) => k === 0 || (labels[k - 1] as Label) < (label as Label));
  return type === 'string' || isSorted ? undefined : 'are no texts, and must be sorted';
}

/** What an encoder names of the columns that it gets. Within others, parameters are not checked yet. */
export function namedBy(categories: GivenCategories, columns: readonly Column[] | null): NamedCategories {
  if (!Array.isArray(categories)) return [];
  const lists = categories.map((list: unknown) =>
    (Array.isArray(list) ? list : [])
      .filter((label) => typeof label === 'string' || isMissing(label))
      .map((label) => (typeof label === 'string' ? label : null)),
  );
  return namedInOrder(lists, columns);
}

/** Categories as a plan reads them. */
export interface CategoryValues {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1] in `values`. */
  readonly offsets: Int32Array;
  /** Sorted by column; NaN (missing) last. */
  readonly values: Float64Array;
}

/**
 * The categories of a training set.
 *
 * @param isStrict - whether a listed column may hold nothing else
 * @throws {ERR_SHAPE} unless there is an entry for each column
 * @throws {ERR_DTYPE} for categories of another type than the column
 * @throws {ERR_UNKNOWN_CATEGORY} for a value that is not listed, if so wanted
 */
export async function knownCategories(
  owner: object,
  { x, columns, cancel }: FitInput,
  { categories, isStrict }: { readonly categories: GivenCategories; readonly isStrict: boolean },
): Promise<CategoryValues> {
  if (categories === 'auto') return native.columnDistinct(x.data, x.rows, x.cols, cancel);
  if (categories.length !== x.cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${owner.constructor.name}: categories has ${categories.length} lists, but X has ${x.cols} columns.`,
    );
  }
  const isSeen = isStrict || categories.includes('auto');
  const seen = isSeen ? await native.columnDistinct(x.data, x.rows, x.cols, cancel) : null;
  const byColumn = columns.map((column, j) => {
    const own = seen?.values.subarray(seen.offsets[j], seen.offsets[j + 1]) ?? new Float64Array(0);
    const list = categories[j];
    if (list === 'auto') return own;
    const values = valuesOf(owner, column, list, x.dtype).sort();
    if (values.some((value, k) => value === values[k + 1])) {
      const message = `${owner.constructor.name}: categories of column ${j} name one twice, as float32.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    if (isStrict) checkListed(owner, column, own, values);
    return values;
  });
  const offsets = new Int32Array(columns.length + 1);
  for (const [j, own] of byColumn.entries()) offsets[j + 1] = offsets[j] + own.length;
  const values = new Float64Array(offsets[columns.length]);
  for (const [j, own] of byColumn.entries()) values.set(own, offsets[j]);
  return { offsets, values };
}

/** Listed categories as a plan reads them, in their order. @throws {ERR_DTYPE} for another type than that of the column */
export function valuesOf(
  owner: object,
  { kind, name, categories }: Column,
  list: ReadonlyArray<Label | null>,
  dtype: Dtype,
): Float64Array {
  const type = kind === 'category' ? 'string' : kind;
  const codes = new Map(categories?.map((label, code) => [label, code]));
  return Float64Array.from(list, (label, k) => {
    if (label === null || isMissing(label)) return Number.NaN;
    if (typeof label !== type) {
      const held = kind === 'category' ? 'text' : `${kind}s`;
      const message = `${owner.constructor.name}: column '${name}' holds ${held}; ${show(label)} cannot be among its categories.`;
      throw new ValidationError('ERR_DTYPE', message);
    }
    // A text without a code, which the model around this one did not ask for, is no value of the column: not even an unknown one, -1.
    if (kind === 'category') return codes.get(label) ?? -2 - k;
    return dtype === 'float32' ? Math.fround(Number(label)) : Number(label);
  });
}

function checkListed(
  owner: object,
  column: Column,
  seen: ArrayLike<number>,
  listed: ArrayLike<number>,
): void {
  const known = new Set(Array.from(listed));
  const other = Array.from(seen).find((value) => !known.has(value));
  if (other === undefined) return;
  const label = JSON.stringify(categoryLabel(column, other));
  throw new ValidationError(
    'ERR_UNKNOWN_CATEGORY',
    `${owner.constructor.name}: column '${column.name}' holds ${label}, which is not among its categories.`,
  );
}

/** The list of a column. */
const listOf = (categories: GivenCategories, j: number) => (categories === 'auto' ? 'auto' : categories[j]);

/** A fitted encoder, as far as its categories go. */
export interface Encoder {
  readonly columns: readonly Column[];
  readonly dtype: Dtype;
  readonly categories: GivenCategories;
}

/** The categories of each column, by the caller's list or sorted; null for missing. */
export function labelsOf(
  { columns, categories }: Encoder,
  { offsets, values }: CategoryValues,
): Array<Array<Label | null>> {
  return columns.map((column, j) => {
    const list = listOf(categories, j);
    if (list !== 'auto') return list.map((label) => (isMissing(label) ? null : label));
    return Array.from(values.subarray(offsets[j], offsets[j + 1]), (value) => categoryLabel(column, value));
  });
}

/** Where each of `values` stands among the categories of its column; -1 where it is none. */
export function placesOf(
  owner: object,
  { columns, dtype, categories }: Encoder,
  { offsets, values }: CategoryValues,
): Int32Array {
  const places = columns.map((column, j) => {
    const own = values.subarray(offsets[j], offsets[j + 1]);
    const list = listOf(categories, j);
    if (list === 'auto') return Array.from(own.keys());
    const place = new Map(Array.from(valuesOf(owner, column, list, dtype), (value, k) => [value, k]));
    return Array.from(own, (value) => place.get(value) ?? -1);
  });
  return Int32Array.from(places.flat());
}

/** @throws {ERR_PARAMETER | ERR_DTYPE} unless a restored encoder has the categories that its parameters list */
export function checkRestored(
  owner: object,
  columns: readonly Column[],
  categories: GivenCategories,
  offsets?: Int32Array,
): void {
  if (categories === 'auto') return;
  checkLength(owner, 'categories', categories, columns.length);
  for (const [j, column] of columns.entries()) {
    const list = categories[j];
    if (list === 'auto') continue;
    valuesOf(owner, column, list, 'float64');
    if (offsets) checkLength(owner, 'values', list, offsets[j + 1] - offsets[j]);
  }
}
