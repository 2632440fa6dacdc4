/** How the process is: delay of the event loop, processor, memory. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** Watches the event loop until it is closed. */
export class RuntimeWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #summary = { p50: 0, p99: 0, max: 0 };
  #since = performance.now();

  constructor() {
    this.#delay.enable();
  }

  close(): void {
    this.#delay.disable();
  }

  /** How late timers fire, in milliseconds: over the last ten seconds at least, whoever asks and how often. */
  eventLoopDelayMs() {
    const now = performance.now();
    if (this.#delay.count > 0) {
      const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
      const { max } = this.#delay;
      this.#summary = {
        p50: late(this.#delay.percentile(50)),
        p99: late(this.#delay.percentile(99)),
        max: late(max),
      };
      if (now - this.#since >= 10_000) {
        this.#delay.reset();
        this.#since = now;
      }
    }
    return this.#summary;
  }

  process() {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, rss, heapUsed, external };
  }
}

const RESOLUTION_MS = 10;
