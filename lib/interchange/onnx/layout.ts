/**
 * Values of several axes in a row of a plan. ONNX puts the channels of an image first; convolutions of the native core want them
 * last, and what follows them can stay so: {@link Computed.channelsLast}.
 */
import type { PlanBuilder, Slot } from '../../core/plan-builder.js';
import { broadcastStrides, sizeOf, stridesOf } from '../../core/shape.js';
import type { Node } from './node.js';
import { type NumberTensor, picked } from './tensor.js';
import type { Computed } from './values.js';

/** The sums of one number of each list, those of the last list side by side. */
export function sums(lists: readonly (readonly number[])[]): number[] {
  let all = [0];
  for (const list of lists) {
    const next = new Array<number>(all.length * list.length);
    let k = 0;
    for (const sum of all) for (const term of list) next[k++] = sum + term;
    all = next;
  }
  return all;
}

/** Where elements of `dims` lie when each axis has the given step. */
export function placesOf(dims: readonly number[], strides: readonly number[]): number[] {
  if (sizeOf(dims) === 0) return [];
  return sums(dims.map((length, d) => Array.from({ length }, (_, k) => k * strides[d])));
}

/** Where the elements lie that have one of the given places along each axis. */
export function placesAt(dims: readonly number[], taken: readonly (readonly number[])[]): number[] {
  const strides = stridesOf(dims);
  return sums(taken.map((places, d) => places.map((place) => place * strides[d])));
}

/** Steps by which a value of `from` fills `to`; null where it does not broadcast. */
export function fillingStrides(from: readonly number[], to: readonly number[]): number[] | null {
  const lead = to.length - from.length;
  if (lead < 0 || from.some((length, d) => length !== 1 && length !== to[lead + d])) return null;
  return broadcastStrides(from, to);
}

/** The shape that two broadcast to, or null. */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] | null {
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], d: number) => dims[d - rank + dims.length] ?? 1;
  const dims = Array.from({ length: rank }, (_, d) => Math.max(at(a, d), at(b, d)));
  return dims.every((n, d) => [at(a, d), at(b, d)].every((own) => own === n || own === 1)) ? dims : null;
}

const straight = new WeakMap<Computed, Computed>();

/** The value in ONNX's order. */
export function channelsFirst(plan: PlanBuilder, value: Computed): Computed {
  if (value.channelsLast !== true) return value;
  let made = straight.get(value);
  if (made === undefined) {
    const [channels, ...rest] = value.dims;
    const strides = [1, ...stridesOf(rest).map((stride) => stride * channels)];
    made = {
      ...value,
      channelsLast: undefined,
      slot: plan.gather(value.slot, placesOf(value.dims, strides)),
    };
    straight.set(value, made);
  }
  return made;
}

/** The value with its channels last. */
export function channelsLast(plan: PlanBuilder, value: Computed): Slot {
  if (value.channelsLast === true) return value.slot;
  const [channels, ...rest] = value.dims;
  const strides = [...stridesOf(rest), sizeOf(rest)];
  return plan.gather(value.slot, placesOf([...rest, channels], strides));
}

/** One number for each column of a value: a constant that broadcasts to its shape, in the order of its slot. */
export function columnsOf(node: Node, { dims: own, data }: NumberTensor, value: Computed): Float64Array {
  const { dims } = value;
  const [lead, ...rest] = own.length > dims.length ? own : [1, ...own];
  const strides = lead === 1 ? fillingStrides(rest, dims) : null;
  if (strides === null)
    throw node.fail(
      `a constant of shape ${own.join(' x ')} does not go with rows of shape ${dims.join(' x ')}`,
    );
  if (value.channelsLast !== true) return Float64Array.from(placesOf(dims, strides), (at) => data[at]);
  const [channel, ...others] = strides;
  return Float64Array.from(placesOf([...dims.slice(1), dims[0]], [...others, channel]), (at) => data[at]);
}

/** A constant with its axes in another order. */
export function transposed(tensor: NumberTensor, axes: readonly number[]): NumberTensor {
  const strides = stridesOf(tensor.dims);
  const dims = axes.map((axis) => tensor.dims[axis]);
  const places = placesOf(
    dims,
    axes.map((axis) => strides[axis]),
  );
  return picked(tensor, dims, places);
}
