/** Matrices of 8-bit codes, and how a Matrix becomes one and back. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import { withCancel } from '../cancellation.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { createMatrix, MatrixBase, requireValues, shapeOf } from './base.js';
import { type AsyncOptions, later, type OutOptions, type PreparedCall, type SignalOptions } from './call.js';
import {
  type Int8OutputType,
  type Int8Result,
  type MatmulInt8Options,
  matmulInt8,
  matmulInt8Async,
  type PackedInt8,
} from './product-int8.js';

const { matrixQuantize, matrixQuantizeAsync, matrixDequantize, matrixDequantizeAsync } = native;

/** The element types of codes. */
export type CodeType = 'int8' | 'uint8';
export type CodeArray = Int8Array | Uint8Array;

/** Bits of the codes of native calls, see native/binding/matrix_int8.cc. */
const SIGNED = 4;
const SYMMETRIC = 8;
const GIVEN = 16;
/** What the lowest two bits say of an axis. */
const GRAIN = { matrix: 0, 0: 1, 1: 2 } as const;

/** The parts of a {@link QuantizedMatrix}. */
export interface QuantizedParts {
  /** The codes, row after row. */
  readonly data: CodeArray;
  readonly rows: number;
  readonly cols: number;
  /** One scale, or with an axis one for each row (0) or column (1); positive and finite. */
  readonly scale: number | ArrayLike<number>;
  /** The codes of 0, as many as scales; default 0. */
  readonly zeroPoint?: number | ArrayLike<number>;
  /** The axis along which scale and zero point vary; null, the default: one for the whole matrix. */
  readonly axis?: 0 | 1 | null;
}

/** Options of {@link quantize}. */
export interface QuantizeOptions {
  /**
   * The axis along which scales vary: 0 gives each row a scale and a zero point of its own, 1 each column, null (the
   * default) one for the whole matrix. This is the `axis` of ONNX and torch's `quantize_per_channel`, not the axis
   * that a reduction sums over.
   */
  readonly axis?: 0 | 1 | null;
  /** The codes. Default: 'int8' if symmetric, else 'uint8'. */
  readonly dtype?: CodeType;
  /**
   * Spread [-max |x|, max |x|] over -127..127 with zero point 0 (uint8: over 1..255 with 128), as weights of a product
   * need it; else [min(x, 0), max(x, 0)] over all codes. Default: true for 'int8', else false.
   */
  readonly symmetric?: boolean;
  /** Use these scales instead of finding them: one number, or as many as the axis has. */
  readonly scale?: number | ArrayLike<number>;
  /** The zero points that go with `scale`; default 0. */
  readonly zeroPoint?: number | ArrayLike<number>;
}

function axisOf(axis: unknown): 0 | 1 | null {
  if (axis === undefined || axis === null) return null;
  if (axis === 0 || axis === 1) return axis;
  throw new ValidationError('ERR_PARAMETER', `axis must be 0, 1 or null; got ${show(axis)}.`);
}

function countOf(axis: 0 | 1 | null, rows: number, cols: number): number {
  return axis === null ? 1 : axis === 0 ? rows : cols;
}

const grain = (axis: 0 | 1 | null): number => (axis === null ? GRAIN.matrix : GRAIN[axis]);

/** `count` numbers: the given ones, or one number for all. */
function numbers(value: number | ArrayLike<number>, count: number, name: string): number[] {
  if (typeof value !== 'number' && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw new ValidationError('ERR_PARAMETER', `${name} must be a number or an array; got ${show(value)}.`);
  }
  const list = typeof value === 'number' ? new Array<number>(count).fill(value) : Array.from(value);
  if (list.length !== count) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${name} needs ${count} values, one for each part of the matrix that has its own; got ${list.length}.`,
    );
  }
  return list;
}

function scalesOf(value: number | ArrayLike<number>, count: number): Float32Array {
  const scale = Float32Array.from(numbers(value, count, 'scale'));
  const bad = scale.findIndex((s) => !(s > 0 && s < Infinity));
  if (bad >= 0) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `A scale must be positive and finite in float32; scale ${bad} is ${scale[bad]}.`,
    );
  }
  return scale;
}

function zeroPointsOf(
  value: number | ArrayLike<number> | undefined,
  count: number,
  dtype: CodeType,
): Int32Array {
  const zeros = numbers(value ?? 0, count, 'zeroPoint');
  const least = dtype === 'int8' ? -128 : 0;
  const bad = zeros.findIndex((z) => !(Number.isInteger(z) && z >= least && z <= least + 255));
  if (bad >= 0) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `A zero point must be one of the codes, a whole number from ${least} to ${least + 255}; zero point ${bad} is ${show(zeros[bad])}.`,
    );
  }
  return Int32Array.from(zeros);
}

/**
 * A matrix of 8-bit codes: element (i, j) stands for `scale * (data[i * cols + j] - zeroPoint)`, with the scale and
 * zero point of the matrix, of row i (axis 0) or of column j (axis 1). {@link quantize} makes one of a Matrix.
 *
 * @example
 * ```ts
 * import { QuantizedMatrix } from 'boreal';
 * const q = new QuantizedMatrix({ data: Uint8Array.of(0, 128, 255), rows: 1, cols: 3, scale: 0.5, zeroPoint: 128 });
 * q.dequantize().toArray(); // [[-64, 0, 63.5]]
 * ```
 */
export class QuantizedMatrix<T extends CodeArray = CodeArray> {
  /** The codes, row after row. */
  readonly data: T;
  readonly rows: number;
  readonly cols: number;
  /** The axis along which scale and zero point vary, or null. */
  readonly axis: 0 | 1 | null;
  /** One scale, or one for each row or column. */
  readonly scale: Float32Array;
  /** The codes of 0, as many as scales. */
  readonly zeroPoint: Int32Array;

  /**
   * Wraps an array of codes without copying it.
   *
   * @throws {ERR_SHAPE} when a length does not match
   * @throws {ERR_PARAMETER} when a scale is not positive and finite, or a zero point is no code
   * @throws {ERR_DTYPE} when data is neither an Int8Array nor a Uint8Array
   */
  constructor(parts: QuantizedParts & { readonly data: T }) {
    const { data, rows, cols } = parts ?? {};
    if (!(data instanceof Int8Array || data instanceof Uint8Array)) {
      throw new ValidationError('ERR_DTYPE', `Codes are an Int8Array or a Uint8Array; got ${show(data)}.`);
    }
    if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(cols) || rows < 0 || cols < 0) {
      throw new ValidationError('ERR_SHAPE', `A shape needs whole numbers >= 0; got [${rows}, ${cols}].`);
    }
    if (data.length !== rows * cols) {
      throw new ValidationError(
        'ERR_SHAPE',
        `A matrix of shape [${rows}, ${cols}] needs ${rows * cols} codes; got ${data.length}.`,
      );
    }
    this.data = data;
    this.rows = rows;
    this.cols = cols;
    this.axis = axisOf(parts.axis);
    const count = countOf(this.axis, rows, cols);
    this.scale = scalesOf(parts.scale, count);
    this.zeroPoint = zeroPointsOf(parts.zeroPoint, count, this.dtype);
  }

  get dtype(): CodeType {
    return this.data instanceof Int8Array ? 'int8' : 'uint8';
  }

  /**
   * The numbers that the codes stand for, [rows, cols] in float32.
   *
   * @param options - `out`: a float32 matrix of this shape to write into, not over the codes
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_DTYPE} when `out` is not float32
   */
  dequantize(options?: OutOptions): Matrix<Float32Array> {
    return new DequantizeCall(this, options).run();
  }
  /** {@link dequantize} on the pool. */
  dequantizeAsync(options?: AsyncOptions): Promise<Matrix<Float32Array>> {
    return later(options, () => new DequantizeCall(this, options));
  }

  /** The product with 8-bit weights: {@link matmulInt8}. */
  matmul<O extends Int8OutputType = 'float32'>(
    b: QuantizedMatrix | PackedInt8,
    options?: MatmulInt8Options<O>,
  ): Int8Result<O> {
    return matmulInt8(this, b, options);
  }
  /** {@link matmul} on the pool. */
  matmulAsync<O extends Int8OutputType = 'float32'>(
    b: QuantizedMatrix | PackedInt8,
    options?: MatmulInt8Options<O> & SignalOptions,
  ): Promise<Int8Result<O>> {
    return matmulInt8Async(this, b, options);
  }
}

class DequantizeCall implements PreparedCall<Matrix<Float32Array>> {
  readonly code: number;
  readonly out: Matrix<Float32Array>;
  constructor(
    readonly q: QuantizedMatrix,
    options: OutOptions | undefined,
  ) {
    this.code = grain(q.axis) | (q.dtype === 'int8' ? SIGNED : 0);
    this.out = float32Out(options?.out, q.rows, q.cols);
  }
  get inputs() {
    return [this.q.data, this.q.scale];
  }
  get inPlace() {
    return false;
  }
  run(): Matrix<Float32Array> {
    const { q, out } = this;
    try {
      matrixDequantize(this.code, q.data, q.scale, q.zeroPoint, out.data, q.rows, q.cols);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  start(out: FloatArray | null, cancel: CancelHandle | null): Promise<void> {
    const { data, scale, zeroPoint, rows, cols } = this.q;
    return matrixDequantizeAsync(this.code, data, scale, zeroPoint, out as Float32Array, rows, cols, cancel);
  }
  result(): Matrix<Float32Array> {
    return this.out;
  }
}

/** `out` after its checks, or a new float32 matrix. */
export function float32Out(out: Matrix | undefined, rows: number, cols: number): Matrix<Float32Array> {
  if (out === undefined) return createMatrix(new Float32Array(rows * cols), rows, cols);
  if (!(out instanceof MatrixBase)) {
    throw new ValidationError('ERR_PARAMETER', `out must be a Matrix; got ${show(out)}.`);
  }
  if (!(out.data instanceof Float32Array)) {
    throw new ValidationError('ERR_DTYPE', 'The result is float32, but out is float64.');
  }
  if (out.rows !== rows || out.cols !== cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `The result has the shape [${rows}, ${cols}], but out has ${shapeOf(out)}.`,
    );
  }
  return out as Matrix<Float32Array>;
}

/** The values of a matrix in float32, its own array where it is that already. */
export function float32Of(x: MatrixBase): Float32Array {
  requireValues(x);
  return x.data instanceof Float32Array ? x.data : Float32Array.from(x.data);
}

interface QuantizeCall {
  readonly code: number;
  readonly x: Float32Array;
  readonly data: CodeArray;
  readonly rows: number;
  readonly cols: number;
  readonly axis: 0 | 1 | null;
  readonly scale: Float32Array;
  readonly zeroPoint: Int32Array;
}

function prepareQuantize(x: MatrixBase, given: QuantizeOptions | undefined): QuantizeCall {
  const options = given ?? {};
  if (!(x instanceof MatrixBase)) {
    throw new ValidationError('ERR_PARAMETER', `Only a Matrix can be quantized; got ${show(x)}.`);
  }
  const { rows, cols } = x;
  const axis = axisOf(options.axis);
  const dtype = options.dtype ?? (options.symmetric === true ? 'int8' : 'uint8');
  if (dtype !== 'int8' && dtype !== 'uint8') {
    throw new ValidationError('ERR_PARAMETER', `dtype must be 'int8' or 'uint8'; got ${show(dtype)}.`);
  }
  const count = countOf(axis, rows, cols);
  let code = grain(axis) | (dtype === 'int8' ? SIGNED : 0);
  let scale: Float32Array = new Float32Array(count);
  let zeroPoint: Int32Array = new Int32Array(count);
  if (options.scale !== undefined) {
    code |= GIVEN;
    scale = scalesOf(options.scale, count);
    zeroPoint = zeroPointsOf(options.zeroPoint, count, dtype);
  } else {
    if (options.zeroPoint !== undefined) {
      throw new ValidationError('ERR_PARAMETER', 'A zeroPoint needs a scale.');
    }
    if (options.symmetric ?? dtype === 'int8') code |= SYMMETRIC;
  }
  const data = dtype === 'int8' ? new Int8Array(rows * cols) : new Uint8Array(rows * cols);
  return { code, x: float32Of(x), data, rows, cols, axis, scale, zeroPoint };
}

/**
 * The matrix as 8-bit codes: `round(x / scale) + zeroPoint`, rounded to nearest even and clamped to the codes. A
 * float64 matrix is rounded to float32 first. The codes are the same on every CPU. By default these are the numbers of
 * ONNX's DynamicQuantizeLinear; with `scale` those of QuantizeLinear and torch's `quantize_per_tensor` /
 * `quantize_per_channel` (but for torch multiplying by 1 / scale, which may round otherwise).
 *
 * @throws {ERR_INPUT_NAN} and {ERR_INPUT_INFINITE} for values without a code; the error has row and column
 * @throws {ERR_SHAPE} when there are not as many scales or zero points as the axis needs
 * @throws {ERR_PARAMETER} when a scale is not positive and finite, or a zero point is no code
 * @example
 * ```ts
 * import { Matrix, quantize } from 'boreal';
 * const q = quantize(Matrix.from([[-1, 0, 1.55]]));
 * q.scale[0]; // 0.01
 * q.zeroPoint[0]; // 100
 * q.data; // Uint8Array [0, 100, 255]
 * ```
 */
export function quantize(
  x: Matrix,
  options: QuantizeOptions &
    ({ readonly dtype: 'int8' } | { readonly symmetric: true; readonly dtype?: undefined }),
): QuantizedMatrix<Int8Array>;
export function quantize(
  x: Matrix,
  options?: QuantizeOptions & { readonly dtype?: 'uint8'; readonly symmetric?: false },
): QuantizedMatrix<Uint8Array>;
export function quantize(x: Matrix, options?: QuantizeOptions): QuantizedMatrix;
export function quantize(x: MatrixBase, options?: QuantizeOptions): QuantizedMatrix {
  const call = prepareQuantize(x, options);
  try {
    matrixQuantize(call.code, call.x, call.data, call.scale, call.zeroPoint, call.rows, call.cols);
  } catch (error) {
    throw toBorealError(error);
  }
  return new QuantizedMatrix(call);
}

/** {@link quantize} on the pool. */
export async function quantizeAsync(
  x: Matrix,
  options?: QuantizeOptions & SignalOptions,
): Promise<QuantizedMatrix> {
  const call = prepareQuantize(x, options);
  const { code, data, scale, zeroPoint, rows, cols } = call;
  await withCancel(options?.signal, (cancel: CancelHandle | null) =>
    matrixQuantizeAsync(code, call.x, data, scale, zeroPoint, rows, cols, cancel),
  );
  return new QuantizedMatrix(call);
}
