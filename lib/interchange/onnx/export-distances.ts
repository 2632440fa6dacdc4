/** Distances from points, and what is made of them: the nearest points with their votes and means, and the kernels of support vectors. */
import { metricOf } from '../../core/neighbor-search.js';
import type { KernelConstants, KernelSpec, Metric, NeighborsConstants } from '../../core/plan-types.js';
import { planRows } from '../../core/sparse/densify.js';
import type { Source, Write } from './export-ops.js';
import { type GraphWriter, int, ints } from './graph-writer.js';

/** Makes of the gaps [rows, points, columns] one number for each row and point. */
type Gather = (writer: GraphWriter, gaps: string) => string;

/** Values of the points that are compared at once: a runtime keeps as many gaps for each row of a call. */
const BLOCK = 1 << 14;

const total = (writer: GraphWriter, x: string) =>
  writer.node('ReduceSum', [x, writer.wholes([2])], { keepdims: int(0) });
const sumOf = (writer: GraphWriter, x: string) => writer.node('ReduceSum', [x, writer.wholes([1])]);
const meanOf = (writer: GraphWriter, x: string) => writer.node('ReduceMean', [x], { axes: ints([1]) });

const squares: Gather = (writer, gaps) => total(writer, writer.node('Mul', [gaps, gaps]));
const sizes: Gather = (writer, gaps) => total(writer, writer.node('Abs', [gaps]));
const largest: Gather = (writer, gaps) =>
  writer.node('ReduceMax', [writer.node('Abs', [gaps])], { axes: ints([2]), keepdims: int(0) });
const powers =
  (p: number): Gather =>
  (writer, gaps) =>
    total(writer, writer.node('Pow', [writer.node('Abs', [gaps]), writer.scalar(p)]));

/** Rows [rows, 1, columns] less points [points, columns], a block of points at a time. */
function compare(writer: GraphWriter, x: string, points: ArrayLike<number>, width: number, gather: Gather) {
  const rows = writer.node('Unsqueeze', [x, writer.wholes([1])]);
  const all = Float64Array.from(points);
  const size = width * Math.max(1, Math.floor(BLOCK / width));
  const parts: string[] = [];
  for (let begin = 0; begin < all.length; begin += size) {
    const block = all.subarray(begin, begin + size);
    const gaps = writer.node('Sub', [rows, writer.numbers(block, [block.length / width, width])]);
    parts.push(gather(writer, gaps));
  }
  return parts.length === 1 ? parts[0] : writer.node('Concat', parts, { axis: int(1) });
}

export const writeDistance: Write = (
  { writer, inputs: [x], widths: [width] },
  metric: Metric,
  points: Float64Array,
) => {
  const sums = compare(writer, x, points, width, metric === 'manhattan' ? sizes : squares);
  return metric === 'euclidean' ? writer.node('Sqrt', [sums]) : sums;
};

/** The kernel of each row and vector, [rows, vectors]. */
export function writeKernel(
  { writer, inputs: [x], widths: [width] }: Source,
  { kernel, gamma, coef0, degree }: KernelSpec,
  given: KernelConstants[0],
): string {
  const vectors = planRows(given);
  const scalar = (value: number) => writer.scalar(value);
  if (kernel === 'rbf') {
    const gaps = compare(writer, x, vectors, width, squares);
    return writer.node('Exp', [writer.node('Mul', [gaps, scalar(-gamma)])]);
  }
  const count = vectors.length / width;
  const columns = Float64Array.from(vectors, (_, k) => vectors[(k % count) * width + Math.floor(k / count)]);
  const products = writer.node('MatMul', [x, writer.numbers(columns, [width, count])]);
  if (kernel === 'linear') return products;
  const scaled = writer.node('Add', [writer.node('Mul', [products, scalar(gamma)]), scalar(coef0)]);
  return kernel === 'poly' ? writer.node('Pow', [scaled, scalar(degree)]) : writer.node('Tanh', [scaled]);
}

/** What grows with the distances from points, [rows, points], and how the two become each other. */
interface Ranks {
  readonly ranks: string;
  readonly toRank: (distance: number) => number;
  readonly toDistance: (ranks: string) => string;
}

function rank(
  { writer, inputs: [x], widths: [width] }: Source,
  { search, points: given }: NeighborsConstants,
): Ranks {
  const points = planRows(given);
  const { p } = search;
  const to = (gather: Gather) => compare(writer, x, points, width, gather);
  const same = { toRank: (distance: number) => distance, toDistance: (ranks: string) => ranks };
  switch (metricOf(search)) {
    case 'precomputed':
      return { ranks: x, ...same };
    case 'manhattan':
      return { ranks: to(sizes), ...same };
    case 'chebyshev':
      return { ranks: to(largest), ...same };
    case 'cosine':
      return rankAngles(writer, x, points, width);
    case 'euclidean':
      return {
        ranks: to(squares),
        toRank: (distance) => distance * distance,
        toDistance: (ranks) => writer.node('Sqrt', [ranks]),
      };
    case 'minkowski':
      return {
        ranks: to(powers(p)),
        toRank: (distance) => distance ** p,
        toDistance: (ranks) => writer.node('Pow', [ranks, writer.scalar(1 / p)]),
      };
  }
}

/** Cosine distances are half the squares of the gaps of rows of length 1; a row of zeros is at distance 1 from all. */
function rankAngles(writer: GraphWriter, x: string, points: ArrayLike<number>, width: number): Ranks {
  const units = Float64Array.from(points);
  const marks = new Float64Array(units.length / width);
  for (let i = 0; i < marks.length; i++) {
    const row = units.subarray(i * width, (i + 1) * width);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) marks[i] = 1;
    else row.set(row.map((value) => value / length));
  }
  const length = writer.node('Sqrt', [sumOf(writer, writer.node('Mul', [x, x]))]);
  const isZero = writer.node('Equal', [length, writer.scalar(0)]);
  const unit = writer.node('Div', [x, writer.node('Add', [length, writer.asNumbers(isZero)])]);
  const gaps = writer.node('Add', [compare(writer, unit, units, width, squares), writer.numbers(marks)]);
  return {
    ranks: writer.node('Where', [isZero, writer.scalar(2), gaps]),
    toRank: (distance) => 2 * distance,
    toDistance: (ranks) =>
      writer.node('Min', [writer.node('Mul', [ranks, writer.scalar(0.5)]), writer.scalar(2)]),
  };
}

/** The least of the columns of a row, the first of equal ones first, and where they stand. */
function nearest(writer: GraphWriter, ranks: string, count: number): [ranks: string, indices: string] {
  const attributes = { axis: int(1), largest: int(0), sorted: int(1) };
  const [near, indices] = writer.outputs('TopK', [ranks, writer.wholes([count])], 2, attributes);
  return [near, indices];
}

/** 1 / distance; where some are 0, 1 for these and 0 for the others. */
function inverse(writer: GraphWriter, distances: string): string {
  const zeros = writer.asNumbers(writer.node('Equal', [distances, writer.scalar(0)]));
  const most = writer.node('ReduceMax', [zeros], { axes: ints([1]) });
  const hasZero = writer.node('Greater', [most, writer.scalar(0)]);
  return writer.node('Where', [hasZero, zeros, writer.node('Reciprocal', [distances])]);
}

export const writeNeighbors: Write = (source, constants: NeighborsConstants) => {
  const { writer } = source;
  const { vote, neighbors } = constants;
  if (vote.kind === 'place') throw source.refuse('placement of new rows in a layout');
  const ranked = rank(source, constants);
  const { ranks, toDistance } = ranked;
  if (vote.kind === 'distances') return toDistance(nearest(writer, ranks, neighbors)[0]);
  if (vote.kind === 'outlier') {
    const [near, indices] = nearest(writer, ranks, neighbors);
    const rows = vote.values.length / 2;
    const [reach, density] = [0, rows].map((begin) => {
      const values = writer.numbers(vote.values.subarray(begin, begin + rows), [rows]);
      return writer.node('Gather', [values, indices]);
    });
    const distances = meanOf(writer, writer.node('Max', [toDistance(near), reach]));
    // What keeps the density of rows that repeat finite: as in native/device/cpu_neighbors.h.
    const spread = writer.node('Add', [distances, writer.scalar(1e-10)]);
    return writer.node('Neg', [writer.node('Mul', [meanOf(writer, density), spread])]);
  }
  const table = tableOf(writer, vote);
  if (neighbors === 0) return meanWithin(writer, ranked, constants, table);
  const [near, indices] = nearest(writer, ranks, neighbors);
  const found = writer.node('Gather', [table, indices]);
  if (constants.distanceWeights !== true)
    return writer.node('ReduceMean', [found], { axes: ints([1]), keepdims: int(0) });
  const weights = inverse(writer, toDistance(near));
  const weighted = writer.node('Mul', [found, writer.node('Unsqueeze', [weights, writer.wholes([2])])]);
  const sums = writer.node('ReduceSum', [weighted, writer.wholes([1])], { keepdims: int(0) });
  return writer.node('Div', [sums, sumOf(writer, weights)]);
};

/** What each training row says: 1 for its class, or its targets. */
function tableOf(
  writer: GraphWriter,
  vote: Extract<NeighborsConstants['vote'], { readonly kind: 'classes' | 'mean' }>,
): string {
  if (vote.kind === 'mean')
    return writer.numbers(vote.targets, [vote.targets.length / vote.outputs, vote.outputs]);
  const { classes, codes } = vote;
  const indicators = Float64Array.from({ length: classes * classes }, (_, k) =>
    k % (classes + 1) === 0 ? 1 : 0,
  );
  return writer.node('Gather', [writer.numbers(indicators, [classes, classes]), writer.wholes(codes)]);
}

/** Rows without a neighbour: 0 for each class, NaN for a mean. */
function meanWithin(
  writer: GraphWriter,
  { ranks, toRank, toDistance }: Ranks,
  { radius = 0, vote, distanceWeights }: NeighborsConstants,
  table: string,
): string {
  const isNear = writer.node('LessOrEqual', [ranks, writer.scalar(toRank(radius))]);
  const weights = writer.node('Where', [
    isNear,
    distanceWeights === true ? inverse(writer, toDistance(ranks)) : writer.scalar(1),
    writer.scalar(0),
  ]);
  const sums = writer.node('MatMul', [weights, table]);
  const whole = sumOf(writer, weights);
  if (vote.kind !== 'classes') return writer.node('Div', [sums, whole]);
  const isAlone = writer.asNumbers(writer.node('Equal', [whole, writer.scalar(0)]));
  return writer.node('Div', [sums, writer.node('Add', [whole, isAlone])]);
}

export const writeNeighborImpute: Write = (
  { writer, inputs: [x], widths: [width] },
  neighbors: number,
  distanceWeights: boolean,
  points: Float64Array,
  fill: Float64Array,
) => {
  const rows = points.length / width;
  const isMissing = writer.node('IsNaN', [x]);
  const known = Float64Array.from(points, (_, k) =>
    Number.isNaN(points[(k % rows) * width + Math.floor(k / rows)]) ? 0 : 1,
  );
  const present = writer.node('Where', [isMissing, writer.scalar(0), writer.scalar(1)]);
  const shared = writer.node('MatMul', [present, writer.numbers(known, [width, rows])]);
  const gaps = compare(writer, x, points, width, (_, gap) =>
    squares(writer, writer.node('Where', [writer.node('IsNaN', [gap]), writer.scalar(0), gap])),
  );
  const scaled = writer.node('Mul', [gaps, writer.node('Div', [writer.scalar(width), shared])]);
  const hasShared = writer.node('Greater', [shared, writer.scalar(0)]);
  const ranks = writer.node('Where', [hasShared, scaled, writer.scalar(Number.POSITIVE_INFINITY)]);
  const plain = writer.node('Where', [isMissing, writer.numbers(fill), x]);
  const columns = Array.from(fill, (otherwise, j) => {
    const donors = [...Array(rows).keys()].filter((i) => !Number.isNaN(points[i * width + j]));
    if (donors.length === 0) return writer.node('Gather', [plain, writer.wholes([j])], { axis: int(1) });
    const own = writer.node('Gather', [ranks, writer.wholes(donors)], { axis: int(1) });
    const [near, indices] = nearest(writer, own, Math.min(neighbors, donors.length));
    const values = writer.numbers(
      Float64Array.from(donors, (i) => points[i * width + j]),
      [donors.length],
    );
    const found = writer.node('Gather', [values, indices]);
    const weights = distanceWeights
      ? inverse(writer, writer.node('Sqrt', [near]))
      : writer.asNumbers(writer.node('Less', [near, writer.scalar(Number.POSITIVE_INFINITY)]));
    const whole = sumOf(writer, weights);
    const mean = writer.node('Div', [sumOf(writer, writer.node('Mul', [weights, found])), whole]);
    return writer.node('Where', [
      writer.node('Greater', [whole, writer.scalar(0)]),
      mean,
      writer.numbers([otherwise]),
    ]);
  });
  const imputed = columns.length === 1 ? columns[0] : writer.node('Concat', columns, { axis: int(1) });
  return writer.node('Where', [isMissing, imputed, x]);
};
