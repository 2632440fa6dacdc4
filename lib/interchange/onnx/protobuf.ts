/**
 * Protocol buffers (protobuf.dev/programming-guides/encoding): messages as plain objects, by a table of their fields.
 * Nothing is believed: a length is checked against the bytes that are left, depth and counts are limited.
 *
 * Our own and not a library: ONNX needs a dozen messages, and a library brings a parser of .proto files, a code
 * generator and more bytes than the whole of this package's other imports.
 */

/** How a field is written; the name of a message for a nested one. */
export type FieldKind = 'int' | 'float' | 'double' | 'text' | 'bytes' | { readonly message: string };

/** A field of a message. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly repeated: boolean;
}
/** Fields by number, of each message by name. */
export type Messages = Readonly<Record<string, Readonly<Record<number, Field>>>>;

/** A message as read: values by the name of their field, a list for repeated ones; absent ones are missing. */
export type Message = Record<string, unknown>;

const MAX_DEPTH = 24;
const MAX_MESSAGES = 500_000;
/** Numbers and texts in lists: what they take in memory stays below what a file of that size may ask for. */
const MAX_VALUES = 1 << 27;

const Wire = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

/** Reads a message. @throws what `fail` makes of a malformed one */
export function decodeMessage(
  bytes: Uint8Array,
  messages: Messages,
  name: string,
  fail: (why: string) => Error,
): Message {
  return new Decoder(bytes, messages, fail).message(name, bytes.length, 0);
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #messages: Messages;
  readonly #fail: (why: string) => Error;
  readonly #text = new TextDecoder('utf-8', { fatal: true });
  #at = 0;
  #count = 0;
  #values = 0;

  constructor(bytes: Uint8Array, messages: Messages, fail: (why: string) => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#messages = messages;
    this.#fail = fail;
  }

  /** The message that ends at `end`. */
  message(name: string, end: number, depth: number): Message {
    if (depth > MAX_DEPTH) throw this.#fail(`its messages nest deeper than ${MAX_DEPTH}`);
    if (++this.#count > MAX_MESSAGES) throw this.#fail(`it has more than ${MAX_MESSAGES} messages`);
    const fields = this.#messages[name];
    const message: Message = Object.create(null);
    while (this.#at < end) {
      const tag = this.#varint(end);
      const wire = tag % 8;
      const field = Object.hasOwn(fields, (tag - wire) / 8) ? fields[(tag - wire) / 8] : undefined;
      if (field === undefined) this.#skip(wire, end);
      else this.#field(message, field, wire, end, depth);
    }
    return message;
  }

  #field(message: Message, field: Field, wire: number, end: number, depth: number): void {
    const { kind, name, repeated } = field;
    if (!repeated) {
      message[name] = this.#value(field, wire, end, depth);
      return;
    }
    message[name] ??= [];
    const list = message[name] as unknown[];
    const isNumber = kind === 'int' || kind === 'float' || kind === 'double';
    if (!isNumber || wire !== Wire.length) {
      this.#countValues(1);
      list.push(this.#value(field, wire, end, depth));
      return;
    }
    const last = this.#length(end);
    const own = kind === 'int' ? Wire.varint : kind === 'float' ? Wire.fixed32 : Wire.fixed64;
    while (this.#at < last) {
      this.#countValues(1);
      list.push(this.#value(field, own, last, depth));
    }
  }

  #value({ kind, name }: Field, wire: number, end: number, depth: number): unknown {
    const expected =
      kind === 'int'
        ? Wire.varint
        : kind === 'float'
          ? Wire.fixed32
          : kind === 'double'
            ? Wire.fixed64
            : Wire.length;
    if (wire !== expected) throw this.#fail(`its field '${name}' has wire type ${wire}`);
    if (kind === 'int') return this.#varint(end);
    if (kind === 'float') return this.#view.getFloat32(this.#take(4, end), true);
    if (kind === 'double') return this.#view.getFloat64(this.#take(8, end), true);
    const last = this.#length(end);
    if (typeof kind === 'object') return this.message(kind.message, last, depth + 1);
    const bytes = this.#bytes.subarray(this.#at, last);
    this.#at = last;
    if (kind === 'bytes') return bytes;
    try {
      return this.#text.decode(bytes);
    } catch {
      throw this.#fail(`its field '${name}' is not UTF-8 text`);
    }
  }

  #countValues(more: number): void {
    this.#values += more;
    if (this.#values > MAX_VALUES) throw this.#fail(`its lists have more than ${MAX_VALUES} values`);
  }

  /** Where the bytes end whose length comes next. */
  #length(end: number): number {
    const length = this.#varint(end);
    if (length < 0 || length > end - this.#at) throw this.#fail('a length runs past the end');
    return this.#at + length;
  }

  /** A signed integer of 64 bits; beyond 2^53 the last digits are lost. */
  #varint(end: number): number {
    const bytes = this.#bytes;
    let low = 0;
    let high = 0;
    for (let k = 0; k < 10; k++) {
      const byte = bytes[this.#take(1, end)];
      const bits = byte & 0x7f;
      if (k < 4) low += bits * 2 ** (7 * k);
      else if (k === 4) {
        low += (bits & 0xf) * 2 ** 28;
        high = bits >> 4;
      } else high += bits * 2 ** (7 * k - 32);
      if (byte < 0x80) return (high | 0) * 2 ** 32 + low;
    }
    throw this.#fail('an integer has more than 10 bytes');
  }

  #skip(wire: number, end: number): void {
    if (wire === Wire.varint) this.#varint(end);
    else if (wire === Wire.fixed64) this.#take(8, end);
    else if (wire === Wire.fixed32) this.#take(4, end);
    else if (wire === Wire.length) this.#at = this.#length(end);
    else throw this.#fail(`it has a field of wire type ${wire}`);
  }

  /** Moves past so many bytes and returns where they begin. */
  #take(count: number, end: number): number {
    const begin = this.#at;
    if (count > end - begin) throw this.#fail('it ends too early');
    this.#at += count;
    return begin;
  }
}

/** The bytes of a message; fields in the order of their numbers, lists of numbers packed. */
export function encodeMessage(message: object, messages: Messages, name: string): Uint8Array {
  const out = new Encoder();
  writeMessage(out, message as Message, messages, name);
  return out.finish();
}

function writeMessage(out: Encoder, message: Message, messages: Messages, name: string): void {
  for (const [number, field] of Object.entries(messages[name])) {
    const value = message[field.name];
    if (value === undefined) continue;
    const { kind } = field;
    const isNumber = kind === 'int' || kind === 'float' || kind === 'double';
    if (field.repeated && isNumber) {
      const packed = new Encoder();
      for (const item of value as Iterable<number>) packed.number(kind, item);
      out.bytes(Number(number), packed.finish());
      continue;
    }
    for (const item of field.repeated ? (value as Iterable<unknown>) : [value]) {
      if (isNumber) {
        out.tag(
          Number(number),
          kind === 'int' ? Wire.varint : kind === 'float' ? Wire.fixed32 : Wire.fixed64,
        );
        out.number(kind, item as number);
      } else if (kind === 'bytes') out.bytes(Number(number), item as Uint8Array);
      else if (kind === 'text') out.bytes(Number(number), Buffer.from(item as string, 'utf8'));
      else out.bytes(Number(number), encodeMessage(item as object, messages, kind.message));
    }
  }
}

class Encoder {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, Wire.length);
    this.#varint(bytes.length);
    const begin = this.#grow(bytes.length);
    this.#bytes.set(bytes, begin);
  }

  number(kind: 'int' | 'float' | 'double', value: number): void {
    if (kind === 'int') {
      this.#varint(value);
      return;
    }
    const begin = this.#grow(kind === 'float' ? 4 : 8);
    if (kind === 'float') this.#view.setFloat32(begin, value, true);
    else this.#view.setFloat64(begin, value, true);
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      const begin = this.#grow(1);
      this.#bytes[begin] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    const begin = this.#grow(1);
    this.#bytes[begin] = Number(rest);
  }

  /** Makes room for so many bytes and returns where they begin. */
  #grow(count: number): number {
    const begin = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return begin;
  }
}
