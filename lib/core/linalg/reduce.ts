/**
 * The calls behind {@link Reductions}: over one axis they write a matrix (or positions), over both they give a number.
 */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import type { MatrixBase } from './base.js';
import { type AsyncOptions, later, type OutOptions, type PreparedCall, resolveOut } from './call.js';

const { matrixReduce, matrixReduceAsync, matrixArgReduce, matrixArgReduceAsync } = native;

/** Reduction of native/linalg/elementwise.h. */
export enum Reduction {
  Sum,
  Mean,
  Variance,
  Min,
  Max,
  Product,
  Norm1,
  Norm2,
  NormMax,
}
/** 0 reduces the rows away and leaves [1, cols], 1 the columns and leaves [rows, 1], as numpy numbers them. */
export type Axis = 0 | 1;

/** Axis of native/linalg/elementwise.h for both. */
const ALL = 2;
const AXIS_SHIFT = 1;
const FUNCTION_SHIFT = 3;

function axisBits(axis: unknown): number {
  if (axis !== 0 && axis !== 1) {
    throw new ValidationError('ERR_PARAMETER', `axis must be 0, 1 or undefined; got ${show(axis)}.`);
  }
  return axis << AXIS_SHIFT;
}

class ReduceCall<T extends FloatArray> implements PreparedCall<Matrix<T>> {
  constructor(
    readonly code: number,
    readonly x: MatrixBase<T>,
    readonly out: Matrix<T>,
    readonly ddof: number,
  ) {}
  get inputs() {
    return [this.x.data];
  }
  get inPlace() {
    return false;
  }
  run(): Matrix<T> {
    const { x, out } = this;
    try {
      matrixReduce(this.code, x.memory, out.memory, x.rows, x.cols, this.ddof);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  async start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const { x } = this;
    await matrixReduceAsync(this.code, x.data, out, x.rows, x.cols, this.ddof, cancel);
  }
  result(): Matrix<T> {
    return this.out;
  }
}

function prepareReduce<T extends FloatArray>(
  f: Reduction,
  x: MatrixBase<T>,
  axis: Axis,
  ddof: number,
  out: Matrix | undefined,
): ReduceCall<T> {
  const code = (f << FUNCTION_SHIFT) | axisBits(axis) | x.typeBit;
  const result = axis === 0 ? resolveOut(x, 1, x.cols, out) : resolveOut(x, x.rows, 1, out);
  return new ReduceCall(code, x, result, ddof);
}

/** A reduction over both axes. */
class NumberCall implements PreparedCall<number> {
  constructor(
    readonly code: number,
    readonly x: MatrixBase,
    readonly ddof: number,
  ) {}
  get out() {
    return null;
  }
  get inputs() {
    return [];
  }
  get inPlace() {
    return false;
  }
  run(): number {
    const { x } = this;
    try {
      return matrixReduce(this.code, x.memory, null, x.rows, x.cols, this.ddof) as number;
    } catch (error) {
      throw toBorealError(error);
    }
  }
  start(_: null, cancel: CancelHandle | null): Promise<number | undefined> {
    const { x } = this;
    return matrixReduceAsync(this.code, x.data, null, x.rows, x.cols, this.ddof, cancel);
  }
  result(value: unknown): number {
    return value as number;
  }
}

function prepareNumber(f: Reduction, x: MatrixBase, ddof: number, out: Matrix | undefined): NumberCall {
  if (out !== undefined) {
    throw new ValidationError('ERR_PARAMETER', 'out needs an axis: without one, the result is a number.');
  }
  return new NumberCall((f << FUNCTION_SHIFT) | (ALL << AXIS_SHIFT) | x.typeBit, x, ddof);
}

/** The reduction of x now. */
export function reduceNow<T extends FloatArray>(
  f: Reduction,
  x: MatrixBase<T>,
  axis: Axis | undefined,
  options: OutOptions | undefined,
  ddof = 0,
): Matrix<T> | number {
  return axis === undefined
    ? prepareNumber(f, x, ddof, options?.out).run()
    : prepareReduce(f, x, axis, ddof, options?.out).run();
}

/** The reduction of x on the pool. */
export function reduceLater<T extends FloatArray>(
  f: Reduction,
  x: MatrixBase<T>,
  axis: Axis | undefined,
  options: AsyncOptions | undefined,
  ddof = 0,
): Promise<Matrix<T> | number> {
  return later<Matrix<T> | number>(options, () =>
    axis === undefined
      ? prepareNumber(f, x, ddof, options?.out)
      : prepareReduce(f, x, axis, ddof, options?.out),
  );
}

/** The positions of the largest or smallest values: a number over both axes, else an array. */
export class PositionCall implements PreparedCall<Int32Array | number> {
  private readonly code: number;
  private readonly positions: Int32Array | null;
  constructor(
    largest: boolean,
    private readonly x: MatrixBase,
    axis: Axis | undefined,
  ) {
    const bits = axis === undefined ? ALL << AXIS_SHIFT : axisBits(axis);
    this.code = (largest ? 1 << FUNCTION_SHIFT : 0) | bits | x.typeBit;
    this.positions = axis === undefined ? null : new Int32Array(axis === 0 ? x.cols : x.rows);
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
  run(): Int32Array | number {
    const { x } = this;
    try {
      return this.result(matrixArgReduce(this.code, x.memory, this.positions, x.rows, x.cols));
    } catch (error) {
      throw toBorealError(error);
    }
  }
  start(_: null, cancel: CancelHandle | null): Promise<number | undefined> {
    const { x } = this;
    return matrixArgReduceAsync(this.code, x.data, this.positions, x.rows, x.cols, cancel);
  }
  result(value: unknown): Int32Array | number {
    return this.positions ?? (value as number);
  }
}
