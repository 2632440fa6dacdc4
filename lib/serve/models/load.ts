/** Puts models into a store. */
import { Estimator } from '../../core/estimator.js';
import { ModelEndpoint } from '../model/endpoint.js';
import type { Observers } from '../observer.js';
import type { Servable, ServiceOptions } from '../options.js';
import { ModelStore } from './model-store.js';

/** Compiles a fitted model and puts it into the store; its predictions are told to the observers. */
export async function serveModel(
  store: ModelStore,
  observers: Observers,
  model: Estimator,
  options: ServiceOptions,
): Promise<void> {
  const endpoint: ModelEndpoint = await ModelEndpoint.create(model, options, {
    prediction: (input, output, rows, durationMs) =>
      observers.prediction({ model: served, input, output, rows, durationMs }),
  });
  const served = { name: endpoint.info.name, version: endpoint.info.version, endpoint };
  await store.put(served);
}

/** The store of whatever can be served. */
export async function storeOf(
  models: Servable,
  observers: Observers,
  options: ServiceOptions,
): Promise<ModelStore> {
  if (models instanceof ModelStore) return models;
  const store = new ModelStore();
  if (models instanceof Estimator) await serveModel(store, observers, models, options);
  else
    for (const [name, model] of Object.entries(models))
      await serveModel(store, observers, model, { ...options, name });
  return store;
}
