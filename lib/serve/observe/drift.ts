/**
 * Watches what models are asked and what they say. A request pays for a copy of its rows; the comparison runs on a timer.
 */
import { performance } from 'node:perf_hooks';
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import {
  type DriftAlert,
  DriftMonitor,
  type DriftReport,
  type DriftThresholds,
  resolveThresholds,
} from '../../monitor/drift-monitor.js';
import type { Access, Route } from '../http.js';
import type { ServedModel } from '../models/served-model.js';
import type { Observer } from '../observer.js';
import { arrayOf, object, ref } from '../openapi/operation.js';
import type { Feature, ServiceContext } from '../service.js';
import type { Sample } from './prometheus.js';

/** Options of drift. */
export interface DriftOptions {
  /** Compare what models are asked with what they were trained on, at `/drift` and in the metrics. Default true. */
  readonly drift?:
    | boolean
    | (DriftThresholds & {
        /** Who may read it. Default 'predict': any key, where there are keys. */
        readonly access?: Access;
        /** Seconds between two checks, > 0. Default 30. */
        readonly interval?: number;
        /** Told when a column, the predictions or the outcomes of a model begin to drift, and when they are back. */
        readonly onAlert?: (alert: DriftAlert & { readonly model: string; readonly version: string }) => void;
      });
}

/** A day. */
const MOST_SECONDS = 86_400;
/** Columns of a model that are each told in the metrics; of a wider one, so many of those with an alert. */
const MOST_COLUMNS = 100;
/** A report is not made anew for this long. */
const FRESH_MS = 1000;

/** The monitor of one model in memory. */
class Watched {
  readonly model: ServedModel;
  readonly monitor: DriftMonitor;
  readonly #codes: boolean;
  #scratch = new Float64Array(1);
  #report: DriftReport | undefined;
  #reportedAt = 0;
  /** Whether something came since the last check. */
  #hasNews = false;

  constructor(model: ServedModel, monitor: DriftMonitor) {
    this.model = model;
    this.monitor = monitor;
    this.#codes = model.endpoint.info.target.kind === 'class';
  }

  add(input: Float32Array | Float64Array, output: Float32Array | Float64Array, rows: number): void {
    this.#hasNews = true;
    this.monitor.addEncoded(input, rows);
    const { target } = this.model.endpoint.info;
    if (target.kind !== 'class' && target.kind !== 'number') return;
    if (this.#scratch.length < rows) this.#scratch = new Float64Array(rows);
    const width = this.model.endpoint.plan.outputWidth;
    for (let i = 0; i < rows; i++) {
      const start = i * width;
      let best = start;
      if (this.#codes) for (let c = start + 1; c < start + width; c++) if (output[c] > output[best]) best = c;
      this.#scratch[i] = this.#codes ? best - start : output[start];
    }
    this.monitor.addPredictions(this.#scratch, rows);
  }

  get report(): DriftReport {
    const now = performance.now();
    if (this.#report === undefined || now - this.#reportedAt > FRESH_MS) {
      this.#report = this.monitor.report();
      this.#reportedAt = now;
    }
    return this.#report;
  }

  addOutcome(score: number): void {
    this.#hasNews = true;
    this.monitor.addOutcomes([score]);
  }

  /** Checks, when rows or outcomes came since the last time. */
  check(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.monitor.check();
    this.#report = undefined;
  }
}

/** Makes the route, the observer and the gauges. @throws {ERR_PARAMETER} for a threshold out of range */
export function driftRoutes({ options, models, gauges, log }: ServiceContext): Feature | undefined {
  const { drift = true } = options;
  if (drift === false) return undefined;
  const { access = 'predict', interval = 30, onAlert, ...thresholds } = drift === true ? {} : drift;
  resolveThresholds(thresholds);
  if (!(interval > 0 && interval <= MOST_SECONDS)) {
    const message = `serve: option 'drift.interval' must be above 0 and at most ${MOST_SECONDS}; got ${show(interval)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const watched = new Map<string, Watched>();
  let last: Watched | undefined;

  const make = (model: ServedModel): Watched | undefined => {
    const { reference, plan } = model.endpoint;
    if (reference === undefined) return undefined;
    const { name, version } = model;
    const monitor = new DriftMonitor({
      ...thresholds,
      reference: { schema: plan.schema, trainingReference: reference },
      checkEvery: 0,
      onAlert: (alert) => {
        const { state, of, drift: found } = alert;
        const fields = { model: name, version, of, name: found.name, psi: found.psi, pvalue: found.pvalue };
        if (state === 'drifting') log.warn(fields, 'A model drifts.');
        else log.info(fields, 'A model no longer drifts.');
        onAlert?.({ ...alert, model: name, version });
      },
    });
    return new Watched(model, monitor);
  };
  const of = (model: ServedModel): Watched | undefined => {
    if (last?.model.endpoint === model.endpoint) return last;
    const key = keyOf(model.name, model.version);
    let found = watched.get(key);
    if (found?.model.endpoint !== model.endpoint) {
      found = make(model);
      if (found === undefined) return undefined;
      watched.set(key, found);
    }
    last = found;
    return found;
  };
  const observer: Observer = {
    prediction: ({ model, input, output, rows }) => of(model)?.add(input, output, rows),
    outcome: ({ model, version, value, label, predicted }) => {
      const served = models.versions(model).find((each) => each.version === version);
      if (served === undefined) return;
      const known = typeof label === 'number' && typeof predicted === 'number';
      const score =
        label === undefined || predicted === undefined
          ? Number(value)
          : known && served.endpoint.info.target.kind === 'number'
            ? Math.abs(label - predicted)
            : Number(label === predicted);
      of(served)?.addOutcome(score);
    },
    model: ({ action, name, version }) => {
      if (action !== 'unloaded') return;
      watched.delete(keyOf(name, version));
      last = undefined;
    },
  };
  const timer = setInterval(() => {
    for (const each of watched.values()) each.check();
  }, interval * 1000).unref();

  const gauge = (value: (column: DriftReport['columns'][number]) => number | null) =>
    function* (): Iterable<Sample> {
      for (const { model, report } of watched.values()) {
        const { columns, prediction, performance: outcomes } = report;
        const isWide = columns.length > MOST_COLUMNS;
        const told = isWide ? columns.filter(({ alert }) => alert).slice(0, MOST_COLUMNS) : columns;
        const inputs = told.map((column) => ({ of: 'input', column }));
        const others = [
          { of: 'prediction', column: prediction },
          { of: 'performance', column: outcomes },
        ];
        for (const { of, column } of [...inputs, ...others]) {
          const found = column && value(column);
          if (found === undefined || found === null || column === undefined) continue;
          yield {
            labels: { model: model.name, version: model.version, of, name: column.name },
            value: found,
          };
        }
      }
    };
  gauges.push(
    {
      name: 'boreal_drift_psi',
      help: 'Population stability index against the training data.',
      type: 'gauge',
      read: gauge(({ psi }) => psi),
    },
    {
      name: 'boreal_drift_pvalue',
      help: 'P-value of the test against the training data, adjusted for the number of columns.',
      type: 'gauge',
      read: gauge(({ adjustedPvalue }) => adjustedPvalue),
    },
    {
      name: 'boreal_drift_alert',
      help: 'Whether an alert is on.',
      type: 'gauge',
      read: gauge(({ alert }) => Number(alert)),
    },
    {
      name: 'boreal_drift_columns',
      help: 'Columns with an alert.',
      type: 'gauge',
      read: function* () {
        for (const { model, report } of watched.values()) {
          const value = report.columns.filter(({ alert }) => alert).length;
          yield { labels: { model: model.name, version: model.version }, value };
        }
      },
    },
  );
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/drift',
      access,
      summary:
        'How far what models are asked has moved from what they were trained on, by column, with histograms.',
      operation: { response: object({ models: arrayOf(ref('DriftReport')) }) },
      handle: () => ({
        models: models.names().flatMap((name) =>
          models.versions(name).map((model) => {
            const { version, endpoint } = model;
            if (endpoint.reference === undefined) return { name, version, reason: NO_REFERENCE };
            return { name, version, ...of(model)!.report };
          }),
        ),
      }),
    },
  ];
  return { routes, observer, close: () => clearInterval(timer) };
}

const NO_REFERENCE =
  'The model file is of an earlier release, which did not store what the training data looked like.';

function keyOf(name: string, version: string): string {
  return JSON.stringify([name, version]);
}
