/** Functions of single columns that ONNX has no operator for: piecewise linear ones, and quantiles of the normal distribution. */
import { QUANTILE_RATIOS } from '../../core/distributions/normal.js';
import type { Outside } from '../../core/plan-types.js';
import { columnMatrix, spread, type Write } from './export-ops.js';
import type { GraphWriter } from './graph-writer.js';
import { ELEMENT } from './messages.js';

/** Per column: its first point, its last one, and how many there are. */
function ends(offsets: Int32Array, values: Float64Array) {
  const columns = Array.from({ length: offsets.length - 1 }, (_, j) => j);
  return {
    first: columns.map((j) => values[offsets[j]]),
    last: columns.map((j) => values[offsets[j + 1] - 1]),
    counts: columns.map((j) => offsets[j + 1] - offsets[j]),
  };
}

/**
 * The points that are below a value are counted, which gives the place of the two that it lies between. What raises an error in a
 * plan is NaN in a graph.
 */
export const writeInterpolate: Write = (
  source,
  outside: Outside,
  [offsets, from, to]: readonly [offsets: Int32Array, from: Float64Array, to: Float64Array],
) => {
  const { writer, inputs } = source;
  const [x] = inputs;
  const { first, last, counts } = ends(offsets, from);
  const values = ends(offsets, to);
  const isBelow = writer.asNumbers(writer.node('Less', [writer.numbers(from), spread(writer, x, offsets)]));
  const below = writer.node('MatMul', [isBelow, columnMatrix(source, offsets, () => 1)]);
  const most = writer.numbers(counts.map((count) => Math.max(1, count - 1)));
  const place = writer.node('Min', [writer.node('Max', [below, writer.numbers([1])]), most]);
  const starts = writer.wholes(offsets.subarray(0, -1), [1, counts.length]);
  const after = writer.node('Add', [writer.cast(place, ELEMENT.int64), starts]);
  const before = writer.node('Sub', [after, writer.wholes([1])]);
  // A column of one point takes the point after it for the second one, which is not used: the last column has one, too.
  const table = (points: Float64Array) =>
    writer.numbers(Float64Array.from([...points, points[points.length - 1]]), [points.length + 1]);
  const between = (points: Float64Array) => {
    const line = table(points);
    const begin = writer.node('Gather', [line, before]);
    return { begin, size: writer.node('Sub', [writer.node('Gather', [line, after]), begin]) };
  };
  const [run, rise] = [between(from), between(to)];
  const share = writer.node('Div', [writer.node('Sub', [x, run.begin]), run.size]);
  const inside = writer.node('Add', [rise.begin, writer.node('Mul', [share, rise.size])]);
  const isUp = writer.node('GreaterOrEqual', [x, writer.numbers(last)]);
  const isDown = writer.node('LessOrEqual', [x, writer.numbers(first)]);
  const capped = writer.node('Where', [isUp, writer.numbers(values.last), inside]);
  const kept = writer.node('Where', [isDown, writer.numbers(values.first), capped]);
  if (outside === 'clip') return kept;
  const isLine = writer.truths(counts.map((count) => count > 1));
  const isBeyond = writer.node('Or', [
    writer.node('Greater', [x, writer.numbers(last)]),
    writer.node('Less', [x, writer.numbers(first)]),
  ]);
  const isNone = writer.node('And', [isBeyond, isLine]);
  return writer.node('Where', [isNone, writer.numbers([Number.NaN]), kept]);
};

/** A quotient of two polynomials, by Horner's rule. */
function ratio(
  writer: GraphWriter,
  { over, under }: { readonly over: readonly number[]; readonly under: readonly number[] },
  x: string,
): string {
  const polynomial = (terms: readonly number[]) =>
    terms
      .slice(0, -1)
      .reduceRight(
        (sum, term) => writer.node('Add', [writer.node('Mul', [sum, x]), writer.scalar(term)]),
        writer.scalar(terms[terms.length - 1]),
      );
  return writer.node('Div', [polynomial(over), polynomial(under)]);
}

/** As `normalQuantile` of lib/core/distributions/normal.ts. */
export function writeNormalQuantile(writer: GraphWriter, p: string): string {
  const { centre, shoulder, tail } = QUANTILE_RATIOS;
  const scalar = (value: number) => writer.scalar(value);
  const q = writer.node('Sub', [p, scalar(0.5)]);
  const inner = writer.node('Sub', [scalar(0.180625), writer.node('Mul', [q, q])]);
  const middle = writer.node('Mul', [q, ratio(writer, centre, inner)]);
  const isLow = writer.node('Less', [q, scalar(0)]);
  const rest = writer.node('Where', [isLow, p, writer.node('Sub', [scalar(1), p])]);
  const r = writer.node('Sqrt', [writer.node('Neg', [writer.node('Log', [rest])])]);
  const near = ratio(writer, shoulder, writer.node('Sub', [r, scalar(1.6)]));
  const far = ratio(writer, tail, writer.node('Sub', [r, scalar(5)]));
  const outer = writer.node('Where', [writer.node('Greater', [r, scalar(5)]), far, near]);
  const size = writer.node('Where', [
    writer.node('Equal', [rest, scalar(0)]),
    scalar(Number.POSITIVE_INFINITY),
    outer,
  ]);
  const signed = writer.node('Where', [isLow, writer.node('Neg', [size]), size]);
  const isOuter = writer.node('Greater', [writer.node('Abs', [q]), scalar(0.425)]);
  return writer.node('Where', [isOuter, signed, middle]);
}
