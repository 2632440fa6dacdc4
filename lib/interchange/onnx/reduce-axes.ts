/** Sums and extremes over some of the axes after the rows. */
import { globalAvgPoolCode, pool2dCode } from '../../core/layer-code.js';
import type { Slot } from '../../core/plan-builder.js';
import type { Fold } from '../../core/plan-types.js';
import { sizeOf, stridesOf } from '../../core/shape.js';
import { channelsFirst, placesOf } from './layout.js';
import type { Node } from './node.js';
import type { Computed } from './values.js';

/** Weights of a product that may stand for a sum of doubles. */
const MAX_WEIGHTS = 1 << 16;
const NO_PARAMETERS = new Float32Array(0);

/** The places among the dimensions that a node folds. */
export function foldedAxes(node: Node, { dims }: Computed): ReadonlySet<number> {
  const rank = dims.length + 1;
  const listed = node.inputs[1] === undefined ? node.ints('axes') : Array.from(node.constant(1).data);
  const axes = new Set(listed.map((axis) => (axis < 0 ? axis + rank : axis) - 1));
  if (axes.size === 0 || [...axes].some((axis) => !(axis >= 0 && axis < dims.length)))
    throw node.fail('only axes after the rows can be folded');
  return axes;
}

/** The folded values, how many went into each, and their shape. */
export function reduceAxes(
  node: Node,
  given: Computed,
  fold: Fold,
): { slot: Slot; count: number; dims: readonly number[] } {
  const { plan } = node;
  const value = channelsFirst(plan, given);
  const { dims, slot } = value;
  const axes = foldedAxes(node, value);
  const keeps = node.int('keepdims', 1) === 1;
  const left = dims.flatMap((length, d) => (axes.has(d) ? (keeps ? [1] : []) : [length]));
  if (axes.size === dims.length) return { slot: plan.reduce(slot, fold), count: slot.width, dims: left };
  // The folded axes first: positions of rows of channels.
  const order = [...dims.keys()].sort((a, b) => Number(axes.has(b)) - Number(axes.has(a)) || a - b);
  const strides = stridesOf(dims);
  const places = placesOf(
    order.map((axis) => dims[axis]),
    order.map((axis) => strides[axis]),
  );
  const channels = sizeOf(dims.filter((_, d) => !axes.has(d)));
  const count = slot.width / channels;
  const rows = plan.gather(slot, places);
  const layer = (x: Slot, code: number[]) => plan.layer(x, code, NO_PARAMETERS, channels);
  const times = (x: Slot, factor: number) => plan.binary(x, 'mul', new Float64Array(x.width).fill(factor));
  // The pool is of float32.
  const isExact = given.type === 'double' && slot.width * channels <= MAX_WEIGHTS;
  const ones = () =>
    Float64Array.from({ length: slot.width * channels }, (_, k) =>
      Math.floor(k / channels) % channels === k % channels ? 1 : 0,
    );
  const sum = (x: Slot) =>
    isExact
      ? plan.dense(x, ones(), new Float64Array(channels))
      : times(layer(x, globalAvgPoolCode(count, channels)), count);
  const largest = (x: Slot) =>
    layer(
      x,
      pool2dCode({
        ...{ average: false, image: [count, 1, channels], kernel: [count, 1] },
        ...{ strides: [count, 1], padding: [0, 0, 0, 0] },
      }),
    );
  switch (fold) {
    case 'sum':
      return { slot: sum(rows), count, dims: left };
    case 'sumAbs':
      return { slot: sum(plan.activation(rows, 'abs')), count, dims: left };
    case 'max':
      return { slot: largest(rows), count, dims: left };
    case 'min':
      return {
        slot: plan.activation(largest(plan.activation(rows, 'negate')), 'negate'),
        count,
        dims: left,
      };
    default:
      throw node.fail('products over some of several axes are not supported');
  }
}
