/** Models within models: their rules, and copies of those that are fitted already. */
import { Estimator, type EstimatorKind } from './estimator.js';
import { custom, either, nothing, type Rule } from './params.js';

/** The rule of a parameter with a model that is cloned, or null for a default. */
export const baseModel = (kind: EstimatorKind): Rule =>
  either(
    nothing,
    custom(`a ${kind}`, (v) => v instanceof Estimator && v.kind === kind),
  );

/** The rule of a state with fitted models, at least one. */
export const fittedModels: Rule = custom('fitted models', (v) => isFittedList(v) && v.length > 0);

/** The rule of a state with any number of fitted models. */
export const anyFittedModels: Rule = custom('a list of fitted models', isFittedList);

function isFittedList(value: unknown): value is Estimator[] {
  return Array.isArray(value) && value.every((m) => m instanceof Estimator && m.isFitted);
}

/** A model of its own that has learned what `model` has: fitting one again leaves the other as it is. */
export function fittedCopy(model: Estimator): Estimator {
  // What was learned is never changed in place, so that both share its memory.
  const { params, fitted } = model.snapshot();
  const copy = (model.constructor as typeof Estimator).fromParams(params).clone();
  if (fitted !== null) copy.restore(fitted);
  return copy;
}
