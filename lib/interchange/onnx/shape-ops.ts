/** Nodes of ONNX graphs that move, retype or rename values. */

import { embeddingCode } from '../../core/layer-code.js';
import type { Slot } from '../../core/plan-builder.js';
import { sizeOf, stridesOf } from '../../core/shape.js';
import { slicePlaces } from './constant-ops.js';
import { placesAt, placesOf, sums, transposed } from './layout.js';
import { ELEMENT } from './messages.js';
import { filled, type Node, numbersOf, type Translate } from './node.js';
import { type NumberTensor, picked, type Tensor } from './tensor.js';
import { type Computed, Dictionary, isComputed } from './values.js';

/** Of constants that change their shape; those of a file have 4 axes at most. */
const MAX_RANK = 8;

/** Whether an axis is the last one. */
export function isLastAxis(axis: number, { dims }: Computed): boolean {
  return axis === -1 || axis === dims.length;
}

/** 1 where x is 0, else 0. */
export function isZero({ plan }: Node, x: Slot): Slot {
  return plan.binary(x, 'equal', filled(x.width, 0));
}

const identity: Translate = (node) => [node.input(0)];

const constant: Translate = (node) => {
  const tensor = node.tensor('value');
  if (tensor !== undefined) return [{ tensor }];
  if (node.has('value_float')) return [{ tensor: scalar('float', node.float('value_float')) }];
  if (node.has('value_int')) return [{ tensor: scalar('int64', node.int('value_int')) }];
  const [floats, ints] = [node.floats('value_floats'), node.ints('value_ints')];
  if (floats.length + ints.length === 0) throw node.fail('its kind of constant is not supported');
  const data = Float64Array.from(floats.length > 0 ? floats : ints);
  return [{ tensor: { dims: [data.length], type: floats.length > 0 ? 'float' : 'int64', data } }];
};

function scalar(type: 'float' | 'int64', value: number): Tensor {
  return { dims: [], type, data: Float64Array.of(value) };
}

const cast: Translate = (node) => {
  const value = node.input(0);
  const to = node.int('to');
  const isText = (isComputed(value) ? value.type : value.tensor.type) === 'string';
  if (isText && to === ELEMENT.string) return [value];
  if (isText || to === ELEMENT.string) throw node.fail('casts between text and numbers are not supported');
  if (!isComputed(value)) return [{ tensor: castTensor(node, to) }];
  const isWhole = value.codes !== undefined || (value.type !== 'float' && value.type !== 'double');
  const { plan } = node;
  switch (to) {
    case ELEMENT.float:
      return [{ ...value, type: 'float', slot: isWhole ? value.slot : plan.float32(value.slot) }];
    case ELEMENT.double:
      return [{ ...value, type: 'double' }];
    case ELEMENT.int32:
    case ELEMENT.int64:
      return [{ ...value, type: 'int64', slot: isWhole ? value.slot : truncate(node, value.slot) }];
    case ELEMENT.bool:
      return [{ ...value, codes: undefined, type: 'bool', slot: isZero(node, isZero(node, node.slot(0))) }];
    default:
      throw node.fail(`casts to type ${to} are not supported`);
  }
};

function truncate({ plan }: Node, x: Slot): Slot {
  const whole = plan.activation(plan.activation(x, 'abs'), 'floor');
  return plan.binaryOf([whole, plan.activation(x, 'sign')], 'mul');
}

function castTensor(node: Node, to: number): NumberTensor {
  const tensor = to === ELEMENT.bool ? node.constant(0) : node.counted(0);
  const { data } = tensor;
  switch (to) {
    case ELEMENT.float:
      return { ...tensor, type: 'float', data: data.map(Math.fround) };
    case ELEMENT.double:
      return { ...tensor, type: 'double' };
    case ELEMENT.int32:
    case ELEMENT.int64:
      return { ...tensor, type: 'int64', data: data.map(Math.trunc) };
    case ELEMENT.bool:
      return { ...tensor, type: 'bool', data: data.map((value) => (value === 0 ? 0 : 1)) };
    default:
      throw node.fail(`casts to type ${to} are not supported`);
  }
}

/** One after the other along an axis after the rows. */
function concatAxis(node: Node, parts: readonly Computed[], axis: number): Computed {
  const [{ dims: first, type }] = parts;
  const at = (axis < 0 ? axis + first.length + 1 : axis) - 1;
  const isAlike = parts.every(
    ({ dims }) => dims.length === first.length && dims.every((length, d) => d === at || length === first[d]),
  );
  if (!(at >= 0 && at < first.length && isAlike))
    throw node.fail(`values of these shapes cannot be put together along axis ${axis}`);
  const dims = first.map((length, d) =>
    d === at ? parts.reduce((sum, part) => sum + part.dims[at], 0) : length,
  );
  const slot = node.plan.concat(parts.map((part) => part.slot));
  const [outer, inner] = [sizeOf(first.slice(0, at)), sizeOf(first.slice(at + 1))];
  let begin = 0;
  const starts = parts.map((part) => {
    const from = begin;
    begin += part.slot.width;
    return from;
  });
  const places = Array.from({ length: outer }, (_, o) =>
    parts.flatMap((part, k) => {
      const run = part.dims[at] * inner;
      return Array.from({ length: run }, (_, i) => starts[k] + o * run + i);
    }),
  ).flat();
  return { slot: node.plan.gather(slot, places), dims, type };
}

/** A constant of one row, which stands beside each of the rows. */
function inEachRow(node: Node, { dims, type, data }: NumberTensor, { slot }: Computed): Computed {
  const [rows, ...rest] = dims;
  if (rows !== 1) throw node.fail(`a constant of shape ${dims.join(' x ')} is not supported`);
  return { slot: node.plan.constant(slot, data), dims: rest, type };
}

/** Side by side along the last axis; FeatureVectorizer does the same. */
export const concat: Translate = (node) => {
  const source = node.inputs.find((value) => value !== undefined && isComputed(value));
  if (source === undefined) throw node.fail('none of its inputs depends on the rows');
  const parts = node.inputs.map((value, k) =>
    value === undefined || isComputed(value)
      ? node.computed(k)
      : inEachRow(node, node.constant(k), source as Computed),
  );
  const [first] = parts;
  const axis = node.op === 'FeatureVectorizer' ? -1 : node.int('axis');
  if (first.dims.length > 1 && parts.every(({ codes }) => codes === undefined))
    return [concatAxis(node, parts, axis)];
  for (const part of parts) {
    const isRow =
      part.dims.length === first.dims.length && part.dims.slice(0, -1).every((length) => length === 1);
    if (!isLastAxis(axis, part) || !isRow || part.dims.length === 0)
      throw node.fail(`values of these shapes cannot be put together along axis ${axis}`);
  }
  const slot = node.plan.concat(
    parts.map((part) => (part.type === 'string' ? part.slot : numbersOf(node, part))),
  );
  const isText = parts.every((part) => part.type === 'string');
  if (!isText && parts.some((part) => part.type === 'string')) throw node.fail('it puts text beside numbers');
  const codes = isText ? parts.flatMap((part) => part.codes ?? []) : undefined;
  const type = parts.some((part) => part.type === 'double') ? 'double' : first.type;
  return [{ slot, dims: [...first.dims.slice(0, -1), slot.width], type, codes }];
};

/** The place among `dims` of an axis after the rows. */
function placeOf(node: Node, { dims }: Computed, axis: number): number {
  const at = (axis < 0 ? axis + dims.length + 1 : axis) - 1;
  if (at >= 0 && at < dims.length) return at;
  throw node.fail(`axis ${axis} is not supported`);
}

/** Some parts along an axis, in the given order. */
function parts(node: Node, value: Computed, at: number, indices: readonly number[]): Computed {
  const count = value.dims[at];
  const places = indices.map((index) => (index < 0 ? index + count : index));
  for (const place of places) {
    if (!(Number.isInteger(place) && place >= 0 && place < count))
      throw node.fail(`it takes part ${place} of ${count}`);
  }
  return taken(
    node,
    value,
    value.dims.map((length, d) => (d === at ? places : Array.from({ length }, (_, k) => k))),
  );
}

/** What has one of the given places along each axis. */
function taken(node: Node, value: Computed, along: readonly (readonly number[])[]): Computed {
  node.sized(along.reduce((size, { length }) => size * length, 1));
  const { codes, dims } = value;
  const places = placesAt(dims, along);
  if (places.length === 0) throw node.fail('it takes nothing');
  return {
    ...value,
    slot: node.plan.gather(value.slot, places),
    dims: along.map(({ length }) => length),
    codes: codes && places.map((place) => codes[place]),
  };
}

/** Requires a matrix, or a deeper value whose rows are one line. */
function requireRows(node: Node, value: Computed): void {
  if (value.dims.length === 0 || value.dims.slice(0, -1).some((length) => length !== 1))
    throw node.fail('values of this shape are not supported');
}

/** The rows of a table of numbers that a column of indices names; NaN where there is none. */
function rowsOfTable(node: Node): Computed {
  const { data, dims, type } = node.constant(0);
  const [rows, width = 1] = dims;
  const index = node.slot(1);
  const isColumn = index.width === 1 && node.computed(1).dims.length === 0;
  if (node.int('axis', 0) !== 0 || dims.length === 0 || dims.length > 2 || !isColumn)
    throw node.fail('values of these shapes are not supported');
  const values = Float64Array.from({ length: rows * width }, (_, k) =>
    Number(data[(k % rows) * width + Math.floor(k / rows)]),
  );
  const offsets = Int32Array.from({ length: width + 1 }, (_, j) => j * rows);
  const indices = node.plan.gather(index, new Array<number>(width).fill(0));
  const slot = node.plan.lookup(indices, offsets, values, filled(width, Number.NaN));
  return { slot, dims: dims.slice(1), type };
}

/** The rows of a table of numbers that each of several indices names. */
function embedding(node: Node): Computed {
  const { data, dims, type } = node.constant(0);
  const index = node.computed(1);
  if (node.int('axis', 0) !== 0 || dims.length !== 2)
    throw node.fail('values of these shapes are not supported');
  const [entries, width] = dims;
  const positions = sizeOf(index.dims);
  const code = embeddingCode({ positions, entries, width });
  const slot = node.plan.layer(node.slot(1), code, Float32Array.from(data), node.sized(positions * width));
  return { slot, dims: [...index.dims, width], type };
}

/** The numbers of a list that each of several indices names; NaN where there is none. */
function numbersOfList(node: Node, { data, type }: NumberTensor): Computed {
  const { slot: index, dims } = node.computed(1);
  const { width } = index;
  const offsets = Int32Array.from({ length: width + 1 }, (_, j) => j * data.length);
  const values = new Float64Array(node.sized(width * data.length));
  for (let j = 0; j < width; j++) values.set(data, j * data.length);
  return { slot: node.plan.lookup(index, offsets, values, filled(width, Number.NaN)), dims, type };
}

/** The parts of a constant that other constants name, along its first axis. */
function partsOfConstant(node: Node): { tensor: Tensor } {
  const tensor = node.counted(0);
  const { data: indices, dims: shape } = node.constant(1);
  const [count = 0, ...rest] = tensor.dims;
  if (node.int('axis', 0) !== 0) throw node.fail('only the first axis of a constant is supported');
  const size = sizeOf(rest);
  node.sized(indices.length * size);
  const starts = Array.from(indices, (index) => {
    const at = index < 0 ? index + count : index;
    if (Number.isInteger(at) && at >= 0 && at < count) return at * size;
    throw node.fail(`it takes part ${index} of ${count}`);
  });
  const places = sums([starts, Array.from({ length: size }, (_, k) => k)]);
  return { tensor: picked(tensor, [...shape, ...rest], places) };
}

const gather: Translate = (node) => {
  if (!isComputed(node.input(0))) {
    if (!isComputed(node.input(1))) return [partsOfConstant(node)];
    if (node.computed(1).dims.length === 0) return [rowsOfTable(node)];
    const table = node.constant(0);
    return [
      table.dims.length === 1 && node.int('axis', 0) === 0 ? numbersOfList(node, table) : embedding(node),
    ];
  }
  const value = node.computed(0);
  const at = placeOf(node, value, node.int('axis', 0));
  const { data, dims } = node.constant(1);
  const result = parts(node, value, at, Array.from(data));
  return [{ ...result, dims: [...value.dims.slice(0, at), ...dims, ...value.dims.slice(at + 1)] }];
};

/** Columns of a matrix; or, of a list of labels, those that a column of indices names. */
const arrayFeatureExtractor: Translate = (node) => {
  const from = node.input(0);
  if (isComputed(from)) {
    requireRows(node, from);
    return [parts(node, from, from.dims.length - 1, Array.from(node.constant(1).data))];
  }
  const { tensor } = from;
  const index = node.computed(1);
  const isList = tensor.dims.every((length, k) => length === 1 || k === tensor.dims.length - 1);
  if (!isList || index.slot.width !== 1) throw node.fail('values of these shapes are not supported');
  const dictionary = new Dictionary(Array.from(tensor.data as ArrayLike<string | number>));
  return [{ slot: node.slot(1), dims: [], type: tensor.type, codes: [dictionary] }];
};

/** Shapes that leave each row its values. */
const reshape: Translate = (node) => {
  const source = node.input(0);
  const value = isComputed(source) ? node.computed(0) : source;
  if (!isComputed(value)) {
    if (node.op === 'Flatten') throw node.fail('a flattened constant is not supported');
    const { data, dims: own } = value.tensor;
    const given = shapeOf(node, Number.NaN).map((length, d) => (length === 0 ? (own[d] ?? 0) : length));
    const rest = given.reduce((total, length) => (length === -1 ? total : total * length), 1);
    const dims = given.map((length) => (length === -1 ? data.length / rest : length));
    const isShape = dims.every((length) => Number.isInteger(length) && length >= 0);
    if (!isShape || sizeOf(dims) !== data.length || dims.length > MAX_RANK)
      throw node.fail(`a constant of ${data.length} elements has no shape ${given.slice(0, 5).join(' x ')}`);
    return [{ tensor: { ...value.tensor, dims } as Tensor }];
  }
  const { slot } = value;
  if (node.op === 'Flatten') {
    if (node.int('axis', 1) !== 1) throw node.fail('its axis is not supported');
    return [{ ...value, dims: [slot.width] }];
  }
  // 0 is the length that there is.
  const [rows, ...given] = shapeOf(node, 0);
  // One value a row as a line: of that shape classes are looked up, and it is turned back.
  if (rows === 1 && slot.width === 1 && given.length === 1 && given[0] === -1)
    return [{ ...value, dims: [] }];
  const known = given.reduce(
    (total, length, k) => (length === -1 ? total : total * (length === 0 ? (value.dims[k] ?? 0) : length)),
    1,
  );
  const dims = given.map((length, k) =>
    length === -1 ? slot.width / known : length === 0 ? (value.dims[k] ?? 0) : length,
  );
  const isKept = (rows === -1 || rows === 0 || rows === node.batch) && sizeOf(dims) === slot.width;
  if (!isKept || dims.length > 4)
    throw node.fail(`the shape ${[rows, ...given].join(' x ')} is not supported`);
  return [{ ...value, dims }];
};

/** The shape that a node asks for; see {@link Node.lengths}. */
function shapeOf(node: Node, rows: number): number[] {
  return node.inputs.length < 2 ? [...node.ints('shape')] : node.lengths(1, rows);
}

const dropout: Translate = (node) => {
  const mode = node.inputs[2];
  if (mode !== undefined && !(!isComputed(mode) && Number(mode.tensor.data[0]) === 0))
    throw node.fail('training is not supported');
  return identity(node);
};

function squeezedConstant(node: Node, tensor: Tensor): { tensor: Tensor } {
  const axes = node.inputs[1] === undefined ? node.ints('axes') : Array.from(node.constant(1).data);
  const rank = tensor.dims.length + (node.op === 'Squeeze' ? 0 : axes.length);
  const at = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (rank > MAX_RANK || !at.every((axis, k) => axis >= 0 && axis < rank && axis !== at[k - 1]))
    throw node.fail(`its axes are not those of a constant of shape ${tensor.dims.join(' x ')}`);
  let dims = [...tensor.dims];
  if (node.op === 'Squeeze') {
    dims = dims.filter((length, k) => length !== 1 || (at.length > 0 && !at.includes(k)));
  } else {
    for (const axis of at) dims.splice(axis, 0, 1);
  }
  return { tensor: { ...tensor, dims } as Tensor };
}

/** The axes after the rows in another order. */
const transpose: Translate = (node) => {
  const raw = node.input(0);
  if (!isComputed(raw)) {
    const tensor = node.counted(0);
    const perm = node.has('perm') ? node.ints('perm') : tensor.dims.map((_, d) => d).reverse();
    const isPermutation = [...perm].sort((a, b) => a - b).every((axis, d) => axis === d);
    if (perm.length !== tensor.dims.length || !isPermutation)
      throw node.fail('its axes are not those of its input');
    return [{ tensor: transposed(tensor, perm) }];
  }
  const rank = raw.dims.length + 1;
  const perm = node.ints('perm');
  const isPermutation = [...perm].sort((a, b) => a - b).every((axis, d) => axis === d);
  if (perm.length !== rank || !isPermutation || perm[0] !== 0 || raw.codes !== undefined)
    throw node.fail(`the order of axes [${perm.join(', ')}] is not supported`);
  const axes = perm.slice(1).map((axis) => axis - 1);
  const dims = axes.map((axis) => raw.dims[axis]);
  const isToLast = axes.every((axis, d) => axis === (d + 1) % axes.length);
  if (raw.channelsLast === true && isToLast) return [{ ...raw, channelsLast: undefined, dims }];
  const isToFirst = axes.every((axis, d) => axis === (d + axes.length - 1) % axes.length);
  if (raw.channelsLast !== true && isToFirst) return [{ ...raw, channelsLast: true, dims }];
  const value = node.computed(0);
  const strides = stridesOf(value.dims);
  const places = placesOf(
    dims,
    axes.map((axis) => strides[axis]),
  );
  return [{ ...value, slot: node.plan.gather(value.slot, places), dims }];
};

/** Adds or removes dimensions of length 1 after the rows. */
const squeeze: Translate = (node) => {
  const raw = node.input(0);
  if (!isComputed(raw)) return [squeezedConstant(node, raw.tensor)];
  const value = node.computed(0);
  const axes = node.inputs[1] === undefined ? node.ints('axes') : Array.from(node.constant(1).data);
  const isSqueeze = node.op === 'Squeeze';
  const rank = value.dims.length + 1 + (isSqueeze ? 0 : axes.length);
  const at = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  if (at.has(0) || rank > 4) throw node.fail('values of this shape are not supported');
  if (isSqueeze) {
    const isOne = (length: number, k: number) => length === 1 && (at.size === 0 || at.has(k + 1));
    const dims = value.dims.filter((length, k) => !isOne(length, k));
    if (at.size > 0 && dims.length !== value.dims.length - at.size)
      throw node.fail('it removes what is not 1');
    return [{ ...value, dims }];
  }
  const dims = [...value.dims];
  for (const axis of [...at].sort((a, b) => a - b)) dims.splice(axis - 1, 0, 1);
  return [{ ...value, dims }];
};

/** Parts of given lengths, or as many alike as there are outputs, of which the last may be shorter. */
const split: Translate = (node) => {
  const value = node.computed(0);
  const at = placeOf(node, value, node.int('axis', 0));
  const given = node.inputs[1] === undefined ? [...node.ints('split')] : Array.from(node.constant(1).data);
  const total = value.dims[at];
  const each = Math.ceil(total / node.outputs);
  const alike = () =>
    Array.from({ length: node.outputs }, (_, k) => Math.min(each, Math.max(0, total - k * each)));
  const lengths = given.length > 0 ? given : alike();
  let begin = 0;
  const results = lengths.map((length) => {
    if (!(Number.isInteger(length) && length >= 0 && length <= total - begin))
      throw node.fail(`it takes ${length} of ${total - begin} parts`);
    const from = begin;
    begin += length;
    return parts(
      node,
      value,
      at,
      Array.from({ length }, (_, k) => from + k),
    );
  });
  if (begin !== total) throw node.fail(`it splits ${total} parts into ${begin}`);
  return results;
};

/** Of every axis after the rows those from a start to an end, every so many. */
const slice: Translate = (node) => {
  const value = node.computed(0);
  return [taken(node, value, slicePlaces(node, value.dims, 1))];
};

/** By operator set and name. */
export const SHAPE_OPS: Readonly<Record<string, Translate>> = {
  Identity: identity,
  Constant: constant,
  Cast: cast,
  Concat: concat,
  Gather: gather,
  Reshape: reshape,
  Flatten: reshape,
  Transpose: transpose,
  Dropout: dropout,
  Squeeze: squeeze,
  Unsqueeze: squeeze,
  Split: split,
  Slice: slice,
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.FeatureVectorizer': concat,
  'ai.onnx.ml.ZipMap': identity,
};
