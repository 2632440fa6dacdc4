/**
 * Layers of networks as nodes of ONNX. A slot is a matrix of samples, channels last; ONNX wants channels first, so that images are
 * turned round before and after a layer, which runtimes take out again where two such turns meet.
 */

import { readLayer } from '../../core/layer-code.js';
import { sizeOf } from '../../core/shape.js';
import type { Source } from './export-ops.js';
import { type Attribute, type GraphWriter, int, ints } from './graph-writer.js';
import { ELEMENT } from './messages.js';

export function reshape(writer: GraphWriter, x: string, dims: readonly number[]): string {
  return writer.node('Reshape', [x, writer.wholes([-1, ...dims])]);
}

/** A factor and a term for each channel of the positions of a row. */
export function writeScale(
  { writer, inputs: [x], widths: [width] }: Source,
  factor: Float64Array,
  term: Float64Array,
): string {
  const channels = factor.length;
  const rows = width === channels ? x : reshape(writer, x, [width / channels, channels]);
  const scaled = writer.node('Mul', [rows, writer.numbers(factor, [channels])]);
  const moved = writer.node('Add', [scaled, writer.numbers(term, [channels])]);
  return width === channels ? moved : reshape(writer, moved, [width]);
}

/** The nodes of a layer and the name of its result. */
export function writeLayer(source: Source, code: Float64Array, parameters: Float32Array): string {
  const { writer, inputs, refuse } = source;
  const [x] = inputs;
  const layer = readLayer(code);
  if (layer === null) throw refuse('operator for such a layer');
  switch (layer.kind) {
    case 'dense': {
      const { width, units, positions, useBias } = layer;
      const kernel = writer.numbers(parameters.subarray(0, width * units), [width, units]);
      const product = writer.node('MatMul', [reshape(writer, x, [positions, width]), kernel]);
      const bias = useBias ? writer.numbers(parameters.subarray(width * units), [units]) : null;
      const sum = bias === null ? product : writer.node('Add', [product, bias]);
      return reshape(writer, sum, [positions * units]);
    }
    case 'softmax':
    case 'logSoftmax': {
      const op = layer.kind === 'softmax' ? 'Softmax' : 'LogSoftmax';
      const rows = reshape(writer, x, [layer.size / layer.width, layer.width]);
      return reshape(writer, writer.node(op, [rows], { axis: int(-1) }), [layer.size]);
    }
    case 'conv2d': {
      const { image, filters, kernel, groups, useBias } = layer;
      const perGroup = image[2] / groups;
      const taps = sizeOf(kernel);
      const weights = new Float32Array(taps * perGroup * filters);
      turnedKernel(parameters, weights, [taps, perGroup, filters]);
      const constants = [writer.numbers(weights, [filters, perGroup, ...kernel])];
      if (useBias) constants.push(writer.numbers(parameters.subarray(weights.length), [filters]));
      const attributes = { ...windowOf(layer), dilations: ints(layer.dilation), group: int(groups) };
      return overImages(source, image, filters, layer, (turned) =>
        writer.node('Conv', [turned, ...constants], attributes),
      );
    }
    case 'pool2d': {
      const op = layer.average ? 'AveragePool' : 'MaxPool';
      const { image } = layer;
      return overImages(source, image, image[2], { ...layer, dilation: [1, 1] }, (turned) =>
        writer.node(op, [turned], windowOf(layer)),
      );
    }
    case 'globalAvgPool': {
      const rows = reshape(writer, x, [layer.positions, layer.channels]);
      return writer.node('ReduceMean', [rows], { axes: ints([1]), keepdims: int(0) });
    }
    case 'layerNorm': {
      const { positions, width, epsilon, scale, center } = layer;
      const rows = reshape(writer, x, [positions, width]);
      const mean = writer.node('ReduceMean', [rows], { axes: ints([2]) });
      const centred = writer.node('Sub', [rows, mean]);
      const variance = writer.node('ReduceMean', [writer.node('Mul', [centred, centred])], {
        axes: ints([2]),
      });
      const moved = writer.node('Add', [variance, writer.numbers([epsilon], [1])]);
      let y = writer.node('Div', [centred, writer.node('Sqrt', [moved])]);
      if (scale) y = writer.node('Mul', [y, writer.numbers(parameters.subarray(0, width), [width])]);
      if (center)
        y = writer.node('Add', [y, writer.numbers(parameters.subarray(scale ? width : 0), [width])]);
      return reshape(writer, y, [positions * width]);
    }
    case 'embedding': {
      const { positions, entries, width } = layer;
      const table = writer.numbers(parameters, [entries, width]);
      const rows = writer.node('Gather', [table, writer.cast(x, ELEMENT.int64)], { axis: int(0) });
      return reshape(writer, rows, [positions * width]);
    }
  }
}

/** Weights [taps, channels, filters] as [filters, channels, taps]. */
export function turnedKernel(
  from: ArrayLike<number>,
  to: Float32Array | Uint8Array,
  [taps, channels, filters]: readonly [number, number, number],
): void {
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      for (let t = 0; t < taps; t++)
        to[(f * channels + c) * taps + t] = from[(t * channels + c) * filters + f];
    }
  }
}

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly [top: number, bottom: number, left: number, right: number];
}

export function windowOf({ kernel, strides, padding }: Window): Record<string, Attribute> {
  const [top, bottom, left, right] = padding;
  return { kernel_shape: ints(kernel), strides: ints(strides), pads: ints([top, left, bottom, right]) };
}

/** A layer over images whose channels come first, of which the next one expects the last. */
export function overImages(
  { writer, inputs: [x] }: Source,
  [height, width, channels]: readonly [number, number, number],
  filters: number,
  { kernel, strides, padding, dilation }: Window & { readonly dilation: readonly number[] },
  layer: (turned: string) => string,
): string {
  const count = (k: 0 | 1) => {
    const room = [height, width][k] + padding[2 * k] + padding[2 * k + 1];
    return Math.floor((room - dilation[k] * (kernel[k] - 1) - 1) / strides[k]) + 1;
  };
  const images = reshape(writer, x, [height, width, channels]);
  const turned = writer.node('Transpose', [images], { perm: ints([0, 3, 1, 2]) });
  const back = writer.node('Transpose', [layer(turned)], { perm: ints([0, 2, 3, 1]) });
  return reshape(writer, back, [count(0) * count(1) * filters]);
}
