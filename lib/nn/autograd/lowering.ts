/**
 * Modules as plans. A module's `forward` is recorded for one row of zeros, and the recorded values are lowered to ops of
 * a plan: whatever a module is made of, a plan it is as long as each row's result is its own and plans have the ops.
 */

import { type CompileOptions, resolveCompileOptions } from '../../core/compile-options.js';
import { requireDevice } from '../../core/devices.js';
import {
  activationCode,
  conv2dCode,
  denseCode,
  type Edges,
  embeddingCode,
  globalAvgPoolCode,
  type ImageShape,
  layerNormCode,
  pool2dCode,
  SOFTMAX,
} from '../../core/layer-code.js';
import type { LowersSamples } from '../../core/lowers-samples.js';
import { Matrix } from '../../core/matrix.js';
import { Plan } from '../../core/plan.js';
import { PlanBuilder, type Slot } from '../../core/plan-builder.js';
import { type Quantizable, quantizeOutputs, runNow, sourceOf } from '../../core/quantization/index.js';
import { Schema } from '../../core/schema.js';
import { broadcastStrides, stridesOf } from '../../core/shape.js';
import { StateError, ValidationError } from '../../errors.js';
import { join } from '../join.js';
import { lowerActivation } from '../network-lowering.js';
import { evaluateSync } from './evaluate.js';
import type { Module } from './module.js';
import { ACTIVATION, type ActivationName, BINARY, OP, REDUCE, UNARY } from './ops.js';
import { Tensor } from './tensor.js';
import { noGrad } from './tensor-base.js';
import { sizeOf, type Value, VIEW } from './value.js';

/** Options of {@link Module.compile}. */
export interface ModuleCompileOptions
  extends Pick<CompileOptions, 'device' | 'expectedRows' | 'precision' | 'calibrate' | 'libraries'> {
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
  readonly #slots = new Map<Value, Slot>();
  readonly #depends = new Map<Value, boolean>();
  /** Rows of the smallest table that the input is looked up in, if there is one. */
  entries = Number.POSITIVE_INFINITY;

  constructor(
    readonly plan: PlanBuilder,
    input: Value,
    readonly samples: Slot,
  ) {
    this.#slots.set(input, samples);
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
    if (value.shape.join() === shape.join()) return Float64Array.from(value.buffer!);
    const strides = broadcastStrides(value.shape, shape);
    const dense = stridesOf(shape);
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
      return this.plan.constant(this.samples, this.#constant(value, value.shape));
    const { code, inputs, words } = value.recipe!;
    const x = inputs[0]!;
    switch (code) {
      case VIEW:
        if (words[0] === 0 && (x.size === value.size || x.recipe?.code === OP.layerNorm)) return this.slot(x);
        throw refuse('part of an array');
      case OP.copyStrided:
        return this.#gathered(x, positions(words, value.shape.length));
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
        const [log, outer, extent, inner] = words;
        if (inner !== 1) throw refuse('softmax along an axis that is not the last');
        const size = outer * extent;
        if (outer > 1) return this.#layer(x, activationCode(size, SOFTMAX + log, 1, extent), [], size);
        const activation = log === 1 ? 'logSoftmax' : 'softmax';
        return lowerActivation(this.plan, this.slot(x), { type: 'activation', activation });
      }
      case OP.reduce:
        return this.#reduce(value);
      case OP.batchNorm:
        return this.#batchNorm(value);
      case OP.layerNorm:
        return this.#layerNorm(value);
      case OP.conv2d:
        return this.#conv2d(value);
      case OP.maxPool:
      case OP.avgPool:
        return this.#pool(value);
      case OP.concat: {
        if (words[0] !== 1) throw refuse('concatenation along that axis');
        return this.plan.concat(inputs.map((part) => this.slot(part!)));
      }
      case OP.indexSelect:
        return this.#embedding(value);
      default:
        throw refuse(`operation '${nameOf(OP, code)}'`);
    }
  }

  #fold(name: keyof typeof REDUCE, x: Slot): Slot {
    if (name !== 'mean') return this.plan.reduce(x, name);
    return this.plan.binary(this.plan.reduce(x, 'sum'), 'div', Float64Array.of(x.width));
  }

  /** A layer of the engine. */
  #layer(x: Value, code: number[], parameters: readonly Value[], outputs: number): Slot {
    const parts = parameters.map((each) => {
      if (this.#dependsOnInput(each)) throw refuse('weights that depend on the input');
      return this.#constant(each, each.shape);
    });
    return this.plan.layer(this.slot(x), code, join(parts), outputs);
  }

  #conv2d(value: Value): Slot {
    const { inputs, words } = value.recipe!;
    const [x, weight, bias] = inputs;
    const [batch, height, width, channels, filters, ...rest] = words;
    if (batch !== 1) throw refuse('convolution of several images in a sample');
    const [kernelH, kernelW, strideH, strideW, top, bottom, left, right, dilationH, dilationW, groups] = rest;
    const code = conv2dCode({
      ...{
        image: [height, width, channels],
        filters,
        kernel: [kernelH, kernelW],
        strides: [strideH, strideW],
      },
      ...{
        padding: [top, bottom, left, right],
        dilation: [dilationH, dilationW],
        groups,
        useBias: bias !== null,
      },
    });
    return this.#layer(x!, code, bias === null ? [weight!] : [weight!, bias], value.size);
  }

  #pool(value: Value): Slot {
    const { code, inputs, words } = value.recipe!;
    const [batch, height, width, channels, kernelH, kernelW, strideH, strideW, ...rest] = words;
    const [top, bottom, left, right, , countIncludePad] = rest;
    if (batch !== 1) throw refuse('pooling of several images in a sample');
    const average = code === OP.avgPool;
    const [, outH, outW] = value.shape;
    // Windows that reach over the edge, as ceilMode has them, are padding.
    const over = (out: number, stride: number, kernel: number, size: number) =>
      Math.max(0, (out - 1) * stride + kernel - size);
    const padding: Edges = [
      top,
      Math.max(bottom, over(outH, strideH, kernelH, height + top)),
      left,
      Math.max(right, over(outW, strideW, kernelW, width + left)),
    ];
    const image: ImageShape = [height, width, channels];
    const window = { image, kernel: [kernelH, kernelW], strides: [strideH, strideW], padding } as const;
    const slot = this.#layer(inputs[0]!, pool2dCode({ average, ...window }), [], value.size);
    if (!average || countIncludePad === 0 || padding.every((zeros) => zeros === 0)) return slot;
    // The mean over what is not padding, times its share of the window (which ends where the padding does).
    const share = (
      out: number,
      k: number,
      [from, size, to]: readonly [number, number, number],
      stride: number,
    ) => {
      const begin = out * stride - from;
      const inside = Math.min(begin + k, size) - Math.max(begin, 0);
      return inside / (Math.min(begin + k, size + to) - begin);
    };
    const shares = Float64Array.from({ length: value.size }, (_, i) => {
      const [row, col] = [Math.floor(i / channels / outW), Math.floor(i / channels) % outW];
      const down = share(row, kernelH, [top, height, bottom], strideH);
      return down * share(col, kernelW, [left, width, right], strideW);
    });
    return this.plan.binary(slot, 'mul', shares);
  }

  #embedding(value: Value): Slot {
    const { inputs, words } = value.recipe!;
    const [table, index] = inputs;
    const [outer, entries, positions, width] = words;
    if (outer !== 1 || !this.#dependsOnInput(index!)) throw refuse('selection but of rows by the input');
    this.entries = Math.min(this.entries, entries);
    return this.#layer(index!, embeddingCode({ positions, entries, width }), [table!], value.size);
  }

  /** Folds the middle of [outer, extent, inner]. */
  #reduce(value: Value): Slot {
    const { inputs, words } = value.recipe!;
    const [f, outer, extent, inner] = words;
    const x = inputs[0]!;
    const name = nameOf(REDUCE, f) as keyof typeof REDUCE;
    if (value.size === 1) return this.#fold(name, this.slot(x));
    const width = outer * inner;
    // The folded axis first: positions of a row of channels.
    const order = Array.from({ length: x.size }, (_, i) => {
      const [e, o, k] = [Math.floor(i / width), Math.floor(i / inner) % outer, i % inner];
      return (o * extent + e) * inner + k;
    });
    const rows = this.#gathered(x, order);
    const layer = (code: number[]) => this.plan.layer(rows, code, new Float32Array(0), width);
    if (name === 'max' || name === 'min') {
      const shape = { image: [extent, 1, width], kernel: [extent, 1], strides: [extent, 1] } as const;
      if (name === 'min') throw refuse('smallest value along an axis');
      return layer(pool2dCode({ average: false, ...shape, padding: [0, 0, 0, 0] }));
    }
    const mean = layer(globalAvgPoolCode(extent, width));
    return name === 'mean' ? mean : this.plan.binary(mean, 'mul', new Float64Array(width).fill(extent));
  }

  /** Some columns of a value; of one that is itself such a choice, those of its source. */
  #gathered(x: Value, columns: readonly number[]): Slot {
    const { code, inputs, words } = x.recipe ?? { code: null, inputs: [], words: [] };
    if (code !== OP.copyStrided || this.#slots.has(x)) return this.plan.gather(this.slot(x), columns);
    const own = positions(words, x.shape.length);
    return this.#gathered(
      inputs[0]!,
      columns.map((column) => own[column]),
    );
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
      if (!this.#dependsOnInput(x)) return this.plan.constant(this.samples, this.#constant(x, shape));
      if (x.size === 1 || x.size === sizeOf(shape)) return this.slot(x);
      const strides = broadcastStrides(x.shape, shape);
      return this.#gathered(x, positions([0, ...shape, ...strides, 0], shape.length));
    };
    const sides = [wide(a), wide(b)] as const;
    if (Math.max(sides[0].width, sides[1].width) !== sizeOf(shape))
      throw refuse('broadcasting of that shape');
    return this.plan.binaryOf(sides, kind);
  }

  #matmul(value: Value): Slot {
    const { inputs, words } = value.recipe!;
    const [transposeA, transposeB, , k, n] = words;
    const [a, b, bias] = inputs;
    const rows = value.size / n;
    if (transposeA !== 0 || this.#dependsOnInput(b!) || b!.size !== k * n || a!.size !== rows * k) {
      throw refuse('product of matrices but by weights');
    }
    const weights = this.#constant(b!, b!.shape);
    const straight =
      transposeB === 0 ? weights : weights.map((_, i) => weights[(i % n) * k + Math.floor(i / n)]);
    const added = bias === null ? new Float64Array(n) : this.#constant(bias, [n]);
    if (rows === 1) return this.plan.dense(this.slot(a!), straight, added);
    const code = denseCode({ width: k, units: n, positions: rows, useBias: true });
    return this.plan.layer(this.slot(a!), code, join([straight, added]), value.size);
  }

  #batchNorm(value: Value): Slot {
    const [x, statistics, gamma, beta] = value.recipe!.inputs;
    const [, channels, epsilon] = value.recipe!.words;
    if (this.#dependsOnInput(statistics!)) throw refuse('batch normalisation but by running statistics');
    const given = this.#constant(statistics!, statistics!.shape);
    const ones = new Float64Array(channels).fill(1);
    const scale = gamma === null ? ones : this.#constant(gamma, [channels]);
    const shift = beta === null ? ones.map(() => 0) : this.#constant(beta, [channels]);
    const factor = scale.map((g, c) => g / Math.sqrt(given[channels + c] + toFloat(epsilon)));
    const term = factor.map((f, c) => shift[c] - given[c] * f);
    return this.plan.scale(this.slot(x!), factor, term);
  }

  #layerNorm(value: Value): Slot {
    const [x, gamma, beta] = value.recipe!.inputs;
    const [positions, width, epsilon] = value.recipe!.words;
    const code = layerNormCode({
      ...{ positions, width, epsilon: toFloat(epsilon) },
      ...{ scale: gamma !== null, center: beta !== null },
    });
    const parameters = [gamma, beta].filter((each) => each !== null && each !== undefined);
    return this.#layer(x!, code, parameters, positions * width);
  }
}

/** Where a strided copy reads each of its elements. */
function positions(words: readonly number[], rank: number): number[] {
  const shape = words.slice(1, 1 + rank);
  const strides = words.slice(1 + rank, 1 + 2 * rank);
  const dense = stridesOf(shape);
  const offset = words[1 + 2 * rank];
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    strides.reduce((at, stride, d) => at + (Math.floor(i / dense[d]) % shape[d]) * stride, offset),
  );
}

/** How samples are lowered, for {@link quantizeOutputs}. */
export function quantizableSamples(model: LowersSamples, inputShape: readonly number[]): Quantizable {
  return {
    kind: 'transformer',
    outputs: ['value', 'transform'],
    schema: Schema.unnamed(sizeOf(inputShape)),
    lowerOutput: (plan) => model.lowerSamples(plan, plan.input, inputShape),
  };
}

/** See {@link Module.compile}. */
export function compileModule(module: Module, { inputShape, ...options }: ModuleCompileOptions): Plan {
  checkShape(inputShape, 'compile');
  const resolved = resolveCompileOptions(options, 'float32');
  const { quantization } = resolved;
  if (quantization !== undefined) {
    const samples = quantizableSamples(module, inputShape);
    requireDevice(resolved.device);
    const quantized = runNow(quantizeOutputs(samples, ['value'], quantization));
    const { report } = quantized;
    return Plan.compile(sourceOf(quantized, 'value'), samples.schema, resolved, { report });
  }
  return inEvaluation(module, () => {
    const plan = new PlanBuilder(sizeOf(inputShape));
    const { slot, entries } = record(module, plan, plan.input, inputShape);
    const source = plan.build(slot);
    const schema = Schema.unnamed(sizeOf(inputShape));
    const compiled = Plan.compile(source, schema, resolved);
    // Products that are rounded are no measure of what is computed.
    const exact = resolved.products
      ? Plan.compile(source, schema, resolveCompileOptions({}, 'float32'))
      : compiled;
    requireRows(module, exact, inputShape, entries);
    return compiled;
  });
}

/** See {@link Module.lowerSamples}. */
export function lowerModule(module: Module, plan: PlanBuilder, x: Slot, inputShape: readonly number[]): Slot {
  // Which refuses a module that mixes rows.
  compileModule(module, { inputShape });
  return inEvaluation(module, () => record(module, plan, x, inputShape).slot);
}

/** @throws {ERR_PARAMETER} unless it is the shape of a sample */
export function checkShape(inputShape: unknown, where: string): asserts inputShape is readonly number[] {
  if (Array.isArray(inputShape) && inputShape.every((n) => Number.isInteger(n) && n >= 1)) return;
  const message = `${where}: inputShape must be the shape of one sample: whole numbers >= 1.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** Runs fn while the module predicts, and nothing is recorded for gradients. */
function inEvaluation<T>(module: Module, fn: () => T): T {
  const training = module.modules().filter((m) => m.training);
  module.eval();
  try {
    return noGrad(fn);
  } finally {
    for (const m of training) m.training = true;
  }
}

function record(module: Module, plan: PlanBuilder, samples: Slot, inputShape: readonly number[]) {
  const x = Tensor.zeros([1, ...inputShape]);
  const y = module.forward(x);
  const lowering = new Lowering(plan, x.value, samples);
  return { slot: lowering.slot(y.value), entries: lowering.entries };
}

/** What is recorded for one row must hold for each of several. */
function requireRows(module: Module, plan: Plan, inputShape: readonly number[], entries: number): void {
  const rows = 3;
  const width = sizeOf(inputShape);
  const values = Float32Array.from({ length: rows * width }, (_, i) =>
    Number.isFinite(entries) ? i % entries : Math.sin(i + 1),
  );
  const x = Tensor.zeros([rows, ...inputShape]).copyFrom(values);
  const expected = module.forward(x).data;
  const actual = plan.runSync(new Matrix(values, rows, width)).data;
  const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  const agree =
    actual.length === expected.length && actual.every((v, i) => Math.abs(v - expected[i]) <= 1e-3 * scale);
  if (!agree) throw refuse('operation that mixes the rows of a batch');
}
