/**
 * How well clusters agree with known classes, as scikit-learn 1.9 defines it. The names of clusters do not matter. Classes and
 * clusters may be swapped, but for homogeneity and completeness, which swap with them.
 */
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { type Contingency, contingencyOf, pairConfusionMatrix } from './contingency.js';
import { checkChoice, encodeClasses, type Labels } from './input.js';

/** Beyond so many rows the logarithms of factorials lose the digits that their differences need. */
const MOST_ROWS = 2 ** 28;

/** Factorials that are kept in a table. */
const MOST_KEPT = 1 << 16;

/** How the entropies of two groupings become one. */
export type EntropyAverage = 'min' | 'geometric' | 'arithmetic' | 'max';

/** Homogeneity, completeness and their mean. */
export interface HomogeneityScores {
  /** 1 when every cluster holds rows of one class only. */
  readonly homogeneity: number;
  /** 1 when all rows of a class are in one cluster. */
  readonly completeness: number;
  /** Their weighted harmonic mean. */
  readonly vMeasure: number;
}

/**
 * The share of pairs of rows that both groupings treat alike (Rand 1971).
 *
 * @param labelsTrue - the class of each row
 * @param labelsPred - the cluster of each row
 * @returns 0 to 1, 1 for equal groupings
 * @throws {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { randScore } from 'boreal';
 * randScore([0, 0, 1, 1], [1, 1, 0, 0]); // 1
 * ```
 */
export function randScore(labelsTrue: Labels, labelsPred: Labels): number {
  const [[apart, predOnly], [trueOnly, both]] = pairConfusionMatrix(labelsTrue, labelsPred);
  const all = apart + predOnly + trueOnly + both;
  return all === 0 || apart + both === all ? 1 : (apart + both) / all;
}

/**
 * The Rand index corrected for chance (Hubert and Arabie 1985).
 *
 * @returns at most 1; 0 on average for random groupings, at least -0.5
 * @throws {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { adjustedRandScore } from 'boreal';
 * adjustedRandScore([0, 0, 1, 2], [0, 0, 1, 1]); // 0.5714285714285714
 * ```
 */
export function adjustedRandScore(labelsTrue: Labels, labelsPred: Labels): number {
  const [[apart, predOnly], [trueOnly, both]] = pairConfusionMatrix(labelsTrue, labelsPred);
  if (trueOnly === 0 && predOnly === 0) return 1;
  const chance = (both + trueOnly) * (trueOnly + apart) + (both + predOnly) * (predOnly + apart);
  return (2 * (both * apart - trueOnly * predOnly)) / chance;
}

/**
 * The entropy of a grouping, in nats: 0 where all rows are in one group.
 *
 * Differs from scikit-learn: no labels at all are an error, where it gives 1.
 *
 * @param labels - the group of each row
 * @returns 0 to the logarithm of the number of groups
 * @throws {ERR_EMPTY | ERR_LABELS} for labels that name no groups
 * @example
 * ```ts
 * import { entropy } from 'boreal';
 * entropy(['a', 'b', 'b', 'a']); // 0.6931471805599453
 * ```
 */
export function entropy(labels: Labels): number {
  const { classes, codes } = encodeClasses(labels, 'labels');
  if (codes.length === 0) throw new ValidationError('ERR_EMPTY', 'entropy: there are no labels.');
  const sums = new Float64Array(classes.length);
  for (const code of codes) sums[code] += 1;
  return entropyOf(sums, codes.length);
}

function entropyOf(sums: Float64Array, rows: number): number {
  if (sums.length === 1) return 0;
  return -sums.reduce((total, n) => total + (n / rows) * (Math.log(n) - Math.log(rows)), 0);
}

function mutualInfoOf({ rows, counts, classOf, clusterOf, classSums, clusterSums }: Contingency): number {
  let sum = 0;
  counts.forEach((count, k) => {
    const outer = classSums[classOf[k]] * clusterSums[clusterOf[k]];
    const term = (count / rows) * (Math.log(count) - Math.log(outer) + Math.log(rows));
    if (Math.abs(term) >= Number.EPSILON) sum += term;
  });
  return Math.max(sum, 0);
}

/**
 * The mutual information of two groupings, in nats: what knowing one says about the other.
 *
 * @returns 0 or more; the entropy of the grouping for equal ones
 * @throws {ERR_SHAPE} when lengths differ
 */
export function mutualInfoScore(labelsTrue: Labels, labelsPred: Labels): number {
  return mutualInfoOf(contingencyOf(labelsTrue, labelsPred));
}

function averageOf(a: number, b: number, method: EntropyAverage): number {
  if (method === 'min') return Math.min(a, b);
  if (method === 'max') return Math.max(a, b);
  return method === 'geometric' ? Math.sqrt(a * b) : (a + b) / 2;
}

function checkedAverage(options: { averageMethod?: EntropyAverage }): EntropyAverage {
  requireOptions(options);
  const method = options.averageMethod ?? 'arithmetic';
  checkChoice('averageMethod', method, ['min', 'geometric', 'arithmetic', 'max']);
  return method;
}

/**
 * The mutual information as a share of the mean entropy of the groupings.
 *
 * @param options - `averageMethod`: how the entropies become one. Default 'arithmetic'
 * @returns 0 to 1, 1 for equal groupings
 * @throws {ERR_SHAPE} when lengths differ; {ERR_PARAMETER} for an unknown averageMethod
 * @example
 * ```ts
 * import { normalizedMutualInfoScore } from 'boreal';
 * normalizedMutualInfoScore([0, 0, 1, 1], ['b', 'b', 'a', 'a']); // 1
 * ```
 */
export function normalizedMutualInfoScore(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { averageMethod?: EntropyAverage } = {},
): number {
  const method = checkedAverage(options);
  const table = contingencyOf(labelsTrue, labelsPred);
  if (table.classSums.length === 1 && table.clusterSums.length === 1) return 1;
  const information = mutualInfoOf(table);
  if (information <= Number.EPSILON) return 0;
  const entropies = [table.classSums, table.clusterSums].map((sums) => entropyOf(sums, table.rows));
  return information / averageOf(entropies[0], entropies[1], method);
}

/** log n! for n from 0 to `most`, summed with compensation (Kahan 1965). */
function logFactorials(most: number): Float64Array {
  const table = new Float64Array(most + 1);
  let sum = 0;
  let lost = 0;
  for (let n = 1; n <= most; n++) {
    const term = Math.log(n) - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
    table[n] = sum;
  }
  return table;
}

/** log n! for n from 0 to `most`: from a table, and beyond it by Stirling's series. */
function logFactorial(most: number): (n: number) => number {
  const table = logFactorials(Math.min(most, MOST_KEPT));
  const root = Math.log(2 * Math.PI) / 2;
  return (n) => {
    if (n < table.length) return table[n];
    return (n + 0.5) * Math.log(n) - n + root + (1 / 12 - 1 / (360 * n * n)) / n;
  };
}

/** The mutual information that groupings of these sizes have by chance: Vinh, Epps and Bailey (2009), equation 24a. */
function expectedInfo({
  rows,
  classSums,
  clusterSums,
}: Pick<Contingency, 'rows' | 'classSums' | 'clusterSums'>): number {
  if (classSums.length === 1 || clusterSums.length === 1) return 0;
  const factorial = logFactorial(rows);
  let expected = 0;
  for (const a of classSums) {
    for (const b of clusterSums) {
      const fixed = factorial(a) + factorial(b) + factorial(rows - a) + factorial(rows - b) - factorial(rows);
      for (let n = Math.max(1, a + b - rows); n <= Math.min(a, b); n++) {
        const ways = fixed - factorial(n) - factorial(a - n) - factorial(b - n) - factorial(rows - a - b + n);
        expected += (n / rows) * (Math.log(rows) + Math.log(n) - Math.log(a) - Math.log(b)) * Math.exp(ways);
      }
    }
  }
  return expected;
}

/**
 * The mutual information that two groupings have on average if rows are dealt to groups of the same sizes by chance (Vinh, Epps
 * and Bailey 2009): what {@link adjustedMutualInfoScore} takes off.
 *
 * Differs from scikit-learn: the number of rows is the sum of the counts.
 *
 * @param contingency - counts of rows by class and cluster, as of {@link contingencyMatrix}
 * @returns 0 or more, in nats
 * @throws {ERR_PARAMETER} for counts that are no whole numbers >= 0, are all 0, or are of more than 2^28 rows
 * @example
 * ```ts
 * import { contingencyMatrix, expectedMutualInformation } from 'boreal';
 * expectedMutualInformation(contingencyMatrix([0, 0, 1, 1], [0, 1, 1, 1])) > 0; // true
 * ```
 */
export function expectedMutualInformation(contingency: NumericMatrixLike): number {
  const counts = Matrix.from(contingency).astype('float64');
  const classSums = counts.sum(1).data as Float64Array;
  const clusterSums = counts.sum(0).data as Float64Array;
  const rows = classSums.reduce((total, n) => total + n, 0);
  if (!counts.data.every((n) => Number.isSafeInteger(n) && n >= 0) || !(rows > 0 && rows <= MOST_ROWS)) {
    const message = `counts must be whole numbers >= 0, not all 0, and of at most ${MOST_ROWS} rows together`;
    throw new ValidationError('ERR_PARAMETER', `expectedMutualInformation: ${message}.`);
  }
  return expectedInfo({ rows, classSums, clusterSums });
}

/** Keeps a number its sign, but away from 0. */
const offZero = (value: number) =>
  value < 0 ? Math.min(value, -Number.EPSILON) : Math.max(value, Number.EPSILON);

/**
 * The normalized mutual information corrected for chance (Vinh, Epps and Bailey 2009): groupings of many small clusters gain
 * nothing.
 *
 * @param options - `averageMethod`, see {@link normalizedMutualInfoScore}
 * @returns at most 1; 0 on average for random groupings
 * @throws {ERR_SHAPE} when lengths differ; {ERR_PARAMETER} for an unknown averageMethod
 * @example
 * ```ts
 * import { adjustedMutualInfoScore } from 'boreal';
 * adjustedMutualInfoScore([0, 0, 0, 0], [0, 1, 2, 3]); // 0
 * ```
 */
export function adjustedMutualInfoScore(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { averageMethod?: EntropyAverage } = {},
): number {
  const method = checkedAverage(options);
  const table = contingencyOf(labelsTrue, labelsPred);
  const { rows, classSums, clusterSums } = table;
  if (classSums.length === 1 && clusterSums.length === 1) return 1;
  if (classSums.length === 1 || clusterSums.length === 1) return 0;
  const expected = expectedInfo(table);
  const most = averageOf(entropyOf(classSums, rows), entropyOf(clusterSums, rows), method);
  return offZero(mutualInfoOf(table) - expected) / offZero(most - expected);
}

/**
 * Homogeneity, completeness and V-measure at once (Rosenberg and Hirschberg 2007).
 *
 * @param options - `beta`: above 1 completeness counts more. Default 1
 * @throws {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { homogeneityCompletenessVMeasure } from 'boreal';
 * homogeneityCompletenessVMeasure([0, 0, 1, 1], [0, 1, 2, 2]).homogeneity; // 1
 * ```
 */
export function homogeneityCompletenessVMeasure(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { beta?: number } = {},
): HomogeneityScores {
  requireOptions(options);
  const { beta = 1 } = options;
  const table = contingencyOf(labelsTrue, labelsPred);
  const information = mutualInfoOf(table);
  const [ofClasses, ofClusters] = [table.classSums, table.clusterSums].map((s) => entropyOf(s, table.rows));
  const homogeneity = ofClasses > 0 ? information / ofClasses : 1;
  const completeness = ofClusters > 0 ? information / ofClusters : 1;
  const sum = homogeneity + completeness;
  const vMeasure =
    sum === 0 ? 0 : ((1 + beta) * homogeneity * completeness) / (beta * homogeneity + completeness);
  return { homogeneity, completeness, vMeasure };
}

/** Whether clusters hold rows of one class only: 0 to 1. See {@link homogeneityCompletenessVMeasure}. */
export function homogeneityScore(labelsTrue: Labels, labelsPred: Labels): number {
  return homogeneityCompletenessVMeasure(labelsTrue, labelsPred).homogeneity;
}

/** Whether the rows of a class are in one cluster: 0 to 1. See {@link homogeneityCompletenessVMeasure}. */
export function completenessScore(labelsTrue: Labels, labelsPred: Labels): number {
  return homogeneityCompletenessVMeasure(labelsTrue, labelsPred).completeness;
}

/** The harmonic mean of homogeneity and completeness. See {@link homogeneityCompletenessVMeasure}. */
export function vMeasureScore(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { beta?: number } = {},
): number {
  return homogeneityCompletenessVMeasure(labelsTrue, labelsPred, options).vMeasure;
}

/**
 * The geometric mean of precision and recall over pairs of rows (Fowlkes and Mallows 1983).
 *
 * @returns 0 to 1, 1 for equal groupings
 * @throws {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { fowlkesMallowsScore } from 'boreal';
 * fowlkesMallowsScore([0, 0, 1, 1], [0, 0, 1, 1]); // 1
 * ```
 */
export function fowlkesMallowsScore(labelsTrue: Labels, labelsPred: Labels): number {
  const { rows, counts, classSums, clusterSums } = contingencyOf(labelsTrue, labelsPred);
  const pairs = (sums: Float64Array) => sums.reduce((total, n) => total + n * n, 0) - rows;
  const both = pairs(counts);
  return both === 0 ? 0 : Math.sqrt(both / pairs(clusterSums)) * Math.sqrt(both / pairs(classSums));
}
