/** Turns what can be served into a store of models that answer. */
import { Estimator } from '../../core/estimator.js';
import type { FloatArray } from '../../core/matrix.js';
import { Matrix } from '../../core/matrix.js';
import { show } from '../../core/params.js';
import type { Column } from '../../core/schema.js';
import { ValidationError } from '../../errors.js';
import { type EndpointHooks, ModelEndpoint } from '../model/endpoint.js';
import type { Observers } from '../observer.js';
import type { Servable, ServiceOptions } from '../options.js';
import type { Log } from '../service.js';
import { FileSource } from './file-source.js';
import { ModelStore } from './model-store.js';
import { ModelRegistry } from './registry.js';
import { headersOf, type Loader, type ServedModel, type VersionPolicy } from './served-model.js';
import { SharedSource } from './shared-source.js';
import { MemorySource, type ModelSource } from './source.js';

/** Options of the models of a service. */
export interface ModelOptions {
  /**
   * Which versions of a registry are in memory: 'all'; 'production', the one in production and those with aliases;
   * 'latest', the newest, which then answers whatever was promoted; or a list. Default 'all'.
   */
  readonly versions?: VersionPolicy;
  /** Load what changes in a registry as it changes. Default true. */
  readonly watch?: boolean;
}

/** @throws {ERR_NOT_FITTED} for a model before `fit`; {ERR_PARAMETER} for what cannot be served, such as the promise of a model */
export function checkServable(models: unknown): asserts models is Servable | SharedSource {
  // Reading the schema tells at once, not with the first request, that a model is not fitted.
  if (models instanceof Estimator) void models.schema;
  if (models instanceof Estimator || models instanceof ModelRegistry || models instanceof SharedSource)
    return;
  if (typeof models === 'string') return;
  const named = typeof models === 'object' && models !== null ? Object.entries(models) : [];
  const odd = named.find(([, model]) => !(model instanceof Estimator));
  if (named.length > 0 && odd === undefined) return;
  const hint = [models, odd?.[1]].some((each) => each instanceof Promise) ? ' Await the promise first.' : '';
  const message =
    'What is served must be a fitted estimator, an object of several by name, a registry or the path of a model file; ' +
    `got ${odd === undefined ? show(models) : `${show(odd[1])} as '${odd[0]}'`}.${hint}`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/**
 * The store of whatever can be served. Models in memory must all load; of a registry, what loads is served.
 *
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
 */
export async function storeOf(
  models: Servable | SharedSource,
  observers: Observers,
  options: ServiceOptions,
  log: Log,
): Promise<ModelStore> {
  checkServable(models);
  const source = sourceOf(models, options);
  const store = new ModelStore(source, loaderOf(source, observers, options), observers, options.versions);
  const failed = (error: unknown) => log.error({ err: error }, 'A model could not be loaded.');
  const loading = store.refresh();
  await (models instanceof ModelRegistry ? loading.catch(failed) : loading);
  return store;
}

function sourceOf(
  models: Servable | SharedSource,
  { name, version = '1', metadata }: ServiceOptions,
): ModelSource {
  if (models instanceof ModelRegistry || models instanceof SharedSource) return models;
  if (typeof models === 'string') return new FileSource(models, name, version);
  if (models instanceof Estimator)
    return new MemorySource([{ name: name ?? models.constructor.name, version, model: models, metadata }]);
  return new MemorySource(
    Object.entries(models).map(([each, model]) => ({ name: each, version, model, metadata })),
  );
}

/** Opens, compiles and warms up; predictions of the endpoint are told to the observers. */
function loaderOf(source: ModelSource, observers: Observers, options: ServiceOptions): Loader {
  return async (name, version) => {
    const opened = await source.open(name, version);
    const hooks: EndpointHooks = {
      prediction: (input, output, rows, durationMs) =>
        observers.prediction({ model: served, input, output, rows, durationMs }),
      // Field by field: a copy by spreading takes longer than the run of a small model.
      batch: ({ rows, requests, queueMs, computeMs, reason }) =>
        observers.batch({ model: served, rows, requests, queueMs, computeMs, reason }),
    };
    const endpoint: ModelEndpoint =
      'shared' in opened
        ? ModelEndpoint.adopt(opened.shared, hooks)
        : await ModelEndpoint.create(
            opened.model,
            { ...options, name, version, metadata: options.metadata ?? opened.metadata },
            hooks,
          );
    const served: ServedModel = { name, version, endpoint, headers: headersOf(name, version) };
    await warmUp(endpoint);
    return endpoint;
  };
}

/** Runs the plan before a request has to: on one row, and on a batch, as wide as the training data was. */
async function warmUp({ plan }: ModelEndpoint): Promise<void> {
  const { columns } = plan.schema;
  for (const rows of [1, 16]) {
    const length = rows * columns.length;
    const slab: FloatArray =
      plan.precision === 'float32' ? new Float32Array(length) : new Float64Array(length);
    for (let i = 0; i < length; i++)
      slab[i] = typical(columns[i % columns.length], Math.floor(i / columns.length));
    try {
      await plan.run(new Matrix(slab, rows, columns.length));
    } catch (error) {
      // Refusing a row is an answer, too: a step may know more of a column than its range.
      if (!(error instanceof ValidationError)) throw error;
    }
  }
}

/** A value that training has seen, another one in each row. */
function typical({ kind, categories, range, hasMissing }: Column, row: number): number {
  if (kind === 'boolean') return row % 2;
  if (categories !== undefined) return categories.length > 0 ? row % categories.length : Number.NaN;
  if (range === undefined) return hasMissing ? Number.NaN : 0;
  return range[row % 2];
}
