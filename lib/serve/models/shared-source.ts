/** Models that the main thread has loaded and a worker adopts: the same memory, seen by another event loop. */
import { ValidationError } from '../../errors.js';
import type { SharedEndpoint } from '../model/endpoint.js';
import type { AnsweringModel } from './served-model.js';
import type { CompiledModel, ListedModel, ModelSource } from './source.js';

/** A model with its versions, as the main thread posts it. */
export interface SharedModel extends Omit<AnsweringModel, 'versions'> {
  readonly versions: ReadonlyArray<{ readonly version: string; readonly shared: SharedEndpoint }>;
}

/** What answers requests in the main thread, as plain data. It can be adopted while those endpoints are in use. */
export function shareModels(models: readonly AnsweringModel[]): SharedModel[] {
  return models.map((model) => ({
    ...model,
    versions: model.versions.map(({ version, endpoint }) => ({ version, shared: endpoint.share() })),
  }));
}

/** See the head of this file. Changes are made in the main thread, which then posts the models again. */
export class SharedSource implements ModelSource {
  #models: readonly SharedModel[];

  constructor(models: readonly SharedModel[]) {
    this.#models = models;
  }

  /** Takes the place of what was posted before; a refresh of the store follows. */
  update(models: readonly SharedModel[]): void {
    this.#models = models;
  }

  async list(): Promise<ListedModel[]> {
    return this.#models.map(({ name, current, aliases, versions }) => ({
      name,
      versions: versions.map(({ version, shared }) => ({ version, revision: String(shared.plan.token) })),
      production: current,
      aliases,
    }));
  }

  async open(name: string, version: string): Promise<CompiledModel> {
    const model = this.#models.find((each) => each.name === name);
    return model?.versions.find((each) => each.version === version) ?? refuse();
  }

  async promote(): Promise<never> {
    return refuse();
  }

  async rollback(): Promise<never> {
    return refuse();
  }

  async alias(): Promise<never> {
    return refuse();
  }
}

function refuse(): never {
  throw new ValidationError('ERR_MODEL', 'Models are changed in the main thread.');
}
