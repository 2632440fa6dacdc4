/** Where a store gets its models from: a registry on disk, or the memory of this process. */
import type { Estimator } from '../../core/estimator.js';
import { BorealError, ValidationError } from '../../errors.js';
import { checkName } from './names.js';

/** A version that could be loaded. */
export interface ListedVersion {
  readonly version: string;
  /** Differs whenever the bytes of the model do. */
  readonly revision: string;
}

/** A model with its versions, oldest first. */
export interface ListedModel {
  readonly name: string;
  readonly versions: readonly ListedVersion[];
  /** The version that was promoted last; undefined when none was. */
  readonly production?: string;
  /** Alias -> version. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A model as its source hands it over. */
export interface OpenedModel {
  readonly model: Estimator;
  readonly metadata?: unknown;
}

/** Where models come from. Versions, promotions and aliases are the source's; what is in memory is the store's. */
export interface ModelSource {
  list(): Promise<readonly ListedModel[]>;
  /** Reads one version. */
  open(name: string, version: string): Promise<OpenedModel>;
  /** Makes a version the one in production. @throws {ERR_MODEL} when it does not exist */
  promote(name: string, version: string): Promise<void>;
  /** Takes the last promotion back. @returns the version in production now @throws {ERR_CONFLICT} when there is none before */
  rollback(name: string): Promise<string>;
  /** Gives a version another name; undefined takes the name away. @throws {ERR_MODEL | ERR_NAME} */
  alias(name: string, alias: string, version: string | undefined): Promise<void>;
  /** Calls `changed` when the list may have changed. @returns a function that stops it */
  watch?(changed: () => void): () => void;
}

/** A model that the process has fitted or loaded itself. */
export interface MemoryModel extends OpenedModel {
  readonly name: string;
  readonly version: string;
}

/** Models in the memory of this process, one version of each. */
export class MemorySource implements ModelSource {
  readonly #models: ReadonlyMap<string, MemoryModel>;
  readonly #aliases = new Map<string, Map<string, string>>();

  constructor(models: readonly MemoryModel[]) {
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  async list(): Promise<ListedModel[]> {
    return [...this.#models.values()].map(({ name, version }) => ({
      name,
      versions: [{ version, revision: '' }],
      production: version,
      aliases: new Map(this.#aliases.get(name)),
    }));
  }

  async open(name: string, version: string): Promise<OpenedModel> {
    return this.#find(name, version);
  }

  async promote(name: string, version: string): Promise<void> {
    this.#find(name, version);
  }

  async rollback(name: string): Promise<string> {
    throw new ValidationError('ERR_CONFLICT', `Model '${name}' has no earlier version in production.`);
  }

  async alias(name: string, alias: string, version: string | undefined): Promise<void> {
    checkName('alias', alias);
    const aliases = this.#aliases.get(name) ?? new Map<string, string>();
    if (version === undefined) aliases.delete(alias);
    else aliases.set(alias, this.#find(name, version).version);
    this.#aliases.set(name, aliases);
  }

  #find(name: string, version: string): MemoryModel {
    const model = this.#models.get(name);
    if (model?.version === version) return model;
    throw new ValidationError('ERR_MODEL', `There is no model '${name}' in version '${version}'.`);
  }
}

/** Why something went wrong, for people outside: no paths of this machine. */
export function reasonOf(error: unknown): string {
  if (error instanceof BorealError) return error.message;
  const { code } = (error ?? {}) as { code?: unknown };
  return code === 'ENOENT'
    ? 'Its file is gone.'
    : `Its file cannot be read${code === undefined ? '' : ` (${code})`}.`;
}
