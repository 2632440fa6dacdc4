/** Models that are fitted on some rows and scored on others: what searches, curves and tests are made of. */

import type { Device } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { Fold } from '../core/k-fold.js';
import { runAll } from '../core/run-all.js';
import { columnsOf, type FoldData, type FoldPart } from './folds.js';
import type { ParamSet } from './parameter-grid.js';
import { type CrossValidationModel, type NamedScorer, scoreAll } from './scoring.js';
import type { Outcome } from './search-results.js';

/** One fit, and its scores. */
export interface Trial {
  /** Cloned, and left as it is. */
  readonly model: Estimator;
  readonly fold: Fold;
  readonly part: FoldData['part'];
}

/** How trials are scored. */
export interface TrialOptions {
  readonly scorers: readonly NamedScorer[];
  /** Score the training rows, too. */
  readonly returnTrainScore: boolean;
  /** What a scorer gives that fails, and each of a model whose fit fails; 'raise': all trials end. */
  readonly errorScore: 'raise' | number;
  /** Where models are trained. */
  readonly device: Device | undefined;
}

/** The outcome of one trial. @throws whatever its fit and scorers throw, with `errorScore` 'raise' */
export function runTrial(
  { model, fold, part }: Trial,
  options: TrialOptions,
  stop: AbortSignal,
): Promise<Outcome> {
  const one = model.clone() as CrossValidationModel;
  const columns = columnsOf(one, fold);
  const train = part(fold.train, columns);
  const { device } = options;
  const fit = () => one.fit(train.X, train.y, { sampleWeight: train.sampleWeight, signal: stop, device });
  const sets: ScoredSets = {
    train: (score) => score(train),
    test: (score) => score(part(fold.test, columns)),
  };
  return measure(one, fit, sets, options, stop);
}

type Score = (part: FoldPart) => Promise<number[]>;

/** Hand the rows of a fold to what scores a model on them. */
export interface ScoredSets {
  train(score: Score): Promise<number[]>;
  test(score: Score): Promise<number[]>;
}

/** What a model scores after a step of its training, and how long that took. @throws as {@link runTrial} */
export async function measure(
  model: CrossValidationModel,
  learn: () => Promise<unknown>,
  sets: ScoredSets,
  { scorers, returnTrainScore, errorScore }: Omit<TrialOptions, 'device'>,
  stop: AbortSignal,
): Promise<Outcome> {
  const rescue = (error: unknown) => {
    stop.throwIfAborted();
    if (errorScore === 'raise') throw error;
    return errorScore;
  };
  const score: Score = (part) => scoreAll(scorers, model, part, rescue);
  const started = performance.now();
  try {
    await learn();
  } catch (error) {
    const scores = new Array<number>(scorers.length).fill(rescue(error));
    const fitTime = performance.now() - started;
    return { test: scores, train: returnTrainScore ? scores : [], fitTime, scoreTime: 0, failure: { error } };
  }
  const fitted = performance.now();
  const test = await sets.test(score);
  const scored = performance.now();
  const train = returnTrainScore ? await sets.train(score) : [];
  return { test, train, fitTime: fitted - started, scoreTime: scored - fitted };
}

/** Refuses outcomes of which nothing was fitted. @throws the error of the first */
export function requireFit(outcomes: readonly Outcome[]): void {
  const [first] = outcomes;
  if (first?.failure && outcomes.every(({ failure }) => failure)) throw first.failure.error;
}

/** The outcomes of all trials, as many at a time as the native pool has threads. */
export function runTrials(
  trials: readonly Trial[],
  options: TrialOptions,
  signal: AbortSignal | undefined,
  onDone: () => void,
): Promise<Outcome[]> {
  return runAll(trials, signal, async (trial, stop) => {
    const outcome = await runTrial(trial, options, stop);
    // A trial that was done when another one stopped the rest is not reported.
    stop.throwIfAborted();
    onDone();
    return outcome;
  });
}

/** A clone with other parameters; estimators among them are cloned, too. */
export function withParams<M extends Estimator>(estimator: M, params: ParamSet): M {
  const values = Object.entries(params).map(([name, value]) => [
    name,
    value instanceof Estimator ? value.clone() : value,
  ]);
  return estimator.clone().setParams(Object.fromEntries(values));
}
