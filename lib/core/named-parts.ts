/** Parameters of estimators that are made of named parts. What the parts are is checked by `fit` only, so anything may come here. */
import { ValidationError } from '../errors.js';
import type { Estimator } from './estimator.js';
import { Parameterised } from './parameterised.js';
import { show } from './params.js';

type Part = readonly [name: string, ...rest: unknown[]];

/** What the parts hold, each beside its name. */
export const heldBy = (parts: unknown): unknown[] => asList(parts).map((part) => part?.[1]);

/** The estimator of a part. */
export function nestedIn(parts: unknown, name: string): Parameterised | undefined {
  const part = asList(parts).find((one) => one?.[0] === name)?.[1];
  return part instanceof Parameterised ? part : undefined;
}

/** Parameters in which values under the names of parts became parts of the list under `key`. */
export function replaceParts(
  params: Readonly<Record<string, unknown>>,
  key: string,
  parts: unknown,
): Readonly<Record<string, unknown>> {
  const list = asList(parts);
  const names = new Set<string>(list.map((part) => part?.[0]));
  const entries = Object.entries(params);
  const replaced = new Map(entries.filter(([name]) => names.has(name)));
  if (replaced.size === 0) return params;
  const own = Object.fromEntries(entries.filter(([name]) => !names.has(name)));
  const changed = list.map((part) => {
    if (!replaced.has(part?.[0])) return part;
    const [name, , ...rest] = part;
    return [name, replaced.get(name), ...rest];
  });
  return { [key]: changed, ...own };
}

/** The same parts with unfitted clones of their estimators. */
export function cloneParts<T>(parts: T): T {
  if (!Array.isArray(parts)) return parts;
  const clone = (value: unknown) => (value instanceof Parameterised ? value.clone() : value);
  return parts.map((part) => (Array.isArray(part) ? part.map(clone) : part)) as T;
}

/** What a list of named parts has to be. */
export interface PartsRule<T> {
  /** What the owner calls a part. */
  readonly what: string;
  /** How a part is written. */
  readonly form: string;
  /** Why the owner cannot use a part; undefined when it can. */
  readonly refusal: (part: T, position: number) => string | undefined;
}

/** @throws {ERR_PARAMETER} unless each part has a name of its own, is of use to the owner, and has good parameters */
export function checkParts<T extends Part>(
  owner: Estimator,
  parts: readonly T[],
  { what, form, refusal }: PartsRule<T>,
): void {
  const names = new Set<string>();
  parts.forEach((part, i) => {
    const [name, value] = Array.isArray(part) ? (part as T) : [];
    const reason = () => {
      if (typeof name !== 'string' || name === '') return `must be ${form} with a name.`;
      if (names.has(name)) return `has the name of an earlier ${what}.`;
      // 'name__parameter' names a parameter of a part, beside the owner's own.
      if (name.includes('__')) return "has a name with '__', which stands between a name and a parameter.";
      if (Object.hasOwn(owner.params, name))
        return `has the name of a parameter of ${owner.constructor.name}.`;
      return refusal(part, i);
    };
    const why = reason();
    if (why !== undefined) {
      const message = `${owner.constructor.name}: ${what} ${i} ('${name}') ${why}`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    names.add(name as string);
    if (value instanceof Parameterised) value.checkParams();
  });
}

/** Estimators under the names of their classes in lower case; a second one of a class gets '-2'. */
export function nameByClass(estimators: readonly Estimator[]): Array<[string, Estimator]> {
  const seen = new Map<string, number>();
  return estimators.map((estimator, i) => {
    if (!(estimator instanceof Parameterised)) {
      const message = `Part ${i} must be an estimator; got ${show(estimator)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const name = estimator.constructor.name.toLowerCase();
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [count === 1 ? name : `${name}-${count}`, estimator];
  });
}

const asList = (parts: unknown): readonly Part[] => (Array.isArray(parts) ? parts : []);
