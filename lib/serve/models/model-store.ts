/**
 * The models a service has in memory, by name and version. A request holds the model it uses. A model that is replaced or
 * taken out answers the requests that hold it and is dropped after the last of them; its successor is loaded and warm by
 * then, and when that fails the old one stays.
 */
import { promiseOf } from '../../core/listener.js';
import { list, quote } from '../model/row-reader.js';
import type { Observers } from '../observer.js';
import { RequestError } from '../request-error.js';
import {
  type AnsweringModel,
  Entry,
  type HeldModel,
  type Loader,
  type ModelState,
  type ModelStatus,
  type Selector,
  type ServedModel,
  type Split,
  type VersionPolicy,
} from './served-model.js';
import { type ListedModel, type ModelSource, reasonOf } from './source.js';

/** A version that the source has. */
interface Slot {
  state: ModelState;
  /** Of the listing. */
  revision: string;
  /** Answers requests, also while its successor is loaded. */
  entry?: Entry;
  /** The revision that is in memory. */
  loadedRevision?: string;
  loadedAt?: string;
  reason?: string;
  /** The revision that could not be loaded. */
  failedRevision?: string;
  /** The load that is going on. */
  loading?: Promise<void>;
  /** Someone asked for it, or for it to go, whatever the policy says. */
  pinned?: 'loaded' | 'unloaded';
}

interface Model {
  readonly slots: Map<string, Slot>;
  listing: ListedModel;
  /** Versions and aliases that answer. */
  ready: Map<string, Entry>;
  /** Answers requests that name no version. */
  current?: Entry;
  split?: Split;
}

/** See the head of this file. */
export class ModelStore {
  readonly #models = new Map<string, Model>();
  readonly #splits = new Map<string, Split>();
  readonly #source: ModelSource;
  readonly #loader: Loader;
  readonly #observers: Observers;
  readonly #policy: VersionPolicy;
  /** Changes of the list run one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  #first: Model | undefined;
  #stopWatching: (() => void) | undefined;
  #changed: () => void = () => undefined;
  #refreshAgain: Promise<void> | undefined;

  constructor(source: ModelSource, loader: Loader, observers: Observers, policy: VersionPolicy = 'all') {
    this.#source = source;
    this.#loader = loader;
    this.#observers = observers;
    this.#policy = policy;
  }

  /** Names of the models; the first one is the default. */
  names(): string[] {
    return [...this.#models.keys()];
  }

  /** Versions of a model that answer requests, oldest first. */
  versions(name: string): ServedModel[] {
    const slots = this.#models.get(name)?.slots.values() ?? [];
    return [...slots].flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
  }

  /** Every model and version that the source has, whether it is in memory or not. */
  status(): ModelStatus[] {
    return [...this.#models].map(([name, { slots, listing, current }]) => ({
      name,
      versions: [...slots].map(([version, { state, reason, entry, loadedAt }]) => ({
        version,
        state,
        reason,
        aliases: [...listing.aliases].filter(([, target]) => target === version).map(([alias]) => alias),
        production: current?.version === version,
        metadata: entry?.endpoint.info.metadata,
        loadedAt,
      })),
    }));
  }

  /** What answers requests now, in the order of {@link ModelStore.names}. */
  answering(): AnsweringModel[] {
    return [...this.#models].map(([name, { slots, listing, current }]) => ({
      name,
      current: current?.version,
      aliases: listing.aliases,
      versions: [...slots.values()].flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
    }));
  }

  /** Calls `changed` after each change of what {@link ModelStore.answering} tells; there is one listener. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  /** A version, an alias, or the one in production, whatever the traffic. @throws {ERR_MODEL} when there is none */
  get({ name, version }: Selector): ServedModel {
    const model = name === undefined ? this.#first : this.#models.get(name);
    return this.#entryOf(name, model, version);
  }

  /** As {@link ModelStore.get}; undefined when there is none. */
  find({ name, version }: Selector): ServedModel | undefined {
    const model = name === undefined ? this.#first : this.#models.get(name);
    return version === undefined ? model?.current : model?.ready.get(version);
  }

  /** The version that answers requests that name none, whatever their traffic; undefined when there is none. */
  production(name: string): string | undefined {
    return this.#models.get(name)?.current?.version;
  }

  /** The version behind a version or an alias; undefined when it does not answer. */
  resolve(name: string, version: string): string | undefined {
    return this.#models.get(name)?.ready.get(version)?.version;
  }

  /** A model that stays until it is released: `use` without a promise. @throws {ERR_MODEL} when there is none */
  hold(selector: Selector): HeldModel {
    return this.#find(selector).hold();
  }

  /**
   * Calls `use` with a model that stays until its result, which may be a promise, is there.
   *
   * @throws {ERR_MODEL} when there is none
   */
  use<T>(selector: Selector, use: (model: ServedModel) => T): T {
    const entry = this.#find(selector).hold();
    let result: T;
    let promise: Promise<unknown> | null;
    try {
      result = use(entry);
      promise = promiseOf(result);
    } catch (error) {
      entry.release(error);
      throw error;
    }
    if (promise === null) entry.release();
    else
      promise.then(
        () => entry.release(),
        (error) => entry.release(error),
      );
    // A query that starts when it is waited for, as of knex, must not start again.
    return (promise ?? result) as T;
  }

  /** Directs the requests to a model that name no version; undefined sends all of them to production. */
  direct(name: string, split: Split | undefined): void {
    if (split === undefined) this.#splits.delete(name);
    else this.#splits.set(name, split);
    const model = this.#models.get(name);
    if (model !== undefined) model.split = split;
    this.#changed();
  }

  /**
   * Brings a version into memory, or one that is there up to date. Calls at the same time share one load.
   *
   * @param version - a version or an alias; default: the newest
   * @returns when it answers requests
   * @throws {ERR_MODEL} when the source does not have it; whatever its source throws when it cannot be loaded
   */
  async load(name: string, version?: string): Promise<void> {
    await this.#refreshList();
    const model = this.#modelOf(name);
    const wanted = this.#versionOf(name, model, version) ?? lastKey(model.slots)!;
    model.slots.get(wanted)!.pinned = 'loaded';
    await this.#loadSlot(name, model, wanted, false);
  }

  /**
   * Takes a version out of memory until it is loaded again.
   *
   * @param version - default: all versions
   * @returns when the requests that held it are answered
   * @throws {ERR_MODEL} when there is no such model or version
   */
  async unload(name: string, version?: string): Promise<void> {
    const model = this.#modelOf(name);
    const wanted = this.#versionOf(name, model, version);
    const versions = wanted === undefined ? [...model.slots.keys()] : [wanted];
    for (const each of versions) model.slots.get(each)!.pinned = 'unloaded';
    await Promise.all(versions.map((each) => this.#unloadSlot(name, model, each)));
  }

  /**
   * Reads the source again and loads what is in memory anew, changed or not. What cannot be loaded stays as it was.
   *
   * @param name - default: all models
   * @throws {ERR_MODEL} when there is no such model; whatever the first load that failed threw
   */
  reload(name?: string): Promise<void> {
    return this.#refresh(true, name);
  }

  /** Reads the source again and loads what is new or changed. @throws as {@link ModelStore.reload} */
  refresh(): Promise<void> {
    return this.#refresh(false);
  }

  /**
   * Makes a version the one in production, loading it first, whatever the policy says.
   *
   * @param version - a version or an alias
   * @returns the version that is in production now
   * @throws {ERR_MODEL} when the source does not have it; whatever its source throws when it cannot be loaded
   * @throws {ERR_CONFLICT} when the policy is 'latest'
   */
  async promote(name: string, version: string): Promise<string> {
    await this.#refreshList();
    const model = this.#modelOf(name);
    const wanted = this.#versionOf(name, model, version)!;
    if (this.#policy === 'latest') {
      const message = 'This server answers with the newest version, whatever is promoted.';
      throw new RequestError(409, 'ERR_CONFLICT', message);
    }
    await this.#loadSlot(name, model, wanted, false);
    model.slots.get(wanted)!.pinned = 'loaded';
    await this.#source.promote(name, wanted);
    await this.refresh();
    return wanted;
  }

  /** Puts the version back into production that was there before. @throws {ERR_MODEL | ERR_CONFLICT} */
  async rollback(name: string): Promise<string> {
    this.#modelOf(name);
    const version = await this.#source.rollback(name);
    await this.refresh();
    return version;
  }

  /** Gives a version another name; undefined takes the name away. @throws {ERR_MODEL | ERR_NAME | ERR_CONFLICT} */
  async alias(name: string, alias: string, version: string | undefined): Promise<void> {
    await this.#refreshList();
    const model = this.#modelOf(name);
    const target = version === undefined ? undefined : this.#versionOf(name, model, version);
    await this.#source.alias(name, alias, target);
    await this.refresh();
  }

  /** Loads what the source reports as new or changed, until `close`. @param failed - told what a refresh threw */
  watch(failed: (error: unknown) => void): void {
    this.#stopWatching = this.#source.watch?.(() => {
      // Changes that come during a refresh make one more, not many.
      this.#refreshAgain ??= this.#changes.then(() => {
        this.#refreshAgain = undefined;
        return this.refresh().catch(failed);
      });
    });
  }

  /** Stops watching, and waits for what is going on. */
  async close(): Promise<void> {
    this.#stopWatching?.();
    await this.#refreshAgain;
    await this.#changes;
  }

  #refresh(force: boolean, name?: string): Promise<void> {
    return this.#change(async () => {
      await this.#readList();
      if (name !== undefined) this.#modelOf(name);
      const failures: unknown[] = [];
      for (const [each, model] of this.#models) {
        const wanted = this.#wanted(model);
        const again = force && (name === undefined || name === each);
        for (const version of wanted) {
          const { failedRevision, revision } = model.slots.get(version)!;
          // What is broken stays so until it changes, or until someone asks for it.
          if (failedRevision === revision && !again) continue;
          await this.#loadSlot(each, model, version, again).catch((error) => failures.push(error));
        }
        this.#resolve(model);
        const rest = [...model.slots.keys()].filter((version) => !wanted.includes(version));
        await Promise.all(rest.map((version) => this.#unloadSlot(each, model, version)));
      }
      if (failures.length > 0) throw failures[0];
    });
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  #refreshList(): Promise<void> {
    return this.#change(() => this.#readList());
  }

  /** Brings the slots in line with what the source has. */
  async #readList(): Promise<void> {
    const listings = await this.#source.list();
    const previous = new Map(this.#models);
    this.#models.clear();
    for (const listing of listings) {
      const { name, versions } = listing;
      const model = previous.get(name) ?? {
        slots: new Map(),
        listing,
        ready: new Map(),
        split: this.#splits.get(name),
      };
      previous.delete(name);
      const slots = new Map(model.slots);
      model.slots.clear();
      for (const { version, revision } of versions) {
        const slot = slots.get(version) ?? { state: 'unloaded', revision };
        slots.delete(version);
        slot.revision = revision;
        model.slots.set(version, slot);
      }
      model.listing = listing;
      this.#models.set(name, model);
      this.#resolve(model);
      for (const [version, slot] of slots) this.#forget(name, version, slot);
    }
    for (const [name, { slots }] of previous)
      for (const [version, slot] of slots) this.#forget(name, version, slot);
    this.#first = this.#models.values().next().value;
    this.#changed();
  }

  /** A version that the source no longer has: requests that hold it are answered, nobody else finds it. */
  #forget(name: string, version: string, { entry }: Slot): void {
    if (entry !== undefined) this.#observers.model({ action: 'unloaded', name, version });
  }

  /** Versions that should be in memory. */
  #wanted({ slots, listing }: Model): string[] {
    const versions = [...slots.keys()];
    const policy = this.#policy;
    const named = new Set([listing.production ?? versions.at(-1), ...listing.aliases.values()]);
    return versions.filter((version) => {
      const { pinned } = slots.get(version)!;
      if (pinned !== undefined) return pinned === 'loaded';
      if (policy === 'all') return true;
      if (policy === 'latest') return version === versions.at(-1);
      return policy === 'production' ? named.has(version) : policy.includes(version);
    });
  }

  /** Whether the policy lets a promoted version answer for the model. */
  #answers(production: string | undefined, slots: Model['slots']): boolean {
    const policy = this.#policy;
    if (production === undefined || policy === 'latest') return false;
    return (
      typeof policy === 'string' || policy.includes(production) || slots.get(production)?.pinned === 'loaded'
    );
  }

  /** Works out who answers which name. */
  #resolve(model: Model): void {
    const { slots, listing } = model;
    const ready = new Map<string, Entry>();
    let newest: Entry | undefined;
    for (const [alias, version] of listing.aliases) {
      const entry = slots.get(version)?.entry;
      if (entry !== undefined) ready.set(alias, entry);
    }
    for (const [version, { entry }] of slots) {
      if (entry === undefined) continue;
      ready.set(version, entry);
      newest = entry;
    }
    const promoted = this.#answers(listing.production, slots) ? listing.production : undefined;
    const wanted = promoted === undefined ? newest : ready.get(promoted);
    // What was promoted and is not there yet, or cannot be loaded, does not take away what answers, even when the
    // source no longer has that.
    const before = model.current?.version;
    model.ready = ready;
    model.current = wanted ?? slots.get(before ?? '')?.entry ?? model.current ?? newest;
    const version = model.current?.version;
    if (before !== undefined && version !== undefined && version !== before)
      this.#observers.model({ action: 'promoted', name: listing.name, version });
    this.#changed();
  }

  /** Loads, warms up, swaps, drains. */
  #loadSlot(name: string, model: Model, version: string, force: boolean): Promise<void> {
    const slot = model.slots.get(version)!;
    if (!force && slot.entry !== undefined && slot.loadedRevision === slot.revision) return Promise.resolve();
    slot.loading ??= this.#replace(name, model, version, slot).finally(() => {
      slot.loading = undefined;
    });
    return slot.loading;
  }

  async #replace(name: string, model: Model, version: string, slot: Slot): Promise<void> {
    const { revision, entry: previous } = slot;
    slot.state = 'loading';
    try {
      const endpoint = await this.#loader(name, version);
      slot.entry = new Entry(name, version, endpoint, model);
      slot.state = 'ready';
      slot.reason = undefined;
      slot.loadedRevision = revision;
      slot.failedRevision = undefined;
      slot.loadedAt = new Date().toISOString();
    } catch (error) {
      slot.state = previous === undefined ? 'failed' : 'ready';
      slot.reason = reasonOf(error);
      slot.failedRevision = revision;
      this.#observers.model({ action: 'failed', name, version, error });
      throw error;
    }
    this.#resolve(model);
    this.#observers.model({ action: 'loaded', name, version });
    await previous?.drain();
  }

  async #unloadSlot(name: string, model: Model, version: string): Promise<void> {
    const slot = model.slots.get(version)!;
    await slot.loading?.catch(() => undefined);
    const { entry } = slot;
    if (entry === undefined) {
      slot.state = 'unloaded';
      slot.reason = undefined;
      return;
    }
    slot.state = 'unloading';
    slot.entry = undefined;
    if (model.current === entry) model.current = undefined;
    slot.loadedRevision = undefined;
    slot.loadedAt = undefined;
    slot.reason = undefined;
    slot.failedRevision = undefined;
    this.#resolve(model);
    await entry.drain();
    if (slot.entry === undefined && slot.loading === undefined) slot.state = 'unloaded';
    this.#observers.model({ action: 'unloaded', name, version });
  }

  #find({ name, version, key }: Selector): Entry {
    const model = name === undefined ? this.#first : this.#models.get(name);
    if (version === undefined && model?.split !== undefined) {
      const chosen = model.ready.get(model.split.choose(key) ?? '');
      // A variant that cannot answer leaves it to production.
      if (chosen !== undefined) return chosen;
    }
    return this.#entryOf(name, model, version);
  }

  #entryOf(name: string | undefined, model: Model | undefined, version: string | undefined): Entry {
    const entry = version === undefined ? model?.current : model?.ready.get(version);
    if (entry !== undefined) return entry;
    throw this.#missing(name, model, version);
  }

  #modelOf(name: string): Model {
    const model = this.#models.get(name);
    if (model === undefined) throw this.#missing(name, undefined, undefined);
    return model;
  }

  /** The version behind a version or an alias. @throws {ERR_MODEL} when there is none */
  #versionOf(name: string, model: Model, asked: string | undefined): string | undefined {
    if (asked === undefined) {
      if (model.slots.size > 0) return undefined;
    } else if (model.slots.has(asked)) return asked;
    else {
      const target = model.listing.aliases.get(asked);
      if (target !== undefined && model.slots.has(target)) return target;
    }
    throw this.#missing(name, model, asked);
  }

  #missing(name: string | undefined, model: Model | undefined, version: string | undefined): RequestError {
    const error = (message: string) => new RequestError(404, 'ERR_MODEL', message);
    if (this.#models.size === 0) return error('This server has no models.');
    if (model === undefined)
      return error(`This server does not have model ${quote(name!)}; it has ${list(this.names())}.`);
    const what = quote(model.listing.name);
    const { ready, slots } = model;
    if (version === undefined) return error(`No version of model ${what} is ready.`);
    const slot = slots.get(model.listing.aliases.get(version) ?? version);
    const why = slot === undefined ? 'This server does not have' : `Not ready (${slot.state}):`;
    const rest = ready.size === 0 ? 'no version is ready' : `ready are ${list([...ready.keys()])}`;
    return error(`${why} version ${quote(version)} of model ${what}; ${rest}.`);
  }
}

function lastKey<K>(map: ReadonlyMap<K, unknown>): K | undefined {
  let last: K | undefined;
  for (const key of map.keys()) last = key;
  return last;
}
