/** What a route tells of itself beyond its summary, for the OpenAPI document. */

/** A schema of JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Bodies and parameters of a route. Schemas may refer to the names of {@link ref}. */
export interface Operation {
  /** Of the JSON body; absent when the route takes none, or takes more than JSON. */
  readonly request?: JsonSchema;
  /** Of the body of a 200. Default: any JSON. */
  readonly response?: JsonSchema;
  /** What the 200 is, where it is not JSON. */
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

/** Text. */
export const TEXT: JsonSchema = { type: 'string' };
