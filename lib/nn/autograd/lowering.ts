/**
 * Modules as plans. A module's `forward` is recorded for one row of zeros, and the recorded values are lowered to ops of
 * a plan: whatever a module is made of, a plan it is as long as each row's result is its own and plans have the ops.
 */
import { Matrix } from '../../core/matrix.js';
import { type CompileOptions, Plan, resolveCompileOptions } from '../../core/plan.js';
import { PlanBuilder, type Slot } from '../../core/plan-builder.js';
import { Schema } from '../../core/schema.js';
import { StateError, ValidationError } from '../../errors.js';
import { lowerActivation } from '../network-lowering.js';
import { evaluateSync } from './evaluate.js';
import type { Module } from './module.js';
import { ACTIVATION, type ActivationName, BINARY, OP, REDUCE, UNARY } from './ops.js';
import { Tensor } from './tensor.js';
import { noGrad } from './tensor-base.js';
import { broadcastStrides, denseStrides, sizeOf, type Value, VIEW } from './value.js';

/** Options of {@link Module.compile}. */
export interface ModuleCompileOptions extends Pick<CompileOptions, 'device' | 'precision'> {
  /** The shape of one sample, without the batch: [784], or [1, 28, 28]. A row of the plan is its values in order. */
  readonly inputShape: readonly number[];
}

function nameOf(table: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(table).find((name) => table[name] === code)!;
}

function refuse(what: string): StateError {
  return new StateError('ERR_NOT_SUPPORTED', `A plan has no ${what}, or not as this module uses it.`);
}

/** A word of a recipe as the float32 whose bits it is. */
function toFloat(word: number): number {
  return new Float32Array(Int32Array.of(word).buffer)[0];
}

class Lowering {
  readonly plan: PlanBuilder;
  readonly #slots = new Map<Value, Slot>();
  readonly #depends = new Map<Value, boolean>();

  constructor(readonly input: Value) {
    this.plan = new PlanBuilder(input.size);
    this.#slots.set(input, this.plan.input);
    this.#depends.set(input, true);
  }

  #dependsOnInput(value: Value): boolean {
    let known = this.#depends.get(value);
    if (known === undefined) {
      known =
        value.buffer === null && value.recipe!.inputs.some((x) => x !== null && this.#dependsOnInput(x));
      this.#depends.set(value, known);
    }
    return known;
  }

  /** What does not depend on the input, repeated to a shape. */
  #constant(value: Value, shape: readonly number[]): Float64Array {
    evaluateSync([value]);
    const strides = broadcastStrides(value.shape, shape);
    const dense = denseStrides(shape);
    return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      let at = 0;
      for (const [d, stride] of strides.entries()) at += (Math.floor(i / dense[d]) % shape[d]) * stride;
      return value.buffer![at];
    });
  }

  slot(value: Value): Slot {
    let slot = this.#slots.get(value);
    if (slot === undefined) {
      slot = this.#lower(value);
      this.#slots.set(value, slot);
    }
    return slot;
  }

  #lower(value: Value): Slot {
    if (!this.#dependsOnInput(value))
      return this.plan.constant(this.plan.input, this.#constant(value, value.shape));
    const { code, inputs, words } = value.recipe!;
    const x = inputs[0]!;
    switch (code) {
      case VIEW:
        if (words[0] === 0 && (x.size === value.size || x.recipe?.code === OP.layerNorm)) return this.slot(x);
        throw refuse('part of an array');
      case OP.copyStrided:
        return this.plan.gather(this.slot(x), positions(words, value.shape.length));
      case OP.unary:
        return this.#unary(nameOf(UNARY, words[0]), this.slot(x));
      case OP.activate: {
        const activation = nameOf(ACTIVATION, words[0]) as ActivationName;
        return lowerActivation(this.plan, this.slot(x), {
          type: 'activation',
          activation,
          alpha: toFloat(words[1]),
        });
      }
      case OP.binary:
        return this.#binary(nameOf(BINARY, words[0]), x, inputs[1]!, value.shape);
      case OP.matmul:
        return this.#matmul(value);
      case OP.softmax: {
        const [log, outer, , inner] = words;
        if (outer !== 1 || inner !== 1) throw refuse('softmax along that axis');
        const activation = log === 1 ? 'logSoftmax' : 'softmax';
        return lowerActivation(this.plan, this.slot(x), { type: 'activation', activation });
      }
      case OP.reduce:
        if (value.size !== 1) throw refuse('reduction along that axis');
        return this.#fold(nameOf(REDUCE, words[0]) as keyof typeof REDUCE, this.slot(x));
      case OP.batchNorm:
        return this.#batchNorm(value);
      case OP.layerNorm:
        return this.#layerNorm(value);
      default:
        throw refuse(`operation '${nameOf(OP, code)}'`);
    }
  }

  #fold(name: keyof typeof REDUCE, x: Slot): Slot {
    if (name !== 'mean') return this.plan.reduce(x, name);
    return this.plan.binary(this.plan.reduce(x, 'sum'), 'div', Float64Array.of(x.width));
  }

  #unary(name: string, x: Slot): Slot {
    if (name === 'identity') return x;
    return this.plan.activation(x, (name === 'neg' ? 'negate' : name) as 'exp');
  }

  #binary(name: string, a: Value, b: Value, shape: readonly number[]): Slot {
    const kind = ({ minimum: 'min', maximum: 'max' }[name] ?? name) as 'add';
    if (!this.#dependsOnInput(b) && a.size === sizeOf(shape)) {
      return this.plan.binary(this.slot(a), kind, this.#constant(b, shape));
    }
    const wide = (x: Value): Slot => {
      if (!this.#dependsOnInput(x)) return this.plan.constant(this.plan.input, this.#constant(x, shape));
      if (x.size !== 1 && x.size !== sizeOf(shape)) throw refuse('broadcasting of that shape');
      return this.slot(x);
    };
    const sides = [wide(a), wide(b)] as const;
    if (Math.max(sides[0].width, sides[1].width) !== sizeOf(shape))
      throw refuse('broadcasting of that shape');
    return this.plan.binaryOf(sides, kind);
  }

  #matmul(value: Value): Slot {
    const { inputs, words } = value.recipe!;
    const [transposeA, transposeB, m, k, n] = words;
    const [a, b, bias] = inputs;
    if (m !== 1 || transposeA !== 0 || value.size !== n || this.#dependsOnInput(b!) || b!.size !== k * n) {
      throw refuse('product of matrices but by weights');
    }
    const weights = this.#constant(b!, b!.shape);
    const straight =
      transposeB === 0 ? weights : weights.map((_, i) => weights[(i % n) * k + Math.floor(i / n)]);
    return this.plan.dense(
      this.slot(a!),
      straight,
      bias === null ? new Float64Array(n) : this.#constant(bias, [n]),
    );
  }

  #scaleAndShift(x: Slot, gamma: Value | null, beta: Value | null): Slot {
    const width = [x.width];
    const scaled = gamma === null ? x : this.plan.binary(x, 'mul', this.#constant(gamma, width));
    return beta === null ? scaled : this.plan.binary(scaled, 'add', this.#constant(beta, width));
  }

  #batchNorm(value: Value): Slot {
    const [x, statistics, gamma, beta] = value.recipe!.inputs;
    const [rows, channels, epsilon] = value.recipe!.words;
    if (rows !== 1 || this.#dependsOnInput(statistics!))
      throw refuse('batch normalisation but of rows, by running statistics');
    const given = this.#constant(statistics!, statistics!.shape);
    const deviation = given.slice(channels).map((variance) => Math.sqrt(variance + toFloat(epsilon)));
    const normal = this.plan.affine(this.slot(x!), given.slice(0, channels), deviation);
    return this.#scaleAndShift(normal, gamma, beta);
  }

  #layerNorm(value: Value): Slot {
    const [x, gamma, beta] = value.recipe!.inputs;
    const [rows, , epsilon] = value.recipe!.words;
    if (rows !== 1) throw refuse('layer normalisation but of whole rows');
    const slot = this.slot(x!);
    const centred = this.plan.binaryOf([slot, this.#fold('mean', slot)], 'sub');
    const variance = this.#fold('mean', this.plan.activation(centred, 'square'));
    const moved = this.plan.binary(variance, 'add', Float64Array.of(toFloat(epsilon)));
    const normal = this.plan.binaryOf([centred, this.plan.activation(moved, 'sqrt')], 'div');
    return this.#scaleAndShift(normal, gamma, beta);
  }
}

/** Where a strided copy reads each of its elements. */
function positions(words: readonly number[], rank: number): number[] {
  const shape = words.slice(1, 1 + rank);
  const strides = words.slice(1 + rank, 1 + 2 * rank);
  const dense = denseStrides(shape);
  const offset = words[1 + 2 * rank];
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    strides.reduce((at, stride, d) => at + (Math.floor(i / dense[d]) % shape[d]) * stride, offset),
  );
}

/** See {@link Module.compile}. */
export function compileModule(module: Module, { inputShape, ...options }: ModuleCompileOptions): Plan {
  if (!Array.isArray(inputShape) || inputShape.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'compile: inputShape must be the shape of one sample: whole numbers >= 1.',
    );
  }
  const resolved = resolveCompileOptions(options, 'float32');
  const training = module.modules().filter((m) => m.training);
  module.eval();
  try {
    return noGrad(() => {
      const x = Tensor.zeros([1, ...inputShape]);
      const y = module.forward(x);
      const lowering = new Lowering(x.value);
      const source = lowering.plan.build(lowering.slot(y.value));
      const columns = Array.from({ length: x.size }, (_, j) => ({ name: `x${j}`, kind: 'number' }) as const);
      const plan = Plan.compile(source, new Schema(columns, { kind: 'none' }, false), resolved);
      requireRows(module, plan, inputShape);
      return plan;
    });
  } finally {
    for (const m of training) m.training = true;
  }
}

/** What is recorded for one row must hold for each of several. */
function requireRows(module: Module, plan: Plan, inputShape: readonly number[]): void {
  const rows = 3;
  const width = sizeOf(inputShape);
  const values = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i + 1));
  const x = Tensor.zeros([rows, ...inputShape]).copyFrom(values);
  const expected = module.forward(x).data;
  const actual = plan.runSync(new Matrix(values, rows, width)).data;
  const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  const agree =
    actual.length === expected.length && actual.every((v, i) => Math.abs(v - expected[i]) <= 1e-3 * scale);
  if (!agree) throw refuse('operation that mixes the rows of a batch');
}
