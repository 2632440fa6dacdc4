/** Hierarchical clustering from the bottom up. */
import { Clusterer, type ClustererState } from '../core/clusterer.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import {
  checkLength,
  either,
  float64s,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** By their numbers in native/kernels/distance_kernels.h. */
const METRICS = { euclidean: 0, manhattan: 2, cosine: 3, precomputed: -1 } as const;

/** Parameters of {@link AgglomerativeClustering}. */
export interface AgglomerativeClusteringParams {
  /** How many clusters are left; null when distanceThreshold decides. Default 2. */
  nClusters: number | null;
  /** The distance of rows; 'precomputed': X is the square matrix of distances. 'ward' needs 'euclidean'. Default 'euclidean'. */
  metric: keyof typeof METRICS;
  /**
   * Which clusters are nearest: those whose union has the least more variance ('ward'), the least largest ('complete'), mean
   * ('average') or smallest ('single') distance of their rows. Default 'ward'.
   */
  linkage: 'ward' | 'complete' | 'average' | 'single';
  /** Clusters at this distance or more are not merged; null when nClusters decides. Default null. */
  distanceThreshold: number | null;
}

/** Learned by {@link AgglomerativeClustering}. */
export interface AgglomerativeClusteringState extends ClustererState {
  /** Pairs of merged nodes, [rows - 1, 2] row-major. */
  readonly children: Int32Array;
  /** Distance of each pair, ascending. */
  readonly distances: Float64Array;
  readonly nClusters: number;
}

/**
 * Merges the two nearest clusters again and again, beginning with single rows (Ward 1963; Lance and Williams 1967), by chains of
 * nearest neighbours; single linkage by a minimum spanning tree (Prim 1957). All distances of pairs are held: 4 n^2 bytes for n
 * rows, but none for single linkage. There is no `predict`: use `fitPredict` or `labels`.
 *
 * Differs from scikit-learn: `distances` are always there; no `connectivity`, no `memory`, no `computeFullTree` (the tree is always
 * whole), no metrics 'l1' and 'l2' (they are 'manhattan' and 'euclidean').
 *
 * @example
 * ```ts
 * import { AgglomerativeClustering } from 'boreal';
 * const model = new AgglomerativeClustering({ nClusters: null, distanceThreshold: 3, linkage: 'average' });
 * await model.fitPredict([[0], [1], [10], [12]]); // Int32Array [1, 1, 0, 0]
 * model.children; // [[0, 1], [2, 3], [4, 5]]
 * model.distances; // Float64Array [1, 2, 10.5]
 * ```
 */
export class AgglomerativeClustering extends Clusterer<
  AgglomerativeClusteringParams,
  AgglomerativeClusteringState
> {
  constructor(params: Partial<AgglomerativeClusteringParams> = {}) {
    super({ nClusters: 2, metric: 'euclidean', linkage: 'ward', distanceThreshold: null, ...params });
  }

  get rules(): Rules<AgglomerativeClusteringParams> {
    return {
      nClusters: either(int(1), nothing),
      metric: oneOf(...Object.keys(METRICS)),
      linkage: oneOf('ward', 'complete', 'average', 'single'),
      distanceThreshold: either(real(0), nothing),
    };
  }

  override get tags(): EstimatorTags {
    return { pairwise: this.params.metric === 'precomputed' };
  }

  get stateRules(): Rules<AgglomerativeClusteringState> {
    return { labels: int32s(), children: int32s(), distances: float64s(), nClusters: int(1) };
  }

  protected override checkState(state: AgglomerativeClusteringState): void {
    checkLength(this, 'children', state.children, 2 * (state.labels.length - 1));
    checkLength(this, 'distances', state.distances, state.labels.length - 1);
  }

  protected async fitState(input: FitInput): Promise<AgglomerativeClusteringState> {
    const { x, cancel } = input;
    const { nClusters, metric, linkage, distanceThreshold } = this.params;
    const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `AgglomerativeClustering: ${why}`);
    if ((nClusters === null) === (distanceThreshold === null))
      throw refuse('exactly one of nClusters and distanceThreshold must be given; the other is null.');
    if (linkage === 'ward' && metric !== 'euclidean')
      throw refuse(`the linkage 'ward' needs the metric 'euclidean', not '${metric}'.`);
    if (nClusters !== null && nClusters > x.rows)
      throw refuse(`nClusters is ${nClusters}, but X has only ${x.rows} rows.`);
    if (x.rows < 2)
      throw new ValidationError('ERR_SHAPE', 'AgglomerativeClustering: fit needs at least two rows.');
    const progress = reportProgress(input, this);
    const code = METRICS[metric];
    const tree = await native.fitAgglomerative(x.data, x.rows, x.cols, linkage, code, cancel, progress);
    const count =
      nClusters ?? tree.distances.reduce((n, d) => n + Number(d >= (distanceThreshold as number)), 1);
    return { ...tree, labels: cut(tree.children, x.rows, count), nClusters: count };
  }

  /** Merge k joined the two nodes of row k; nodes below the number of rows are rows, node rows + k is merge k. */
  get children(): ReadonlyArray<readonly [number, number]> {
    const { children, distances } = this.state;
    return Array.from(distances, (_, k) => [children[2 * k], children[2 * k + 1]] as const);
  }

  /** The distance at which each merge happened, ascending. @throws {ERR_NOT_FITTED} before `fit` */
  get distances(): Float64Array {
    return this.state.distances.slice();
  }

  /** The number of clusters found. @throws {ERR_NOT_FITTED} before `fit` */
  get nClusters(): number {
    return this.state.nClusters;
  }

  /** The number of training rows. @throws {ERR_NOT_FITTED} before `fit` */
  get nLeaves(): number {
    return this.state.labels.length;
  }
}

/**
 * Labels of the last `count` clusters of a tree. They are numbered as scikit-learn's are, which takes nodes off a binary heap: its
 * order, not the nodes alone, makes the numbers.
 */
function cut(children: Int32Array, rows: number, count: number): Int32Array {
  const heap = [2 * rows - 2];
  for (let k = 1; k < count; k++) {
    const at = 2 * (heap[0] - rows);
    push(heap, children[at]);
    replaceLargest(heap, children[at + 1]);
  }
  const labels = new Int32Array(rows);
  heap.forEach((node, label) => {
    const stack = [node];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top < rows) labels[top] = label;
      else stack.push(children[2 * (top - rows)], children[2 * (top - rows) + 1]);
    }
  });
  return labels;
}

/** Moves the value at a position up to where none above is smaller. */
function rise(heap: number[], from: number, top: number): void {
  const value = heap[from];
  let at = from;
  while (at > top) {
    const parent = (at - 1) >> 1;
    if (value <= heap[parent]) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = value;
}

function push(heap: number[], value: number): void {
  heap.push(value);
  rise(heap, heap.length - 1, 0);
}

/** Takes the largest off and puts a value on that is no larger: down to a leaf, then up, as Python's heapq does. */
function replaceLargest(heap: number[], value: number): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child] <= heap[child + 1]) child++;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
  rise(heap, at, 0);
}
