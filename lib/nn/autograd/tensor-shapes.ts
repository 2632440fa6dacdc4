/** Shapes of tensors and parts of them. */

import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import type { Tensor } from './tensor.js';
import { type Operand, TensorArithmetic, toTensor } from './tensor-arithmetic.js';
import { apply } from './tensor-base.js';
import { resolveAxis, sizeOf } from './value.js';

/**
 * A part of one axis: a position, `[start, stop]`, `[start, stop, step]` (null: from the beginning, to the end),
 * `null` or `':'` for all of it, or positions as a tensor of one axis.
 */
export type Index =
  | number
  | readonly [start: number | null, stop?: number | null, step?: number]
  | null
  | ':'
  | Tensor;

/** Python's rule for one axis: start, count and step. */
function resolveSlice(
  index: readonly (number | null | undefined)[],
  extent: number,
): [number, number, number] {
  const step = index[2] ?? 1;
  if (!Number.isInteger(step) || step === 0) {
    throw new ValidationError('ERR_SHAPE', `The step of a slice is a whole number but 0; got ${show(step)}.`);
  }
  const bound = (at: number | null | undefined, otherwise: number) => {
    if (at === null || at === undefined) return otherwise;
    if (!Number.isInteger(at))
      throw new ValidationError('ERR_SHAPE', `A slice has whole numbers; got ${show(at)}.`);
    const from = at < 0 ? at + extent : at;
    return step > 0 ? Math.min(extent, Math.max(0, from)) : Math.min(extent - 1, Math.max(-1, from));
  };
  const start = bound(index[0], step > 0 ? 0 : extent - 1);
  const stop = bound(index[1], step > 0 ? extent : -1);
  return [start, Math.max(0, Math.ceil((stop - start) / step)), step];
}

/** See {@link Tensor}. */
export abstract class TensorShapes extends TensorArithmetic {
  get #x(): Tensor {
    return this as unknown as Tensor;
  }

  /**
   * The same values in another shape.
   *
   * @param shape - extents; one may be -1, which is whatever is left
   * @throws {ERR_SHAPE} when the sizes differ
   */
  reshape(shape: readonly number[]): Tensor {
    const known = sizeOf(shape.filter((n) => n !== -1));
    const open = shape.indexOf(-1);
    const resolved = open < 0 ? [...shape] : shape.with(open, known === 0 ? 0 : this.size / known);
    if (resolved.some((n) => !Number.isInteger(n) || n < 0) || sizeOf(resolved) !== this.size) {
      const message = `A tensor of shape [${this.shape.join(', ')}] can't be [${shape.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return apply('reshape', [this.#x], { shape: resolved });
  }
  /** {@link reshape} with extents as arguments. */
  view(...shape: number[]): Tensor {
    return this.reshape(shape);
  }
  /** Joins axes into one, all of them by default. */
  flatten(startDim = 0, endDim = -1): Tensor {
    if (this.rank === 0) return this.reshape([1]);
    const first = resolveAxis(startDim, this.rank);
    const last = resolveAxis(endDim, this.rank);
    const joined = sizeOf(this.shape.slice(first, last + 1));
    return this.reshape([...this.shape.slice(0, first), joined, ...this.shape.slice(last + 1)]);
  }
  /** Without axes of extent 1, or without the given one if it has. */
  squeeze(dim?: number): Tensor {
    const axis = dim === undefined ? -1 : resolveAxis(dim, this.rank);
    return this.reshape(this.shape.filter((n, d) => n !== 1 || (dim !== undefined && d !== axis)));
  }
  /** With an axis of extent 1 at `dim`. */
  unsqueeze(dim: number): Tensor {
    const axis = resolveAxis(dim, this.rank + 1);
    return this.reshape(this.shape.toSpliced(axis, 0, 1));
  }
  /**
   * The axes in another order: axis d of the result is axis `dims[d]`.
   *
   * @throws {ERR_SHAPE} unless each axis is named once
   */
  permute(dims: readonly number[]): Tensor {
    const axes = dims.map((d) => resolveAxis(d, this.rank));
    if (axes.length !== this.rank || new Set(axes).size !== axes.length) {
      throw new ValidationError(
        'ERR_SHAPE',
        `permute names each of ${this.rank} axes once; got [${dims.join(', ')}].`,
      );
    }
    return apply('permute', [this.#x], { axes });
  }
  /** Two axes exchanged, the last two by default. */
  transpose(dim0 = -2, dim1 = -1): Tensor {
    const p = resolveAxis(dim0, this.rank);
    const q = resolveAxis(dim1, this.rank);
    return this.permute(this.shape.map((_, d) => (d === p ? q : d === q ? p : d)));
  }
  /** The last two axes exchanged. */
  get T(): Tensor {
    return this.transpose();
  }
  /**
   * Repeated along axes of extent 1; -1 leaves an axis as it is.
   *
   * @throws {ERR_SHAPE} when another axis would change
   */
  expand(shape: readonly number[]): Tensor {
    const lead = shape.length - this.rank;
    const wide = shape.map((n, d) => (n === -1 && d >= lead ? this.shape[d - lead] : n));
    if (lead < 0 || this.shape.some((n, d) => n !== 1 && n !== wide[d + lead])) {
      const message = `A tensor of shape [${this.shape.join(', ')}] can't be expanded to [${shape.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return apply('expand', [this.#x], { shape: wide });
  }

  /**
   * A part of the tensor, an index an axis: `x.at([0, 10], 3)` is Python's `x[0:10, 3]`.
   *
   * @throws {ERR_SHAPE} when a position is not in the tensor
   * @example
   * ```ts
   * import { tensor } from 'boreal/nn';
   * const x = tensor([[1, 2, 3], [4, 5, 6]]);
   * x.at(1); // [4, 5, 6]
   * x.at(':', [null, null, -1]); // [[3, 2, 1], [6, 5, 4]]
   * x.at(':', tensor([0, 2])); // [[1, 3], [4, 6]]
   * ```
   */
  at(...indices: Index[]): Tensor {
    if (indices.length > this.rank) {
      throw new ValidationError('ERR_SHAPE', `${indices.length} indices for a tensor of ${this.rank} axes.`);
    }
    const start: number[] = [];
    const shape: number[] = [];
    const step: number[] = [];
    for (const [d, extent] of this.shape.entries()) {
      const index = indices[d];
      if (typeof index === 'number') {
        const at = index < 0 ? index + extent : index;
        if (!Number.isInteger(at) || at < 0 || at >= extent) {
          throw new ValidationError(
            'ERR_SHAPE',
            `Position ${index} is not on axis ${d} of extent ${extent}.`,
          );
        }
        start.push(at);
        shape.push(1);
        step.push(1);
      } else {
        const [from, count, by] = resolveSlice(Array.isArray(index) ? index : [], extent);
        start.push(count === 0 ? 0 : from);
        shape.push(count);
        step.push(by);
      }
    }
    const whole = shape.every((n, d) => n === this.shape[d] && step[d] === 1);
    let y = whole ? this.#x : apply('slice', [this.#x], { slice: { start, shape, step } });
    for (const [d, index] of indices.entries()) {
      if (index instanceof TensorArithmetic) y = y.indexSelect(d, index as Tensor);
    }
    return y.reshape(y.shape.filter((_, d) => typeof indices[d] !== 'number'));
  }
  /** Rows start to stop, exclusive, of the first axis. */
  slice(start: number | null = null, stop: number | null = null): Tensor {
    return this.at([start, stop]);
  }
  /** `length` positions of an axis from `start` on. */
  narrow(dim: number, start: number, length: number): Tensor {
    const axis = resolveAxis(dim, this.rank);
    return this.at(...this.shape.map((_, d): Index => (d === axis ? [start, start + length] : null)));
  }
  /** The tensor at a position of an axis. */
  select(dim: number, index: number): Tensor {
    const axis = resolveAxis(dim, this.rank);
    return this.at(...this.shape.map((_, d): Index => (d === axis ? index : null)));
  }
  /** Parts of at most `size` positions along an axis. */
  split(size: number, dim = 0): Tensor[] {
    const axis = resolveAxis(dim, this.rank);
    if (!Number.isInteger(size) || size < 1) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `The size of a part is a whole number >= 1; got ${show(size)}.`,
      );
    }
    const count = Math.ceil(this.shape[axis] / size);
    return Array.from({ length: count }, (_, i) =>
      this.narrow(axis, i * size, Math.min(size, this.shape[axis] - i * size)),
    );
  }
  /**
   * The positions of an axis that a tensor of one axis names.
   *
   * @throws {ERR_SHAPE} when one is not in the tensor (when it is computed)
   */
  indexSelect(dim: number, index: Tensor | readonly number[]): Tensor {
    return apply('indexSelect', [this.#x, toIndex(index)], { axis: resolveAxis(dim, this.rank) });
  }
  /** y[i][j] = x[index[i][j]][j] for dim 0, and so on: torch.gather; `index` has the tensor's shape but on `dim`. */
  gather(dim: number, index: Tensor): Tensor {
    return apply('takeAlong', [this.#x, toTensor(index)], { axis: resolveAxis(dim, this.rank) });
  }
  /** `value` where mask is not 0. */
  maskedFill(mask: Tensor, value: Operand): Tensor {
    return mask.where(value, this.#x);
  }
}

function toIndex(index: Tensor | readonly number[]): Tensor {
  if (index instanceof TensorArithmetic) return (index as Tensor).flatten();
  throw new ValidationError('ERR_DTYPE', `An index is a tensor of whole numbers; got ${show(index)}.`);
}
