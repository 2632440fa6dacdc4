/** Where a store gets its models from: a registry on disk, or the memory of this process. */
import type { Estimator } from '../../core/estimator.js';
import { BorealError, ValidationError } from '../../errors.js';
import type { SharedEndpoint } from '../model/endpoint.js';
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

/** A model that another thread of this process has compiled. */
export interface CompiledModel {
  readonly shared: SharedEndpoint;
}

/** Where models come from. Versions, promotions and aliases are the source's; what is in memory is the store's. */
export interface ModelSource {
  list(): Promise<readonly ListedModel[]>;
  /** Reads one version. */
  open(name: string, version: string): Promise<OpenedModel | CompiledModel>;
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

/** Models of one version each: there is nothing to promote, and aliases live as long as the process. */
export abstract class FixedSource implements ModelSource {
  readonly #versions: ReadonlyMap<string, string>;
  readonly #aliases = new Map<string, Map<string, string>>();

  constructor(models: ReadonlyArray<{ readonly name: string; readonly version: string }>) {
    this.#versions = new Map(models.map(({ name, version }) => [name, version]));
  }

  abstract open(name: string, version: string): Promise<OpenedModel>;

  async list(): Promise<ListedModel[]> {
    return [...this.#versions].map(([name, version]) => ({
      name,
      versions: [{ version, revision: '' }],
      production: version,
      aliases: new Map(this.#aliases.get(name)),
    }));
  }

  async promote(name: string, version: string): Promise<void> {
    this.#check(name, version);
  }

  async rollback(name: string): Promise<string> {
    throw new ValidationError('ERR_CONFLICT', `Model '${name}' has no earlier version in production.`);
  }

  async alias(name: string, alias: string, version: string | undefined): Promise<void> {
    checkName('alias', alias);
    const aliases = this.#aliases.get(name) ?? new Map<string, string>();
    if (version === undefined) aliases.delete(alias);
    else aliases.set(alias, this.#check(name, version));
    this.#aliases.set(name, aliases);
  }

  #check(name: string, version: string): string {
    if (this.#versions.get(name) === version) return version;
    throw new ValidationError('ERR_MODEL', `There is no model '${name}' in version '${version}'.`);
  }
}

/** Models in the memory of this process. */
export class MemorySource extends FixedSource {
  readonly #models: ReadonlyMap<string, MemoryModel>;

  constructor(models: readonly MemoryModel[]) {
    super(models);
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  async open(name: string): Promise<OpenedModel> {
    return this.#models.get(name)!;
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
