/** Hierarchical clustering from the bottom up. */
import { Clusterer, type ClustererState } from '../core/clusterer.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, reportProgress } from '../core/fit-input.js';
import {
  absent,
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  int32s,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import { Schema } from '../core/schema.js';
import { memoryRule, type PipelineMemory, StepCache } from '../core/step-cache.js';
import { warn } from '../core/warn.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { type Connectivity, edgesOf, plainGraph } from './connectivity.js';

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
  /**
   * Which rows have an edge between them: only clusters with an edge are merged. Sparse rows ({@link CsrMatrix}, or what `kneighborsGraph`
   * gives) or a matrix, [rows, rows], read as if they were symmetric; values other than 0 are edges, and all are finite. Or a function of
   * the training rows that gives one. Parts without an edge between them are joined by their nearest rows, with a warning; more than 8192
   * are refused with ERR_PARAMETER. Null: all rows have edges. Default null.
   */
  connectivity: Connectivity | null;
  /**
   * With `connectivity` and `nClusters`: merge on until one cluster is left (true), or stop at `nClusters` (false). 'auto': stop where
   * `nClusters` is at least 100 and 0.02 of the rows. Default 'auto'.
   */
  computeFullTree: boolean | 'auto';
  /**
   * Where whole trees are kept, for fits of the same rows with another `nClusters` or `distanceThreshold`: the path of a directory, or a `Map`, as
   * of {@link Pipeline}; null: nowhere. Trees that stop early, and those of a function as `connectivity`, are not kept. Default null.
   */
  memory: string | PipelineMemory | null;
}

/** Learned by {@link AgglomerativeClustering}. */
export interface AgglomerativeClusteringState extends ClustererState {
  /** Pairs of merged nodes, [merges, 2] row-major. */
  readonly children: Int32Array;
  /** Distance of each pair, ascending but with `connectivity`. */
  readonly distances: Float64Array;
  readonly nClusters: number;
  /** Undefined: one. */
  readonly components?: number;
}

/** The merges alone. */
type Tree = Pick<AgglomerativeClusteringState, 'children' | 'distances' | 'components'>;

/**
 * Merges the two nearest clusters again and again, beginning with single rows (Ward 1963; Lance and Williams 1967), by chains of
 * nearest neighbours; single linkage by a minimum spanning tree (Prim 1957). All distances of pairs are held: 4 n^2 bytes for n
 * rows, but none for single linkage. There is no `predict`: use `fitPredict` or `labels`.
 *
 * With `connectivity` clusters keep together along the edges of a graph, and memory grows with the edges (and with
 * the pairs of parts without an edge between them, about 3 GB for the most): a merge that no edge allows is not made, and complete and average linkage know the distances of edges alone. Distances may then fall from one merge to the next.
 *
 * With `memory` a tree is found again by a hash of the rows and of the parameters that it depends on; an entry that is damaged is not read. It
 * is not stored with a model.
 *
 * Differs from scikit-learn: `distances` are always there; `memory` is not joblib's; a function as `connectivity` keeps a model from being saved; no metrics 'l1' and 'l2' (they are 'manhattan' and 'euclidean').
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
    super({
      ...{ nClusters: 2, metric: 'euclidean', linkage: 'ward', distanceThreshold: null },
      ...{ connectivity: null, computeFullTree: 'auto', memory: null },
      ...params,
    });
  }

  get rules(): Rules<AgglomerativeClusteringParams> {
    return {
      nClusters: either(int(1), nothing),
      metric: oneOf(...Object.keys(METRICS)),
      linkage: oneOf('ward', 'complete', 'average', 'single'),
      distanceThreshold: either(real(0), nothing),
      connectivity: either(
        nothing,
        custom('a graph of the rows, or a function that gives one', (v) =>
          ['object', 'function'].includes(typeof v),
        ),
      ),
      computeFullTree: either(bool, oneOf('auto')),
      memory: memoryRule,
    };
  }

  /** A model file holds graphs as plain arrays, functions and a cache not at all. @internal */
  override snapshot() {
    const { params, fitted } = super.snapshot();
    const { memory: _, ...stored } = params;
    const plain = { ...stored, connectivity: plainGraph(params.connectivity) };
    return { params: plain as AgglomerativeClusteringParams, fitted };
  }

  override get tags(): EstimatorTags {
    return { pairwise: this.params.metric === 'precomputed' };
  }

  get stateRules(): Rules<AgglomerativeClusteringState> {
    return {
      ...{ labels: int32s(), children: int32s(), distances: float64s(), nClusters: int(1) },
      components: either(int(1), absent),
    };
  }

  protected override checkState(state: AgglomerativeClusteringState): void {
    checkLength(this, 'children', state.children, 2 * state.distances.length);
    if (state.components === undefined)
      checkLength(this, 'distances', state.distances, state.labels.length - 1);
    if (isTree(state)) return;
    throw new ValidationError('ERR_PARAMETER', 'AgglomerativeClustering state: children make no tree.');
  }

  protected async fitState(input: FitInput): Promise<AgglomerativeClusteringState> {
    const state = await this.#learn(input);
    const { components = 1 } = state;
    if (components > 1) {
      warn(
        `AgglomerativeClustering: the connectivity has ${components} parts without an edge between them, which were joined by their nearest rows.`,
      );
    }
    return state;
  }

  async #learn(input: FitInput): Promise<AgglomerativeClusteringState> {
    const { x, cancel } = input;
    const { nClusters, metric, linkage, distanceThreshold, connectivity, computeFullTree } = this.params;
    const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `AgglomerativeClustering: ${why}`);
    if ((nClusters === null) === (distanceThreshold === null))
      throw refuse('exactly one of nClusters and distanceThreshold must be given; the other is null.');
    if (linkage === 'ward' && metric !== 'euclidean')
      throw refuse(`the linkage 'ward' needs the metric 'euclidean', not '${metric}'.`);
    if (nClusters !== null && nClusters > x.rows)
      throw refuse(`nClusters is ${nClusters}, but X has only ${x.rows} rows.`);
    if (x.rows < 2)
      throw new ValidationError('ERR_SHAPE', 'AgglomerativeClustering: fit needs at least two rows.');
    if (distanceThreshold !== null && computeFullTree === false)
      throw refuse('distanceThreshold needs the whole tree, which computeFullTree: false refuses.');
    const progress = reportProgress(input, this);
    const code = METRICS[metric];
    if (connectivity !== null && nClusters !== null && stopsEarly(computeFullTree, nClusters, x.rows)) {
      const merges = x.rows - nClusters;
      const tree = await this.#along(connectivity, input, merges);
      return { ...tree, labels: heads(tree.children, x.rows, merges), nClusters };
    }
    const grow = (): Promise<Tree> =>
      connectivity === null
        ? native.fitAgglomerative(x.data, x.rows, x.cols, linkage, code, cancel, progress)
        : this.#along(connectivity, input, x.rows - 1);
    const tree: Tree = (await this.#kept(input)) ?? (await grow());
    const count =
      nClusters ?? tree.distances.reduce((n, d) => n + Number(d >= (distanceThreshold as number)), 1);
    return { ...tree, labels: cut(tree.children, x.rows, count), nClusters: count };
  }

  /** The whole tree of these rows, from `memory` or into it; null without one. */
  async #kept(input: FitInput): Promise<Tree | null> {
    const { memory, ...params } = this.params;
    const cache = memory && (await StepCache.over(memory, input.x));
    if (!cache) return null;
    // One cluster: the tree is the same whatever it is cut into.
    const own = { ...params, nClusters: 1, distanceThreshold: null, computeFullTree: true };
    const whole = new AgglomerativeClustering(own);
    const grow = () => whole.fitInput(input, Schema.named(input.columns), (own) => whole.#learn(own));
    const { children, distances, components } = (await cache.fittedAlone(whole, grow, input.signal)).state;
    return distances.length === input.x.rows - 1 ? { children, distances, components } : null;
  }

  /** The merges along the edges of a graph. */
  async #along(connectivity: Connectivity, input: FitInput, merges: number) {
    const { x, cancel } = input;
    const { metric, linkage } = this.params;
    return native.fitAgglomerativeAlong(
      ...([x.data, x.rows, x.cols, linkage, METRICS[metric]] as const),
      ...([await edgesOf(this, connectivity, x), merges, cancel, reportProgress(input, this)] as const),
    );
  }

  /** Merge k joined the two nodes of row k; nodes below the number of rows are rows, node rows + k is merge k. */
  get children(): ReadonlyArray<readonly [number, number]> {
    const { children, distances } = this.state;
    return Array.from(distances, (_, k) => [children[2 * k], children[2 * k + 1]] as const);
  }

  /** The distance at which each merge happened, ascending but with `connectivity`. @throws {ERR_NOT_FITTED} before `fit` */
  get distances(): Float64Array {
    return this.state.distances.slice();
  }

  /** The number of clusters found. @throws {ERR_NOT_FITTED} before `fit` */
  get nClusters(): number {
    return this.state.nClusters;
  }

  /** In how many parts the `connectivity` was given; 1 without one. @throws {ERR_NOT_FITTED} before `fit` */
  get nConnectedComponents(): number {
    return this.state.components ?? 1;
  }

  /** The number of training rows. @throws {ERR_NOT_FITTED} before `fit` */
  get nLeaves(): number {
    return this.state.labels.length;
  }
}

/** Whether each merge joins two nodes that were there, and no node is in two merges. */
function isTree({ children, labels }: AgglomerativeClusteringState): boolean {
  const used = new Uint8Array(labels.length + children.length);
  return children.every((node, k) => {
    const isNew = node >= 0 && node < labels.length + (k >> 1) && used[node] === 0;
    if (isNew) used[node] = 1;
    return isNew;
  });
}

function stopsEarly(computeFullTree: boolean | 'auto', nClusters: number, rows: number): boolean {
  return computeFullTree === 'auto' ? nClusters >= Math.max(100, 0.02 * rows) : !computeFullTree;
}

/** Labels of what the first merges of a tree leave, in the order of nodes. */
function heads(children: Int32Array, rows: number, merges: number): Int32Array {
  const nodes = rows + merges;
  const head = Int32Array.from({ length: nodes }, (_, node) => node);
  for (let k = merges - 1; k >= 0; k--) head[children[2 * k]] = head[children[2 * k + 1]] = head[rows + k];
  const numbers = new Int32Array(nodes);
  let clusters = 0;
  for (let node = 0; node < nodes; node++) if (head[node] === node) numbers[node] = clusters++;
  return head.subarray(0, rows).map((node) => numbers[node]);
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
