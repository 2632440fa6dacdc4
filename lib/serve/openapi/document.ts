/** The OpenAPI 3.1 document of a service: its routes, and the schemas of the models that it serves right now. */
import type { Route } from '../http.js';
import type { ModelInfo } from '../model/endpoint.js';
import type { ServiceContext } from '../service.js';
import { version } from '../version.js';
import { type ModelSchemas, modelSchemas } from './model-schemas.js';
import { arrayOf, type Definition, type JsonSchema, object, ref, TEXT } from './operation.js';

/** Makes the document. */
export function openApiDocument({ models, routes, options }: ServiceContext): object {
  const { prefix = '', apiKeys, apiKeyFile, authenticate } = options;
  const closed = apiKeys !== undefined || apiKeyFile !== undefined || authenticate !== undefined;
  const served = new Map(
    models.names().flatMap((name) => {
      const [model] = models.versions(name);
      return model === undefined
        ? []
        : [[name, modelSchemas({ ...models.get({ name }).endpoint.info, name })]];
    }),
  );
  const [first] = served.values();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    if (route.operation === 'hidden') continue;
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operationOf(route, [...served.keys()], first, closed);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: options.name ?? [...served.keys()].join(', '),
      version: options.version ?? '1',
      description: `Served by boreal ${version}. Every answer that is not a success has the body of 'Error'.`,
    },
    servers: [{ url: prefix === '' ? '/' : prefix }],
    tags: TAGS.map(([, name]) => ({ name })),
    paths,
    components: {
      schemas: { ...definitions([...served.values()]), ...COMMON },
      ...(closed && { securitySchemes: SECURITY_SCHEMES }),
    },
  };
}

function operationOf(
  { method, path, summary, access, operation = {} }: Route,
  names: readonly string[],
  first: ModelSchemas | undefined,
  closed: boolean,
): object {
  const {
    request,
    response = {},
    responseType = 'application/json',
    query = {},
  } = operation === 'hidden' ? {} : operation;
  const secured = closed && access !== 'public';
  const example = first && exampleOf(request, first.example);
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'name' ? { ...TEXT, examples: names } : TEXT,
    })),
    ...Object.entries(query).map(([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      ...(description !== undefined && { description }),
      schema,
    })),
  ];
  return {
    operationId: operationId(method, path),
    tags: [TAGS.find(([pattern]) => pattern.test(path))![1]],
    summary,
    ...(access === 'admin' && {
      description: "For administrators: with API keys, an admin's key is needed.",
    }),
    ...(parameters.length > 0 && { parameters }),
    ...(request && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: request, ...(example !== undefined && { example }) } },
      },
    }),
    responses: {
      200: { description: 'Success.', content: { [responseType]: { schema: response } } },
      default: {
        description: 'What is wrong.',
        content: { 'application/json': { schema: ref('Error') } },
      },
    },
    security: secured ? Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] })) : [],
  };
}

function exampleOf(request: JsonSchema | undefined, row: object): object | undefined {
  if (request?.$ref === ref('Row').$ref) return row;
  return request?.$ref === ref('Batch').$ref ? { rows: [row] } : undefined;
}

/** Such as `post_models_name_predict`: unique, as a method and a path are. */
function operationId(method: string, path: string): string {
  const words = path.replace(/[^\w]+/g, '_').replace(/^_|_$/g, '');
  return `${method.toLowerCase()}_${words || 'root'}`;
}

/** In the order in which pages show them; the first that matches a path is its own. */
const TAGS: ReadonlyArray<readonly [RegExp, string]> = [
  [/^\/(?:predict|result|models\/:name\/predict)/, 'Predictions'],
  [/^\/(?:feedback|ab_stats)|\/traffic/, 'Feedback and A/B tests'],
  [/^\/models?(?:\/|$)|^\/model_info/, 'Models'],
  [/^\/(?:metrics|stats|drift|health|console)/, 'Watching'],
  [/^\/(?:v2|invocations|ping)/, 'Protocols'],
  [/^/, 'Service'],
];

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  bearer: { type: 'http', scheme: 'bearer' },
};

/** One schema where one model is served, any of them otherwise. */
function definitions(served: readonly ModelSchemas[]): Partial<Record<Definition, JsonSchema>> {
  const any = (part: 'row' | 'prediction' | 'batchPrediction') =>
    served.length === 1 ? served[0][part] : { anyOf: served.map((model) => model[part]) };
  if (served.length === 0) {
    const anything = { description: 'No model is loaded.' };
    return { Row: anything, Batch: anything, Prediction: anything, BatchPrediction: anything };
  }
  const rows = arrayOf(ref('Row'));
  return {
    Row: any('row'),
    Batch: { anyOf: [object({ rows }), object({ instances: rows }), rows, BY_COLUMN, SPLIT] },
    Prediction: any('prediction'),
    BatchPrediction: any('batchPrediction'),
  };
}

const ANYTHING = {};
const BY_COLUMN = {
  ...object({ columns: { type: 'object', additionalProperties: arrayOf(ANYTHING) } }),
  description: 'The values of each column, by its name.',
};
const SPLIT = {
  ...object({ columns: arrayOf(TEXT), data: arrayOf(arrayOf(ANYTHING)) }),
  description: "pandas' split orientation.",
};
const LABEL = { type: ['string', 'number', 'boolean'] };
const COLUMN = object(
  {
    name: TEXT,
    kind: { enum: ['number', 'boolean', 'category'] },
    categories: arrayOf(LABEL),
    range: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], minItems: 2, maxItems: 2 },
    hasMissing: { type: 'boolean' },
    required: { type: 'boolean' },
  },
  ['name', 'kind', 'required'],
);

const INFO: Readonly<Record<keyof ModelInfo, JsonSchema>> = {
  name: TEXT,
  version: TEXT,
  type: { ...TEXT, description: 'Class of the model.' },
  kind: TEXT,
  columns: arrayOf(COLUMN),
  target: object({ kind: { enum: ['class', 'number', 'none'] }, classes: arrayOf(LABEL) }, ['kind']),
  outputs: arrayOf(TEXT),
  image: { type: 'object', description: 'How pictures become rows, where the model takes them.' },
  coverage: { type: 'number' },
  precision: TEXT,
  maxRows: { type: 'integer' },
  borealVersion: TEXT,
  metadata: {},
  plan: TEXT,
};

const COMMON: Partial<Record<Definition, JsonSchema>> = {
  ModelInfo: object(
    INFO,
    Object.keys(INFO).filter((name) => !['outputs', 'image', 'coverage', 'metadata'].includes(name)),
  ),
  ModelStatus: object({ name: TEXT, versions: arrayOf(ref('VersionStatus')) }),
  VersionStatus: object(
    {
      version: TEXT,
      state: { enum: ['loading', 'ready', 'unloading', 'failed', 'unloaded'] },
      reason: { ...TEXT, description: 'Why it, or its reload, failed.' },
      aliases: arrayOf(TEXT),
      production: { type: 'boolean' },
      metadata: {},
      loadedAt: { ...TEXT, format: 'date-time' },
    },
    ['version', 'state', 'aliases', 'production'],
  ),
  Error: object(
    {
      error: { ...TEXT, description: 'For people; may change.' },
      code: { ...TEXT, description: 'For programs; stable.' },
      field: TEXT,
      row: { type: 'integer', description: 'Of a batch, from 0.' },
      details: arrayOf(object({ code: TEXT, error: TEXT, field: TEXT }, ['code', 'error'])),
    },
    ['error', 'code'],
  ),
};
