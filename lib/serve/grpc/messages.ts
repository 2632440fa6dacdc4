/** Messages of an inference over gRPC, as proto-loader makes them, and what they mean. */
import { RequestError } from '../request-error.js';
import { bytesOf, tensorError } from '../v2/datatypes.js';
import type { InferAnswer } from '../v2/infer.js';
import { type InferRequest, readLimits } from '../v2/messages.js';
import { type Tensor, tensorOfBytes, tensorOfValues } from '../v2/tensor.js';

type Parameters = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface InputMessage {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: Parameters;
  readonly contents: Readonly<Record<string, readonly unknown[]>> | null;
}

/** inference.ModelInferRequest */
export interface InferMessage {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly InputMessage[];
  readonly outputs: ReadonlyArray<{ readonly name: string; readonly parameters: Parameters }>;
  readonly raw_input_contents: readonly Uint8Array[];
}

/** The field of InferTensorContents that has the elements of a datatype. */
const CONTENTS: Readonly<Record<string, string>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

/** @throws {ERR_REQUEST} as a {@link RequestError} */
export function readMessage(message: InferMessage): InferRequest {
  const { id, inputs, outputs, raw_input_contents: raw } = message;
  if (raw.length > 0 && raw.length !== inputs.length) {
    const error = `There are ${inputs.length} inputs and ${raw.length} raw_input_contents.`;
    throw new RequestError(400, 'ERR_REQUEST', error);
  }
  for (const { name, parameters } of [...inputs, ...outputs]) {
    if (parameters.shared_memory_region !== undefined) {
      throw tensorError(name, 'this server has no shared memory; send the data');
    }
    if (parameters.classification !== undefined) {
      throw tensorError(name, 'this server has no classification extension; ask for predict_proba');
    }
  }
  return {
    id: id === '' ? undefined : id,
    inputs: inputs.map((input, i) => readInput(input, raw[i])),
    outputs: outputs.map(({ name }) => name),
    isBinary: () => true,
    limits: readLimits(valuesOf(message.parameters)),
  };
}

/** inference.ModelInferResponse */
export function writeMessage({ head, outputs }: InferAnswer) {
  return {
    ...head,
    outputs: outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    raw_output_contents: outputs.map(({ datatype, values }) => bytesOf(datatype, values)),
  };
}

function readInput(input: InputMessage, raw: Uint8Array | undefined): Tensor {
  const { name, datatype, contents } = input;
  const filled = Object.keys(contents ?? {}).filter((field) => contents![field].length > 0);
  if (raw !== undefined) {
    if (filled.length > 0) throw tensorError(name, 'it has both contents and raw_input_contents');
    return tensorOfBytes(input, raw);
  }
  const field = CONTENTS[datatype];
  if (filled.some((each) => each !== field)) {
    throw tensorError(name, `the elements of ${datatype} come in ${field ?? 'raw_input_contents'}`);
  }
  return tensorOfValues(input, contents?.[field] ?? []);
}

/** Parameters without their types. */
function valuesOf(parameters: Parameters): Record<string, unknown> {
  const entries = Object.entries(parameters).map(([name, { parameter_choice: choice, ...values }]) => [
    name,
    values[choice as string],
  ]);
  return Object.fromEntries(entries);
}
