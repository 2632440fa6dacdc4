/**
 * A registry of models: a folder with `name/version/model.boreal`, what is known of each version beside it in
 * metadata.json, and production, aliases and history of each model in registry-N.json (see registry-state.ts). Versions
 * appear and go whole, by a rename; any number of processes may write at the same time.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { Estimator } from '../../core/estimator.js';
import { loadWithMetadata, type Metadata, toBytes } from '../../core/model-file.js';
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { describeModel, type VersionMetadata } from './describe-model.js';
import { checkName, compareVersions } from './names.js';
import {
  type HistoryEntry,
  type RegistryState,
  readState,
  type StateChange,
  updateState,
} from './registry-state.js';
import type { ListedModel, ListedVersion, ModelSource, OpenedModel } from './source.js';
import { watchFolders } from './watch-folders.js';

/** Options of {@link ModelRegistry}. */
export interface ModelRegistryOptions {
  /** The folder; made with the first model. */
  readonly dir: string;
  /**
   * A server looks for changes this often, in milliseconds, besides when the system tells it of one; 0 for never.
   * Default 5000.
   */
  readonly pollInterval?: number;
}

/** Options of {@link ModelRegistry.register}. */
export interface RegisterOptions {
  /** 1 to 100 letters, digits, '.', '_', '+' or '-', beginning with a letter or digit. */
  readonly name: string;
  /** As `name`. Default: the newest version with its last number raised by one; '1' for the first. */
  readonly version?: string;
  /** Any JSON object, such as `{ metrics: { r2: 0.9 } }`; added to what the model file holds. */
  readonly metadata?: Metadata;
}

const MODEL_FILE = 'model.boreal';
const METADATA_FILE = 'metadata.json';
/** Folders that are being made or removed; one that is left behind is swept away after an hour. */
const TEMPORARY = '.tmp-';
const LEFT_BEHIND_MS = 3_600_000;

/**
 * Models on disk with versions, aliases and a version in production. `serve(registry)` serves them, and follows changes
 * without failing a request.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { LinearRegression } from 'boreal';
 * import { ModelRegistry } from 'boreal/serve';
 * const registry = new ModelRegistry({ dir: await mkdtemp(join(tmpdir(), 'models-')) });
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * await registry.register(model, { name: 'double', metadata: { metrics: { r2: 1 } } });
 * await registry.register(model, { name: 'double' });
 * await registry.versions('double'); // ['1', '2']
 * await registry.promote('double', '2');
 * await registry.rollback('double'); // '1'
 * (await registry.metadata('double', '1')).metrics; // { r2: 1 }
 * ```
 */
export class ModelRegistry implements ModelSource {
  /** Absolute. */
  readonly dir: string;
  readonly #pollInterval: number;

  /** @throws {ERR_PARAMETER} for a bad option */
  constructor({ dir, pollInterval = 5000 }: ModelRegistryOptions) {
    if (typeof dir !== 'string' || dir === '' || dir.includes('\0'))
      throw new ValidationError('ERR_PARAMETER', `ModelRegistry: 'dir' must be a path; got ${show(dir)}.`);
    if (!(Number.isFinite(pollInterval) && pollInterval >= 0)) {
      const message = `ModelRegistry: 'pollInterval' must be a number >= 0; got ${show(pollInterval)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    this.dir = resolve(dir);
    this.#pollInterval = pollInterval;
  }

  /**
   * Adds a version of a model. It is there whole or not at all, whatever happens meanwhile.
   *
   * @param model - a fitted estimator, the path of a model file, or the bytes of one
   * @returns what is known of the version
   * @throws {ERR_NAME} for a name that is not allowed
   * @throws {ERR_CONFLICT} when the version exists
   * @throws {ERR_NOT_FITTED | ERR_MODEL_FILE | ERR_PARAMETER} for a bad model or metadata
   */
  async register(
    model: Estimator | string | Uint8Array,
    { name, version, metadata = {} }: RegisterOptions,
  ): Promise<VersionMetadata> {
    checkName('model', name);
    if (version !== undefined) checkName('version', version);
    const content = await contentOf(model, metadata);
    const folder = await this.#makeFolder(name);
    const temporary = join(folder, TEMPORARY + randomUUID());
    await mkdir(temporary);
    try {
      await writeDurably(join(temporary, MODEL_FILE), content.bytes);
      for (;;) {
        const chosen = version ?? (await this.#nextVersion(name));
        const described = describeModel(content.model, content.metadata, {
          name,
          version: chosen,
          registeredAt: new Date().toISOString(),
          ...sumsOf(content.bytes),
        });
        await writeDurably(join(temporary, METADATA_FILE), `${JSON.stringify(described, undefined, 2)}\n`);
        if (await moveInto(temporary, join(folder, chosen))) return described;
        if (version !== undefined) throw conflict(`Model '${name}' has a version '${version}' already`);
      }
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Names of the models, alphabetically. */
  async names(): Promise<string[]> {
    return (await entriesOf(this.dir))
      .filter(isName('model'))
      .map((entry) => entry.name)
      .sort();
  }

  /** Versions of a model, oldest first: by number, not by date. @throws {ERR_NAME | ERR_MODEL} */
  async versions(name: string): Promise<string[]> {
    const versions = await this.#listVersions(name);
    return versions.map(({ version }) => version);
  }

  /** Alias -> version. @throws {ERR_NAME | ERR_MODEL} */
  async aliases(name: string): Promise<Record<string, string>> {
    return Object.fromEntries((await this.#state(name)).aliases);
  }

  /**
   * The version that answers requests that name none: the one that was promoted, else the newest.
   *
   * @throws {ERR_NAME | ERR_MODEL}
   */
  async production(name: string): Promise<string> {
    const versions = await this.versions(name);
    return (await this.#state(name)).production ?? versions[versions.length - 1];
  }

  /** The last 100 changes of production and aliases, oldest first. @throws {ERR_NAME | ERR_MODEL} */
  async history(name: string): Promise<readonly HistoryEntry[]> {
    return (await this.#state(name)).history;
  }

  /**
   * What is known of a version: when it was trained, its features, hyperparameters, metrics, and whatever else its
   * metadata holds.
   *
   * @param version - a version or an alias; default: the one in production
   * @throws {ERR_NAME | ERR_MODEL} when there is no such version
   */
  async metadata(name: string, version?: string): Promise<VersionMetadata> {
    const found = await this.#find(name, version);
    return (await this.#written(name, found)) ?? (await this.open(name, found)).metadata;
  }

  /**
   * Reads a model.
   *
   * @param version - a version or an alias; default: the one in production
   * @throws {ERR_NAME | ERR_MODEL} when there is no such version
   * @throws {ERR_MODEL_FILE} when it is damaged
   */
  async load(name: string, version?: string): Promise<Estimator> {
    const path = await this.#inside(name, await this.#find(name, version), MODEL_FILE);
    return (await loadWithMetadata(path)).model;
  }

  /** Puts a version, or the version of an alias, into production. @throws {ERR_NAME | ERR_MODEL} */
  async promote(name: string, version: string): Promise<void> {
    const wanted = await this.#find(name, version);
    await this.#update(name, ({ production, previous, ...state }) => {
      if (production === wanted) return undefined;
      return {
        ...state,
        production: wanted,
        previous: production === undefined ? previous : [...previous, production].slice(-100),
        entry: { action: 'promote', version: wanted },
      };
    });
  }

  /**
   * Puts the version into production that was there before; when none was, the one that is next older.
   *
   * @returns that version
   * @throws {ERR_NAME | ERR_MODEL}
   * @throws {ERR_CONFLICT} when there is no older version
   */
  async rollback(name: string): Promise<string> {
    const { production } = await this.#update(name, async (state) => {
      const versions = await this.versions(name);
      const current = state.production ?? versions[versions.length - 1];
      const previous = state.previous.filter((version) => versions.includes(version) && version !== current);
      const wanted = previous.pop() ?? versions[versions.indexOf(current) - 1];
      if (wanted === undefined) throw conflict(`Model '${name}' has no version before '${current}'`);
      return { ...state, production: wanted, previous, entry: { action: 'rollback', version: wanted } };
    });
    return production!;
  }

  /**
   * Gives a version a name, such as 'champion'; takes the name from the version that had it.
   *
   * @param version - a version or an alias; undefined removes the alias
   * @throws {ERR_NAME | ERR_MODEL} for bad names and versions that are not there
   * @throws {ERR_CONFLICT} when a version has that name
   */
  async alias(name: string, alias: string, version: string | undefined): Promise<void> {
    checkName('alias', alias);
    const versions = await this.versions(name);
    if (versions.includes(alias)) throw conflict(`'${alias}' is a version of model '${name}'`);
    const target = version === undefined ? undefined : await this.#find(name, version);
    await this.#update(name, (state) => {
      const aliases = new Map(state.aliases);
      if (target === undefined) {
        if (!aliases.delete(alias)) return undefined;
        return { ...state, aliases, entry: { action: 'unalias', alias } };
      }
      aliases.set(alias, target);
      return { ...state, aliases, entry: { action: 'alias', alias, version: target } };
    });
  }

  /**
   * Deletes a version from disk. A server that has it in memory answers the requests that hold it.
   *
   * @throws {ERR_NAME | ERR_MODEL} when it is not there
   * @throws {ERR_CONFLICT} when it was promoted or has an alias
   */
  async remove(name: string, version: string): Promise<void> {
    checkName('version', version);
    if (!(await this.versions(name)).includes(version)) throw missing(name, version);
    await this.#update(name, (state) => {
      const alias = [...state.aliases].find(([, target]) => target === version)?.[0];
      if (state.production === version) throw conflict(`Version '${version}' of '${name}' is in production`);
      if (alias !== undefined) throw conflict(`Version '${version}' of '${name}' has the alias '${alias}'`);
      const { removed } = state;
      return {
        ...state,
        previous: state.previous.filter((each) => each !== version),
        removed: removed !== undefined && compareVersions(removed, version) > 0 ? removed : version,
        entry: { action: 'remove', version },
      };
    });
    const folder = join(this.dir, name);
    const temporary = join(folder, TEMPORARY + randomUUID());
    await rename(join(folder, version), temporary);
    await rm(temporary, { recursive: true, force: true });
  }

  /** @internal */
  async list(): Promise<ListedModel[]> {
    const models = await Promise.all(
      (await this.names()).map(async (name): Promise<ListedModel | undefined> => {
        try {
          const versions = await this.#listVersions(name);
          const { production, aliases } = await readState(join(this.dir, name));
          return { name, versions, production, aliases };
        } catch (error) {
          // No version yet, or gone since the folder was read.
          const { code } = error as { code?: string };
          if (code === 'ERR_MODEL' || code === 'ENOENT') return undefined;
          throw error;
        }
      }),
    );
    return models.filter((model) => model !== undefined);
  }

  /** @internal */
  async open(name: string, version: string): Promise<OpenedModel & { readonly metadata: VersionMetadata }> {
    const path = await this.#inside(name, version, MODEL_FILE);
    const bytes = await readFile(path);
    const { model, metadata } = await loadWithMetadata(bytes);
    const written = await this.#written(name, version);
    if (written !== undefined) return { model, metadata: written };
    // Put there by hand: the model file tells the same.
    const registeredAt = (await stat(path)).mtime.toISOString();
    return {
      model,
      metadata: describeModel(model, metadata, { name, version, registeredAt, ...sumsOf(bytes) }),
    };
  }

  /** @internal */
  watch(changed: () => void): () => void {
    return watchFolders(this.dir, this.#pollInterval, changed);
  }

  /** What was written down when the version was registered. */
  async #written(name: string, version: string): Promise<VersionMetadata | undefined> {
    try {
      return JSON.parse(await readFile(await this.#inside(name, version, METADATA_FILE), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError)
        return undefined;
      throw error;
    }
  }

  async #state(name: string): Promise<RegistryState> {
    await this.#listVersions(name);
    return readState(join(this.dir, name));
  }

  async #update(
    name: string,
    change: (state: RegistryState) => StateChange | undefined | Promise<StateChange | undefined>,
  ): Promise<RegistryState> {
    await this.#listVersions(name);
    return updateState(join(this.dir, name), change);
  }

  /** @throws {ERR_NAME | ERR_MODEL} when there is none */
  async #listVersions(name: string): Promise<ListedVersion[]> {
    const folder = join(this.dir, checkName('model', name));
    for (;;) {
      const entries = (await entriesOf(folder)).filter(isName('version'));
      const found = await Promise.all(entries.map(({ name: version }) => this.#listVersion(name, version)));
      // One that was removed meanwhile: another may have come that this look has not seen.
      if (found.includes('gone')) continue;
      const versions = found.filter((version) => typeof version === 'object');
      if (versions.length === 0) throw missing(name, undefined);
      return versions.sort((a, b) => compareVersions(a.version, b.version));
    }
  }

  /** @returns undefined for what is no version */
  async #listVersion(name: string, version: string): Promise<ListedVersion | 'gone' | undefined> {
    try {
      const file = await stat(await this.#inside(name, version, MODEL_FILE));
      return file.isFile() ? { version, revision: `${file.ino}:${file.mtimeMs}:${file.size}` } : undefined;
    } catch {
      const there = await lstat(join(this.dir, name, version)).catch(() => undefined);
      return there === undefined ? 'gone' : undefined;
    }
  }

  /** The version behind a version or an alias. */
  async #find(name: string, asked: string | undefined): Promise<string> {
    if (asked === undefined) return this.production(name);
    checkName('version', asked);
    const versions = await this.versions(name);
    if (versions.includes(asked)) return asked;
    const target = (await readState(join(this.dir, name))).aliases.get(asked);
    if (target !== undefined && versions.includes(target)) return target;
    throw missing(name, asked);
  }

  /** Where a file of a version is, after links. @throws {ERR_NAME} when that is outside the registry */
  async #inside(name: string, version: string, file: string): Promise<string> {
    const path = join(this.dir, checkName('model', name), checkName('version', version), file);
    const [real, root] = await Promise.all([realpath(path), realpath(this.dir)]);
    if (real.startsWith(root + sep)) return real;
    throw new ValidationError('ERR_NAME', `Version '${version}' of '${name}' is a link out of the registry.`);
  }

  async #makeFolder(name: string): Promise<string> {
    const folder = join(this.dir, name);
    await mkdir(folder, { recursive: true });
    if ((await lstat(folder)).isSymbolicLink())
      throw new ValidationError('ERR_NAME', `The folder of model '${name}' is a link.`);
    for (const entry of await entriesOf(folder)) {
      if (!entry.name.startsWith(TEMPORARY)) continue;
      const path = join(folder, entry.name);
      const changed = await stat(path).catch(() => undefined);
      if (changed !== undefined && Date.now() - changed.mtimeMs > LEFT_BEHIND_MS)
        await rm(path, { recursive: true, force: true });
    }
    return folder;
  }

  async #nextVersion(name: string): Promise<string> {
    const folder = join(this.dir, name);
    const { removed } = await readState(folder);
    const versions = (await entriesOf(folder)).filter(isName('version')).map((entry) => entry.name);
    const [newest] = [...versions, ...(removed === undefined ? [] : [removed])]
      .sort(compareVersions)
      .reverse();
    const match = /^(v?(?:\d+\.)*)(\d{1,15})(?:$|[-+])/i.exec(newest ?? '');
    return match === null ? '1' : match[1] + (Number(match[2]) + 1);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** Folders (or links) whose names are allowed; whatever else lies there is not ours. */
function isName(what: 'model' | 'version'): (entry: Dirent) => boolean {
  return (entry) => {
    if (!entry.isDirectory() && !entry.isSymbolicLink()) return false;
    try {
      checkName(what, entry.name);
      return true;
    } catch {
      return false;
    }
  };
}

/** A model with the bytes of its file. */
async function contentOf(source: Estimator | string | Uint8Array, metadata: Metadata) {
  if (typeof source !== 'string' && !(source instanceof Uint8Array))
    return { model: source, metadata, bytes: toBytes(source, metadata) };
  const bytes = typeof source === 'string' ? await readFile(source) : source;
  const loaded = await loadWithMetadata(bytes);
  const merged = { ...loaded.metadata, ...metadata };
  // Checks the metadata as well.
  return { model: loaded.model, metadata: merged, bytes: toBytes(loaded.model, merged) };
}

function sumsOf(bytes: Uint8Array) {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Moves a folder to where nothing is. @returns false when something is there */
async function moveInto(folder: string, place: string): Promise<boolean> {
  try {
    await rename(folder, place);
    return true;
  } catch (error) {
    if (await lstat(place).catch(() => undefined)) return false;
    throw error;
  }
}

function missing(name: string, version: string | undefined): ValidationError {
  const which = version === undefined ? '' : ` in version '${version}'`;
  return new ValidationError('ERR_MODEL', `The registry does not have model '${name}'${which}.`);
}

function conflict(what: string): ValidationError {
  return new ValidationError('ERR_CONFLICT', `${what}.`);
}
