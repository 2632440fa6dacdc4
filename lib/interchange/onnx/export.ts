/**
 * Writes ONNX files. An estimator is lowered into a plan as for running; each step of the plan is a few nodes of ONNX. So
 * whatever compiles can be exported, but for the few ops that ONNX cannot say.
 */

import { type Output, resolveCompileOptions } from '../../core/compile-options.js';
import { Estimator, type State } from '../../core/estimator.js';
import type { Label } from '../../core/labels.js';
import { type LowersSamples, lowersSamples } from '../../core/lowers-samples.js';
import { type PlanStep, type Recording, recordSteps } from '../../core/plan-steps.js';
import type { Column } from '../../core/schema.js';
import { sizeOf } from '../../core/shape.js';
import { StateError, ValidationError } from '../../errors.js';
import { WRITES } from './export-ops.js';
import { floats, GraphWriter, int, type Precision, valueInfo } from './graph-writer.js';
import { FEATURES_KEY } from './import.js';
import { ELEMENT, encodeModel, type ValueInfoProto } from './messages.js';

/** Options of {@link exportONNX}. */
export interface ExportONNXOptions {
  /** The type of the numbers of the graph. Default 'float32', which every runtime knows. */
  readonly precision?: Precision;
  /**
   * One input `X` of shape [N, columns], or one of shape [N, 1] for each column, by its name. Default: one, unless a
   * column holds text.
   */
  readonly inputs?: 'matrix' | 'columns';
  /**
   * The shape of one sample, without the rows: `X` is then of [N, ...inputShape]. It is needed for a module, and goes with models of
   * one matrix. Default: [columns].
   */
  readonly inputShape?: readonly number[];
}

/** Versions of the operator sets that the nodes are of: ONNX Runtime knows them since 1.10. */
const OPSETS = [
  { domain: '', version: 15 },
  { domain: 'ai.onnx.ml', version: 3 },
] as const;
const IR_VERSION = 8;

/**
 * Writes a fitted model, or a whole pipeline, as an ONNX file. Outputs: `label` [N] and `probabilities` [N, classes] of a
 * classifier, `label` [N] (-1 and 1) and `scores` [N, 1] (the decision function) of an outlier detector, else `value`
 * [N, columns].
 *
 * ONNX cannot refuse a value: where a model would throw for a missing value or an unknown category, the graph gives a
 * number, or NaN beyond the points of an `IsotonicRegression` that raises. Missing text is written ''.
 *
 * A module of `boreal/nn` gives `value`; its samples are of `inputShape`. Networks are written in float32: ONNX Runtime has no
 * convolution of doubles.
 *
 * @param model - anything that is fitted, or a module
 * @returns the bytes of the file
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} for what is in no ONNX operator
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { exportONNX, importONNX, LinearRegression } from 'boreal';
 * const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
 * const bytes = exportONNX(model); // for onnxruntime, anywhere
 * importONNX(bytes).predictSync([[4]])[0]; // 8
 * ```
 */
export function exportONNX(model: Estimator | LowersSamples, options: ExportONNXOptions = {}): Uint8Array {
  if (!(model instanceof Estimator) && lowersSamples(model)) return exportModule(model, options);
  if (!(model instanceof Estimator))
    throw new ValidationError('ERR_PARAMETER', 'exportONNX takes a fitted estimator or a module.');
  const { columns, target } = model.schema;
  if (target.kind === 'classes') {
    const message = `${model.constructor.name} cannot be exported: it has labels of several targets, and the file those of one.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const { precision, inputs } = resolveOptions(options, columns);
  const writer = new GraphWriter(precision);
  const shape = resolveShape(options.inputShape ?? [columns.length]);
  if (sizeOf(shape) !== columns.length || (shape.length > 1 && inputs !== 'matrix')) {
    const message = `exportONNX: inputShape [${shape.join(', ')}] does not fit ${columns.length} columns of one matrix.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const { names, given } =
    shape.length > 1 ? writeSamples(writer, shape) : writeInputs(writer, columns, inputs);
  const recording = recordSteps(columns.length, columns);
  const slotOf = (output: Output) => {
    const resolved = resolveCompileOptions({ output, precision }, precision);
    return model.lowerChecked(recording.plan, recording.plan.input, resolved).id;
  };
  const wanted = resultsOf(model).map(([output, name]) => ({ name, slot: slotOf(output) }));
  const written = writeSteps(writer, recording, names, model);
  const outputs = wanted.map(({ name, slot }) =>
    name === 'label'
      ? writeLabels(writer, written[slot], classesOf(model))
      : finish(writer, written[slot], name, recording.widths[slot]),
  );
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'boreal',
    graph: writer.graph(given, outputs),
    opsetImport: OPSETS,
    metadataProps:
      inputs === 'matrix'
        ? [{ key: FEATURES_KEY, value: JSON.stringify(columns.map(({ name }) => name)) }]
        : [],
  });
}

function exportModule(model: LowersSamples, options: ExportONNXOptions): Uint8Array {
  const { precision } = resolveOptions(options, []);
  const shape = resolveShape(options.inputShape);
  const writer = new GraphWriter(precision);
  const { names, given } = writeSamples(writer, shape);
  const recording = recordSteps(sizeOf(shape));
  const { id } = model.lowerSamples(recording.plan, recording.plan.input, shape);
  const written = writeSteps(writer, recording, names, model);
  const output = finish(writer, written[id], 'value', recording.widths[id]);
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'boreal',
    graph: writer.graph(given, [output]),
    opsetImport: OPSETS,
  });
}

function resolveShape(shape: readonly number[] | undefined): readonly number[] {
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 1);
  if (isShape && shape.length > 0) return shape;
  throw new ValidationError(
    'ERR_PARAMETER',
    "exportONNX: option 'inputShape' must be the shape of one sample: whole numbers >= 1.",
  );
}

/** An input of samples of a shape, and the name of the matrix that has one in each row. */
function writeSamples(writer: GraphWriter, shape: readonly number[]) {
  const names = shape.length === 1 ? 'X' : writer.node('Reshape', ['X', writer.wholes([-1, sizeOf(shape)])]);
  return { names, given: [valueInfo('X', writer.element, ...shape)] };
}

/** What comes out of the graph, and by which name. */
function resultsOf(model: Estimator): ReadonlyArray<readonly [output: Output, name: string]> {
  if (model.kind === 'outlierDetector')
    return [
      ['label', 'label'],
      ['decision', 'scores'],
    ];
  if (model.kind !== 'classifier') return [['value', 'value']];
  return model.outputs.includes('proba')
    ? [
        ['label', 'label'],
        ['proba', 'probabilities'],
      ]
    : [['label', 'label']];
}

function resolveOptions({ precision = 'float32', inputs }: ExportONNXOptions, columns: readonly Column[]) {
  if (precision !== 'float32' && precision !== 'float64')
    throw new ValidationError(
      'ERR_PARAMETER',
      "exportONNX: option 'precision' must be 'float32' or 'float64'.",
    );
  const hasText = columns.some(({ kind }) => kind === 'category');
  const chosen = inputs ?? (hasText ? 'columns' : 'matrix');
  if (chosen !== 'matrix' && chosen !== 'columns')
    throw new ValidationError('ERR_PARAMETER', "exportONNX: option 'inputs' must be 'matrix' or 'columns'.");
  if (hasText && chosen === 'matrix')
    throw new ValidationError(
      'ERR_PARAMETER',
      "exportONNX: a column holds text, so 'inputs' must be 'columns'.",
    );
  return { precision, inputs: chosen };
}

/** The inputs of the graph, and the name of the matrix of all of them. */
function writeInputs(
  writer: GraphWriter,
  columns: readonly Column[],
  inputs: 'matrix' | 'columns',
): { names: string; given: ValueInfoProto[] } {
  if (inputs === 'matrix') return { names: 'X', given: [valueInfo('X', writer.element, columns.length)] };
  const types = {
    number: writer.element,
    boolean: ELEMENT.bool,
    category: ELEMENT.string,
    text: ELEMENT.string,
  };
  const given = columns.map(({ name, kind }) => valueInfo(name, types[kind], 1));
  const parts = columns.map(({ name, kind, categories = [] }) => {
    if (kind === 'number') return name;
    if (kind === 'boolean') return writer.asNumbers(name);
    const keys = categories.map(String);
    const isFree = !keys.includes('');
    const codes = writer.node('ml.LabelEncoder', [name], {
      keys_strings: isFree ? [...keys, ''] : keys,
      values_floats: floats(isFree ? [...keys.keys(), Number.NaN] : keys.keys()),
      default_float: { type: 1, f: -1 },
    });
    return writer.precision === 'float32' ? codes : writer.asNumbers(codes);
  });
  return { names: parts.length === 1 ? parts[0] : writer.node('Concat', parts, { axis: int(1) }), given };
}

/** The name of each slot. */
function writeSteps(writer: GraphWriter, { steps, widths }: Recording, x: string, model: object): string[] {
  const names = [x];
  for (const step of steps) names.push(writeStep(writer, step, names, widths, model));
  return names;
}

function writeStep(
  writer: GraphWriter,
  { op, inputs: slots, args }: PlanStep,
  names: readonly string[],
  widths: readonly number[],
  model: object,
): string {
  const refuse = (why: string) =>
    new StateError(
      'ERR_NOT_SUPPORTED',
      `This ${model.constructor.name} cannot be exported: ONNX has no ${why}.`,
    );
  if (!Object.hasOwn(WRITES, op)) throw refuse(`operator for '${op}'`);
  const inputs = slots.map((slot) => names[slot]);
  return WRITES[op]({ writer, inputs, widths: slots.map((slot) => widths[slot]), refuse }, ...args);
}

function classesOf(model: Estimator<object, State>): readonly Label[] {
  const { target } = model.schema;
  return target.kind === 'class' ? target.classes : [];
}

/** Places among the classes as labels. */
function writeLabels(writer: GraphWriter, code: string, classes: readonly Label[]): ValueInfoProto {
  const isText = typeof classes[0] === 'string';
  const isWhole = classes.every((label) => typeof label === 'boolean' || Number.isSafeInteger(label));
  const places = writer.cast(code, ELEMENT.int64);
  const numbers = classes.map(Number);
  const table = isText
    ? writer.texts(classes.map(String))
    : isWhole
      ? writer.wholes(numbers)
      : writer.numbers(numbers, [numbers.length]);
  const line = writer.node('ml.ArrayFeatureExtractor', [table, places]);
  writer.node('Reshape', [line, writer.wholes([-1])], {}, 'label');
  return valueInfo('label', isText ? ELEMENT.string : isWhole ? ELEMENT.int64 : writer.element);
}

/** Gives a result its name. */
function finish(writer: GraphWriter, from: string, name: string, width: number): ValueInfoProto {
  writer.node('Identity', [from], {}, name);
  return valueInfo(name, writer.element, width);
}
