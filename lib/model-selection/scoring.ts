/** What models are scored by in cross-validation and searches. */
import { isScored, noScore } from '../core/score.js';
import { ValidationError } from '../errors.js';
import { getScorer, type ScoredModel, type Scorer, type ScorerName } from '../metrics/scorers.js';
import type { FoldPart } from './folds.js';

/** What cross-validation and searches work on. */
export type CrossValidationModel = ScoredModel;

/** One scorer: a name, or a function of your own. */
export type SingleScoring = ScorerName | Scorer;
/** Several scorers under names of your own. */
export type NamedScoring<Name extends string = string> = Readonly<Record<Name, SingleScoring>>;
/** One scorer, several by name, or several under names of your own. */
export type Scoring = SingleScoring | readonly ScorerName[] | NamedScoring;

type ModelScorer = (model: CrossValidationModel, part: FoldPart) => Promise<number>;
/** A scorer under the name of its results. */
export interface NamedScorer {
  readonly name: string;
  readonly score: ModelScorer;
}

/** Whether results have no names of their own. */
export function isSingle(scoring: Scoring | undefined): scoring is ScorerName | Scorer | undefined {
  return scoring === undefined || typeof scoring === 'string' || typeof scoring === 'function';
}

/**
 * The scorers that are meant; one alone is called 'score'.
 *
 * @throws {ERR_PARAMETER} for a name that no scorer has, or none at all
 */
export function resolveScorers(scoring: Scoring | undefined): NamedScorer[] {
  if (scoring === undefined) {
    return [{ name: 'score', score: ownScore }];
  }
  if (isSingle(scoring)) return [namedScorer('score', scoring)];
  const named = Array.isArray(scoring)
    ? scoring.map((name: ScorerName) => namedScorer(name, name))
    : Object.entries(scoring ?? {}).map(([name, scorer]) => namedScorer(name, scorer));
  if (named.length === 0) throw new ValidationError('ERR_PARAMETER', 'scoring names no scorer.');
  return named;
}

const ownScore: ModelScorer = (model, { X, y, sampleWeight }) => {
  if (isScored(model)) return model.score(X, y, { sampleWeight });
  throw noScore(model);
};

function namedScorer(name: string, scoring: ScorerName | Scorer): NamedScorer {
  const scorer = getScorer(scoring);
  return { name, score: (model, { X, y, sampleWeight }) => scorer(model, X, y, { sampleWeight }) };
}

/** The scores of a model on some rows, one by one; `rescue` gives that of a scorer that fails, or throws. */
export async function scoreAll(
  scorers: readonly NamedScorer[],
  model: CrossValidationModel,
  part: FoldPart,
  rescue: (error: unknown) => number,
): Promise<number[]> {
  const scores: number[] = [];
  for (const { score } of scorers) {
    try {
      scores.push(await score(model, part));
    } catch (error) {
      scores.push(rescue(error));
    }
  }
  return scores;
}
