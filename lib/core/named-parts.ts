/** Parameters of estimators that are made of named parts. What the parts are is checked by `fit` only, so anything may come here. */
import { Estimator } from './estimator.js';

type Parts = ReadonlyArray<readonly [string, ...unknown[]]>;

/** The estimator of a part. */
export function nestedIn(parts: Parts, name: string): Estimator | undefined {
  const part = asList(parts).find((one) => one?.[0] === name)?.[1];
  return part instanceof Estimator ? part : undefined;
}

/** Parts the parameters that name a part, which they replace, from those of the estimator itself. */
export function splitByName(
  params: Readonly<Record<string, unknown>>,
  parts: Parts,
): { own: Record<string, unknown>; replaced: Record<string, unknown> | null } {
  const names = new Set(asList(parts).map((part) => part?.[0]));
  const entries = Object.entries(params);
  const replaced = entries.filter(([name]) => names.has(name));
  return {
    own: Object.fromEntries(entries.filter(([name]) => !names.has(name))),
    replaced: replaced.length > 0 ? Object.fromEntries(replaced) : null,
  };
}

/** Estimators under the names of their classes in lower case; a second one of a class gets '-2'. */
export function nameByClass(estimators: readonly Estimator[]): Array<[string, Estimator]> {
  const seen = new Map<string, number>();
  return estimators.map((estimator) => {
    const name = estimator.constructor.name.toLowerCase();
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [count === 1 ? name : `${name}-${count}`, estimator];
  });
}

const asList = (parts: Parts): Parts => (Array.isArray(parts) ? parts : []);
