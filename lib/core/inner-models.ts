/** Models within models: their rules, copies of those that are fitted already, and how rows reach them. */
import { ValidationError } from '../errors.js';
import type { ResolvedCompileOptions } from './compile-options.js';
import { Estimator, type EstimatorKind, type Front } from './estimator.js';
import type { FitInput } from './fit-input.js';
import { isSparse } from './forms.js';
import { isTransformer } from './kinds.js';
import { type NamedCategories, namedInOrder, unitedCategories } from './named-categories.js';
import { custom, either, nothing, type Rule, show } from './params.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { type Column, Schema } from './schema.js';
import { JointVectorizer } from './sparse/joint-vectorizer.js';

/**
 * What a function does first with a model, which may also be an object of the caller's that is like one.
 *
 * @throws {ERR_PARAMETER} unless it is an estimator, or has a schema with columns and a target
 */
export function requireEstimator(model: unknown, name = 'model'): void {
  if (model instanceof Estimator || isLikeModel(model)) return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be an estimator; got ${show(model)}.`);
}

function isLikeModel(model: unknown): boolean {
  const schema = (model as { schema?: Partial<Schema> | null } | null | undefined)?.schema;
  return Array.isArray(schema?.columns) && typeof schema.target === 'object' && schema.target !== null;
}

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

/** The categories of the columns of X that models know which are fitted already, and are parameters or parts of such. */
export function knownCategories(params: object, columns: readonly Column[] | null): NamedCategories {
  const models = Object.values(params)
    .flat(2)
    .filter((v) => v instanceof Estimator && v.isFitted);
  return unitedCategories(
    models.map(({ schema }) => {
      const known = schema.columns.map(({ categories = [], hasMissing = false }) => [
        ...categories.map(String),
        ...(hasMissing ? [null] : []),
      ]);
      return namedInOrder(known, columns);
    }),
  );
}

/**
 * Checks that a model which is fitted already is given columns like those that it was fitted on. Categories may be others, and so may names,
 * which steps change.
 *
 * @throws {ERR_SHAPE} when there are more or fewer
 * @throws {ERR_UNKNOWN_COLUMN} for names in another order, where both have names
 * @throws {ERR_DTYPE} for text where the model was given numbers, or numbers where it was given text
 */
export function checkColumns(
  owner: Estimator,
  model: Estimator,
  { given, columns }: Pick<FitInput, 'given' | 'columns'>,
): void {
  // Documents have no columns yet.
  if (given !== undefined && !isSparse(given)) return;
  const own = model.schema.columns;
  const { name } = model.constructor;
  const refuse = (code: 'ERR_SHAPE' | 'ERR_UNKNOWN_COLUMN' | 'ERR_DTYPE', why: string) =>
    new ValidationError(code, `${owner.constructor.name}: ${why}.`);
  if (own.length !== columns.length)
    throw refuse('ERR_SHAPE', `X has ${columns.length} columns, but ${name} was fitted on ${own.length}`);
  const moved = hasNames(own) && hasNames(columns) ? movedColumn(own, columns) : -1;
  if (moved >= 0) {
    const why = `column ${moved} is '${columns[moved].name}', but ${name} was fitted on '${own[moved].name}' there`;
    throw refuse('ERR_UNKNOWN_COLUMN', why);
  }
  const isText = ({ kind }: Column) => kind === 'category';
  const j = own.findIndex((column, k) => isText(column) !== isText(columns[k]));
  if (j < 0) return;
  const [held, wanted] = isText(own[j]) ? ['numbers', 'text'] : ['text', 'numbers'];
  throw refuse(
    'ERR_DTYPE',
    `column '${columns[j].name}' holds ${held}, but ${name} was fitted on ${wanted} there`,
  );
}

/** The first column whose name is that of another of a model's own; -1 where there is none. */
function movedColumn(own: readonly Column[], columns: readonly Column[]): number {
  const names = new Set(own.map(({ name }) => name));
  return columns.findIndex(({ name }, j) => name !== own[j].name && names.has(name));
}

/** Columns of a matrix are x0, x1 and so on. */
function hasNames(columns: readonly Column[]): boolean {
  return columns.some(({ name }, j) => name !== `x${j}`);
}

/** Before a model has seen any documents. */
const unseen = Schema.named([{ name: 'text', kind: 'text' }]);

/** What a transformer makes of rows, whose codes stand for the categories of its output columns, whichever ops made them. */
export function lowerTransformer(
  transformer: Estimator,
  plan: PlanBuilder,
  x: Slot,
  options: ResolvedCompileOptions,
): Slot {
  const slot = transformer.lowerChecked(plan, x, { ...options, output: 'transform' });
  if (x.categories === undefined || !isTransformer(transformer)) return slot;
  const own = transformer.outputColumns().map(({ categories }) => categories);
  if (own.length !== slot.width) return slot;
  return { ...slot, categories: own.some((list) => list !== undefined) ? own : undefined };
}

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
