/**
 * What was asked of a plan builder, written down: how an imported graph is kept in a model file, what an exporter reads, and what
 * is rewritten for 8-bit arithmetic. Steps name methods of {@link PlanBuilder} and their arguments, not the wire format, which may
 * change.
 */
import { ValidationError } from '../errors.js';
import { PlanBuilder, type Slot } from './plan-builder.js';
import type { Column } from './schema.js';

/** A call of a method of {@link PlanBuilder}. */
export interface PlanStep {
  readonly op: string;
  /** The slots that it reads; slot 0 is the input, slot k + 1 the result of step k. */
  readonly inputs: readonly number[];
  /** Its other arguments. */
  readonly args: readonly unknown[];
}

/** The methods that add one op, and whether their first argument is a list of slots. */
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
  divergence: 'slot',
  layer: 'slot',
  scale: 'slot',
  quantize: 'slot',
  int8Dense: 'slot',
  int8Conv2d: 'slot',
  draw: 'slot',
  interpolate: 'slot',
  kernelExpansion: 'slot',
  leafLinear: 'slots',
  neighborImpute: 'slot',
  neighbors: 'slot',
};

/** A plan builder, and what it was asked for. */
export interface Recording {
  readonly plan: PlanBuilder;
  readonly steps: readonly PlanStep[];
  /** Columns of each slot; that of step k is k + 1. */
  readonly widths: readonly number[];
  /** Elements of the lists that all calls were given, those that needed no op as well. */
  readonly asked: number;
}

/** A builder that writes down its steps: none for a call that needs no op, nor for one that computes what another has computed. */
export function recordSteps(width: number, columns?: readonly Column[]): Recording {
  const steps: PlanStep[] = [];
  const slots: Slot[] = [];
  let asked = 0;
  const widths = [width];
  const alike = new Map<string, number[]>();
  const plan: PlanBuilder = new Proxy(new PlanBuilder(width, columns), {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      // What is made of other methods, such as `normalize`, is written down as these.
      if (!Object.hasOwn(METHODS, name)) return member.bind(name === 'build' ? target : plan);
      return (first: Slot | readonly Slot[], ...args: unknown[]) => {
        asked += elementsOf(args);
        const inputs = Array.isArray(first) ? first.map(({ id }) => id) : [(first as Slot).id];
        const key = `${name} ${inputs.join(' ')}`;
        const known = alike.get(key)?.find((k) => isSame(steps[k].args, args));
        if (known !== undefined) return slots[known];
        const slot = member.call(target, first, ...args) as Slot;
        if (slot.id > steps.length) {
          alike.set(key, [...(alike.get(key) ?? []), steps.length]);
          steps.push({ op: name, inputs, args });
          slots.push(slot);
          widths.push(slot.width);
        }
        return slot;
      };
    },
  });
  return {
    ...{ plan, steps, widths },
    get asked() {
      return asked;
    },
  };
}

/** How many elements the lists among the arguments of a call have. */
function elementsOf(args: readonly unknown[]): number {
  const lengthOf = (arg: unknown) =>
    Array.isArray(arg) || ArrayBuffer.isView(arg) ? (arg as ArrayLike<unknown>).length : 0;
  return args.reduce<number>((sum, arg) => sum + lengthOf(arg), 0);
}

/** Whether two lists of arguments say the same. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return false;
    if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return true;
    return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    );
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, k) => isSame(each, b[k]));
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** For each slot 1, if one of the wanted ones depends on it or is it. */
export function neededSlots(steps: readonly PlanStep[], wanted: readonly number[]): Uint8Array {
  const isNeeded = new Uint8Array(steps.length + 1);
  for (const slot of wanted) isNeeded[slot] = 1;
  for (let k = steps.length; k > 0; k--) {
    if (isNeeded[k] === 1) for (const input of steps[k - 1].inputs) isNeeded[input] = 1;
  }
  return isNeeded;
}

/**
 * Repeats a step; `slots` are the new ones of its inputs, by their old numbers.
 *
 * @throws {ERR_PARAMETER} for arguments of a model file that the method cannot read
 */
export function replayStep(
  plan: PlanBuilder,
  { op, inputs, args }: PlanStep,
  slots: { readonly [old: number]: Slot },
): Slot {
  const given = inputs.map((input) => slots[input]);
  const method = Reflect.get(plan, op, plan) as (first: Slot | readonly Slot[], ...args: unknown[]) => Slot;
  try {
    return method.call(plan, METHODS[op] === 'slots' ? given : given[0], ...args);
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    const message = `The step '${op}' of a plan has arguments that it cannot read.`;
    throw new ValidationError('ERR_PARAMETER', message, { cause });
  }
}

/** Repeats those of the steps that the wanted slot depends on. */
export function replaySteps(plan: PlanBuilder, x: Slot, steps: readonly PlanStep[], wanted: number): Slot {
  const isNeeded = neededSlots(steps, [wanted]);
  const slots: Slot[] = [x];
  for (let k = 1; k <= wanted; k++) {
    if (isNeeded[k] === 1) slots[k] = replayStep(plan, steps[k - 1], slots);
  }
  return slots[wanted];
}

/** Whether a value of a model file is step k. The native core checks what it means. */
export function isStep(value: unknown, k: number): value is PlanStep {
  const { op, inputs, args } = (value ?? {}) as Partial<PlanStep>;
  if (typeof op !== 'string' || !Object.hasOwn(METHODS, op)) return false;
  const isSlot = (slot: unknown) => Number.isInteger(slot) && (slot as number) >= 0 && (slot as number) <= k;
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every(isSlot)) return false;
  return Array.isArray(args) && args.every((arg) => isPlain(arg, 0));
}

/** Arguments nest this deep at most: those of `neighbors` are a record of records with lists. */
const MAX_DEPTH = 3;

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) {
    return ['number', 'string', 'boolean', 'undefined'].includes(typeof value);
  }
  if (ArrayBuffer.isView(value)) return !(value instanceof DataView);
  return depth < MAX_DEPTH && Object.values(value).every((item) => isPlain(item, depth + 1));
}
