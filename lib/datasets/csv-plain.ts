/**
 * The fast way through a CSV file in which nothing is quoted: bytes become numbers without becoming text first, by the native
 * core while there are only numbers, else here. Whatever is out
 * of the ordinary (a quote, a row of another length, text in a column of numbers, a lone carriage return) ends it, and the
 * file is read again by csv-parse, which knows all of CSV and says what is wrong. So this file never throws, and never decides.
 *
 * Digits that make a number up to 2^53 and a power of ten up to 22 are exact in float64, and so their product or quotient is the number
 * that is nearest to what is written (Clinger, How to read floating point numbers accurately, 1990); others go to Number().
 */
import { native } from '../native.js';

/** What the reader has to know of the options. */
export interface PlainOptions {
  readonly header: boolean | readonly string[];
  readonly delimiter: string;
  readonly quote: string | null;
  readonly missing: ReadonlySet<string>;
  /** Of columns that are not guessed: whether they are numbers. */
  readonly isNumber: (name: string) => boolean | undefined;
  /** Of how many bytes the file is, where that is known. */
  readonly size?: number;
}

/** A column on its way: numbers until now, or text, or neither while nothing was there. */
interface Growing {
  kind: 'unknown' | 'number' | 'text';
  numbers: Float64Array;
  texts: string[];
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const ZERO = 48;
/** Never a byte of UTF-8. */
const WORD_END = 255;
/** Up to here a sum of digits is exact, and so was each on the way to it. */
const MOST = 2 ** 53;
const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/** Reads chunks of bytes into columns. */
export class PlainCsvReader {
  readonly #options: PlainOptions;
  readonly #delimiter: number;
  readonly #quote: number;
  #names: string[] | undefined;
  #columns: Growing[] = [];
  #rows = 0;
  #rest: Buffer = Buffer.alloc(0);
  /** Whether all was numbers until now, and the native core reads the next lines. */
  #isNumeric = true;
  /** How many bytes were pushed. */
  #seen = 0;
  readonly #missing: Buffer;
  #isFirst = true;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = options.quote === null ? -1 : options.quote.charCodeAt(0);
    this.#missing = Buffer.concat(
      [...options.missing].flatMap((word) => [Buffer.from(word), Buffer.of(WORD_END)]),
    );
    if (Array.isArray(options.header)) this.#setNames(options.header as string[]);
  }

  /** Whether a file under these options may be plain at all. */
  static suits({ delimiter, quote }: Pick<PlainOptions, 'delimiter' | 'quote'>): boolean {
    const isByte = (text: string) =>
      text.length === 1 && text.charCodeAt(0) < 128 && !/[\r\n\d.eE+\- ]/.test(text);
    return isByte(delimiter) && (quote === null || isByte(quote));
  }

  #setNames(header: readonly string[]): void {
    this.#names = header.map((name, j) => (name.trim() === '' ? `x${j}` : name.trim()));
    this.#columns = this.#names.map((name) => {
      const isNumber = this.#options.isNumber(name);
      const kind = isNumber === undefined ? 'unknown' : isNumber ? 'number' : 'text';
      return { kind, numbers: new Float64Array(kind === 'text' ? 0 : 1024).fill(Number.NaN), texts: [] };
    });
  }

  /** Takes the next bytes. @returns false when the file is not plain */
  push(chunk: Buffer): boolean {
    this.#seen += chunk.length;
    let bytes = chunk;
    if (this.#rest.length > 0) {
      // The line that began in the last chunk, alone: joining the chunks would copy all of this one.
      const stop = this.#isFirst ? chunk.length : chunk.indexOf(LF) + 1;
      const joined = Buffer.concat([this.#rest, chunk.subarray(0, stop || chunk.length)]);
      if (stop === 0 || this.#isFirst) {
        bytes = joined;
      } else {
        this.#rest = Buffer.alloc(0);
        if (!this.#lines(joined, joined.length)) return false;
        bytes = chunk.subarray(stop);
      }
    }
    if (this.#isFirst) {
      // What a byte order mark is can be told from three bytes.
      if (bytes.length < 3) {
        this.#rest = Buffer.from(bytes);
        return true;
      }
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      this.#isFirst = false;
    }
    const end = bytes.lastIndexOf(LF) + 1;
    // A copy, so that the chunk may be used again by whoever owns it.
    this.#rest = Buffer.from(bytes.subarray(end));
    return this.#lines(bytes, end);
  }

  /** The names and columns; undefined when the file is not plain. */
  finish(): { names: string[]; columns: (Float64Array | string[])[] } | undefined {
    if (this.#rest.length > 0) {
      this.#isFirst = false;
      const last = Buffer.concat([this.#rest, Buffer.of(LF)]);
      if (!this.#lines(last, last.length)) return undefined;
    }
    const names = this.#names;
    if (names === undefined || this.#rows === 0 || new Set(names).size < names.length) return undefined;
    return {
      names,
      columns: this.#columns.map(({ kind, numbers, texts }) =>
        kind === 'text' ? texts : cropped(numbers, this.#rows),
      ),
    };
  }

  #lines(bytes: Buffer, end: number): boolean {
    let at = 0;
    if (this.#names === undefined) {
      while (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF)) at += bytes[at] === LF ? 1 : 2;
      if (at >= end) return true;
      const stop = bytes.indexOf(LF, at);
      const line = bytes.toString('utf8', at, bytes[stop - 1] === CR ? stop - 1 : stop);
      const { quote, delimiter, header } = this.#options;
      if (line.includes('\r') || (quote !== null && line.includes(quote))) return false;
      const names = line.split(delimiter);
      this.#setNames(header === false ? names.map(() => '') : names);
      if (header !== false) at = stop + 1;
    }
    if (this.#isNumeric && at < end) {
      this.#isNumeric = this.#numbers(bytes.subarray(at, end));
      if (this.#isNumeric) return true;
    }
    while (at < end) {
      at = this.#line(bytes, at);
      if (at < 0) return false;
    }
    return true;
  }

  /** Lines of numbers only. @returns false when there is something else, and nothing has changed */
  #numbers(lines: Buffer): boolean {
    const columns = this.#columns;
    if (columns.some(({ kind }) => kind === 'text')) return false;
    const quote = this.#quote < 0 ? null : this.#quote;
    const read = () => {
      const arrays = columns.map(({ numbers }) => numbers);
      return native.csvNumbers(lines, this.#delimiter, quote, arrays, this.#rows, this.#missing);
    };
    let rows = read();
    if (rows === null) return false;
    const end = this.#rows + rows;
    if (end > columns[0].numbers.length) {
      for (const column of columns) column.numbers = longer(column.numbers, this.#expect(end));
      rows = read();
      if (rows === null) return false;
    }
    for (const column of columns) {
      if (column.kind === 'number') continue;
      if (column.numbers.subarray(this.#rows, end).some((value) => !Number.isNaN(value)))
        column.kind = 'number';
    }
    this.#rows = end;
    return true;
  }

  /** How many rows to make room for when there are so many already: what the whole file has, a little more, if its rest is like this. */
  #expect(rows: number): number {
    const { size = 0 } = this.#options;
    if (size === this.#seen) return rows;
    // More than was known of, such as a file that others write to.
    if (size < this.#seen) return 2 * rows;
    // Not at once for a file that begins with short lines.
    return Math.ceil(rows * Math.min((1.02 * size) / this.#seen, 8));
  }

  /** One line. @returns where the next begins, or -1 when the file is not plain */
  #line(bytes: Buffer, from: number): number {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    // Beside the space; where tabs separate fields they are no blanks.
    const blank = delimiter === TAB ? SPACE : TAB;
    const columns = this.#columns;
    const row = this.#rows;
    let at = from;
    if (bytes[at] === LF) return at + 1;
    if (bytes[at] === CR && bytes[at + 1] === LF) return at + 2;
    for (let j = 0; ; j++) {
      if (j === columns.length) return -1;
      const column = columns[j];
      const start = at;
      let value = Number.NaN;
      if (column.kind !== 'text') {
        // A number, as most fields are, or a guess that the rest of this loop takes back.
        while (bytes[at] === SPACE || bytes[at] === blank) at++;
        const first = at;
        let byte = bytes[at];
        const isNegative = byte === 45;
        if (isNegative || byte === 43) byte = bytes[++at];
        let mantissa = 0;
        let exponent = 0;
        for (; byte >= ZERO && byte <= 57; byte = bytes[++at]) {
          mantissa = mantissa * 10 + (byte - ZERO);
        }
        let seen = at - first - (isNegative || bytes[first] === 43 ? 1 : 0);
        if (byte === 46) {
          const point = ++at;
          for (byte = bytes[at]; byte >= ZERO && byte <= 57; byte = bytes[++at]) {
            mantissa = mantissa * 10 + (byte - ZERO);
          }
          exponent = point - at;
          seen += at - point;
        }
        if (seen > 0 && (byte === 101 || byte === 69)) {
          byte = bytes[++at];
          const isBelow = byte === 45;
          if (isBelow || byte === 43) byte = bytes[++at];
          const begin = at;
          let power = 0;
          for (; byte >= ZERO && byte <= 57; byte = bytes[++at])
            power = Math.min(power * 10 + (byte - ZERO), 9999);
          if (at === begin) seen = 0;
          exponent += isBelow ? -power : power;
        }
        const last = at;
        while (byte === SPACE || byte === blank) byte = bytes[++at];
        const isWhole =
          seen > 0 && (byte === delimiter || byte === LF || (byte === CR && bytes[at + 1] === LF));
        if (isWhole) {
          if (mantissa <= MOST && exponent >= -22 && exponent <= 22)
            value = exponent < 0 ? mantissa / POWERS[-exponent] : mantissa * POWERS[exponent];
          else value = Math.abs(Number(bytes.toString('latin1', first, last)));
          if (isNegative) value = -value;
          if (column.kind === 'unknown') column.kind = 'number';
        } else {
          at = start;
        }
      }
      if (column.kind === 'text' || Number.isNaN(value)) {
        let isAscii = 0;
        let byte = bytes[at];
        while (byte !== delimiter && byte !== LF && byte !== CR && byte !== quote) {
          isAscii |= byte;
          byte = bytes[++at];
        }
        if (byte === quote || (byte === CR && bytes[at + 1] !== LF)) return -1;
        const text = bytes.toString(isAscii < 128 ? 'latin1' : 'utf8', start, at);
        if (column.kind !== 'text' && !this.#options.missing.has(text.trim())) {
          if (column.kind === 'number') return -1;
          // Until now all was missing, in words that this reader did not keep.
          if (row > 0) return -1;
          column.kind = 'text';
        }
        if (column.kind === 'text') column.texts.push(text);
      }
      if (column.kind !== 'text') {
        if (row >= column.numbers.length) column.numbers = longer(column.numbers, Math.max(1024, 2 * row));
        column.numbers[row] = value;
      }
      const byte = bytes[at];
      if (byte === delimiter) {
        at++;
        continue;
      }
      if (j + 1 < columns.length) return -1;
      this.#rows = row + 1;
      return at + (byte === CR ? 2 : 1);
    }
  }
}

function longer(numbers: Float64Array, length: number): Float64Array {
  const all = new Float64Array(length);
  all.set(numbers);
  return all;
}

/** The first numbers; a copy where the rest would keep much memory. */
function cropped(numbers: Float64Array, length: number): Float64Array {
  return numbers.length <= 1.125 * length ? numbers.subarray(0, length) : numbers.slice(0, length);
}
