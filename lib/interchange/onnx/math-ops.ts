/** Nodes of ONNX graphs that compute: elementwise functions, sums over columns, products with matrices. */
import type { Label } from '../../core/labels.js';
import { denseCode } from '../../core/layer-code.js';
import type { Slot } from '../../core/plan-builder.js';
import type { Activation, BinaryFunction, Fold } from '../../core/plan-types.js';
import { sizeOf } from '../../core/shape.js';
import { noteGaps, noteTerms, spreadTo, sumOfTerms } from './distances.js';
import { broadcastDims, channelsFirst, columnsOf, fillingStrides, placesOf } from './layout.js';
import { filled, type Node, numbersOf, recode, type Translate } from './node.js';
import { foldedAxes, reduceAxes } from './reduce-axes.js';
import { isLastAxis, isZero } from './shape-ops.js';
import type { NumberTensor } from './tensor.js';
import { type Computed, Dictionary, isComputed, type Value } from './values.js';

/** The largest number of float32. */
const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

export const unary =
  (kind: Activation): Translate =>
  (node) => {
    const value = node.laidOut(0);
    return [{ ...value, codes: undefined, slot: node.plan.activation(numbersOf(node, value), kind) }];
  };

const abs: Translate = (node) => {
  const [result] = unary('abs')(node) as [Computed];
  noteTerms(node.input(0), result, 'manhattan');
  return [result];
};

/** Of multiples of pi the functions of a plan. */
const ofAngle =
  (kind: 'sinPi' | 'cosPi'): Translate =>
  (node) => {
    const value = node.laidOut(0);
    const x = numbersOf(node, value);
    const turns = node.plan.binary(x, 'div', filled(x.width, Math.PI));
    return [{ ...value, codes: undefined, slot: node.plan.activation(turns, kind) }];
  };

/** The numbers of a constant as one row of `width` columns. */
function rowOf(node: Node, { dims, data }: NumberTensor, width: number): Float64Array {
  if (data.length === 1) return filled(width, data[0]);
  const isRow = dims.slice(0, -1).every((length) => length === 1) && data.length > 0;
  if (isRow && (data.length === width || width === 1)) return data;
  throw node.fail(`a constant of shape ${dims.join(' x ')} does not go with ${width} columns`);
}

const MIRRORED: Partial<Record<BinaryFunction, BinaryFunction>> = {
  add: 'add',
  mul: 'mul',
  min: 'min',
  max: 'max',
  equal: 'equal',
  greater: 'less',
  less: 'greater',
  greaterEqual: 'lessEqual',
  lessEqual: 'greaterEqual',
};

/** f of two slots of which one may be a constant. */
function combine(node: Node, kind: BinaryFunction, a: Value, b: Value, ka: number, kb: number): Computed {
  const { plan } = node;
  if (isComputed(a) && isComputed(b) && (a.dims.length > 1 || b.dims.length > 1))
    return combineImages(node, kind, a, b);
  const deep = isComputed(a) ? a : (b as Computed);
  if (deep.dims?.length > 1 && isComputed(a) !== isComputed(b)) {
    const tensor = node.constant(isComputed(a) ? kb : ka);
    const value = spreadTo(node, deep, tensor);
    const row = columnsOf(node, tensor, value);
    const direct = isComputed(a) ? kind : MIRRORED[kind];
    const slot =
      direct === undefined
        ? plan.binaryOf([plan.constant(value.slot, row), value.slot], kind)
        : plan.binary(value.slot, direct, row);
    const result = { ...value, slot };
    if (kind === 'sub') noteGaps(node, deep, tensor, result);
    return result;
  }
  if (isComputed(a) && isComputed(b)) {
    const [x, y] = [node.slot(ka), node.slot(kb)];
    const isEven = x.width === y.width || x.width === 1 || y.width === 1;
    // A list beside a matrix of one column would give a matrix of rows by rows.
    const isScalar = a.isScalar === true || b.isScalar === true;
    if (!isEven || (a.dims.length !== b.dims.length && !isScalar))
      throw node.fail(`it combines ${x.width} columns with ${y.width}`);
    return { slot: plan.binaryOf([x, y], kind), dims: x.width >= y.width ? a.dims : b.dims, type: a.type };
  }
  if (!isComputed(a) && !isComputed(b)) throw node.fail('it combines constants, which is not supported');
  const value = (isComputed(a) ? a : b) as Computed;
  const x = node.slot(isComputed(a) ? ka : kb);
  const row = rowOf(node, node.constant(isComputed(a) ? kb : ka), x.width);
  const dims = row.length === x.width ? value.dims : [row.length];
  const direct = isComputed(a) ? kind : MIRRORED[kind];
  const isScalar = value.isScalar === true && row.length === 1;
  if (value.dims.length === 0 && value.isScalar !== true && row.length > 1)
    throw node.fail(`it combines a list of rows with ${row.length} numbers`);
  if (direct !== undefined && row.length === x.width)
    return { slot: plan.binary(x, direct, row), dims, type: value.type, isScalar };
  const constant = plan.constant(x, row);
  return { slot: plan.binaryOf(isComputed(a) ? [x, constant] : [constant, x], kind), dims, type: value.type };
}

/** f of two slots of several axes. */
function combineImages(node: Node, kind: BinaryFunction, a: Computed, b: Computed): Computed {
  const { plan } = node;
  const isAlike = a.dims.join() === b.dims.join() && a.channelsLast === b.channelsLast;
  if (isAlike || b.isScalar === true || a.isScalar === true)
    return {
      ...(a.isScalar === true ? b : a),
      isScalar: undefined,
      slot: plan.binaryOf([a.slot, b.slot], kind),
    };
  const dims = broadcastDims(a.dims, b.dims);
  if (dims === null || a.dims.length !== b.dims.length)
    throw node.fail(`it combines rows of shape ${a.dims.join(' x ')} with ${b.dims.join(' x ')}`);
  node.sized(sizeOf(dims));
  const sides = [a, b].map((value) => {
    const { slot, dims: own } = channelsFirst(plan, value);
    return plan.gather(slot, placesOf(dims, fillingStrides(own, dims)!));
  });
  return { type: a.type, dims, slot: plan.binaryOf([sides[0], sides[1]], kind) };
}

/** Of two inputs, or of any number of them one after another. */
export const binary =
  (kind: BinaryFunction): Translate =>
  (node) => {
    const isWhole = (value: Value) => /int/.test(isComputed(value) ? value.type : value.tensor.type);
    if (kind === 'div' && node.inputs.some((_, k) => isWhole(node.input(k))))
      throw node.fail('division of whole numbers is not supported');
    if (node.inputs.length === 1) return [node.computed(0)];
    if (node.inputs.length === 2) {
      const result = combine(node, kind, node.input(0), node.input(1), 0, 1);
      if (kind === 'mul' && node.input(0) === node.input(1))
        noteTerms(node.input(0), result, 'squaredEuclidean');
      return [result];
    }
    if (node.op !== 'Min' && node.op !== 'Max' && node.op !== 'Sum')
      throw node.fail(`it has ${node.inputs.length} inputs`);
    const slots = node.inputs.map((_, k) => node.slot(k));
    const slot = slots.reduce((a, b) => node.plan.binaryOf([a, b], kind));
    return [{ slot, dims: node.computed(0).dims, type: node.computed(0).type }];
  };

const comparison =
  (kind: BinaryFunction): Translate =>
  (node) => {
    const [a, b] = [node.input(0), node.input(1)];
    const text = isComputed(a) && a.type === 'string' ? a : undefined;
    if (kind === 'equal' && text !== undefined) return [{ ...equalText(node, text, b), type: 'bool' }];
    return [{ ...combine(node, kind, a, b, 0, 1), type: 'bool' }];
  };

function equalText(node: Node, text: Computed, other: Value): Computed {
  if (isComputed(other) || other.tensor.type !== 'string' || other.tensor.data.length !== 1)
    throw node.fail('it compares text with what is not one constant text');
  const [label] = other.tensor.data;
  const codes = Float64Array.from(text.codes ?? [], (dictionary) => dictionary.code(label));
  // An unknown text has the code -1 in every dictionary, and so would equal a constant that is in none.
  const places = codes.map((code) => (code < 0 ? Number.NaN : code));
  return { slot: node.plan.binary(text.slot, 'equal', places), dims: text.dims, type: 'bool' };
}

const where: Translate = (node) => {
  const condition = node.computed(0);
  const choices = [node.input(1), node.input(2)];
  const { plan } = node;
  const isText = choices.some((value) => (isComputed(value) ? value.type : value.tensor.type) === 'string');
  const widths = [condition, ...choices].map((value) => (isComputed(value) ? value.slot.width : 1));
  const width = Math.max(
    ...widths,
    ...choices.map((value) => (isComputed(value) ? 1 : value.tensor.data.length)),
  );
  const dictionary = isText ? commonDictionary(choices) : undefined;
  const [a, b] = choices.map((value, k) => {
    if (isComputed(value)) {
      const slot = dictionary ? recode(node, value, dictionary) : node.slot(k + 1);
      return widen(node, slot, width);
    }
    const row = dictionary
      ? Float64Array.from(value.tensor.data as readonly string[], (label) => dictionary.code(label))
      : node.constant(k + 1).data;
    return plan.constant(
      condition.slot,
      row.length === width ? row : rowOf(node, { dims: value.tensor.dims, type: 'float', data: row }, width),
    );
  });
  const slot = plan.select([widen(node, condition.slot, width), a, b]);
  const shaped = [condition, ...choices].find((value) => isComputed(value) && value.slot.width === width);
  const dims = shaped !== undefined && isComputed(shaped) ? shaped.dims : [width];
  const numeric = choices[0];
  const type = dictionary ? 'string' : isComputed(numeric) ? numeric.type : numeric.tensor.type;
  return [{ slot, dims, type, codes: dictionary && Array.from({ length: width }, () => dictionary) }];
};

function commonDictionary(values: readonly Value[]): Dictionary {
  const labels = values.flatMap((value): Label[] => {
    if (!isComputed(value)) return Array.from(value.tensor.data as ArrayLike<string>);
    return (value.codes ?? []).flatMap((dictionary) => [...dictionary.labels]);
  });
  const sources = values.flatMap((value) => (isComputed(value) ? (value.codes ?? []) : []));
  return new Dictionary([...new Set(labels)], sources);
}

/** One column as `width` equal ones. */
function widen(node: Node, x: Slot, width: number): Slot {
  if (x.width === width) return x;
  if (x.width !== 1) throw node.fail(`it combines ${x.width} columns with ${width}`);
  return node.plan.gather(x, new Array<number>(width).fill(0));
}

const not: Translate = (node) => [
  { slot: isZero(node, node.slot(0)), dims: node.computed(0).dims, type: 'bool' },
];

const isMissing: Translate = (node) => {
  const x = node.slot(0);
  const slot = isZero(node, node.plan.binaryOf([x, x], 'equal'));
  return [{ slot, dims: node.computed(0).dims, type: 'bool' }];
};

const clip: Translate = (node) => {
  const value = node.laidOut(0);
  const bound = (k: number, name: string) =>
    node.inputs[k] === undefined ? (node.has(name) ? node.float(name) : undefined) : node.constant(k).data[0];
  let slot = numbersOf(node, value);
  const [least, most] = [bound(1, 'min'), bound(2, 'max')];
  if (least !== undefined) slot = node.plan.binary(slot, 'max', filled(slot.width, least));
  if (most !== undefined) slot = node.plan.binary(slot, 'min', filled(slot.width, most));
  return [{ ...value, codes: undefined, slot }];
};

const reduce =
  (fold: Fold, before?: Activation, after?: (node: Node, slot: Slot, width: number) => Slot): Translate =>
  (node) => {
    const value = node.laidOut(0);
    const hasAxes = node.has('axes') || (node.inputs[1] !== undefined && node.constant(1).data.length > 0);
    if (!hasAxes && node.int('noop_with_empty_axes', 0) === 1 && before === undefined) return [value];
    const axes = node.inputs[1] === undefined ? node.ints('axes') : Array.from(node.constant(1).data);
    const isSum = fold === 'sum' && before === undefined && after === undefined;
    const distances = isSum ? sumOfTerms(node, value, axes, node.int('keepdims', 1) === 1) : undefined;
    if (distances !== undefined) return [distances];
    const x = numbersOf(node, value);
    const given = { ...value, slot: before ? node.plan.activation(x, before) : x };
    const { slot: folded, count, dims } = reduceAxes(node, given, fold);
    const slot = after ? after(node, folded, count) : folded;
    return [{ slot, dims, type: value.type }];
  };

/** The logarithm of a sum of powers of e, all of which are taken by the largest, so that none overflows. */
const logSumExp: Translate = (node) => {
  const { plan } = node;
  const value = { ...node.computed(0), slot: node.slot(0) };
  const { slot: most } = reduceAxes(node, value, 'max');
  // An infinite one has no gaps to what is infinite as well.
  const end = value.type === 'double' ? Number.MAX_VALUE : MAX_FLOAT;
  const above = plan.binary(most, 'max', filled(most.width, -end));
  const largest = plan.binary(above, 'min', filled(most.width, end));
  const axes = foldedAxes(node, value);
  const kept = value.dims.map((length, d) => (axes.has(d) ? 1 : length));
  const spread = plan.gather(largest, placesOf(value.dims, fillingStrides(kept, value.dims)!));
  const powers = plan.activation(plan.binaryOf([value.slot, spread], 'sub'), 'exp');
  const { slot, dims } = reduceAxes(node, { ...value, slot: powers }, 'sum');
  const sum = plan.binaryOf([plan.activation(slot, 'log'), largest], 'add');
  return [{ slot: sum, dims, type: value.type }];
};

const extreme =
  (isLargest: boolean): Translate =>
  (node) => {
    const value = node.computed(0);
    const axis = node.int('axis', 0);
    if (value.dims.length !== 1 || !isLastAxis(axis, value) || node.int('select_last_index', 0) !== 0)
      throw node.fail('only the first extreme of the columns of a matrix is supported');
    const x = node.slot(0);
    const slot = node.plan.argmax(isLargest ? x : node.plan.activation(x, 'negate'));
    return [{ slot, dims: node.int('keepdims', 1) === 1 ? [1] : [], type: 'int64' }];
  };

/** x W + b; Gemm scales both and may have W transposed. */
export const product: Translate = (node) => {
  const x = node.slot(0);
  const { dims: before, type } = node.computed(0);
  const { dims, data } = node.constant(1);
  const isGemm = node.op === 'Gemm' || node.op === 'QGemm';
  const isTransposed = isGemm && node.int('transB', 0) !== 0;
  const alpha = isGemm ? node.float('alpha', 1) : 1;
  const beta = isGemm ? node.float('beta', 1) : 1;
  if (isGemm && node.int('transA', 0) !== 0) throw node.fail('a transposed first factor is not supported');
  const [rows, cols] = isTransposed ? [dims[1], dims[0]] : [dims[0], dims[1] ?? 1];
  const positions = before.length > 1 ? x.width / rows : 1;
  if (dims.length > 2 || dims.length === 0 || rows !== (before.at(-1) ?? 1) || cols < 1)
    throw node.fail(`a factor of shape ${dims.join(' x ')} does not go with ${x.width} columns`);
  const weights = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++)
      weights[i * cols + j] = alpha * data[isTransposed ? j * rows + i : i * cols + j];
  }
  const added = isGemm ? node.inputs[2] : undefined;
  const isConstant = added !== undefined && !isComputed(added);
  const bias = isConstant
    ? rowOf(node, node.constant(2), cols).map((value) => beta * value)
    : new Float64Array(cols);
  if (positions > 1) {
    const code = denseCode({ width: rows, units: cols, positions, useBias: false });
    const slot = node.plan.layer(x, code, Float32Array.from(weights), node.sized(positions * cols));
    return [{ slot, dims: [...before.slice(0, -1), ...(dims.length < 2 ? [] : [cols])], type }];
  }
  let slot = node.plan.dense(x, weights, bias);
  if (added !== undefined && !isConstant) {
    const other = node.slot(2);
    if (other.width !== 1 && other.width !== cols)
      throw node.fail(`it adds ${other.width} columns to ${cols}`);
    slot = node.plan.binaryOf([slot, node.plan.binary(other, 'mul', filled(other.width, beta))], 'add');
  }
  return [{ slot, dims: [...before.slice(0, -1), ...(dims.length < 2 ? [] : [cols])], type }];
};

const divided = (node: Node, slot: Slot, width: number) =>
  node.plan.binary(slot, 'div', filled(slot.width, width));
const rooted = (node: Node, slot: Slot) => node.plan.activation(slot, 'sqrt');

/** By operator set and name. */
export const MATH_OPS: Readonly<Record<string, Translate>> = {
  Abs: abs,
  Sin: ofAngle('sinPi'),
  Cos: ofAngle('cosPi'),
  Neg: unary('negate'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Erf: unary('erf'),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  Relu: unary('relu'),
  Softplus: unary('softplus'),
  Floor: unary('floor'),
  Ceil: unary('ceil'),
  Round: unary('round'),
  Sign: unary('sign'),
  Reciprocal: unary('reciprocal'),
  Add: binary('add'),
  Sum: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Pow: binary('pow'),
  Min: binary('min'),
  Max: binary('max'),
  And: comparison('min'),
  Or: comparison('max'),
  Not: not,
  Equal: comparison('equal'),
  Greater: comparison('greater'),
  GreaterOrEqual: comparison('greaterEqual'),
  Less: comparison('less'),
  LessOrEqual: comparison('lessEqual'),
  Where: where,
  IsNaN: isMissing,
  Clip: clip,
  ReduceSum: reduce('sum'),
  ReduceProd: reduce('product'),
  ReduceMax: reduce('max'),
  ReduceMin: reduce('min'),
  ReduceMean: reduce('sum', undefined, divided),
  ReduceL1: reduce('sumAbs'),
  ReduceL2: reduce('sum', 'square', rooted),
  ReduceSumSquare: reduce('sum', 'square'),
  ReduceLogSum: reduce('sum', undefined, (node, slot) => node.plan.activation(slot, 'log')),
  ReduceLogSumExp: logSumExp,
  ArgMax: extreme(true),
  ArgMin: extreme(false),
  MatMul: product,
  Gemm: product,
};
