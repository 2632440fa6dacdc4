/** Nodes of ONNX graphs that repeat values, put others around them, or move them between channels and places. */
import { sizeOf, stridesOf } from '../../core/shape.js';
import { broadcastDims, fillingStrides, placesOf } from './layout.js';
import type { Node, Translate } from './node.js';
import type { Computed } from './values.js';

/** Repeated along axes of length 1. */
const expand: Translate = (node) => {
  const value = node.computed(0);
  const isWhole = node.counted(1).data.length > value.dims.length;
  const given = node.lengths(1, isWhole ? 1 : Number.NaN);
  const [rows, ...rest] = isWhole ? given : [1, ...given];
  const dims = rest.every(Number.isInteger) ? broadcastDims(value.dims, rest) : null;
  if (dims === null || !(rows === node.batch || rows === 1) || dims.length > value.dims.length)
    throw node.fail(`the shape ${given.slice(0, 5).join(' x ')} is not supported`);
  node.sized(sizeOf(dims));
  return [moved(node, value, dims, placesOf(dims, fillingStrides(value.dims, dims)!))];
};

/** The value whose elements lie at the given places of `value`. */
function moved(node: Node, value: Computed, dims: readonly number[], places: readonly number[]): Computed {
  const { codes } = value;
  return {
    ...value,
    dims,
    slot: node.plan.gather(value.slot, [...places]),
    codes: codes && places.map((at) => codes[at]),
  };
}

const tile: Translate = (node) => {
  const value = node.computed(0);
  const [rows, ...repeats] = Array.from(node.constant(1).data);
  const isCount = (n: number) => Number.isInteger(n) && n >= 1;
  if (rows !== 1 || repeats.length !== value.dims.length || !repeats.every(isCount))
    throw node.fail(`the repeats ${[rows, ...repeats].slice(0, 5).join(' x ')} are not supported`);
  const dims = value.dims.map((length, d) => length * repeats[d]);
  node.sized(sizeOf(dims));
  const own = stridesOf(value.dims);
  const steps = stridesOf(dims);
  const places = Array.from({ length: sizeOf(dims) }, (_, i) =>
    dims.reduce((at, n, d) => at + ((Math.floor(i / steps[d]) % n) % value.dims[d]) * own[d], 0),
  );
  return [moved(node, value, dims, places)];
};

/** Where the place before or after the ends comes from, in each mode; -1 for the value of the padding. */
const SOURCES: Readonly<Record<string, (at: number, length: number) => number>> = {
  constant: (at, length) => (at >= 0 && at < length ? at : -1),
  edge: (at, length) => Math.min(length - 1, Math.max(0, at)),
  wrap: (at, length) => ((at % length) + length) % length,
  reflect: (at, length) => {
    const period = Math.max(1, 2 * (length - 1));
    const within = ((at % period) + period) % period;
    return Math.min(within, period - within) % length;
  },
};

/** How many places come before and after each axis after the rows. */
function paddingOf(node: Node, rank: number): ReadonlyArray<readonly [before: number, after: number]> {
  const isOld = node.inputs.length < 2;
  const pads = isOld ? node.ints('pads') : Array.from(node.constant(1).data);
  const given = node.inputs[3] === undefined ? undefined : Array.from(node.constant(3).data);
  const axes = (given ?? Array.from({ length: rank + 1 }, (_, d) => d)).map((axis) =>
    axis < 0 ? axis + rank + 1 : axis,
  );
  const all = Array.from({ length: rank + 1 }, () => [0, 0] as [number, number]);
  const isOne = axes.every((axis, k) => axis >= 0 && axis <= rank && axes.indexOf(axis) === k);
  if (!isOne || pads.length !== 2 * axes.length || !pads.every(Number.isSafeInteger))
    throw node.fail(`its pads do not go with rows of ${rank} axes`);
  axes.forEach((axis, k) => {
    all[axis] = [pads[k], pads[k + axes.length]];
  });
  const [rows, ...rest] = all;
  if (rows.some((n) => n !== 0)) throw node.fail('rows before or after the given ones are not supported');
  return rest;
}

const pad: Translate = (node) => {
  const value = node.computed(0);
  const { plan } = node;
  const mode = node.text('mode', 'constant');
  if (!Object.hasOwn(SOURCES, mode)) throw node.fail(`mode '${mode.slice(0, 60)}' is not supported`);
  if (value.codes !== undefined) throw node.fail('it takes numbers, and is given labels');
  const padding = paddingOf(node, value.dims.length);
  const dims = value.dims.map((length, d) => length + padding[d][0] + padding[d][1]);
  if (!dims.every((length) => length >= 1)) throw node.fail('it leaves nothing');
  node.sized(sizeOf(dims));
  const strides = stridesOf(value.dims);
  let places = [0];
  dims.forEach((length, d) => {
    const from = Array.from({ length }, (_, k) => SOURCES[mode](k - padding[d][0], value.dims[d]));
    places = places.flatMap((at) => from.map((k) => (at < 0 || k < 0 ? -1 : at + k * strides[d])));
  });
  if (!places.includes(-1)) return [moved(node, value, dims, places)];
  const filling = node.inputs[2] === undefined ? node.float('value', 0) : node.constant(2).data[0];
  const slot = plan.concat([value.slot, plan.constant(value.slot, Float64Array.of(filling))]);
  const { width } = value.slot;
  return [
    {
      ...value,
      dims,
      slot: plan.gather(
        slot,
        places.map((at) => (at < 0 ? width : at)),
      ),
    },
  ];
};

/** Channels to places within blocks, or back. */
const blocks =
  (toSpace: boolean): Translate =>
  (node) => {
    const value = node.computed(0);
    const size = node.int('blocksize');
    const mode = node.text('mode', 'DCR');
    const [channels, height, width] = value.dims;
    const area = size * size;
    const fits = toSpace ? channels % area === 0 : height % size === 0 && width % size === 0;
    if (value.dims.length !== 3 || !(size >= 1 && fits) || !['DCR', 'CRD'].includes(mode))
      throw node.fail('values of this shape are not supported');
    const deep = toSpace ? channels / area : channels;
    const [rows, cols] = toSpace ? [height, width] : [height / size, width / size];
    // By depth, row and column within a block, block row and block column.
    const deepAt = (c: number, i: number, j: number) =>
      mode === 'CRD' ? c * area + i * size + j : (i * size + j) * deep + c;
    const places = new Array<number>(value.slot.width);
    for (let i = 0; i < places.length; i++) {
      const [column, row] = [i % (cols * size), Math.floor(i / (cols * size)) % (rows * size)];
      const c = Math.floor(i / (cols * rows * area));
      const [h, w] = [Math.floor(row / size), Math.floor(column / size)];
      const packed = (deepAt(c, row % size, column % size) * rows + h) * cols + w;
      if (toSpace) places[i] = packed;
      else places[packed] = i;
    }
    const dims = toSpace ? [deep, rows * size, cols * size] : [channels * area, rows, cols];
    return [moved(node, value, dims, places)];
  };

/** By operator set and name. */
export const REARRANGE_OPS: Readonly<Record<string, Translate>> = {
  Expand: expand,
  Tile: tile,
  Pad: pad,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
};
