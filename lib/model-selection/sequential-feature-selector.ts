/** Columns added, or taken away, one at a time by what cross-validation says. */

import { takeColumns } from '../core/columns.js';
import type { Estimator } from '../core/estimator.js';
import { type FitInput, reportProgress, requireY } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { either, int, nothing, oneOf, type Rules, real, uint8s } from '../core/params.js';
import { runAll } from '../core/run-all.js';
import { trainingTable } from '../core/training-table.js';
import { ValidationError } from '../errors.js';
import { FeatureSelector, type SelectorState } from '../feature-selection/selector.js';
import { type FoldOptions, foldData } from './folds.js';
import { predictorRule, scoringRule } from './rules.js';
import { type CrossValidationModel, resolveScorers, type SingleScoring } from './scoring.js';

/** Parameters of {@link SequentialFeatureSelector}. */
export interface SequentialFeatureSelectorParams {
  /** A classifier or a regressor. */
  estimator: Estimator;
  /** How many columns stay: a whole number, a share in (0, 1), or 'auto': by `tol`, or half of them. Default 'auto'. */
  nFeaturesToSelect: 'auto' | number;
  /** With 'auto': stop when the score gains less than this; below 0 for 'backward'. Default null. */
  tol: number | null;
  /** Begin with no column and add, or with all and take away. Default 'forward'. */
  direction: 'forward' | 'backward';
  /** A scorer or its name; null: the estimator's own `score`. Default null. */
  scoring: SingleScoring | null;
  /** Folds, as in {@link crossValidate}. Default 5. */
  cv: NonNullable<FoldOptions['cv']>;
}

/**
 * Greedy selection (Ferri, Pudil, Hatef and Kittler 1994): each round tries every column that could be added (or taken away) and
 * keeps the change with the best mean score over the folds, of equals the first.
 *
 * Differs from scikit-learn: all fits of a round share the threads, so that there is no `nJobs`; folds are dealt once for all
 * candidates.
 *
 * @example
 * ```ts
 * import { loadIris, LogisticRegression, SequentialFeatureSelector } from 'boreal';
 * const { data, target } = loadIris();
 * const selector = new SequentialFeatureSelector(new LogisticRegression(), { nFeaturesToSelect: 1, cv: 3 });
 * (await selector.fit(data, target)).selected; // [3]
 * ```
 */
export class SequentialFeatureSelector extends FeatureSelector<
  SequentialFeatureSelectorParams,
  SelectorState
> {
  /** @param estimator - cloned for each fit, and left as it is */
  constructor(
    estimator: Estimator,
    options: Partial<Omit<SequentialFeatureSelectorParams, 'estimator'>> = {},
  ) {
    super({
      ...{ nFeaturesToSelect: 'auto', tol: null, direction: 'forward', scoring: null, cv: 5 },
      ...options,
      estimator,
    });
  }

  static override fromParams({ estimator, ...options }: SequentialFeatureSelectorParams) {
    return new SequentialFeatureSelector(estimator, options);
  }

  override get tags() {
    return { ...super.tags, takesGroups: true };
  }

  get rules(): Rules<SequentialFeatureSelectorParams> {
    return {
      estimator: predictorRule,
      nFeaturesToSelect: either(oneOf('auto'), int(1), real(0, 1, 'both')),
      tol: either(nothing, real()),
      direction: oneOf('forward', 'backward'),
      scoring: scoringRule,
      cv: cvRule,
    };
  }

  get stateRules(): Rules<SelectorState> {
    return { support: uint8s() };
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator, scoring, tol, direction } = this.params;
    estimator.checkParams();
    resolveScorers(scoring ?? undefined);
    if (direction === 'forward' && tol !== null && tol < 0) {
      throw new ValidationError(
        'ERR_PARAMETER',
        "SequentialFeatureSelector: tol must be >= 0 with direction 'forward'.",
      );
    }
  }

  protected async fitState(input: FitInput): Promise<SelectorState> {
    const { cols } = input.x;
    const { direction, tol, nFeaturesToSelect } = this.params;
    const wanted = this.#wanted(cols);
    const byGain = nFeaturesToSelect === 'auto' && tol !== null;
    const rounds = direction === 'forward' ? wanted : cols - wanted;
    const evaluate = this.#evaluator(input);
    const progress = reportProgress(input, this);
    const changed: number[] = [];
    let last = -Infinity;
    for (let round = 0; round < rounds; round++) {
      const open = Array.from({ length: cols }, (_, j) => j).filter((j) => !changed.includes(j));
      const candidates = open.map((j) => {
        const own = [...changed, j].sort((a, b) => a - b);
        return direction === 'forward' ? own : open.filter((other) => other !== j);
      });
      const scores = await evaluate(candidates);
      let best = 0;
      scores.forEach((score, k) => {
        if (score > scores[best]) best = k;
      });
      if (byGain && scores[best] - last < tol) break;
      last = scores[best];
      changed.push(open[best]);
      progress?.(round + 1, rounds);
    }
    const support = new Uint8Array(cols).fill(direction === 'forward' ? 0 : 1);
    for (const j of changed) support[j] = direction === 'forward' ? 1 : 0;
    return { support };
  }

  #wanted(cols: number): number {
    const { nFeaturesToSelect, tol, direction } = this.params;
    if (cols < 2) {
      throw new ValidationError('ERR_SHAPE', 'SequentialFeatureSelector needs at least two columns.');
    }
    if (nFeaturesToSelect === 'auto') {
      if (tol !== null) return direction === 'forward' ? cols - 1 : 1;
      return Math.floor(cols / 2);
    }
    const wanted =
      nFeaturesToSelect < 1 ? Math.max(1, Math.floor(cols * nFeaturesToSelect)) : nFeaturesToSelect;
    if (wanted < cols) return wanted;
    throw new ValidationError(
      'ERR_PARAMETER',
      `SequentialFeatureSelector: nFeaturesToSelect is ${wanted}, which must be less than the ${cols} columns.`,
    );
  }

  /** The mean score over the folds of each set of columns. */
  #evaluator(input: FitInput): (candidates: readonly number[][]) => Promise<number[]> {
    const { estimator, scoring, cv } = this.params;
    const { sampleWeight, signal, groups } = input;
    const [{ score }] = resolveScorers(scoring ?? undefined);
    const y = input.y === undefined ? undefined : requireY(input);
    const { folds, part } = foldData(estimator, trainingTable(input), y, {
      ...{ cv, groups },
      sampleWeight: sampleWeight ?? undefined,
    });
    const parts = folds.map(({ train, test }) => ({ train: part(train), test: part(test) }));
    return async (candidates) => {
      const tasks = candidates.flatMap((columns) => parts.map((fold) => ({ columns, ...fold })));
      const scores = await runAll(tasks, signal, async ({ columns, train, test }, stop) => {
        const model = estimator.clone() as CrossValidationModel;
        const options = { sampleWeight: train.sampleWeight, signal: stop };
        await model.fit(takeColumns(train.X, columns), train.y, options);
        return score(model, { ...test, X: takeColumns(test.X, columns) });
      });
      return candidates.map((_, k) => {
        const own = scores.slice(k * parts.length, (k + 1) * parts.length);
        return own.reduce((sum, value) => sum + value, 0) / own.length;
      });
    };
  }
}
