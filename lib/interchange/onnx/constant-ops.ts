/**
 * Nodes of ONNX graphs that compute with constants alone, done while the graph is read: shapes for the most part, and what an exporter has
 * left to the runtime. The number of rows, which no graph of rows knows, is NaN in a shape, and so is all that comes of it.
 */
import { sizeOf, stridesOf } from '../../core/shape.js';
import { broadcastDims, fillingStrides, placesOf } from './layout.js';
import type { Node } from './node.js';
import type { NumberTensor } from './tensor.js';
import { isComputed, type Value } from './values.js';

/** What a node of constants gives. */
type Constants = ReadonlyArray<{ readonly tensor: NumberTensor }>;

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Abs: Math.abs,
  Neg: (x) => -x,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Sin: Math.sin,
  Cos: Math.cos,
  Tanh: Math.tanh,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Sign: Math.sign,
  Reciprocal: (x) => 1 / x,
  Not: (x) => Number(x === 0),
};

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Min: Math.min,
  Max: Math.max,
};

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  And: (a, b) => a !== 0 && b !== 0,
  Or: (a, b) => a !== 0 || b !== 0,
};

/** The numbers as their type holds them. */
function typed({ dims, type, data }: NumberTensor): { tensor: NumberTensor } {
  if (type === 'double') return { tensor: { dims, type, data } };
  return { tensor: { dims, type, data: data.map(type === 'float' ? Math.fround : Math.trunc) } };
}

/** A tensor repeated to a shape. */
function spread(node: Node, { dims, type, data }: NumberTensor, wide: readonly number[]): NumberTensor {
  node.sized(sizeOf(wide));
  const places = placesOf(wide, fillingStrides(dims, wide)!);
  return { dims: wide, type, data: Float64Array.from(places, (at) => data[at]) };
}

/** Constants repeated to the shape that all of them broadcast to. */
function together(node: Node, tensors: readonly NumberTensor[]): NumberTensor[] {
  const dims = tensors.reduce<readonly number[] | null>(
    (shape, tensor) => shape && broadcastDims(shape, tensor.dims),
    [],
  );
  if (dims === null) throw node.fail('its constants have shapes that do not go together');
  return tensors.map((tensor) => spread(node, tensor, dims));
}

/** So many inputs, by default those that there are. */
const numbers = (node: Node, count = node.inputs.length) =>
  Array.from({ length: count }, (_, k) => node.constant(k));

function elementwise(node: Node): Constants | undefined {
  const unary = Object.hasOwn(UNARY, node.op) ? UNARY[node.op] : undefined;
  if (unary !== undefined) {
    const tensor = node.constant(0);
    return [typed({ ...tensor, data: tensor.data.map((x) => unary(x)) })];
  }
  const [table, isTruth] = Object.hasOwn(COMPARISONS, node.op) ? [COMPARISONS, true] : [BINARY, false];
  if (!Object.hasOwn(table, node.op) || node.inputs.length !== 2) return undefined;
  const [a, b] = together(node, numbers(node));
  const data = a.data.map((x, i) => Number(table[node.op](x, b.data[i])));
  return [typed({ dims: a.dims, type: isTruth ? 'bool' : a.type, data })];
}

const where = (node: Node) => {
  const [condition, a, b] = together(node, numbers(node, 3));
  return [{ tensor: { ...a, data: a.data.map((x, i) => (condition.data[i] === 0 ? b.data[i] : x)) } }];
};

const concat = (node: Node) => {
  const parts = numbers(node);
  const [{ dims: first, type }] = parts;
  const given = node.int('axis');
  const axis = given < 0 ? given + first.length : given;
  const isAlike = parts.every(
    ({ dims }) => dims.length === first.length && dims.every((n, d) => d === axis || n === first[d]),
  );
  if (!(axis >= 0 && axis < first.length && isAlike))
    throw node.fail(`constants of these shapes cannot be put together along axis ${given}`);
  const dims = first.map((n, d) => (d === axis ? parts.reduce((sum, part) => sum + part.dims[d], 0) : n));
  const data = new Float64Array(node.sized(sizeOf(dims)));
  const row = dims[axis] * sizeOf(dims.slice(axis + 1));
  let begin = 0;
  for (const part of parts) {
    const run = part.dims[axis] * sizeOf(dims.slice(axis + 1));
    for (let o = 0; run > 0 && o * run < part.data.length; o++)
      data.set(part.data.subarray(o * run, (o + 1) * run), o * row + begin);
    begin += run;
  }
  return [{ tensor: { dims, type, data } }];
};

/** Parts along any axes; see {@link slicePlaces}. */
const slice = (node: Node) => {
  const { dims, type, data } = node.constant(0);
  const taken = slicePlaces(node, dims);
  return [{ tensor: picked({ dims, type, data }, taken) }];
};

function picked({ dims, type, data }: NumberTensor, taken: readonly (readonly number[])[]): NumberTensor {
  const places = placesAt(dims, taken);
  return { dims: taken.map(({ length }) => length), type, data: Float64Array.from(places, (at) => data[at]) };
}

/** Where the elements lie that have one of the given places along each axis. */
export function placesAt(dims: readonly number[], taken: readonly (readonly number[])[]): number[] {
  const strides = stridesOf(dims);
  return taken.reduce<number[]>(
    (all, places, d) => all.flatMap((at) => places.map((place) => at + place * strides[d])),
    [0],
  );
}

/** The places that a Slice takes along each axis of `dims`. */
export function slicePlaces(node: Node, dims: readonly number[], first = 0): number[][] {
  const part = (k: number, name: string, otherwise: number[]) =>
    node.inputs[k] !== undefined
      ? Array.from(node.constant(k).data)
      : node.has(name)
        ? [...node.ints(name)]
        : otherwise;
  const [starts, ends] = [part(1, 'starts', []), part(2, 'ends', [])];
  const axes = part(3, 'axes', [...starts.keys()]);
  const steps = part(4, 'steps', new Array<number>(starts.length).fill(1));
  const all = dims.map((length) => Array.from({ length }, (_, k) => k));
  if ([ends, axes, steps].some(({ length }) => length !== starts.length))
    throw node.fail('it has not as many starts as ends, axes and steps');
  axes.forEach((given, k) => {
    const axis = (given < 0 ? given + dims.length + first : given) - first;
    const [start, end, step] = [starts[k], ends[k], steps[k]];
    if (!(axis >= 0 && axis < dims.length) || ![start, end, step].every(Number.isInteger) || step === 0)
      throw node.fail(`a slice from ${start} to ${end} by ${step} along axis ${given} is not supported`);
    const length = dims[axis];
    const within = (at: number) =>
      Math.min(step < 0 ? length - 1 : length, Math.max(step < 0 ? -1 : 0, at < 0 ? at + length : at));
    const count = Math.max(0, Math.ceil((within(end) - within(start)) / step));
    all[axis] = Array.from({ length: count }, (_, i) => within(start) + i * step);
  });
  return all;
}

/** The shape of a value; rows are as many as there are. */
const shape = (node: Node) => {
  const value = node.input(0);
  if (isComputed(value) && value.isScalar === true) throw node.fail('values of this shape are not supported');
  const dims = isComputed(value) ? [Number.NaN, ...value.dims] : value.tensor.dims;
  const data = Float64Array.from(dims.slice(node.int('start', 0), node.int('end', dims.length)));
  return [{ tensor: { dims: [data.length], type: 'int64' as const, data } }];
};

/** A shape that a constant names; one row stands for all. */
function lengthsOf(node: Node, k: number): number[] {
  const given = node.constant(k).data;
  const lengths = Array.from(given, (length, d) => (d === 0 && Number.isNaN(length) ? 1 : length));
  if (lengths.length <= 5 && lengths.every((length) => Number.isInteger(length) && length >= 0))
    return lengths;
  throw node.fail(`the shape ${lengths.slice(0, 5).join(' x ')} is not supported`);
}

const constantOfShape = (node: Node) => {
  const dims = lengthsOf(node, 0);
  const value = node.tensor('value');
  if (value?.type === 'string') throw node.fail('it fills a shape with text');
  const data = new Float64Array(node.sized(sizeOf(dims))).fill(value?.data[0] ?? 0);
  return [{ tensor: { dims, type: value?.type ?? 'float', data } }];
};

const range = (node: Node) => {
  const [start, limit, step] = numbers(node, 3);
  const length = Math.max(0, Math.ceil((limit.data[0] - start.data[0]) / step.data[0]));
  const data = new Float64Array(node.sized(length)).map((_, k) => start.data[0] + k * step.data[0]);
  return [typed({ dims: [length], type: start.type, data })];
};

/** Folds, and what they make of nothing. */
const FOLDS: Readonly<Record<string, readonly [fold: (a: number, b: number) => number, nothing: number]>> = {
  ReduceSum: [BINARY.Add, 0],
  ReduceProd: [BINARY.Mul, 1],
  ReduceMax: [BINARY.Max, -Infinity],
  ReduceMin: [BINARY.Min, Infinity],
};

const reduce = (node: Node) => {
  const { dims, type, data } = node.constant(0);
  const listed = node.inputs[1] === undefined ? node.ints('axes') : Array.from(node.constant(1).data);
  const axes = new Set(listed.map((axis) => (axis < 0 ? axis + dims.length : axis)));
  if (axes.size === 0 && node.int('noop_with_empty_axes', 0) !== 0) return [{ tensor: { dims, type, data } }];
  if ([...axes].some((axis) => !(axis >= 0 && axis < dims.length)))
    throw node.fail(`its axes are not those of a constant of shape ${dims.join(' x ')}`);
  const isFolded = (d: number) => axes.size === 0 || axes.has(d);
  const kept = dims.map((length, d) => (isFolded(d) ? 1 : length));
  const to = placesOf(dims, fillingStrides(kept, dims)!);
  const [fold, nothing] = FOLDS[node.op];
  const result = new Float64Array(node.sized(sizeOf(kept))).fill(nothing);
  if (data.length === 0 && result.length > 0 && !Number.isFinite(nothing) && /int|bool/.test(type))
    throw node.fail('there is no extreme of no whole numbers');
  data.forEach((x, i) => {
    result[to[i]] = fold(result[to[i]], x);
  });
  const shape = node.int('keepdims', 1) === 1 ? kept : kept.filter((_, d) => !isFolded(d));
  return [typed({ dims: shape, type, data: result })];
};

const expand = (node: Node) => {
  const tensor = node.constant(0);
  const lengths = lengthsOf(node, 1);
  const dims = broadcastDims(tensor.dims, lengths);
  if (dims === null) throw node.fail(`the shape ${lengths.join(' x ')} is not supported`);
  return [{ tensor: spread(node, tensor, dims) }];
};

const OTHERS: Readonly<Record<string, (node: Node) => Constants>> = {
  Where: where,
  Concat: concat,
  Slice: slice,
  ConstantOfShape: constantOfShape,
  Range: range,
  Expand: expand,
  ...Object.fromEntries(Object.keys(FOLDS).map((name) => [name, reduce])),
};

/** Operators that are read when constants enter, whatever becomes of them otherwise. */
export const FOLDED: ReadonlySet<string> = new Set(
  ['Shape', UNARY, BINARY, COMPARISONS, OTHERS].flatMap((each) =>
    typeof each === 'string' ? each : Object.keys(each),
  ),
);

/** The outputs of a node of numbers that nothing but constants enter, or undefined where it has to run. */
export function foldConstants(node: Node, domain: string): Constants | undefined {
  if (domain !== '') return undefined;
  if (node.op === 'Shape') return shape(node);
  const isConstant = (value: Value | undefined) =>
    value === undefined || (!isComputed(value) && value.tensor.type !== 'string');
  if (node.inputs[0] === undefined || !node.inputs.every(isConstant)) return undefined;
  return Object.hasOwn(OTHERS, node.op) ? OTHERS[node.op](node) : elementwise(node);
}
