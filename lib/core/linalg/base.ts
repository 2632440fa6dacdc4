/**
 * The bottom of the class {@link Matrix}: its values and shape. The operations are layers above it, one file each
 * (Matrix, Decompositions, Selection, Products, Reductions, Functions, Arithmetic, MatrixBase, each extends the next), so
 * that none of them has to import Matrix itself; they make their results with {@link createMatrix}.
 */
import { ValidationError } from '../../errors.js';
import type { FloatArray } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';

/** The two element types. Float64 is scikit-learn's default; Float32 halves memory and doubles SIMD width. */
export type Dtype = 'float32' | 'float64';

/** The largest number of a type. */
export const mostOf = (dtype: Dtype): number =>
  dtype === 'float32' ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;

/** Throws unless both are whole numbers >= 0. */
export function requireShape(rows: number, cols: number): void {
  if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(cols) || rows < 0 || cols < 0) {
    throw new ValidationError(
      'ERR_SHAPE',
      `A shape needs whole numbers >= 0; got [${show(rows)}, ${show(cols)}].`,
    );
  }
}

/** The values and the shape of a matrix. */
export class MatrixBase<T extends FloatArray = FloatArray> {
  /** The values, row after row: element (i, j) at `data[i * cols + j]`. */
  readonly data: T;
  readonly rows: number;
  readonly cols: number;
  readonly #typeBit: 0 | 1;
  #used = false;
  #view: DataView | undefined;

  /**
   * Wraps an array without copying it.
   *
   * @param data - at least nothing, exactly rows * cols values
   * @throws {ERR_SHAPE} when the length does not match
   * @throws {ERR_DTYPE} when the array is neither a Float32Array nor a Float64Array
   */
  constructor(data: T, rows: number, cols: number) {
    const single = data instanceof Float32Array;
    if (!single && !(data instanceof Float64Array)) {
      const message = `A matrix holds a Float32Array or a Float64Array; got ${show(data)}. Matrix.from converts others.`;
      throw new ValidationError('ERR_DTYPE', message);
    }
    requireShape(rows, cols);
    if (data.length !== rows * cols) {
      throw new ValidationError(
        'ERR_SHAPE',
        `A matrix of shape [${rows}, ${cols}] needs ${rows * cols} values; got ${data.length}.`,
      );
    }
    this.data = data;
    this.rows = rows;
    this.cols = cols;
    this.#typeBit = single ? 0 : 1;
  }

  /**
   * The lowest bit of the code of a native call: 0 for float32, 1 for float64. What is no matrix has none, so that one
   * comparison tells whether something is a matrix of the right type; instanceof, through seven layers, costs 8 ns.
   *
   * @internal
   */
  get typeBit(): 0 | 1 {
    return this.#typeBit;
  }

  /**
   * The values as the native core takes them in synchronous calls. Node hands out the memory of a DataView in half the
   * time it takes for a Float32Array, but to make one costs as much as three calls save: a matrix gets one when it is
   * used again. It detaches together with the array. Resizable buffers get none: Node reports the old length of a
   * DataView after the buffer has shrunk, and an empty array has none or is detached.
   *
   * @internal
   */
  get memory(): T | DataView {
    if (this.#view !== undefined) return this.#view;
    if (!this.#used) {
      this.#used = true;
      return this.data;
    }
    const { buffer, byteOffset, byteLength } = this.data;
    if (byteLength === 0 || (buffer as { resizable?: boolean }).resizable === true) return this.data;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    return this.#view;
  }

  /** 'float32' or 'float64'. */
  get dtype(): Dtype {
    return this.#typeBit === 0 ? 'float32' : 'float64';
  }
}

type Create = <T extends FloatArray>(data: T, rows: number, cols: number) => Matrix<T>;
let create: Create;

/** Called once, by matrix.ts. */
export function setMatrixConstructor(construct: Create): void {
  create = construct;
}

/** A new {@link Matrix} over `data`. */
export function createMatrix<T extends FloatArray>(data: T, rows: number, cols: number): Matrix<T> {
  return create(data, rows, cols);
}

/** @throws {ERR_SHAPE} when the memory of a matrix was transferred away or has shrunk: it has no values any more */
export function requireValues(x: MatrixBase): void {
  if (x.data.length === x.rows * x.cols) return;
  throw new ValidationError(
    'ERR_SHAPE',
    `The matrix of shape ${shapeOf(x)} has lost its values: its buffer was transferred or resized.`,
  );
}

/** "[2, 3]", for messages. */
export function shapeOf(x: { readonly rows: number; readonly cols: number }): string {
  return `[${x.rows}, ${x.cols}]`;
}
