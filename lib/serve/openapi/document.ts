/** The OpenAPI 3.1 document of a service: its routes, and the schemas of the models that it serves right now. */
import type { Route } from '../http.js';
import type { ModelEndpoint } from '../model/endpoint.js';
import type { ServiceContext } from '../service.js';
import { V2Model } from '../v2/model.js';
import { version } from '../version.js';
import { COMMON } from './definitions.js';
import { type ModelSchemas, modelSchemas } from './model-schemas.js';
import { arrayOf, COUNT, type Definition, type JsonSchema, object, ref, TEXT } from './operation.js';

/** What all operations of a document share. */
interface Shared {
  readonly names: readonly string[];
  readonly examples: Partial<Record<Definition, object>>;
  /** Whether there are keys. */
  readonly closed: boolean;
  /** Whether a model takes pictures. */
  readonly images: boolean;
}

/** Makes the document. */
export function openApiDocument({ models, routes, options }: ServiceContext): object {
  const { prefix = '', apiKeys, apiKeyFile, authenticate } = options;
  const closed = apiKeys !== undefined || apiKeyFile !== undefined || authenticate !== undefined;
  const endpoints = models.names().flatMap((name): [string, ModelEndpoint][] => {
    const [model] = models.versions(name);
    return model === undefined ? [] : [[name, models.get({ name }).endpoint]];
  });
  const served = endpoints.map(([name, { info }]) =>
    modelSchemas({ ...info, name }, options.ranges === 'warn'),
  );
  const names = endpoints.map(([name]) => name);
  const shared: Shared = {
    names,
    closed,
    examples: served.length === 0 ? {} : examplesOf(endpoints[0][1], served[0].example),
    images: endpoints.some(([, { info }]) => info.image !== undefined),
  };
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    if (route.operation === 'hidden') continue;
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operationOf(route, shared);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: options.name ?? names.join(', '),
      version: options.version ?? '1',
      description: `Served by boreal ${version}. Every answer that is not a success has the body of 'Error'.`,
    },
    servers: [{ url: prefix === '' ? '/' : prefix }],
    tags: TAGS.map(([, name]) => ({ name })),
    paths,
    components: {
      schemas: { ...definitions(served), ...COMMON },
      ...(closed && { securitySchemes: SECURITY_SCHEMES }),
    },
  };
}

function operationOf({ method, path, summary, access, operation = {} }: Route, shared: Shared): object {
  const {
    request,
    example = exampleOf(request, shared),
    response = {},
    responseType = 'application/json',
    statuses = [200],
    query = {},
    alsoTakes = { ...pictures(request, shared), ...(isBatch(request) && BYTES) },
    alsoGives = definitionOf(response) === 'BatchPrediction' ? BYTES : {},
  } = operation === 'hidden' ? {} : operation;
  const secured = shared.closed && access !== 'public';
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'name' || name === 'model' ? { ...TEXT, examples: shared.names } : TEXT,
    })),
    ...Object.entries({ ...query, ...(isBatch(request) && OF_BYTES) }).map(
      ([name, { description, ...schema }]) => ({
        name,
        in: 'query',
        ...(description !== undefined && { description }),
        schema,
      }),
    ),
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
        content: {
          'application/json': { schema: request, ...(example !== undefined && { example }) },
          ...contentOf(alsoTakes),
        },
      },
    }),
    responses: {
      ...Object.fromEntries(
        statuses.map((status) => [
          status,
          { description: SUCCESS[status], content: contentOf({ [responseType]: response, ...alsoGives }) },
        ]),
      ),
      default: {
        description: 'What is wrong.',
        content: { 'application/json': { schema: ref('Error') } },
      },
    },
    security: secured ? Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] })) : [],
  };
}

function contentOf(schemas: Readonly<Record<string, JsonSchema>>): Record<string, { schema: JsonSchema }> {
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));
}

const SUCCESS = { 200: 'Success.', 202: 'Accepted; the result comes later.' } as const;

function definitionOf(schema: JsonSchema | undefined): Definition | undefined {
  return (schema?.$ref as string | undefined)?.split('/').at(-1) as Definition | undefined;
}

function exampleOf(request: JsonSchema | undefined, { examples }: Shared): unknown {
  const definition = definitionOf(request);
  return definition && examples[definition];
}

/** Bodies that the model answers. */
function examplesOf(endpoint: ModelEndpoint, row: ModelSchemas['example']): Shared['examples'] {
  const values = Object.values(row);
  const inputs = V2Model.of(endpoint).inputs.map(({ name, datatype, shape }, j, { length }) => ({
    name,
    datatype,
    shape: [1, shape[1]],
    data: length === values.length ? [values[j]] : values,
  }));
  return {
    Row: row,
    Batch: { rows: [row] },
    Invocations: { dataframe_records: [row] },
    InferRequest: { inputs },
  };
}

function isBatch(request: JsonSchema | undefined): boolean {
  return definitionOf(request) === 'Batch';
}

/** Rows of a batch, and answers to it, where the client says so. */
const BYTES = {
  'application/octet-stream': {
    description:
      'Rows of numbers one after the other, little-endian, NaN where a value is missing; x-boreal-rows and x-boreal-columns of an answer tell its shape, x-boreal-dtype its type.',
  },
};
const OF_BYTES = {
  dtype: { enum: ['float32', 'float64'], description: 'Of a binary body; or the header x-boreal-dtype.' },
  columns: { ...COUNT, description: 'Of a binary body, to be checked; or the header x-boreal-columns.' },
};

/** Where rows are taken, pictures are, too, by models for pictures. */
function pictures(request: JsonSchema | undefined, { images }: Shared): Readonly<Record<string, JsonSchema>> {
  const definition = definitionOf(request);
  if (!images || (definition !== 'Row' && definition !== 'Batch')) return {};
  const picture = { type: 'string', contentMediaType: 'image/png, image/jpeg, image/webp' };
  const form = definition === 'Row' ? object({ image: picture }) : object({ images: arrayOf(picture) });
  return { 'multipart/form-data': form, 'image/png': {}, 'image/jpeg': {}, 'image/webp': {} };
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
