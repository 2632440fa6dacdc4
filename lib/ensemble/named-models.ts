/** Ensembles whose models have names: how they are checked. */

import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { custom, type Rule } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** A named model of an ensemble; 'drop' leaves it out. */
export type NamedModel = readonly [name: string, estimator: Estimator | 'drop'];

/** The rule of a parameter with named models; {@link checkModels} looks at each. */
export const namedModels: Rule = custom(
  'a list of [name, estimator]',
  (v) => Array.isArray(v) && v.length > 0,
);

/** The models that were not dropped, and where they stand. */
export function keptModels(
  estimators: readonly NamedModel[],
): Array<{ name: string; model: Estimator; index: number }> {
  return estimators.flatMap((part, index) => {
    const model = part?.[1];
    return model instanceof Estimator ? [{ name: part[0], model, index }] : [];
  });
}

/** What every model takes. */
export function tagsOfModels(estimators: readonly NamedModel[]): EstimatorTags {
  const tags = Array.isArray(estimators) ? keptModels(estimators).map(({ model }) => model.tags) : [];
  return {
    allowNan: tags.length > 0 && tags.every(({ allowNan }) => allowNan),
    allowCategories: tags.length > 0 && tags.every(({ allowCategories }) => allowCategories),
    positive: tags.some(({ positive }) => positive),
    trainsOnGpu: tags.length > 0 && tags.every(({ trainsOnGpu }) => trainsOnGpu),
    vectorizes: tags.some(({ vectorizes }) => vectorizes),
    pairwise: tags.length > 0 && tags.every(({ pairwise }) => pairwise),
    takesGroups: tags.some(({ takesGroups }) => takesGroups),
    ignoresWeights: tags.some(({ ignoresWeights }) => ignoresWeights),
    delegates: true,
  };
}

/** @throws {ERR_PARAMETER} unless each has a name of its own and is of the owner's kind */
export function checkModels(owner: Estimator, estimators: readonly NamedModel[]): void {
  const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  const names = new Set<string>();
  estimators.forEach((part, i) => {
    const [name, model] = Array.isArray(part) ? (part as NamedModel) : [undefined, undefined];
    if (typeof name !== 'string' || name === '')
      throw refuse(`estimator ${i} must be [name, estimator] with a name`);
    if (names.has(name)) throw refuse(`two estimators have the name '${name}'`);
    names.add(name);
    if (model === 'drop') return;
    if (!(model instanceof Estimator) || model.kind !== owner.kind)
      throw refuse(`'${name}' must be a ${owner.kind}, or 'drop'`);
    model.checkParams();
  });
  if (keptModels(estimators).length === 0) throw refuse('no estimator is left');
}
