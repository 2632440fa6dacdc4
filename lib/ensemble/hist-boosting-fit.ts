/** Trains histogram gradient boosting round by round: what is held out, when training stops, what it reports. */
import { isDeepStrictEqual } from 'node:util';
import type { Estimator } from '../core/estimator.js';
import type { FitInput, Progress } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { resolveSeed } from '../core/params.js';
import { PlanBuilder } from '../core/plan-builder.js';
import { NODE_RULES } from '../core/plan-types.js';
import { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';
import { type TrainingCost, trainWhere } from '../core/training-device.js';
import { ValidationError } from '../errors.js';
import { getScorer, type ScorableEstimator, type Scorer, type ScorerName } from '../metrics/index.js';
import { type BoosterRank, type BoosterSpec, native } from '../native.js';
import { bringGradients, type CustomLoss, makeExchange, startOf } from './custom-loss.js';
import {
  categoricalMarks,
  dropoutSpec,
  type HistBoostingParams,
  interactionGroups,
  monotonicSigns,
  samplingSpec,
} from './hist-boosting-params.js';
import { type HistBoostingState, lowerHistScores } from './hist-boosting-state.js';

/** What an estimator trains on, in the native core's words. */
export interface HistBoostingTask {
  readonly loss: BoosterSpec['loss'];
  readonly lossParameter: number;
  /** Of the loss 'custom'. */
  readonly custom: CustomLoss | null;
  /** Scores per row. */
  readonly outputs: number;
  /** Class numbers or targets. */
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  /** Class numbers whose shares a validation set keeps; null for numbers. */
  readonly strata: Int32Array | null;
  /** The validation set of the caller in the form of y and weights; null without one. */
  readonly validation: Pick<Part, 'y' | 'weights'> | null;
  /** What `scoring` other than 'loss' looks at; null where there is no other. */
  readonly scores: ModelScores | null;
  /** Of the loss 'lambdarank'. */
  readonly rank: BoosterRank | null;
}

/** The model so far as scorers see it. */
export interface ModelScores {
  /** The scorer that `scoring: 'score'` means. */
  readonly own: ScorerName;
  /** A model that has these raw scores, [outputs, rows], for the rows that scorers ask for. */
  readonly scorable: (raw: Float64Array, rows: number) => ScorableEstimator;
  /** y as scorers see it. */
  readonly truth: (y: Float64Array) => ArrayLike<Label>;
}

interface Part {
  readonly x: Matrix;
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  /** Where queries begin, and the number of rows; null where rows aren't ranked. */
  readonly queries: Int32Array | null;
}

/** Trains; `previous` are the trees to go on from. */
export async function fitHistBoosting(
  owner: Estimator,
  input: FitInput,
  params: HistBoostingParams,
  task: HistBoostingTask,
  previous: HistBoostingState | null,
): Promise<HistBoostingState> {
  const { x, cancel } = input;
  const seed = resolveSeed(params.randomState);
  const { custom } = task;
  const queriesOf = (rows: number, queries: Int32Array | null) =>
    task.rank && (queries ?? Int32Array.of(0, rows));
  const given = input.validation &&
    task.validation && {
      ...task.validation,
      x: input.validation.x,
      queries: queriesOf(input.validation.x.rows, input.validation.queries),
    };
  const hasLoss = custom === null || custom.value !== undefined;
  const canScore = params.scoring !== 'loss' || hasLoss;
  const automatic = canScore && params.boosting === 'gbdt' && (given !== null || x.rows > 10_000);
  const stopping = params.earlyStopping === 'auto' ? automatic : params.earlyStopping;
  if (!canScore && (stopping || given !== null)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name}: a custom loss without 'value' cannot be watched; add it, or set 'scoring' to a scorer.`,
    );
  }
  const whole: Part = { x, y: task.y, weights: task.weights, queries: queriesOf(x.rows, input.queries) };
  const draws = stopping && given === null;
  const heldOut = draws ? drawHeldOut(owner, params.validationFraction, whole, task.strata, seed) : null;
  const train = heldOut === null ? whole : takePart(whole, without(heldOut, unitsOf(whole)));
  const valid = heldOut === null ? given : takePart(whole, heldOut);
  const lists = (columns: readonly Column[]) => columns.map(({ categories }) => categories);
  if (previous !== null && !isDeepStrictEqual(lists(owner.schema.columns), lists(input.columns))) {
    const message = `${owner.constructor.name}: with warmStart a fit must have the categories of the last one, by which its trees split.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const done = previous?.iterations ?? 0;
  if (done > params.maxIter) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name}: parameter 'maxIter' is ${params.maxIter}, but warmStart goes on from ${done} rounds.`,
    );
  }
  const spec: Omit<BoosterSpec, 'cuda'> = {
    ...specOf(owner, input, params, task),
    seed,
    start: custom && startOf(owner, custom, train.y, train.weights, task.outputs),
    firstTree: done * task.outputs,
    queries: train.queries,
    validQueries: valid?.queries ?? null,
    scores: previous && (await rawScores(previous, train.x, cancel)),
    validScores: previous && valid && (await rawScores(previous, valid.x, cancel)),
  };
  const rounds = params.maxIter - done;
  const costs = () => trainingCost(train.x, rounds * task.outputs, spec);
  const booster = await trainWhere(input.device, costs, (cuda) =>
    native.boosterCreate(
      train.x.data,
      train.x.rows,
      train.x.cols,
      train.y,
      train.weights,
      valid?.x.data ?? train.x.data.subarray(0, 0),
      valid?.x.rows ?? 0,
      valid?.y ?? new Float64Array(0),
      valid?.weights ?? null,
      { ...spec, cuda },
      cancel,
    ),
  );
  try {
    const trainScore = Array.from(previous?.trainScore ?? []);
    const validationScore = Array.from(previous?.validationScore ?? []);
    const recording = stopping || given !== null;
    const { scoring } = params;
    const { scores } = task;
    const scorer =
      scoring === 'loss' || !scores ? null : getScorer(scoring === 'score' ? scores.own : scoring);
    const evaluate = input.onProgress !== undefined || (recording && scorer === null);
    const scoreOf = (part: Part, loss: number) =>
      scorer && scores
        ? scoreRaw(scorer, scores, part, native.boosterScores(booster, part === valid))
        : (task.rank ? 1 : 0) - loss;
    const record = async (losses: { train: number; valid: number }) => {
      trainScore.push(await scoreOf(train, losses.train));
      if (valid !== null) validationScore.push(await scoreOf(valid, losses.valid));
    };
    const exchange = custom && makeExchange(train.y.length * task.outputs);
    const contextOf = (part: Part, raw: Float64Array, round: number) => ({
      raw,
      y: part.y,
      weight: part.weights,
      rows: part.y.length,
      outputs: task.outputs,
      round,
    });
    // Losses after `made` rounds, of which the last is grown now unless it is the zeroth.
    const advance = async (made: number, grow: boolean) => {
      if (exchange && grow) {
        if (spec.dropout) await native.boosterDrop(booster, exchange, cancel);
        await bringGradients(custom, exchange, contextOf(train, exchange.raw, made - 1));
      }
      const losses = await native.boosterRound(booster, grow, evaluate, exchange, cancel);
      if (!exchange || !custom?.value || !evaluate) return losses;
      return {
        train: custom.value(contextOf(train, exchange.raw, made)),
        valid: valid ? custom.value(contextOf(valid, native.boosterScores(booster, true), made)) : Number.NaN,
      };
    };
    const first = recording && previous === null;
    if (first || exchange) {
      const losses = await advance(done, false);
      if (first) await record(losses);
    }
    for (let round = done; round < params.maxIter; round++) {
      const losses = await advance(round + 1, true);
      if (recording) await record(losses);
      const goOn = report(owner, input, {
        done: round + 1,
        total: params.maxIter,
        ...(hasLoss && { trainLoss: losses.train }),
        ...(valid && hasLoss && { validationLoss: losses.valid }),
        ...(recording && scorer && { trainScore: trainScore.at(-1) }),
        ...(valid && scorer && { validationScore: validationScore.at(-1) }),
      });
      if (!goOn || (stopping && hasStalled(valid === null ? trainScore : validationScore, params))) break;
    }
    const grown = await native.boosterFinish(booster);
    const fresh: HistBoostingState = {
      ...grown,
      iterations: (grown.treeOffsets.length - 1) / task.outputs,
      trainScore: Float64Array.from(trainScore),
      validationScore: Float64Array.from(validationScore),
    };
    return previous === null ? fresh : joinTrees(previous, fresh);
  } catch (error) {
    // Its memory, on a GPU too, is not for the garbage collector.
    native.boosterRelease(booster);
    throw error;
  }
}

/** Nanoseconds of a thread for a row, a column and a level of a tree: 1,000,000 x 28, 100 trees of 6 levels take 7.7 s. */
const CPU_UPDATE_NS = 0.45;

/** 256 bins with sums of gradients and numbers of rows. */
const HISTOGRAM_COLUMN_BYTES = 256 * 12;
/** The best split of each 16 columns. */
const SPLIT_COLUMN_BYTES = 8;

/** Losses that stay on the CPU, and send their gradients each round: see HistGpu::has_loss. */
const CPU_LOSSES: ReadonlySet<BoosterSpec['loss']> = new Set([
  'absoluteError',
  'quantile',
  'custom',
  'lambdarank',
]);

/** Whether the CPU looks for splits, in histograms that a GPU adds up: see TreeGrower::may_search_on_gpu. */
function fetchesHistograms(spec: Omit<BoosterSpec, 'cuda'>): boolean {
  const { columnShare, columnsPerSplit, l1, monotonic, groups, categorical } = spec;
  const draws = columnShare < 1 || columnsPerSplit < 1;
  return draws || l1 > 0 || monotonic !== null || groups !== null || categorical !== null;
}

/** What growing trees costs; the losses of the CPU count for neither. */
function trainingCost({ rows, cols }: Matrix, trees: number, spec: Omit<BoosterSpec, 'cuda'>): TrainingCost {
  const { loss, dropout, sampling, maxLeaves, maxDepth, threads } = spec;
  const sendsGradients = CPU_LOSSES.has(loss) || dropout !== null || sampling.kind === 'goss';
  const leaves = Math.min(maxLeaves, rows, 2 ** Math.min(maxDepth, 30));
  const levels = Math.max(1, Math.log2(leaves));
  const updates = trees * rows * levels;
  const columnBytes = fetchesHistograms(spec) ? HISTOGRAM_COLUMN_BYTES : SPLIT_COLUMN_BYTES;
  return {
    cpuNs: (CPU_UPDATE_NS * updates * cols) / (threads || native.info().threads),
    cuda: {
      uploadBytes: rows * (2 * cols + (sendsGradients ? 8 * trees : 24)),
      downloadBytes: trees * ((sendsGradients ? 4 * rows : 0) + leaves * cols * columnBytes),
      trafficBytes: updates * (cols + 32),
      flops: 0,
      kernels: trees * (6 * levels + 10),
      waits: trees * (2 * levels + 5),
    },
  };
}

/** What of the spec a fit decides, not the parameters. */
type FitSpec = Pick<
  BoosterSpec,
  'seed' | 'start' | 'firstTree' | 'queries' | 'validQueries' | 'scores' | 'validScores'
>;

function specOf(
  owner: object,
  { columns }: FitInput,
  params: HistBoostingParams,
  task: HistBoostingTask,
): Omit<BoosterSpec, keyof FitSpec | 'cuda'> {
  const categorical = categoricalMarks(owner, params.categoricalFeatures, columns);
  return {
    loss: task.loss,
    lossParameter: task.lossParameter,
    classes: task.loss === 'softmax' ? task.outputs : 0,
    rank: task.rank,
    learningRate: params.learningRate,
    sampling: samplingSpec(owner, params),
    dropout: dropoutSpec(owner, params),
    columnShare: params.columnSubsample,
    maxBins: params.maxBins,
    growth: params.growth,
    maxLeaves: params.maxLeafNodes ?? 0x7fff_ffff,
    maxDepth: params.maxDepth ?? 0xffff_ffff,
    minSamplesLeaf: params.minSamplesLeaf,
    l1: params.l1Regularization,
    l2: params.l2Regularization,
    minHessian: params.minChildWeight,
    minGain: params.minSplitGain,
    columnsPerSplit: params.maxFeatures,
    threads: params.nJobs ?? 0,
    monotonic: monotonicSigns(owner, params.monotonicCst, columns, categorical),
    groups: interactionGroups(owner, params.interactionCst, columns.length),
    categorical,
  };
}

/** The score of rows that have these raw scores. */
function scoreRaw(scorer: Scorer, scores: ModelScores, part: Part, raw: Float64Array): Promise<number> {
  return scorer(scores.scorable(raw, part.y.length), part.x, scores.truth(part.y), {
    sampleWeight: part.weights,
  });
}

/** One event a round. A listener that returns false ends the fit, which keeps its rounds. */
function report(
  owner: object,
  { onProgress }: FitInput,
  event: Omit<Progress, 'estimator' | 'fraction'>,
): boolean {
  const { done, total } = event;
  return onProgress?.({ estimator: owner.constructor.name, fraction: done / total, ...event }) !== false;
}

/** Whether none of the last scores is better than the one before them. */
function hasStalled(scores: readonly number[], { nIterNoChange, tol }: HistBoostingParams): boolean {
  const reference = scores.length - nIterNoChange - 1;
  return reference >= 0 && scores.slice(reference + 1).every((score) => score <= scores[reference] + tol);
}

/** What is held out or not as a whole: queries where rows are ranked, else rows. */
function unitsOf({ y, queries }: Part): number {
  return queries ? queries.length - 1 : y.length;
}

/** Rows (or queries) for validation, ascending; null for none. */
function drawHeldOut(
  owner: object,
  fraction: number | null,
  whole: Part,
  strata: Int32Array | null,
  seed: number,
): Int32Array | null {
  if (fraction === null) return null;
  const units = unitsOf(whole);
  const count = fraction < 1 ? Math.ceil(fraction * units) : fraction;
  if (count >= units) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name}: parameter 'validationFraction' leaves nothing to train on; there are ${units} ${whole.queries ? 'queries' : 'rows'}.`,
    );
  }
  const order = new Random(seed).permutation(units);
  if (strata === null) return order.slice(0, count).sort();
  // Sorted by class the shuffled rows are met in turn by every (rows / count)-th place, which keeps the shares.
  const byClass = order.sort((a, b) => strata[a] - strata[b]);
  return Int32Array.from(
    { length: count },
    (_, k) => byClass[Math.floor(((k + 0.5) * units) / count)],
  ).sort();
}

function without(units: Int32Array, total: number): Int32Array {
  const left = new Uint8Array(total).fill(1);
  for (const unit of units) left[unit] = 0;
  return Int32Array.from({ length: total }, (_, i) => i).filter((i) => left[i] === 1);
}

/** Rows, or the rows of queries, with what belongs to them. */
function takePart({ x, y, weights, queries }: Part, units: Int32Array): Part {
  const rows = queries === null ? units : rowsOf(queries, units);
  const take = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const taken = weights && take(weights);
  if (taken?.every((weight) => weight === 0)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'sampleWeight: the rows that are held out, or the others, all weigh 0.',
    );
  }
  let end = 0;
  const offsets = queries && Int32Array.from(units, (q) => (end += queries[q + 1] - queries[q]));
  return {
    x: x.takeRows(rows),
    y: take(y),
    weights: taken,
    queries: offsets && joined([Int32Array.of(0), offsets]),
  };
}

function rowsOf(queries: Int32Array, units: Int32Array): Int32Array {
  return joined(
    Array.from(units, (q) =>
      Int32Array.from({ length: queries[q + 1] - queries[q] }, (_, i) => queries[q] + i),
    ),
  );
}

/** Raw scores of a model, [outputs, rows], in float64. */
async function rawScores(
  state: HistBoostingState,
  x: Matrix,
  cancel: FitInput['cancel'],
): Promise<Float64Array> {
  const builder = new PlanBuilder(x.cols);
  const { ops, constants } = builder.build(lowerHistScores(builder, builder.input, state));
  const program = await native.programCreateAsync(ops, constants, 'float64');
  const outputs = state.baseline.length;
  const byRow = new Matrix(new Float64Array(x.rows * outputs), x.rows, outputs);
  await native.programRun(program, Float64Array.from(x.data), x.rows, byRow.data, cancel);
  return byRow.transpose().data;
}

/** The trees of two fits, output by output. */
function joinTrees(first: HistBoostingState, second: HistBoostingState): HistBoostingState {
  const leaves = first.values.length;
  const sets = Math.max(0, first.setOffsets.length - 1);
  const words = first.setWords.length;
  const moved: HistBoostingState = {
    ...second,
    left: second.left.map((left, node) => (second.feature[node] < 0 ? left + leaves : left)),
    threshold: second.threshold.map((t, node) =>
      (second.rules[node] & NODE_RULES.categories) === 0 ? t : t + sets,
    ),
  };
  const outputs = Array.from(first.baseline, (_, k) => k);
  const nodesOf = (state: HistBoostingState, k: number) =>
    [k, k + 1].map((output) => state.treeOffsets[output * state.iterations]) as [number, number];
  const byOutput = <A extends Int32Array | Float64Array | Float32Array | Uint8Array>(
    pick: (state: HistBoostingState) => A,
  ): A => joined(outputs.flatMap((k) => [first, moved].map((s) => pick(s).subarray(...nodesOf(s, k)) as A)));
  let end = 0;
  const offsets = outputs.flatMap((k) =>
    [first, moved].flatMap((state) => {
      const shift = end - nodesOf(state, k)[0];
      const own = state.treeOffsets.subarray(k * state.iterations + 1, (k + 1) * state.iterations + 1);
      end = own[own.length - 1] + shift;
      return Array.from(own, (offset) => offset + shift);
    }),
  );
  return {
    ...second,
    baseline: first.baseline,
    iterations: first.iterations + second.iterations,
    treeOffsets: Int32Array.from([0, ...offsets]),
    feature: byOutput((s) => s.feature),
    threshold: byOutput((s) => s.threshold),
    left: byOutput((s) => s.left),
    rules: byOutput((s) => s.rules),
    cover: byOutput((s) => s.cover),
    gain: byOutput((s) => s.gain),
    values: joined([first.values, second.values]),
    setWords: joined([first.setWords, second.setWords]),
    setOffsets:
      sets === 0
        ? second.setOffsets
        : joined([first.setOffsets, second.setOffsets.subarray(1).map((o) => o + words)]),
  };
}

function joined<A extends Int32Array | Float64Array | Float32Array | Uint8Array>(parts: readonly A[]): A {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (parts[0].constructor as new (length: number) => A)(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
