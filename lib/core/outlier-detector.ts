/** The face of estimators that tell outliers from inliers without being told which is which. */
import { type CancelHandle, native } from '../native.js';
import { applyOps } from './apply.js';
import type { Output, ResolvedCompileOptions } from './compile-options.js';
import { Estimator, type State } from './estimator.js';
import { type FitInput, type FitOptions, toShared } from './fit-input.js';
import { decodeLabels } from './kinds.js';
import type { FloatArray, MatrixLike } from './matrix.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { Schema, type Target } from './schema.js';

/** Outliers and inliers, as predicted. */
const LABELS = [-1, 1] as const;
/** Decisions from 0 on are inliers. Nothing lies between 0 and this: scores have coarser last digits. */
const JUST_BELOW_ZERO = -1e-30;

/** Tells outliers: rows whose score lies below `offset`. */
export abstract class OutlierDetector<P extends object, S extends State> extends Estimator<P, S> {
  readonly kind = 'outlierDetector' as const;

  get outputs(): readonly Output[] {
    return ['label', 'decision', 'score'];
  }

  protected targetOf(_state: S): Target {
    return { kind: 'class', classes: LABELS };
  }

  /** Scores below this are outliers. @throws {ERR_NOT_FITTED} before `fit` */
  abstract get offset(): number;

  /** Adds the ops of the scores; the lower, the more a row stands out. */
  protected abstract lowerScores(plan: PlanBuilder, x: Slot): Slot;

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = this.lowerScores(plan, x);
    if (output === 'score') return scores;
    const decision = plan.affine(scores, Float64Array.of(this.offset), Float64Array.of(1));
    if (output === 'decision') return decision;
    return plan.argmax(plan.dense(decision, Float64Array.of(0, 1), Float64Array.of(JUST_BELOW_ZERO, 0)));
  }

  /** -1 for outliers and 1 for inliers, on the pool. @throws see {@link Plan.run} */
  async predict(X: MatrixLike): Promise<number[]> {
    return this.runAndTake(X, { output: 'label' }, (codes) => decodeLabels(codes, LABELS) as number[]);
  }

  /** As {@link OutlierDetector.predict}, on this thread's time. */
  predictSync(X: MatrixLike): number[] {
    return decodeLabels(this.runSync(X, { output: 'label' }), LABELS) as number[];
  }

  /** The score less `offset`, one number per row: below 0 for outliers. */
  async decisionFunction(X: MatrixLike): Promise<FloatArray> {
    return (await this.run(X, { output: 'decision' })).data;
  }

  /** The scores, one number per row: the lower, the more a row stands out. */
  async scoreSamples(X: MatrixLike): Promise<FloatArray> {
    return (await this.run(X, { output: 'score' })).data;
  }

  /** Fits, then predicts the same rows. Arguments are those of `fit`; y is not read. */
  async fitPredict(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<number[]> {
    await this.fit(X, y, options);
    return this.predict(X);
  }
}

/** The scores of the training rows in float64, by the ops that `lower` adds. */
export async function trainingScores(
  { x, columns, cancel, signal }: FitInput,
  lower: (plan: PlanBuilder, x: Slot) => Slot,
): Promise<FloatArray> {
  const wide = toShared(await x.astypeAsync('float64', { signal }));
  return (await applyOps(wide, Schema.named(columns), lower, cancel)).data;
}

/** The score that the share `contamination` of training rows lies below: linear between order statistics, as NumPy's percentile. */
export async function scoreLimit(
  scores: FloatArray,
  contamination: number,
  cancel: CancelHandle | null,
): Promise<number> {
  const share = Float64Array.of(contamination);
  const [limit] = await native.columnQuantiles(scores, scores.length, 1, share, 'linear', cancel);
  return limit;
}
