/**
 * What a tensor is: a value, known or recorded, and how it came about, for its gradient. Everything that a user calls
 * is made of `apply`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { SignalOptions } from '../../core/linalg/call.js';
import { stridesOf } from '../../core/shape.js';
import { StateError, ValidationError } from '../../errors.js';
import { evaluate, evaluateSync, recycle } from './evaluate.js';
import { gradients, type Rule, sumTo } from './gradients.js';
import { type Attributes, forward, type OperationName, scalar } from './operations.js';
import * as ops from './ops.js';
import type { Tensor } from './tensor.js';
import { dropRecipe, Value, withoutKeeping } from './value.js';

// ---- Recording --------------------------------------------------------------------------------------------------------

const gradMode = new AsyncLocalStorage<boolean>();

/**
 * Runs a function whose operations record no gradients: inference, or changes of parameters by hand. Holds across
 * `await` in an async function, and for it alone.
 *
 * @param fn - what to run
 * @returns what fn returns
 * @example
 * ```ts
 * import { noGrad, tensor } from 'boreal/nn';
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => w.mul(2).requiresGrad); // false
 * ```
 */
export function noGrad<R>(fn: () => R): R {
  return gradMode.run(false, fn);
}

/** Runs a function whose operations record gradients, within {@link noGrad}. */
export function enableGrad<R>(fn: () => R): R {
  return gradMode.run(true, fn);
}

/** Whether operations record gradients here. */
export function isGradEnabled(): boolean {
  return gradMode.getStore() ?? true;
}

/** How a tensor came about. */
interface Origin {
  readonly rule: Rule;
  readonly attributes: Attributes;
  /** Emptied once the gradient has been taken. */
  inputs: readonly Tensor[];
  /** The values that the operands had then: an optimizer may have given them others. */
  values: readonly Value[];
}

let create: (value: Value, requiresGrad: boolean) => Tensor;
/** tensor.ts registers its class here, since a base class can't import what extends it. */
export function setTensorConstructor(factory: typeof create): void {
  create = factory;
}

export function fromValue(value: Value): Tensor {
  return create(value, false);
}
export function constant(value: number): Tensor {
  return create(scalar(value), false);
}

export function apply(name: OperationName, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
  const values = inputs.map((input) => input.value);
  const record: (x: readonly Value[], a: Attributes) => Value = forward[name];
  const value = record(values, attributes);
  if (name === 'opaque' || !isGradEnabled() || !inputs.some((input) => input.requiresGrad))
    return create(value, false);
  const output = create(value, true);
  for (const [i, input] of inputs.entries()) if (input.isLeaf) values[i].readers++;
  output.origin = { rule: gradients[name], attributes, inputs, values };
  return output;
}

/** An operand as it was when the operation was recorded. */
function asRecorded(input: Tensor, value: Value): Tensor {
  return input.value === value ? input : create(value, input.requiresGrad);
}

/** Takes back what a rule recorded for an operand that needs no gradient: it must not count as a reader. */
function discard(value: Value, g: Value): void {
  if (value === g || !value.internal || value.recipe === null || value.readers > 0) return;
  const { inputs } = value.recipe;
  dropRecipe(value);
  for (const input of inputs) if (input !== null) discard(input, g);
}

function forget(origin: Origin): void {
  for (const [i, input] of origin.inputs.entries()) if (input.isLeaf) origin.values[i].readers--;
  origin.inputs = [];
  origin.values = [];
}

/** Tensors that the gradient of `root` passes through, each after all that were made of it. */
function backwardOrder(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>(roots);
  const stack = roots.map((tensor) => ({ tensor, next: 0 }));
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const inputs = top.tensor.origin?.inputs ?? [];
    if (top.next === inputs.length) {
      order.push(top.tensor);
      stack.pop();
      continue;
    }
    const input = inputs[top.next++];
    if (input.requiresGrad && !seen.has(input)) {
      seen.add(input);
      stack.push({ tensor: input, next: 0 });
    }
  }
  return order.reverse();
}

/** Options of taking gradients. */
export interface GradientOptions {
  /** Records how the gradients come about, so that they have gradients. Default false. */
  readonly createGraph?: boolean;
  /** Keeps the graph for another call. Default: `createGraph`. */
  readonly retainGraph?: boolean;
}

/**
 * The gradients of a tensor by all it was made of, recorded but not computed. Unless `keep`, they have to be computed
 * in one evaluation.
 */
export function gradientsOf(
  root: Tensor,
  seed: Tensor | undefined,
  { createGraph = false, retainGraph = createGraph }: GradientOptions,
  keep = createGraph,
): Map<Tensor, Tensor> {
  if (!root.requiresGrad) {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'The tensor has no gradient: nothing that it was made of requires one.',
    );
  }
  if (seed === undefined && root.size !== 1) {
    const message = `backward() needs the gradient of a tensor of shape [${root.shape.join(', ')}]: only one of a single value has a default.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  if (seed !== undefined && !ops.sameShape(seed.shape, root.shape)) {
    const message = `The gradient has shape [${seed.shape.join(', ')}], the tensor [${root.shape.join(', ')}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const derive = () => {
    const found = new Map<Tensor, Tensor>([[root, seed ?? fromValue(ops.fill(root.shape, 1))]]);
    for (const tensor of backwardOrder([root])) {
      const g = found.get(tensor);
      const { origin } = tensor;
      if (g === undefined || origin === null) continue;
      if (origin.inputs.length === 0) {
        const message =
          'The graph of this tensor was released by an earlier backward(): pass { retainGraph: true } to that.';
        throw new StateError('ERR_NOT_SUPPORTED', message);
      }
      const x = origin.inputs.map((input, i) => asRecorded(input, origin.values[i]));
      const parts = origin.rule(g, { x, y: tensor, a: origin.attributes });
      for (const [i, input] of origin.inputs.entries()) {
        const part = parts[i];
        if (part === null || part === undefined) continue;
        if (!input.requiresGrad) {
          discard(part.value, g.value);
          continue;
        }
        const before = found.get(input);
        const summed = sumTo(part, input.shape);
        found.set(input, before === undefined ? summed : before.add(summed));
      }
      if (!retainGraph) forget(origin);
    }
    return found;
  };
  if (createGraph) return enableGrad(derive);
  return noGrad(keep ? derive : () => withoutKeeping(derive));
}

/** Options of {@link Tensor.backward}. */
export interface BackwardOptions extends GradientOptions, SignalOptions {
  /** The gradient of the tensor itself, of its shape; default 1, for a single value. */
  readonly gradient?: Tensor;
}

/** The part of {@link Tensor} that is not arithmetic. */
export abstract class TensorBase {
  /** @internal */
  value: Value;
  /** @internal */
  origin: Origin | null = null;
  #grad: Tensor | null = null;
  #requiresGrad: boolean;
  #retainsGrad = false;

  constructor(value: Value, requiresGrad: boolean) {
    this.value = value;
    this.#requiresGrad = requiresGrad;
  }

  get #self(): Tensor {
    return this as unknown as Tensor;
  }

  /** The extents of its axes; [] of a scalar. */
  get shape(): readonly number[] {
    return this.value.shape;
  }
  /** The number of axes. */
  get rank(): number {
    return this.value.shape.length;
  }
  /** The number of values. */
  get size(): number {
    return this.value.size;
  }
  /** Always 'float32'. */
  get dtype(): 'float32' {
    return 'float32';
  }
  /** Whether it was not computed from tensors that require gradients. */
  get isLeaf(): boolean {
    return this.origin === null;
  }
  /** Whether operations on it record gradients. Can be set on leaves. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }
  set requiresGrad(required: boolean) {
    if (!this.isLeaf && !required) {
      throw new StateError('ERR_NOT_SUPPORTED', 'Only a leaf can stop requiring gradients: use detach().');
    }
    this.#requiresGrad = required;
  }

  /**
   * The gradient that `backward` has added up, null before. Leaves have one: tensors that require gradients and were
   * not computed from others; of the rest those with `retainGrad()`.
   */
  get grad(): Tensor | null {
    if (this.#grad !== null) this.#grad.value.shown = true;
    return this.#grad;
  }
  set grad(grad: Tensor | null) {
    const before = this.#grad?.value;
    this.#grad = grad;
    if (grad !== null) grad.value.holders++;
    if (before !== undefined && --before.holders === 0 && before.internal && !before.shown) recycle(before);
  }
  /** {@link grad}, whose memory may be used again once it is replaced. @internal */
  peekGrad(): Tensor | null {
    return this.#grad;
  }

  /** Keeps `grad` of a tensor that is no leaf. @returns the tensor */
  retainGrad(): Tensor {
    this.#retainsGrad = true;
    return this.#self;
  }

  /**
   * Adds the gradients of this tensor by all leaves it was made of to their `grad`, and computes it, them and what is
   * missing of the forward pass in one job off the event loop. The gradients are there when the promise resolves.
   *
   * Differs from PyTorch: await it.
   *
   * @throws {ERR_SHAPE} when the tensor has several values and no `gradient` is given
   * @throws {ERR_NOT_SUPPORTED} when nothing requires a gradient, or the graph was released by an earlier call
   * @throws {ERR_ABORTED} when the signal fires; gradients are then recorded but not computed
   * @example
   * ```ts
   * import { tensor } from 'boreal/nn';
   * const x = tensor([1, 2, 3], { requiresGrad: true });
   * await x.square().sum().backward();
   * x.grad.toArray(); // [2, 4, 6]
   * ```
   */
  async backward(options: BackwardOptions = {}): Promise<void> {
    await evaluate(this.#accumulate(options), [], options.signal);
  }

  /** {@link backward} on this thread's time, for small graphs. */
  backwardSync(options: BackwardOptions = {}): void {
    evaluateSync(this.#accumulate(options));
  }

  #accumulate(options: BackwardOptions): Value[] {
    const found = gradientsOf(this.#self, options.gradient, options);
    const wanted: Value[] = [this.value];
    for (const [tensor, g] of found) {
      if (!tensor.isLeaf && !(tensor as TensorBase).#retainsGrad) continue;
      const before = tensor.peekGrad();
      const add = () => (before === null ? g : before.add(g));
      const sum = options.createGraph ? add() : noGrad(() => withoutKeeping(add));
      tensor.grad = sum;
      wanted.push(sum.value);
    }
    return wanted;
  }

  /**
   * Computes the tensor off the event loop.
   *
   * @returns the tensor
   * @throws {ERR_ABORTED} when the signal fires
   */
  async evaluate(options: SignalOptions = {}): Promise<Tensor> {
    await evaluate([this.value], [], options.signal);
    return this.#self;
  }

  /** {@link evaluate} on this thread's time. */
  evaluateSync(): Tensor {
    evaluateSync([this.value]);
    return this.#self;
  }

  /** The values as a copy, computed first if need be, on this thread's time: await `evaluate()` before for large ones. */
  get data(): Float32Array {
    evaluateSync([this.value]);
    return this.value.buffer!.slice();
  }

  /**
   * The number of a tensor that has one.
   *
   * @throws {ERR_SHAPE} when it has several
   */
  item(): number {
    if (this.size !== 1) {
      throw new ValidationError(
        'ERR_SHAPE',
        `item() is of a single value; the shape is [${this.shape.join(', ')}].`,
      );
    }
    evaluateSync([this.value]);
    return this.value.buffer![0];
  }

  /** Nested arrays of numbers; a number of a scalar. */
  // biome-ignore lint/suspicious/noExplicitAny: as deep as the tensor has axes
  toArray(): any {
    const values = this.data;
    const strides = stridesOf(this.shape);
    const build = (d: number, at: number): unknown =>
      d === this.rank
        ? values[at]
        : Array.from({ length: this.shape[d] }, (_, i) => build(d + 1, at + i * strides[d]));
    return build(0, 0);
  }

  /** Its shape, and its values where they are known and few; computes nothing. */
  toString(): string {
    const few = this.value.buffer !== null && !this.value.busy && this.size <= 100;
    return `Tensor([${this.shape.join(', ')}]${few ? `, ${JSON.stringify(this.toArray())}` : ''})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** The same values without a history. */
  detach(): Tensor {
    return fromValue(this.value);
  }

  /** A copy that gradients flow through. */
  clone(): Tensor {
    return apply('copy', [this.#self]);
  }

  /**
   * Gives a leaf the values of another tensor, or numbers, in its own shape: PyTorch's `copy_`. What was recorded with
   * the old values keeps them.
   *
   * @throws {ERR_SHAPE} when there are more or fewer values
   */
  copyFrom(source: Tensor | ArrayLike<number>): Tensor {
    if (!this.isLeaf) throw new StateError('ERR_NOT_SUPPORTED', 'Only a leaf can be given other values.');
    if (source instanceof TensorBase) {
      if (!ops.sameShape(source.shape, this.shape)) {
        const message = `Values of shape [${source.shape.join(', ')}] don't fit a tensor of shape [${this.shape.join(', ')}].`;
        throw new ValidationError('ERR_SHAPE', message);
      }
      this.value = ops.copy(source.value);
    } else {
      const values = Float32Array.from(source as ArrayLike<number>);
      if (values.length !== this.size) {
        throw new ValidationError(
          'ERR_SHAPE',
          `${values.length} values don't fill a tensor of ${this.size}.`,
        );
      }
      this.value = Value.of(values, this.shape);
    }
    return this.#self;
  }

  /** Forgets values and history, so that memory is free before the garbage collector comes by; not needed. */
  dispose(): void {
    this.origin = null;
    this.grad = null;
    this.value = Value.of(new Float32Array(0), [0]);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}
