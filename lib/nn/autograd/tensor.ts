/** Tensors with automatic gradients, and how they are made. */
import { Matrix } from '../../core/matrix.js';
import { show } from '../../core/params.js';
import { Random } from '../../core/random.js';
import { ValidationError } from '../../errors.js';
import * as ops from './ops.js';
import { apply, fromValue, setTensorConstructor } from './tensor-base.js';
import { TensorShapes } from './tensor-shapes.js';
import { resolveAxis, sizeOf, Value } from './value.js';

/**
 * An array of float32 of any rank that knows how it was computed, so that `backward()` finds the gradients of whatever
 * it was made of.
 *
 * Operations are recorded and computed when numbers are wanted, all that is missing as one native job: in the
 * background by `await x.evaluate()`, `await loss.backward()` and `await optimizer.step()`, or at once by `item()`,
 * `data` and `toArray()`. What is not needed is never computed, memory is used again within a job, and all of it is the
 * garbage collector's: nothing has to be disposed of (`using` works).
 *
 * Differs from PyTorch: float32 only (comparisons give 0 and 1, positions are whole numbers); methods are in camelCase
 * and take PyTorch's arguments in order; there are no operators, and `x[...]` is `x.at(...)`; tensors are immutable but
 * for leaves, which `copyFrom` and optimizers give other values.
 *
 * @example
 * ```ts
 * import { tensor } from 'boreal/nn';
 * const w = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * const loss = w.matmul(tensor([1, 1])).square().mean();
 * loss.item(); // 29
 * await loss.backward();
 * w.grad.toArray(); // [[3, 3], [7, 7]]
 * ```
 */
export class Tensor extends TensorShapes {
  /** As {@link tensor}. */
  constructor(data: TensorData, options?: TensorDataOptions);
  /** @internal */
  constructor(value: Value, requiresGrad: boolean);
  constructor(data: TensorData | Value, options?: TensorDataOptions | boolean | null) {
    const { shape, requiresGrad = false } =
      typeof options === 'boolean' ? { requiresGrad: options, shape: undefined } : (options ?? {});
    super(data instanceof Value ? data : valueFrom(data, shape), requiresGrad);
  }

  /** A tensor of one value. */
  static full(shape: readonly number[], value: number, options?: TensorOptions): Tensor {
    return made(Value.of(new Float32Array(sizeOf(requireExtents(shape))).fill(value), shape), options);
  }
  /** A tensor of zeros. */
  static zeros(shape: readonly number[], options?: TensorOptions): Tensor {
    return Tensor.full(shape, 0, options);
  }
  /** A tensor of ones. */
  static ones(shape: readonly number[], options?: TensorOptions): Tensor {
    return Tensor.full(shape, 1, options);
  }
  /** The numbers from start (0) to stop, exclusive, in steps. */
  static arange(start: number, stop?: number, step = 1, options?: TensorOptions): Tensor {
    const [from, to] = stop === undefined ? [0, start] : [start, stop];
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!Number.isFinite(count))
      throw new ValidationError('ERR_PARAMETER', 'arange needs finite bounds and a step but 0.');
    sizeOf([count]);
    return made(
      Value.of(
        Float32Array.from({ length: count }, (_, i) => from + i * step),
        [count],
      ),
      options,
    );
  }
  /** `count` numbers from start to stop, both included. */
  static linspace(start: number, stop: number, count: number, options?: TensorOptions): Tensor {
    if (!Number.isInteger(count) || count < 1)
      throw new ValidationError('ERR_PARAMETER', 'linspace needs a count >= 1.');
    sizeOf([count]);
    const step = count === 1 ? 0 : (stop - start) / (count - 1);
    return made(
      Value.of(
        Float32Array.from({ length: count }, (_, i) => start + i * step),
        [count],
      ),
      options,
    );
  }
  /** The identity matrix. */
  static eye(n: number, options?: TensorOptions): Tensor {
    const value = Value.of(new Float32Array(sizeOf(requireExtents([n, n]))), [n, n]);
    for (let i = 0; i < n; i++) value.buffer![i * n + i] = 1;
    return made(value, options);
  }

  /** Uniform numbers in [low, high). */
  static uniform(shape: readonly number[], low: number, high: number, options?: TensorOptions): Tensor {
    return made(ops.random(requireExtents(shape), false, nextKey(), low, high), options);
  }
  /** Uniform numbers in [0, 1). */
  static rand(shape: readonly number[], options?: TensorOptions): Tensor {
    return Tensor.uniform(shape, 0, 1, options);
  }
  /** Normal numbers of mean 0 and deviation 1. */
  static randn(shape: readonly number[], options?: TensorOptions): Tensor {
    return made(ops.random(requireExtents(shape), true, nextKey(), 0, 1), options);
  }

  /**
   * Tensors side by side along an axis.
   *
   * @throws {ERR_SHAPE} when they differ on another axis
   * @throws {ERR_EMPTY} when there are none
   */
  static cat(tensors: readonly Tensor[], dim = 0): Tensor {
    if (tensors.length === 0) throw new ValidationError('ERR_EMPTY', 'There are no tensors to concatenate.');
    return apply('concat', tensors, { axis: resolveAxis(dim, tensors[0].rank) });
  }
  /** Tensors of one shape along a new axis. */
  static stack(tensors: readonly Tensor[], dim = 0): Tensor {
    return Tensor.cat(
      tensors.map((t) => t.unsqueeze(dim)),
      dim,
    );
  }
}

setTensorConstructor((value, requiresGrad) => new Tensor(value, requiresGrad));

/** Options of tensors that are made of nothing. */
export interface TensorOptions {
  /** Whether operations on it record gradients. Default false. */
  readonly requiresGrad?: boolean;
}

/** Options of tensors of given numbers. */
export interface TensorDataOptions extends TensorOptions {
  /** Of a flat array. Default: as the arrays are nested. */
  readonly shape?: readonly number[];
}

/** Numbers in any nesting that is a box, a typed array, a {@link Matrix}, or a tensor. */
export type TensorData = number | ArrayLike<number> | readonly TensorData[] | Matrix | Tensor;

function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  let at = data;
  while (Array.isArray(at) || ArrayBuffer.isView(at)) {
    const list = at as ArrayLike<unknown>;
    shape.push(list.length);
    // Which an array that holds itself would reach, too.
    if (list.length === 0 || shape.length > 8) break;
    at = list[0];
  }
  return shape;
}

function fill(data: unknown, shape: readonly number[], d: number, out: Float32Array, at: number): number {
  if (d === shape.length) {
    if (typeof data !== 'number' && typeof data !== 'boolean') {
      throw new ValidationError('ERR_DTYPE', `A tensor holds numbers; got ${show(data)}.`);
    }
    out[at] = Number(data);
    return at + 1;
  }
  const list = data as ArrayLike<unknown>;
  if ((!Array.isArray(data) && !ArrayBuffer.isView(data)) || list.length !== shape[d]) {
    throw new ValidationError(
      'ERR_SHAPE',
      `Arrays of a tensor are all as long as the first, ${shape[d]}, on axis ${d}.`,
    );
  }
  if (ArrayBuffer.isView(data) && d === shape.length - 1) {
    out.set(list as ArrayLike<number>, at);
    return at + list.length;
  }
  let next = at;
  for (let i = 0; i < list.length; i++) next = fill(list[i], shape, d + 1, out, next);
  return next;
}

function made(value: Value, options: TensorOptions | undefined): Tensor {
  return new Tensor(value, options?.requiresGrad ?? false);
}

/**
 * A tensor of given numbers, which are copied.
 *
 * @param data - a number, nested arrays, a typed array, a Matrix
 * @param options - `shape` for a flat array; `requiresGrad`
 * @throws {ERR_SHAPE} when arrays are ragged or the shape does not hold all numbers
 * @throws {ERR_DTYPE} when something is not a number
 * @example
 * ```ts
 * import { tensor } from 'boreal/nn';
 * tensor([[1, 2], [3, 4]]).shape; // [2, 2]
 * tensor(new Float32Array(6), { shape: [2, 3] }).sum().item(); // 0
 * ```
 */
export function tensor(data: TensorData, options?: TensorDataOptions): Tensor {
  return new Tensor(data, options);
}

/** What a function does first with its operands. @throws {ERR_PARAMETER} unless it is a tensor */
export function requireTensor(value: unknown, name: string): void {
  if (value instanceof Tensor) return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be a tensor; got ${show(value)}.`);
}

/** @throws {ERR_PARAMETER} unless they are some that can be gone through */
export function requireTensors(values: unknown, name: string): void {
  const isIterable = typeof (values as Iterable<unknown> | null)?.[Symbol.iterator] === 'function';
  if (!isIterable || typeof values === 'string')
    throw new ValidationError('ERR_PARAMETER', `${name} must be a list of tensors; got ${show(values)}.`);
}

function valueFrom(data: TensorData, shape?: readonly number[]): Value {
  const value = copyOf(data);
  return shape === undefined ? value : fromValue(value).reshape(shape).value;
}

function copyOf(data: TensorData): Value {
  if (data instanceof Tensor) return ops.copy(data.value);
  if (data instanceof Matrix) return Value.of(Float32Array.from(data.data), [data.rows, data.cols]);
  const shape = shapeOf(data);
  const values = new Float32Array(sizeOf(shape));
  fill(data, shape, 0, values, 0);
  return Value.of(values, shape);
}

function requireExtents(shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ValidationError('ERR_SHAPE', `A shape is an array of whole numbers >= 0; got ${show(shape)}.`);
  }
  sizeOf(shape);
  return shape;
}

// ---- Random numbers ------------------------------------------------------------------------------------------------

let source = new Random(Math.floor(Math.random() * 0x1_0000_0000));

/**
 * Starts the random numbers of tensors, initial weights, dropout and shuffles anew: the same seed gives the same numbers
 * on every instruction set and at any number of threads.
 *
 * @param seed - a whole number from 0 to 2^53 - 1
 */
export function manualSeed(seed: number): void {
  source = new Random(seed);
}
/** A number that names a stream of random numbers. @internal */
export function nextKey(): number {
  return source.int(0x1_0000_0000);
}
