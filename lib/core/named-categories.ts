/**
 * Categories that parameters name, and the training set may lack. Text becomes codes once, before anything is fitted; so every estimator is
 * asked first which texts it knows of the columns of X, and those around it ask the ones within.
 */
import { distinctLabels, isMissing } from './labels.js';
import type { Column } from './schema.js';

/** Texts by column, null for missing values; no lists at all where nothing is named. */
export type NamedCategories = ReadonlyArray<readonly NamedCategory[]>;
type NamedCategory = string | null;

/** What is asked. */
interface Namer {
  namedCategories(columns: readonly Column[] | null): NamedCategories;
}

const isNamer = (value: unknown): value is Namer =>
  typeof (value as Partial<Namer> | null | undefined)?.namedCategories === 'function';

/** What is named together. */
export function unitedCategories(all: readonly NamedCategories[]): NamedCategories {
  const some = all.filter((lists) => lists.length > 0);
  if (some.length < 2) return some[0] ?? [];
  const width = Math.max(...some.map((lists) => lists.length));
  return Array.from({ length: width }, (_, j) => some.flatMap((lists) => lists[j] ?? []));
}

/**
 * What the models name that are parameters, or parts of such.
 *
 * @param columns - of the rows that these get; null where nobody knows them before a fit: all that is named is then one list
 */
export function namedWithin(params: object, columns: readonly Column[] | null): NamedCategories {
  // A part is [name, model, ...] within a list of them.
  const models = [...Object.values(params)].flat(2).filter(isNamer);
  return unitedCategories(models.map((model) => model.namedCategories(columns)));
}

/** What is listed for each of a model's columns; where these are others than it gets, for all of these. */
export function namedInOrder(lists: NamedCategories, columns: readonly Column[] | null): NamedCategories {
  if (lists.every(({ length }) => length === 0)) return [];
  if (columns === null) return [lists.flat()];
  return lists.length === columns.length ? lists : columns.map(() => lists.flat());
}

/**
 * What a model names of whatever columns it gets, for each of these: where it cannot be told which are which. That a value may be missing
 * is said of none of them: every column would seem to allow it.
 */
export function namedAnywhere(model: Namer, columns: readonly Column[] | null): NamedCategories {
  const named = model.namedCategories(null);
  if (columns === null || named.length === 0) return named;
  const texts = named[0].filter((label) => label !== null);
  return texts.length === 0 ? [] : columns.map(() => texts);
}

/**
 * A column of a training set with what is named of it.
 *
 * @param values - those of the column, of a table
 */
export function withNamed(
  column: Column,
  named: readonly NamedCategory[] | undefined,
  values?: ArrayLike<unknown>,
): Column {
  if (named === undefined || named.length === 0) return column;
  const texts = named.filter((label) => label !== null);
  const isEmpty = () => values !== undefined && Array.prototype.every.call(values, isMissing);
  const isText = column.kind === 'category' || (texts.length > 0 && column.kind === 'number' && isEmpty());
  return {
    ...column,
    ...(isText && {
      kind: 'category',
      categories: distinctLabels([...(column.categories ?? []), ...texts], `Column '${column.name}'`),
    }),
    ...(named.includes(null) && { hasMissing: true }),
  };
}
