/**
 * Reads ONNX files. Each node of the graph becomes calls of a plan builder, which are written down: they are the state of
 * the estimator. Twice over the graph: the first pass finds which texts the nodes look for in each column of text, which
 * are the categories of the schema.
 */
import type { Label } from '../../core/labels.js';
import { type PlanStep, type Recording, recordSteps } from '../../core/plan-steps.js';
import { type Column, Schema, type Target } from '../../core/schema.js';
import { sizeOf } from '../../core/shape.js';
import { BorealError } from '../../errors.js';
import { Reader } from '../foreign.js';
import {
  ImportedGraphClassifier,
  type ImportedGraphParams,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
} from '../imported-graph.js';
import { FOLDED, foldConstants } from './constant-ops.js';
import { ENCODER_OPS } from './encoder-ops.js';
import { channelsFirst } from './layout.js';
import { LINEAR_OPS } from './linear-ops.js';
import { MATH_OPS } from './math-ops.js';
import {
  decodeModel,
  type Element,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from './messages.js';
import { NETWORK_OPS } from './network-ops.js';
import { MAX_COLUMNS, Node, type Translate } from './node.js';
import { QUANTIZED_OPS } from './quantized-ops.js';
import { REARRANGE_OPS } from './rearrange-ops.js';
import { SHAPE_OPS } from './shape-ops.js';
import { SVM_OPS } from './svm-ops.js';
import { elementOf, readTensor } from './tensor.js';
import { TOP_K_OPS } from './top-k.js';
import { TREE_OPS } from './tree-ops.js';
import { type Computed, Dictionary, isComputed, type Value } from './values.js';

/** Options of {@link importONNX}. */
export interface ImportONNXOptions {
  /** Names of the columns of the input, in order, where the file has one matrix for all. Default x0, x1, ... */
  readonly features?: readonly string[];
  /** Labels of the classes, in the order of the file. Default: those in the file. */
  readonly classes?: readonly Label[];
  /** The output of the graph to take. Default: the labels and probabilities of a classifier, else the first. */
  readonly output?: string;
}

const reader = new Reader('ONNX');
const MAX_NODES = 20_000;
/** Of what goes into nodes of constants alone and comes out of them, all together: a few bytes can ask for any. Reading takes about a second. */
const MAX_FOLDED = 1 << 24;
/** For each byte of a larger file, whose weights may be turned and scaled again and again. */
const FOLDED_PER_BYTE = 8;
/** Of what the nodes of a small file ask of the plan: orders of values, which a few bytes can ask for, and weights. */
const MAX_HELD = 1 << 26;
/** The metadata entry under which {@link exportONNX} keeps the names of columns. */
export const FEATURES_KEY = 'boreal.features';

const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  ...SHAPE_OPS,
  ...REARRANGE_OPS,
  ...MATH_OPS,
  ...TOP_K_OPS,
  ...ENCODER_OPS,
  ...LINEAR_OPS,
  ...SVM_OPS,
  ...TREE_OPS,
  ...NETWORK_OPS,
  ...QUANTIZED_OPS,
};

/**
 * Reads a model from an ONNX file, on this thread: what skl2onnx writes of scikit-learn's models and whole pipelines, with
 * their columns, categories and labels. docs/guide/interchange.md lists the operators. Arithmetic is that of ONNX Runtime:
 * float32 where the graph is, comparisons included; sums over trees and support vectors run in another order.
 *
 * @param source - the bytes of the file
 * @returns a fitted {@link ImportedGraphClassifier} where labels come out, an {@link ImportedGraphRegressor} where one
 *   number does, else an {@link ImportedGraphTransformer}
 * @throws {ERR_IMPORT} when the file is malformed, or uses what is not supported, naming the node
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { importONNX } from 'boreal';
 * const model = importONNX(await readFile('models/onnx-iris-forest.onnx'));
 * model.featureNamesIn; // ['x0', 'x1', 'x2', 'x3']
 * ```
 */
export function importONNX(
  source: Uint8Array,
  given?: ImportONNXOptions,
): ImportedGraphClassifier | ImportedGraphRegressor | ImportedGraphTransformer {
  const options = given ?? {};
  reader.checkSource(source, 'no text');
  const model = decodeModel(source, reader);
  const { graph } = model;
  if (graph === undefined) throw reader.fail('it has no graph');
  const inputs = readInputs(model, graph, options);
  const dictionaries = inputs.flatMap((input) => input.dictionaries ?? []);
  const most = {
    held: Math.max(MAX_HELD, 2 * source.length),
    folded: Math.max(MAX_FOLDED, FOLDED_PER_BYTE * source.length),
  };
  if (dictionaries.length > 0) translate(model, graph, inputs, most);
  for (const dictionary of dictionaries) dictionary.close();
  const { steps, outputs } = translate(model, graph, inputs, most);
  const params = {
    source: `${model.producerName ?? 'ONNX'} ${model.producerVersion ?? ''}`.trim().slice(0, 60),
  };
  try {
    return estimatorOf(params, steps, outputs, inputs, options);
  } catch (error) {
    if (error instanceof BorealError && error.code !== 'ERR_IMPORT') throw reader.fail(error.message, error);
    throw error;
  }
}

/** An input of the graph: one or more columns of X. */
interface Input {
  readonly name: string;
  readonly type: Element;
  readonly dims: readonly number[];
  /** How many rows it must have, where the file says so. */
  readonly batch?: number;
  readonly columns: readonly string[];
  /** Of text. */
  readonly dictionaries?: readonly Dictionary[];
}

/** An output of the graph. */
type Output = readonly [name: string, value: Computed];

function readInputs(model: ModelProto, graph: GraphProto, { features }: ImportONNXOptions): Input[] {
  const constants = new Set((graph.initializer ?? []).map(({ name }) => name));
  const given = (graph.input ?? []).filter(({ name }) => !constants.has(name));
  if (given.length === 0) throw reader.fail('it has no input');
  const names = features ?? storedFeatures(model);
  if (names !== undefined && given.length > 1 && names.length !== given.length)
    throw reader.fail(`it has ${given.length} inputs, and 'features' names ${names.length}`);
  const inputs = given.map((info) => readInput(info, given.length === 1 ? names : undefined));
  const columns = inputs.flatMap((input) => input.columns);
  if (columns.length > MAX_COLUMNS) throw reader.fail(`it has ${columns.length} columns`);
  reader.distinct(columns);
  return inputs;
}

/** The names that {@link exportONNX} has written. */
function storedFeatures({ metadataProps = [] }: ModelProto): readonly string[] | undefined {
  const entry = metadataProps.find(({ key }) => key === FEATURES_KEY)?.value;
  if (entry === undefined) return undefined;
  try {
    const names: unknown = JSON.parse(entry);
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Told below.
  }
  throw reader.fail(`its metadata entry '${FEATURES_KEY}' is no list of names`);
}

function readInput({ name = '', type }: ValueInfoProto, names: readonly string[] | undefined): Input {
  const where = `input '${name.slice(0, 60)}'`;
  if (type?.tensorType === undefined) throw reader.fail(`${where} is no tensor`);
  const element = elementOf(type.tensorType.elemType, where, reader);
  const shape = type.tensorType.shape?.dim ?? [];
  if (shape.length === 0 || shape.length > 4)
    throw reader.fail(`${where} has ${shape.length} dimensions, not 1 to 4`);
  const lengths = shape.slice(1).map(({ value }) => value);
  const isKnown = lengths.every((length) => length !== undefined);
  const width = isKnown ? sizeOf(lengths as number[]) : shape.length === 2 ? names?.length : undefined;
  if (width === undefined)
    throw reader.fail(`${where} does not say how many columns it has: name them in 'features'`);
  if (!(width >= 1 && width <= MAX_COLUMNS)) throw reader.fail(`${where} has ${width} columns`);
  if (names !== undefined && names.length !== width)
    throw reader.fail(`${where} has ${width} columns, and 'features' names ${names.length}`);
  const columns =
    names ??
    (width === 1 ? [name] : Array.from({ length: width }, (_, j) => `${isOnly(name) ? 'x' : name}${j}`));
  const dictionaries =
    element === 'string' ? Array.from({ length: width }, () => new Dictionary()) : undefined;
  const dims = isKnown ? (lengths as number[]) : [width];
  return { name, type: element, dims, batch: shape[0].value, columns, dictionaries };
}

/** Names that say nothing of the columns. */
const isOnly = (name: string) => /^(x|input|float_input|double_input)$/i.test(name);

/** The steps of all nodes, and what the outputs of the graph are. @param most - elements that the steps may hold, and that constants may have which are computed */
function translate(
  model: ModelProto,
  graph: GraphProto,
  inputs: readonly Input[],
  most: { readonly held: number; readonly folded: number },
): { steps: readonly PlanStep[]; outputs: readonly Output[] } {
  const nodes = graph.node ?? [];
  if (nodes.length > MAX_NODES) throw reader.fail(`it has ${nodes.length} nodes, more than ${MAX_NODES}`);
  const versions = new Map(
    (model.opsetImport ?? []).map(({ domain = '', version = 1 }) => [domain, version]),
  );
  const width = inputs.reduce((sum, { columns }) => sum + columns.length, 0);
  const recording = recordSteps(width);
  const { plan, steps } = recording;
  // Told before anything else, so that the reason is the operator and not the shapes that were made for it.
  for (const proto of nodes) {
    const [, key] = operatorOf(proto);
    if (!Object.hasOwn(TRANSLATIONS, key) && !FOLDED.has(key))
      throw new Node(proto, [], 1, plan, reader).fail('this operator is not supported');
  }
  const values = new Map<string, Value>();
  for (const proto of graph.initializer ?? [])
    values.set(proto.name ?? '', {
      tensor: readTensor(proto, `constant '${(proto.name ?? '').slice(0, 60)}'`, reader),
    });
  const batch = inputs.find((input) => input.batch !== undefined)?.batch;
  let folded = 0;
  let begin = 0;
  for (const { name, type, dims, columns, dictionaries } of inputs) {
    const own = plan.gather(
      plan.input,
      Array.from(columns, (_, j) => begin + j),
    );
    // ONNX has no missing text: '' stands for it where the graph knows ''.
    const empty = (dictionaries ?? []).map((each) => (each.has('') ? each.code('') : Number.NaN));
    const text = empty.every(Number.isNaN) ? own : plan.impute(own, Float64Array.from(empty));
    const slot = type === 'float' ? plan.float32(own) : text;
    values.set(name, { slot, dims, type, codes: dictionaries });
    begin += columns.length;
  }
  for (const proto of nodes) {
    const [domain, key] = operatorOf(proto);
    const given = (proto.input ?? []).map((name) => (name === '' ? undefined : values.get(name)));
    const node = new Node(proto, given, versions.get(domain) ?? 1, plan, reader, batch);
    const missing = (proto.input ?? []).find((name) => name !== '' && !values.has(name));
    // Nodes are listed in the order they run, so a cycle is a name that no node before has written.
    if (missing !== undefined) throw node.fail(`no node before it writes '${missing.slice(0, 60)}'`);
    const translate = Object.hasOwn(TRANSLATIONS, key) ? TRANSLATIONS[key] : notComputed;
    const isFolded = given.length > 0 && !given.some((value) => value !== undefined && isComputed(value));
    const fold = (constants: ReadonlyArray<Value | undefined>) => {
      for (const each of constants) folded += each && 'tensor' in each ? each.tensor.data.length : 0;
      if (folded > most.folded) throw node.fail(`computed constants have more than ${most.folded} elements`);
    };
    if (isFolded) fold(given);
    const results = foldConstants(node, domain) ?? translate(node);
    if (isFolded) fold(results);
    for (const result of results) if (isComputed(result)) node.sized(result.slot.width);
    if (recording.asked > most.held)
      throw node.fail(`what the graph needs up to here has more than ${most.held} elements`);
    (proto.output ?? []).forEach((name, k) => {
      if (name === '') return;
      if (values.has(name)) throw node.fail(`'${name.slice(0, 60)}' is written twice`);
      if (results[k] !== undefined) values.set(name, results[k]);
    });
  }
  const outputs = (graph.output ?? []).map(({ name = '' }) => {
    const value = values.get(name);
    if (value === undefined) throw reader.fail(`no node writes output '${name.slice(0, 60)}'`);
    if (!isComputed(value)) throw reader.fail(`output '${name.slice(0, 60)}' is a constant`);
    return [name, channelsFirst(plan, value)] as const;
  });
  return { steps, outputs: withProbabilities(recording, outputs) };
}

/** The domain of an operator, and its name with the domain. */
function operatorOf({ domain = '', opType = '' }: NodeProto): readonly [domain: string, key: string] {
  const own = domain === 'ai.onnx' ? '' : domain;
  return [own, own === '' ? opType : `${own}.${opType}`];
}

/** What is read of constants only. */
const notComputed: Translate = (node) => {
  throw node.fail('what depends on the rows is not supported here');
};

/**
 * Where there are labels, and beside them nothing but a number for each class, which are the columns of one matrix in order (skl2onnx,
 * `zipmap='columns'`): that matrix as well.
 */
function withProbabilities({ steps, widths }: Recording, outputs: readonly Output[]): readonly Output[] {
  const labelled = outputs.find(isLabels);
  const others = outputs.filter((output) => output !== labelled);
  const classes = labelled?.[1].codes?.[0].labels.length;
  const columns = others.map(([, { slot, codes }]) => (codes === undefined ? steps[slot.id - 1] : undefined));
  const source = columns[0]?.inputs[0] ?? 0;
  const isColumn = (step: PlanStep | undefined, k: number) =>
    step?.op === 'gather' &&
    step.inputs[0] === source &&
    (step.args[0] as readonly number[]).join() === String(k);
  // The input itself is no matrix of scores.
  if (source === 0 || others.length !== classes || widths[source] !== classes || !columns.every(isColumn))
    return outputs;
  const slot = { id: source, width: classes };
  return [...outputs, ['probabilities', { slot, dims: [classes], type: others[0][1].type }]];
}

function isLabels([, { codes, slot }]: Output): boolean {
  return codes !== undefined && slot.width === 1;
}

function estimatorOf(
  params: ImportedGraphParams,
  steps: readonly PlanStep[],
  all: readonly Output[],
  inputs: readonly Input[],
  { classes, output }: ImportONNXOptions,
): ImportedGraphClassifier | ImportedGraphRegressor | ImportedGraphTransformer {
  const outputs = output === undefined ? all : all.filter(([name]) => name === output);
  if (outputs.length === 0)
    throw reader.fail(output === undefined ? 'it has no output' : `it has no output '${output}'`);
  const dtype = inputs.some(({ type }) => type === 'double') ? 'float64' : 'float32';
  const fitted = (target: Target) => ({ schema: schemaOf(inputs, target), dtype }) as const;
  const labelled = outputs.find(isLabels);
  if (labelled !== undefined) {
    const [, { slot, codes }] = labelled;
    const labels = reader.classes(classes ?? codes![0].labels, codes![0].labels.length);
    const proba = outputs.find(
      ([, value]) => value.codes === undefined && value.slot.width === labels.length,
    );
    const model = new ImportedGraphClassifier(params);
    const state = { steps, classes: labels, label: slot.id, proba: proba?.[1].slot.id ?? -1 };
    model.restore({ state, ...fitted({ kind: 'class', classes: labels }) });
    return model;
  }
  reader.noClasses(classes);
  const [name, { slot, codes }] = outputs[0];
  if (codes !== undefined) throw reader.fail(`output '${name.slice(0, 60)}' holds text`);
  if (slot.width === 1) {
    const model = new ImportedGraphRegressor(params);
    model.restore({ state: { steps, value: slot.id }, ...fitted({ kind: 'number' }) });
    return model;
  }
  const names = Array.from({ length: slot.width }, (_, j) => `${name}${j}`);
  const model = new ImportedGraphTransformer(params);
  model.restore({ state: { steps, value: slot.id, names }, ...fitted({ kind: 'none' }) });
  return model;
}

function schemaOf(inputs: readonly Input[], target: Target): Schema {
  const columns = inputs.flatMap(({ columns, type, dictionaries }) =>
    columns.map((name, j): Column => {
      if (dictionaries === undefined)
        return { name, kind: type === 'bool' ? 'boolean' : 'number', hasMissing: true };
      return { name, kind: 'category', categories: [...dictionaries[j].labels], hasMissing: true };
    }),
  );
  const isNamed = inputs.length > 1 || columns[0].name !== 'x0';
  return new Schema(columns, target, isNamed);
}
