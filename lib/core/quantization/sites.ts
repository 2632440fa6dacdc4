/** The layers of a plan that 8-bit arithmetic computes, with what is done to their results before anything else reads them. */
import { conv2dCode, readLayer } from '../layer-code.js';
import { neededSlots, type PlanStep } from '../plan-steps.js';
import type { Activation } from '../plan-types.js';
import type { Schema } from '../schema.js';

/** The steps of a plan, and the slots that somebody wants of it. */
export interface Graph {
  readonly schema: Schema;
  readonly steps: readonly PlanStep[];
  /** Columns of each slot. */
  readonly widths: readonly number[];
  readonly wanted: readonly number[];
}

/** A layer: y = activation(x W + b) at each position of a row, or of each window of an image. */
export interface Site {
  readonly name: string;
  readonly kind: 'dense' | 'conv2d';
  /** Why it has to stay float32, if it has. */
  readonly refusal: string | null;
  /** Of a convolution, what the native core knows it by. */
  readonly code: readonly number[] | null;
  /** The step that begins it. */
  readonly step: number;
  /** The slots that it reads, that has its result before the activation, and that it writes. */
  readonly input: number;
  readonly linear: number;
  readonly output: number;
  readonly positions: number;
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs] row-major. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  readonly activation: Activation;
}

type Linear = Pick<
  Site,
  'kind' | 'refusal' | 'code' | 'positions' | 'inputs' | 'outputs' | 'weights' | 'bias'
>;

/** The steps that read each slot. */
export function readersOf({ steps, wanted }: Graph): number[][] {
  const isNeeded = neededSlots(steps, wanted);
  const readers: number[][] = Array.from({ length: steps.length + 1 }, () => []);
  for (const [k, { inputs }] of steps.entries()) {
    if (isNeeded[k + 1] === 1) for (const slot of new Set(inputs)) readers[slot].push(k);
  }
  return readers;
}

/** All layers, in order. */
export function findSites(graph: Graph): Site[] {
  const { steps, wanted } = graph;
  const isNeeded = neededSlots(steps, wanted);
  const readers = readersOf(graph);
  const sites: Site[] = [];
  for (const [step, each] of steps.entries()) {
    if (isNeeded[step + 1] === 0) continue;
    let linear = linearOf(each);
    if (linear === null) continue;
    let output = step + 1;
    let before = output;
    let activation: Activation = 'identity';
    while (activation === 'identity' && readers[output].length === 1 && !wanted.includes(output)) {
      const [next] = readers[output];
      const { op, args } = steps[next];
      const folded: Linear | null = op === 'activation' ? linear : fold(linear, steps[next]);
      if (folded === null) break;
      linear = folded;
      output = next + 1;
      if (op === 'activation') activation = args[0] as Activation;
      else before = output;
    }
    const { kind } = linear;
    const alike = sites.filter((site) => site.kind === kind).length;
    const name = alike === 0 ? kind : `${kind}_${alike}`;
    sites.push({ ...linear, name, step, input: each.inputs[0], linear: before, output, activation });
  }
  return sites;
}

function linearOf({ op, args }: PlanStep): Linear | null {
  if (op === 'dense') {
    const [weights, bias] = args as readonly [Float64Array, Float64Array];
    return {
      ...DENSE,
      positions: 1,
      inputs: weights.length / bias.length,
      outputs: bias.length,
      weights,
      bias,
    };
  }
  if (op !== 'layer') return null;
  const [code, parameters, size] = args as readonly [ArrayLike<number>, Float32Array, number];
  const layer = readLayer(code);
  if (layer?.kind === 'dense') {
    const { width, units, positions } = layer;
    return { ...DENSE, positions, inputs: width, outputs: units, ...parts(parameters, width * units, units) };
  }
  if (layer?.kind !== 'conv2d') return null;
  const { image, filters, kernel, groups } = layer;
  const inputs = (kernel[0] * kernel[1] * image[2]) / groups;
  return {
    kind: 'conv2d',
    refusal: refusalOf(inputs, groups),
    code: conv2dCode(layer),
    positions: size / filters,
    inputs,
    outputs: filters,
    ...parts(parameters, inputs * filters, filters),
  };
}

/** Inputs of a convolution below which its products take less time than making their codes. */
const LEAST_WINDOW = 32;

function refusalOf(inputs: number, groups: number): string | null {
  if (groups > 1) return 'a convolution of groups';
  return inputs < LEAST_WINDOW ? `${inputs} inputs: too few for 8 bits to pay` : null;
}

const DENSE = { kind: 'dense', refusal: null, code: null } as const;

/** Parameters of a layer: weights, and a bias if it has one. */
function parts(parameters: Float32Array, count: number, outputs: number): Pick<Site, 'weights' | 'bias'> {
  const bias = new Float64Array(outputs);
  bias.set(parameters.subarray(count));
  return { weights: Float64Array.from(parameters.subarray(0, count)), bias };
}

/** The layer with what a step does to each of its columns, as normalisation of a batch does; null where it does something else. */
function fold(linear: Linear, { op, inputs, args }: PlanStep): Linear | null {
  if (inputs.length !== 1) return null;
  if (op === 'affine') {
    const [shift, scale] = args as readonly [Float64Array, Float64Array];
    return moved(
      linear,
      scale.map((v) => 1 / v),
      shift.map((v, j) => -v / scale[j]),
    );
  }
  if (op === 'scale') return moved(linear, args[0] as Float64Array, args[1] as Float64Array);
  if (op !== 'binary') return null;
  const [kind, operand] = args as readonly [string, Float64Array];
  const ones = () => new Float64Array(operand.length).fill(1);
  const zeros = () => new Float64Array(operand.length);
  switch (kind) {
    case 'add':
      return moved(linear, ones(), operand);
    case 'sub':
      return moved(
        linear,
        ones(),
        operand.map((v) => -v),
      );
    case 'mul':
      return moved(linear, operand, zeros());
    case 'div':
      return moved(
        linear,
        operand.map((v) => 1 / v),
        zeros(),
      );
    default:
      return null;
  }
}

/** The layer whose results are `factor` times as large, and `term` larger. */
function moved(linear: Linear, factor: Float64Array, term: Float64Array): Linear | null {
  const { outputs, weights, bias } = linear;
  const isRepeated = (values: Float64Array) =>
    values.length % outputs === 0 && values.every((v, i) => Object.is(v, values[i % outputs]));
  if (!isRepeated(factor) || !isRepeated(term)) return null;
  return {
    ...linear,
    weights: weights.map((w, i) => w * factor[i % outputs]),
    bias: bias.map((b, j) => b * factor[j] + term[j]),
  };
}
