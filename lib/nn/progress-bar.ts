/** The bar of a training on a terminal, as Keras draws it. */
import type { EpochLogs } from './callbacks/callback.js';

/** What a bar is written to: process.stderr. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
/** 0 nothing, 1 a bar on a terminal (and nothing elsewhere), 2 a line per epoch anywhere; 'auto' is 1. */
export type Verbosity = 'auto' | 0 | 1 | 2;

const WIDTH = 20;
/** A bar that moves more often than this many milliseconds only costs time. */
const EVERY = 50;

/** Draws the epochs of a training. */
export class ProgressBar {
  readonly #out: Terminal;
  readonly #mode: 0 | 1 | 2;
  readonly #now: () => number;
  #began = 0;
  #drawn = 0;
  #steps = 1;

  constructor(
    verbose: Verbosity,
    out: Terminal = process.stderr,
    now: () => number = performance.now.bind(performance),
  ) {
    this.#out = out;
    this.#mode = verbose === 2 ? 2 : verbose !== 0 && out.isTTY === true ? 1 : 0;
    this.#now = now;
  }

  /** Whether anything is written. */
  get isOn(): boolean {
    return this.#mode !== 0;
  }

  beginEpoch(epoch: number, epochs: number, steps: number): void {
    this.#began = this.#now();
    this.#drawn = Number.NEGATIVE_INFINITY;
    this.#steps = steps;
    if (this.isOn) this.#out.write(`Epoch ${epoch + 1}/${epochs}\n`);
  }

  /** @param done - steps of the epoch so far */
  step(done: number, logs: Readonly<EpochLogs>): void {
    if (this.#mode !== 1 || this.#now() - this.#drawn < EVERY) return;
    this.#drawn = this.#now();
    this.#out.write(`\r${this.#line(done, logs)}\u001b[K`);
  }

  endEpoch(done: number, logs: Readonly<EpochLogs>): void {
    if (this.#mode === 1) this.#out.write(`\r${this.#line(done, logs)}\u001b[K\n`);
    if (this.#mode === 2)
      this.#out.write(`${done}/${this.#steps} - ${this.#timing(done)} - ${values(logs)}\n`);
  }

  /** A line of its own. */
  print(line: string): void {
    if (this.isOn) this.#out.write(this.#mode === 1 ? `\r\u001b[K${line}\n` : `${line}\n`);
  }

  #line(done: number, logs: Readonly<EpochLogs>): string {
    const filled = Math.round((WIDTH * done) / this.#steps);
    const count = `${String(done).padStart(String(this.#steps).length)}/${this.#steps}`;
    const bar = `\u001b[32m${'━'.repeat(filled)}\u001b[0m\u001b[37m${'━'.repeat(WIDTH - filled)}\u001b[0m`;
    return `${count} ${bar} ${this.#timing(done)} - ${values(logs)}`;
  }

  /** '2s 3ms/step'; while an epoch runs, the time that is left. */
  #timing(done: number): string {
    const elapsed = this.#now() - this.#began;
    const perStep = elapsed / Math.max(1, done);
    const total = done < this.#steps ? perStep * (this.#steps - done) : elapsed;
    const step = perStep >= 1 ? `${Math.round(perStep)}ms` : `${Math.round(perStep * 1000)}us`;
    return `${Math.round(total / 1000)}s ${step}/step`;
  }
}

function values(logs: Readonly<EpochLogs>): string {
  const shown = (value: number) =>
    Math.abs(value) >= 1e-3 || value === 0 ? value.toFixed(4) : value.toExponential(4);
  return Object.entries(logs)
    .map(([name, value]) => `${name}: ${shown(value)}`)
    .join(' - ');
}
