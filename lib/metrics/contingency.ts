/** Counts of rows by class and cluster, which all comparisons of two groupings start from. */
import { requireOptions } from '../core/params.js';
import { checkLengths, encodeClasses, type Labels } from './input.js';

/** Counts of the pairs (class, cluster) that occur, and their sums. */
export interface Contingency {
  readonly rows: number;
  /** Counts above 0, in the order of (class, cluster). */
  readonly counts: Float64Array;
  /** Class and cluster of each count. */
  readonly classOf: Int32Array;
  readonly clusterOf: Int32Array;
  readonly classSums: Float64Array;
  readonly clusterSums: Float64Array;
}

/** @throws {ERR_SHAPE | ERR_EMPTY | ERR_LABELS} for labels that cannot be compared */
export function contingencyOf(labelsTrue: Labels, labelsPred: Labels): Contingency {
  checkLengths(labelsTrue, labelsPred?.length, 'labelsPred');
  // Each by itself: classes may be text and clusters numbers.
  const truth = encodeClasses(labelsTrue, 'labelsTrue');
  const found = encodeClasses(labelsPred, 'labelsPred');
  const width = found.classes.length;
  const classSums = new Float64Array(truth.classes.length);
  const clusterSums = new Float64Array(width);
  const byPair = new Map<number, number>();
  for (let i = 0; i < truth.codes.length; i++) {
    classSums[truth.codes[i]]++;
    clusterSums[found.codes[i]]++;
    const pair = truth.codes[i] * width + found.codes[i];
    byPair.set(pair, (byPair.get(pair) ?? 0) + 1);
  }
  const pairs = Float64Array.from(byPair.keys()).sort();
  return {
    rows: truth.codes.length,
    counts: pairs.map((pair) => byPair.get(pair) as number),
    classOf: Int32Array.from(pairs, (pair) => Math.floor(pair / width)),
    clusterOf: Int32Array.from(pairs, (pair) => pair % width),
    classSums,
    clusterSums,
  };
}

/**
 * Counts of rows by class (down) and cluster (across), both sorted.
 *
 * @param labelsTrue - the class of each row
 * @param labelsPred - the cluster of each row; its type may differ
 * @param options - `eps` is added to each count. Default 0
 * @returns one array per class
 * @throws {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { contingencyMatrix } from 'boreal';
 * contingencyMatrix(['a', 'a', 'b'], [1, 0, 0]); // [[1, 1], [1, 0]]
 * ```
 */
export function contingencyMatrix(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { eps?: number } = {},
): number[][] {
  requireOptions(options);
  const { counts, classOf, clusterOf, classSums, clusterSums } = contingencyOf(labelsTrue, labelsPred);
  const eps = options.eps ?? 0;
  const matrix = Array.from(classSums, () => new Array<number>(clusterSums.length).fill(eps));
  counts.forEach((count, k) => {
    matrix[classOf[k]][clusterOf[k]] += count;
  });
  return matrix;
}

/**
 * Counts of ordered pairs of rows: `[[apart in both, together in labelsPred only], [together in labelsTrue only, together in
 * both]]`.
 *
 * @throws {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { pairConfusionMatrix } from 'boreal';
 * pairConfusionMatrix([0, 0, 1, 1], [1, 1, 0, 2]); // [[8, 0], [2, 2]]
 * ```
 */
export function pairConfusionMatrix(labelsTrue: Labels, labelsPred: Labels): number[][] {
  const { rows, counts, classOf, clusterOf, classSums, clusterSums } = contingencyOf(labelsTrue, labelsPred);
  let squares = 0;
  let byCluster = 0;
  let byClass = 0;
  counts.forEach((count, k) => {
    squares += count * count;
    byCluster += count * clusterSums[clusterOf[k]];
    byClass += count * classSums[classOf[k]];
  });
  const both = squares - rows;
  const predOnly = byCluster - squares;
  const trueOnly = byClass - squares;
  return [
    [rows * rows - predOnly - trueOnly - squares, predOnly],
    [trueOnly, both],
  ];
}
