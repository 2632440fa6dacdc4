/** The outputs of a model as tensors, under the names that MLServer gives them, and their reading from a plan's result. */
import type { Label } from '../../core/labels.js';
import type { FloatArray } from '../../core/matrix.js';
import type { Column, Target } from '../../core/schema.js';
import type { ModelEndpoint } from '../model/endpoint.js';
import type { TensorSpec } from './model.js';

/** An output, and how it is read from what the plan returned. */
export interface OutputSpec extends TensorSpec {
  readonly read: (out: FloatArray, rows: number) => OutputTensor['values'];
}

/** A tensor of an answer. */
export interface OutputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Booleans are 0 and 1. */
  readonly values: ArrayLike<number> | readonly string[];
}

type SeveralTargets = Extract<Target, { readonly kind: 'numbers' | 'classes' }>;

/** Every output of a model; the first one is the answer to requests that name none. */
export function outputsOf({ plan, outputColumns }: ModelEndpoint, floats: string): OutputSpec[] {
  const { target } = plan.schema;
  const width = plan.outputWidth;
  if (target.kind === 'class') return classOutputs(target.classes, floats);
  if (target.kind === 'none') return [transformOutput(outputColumns ?? [], floats)];
  if (target.kind === 'numbers' || target.kind === 'classes') return [severalTargets(target, floats)];
  const predict = { name: 'predict', datatype: floats, shape: [-1, 1], read: slice(width, 0, 1) };
  if (width === 1) return [predict];
  return [predict, { name: 'interval', datatype: floats, shape: [-1, 2], read: slice(width, 1, 2) }];
}

/** A column for each target; the labels of classes that are numbers all, else text. */
function severalTargets(target: SeveralTargets, floats: string): OutputSpec {
  const count = target.kind === 'numbers' ? target.count : target.classes.length;
  const shape = [-1, count];
  if (target.kind === 'numbers') return { name: 'predict', datatype: floats, shape, read: (out) => out };
  const all = target.classes.flat();
  const isText = all.some((label) => typeof label === 'string');
  const labels = target.classes.map((own) => own.map((label) => (isText ? String(label) : Number(label))));
  const read = (out: FloatArray, rows: number) =>
    Array.from({ length: rows * count }, (_, at) => labels[at % count][out[at]]) as number[];
  return { name: 'predict', datatype: isText ? 'BYTES' : datatypeOf(all), shape, read };
}

function classOutputs(classes: readonly Label[], floats: string): OutputSpec[] {
  const count = classes.length;
  const labels = classes.map((label) => (typeof label === 'boolean' ? Number(label) : label));
  return [
    {
      name: 'predict',
      datatype: datatypeOf(classes),
      shape: [-1, 1],
      read: (out, rows) =>
        Array.from({ length: rows }, (_, i) => labels[mostProbable(out, i * count, count)]) as number[],
    },
    { name: 'predict_proba', datatype: floats, shape: [-1, count], read: slice(count, 0, count) },
  ];
}

/** Numbers as they are; text as soon as one column holds text. */
function transformOutput(columns: readonly Column[], floats: string): OutputSpec {
  const count = columns.length;
  const shape = [-1, count];
  if (columns.every(({ categories }) => categories === undefined)) {
    return { name: 'transform', datatype: floats, shape, read: slice(count, 0, count) };
  }
  const text = (value: number, { categories }: Column) =>
    String((categories === undefined ? value : categories[value]) ?? '');
  const read = (out: FloatArray, rows: number) =>
    Array.from({ length: rows * count }, (_, at) => text(out[at], columns[at % count]));
  return { name: 'transform', datatype: 'BYTES', shape, read };
}

/** Columns `from`, `from + 1`... of a result that is `width` wide. */
function slice(width: number, from: number, count: number): OutputSpec['read'] {
  if (count === width) return (out) => out;
  return (out, rows) => {
    const values = new Float64Array(rows * count);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < count; j++) values[i * count + j] = out[i * width + from + j];
    return values;
  };
}

function mostProbable(out: FloatArray, offset: number, count: number): number {
  let best = 0;
  for (let c = 1; c < count; c++) if (out[offset + c] > out[offset + best]) best = c;
  return best;
}

function datatypeOf(classes: readonly Label[]): string {
  if (typeof classes[0] === 'string') return 'BYTES';
  if (typeof classes[0] === 'boolean') return 'BOOL';
  return classes.every(Number.isSafeInteger) ? 'INT64' : 'FP64';
}
