/** Clusters of a hierarchy cut at one distance, and centres of clusters whose rows count by how firmly they belong. */
import type { Matrix } from '../core/matrix.js';
import type { NeighborSpec } from '../native/neighbors.js';
import type { CancelHandle } from '../native.js';
import { native } from '../native.js';

/** Rows whose distances to all of their cluster are held at once. */
const BLOCK = 64;

/** Clusters of rows with numbers from 0 to count - 1; others are in none. */
export interface FirmClusters {
  readonly x: Matrix;
  readonly labels: Int32Array;
  /** [rows] */
  readonly probabilities: Float64Array;
  readonly count: number;
}

/** The weighted mean of each cluster, [count, columns]. */
export function weightedMeans({ x, labels, probabilities, count }: FirmClusters): Float64Array {
  const sums = new Float64Array(count * x.cols);
  const totals = new Float64Array(count);
  labels.forEach((cluster, i) => {
    if (cluster < 0) return;
    totals[cluster] += probabilities[i];
    for (let j = 0; j < x.cols; j++) sums[cluster * x.cols + j] += probabilities[i] * x.data[i * x.cols + j];
  });
  return sums.map((sum, at) => sum / totals[Math.floor(at / x.cols)]);
}

/** The row of each cluster with the least weighted sum of distances to its rows, the first of equal ones, [count, columns]. */
export async function weightedMedoids(
  { x, labels, probabilities, count }: FirmClusters,
  spec: NeighborSpec,
  cancel: CancelHandle | null,
): Promise<Float64Array> {
  const medoids = new Float64Array(count * x.cols);
  const rowsOf = Array.from({ length: count }, (): number[] => []);
  labels.forEach((cluster, i) => {
    if (cluster >= 0) rowsOf[cluster].push(i);
  });
  for (const [cluster, rows] of rowsOf.entries()) {
    const members = x.takeRows(rows);
    const index = await native.neighborIndex(members.data, members.rows, x.cols, spec, cancel);
    let best = { sum: Number.POSITIVE_INFINITY, row: 0 };
    for (let first = 0; first < members.rows; first += BLOCK) {
      const block = members.slice(first, Math.min(members.rows, first + BLOCK));
      const found = await native.neighborsWithin(
        ...([index, block.data, block.rows, x.cols, Number.POSITIVE_INFINITY, false, false, cancel] as const),
      );
      for (let i = 0; i < block.rows; i++) {
        let sum = 0;
        for (let at = found.offsets[i]; at < found.offsets[i + 1]; at++)
          sum += found.distances[at] * probabilities[rows[found.indices[at]]];
        if (sum < best.sum) best = { sum, row: first + i };
      }
    }
    medoids.set(members.row(best.row), cluster * x.cols);
  }
  return medoids;
}

/**
 * Clusters of rows that merges below a distance connect; those of fewer than `least` rows are noise, -1. They have the numbers that
 * scikit-learn gives them, which follow from its disjoint sets: those of larger trees stay roots.
 *
 * @param children - pairs of nodes, [merges, 2], in the order of their distances; merge k makes node rows + k
 */
export function cutHierarchy(
  children: Int32Array,
  distances: Float64Array,
  cut: number,
  least: number,
): Int32Array {
  const rows = distances.length + 1;
  const parent = Int32Array.from({ length: 2 * rows - 1 }, (_, node) => node);
  const height = new Uint8Array(parent.length);
  const root = (node: number): number => {
    let at = node;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  for (let k = 0; k < distances.length && distances[k] < cut; k++) {
    for (const child of children.subarray(2 * k, 2 * k + 2)) {
      const [a, b] = [root(child), root(rows + k)];
      if (height[a] < height[b]) parent[a] = b;
      else parent[b] = a;
      if (height[a] === height[b] && a !== b) height[a] += 1;
    }
  }
  const roots = Int32Array.from({ length: rows }, (_, i) => root(i));
  const sizes = new Int32Array(parent.length);
  for (const node of roots) sizes[node] += 1;
  const numbers = new Int32Array(parent.length).fill(-1);
  let next = 0;
  sizes.forEach((size, node) => {
    if (size >= least) numbers[node] = next++;
  });
  return roots.map((node) => numbers[node]);
}
