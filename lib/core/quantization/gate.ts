/** The gate of quantisation: what a model loses by it, on the calibration rows. */
import { ValidationError } from '../../errors.js';
import type { Output } from '../compile-options.js';
import type { Estimator } from '../estimator.js';
import { codesOfLabels, encodeTargets } from '../labels.js';
import { accuracy, r2 } from '../score.js';
import { encodeTargetMatrix } from '../targets.js';

/** What the gate compares. */
export interface Gate {
  readonly output: Output;
  readonly metric: 'accuracy' | 'r2' | 'agreement';
  /** Whether the output is codes of classes. */
  readonly isClass: boolean;
  /** The true codes or targets, if they are known. */
  readonly truth: ArrayLike<number> | null;
}

/** A score of the float32 model and of the quantised one. */
export interface Scores {
  readonly before: number;
  readonly after: number;
  /** The share of the score that is lost; below 0 where it has risen. */
  readonly loss: number;
}

/**
 * The gate of a model of so many calibration rows.
 *
 * @throws {ERR_PARAMETER | ERR_SHAPE | ERR_LABELS | ERR_DTYPE} for a y that does not fit
 */
export function gateOf(
  model: Pick<Estimator, 'kind' | 'outputs' | 'schema'>,
  y: ArrayLike<unknown> | null,
  rows: number,
): Gate {
  const { kind, outputs, schema } = model;
  if (y === null) {
    const numbers = (['proba', 'decision', 'transform'] as const).find((output) => outputs.includes(output));
    if (kind === 'classifier' && numbers === undefined)
      return { output: 'label', metric: 'agreement', isClass: true, truth: null };
    return { output: numbers ?? 'value', metric: 'agreement', isClass: false, truth: null };
  }
  if (typeof y.length !== 'number' || y.length !== rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `quantize: there are ${rows} calibration rows, but y has ${y.length} values.`,
    );
  }
  const { target } = schema;
  if (target.kind === 'numbers') {
    const { data } = encodeTargetMatrix(y, rows);
    return { output: 'value', metric: 'r2', isClass: false, truth: data };
  }
  if (target.kind === 'class')
    return {
      output: 'label',
      metric: 'accuracy',
      isClass: true,
      truth: codesOfLabels(y, target.classes, 'y'),
    };
  if (target.kind === 'number')
    return { output: 'value', metric: 'r2', isClass: false, truth: encodeTargets(y, rows) };
  throw new ValidationError(
    'ERR_PARAMETER',
    'quantize: the model predicts no labels or numbers that y could tell.',
  );
}

/** What is lost between the output of the float32 model and that of another one, both [rows, width]. */
export function scoresOf(
  { isClass, truth }: Gate,
  before: Float32Array,
  after: Float32Array,
  width: number,
): Scores {
  if (truth === null) {
    const agreement = isClass ? accuracy(before, after) : explained(before, after, width);
    return { before: 1, after: agreement, loss: 1 - agreement };
  }
  const explainedBy = (of: ArrayLike<number>, by: ArrayLike<number>) => explained(of, by, width);
  const score = isClass ? accuracy : width > 1 ? explainedBy : r2;
  const [was, is] = [score(truth, before), score(truth, after)];
  return { before: was, after: is, loss: was === is ? 0 : (was - is) / Math.abs(was) };
}

/** The share of the variance of all columns together that others hold, too: R2 of several targets, weighted by their variance. */
function explained(expected: ArrayLike<number>, actual: ArrayLike<number>, width: number): number {
  const means = new Float64Array(width);
  for (let i = 0; i < expected.length; i++) means[i % width] += (expected[i] * width) / expected.length;
  let [error, spread] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error += (expected[i] - actual[i]) ** 2;
    spread += (expected[i] - means[i % width]) ** 2;
  }
  if (error === 0) return 1;
  return 1 - error / spread;
}
