/**
 * Parameter tables: one small rule per parameter gives the default, the check and the words of the error. Rules run
 * when `fit` or `compile` starts, never in a constructor, as in scikit-learn.
 *
 * A schema library would do the same, but the ones tried cost 250 ms of import time and explain a failed union
 * ("int or 'sqrt' or null") as three unrelated failures.
 */
import { ValidationError } from '../errors.js';

/** What a parameter may be: a test, and the words for "must be ...". */
export interface Rule {
  readonly allows: (value: unknown) => boolean;
  readonly allowed: string;
}
/** One rule per parameter of an estimator. */
export type Rules<P> = { readonly [K in keyof P]-?: Rule };

function interval(min: number, max: number, open: 'min' | 'max' | 'both' | undefined): string {
  const low = min === -Infinity ? '' : `${open === 'min' || open === 'both' ? '>' : '>='} ${min}`;
  const high = max === Infinity ? '' : `${open === 'max' || open === 'both' ? '<' : '<='} ${max}`;
  return [low, high].filter(Boolean).join(' and ');
}

/** A finite number in [min, max]; `open` leaves out an end. */
export function real(min = -Infinity, max = Infinity, open?: 'min' | 'max' | 'both'): Rule {
  return {
    allows: (v) =>
      typeof v === 'number' &&
      Number.isFinite(v) &&
      (open === 'min' || open === 'both' ? v > min : v >= min) &&
      (open === 'max' || open === 'both' ? v < max : v <= max),
    allowed: `a number ${interval(min, max, open)}`.trim(),
  };
}
/** A whole number in [min, max]. */
export function int(min: number, max = Number.MAX_SAFE_INTEGER): Rule {
  return {
    allows: (v) => Number.isSafeInteger(v) && (v as number) >= min && (v as number) <= max,
    allowed: `a whole number ${interval(min, max === Number.MAX_SAFE_INTEGER ? Infinity : max, undefined)}`,
  };
}
/** true or false. */
export const bool: Rule = { allows: (v) => typeof v === 'boolean', allowed: 'true or false' };
/** null. */
export const nothing: Rule = { allows: (v) => v === null, allowed: 'null' };
/** One of the given words. */
export function oneOf(...words: string[]): Rule {
  return { allows: (v) => words.includes(v as string), allowed: words.map((w) => `'${w}'`).join(', ') };
}
/** Infinity. */
export const infinity: Rule = { allows: (v) => v === Infinity, allowed: 'Infinity' };
/** Anything that one of the rules allows. */
export function either(...rules: Rule[]): Rule {
  return {
    allows: (v) => rules.some((r) => r.allows(v)),
    allowed: rules.map((r) => r.allowed).join(', or '),
  };
}
/** Anything that passes a test of the estimator's own; `allowed` completes "must be ...". */
export function custom(allowed: string, allows: (value: unknown) => boolean): Rule {
  return { allows, allowed };
}

/** A list, of at least so many members, whose members pass a test. */
export function listOf(allowed: string, allows: (value: unknown) => boolean, least = 0): Rule {
  return custom(
    allowed,
    (list) => Array.isArray(list) && list.length >= least && list.every((v) => allows(v)),
  );
}

/** Nothing: a member of a state that older files lack. */
export const absent: Rule = custom('absent', (value) => value === undefined);

/** An AbortSignal, or none. */
export const abortSignal: Rule = custom(
  'an AbortSignal',
  (value) => (value ?? null) === null || typeof (value as AbortSignal).addEventListener === 'function',
);

/** A seed: a whole number of 32 bits, or null for a new one on every fit. */
export const seed: Rule = either(int(0, 0xffff_ffff), nothing);

/**
 * Checks parameters against their table.
 *
 * @throws {ERR_PARAMETER} naming the parameter, what was given and what is allowed
 */
export function checkParams<P extends object>(owner: string, params: P, rules: Rules<P>): void {
  checkNames(owner, params, Object.keys(rules));
  for (const [name, rule] of Object.entries(rules) as Array<[keyof P & string, Rule]>) {
    if (!rule.allows(params[name])) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `${owner}: parameter '${name}' must be ${rule.allowed}; got ${show(params[name])}.`,
      );
    }
  }
}

/** @throws {ERR_PARAMETER} unless a member of a restored state has the length that the rest of it implies */
export function checkLength(owner: object, name: string, values: ArrayLike<unknown>, length: number): void {
  if (values.length === length) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} state: '${name}' must have ${length} values; it has ${values.length}.`,
  );
}

/**
 * What a function does first with its last argument: `null` is no object, and a list is meant as another argument.
 *
 * @throws {ERR_PARAMETER} unless options are an object
 */
export function requireOptions(options: object, name = 'options'): void {
  const isObject = typeof options === 'object' && options !== null;
  if (isObject && !Array.isArray(options) && !ArrayBuffer.isView(options)) return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be an object of options; got ${show(options)}.`);
}

/** @throws {ERR_PARAMETER} when a key is not among the known names, or there is no object */
export function checkNames(owner: string, params: object, known: readonly string[]): void {
  requireOptions(params, `${owner}: options`);
  for (const name of Object.keys(params)) {
    if (!known.includes(name)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `${owner} has no parameter '${name}'; it has ${known.join(', ') || 'none'}.`,
      );
    }
  }
}

const MAX_SHOWN = 60;

/** A value in an error message: short, and never throws. */
export function show(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object' && value !== null)
    return `an object of type ${value.constructor?.name ?? 'null'}`;
  if (typeof value !== 'string') return String(value);
  return value.length > MAX_SHOWN ? `${JSON.stringify(value.slice(0, MAX_SHOWN))}...` : JSON.stringify(value);
}

/** Class weights: null, 'balanced', or an object from label to a weight >= 0. */
export const classWeight: Rule = either(
  nothing,
  oneOf('balanced'),
  custom('an object from label to a weight >= 0', (v) => {
    return (
      typeof v === 'object' &&
      v !== null &&
      Object.values(v).every((w) => typeof w === 'number' && w >= 0 && w < Infinity)
    );
  }),
);

/** Shares of a whole, such as probabilities of classes. */
export const shares: Rule = custom('a list of numbers >= 0 that sum to 1', (v) => {
  return (
    Array.isArray(v) &&
    v.length > 0 &&
    v.every((share) => typeof share === 'number' && share >= 0) &&
    Math.abs(v.reduce((sum, share) => sum + share, 0) - 1) < 1e-8
  );
});

/** The 32-bit seed to use: the given one, or a random one for null. */
export function resolveSeed(randomState: number | null): number {
  return randomState ?? Math.floor(Math.random() * 0x1_0000_0000);
}

function typed(
  name: string,
  type: abstract new (...args: never[]) => ArrayLike<number>,
  length?: number,
): Rule {
  return {
    allows: (v) => v instanceof type && (length === undefined || (v as ArrayLike<number>).length === length),
    allowed: length === undefined ? `a ${name}` : `a ${name} of length ${length}`,
  };
}
/** A Float64Array, of a fixed length if given. */
export const float64s = (length?: number): Rule => typed('Float64Array', Float64Array, length);
/** A Float32Array. */
export const float32s = (length?: number): Rule => typed('Float32Array', Float32Array, length);
/** An Int32Array. */
export const int32s = (length?: number): Rule => typed('Int32Array', Int32Array, length);
/** A Uint8Array. */
export const uint8s = (length?: number): Rule => typed('Uint8Array', Uint8Array, length);
/** At least two class labels. */
export const labels: Rule = {
  allows: (v) =>
    Array.isArray(v) && v.length >= 2 && v.every((l) => ['string', 'number', 'boolean'].includes(typeof l)),
  allowed: 'a list of at least two labels',
};
