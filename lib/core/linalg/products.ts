/** Products of matrices. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { type MatrixBase, shapeOf } from './base.js';
import { type Bfloat16Matrix, ToBfloat16 } from './bfloat16.js';
import {
  type AsyncOptions,
  later,
  type OutOptions,
  type PreparedCall,
  requireSameType,
  resolveOut,
  type SignalOptions,
} from './call.js';
import { type Activation, activationNumber } from './functions.js';
import { biasOf, PackCall, PackedMatrix, type PackOptions, preparePacked } from './packed.js';
import { Reductions } from './reductions.js';

const { matrixGemm, matrixGemmAsync } = native;

const ACTIVATION_SHIFT = 1;
const TRANSPOSE_A = 1 << 7;
const TRANSPOSE_B = 1 << 8;

/** Options of {@link Products.matmul}. */
export interface MatmulOptions extends OutOptions {
  /** Use the transpose of this matrix; nothing is copied. Default false. */
  readonly transposeA?: boolean;
  /** Use the transpose of the other matrix; nothing is copied. Default false. */
  readonly transposeB?: boolean;
  /** Added to every row of the product: one value for each of its columns. */
  readonly bias?: Matrix | FloatArray;
  /** Applied to every element after the bias. Default 'identity'. */
  readonly activation?: Activation;
}

class GemmCall<T extends FloatArray> implements PreparedCall<Matrix<T>> {
  constructor(
    readonly code: number,
    readonly a: MatrixBase,
    readonly b: MatrixBase,
    readonly out: Matrix<T>,
    readonly k: number,
    readonly bias: MatrixBase | null,
  ) {}
  get inputs() {
    return this.bias === null ? [this.a.data, this.b.data] : [this.a.data, this.b.data, this.bias.data];
  }
  get inPlace() {
    return false;
  }
  run(): Matrix<T> {
    const { out } = this;
    try {
      const bias = this.bias === null ? null : this.bias.memory;
      matrixGemm(this.code, this.a.memory, this.b.memory, out.memory, out.rows, this.k, out.cols, bias);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const { a, b, bias, k } = this;
    const { rows, cols } = this.out;
    return matrixGemmAsync(
      this.code,
      a.data,
      b.data,
      out,
      rows,
      k,
      cols,
      bias === null ? null : bias.data,
      cancel,
    );
  }
  result(): Matrix<T> {
    return this.out;
  }
}

function prepareMatmul<T extends FloatArray>(
  a: MatrixBase<T>,
  b: Matrix | PackedMatrix,
  options: MatmulOptions | undefined,
): PreparedCall<Matrix<T>> {
  if (b instanceof PackedMatrix) return prepareWithPacked(a, b, options);
  requireSameType(a, b, 'the other operand');
  let code: number = a.typeBit;
  let { rows: m, cols: k } = a;
  let { rows: kOfB, cols: n } = b;
  if (options === undefined || options === null) {
    if (k !== kOfB) throw shapesDoNotFit(a, b, code);
    return new GemmCall(code, a, b, resolveOut(a, m, n, undefined), k, null);
  }
  if (options.transposeA) {
    code |= TRANSPOSE_A;
    [m, k] = [k, m];
  }
  if (options.transposeB) {
    code |= TRANSPOSE_B;
    [kOfB, n] = [n, kOfB];
  }
  if (k !== kOfB) throw shapesDoNotFit(a, b, code);
  code |= activationNumber(options.activation) << ACTIVATION_SHIFT;
  const bias = options.bias === undefined ? null : biasOf(a, options.bias, n);
  return new GemmCall(code, a, b, resolveOut(a, m, n, options.out), k, bias);
}

function prepareWithPacked<T extends FloatArray>(
  a: MatrixBase<T>,
  b: PackedMatrix,
  options: MatmulOptions | undefined,
): PreparedCall<Matrix<T>> {
  if (options?.transposeA || options?.transposeB) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'A product with a packed matrix transposes nothing: the right side is transposed when it is packed.',
    );
  }
  return preparePacked(a, b, options) as PreparedCall<Matrix<T>>;
}

function shapesDoNotFit(a: MatrixBase, b: MatrixBase, code: number): ValidationError {
  const left = shapeOf(a) + (code & TRANSPOSE_A ? ' transposed' : '');
  const right = shapeOf(b) + (code & TRANSPOSE_B ? ' transposed' : '');
  return new ValidationError(
    'ERR_SHAPE',
    `${left} and ${right} cannot be multiplied: the left needs as many columns as the right has rows.`,
  );
}

/** The layer of {@link Matrix} with products. */
export class Products<T extends FloatArray = FloatArray> extends Reductions<T> {
  /**
   * The matrix product with `b`, [rows, cols] x [cols, n]; with a bias and a function of every element if asked for.
   * A row's bits depend neither on the other rows nor on the number of threads.
   *
   * @throws {ERR_SHAPE} when the shapes don't fit; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const a = Matrix.from([[1, 2], [3, 4]]);
   * const b = Matrix.from([[0, 1], [1, -9]]);
   * a.matmul(b); // [[2, -17], [4, -33]]
   * a.matmul(b, { transposeA: true, activation: 'relu' }); // [[3, 0], [4, 0]]
   * ```
   */
  matmul(b: Matrix | PackedMatrix, options?: MatmulOptions): Matrix<T> {
    return prepareMatmul(this, b, options).run();
  }
  /** {@link matmul} on the pool. */
  matmulAsync(b: Matrix | PackedMatrix, options?: MatmulOptions & AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareMatmul(this, b, options));
  }

  /**
   * This matrix packed for many products as their right side, in the order in which this CPU multiplies: for weights.
   * With one row, or a few, on the left, products are then bound by the memory they read alone.
   *
   * @throws {ERR_PARAMETER} when there is no such precision
   * @throws {ERR_DTYPE} when the precision needs another element type: bfloat16 is packed from float32
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const weights = Matrix.from([[1, 0], [0, 1], [1, 1]]).pack({ transpose: true });
   * Matrix.from([[1, -2]]).matmul(weights, { activation: 'relu' }); // [[1, 0, 0]]
   * ```
   */
  pack(options?: PackOptions): PackedMatrix {
    return new PackCall(this, options).run();
  }
  /** {@link pack} on the pool. */
  packAsync(options?: PackOptions & SignalOptions): Promise<PackedMatrix> {
    return later({ signal: options?.signal }, () => new PackCall(this, options));
  }

  /**
   * The values rounded to bfloat16, to the nearest, ties to even: half the memory, three digits.
   *
   * @throws {ERR_DTYPE} when this matrix is not float32
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1.001]], undefined, 'float32');
   * m.toBfloat16().toMatrix(); // [[1]]
   * ```
   */
  toBfloat16(): Bfloat16Matrix {
    return new ToBfloat16(this).run();
  }
  /** {@link toBfloat16} on the pool. */
  toBfloat16Async(options?: SignalOptions): Promise<Bfloat16Matrix> {
    return later({ signal: options?.signal }, () => new ToBfloat16(this));
  }
}
