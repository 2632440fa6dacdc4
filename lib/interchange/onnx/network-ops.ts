/** Nodes of ONNX graphs of neural networks: convolution, pooling, normalisation, activations. */
import {
  activationCode,
  conv2dCode,
  type Edges,
  globalAvgPoolCode,
  layerNormCode,
  pool2dCode,
  SOFTMAX,
} from '../../core/layer-code.js';
import type { Slot } from '../../core/plan-builder.js';
import type { Activation, BinaryFunction } from '../../core/plan-types.js';
import { sizeOf, stridesOf } from '../../core/shape.js';
import { channelsLast, columnsOf, placesOf } from './layout.js';
import { filled, type Node, numbersOf, type Translate } from './node.js';
import type { NumberTensor } from './tensor.js';
import type { Computed } from './values.js';

const NO_PARAMETERS = new Float32Array(0);

/** An image, or a series, which is an image of one row. */
interface Image {
  readonly slot: Slot;
  readonly channels: number;
  readonly size: readonly [height: number, width: number];
  readonly isSeries: boolean;
}

/** A value as an image whose channels come last. */
function imageOf(node: Node, value: Computed): Image {
  const { dims } = value;
  if (dims.length !== 2 && dims.length !== 3)
    throw node.fail(
      `its input has ${dims.length - 1} axes beside the channels, and only 1 or 2 are supported`,
    );
  const [channels, ...size] = dims;
  const isSeries = size.length === 1;
  return {
    ...{ slot: channelsLast(node.plan, value), channels, isSeries },
    size: isSeries ? [1, size[0]] : [size[0], size[1]],
  };
}

/** A result whose channels come last. */
function imageResult(slot: Slot, channels: number, size: readonly number[], isSeries: boolean): Computed {
  const dims = [channels, ...(isSeries ? size.slice(1) : size)];
  return { slot, dims, type: 'float', channelsLast: true };
}

interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Edges;
  readonly counts: readonly [number, number];
}

/** How the windows of a convolution or of a pooling lie. */
function windowsOf(node: Node, { size, isSeries }: Image, lengths: readonly number[]): Windows {
  const rank = isSeries ? 1 : 2;
  const pair = (values: readonly number[], otherwise: number, name: string): readonly [number, number] => {
    const own = values.length === 0 ? new Array<number>(rank).fill(otherwise) : values;
    if (own.length !== rank || !own.every((n) => Number.isSafeInteger(n) && n >= 1 && n <= 1 << 20))
      throw node.fail(`its '${name}' is not supported`);
    return isSeries ? [1, own[0]] : [own[0], own[1]];
  };
  const kernel = pair(lengths, 1, 'kernel_shape');
  const strides = pair(node.ints('strides'), 1, 'strides');
  const dilation = pair(node.ints('dilations'), 1, 'dilations');
  const reach = kernel.map((length, k) => (length - 1) * dilation[k] + 1);
  const [before, after] = paddingOf(node, { size, reach, strides, isSeries });
  const ceil = node.int('ceil_mode', 0) === 1;
  const counts = [0, 1].map((k) => {
    const room = size[k] + before[k] + after[k] - reach[k];
    const count = (ceil ? Math.ceil(room / strides[k]) : Math.floor(room / strides[k])) + 1;
    // A window that would begin in the padding at the end is none.
    const isBeyond = ceil && (count - 1) * strides[k] >= size[k] + before[k];
    if (room < 0) throw node.fail(`a window of ${reach[k]} does not fit into ${size[k]} with its padding`);
    return isBeyond ? count - 1 : count;
  });
  const end = (k: number) =>
    Math.max(after[k], (counts[k] - 1) * strides[k] + reach[k] - size[k] - before[k]);
  const padding: Edges = [before[0], end(0), before[1], end(1)];
  return { kernel, strides, dilation, padding, counts: [counts[0], counts[1]] };
}

function paddingOf(
  node: Node,
  {
    size,
    reach,
    strides,
    isSeries,
  }: {
    readonly size: readonly number[];
    readonly reach: readonly number[];
    readonly strides: readonly number[];
    readonly isSeries: boolean;
  },
): [before: number[], after: number[]] {
  const auto = node.text('auto_pad', 'NOTSET');
  if (auto === 'VALID')
    return [
      [0, 0],
      [0, 0],
    ];
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const totals = [0, 1].map((k) =>
      Math.max(0, (Math.ceil(size[k] / strides[k]) - 1) * strides[k] + reach[k] - size[k]),
    );
    const less = totals.map((total) => Math.floor(total / 2));
    const more = totals.map((total) => Math.ceil(total / 2));
    return auto === 'SAME_UPPER' ? [less, more] : [more, less];
  }
  const pads = node.ints('pads');
  if (auto !== 'NOTSET' || !pads.every((n) => Number.isSafeInteger(n) && n >= 0 && n <= 1 << 20))
    throw node.fail('its padding is not supported');
  if (pads.length === 0)
    return [
      [0, 0],
      [0, 0],
    ];
  if (pads.length !== (isSeries ? 2 : 4)) throw node.fail(`it has ${pads.length} 'pads'`);
  return isSeries
    ? [
        [0, pads[0]],
        [0, pads[1]],
      ]
    : [pads.slice(0, 2), pads.slice(2)];
}

/** The convolution of a value by a kernel [filters, channels / groups, ...] and a bias. */
export function convolve(
  node: Node,
  value: Computed,
  weights: NumberTensor,
  bias: ArrayLike<number> | null,
): Computed {
  const image = imageOf(node, value);
  const groups = node.int('group', 1);
  const [filters, perGroup, ...lengths] = weights.dims;
  const isWhole = Number.isSafeInteger(groups) && groups >= 1 && filters % groups === 0;
  if (lengths.length !== (image.isSeries ? 1 : 2) || !isWhole || perGroup * groups !== image.channels)
    throw node.fail(
      `a kernel of shape ${weights.dims.join(' x ')} in ${groups} groups does not go with ${image.channels} channels`,
    );
  if (bias !== null && bias.length !== filters)
    throw node.fail(`it has ${bias.length} numbers to add to ${filters}`);
  const windows = windowsOf(node, image, lengths);
  const code = conv2dCode({
    ...{ image: [...image.size, image.channels] as const, filters, kernel: windows.kernel },
    ...{ strides: windows.strides, padding: windows.padding, dilation: windows.dilation },
    ...{ groups, useBias: bias !== null },
  });
  const taps = sizeOf(lengths);
  const parameters = new Float32Array(weights.data.length + (bias?.length ?? 0));
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < perGroup; c++) {
      for (let t = 0; t < taps; t++)
        parameters[(t * perGroup + c) * filters + f] = weights.data[(f * perGroup + c) * taps + t];
    }
  }
  if (bias !== null) parameters.set(Float32Array.from(bias), weights.data.length);
  const outputs = node.sized(sizeOf(windows.counts) * filters);
  const slot = node.plan.layer(image.slot, code, parameters, outputs);
  return imageResult(slot, filters, windows.counts, image.isSeries);
}

const conv: Translate = (node) => {
  const bias = node.inputs[2] === undefined ? null : node.constant(2).data;
  return [convolve(node, node.laidOut(0), node.constant(1), bias)];
};

export const pool =
  (average: boolean): Translate =>
  (node) => {
    const image = imageOf(node, node.laidOut(0));
    const windows = windowsOf(node, image, node.ints('kernel_shape'));
    const { kernel, strides, padding, counts } = windows;
    if (windows.dilation.some((step) => step !== 1) || node.int('storage_order', 0) !== 0)
      throw node.fail('dilated windows and column-major indices are not supported');
    const { channels, size } = image;
    const code = pool2dCode({ average, image: [...size, channels], kernel, strides, padding });
    const outputs = node.sized(sizeOf(counts) * channels);
    const slot = node.plan.layer(image.slot, code, NO_PARAMETERS, outputs);
    const isCounted = average && node.int('count_include_pad', 0) === 1;
    const result = isCounted ? includePadding(node, slot, image, windows) : slot;
    return [imageResult(result, channels, counts, image.isSeries)];
  };

/** The mean over what is not padding, times its share of the window, which ends where the padding does. */
function includePadding(node: Node, slot: Slot, { size, channels }: Image, windows: Windows): Slot {
  const { kernel, strides, counts } = windows;
  const given = node.ints('pads');
  const after = (k: number) => given.at(k - 2) ?? 0;
  const share = (k: 0 | 1, place: number) => {
    const begin = place * strides[k] - windows.padding[2 * k];
    const inside = Math.min(begin + kernel[k], size[k]) - Math.max(begin, 0);
    const room = size[k] + (node.has('pads') ? after(k) : windows.padding[2 * k + 1]);
    return inside / (Math.min(begin + kernel[k], room) - begin);
  };
  const shares = Float64Array.from({ length: slot.width }, (_, i) => {
    const at = Math.floor(i / channels);
    return share(0, Math.floor(at / counts[1])) * share(1, at % counts[1]);
  });
  return node.plan.binary(slot, 'mul', shares);
}

export const globalPool =
  (average: boolean): Translate =>
  (node) => {
    const { slot, channels, size, isSeries } = imageOf(node, node.laidOut(0));
    const kernel = size;
    const code = average
      ? globalAvgPoolCode(sizeOf(size), channels)
      : pool2dCode({ average, image: [...size, channels], kernel, strides: size, padding: [0, 0, 0, 0] });
    const result = node.plan.layer(slot, code, NO_PARAMETERS, channels);
    return [imageResult(result, channels, [1, 1], isSeries)];
  };

/** (x - mean) / sqrt(variance + epsilon) * scale + shift, as one factor and one term for each channel. */
const batchNormalization: Translate = (node) => {
  if (node.int('training_mode', 0) !== 0) throw node.fail('training is not supported');
  const value = node.laidOut(0);
  const { dims } = value;
  const epsilon = node.float('epsilon', 1e-5);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((k) => node.constant(k).data);
  const channels = dims[0] ?? 1;
  if ([scale, shift, mean, variance].some((each) => each.length !== channels))
    throw node.fail(`its statistics are not those of ${channels} channels`);
  const factor = Float64Array.from(scale, (s, c) => s / Math.sqrt(variance[c] + epsilon));
  const term = factor.map((f, c) => shift[c] - mean[c] * f);
  // The channels of a vector are last as it is.
  const numbers = { ...value, slot: numbersOf(node, value) };
  const slot = dims.length < 2 ? numbers.slot : channelsLast(node.plan, numbers);
  const scaled = node.plan.scale(slot, factor, term);
  return [{ ...value, codes: undefined, slot: scaled, channelsLast: dims.length >= 2 }];
};

const layerNormalization: Translate = (node) => {
  const value = node.computed(0);
  const axis = node.int('axis', -1);
  const at = (axis < 0 ? axis + value.dims.length + 1 : axis) - 1;
  if (!(at >= 0 && at < value.dims.length)) throw node.fail(`axis ${axis} is not supported`);
  const width = sizeOf(value.dims.slice(at));
  const positions = value.slot.width / width;
  const constants = [1, 2].filter((k) => node.inputs[k] !== undefined).map((k) => node.constant(k).data);
  if (constants.some(({ length }) => length !== width))
    throw node.fail(`its scale is not that of ${width} values`);
  const [scale, center] = [constants.length > 0, constants.length > 1];
  const code = layerNormCode({ positions, width, epsilon: node.float('epsilon', 1e-5), scale, center });
  const parameters = Float32Array.from(constants.flatMap((each) => Array.from(each)));
  const slot = node.plan.layer(value.slot, code, parameters, value.slot.width);
  return [{ ...value, slot }];
};

/** Each channel, or each group of channels, less its mean and over its deviation; then a factor and a term for each channel or group. */
const groupNormalization: Translate = (node) => {
  const value = node.computed(0);
  const { dims, slot } = value;
  const groups = node.op === 'InstanceNormalization' ? dims[0] : node.int('num_groups');
  const [scale, shift] = [node.constant(1), node.constant(2)];
  const lines = scale.data.length;
  const isWhole = dims.length >= 2 && groups >= 1 && dims[0] % groups === 0;
  if (!isWhole || shift.data.length !== lines || ![groups, dims[0]].includes(lines))
    throw node.fail(`${lines} factors and ${groups} groups do not go with rows of shape ${dims.join(' x ')}`);
  const [positions, width] = [groups, slot.width / groups];
  const code = layerNormCode({
    ...{ positions, width, epsilon: node.float('epsilon', 1e-5) },
    ...{ scale: false, center: false },
  });
  const normal = node.plan.layer(slot, code, NO_PARAMETERS, slot.width);
  const each = ({ data }: NumberTensor) =>
    Float64Array.from({ length: slot.width }, (_, i) => data[Math.floor((i * lines) / slot.width)]);
  return [{ ...value, codes: undefined, slot: node.plan.scale(normal, each(scale), each(shift)) }];
};

/** Over one axis; before version 13 over all from that axis on. */
const softmax =
  (isLog: 0 | 1): Translate =>
  (node) => {
    const value = node.computed(0);
    const isOld = node.version < 13;
    const given = node.int('axis', isOld ? 1 : -1);
    const axis = given < 0 ? given + value.dims.length + 1 : given;
    const isLast = axis === value.dims.length || (isOld && axis >= 1);
    if (axis >= 1 && axis < value.dims.length && !isOld) return [softmaxInside(node, value, axis - 1, isLog)];
    if (value.dims.length === 0 || !isLast) throw node.fail(`softmax along axis ${given} is not supported`);
    const x = node.slot(0);
    const width = sizeOf(value.dims.slice(axis - 1));
    if (isLog === 0 && width === x.width) return [{ ...value, slot: node.plan.softmax(x) }];
    const code = activationCode(x.width, SOFTMAX + isLog, 1, width);
    return [{ ...value, slot: node.plan.layer(x, code, NO_PARAMETERS, x.width) }];
  };

/** Along an axis that is not the last: it becomes the last, and goes back. */
function softmaxInside(node: Node, value: Computed, at: number, isLog: 0 | 1): Computed {
  const { dims, slot } = value;
  const { plan } = node;
  const axes = [...dims.keys()].filter((d) => d !== at).concat(at);
  const moved = axes.map((axis) => dims[axis]);
  const strides = stridesOf(dims);
  const there = placesOf(
    moved,
    axes.map((axis) => strides[axis]),
  );
  const back = new Array<number>(there.length);
  there.forEach((from, to) => {
    back[from] = to;
  });
  const code = activationCode(slot.width, SOFTMAX + isLog, 1, dims[at]);
  const result = plan.layer(plan.gather(slot, there), code, NO_PARAMETERS, slot.width);
  return { ...value, slot: plan.gather(result, back) };
}

/** Words for formulas. */
function formulas({ plan }: Node) {
  const withNumber = (kind: BinaryFunction) => (x: Slot, value: number) =>
    plan.binary(x, kind, filled(x.width, value));
  return {
    f: (kind: Activation, x: Slot) => plan.activation(x, kind),
    plus: withNumber('add'),
    times: withNumber('mul'),
    most: withNumber('min'),
    least: withNumber('max'),
    add: (a: Slot, b: Slot) => plan.binaryOf([a, b], 'add'),
    multiply: (a: Slot, b: Slot) => plan.binaryOf([a, b], 'mul'),
    divide: (a: Slot, b: Slot) => plan.binaryOf([a, b], 'div'),
  };
}
type Formulas = ReturnType<typeof formulas>;

const elementwise =
  (formula: (x: Slot, words: Formulas, node: Node) => Slot): Translate =>
  (node) => {
    const value = node.laidOut(0);
    return [{ ...value, codes: undefined, slot: formula(numbersOf(node, value), formulas(node), node) }];
  };

/** x, or alpha (e^x - 1) below 0. */
function elu(x: Slot, { f, add, times, most }: Formulas, alpha: number, within = 1): Slot {
  return add(f('relu', x), times(f('expm1', times(most(x, 0), within)), alpha));
}
function hardSigmoid(x: Slot, { plus, times, most, least }: Formulas, alpha: number, beta: number): Slot {
  return most(least(plus(times(x, alpha), beta), 0), 1);
}

const pRelu: Translate = (node) => {
  const value = node.laidOut(0);
  const { f, add, most } = formulas(node);
  const slope = columnsOf(node, node.constant(1), value);
  const below = node.plan.binary(most(value.slot, 0), 'mul', slope);
  return [{ ...value, slot: add(f('relu', value.slot), below) }];
};

/** By operator set and name. */
export const NETWORK_OPS: Readonly<Record<string, Translate>> = {
  Conv: conv,
  MaxPool: pool(false),
  AveragePool: pool(true),
  GlobalMaxPool: globalPool(false),
  GlobalAveragePool: globalPool(true),
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: groupNormalization,
  GroupNormalization: groupNormalization,
  Softmax: softmax(0),
  LogSoftmax: softmax(1),
  PRelu: pRelu,
  LeakyRelu: elementwise((x, words, node) =>
    words.add(words.f('relu', x), words.times(words.most(x, 0), node.float('alpha', 0.01))),
  ),
  Elu: elementwise((x, words, node) => elu(x, words, node.float('alpha', 1))),
  Celu: elementwise((x, words, node) => elu(x, words, node.float('alpha', 1), 1 / node.float('alpha', 1))),
  Selu: elementwise((x, words, node) => {
    const alpha = node.float('alpha', 1.6732632423543772);
    return words.times(elu(x, words, alpha), node.float('gamma', 1.0507009873554805));
  }),
  Gelu: elementwise((x, words, node) => {
    const { f, times, plus, add, multiply } = words;
    if (node.text('approximate', 'none') !== 'tanh') return f('gelu', x);
    const inner = add(x, times(multiply(f('square', x), x), 0.044715));
    return multiply(times(x, 0.5), plus(f('tanh', times(inner, Math.sqrt(2 / Math.PI))), 1));
  }),
  HardSigmoid: elementwise((x, words, node) =>
    hardSigmoid(x, words, node.float('alpha', 0.2), node.float('beta', 0.5)),
  ),
  HardSwish: elementwise((x, words) => words.multiply(x, hardSigmoid(x, words, 1 / 6, 0.5))),
  Swish: elementwise((x, words, node) =>
    words.multiply(x, words.f('sigmoid', words.times(x, node.float('alpha', 1)))),
  ),
  Mish: elementwise((x, words) => words.multiply(x, words.f('tanh', words.f('softplus', x)))),
  Softsign: elementwise((x, words) => words.divide(x, words.plus(words.f('abs', x), 1))),
  ThresholdedRelu: elementwise((x, words, node) => {
    const isAbove = node.plan.binary(x, 'greater', filled(x.width, node.float('alpha', 1)));
    return words.multiply(x, isAbove);
  }),
};
