/** How much each column tells of the target, whatever the form of their relation. */
import { withCancel } from '../core/cancellation.js';
import { checkFinite } from '../core/input-checks.js';
import { encodeLabels, encodeTargets } from '../core/labels.js';
import type { Matrix, NumericMatrixLike } from '../core/matrix.js';
import { checkParams, custom, int, type Rule, requireOptions } from '../core/params.js';
import { Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { type FeatureScores, ownNumbers, type ScoreFunctionOptions } from './score-functions.js';

/** Options of {@link mutualInfoClassif} and {@link mutualInfoRegression}. */
export interface MutualInfoOptions extends ScoreFunctionOptions {
  /** Neighbours that densities are read from, >= 1: more vary less, but are further away. Default 3. */
  readonly nNeighbors?: number;
  /** Which columns hold labels rather than measures: all or none, one boolean a column, or the places of those. Default false. */
  readonly discreteFeatures?: boolean | readonly boolean[] | readonly number[];
  /** Seed of the noise that tells equal measures apart, 32 bits. Default 0. */
  readonly randomState?: number;
}

const discrete: Rule = custom('true, false, or a list of booleans or of places', (v) => {
  return typeof v === 'boolean' || Array.isArray(v);
});

/**
 * The mutual information of each column and a class, in nats: 0 where they are independent. Columns of measures are compared by the
 * distances of neighbours (Ross 2014, "Mutual information between discrete and continuous data sets"), those of labels by counts.
 *
 * Differs from scikit-learn: the result has the form of other scores, with `pValues: null`; the noise, a 1e-10th of a column, is
 * another and the same each time; columns count as measures unless told otherwise, sparse rows are not taken.
 *
 * @param X - [rows, columns], more rows than neighbours
 * @param y - labels
 * @throws {ERR_PARAMETER | ERR_LABELS | ERR_SHAPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_ABORTED}
 * @example
 * ```ts
 * import { loadIris, mutualInfoClassif } from 'boreal';
 * const { data, target } = loadIris();
 * const { scores } = await mutualInfoClassif(data, target);
 * scores[2] > scores[1]; // true
 * ```
 */
export async function mutualInfoClassif(
  X: NumericMatrixLike,
  y: ArrayLike<unknown>,
  options: MutualInfoOptions = {},
): Promise<FeatureScores> {
  const x = await ownNumbers(X, options);
  return information(x, Float64Array.from(encodeLabels(y, x.rows).codes), true, options);
}

/** {@link mutualInfoClassif} by a shorter name. */
export const mutualInfo: typeof mutualInfoClassif = mutualInfoClassif;

/**
 * The mutual information of each column and a number, in nats: 0 where they are independent. Columns of measures are compared by
 * the distances of neighbours (Kraskov, Stoegbauer and Grassberger 2004, "Estimating mutual information"), those of labels as by
 * {@link mutualInfoClassif}, from which it differs in nothing else.
 *
 * @param X - [rows, columns], more rows than neighbours
 * @param y - numbers
 * @throws {ERR_PARAMETER | ERR_DTYPE | ERR_SHAPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_ABORTED}
 * @example
 * ```ts
 * import { mutualInfoRegression } from 'boreal';
 * const x = Array.from({ length: 40 }, (_, i) => [Math.sin(i), (i * 7) % 5]);
 * const { scores } = await mutualInfoRegression(x, x.map(([value]) => value ** 2));
 * scores[0] > scores[1]; // true
 * ```
 */
export async function mutualInfoRegression(
  X: NumericMatrixLike,
  y: ArrayLike<unknown>,
  options: MutualInfoOptions = {},
): Promise<FeatureScores> {
  const x = await ownNumbers(X, options);
  return information(x, encodeTargets(y, x.rows), false, options);
}

async function information(
  x: Matrix,
  y: Float64Array,
  discreteTarget: boolean,
  options: MutualInfoOptions,
): Promise<FeatureScores> {
  requireOptions(options);
  const { nNeighbors = 3, discreteFeatures = false, randomState = 0, signal, ...unknown } = options;
  checkParams(
    discreteTarget ? 'mutualInfoClassif' : 'mutualInfoRegression',
    { ...unknown, nNeighbors, discreteFeatures, randomState },
    { nNeighbors: int(1, 0x7fff_ffff), discreteFeatures: discrete, randomState: int(0, 0xffff_ffff) },
  );
  checkFinite(x, Schema.unnamed(x.cols).columns, false);
  const { data, rows, cols } = x;
  const mask = maskOf(discreteFeatures, cols);
  const spec = { nNeighbors, discreteTarget, seed: randomState };
  const scores = await withCancel(signal, (cancel) =>
    native.mutualInformation(data, rows, cols, y, mask, spec, cancel),
  );
  return { scores, pValues: null };
}

/** 1 for columns of labels. */
function maskOf(given: boolean | readonly boolean[] | readonly number[], cols: number): Uint8Array {
  if (typeof given === 'boolean') return new Uint8Array(cols).fill(given ? 1 : 0);
  const isMask = given.length === cols && given.every((one) => typeof one === 'boolean');
  if (isMask) return Uint8Array.from(given, Number);
  const mask = new Uint8Array(cols);
  for (const j of given) {
    if (!Number.isInteger(j) || (j as number) < 0 || (j as number) >= cols) {
      const message = `discreteFeatures: ${String(j)} is no column of ${cols}; give one boolean for each, or places.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    mask[j as number] = 1;
  }
  return mask;
}
