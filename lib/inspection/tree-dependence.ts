/**
 * Partial dependence of sums of trees without asking about any row (Friedman, Greedy function approximation, 2001, section 8.2): where a
 * tree asks for another feature, both branches are taken, each with its share of the training rows.
 */
import { pause, throwIfAborted } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import { type ForestConstants, NODE_RULES } from '../core/plan-types.js';
import { isTreeModel, type TreeScores } from '../core/tree-scores.js';
import { StateError } from '../errors.js';

/** LightGBM reads what is as near to 0 as 0. */
const NEAR_ZERO = Math.fround(1e-35);
/** Nodes times points after which the event loop gets its turn: some milliseconds of work. */
const WORK_PER_TURN = 1 << 20;

/** What is asked about: the value of each feature at each point. */
export interface DependenceQuery {
  readonly features: readonly number[];
  /** By feature, then by point. */
  readonly values: readonly Float64Array[];
}

/**
 * The mean scores at each point, over the rows that the trees were fitted on; one list for each output.
 *
 * @throws {ERR_NOT_SUPPORTED} for a model that is no sum of trees, or whose trees do not know how many rows passed them
 * @throws {ERR_ABORTED} when the signal fires
 */
export async function treeDependence(
  model: Estimator,
  query: DependenceQuery,
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const scores = isTreeModel(model) ? model.treeScores() : null;
  if (scores === null || scores.forest.cover.length !== scores.forest.feature.length) {
    const message = `partialDependence: method 'recursion' needs trees that know how many rows passed them; ${model.constructor.name} has none.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const points = query.values[0].length;
  const outputs = Array.from(scores.base, () => new Float64Array(points));
  const { treeOffsets } = scores.forest;
  let work = 0;
  throwIfAborted(signal);
  for (let t = 0; t + 1 < treeOffsets.length; t++) {
    addTree(scores, t, query, outputs);
    work += (treeOffsets[t + 1] - treeOffsets[t]) * points;
    if (work < WORK_PER_TURN) continue;
    work = 0;
    await pause(signal);
  }
  const { base, divisor } = scores;
  return outputs.map((sums, k) => sums.map((sum) => sum / divisor + base[k]));
}

/** Adds what a tree says on average, of all points at once. */
function addTree(
  { forest, base }: TreeScores,
  tree: number,
  query: DependenceQuery,
  outputs: Float64Array[],
): void {
  const { treeOffsets, feature, left, cover, values, groups } = forest;
  const first = treeOffsets[tree];
  const own = groups?.findLastIndex((start) => start <= tree);
  const all = Int32Array.from({ length: query.values[0].length }, (_, p) => p);
  const open = [{ node: first, points: all, share: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, points, share } = next;
    if (points.length === 0 || share === 0) continue;
    if (feature[node] < 0) {
      for (const p of points) {
        if (own !== undefined) outputs[own][p] += share * values[left[node]];
        else
          for (const [k, sums] of outputs.entries()) sums[p] += share * values[left[node] * base.length + k];
      }
      continue;
    }
    const child = first + left[node];
    const asked = query.features.indexOf(feature[node]);
    if (asked >= 0) {
      const goes = points.map((p) => (goesLeft(forest, node, query.values[asked][p]) ? 1 : 0));
      open.push({ node: child, points: points.filter((_, k) => goes[k] === 1), share });
      open.push({ node: child + 1, points: points.filter((_, k) => goes[k] === 0), share });
      continue;
    }
    const rows = cover[child] + cover[child + 1];
    const part = rows > 0 ? cover[child] / rows : 0.5;
    open.push({ node: child, points, share: share * part });
    open.push({ node: child + 1, points, share: share * (1 - part) });
  }
}

/** Where a value goes, as native/plan/op.h says. */
function goesLeft(forest: ForestConstants, node: number, value: number): boolean {
  const isFloat32 = (forest.compare ?? 'float32') === 'float32';
  const rules = forest.rules.length === 0 ? NODE_RULES.missingLeft : forest.rules[node];
  const has = (rule: number) => (rules & rule) !== 0;
  const isNearZero = Math.abs(value) <= NEAR_ZERO;
  const isMissing = Number.isNaN(value)
    ? !has(NODE_RULES.missingIsZero)
    : isNearZero && has(NODE_RULES.zeroIsMissing);
  if (isMissing) return has(NODE_RULES.missingLeft);
  const x = Number.isNaN(value) || (isNearZero && !isFloat32) ? 0 : isFloat32 ? Math.fround(value) : value;
  const limit = forest.threshold[node];
  if (!has(NODE_RULES.categories)) return x <= limit;
  const { setOffsets, setWords } = forest;
  const category = isFloat32 ? Math.floor(x) : Math.trunc(x);
  if (setOffsets === undefined || setWords === undefined || category < 0) return false;
  const word = setOffsets[limit] + Math.floor(category / 32);
  return word < setOffsets[limit + 1] && ((setWords[word] >>> (category % 32)) & 1) === 1;
}
