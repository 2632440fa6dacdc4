/**
 * Estimators as JSON: typed arrays become references to tensors, nested estimators become tagged objects. Reading makes
 * only plain data, known tensors and registered classes.
 */
import { BorealError, FileFormatError, StateError } from '../errors.js';
import type { Estimator } from './estimator.js';
import { isTypedArray, Matrix } from './matrix.js';
import { show } from './params.js';
import { findEstimator } from './registry.js';
import { Schema } from './schema.js';
import { isReference } from './training-reference.js';

/** An array stored beside the JSON document. */
export type Tensor = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An estimator as stored. */
export interface EncodedModel {
  readonly $estimator: string;
  readonly params: Record<string, unknown>;
  readonly fitted: {
    readonly state: unknown;
    readonly schema: unknown;
    readonly dtype: string;
    readonly reference?: unknown;
  } | null;
}

/** Where values are encoded to. */
interface Sink {
  readonly tensors: Tensor[];
  /** Whether estimators are fitted ones to be used, so that functions which only a fit reads may be left out. */
  readonly isFile: boolean;
}

/** Estimators nest this deep at most, so that a hostile file cannot exhaust the stack. */
const MAX_DEPTH = 64;
const NUMBERS: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Infinity,
  '-Infinity': -Infinity,
  '-0': -0,
};

/**
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} when something cannot be stored
 */
export function encodeModel(estimator: Estimator): { model: EncodedModel; tensors: Tensor[] } {
  if (!estimator.isFitted) {
    throw new StateError(
      'ERR_NOT_FITTED',
      `This ${estimator.constructor.name} is not fitted yet, so there is nothing to save.`,
    );
  }
  const sink: Sink = { tensors: [], isFile: true };
  return { model: encodeValue(estimator, sink, 'model') as EncodedModel, tensors: sink.tensors };
}

function encodeValue(value: unknown, sink: Sink, path: string): unknown {
  if (isEstimator(value)) return encodeEstimator(value, sink, path);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (
    value instanceof Float32Array ||
    value instanceof Float64Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array
  ) {
    return { $tensor: sink.tensors.push(value) - 1 };
  }
  // Integers of other sizes, as {@link Matrix.from} takes them.
  if (isTypedArray(value)) return { $tensor: sink.tensors.push(Float64Array.from(value)) - 1 };
  // A matrix among parameters, which take any that has its members.
  if (value instanceof Matrix) {
    const { data, rows, cols } = value;
    return encodeValue({ data, rows, cols }, sink, path);
  }
  if (Array.isArray(value)) return value.map((item, i) => encodeValue(item, sink, `${path}[${i}]`));
  if (typeof value === 'object' && isPlain(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    // A user's key that begins with $ would read as a tag.
    return Object.fromEntries(
      entries.map(([key, item]) => [escapeKey(key), encodeValue(item, sink, `${path}.${key}`)]),
    );
  }
  throw new StateError('ERR_NOT_SUPPORTED', `A model file cannot hold ${path}: it is ${show(value)}.`);
}

function encodeEstimator(estimator: Estimator, sink: Sink, path: string): EncodedModel {
  const name = estimator.constructor.name;
  if (findEstimator(name) === undefined) {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `A model file cannot hold ${path}: the class ${name} is not registered.`,
    );
  }
  const { params, fitted } = estimator.snapshot();
  const kept = sink.isFile ? estimator.storable(params) : params;
  return {
    $estimator: name,
    params: encodeValue({ ...kept }, sink, `${path}.params`) as Record<string, unknown>,
    fitted: fitted && {
      state: encodeValue(fitted.state, sink, `${path}.state`),
      schema: encodeValue(fitted.schema.toJSON(), sink, `${path}.schema`),
      dtype: fitted.dtype,
      reference: fitted.reference && encodeValue(fitted.reference, sink, `${path}.reference`),
    },
  };
}

const escapeKey = (key: string) => (key.startsWith('$') ? `$${key}` : key);
const unescapeKey = (key: string) => (key.startsWith('$$') ? key.slice(1) : key);

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Any value of plain data, arrays and estimators (fitted or not) as bytes: the length of a JSON document, the document, and the
 * arrays at multiples of 8 bytes. For processes of the same release, not for files.
 *
 * @throws {ERR_NOT_SUPPORTED} when something cannot be stored, such as a function
 */
export function packValue(value: unknown): Uint8Array {
  const tensors: Tensor[] = [];
  const encoded = encodeValue(value, { tensors, isFile: false }, 'it');
  const list = tensors.map((tensor) => ({ type: tensor.constructor.name, length: tensor.length }));
  const json = new TextEncoder().encode(JSON.stringify({ value: encoded, tensors: list }));
  let end = eights(4 + json.length);
  const starts = tensors.map((tensor) => {
    const start = end;
    end += eights(tensor.byteLength);
    return start;
  });
  const bytes = new Uint8Array(end);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  for (const [k, tensor] of tensors.entries())
    bytes.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), starts[k]);
  return bytes;
}

/** What {@link packValue} was given. @throws {ERR_MODEL_FILE} when it is malformed */
export function unpackValue(packed: Uint8Array): unknown {
  try {
    const { buffer } = Uint8Array.from(packed);
    const length = new DataView(buffer).getUint32(0, true);
    const { value, tensors } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    let start = eights(4 + length);
    const views = (tensors as Array<{ type: string; length: number }>).map((tensor) => {
      const Type = ARRAYS.find(({ name }) => name === tensor.type);
      if (Type === undefined) throw malformed(`it holds an array of type ${show(tensor.type)}`);
      const view = new Type(buffer, start, tensor.length);
      start += eights(view.byteLength);
      return view;
    });
    return decodeValue(value, views, 0);
  } catch (error) {
    if (error instanceof BorealError) throw error;
    throw malformed('it is cut short, or no parcel at all');
  }
}

const ARRAYS = [Float32Array, Float64Array, Int32Array, Uint8Array];
const eights = (length: number) => Math.ceil(length / 8) * 8;

/**
 * Reads what {@link encodeModel} wrote.
 *
 * @throws {ERR_MODEL_FILE} when it is malformed
 */
export function decodeModel(encoded: unknown, tensors: Tensor[]): Estimator {
  const model = decodeValue(encoded, tensors, 0);
  if (!isEstimator(model) || !model.isFitted) throw malformed('it holds no fitted model');
  return model;
}

function decodeValue(value: unknown, tensors: Tensor[], depth: number): unknown {
  if (depth > MAX_DEPTH) throw malformed(`values nest deeper than ${MAX_DEPTH}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => decodeValue(item, tensors, depth + 1));
  const tag = Object.keys(value).find((key) => key.startsWith('$') && !key.startsWith('$$'));
  if (tag === undefined) return decodeRecord(value, tensors, depth);
  const content = (value as Record<string, unknown>)[tag];
  switch (tag) {
    case '$tensor': {
      const tensor = Number.isInteger(content) ? tensors[content as number] : undefined;
      if (tensor === undefined) throw malformed(`there is no tensor ${show(content)}`);
      return tensor;
    }
    case '$number':
      if (typeof content !== 'string' || !Object.hasOwn(NUMBERS, content))
        throw malformed('it holds a bad number');
      return NUMBERS[content];
    case '$estimator':
      return decodeEstimator(value as EncodedModel, tensors, depth);
    default:
      throw malformed(`it holds an unknown tag ${show(tag)}`);
  }
}

function decodeRecord(value: object, tensors: Tensor[], depth: number): Record<string, unknown> {
  // fromEntries defines own properties, so a key named __proto__ stays a harmless key.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [unescapeKey(key), decodeValue(item, tensors, depth + 1)]),
  );
}

function decodeEstimator(value: Partial<EncodedModel>, tensors: Tensor[], depth: number): Estimator {
  const name = String(value.$estimator);
  const estimatorClass = findEstimator(name);
  if (estimatorClass === undefined)
    throw malformed(`it names an estimator ${show(name)} that this release does not know`);
  if (!isRecord(value.params)) throw malformed(`${name} has no parameters`);
  const estimator = estimatorClass.fromParams(decodeRecord(value.params, tensors, depth));
  estimator.checkParams();
  const { fitted } = value;
  if (fitted === null) return estimator;
  if (!isRecord(fitted) || !isRecord(fitted.state)) throw malformed(`${name} has no state`);
  const { dtype } = fitted;
  if (dtype !== 'float32' && dtype !== 'float64') throw malformed(`${name} has an unknown element type`);
  const state = decodeRecord(fitted.state, tensors, depth);
  const schema = Schema.fromJSON(decodeValue(fitted.schema, tensors, depth));
  const reference =
    fitted.reference === undefined ? undefined : decodeValue(fitted.reference, tensors, depth);
  if (reference !== undefined && !isReference(reference, schema))
    throw malformed(`${name} has a malformed reference of its training data`);
  estimator.restore({ state, schema, dtype, reference });
  return estimator;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parsed JSON holds no functions, so only a real estimator passes. */
function isEstimator(value: unknown): value is Estimator {
  return isRecord(value) && typeof value.snapshot === 'function';
}

/** The error of every malformed file. */
export function malformed(why: string): FileFormatError {
  return new FileFormatError('ERR_MODEL_FILE', `This is not a valid boreal model file: ${why}.`);
}
