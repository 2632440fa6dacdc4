/** Arithmetic of tensors: elementwise functions, comparisons, activations, reductions and products. */
import { ValidationError } from '../../errors.js';
import type { ActivationName } from './ops.js';
import * as ops from './ops.js';
import type { Tensor } from './tensor.js';
import { apply, constant, fromValue, TensorBase } from './tensor-base.js';
import { resolveAxis, sizeOf } from './value.js';

/** A tensor or a number, which is a tensor of no axes. */
export type Operand = Tensor | number;

export function toTensor(x: Operand): Tensor {
  if (x instanceof TensorBase) return x as Tensor;
  if (typeof x !== 'number')
    throw new ValidationError('ERR_DTYPE', 'An operand must be a Tensor or a number.');
  return constant(x);
}

/** The axes that a reduction runs over. */
export type Axes = number | readonly number[];

/** See {@link Tensor}. */
export abstract class TensorArithmetic extends TensorBase {
  get #x(): Tensor {
    return this as unknown as Tensor;
  }
  #axes(dim: Axes | undefined): number[] {
    if (dim === undefined) return this.shape.map((_, d) => d);
    const axes = (typeof dim === 'number' ? [dim] : [...dim]).map((d) => resolveAxis(d, this.rank));
    if (new Set(axes).size !== axes.length) {
      throw new ValidationError('ERR_SHAPE', `The axes [${axes.join(', ')}] name one twice.`);
    }
    return this.rank === 0 ? [] : axes;
  }
  #reduce(name: 'sum' | 'mean' | 'min' | 'max', dim: Axes | undefined, keepdim: boolean): Tensor {
    const axes = this.#axes(dim);
    if ((name === 'min' || name === 'max') && sizeOf(axes.map((d) => this.shape[d])) === 0) {
      throw new ValidationError('ERR_EMPTY', `${name}() of nothing.`);
    }
    const y = apply(name, [this.#x], { axes });
    return keepdim ? y.reshape(this.shape.map((n, d) => (axes.includes(d) ? 1 : n))) : y;
  }
  #activate(activation: ActivationName, slope = 0): Tensor {
    return apply('activate', [this.#x], { activation, slope });
  }
  #compare(f: ops.CompareName, other: Operand): Tensor {
    return fromValue(ops.compare(f, this.value, toTensor(other).value));
  }

  // Of two tensors, which broadcast as numpy's do.
  /** this + other */
  add(other: Operand): Tensor {
    return apply('add', [this.#x, toTensor(other)]);
  }
  /** this - other */
  sub(other: Operand): Tensor {
    return apply('sub', [this.#x, toTensor(other)]);
  }
  /** this * other */
  mul(other: Operand): Tensor {
    return apply('mul', [this.#x, toTensor(other)]);
  }
  /** this / other */
  div(other: Operand): Tensor {
    return apply('div', [this.#x, toTensor(other)]);
  }
  /** this to the power of other */
  pow(other: Operand): Tensor {
    return other === 2 ? this.square() : apply('pow', [this.#x, toTensor(other)]);
  }
  /** The smaller of two; equal ones share the gradient. */
  minimum(other: Operand): Tensor {
    return apply('minimum', [this.#x, toTensor(other)]);
  }
  /** The larger of two; equal ones share the gradient. */
  maximum(other: Operand): Tensor {
    return apply('maximum', [this.#x, toTensor(other)]);
  }
  /** 1 where this < other, else 0; the comparisons have no gradient. */
  lt(other: Operand): Tensor {
    return this.#compare('lt', other);
  }
  /** 1 where this <= other, else 0 */
  le(other: Operand): Tensor {
    return this.#compare('le', other);
  }
  /** 1 where this > other, else 0 */
  gt(other: Operand): Tensor {
    return this.#compare('gt', other);
  }
  /** 1 where this >= other, else 0 */
  ge(other: Operand): Tensor {
    return this.#compare('ge', other);
  }
  /** 1 where this equals other, else 0 */
  eq(other: Operand): Tensor {
    return this.#compare('eq', other);
  }
  /** 1 where this differs from other, else 0 */
  ne(other: Operand): Tensor {
    return this.#compare('ne', other);
  }
  /** a where this is not 0, else b: torch.where(this, a, b). */
  where(a: Operand, b: Operand): Tensor {
    return apply('where', [this.#x, toTensor(a), toTensor(b)]);
  }
  /** Limits values to [low, high]. */
  clamp(low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): Tensor {
    return apply('clamp', [this.#x], { low, high });
  }

  // Of each value.
  neg(): Tensor {
    return apply('neg', [this.#x]);
  }
  exp(): Tensor {
    return apply('exp', [this.#x]);
  }
  expm1(): Tensor {
    return apply('expm1', [this.#x]);
  }
  log(): Tensor {
    return apply('log', [this.#x]);
  }
  log1p(): Tensor {
    return apply('log1p', [this.#x]);
  }
  sqrt(): Tensor {
    return apply('sqrt', [this.#x]);
  }
  square(): Tensor {
    return apply('square', [this.#x]);
  }
  reciprocal(): Tensor {
    return apply('reciprocal', [this.#x]);
  }
  abs(): Tensor {
    return apply('abs', [this.#x]);
  }
  erf(): Tensor {
    return apply('erf', [this.#x]);
  }
  sign(): Tensor {
    return apply('sign', [this.#x]);
  }
  floor(): Tensor {
    return apply('floor', [this.#x]);
  }
  ceil(): Tensor {
    return apply('ceil', [this.#x]);
  }
  /** To the nearest whole number, half to even. */
  round(): Tensor {
    return apply('round', [this.#x]);
  }

  // Activations.
  relu(): Tensor {
    return this.#activate('relu');
  }
  /** x > 0 ? x : slope x */
  leakyRelu(slope = 0.01): Tensor {
    return this.#activate('leakyRelu', slope);
  }
  /** x > 0 ? x : alpha (e^x - 1) */
  elu(alpha = 1): Tensor {
    return this.#activate('elu', alpha);
  }
  selu(): Tensor {
    return this.#activate('selu');
  }
  /** x Phi(x); with 'tanh' its approximation. */
  gelu(approximate: 'none' | 'tanh' = 'none'): Tensor {
    return this.#activate(approximate === 'tanh' ? 'geluTanh' : 'gelu');
  }
  /** x sigmoid(x), also called swish */
  silu(): Tensor {
    return this.#activate('silu');
  }
  mish(): Tensor {
    return this.#activate('mish');
  }
  sigmoid(): Tensor {
    return this.#activate('sigmoid');
  }
  tanh(): Tensor {
    return this.#activate('tanh');
  }
  /** log(1 + e^x) */
  softplus(): Tensor {
    return this.#activate('softplus');
  }
  relu6(): Tensor {
    return this.#activate('relu6');
  }
  hardSigmoid(): Tensor {
    return this.#activate('hardSigmoid');
  }
  hardSwish(): Tensor {
    return this.#activate('hardSilu');
  }
  softsign(): Tensor {
    return this.#activate('softsign');
  }
  /** exp(x) / sum exp(x) along an axis */
  softmax(dim = -1): Tensor {
    return apply('softmax', [this.#x], { axis: resolveAxis(dim, this.rank) });
  }
  /** The logarithm of softmax, without overflow. */
  logSoftmax(dim = -1): Tensor {
    return apply('logSoftmax', [this.#x], { axis: resolveAxis(dim, this.rank) });
  }

  // Along axes: all of them unless `dim` says which.
  sum(dim?: Axes, keepdim = false): Tensor {
    return this.#reduce('sum', dim, keepdim);
  }
  mean(dim?: Axes, keepdim = false): Tensor {
    return this.#reduce('mean', dim, keepdim);
  }
  /** The smallest value; ties share the gradient (PyTorch's amin). */
  min(dim?: Axes, keepdim = false): Tensor {
    return this.#reduce('min', dim, keepdim);
  }
  /** The largest value; ties share the gradient (PyTorch's amax). */
  max(dim?: Axes, keepdim = false): Tensor {
    return this.#reduce('max', dim, keepdim);
  }
  /** The variance; `correction` is subtracted from the count. */
  var(dim?: Axes, keepdim = false, correction = 1): Tensor {
    const axes = this.#axes(dim);
    const count = sizeOf(axes.map((d) => this.shape[d]));
    return this.sub(this.mean(axes, true))
      .square()
      .sum(axes, keepdim)
      .div(Math.max(0, count - correction));
  }
  /** The square root of the variance. */
  std(dim?: Axes, keepdim = false, correction = 1): Tensor {
    return this.var(dim, keepdim, correction).sqrt();
  }
  /** sqrt(sum x^2) */
  norm(dim?: Axes, keepdim = false): Tensor {
    return this.square().sum(dim, keepdim).sqrt();
  }
  /** Where the largest value along an axis is, or of all values. No gradient. */
  argmax(dim?: number, keepdim = false): Tensor {
    return this.#argExtreme(true, dim, keepdim);
  }
  /** Where the smallest value is. */
  argmin(dim?: number, keepdim = false): Tensor {
    return this.#argExtreme(false, dim, keepdim);
  }
  #argExtreme(largest: boolean, dim: number | undefined, keepdim: boolean): Tensor {
    const x = dim === undefined ? this.#x.reshape([-1]) : this.#x;
    const axis = dim === undefined ? 0 : resolveAxis(dim, this.rank);
    if (x.shape[axis] === 0) throw new ValidationError('ERR_EMPTY', 'The position of an extreme of nothing.');
    const y = fromValue(ops.argReduce(largest, x.value, axis));
    return keepdim ? y.reshape(dim === undefined ? this.shape.map(() => 1) : this.shape.with(axis, 1)) : y;
  }

  /**
   * The product of matrices: the last two axes, axes before them are batches that broadcast. A vector on the left is a
   * row, on the right a column, as in numpy.
   *
   * @throws {ERR_SHAPE} when the shapes don't fit
   */
  matmul(other: Tensor): Tensor {
    const b = toTensor(other);
    if (this.rank === 0 || b.rank === 0) {
      throw new ValidationError(
        'ERR_SHAPE',
        'matmul is of tensors that have axes: multiply by a number with mul.',
      );
    }
    if (this.rank === 1) {
      const y = this.#x.unsqueeze(0).matmul(b);
      return b.rank === 1 ? y : y.squeeze(-2);
    }
    if (b.rank === 1) return this.matmul(b.unsqueeze(1)).squeeze(-1);
    return productOf(this.#x, b, undefined, false);
  }
}

/** x op(w) + bias. Rows of all batches are one matrix where w is one. */
export function productOf(x: Tensor, w: Tensor, bias: Tensor | undefined, transposeB: boolean): Tensor {
  const operands = bias === undefined ? [w] : [w, bias];
  if (w.rank === 2 && x.rank > 2) {
    const rows = x.reshape([-1, x.shape[x.rank - 1]]);
    const y = apply('matmul', [rows, ...operands], { transposeA: false, transposeB });
    return y.reshape([...x.shape.slice(0, -1), y.shape[1]]);
  }
  return apply('matmul', [x, ...operands], { transposeA: false, transposeB });
}
