/**
 * Gives a copy of what one version answers to another, after the answer, and notes whether the two agree. It never delays
 * or fails a request: what it cannot take in time it lets go.
 */
import { performance } from 'node:perf_hooks';
import { type FloatArray, Matrix } from '../../core/matrix.js';
import type { Column, Schema } from '../../core/schema.js';
import type { PredictionEvent } from '../observer.js';
import type { ModelStore } from './model-store.js';

/** What came of the copies. */
export interface ShadowStats {
  readonly version: string;
  readonly requests: number;
  readonly rows: number;
  /** Rows in which both say the same: the same class, or numbers that differ by less than 1e-6 of themselves. */
  readonly agreements: number;
  /** Share of the rows; null before there are any. */
  readonly agreement: number | null;
  /** Mean distance between the numbers; null for classes. */
  readonly meanDifference: number | null;
  /** Requests that it failed. */
  readonly errors: number;
  /** Requests that were let go, as too many were waiting. */
  readonly dropped: number;
  /** Mean time of a request, in milliseconds; null before there are any. */
  readonly meanMs: number | null;
}

/** Rows that may wait; beyond them requests are let go. */
const MAX_WAITING_ROWS = 10_000;
const TOLERANCE = 1e-6;

/** See the head of this file. */
export class Shadow {
  readonly #models: ModelStore;
  readonly #name: string;
  readonly #version: string;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  #requests = 0;
  #rows = 0;
  #agreements = 0;
  #difference = 0;
  #numbers = 0;
  #errors = 0;
  #dropped = 0;
  #ms = 0;

  /** @param version - a version or an alias */
  constructor(models: ModelStore, name: string, version: string) {
    this.#models = models;
    this.#name = name;
    this.#version = version;
  }

  /** Takes what was answered; its own version's answers are no news. */
  take({ model, input, output, rows }: PredictionEvent): void {
    if (this.#models.resolve(this.#name, this.#version) === model.version) return;
    if (this.#waiting + rows > MAX_WAITING_ROWS) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += rows;
    // One at a time, each in a turn of its own: requests come first.
    this.#last = this.#last
      .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
      .then(() => this.#run(model.endpoint.plan.schema, input, output, rows))
      .catch(() => {
        this.#errors += 1;
      })
      .finally(() => {
        this.#waiting -= rows;
      });
  }

  /** Waits for what it has taken. */
  settle(): Promise<void> {
    return this.#last;
  }

  stats(): ShadowStats {
    const requests = this.#requests;
    return {
      version: this.#version,
      requests,
      rows: this.#rows,
      agreements: this.#agreements,
      agreement: this.#rows === 0 ? null : this.#agreements / this.#rows,
      meanDifference: this.#numbers === 0 ? null : this.#difference / this.#numbers,
      errors: this.#errors,
      dropped: this.#dropped,
      meanMs: requests === 0 ? null : this.#ms / requests,
    };
  }

  async #run(schema: Schema, input: FloatArray, heard: FloatArray, rows: number): Promise<void> {
    const held = this.#models.hold({ name: this.#name, version: this.#version });
    try {
      const started = performance.now();
      // Not by the endpoint: what nobody hears is no prediction to the observers.
      const { plan } = held.endpoint;
      if (input.length === 0 || held.endpoint.inputWidth === 0)
        throw new Error('Documents are not compared.');
      if ([schema, plan.schema].some(({ target }) => target.kind === 'numbers' || target.kind === 'classes'))
        throw new Error('Models of several targets are not compared.');
      const { data } = await plan.run(translate(schema, plan.schema, input, rows));
      this.#ms += performance.now() - started;
      this.#requests += 1;
      this.#rows += rows;
      const read = [readerOf(schema), readerOf(plan.schema)];
      const widths = [heard.length / rows, data.length / rows];
      for (let i = 0; i < rows; i++)
        this.#compare(read[0](heard, i * widths[0]), read[1](data, i * widths[1]));
    } finally {
      held.release();
    }
  }

  #compare(heard: string | number, unheard: string | number): void {
    if (typeof heard !== 'number' || typeof unheard !== 'number') {
      if (heard === unheard) this.#agreements += 1;
      return;
    }
    const difference = Math.abs(heard - unheard);
    this.#numbers += 1;
    this.#difference += difference;
    if (difference <= TOLERANCE * Math.max(1, Math.abs(heard))) this.#agreements += 1;
  }
}

/** What a row of a plan's result says: the class as text, or the number. */
function readerOf({ target }: Schema): (out: FloatArray, offset: number) => string | number {
  if (target.kind !== 'class') return (out, offset) => out[offset];
  const names = target.classes.map(String);
  return (out, offset) => {
    let best = 0;
    for (let c = 1; c < names.length; c++) if (out[offset + c] > out[offset + best]) best = c;
    return names[best];
  };
}

/** Encoded rows of one schema in the encoding of another. */
function translate(from: Schema, to: Schema, input: FloatArray, rows: number): Matrix {
  const width = from.columns.length;
  const same = to.columns.length === width && to.columns.every((column, j) => alike(column, from.columns[j]));
  if (same) return new Matrix(input, rows, width);
  const slab = new Float64Array(rows * to.columns.length);
  to.columns.forEach((column, j) => {
    const source = from.indexOf(column.name);
    for (let i = 0; i < rows; i++) {
      const value = source < 0 ? Number.NaN : input[i * width + source];
      const { categories } = from.columns[source] ?? {};
      slab[i * to.columns.length + j] =
        categories === undefined ? value : to.encodeCell(j, categories[value] ?? null);
    }
  });
  return new Matrix(slab, rows, to.columns.length);
}

function alike(a: Column, b: Column): boolean {
  if (a.name !== b.name || a.kind !== b.kind) return false;
  return a.categories === b.categories || JSON.stringify(a.categories) === JSON.stringify(b.categories);
}
