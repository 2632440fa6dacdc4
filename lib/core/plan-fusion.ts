/**
 * What a plan computes in fewer ops: a scale of channels that follows a product or a convolution becomes part of its weights, and
 * an activation its last step, where nothing else reads what lies between. Scaled weights are rounded once more: a sum of k terms
 * w x moves by about k + 2 roundings of sum |w x factor| at most. An activation changes no bit.
 */
import { conv2dCode, readLayer } from './layer-code.js';
import type { Constant } from './plan-types.js';

/** An op of a plan: what it reads and what it is told. */
export interface PlanOp {
  readonly op: string;
  /** Slots: 0 is the input of the plan, op k writes slot k + 1. */
  readonly inputs: readonly number[];
  readonly ints: readonly number[];
  readonly constants: readonly Constant[];
  /** Of the columns it reads, where it can refuse a value. */
  readonly columnNames?: readonly string[];
}

/** The ops without those that others took in, and the slot that stands for `output` among them. */
export function fuse(
  ops: readonly PlanOp[],
  output: number,
): { readonly ops: readonly PlanOp[]; readonly output: number } {
  const readers = new Uint32Array(ops.length + 1);
  for (const { inputs } of ops) for (const slot of inputs) readers[slot]++;
  readers[output]++;
  const fused: PlanOp[] = [];
  // Where each slot has gone.
  const place = [0];
  for (const each of ops) {
    const op = { ...each, inputs: each.inputs.map((slot) => place[slot]) };
    const source = fused[op.inputs[0] - 1];
    const isOnly = op.inputs.length === 1 && readers[each.inputs[0]] === 1;
    const joined = isOnly && source !== undefined ? join(source, op) : null;
    if (joined === null) {
      place.push(fused.push(op));
    } else {
      fused[op.inputs[0] - 1] = joined;
      place.push(op.inputs[0]);
    }
  }
  return { ops: fused, output: place[output] };
}

/** Both as one op, or null. Products and convolutions are told [outputs, activation], 0 being none. */
function join(source: PlanOp, { op, ints, constants }: PlanOp): PlanOp | null {
  const isProduct = source.op === 'dense' || isConvolution(source);
  if (!isProduct || source.ints[1] !== 0) return null;
  if (op === 'activation') return { ...source, ints: [source.ints[0], ints[0]] };
  if (op !== 'scale') return null;
  const [factor, term] = constants as readonly Float64Array[];
  return source.op === 'dense' ? scaledDense(source, factor, term) : scaledConvolution(source, factor, term);
}

function isConvolution({ op, constants }: PlanOp): boolean {
  return op === 'layer' && readLayer(constants[0])?.kind === 'conv2d';
}

function scaledDense(source: PlanOp, factor: Float64Array, term: Float64Array): PlanOp | null {
  const [weights, bias] = source.constants as readonly Float64Array[];
  if (bias.length !== factor.length) return null;
  return {
    ...source,
    constants: [
      weights.map((w, i) => w * factor[i % factor.length]),
      bias.map((b, c) => b * factor[c] + term[c]),
    ],
  };
}

function scaledConvolution(source: PlanOp, factor: Float64Array, term: Float64Array): PlanOp | null {
  const [code, parameters] = source.constants as readonly [Float64Array, Float32Array];
  const layer = readLayer(code);
  if (layer?.kind !== 'conv2d' || layer.filters !== factor.length) return null;
  const { filters, useBias } = layer;
  const weights = parameters.length - (useBias ? filters : 0);
  const scaled = new Float32Array(weights + filters);
  for (let i = 0; i < weights; i += filters) {
    for (let c = 0; c < filters; c++) scaled[i + c] = parameters[i + c] * factor[c];
  }
  for (let c = 0; c < filters; c++)
    scaled[weights + c] = (useBias ? parameters[weights + c] : 0) * factor[c] + term[c];
  return { ...source, constants: [Float64Array.from(conv2dCode({ ...layer, useBias: true })), scaled] };
}
