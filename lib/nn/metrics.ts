/**
 * Metrics of training and evaluation, with the names of keras.metrics. Means over rows are counted by the native core while it
 * trains; the others are made of the predictions of the rows after an epoch.
 */
import type { Matrix } from '../core/matrix.js';
import { checkParams, custom, int, type Rule, real, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { camelCase, isCategorical, type Loss } from './losses.js';
import type { EncodedTargets } from './targets.js';

/** Metrics that the native core counts in its passes. */
export type CountedMetric =
  | 'binaryAccuracy'
  | 'categoricalAccuracy'
  | 'sparseCategoricalAccuracy'
  | 'meanSquaredError'
  | 'meanAbsoluteError';
/** Metrics made of predictions. */
export type DerivedMetric =
  | 'rootMeanSquaredError'
  | 'meanAbsolutePercentageError'
  | 'cosineSimilarity'
  | 'r2Score'
  | 'precision'
  | 'recall'
  | 'f1Score'
  | 'auc'
  | 'topKCategoricalAccuracy'
  | 'sparseTopKCategoricalAccuracy';
/** The name of a metric; 'accuracy' is the one that goes with the loss. */
export type MetricName = 'accuracy' | CountedMetric | DerivedMetric;
/** A metric with its options. */
export interface MetricSpec {
  readonly type: CountedMetric | DerivedMetric;
  /** Its name in logs and history. */
  readonly name: string;
  /** Of precision, recall and f1Score: what is above counts as 1. Default 0.5. */
  readonly threshold?: number;
  /** Of the top-k accuracies. Default 5. */
  readonly k?: number;
}
/** What `compile({ metrics })` takes. */
export type MetricLike =
  | MetricName
  | 'acc'
  | 'mse'
  | 'mae'
  | 'rmse'
  | 'mape'
  | (Partial<MetricSpec> & { readonly type: MetricName });

const COUNTED: readonly string[] = [
  ...['binaryAccuracy', 'categoricalAccuracy', 'sparseCategoricalAccuracy'],
  ...['meanSquaredError', 'meanAbsoluteError'],
];
const ALIASES: Readonly<Record<string, MetricName>> = {
  acc: 'accuracy',
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
  rmse: 'rootMeanSquaredError',
  mape: 'meanAbsolutePercentageError',
};
const text = custom('a text', (v) => typeof v === 'string' && v.length > 0);
const plain = { type: text, name: text };
const RULES: { readonly [T in MetricSpec['type']]: Readonly<Record<string, Rule>> } = {
  binaryAccuracy: plain,
  categoricalAccuracy: plain,
  sparseCategoricalAccuracy: plain,
  meanSquaredError: plain,
  meanAbsoluteError: plain,
  rootMeanSquaredError: plain,
  meanAbsolutePercentageError: plain,
  cosineSimilarity: plain,
  r2Score: plain,
  auc: plain,
  precision: { ...plain, threshold: real(0, 1) },
  recall: { ...plain, threshold: real(0, 1) },
  f1Score: { ...plain, threshold: real(0, 1) },
  topKCategoricalAccuracy: { ...plain, k: int(1) },
  sparseTopKCategoricalAccuracy: { ...plain, k: int(1) },
};
const DEFAULTS: { readonly [T in MetricSpec['type']]?: object } = {
  precision: { threshold: 0.5 },
  recall: { threshold: 0.5 },
  f1Score: { threshold: 0.5 },
  topKCategoricalAccuracy: { k: 5 },
  sparseTopKCategoricalAccuracy: { k: 5 },
};

/**
 * A metric by name (also Keras's own), or with options.
 *
 * @internal
 * @param loss - which decides what 'accuracy' is
 * @throws {ERR_PARAMETER} when there is no such metric
 */
export function resolveMetric(given: MetricLike, loss: Loss): MetricSpec {
  const options = typeof given === 'object' && given !== null ? given : {};
  const said = typeof given === 'string' ? given : (options as Partial<MetricSpec>).type;
  const camel = camelCase(String(said));
  const name = Object.hasOwn(ALIASES, camel) ? ALIASES[camel] : (camel as MetricName);
  const type = name === 'accuracy' ? accuracyOf(loss) : name;
  if (!Object.hasOwn(RULES, type)) {
    const names = ['accuracy', ...Object.keys(RULES), ...Object.keys(ALIASES)].join(', ');
    throw new ValidationError('ERR_PARAMETER', `A metric is one of ${names}; got ${show(said ?? given)}.`);
  }
  // Keras calls a metric what it was called.
  const spec = { ...DEFAULTS[type], name: typeof given === 'string' ? camel : name, ...options, type };
  checkParams(type, spec, RULES[type] as never);
  return spec;
}

function accuracyOf(loss: Loss): CountedMetric {
  if (!isCategorical(loss)) return 'binaryAccuracy';
  return loss.type === 'categoricalCrossentropy' ? 'categoricalAccuracy' : 'sparseCategoricalAccuracy';
}

/** Whether the native core counts a metric. */
export const isCounted = (metric: MetricSpec): metric is MetricSpec & { type: CountedMetric } =>
  COUNTED.includes(metric.type);

/** Predictions, targets and weights of the same rows. */
interface Judged {
  readonly y: EncodedTargets;
  readonly predicted: Matrix;
  readonly weights: ArrayLike<number> | null;
}

/**
 * A metric of predictions.
 *
 * @returns NaN where it is not defined, such as an area under a curve of one class
 */
export function measure(metric: MetricSpec, judged: Judged): number {
  switch (metric.type) {
    case 'rootMeanSquaredError':
      return Math.sqrt(meanOver(judged, (p, t) => (p - t) ** 2));
    case 'meanAbsolutePercentageError':
      return 100 * meanOver(judged, (p, t) => Math.abs(p - t) / Math.max(Math.abs(t), 1e-7));
    case 'cosineSimilarity':
      return cosine(judged);
    case 'r2Score':
      return r2(judged);
    case 'auc':
      return auc(judged);
    case 'topKCategoricalAccuracy':
    case 'sparseTopKCategoricalAccuracy':
      return topK(judged, metric.k ?? 5);
    case 'precision':
    case 'recall':
    case 'f1Score':
      return confusion(metric.type, judged, metric.threshold ?? 0.5);
    default:
      throw new ValidationError('ERR_PARAMETER', `${metric.type} is counted by the native core.`);
  }
}

/** Calls back with prediction, target (of a class: 1 or 0), weight and column of every output. */
function forEachOutput(
  { y, predicted, weights }: Judged,
  use: (prediction: number, target: number, weight: number, column: number) => void,
): void {
  const { data, rows, cols } = predicted;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    for (let j = 0; j < cols; j++) {
      const k = i * cols + j;
      use(data[k], y.values === null ? Number(y.codes?.[i] === j) : y.values[k], weight, j);
    }
  }
}

function meanOver(judged: Judged, value: (prediction: number, target: number) => number): number {
  let sum = 0;
  let total = 0;
  forEachOutput(judged, (p, t, weight) => {
    sum += weight * value(p, t);
    total += weight;
  });
  return sum / total;
}

function confusion(type: 'precision' | 'recall' | 'f1Score', judged: Judged, threshold: number): number {
  let both = 0;
  let found = 0;
  let positive = 0;
  forEachOutput(judged, (p, t, weight) => {
    const isFound = p > threshold;
    const isPositive = t > 0.5;
    if (isFound && isPositive) both += weight;
    if (isFound) found += weight;
    if (isPositive) positive += weight;
  });
  const share = (whole: number) => (whole > 0 ? both / whole : 0);
  if (type === 'precision') return share(found);
  if (type === 'recall') return share(positive);
  return found + positive > 0 ? (2 * both) / (found + positive) : 0;
}

/** The exact area under the ROC curve over all outputs (Keras: by 200 thresholds): ties count half. */
function auc(judged: Judged): number {
  const size = judged.predicted.data.length;
  const scores = new Float64Array(size);
  const positive = new Float64Array(size);
  const negative = new Float64Array(size);
  let k = 0;
  forEachOutput(judged, (p, t, weight) => {
    scores[k] = p;
    (t > 0.5 ? positive : negative)[k++] = weight;
  });
  const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => scores[a] - scores[b]);
  let below = 0;
  let pairs = 0;
  let positives = 0;
  for (let i = 0; i < size; ) {
    const score = scores[order[i]];
    let here = 0;
    let own = 0;
    for (; i < size && scores[order[i]] === score; i++) {
      own += positive[order[i]];
      here += negative[order[i]];
    }
    pairs += own * (below + here / 2);
    below += here;
    positives += own;
  }
  return pairs / (positives * below);
}

function topK({ y, predicted, weights }: Judged, k: number): number {
  const { data, rows, cols } = predicted;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    let target = y.codes?.[i] ?? 0;
    if (y.values !== null) {
      for (let j = 1; j < cols; j++) if (y.values[i * cols + j] > y.values[i * cols + target]) target = j;
    }
    let above = 0;
    for (let j = 0; j < cols; j++) if (data[i * cols + j] > data[i * cols + target]) above++;
    if (above < k) sum += weight;
    total += weight;
  }
  return sum / total;
}

function cosine({ y, predicted, weights }: Judged): number {
  const { data, rows, cols } = predicted;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    let [dot, p2, t2] = [0, 0, 0];
    for (let k = i * cols; k < (i + 1) * cols; k++) {
      const [p, t] = [data[k], y.values?.[k] ?? 0];
      dot += p * t;
      p2 += p * p;
      t2 += t * t;
    }
    sum += p2 > 0 && t2 > 0 ? (weight * dot) / Math.sqrt(p2 * t2) : 0;
    total += weight;
  }
  return sum / total;
}

/** 1 - sum of squared errors / that of the mean, averaged over the outputs. */
function r2(judged: Judged): number {
  const { cols } = judged.predicted;
  const sums = Array.from({ length: cols }, () => ({ weight: 0, t: 0, error: 0, spread: 0 }));
  forEachOutput(judged, (p, t, weight, j) => {
    sums[j].weight += weight;
    sums[j].t += weight * t;
    sums[j].error += weight * (p - t) ** 2;
  });
  forEachOutput(judged, (_, t, weight, j) => {
    sums[j].spread += weight * (t - sums[j].t / sums[j].weight) ** 2;
  });
  return sums.reduce((sum, { error, spread }) => sum + 1 - error / spread, 0) / cols;
}
