/** Which columns stay by their scores, or by the probabilities of these. */
import { quantile } from '../core/quantiles.js';
import { ValidationError } from '../errors.js';
import type { FeatureScores } from './score-functions.js';
import { highest } from './selector.js';

/** How selectors by score choose: 1 for columns that stay. `owner` is named in errors. */
export type Choice = (owner: object, scored: FeatureScores, param: number | 'all') => Uint8Array;

/** The so many with the highest scores, or all there are. */
const kBest: Choice = (_owner, { scores }, k) => highest(scores, k === 'all' ? scores.length : k);

/** So many of 100. */
const percentile: Choice = (_owner, { scores }, share) => {
  if (share === 100 || share === 'all') return new Uint8Array(scores.length).fill(1);
  const known = scores.map((score) => (Number.isNaN(score) ? -Number.MAX_VALUE : score));
  const threshold = quantile(known.slice().sort(), 1 - share / 100);
  const support = Uint8Array.from(known, (score) => (score > threshold ? 1 : 0));
  const kept = support.reduce((sum, one) => sum + one, 0);
  let free = Math.max(Math.floor((scores.length * share) / 100), 1) - kept;
  known.forEach((score, j) => {
    if (score === threshold && free-- > 0) support[j] = 1;
  });
  return support;
};

/** Those whose score comes about by chance less often than alpha. */
const fpr: Choice = (owner, scored, alpha) => {
  return Uint8Array.from(pValuesOf(owner, scored), (p) => (p < Number(alpha) ? 1 : 0));
};

/** As many as can stay with alpha of them expected to be there by chance (Benjamini and Hochberg, 1995). */
const fdr: Choice = (owner, scored, alpha) => {
  const pValues = pValuesOf(owner, scored);
  const sorted = pValues.filter((p) => !Number.isNaN(p)).sort();
  const last = sorted.findLastIndex((p, k) => p <= (Number(alpha) / pValues.length) * (k + 1));
  return Uint8Array.from(pValues, (p) => (last >= 0 && p <= sorted[last] ? 1 : 0));
};

/** Those that stay with a chance below alpha that any is there by chance (Bonferroni). */
const fwe: Choice = (owner, scored, alpha) => {
  return Uint8Array.from(pValuesOf(owner, scored), (p) => (p < Number(alpha) / scored.scores.length ? 1 : 0));
};

/** All choices by name. */
export const CHOICES = { kBest, percentile, fpr, fdr, fwe };

function pValuesOf(owner: object, { pValues }: FeatureScores): Float64Array {
  if (pValues !== null) return pValues;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} chooses by probabilities, which its scoreFunc does not give.`,
  );
}
