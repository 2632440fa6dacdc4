/** Small ONNX files for tests of the importer, and what their models give. */
import { importONNX } from '../../lib/index.js';
import {
  type AttributeProto,
  ELEMENT,
  encodeModel,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from '../../lib/interchange/onnx/messages.js';

export const text = (value: string) => new TextEncoder().encode(value);
export const ints = (name: string, values: number[]): AttributeProto => ({ name, ints: values });
export const int = (name: string, i: number): AttributeProto => ({ name, i });
export const whole = (name: string, int64Data: number[], dims = [int64Data.length]): TensorProto => ({
  ...{ name, dims, dataType: ELEMENT.int64, int64Data },
});
export const numbers = (name: string, floatData: number[], dims = [floatData.length]): TensorProto => ({
  ...{ name, dims, dataType: ELEMENT.float, floatData },
});
export const node = (
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
) => ({
  ...{ opType, input, output, attribute },
});

/** A file whose rows have a shape, and whose nodes begin with X and end with Y. */
export function file(
  dims: number[],
  nodes: NodeProto[],
  initializer: TensorProto[] = [],
  rest: GraphProto = {},
) {
  const dim = [{}, ...dims.map((value) => ({ value }))];
  const input = [{ name: 'X', type: { tensorType: { elemType: ELEMENT.float, shape: { dim } } } }];
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ version: 18 }, { domain: 'ai.onnx.ml', version: 3 }],
    graph: { node: nodes, input, output: [{ name: 'Y' }], initializer, ...rest },
  });
}

/** What such a file gives for the row 0, 1, 2, ... */
export function run(...args: Parameters<typeof file>): number[] {
  const [dims] = args;
  const width = dims.reduce((a, b) => a * b, 1);
  const row = Float32Array.from({ length: width }, (_, k) => k);
  return Array.from(
    importONNX(file(...args))
      .compile()
      .runSync([row]).data,
  );
}
