/** The similarity of points in the layout of UMAP. */

const POINTS = 300;
const MOST_STEPS = 200;

/**
 * a and b for which 1 / (1 + a x^(2b)) is nearest, by least squares over 300 points from 0 to 3 * spread, to 1 up to `minDist` and
 * exp(-(x - minDist) / spread) beyond: Levenberg's and Marquardt's method (1963), from a = b = 1.
 */
export function fitCurve(spread: number, minDist: number): { readonly a: number; readonly b: number } {
  const x = Float64Array.from({ length: POINTS }, (_, i) => (3 * spread * i) / (POINTS - 1));
  const y = x.map((value) => (value < minDist ? 1 : Math.exp(-(value - minDist) / spread)));
  let at = { a: 1, b: 1 };
  let damping = 1e-3;
  let sum = loss(at.a, at.b, x, y);
  for (let step = 0; step < MOST_STEPS; step++) {
    // Normal equations of the two parameters; at x = 0 the curve is 1 whatever they are.
    let [aa, ab, bb, ar, br] = [0, 0, 0, 0, 0];
    for (let i = 1; i < POINTS; i++) {
      const power = x[i] ** (2 * at.b);
      const value = 1 / (1 + at.a * power);
      const da = -value * value * power;
      const db = da * at.a * 2 * Math.log(x[i]);
      const gap = y[i] - value;
      aa += da * da;
      ab += da * db;
      bb += db * db;
      ar += da * gap;
      br += db * gap;
    }
    const [da, db] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = da * db - ab * ab;
    const next = {
      a: at.a + (ar * db - br * ab) / determinant,
      b: at.b + (br * da - ar * ab) / determinant,
    };
    const after = next.a > 0 && next.b > 0 ? loss(next.a, next.b, x, y) : Infinity;
    if (!(after <= sum)) {
      damping *= 10;
      if (damping > 1e12) break;
      continue;
    }
    const settled = Math.abs(next.a - at.a) <= 1e-12 * at.a && Math.abs(next.b - at.b) <= 1e-12 * at.b;
    at = next;
    sum = after;
    damping /= 10;
    if (settled) break;
  }
  return at;
}

function loss(a: number, b: number, x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (y[i] - 1 / (1 + a * x[i] ** (2 * b))) ** 2;
  return sum;
}
