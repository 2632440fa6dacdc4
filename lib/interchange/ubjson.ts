/**
 * Reads Universal Binary JSON (ubjson.org, draft 12), in which XGBoost writes models by default. Nothing is believed: a
 * length is checked against the bytes that are left, and the depth is limited.
 */
import type { Reader } from './foreign.js';

const MAX_DEPTH = 64;

/** Bytes of a number, and how to read it. */
const NUMBERS: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  i: [1, (view, at) => view.getInt8(at)],
  U: [1, (view, at) => view.getUint8(at)],
  I: [2, (view, at) => view.getInt16(at)],
  l: [4, (view, at) => view.getInt32(at)],
  L: [8, (view, at) => Number(view.getBigInt64(at))],
  d: [4, (view, at) => view.getFloat32(at)],
  D: [8, (view, at) => view.getFloat64(at)],
};

/** The value that the bytes hold. @throws {ERR_IMPORT} when they are malformed */
export function parseUbjson(bytes: Uint8Array, reader: Reader): unknown {
  const parser = new Parser(bytes, reader);
  return parser.value(parser.marker(), 0);
}

class Parser {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #reader: Reader;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #at = 0;

  constructor(bytes: Uint8Array, reader: Reader) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#reader = reader;
  }

  /** The next marker that is not a no-op. */
  marker(): string {
    for (;;) {
      const marker = String.fromCharCode(this.#bytes[this.#take(1)]);
      if (marker !== 'N') return marker;
    }
  }

  value(marker: string, depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#fail(`values nest deeper than ${MAX_DEPTH}`);
    if (Object.hasOwn(NUMBERS, marker)) return this.#number(marker);
    switch (marker) {
      case 'Z':
        return null;
      case 'T':
        return true;
      case 'F':
        return false;
      case 'C':
        return String.fromCharCode(this.#bytes[this.#take(1)]);
      case 'S':
      case 'H':
        return this.#text();
      case '[':
        return this.#array(depth);
      case '{':
        return this.#object(depth);
      default:
        throw this.#fail(`byte ${this.#at - 1} is no marker`);
    }
  }

  #array(depth: number): unknown {
    const { type, count } = this.#header();
    if (type !== undefined && count !== undefined && Object.hasOwn(NUMBERS, type)) {
      const [bytes, read] = NUMBERS[type];
      const begin = this.#take(bytes * count);
      const numbers = new Float64Array(count);
      for (let i = 0; i < count; i++) numbers[i] = read(this.#view, begin + i * bytes);
      return numbers;
    }
    const items: unknown[] = [];
    if (type === undefined)
      for (const marker of this.#items(count, ']')) items.push(this.value(marker, depth + 1));
    else for (let i = 0; i < count!; i++) items.push(this.value(type, depth + 1));
    return items;
  }

  #object(depth: number): Record<string, unknown> {
    const { type, count } = this.#header();
    const entries: Array<[string, unknown]> = [];
    for (const marker of this.#items(count, '}')) {
      const name = this.#textOf(marker);
      entries.push([name, this.value(type ?? this.marker(), depth + 1)]);
    }
    // Own properties, whatever they are called.
    return Object.fromEntries(entries);
  }

  /** The first marker of each item of a container that a count or an end marker closes. */
  *#items(count: number | undefined, end: string): Generator<string> {
    for (let i = 0; i < (count ?? Infinity); i++) {
      const marker = this.marker();
      if (count === undefined && marker === end) return;
      yield marker;
    }
  }

  /** The type of all items and their count, where a container gives them. */
  #header(): { type?: string; count?: number } {
    let type: string | undefined;
    if (this.#peek('$')) {
      this.#take(1);
      type = this.marker();
      if (!this.#peek('#')) throw this.#fail('a container has a type and no count');
    }
    if (!this.#peek('#')) return {};
    this.#take(1);
    const count = this.#length(this.marker());
    if (count > this.#bytes.length) throw this.#fail(`a container of ${count} items runs past the end`);
    return { type, count };
  }

  #peek(marker: string): boolean {
    return this.#bytes[this.#at] === marker.charCodeAt(0);
  }

  #number(marker: string): number {
    const [bytes, read] = NUMBERS[marker];
    return read(this.#view, this.#take(bytes));
  }

  #length(marker: string): number {
    const length = 'iUIlL'.includes(marker) ? this.#number(marker) : Number.NaN;
    if (Number.isSafeInteger(length) && length >= 0) return length;
    throw this.#fail('a length is no whole number');
  }

  #text(): string {
    return this.#textOf(this.marker());
  }

  /** Text whose length begins with the given marker. */
  #textOf(marker: string): string {
    const length = this.#length(marker);
    const begin = this.#take(length);
    try {
      return this.#decoder.decode(this.#bytes.subarray(begin, begin + length));
    } catch (error) {
      throw this.#reader.fail('it holds text that is not UTF-8', error);
    }
  }

  /** Moves past so many bytes and returns where they begin. */
  #take(count: number): number {
    const begin = this.#at;
    if (count > this.#bytes.length - begin) throw this.#fail('it ends too early');
    this.#at += count;
    return begin;
  }

  #fail(why: string) {
    return this.#reader.fail(why);
  }
}
