/**
 * The rule of each operation's gradient: from g, the gradient of a result y by which some scalar changes, to those of
 * the operands x. Rules are made of operations themselves, so that they have gradients in turn (`createGraph`). A
 * gradient of a broadcast operand is summed to its shape by whoever applies the rule; null: there is none.
 */
import { StateError } from '../../errors.js';
import type { Attributes, OperationName } from './operations.js';
import * as ops from './ops.js';
import type { Tensor } from './tensor.js';
import { apply } from './tensor-base.js';
import { sizeOf, type Value } from './value.js';

export interface Applied {
  readonly x: readonly Tensor[];
  readonly y: Tensor;
  readonly a: Attributes;
}
export type Rule = (g: Tensor, applied: Applied) => readonly (Tensor | null)[];

/** A result that is no further differentiable. */
function last(value: Value): Tensor {
  return apply('opaque', [], { value });
}

/** The gradient of a reduction, repeated along the axes that it summed over. */
function spread(g: Tensor, { x, a }: Applied): Tensor {
  const axes = a.axes!;
  return g.reshape(x[0].shape.map((n, d) => (axes.includes(d) ? 1 : n))).expand(x[0].shape);
}
function countOf({ x, a }: Applied): number {
  return sizeOf(a.axes!.map((d) => x[0].shape[d]));
}

/** Ties of a smallest or largest value share its gradient. */
function toExtremes(g: Tensor, applied: Applied): Tensor {
  const { x, y, a } = applied;
  const kept = x[0].shape.map((n, d) => (a.axes!.includes(d) ? 1 : n));
  const ties = x[0].eq(y.reshape(kept));
  return ties.mul(g.reshape(kept)).div(ties.sum(a.axes!, true));
}

function matmulRule(
  g: Tensor,
  { x: [a, b, bias], a: { transposeA = false, transposeB = false } }: Applied,
): (Tensor | null)[] {
  const ga = transposeA
    ? apply('matmul', [b, g], { transposeA: transposeB, transposeB: true })
    : apply('matmul', [g, b], { transposeA: false, transposeB: !transposeB });
  const gb = transposeB
    ? apply('matmul', [g, a], { transposeA: true, transposeB: transposeA })
    : apply('matmul', [a, g], { transposeA: !transposeA, transposeB: false });
  return bias === undefined ? [ga, gb] : [ga, gb, g];
}

export const gradients: Record<OperationName, Rule> = {
  // Elementwise
  neg: (g) => [g.neg()],
  exp: (g, { y }) => [g.mul(y)],
  expm1: (g, { y }) => [g.mul(y.add(1))],
  log: (g, { x: [x] }) => [g.div(x)],
  log1p: (g, { x: [x] }) => [g.div(x.add(1))],
  sqrt: (g, { y }) => [g.div(y.mul(2))],
  square: (g, { x: [x] }) => [g.mul(x).mul(2)],
  reciprocal: (g, { y }) => [g.mul(y.square()).neg()],
  abs: (g, { x: [x] }) => [g.mul(x.sign())],
  erf: (g, { x: [x] }) => [g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI))],
  sign: (g) => [g.mul(0)],
  floor: (g) => [g.mul(0)],
  ceil: (g) => [g.mul(0)],
  round: (g) => [g.mul(0)],
  add: (g) => [g, g],
  sub: (g) => [g, g.neg()],
  mul: (g, { x: [a, b] }) => [g.mul(b), g.mul(a)],
  div: (g, { x: [, b], y }) => [g.div(b), g.mul(y).div(b).neg()],
  pow: (g, { x: [a, b], y }) => [
    g.mul(b.eq(0).where(0, b.mul(a.pow(b.sub(1))))),
    b.requiresGrad ? g.mul(a.gt(0).where(y.mul(a.log()), 0)) : null,
  ],
  minimum: (g, { x: [a, b] }) => [g.mul(a.lt(b).add(a.eq(b).mul(0.5))), g.mul(b.lt(a).add(a.eq(b).mul(0.5)))],
  maximum: (g, { x: [a, b] }) => [g.mul(a.gt(b).add(a.eq(b).mul(0.5))), g.mul(b.gt(a).add(a.eq(b).mul(0.5)))],
  clamp: (g, { x: [x], a }) => [g.mul(x.ge(a.low!).mul(x.le(a.high!)))],
  where: (g, { x: [c] }) => [null, c.where(g, 0), c.where(0, g)],
  activate: (g, { x: [x], y, a }) => [apply('activateGradient', [x, y, g], a)],
  dropout: (g, { a }) => [apply('dropout', [g], a)],
  copy: (g) => [g],

  // Shapes
  reshape: (g, { x: [x] }) => [g.reshape(x.shape)],
  permute: (g, { a }) => [g.permute(a.axes!.map((_, d) => a.axes!.indexOf(d)))],
  expand: (g) => [g],
  slice: (g, { x: [x], a }) => [apply('unslice', [g], { ...a, shape: x.shape })],
  unslice: (g, { a }) => [apply('slice', [g], a)],
  concat: (g, { x, a }) => {
    let at = 0;
    return x.map((part) => {
      const from = at;
      at += part.shape[a.axis!];
      return g.narrow(a.axis!, from, at - from);
    });
  },

  // Along axes
  sum: (g, applied) => [spread(g, applied)],
  mean: (g, applied) => [spread(g.div(countOf(applied)), applied)],
  min: (g, applied) => [toExtremes(g, applied)],
  max: (g, applied) => [toExtremes(g, applied)],
  softmax: (g, { y, a }) => [y.mul(g.sub(g.mul(y).sum(a.axis!, true)))],
  logSoftmax: (g, { y, a }) => [g.sub(y.exp().mul(g.sum(a.axis!, true)))],
  indexSelect: (g, { x: [x, index], a }) => [
    apply('indexAdd', [g, index], { axis: a.axis, extent: x.shape[a.axis!] }),
    null,
  ],
  indexAdd: (g, { x: [, index], a }) => [apply('indexSelect', [g, index], a), null],
  takeAlong: (g, { x: [x, index], a }) => [
    apply('addAlong', [g, index], { axis: a.axis, extent: x.shape[a.axis!] }),
    null,
  ],
  addAlong: (g, { x: [, index], a }) => [apply('takeAlong', [g, index], a), null],

  // Products and layers
  matmul: matmulRule,
  conv2d: (g, { x: [x, w, bias], a }) => [
    x.requiresGrad ? apply('conv2dInputGradient', [w, g], { ...a, shape: x.shape }) : null,
    apply('conv2dWeightGradient', [x, g], { ...a, shape: w.shape }),
    bias === undefined ? null : g.sum([0, 1, 2]),
  ],
  conv2dInputGradient: (g, { x: [w, dy], a }) => [
    apply('conv2dWeightGradient', [g, dy], { ...a, shape: w.shape }),
    apply('conv2d', [g, w], a),
  ],
  conv2dWeightGradient: (g, { x: [x, dy], a }) => [
    apply('conv2dInputGradient', [g, dy], { ...a, shape: x.shape }),
    apply('conv2d', [x, g], a),
  ],
  maxPool: (g, { x: [x], a }) => [last(ops.maxPoolGradient(x.value, g.value, a.window!))],
  avgPool: (g, { x: [x], a }) => [apply('avgPoolGradient', [g], { ...a, shape: x.shape })],
  avgPoolGradient: (g, { a }) => [apply('avgPool', [g], a)],
  batchNorm: (g, { x: [x, gamma], a }) =>
    ops
      .batchNormGradient(x.value, a.statistics!, g.value, gamma?.value ?? null, a.epsilon!, a.fixed!)
      .slice(0, gamma === undefined ? 1 : 3)
      .map(last),
  layerNorm: (g, { x: [x, gamma], a }) =>
    ops
      .layerNormGradient(x.value, a.statistics!, g.value, gamma?.value ?? null)
      .slice(0, gamma === undefined ? 1 : 3)
      .map(last),

  // Not differentiable, or not twice
  activateGradient: (_g, { a }) => notTwice(a.activation!),
  opaque: () => notTwice('this layer'),
};

function notTwice(what: string): never {
  throw new StateError('ERR_NOT_SUPPORTED', `The gradient of the gradient of ${what} is not known.`);
}

/** A gradient of a broadcast operand, summed to the operand's shape. */
export function sumTo(g: Tensor, shape: readonly number[]): Tensor {
  if (ops.sameShape(g.shape, shape)) return g;
  const lead = g.shape.length - shape.length;
  const axes = g.shape
    .map((_, d) => d)
    .filter((d) => d < lead || (shape[d - lead] === 1 && g.shape[d] !== 1));
  return g.sum(axes, true).reshape(shape);
}
