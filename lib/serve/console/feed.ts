/**
 * The last five minutes, second by second, for the charts of the console. What it costs a request is one increment in a
 * histogram; a second that has passed is a row of numbers.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BatchEvent, Observer, RequestEvent } from '../observer.js';

/** Seconds that are kept. */
export const KEPT_SECONDS = 300;

/** One second of serving; durations in milliseconds. */
export interface FeedSecond {
  /** When it began, in whole seconds since 1970. */
  readonly at: number;
  /** Predictions that were answered or refused. */
  readonly requests: number;
  /** Of them, with a status from 400 to 499. */
  readonly refused: number;
  /** Of them, with a status from 500 on. */
  readonly failed: number;
  /** Quantiles of their durations; null without requests. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly batches: number;
  readonly rows: number;
  /** The longest wait in the queue. */
  readonly queueMs: number;
  /** The longest that the event loop was late. */
  readonly loopMs: number;
}

/** Eight buckets per octave from 1 microsecond on: a quantile is right within 5 %. */
const PER_OCTAVE = 8;
const OCTAVES = 27;
const LOOP_RESOLUTION_MS = 20;

/** See the head of this file. */
export class Feed implements Observer {
  /** Differs after a restart, so that a client starts anew. */
  readonly id = Date.now();
  readonly #seconds: FeedSecond[] = [];
  readonly #durations = new Uint32Array(PER_OCTAVE * OCTAVES);
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #at = seconds();
  #requests = 0;
  #refused = 0;
  #failed = 0;
  #batches = 0;
  #rows = 0;
  #queueMs = 0;

  constructor() {
    this.#loop.enable();
    this.#timer = setInterval(() => this.#roll(), 1000).unref();
  }

  request({ route, status, durationMs }: RequestEvent): void {
    // What the console itself asks for would drown what it is to show.
    if (route.method !== 'POST' || route.access !== 'predict') return;
    this.#requests += 1;
    if (status >= 500) this.#failed += 1;
    else if (status >= 400) this.#refused += 1;
    const bucket = Math.floor(Math.log2(Math.max(1, durationMs * 1000)) * PER_OCTAVE);
    this.#durations[Math.min(bucket, this.#durations.length - 1)] += 1;
  }

  batch({ rows, queueMs }: BatchEvent): void {
    this.#batches += 1;
    this.#rows += rows;
    this.#queueMs = Math.max(this.#queueMs, queueMs);
  }

  /** Seconds that have passed and began after `since`, oldest first. */
  since(since: number): readonly FeedSecond[] {
    return this.#seconds.filter(({ at }) => at > since);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#loop.disable();
  }

  #roll(): void {
    this.#seconds.push({
      at: this.#at,
      requests: this.#requests,
      refused: this.#refused,
      failed: this.#failed,
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
      p99: this.#quantile(0.99),
      batches: this.#batches,
      rows: this.#rows,
      queueMs: round(this.#queueMs),
      loopMs: this.#loop.count === 0 ? 0 : round(Math.max(0, this.#loop.max / 1e6 - LOOP_RESOLUTION_MS)),
    });
    if (this.#seconds.length > KEPT_SECONDS) this.#seconds.shift();
    // A clock that is set back must not bring seconds that clients have seen.
    this.#at = Math.max(seconds(), this.#at + 1);
    this.#requests = this.#refused = this.#failed = this.#batches = this.#rows = this.#queueMs = 0;
    this.#durations.fill(0);
    this.#loop.reset();
  }

  #quantile(share: number): number | null {
    let left = Math.ceil(share * this.#requests);
    if (left === 0) return null;
    const bucket = this.#durations.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return round(2 ** ((bucket + 0.5) / PER_OCTAVE) / 1000);
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function round(ms: number): number {
  return Number(ms.toPrecision(3));
}
