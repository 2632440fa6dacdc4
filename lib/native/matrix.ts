/**
 * The part of the native addon that works on matrices. Bit 0 of `code` is the element type, 0 for float32 and 1 for float64;
 * the file of native/binding says what the others mean. Synchronous calls take DataViews of the bytes too, which is cheaper.
 * Asynchronous ones write `out` in place: it is shared memory, or unknown to others before the promise settles.
 */
import type { CancelHandle, FloatArray, MatrixBytes } from '../native.js';

/** A function of x [rows, cols], chosen by the code, now. */
type MatrixPass = (code: number, x: MatrixBytes, out: MatrixBytes, rows: number, cols: number) => void;
/** The same on the pool. */
type MatrixPassAsync = (
  code: number,
  x: FloatArray,
  out: FloatArray,
  rows: number,
  cols: number,
  cancel: CancelHandle | null,
) => Promise<void>;

/** Weights packed for products. */
export interface PackedHandle {
  readonly __packed: unique symbol;
}

/** The same of 8 bits. */
export interface Int8WeightsHandle {
  readonly __int8Weights: unique symbol;
}

export interface MatrixAddon {
  /** out = f(a, b); a and b have the shape of out, one row, one column, or b is a number. */
  matrixBinary(code: number, a: MatrixBytes, b: MatrixBytes | number, out: MatrixBytes, cols: number): void;
  matrixBinaryAsync(
    code: number,
    a: FloatArray,
    b: FloatArray | number,
    out: FloatArray,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** out = f(x), f being in the code. */
  matrixUnary(code: number, x: MatrixBytes, out: MatrixBytes): void;
  matrixUnaryAsync(code: number, x: FloatArray, out: FloatArray, cancel: CancelHandle | null): Promise<void>;
  /** Softmax of rows or columns of x [rows, cols], or its logarithm. */
  readonly matrixSoftmax: MatrixPass;
  readonly matrixSoftmaxAsync: MatrixPassAsync;
  /** out [cols, rows] = x [rows, cols] transposed. */
  readonly matrixTranspose: MatrixPass;
  readonly matrixTransposeAsync: MatrixPassAsync;
  /** out, of the other element type than x, = x. */
  readonly matrixConvert: MatrixPass;
  readonly matrixConvertAsync: MatrixPassAsync;
  /** out [cols] or [rows]; over both axes `out` is null and the result is returned. */
  matrixReduce(
    code: number,
    x: MatrixBytes,
    out: MatrixBytes | null,
    rows: number,
    cols: number,
    ddof: number,
  ): number | undefined;
  matrixReduceAsync(
    code: number,
    x: FloatArray,
    out: FloatArray | null,
    rows: number,
    cols: number,
    ddof: number,
    cancel: CancelHandle | null,
  ): Promise<number | undefined>;
  /** The same for positions. */
  matrixArgReduce(
    code: number,
    x: MatrixBytes,
    out: Int32Array | null,
    rows: number,
    cols: number,
  ): number | undefined;
  matrixArgReduceAsync(
    code: number,
    x: FloatArray,
    out: Int32Array | null,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<number | undefined>;
  /** out [m, n] = activation(op(a) op(b) + bias). */
  matrixGemm(
    code: number,
    a: MatrixBytes,
    b: MatrixBytes,
    out: MatrixBytes,
    m: number,
    k: number,
    n: number,
    bias: MatrixBytes | null,
  ): void;
  matrixGemmAsync(
    code: number,
    a: FloatArray,
    b: FloatArray,
    out: FloatArray,
    m: number,
    k: number,
    n: number,
    bias: FloatArray | null,
    cancel: CancelHandle | null,
  ): Promise<void>;

  /** out [m, n] = distances of the rows of x [m, d] and y [n, d], or x itself for null. */
  matrixDistance(
    code: number,
    x: MatrixBytes,
    y: MatrixBytes | null,
    out: MatrixBytes,
    m: number,
    n: number,
    d: number,
  ): void;
  matrixDistanceAsync(
    ...args: [...Parameters<MatrixAddon['matrixDistance']>, cancel: CancelHandle | null]
  ): Promise<void>;
  /** The k smallest or largest of each row, [rows, k], or of each column, [k, cols], with their positions. */
  matrixTopK(
    code: number,
    x: MatrixBytes,
    values: MatrixBytes,
    indices: Int32Array,
    rows: number,
    cols: number,
    k: number,
  ): void;
  matrixTopKAsync(
    ...args: [...Parameters<MatrixAddon['matrixTopK']>, cancel: CancelHandle | null]
  ): Promise<void>;

  /** Decompositions of a [rows, cols]; b [rows, bCols]. native/binding/matrix_decomposition.cc says what is what. */
  matrixDecompose(
    code: number,
    a: MatrixBytes,
    rows: number,
    cols: number,
    b: MatrixBytes | null,
    bCols: number,
    number: number,
    out0: MatrixBytes | null,
    out1: MatrixBytes | null,
    out2: MatrixBytes | null,
  ): Float64Array;
  matrixDecomposeAsync(
    ...args: [...Parameters<MatrixAddon['matrixDecompose']>, cancel: CancelHandle | null]
  ): Promise<Float64Array>;

  // 8-bit matrices: native/binding/matrix_int8.cc says what the codes mean.

  /** Writes the codes of x, and the scales and zero points unless they are given. */
  matrixQuantize(
    code: number,
    x: Float32Array,
    codes: Int8Array | Uint8Array,
    scale: Float32Array,
    zeroPoint: Int32Array,
    rows: number,
    cols: number,
  ): void;
  matrixQuantizeAsync(
    ...args: [...Parameters<MatrixAddon['matrixQuantize']>, cancel: CancelHandle | null]
  ): Promise<void>;
  /** out = scale (codes - zeroPoint). */
  matrixDequantize(
    code: number,
    codes: Int8Array | Uint8Array,
    scale: Float32Array,
    zeroPoint: Int32Array,
    out: Float32Array,
    rows: number,
    cols: number,
  ): void;
  matrixDequantizeAsync(
    ...args: [...Parameters<MatrixAddon['matrixDequantize']>, cancel: CancelHandle | null]
  ): Promise<void>;
  /** Packs weights [k, n] now, or copies them now and packs the copy on the pool when it is first used. */
  int8Weights(
    code: number,
    weights: Int8Array,
    scale: Float32Array,
    k: number,
    n: number,
    now: boolean,
  ): Int8WeightsHandle;
  /** out [m, n] = activation(x weights + bias); scale and zeroPoint are null for a float32 x. */
  int8Product(
    code: number,
    x: Float32Array | Int8Array | Uint8Array,
    scale: Float32Array | null,
    zeroPoint: Int32Array | null,
    weights: Int8WeightsHandle,
    bias: Float32Array | null,
    out: Float32Array | Int32Array | Int8Array | Uint8Array,
    m: number,
    result: Float64Array | null,
  ): void;
  int8ProductAsync(
    ...args: [...Parameters<MatrixAddon['int8Product']>, cancel: CancelHandle | null]
  ): Promise<void>;

  /** A handle of b [rows, cols] packed as the type of the code. */
  matrixPack(code: number, b: MatrixBytes, rows: number, cols: number): PackedHandle;
  matrixPackAsync(
    code: number,
    b: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<PackedHandle>;
  /** out [m, n] = activation(a packed + bias). */
  matrixPackedGemm(
    code: number,
    a: MatrixBytes | Uint16Array,
    packed: PackedHandle,
    out: MatrixBytes,
    m: number,
    bias: MatrixBytes | null,
  ): void;
  matrixPackedGemmAsync(
    code: number,
    a: FloatArray | Uint16Array,
    packed: PackedHandle,
    out: FloatArray,
    m: number,
    bias: FloatArray | null,
    cancel: CancelHandle | null,
  ): Promise<void>;
  matrixToBfloat16(x: Float32Array, out: Uint16Array, rows: number, cols: number): void;
  matrixToBfloat16Async(
    ...args: [...Parameters<MatrixAddon['matrixToBfloat16']>, cancel: CancelHandle | null]
  ): Promise<void>;
  matrixFromBfloat16(x: Uint16Array, out: Float32Array, rows: number, cols: number): void;
  matrixFromBfloat16Async(
    ...args: [...Parameters<MatrixAddon['matrixFromBfloat16']>, cancel: CancelHandle | null]
  ): Promise<void>;
}
