/** Matrices of bfloat16: the upper half of a float32, half the memory, three digits. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { createMatrix, type MatrixBase, requireShape } from './base.js';
import { type AsyncOptions, later, type OutOptions, type PreparedCall, type SignalOptions } from './call.js';
import type { Activation } from './functions.js';
import { PackCall, PackedMatrix, type PackOptions, preparePacked } from './packed.js';

const { matrixToBfloat16, matrixToBfloat16Async, matrixFromBfloat16, matrixFromBfloat16Async } = native;

/** Options of {@link Bfloat16Matrix.matmul}. */
export interface Bfloat16MatmulOptions extends OutOptions {
  /** Added to every row of the product: one float32 value for each of its columns. */
  readonly bias?: Matrix | FloatArray;
  /** Applied to every element after the bias. Default 'identity'. */
  readonly activation?: Activation;
}

/**
 * A row-major matrix of bfloat16, made by {@link Products.toBfloat16}: storage, and the left side of products.
 *
 * @example
 * ```ts
 * import { Matrix } from 'boreal';
 * const m = Matrix.from([[1, 3.14159]], undefined, 'float32').toBfloat16();
 * m.data.byteLength; // 4
 * m.toMatrix(); // [[1, 3.140625]]
 * ```
 */
export class Bfloat16Matrix {
  /** The values, row after row, each the upper 16 bits of a float32. */
  readonly data: Uint16Array;
  readonly rows: number;
  readonly cols: number;

  /**
   * Wraps an array without copying it.
   *
   * @param data - rows * cols values
   * @throws {ERR_DTYPE} when it is not a Uint16Array
   * @throws {ERR_SHAPE} when the length does not match
   */
  constructor(data: Uint16Array, rows: number, cols: number) {
    if (!(data instanceof Uint16Array)) {
      throw new ValidationError('ERR_DTYPE', `bfloat16 values come as a Uint16Array; got ${show(data)}.`);
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
  }

  get precision(): 'bfloat16' {
    return 'bfloat16';
  }

  /**
   * The same values as float32, exactly.
   *
   * @example
   * ```ts
   * import { Bfloat16Matrix } from 'boreal';
   * new Bfloat16Matrix(Uint16Array.of(0x3f80, 0xc000), 1, 2).toMatrix(); // [[1, -2]]
   * ```
   */
  toMatrix(): Matrix<Float32Array> {
    return new FromBfloat16(this).run();
  }
  /** {@link toMatrix} on the pool. */
  toMatrixAsync(options?: SignalOptions): Promise<Matrix<Float32Array>> {
    return later({ signal: options?.signal }, () => new FromBfloat16(this));
  }

  /** The nested arrays of {@link toMatrix}. */
  toArray(): number[][] {
    return this.toMatrix().toArray();
  }

  /**
   * The matrix product with weights packed as bfloat16, or with another bfloat16 matrix, which is packed first; products
   * are summed in float32. CPUs with AVX-512 BF16 multiply without widening and take subnormal numbers for 0; on all
   * others this is the product of the float32 matrices.
   *
   * @throws {ERR_SHAPE} when the shapes don't fit; the message names both
   * @throws {ERR_DTYPE} when `b` is packed with another precision, or `out` or `bias` are not float32
   * @throws {ERR_PARAMETER} when `b` is neither, or `out` overlaps `bias`
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const x = Matrix.from([[1, 2]], undefined, 'float32').toBfloat16();
   * const weights = Matrix.from([[3], [4]], undefined, 'float32').pack({ precision: 'bfloat16' });
   * x.matmul(weights); // [[11]]
   * ```
   */
  matmul(b: PackedMatrix | Bfloat16Matrix, options?: Bfloat16MatmulOptions): Matrix<Float32Array> {
    return preparePacked(this, packedOf(b), options).run() as Matrix<Float32Array>;
  }
  /** {@link matmul} on the pool; an unpacked `b` is packed before. */
  matmulAsync(
    b: PackedMatrix | Bfloat16Matrix,
    options?: Bfloat16MatmulOptions & AsyncOptions,
  ): Promise<Matrix<Float32Array>> {
    return later(options, () => preparePacked(this, packedOf(b), options)) as Promise<Matrix<Float32Array>>;
  }

  /**
   * These values packed for many products as their right side.
   *
   * @param options - `transpose`: pack the transpose. Default false
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const w = Matrix.from([[3, 4]], undefined, 'float32').toBfloat16();
   * w.pack({ transpose: true }).rows; // 2
   * ```
   */
  pack(options?: Pick<PackOptions, 'transpose'>): PackedMatrix {
    return new PackCall(this.toMatrix(), { transpose: options?.transpose, precision: 'bfloat16' }).run();
  }
}

function packedOf(b: PackedMatrix | Bfloat16Matrix): PackedMatrix {
  if (b instanceof PackedMatrix) return b;
  if (b instanceof Bfloat16Matrix) return b.pack();
  throw new ValidationError('ERR_PARAMETER', `b must be a PackedMatrix or a Bfloat16Matrix; got ${show(b)}.`);
}

/** A conversion to or from bfloat16: its result is new. */
abstract class Conversion<R> implements PreparedCall<R> {
  get out() {
    return null;
  }
  get inputs() {
    return [];
  }
  get inPlace() {
    return false;
  }
  run(): R {
    try {
      this.convert();
    } catch (error) {
      throw toBorealError(error);
    }
    return this.result();
  }
  protected abstract convert(): void;
  abstract start(_: null, cancel: CancelHandle | null): Promise<void>;
  abstract result(): R;
}

class FromBfloat16 extends Conversion<Matrix<Float32Array>> {
  private readonly target: Float32Array;
  constructor(private readonly x: Bfloat16Matrix) {
    super();
    this.target = new Float32Array(x.data.length);
  }
  protected convert(): void {
    matrixFromBfloat16(this.x.data, this.target, this.x.rows, this.x.cols);
  }
  start(_: null, cancel: CancelHandle | null): Promise<void> {
    return matrixFromBfloat16Async(this.x.data, this.target, this.x.rows, this.x.cols, cancel);
  }
  result(): Matrix<Float32Array> {
    return createMatrix(this.target, this.x.rows, this.x.cols);
  }
}

/** The values of a float32 matrix rounded to bfloat16, not done yet. */
export class ToBfloat16 extends Conversion<Bfloat16Matrix> {
  private readonly x: MatrixBase<Float32Array>;
  private readonly target: Uint16Array;
  constructor(x: MatrixBase) {
    super();
    if (x.dtype !== 'float32') {
      throw new ValidationError(
        'ERR_DTYPE',
        "Only a float32 matrix is rounded to bfloat16: convert with astype('float32').",
      );
    }
    this.x = x as MatrixBase<Float32Array>;
    this.target = new Uint16Array(x.data.length);
  }
  protected convert(): void {
    matrixToBfloat16(this.x.data, this.target, this.x.rows, this.x.cols);
  }
  start(_: null, cancel: CancelHandle | null): Promise<void> {
    return matrixToBfloat16Async(this.x.data, this.target, this.x.rows, this.x.cols, cancel);
  }
  result(): Bfloat16Matrix {
    return new Bfloat16Matrix(this.target, this.x.rows, this.x.cols);
  }
}
