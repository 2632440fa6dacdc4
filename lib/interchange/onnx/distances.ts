/**
 * Distances from points, as graphs spell them: each row less each of the points, squared or without signs, summed over the columns.
 * Values remember that they are parts of that, so that the sum becomes one op that never makes the gaps.
 */
import type { Slot } from '../../core/plan-builder.js';
import type { Metric } from '../../core/plan-types.js';
import { sizeOf } from '../../core/shape.js';
import { broadcastDims, channelsFirst, columnsOf, fillingStrides, placesOf } from './layout.js';
import type { Node } from './node.js';
import type { NumberTensor } from './tensor.js';
import type { Computed, Value } from './values.js';

/** Rows less points: what the gaps are of, and what was made of each of them. */
interface Gaps {
  readonly x: Slot;
  readonly points: Float64Array;
  readonly metric?: Metric;
}

const known = new WeakMap<object, Gaps>();

/** A value repeated to the shape of a larger constant, or as it is. */
export function spreadTo(node: Node, value: Computed, { dims: own }: NumberTensor): Computed {
  const rest = own.length > value.dims.length ? own.slice(1) : own;
  const isSingle = own.length <= value.dims.length || own[0] === 1;
  const dims = isSingle ? broadcastDims(value.dims, rest) : null;
  if (dims === null || sizeOf(dims) <= value.slot.width) return value;
  node.sized(sizeOf(dims));
  const { slot, ...kept } = channelsFirst(node.plan, value);
  const places = placesOf(dims, fillingStrides(value.dims, dims)!);
  return { ...kept, dims, slot: node.plan.gather(slot, places) };
}

/** Remembers that `gaps` is a row of one line less a constant with several, or the other way about. */
export function noteGaps(node: Node, row: Computed, constant: NumberTensor, gaps: Computed): void {
  const [lines, columns] = row.dims;
  if (row.dims.length !== 2 || lines !== 1 || gaps.dims[0] === 1 || columns !== gaps.dims[1]) return;
  const x = channelsFirst(node.plan, row).slot;
  known.set(gaps, { x, points: columnsOf(node, constant, gaps) });
}

/** Remembers that `terms` are the gaps squared, or without their signs. */
export function noteTerms(gaps: Value, terms: Computed, metric: 'squaredEuclidean' | 'manhattan'): void {
  const found = known.get(gaps);
  if (found !== undefined && found.metric === undefined) known.set(terms, { ...found, metric });
}

/** The sums of the columns of what is remembered, as distances; undefined for any other value. */
export function sumOfTerms(
  node: Node,
  value: Computed,
  axes: readonly number[],
  keeps: boolean,
): Computed | undefined {
  const found = known.get(value);
  const isColumns = axes.length === 1 && (axes[0] === 2 || axes[0] === -1);
  if (found?.metric === undefined || !isColumns) return undefined;
  const count = value.dims[0];
  const slot = node.plan.distance(found.x, found.metric, found.points, count);
  return { slot, dims: keeps ? [count, 1] : [count], type: value.type };
}
