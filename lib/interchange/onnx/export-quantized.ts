/**
 * Ops of 8-bit arithmetic as nodes of ONNX, in the form QDQ: codes go at once back to numbers, operators are those of numbers, and
 * runtimes fuse the three. A range for each row becomes one for the batch, which is all that DynamicQuantizeLinear has.
 */
import { readLayer } from '../../core/layer-code.js';
import { sizeOf } from '../../core/shape.js';
import { overImages, reshape, turnedKernel, windowOf } from './export-layers.js';
import { type Source, writeActivation } from './export-ops.js';
import { int, ints } from './graph-writer.js';

/** Numbers as the codes of a range, and back. */
export function writeCodes({ writer, refuse }: Source, x: string, [scale, zero]: Float32Array): string {
  if (writer.precision !== 'float32') throw refuse('operators of 8 bits for float64');
  const range = [writer.scalar(scale), writer.codes(Uint8Array.of(zero), [])];
  return writer.dequantized(writer.node('QuantizeLinear', [x, ...range]), range);
}

/** What a layer reads: numbers that were codes, or the codes of the range of a batch, and back. */
function input({ writer, inputs: [x], refuse }: Source): string {
  if (writer.precision !== 'float32') throw refuse('operators of 8 bits for float64');
  if (writer.isDequantized(x)) return x;
  const [codes, ...range] = writer.outputs('DynamicQuantizeLinear', [x], 3);
  return writer.dequantized(codes, range);
}

function finish(source: Source, y: string, activation: string, result: Float32Array | undefined): string {
  const active = activation === 'identity' ? y : writeActivation({ ...source, inputs: [y] }, activation);
  return result === undefined ? active : writeCodes(source, active, result);
}

/** See {@link PlanBuilder.int8Dense}. */
export function writeInt8Dense(
  source: Source,
  positions: number,
  activation: string,
  weights: Uint8Array,
  scale: Float32Array,
  bias: Float32Array,
  result?: Float32Array,
): string {
  const { writer } = source;
  const [inputs, outputs] = [weights.length / bias.length, bias.length];
  const x = input(source);
  const rows = positions === 1 ? x : reshape(writer, x, [positions, inputs]);
  const kernel = writer.kernel(weights, scale, [inputs, outputs], 1);
  const sum = writer.node('Add', [writer.node('MatMul', [rows, kernel]), writer.numbers(bias, [outputs])]);
  const flat = positions === 1 ? sum : reshape(writer, sum, [positions * outputs]);
  return finish(source, flat, activation, result);
}

/** See {@link PlanBuilder.int8Conv2d}. */
export function writeInt8Conv2d(
  source: Source,
  code: ArrayLike<number>,
  _outputs: number,
  activation: string,
  weights: Uint8Array,
  scale: Float32Array,
  bias: Float32Array,
  result?: Float32Array,
): string {
  const { writer, refuse } = source;
  const layer = readLayer(code);
  if (layer?.kind !== 'conv2d') throw refuse('operator for such a layer');
  const { image, filters, kernel } = layer;
  const turned = new Uint8Array(weights.length);
  turnedKernel(weights, turned, [sizeOf(kernel), image[2], filters]);
  const constants = [
    writer.kernel(turned, scale, [filters, image[2], ...kernel], 0),
    writer.numbers(bias, [filters]),
  ];
  const attributes = { ...windowOf(layer), dilations: ints(layer.dilation), group: int(1) };
  const y = overImages({ ...source, inputs: [input(source)] }, image, filters, layer, (x) =>
    writer.node('Conv', [x, ...constants], attributes),
  );
  return finish(source, y, activation, result);
}
