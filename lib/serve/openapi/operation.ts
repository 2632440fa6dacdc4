/** What a route tells of itself beyond its summary, for the OpenAPI document. */

/** A schema of JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Bodies and parameters of a route. Schemas may refer to the names of {@link ref}. */
export interface Operation {
  /** Of the JSON body; absent when the route takes none, or takes more than JSON. */
  readonly request?: JsonSchema;
  /** A body that is answered. Default: made from the schema of the first model, where the request refers to rows. */
  readonly example?: unknown;
  /** Media types beside JSON, and what they hold. Default: pictures and bytes, where the request refers to rows. */
  readonly alsoTakes?: Readonly<Record<string, JsonSchema>>;
  /** Media types of a success beside JSON. Default: bytes, where the response is of a batch. */
  readonly alsoGives?: Readonly<Record<string, JsonSchema>>;
  /** Of success. Default 200. */
  readonly statuses?: ReadonlyArray<200 | 202>;
  /** Of the body of a success. Default: any JSON. */
  readonly response?: JsonSchema;
  /** Media type of the body, where it is not JSON. */
  readonly responseType?: string;
  /** Parameters of the query, none of them required; a schema's `description` is shown. */
  readonly query?: Readonly<Record<string, JsonSchema>>;
}

/** Names of what the document defines; those about rows and predictions follow the models that are served. */
export type Definition =
  | 'Row'
  | 'Batch'
  | 'Prediction'
  | 'BatchPrediction'
  | 'ModelInfo'
  | 'ModelStatus'
  | 'VersionStatus'
  | 'Traffic'
  | 'TrafficStatus'
  | 'Feedback'
  | 'Experiment'
  | 'Job'
  | 'Latency'
  | 'Stats'
  | 'ColumnDrift'
  | 'DriftReport'
  | 'Invocations'
  | 'Warning'
  | 'InferRequest'
  | 'InferResponse'
  | 'TensorSpec'
  | 'ModelMetadata'
  | 'ModelStatistics'
  | 'ModelConfig'
  | 'Error';

/** A reference to a definition of the document. */
export function ref(name: Definition): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** An object with these members. @param required - default: all */
export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', properties, required };
}

/** A list of these. */
export function arrayOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

/** An object of any members with such values. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values };
}

/** That, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}

export const TEXT: JsonSchema = { type: 'string' };
/** The query with which a request asks for another model than the default. */
export const MODEL_QUERY = {
  model: { ...TEXT, description: 'Default: the default model.' },
  version: { ...TEXT, description: 'Or an alias. Default: the one in production.' },
} as const;
export const NUMBER: JsonSchema = { type: 'number' };
export const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
export const BOOLEAN: JsonSchema = { type: 'boolean' };
export const TIME: JsonSchema = { type: 'string', format: 'date-time' };
