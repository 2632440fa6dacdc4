/** A node of an ONNX graph as those see it who translate it: its inputs, its attributes, and words for errors. */
import type { PlanBuilder, Slot } from '../../core/plan-builder.js';
import type { Reader } from '../foreign.js';
import { channelsFirst } from './layout.js';
import type { AttributeProto, NodeProto } from './messages.js';
import { type NumberTensor, ROWS, readTensor, readText, type Tensor } from './tensor.js';
import { type Computed, type Dictionary, isComputed, type Value } from './values.js';

/** The widest matrix of a graph. */
export const MAX_COLUMNS = 1 << 22;

/** Translates a node; returns its outputs in order. */
export type Translate = (node: Node) => readonly Value[];

/** See the head of this file. */
export class Node {
  readonly op: string;
  readonly plan: PlanBuilder;
  /** Version of the operator set that the node belongs to. */
  readonly version: number;
  readonly inputs: ReadonlyArray<Value | undefined>;
  /** The number of rows that the graph is made for, where it says one. */
  readonly batch: number | undefined;
  readonly #proto: NodeProto;
  readonly #reader: Reader;
  readonly #attributes: ReadonlyMap<string, AttributeProto>;

  constructor(
    proto: NodeProto,
    inputs: ReadonlyArray<Value | undefined>,
    version: number,
    plan: PlanBuilder,
    reader: Reader,
    batch?: number,
  ) {
    this.batch = batch;
    this.op = proto.opType ?? '';
    this.plan = plan;
    this.version = version;
    this.inputs = inputs;
    this.#proto = proto;
    this.#reader = reader;
    this.#attributes = new Map((proto.attribute ?? []).map((each) => [each.name ?? '', each]));
  }

  /** The same node with other inputs, as an operator of numbers that is part of it takes them. */
  given(inputs: ReadonlyArray<Value | undefined>, version = this.version): Node {
    return new Node(this.#proto, inputs, version, this.plan, this.#reader, this.batch);
  }

  get where(): string {
    const { name, output = [] } = this.#proto;
    return `node '${(name || output[0] || '').slice(0, 60)}' (${this.op.slice(0, 60)})`;
  }

  /** How many outputs it has. */
  get outputs(): number {
    return this.#proto.output?.length ?? 0;
  }

  fail(why: string, cause?: unknown): Error {
    return this.#reader.fail(`${this.where}: ${why}`, cause);
  }

  /** The reader of {@link TreeAssembler}, which names this node. */
  get reader(): Reader {
    return this.#reader.within(this.where);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  float(name: string, otherwise?: number): number {
    return this.#get(name, this.#attributes.get(name)?.f, otherwise);
  }

  int(name: string, otherwise?: number): number {
    return this.#get(name, this.#attributes.get(name)?.i, otherwise);
  }

  text(name: string, otherwise?: string): string {
    const bytes = this.#attributes.get(name)?.s;
    return this.#get(name, bytes && readText(bytes, this.where, this.#reader), otherwise);
  }

  floats(name: string): readonly number[] {
    return this.#attributes.get(name)?.floats ?? [];
  }

  ints(name: string): readonly number[] {
    return this.#attributes.get(name)?.ints ?? [];
  }

  texts(name: string): readonly string[] {
    return (this.#attributes.get(name)?.strings ?? []).map((bytes) =>
      readText(bytes, this.where, this.#reader),
    );
  }

  tensor(name: string): Tensor | undefined {
    const proto = this.#attributes.get(name)?.t;
    return proto && readTensor(proto, `${this.where}, attribute '${name}'`, this.#reader);
  }

  /** Numbers of an attribute, or of the tensor that may stand in its place: `name` or `name_as_tensor`. */
  numbers(name: string): ArrayLike<number> {
    const tensor = this.tensor(`${name}_as_tensor`);
    if (tensor === undefined) return this.floats(name);
    if (tensor.type === 'string') throw this.fail(`attribute '${name}_as_tensor' holds text`);
    return tensor.data;
  }

  #get<V>(name: string, value: V | undefined, otherwise: V | undefined): V {
    const found = value ?? otherwise;
    if (found === undefined) throw this.fail(`it has no attribute '${name}'`);
    return found;
  }

  /** Input k, which must be there. */
  input(k: number): Value {
    const value = this.inputs[k];
    if (value === undefined) throw this.fail(`it has no input ${k}`);
    return value;
  }

  /** Input k, which must depend on the rows, in ONNX's order. */
  computed(k: number): Computed {
    return channelsFirst(this.plan, this.laidOut(k));
  }

  /** Input k, which must depend on the rows, in whatever order its slot has. */
  laidOut(k: number): Computed {
    const value = this.input(k);
    if (isComputed(value)) return value;
    throw this.fail(`its input ${k} is a constant, which is not supported`);
  }

  /** Input k as numbers that depend on the rows. */
  slot(k: number): Slot {
    return numbersOf(this, this.computed(k));
  }

  /** Input k, which must be a constant of numbers, all of them known. */
  constant(k: number): NumberTensor {
    const tensor = this.counted(k);
    if (tensor.rows === undefined) return tensor;
    throw this.fail(`its input ${k} depends on the number of rows, which is not supported`);
  }

  /** Input k, which must be a constant of numbers, some of which may depend on the number of rows. */
  counted(k: number): NumberTensor {
    const value = this.input(k);
    if (isComputed(value) || value.tensor.type === 'string')
      throw this.fail(`its input ${k} is no constant of numbers, which is not supported`);
    return value.tensor;
  }

  /** Input k as a shape: `rows` for the number of rows in the first place, NaN for what else depends on it. */
  lengths(k: number, rows: number): number[] {
    const tensor = this.counted(k);
    return Array.from(tensor.data, (length, d) => (d === 0 && tensor.rows?.[d] === ROWS ? rows : length));
  }

  /** The width of a result, before anything of that size is made: a few bytes of a file can ask for any. */
  sized(width: number): number {
    if (Number.isSafeInteger(width) && width <= MAX_COLUMNS) return width;
    throw this.fail(`its result has ${width} values for each row, more than ${MAX_COLUMNS}`);
  }

  /** The shape of a result of so many columns, one row each. */
  result(slot: Slot, type: Computed['type'] = 'float'): Computed {
    return { slot, dims: [slot.width], type };
  }
}

/** Labels that are numbers as those numbers. */
export function numbersOf(node: Node, value: Computed): Slot {
  const { codes, slot } = value;
  if (codes === undefined) return slot;
  if (value.type === 'string') throw node.fail('it takes numbers, and is given text');
  return lookup(node, value, (dictionary) => dictionary.labels.map(Number), Number.NaN);
}

/** Codes looked up: what stands for the labels of each column's dictionary, and for what is none of them. */
export function lookup(
  { plan }: Node,
  { slot, codes = [] }: Computed,
  valuesOf: (dictionary: Dictionary) => readonly number[],
  otherwise: number,
): Slot {
  const tables = codes.map(valuesOf);
  const offsets = new Int32Array(tables.length + 1);
  tables.forEach((table, j) => {
    offsets[j + 1] = offsets[j] + table.length;
  });
  const fill = new Float64Array(tables.length).fill(otherwise);
  return plan.lookup(slot, offsets, Float64Array.from(tables.flat()), fill);
}

/** The same labels as codes of one dictionary. */
export function recode(node: Node, value: Computed, dictionary: Dictionary): Slot {
  return lookup(node, value, (own) => own.labels.map((label) => dictionary.code(label)), -1);
}

/** Numbers one for each column, given for each or once. */
export function perColumn(node: Node, what: string, values: ArrayLike<number>, width: number): Float64Array {
  if (values.length === width) return Float64Array.from(values);
  if (values.length === 1) return new Float64Array(width).fill(values[0]);
  throw node.fail(`'${what}' has ${values.length} values for ${width} columns`);
}

/** The same value in each column. */
export function filled(width: number, value: number): Float64Array {
  return new Float64Array(width).fill(value);
}
