/**
 * Model files: `save` and `load`. A file holds what an estimator learned (never a plan, which is compiled on load), in
 * the layout of docs/model-file.md: a 64-byte header, a JSON document, and tensors at multiples of 64 bytes.
 *
 * The reader trusts nothing: sizes, types, names and depths are checked here, states by the rules of their estimator,
 * and numbers by the native core when the plan is compiled, before `load` returns.
 */
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BorealError, FileFormatError, StateError, ValidationError } from '../errors.js';
import type { Estimator } from './estimator.js';
import { type ImageInput, imageInputOf, withImageInput } from './image-input.js';
import { decodeModel, type EncodedModel, encodeModel, malformed, type Tensor } from './model-codec.js';
import { show } from './params.js';
import { writeWhole } from './whole-file.js';

const MAGIC = 'BOREALML';
/** Version of the layout; readers refuse newer ones. */
export const MODEL_FILE_VERSION = 1;
const HEADER_BYTES = 64;
const ALIGNMENT = 64;

/** What a caller stores beside the model: any JSON object. */
export type Metadata = Record<string, unknown>;

interface Document {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyArray<{ type: string; length: number; offset: number }>;
  readonly model: EncodedModel;
  /** How pictures become rows; of models that take them. */
  readonly image?: ImageInput;
}

const TENSOR_TYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

const align = (offset: number) => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

function tensorType(tensor: Tensor): keyof typeof TENSOR_TYPES {
  for (const [name, type] of Object.entries(TENSOR_TYPES)) {
    if (tensor instanceof type) return name as keyof typeof TENSOR_TYPES;
  }
  throw new StateError('ERR_NOT_SUPPORTED', 'A model holds an array of a type that model files do not know.');
}

/**
 * The bytes of a model file.
 *
 * @param metadata - any JSON object to store beside the model
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER} when the metadata is not an object, or one that JSON cannot hold
 * @throws {ERR_NOT_SUPPORTED} when a parameter is a function or another thing that cannot be stored
 */
export function toBytes(estimator: Estimator, metadata: Metadata = {}): Uint8Array {
  const { model, tensors } = encodeModel(estimator);
  const offsets: number[] = [];
  let body = 0;
  for (const tensor of tensors) {
    offsets.push(body);
    body = align(body + tensor.byteLength);
  }
  const document: Document = {
    metadata,
    tensors: tensors.map((t, i) => ({ type: tensorType(t), length: t.length, offset: offsets[i] })),
    model,
    image: imageInputOf(estimator),
  };
  const json = encodeDocument(document);
  const start = align(HEADER_BYTES + json.length);
  const bytes = new Uint8Array(start + body);
  bytes.set(json, HEADER_BYTES);
  tensors.forEach((tensor, i) => {
    bytes.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), start + offsets[i]);
  });
  const header = new DataView(bytes.buffer, 0, HEADER_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  header.setUint32(8, MODEL_FILE_VERSION, true);
  header.setUint32(12, json.length, true);
  header.setBigUint64(16, BigInt(bytes.length), true);
  header.setUint32(24, crc32(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
}

function encodeDocument(document: Document): Uint8Array {
  const refuse = (why: string, cause?: unknown) =>
    new ValidationError('ERR_PARAMETER', `metadata must be an object that JSON can hold: ${why}.`, { cause });
  const { metadata } = document;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw refuse(`got ${show(metadata)}`);
  try {
    return new TextEncoder().encode(JSON.stringify(document));
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
}

/**
 * Writes a model file. The file appears whole or not at all: it is written beside its place, flushed, then renamed.
 *
 * @param path - or a file URL, conventionally ending in .boreal
 * @throws see {@link toBytes}
 */
export async function save(estimator: Estimator, path: string | URL, metadata: Metadata = {}): Promise<void> {
  await writeWhole(path, toBytes(estimator, metadata));
}

/** An estimator of a class that is known only when its file is read: what its class adds is not checked by the compiler. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyEstimator = Estimator<any> & Record<string, any>;

/** A loaded model and what was stored beside it. */
export interface LoadedModel {
  readonly model: AnyEstimator;
  readonly metadata: Metadata;
}

/**
 * Reads a model file.
 *
 * @param source - a path or file URL, or the bytes themselves (copied)
 * @typeParam E - its class, where you know it, which is then what the compiler checks; `instanceof` checks the model itself
 * @returns the fitted estimator, ready to predict
 * @throws {ERR_MODEL_FILE} when the bytes are not a valid model
 * @throws {ERR_PARAMETER} when the source is no path, file URL or bytes
 * @example
 * ```ts
 * import { LinearRegression, load } from 'boreal';
 * const model = await new LinearRegression().fit([[1], [2]], [1, 2]);
 * const copy = await load(model.toBytes());
 * copy.predictSync([[3]]); // [3]
 * ```
 */
export async function load<E = AnyEstimator>(source: string | URL | Uint8Array): Promise<E> {
  return (await loadWithMetadata(source)).model as E;
}

/** As {@link load}, with the metadata that `save` was given. */
export async function loadWithMetadata(source: string | URL | Uint8Array): Promise<LoadedModel> {
  const isFile = typeof source === 'string' || (source instanceof URL && source.protocol === 'file:');
  if (!isFile && !(source instanceof Uint8Array)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `load takes a path, a file URL or bytes; got ${show(source)}.`,
    );
  }
  const bytes = source instanceof Uint8Array ? source : await readFile(source);
  if (bytes.byteLength === 0) throw new FileFormatError('ERR_MODEL_FILE', 'The model file is empty.');
  // A private copy at offset 0: tensors are aligned views of it.
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  try {
    const { document, tensors } = parse(buffer);
    const model = decodeModel(document.model, tensors) as AnyEstimator;
    if (document.image !== undefined) withImageInput(model, document.image);
    // A clusterer may say nothing about new rows: then there is no plan to check its numbers.
    if (model.outputs.length > 0) await model.compileAsync();
    return { model, metadata: document.metadata };
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    const why = error instanceof BorealError || error instanceof RangeError ? error.message : String(error);
    throw new FileFormatError('ERR_MODEL_FILE', `The model file is corrupt: ${why}`, { cause: error });
  }
}

function parse(buffer: ArrayBuffer): { document: Document; tensors: Tensor[] } {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < HEADER_BYTES) throw malformed(`it has ${bytes.length} bytes, fewer than a header`);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 8)) !== MAGIC)
    throw malformed('it does not begin with BOREALML');
  const header = new DataView(buffer, 0, HEADER_BYTES);
  const version = header.getUint32(8, true);
  if (version !== MODEL_FILE_VERSION) {
    throw malformed(`its version is ${version}, and this release reads version ${MODEL_FILE_VERSION}`);
  }
  const total = header.getBigUint64(16, true);
  if (total !== BigInt(bytes.length))
    throw malformed(`it should have ${total} bytes and has ${bytes.length}`);
  const jsonLength = header.getUint32(12, true);
  if (HEADER_BYTES + jsonLength > bytes.length) throw malformed('its document runs past the end');
  if (crc32(bytes.subarray(HEADER_BYTES)) !== header.getUint32(24, true))
    throw malformed('its checksum is wrong');
  const text = new TextDecoder('utf-8', { fatal: true }).decode(
    bytes.subarray(HEADER_BYTES, HEADER_BYTES + jsonLength),
  );
  const document = JSON.parse(text) as Partial<Document> | null;
  if (typeof document !== 'object' || document === null) throw malformed('its document is not an object');
  const { metadata, tensors, model, image } = document;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw malformed('it has no metadata');
  if (!Array.isArray(tensors)) throw malformed('it has no list of tensors');
  if (typeof model !== 'object' || model === null) throw malformed('it has no model');
  const start = align(HEADER_BYTES + jsonLength);
  return {
    document: { metadata, tensors, model, image },
    tensors: tensors.map((tensor, i) => viewTensor(buffer, start, tensor, i)),
  };
}

function viewTensor(
  buffer: ArrayBuffer,
  start: number,
  tensor: Document['tensors'][number],
  i: number,
): Tensor {
  const { type, length, offset } = (tensor ?? {}) as Partial<Document['tensors'][number]>;
  const Type = Object.hasOwn(TENSOR_TYPES, String(type)) && TENSOR_TYPES[type as keyof typeof TENSOR_TYPES];
  if (!Type) throw malformed(`tensor ${i} has an unknown type`);
  const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0;
  if (!isCount(length) || !isCount(offset) || offset % ALIGNMENT !== 0)
    throw malformed(`tensor ${i} has a bad place`);
  if (start + offset + length * Type.BYTES_PER_ELEMENT > buffer.byteLength) {
    throw malformed(`tensor ${i} runs past the end`);
  }
  return new Type(buffer, start + offset, length);
}
