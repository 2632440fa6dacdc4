/** Takes model files apart and puts them together again, as docs/model-file.md describes them, to make bad ones. */
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 64;
const align = (offset: number) => Math.ceil(offset / 64) * 64;

export interface TensorEntry {
  type: string;
  length: number;
  offset: number;
}
// biome-ignore lint/suspicious/noExplicitAny: tests put anything anywhere
export type Json = any;

/** A file in two parts: its document, and the bytes of its tensors. */
export interface ModelParts {
  document: Json;
  body: Uint8Array;
}

export function takeApart(bytes: Uint8Array): ModelParts {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
  const text = new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
  return { document: JSON.parse(text), body: bytes.slice(align(HEADER_BYTES + length)) };
}

/** A file with a right header around any document. */
export function putTogether({ document, body }: ModelParts): Uint8Array {
  const json = new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document));
  const start = align(HEADER_BYTES + json.length);
  const bytes = new Uint8Array(start + body.length);
  bytes.set(new TextEncoder().encode('BOREALML'));
  bytes.set(json, HEADER_BYTES);
  bytes.set(body, start);
  const header = new DataView(bytes.buffer);
  header.setUint32(8, 1, true);
  header.setUint32(12, json.length, true);
  header.setBigUint64(16, BigInt(bytes.length), true);
  return seal(bytes);
}

/** Makes the checksum right. */
export function seal(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER_BYTES) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(24, crc32(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
}

type TensorArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The file with other arrays in the state of its (outermost) estimator. */
export function withTensors(bytes: Uint8Array, arrays: Record<string, TensorArray>): Uint8Array {
  const { document, body } = takeApart(bytes);
  const { state } = document.model.fitted;
  const parts: Uint8Array[] = [body];
  let end = align(body.length);
  parts.push(new Uint8Array(end - body.length));
  for (const [name, array] of Object.entries(arrays)) {
    const type = array.constructor.name.replace('Array', '').toLowerCase();
    state[name] = { $tensor: document.tensors.length };
    document.tensors.push({ type, length: array.length, offset: end });
    const padded = new Uint8Array(align(array.byteLength));
    padded.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    parts.push(padded);
    end += padded.length;
  }
  return putTogether({ document, body: new Uint8Array(Buffer.concat(parts)) });
}
