/** Maps from a classifier's scores to probabilities: fitted on scores, lowered into a plan. */
import type { Matrix } from '../core/matrix.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type CancelHandle, native } from '../native.js';
import type { Response } from './responses.js';

/** How scores become probabilities. */
export type CalibrationMethod = 'sigmoid' | 'isotonic' | 'temperature';

/** One calibrator, as it is stored. */
export interface Calibrator {
  /** isotonic: where the points of each column begin; else empty. */
  readonly offsets: Int32Array;
  /** sigmoid: slopes; isotonic: x of the points; temperature: its inverse. */
  readonly x: Float64Array;
  /** sigmoid: constants; isotonic: y of the points; temperature: empty. */
  readonly y: Float64Array;
}

/** Whether a value of a model file is a calibrator; the plan checks what it holds. */
export function isCalibrator(value: unknown): value is Calibrator {
  const { offsets, x, y } = (value ?? {}) as Partial<Calibrator>;
  return offsets instanceof Int32Array && x instanceof Float64Array && y instanceof Float64Array;
}

const NONE = new Int32Array(0);
/** Keeps the logarithm of a probability finite. */
const LEAST = 1e-12;

/** What calibrators are fitted to. */
export interface CalibrationSet {
  /** Scores by columns: one of two classes (of the second), else one for each class. */
  readonly scores: Matrix<Float64Array>;
  readonly response: Response;
  readonly codes: Int32Array;
  readonly sampleWeight: Float64Array | null;
}

/** Fits a calibrator, one map for each column. */
export async function fitCalibrator(
  method: CalibrationMethod,
  { scores, response, codes, sampleWeight }: CalibrationSet,
  cancel: CancelHandle | null,
): Promise<Calibrator> {
  const { data, rows, cols } = scores;
  if (method === 'temperature') {
    const logits = logitsOf(scores, response);
    const beta = await native.fitTemperature(
      ...([logits, rows, logits.length / rows, codes, sampleWeight, cancel] as const),
    );
    return { offsets: NONE, x: Float64Array.of(beta), y: new Float64Array(0) };
  }
  if (method === 'sigmoid') {
    const found = await native.fitSigmoids(data, rows, cols, codes, sampleWeight, cancel);
    return {
      offsets: NONE,
      x: found.filter((_, k) => k % 2 === 0),
      y: found.filter((_, k) => k % 2 === 1),
    };
  }
  const fits = [];
  for (let j = 0; j < cols; j++) {
    const column = Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]);
    const labels = Float64Array.from(codes, (code) => (code === (cols === 1 ? 1 : j) ? 1 : 0));
    fits.push(await native.fitIsotonic(column, labels, sampleWeight, 'rising', -Infinity, Infinity, cancel));
  }
  const offsets = new Int32Array(cols + 1);
  fits.forEach(({ x }, j) => {
    offsets[j + 1] = offsets[j] + x.length;
  });
  return {
    offsets,
    x: Float64Array.from(fits.flatMap(({ x }) => Array.from(x))),
    y: Float64Array.from(fits.flatMap(({ y }) => Array.from(y))),
  };
}

/** Scores as the logits of all classes. */
function logitsOf({ data, rows, cols }: Matrix<Float64Array>, response: Response): Float64Array {
  if (cols > 1) return response === 'proba' ? data.map((p) => Math.log(p + LEAST)) : data;
  return Float64Array.from({ length: 2 * rows }, (_, k) => {
    const score = data[k >> 1];
    const isSecond = k % 2 === 1;
    if (response === 'decision') return isSecond ? score : -score;
    return Math.log((isSecond ? score : 1 - score) + LEAST);
  });
}

/** The probabilities of all classes, from scores of the same form as those of the fit. */
export function lowerCalibrator(
  plan: PlanBuilder,
  scores: Slot,
  method: CalibrationMethod,
  response: Response,
  { offsets, x, y }: Calibrator,
): Slot {
  const { width } = scores;
  if (method === 'temperature') {
    const both = width > 1 ? scores : bothClasses(plan, scores, response);
    const logits =
      response === 'proba'
        ? plan.activation(plan.binary(both, 'add', new Float64Array(both.width).fill(LEAST)), 'log')
        : both;
    return plan.softmax(plan.binary(logits, 'mul', new Float64Array(both.width).fill(x[0])));
  }
  const shares =
    method === 'isotonic'
      ? plan.interpolate(scores, 'clip', [offsets, x, y], [])
      : plan.activation(
          plan.activation(plan.binary(plan.binary(scores, 'mul', x), 'add', y), 'negate'),
          'sigmoid',
        );
  if (width === 1) return plan.dense(shares, Float64Array.of(-1, 1), Float64Array.of(1, 0));
  // All of them 0: alike.
  const nothing = plan.binary(plan.reduce(shares, 'sum'), 'equal', Float64Array.of(0));
  const some = plan.binaryOf([shares, nothing], 'add');
  return plan.binaryOf([some, plan.reduce(some, 'sum')], 'div');
}

/** [-z, z] of decisions, [1 - p, p] of probabilities. */
function bothClasses(plan: PlanBuilder, scores: Slot, response: Response): Slot {
  const first = response === 'decision' ? 0 : 1;
  return plan.dense(scores, Float64Array.of(-1, 1), Float64Array.of(first, 0));
}
