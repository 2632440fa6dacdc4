/** Collects the nodes and constants of an ONNX graph that is being written. */
import {
  type AttributeProto,
  ELEMENT,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './messages.js';

/** The type of all numbers of a graph. */
export type Precision = 'float32' | 'float64';
/** An attribute: text, a float, a list of texts, or an attribute made by one of the functions below. */
export type Attribute = string | readonly string[] | Omit<AttributeProto, 'name'>;

// AttributeProto.AttributeType
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const TENSOR = 4;
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;

export const int = (i: number): Attribute => ({ type: INT, i });
export const float = (f: number): Attribute => ({ type: FLOAT, f });
export const ints = (values: Iterable<number>): Attribute => ({ type: INTS, ints: [...values] });
export const floats = (values: Iterable<number>): Attribute => ({ type: FLOATS, floats: [...values] });
export const tensor = (t: TensorProto): Attribute => ({ type: TENSOR, t });

const encoder = new TextEncoder();

/** See the head of this file. */
export class GraphWriter {
  readonly precision: Precision;
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #dequantized = new Set<string>();
  #names = 0;

  constructor(precision: Precision) {
    this.precision = precision;
  }

  /** The number of the type of all numbers. */
  get element(): number {
    return this.precision === 'float32' ? ELEMENT.float : ELEMENT.double;
  }

  /** Adds a node and returns the name of what it writes. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = this.#name(op),
  ): string {
    this.#add(op, inputs, [output], attributes);
    return output;
  }

  /** Adds a node that writes several values, and returns their names. */
  outputs(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const output = Array.from({ length: count }, () => this.#name(op));
    this.#add(op, inputs, output, attributes);
    return output;
  }

  #add(
    op: string,
    input: readonly string[],
    output: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
  ): void {
    const [opType, domain] = op.startsWith('ml.') ? [op.slice(3), 'ai.onnx.ml'] : [op, ''];
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...attributeOf(value) }));
    this.#nodes.push({ input, output, name: output[0], opType, attribute, domain });
  }

  /** 8-bit codes, with their scale and zero, as numbers. */
  dequantized(codes: string, range: readonly string[]): string {
    const name = this.node('DequantizeLinear', [codes, ...range]);
    this.#dequantized.add(name);
    return name;
  }
  /** Whether a value is such numbers. */
  isDequantized(name: string): boolean {
    return this.#dequantized.has(name);
  }

  /** Weights of 8 bits (two's complement) with a scale along an axis, as numbers. */
  kernel(weights: Uint8Array, scale: Float32Array, dims: readonly number[], axis: number): string {
    const codes = this.#constant({ dims, dataType: ELEMENT.int8, rawData: weights });
    const zeros = new Uint8Array(scale.length);
    const zero = this.#constant({ dims: [scale.length], dataType: ELEMENT.int8, rawData: zeros });
    const scales = this.numbers(scale, [scale.length]);
    return this.node('DequantizeLinear', [codes, scales, zero], { axis: int(axis) });
  }

  /** Unsigned codes. */
  codes(values: Uint8Array, dims: readonly number[]): string {
    return this.#constant({ dims, dataType: ELEMENT.uint8, rawData: values });
  }

  /** A number without an axis. */
  scalar(value: number): string {
    return this.numbers([value], []);
  }

  /** A row of numbers, or a matrix, in the precision of the graph. */
  numbers(values: ArrayLike<number>, dims: readonly number[] = [1, values.length]): string {
    return this.#constant(this.tensor(values, dims));
  }

  /** The message of numbers in the precision of the graph. */
  tensor(values: ArrayLike<number>, dims: readonly number[]): TensorProto {
    if (this.precision === 'float32')
      return { dims, dataType: ELEMENT.float, rawData: bytesOf(Float32Array.from(values)) };
    return { dims, dataType: ELEMENT.double, rawData: bytesOf(Float64Array.from(values)) };
  }

  /** Whole numbers. */
  wholes(values: ArrayLike<number>, dims: readonly number[] = [values.length]): string {
    const data = BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
    return this.#constant({ dims, dataType: ELEMENT.int64, rawData: bytesOf(data) });
  }

  truths(values: readonly boolean[]): string {
    const rawData = Uint8Array.from(values, Number);
    return this.#constant({ dims: [1, values.length], dataType: ELEMENT.bool, rawData });
  }

  texts(values: readonly string[]): string {
    const stringData = values.map((value) => encoder.encode(value));
    return this.#constant({ dims: [values.length], dataType: ELEMENT.string, stringData });
  }

  /** Truth values or whole numbers as numbers of the graph. */
  asNumbers(name: string): string {
    return this.cast(name, this.element);
  }

  cast(name: string, to: number): string {
    return this.node('Cast', [name], { to: int(to) });
  }

  /** The whole graph. */
  graph(input: readonly ValueInfoProto[], output: readonly ValueInfoProto[]): GraphProto {
    return { name: 'boreal', node: this.#nodes, initializer: this.#constants, input, output };
  }

  #constant(proto: TensorProto): string {
    const name = this.#name('constant');
    this.#constants.push({ ...proto, name });
    return name;
  }

  #name(op: string): string {
    this.#names += 1;
    return `${op.replace('ml.', '')}_${this.#names}`;
  }
}

function attributeOf(value: Attribute): Omit<AttributeProto, 'name'> {
  if (typeof value === 'string') return { type: STRING, s: encoder.encode(value) };
  if (Array.isArray(value)) return { type: STRINGS, strings: value.map((each) => encoder.encode(each)) };
  return value as Omit<AttributeProto, 'name'>;
}

/** ONNX is little-endian, as are all processors that boreal runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** An input or output: rows first, then axes of those lengths; a list where there are none. */
export function valueInfo(name: string, elemType: number, ...lengths: readonly number[]): ValueInfoProto {
  const dim = [{ param: 'N' }, ...lengths.map((value) => ({ value }))];
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
