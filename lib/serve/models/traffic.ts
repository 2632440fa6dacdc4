/**
 * Where requests go that name no version: shares of users to variants (A/B), a growing share to a new version (canary),
 * a copy of each request to one that nobody hears (shadow). Users are given to variants by `bucketOf(user, model)`.
 */
import { ValidationError } from '../../errors.js';
import { bucketOf, pick, type Share } from '../../monitor/assign.js';
import type { ServiceRequest } from '../http.js';
import { RequestError } from '../request-error.js';
import type { Log } from '../service.js';
import type { ModelStore } from './model-store.js';
import type { Selector, ServedModel, Split } from './served-model.js';
import { Shadow, type ShadowStats } from './shadow.js';

/** Where the name of a user is in a request; the first that is there counts. */
export interface UserKey {
  /** Default 'x-user-id'. */
  readonly header?: string;
  /** A parameter of the query. */
  readonly query?: string;
  /** A member of the JSON body, taken out unless it is a column of the model. */
  readonly field?: string;
}

/** A new version that gets a share of the users until it has proved itself. */
export interface Canary {
  /** A version or an alias. */
  readonly version: string;
  /** Share of the users, in [0, 1]. Those who have it keep it when the share grows. */
  readonly share: number;
  /** Above this share of failed requests the canary gets no more of them. Default: it stays, whatever happens. */
  readonly maxErrorRate?: number;
  /** Requests before `maxErrorRate` counts, >= 1. Default 50. */
  readonly minRequests?: number;
}

/** How the requests to one model are spread. */
export interface ModelTraffic {
  /** Version or alias -> weight; the first one is what the others are measured against. */
  readonly variants?: Readonly<Record<string, number>>;
  /** Instead of `variants`: the rest goes to production. */
  readonly canary?: Canary;
  /** A version or an alias that answers a copy of each request, after the answer, unheard. */
  readonly shadow?: string;
  readonly key?: UserKey;
}

/** Options of traffic. */
export interface TrafficOptions {
  /** Model -> how requests that name no version are spread. Default: all of them go to production. */
  readonly traffic?: Readonly<Record<string, ModelTraffic>>;
}

/** What GET /models/:name/traffic says. */
export interface TrafficStatus extends ModelTraffic {
  readonly name: string;
  /** Since the traffic was last changed. */
  readonly requests: Readonly<Record<string, number>>;
  /** Failed requests by version; what a client did wrong is no failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** When and why the canary was taken back. */
  readonly rolledBack?: { readonly at: string; readonly reason: string };
  readonly shadowed?: ShadowStats;
}

/** The name under which the production version takes part beside a canary. */
export const PRODUCTION = 'production';

/** The traffic of one model. */
class Rule implements Split {
  readonly name: string;
  readonly config: ModelTraffic;
  readonly requests = new Map<string, number>();
  readonly failures = new Map<string, number>();
  readonly answered = new Map<string, number>();
  shares: ReadonlyArray<Share<string>>;
  rolledBack: TrafficStatus['rolledBack'];
  readonly #canary: () => string | undefined;
  readonly #log: Log;

  constructor(name: string, config: ModelTraffic, canary: () => string | undefined, log: Log) {
    this.name = name;
    this.config = config;
    this.shares = sharesOf(config);
    this.#canary = canary;
    this.#log = log;
    for (const share of this.shares) this.requests.set(share.name, 0);
  }

  choose(key: string | undefined): string | undefined {
    const variant = this.variant(key);
    if (variant === undefined) return undefined;
    this.requests.set(variant, this.requests.get(variant)! + 1);
    return variant === PRODUCTION && this.config.canary !== undefined ? undefined : variant;
  }

  /** Without a name, one request is as good as another. */
  variant(key: string | undefined): string | undefined {
    if (this.shares.length === 0) return undefined;
    return pick(this.shares, key === undefined ? Math.random() : bucketOf(key, this.name));
  }

  done(version: string, error: unknown): void {
    const failed = isFailure(error);
    count(this.answered, version);
    if (failed) count(this.failures, version);
    const { canary } = this.config;
    if (!failed || canary?.maxErrorRate === undefined || this.rolledBack !== undefined) return;
    if (version !== this.#canary()) return;
    const requests = this.answered.get(version)!;
    const failures = this.failures.get(version)!;
    if (requests < (canary.minRequests ?? 50) || failures / requests <= canary.maxErrorRate) return;
    const reason = `${failures} of ${requests} requests failed`;
    this.rolledBack = { at: new Date().toISOString(), reason };
    this.shares = [{ name: PRODUCTION, weight: 1 }];
    this.#log.warn({ model: this.name, version, reason }, 'A canary was taken back.');
  }
}

/** Whether the model failed, not the client, nor its patience. */
function isFailure(error: unknown): boolean {
  if (error === undefined || error instanceof ValidationError) return false;
  const name = error instanceof Error ? error.name : '';
  return name !== 'AbortError' && name !== 'TimeoutError';
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The canary comes first, so that its users keep it when its share grows. */
function sharesOf({ variants, canary }: ModelTraffic): Share<string>[] {
  if (canary !== undefined)
    return [
      { name: canary.version, weight: canary.share },
      { name: PRODUCTION, weight: 1 - canary.share },
    ];
  return Object.entries(variants ?? {}).map(([name, weight]) => ({ name, weight }));
}

/** See the head of this file. */
export class Traffic {
  readonly #models: ModelStore;
  readonly #log: Log;
  readonly #rules = new Map<string, Rule>();
  readonly #shadows = new Map<string, Shadow>();

  /** @throws {ERR_PARAMETER} for bad options */
  constructor(models: ModelStore, { traffic = {} }: TrafficOptions, log: Log) {
    this.#models = models;
    this.#log = log;
    for (const [name, config] of Object.entries(traffic)) this.set(name, config);
  }

  /** Whether any model has rules. */
  get active(): boolean {
    return this.#rules.size > 0;
  }

  /** Replaces the rules of a model; counts begin anew. @throws {ERR_PARAMETER} for rules that make no sense */
  set(name: string, config: ModelTraffic): void {
    checkTraffic(config);
    const canary = () => {
      const version = config.canary?.version;
      return version === undefined ? undefined : this.#versionOf(name, version);
    };
    const rule = new Rule(name, config, canary, this.#log);
    this.#rules.set(name, rule);
    this.#models.direct(name, rule);
    this.#shadows.delete(name);
    if (config.shadow !== undefined) this.#shadows.set(name, new Shadow(this.#models, name, config.shadow));
  }

  /** All requests to production, as before there were rules. */
  clear(name: string): void {
    this.#rules.delete(name);
    this.#shadows.delete(name);
    this.#models.direct(name, undefined);
  }

  /** The rules of a model, and what came of them. */
  status(name: string): TrafficStatus {
    const rule = this.#rules.get(name);
    const { requests = [], failures = [], config, rolledBack } = rule ?? {};
    return {
      name,
      ...config,
      requests: Object.fromEntries(requests),
      failures: Object.fromEntries(failures),
      rolledBack,
      shadowed: this.#shadows.get(name)?.stats(),
    };
  }

  /** The variants of a model, that which the others are measured against first; none without A/B and canary. */
  variants(name: string): Array<{ readonly variant: string; readonly version: string | undefined }> {
    const rule = this.#rules.get(name);
    if (rule === undefined) return [];
    const names = sharesOf(rule.config).map((share) => share.name);
    if (rule.config.canary !== undefined) names.reverse();
    return names.map((variant) => ({ variant, version: this.#versionOfVariant(rule, variant) }));
  }

  /** The variant of a user, as it is now. */
  variantOf(name: string, user: string): string | undefined {
    return this.#rules.get(name)?.variant(user);
  }

  /** The variant that a version takes part as. */
  variantNameOf({ name, version }: ServedModel): string | undefined {
    const rule = this.#rules.get(name);
    return rule?.shares.find((share) => this.#versionOfVariant(rule, share.name) === version)?.name;
  }

  /** Where the body names the user, if it does. @param name - default: the default model */
  fieldOf(name = this.#models.names()[0]): string | undefined {
    return this.#rules.get(name)?.config.key?.field;
  }

  /** The user that a request comes from, by header or query. @param name - default: the default model */
  userOf(request: ServiceRequest, name = this.#models.names()[0]): string | undefined {
    const rule = this.#rules.get(name);
    if (rule === undefined) return undefined;
    const { header = 'x-user-id', query } = rule.config.key ?? {};
    const sent = request.headers[header.toLowerCase()];
    if (typeof sent === 'string' && sent !== '') return sent;
    return (query === undefined ? undefined : request.query.get(query)) || undefined;
  }

  /** What is asked for, with the user that a header or the query names. */
  address(request: ServiceRequest, asked: Selector): Selector {
    if (asked.version !== undefined || this.#rules.size === 0) return asked;
    return { ...asked, key: this.userOf(request, asked.name) };
  }

  /** The shadow of a model. */
  shadowOf(name: string): Shadow | undefined {
    return this.#shadows.get(name);
  }

  /** Waits until the shadows have answered what they took. */
  async settle(): Promise<void> {
    await Promise.all([...this.#shadows.values()].map((shadow) => shadow.settle()));
  }

  #versionOfVariant({ name, config }: Rule, variant: string): string | undefined {
    const production = variant === PRODUCTION && config.canary !== undefined;
    return this.#versionOf(name, production ? undefined : variant);
  }

  #versionOf(name: string, version: string | undefined): string | undefined {
    return version === undefined ? this.#models.production(name) : this.#models.resolve(name, version);
  }
}

/** @throws {ERR_PARAMETER} with what is wrong */
function checkTraffic(config: ModelTraffic): void {
  const refuse = (why: string) => new RequestError(400, 'ERR_PARAMETER', `Traffic: ${why}.`);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw refuse('it is an object');
  const known = ['variants', 'canary', 'shadow', 'key'];
  for (const name of Object.keys(config))
    if (!known.includes(name)) throw refuse(`it has ${known.join(', ')}`);
  const { variants, canary, shadow, key } = config;
  const isName = (value: unknown) => typeof value === 'string' && value !== '';
  if (variants !== undefined) {
    if (typeof variants !== 'object' || variants === null) throw refuse("'variants' is { version: weight }");
    const weights = Object.values(variants);
    if (
      !weights.every((weight) => Number.isFinite(weight) && weight >= 0) ||
      !weights.some((weight) => weight > 0)
    )
      throw refuse("weights of 'variants' are numbers >= 0, and one of them is more");
    if (canary !== undefined) throw refuse("it has 'variants' or a 'canary', not both");
  }
  if (canary !== undefined) {
    const { version, share, maxErrorRate = 0, minRequests = 1 } = canary ?? {};
    const isShare = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1;
    if (!isName(version)) throw refuse("'canary.version' is a version or an alias");
    if (!isShare(share)) throw refuse("'canary.share' is in [0, 1]");
    if (!isShare(maxErrorRate)) throw refuse("'canary.maxErrorRate' is in [0, 1]");
    if (!(Number.isSafeInteger(minRequests) && minRequests >= 1))
      throw refuse("'canary.minRequests' is >= 1");
  }
  if (shadow !== undefined && !isName(shadow)) throw refuse("'shadow' is a version or an alias");
  if (key !== undefined) {
    const { header, query, field } = key ?? {};
    if (![header, query, field].every((value) => value === undefined || isName(value)))
      throw refuse("'key' names a header, query or field");
  }
}
