/** Where a non-negative factorisation starts (Boutsidis and Gallopoulos 2008). */
import type { Matrix } from '../core/matrix.js';
import type { Axes, Operator } from '../core/principal-axes.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';

/** How both factors begin; see the parameter of NMF. */
export type NMFStart = 'nndsvd' | 'nndsvda' | 'nndsvdar' | 'random';

/** Factors of the caller, as rows of numbers >= 0: W [rows, components] and H [components, columns]. */
export interface GivenFactors {
  readonly W: ReadonlyArray<ArrayLike<number>>;
  readonly H: ReadonlyArray<ArrayLike<number>>;
}

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

/**
 * The start that the caller gives.
 *
 * @throws {ERR_SHAPE} unless both factors are of X and of so many components
 * @throws {ERR_PARAMETER} for a number below 0 or not finite, and for a factor of zeros, which 'mu' never leaves
 */
export function givenFactors({ W, H }: GivenFactors, { rows, cols }: StartRows, components: number): Factors {
  return { w: given('W', W, rows, components), h: given('H', H, components, cols) };
}

function given(name: string, from: GivenFactors['W'], rows: number, cols: number): Float64Array {
  const wrong = from.length !== rows || Array.from(from).some((row) => row?.length !== cols);
  if (wrong) throw new ValidationError('ERR_SHAPE', `NMF: init.${name} must have shape [${rows}, ${cols}].`);
  const values = Float64Array.from(Array.from(from).flatMap((row) => Array.from(row)));
  if (values.every((value) => value >= 0 && value < Infinity) && values.some((value) => value > 0))
    return values;
  throw new ValidationError('ERR_PARAMETER', `NMF: init.${name} must hold numbers >= 0, not all 0.`);
}

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
  const turned = await x.times(axes.slice(0, components).transpose());
  const { w, h } = positiveParts(turned, values, axes, components);
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
    const left = { data: turned.data, from: k, step: components, count: rows };
    const right = { data: axes.data, from: k * cols, step: 1, count: cols };
    const isFirst = k === 0; // of one sign but for rounding
    const [ofLeft, ofRight] = [lengths(left, isFirst), lengths(right, isFirst)];
    const sizes = ofLeft.map((length, side) => (length / values[k]) * ofRight[side]);
    const side = sizes[0] >= sizes[1] ? 0 : 1;
    if (sizes[side] === 0) continue;
    const scale = Math.sqrt(values[k] * sizes[side]);
    const take = (vector: Strided, length: number, to: Strided) => {
      for (let i = 0; i < vector.count; i++) {
        const value = vector.data[vector.from + i * vector.step];
        const kept = isFirst ? Math.abs(value) : Math.max(side === 0 ? value : -value, 0);
        const scaled = (scale * kept) / length;
        to.data[to.from + i * to.step] = scaled < ZERO ? 0 : scaled;
      }
    };
    take(left, ofLeft[side], { ...left, data: w });
    take(right, ofRight[side], { ...right, data: h });
  }
  return { w, h };
}

/** A row or a column of a matrix. */
interface Strided {
  readonly data: Float64Array;
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

/** The length of what is above 0 in a vector, and of what is below; with `whole` both are that of all of it. */
function lengths({ data, from, step, count }: Strided, whole: boolean): [above: number, below: number] {
  let above = 0;
  let below = 0;
  for (let i = 0; i < count; i++) {
    const value = data[from + i * step];
    const square = value * value;
    if (whole || value > 0) above += square;
    if (whole || value < 0) below += square;
  }
  return [Math.sqrt(above), Math.sqrt(below)];
}
