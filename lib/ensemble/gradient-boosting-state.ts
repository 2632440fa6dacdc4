/** What gradient boosting learns, how it fits, and how its trees become scores. */
import { applyOps } from '../core/apply.js';
import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, requireY, toShared } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import {
  bool,
  custom,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { ForestConstants } from '../core/plan-types.js';
import { Random } from '../core/random.js';
import { Schema } from '../core/schema.js';
import type { TreeScores } from '../core/tree-scores.js';
import { StateError, ValidationError } from '../errors.js';
import { type BoostingSpec, type NativeRound, native } from '../native.js';
import {
  type ForestState,
  forestConstants,
  forestStateRules,
  joinTrees,
  selectTrees,
} from '../tree/forest-state.js';
import { type TreeParams, treeDefaults, treeRules, treeSpec } from '../tree/tree-params.js';

/** Parameters that both kinds of gradient boosting share, with scikit-learn's meanings. `maxDepth` is 3 by default. */
export interface GradientBoostingParams extends TreeParams {
  /** Scales what each tree adds, >= 0. Default 0.1. */
  learningRate: number;
  /** Rounds of boosting, >= 1. Default 100. */
  nEstimators: number;
  /** Share of the rows that each round draws, without replacement, in (0, 1]. Default 1. */
  subsample: number;
  /** Both are the same measure, as in scikit-learn 1.9. Default 'squaredError'. */
  criterion: 'squaredError' | 'friedmanMse';
  /** Where scores start: the best constant (null), 'zero', or an estimator that is fitted first. Default null. */
  init: Estimator | 'zero' | null;
  /** End when the loss of held-out rows has not fallen by `tol` for so many rounds, >= 1. Default null: never. */
  nIterNoChange: number | null;
  /** Share of the rows held out when `nIterNoChange` is set, in (0, 1). Default 0.1. */
  validationFraction: number;
  /** The least fall of the loss that counts, >= 0. Default 1e-4. */
  tol: number;
  /** Keep the rounds of the last fit, and add those by which `nEstimators` exceeds them. Default false. */
  warmStart: boolean;
}

export const boostingRules: Rules<GradientBoostingParams> = {
  ...treeRules,
  learningRate: real(0),
  nEstimators: int(1, 1_000_000),
  subsample: real(0, 1, 'min'),
  criterion: oneOf('squaredError', 'friedmanMse'),
  init: either(
    nothing,
    oneOf('zero'),
    custom('an estimator', (v) => v instanceof Estimator),
  ),
  nIterNoChange: either(int(1, 1_000_000), nothing),
  validationFraction: real(0, 1, 'both'),
  tol: real(0),
  warmStart: bool,
};
export const boostingDefaults: GradientBoostingParams = {
  ...treeDefaults,
  maxDepth: 3,
  maxFeatures: null,
  learningRate: 0.1,
  nEstimators: 100,
  subsample: 1,
  criterion: 'squaredError',
  init: null,
  nIterNoChange: null,
  validationFraction: 0.1,
  tol: 1e-4,
  warmStart: false,
};

/** Trees round by round, of each round one for each score; leaf values before the learning rate. */
export interface BoostingState extends ForestState {
  /** The constant that each score starts from. */
  readonly base: Float64Array;
  /** What is added to it: the fitted `init`, if it is an estimator. */
  readonly init: Estimator | null;
  readonly learningRate: number;
  readonly trainScore: Float64Array;
  readonly oobScores: Float64Array;
  readonly oobImprovement: Float64Array;
}

export const boostingStateRules: Rules<BoostingState> = {
  ...forestStateRules,
  base: float64s(),
  init: custom('an estimator, or null', (v) => v === null || v instanceof Estimator),
  learningRate: real(0),
  trainScore: float64s(),
  oobScores: float64s(),
  oobImprovement: float64s(),
};

/** @throws {ERR_PARAMETER} when a restored state does not fit together */
export function checkBoostingState(owner: object, state: BoostingState, outputs: number): void {
  const trees = state.treeOffsets.length - 1;
  if (state.base.length === outputs && trees > 0 && trees === outputs * state.trainScore.length) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} state: ${trees} trees are no rounds of ${outputs} scores.`,
  );
}

/** Trees take missing values; an estimator that they start from need not. */
export function boostingTags({ init }: GradientBoostingParams): EstimatorTags {
  return { allowNan: !(init instanceof Estimator) || init.tags.allowNan === true };
}

/** A problem as boosting sees it. */
export interface BoostingTask {
  readonly loss: BoostingSpec['loss'];
  readonly outputs: number;
  /** Targets, or class indices. */
  readonly y: Float64Array;
  /** Whether held-out rows keep the shares of the classes. */
  readonly stratify: boolean;
  readonly alpha: number;
  /** The best constants for some rows. */
  readonly constants: (y: Float64Array, weights: Float64Array | null) => Float64Array;
  /** The output of an `init` estimator that is a score. */
  readonly initOutput: 'value' | 'decision';
}

/** Row numbers, those to hold out last. */
function holdOut(task: BoostingTask, fraction: number, seed: number): { order: Int32Array; held: number } {
  const rows = task.y.length;
  const order = new Random(seed).permutation(rows);
  const held = Math.ceil(fraction * rows);
  if (held >= rows)
    throw new ValidationError('ERR_PARAMETER', 'validationFraction leaves no rows to train on.');
  if (!task.stratify) return { order, held };
  // By class, the last share of each; sorted by how far through its class a row stands.
  const seen = new Map<number, number>();
  const totals = new Map<number, number>();
  for (const y of task.y) totals.set(y, (totals.get(y) ?? 0) + 1);
  const place = new Float64Array(rows);
  for (const i of order) {
    const count = seen.get(task.y[i]) ?? 0;
    seen.set(task.y[i], count + 1);
    place[i] = (count + 0.5) / totals.get(task.y[i])!;
  }
  order.sort((a, b) => place[a] - place[b] || a - b);
  const training = new Set(Array.from(order.subarray(0, rows - held), (i) => task.y[i]));
  if (training.size < totals.size)
    throw new ValidationError(
      'ERR_LABELS',
      'Every class needs a row that is not held out: take another randomState or a smaller validationFraction.',
    );
  return { order, held };
}

/** The scores of an init estimator. @throws {ERR_NOT_SUPPORTED} when it has none, or of another number */
async function initScores(
  init: Estimator,
  task: BoostingTask,
  { x, columns, cancel }: FitInput,
): Promise<Float64Array> {
  const schema = Schema.named(columns);
  const options = { device: 'cpu', precision: 'float64', output: task.initOutput, coverage: 0.9 } as const;
  const regressor = task.initOutput === 'value';
  if (
    init.kind !== (regressor ? 'regressor' : 'classifier') ||
    (!regressor && !init.outputs.includes('decision'))
  )
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `init: ${init.constructor.name} gives no scores to start from.`,
    );
  const wide = toShared(x.astype('float64'));
  const scores = await applyOps(wide, schema, (plan, slot) => init.lowerChecked(plan, slot, options), cancel);
  if (scores.cols === task.outputs) return Float64Array.from(scores.data);
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `init: ${init.constructor.name} gives ${scores.cols} scores where ${task.outputs} are needed.`,
  );
}

/** Trains the rounds. */
export async function fitBoosting(
  owner: object,
  input: FitInput,
  params: GradientBoostingParams,
  task: BoostingTask,
  previous: BoostingState | null,
): Promise<BoostingState> {
  const seed = resolveSeed(params.randomState);
  const early = params.nIterNoChange !== null;
  const { order, held } = early ? holdOut(task, params.validationFraction, seed) : { order: null, held: 0 };
  const pick = (values: Float64Array) => (order ? Float64Array.from(order, (i) => values[i]) : values);
  const x = order ? toShared(input.x.takeRows(order)) : input.x;
  const y = pick(task.y);
  const weights = input.sampleWeight && pick(input.sampleWeight);
  const rows = x.rows - held;
  const training: FitInput = {
    ...input,
    x: held > 0 ? toShared(x.slice(0, rows)) : x,
    sampleWeight: weights?.subarray(0, rows) ?? null,
  };
  if (previous) checkPrevious(previous, params.nEstimators, x.cols, task.outputs);

  let start = previous;
  if (start === null) {
    const zero = new Float64Array(task.outputs);
    let init: Estimator | null = null;
    if (params.init instanceof Estimator) {
      init = params.init.clone();
      const labels = requireY(input);
      const initY = order ? Array.from(order.subarray(0, rows), (i) => labels[i]) : labels;
      await init.fitInput({ ...training, y: initY, onProgress: undefined }, Schema.named(input.columns));
    }
    const constant = params.init === null;
    start = {
      ...NO_TREES,
      importances: new Float64Array(x.cols),
      base: constant ? task.constants(y.subarray(0, rows), training.sampleWeight) : zero,
      init,
      learningRate: params.learningRate,
    };
  }
  const rounds = start.trainScore.length;
  if (rounds === params.nEstimators) return start;
  const raw = await rawScores(start, task, { ...input, x });
  const totalWeight = training.sampleWeight
    ? training.sampleWeight.reduce((sum, weight) => sum + weight, 0)
    : rows;
  const spec: BoostingSpec = {
    ...treeSpec(params, training, totalWeight * params.subsample),
    seed,
    loss: task.loss,
    classCount: task.loss === 'multinomial' ? task.outputs : 0,
    rounds: params.nEstimators - rounds,
    firstRound: rounds,
    learningRate: params.learningRate,
    subsample: params.subsample,
    alpha: task.alpha,
    patience: params.nIterNoChange ?? 0,
    tolerance: params.tol,
    validationRows: held,
    threads: 0,
  };
  const fitted = await native.fitBoosting(
    x.data,
    x.rows,
    x.cols,
    y,
    weights,
    raw,
    spec,
    input.cancel,
    afterRound(owner, input, rounds, params.nEstimators),
  );
  const { trainScore, oobScore, initialOobScore, ...trees } = fitted;
  const before = start.oobScores.at(-1) ?? initialOobScore;
  const improvement = oobScore.map((score, i) => (i === 0 ? before : oobScore[i - 1]) - score);
  return {
    ...start,
    ...(rounds > 0 ? joinTrees(start, trees, 1) : trees),
    trainScore: join(start.trainScore, trainScore),
    oobScores: join(start.oobScores, oobScore),
    oobImprovement: join(start.oobImprovement, improvement),
  };
}

/** One event a round, of those before, too. A listener that returns false ends the fit, which keeps its rounds. */
function afterRound(
  owner: object,
  { onProgress }: FitInput,
  before: number,
  total: number,
): NativeRound | null {
  if (onProgress === undefined) return null;
  return (round, _, trainLoss, validationLoss) => {
    const done = before + round;
    const losses = { trainLoss, ...(!Number.isNaN(validationLoss) && { validationLoss }) };
    const event = { estimator: owner.constructor.name, done, total, fraction: done / total, ...losses };
    return onProgress(event) !== false;
  };
}

const NO_TREES = {
  treeOffsets: new Int32Array(1),
  feature: new Int32Array(0),
  threshold: new Float64Array(0),
  left: new Int32Array(0),
  missingLeft: new Uint8Array(0),
  cover: new Float32Array(0),
  impurity: new Float32Array(0),
  values: new Float64Array(0),
  trainScore: new Float64Array(0),
  oobScores: new Float64Array(0),
  oobImprovement: new Float64Array(0),
};

const join = (a: Float64Array, b: Float64Array) => Float64Array.of(...a, ...b);

/** @throws {ERR_PARAMETER} when the last fit has more rounds than are wanted now, or was on other columns or classes */
function checkPrevious(previous: BoostingState, wanted: number, columns: number, outputs: number): void {
  const rounds = previous.trainScore.length;
  const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `warmStart: ${why}`);
  if (rounds > wanted) throw refuse(`there are ${rounds} rounds already, more than nEstimators = ${wanted}.`);
  if (previous.importances.length !== columns) throw refuse('the last fit was on another number of columns.');
  if (previous.base.length !== outputs) throw refuse('the last fit was on another number of classes.');
}

/** @throws {ERR_NOT_SUPPORTED} when each round drew all rows */
export function lastOutOfBag(owner: object, { oobScores }: BoostingState): number {
  const last = oobScores.at(-1);
  if (last !== undefined) return last;
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `This ${owner.constructor.name} was fitted with subsample 1, so that no row was left out.`,
  );
}

/** The scores of rows, [rows, outputs], by the model so far. */
async function rawScores(state: BoostingState, task: BoostingTask, input: FitInput): Promise<Float64Array> {
  const { rows } = input.x;
  const { base, init } = state;
  const start = init
    ? await initScores(init, task, input)
    : Float64Array.from({ length: rows * task.outputs }, (_, k) => base[k % task.outputs]);
  if (state.trainScore.length === 0) return start;
  const schema = Schema.named(input.columns);
  const wide = toShared(input.x.astype('float64'));
  const sums = await applyOps(wide, schema, (plan, x) => lowerTrees(plan, x, state), input.cancel);
  // Constants are within the sums of the trees.
  return init ? start.map((value, k) => value + sums.data[k]) : Float64Array.from(sums.data);
}

/** The trees score by score, their values scaled. */
function scaledTrees(state: BoostingState): ForestConstants & { readonly groups: Int32Array } {
  const { base, learningRate, treeOffsets } = state;
  const outputs = base.length;
  const rounds = (treeOffsets.length - 1) / outputs;
  const order = Int32Array.from(
    { length: rounds * outputs },
    (_, t) => (t % rounds) * outputs + Math.floor(t / rounds),
  );
  const trees = outputs === 1 ? state : selectTrees(state, order, 1);
  return {
    ...forestConstants(trees),
    values: trees.values.map((value) => learningRate * value),
    groups: Int32Array.from({ length: outputs + 1 }, (_, k) => k * rounds),
  };
}

/** What explanations of the scores need; the scores of an `init` estimator are not explained. */
export function boostingScores(owner: object, state: BoostingState): TreeScores {
  if (state.init === null) return { forest: scaledTrees(state), base: state.base, divisor: 1 };
  throw new StateError(
    'ERR_NOT_SUPPORTED',
    `This ${owner.constructor.name} starts from an estimator that is not made of trees.`,
  );
}

/** The trees of each score added up, the constants first as in training: one column per score. */
function lowerTrees(plan: PlanBuilder, x: Slot, state: BoostingState): Slot {
  const forest = scaledTrees(state);
  const { values, treeOffsets, feature, left, groups } = forest;
  // The first tree of each score carries its constant.
  state.base.forEach((constant, k) => {
    for (let node = treeOffsets[groups[k]]; node < treeOffsets[groups[k] + 1]; node++) {
      if (feature[node] < 0) values[left[node]] = constant + values[left[node]];
    }
  });
  return plan.forest(x, forest, state.base.length, 'sum');
}

/** The scores, one column for each. */
export function lowerScores(
  plan: PlanBuilder,
  x: Slot,
  state: BoostingState,
  initOutput: BoostingTask['initOutput'],
  precision: 'float32' | 'float64',
): Slot {
  const sums = lowerTrees(plan, x, state);
  if (state.init === null) return sums;
  const options = { device: 'cpu', precision, output: initOutput, coverage: 0.9 } as const;
  const start = state.init.lower(plan, x, options);
  const outputs = state.base.length;
  // Side by side, then added: two identity matrices one above the other.
  const weights = new Float64Array(2 * outputs * outputs);
  for (let k = 0; k < 2 * outputs; k++) weights[k * outputs + (k % outputs)] = 1;
  return plan.dense(plan.concat([start, sums]), weights, new Float64Array(outputs));
}

/** Scores after each round from the leaves that rows end in: yields one matrix [rows, outputs], changed in place. */
export function* stagedScores(
  { treeOffsets, feature, left, values, learningRate, base }: BoostingState,
  leaves: Matrix,
  start: Float64Array | null,
): Generator<Matrix<Float64Array>> {
  const outputs = base.length;
  const rounds = (treeOffsets.length - 1) / outputs;
  const raw = start ?? Float64Array.from({ length: leaves.rows * outputs }, (_, k) => base[k % outputs]);
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < outputs; k++) {
      const tree = round * outputs + k;
      for (let i = 0; i < leaves.rows; i++) {
        const node = treeOffsets[tree] + leaves.data[i * leaves.cols + tree];
        if (feature[node] < 0) raw[i * outputs + k] += learningRate * values[left[node]];
      }
    }
    yield new Matrix(raw, leaves.rows, outputs);
  }
}
