/** Names of what the models of an ensemble say. */
import type { Column } from '../core/schema.js';

/** Columns named after an ensemble and its models, `count` of each; one alone has no number. */
export function columnsOfModels(owner: object, names: readonly string[], count: number): Column[] {
  const prefix = owner.constructor.name.toLowerCase();
  return names.flatMap((name) =>
    Array.from({ length: count }, (_, k): Column => {
      return { name: `${prefix}_${name}${count === 1 ? '' : k}`, kind: 'number' };
    }),
  );
}
