/**
 * The bottom of the class {@link Matrix}: its values and shape. The operations are layers above it, one file each
 * (Matrix extends Decompositions extends Reductions extends Functions extends Arithmetic extends MatrixBase), so that none of them has to
 * import Matrix itself; they make their results with {@link createMatrix}.
 */
import { ValidationError } from '../../errors.js';
import type { FloatArray } from '../../native.js';
import type { Matrix } from '../matrix.js';

/** The two element types. Float64 is scikit-learn's default; Float32 halves memory and doubles SIMD width. */
export type Dtype = 'float32' | 'float64';

/** The values and the shape of a matrix. */
export class MatrixBase<T extends FloatArray = FloatArray> {
  /** The values, row after row: element (i, j) at `data[i * cols + j]`. */
  readonly data: T;
  readonly rows: number;
  readonly cols: number;

  /**
   * Wraps an array without copying it.
   *
   * @param data - at least nothing, exactly rows * cols values
   * @throws {ERR_SHAPE} when the length does not match
   */
  constructor(data: T, rows: number, cols: number) {
    if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(cols) || rows < 0 || cols < 0) {
      throw new ValidationError('ERR_SHAPE', `A shape needs whole numbers >= 0; got [${rows}, ${cols}].`);
    }
    if (data.length !== rows * cols) {
      throw new ValidationError(
        'ERR_SHAPE',
        `A matrix of shape [${rows}, ${cols}] needs ${rows * cols} values; got ${data.length}.`,
      );
    }
    this.data = data;
    this.rows = rows;
    this.cols = cols;
  }

  get dtype(): Dtype {
    return this.data instanceof Float32Array ? 'float32' : 'float64';
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

/** A new array of the type of `data`, all zeros. */
export function sameArray<T extends FloatArray>(data: T, length: number): T {
  return (data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as T;
}

/** The lowest bit of the code of a native call: 0 for float32, 1 for float64. */
export function typeBit(data: FloatArray): 0 | 1 {
  return data instanceof Float32Array ? 0 : 1;
}

/** "[2, 3]", for messages. */
export function shapeOf(x: { readonly rows: number; readonly cols: number }): string {
  return `[${x.rows}, ${x.cols}]`;
}
