/** Documents as UTF-8 in shared memory, which native jobs read in place. */
import { setImmediate } from 'node:timers/promises';
import type { Documents } from '../core/matrix.js';
import { show } from '../core/params.js';
import { isTable, type Table, tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';

/** Document i stands at the bytes from starts[i] to starts[i + 1]. */
export interface Corpus {
  readonly bytes: Uint8Array;
  readonly starts: Float64Array;
}

/** What stands after each token in lists of tokens: no byte of UTF-8. */
export const TOKEN_END = 0xff;
/** Characters after which the event loop gets its turn: a few milliseconds of work. */
const CHARACTERS_PER_TURN = 1 << 21;

/** Writes a document: its text, or its tokens. */
export type WriteDocument = (writer: Utf8Writer, text: string) => void;

/** Appends text to shared memory that grows. */
export class Utf8Writer {
  #buffer: Buffer;
  #at = 0;

  constructor(bytes: number) {
    this.#buffer = Buffer.from(new SharedArrayBuffer(Math.max(64, bytes)));
  }

  get length(): number {
    return this.#at;
  }

  text(text: string): void {
    // A UTF-16 unit takes 3 bytes at most; only near the end it pays to count.
    if (this.#at + 3 * text.length > this.#buffer.length) this.#reserve(Buffer.byteLength(text));
    this.#at += this.#buffer.write(text, this.#at);
  }

  token(token: string): void {
    this.text(token);
    this.#reserve(1);
    this.#buffer[this.#at++] = TOKEN_END;
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, 0, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.from(new SharedArrayBuffer(Math.max(2 * this.#buffer.length, this.#at + bytes)));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}

/**
 * Documents as a list of texts, of which a table of one column is another form.
 *
 * @throws {ERR_DTYPE} for what is neither
 */
export function requireDocuments(given: unknown): Documents {
  const value = isTable(given) ? columnOf(given) : given;
  if (!Array.isArray(value)) {
    throw new ValidationError('ERR_DTYPE', `Documents are an array of strings; got ${show(value)}.`);
  }
  const odd = value.findIndex((text) => typeof text !== 'string');
  if (odd < 0) return value;
  const error = new ValidationError('ERR_DTYPE', `Document ${odd} is ${show(value[odd])}, not a string.`);
  error.row = odd;
  throw error;
}

/** The values of the one column of a table. */
function columnOf(table: Table): unknown {
  const { names, columns } = tableToColumns(table);
  if (columns.length === 1) return Array.from(columns[0]);
  const message = `Documents are an array of strings, or a table of one column; got ${names.length} columns.`;
  throw new ValidationError('ERR_DTYPE', message);
}

/** Writes documents one after another, with turns for the event loop in between. They are read at once where they are few. */
export async function writeCorpus(documents: Documents, write: WriteDocument): Promise<Corpus> {
  // The caller may change the array meanwhile; strings never change.
  const texts = documents.slice();
  const writer = new Utf8Writer(texts.reduce((sum, text) => sum + text.length, texts.length));
  const starts = new Float64Array(texts.length + 1);
  let read = 0;
  for (const [i, text] of texts.entries()) {
    write(writer, text);
    starts[i + 1] = writer.length;
    read += text.length;
    if (read < CHARACTERS_PER_TURN) continue;
    read = 0;
    await setImmediate();
  }
  return { bytes: writer.finish(), starts };
}
