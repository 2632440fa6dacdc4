/**
 * Rate limits by the generic cell rate algorithm (ITU-T I.371): one number per client, the time at which its allowance
 * is whole again. A client may spend `max` requests at once; they come back evenly over the window. The numbers lie in
 * memory that the event loops of a server share, so that it does not matter which of them a client meets.
 */
import { createHash, randomFillSync } from 'node:crypto';
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

/** Places for clients, in buckets: a client has one of those in its own bucket. */
const BUCKETS = 1 << 14;
const PLACES = 8;
/** Words before the first bucket: what the hash of clients is keyed with. */
const SEED = 2;
/** Words of a place: the hash of the client, and when it has its whole allowance again. */
const WORDS = 2;

const NS_PER_MS = 1_000_000;

/** Memory for the counts of a limiter, 2 MiB, to be shared with the limiters of other threads. */
export function rateMemory(): SharedArrayBuffer {
  const words = SEED + BUCKETS * PLACES * WORDS;
  const memory = new SharedArrayBuffer(words * BigInt64Array.BYTES_PER_ELEMENT);
  randomFillSync(new BigInt64Array(memory, 0, SEED));
  return memory;
}

/** Counts the requests of each client. */
export class RateLimiter {
  readonly #intervalNs: bigint;
  readonly #windowNs: bigint;
  readonly #words: BigInt64Array;
  readonly #seed: string;

  /**
   * @param memory - of {@link rateMemory}; limiters that share it count together
   * @throws {ERR_PARAMETER} for a bad limit
   */
  constructor({ max, windowMs = 60_000 }: RateLimit, memory: SharedArrayBuffer) {
    if (!(Number.isSafeInteger(max) && max >= 1 && Number.isFinite(windowMs) && windowMs >= 1)) {
      const message = `serve: option 'rateLimit' takes { max >= 1, windowMs >= 1 }; got ${show(max)} and ${show(windowMs)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    this.#windowNs = BigInt(Math.round(windowMs * NS_PER_MS));
    // Rounded down, so that `max` of them fit into the window.
    this.#intervalNs = this.#windowNs / BigInt(max);
    this.#words = new BigInt64Array(memory);
    this.#seed = this.#words.subarray(0, SEED).join();
  }

  /**
   * Counts one request.
   *
   * @param now - nanoseconds, on the clock of `process.hrtime.bigint()`, which all threads share
   * @throws {ERR_RATE_LIMIT} as a {@link RequestError}, when it is one too many
   */
  take(client: string, now: bigint): void {
    const at = this.#placeOf(client) + 1;
    for (;;) {
      const before = Atomics.load(this.#words, at);
      const whole = (before > now ? before : now) + this.#intervalNs;
      const wait = whole - now - this.#windowNs;
      if (wait > 0n) {
        const seconds = Math.ceil(Number(wait) / 1e9);
        const message = `Too many requests; try again in ${seconds} s.`;
        throw new RequestError(429, 'ERR_RATE_LIMIT', message, {}, { 'retry-after': String(seconds) });
      }
      if (Atomics.compareExchange(this.#words, at, before, whole) === before) return;
    }
  }

  /** Where the counts of a client are. A new one takes the place in its bucket that is whole again the soonest. */
  #placeOf(client: string): number {
    const words = this.#words;
    const digest = createHash('sha256').update(this.#seed).update(client).digest();
    const key = digest.readBigInt64LE(0) || 1n;
    const first = SEED + (digest.readUInt32LE(8) % BUCKETS) * PLACES * WORDS;
    for (;;) {
      let place = first;
      for (let at = first; at < first + PLACES * WORDS; at += WORDS) {
        if (Atomics.load(words, at) === key) return at;
        if (Atomics.load(words, at + 1) < Atomics.load(words, place + 1)) place = at;
      }
      const other = Atomics.load(words, place);
      // Two threads that bring the same new client at the same moment give it two places, of which the first counts on.
      if (Atomics.compareExchange(words, place, other, key) !== other) continue;
      Atomics.store(words, place + 1, 0n);
      return place;
    }
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
