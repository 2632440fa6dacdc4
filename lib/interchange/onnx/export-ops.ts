/** The ops of a plan as nodes of ONNX: what each method of {@link PlanBuilder} means there. */
import type { Activation, BinaryFunction, Fold, ForestConstants } from '../../core/plan-types.js';
import { writeInterpolate, writeNormalQuantile } from './export-curves.js';
import { writeDistance, writeNeighborImpute, writeNeighbors } from './export-distances.js';
import { writeForest } from './export-forest.js';
import { writeLayer, writeScale } from './export-layers.js';
import { writeLeafLinear } from './export-leaves.js';
import { writeCodes, writeInt8Conv2d, writeInt8Dense } from './export-quantized.js';
import { writeCoupling, writeKernelExpansion } from './export-svm.js';
import { type GraphWriter, int, ints } from './graph-writer.js';
import { ELEMENT } from './messages.js';

/** A step as its translation sees it: names of what it reads, and their widths. */
export interface Source {
  readonly writer: GraphWriter;
  readonly inputs: readonly string[];
  readonly widths: readonly number[];
  /** @throws {ERR_NOT_SUPPORTED} */
  readonly refuse: (why: string) => Error;
}
/** Writes the nodes of a step and returns the name of its result. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments of the method of that name
export type Write = (source: Source, ...args: any[]) => string;

const ACTIVATIONS: Readonly<Record<Exclude<Activation, keyof typeof COMPOSED>, string>> = {
  identity: 'Identity',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  erf: 'Erf',
  softplus: 'Softplus',
  abs: 'Abs',
  negate: 'Neg',
  reciprocal: 'Reciprocal',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  sign: 'Sign',
};
/** Those that ONNX has no operator for, in all its versions. */
const COMPOSED = {
  square: (writer: GraphWriter, x: string) => writer.node('Mul', [x, x]),
  expm1: (writer: GraphWriter, x: string) =>
    writer.node('Sub', [writer.node('Exp', [x]), writer.numbers([1])]),
  log1p: (writer: GraphWriter, x: string) =>
    writer.node('Log', [writer.node('Add', [x, writer.numbers([1])])]),
  silu: (writer: GraphWriter, x: string) => writer.node('Mul', [x, writer.node('Sigmoid', [x])]),
  sinPi: (writer: GraphWriter, x: string) =>
    writer.node('Sin', [writer.node('Mul', [x, writer.numbers([Math.PI])])]),
  cosPi: (writer: GraphWriter, x: string) =>
    writer.node('Cos', [writer.node('Mul', [x, writer.numbers([Math.PI])])]),
  normalQuantile: writeNormalQuantile,
  gelu: (writer: GraphWriter, x: string) => {
    const erf = writer.node('Erf', [writer.node('Mul', [x, writer.numbers([Math.SQRT1_2])])]);
    const half = writer.node('Mul', [x, writer.numbers([0.5])]);
    return writer.node('Mul', [half, writer.node('Add', [erf, writer.numbers([1])])]);
  },
};
const FUNCTIONS: Readonly<Record<BinaryFunction, string>> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  min: 'Min',
  max: 'Max',
  pow: 'Pow',
  greater: 'Greater',
  greaterEqual: 'GreaterOrEqual',
  less: 'Less',
  lessEqual: 'LessOrEqual',
  equal: 'Equal',
};
const COMPARISONS = new Set<BinaryFunction>(['greater', 'greaterEqual', 'less', 'lessEqual', 'equal']);

function binary({ writer }: Source, kind: BinaryFunction, a: string, b: string): string {
  const result = writer.node(FUNCTIONS[kind], [a, b]);
  return COMPARISONS.has(kind) ? writer.asNumbers(result) : result;
}

function gather(writer: GraphWriter, x: string, columns: ArrayLike<number>): string {
  return writer.node('Gather', [x, writer.wholes(columns)], { axis: int(1) });
}

/** Column j of x once for each value from offsets[j] to offsets[j + 1]. */
export function spread(writer: GraphWriter, x: string, offsets: ArrayLike<number>): string {
  const columns: number[] = [];
  for (let j = 0; j + 1 < offsets.length; j++) {
    for (let k = offsets[j]; k < offsets[j + 1]; k++) columns.push(j);
  }
  return gather(writer, x, columns);
}

/** 1 for each of the values that its column has, [rows, values]; column j is compared with those from offsets[j] on. */
function indicators(
  { writer, inputs: [x] }: Source,
  offsets: ArrayLike<number>,
  values: ArrayLike<number>,
): string {
  const each = spread(writer, x, offsets);
  const isMissing = Array.from(values, Number.isNaN);
  let isEqual = writer.node('Equal', [each, writer.numbers(values)]);
  if (isMissing.some(Boolean)) {
    const isNone = writer.node('IsNaN', [each]);
    isEqual = writer.node('Or', [isEqual, writer.node('And', [isNone, writer.truths(isMissing)])]);
  }
  return writer.asNumbers(isEqual);
}

/** A matrix [values, columns] that has `value(k)` where value k is of that column, else 0. */
export function columnMatrix(
  { writer }: Source,
  offsets: ArrayLike<number>,
  value: (k: number, code: number) => number,
): string {
  const columns = offsets.length - 1;
  const rows = offsets[columns];
  const matrix = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    for (let k = offsets[j]; k < offsets[j + 1]; k++) matrix[k * columns + j] = value(k, k - offsets[j]);
  }
  return writer.numbers(matrix, [rows, columns]);
}

/** The place of each value among those of its column, or -1: the sum of place + 1 over all that it equals, less 1. */
const category: Write = (source, offsets: Int32Array, values: Float64Array) => {
  const { writer } = source;
  if (values.length === 0) throw source.refuse('categories of which there are none');
  const places = writer.node('MatMul', [
    indicators(source, offsets, values),
    columnMatrix(source, offsets, (_, code) => code + 1),
  ]);
  return writer.node('Sub', [places, writer.numbers([1])]);
};

const oneHot: Write = (source, sizes: Int32Array, drop: Int32Array) => {
  const codes = Array.from(sizes, (size, j) => [...Array(size).keys()].filter((code) => code !== drop[j]));
  const offsets = [0];
  for (const own of codes) offsets.push(offsets[offsets.length - 1] + own.length);
  return indicators(source, offsets, codes.flat());
};

const lookup: Write = (source, offsets: Int32Array, values: Float64Array, otherwise: Float64Array) => {
  const { writer } = source;
  if (!values.every(Number.isFinite)) throw source.refuse('values that are missing or infinite');
  const codes = Float64Array.from(values);
  for (let j = 0; j + 1 < offsets.length; j++) {
    for (let k = offsets[j]; k < offsets[j + 1]; k++) codes[k] = k - offsets[j];
  }
  const isCode = indicators(source, offsets, codes);
  const found = writer.node('MatMul', [isCode, columnMatrix(source, offsets, (k) => values[k])]);
  const count = writer.node('MatMul', [isCode, columnMatrix(source, offsets, () => 1)]);
  const isFound = writer.node('Greater', [count, writer.numbers([0.5])]);
  return writer.node('Where', [isFound, found, writer.numbers(otherwise)]);
};

const affine: Write = ({ writer, inputs: [x] }, shift: Float64Array, scale: Float64Array) => {
  const moved = shift.every((value) => value === 0) ? x : writer.node('Sub', [x, writer.numbers(shift)]);
  return scale.every((value) => value === 1) ? moved : writer.node('Div', [moved, writer.numbers(scale)]);
};

export const dense: Write = (
  { writer, inputs: [x], widths: [width] },
  weights: Float64Array,
  bias: Float64Array,
) => {
  const product = writer.node('MatMul', [x, writer.numbers(weights, [width, bias.length])]);
  return bias.every((value) => value === 0) ? product : writer.node('Add', [product, writer.numbers(bias)]);
};

export const writeActivation: Write = ({ writer, inputs: [x] }, kind: Activation) => {
  return kind in COMPOSED
    ? COMPOSED[kind as keyof typeof COMPOSED](writer, x)
    : writer.node(ACTIVATIONS[kind as keyof typeof ACTIVATIONS], [x]);
};

const reduce: Write = ({ writer, inputs: [x] }, fold: Fold) => {
  if (fold === 'sum') return writer.node('ReduceSum', [x, writer.wholes([1])]);
  const axes = ints([1]);
  if (fold === 'maxAbs') return writer.node('ReduceMax', [writer.node('Abs', [x])], { axes });
  const ops = { sumAbs: 'ReduceL1', product: 'ReduceProd', min: 'ReduceMin', max: 'ReduceMax' } as const;
  return writer.node(ops[fold], [x], { axes });
};

/** The same row for each: a choice between the row and itself, by a condition with one entry for each row. */
const constant: Write = ({ writer, inputs: [x] }, values: Float64Array) => {
  const first = gather(writer, x, [0]);
  const row = writer.numbers(values);
  return writer.node('Where', [writer.node('Equal', [first, first]), row, row]);
};

/** By method of {@link PlanBuilder}. */
export const WRITES: Readonly<Record<string, Write>> = {
  check: ({ inputs: [x] }) => x,
  gather: ({ writer, inputs: [x] }, columns: readonly number[]) => gather(writer, x, columns),
  concat: ({ writer, inputs }) => writer.node('Concat', inputs, { axis: int(1) }),
  impute: ({ writer, inputs: [x] }, fill: Float64Array) =>
    writer.node('Where', [writer.node('IsNaN', [x]), writer.numbers(fill), x]),
  affine,
  category,
  oneHot,
  dense,
  activation: writeActivation,
  softmax: ({ writer, inputs: [x] }) => writer.node('Softmax', [x], { axis: int(1) }),
  argmax: ({ writer, inputs: [x] }) => writer.asNumbers(writer.node('ArgMax', [x], { axis: int(1) })),
  forest: (source, forest: ForestConstants, outputs: number, aggregate: 'mean' | 'sum' | 'perTree') =>
    writeForest(source, forest, outputs, aggregate),
  binary: (source, kind: BinaryFunction, operand: Float64Array) =>
    binary(source, kind, source.inputs[0], source.writer.numbers(operand)),
  binaryOf: (source, kind: BinaryFunction) => binary(source, kind, source.inputs[0], source.inputs[1]),
  select: ({ writer, inputs: [condition, a, b] }) =>
    writer.node('Where', [writer.cast(condition, ELEMENT.bool), a, b]),
  constant,
  reduce,
  lookup,
  float32: ({ writer, inputs: [x] }) => {
    const rounded = writer.cast(x, ELEMENT.float);
    return writer.precision === 'float32' ? rounded : writer.asNumbers(rounded);
  },
  coupling: writeCoupling,
  distance: writeDistance,
  interpolate: writeInterpolate,
  kernelExpansion: writeKernelExpansion,
  leafLinear: writeLeafLinear,
  neighborImpute: writeNeighborImpute,
  neighbors: writeNeighbors,
  layer: writeLayer,
  scale: writeScale,
  quantize: (source, codes: Float32Array) => writeCodes(source, source.inputs[0], codes),
  int8Dense: writeInt8Dense,
  int8Conv2d: writeInt8Conv2d,
};
