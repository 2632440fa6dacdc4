/** Knots of B-splines, and what the splines are at a single place. */

/** The knots with `degree` more on either side: in steps of the outermost, or those of the next period. */
export function extendedKnots(base: Float64Array, degree: number, isPeriodic: boolean): Float64Array {
  const last = base.length - 1;
  const before = Array.from({ length: degree }, (_, k) => {
    if (isPeriodic) return base[last - degree + k] - (base[last] - base[0]);
    return base[0] - (degree - k) * (base[1] - base[0]);
  });
  const after = Array.from({ length: degree }, (_, k) => {
    if (isPeriodic) return base[1 + k] + (base[last] - base[0]);
    return base[last] + (k + 1) * (base[last] - base[last - 1]);
  });
  return Float64Array.of(...before, ...base, ...after);
}

/** The slope of each spline at x, one end of the base interval. */
export function slopesAt(x: number, knots: Float64Array, degree: number): number[] {
  const flatter = valuesAt(x, knots, degree);
  const share = (i: number) => ratio(flatter[i], knots[i + degree] - knots[i]);
  return Array.from({ length: flatter.length - 1 }, (_, i) => degree * (share(i) - share(i + 1)));
}

/** The values at x of the splines of a degree less. */
function valuesAt(x: number, knots: Float64Array, degree: number): number[] {
  const intervals = knots.length - 1;
  const last = intervals - 1 - degree;
  let interval = degree;
  while (interval < last && x >= knots[interval + 1]) interval += 1;
  let values: number[] = Array.from({ length: intervals }, (_, i) => (i === interval ? 1 : 0));
  for (let k = 1; k < degree; k++) {
    values = Array.from({ length: intervals - k }, (_, i) => {
      const rising = ratio((x - knots[i]) * values[i], knots[i + k] - knots[i]);
      return rising + ratio((knots[i + k + 1] - x) * values[i + 1], knots[i + k + 1] - knots[i + 1]);
    });
  }
  return values;
}

/** 0 where there is nothing to divide by. */
function ratio(value: number, by: number): number {
  return by > 0 ? value / by : 0;
}
