/** JSON schemas of what a served model takes and answers, made from its own schema. */
import type { Label } from '../../core/labels.js';
import type { ColumnInfo, ModelInfo } from '../model/endpoint.js';
import { arrayOf, type JsonSchema, object, ref } from './operation.js';

/** What the document says about one model. */
export interface ModelSchemas {
  readonly row: JsonSchema;
  readonly prediction: JsonSchema;
  readonly batchPrediction: JsonSchema;
  /** A row that the model answers: the middle of each range, the first of the categories. */
  readonly example: Readonly<Record<string, Label>>;
}

/** Makes the schemas of a model. @param warns - whether answers tell of numbers outside the training range */
export function modelSchemas(info: ModelInfo, warns: boolean): ModelSchemas {
  const { columns } = info;
  const cells = columns.map(cellSchema);
  const values = {
    type: 'array',
    description: 'The values in the order of the columns.',
    prefixItems: cells,
    minItems: cells.length,
    maxItems: cells.length,
  };
  const fields = {
    ...object(
      ownProperties(columns.map(({ name }, j) => [name, cells[j]])),
      columns.flatMap(({ name, required }) => (required ? [name] : [])),
    ),
    description: 'One member per column.',
    additionalProperties: false,
  };
  const prediction = predictionSchema(info);
  const probabilities = probabilitiesSchema(info);
  const interval = intervalSchema(info);
  const one = { prediction, ...(probabilities && { probabilities }), ...(interval && { interval }) };
  const many = {
    predictions: arrayOf(prediction),
    ...(probabilities && { probabilities: arrayOf(probabilities) }),
    ...(interval && { intervals: arrayOf(interval) }),
  };
  return {
    row: {
      title: info.name,
      anyOf: [fields, values, object({ features: values })],
    },
    prediction: { title: info.name, ...withWarnings(object(one), warns) },
    batchPrediction: { title: info.name, ...withWarnings(object(many), warns) },
    example: ownProperties(columns.map((column) => [column.name, exampleOf(column)])),
  };
}

function cellSchema(column: ColumnInfo): JsonSchema {
  const { kind, categories = [], range, required } = column;
  const examples = [exampleOf(column)];
  if (kind === 'category') return { enum: required ? categories : [...categories, null], examples };
  if (kind === 'text') return { type: 'string', examples };
  const type = required ? kind : [kind, 'null'];
  if (range === undefined) return { type, examples };
  return { type, description: `In training from ${range[0]} to ${range[1]}.`, examples };
}

function exampleOf({ kind, categories, range }: ColumnInfo): Label {
  if (kind === 'category') return categories?.[0] ?? '';
  if (kind === 'boolean') return true;
  if (kind === 'text') return 'some words';
  if (range === undefined) return 0;
  const [min, max] = range;
  const middle = (min + max) / 2;
  return Number.isInteger(min) && Number.isInteger(max) ? Math.round(middle) : Number(middle.toPrecision(3));
}

function predictionSchema({ target, outputs = [] }: ModelInfo): JsonSchema {
  if (target.kind === 'class') return { enum: target.classes };
  if (target.kind === 'number') return { type: ['number', 'null'] };
  if (target.kind === 'numbers') {
    const { count } = target;
    return { type: 'array', items: { type: ['number', 'null'] }, minItems: count, maxItems: count };
  }
  if (target.kind === 'classes')
    return { type: 'array', prefixItems: target.classes.map((own) => ({ enum: own })) };
  const value = { type: ['number', 'string', 'boolean', 'null'] };
  return { type: 'array', description: `In this order: ${outputs.join(', ')}.`, items: value };
}

function probabilitiesSchema({ target }: ModelInfo): JsonSchema | undefined {
  if (target.kind !== 'class') return undefined;
  const share = { type: ['number', 'null'], minimum: 0, maximum: 1 };
  return object(ownProperties(target.classes.map((label) => [String(label), share])));
}

function intervalSchema({ coverage }: ModelInfo): JsonSchema | undefined {
  if (coverage === undefined) return undefined;
  const number = { type: ['number', 'null'] };
  return object({ lower: number, upper: number, coverage: { const: coverage } });
}

/** Warnings are there only where there is something to warn of. */
function withWarnings(schema: JsonSchema, warns: boolean): JsonSchema {
  if (!warns) return schema;
  return { ...schema, properties: { ...(schema.properties as object), warnings: arrayOf(ref('Warning')) } };
}

/** An object with these members, whatever their names: `__proto__` is one, too. */
function ownProperties<T>(entries: ReadonlyArray<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries(entries);
}
