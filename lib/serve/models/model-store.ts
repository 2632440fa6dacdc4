/**
 * The models a service has in memory, by name and version. A request holds the model it uses; a model that is taken out
 * answers the requests that hold it, and is dropped after the last of them.
 */

import type { ModelEndpoint } from '../model/endpoint.js';
import { RequestError } from '../request-error.js';

/** A model that answers requests. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly endpoint: ModelEndpoint;
}

/** What a request asks for. */
export interface Selector {
  /** Default: the service's default model. */
  readonly name?: string;
  /** A version or an alias. Default: the one in production. */
  readonly version?: string;
}

interface Entry extends ServedModel {
  /** Requests that hold it. */
  holds: number;
  /** Called when the last hold of a removed entry is released. */
  drained?: () => void;
}

/** See the head of this file. */
export class ModelStore {
  readonly #models = new Map<string, Map<string, Entry>>();

  /** Names in the order they came. The first one is the default. */
  names(): string[] {
    return [...this.#models.keys()];
  }

  /** Versions of a model that are loaded, in the order they came. */
  versions(name: string): ServedModel[] {
    return [...(this.#models.get(name)?.values() ?? [])];
  }

  /**
   * Adds a model, in the place of one of the same name and version.
   *
   * @returns when the requests that held the one it replaces are answered
   */
  async put(model: ServedModel): Promise<void> {
    const { name, version } = model;
    const versions = this.#models.get(name) ?? new Map<string, Entry>();
    this.#models.set(name, versions);
    const previous = versions.get(version);
    versions.set(version, { ...model, holds: 0 });
    await drain(previous);
  }

  /** Takes a model out. @returns when the requests that held it are answered */
  async remove(name: string, version: string): Promise<void> {
    const versions = this.#models.get(name);
    const entry = versions?.get(version);
    versions?.delete(version);
    if (versions?.size === 0) this.#models.delete(name);
    await drain(entry);
  }

  /** The model that would answer. @throws {ERR_MODEL} when there is none */
  get(selector: Selector): ServedModel {
    return this.#find(selector);
  }

  /** Calls `use` with a model that stays until it is done. @throws {ERR_MODEL} when there is none */
  async use<T>(selector: Selector, use: (model: ServedModel) => T | Promise<T>): Promise<T> {
    const entry = this.#find(selector);
    entry.holds += 1;
    try {
      return await use(entry);
    } finally {
      entry.holds -= 1;
      if (entry.holds === 0) entry.drained?.();
    }
  }

  #find({ name = this.#models.keys().next().value, version }: Selector): Entry {
    const versions = name === undefined ? undefined : this.#models.get(name);
    const entry = version === undefined ? lastOf(versions) : versions?.get(version);
    if (entry !== undefined) return entry;
    const what = name === undefined ? 'any model' : `model '${name.slice(0, 60)}'`;
    const which =
      version === undefined || versions === undefined ? '' : ` in version '${version.slice(0, 60)}'`;
    throw new RequestError(404, 'ERR_MODEL', `This server does not have ${what}${which}.`);
  }
}

function lastOf(versions: Map<string, Entry> | undefined): Entry | undefined {
  let last: Entry | undefined;
  for (const entry of versions?.values() ?? []) last = entry;
  return last;
}

function drain(entry: Entry | undefined): Promise<void> | undefined {
  if (entry === undefined || entry.holds === 0) return undefined;
  return new Promise((resolve) => {
    entry.drained = resolve;
  });
}
