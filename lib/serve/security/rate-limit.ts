/**
 * Rate limits by the generic cell rate algorithm (ITU-T I.371): one number per client, the time at which its allowance
 * is whole again. A client may spend `max` requests at once; they come back evenly over the window.
 */
import { isIPv6 } from 'node:net';
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { RequestError } from '../request-error.js';

/** How many requests a client may send. */
export interface RateLimit {
  /** Requests per window, >= 1. */
  readonly max: number;
  /** Length of the window in milliseconds, >= 1. Default 60000. */
  readonly windowMs?: number;
}

/** Clients remembered; beyond that, those who were longest away are forgotten. */
const MAX_CLIENTS = 100_000;

/** Counts the requests of each client. */
export class RateLimiter {
  readonly #intervalMs: number;
  readonly #windowMs: number;
  /** Client -> when it has its whole allowance again; in the order of the last request. */
  readonly #whole = new Map<string, number>();

  /** @throws {ERR_PARAMETER} for a bad limit */
  constructor({ max, windowMs = 60_000 }: RateLimit) {
    if (!(Number.isSafeInteger(max) && max >= 1 && Number.isFinite(windowMs) && windowMs >= 1)) {
      const message = `serve: option 'rateLimit' takes { max >= 1, windowMs >= 1 }; got ${show(max)} and ${show(windowMs)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    this.#intervalMs = windowMs / max;
    this.#windowMs = windowMs;
  }

  /** Counts one request. @throws {ERR_RATE_LIMIT} as a {@link RequestError}, when it is one too many */
  take(client: string, now: number): void {
    const whole = Math.max(this.#whole.get(client) ?? 0, now) + this.#intervalMs;
    // A hair of tolerance: `max` additions of an interval need not give the window to the last bit.
    const waitMs = whole - now - this.#windowMs * (1 + 1e-9);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      const message = `Too many requests; try again in ${seconds} s.`;
      throw new RequestError(429, 'ERR_RATE_LIMIT', message, {}, { 'retry-after': String(seconds) });
    }
    this.#whole.delete(client);
    this.#whole.set(client, whole);
    if (this.#whole.size > MAX_CLIENTS) this.#whole.delete(this.#whole.keys().next().value as string);
  }
}

/** What counts as one client: an IPv4 address, or the /64 network that one IPv6 subscriber has to itself. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head, tail] = address.split('%', 1)[0].toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const right = tail === '' ? 0 : tail.split(':').length;
    while (left.length + right < 8 && left.length < 4) left.push('0');
    left.push(...tail.split(':'));
  }
  return left
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
