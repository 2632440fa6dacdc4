/** What all importers share: the error, checks of what a file says, and text or bytes as either. */
import type { Label } from '../core/labels.js';
import { show } from '../core/params.js';
import { FileFormatError, ValidationError } from '../errors.js';

/** A file larger than this is refused: its parsed form would not fit into memory anyway. */
const MAX_BYTES = 1 << 30;

/** The error of every importer. */
export function refuse(library: string, why: string, cause?: unknown): FileFormatError {
  return new FileFormatError('ERR_IMPORT', `This ${library} model cannot be imported: ${why}.`, { cause });
}

/** Reads members of a parsed file, whose types nobody has checked. Paths name what is wrong. */
export class Reader {
  readonly #library: string;
  readonly #where: string;

  constructor(library: string, where = '') {
    this.#library = library;
    this.#where = where;
  }

  /** A reader whose errors begin with a place in the file. */
  within(where: string): Reader {
    return new Reader(this.#library, `${where}: `);
  }

  fail(why: string, cause?: unknown): FileFormatError {
    return refuse(this.#library, this.#where + why, cause);
  }

  /** @throws {ERR_IMPORT} for a file that is too large to be read; {ERR_PARAMETER} for what is neither bytes nor `text` */
  checkSource(source: string | Uint8Array, text: 'or text' | 'no text' = 'or text'): void {
    if (!(source instanceof Uint8Array) && !(typeof source === 'string' && text === 'or text')) {
      const wanted = text === 'or text' ? 'text or a Uint8Array' : 'a Uint8Array';
      const message = `A model of ${this.#library} comes as ${wanted}; got ${show(source)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    if (source.length === 0) throw this.fail('it is empty');
    if (source.length > MAX_BYTES) throw this.fail(`it has ${source.length} bytes, more than ${MAX_BYTES}`);
  }

  /** The bytes as text. */
  text(source: string | Uint8Array): string {
    this.checkSource(source);
    if (typeof source === 'string') return source;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(source);
    } catch (error) {
      throw this.fail('it is not UTF-8 text', error);
    }
  }

  /** A member that is an object. */
  object(parent: object, ...path: string[]): Record<string, unknown> {
    const value = this.find(parent, path);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
      return value as Record<string, unknown>;
    }
    throw this.fail(`it has no object '${path.join('.')}'`);
  }

  /** A member that is a list. */
  list(parent: object, ...path: string[]): unknown[] {
    const value = this.find(parent, path);
    if (Array.isArray(value)) return value;
    throw this.fail(`it has no list '${path.join('.')}'`);
  }

  /** A member that is a list of finite numbers, or true and false. @param length - which it must have */
  numbers(parent: object, name: string, length?: number): Float64Array {
    const value = this.find(parent, [name]);
    if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw this.fail(`it has no list '${name}'`);
    const list = value as ArrayLike<unknown>;
    if (length !== undefined && list.length !== length)
      throw this.fail(`'${name}' has ${list.length} values, not ${length}`);
    const numbers = new Float64Array(list.length);
    for (let i = 0; i < list.length; i++) {
      const each = list[i];
      if (typeof each !== 'number' && typeof each !== 'boolean')
        throw this.fail(`'${name}' holds no numbers`);
      numbers[i] = Number(each);
      if (!Number.isFinite(numbers[i])) throw this.fail(`'${name}' holds ${numbers[i]}`);
    }
    return numbers;
  }

  /** A member that is text, as numbers often are. */
  string(parent: object, name: string): string {
    const value = this.find(parent, [name]);
    if (typeof value === 'string') return value;
    throw this.fail(`it has no text '${name}'`);
  }

  /** A whole number in [least, most], which may be written as text. */
  count(parent: object, name: string, least: number, most: number): number {
    const value = Number(this.find(parent, [name]));
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.fail(`'${name}' is no whole number from ${least} to ${most}`);
  }

  /** Names of features, no two of which may be the same. */
  distinct(names: string[]): string[] {
    if (new Set(names).size === names.length) return names;
    throw this.fail('two of its features have the same name');
  }

  /** The labels of so many classes: those given, or 0, 1, 2, ... */
  classes(given: readonly Label[] | undefined, count: number): readonly Label[] {
    if (given === undefined || given === null) return Array.from({ length: count }, (_, c) => c);
    if (!Array.isArray(given)) throw this.fail(`'classes' must be a list of labels; got ${show(given)}`);
    if (given.length !== count)
      throw this.fail(`it has ${count} classes, and 'classes' names ${given.length}`);
    const type = typeof given[0];
    const alike = given.every((label) => typeof label === type && !Number.isNaN(label));
    if (!alike || !['string', 'number', 'boolean'].includes(type) || new Set(given).size !== count)
      throw this.fail("'classes' must be different labels, all of them text, numbers or booleans");
    return given;
  }

  /** What stands for the labels of a model without classes, for which none may be given. */
  noClasses(given: readonly Label[] | undefined): undefined {
    if (given !== undefined && given !== null)
      throw this.fail("it has no classes, for which 'classes' gives labels");
    return undefined;
  }

  /** Own members only: a file may name 'constructor'. */
  find(parent: object, path: readonly string[]): unknown {
    let value: unknown = parent;
    for (const name of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return value;
  }
}
