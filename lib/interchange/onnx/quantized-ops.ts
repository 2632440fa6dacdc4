/**
 * Nodes of quantized ONNX graphs. Whole numbers of 8 bits are numbers of a plan like others: products of two of them are exact in
 * float32, and so are sums up to 2^24.
 */
import { sizeOf } from '../../core/shape.js';
import { columnsOf } from './layout.js';
import { binary, product, unary } from './math-ops.js';
import type { Element } from './messages.js';
import { convolve, globalPool, NETWORK_OPS, pool } from './network-ops.js';
import { filled, type Node, type Translate } from './node.js';
import { concat } from './shape-ops.js';
import type { NumberTensor } from './tensor.js';
import { type Computed, isComputed, type Value } from './values.js';

const LIMITS: Partial<Record<Element, readonly [least: number, most: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
};
const ZERO: NumberTensor = { dims: [], type: 'uint8', data: Float64Array.of(0) };

/** The constants of an axis, or one for all, so that they broadcast to a value of `rank` dimensions, rows included. */
function alongAxis(node: Node, given: NumberTensor, rank: number, axis: number): NumberTensor {
  if (given.data.length === 1) return { ...given, dims: [] };
  const at = axis < 0 ? axis + rank : axis;
  if (given.dims.length !== 1 || !(at >= 0 && at < rank) || node.int('block_size', 0) !== 0)
    throw node.fail('its scale is not supported');
  return { ...given, dims: [given.data.length, ...new Array<number>(rank - at - 1).fill(1)] };
}

/** A number for each of so many columns or filters, given for each or once. */
function numberOf(node: Node, what: string, { data }: NumberTensor, count: number): (k: number) => number {
  if (data.length === 1) return () => data[0];
  if (data.length === count) return (k) => data[k];
  throw node.fail(`its ${what} has ${data.length} values, and not 1 or ${count}`);
}

const zeroOf = (node: Node, k: number): NumberTensor =>
  node.inputs[k] === undefined ? ZERO : node.constant(k);

/** The nearest whole number of x / scale, ties to even, plus zero, within the limits of its type. */
function quantized(
  node: Node,
  value: Computed,
  scale: NumberTensor,
  zero: NumberTensor,
  axis: number,
): Computed {
  const limits = LIMITS[zero.type];
  if (limits === undefined) throw node.fail(`elements of type ${zero.type} are not supported`);
  const { plan } = node;
  const rank = value.dims.length + 1;
  const divided = plan.binary(value.slot, 'div', columnsOf(node, alongAxis(node, scale, rank, axis), value));
  const rounded = plan.activation(divided, 'round');
  const moved = plan.binary(rounded, 'add', columnsOf(node, alongAxis(node, zero, rank, axis), value));
  const least = plan.binary(moved, 'max', filled(moved.width, limits[0]));
  return { ...value, type: zero.type, slot: plan.binary(least, 'min', filled(moved.width, limits[1])) };
}

function dequantized(
  node: Node,
  value: Computed,
  scale: NumberTensor,
  zero: NumberTensor,
  axis: number,
): Computed {
  const { plan } = node;
  const rank = value.dims.length + 1;
  const moved = plan.binary(value.slot, 'sub', columnsOf(node, alongAxis(node, zero, rank, axis), value));
  const slot = plan.binary(moved, 'mul', columnsOf(node, alongAxis(node, scale, rank, axis), value));
  return { ...value, type: 'float', slot };
}

/** A constant of whole numbers as the numbers they stand for. */
function dequantizedConstant(
  node: Node,
  tensor: NumberTensor,
  scale: NumberTensor,
  zero: NumberTensor,
  axis: number,
): NumberTensor {
  const { dims, data } = tensor;
  const at = axis < 0 ? axis + dims.length : axis;
  const inner = sizeOf(dims.slice(at + 1));
  const scaleAt = numberOf(node, 'scale', scale, dims[at]);
  const zeroAt = numberOf(node, 'zero', zero, dims[at]);
  const number = (code: number, k: number) => Math.fround((code - zeroAt(k)) * scaleAt(k));
  return {
    ...{ dims, type: 'float' },
    data: data.map((code, i) => number(code, Math.floor(i / inner) % dims[at])),
  };
}

const quantizeLinear: Translate = (node) => [
  quantized(node, node.laidOut(0), node.constant(1), zeroOf(node, 2), node.int('axis', 1)),
];

const dequantizeLinear: Translate = (node) => {
  const value = node.input(0);
  const [, ownScale, ownZero] = node.inputs;
  if (isComputed(value) && ownScale && ownZero && isComputed(ownScale) && isComputed(ownZero)) {
    const moved = node.plan.binaryOf([value.slot, ownZero.slot], 'sub');
    return [{ ...value, type: 'float', slot: node.plan.binaryOf([moved, ownScale.slot], 'mul') }];
  }
  const [scale, zero, axis] = [node.constant(1), zeroOf(node, 2), node.int('axis', 1)];
  if (isComputed(value)) return [dequantized(node, value, scale, zero, axis)];
  return [{ tensor: dequantizedConstant(node, node.constant(0), scale, zero, axis) }];
};

/** Each row by its own range, 0 in it, so that its result does not depend on the rows beside it. */
const dynamicQuantizeLinear: Translate = (node) => {
  const value = node.laidOut(0);
  const { plan } = node;
  const most = plan.binary(plan.reduce(value.slot, 'max'), 'max', Float64Array.of(0));
  const least = plan.binary(plan.reduce(value.slot, 'min'), 'min', Float64Array.of(0));
  const scale = plan.binary(plan.binaryOf([most, least], 'sub'), 'div', Float64Array.of(255));
  const clipped = (slot: Computed['slot']) =>
    plan.binary(plan.binary(slot, 'max', filled(slot.width, 0)), 'min', filled(slot.width, 255));
  // A row of zeros has the scale 0, and any other gives the same zeros.
  const divisor = plan.binaryOf([scale, plan.binary(scale, 'equal', Float64Array.of(0))], 'add');
  const start = plan.binaryOf([plan.activation(least, 'negate'), divisor], 'div');
  const zero = clipped(plan.activation(start, 'round'));
  const rounded = plan.activation(plan.binaryOf([value.slot, divisor], 'div'), 'round');
  const slot = clipped(plan.binaryOf([rounded, zero], 'add'));
  return [
    { ...value, slot, type: 'uint8' },
    { slot: scale, dims: [], type: 'float', isScalar: true },
    { slot: zero, dims: [], type: 'uint8', isScalar: true },
  ];
};

/** A value less its zero, which is input k. */
function lessZero(node: Node, value: Computed, k: number): Computed {
  const zero = node.inputs[k];
  const { plan } = node;
  if (zero === undefined) return value;
  if (isComputed(zero)) return { ...value, slot: plan.binaryOf([value.slot, zero.slot], 'sub') };
  if (zero.tensor.data.length !== 1) throw node.fail('zeros for each row are not supported');
  return {
    ...value,
    slot: plan.binary(value.slot, 'sub', filled(value.slot.width, node.constant(k).data[0])),
  };
}

/** (a - its zero) (b - its zero); zeros of b are one for each column. */
function wholeProduct(
  node: Node,
  a: Computed,
  aZero: number,
  b: NumberTensor,
  bZero: NumberTensor,
): Computed {
  const cols = b.dims[1] ?? 1;
  const zero = numberOf(node, 'zero', bZero, cols);
  const data = b.data.map((value, i) => value - zero(i % cols));
  const tensor: NumberTensor = { dims: b.dims, type: 'float', data };
  const [result] = product(node.given([lessZero(node, a, aZero), { tensor }])) as readonly Computed[];
  return { ...result, type: 'int32' };
}

const matMulInteger: Translate = (node) => [
  wholeProduct(node, node.computed(0), 2, node.constant(1), zeroOf(node, 3)),
];

const convInteger: Translate = (node) => {
  const weights = node.constant(1);
  const [filters] = weights.dims;
  const perFilter = weights.data.length / filters;
  const zero = numberOf(node, 'zero', zeroOf(node, 3), filters);
  const data = weights.data.map((value, i) => value - zero(Math.floor(i / perFilter)));
  return [
    { ...convolve(node, lessZero(node, node.laidOut(0), 2), { ...weights, data }, null), type: 'int32' },
  ];
};

/** Inputs a, its scale and zero, b, its scale and zero, scale and zero of the result. */
const qLinearMatMul: Translate = (node) => {
  const [aScale, bScale, yScale] = [1, 4, 6].map((k) => node.constant(k));
  if (aScale.data.length !== 1 || yScale.data.length !== 1)
    throw node.fail('scales for each row are not supported');
  const whole = wholeProduct(node, node.computed(0), 2, node.constant(3), node.constant(5));
  const cols = whole.dims.at(-1) ?? 1;
  const scale = numberOf(node, 'scale', bScale, cols);
  const factor = Float64Array.from({ length: whole.slot.width }, (_, j) => aScale.data[0] * scale(j % cols));
  const numbers: Computed = { ...whole, type: 'float', slot: node.plan.binary(whole.slot, 'mul', factor) };
  return [quantized(node, numbers, node.constant(6), node.constant(7), -1)];
};

/** Input k with its scale and its zero after it, as the numbers it stands for. */
function numbersAt(node: Node, k: number, axis = 1): Value {
  const value = node.input(k);
  const [scale, zero] = [node.constant(k + 1), zeroOf(node, k + 2)];
  if (isComputed(value)) return dequantized(node, node.laidOut(k), scale, zero, axis);
  return { tensor: dequantizedConstant(node, node.constant(k), scale, zero, axis) };
}

/** What an operator of numbers makes of some quantized inputs, quantized; `result` is the place of its scale. */
const between =
  (translate: Translate, inputs: readonly number[], result: number): Translate =>
  (node) => {
    if (node.int('channels_last', 0) !== 0) throw node.fail('channels that come last are not supported');
    const [numbers] = translate(node.given(inputs.map((k) => numbersAt(node, k)))) as readonly Computed[];
    return [quantized(node, numbers, node.constant(result), zeroOf(node, result + 1), 1)];
  };

/** Scale and zero of the result, then the inputs. */
const qLinearConcat: Translate = (node) => {
  const inputs = Array.from({ length: Math.floor((node.inputs.length - 2) / 3) }, (_, i) => 2 + 3 * i);
  return between(concat, inputs, 0)(node);
};

/** Softmax of the operator set that the node names. */
const qLinearSoftmax = between(
  (node) => NETWORK_OPS.Softmax(node.given(node.inputs, node.int('opset', 13))),
  [0],
  3,
);

/** Inputs a, its scale and zero, b, its scale and zero, what is added in units of both scales, scale and zero of the result. */
const qGemm: Translate = (node) => {
  const axis = node.int('transB', 0) === 0 ? 1 : 0;
  const inputs = [numbersAt(node, 0), numbersAt(node, 3, axis)];
  if (node.inputs[6] !== undefined) {
    const { dims, data } = node.constant(6);
    const unit = node.float('alpha', 1) * node.constant(1).data[0];
    const scale = numberOf(node, 'scale', node.constant(4), data.length);
    const added = data.map((v, j) => v * unit * scale(j));
    inputs.push({ tensor: { dims, type: 'float', data: added } });
  }
  const [numbers] = product(node.given(inputs)) as readonly Computed[];
  if (node.inputs[7] === undefined) return [numbers];
  return [quantized(node, numbers, node.constant(7), zeroOf(node, 8), 1)];
};

/** Inputs x, its scale and zero, w, its scale and zero, scale and zero of the result, bias in units of both scales. */
const qLinearConv: Translate = (node) => {
  const x = dequantized(node, node.laidOut(0), node.constant(1), node.constant(2), 1);
  const scale = node.constant(4);
  const weights = dequantizedConstant(node, node.constant(3), scale, node.constant(5), 0);
  const unit = node.constant(1).data[0];
  const perFilter = numberOf(node, 'scale', scale, weights.dims[0]);
  const bias =
    node.inputs[8] === undefined ? null : node.constant(8).data.map((v, f) => v * unit * perFilter(f));
  return [quantized(node, convolve(node, x, weights, bias), node.constant(6), node.constant(7), 1)];
};

/** By operator set and name. */
export const QUANTIZED_OPS: Readonly<Record<string, Translate>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  QLinearMatMul: qLinearMatMul,
  QLinearConv: qLinearConv,
  ConvInteger: convInteger,
  'com.microsoft.QGemm': qGemm,
  'com.microsoft.QLinearAdd': between(binary('add'), [0, 3], 6),
  'com.microsoft.QLinearMul': between(binary('mul'), [0, 3], 6),
  'com.microsoft.QLinearSigmoid': between(unary('sigmoid'), [0], 3),
  'com.microsoft.QLinearLeakyRelu': between(NETWORK_OPS.LeakyRelu, [0], 3),
  'com.microsoft.QLinearAveragePool': between(pool(true), [0], 3),
  'com.microsoft.QLinearGlobalAveragePool': between(globalPool(true), [0], 3),
  'com.microsoft.QLinearSoftmax': qLinearSoftmax,
  'com.microsoft.QLinearConcat': qLinearConcat,
};
