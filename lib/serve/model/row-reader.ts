/**
 * Checks a row of a request against the schema and encodes it, in one pass. Stricter than `Schema.encode`: a client
 * hears of every field that is unknown, missing or of the wrong type, where a table may carry more than a model reads.
 */
import type { FloatArray } from '../../core/matrix.js';
import type { Column, Schema } from '../../core/schema.js';
import type { Cell } from '../../core/table.js';
import type { Problem } from '../request-error.js';

/** A hostile row could be wrong in a million ways; this many are worth telling. */
const MAX_PROBLEMS = 20;
const MAX_SHOWN = 60;

const NONE: readonly Problem[] = [];

/** What becomes of a field that the model does not know. */
export type UnknownFieldPolicy = 'refuse' | 'ignore';

/** Reads rows for one model. */
export class RowReader {
  readonly #schema: Schema;
  readonly #ignoresUnknown: boolean;

  constructor(schema: Schema, unknownFields: UnknownFieldPolicy = 'refuse') {
    this.#schema = schema;
    this.#ignoresUnknown = unknownFields === 'ignore';
  }

  /**
   * Writes one row to `slab` at `offset`.
   *
   * @param row - named fields, values in column order, or `{ features: values in column order }`
   * @returns what is wrong with it; empty when the row is fine, else `slab` is unspecified there
   */
  read(row: unknown, slab: FloatArray, offset: number): readonly Problem[] {
    const cells = this.#cellsOf(row);
    if (Array.isArray(cells)) return this.#readCells(cells, slab, offset);
    if (typeof cells === 'object' && cells !== null) return this.#readFields(cells as Fields, slab, offset);
    return [{ code: 'ERR_REQUEST', error: `A row is an object of fields; got ${describe(cells)}.` }];
  }

  /** Writes a row whose value in column j is `valueAt(j)`; as {@link RowReader.read}. */
  readBy(valueAt: (j: number) => unknown, slab: FloatArray, offset: number): readonly Problem[] {
    const { columns } = this.#schema;
    let problems: Problem[] | undefined;
    for (let j = 0; j < columns.length; j++) {
      const problem = this.#readCell(j, valueAt(j), slab, offset);
      if (problem !== undefined) problems = push(problems, problem);
    }
    return problems ?? NONE;
  }

  /**
   * Checks a row of numbers and booleans that are encoded: the same rules as for values.
   *
   * @param given - the values before they were rounded to the plan's precision
   */
  check(slab: FloatArray, offset: number, given: (j: number) => number): readonly Problem[] {
    const { columns } = this.#schema;
    let problems: Problem[] | undefined;
    for (let j = 0; j < columns.length; j++) {
      const value = slab[offset + j];
      const { kind, hasMissing } = columns[j];
      const isMissing = Number.isNaN(value);
      if (isMissing && hasMissing) continue;
      if (Number.isFinite(value) && (kind === 'number' || value === 0 || value === 1)) continue;
      const problem = this.#readCell(j, isMissing ? undefined : given(j), slab, offset);
      if (problem !== undefined) problems = push(problems, problem);
    }
    return problems ?? NONE;
  }

  /** What is wrong with the names of a table's columns; absent ones whose values may be missing are fine. */
  checkNames(names: readonly string[]): readonly Problem[] {
    let problems: Problem[] | undefined;
    const seen = new Set<string>();
    for (const name of names) {
      if (this.#schema.indexOf(name) < 0) {
        if (!this.#ignoresUnknown) problems = push(problems, this.#unknownField(name));
      } else if (seen.has(name)) {
        const error = `Column ${quote(name)} is there twice.`;
        problems = push(problems, { code: 'ERR_REQUEST', error, field: name });
      }
      seen.add(name);
    }
    for (const { name, hasMissing } of this.#schema.columns) {
      if (hasMissing || seen.has(name)) continue;
      problems = push(problems, {
        code: 'ERR_REQUEST',
        error: `Column ${quote(name)} is missing.`,
        field: name,
      });
    }
    return problems ?? NONE;
  }

  /** What a row that `read` found fine holds in column j. */
  valueAt(row: unknown, j: number): unknown {
    const cells = this.#cellsOf(row);
    return Array.isArray(cells) ? cells[j] : (cells as Fields)[this.#schema.columns[j].name];
  }

  #cellsOf(row: unknown): unknown {
    const features = (row as { features?: unknown } | null)?.features;
    return Array.isArray(features) && this.#schema.indexOf('features') < 0 ? features : row;
  }

  #readCells(cells: readonly unknown[], slab: FloatArray, offset: number): readonly Problem[] {
    const { columns } = this.#schema;
    if (cells.length !== columns.length) {
      const error = `The row has ${cells.length} values; the model takes ${columns.length}.`;
      return [{ code: 'ERR_REQUEST', error }];
    }
    return this.readBy((j) => cells[j], slab, offset);
  }

  #readFields(fields: Fields, slab: FloatArray, offset: number): readonly Problem[] {
    const { columns } = this.#schema;
    let known = 0;
    let problems: Problem[] | undefined;
    for (let j = 0; j < columns.length; j++) {
      // Only own fields: a column called 'constructor' must not find Object's.
      const given = Object.hasOwn(fields, columns[j].name);
      if (given) known += 1;
      const problem = this.#readCell(j, given ? fields[columns[j].name] : undefined, slab, offset);
      if (problem !== undefined) problems = push(problems, problem);
    }
    if (this.#ignoresUnknown) return problems ?? NONE;
    const names = Object.keys(fields);
    if (names.length === known) return problems ?? NONE;
    for (const name of names) {
      if (this.#schema.indexOf(name) < 0) problems = push(problems, this.#unknownField(name));
    }
    return problems ?? NONE;
  }

  #readCell(j: number, value: unknown, slab: FloatArray, offset: number): Problem | undefined {
    const column = this.#schema.columns[j];
    const { name } = column;
    if (value === undefined || value === null) {
      if (!column.hasMissing) {
        const what = value === null ? 'is null, but no value was missing in training' : 'is missing';
        return { code: 'ERR_REQUEST', error: `Field ${quote(name)} ${what}.`, field: name };
      }
    } else if (!fits(column, value)) {
      const error = `Field ${quote(name)} takes ${wanted(column)}; got ${describe(value)}.`;
      return { code: 'ERR_REQUEST', error, field: name };
    }
    // Texts are no numbers: what reads them asks for the values.
    if (column.kind === 'text') return undefined;
    slab[offset + j] = this.#schema.encodeCell(j, value as Cell);
    // 1e999 is Infinity by the rules of JSON.parse, and 1e300 is by those of float32.
    if (Math.abs(slab[offset + j]) === Number.POSITIVE_INFINITY) {
      return {
        code: 'ERR_INPUT_INFINITE',
        error: `Field ${quote(name)} is too large a number.`,
        field: name,
      };
    }
    return undefined;
  }

  #unknownField(name: string): Problem {
    const takes = list(this.#schema.columns.map((column) => column.name));
    const field = name.slice(0, MAX_SHOWN);
    return { code: 'ERR_REQUEST', error: `Unknown field ${quote(name)}; the model takes ${takes}.`, field };
  }
}

type Fields = Readonly<Record<string, unknown>>;

function push(problems: Problem[] | undefined, problem: Problem): Problem[] {
  if (problems === undefined) return [problem];
  if (problems.length < MAX_PROBLEMS) problems.push(problem);
  return problems;
}

/** The type that a column's values have in JSON. */
function jsonType({ kind, categories = [] }: Column): string {
  if (kind === 'text') return 'string';
  return kind === 'category' ? typeof (categories[0] ?? '') : kind;
}

function fits(column: Column, value: unknown): boolean {
  if (typeof value === jsonType(column)) return true;
  return column.kind === 'boolean' && (value === 0 || value === 1);
}

function wanted(column: Column): string {
  const type = jsonType(column);
  return type === 'string' ? 'text' : type === 'boolean' ? 'true or false' : 'a number';
}

/** A value in a few words; never more than a line, however large or deep it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `text ${quote(value)}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return value === undefined ? 'nothing' : String(value);
}

/** Text in quotes, shortened. */
export function quote(text: string): string {
  return `'${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text}'`;
}

/** Names in quotes, the first dozen of them. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 12).map(quote).join(', ');
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown;
}
