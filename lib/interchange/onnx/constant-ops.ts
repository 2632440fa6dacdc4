/**
 * Nodes of ONNX graphs that compute with constants alone, done while the graph is read: shapes for the most part, and what an exporter has
 * left to the runtime. The number of rows is marked in a shape, and so is all that comes of it: {@link NumberTensor.rows}.
 */
import { sizeOf } from '../../core/shape.js';
import { broadcastDims, fillingStrides, placesAt, placesOf } from './layout.js';
import type { Node } from './node.js';
import { marked, type NumberTensor, picked, ROWS, UNKNOWN } from './tensor.js';
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

/** Functions that leave a count what it is, and those that do so beside a number. */
const KEEPING: ReadonlySet<string> = new Set(['Abs', 'Floor', 'Ceil']);
const NEUTRAL: Readonly<Record<string, number>> = { Add: 0, Sub: 0, Mul: 1, Div: 1 };

/** The numbers as their type holds them. */
function typed(tensor: NumberTensor): { tensor: NumberTensor } {
  const { type, data } = tensor;
  if (type === 'double') return { tensor };
  return { tensor: { ...tensor, data: data.map(type === 'float' ? Math.fround : Math.trunc) } };
}

/** A tensor repeated to a shape. */
function spread(node: Node, tensor: NumberTensor, wide: readonly number[]): NumberTensor {
  node.sized(sizeOf(wide));
  return picked(tensor, wide, placesOf(wide, fillingStrides(tensor.dims, wide)!));
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

const numbers = (node: Node) => node.inputs.map((_, k) => node.counted(k));

function elementwise(node: Node): Constants | undefined {
  const unary = Object.hasOwn(UNARY, node.op) ? UNARY[node.op] : undefined;
  if (unary !== undefined) {
    const tensor = node.op === 'Not' ? node.constant(0) : node.counted(0);
    const rows = KEEPING.has(node.op) ? tensor.rows : tensor.rows?.map((mark) => mark && UNKNOWN);
    return [typed({ ...tensor, data: tensor.data.map((x) => unary(x)), rows })];
  }
  const isTruth = Object.hasOwn(COMPARISONS, node.op);
  if (!(isTruth || Object.hasOwn(BINARY, node.op)) || node.inputs.length !== 2) return undefined;
  const [a, b] = together(node, numbers(node));
  if (isTruth) {
    const [x, y] = [compared(node, a, b), compared(node, b, a)];
    const truths = x.map((left, i) => Number(COMPARISONS[node.op](left, y[i])));
    return [{ tensor: { dims: a.dims, type: 'bool', data: truths } }];
  }
  const rows = marksOf(node, a, b);
  const data = a.data.map((x, i) => (rows?.[i] ? Number.NaN : BINARY[node.op](x, b.data[i])));
  return [typed({ dims: a.dims, type: a.type, data, rows })];
}

/** What arithmetic makes of the marks of two tensors of the same shape. */
function marksOf({ op }: Node, a: NumberTensor, b: NumberTensor): Uint8Array | undefined {
  if (a.rows === undefined && b.rows === undefined) return undefined;
  const isCommutative = op === 'Add' || op === 'Mul';
  return Uint8Array.from(a.data, (x, i) => {
    const [left, right] = [a.rows?.[i] ?? 0, b.rows?.[i] ?? 0];
    if (left === 0 && right === 0) return 0;
    const isKept = left === ROWS && right === 0 && b.data[i] === NEUTRAL[op];
    const isMirrored = isCommutative && right === ROWS && left === 0 && x === NEUTRAL[op];
    return isKept || isMirrored ? ROWS : UNKNOWN;
  });
}

/** Numbers to compare with others: any number of rows compares alike with one below 0, and with others nobody knows how. */
function compared(node: Node, { data, rows }: NumberTensor, other: NumberTensor): Float64Array {
  if (rows === undefined) return data;
  const isKnown = (mark: number, i: number) => mark === 0 || (mark === ROWS && other.data[i] < 0);
  if (node.op === 'And' || node.op === 'Or' || !rows.every(isKnown))
    throw node.fail('it compares the number of rows, which is not supported');
  return data.map((x, i) => (rows[i] === ROWS ? 0 : x));
}

const where = (node: Node) => {
  const [condition, a, b] = together(node, [node.constant(0), node.counted(1), node.counted(2)]);
  const chosen = (i: number) => (condition.data[i] === 0 ? b : a);
  const data = a.data.map((_, i) => chosen(i).data[i]);
  const rows = (a.rows ?? b.rows) && Uint8Array.from(data, (_, i) => chosen(i).rows?.[i] ?? 0);
  return [{ tensor: { dims: a.dims, type: a.type, data, rows: marked(rows) } }];
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
  const rows = new Uint8Array(data.length);
  const row = dims[axis] * sizeOf(dims.slice(axis + 1));
  let begin = 0;
  for (const part of parts) {
    const run = part.dims[axis] * sizeOf(dims.slice(axis + 1));
    for (let o = 0; run > 0 && o * run < part.data.length; o++) {
      data.set(part.data.subarray(o * run, (o + 1) * run), o * row + begin);
      if (part.rows !== undefined) rows.set(part.rows.subarray(o * run, (o + 1) * run), o * row + begin);
    }
    begin += run;
  }
  return [{ tensor: { dims, type, data, rows: marked(rows) } }];
};

/** Parts along any axes; see {@link slicePlaces}. */
const slice = (node: Node) => {
  const tensor = node.counted(0);
  const taken = slicePlaces(node, tensor.dims);
  const dims = taken.map(({ length }) => length);
  return [{ tensor: picked(tensor, dims, placesAt(tensor.dims, taken)) }];
};

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
  const all = dims.map((length) => Array.from({ length: node.sized(length) }, (_, k) => k));
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
  const [start, end] = [node.int('start', 0), node.int('end', dims.length)];
  const data = Float64Array.from(dims).slice(start, end);
  const rows = Uint8Array.from(dims, (_, d) => (isComputed(value) && d === 0 ? ROWS : 0)).slice(start, end);
  return [{ tensor: { dims: [data.length], type: 'int64' as const, data, rows: marked(rows) } }];
};

/** A shape that a constant names; one row stands for all. */
function lengthsOf(node: Node, k: number): number[] {
  const lengths = node.lengths(k, 1);
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
  const [start, limit, step] = [0, 1, 2].map((k) => node.constant(k));
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
  const tensor = node.counted(0);
  const { dims, type, data, rows } = tensor;
  const listed = node.inputs[1] === undefined ? node.ints('axes') : Array.from(node.constant(1).data);
  const axes = new Set(listed.map((axis) => (axis < 0 ? axis + dims.length : axis)));
  if (axes.size === 0 && node.int('noop_with_empty_axes', 0) !== 0) return [{ tensor }];
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
  if (data.length === result.length) return [{ tensor: { ...tensor, dims: shape } }];
  const marks = rows && new Uint8Array(result.length);
  rows?.forEach((mark, i) => {
    if (mark !== 0) marks![to[i]] = UNKNOWN;
  });
  return [typed({ dims: shape, type, data: result, rows: marks })];
};

const expand = (node: Node) => {
  const tensor = node.counted(0);
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
