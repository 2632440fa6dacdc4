/** The first singular vectors of a matrix by products with it alone, to full accuracy. */
import { Matrix } from './matrix.js';
import { type Axes, type Operator, pointed } from './principal-axes.js';
import { Random } from './random.js';
import { warn } from './warn.js';

/** How the method of Lanczos works; see {@link lanczosAxes}. */
export interface Lanczos {
  /** Less than the smaller of rows and columns. */
  readonly components: number;
  /** How far from a singular triplet each may be, beside the largest singular value; 0: rounding. */
  readonly tol: number;
  readonly seed: number;
}

type Column = Matrix<Float64Array>;

/** A residual this small, beside the largest singular value, is rounding. */
const ROUNDING = 64 * Number.EPSILON;
/** A vector this short, beside the largest singular value, has no direction: the subspace is invariant. */
const NOTHING = 8 * Number.EPSILON;
/** What is left of a vector is too short to trust where it is less than this share. */
const SHORT = 0.1;
/** What has to be left of a vector of normal numbers, so that rounding is far less. */
const STEEP = 1e-3;
/** Restarts for each row or column, of the smaller number. */
const MOST_RESTARTS = 10;

/**
 * The first axes, by bidiagonalisation in a subspace of at least twice as many dimensions that restarts from its best triplets (Baglama and
 * Reichel, Augmented implicitly restarted Lanczos bidiagonalization methods, 2005). The basis of the shorter vectors is kept orthogonal; in that of
 * the longer ones a vector is made orthogonal to all others where it has to be, after a restart and where little is left of it.
 *
 * One vector leads to one axis alone of each singular value. Once all are found, the search begins again beside them, in a random direction, until it
 * ends with the same values: so those that occur several times are found as often.
 */
export async function lanczosAxes(x: Operator, how: Lanczos, signal?: AbortSignal): Promise<Axes> {
  // The complete basis, if it comes to that, is one of the shorter vectors.
  const isWide = x.cols > x.rows;
  const { rows, cols } = isWide ? { rows: x.cols, cols: x.rows } : x;
  const times = (v: Column) => (isWide ? x.transposedTimes(v) : x.times(v));
  const transposedTimes = (u: Column) => (isWide ? x.times(u) : x.transposedTimes(u));
  const { components } = how;
  const size = Math.min(Math.max(2 * components + 1, 20), cols);
  const kept = Math.min(size - 1, components + ((size - components) >> 1));
  const random = new Random(how.seed);
  const left = new Basis(size, rows, random, signal);
  const right = new Basis(size + 1, cols, random, signal);
  // x right = left b, and x' left = right b' + (the next right vector) (residual, in the last column).
  let b = new Float64Array(size * size);
  await right.add(new Matrix(new Float64Array(cols), cols, 1), 0, null);
  let largest = 0;
  // What a search from an earlier direction has found; null in the first one.
  let found: Float64Array | null = null;
  for (let from = 0, restart = 0; ; restart++) {
    let residual = 0;
    for (let j = from; j < size; j++) {
      // The part of x v in the left basis is what the last restart, or step, has left in column j. After a step it is along the last left
      // vector alone; where axes are right vectors, rounding beside that does no harm (Simon and Zha 2000).
      const along = j > from && !isWide ? b[(j - 1) * size + j] : null;
      const alpha = await left.add(await times(right.column(j)), NOTHING * largest, along);
      b[j * size + j] = alpha;
      largest = Math.max(largest, alpha);
      if (right.count === cols) {
        residual = 0;
        break;
      }
      residual = await right.add(await transposedTimes(left.column(j)), NOTHING * largest, null);
      if (j + 1 < size) b[j * size + j + 1] = residual;
    }
    const { u, s, vt } = await new Matrix(b, size, size).svdAsync({ signal });
    largest = s[0];
    const last = u.row(size - 1);
    const least = Math.max(how.tol, ROUNDING) * largest;
    const isNear = (k: number) => residual * Math.abs(last[k]) <= least;
    const values = s.slice(0, components);
    // What comes next is exact, too, or less than the last of them by more than it is off.
    const isNext = (k: number) => isNear(k) || s[k] + residual * Math.abs(last[k]) < s[k - 1];
    const isFound = values.every((_, k) => isNear(k)) && (found === null || isNext(components));
    const isSame = () => found?.every((value, k) => values[k] - value <= least);
    const isDone = isFound && (right.count === cols || isSame());
    if (isDone || restart >= MOST_RESTARTS * cols) {
      if (!isFound) warn(`The method of Lanczos has not converged in ${restart} restarts.`);
      const turned = isWide ? left.turned(u.transpose(), components) : right.turned(vt, components);
      return { values, axes: pointed(await turned) };
    }
    if (isFound) found = values;
    from = isFound ? components : kept;
    await left.restart(u.transpose(), from);
    await right.restart(vt, from);
    if (isFound) await right.turnLast();
    b = new Float64Array(size * size);
    for (let k = 0; k < from; k++) {
      b[k * size + k] = s[k];
      b[k * size + from] = isFound ? 0 : residual * last[k];
    }
  }
}

/** Orthonormal vectors as the first rows of a matrix. */
class Basis {
  #rows: Matrix<Float64Array>;
  count = 0;

  constructor(
    readonly size: number,
    length: number,
    readonly random: Random,
    readonly signal: AbortSignal | undefined,
  ) {
    this.#rows = new Matrix(new Float64Array(size * length), size, length);
  }

  column(k: number): Column {
    return this.#rows.slice(k, k + 1).transpose();
  }

  /**
   * Adds the direction of what a vector has beside those of the basis, and gives the length of that; a random direction, and 0, where no
   * more than `least` is left.
   *
   * @param along - all that the vector has in the basis: so much along the last one; null: anything
   */
  async add(vector: Column, least: number, along: number | null): Promise<number> {
    let beside = along === null ? await this.#beside(vector) : this.#besideLast(vector, along);
    let length = lengthOf(beside);
    if (along !== null && length < SHORT * lengthOf(vector)) {
      beside = await this.#beside(vector);
      length = lengthOf(beside);
    }
    const found = length > least ? length : 0;
    if (found === 0) length = 0;
    while (!(length > (found === 0 ? STEEP : 0))) {
      beside = await this.#beside(new Matrix(this.#noise(), vector.rows, 1));
      length = lengthOf(beside);
    }
    this.#rows.row(this.count++).set(beside.data.map((value) => value / length));
    return found;
  }

  /** The first rows of a basis of the same subspace. */
  turned(by: Matrix<Float64Array>, rows: number): Promise<Matrix<Float64Array>> {
    return by.slice(0, rows).matmulAsync(this.#rows.slice(0, by.cols), { signal: this.signal });
  }

  /** Keeps the first rows of the basis turned, and what stands after those that were turned. */
  async restart(by: Matrix<Float64Array>, kept: number): Promise<void> {
    const { data } = await this.turned(by, kept);
    const { cols } = this.#rows;
    const after = this.#rows.data.slice(by.cols * cols, this.count * cols);
    this.#rows.data.set(data);
    this.#rows.data.set(after, data.length);
    this.count = kept + after.length / cols;
  }

  /** Puts a random direction in place of the last one. */
  async turnLast(): Promise<void> {
    this.count--;
    await this.add(new Matrix(new Float64Array(this.#rows.cols), this.#rows.cols, 1), 0, null);
  }

  /** The part of a vector that is orthogonal to the basis. */
  async #beside(vector: Column): Promise<Column> {
    if (this.count === 0) return vector;
    const basis = this.#rows.slice(0, this.count);
    const once = await this.#reduced(basis, vector);
    // Rounding is no longer small beside what is left (Daniel and others 1976).
    return lengthOf(once) < Math.SQRT1_2 * lengthOf(vector) ? this.#reduced(basis, once) : once;
  }

  async #reduced(basis: Matrix<Float64Array>, vector: Column): Promise<Column> {
    const along = await basis.matmulAsync(vector, { signal: this.signal });
    return vector.sub(await basis.matmulAsync(along, { transposeA: true, signal: this.signal }));
  }

  #besideLast({ data, rows }: Column, along: number): Column {
    const last = this.#rows.row(this.count - 1);
    return new Matrix(
      data.map((value, i) => value - along * last[i]),
      rows,
      1,
    );
  }

  #noise(): Float64Array {
    return Float64Array.from({ length: this.#rows.cols }, () => this.random.normal());
  }
}

/** Without squares that overflow. */
function lengthOf({ data }: Column): number {
  let most = 0;
  for (const value of data) most = Math.max(most, Math.abs(value));
  if (most === 0) return 0;
  let sum = 0;
  for (const value of data) sum += (value / most) ** 2;
  return most * Math.sqrt(sum);
}
