/** How AdaBoost learns: the rounds of SAMME and of AdaBoost.R2. */
import { applyOps } from '../core/apply.js';
import type { Output } from '../core/compile-options.js';
import { drawRows } from '../core/draws.js';
import type { Estimator } from '../core/estimator.js';
import { type FitInput, partOfInput, reportProgress } from '../core/fit-input.js';
import { checkFiniteFor, refusePairs, refuseUnweighted } from '../core/input-checks.js';
import type { EncodedLabels } from '../core/labels.js';
import { resolveSeed } from '../core/params.js';
import { Random } from '../core/random.js';
import { Schema } from '../core/schema.js';
import { seedAll } from '../core/seeds.js';
import { ValidationError } from '../errors.js';

/** Models, how much each counts, and how often it was wrong. */
export interface BoostedModels {
  readonly models: readonly Estimator[];
  readonly weights: Float64Array;
  readonly errors: Float64Array;
}

/** How an error, as a share of the largest, becomes a loss. */
export type RegressionLoss = 'linear' | 'square' | 'exponential';

interface Settings {
  readonly nEstimators: number;
  readonly learningRate: number;
  readonly randomState: number | null;
}

/** What a round gives: null ends the boosting, without its model; an error of 0 or `last`, with it. */
type Round = { weight: number; error: number; last?: boolean } | null;

/** Rounds until one ends it, each with a seeded clone of the base. */
async function boost(
  owner: Estimator,
  base: Estimator,
  input: FitInput,
  { nEstimators, randomState }: Settings,
  round: (model: Estimator, random: Random, isLast: boolean) => Promise<Round>,
): Promise<BoostedModels> {
  const random = new Random(resolveSeed(randomState));
  const models: Estimator[] = [];
  const weights: number[] = [];
  const errors: number[] = [];
  const progress = reportProgress(input, owner);
  for (let k = 0; k < nEstimators; k++) {
    const model = base.clone();
    seedAll(model, random);
    const found = await round(model, random, k === nEstimators - 1);
    if (found === null) break;
    models.push(model);
    weights.push(found.weight);
    errors.push(found.error);
    progress?.(k + 1, nEstimators);
    if (found.error === 0 || found.last) break;
  }
  return { models, weights: Float64Array.from(weights), errors: Float64Array.from(errors) };
}

/** The weights of a fit, of sum 1. */
function startingWeights({ x, sampleWeight }: FitInput): Float64Array {
  if (sampleWeight === null) return new Float64Array(x.rows).fill(1 / x.rows);
  return normalised(sampleWeight);
}

function normalised(weights: Float64Array): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Keeps weights from vanishing, but for those that were given as 0. */
const bounded = (weights: Float64Array) =>
  weights.map((weight) => (weight === 0 ? 0 : Math.max(weight, Number.EPSILON)));

/** What a model says of the training rows. */
async function answers(model: Estimator, { x, cancel }: FitInput, schema: Schema, output: Output) {
  const options = { device: 'cpu', precision: 'float64', output, coverage: 0.9 } as const;
  return (await applyOps(x, schema, (plan, slot) => model.lowerChecked(plan, slot, options), cancel)).data;
}

/**
 * SAMME.
 *
 * @throws {ERR_NOT_SUPPORTED} for a base that has no use for weights, as one that is frozen
 * @throws {ERR_LABELS} when the first model is no better than guessing
 */
export async function boostClassifier(
  owner: Estimator,
  base: Estimator,
  input: FitInput,
  { codes, classes }: EncodedLabels,
  settings: Settings,
): Promise<BoostedModels> {
  // A model whose clones are fitted is frozen: each round would give the same.
  refuseUnweighted(owner, base, base.tags.ignoresWeights || base.clone().isFitted);
  const schema = Schema.named(input.columns);
  const inner = { ...input, validation: null, queries: null, onProgress: undefined };
  let weights = startingWeights(input);
  const boosted = await boost(owner, base, input, settings, async (model, _random, isLast) => {
    weights = bounded(weights);
    await model.fitInput({ ...inner, sampleWeight: weights }, schema);
    const predicted = await answers(model, input, schema, 'label');
    let [wrong, total] = [0, 0];
    for (let i = 0; i < codes.length; i++) {
      total += weights[i];
      if (predicted[i] !== codes[i]) wrong += weights[i];
    }
    const error = wrong / total;
    if (error <= 0) return { weight: 1, error: 0 };
    if (error >= 1 - 1 / classes.length) return null;
    const weight = settings.learningRate * (Math.log((1 - error) / error) + Math.log(classes.length - 1));
    if (!isLast) {
      const factor = Math.exp(weight);
      weights = normalised(weights.map((w, i) => (predicted[i] === codes[i] ? w : w * factor)));
    }
    return { weight, error };
  });
  if (boosted.models.length > 0) return boosted;
  throw new ValidationError(
    'ERR_LABELS',
    `${owner.constructor.name}: ${base.constructor.name} is no better than guessing on these labels, so that it cannot be boosted.`,
  );
}

/** AdaBoost.R2. @throws {ERR_NOT_SUPPORTED} for a base that is given distances or kernels */
export async function boostRegressor(
  owner: Estimator,
  base: Estimator,
  input: FitInput,
  y: Float64Array,
  settings: Settings & { readonly loss: RegressionLoss },
): Promise<BoostedModels> {
  const { learningRate, loss } = settings;
  refusePairs(owner, base);
  checkFiniteFor(base, input);
  const schema = Schema.named(input.columns);
  let weights = startingWeights(input);
  let rounds = 0;
  return boost(owner, base, input, settings, async (model, random, isLast) => {
    weights = bounded(weights);
    const rows = drawRows(random, weights, y.length, true);
    await model.fitInput({ ...partOfInput(input, rows), sampleWeight: null }, schema);
    const predicted = await answers(model, input, schema, 'value');
    const losses = lossesOf(predicted, y, weights, loss);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const error = losses.reduce((sum, value, i) => sum + weights[i] * value, 0) / total;
    rounds += 1;
    if (error <= 0) return { weight: 1, error: 0 };
    // A first model that is this bad is all there is.
    if (error >= 0.5) return rounds === 1 ? { weight: 1, error, last: true } : null;
    const beta = error / (1 - error);
    if (!isLast) {
      weights = normalised(weights.map((w, i) => w * beta ** ((1 - losses[i]) * learningRate)));
    }
    return { weight: learningRate * Math.log(1 / beta), error };
  });
}

function lossesOf(
  predicted: ArrayLike<number>,
  y: Float64Array,
  weights: Float64Array,
  loss: RegressionLoss,
): Float64Array {
  const errors = y.map((value, i) => (weights[i] > 0 ? Math.abs(predicted[i] - value) : 0));
  const largest = errors.reduce((most, error) => Math.max(most, error), 0);
  return errors.map((error) => {
    const share = largest === 0 ? 0 : error / largest;
    if (loss === 'square') return share * share;
    return loss === 'exponential' ? 1 - Math.exp(-share) : share;
  });
}
