/**
 * What happens inside a service, told to whoever wants to know: metrics, logs, traces, drift, shadow traffic. Observers
 * are called in turn, on the request's own time; they take what they need and return at once.
 */
import type { FloatArray } from '../core/matrix.js';
import type { Route, ServiceRequest } from './http.js';
import type { BatchRun } from './model/batcher.js';
import type { ServedModel } from './models/served-model.js';

/** A request that was answered. */
export interface RequestEvent {
  readonly route: Route;
  readonly request: ServiceRequest;
  readonly status: number;
  /** From the adapter's call to the reply. */
  readonly durationMs: number;
  /** What was thrown, when the reply is an error. */
  readonly error?: unknown;
}

/** Rows of one request that a model has answered. */
export interface PredictionEvent {
  readonly model: ServedModel;
  /** Encoded rows, [rows, columns of the model]. Not to be changed. */
  readonly input: FloatArray;
  /** What the plan returned, [rows, model.endpoint.plan.outputWidth]. Not to be changed. */
  readonly output: FloatArray;
  readonly rows: number;
  readonly durationMs: number;
}

/** One run of a plan, which may have served several requests. */
export interface BatchEvent extends BatchRun {
  readonly model: ServedModel;
}

/** What became of a prediction, as a client has told it. */
export interface OutcomeEvent {
  readonly model: string;
  readonly version: string;
  /** Of an A/B test or canary. */
  readonly variant?: string;
  /** What is compared: true or 1 for a success, false or 0 for a failure, any other number for a measure. */
  readonly value: boolean | number;
  /** The truth, when the client told it. */
  readonly label?: string | number | boolean;
  /** What the model had said, when that is known. */
  readonly predicted?: unknown;
}

/** A model came, went or failed to. */
export interface ModelEvent {
  readonly action: 'loaded' | 'unloaded' | 'failed' | 'promoted';
  readonly name: string;
  readonly version: string;
  readonly error?: unknown;
}

/** A job that is answered later came to a new state. */
export interface JobEvent {
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** The model's name. */
  readonly model: string;
  /** Jobs that wait; as last seen, where the queue is in Redis. */
  readonly queued?: number;
  /** Jobs that this process runs. */
  readonly running?: number;
  /** From the submission to the first attempt. */
  readonly queueMs?: number;
  /** From the first attempt of this process to the end. */
  readonly runMs?: number;
}

/** Listens to some of the events. An observer that throws is a defect: the request fails with 500. */
export interface Observer {
  request?(event: RequestEvent): void;
  prediction?(event: PredictionEvent): void;
  batch?(event: BatchEvent): void;
  model?(event: ModelEvent): void;
  outcome?(event: OutcomeEvent): void;
  job?(event: JobEvent): void;
}

/** Calls many observers as if they were one. */
export class Observers {
  readonly #observers: Observer[] = [];

  add(observer: Observer): void {
    this.#observers.push(observer);
  }

  request(event: RequestEvent): void {
    for (const observer of this.#observers) observer.request?.(event);
  }

  prediction(event: PredictionEvent): void {
    for (const observer of this.#observers) observer.prediction?.(event);
  }

  batch(event: BatchEvent): void {
    for (const observer of this.#observers) observer.batch?.(event);
  }

  model(event: ModelEvent): void {
    for (const observer of this.#observers) observer.model?.(event);
  }

  outcome(event: OutcomeEvent): void {
    for (const observer of this.#observers) observer.outcome?.(event);
  }

  job(event: JobEvent): void {
    for (const observer of this.#observers) observer.job?.(event);
  }
}
