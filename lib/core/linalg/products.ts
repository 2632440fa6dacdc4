/** Products of matrices. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { MatrixBase, shapeOf } from './base.js';
import {
  type AsyncOptions,
  later,
  type OutOptions,
  type PreparedCall,
  requireSameType,
  resolveOut,
  rowOf,
} from './call.js';
import { UNARY } from './functions.js';
import { Reductions } from './reductions.js';

const { matrixGemm, matrixGemmAsync } = native;

const ACTIVATION_SHIFT = 1;
const TRANSPOSE_A = 1 << 7;
const TRANSPOSE_B = 1 << 8;

/** The name of a function that {@link Products.matmul} can apply to its result: any elementwise one. */
export type Activation = keyof typeof UNARY;

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
  b: Matrix,
  options: MatmulOptions | undefined,
): GemmCall<T> {
  requireSameType(a, b, 'the other operand');
  let code: number = a.typeBit;
  let { rows: m, cols: k } = a;
  let { rows: kOfB, cols: n } = b;
  if (options === undefined) {
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
  if (options.activation !== undefined) code |= activationCode(options.activation);
  const bias = options.bias === undefined ? null : biasOf(a, options.bias, n);
  return new GemmCall(code, a, b, resolveOut(a, m, n, options.out), k, bias);
}

function shapesDoNotFit(a: MatrixBase, b: MatrixBase, code: number): ValidationError {
  const left = shapeOf(a) + (code & TRANSPOSE_A ? ' transposed' : '');
  const right = shapeOf(b) + (code & TRANSPOSE_B ? ' transposed' : '');
  return new ValidationError(
    'ERR_SHAPE',
    `${left} and ${right} cannot be multiplied: the left needs as many columns as the right has rows.`,
  );
}

function activationCode(name: Activation): number {
  if (!Object.hasOwn(UNARY, name)) {
    const allowed = Object.keys(UNARY).join(', ');
    throw new ValidationError('ERR_PARAMETER', `activation must be one of ${allowed}; got ${show(name)}.`);
  }
  return UNARY[name] << ACTIVATION_SHIFT;
}

function biasOf(like: MatrixBase, bias: Matrix | FloatArray, n: number): MatrixBase {
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
  matmul(b: Matrix, options?: MatmulOptions): Matrix<T> {
    return prepareMatmul(this, b, options).run();
  }
  /** {@link matmul} on the pool. */
  matmulAsync(b: Matrix, options?: MatmulOptions & AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareMatmul(this, b, options));
  }
}
