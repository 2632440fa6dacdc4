/** A model that answers requests: how it is asked for, what there is to know of it, and who holds it. */
import type { ModelEndpoint } from '../model/endpoint.js';

/** A model that answers requests. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly endpoint: ModelEndpoint;
  /** Says in a response who has answered. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A model that stays in memory until it is released. */
export interface HeldModel extends ServedModel {
  /** To be called once, when the answer is there. @param error - what was thrown instead of an answer */
  release(error?: unknown): void;
}

/** What a request asks for. */
export interface Selector {
  /** Default: the service's default model. */
  readonly name?: string;
  /** A version or an alias. Default: the one in production, or a variant where the model's traffic is split. */
  readonly version?: string;
  /** Names the user, so that split traffic gives the same user the same variant. */
  readonly key?: string;
}

/** Where requests go that name no version; see `models/traffic.ts`. */
export interface Split {
  /** The version or alias for a user; undefined for the one in production. */
  choose(key: string | undefined): string | undefined;
  /** Told when a request is answered, or not. */
  done(version: string, error: unknown): void;
}

/** How far a version is. */
export type ModelState = 'loading' | 'ready' | 'unloading' | 'failed' | 'unloaded';

/** What there is to know about a version. */
export interface VersionStatus {
  readonly version: string;
  readonly state: ModelState;
  /** Why it failed, or why its reload did. */
  readonly reason?: string;
  readonly aliases: readonly string[];
  /** Whether requests that name no version get this one. */
  readonly production: boolean;
  readonly metadata?: unknown;
  /** When it became ready, as ISO 8601. */
  readonly loadedAt?: string;
}

/** A model and its versions, oldest first. */
export interface ModelStatus {
  readonly name: string;
  readonly versions: readonly VersionStatus[];
}

/** A model with the versions of it that answer requests, oldest first. */
export interface AnsweringModel {
  readonly name: string;
  /** Answers requests that name no version. */
  readonly current: string | undefined;
  readonly aliases: ReadonlyMap<string, string>;
  readonly versions: readonly ServedModel[];
}

/** Which versions are in memory: see `ServiceOptions.versions`. */
export type VersionPolicy = 'all' | 'production' | 'latest' | readonly string[];

/** Loads and warms up one version. */
export type Loader = (name: string, version: string) => Promise<ModelEndpoint>;

/** The headers of {@link ServedModel}. */
export function headersOf(name: string, version: string): Readonly<Record<string, string>> {
  return { 'x-boreal-model': `${encodeURIComponent(name)}/${encodeURIComponent(version)}` };
}

/** Says in a response how many rows it is about; one that does not say so is about one. */
export function rowsHeader(rows: number): Readonly<Record<string, string>> {
  return { 'x-boreal-rows': String(rows) };
}

/** A request that hangs longer than this holds nothing up. */
const MOST_DRAIN_MS = 30_000;

/** A model in memory, and the requests that hold it. */
export class Entry implements HeldModel {
  readonly name: string;
  readonly version: string;
  readonly endpoint: ModelEndpoint;
  readonly headers: Readonly<Record<string, string>>;
  readonly #model: { readonly split?: Split };
  #holds = 0;
  #drained: (() => void) | undefined;

  constructor(name: string, version: string, endpoint: ModelEndpoint, model: { readonly split?: Split }) {
    this.headers = headersOf(name, version);
    this.#model = model;
    this.name = name;
    this.version = version;
    this.endpoint = endpoint;
  }

  hold(): this {
    this.#holds += 1;
    return this;
  }

  release(error?: unknown): void {
    this.#model.split?.done(this.version, error);
    this.#holds -= 1;
    if (this.#holds === 0) this.#drained?.();
  }

  /** Settles when nobody holds it, or after a while: a request that hangs must not hold up what comes next. */
  drain(): Promise<void> {
    if (this.#holds === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const overdue = setTimeout(resolve, MOST_DRAIN_MS).unref();
      this.#drained = () => {
        clearTimeout(overdue);
        resolve();
      };
    });
  }
}
