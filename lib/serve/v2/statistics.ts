/** Counts and times of inferences by model and version, in the shape of Triton's statistics extension. */
import type { ModelStore } from '../models/model-store.js';
import type { BatchEvent, ModelEvent, Observer, PredictionEvent, RequestEvent } from '../observer.js';

/** How often, and nanoseconds in total. */
interface Duration {
  count: number;
  ns: number;
}

class Counts {
  lastInference = 0;
  rows = 0;
  runs = 0;
  readonly success = none();
  readonly fail = none();
  readonly queue = none();
  readonly computeInfer = none();
  /** By the number of rows. */
  readonly batches = new Map<number, Duration>();
}

/** A version of a model. */
interface Version {
  readonly name: string;
  readonly version: string;
}

/** See the head of this file. */
export class Statistics implements Observer {
  readonly #models: ModelStore;
  readonly #counts = new Map<string, Counts>();
  /** Most requests ask the model that the one before has asked. */
  #last: { readonly version: Version; readonly counts: Counts } | undefined;

  constructor(models: ModelStore) {
    this.#models = models;
  }

  prediction({ model, rows, durationMs }: PredictionEvent): void {
    const counts = this.#of(model);
    counts.lastInference = Date.now();
    counts.rows += rows;
    add(counts.success, durationMs);
  }

  batch({ model, rows, queueMs, computeMs }: BatchEvent): void {
    const counts = this.#of(model);
    counts.runs += 1;
    add(counts.queue, queueMs);
    add(counts.computeInfer, computeMs);
    let batch = counts.batches.get(rows);
    if (batch === undefined) {
      batch = none();
      counts.batches.set(rows, batch);
    }
    add(batch, computeMs);
  }

  request({ route, request, status, durationMs }: RequestEvent): void {
    // Predictions are what a worker may answer.
    if (status < 400 || route.method !== 'POST' || !route.inWorker) return;
    const { model, name, version } = request.params;
    try {
      add(this.#of(this.#models.get({ name: model ?? name, version })).fail, durationMs);
    } catch {
      // No model, no statistics.
    }
  }

  model({ action, name, version }: ModelEvent): void {
    if (action !== 'unloaded') return;
    this.#counts.delete(keyOf({ name, version }));
    this.#last = undefined;
  }

  /** What Triton would tell of a version. */
  of({ name, version }: Version) {
    const counts = this.#counts.get(keyOf({ name, version })) ?? new Counts();
    return {
      name,
      version,
      last_inference: counts.lastInference,
      inference_count: counts.rows,
      execution_count: counts.runs,
      inference_stats: {
        success: shown(counts.success),
        fail: shown(counts.fail),
        queue: shown(counts.queue),
        compute_input: none(),
        compute_infer: shown(counts.computeInfer),
        compute_output: none(),
        cache_hit: none(),
        cache_miss: none(),
      },
      batch_stats: [...counts.batches]
        .sort(([a], [b]) => a - b)
        .map(([batch_size, infer]) => ({
          batch_size,
          compute_input: none(),
          compute_infer: shown(infer),
          compute_output: none(),
        })),
      memory_usage: [],
    };
  }

  #of(version: Version): Counts {
    if (this.#last?.version === version) return this.#last.counts;
    const key = keyOf(version);
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = new Counts();
      this.#counts.set(key, counts);
    }
    this.#last = { version, counts };
    return counts;
  }
}

/** A slash is in no name. */
function keyOf({ name, version }: Version): string {
  return `${name}/${version}`;
}

function none(): Duration {
  return { count: 0, ns: 0 };
}

function add(duration: Duration, ms: number): void {
  duration.count += 1;
  duration.ns += ms * 1e6;
}

function shown({ count, ns }: Duration): Duration {
  return { count, ns: Math.round(ns) };
}
