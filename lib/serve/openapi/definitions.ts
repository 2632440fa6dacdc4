/** What the document defines beside rows and predictions: the bodies of the routes, the same whatever is served. */
import type { ModelInfo } from '../model/endpoint.js';
import { DATATYPES } from '../v2/datatypes.js';
import {
  arrayOf,
  BOOLEAN,
  COUNT,
  type Definition,
  type JsonSchema,
  mapOf,
  NUMBER,
  object,
  orNull,
  ref,
  TEXT,
  TIME,
} from './operation.js';

const LABEL = { type: ['string', 'number', 'boolean'] };
const ANY_OBJECT = { type: 'object' };
const SHARE = { type: 'number', minimum: 0, maximum: 1 };
const PAIR = { type: 'array', prefixItems: [NUMBER, NUMBER], minItems: 2, maxItems: 2 };

const COLUMN = object(
  {
    name: TEXT,
    kind: { enum: ['number', 'boolean', 'category', 'text'] },
    categories: arrayOf(LABEL),
    range: PAIR,
    hasMissing: BOOLEAN,
    required: BOOLEAN,
  },
  ['name', 'kind', 'required'],
);

const INFO: Readonly<Record<keyof ModelInfo, JsonSchema>> = {
  name: TEXT,
  version: TEXT,
  type: { ...TEXT, description: 'Class of the model.' },
  kind: TEXT,
  columns: arrayOf(COLUMN),
  target: object(
    {
      kind: { enum: ['class', 'number', 'classes', 'numbers', 'none'] },
      classes: { type: 'array', description: 'Labels; of several targets the list of those of each.' },
      count: { type: 'integer', description: 'How many numbers there are of several targets.' },
    },
    ['kind'],
  ),
  outputs: arrayOf(TEXT),
  image: { type: 'object', description: 'How pictures become rows, where the model takes them.' },
  coverage: NUMBER,
  precision: TEXT,
  maxRows: { type: 'integer' },
  borealVersion: TEXT,
  metadata: {},
  plan: TEXT,
};

const MODELS: Partial<Record<Definition, JsonSchema>> = {
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
      production: BOOLEAN,
      metadata: {},
      loadedAt: TIME,
    },
    ['version', 'state', 'aliases', 'production'],
  ),
};

const RULES = {
  variants: {
    ...mapOf({ type: 'number', minimum: 0 }),
    description: 'Version or alias and its weight; the first is what the others are measured against.',
  },
  canary: {
    ...object(
      { version: TEXT, share: SHARE, maxErrorRate: SHARE, minRequests: { type: 'integer', minimum: 1 } },
      ['version', 'share'],
    ),
    description: 'Instead of variants: a share of the users to a new version, the rest to production.',
  },
  shadow: { ...TEXT, description: 'A version or an alias that answers a copy of each request, unheard.' },
  key: {
    ...object({ header: TEXT, query: TEXT, field: TEXT }, []),
    description: "Where a request names its user. Default: the header 'x-user-id'.",
  },
};
const SHADOWED = object({
  version: TEXT,
  requests: COUNT,
  rows: COUNT,
  agreements: COUNT,
  agreement: orNull(SHARE),
  meanDifference: orNull(NUMBER),
  errors: COUNT,
  dropped: COUNT,
  meanMs: orNull(NUMBER),
});

const TRAFFIC: Partial<Record<Definition, JsonSchema>> = {
  Traffic: object(RULES, []),
  TrafficStatus: object(
    {
      name: TEXT,
      ...RULES,
      requests: { ...mapOf(COUNT), description: 'By variant, since the traffic was last changed.' },
      failures: { ...mapOf(COUNT), description: 'By version; what a client did wrong is no failure.' },
      rolledBack: object({ at: TIME, reason: TEXT }),
      shadowed: SHADOWED,
    },
    ['name', 'requests', 'failures'],
  ),
  Feedback: object(
    {
      id: {
        ...TEXT,
        description: 'Of the prediction, or of the outcome; the second of the same id does not count.',
      },
      row: { ...COUNT, description: 'Of a batch. Default 0.' },
      user: { ...TEXT, description: 'Whose variant it is.' },
      model: { ...TEXT, description: 'Default: the default model.' },
      version: { ...TEXT, description: 'Instead of a user: a version or an alias.' },
      reward: { type: ['number', 'boolean'], description: 'What it was worth; this or the label.' },
      label: { ...LABEL, description: 'What would have been right.' },
      prediction: { ...LABEL, description: 'What the model had said, where no id tells.' },
    },
    [],
  ),
  Experiment: object(
    {
      model: TEXT,
      metric: { enum: ['rate', 'mean'] },
      variants: arrayOf(
        object(
          {
            variant: TEXT,
            version: TEXT,
            requests: orNull(COUNT),
            outcomes: COUNT,
            successes: { ...COUNT, description: 'Of a rate.' },
            mean: orNull(NUMBER),
            interval: { ...orNull(PAIR), description: '95 %.' },
          },
          ['variant', 'version', 'requests', 'outcomes', 'mean', 'interval'],
        ),
      ),
      test: orNull(object({ name: TEXT, statistic: NUMBER, dof: NUMBER, pvalue: SHARE })),
      comparisons: {
        ...arrayOf(object({ variant: TEXT, difference: NUMBER, pvalue: SHARE })),
        description: 'With the first variant; p-values by Holm.',
      },
      significant: BOOLEAN,
      winner: orNull(TEXT),
      verdict: TEXT,
      shadow: SHADOWED,
    },
    ['model', 'metric', 'variants', 'test', 'comparisons', 'significant', 'winner', 'verdict'],
  ),
};

const DRIFT = {
  rows: { ...COUNT, description: 'Rows that were ever seen.' },
  window: { ...COUNT, description: 'Rows that this is about: the last ones.' },
  drifted: BOOLEAN,
  columns: arrayOf(ref('ColumnDrift')),
  prediction: ref('ColumnDrift'),
  performance: ref('ColumnDrift'),
};
const PROCESS = object({ cpuSeconds: NUMBER, rss: COUNT, heapUsed: COUNT, external: COUNT });

const WATCHING: Partial<Record<Definition, JsonSchema>> = {
  Latency: object({ mean: NUMBER, p50: NUMBER, p95: NUMBER, p99: NUMBER, max: NUMBER }),
  Stats: object(
    {
      uptime: { ...NUMBER, description: 'Seconds.' },
      recent: object({ seconds: NUMBER, requests: COUNT, errors: COUNT, latencyMs: ref('Latency') }),
      routes: arrayOf(
        object({ method: TEXT, route: TEXT, count: COUNT, status: mapOf(COUNT), latencyMs: ref('Latency') }),
      ),
      models: arrayOf(
        object({
          name: TEXT,
          version: TEXT,
          predictions: COUNT,
          rows: COUNT,
          latencyMs: ref('Latency'),
          queueMs: ref('Latency'),
          batchRows: ref('Latency'),
        }),
      ),
      errors: { ...mapOf(COUNT), description: 'By code.' },
      eventLoopDelayMs: object({ p50: NUMBER, p99: NUMBER, max: NUMBER }),
      process: PROCESS,
    },
    ['uptime', 'recent', 'routes', 'models', 'errors'],
  ),
  ColumnDrift: object(
    {
      name: TEXT,
      test: { enum: ['ks', 'chi2'] },
      statistic: orNull(NUMBER),
      pvalue: orNull(SHARE),
      adjustedPvalue: orNull(SHARE),
      psi: orNull(NUMBER),
      missing: object({ reference: SHARE, live: SHARE }),
      histogram: object({ bins: arrayOf(TEXT), reference: arrayOf(SHARE), live: arrayOf(SHARE) }),
      drifted: BOOLEAN,
      alert: { ...BOOLEAN, description: 'Whether it has drifted for long enough.' },
    },
    ['name', 'test', 'statistic', 'pvalue', 'psi', 'missing', 'histogram', 'drifted'],
  ),
  DriftReport: object(
    {
      name: TEXT,
      version: TEXT,
      reason: { ...TEXT, description: 'Why there is no report.' },
      ...DRIFT,
    },
    ['name', 'version'],
  ),
};

const PREDICTIONS_LATER: Partial<Record<Definition, JsonSchema>> = {
  Job: object(
    {
      id: TEXT,
      status: { enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled'] },
      createdAt: TIME,
      startedAt: TIME,
      finishedAt: TIME,
      attempts: COUNT,
      links: object({ result: TEXT }),
      result: { anyOf: [ref('Prediction'), ref('BatchPrediction')], description: 'Of a job that succeeded.' },
    },
    ['id', 'status', 'createdAt', 'attempts', 'links'],
  ),
  Warning: object(
    {
      code: { const: 'ERR_OUT_OF_RANGE' },
      warning: { ...TEXT, description: 'For people; may change.' },
      field: TEXT,
      row: { ...COUNT, description: 'Of a batch, from 0.' },
    },
    ['code', 'warning', 'field'],
  ),
  Invocations: {
    description: 'Exactly one of these.',
    anyOf: [
      object({
        dataframe_split: object({ columns: arrayOf(TEXT), data: arrayOf({ type: 'array' }) }, ['data']),
      }),
      object({ dataframe_records: arrayOf(ANY_OBJECT) }),
      object({ instances: arrayOf({}) }),
      object({ inputs: { anyOf: [mapOf({ type: 'array' }), { type: 'array' }] } }),
    ],
  },
};

const SHAPE = arrayOf({ type: 'integer' });
const DATATYPE = { enum: DATATYPES };
const DURATION = object({ count: COUNT, ns: COUNT });
const DURATIONS = (...names: string[]) => object(Object.fromEntries(names.map((name) => [name, DURATION])));
const CONFIGURED = { name: TEXT, data_type: TEXT, dims: SHAPE };

const INFERENCE: Partial<Record<Definition, JsonSchema>> = {
  InferRequest: object(
    {
      id: TEXT,
      parameters: object(
        {
          timeout: { ...COUNT, description: 'Microseconds; 0 is none.' },
          priority: { ...COUNT, description: 'Among requests that wait: 1 goes first, then 2; 0 goes last.' },
          binary_data_output: BOOLEAN,
        },
        [],
      ),
      inputs: {
        ...arrayOf(
          object(
            {
              name: TEXT,
              shape: SHAPE,
              datatype: DATATYPE,
              data: { type: 'array', description: 'Row by row; flat or nested.' },
              parameters: object({ binary_data_size: COUNT }, []),
            },
            ['name', 'shape', 'datatype'],
          ),
        ),
        description: 'One tensor per column, by its name, or one of all columns.',
      },
      outputs: {
        ...arrayOf(object({ name: TEXT, parameters: object({ binary_data: BOOLEAN }, []) }, ['name'])),
        description: 'Default: the first output of the model.',
      },
    },
    ['inputs'],
  ),
  InferResponse: object(
    {
      model_name: TEXT,
      model_version: TEXT,
      id: TEXT,
      outputs: arrayOf(
        object(
          {
            name: TEXT,
            shape: SHAPE,
            datatype: DATATYPE,
            data: { type: 'array' },
            parameters: object({ binary_data_size: COUNT }),
          },
          ['name', 'shape', 'datatype'],
        ),
      ),
    },
    ['model_name', 'model_version', 'outputs'],
  ),
  TensorSpec: object({
    name: TEXT,
    datatype: DATATYPE,
    shape: { ...SHAPE, description: '-1 is any number of rows.' },
  }),
  ModelMetadata: object({
    name: TEXT,
    versions: arrayOf(TEXT),
    platform: TEXT,
    inputs: arrayOf(ref('TensorSpec')),
    outputs: arrayOf(ref('TensorSpec')),
  }),
  ModelStatistics: object({
    name: TEXT,
    version: TEXT,
    last_inference: { ...COUNT, description: 'Milliseconds since 1970.' },
    inference_count: { ...COUNT, description: 'Rows.' },
    execution_count: { ...COUNT, description: 'Runs of the model.' },
    inference_stats: DURATIONS(
      'success',
      'fail',
      'queue',
      'compute_input',
      'compute_infer',
      'compute_output',
      'cache_hit',
      'cache_miss',
    ),
    batch_stats: arrayOf(
      object({
        batch_size: COUNT,
        compute_input: DURATION,
        compute_infer: DURATION,
        compute_output: DURATION,
      }),
    ),
    memory_usage: arrayOf(ANY_OBJECT),
  }),
  ModelConfig: object({
    name: TEXT,
    platform: TEXT,
    backend: TEXT,
    version_policy: ANY_OBJECT,
    max_batch_size: COUNT,
    input: arrayOf(object({ ...CONFIGURED, format: TEXT, is_shape_tensor: BOOLEAN, optional: BOOLEAN })),
    output: arrayOf(object({ ...CONFIGURED, label_filename: TEXT, is_shape_tensor: BOOLEAN })),
    instance_group: arrayOf(ANY_OBJECT),
    model_transaction_policy: ANY_OBJECT,
  }),
};

/** The definitions by their names. */
export const COMMON: Partial<Record<Definition, JsonSchema>> = {
  ...MODELS,
  ...TRAFFIC,
  ...WATCHING,
  ...PREDICTIONS_LATER,
  ...INFERENCE,
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
