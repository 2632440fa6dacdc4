/** The messages of an ONNX file that importer and exporter use (onnx.proto of the ONNX project, IR version 3 to 13). */
import type { Reader } from '../foreign.js';
import { decodeMessage, encodeMessage, type Field, type FieldKind, type Messages } from './protobuf.js';

/** Types of elements, by their number in TensorProto.DataType. */
export const ELEMENT = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  double: 11,
} as const;
/** A type of elements that is supported. */
export type Element = keyof typeof ELEMENT;

/** A name and a value. */
export interface EntryProto {
  readonly key?: string;
  readonly value?: string;
}
/** A constant. */
export interface TensorProto {
  readonly dims?: readonly number[];
  readonly dataType?: number;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly rawData?: Uint8Array;
  readonly name?: string;
  readonly dataLocation?: number;
}
/** A named constant of a node. */
export interface AttributeProto {
  readonly name?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
}
/** An operation. */
export interface NodeProto {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly attribute?: readonly AttributeProto[];
}
/** A length of a tensor: a number, or a name for one that is not fixed. */
export interface DimensionProto {
  readonly value?: number;
  readonly param?: string;
}
/** The type of a value of the graph; one that is no tensor has none of these members. */
export interface TypeProto {
  readonly tensorType?: {
    readonly elemType?: number;
    readonly shape?: { readonly dim?: readonly DimensionProto[] };
  };
}
/** An input or output. */
export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}
/** Nodes in order, with their constants. */
export interface GraphProto {
  readonly name?: string;
  readonly node?: readonly NodeProto[];
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
}
/** A file. */
export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: GraphProto;
  readonly opsetImport?: ReadonlyArray<{ readonly domain?: string; readonly version?: number }>;
  readonly metadataProps?: readonly EntryProto[];
}

const one = (name: string, kind: FieldKind): Field => ({ name, kind, repeated: false });
const many = (name: string, kind: FieldKind): Field => ({ name, kind, repeated: true });

const MESSAGES: Messages = {
  Model: {
    1: one('irVersion', 'int'),
    2: one('producerName', 'text'),
    3: one('producerVersion', 'text'),
    7: one('graph', { message: 'Graph' }),
    8: many('opsetImport', { message: 'OperatorSet' }),
    14: many('metadataProps', { message: 'Entry' }),
  },
  OperatorSet: { 1: one('domain', 'text'), 2: one('version', 'int') },
  Entry: { 1: one('key', 'text'), 2: one('value', 'text') },
  Graph: {
    1: many('node', { message: 'Node' }),
    2: one('name', 'text'),
    5: many('initializer', { message: 'Tensor' }),
    11: many('input', { message: 'ValueInfo' }),
    12: many('output', { message: 'ValueInfo' }),
  },
  Node: {
    1: many('input', 'text'),
    2: many('output', 'text'),
    3: one('name', 'text'),
    4: one('opType', 'text'),
    5: many('attribute', { message: 'Attribute' }),
    7: one('domain', 'text'),
  },
  Attribute: {
    1: one('name', 'text'),
    2: one('f', 'float'),
    3: one('i', 'int'),
    4: one('s', 'bytes'),
    5: one('t', { message: 'Tensor' }),
    7: many('floats', 'float'),
    8: many('ints', 'int'),
    9: many('strings', 'bytes'),
    20: one('type', 'int'),
  },
  Tensor: {
    1: many('dims', 'int'),
    2: one('dataType', 'int'),
    4: many('floatData', 'float'),
    5: many('int32Data', 'int'),
    6: many('stringData', 'bytes'),
    7: many('int64Data', 'int'),
    8: one('name', 'text'),
    9: one('rawData', 'bytes'),
    10: many('doubleData', 'double'),
    14: one('dataLocation', 'int'),
  },
  ValueInfo: { 1: one('name', 'text'), 2: one('type', { message: 'Type' }) },
  Type: { 1: one('tensorType', { message: 'TensorType' }) },
  TensorType: { 1: one('elemType', 'int'), 2: one('shape', { message: 'Shape' }) },
  Shape: { 1: many('dim', { message: 'Dimension' }) },
  Dimension: { 1: one('value', 'int'), 2: one('param', 'text') },
};

/** The file as messages. @throws {ERR_IMPORT} when it is malformed */
export function decodeModel(bytes: Uint8Array, reader: Reader): ModelProto {
  return decodeMessage(bytes, MESSAGES, 'Model', (why) => reader.fail(why)) as ModelProto;
}

/** The bytes of a file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return encodeMessage(model, MESSAGES, 'Model');
}
