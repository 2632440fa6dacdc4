/** Steps of a plan with some of its layers in 8-bit arithmetic. */
import type { Slot } from '../plan-builder.js';
import { neededSlots, type Recording, recordSteps, replayStep } from '../plan-steps.js';
import type { Activation } from '../plan-types.js';
import { type Graph, readersOf, type Site } from './sites.js';

/** A layer with weights of 8 bits. */
export interface Int8Site {
  readonly site: Site;
  /** [inputs, outputs] row-major, two's complement. */
  readonly weights: Uint8Array;
  /** Of each output. */
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  /** Scale and zero of what it reads; null: each row has its own. */
  readonly codes: Float32Array | null;
}

/** A recording, and where it has the slots of the graph it was made of. */
export interface Rewritten {
  readonly recording: Recording;
  readonly slots: { readonly [old: number]: Slot };
}

/** Adds a layer of 8 bits to a plan; with `result`, its result is such codes, too. */
export function lowerInt8(
  { plan }: Recording,
  x: Slot,
  { site, weights, scale, bias }: Int8Site,
  activation: Activation,
  ...result: Float32Array[]
): Slot {
  const { code, positions, outputs } = site;
  const learned = [weights, scale, bias] as const;
  if (code === null) return plan.int8Dense(x, positions, activation, ...learned, ...result);
  return plan.int8Conv2d(x, code, positions * outputs, activation, ...learned, ...result);
}

/** The graph with these layers in 8-bit arithmetic. */
export function rewrite(graph: Graph, layers: readonly Int8Site[]): Rewritten {
  const { steps, wanted, schema } = graph;
  const recording = recordSteps(graph.widths[0]);
  const { plan } = recording;
  const slots: Record<number, Slot> = { 0: plan.input };
  const inCodes = new Map<number, Slot>();
  const byStep = new Map(layers.map((layer) => [layer.site.step, layer]));
  const readers = readersOf(graph);
  const holdsNumbers = finiteSlots(graph);
  const isNeeded = neededSlots(steps, wanted);
  const isDone = new Uint8Array(steps.length + 1);

  /** The codes that all readers of a slot ask for, if they do. */
  const askedFor = (slot: number): Float32Array | null => {
    const asked = readers[slot].map((k) => byStep.get(k)?.codes ?? null);
    const [first] = asked;
    const agree = first && asked.every((codes) => codes?.[0] === first[0] && codes[1] === first[1]);
    return agree && !wanted.includes(slot) ? first : null;
  };
  const codesOf = (slot: number, codes: Float32Array): Slot => {
    const known = inCodes.get(slot);
    if (known !== undefined) return known;
    // A NaN has no code: it would pass for the least value.
    const names = slot === 0 ? schema.columns.map(({ name }) => name) : [];
    return plan.quantize(holdsNumbers[slot] ? slots[slot] : plan.check(slots[slot], false, names), codes);
  };
  for (const [k, step] of steps.entries()) {
    if (isNeeded[k + 1] === 0 || isDone[k + 1] === 1) continue;
    const layer = byStep.get(k);
    if (layer === undefined) {
      slots[k + 1] = replayStep(plan, step, slots);
      continue;
    }
    const { input, output, activation } = layer.site;
    for (let slot = k + 1; slot <= output; slot = readers[slot][0] + 1) {
      isDone[slot] = 1;
      if (slot === output) break;
    }
    const x = layer.codes === null ? slots[input] : codesOf(input, layer.codes);
    const result = layer.codes === null ? null : askedFor(output);
    if (result === null) slots[output] = lowerInt8(recording, x, layer, activation);
    else inCodes.set(output, lowerInt8(recording, x, layer, activation, result));
  }
  return { recording, slots };
}

/** Whether a slot holds no NaN, sums beyond the largest number aside: behind a check, or behind a filling of what is missing. */
function finiteSlots({ steps }: Graph): boolean[] {
  const holdsNumbers = [false];
  for (const { op, inputs, args } of steps) {
    const own =
      op === 'impute' || op === 'oneHot' || op === 'constant' || (op === 'check' && args[0] === false);
    holdsNumbers.push(own || inputs.every((slot) => holdsNumbers[slot]));
  }
  return holdsNumbers;
}
