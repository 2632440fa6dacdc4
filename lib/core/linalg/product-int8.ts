/** Products of 8-bit codes by 8-bit weights. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, type Int8WeightsHandle, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { MatrixBase, shapeOf } from './base.js';
import { later, type PreparedCall, type SignalOptions } from './call.js';
import type { Activation } from './functions.js';
import { UNARY } from './functions.js';
import { type CodeType, float32Of, float32Out, QuantizedMatrix } from './quantized.js';

const { int8Weights, int8Product, int8ProductAsync } = native;

/** Where the parts of a product's code begin, see native/binding/matrix_int8.cc. */
const X_SHIFT = 6;
const OUT_SHIFT = 8;
const PER_ROW = 1 << 10;
const TYPES = { float32: 0, uint8: 1, int8: 2, int32: 3 } as const;
const PER_COLUMN = 2;
const TRANSPOSED = 4;
/** native/kernels/int8_kernels.h: with more inputs a sum could leave 32 bits. */
const MAX_INPUTS = 65793;

/** What the elements of a product are. */
export type Int8OutputType = keyof typeof TYPES;
/** A row-major matrix of 32-bit integers. */
export interface Int32Matrix {
  readonly data: Int32Array;
  readonly rows: number;
  readonly cols: number;
}
/** The result of a product with `outputType` O. */
export type Int8Result<O extends Int8OutputType> = O extends 'int32'
  ? Int32Matrix
  : O extends CodeType
    ? QuantizedMatrix
    : Matrix<Float32Array>;

/** Options of {@link matmulInt8}. */
export interface MatmulInt8Options<O extends Int8OutputType = 'float32'> {
  /** Use the transpose of the weights, which are then [outputs, inputs] as torch's Linear has them. Default false. */
  readonly transposeB?: boolean;
  /** Added to every row of the product: one real value for each of its columns. Not for 'int32'. */
  readonly bias?: Matrix | FloatArray;
  /** Applied to every element after the bias. Default 'identity'. Not for 'int32'. */
  readonly activation?: Activation;
  /**
   * 'float32' (default): real values; 'int32': the exact sums of (a - zero point) b, as ONNX's MatMulInteger;
   * 'uint8' or 'int8': real values quantized again with `outputScale` and `outputZeroPoint`, as ONNX's QLinearMatMul.
   */
  readonly outputType?: O;
  /** The scale of a result of codes, which needs one. */
  readonly outputScale?: number;
  /** The zero point of a result of codes. Default 0. */
  readonly outputZeroPoint?: number;
  /** A float32 matrix to write a float32 result into. */
  readonly out?: Matrix;
}

/**
 * 8-bit weights [rows, cols] in the order in which this CPU multiplies, made once for many products by
 * {@link packInt8}. A copy: changing the matrix it was made from does not change it.
 */
export class PackedInt8 {
  readonly rows: number;
  readonly cols: number;
  /** @internal */
  readonly handle: Int8WeightsHandle;

  /** @internal */
  constructor(handle: Int8WeightsHandle, rows: number, cols: number) {
    this.handle = handle;
    this.rows = rows;
    this.cols = cols;
  }
}

function weightsOf(b: QuantizedMatrix, transpose: boolean, now: boolean): PackedInt8 {
  const refuse = (what: string) =>
    new ValidationError(
      'ERR_PARAMETER',
      `${what}: weights of an 8-bit product come from quantize(b, { symmetric: true, axis: ${transpose ? 0 : 1} }).`,
    );
  if (!(b.data instanceof Int8Array)) throw refuse('The weights are uint8');
  if (b.zeroPoint.some((zero) => zero !== 0)) throw refuse('The weights have a zero point other than 0');
  if (b.axis === (transpose ? 1 : 0)) {
    throw refuse("The weights' scales vary along the axis that the product sums over");
  }
  const [rows, cols] = transpose ? [b.cols, b.rows] : [b.rows, b.cols];
  if (rows > MAX_INPUTS) {
    throw new ValidationError(
      'ERR_SHAPE',
      `An 8-bit product may sum over ${MAX_INPUTS} values, for more could leave 32 bits; the weights have ${rows}.`,
    );
  }
  const code = (b.axis === null ? 0 : PER_COLUMN) | (transpose ? TRANSPOSED : 0);
  try {
    return new PackedInt8(int8Weights(code, b.data, b.scale, rows, cols, now), rows, cols);
  } catch (error) {
    throw toBorealError(error);
  }
}

/**
 * Packs weights once for many products. They have to be int8 with zero point 0 and one scale, or one for each column
 * of the product: `quantize(w, { symmetric: true, axis: 1 })`.
 *
 * @param options - `transpose`: b is [outputs, inputs]. Default false.
 * @throws {ERR_PARAMETER} for other weights
 * @throws {ERR_SHAPE} for weights of more than 65,793 inputs, whose sums could leave 32 bits
 * @example
 * ```ts
 * import { Matrix, matmulInt8, packInt8, quantize } from 'boreal';
 * const w = packInt8(quantize(Matrix.from([[1, -2], [0.5, 4]]), { symmetric: true, axis: 1 }));
 * const y = matmulInt8(Matrix.from([[1, 1]]), w); // near [[1.5, 2]]
 * ```
 */
export function packInt8(b: QuantizedMatrix, options?: { readonly transpose?: boolean }): PackedInt8 {
  if (!(b instanceof QuantizedMatrix)) {
    throw new ValidationError('ERR_PARAMETER', `Only a QuantizedMatrix can be packed; got ${show(b)}.`);
  }
  return weightsOf(b, options?.transpose ?? false, true);
}

class ProductCall<O extends Int8OutputType> implements PreparedCall<Int8Result<O>> {
  private constructor(
    readonly code: number,
    readonly x: Float32Array | Int8Array | Uint8Array,
    readonly scale: Float32Array | null,
    readonly zeroPoint: Int32Array | null,
    readonly weights: PackedInt8,
    readonly bias: Float32Array | null,
    readonly product: Int8Result<O>,
    readonly parameters: Float64Array | null,
  ) {}

  static prepare<O extends Int8OutputType>(
    a: QuantizedMatrix | Matrix,
    b: QuantizedMatrix | PackedInt8,
    given: MatmulInt8Options<O> | undefined,
    now: boolean,
  ): ProductCall<O> {
    const options = given ?? {};
    const real = a instanceof MatrixBase;
    if (!real && !(a instanceof QuantizedMatrix)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `The left operand must be a QuantizedMatrix or a Matrix; got ${show(a)}.`,
      );
    }
    if (!(b instanceof QuantizedMatrix || b instanceof PackedInt8)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `The weights must be a QuantizedMatrix or a PackedInt8; got ${show(b)}.`,
      );
    }
    const transpose = options.transposeB ?? false;
    if (b instanceof PackedInt8 && transpose) {
      throw new ValidationError('ERR_PARAMETER', 'Packed weights are transposed when they are packed.');
    }
    const [k, n] = transpose ? [b.cols, b.rows] : [b.rows, b.cols];
    if (a.cols !== k) {
      throw new ValidationError(
        'ERR_SHAPE',
        `${shapeOf(a)} and ${shapeOf(b)}${transpose ? ' transposed' : ''} cannot be multiplied: the left needs as many columns as the right has rows.`,
      );
    }
    const type: Int8OutputType = options.outputType ?? 'float32';
    if (!Object.hasOwn(TYPES, type)) {
      const allowed = Object.keys(TYPES).join(', ');
      throw new ValidationError('ERR_PARAMETER', `outputType must be one of ${allowed}; got ${show(type)}.`);
    }
    if (real && type !== 'float32') {
      throw new ValidationError(
        'ERR_PARAMETER',
        `A product with a Matrix is float32; quantize it for a product of ${type}.`,
      );
    }
    if (!real && a.axis === 1) {
      throw new ValidationError(
        'ERR_PARAMETER',
        'The left operand has scales along the axis that the product sums over: quantize it by rows (axis 0) or as a whole.',
      );
    }
    let code = activationCode(options.activation, type) | (TYPES[type] << OUT_SHIFT);
    if (!real) code |= (TYPES[a.dtype] << X_SHIFT) | (a.axis === 0 ? PER_ROW : 0);
    const bias = options.bias === undefined ? null : biasOf(options.bias, n, type);
    const { result, parameters } = resultOf(options, type, a.rows, n);
    const weights = b instanceof PackedInt8 ? b : weightsOf(b, transpose, now);
    return new ProductCall<O>(
      code,
      real ? float32Of(a) : a.data,
      real ? null : a.scale,
      real ? null : a.zeroPoint,
      weights,
      bias,
      result as Int8Result<O>,
      parameters,
    );
  }

  get out() {
    return this.product instanceof MatrixBase ? this.product : null;
  }
  get inputs() {
    return this.bias === null ? [this.x] : [this.x, this.bias];
  }
  get inPlace() {
    return false;
  }
  run(): Int8Result<O> {
    const { product, weights } = this;
    try {
      int8Product(
        this.code,
        this.x,
        this.scale,
        this.zeroPoint,
        weights.handle,
        this.bias,
        product.data,
        product.rows,
        this.parameters,
      );
    } catch (error) {
      throw toBorealError(error);
    }
    return product;
  }
  start(out: FloatArray | null, cancel: CancelHandle | null): Promise<void> {
    const { product, weights } = this;
    return int8ProductAsync(
      this.code,
      this.x,
      this.scale,
      this.zeroPoint,
      weights.handle,
      this.bias,
      out === null ? product.data : (out as Float32Array),
      product.rows,
      this.parameters,
      cancel,
    );
  }
  result(): Int8Result<O> {
    return this.product;
  }
}

function activationCode(name: Activation | undefined, type: Int8OutputType): number {
  if (name === undefined) return 0;
  if (!Object.hasOwn(UNARY, name)) {
    const allowed = Object.keys(UNARY).join(', ');
    throw new ValidationError('ERR_PARAMETER', `activation must be one of ${allowed}; got ${show(name)}.`);
  }
  if (type === 'int32' && name !== 'identity') {
    throw new ValidationError('ERR_PARAMETER', 'A product of int32 has no activation.');
  }
  return UNARY[name];
}

function biasOf(bias: Matrix | FloatArray, n: number, type: Int8OutputType): Float32Array {
  if (type === 'int32') throw new ValidationError('ERR_PARAMETER', 'A product of int32 has no bias.');
  if (!(bias instanceof MatrixBase || bias instanceof Float32Array || bias instanceof Float64Array)) {
    throw new ValidationError('ERR_PARAMETER', `bias must be a Matrix or a float array; got ${show(bias)}.`);
  }
  const row: MatrixBase = bias instanceof MatrixBase ? bias : new MatrixBase(bias, 1, bias.length);
  if (row.rows !== 1 || row.cols !== n) {
    throw new ValidationError(
      'ERR_SHAPE',
      `bias needs the shape [1, ${n}], one value for each column of the product; got ${shapeOf(row)}.`,
    );
  }
  return float32Of(row);
}

function resultOf(
  options: MatmulInt8Options<Int8OutputType>,
  type: Int8OutputType,
  rows: number,
  cols: number,
): { result: Matrix<Float32Array> | Int32Matrix | QuantizedMatrix; parameters: Float64Array | null } {
  if (type === 'float32') return { result: float32Out(options.out, rows, cols), parameters: null };
  if (options.out !== undefined) {
    throw new ValidationError('ERR_PARAMETER', 'Only a float32 product can be written into out.');
  }
  const size = rows * cols;
  if (type === 'int32') return { result: { data: new Int32Array(size), rows, cols }, parameters: null };
  if (options.outputScale === undefined) {
    throw new ValidationError('ERR_PARAMETER', `A product of ${type} needs an outputScale.`);
  }
  const result = new QuantizedMatrix({
    data: type === 'int8' ? new Int8Array(size) : new Uint8Array(size),
    rows,
    cols,
    scale: options.outputScale,
    zeroPoint: options.outputZeroPoint,
  });
  return { result, parameters: Float64Array.of(result.scale[0], result.zeroPoint[0]) };
}

/**
 * The product of 8-bit codes [rows, k] with 8-bit weights [k, cols], its sums exact integers:
 * `activation(sum * (scale of a * scale of b) + bias)` with `sum` of (a - zero point) b. Every operation is rounded once, in
 * this order, so that results with 'identity' and 'relu' are the same bits on every CPU. A Matrix on the left is
 * quantized row by row on the way in, as `quantize(a, { axis: 0 })` does.
 *
 * Differs from ONNX's MatMulInteger: weights have zero point 0, and k is at most 65,793, so that no sum can overflow.
 *
 * @param a - activations: uint8 or int8, one scale or one a row; or a Matrix
 * @param b - weights: int8, zero point 0, one scale or one a column; {@link packInt8} prepares them for many products
 * @throws {ERR_SHAPE} when the shapes don't fit, or the product sums over more than 65,793 values
 * @throws {ERR_PARAMETER} when an operand is quantized in a way that a product cannot use
 * @throws {ERR_INPUT_NAN} and {ERR_INPUT_INFINITE} when a Matrix on the left has a value without a code
 * @example
 * ```ts
 * import { matmulInt8, QuantizedMatrix } from 'boreal';
 * const a = new QuantizedMatrix({ data: Uint8Array.of(3, 5), rows: 1, cols: 2, scale: 0.5, zeroPoint: 1 });
 * const b = new QuantizedMatrix({ data: Int8Array.of(10, -7), rows: 2, cols: 1, scale: 0.25 });
 * matmulInt8(a, b, { outputType: 'int32' }).data; // Int32Array [-8]: 2 * 10 + 4 * -7
 * matmulInt8(a, b).toArray(); // [[-1]]
 * ```
 */
export function matmulInt8<O extends Int8OutputType = 'float32'>(
  a: QuantizedMatrix | Matrix,
  b: QuantizedMatrix | PackedInt8,
  options?: MatmulInt8Options<O>,
): Int8Result<O> {
  return ProductCall.prepare<O>(a, b, options, true).run();
}

/** {@link matmulInt8} on the pool; see {@link AsyncOptions} on `out`. */
export function matmulInt8Async<O extends Int8OutputType = 'float32'>(
  a: QuantizedMatrix | Matrix,
  b: QuantizedMatrix | PackedInt8,
  options?: MatmulInt8Options<O> & SignalOptions,
): Promise<Int8Result<O>> {
  return later(options, () => ProductCall.prepare<O>(a, b, options, false));
}
