/** What each operation records. Its gradient stands in gradients.ts under the same name. */
import * as ops from './ops.js';
import { Value } from './value.js';

/** What an operation needs besides its operands. */
export interface Attributes {
  readonly axes?: readonly number[];
  readonly axis?: number;
  readonly extent?: number;
  readonly shape?: readonly number[];
  readonly slice?: ops.SliceAttributes;
  readonly low?: number;
  readonly high?: number;
  readonly activation?: ops.ActivationName;
  readonly slope?: number;
  readonly rate?: number;
  readonly key?: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly window?: ops.WindowAttributes;
  readonly epsilon?: number;
  readonly fixed?: boolean;
  statistics?: Value;
  readonly value?: Value;
}

const unary = (f: ops.UnaryName) => (x: readonly Value[]) => ops.unary(f, x[0]);
const binary = (f: ops.BinaryName) => (x: readonly Value[]) => ops.binary(f, x[0], x[1]);

function reduceAxes(f: ops.ReduceName, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return ops.copy(x);
  const sorted = [...axes].sort((a, b) => a - b);
  if (sorted[sorted.length - 1] - sorted[0] === sorted.length - 1)
    return ops.reduce(f, x, sorted[0], sorted.length);
  const others = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  return ops.reduce(f, ops.permute(x, [...others, ...sorted]), others.length, sorted.length);
}

/** What each operation records. */
export const forward = {
  neg: unary('neg'),
  exp: unary('exp'),
  expm1: unary('expm1'),
  log: unary('log'),
  log1p: unary('log1p'),
  sqrt: unary('sqrt'),
  square: unary('square'),
  reciprocal: unary('reciprocal'),
  abs: unary('abs'),
  erf: unary('erf'),
  sign: unary('sign'),
  floor: unary('floor'),
  ceil: unary('ceil'),
  round: unary('round'),
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div'),
  pow: binary('pow'),
  minimum: binary('minimum'),
  maximum: binary('maximum'),
  clamp: ([x], { low, high }) => ops.binary('minimum', ops.binary('maximum', x, scalar(low!)), scalar(high!)),
  where: ([c, a, b]) => ops.select(c, a, b),
  activate: ([x], a) => ops.activate(a.activation!, x, a.slope ?? 0),
  activateGradient: ([x, y, g], a) => ops.activateGradient(a.activation!, x, y, g, a.slope ?? 0),
  dropout: ([x], { rate, key }) => ops.dropout(x, rate!, key!),
  copy: ([x]) => ops.copy(x),
  reshape: ([x], { shape }) => ops.view(x, shape!),
  permute: ([x], { axes }) => ops.permute(x, axes!),
  expand: ([x], { shape }) => ops.expand(x, shape!),
  slice: ([x], { slice }) => ops.slice(x, slice!),
  unslice: ([x], { shape, slice }) => ops.unslice(x, shape!, slice!),
  concat: (parts, { axis }) => ops.concat(parts, axis!),
  sum: ([x], { axes }) => reduceAxes('sum', x, axes!),
  mean: ([x], { axes }) => reduceAxes('mean', x, axes!),
  min: ([x], { axes }) => reduceAxes('min', x, axes!),
  max: ([x], { axes }) => reduceAxes('max', x, axes!),
  softmax: ([x], { axis }) => ops.softmax(false, x, axis!),
  logSoftmax: ([x], { axis }) => ops.softmax(true, x, axis!),
  indexSelect: ([x, index], { axis }) => ops.indexSelect(x, index, axis!),
  indexAdd: ([x, index], { axis, extent }) => ops.indexAdd(x, index, axis!, extent!),
  takeAlong: ([x, index], { axis }) => ops.takeAlong(x, index, axis!),
  addAlong: ([x, index], { axis, extent }) => ops.addAlong(x, index, axis!, extent!),
  matmul: ([a, b, bias], { transposeA, transposeB }) =>
    ops.matmul(a, b, bias ?? null, transposeA ?? false, transposeB ?? false),
  conv2d: ([x, w, bias], { window }) => ops.conv2d(x, w, bias ?? null, window!),
  conv2dInputGradient: ([w, g], { shape, window }) => ops.conv2dInputGradient(w, g, shape!, window!),
  conv2dWeightGradient: ([x, g], { shape, window }) => ops.conv2dWeightGradient(x, g, shape!, window!),
  maxPool: ([x], { window }) => ops.pool(true, x, window!),
  avgPool: ([x], { window }) => ops.pool(false, x, window!),
  avgPoolGradient: ([g], { shape, window }) => ops.avgPoolGradient(g, shape!, window!),
  batchNorm: ([x, gamma, beta], a) =>
    ops.batchNorm(x, a.statistics!, gamma ?? null, beta ?? null, a.epsilon!),
  layerNorm: ([x, gamma, beta], a) => {
    const [y, statistics] = ops.layerNorm(x, gamma ?? null, beta ?? null, a.epsilon!);
    a.statistics = statistics;
    return y;
  },
  opaque: (_x, { value }) => value!,
} satisfies Record<string, (x: readonly Value[], a: Attributes) => Value>;

export type OperationName = keyof typeof forward;

export function scalar(value: number): Value {
  return Value.of(Float32Array.of(value), []);
}
