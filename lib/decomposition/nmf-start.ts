/** Where a non-negative factorisation starts (Boutsidis and Gallopoulos 2008). */
import type { Matrix } from '../core/matrix.js';
import type { Axes, Operator } from '../core/principal-axes.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';

/** How both factors begin; see the parameter of NMF. */
export type NMFStart = 'nndsvd' | 'nndsvda' | 'nndsvdar' | 'random';

/** The rows that are taken apart, dense or sparse. */
export interface StartRows extends Pick<Operator, 'rows' | 'cols' | 'times'> {
  /** Of all values. */
  readonly mean: number;
  /** The first axes, at least as many as there are components. */
  axes(components: number, seed: number): Promise<Axes>;
}

/** Both factors: w [rows, components] and h [components, columns]. */
export interface Factors {
  readonly w: Float64Array;
  readonly h: Float64Array;
}

/** Singular vectors below this share of a component are 0 in a start. */
const ZERO = 1e-6;

/** @throws {ERR_PARAMETER} where there are fewer axes than components */
export async function startFactors(
  x: StartRows,
  init: NMFStart,
  components: number,
  seed: number,
): Promise<Factors> {
  const { rows, cols, mean } = x;
  const most = Math.min(rows, cols);
  const random = new Random(seed);
  if (init === 'random') {
    const scale = Math.sqrt(mean / components);
    const draw = (length: number) => Float64Array.from({ length }, () => scale * Math.abs(random.normal()));
    return { h: draw(components * cols), w: draw(rows * components) };
  }
  if (components > most) {
    const message = `NMF: init '${init}' has at most ${most} components for X of shape [${rows}, ${cols}]; use 'random'.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const { values, axes } = await x.axes(components, seed);
  const { w, h } = positiveParts(await x.times(axes.transpose()), values, axes, components);
  const fill = init === 'nndsvda' ? () => mean : () => Math.abs(mean * random.normal()) / 100;
  if (init !== 'nndsvd') {
    for (const factor of [w, h])
      for (let at = 0; at < factor.length; at++) if (factor[at] === 0) factor[at] = fill();
  }
  return { w, h };
}

/** Of each singular vector pair the signs that carry more, scaled: `turned` are the left vectors times their values. */
function positiveParts(
  turned: Matrix<Float64Array>,
  values: Float64Array,
  axes: Matrix<Float64Array>,
  components: number,
): Factors {
  const { rows } = turned;
  const { cols } = axes;
  const w = new Float64Array(rows * components);
  const h = new Float64Array(components * cols);
  for (let k = 0; k < components; k++) {
    if (!(values[k] > 0)) continue;
    const left = Float64Array.from({ length: rows }, (_, i) => turned.data[i * turned.cols + k] / values[k]);
    const right = axes.row(k);
    const part = (vector: ArrayLike<number>, sign: number) =>
      Float64Array.from(vector, (value) => (k === 0 ? Math.abs(value) : Math.max(sign * value, 0)));
    const sides = [1, -1].map((sign) => {
      const u = part(left, sign);
      const v = part(right, sign);
      return { u, v, size: norm(u) * norm(v) };
    });
    const { u, v, size } = sides[0].size >= sides[1].size ? sides[0] : sides[1];
    if (size === 0) continue;
    const scale = Math.sqrt(values[k] * size);
    const [ofU, ofV] = [norm(u), norm(v)];
    for (let i = 0; i < rows; i++) w[i * components + k] = cutOff((scale * u[i]) / ofU);
    for (let j = 0; j < cols; j++) h[k * cols + j] = cutOff((scale * v[j]) / ofV);
  }
  return { w, h };
}

const cutOff = (value: number) => (value < ZERO ? 0 : value);

function norm(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
