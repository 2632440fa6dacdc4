/** The table of a search: what each set of parameters was, and how it did. */
import type { ParamSet } from './parameter-grid.js';

/**
 * Columns with one value per candidate, under scikit-learn's names in camelCase: `param_` and a name for each parameter (null where
 * a candidate does not set it), `split0TestScore` and so on, `meanTestScore`, `stdTestScore`, `rankTestScore` (1 is best),
 * `meanFitTime`, `stdFitTime`, `meanScoreTime`, `stdScoreTime` (milliseconds, which are not saved); with `returnTrainScore` the same of `Train`. With
 * several scorers `Score` is the name of each, as in `meanTestAccuracy`.
 */
export interface SearchResults {
  /** The parameters of each candidate. */
  readonly params: readonly ParamSet[];
  readonly [column: string]: ArrayLike<unknown>;
}

/** How one candidate did on one fold. */
export interface Outcome {
  /** One by scorer. */
  readonly test: readonly number[];
  /** One by scorer; empty unless asked for. */
  readonly train: readonly number[];
  /** Milliseconds. */
  readonly fitTime: number;
  /** Milliseconds. */
  readonly scoreTime: number;
  /** Why the fit failed, where it did. */
  readonly failure?: { readonly error: unknown };
}

/**
 * Makes the table.
 *
 * @param outcomes - by candidate, then by fold
 * @param scorers - the names of the scorers, in the order of the scores
 */
export function tabulate(
  candidates: readonly ParamSet[],
  outcomes: readonly (readonly Outcome[])[],
  scorers: readonly string[],
): SearchResults {
  const columns: Record<string, ArrayLike<unknown>> = {};
  for (const name of new Set(candidates.flatMap(Object.keys)))
    columns[`param_${name}`] = candidates.map((params) => params[name] ?? null);
  const hasTrain = outcomes[0][0].train.length > 0;
  scorers.forEach((scorer, s) => {
    for (const part of hasTrain ? (['test', 'train'] as const) : (['test'] as const)) {
      const name = `${capital(part)}${capital(scorer)}`;
      const values = outcomes.map((folds) => folds.map((outcome) => outcome[part][s]));
      Object.assign(columns, summary(name, values));
      for (let fold = 0; fold < values[0].length; fold++)
        columns[`split${fold}${name}`] = Float64Array.from(values, (scores) => scores[fold]);
    }
    const test = capital(scorer);
    columns[`rankTest${test}`] = ranks(columns[`meanTest${test}`] as Float64Array);
  });
  return { ...columns, params: candidates };
}

/** The columns of times, which differ from run to run. */
export function tabulateTimes(outcomes: readonly (readonly Outcome[])[]): Record<string, Float64Array> {
  const of = (pick: (outcome: Outcome) => number) => outcomes.map((folds) => folds.map(pick));
  return {
    ...summary(
      'FitTime',
      of(({ fitTime }) => fitTime),
    ),
    ...summary(
      'ScoreTime',
      of(({ scoreTime }) => scoreTime),
    ),
  };
}

function summary(name: string, values: readonly number[][]): Record<string, Float64Array> {
  return {
    [`mean${name}`]: Float64Array.from(values, mean),
    [`std${name}`]: Float64Array.from(values, deviation),
  };
}

/** 'accuracy' -> 'Accuracy'. */
export function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/** 1 for the highest; equals share the best of their ranks, and NaN is last. */
function ranks(scores: Float64Array): Int32Array {
  const known = scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  const descending = known.slice().sort().reverse();
  const first = new Map<number, number>();
  descending.forEach((score, k) => {
    if (!first.has(score)) first.set(score, k + 1);
  });
  return Int32Array.from(known, (score) => first.get(score)!);
}
