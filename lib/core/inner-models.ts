/** Models within models: their rules, copies of those that are fitted already, and how rows reach them. */
import { Estimator, type EstimatorKind, type Front } from './estimator.js';
import { custom, either, nothing, type Rule } from './params.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { Schema } from './schema.js';
import { JointVectorizer } from './sparse/joint-vectorizer.js';

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

/** Before a model has seen any documents. */
const unseen = Schema.named([{ name: 'text', kind: 'text' }]);

/** What X goes through before the plan of fitted models that all read it. */
export function frontOf(models: readonly Estimator[]): Front {
  if (models.length === 0) return { vectorizers: [], schema: unseen, dtype: 'float64' };
  if (models.length === 1 || !haveVectorizers(models)) return models[0];
  const joint = JointVectorizer.of(models);
  return {
    vectorizers: [joint],
    schema: new Schema(joint.outputColumns(), { kind: 'none' }, false),
    dtype: 'float64',
  };
}

function haveVectorizers(models: readonly Estimator[]): boolean {
  return models.some(({ vectorizers }) => vectorizers.length > 0);
}

/** The columns that each model reads of the rows of {@link frontOf}; null: all of them. */
export function columnsReadBy(models: readonly Estimator[]): number[][] | null {
  if (models.length < 2 || !haveVectorizers(models)) return null;
  let first = 0;
  return models.map(({ nFeaturesIn }) => {
    const from = first;
    first += nFeaturesIn;
    return Array.from({ length: nFeaturesIn }, (_, j) => from + j);
  });
}

/** The slot of each model within a plan whose input are the rows of {@link frontOf}. */
export function slotsOf(plan: PlanBuilder, x: Slot, models: readonly Estimator[]): Slot[] {
  const columns = columnsReadBy(models);
  return models.map((_, k) => (columns === null ? x : plan.gather(x, columns[k])));
}

/** Whether models are those of an estimator of so many columns. */
export function readColumns(models: readonly Estimator[], count: number): boolean {
  if (models.length < 2 || !haveVectorizers(models))
    return models.every((model) => model.nFeaturesIn === count);
  return models.reduce((sum, { nFeaturesIn }) => sum + nFeaturesIn, 0) === count;
}
