/** Golden values of support vector machines, calibrated classifiers and isotonic regression. */
import { describe, expect, test } from 'vitest';
import {
  CalibratedClassifierCV,
  GaussianNB,
  IsotonicRegression,
  LinearSVC,
  LinearSVR,
  LogisticRegression,
  Matrix,
  NuSVC,
  NuSVR,
  OneClassSVM,
  SVC,
  SVR,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = { LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM, SVC, SVR };
const BASES = { GaussianNB, LinearSVC, LogisticRegression };
interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
  sampleWeight?: number[];
  learned: Record<string, unknown>;
  labels?: number[];
  values?: number[];
  decision?: number[] | number[][];
}
interface Calibrated {
  name: string;
  base: keyof typeof BASES;
  baseParams: Record<string, never>;
  params: object;
  input: GoldenInput;
  proba: number[][];
}
interface Isotonic {
  name: string;
  params: object;
  X: number[];
  y: number[];
  sampleWeight: number[] | null;
  test: number[];
  learned: Record<string, unknown>;
  values: Array<number | 'NaN'>;
}
const golden = readGolden<{
  cases: Case[];
  calibrated: Calibrated[];
  isotonic: Isotonic[];
}>('svm');

// Both sides keep rows of the kernel as float32, each rounded from sums in another order.
const KERNEL = iterative(2e-5);
const LINEAR = iterative(2e-6);
// A sum of violations of a millionth of the first, of a loss that is flat in places.
const DESCENT = iterative(1e-3);
// Scores of models that stop at a tolerance, times the slope of the calibrator.
const PROBABILITIES = iterative(2e-5);

/** Plain numbers of a matrix, an array or a number; one column stands for its values. */
function plain(value: unknown): unknown {
  if (value instanceof Matrix) return value.cols === 1 ? Array.from(value.data) : value.toArray();
  return typeof value === 'number' || typeof value === 'boolean' ? value : Array.from(value as never);
}

test.each(golden.cases)('$name', async (one) => {
  const { X, y, test: rows } = rowsOf(one.input);
  const model = new CLASSES[one.estimator](one.params as object);
  await model.fit(X, y, { sampleWeight: one.sampleWeight });
  expect(model.converged).toBe(true);
  const isDescent = one.estimator === 'LinearSVR' && !('loss' in one.params);
  const tolerance = isDescent ? DESCENT : one.estimator.startsWith('Linear') ? LINEAR : KERNEL;
  for (const [name, expected] of Object.entries(one.learned)) {
    const actual = plain((model as unknown as Record<string, unknown>)[name]);
    // A number of ours may be a list of one there.
    const flat = [actual, expected].map((value) => [value].flat(3));
    if (name !== 'nSupport' || one.estimator.endsWith('SVC')) expectClose(flat[0], flat[1], tolerance, name);
  }
  const predicted = (await model.predict(rows)) as ArrayLike<number>;
  const first = Array.from(predicted).slice(0, (one.labels ?? one.values)!.length);
  if (one.labels !== undefined) expect(first).toEqual(one.labels);
  else expectClose(first, one.values, tolerance, 'values');
  if (one.decision === undefined) return;
  const decision = plain(await (model as SVC).decisionFunction(rows)) as number[];
  expectClose(decision.slice(0, one.decision.length), one.decision, tolerance, 'decision');
});

test.each(golden.calibrated)('CalibratedClassifierCV of $name', async (one) => {
  const { X, y, test: rows } = rowsOf(one.input);
  const base = new BASES[one.base](one.baseParams as object);
  const model = await new CalibratedClassifierCV(base, one.params).fit(X, y);
  const proba = await model.predictProba(rows);
  expectClose(proba.toArray().slice(0, one.proba.length), one.proba, PROBABILITIES, 'proba');
});

describe('IsotonicRegression', () => {
  test.each(golden.isotonic)('$name', async (one) => {
    const column = (values: number[]) => values.map((x) => [x]);
    const model = new IsotonicRegression(one.params);
    await model.fit(column(one.X), one.y, { sampleWeight: one.sampleWeight ?? undefined });
    for (const [name, expected] of Object.entries(one.learned)) {
      const actual = plain((model as unknown as Record<string, unknown>)[name]);
      expectClose(actual, expected, iterative(1e-14), name);
    }
    const values = Array.from(await model.predict(column(one.test)));
    const expected = one.values.map((value) => (value === 'NaN' ? Number.NaN : value));
    expectClose(values, expected, iterative(1e-12), 'values');
  });
});
