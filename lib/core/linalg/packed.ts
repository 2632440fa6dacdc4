/** Matrices packed once for many products, and products with them. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native, type PackedHandle } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { type Dtype, MatrixBase, shapeOf } from './base.js';
import { type PreparedCall, requireSameType, resolveOut, rowOf } from './call.js';
import { type Activation, activationNumber } from './functions.js';

const { matrixPack, matrixPackAsync, matrixPackedGemm, matrixPackedGemmAsync } = native;

/** The types of a code in native/binding/matrix_packed.cc. */
const TYPES = { float32: 0, float64: 1, bfloat16: 2 } as const;
const TRANSPOSE = 4;
const TYPE_SHIFT = 6;

/** What a packed matrix is made of. */
export type PackedPrecision = Dtype | 'bfloat16';

/** Options of {@link Products.pack}. */
export interface PackOptions {
  /** Default: the element type of the matrix. 'bfloat16' halves the memory of float32 weights; sums stay float32. */
  readonly precision?: PackedPrecision;
  /** Pack the transpose: the weights are [outputs, inputs]. Default false. */
  readonly transpose?: boolean;
}

/**
 * A matrix in the order in which this CPU multiplies, made by {@link Products.pack} for many products as their right
 * side. A copy: changing the matrix it was made from does not change it.
 */
export class PackedMatrix {
  /** The shape of the right side of a product, after any transposition. */
  readonly rows: number;
  readonly cols: number;
  readonly precision: PackedPrecision;
  /** @internal */
  readonly handle: PackedHandle;

  /** @internal */
  constructor(handle: PackedHandle, rows: number, cols: number, precision: PackedPrecision) {
    this.handle = handle;
    this.rows = rows;
    this.cols = cols;
    this.precision = precision;
  }
}

/** The packing of a matrix, not done yet. */
export class PackCall implements PreparedCall<PackedMatrix> {
  private readonly code: number;
  private readonly b: MatrixBase;
  private readonly precision: PackedPrecision;
  private readonly transpose: boolean;

  constructor(b: MatrixBase, options: PackOptions | undefined) {
    const { precision = b.dtype, transpose = false } = options ?? {};
    if (!Object.hasOwn(TYPES, precision)) {
      const allowed = Object.keys(TYPES).join(', ');
      throw new ValidationError(
        'ERR_PARAMETER',
        `precision must be one of ${allowed}; got ${show(precision)}.`,
      );
    }
    if ((precision === 'float64') !== (b.dtype === 'float64')) {
      throw new ValidationError(
        'ERR_DTYPE',
        `A matrix of ${b.dtype} cannot be packed as ${precision}: convert it first with astype.`,
      );
    }
    this.code = TYPES[precision] | (transpose ? TRANSPOSE : 0);
    this.b = b;
    this.precision = precision;
    this.transpose = transpose;
  }
  get out() {
    return null;
  }
  get inputs() {
    return [];
  }
  get inPlace() {
    return false;
  }
  run(): PackedMatrix {
    const { b } = this;
    try {
      return this.result(matrixPack(this.code, b.memory, b.rows, b.cols));
    } catch (error) {
      throw toBorealError(error);
    }
  }
  start(_: null, cancel: CancelHandle | null): Promise<PackedHandle> {
    const { b } = this;
    return matrixPackAsync(this.code, b.data, b.rows, b.cols, cancel);
  }
  result(handle: unknown): PackedMatrix {
    const [rows, cols] = this.transpose ? [this.b.cols, this.b.rows] : [this.b.rows, this.b.cols];
    return new PackedMatrix(handle as PackedHandle, rows, cols, this.precision);
  }
}

/** The left side of a product with a packed matrix; a {@link MatrixBase}, or values of bfloat16. */
export type PackedLeft =
  | MatrixBase
  | {
      readonly data: Uint16Array;
      readonly rows: number;
      readonly cols: number;
      readonly precision: 'bfloat16';
    };
/** What a product with a packed matrix may do to its result. */
export interface PackedProductOptions {
  readonly out?: Matrix;
  readonly bias?: Matrix | FloatArray;
  readonly activation?: Activation;
}

class PackedGemmCall implements PreparedCall<Matrix> {
  constructor(
    private readonly code: number,
    private readonly a: PackedLeft,
    private readonly b: PackedMatrix,
    private readonly bias: MatrixBase | null,
    readonly out: Matrix,
  ) {}
  get inputs() {
    const { a, bias } = this;
    return bias === null ? [a.data] : [a.data, bias.data];
  }
  get inPlace() {
    return false;
  }
  run(): Matrix {
    const { a, b, bias, out } = this;
    const left = a instanceof MatrixBase ? a.memory : a.data;
    try {
      matrixPackedGemm(this.code, left, b.handle, out.memory, out.rows, bias === null ? null : bias.memory);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const { a, b, bias } = this;
    const biasData = bias === null ? null : bias.data;
    return matrixPackedGemmAsync(this.code, a.data, b.handle, out, this.out.rows, biasData, cancel);
  }
  result(): Matrix {
    return this.out;
  }
}

/** One row with the element type of the results of a product: what tells `out` and `bias` theirs. */
const LIKE = {
  float32: new MatrixBase(new Float32Array(0), 1, 0),
  float64: new MatrixBase(new Float64Array(0), 1, 0),
};

/** activation(a b + bias) for a packed b, not made yet. */
export function preparePacked(
  a: PackedLeft,
  b: PackedMatrix,
  options: PackedProductOptions | undefined,
): PreparedCall<Matrix> {
  const type = a instanceof MatrixBase ? a.dtype : a.precision;
  const fits = type === b.precision || (type === 'float32' && b.precision === 'bfloat16');
  if (!fits) {
    throw new ValidationError(
      'ERR_DTYPE',
      `A matrix of ${type} cannot be multiplied by one packed as ${b.precision}.`,
    );
  }
  if (a.cols !== b.rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${shapeOf(a)} and ${shapeOf(b)} cannot be multiplied: the left needs as many columns as the right has rows.`,
    );
  }
  const like: MatrixBase = b.precision === 'float64' ? LIKE.float64 : LIKE.float32;
  const code = (TYPES[type] << TYPE_SHIFT) | activationNumber(options?.activation);
  const bias = options?.bias === undefined ? null : biasOf(like, options.bias, b.cols);
  return new PackedGemmCall(code, a, b, bias, resolveOut(like, a.rows, b.cols, options?.out));
}

/** The bias of a product of n columns, as a row of the type of `like`. */
export function biasOf(like: MatrixBase, bias: Matrix | FloatArray, n: number): MatrixBase {
  const row: MatrixBase = bias instanceof MatrixBase ? bias : rowOf(bias, 'bias');
  requireSameType(like, row, 'bias');
  if (row.rows !== 1 || row.cols !== n) {
    throw new ValidationError(
      'ERR_SHAPE',
      `bias needs the shape [1, ${n}], one value for each column of the product; got ${shapeOf(row)}.`,
    );
  }
  return row;
}
