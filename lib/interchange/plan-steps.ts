/**
 * What was asked of a plan builder, written down: how an imported graph is kept in a model file, and what an exporter
 * reads. Steps name methods of {@link PlanBuilder} and their arguments, not the wire format, which may change.
 */
import { PlanBuilder, type Slot } from '../core/plan-builder.js';

/** A call of a method of {@link PlanBuilder}. */
export interface PlanStep {
  readonly op: string;
  /** The slots that it reads; slot 0 is the input, slot k + 1 the result of step k. */
  readonly inputs: readonly number[];
  /** Its other arguments. */
  readonly args: readonly unknown[];
}

/** Methods, and whether their first argument is a list of slots. */
const METHODS: Readonly<Record<string, 'slot' | 'slots'>> = {
  check: 'slot',
  gather: 'slot',
  concat: 'slots',
  impute: 'slot',
  affine: 'slot',
  category: 'slot',
  oneHot: 'slot',
  dense: 'slot',
  activation: 'slot',
  softmax: 'slot',
  argmax: 'slot',
  forest: 'slot',
  quantile: 'slot',
  binary: 'slot',
  binaryOf: 'slots',
  select: 'slots',
  constant: 'slot',
  reduce: 'slot',
  lookup: 'slot',
  float32: 'slot',
  distance: 'slot',
  coupling: 'slot',
  nonNegative: 'slot',
  layer: 'slot',
  scale: 'slot',
};

/** A plan builder, and what it was asked for. */
export interface Recording {
  readonly plan: PlanBuilder;
  readonly steps: readonly PlanStep[];
  /** Columns of each slot; that of step k is k + 1. */
  readonly widths: readonly number[];
}

/** A builder that writes down its steps; a call that needs no op writes none. */
export function recordSteps(width: number): Recording {
  const steps: PlanStep[] = [];
  const widths = [width];
  const plan = new Proxy(new PlanBuilder(width), {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (first: Slot | readonly Slot[], ...args: unknown[]) => {
        const slot = member.call(target, first, ...args) as Slot;
        const inputs = Array.isArray(first) ? first.map(({ id }) => id) : [(first as Slot).id];
        if (slot.id > steps.length) {
          steps.push({ op: name, inputs, args });
          widths.push(slot.width);
        }
        return slot;
      };
    },
  });
  return { plan, steps, widths };
}

/** Repeats those of the steps that the wanted slot depends on. */
export function replaySteps(plan: PlanBuilder, x: Slot, steps: readonly PlanStep[], wanted: number): Slot {
  const isNeeded = new Uint8Array(wanted + 1);
  isNeeded[wanted] = 1;
  for (let k = wanted; k > 0; k--) {
    if (isNeeded[k] === 1) for (const input of steps[k - 1].inputs) isNeeded[input] = 1;
  }
  const slots: Slot[] = [x];
  for (let k = 1; k <= wanted; k++) {
    if (isNeeded[k] === 0) continue;
    const { op, inputs, args } = steps[k - 1];
    const given = inputs.map((input) => slots[input]);
    const method = Reflect.get(plan, op, plan) as (first: Slot | readonly Slot[], ...args: unknown[]) => Slot;
    slots[k] = method.call(plan, METHODS[op] === 'slots' ? given : given[0], ...args);
  }
  return slots[wanted];
}

/** Whether a value of a model file is step k. The native core checks what it means. */
export function isStep(value: unknown, k: number): value is PlanStep {
  const { op, inputs, args } = (value ?? {}) as Partial<PlanStep>;
  if (typeof op !== 'string' || !Object.hasOwn(METHODS, op)) return false;
  const isSlot = (slot: unknown) => Number.isInteger(slot) && (slot as number) >= 0 && (slot as number) <= k;
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every(isSlot)) return false;
  return Array.isArray(args) && args.every((arg) => isPlain(arg) || (op === 'forest' && isForest(arg)));
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'number' || typeof item === 'string');
  return ['number', 'string', 'boolean'].includes(typeof value) || isArray(value);
}

function isForest(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((member) => typeof member === 'string' || isArray(member));
}

function isArray(value: unknown): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
