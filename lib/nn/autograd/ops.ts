/**
 * What can be recorded: for each operation its shape rule and the words of its native op. Images are NHWC here and
 * kernels [height, width, in / groups, out], see native/nn/conv2d.h; PyTorch's layouts are made of them by `permute`,
 * which costs nothing where two cancel.
 */

import { broadcastStrides, stridesOf } from '../../core/shape.js';
import { ValidationError } from '../../errors.js';
import {
  broadcastShape,
  doubleWords,
  floatWord,
  keyWords,
  record,
  sizeOf,
  type Value,
  VIEW,
} from './value.js';

/** The codes of native/nn/tensor_program.h. */
export const OP = {
  unary: 0,
  binary: 1,
  compare: 2,
  select: 3,
  reduce: 4,
  argReduce: 5,
  copyStrided: 6,
  putStrided: 7,
  concat: 8,
  indexSelect: 9,
  indexAdd: 10,
  takeAlong: 11,
  addAlong: 12,
  matmul: 13,
  conv2d: 14,
  conv2dInputGradient: 15,
  conv2dWeightGradient: 16,
  maxPool: 17,
  maxPoolGradient: 18,
  avgPool: 19,
  avgPoolGradient: 20,
  batchStatistics: 21,
  batchNorm: 22,
  batchNormGradient: 23,
  layerNorm: 24,
  layerNormGradient: 25,
  softmax: 26,
  random: 27,
  fill: 28,
  activate: 29,
  activateGradient: 30,
  dropout: 31,
  update: 32,
} as const;

/** native/kernels/functions.h */
export const UNARY = {
  identity: 0,
  exp: 4,
  expm1: 5,
  log: 6,
  log1p: 7,
  sqrt: 8,
  erf: 9,
  abs: 13,
  neg: 14,
  square: 15,
  reciprocal: 16,
  floor: 17,
  ceil: 18,
  round: 19,
  sign: 20,
} as const;
export const BINARY = { add: 0, sub: 1, mul: 2, div: 3, minimum: 4, maximum: 5, pow: 6 } as const;
const COMPARE = { lt: 0, le: 1, gt: 2, ge: 3, eq: 4, ne: 5 } as const;
export const REDUCE = { sum: 0, mean: 1, min: 3, max: 4 } as const;
/** native/kernels/neural_kernels.h */
export const ACTIVATION = {
  relu: 1,
  relu6: 2,
  leakyRelu: 3,
  elu: 4,
  selu: 5,
  sigmoid: 6,
  hardSigmoid: 7,
  tanh: 8,
  softplus: 9,
  softsign: 10,
  gelu: 12,
  geluTanh: 13,
  silu: 14,
  hardSilu: 15,
  mish: 16,
} as const;

export type UnaryName = keyof typeof UNARY;
export type BinaryName = keyof typeof BINARY;
export type CompareName = keyof typeof COMPARE;
export type ReduceName = keyof typeof REDUCE;
export type ActivationName = keyof typeof ACTIVATION;

// ---- Permutations ------------------------------------------------------------------------------------------------

/** How a value that is not computed yet permutes another one. */
interface Permutation {
  readonly source: Value;
  readonly axes: readonly number[];
}
const permutations = new WeakMap<Value, Permutation>();

function permutationOf(value: Value): Permutation | undefined {
  return value.buffer === null ? permutations.get(value) : undefined;
}

export function permute(x: Value, axes: readonly number[]): Value {
  const inner = permutationOf(x);
  if (inner !== undefined) {
    return permute(
      inner.source,
      axes.map((axis) => inner.axes[axis]),
    );
  }
  if (axes.every((axis, d) => axis === d)) return x;
  const strides = stridesOf(x.shape);
  const shape = axes.map((axis) => x.shape[axis]);
  const words = [shape.length, ...shape, ...axes.map((axis) => strides[axis]), 0];
  const value = record(OP.copyStrided, shape, [x], words);
  permutations.set(value, { source: x, axes });
  return value;
}

/**
 * Of values that are all permuted alike, applies an elementwise operation to what they permute: between two
 * convolutions of PyTorch's layout nothing is then moved at all.
 */
function throughPermutation(inputs: readonly Value[], apply: (sources: readonly Value[]) => Value): Value {
  const first = permutationOf(inputs[0]);
  if (first === undefined) return apply(inputs);
  const sources = [first.source];
  for (let i = 1; i < inputs.length; i++) {
    const other = permutationOf(inputs[i]);
    if (other === undefined || !other.axes.every((axis, d) => axis === first.axes[d])) return apply(inputs);
    sources.push(other.source);
  }
  return permute(apply(sources), first.axes);
}

// ---- Elementwise ---------------------------------------------------------------------------------------------------

export function unary(f: UnaryName, x: Value): Value {
  return throughPermutation([x], ([v]) => record(OP.unary, v.shape, [v], [UNARY[f]]));
}

export function activate(f: ActivationName, x: Value, a: number): Value {
  return throughPermutation([x], ([v]) => record(OP.activate, v.shape, [v], [ACTIVATION[f], floatWord(a)]));
}

export function activateGradient(f: ActivationName, x: Value, y: Value, dy: Value, a: number): Value {
  return throughPermutation([x, y, dy], (values) =>
    record(OP.activateGradient, values[0].shape, values, [ACTIVATION[f], floatWord(a)]),
  );
}

function pair(code: number, f: number, a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape);
  const words = [
    f,
    shape.length,
    ...shape,
    ...broadcastStrides(a.shape, shape),
    ...broadcastStrides(b.shape, shape),
  ];
  return record(code, shape, [a, b], words);
}

export function binary(f: BinaryName, a: Value, b: Value): Value {
  if (a.size === b.size && a.size > 1 && sameShape(a.shape, b.shape)) {
    return throughPermutation([a, b], ([p, q]) => pair(OP.binary, BINARY[f], p, q));
  }
  return pair(OP.binary, BINARY[f], a, b);
}

export function compare(f: CompareName, a: Value, b: Value): Value {
  return pair(OP.compare, COMPARE[f], a, b);
}

export function select(condition: Value, a: Value, b: Value): Value {
  const shape = broadcastShape(condition.shape, broadcastShape(a.shape, b.shape));
  const strides = [condition, a, b].flatMap((v) => broadcastStrides(v.shape, shape));
  return record(OP.select, shape, [condition, a, b], [shape.length, ...shape, ...strides]);
}

export function dropout(x: Value, rate: number, key: number): Value {
  return record(OP.dropout, x.shape, [x], [...keyWords(key), ...doubleWords(rate)]);
}

export function fill(shape: readonly number[], value: number): Value {
  return record(OP.fill, shape, [], [floatWord(value)]);
}

/** Uniform in [a, b), or normal of mean a and deviation b. */
export function random(shape: readonly number[], normal: boolean, key: number, a: number, b: number): Value {
  return record(OP.random, shape, [], [Number(normal), ...keyWords(key), floatWord(a), floatWord(b)]);
}

export function copy(x: Value): Value {
  return record(OP.unary, x.shape, [x], [UNARY.identity]);
}

// ---- Shapes --------------------------------------------------------------------------------------------------------

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, d) => extent === b[d]);
}

export function view(x: Value, shape: readonly number[], offset = 0): Value {
  return offset === 0 && sameShape(x.shape, shape) ? x : record(VIEW, shape, [x], [offset]);
}

export function expand(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  return record(OP.copyStrided, shape, [x], [shape.length, ...shape, ...broadcastStrides(x.shape, shape), 0]);
}

/** Where a slice begins on each axis, its extents, and its steps, which may be negative. */
export interface SliceAttributes {
  readonly start: readonly number[];
  readonly shape: readonly number[];
  readonly step: readonly number[];
}

function sliceWords(whole: readonly number[], { start, shape, step }: SliceAttributes): number[] {
  const dense = stridesOf(whole);
  const offset = start.reduce((sum, at, d) => sum + at * dense[d], 0);
  return [shape.length, ...shape, ...step.map((s, d) => s * dense[d]), sizeOf(shape) === 0 ? 0 : offset];
}

export function slice(x: Value, attributes: SliceAttributes): Value {
  return record(OP.copyStrided, attributes.shape, [x], sliceWords(x.shape, attributes));
}

/** Zeros of `whole` with x where the slice lies. */
export function unslice(x: Value, whole: readonly number[], attributes: SliceAttributes): Value {
  return record(OP.putStrided, whole, [x], sliceWords(whole, attributes));
}

/** What is before an axis, the axis, what is after it. */
export function around(shape: readonly number[], axis: number): [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis] ?? 1, sizeOf(shape.slice(axis + 1))];
}

export function concat(parts: readonly Value[], axis: number): Value {
  const first = parts[0].shape;
  let extent = 0;
  for (const part of parts) {
    if (part.shape.length !== first.length || part.shape.some((n, d) => d !== axis && n !== first[d])) {
      const message = `cat needs tensors that agree but on axis ${axis}; got [${first.join(', ')}] and [${part.shape.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    extent += part.shape[axis];
  }
  const shape = first.with(axis, extent);
  const [outer, , inner] = around(shape, axis);
  // The numbers of buffers come first in a recipe, so that each part is a value with its length behind all of them.
  return record(OP.concat, shape, parts, [outer, ...parts.map((part) => part.shape[axis] * inner)]);
}

// ---- Along an axis ---------------------------------------------------------------------------------------------------

/** Reduces axes that follow one another. */
export function reduce(f: ReduceName, x: Value, first: number, count: number): Value {
  const shape = [...x.shape.slice(0, first), ...x.shape.slice(first + count)];
  const extents = [
    x.shape.slice(0, first),
    x.shape.slice(first, first + count),
    x.shape.slice(first + count),
  ];
  return record(OP.reduce, shape, [x], [REDUCE[f], ...extents.map(sizeOf), floatWord(0)]);
}

export function argReduce(largest: boolean, x: Value, axis: number): Value {
  return record(OP.argReduce, x.shape.toSpliced(axis, 1), [x], [Number(largest), ...around(x.shape, axis)]);
}

export function softmax(log: boolean, x: Value, axis: number): Value {
  return record(OP.softmax, x.shape, [x], [Number(log), ...around(x.shape, axis)]);
}

export function indexSelect(x: Value, index: Value, axis: number): Value {
  const [outer, extent, inner] = around(x.shape, axis);
  const shape = x.shape.with(axis, index.size);
  return record(OP.indexSelect, shape, [x, index], [outer, extent, index.size, inner]);
}

export function indexAdd(x: Value, index: Value, axis: number, extent: number): Value {
  const [outer, count, inner] = around(x.shape, axis);
  return record(OP.indexAdd, x.shape.with(axis, extent), [x, index], [outer, extent, count, inner]);
}

export function takeAlong(x: Value, index: Value, axis: number): Value {
  if (index.shape.length !== x.shape.length || index.shape.some((n, d) => d !== axis && n !== x.shape[d])) {
    const message = `gather needs an index that has the tensor's shape [${x.shape.join(', ')}] but on axis ${axis}; got [${index.shape.join(', ')}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const [outer, extent, inner] = around(x.shape, axis);
  return record(OP.takeAlong, index.shape, [x, index], [outer, extent, index.shape[axis], inner]);
}

export function addAlong(x: Value, index: Value, axis: number, extent: number): Value {
  const [outer, count, inner] = around(x.shape, axis);
  return record(OP.addAlong, x.shape.with(axis, extent), [x, index], [outer, extent, count, inner]);
}

// ---- Layers --------------------------------------------------------------------------------------------------------

/** op(a) op(b) + bias of matrices, in batches that broadcast; op is a transpose of the last two axes. */
export function matmul(
  a: Value,
  b: Value,
  bias: Value | null,
  transposeA: boolean,
  transposeB: boolean,
): Value {
  const m = a.shape.at(transposeA ? -1 : -2)!;
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const n = b.shape.at(transposeB ? -2 : -1)!;
  if (k !== b.shape.at(transposeB ? -1 : -2)) {
    const shown = `[${a.shape.join(', ')}]${transposeA ? ' transposed' : ''} and [${b.shape.join(', ')}]${transposeB ? ' transposed' : ''}`;
    throw new ValidationError('ERR_SHAPE', `The shapes ${shown} can't be multiplied.`);
  }
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcastShape(batchA, batchB);
  const strides = [
    ...broadcastStrides(batchA, batch).map((stride) => stride * m * k),
    ...broadcastStrides(batchB, batch).map((stride) => stride * k * n),
  ];
  const words = [Number(transposeA), Number(transposeB), m, k, n, batch.length, ...batch, ...strides];
  return record(OP.matmul, [...batch, m, n], [a, b, bias], words);
}

/** [top, bottom, left, right] and so on: the words of Conv2dShape and Pool2dShape. */
export interface WindowAttributes {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
}

function convWords(x: readonly number[], outChannels: number, a: WindowAttributes): number[] {
  return [...x, outChannels, ...a.kernel, ...a.stride, ...a.padding, ...a.dilation, a.groups];
}

function extent(size: number, d: number, a: WindowAttributes): number {
  const before = a.padding[2 * d];
  const padded = size + before + a.padding[2 * d + 1];
  const span = (a.kernel[d] - 1) * a.dilation[d] + 1;
  if (padded < span) {
    throw new ValidationError('ERR_SHAPE', `A window of ${span} is larger than a padded image of ${padded}.`);
  }
  const out = Math.floor((padded - span) / a.stride[d]) + 1;
  const hangs = a.ceilMode && (padded - span) % a.stride[d] !== 0 && out * a.stride[d] < size + before;
  return hangs ? out + 1 : out;
}

export function conv2d(x: Value, w: Value, bias: Value | null, a: WindowAttributes): Value {
  const [batch, height, width, channels] = x.shape;
  const outChannels = w.shape[3];
  if (w.shape[2] * a.groups !== channels || outChannels % a.groups !== 0) {
    const message = `A convolution of ${channels} channels in ${a.groups} groups can't have weights for ${w.shape[2]} channels a group and ${outChannels} outputs.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const shape = [batch, extent(height, 0, a), extent(width, 1, a), outChannels];
  return record(OP.conv2d, shape, [x, w, bias], convWords(x.shape, outChannels, a));
}

export function conv2dInputGradient(
  w: Value,
  dy: Value,
  shape: readonly number[],
  a: WindowAttributes,
): Value {
  return record(OP.conv2dInputGradient, shape, [w, dy], convWords(shape, w.shape[3], a));
}

export function conv2dWeightGradient(
  x: Value,
  dy: Value,
  shape: readonly number[],
  a: WindowAttributes,
): Value {
  return record(OP.conv2dWeightGradient, shape, [x, dy], convWords(x.shape, shape[3], a));
}

function poolWords(x: readonly number[], a: WindowAttributes): number[] {
  return [...x, ...a.kernel, ...a.stride, ...a.padding, Number(a.ceilMode), Number(a.countIncludePad)];
}

export function pool(max: boolean, x: Value, a: WindowAttributes): Value {
  const [batch, height, width, channels] = x.shape;
  const shape = [batch, extent(height, 0, a), extent(width, 1, a), channels];
  return record(max ? OP.maxPool : OP.avgPool, shape, [x], poolWords(x.shape, a));
}

export function maxPoolGradient(x: Value, dy: Value, a: WindowAttributes): Value {
  return record(OP.maxPoolGradient, x.shape, [x, dy], poolWords(x.shape, a));
}

export function avgPoolGradient(dy: Value, shape: readonly number[], a: WindowAttributes): Value {
  return record(OP.avgPoolGradient, shape, [dy], poolWords(shape, a));
}

function rowsOf(x: Value): [number, number] {
  const channels = x.shape[x.shape.length - 1];
  return [channels === 0 ? 0 : x.size / channels, channels];
}

/** [2, channels]: mean and biased variance over all but the last axis. */
export function batchStatistics(x: Value): Value {
  return record(OP.batchStatistics, [2, x.shape[x.shape.length - 1]], [x], rowsOf(x));
}

export function batchNorm(
  x: Value,
  statistics: Value,
  gamma: Value | null,
  beta: Value | null,
  epsilon: number,
): Value {
  return record(OP.batchNorm, x.shape, [x, statistics, gamma, beta], [...rowsOf(x), floatWord(epsilon)]);
}

/** The gradients by x, gamma and beta. */
export function batchNormGradient(
  x: Value,
  statistics: Value,
  dy: Value,
  gamma: Value | null,
  epsilon: number,
  fixed: boolean,
): [Value, Value, Value] {
  const [rows, channels] = rowsOf(x);
  const words = [rows, channels, floatWord(epsilon), Number(fixed)];
  const all = record(OP.batchNormGradient, [x.size + 2 * channels], [x, statistics, dy, gamma], words);
  return split(all, x.shape, channels);
}

function split(all: Value, shape: readonly number[], width: number): [Value, Value, Value] {
  const size = sizeOf(shape);
  return [view(all, shape), view(all, [width], size), view(all, [width], size + width)];
}

/** The values and the statistics [rows, 2], over the last axis. */
export function layerNorm(
  x: Value,
  gamma: Value | null,
  beta: Value | null,
  epsilon: number,
): [Value, Value] {
  const [rows, cols] = rowsOf(x);
  const words = [rows, cols, floatWord(epsilon)];
  const all = record(OP.layerNorm, [x.size + 2 * rows], [x, gamma, beta], words);
  return [view(all, x.shape), view(all, [rows, 2], x.size)];
}

export function layerNormGradient(
  x: Value,
  statistics: Value,
  dy: Value,
  gamma: Value | null,
): [Value, Value, Value] {
  const [rows, cols] = rowsOf(x);
  const all = record(OP.layerNormGradient, [x.size + 2 * cols], [x, statistics, dy, gamma], [rows, cols]);
  return split(all, x.shape, cols);
}
