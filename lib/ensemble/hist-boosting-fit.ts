/** Trains histogram gradient boosting round by round: what is held out, when training stops, what it reports. */
import type { FitInput } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { resolveSeed } from '../core/params.js';
import { PlanBuilder } from '../core/plan-builder.js';
import { NODE_RULES } from '../core/plan-types.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import { type BoosterSpec, native } from '../native.js';
import {
  categoricalMarks,
  type HistBoostingParams,
  interactionGroups,
  monotonicSigns,
} from './hist-boosting-params.js';
import { type HistBoostingState, lowerHistScores } from './hist-boosting-state.js';

/** What an estimator trains on, in the native core's words. */
export interface HistBoostingTask {
  readonly loss: BoosterSpec['loss'];
  readonly lossParameter: number;
  /** Scores per row. */
  readonly outputs: number;
  /** Class numbers or targets. */
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  /** Class numbers whose shares a validation set keeps; null for numbers. */
  readonly strata: Int32Array | null;
  /** The estimator's own score of raw scores, [outputs, rows]. */
  readonly score: (raw: Float64Array, y: Float64Array, weights: Float64Array | null) => number;
}

interface Part {
  readonly x: Matrix;
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
}

/** Trains; `previous` are the trees to go on from. */
export async function fitHistBoosting(
  owner: object,
  input: FitInput,
  params: HistBoostingParams,
  task: HistBoostingTask,
  previous: HistBoostingState | null,
): Promise<HistBoostingState> {
  const { x, cancel } = input;
  const seed = resolveSeed(params.randomState);
  const stopping = params.earlyStopping === 'auto' ? x.rows > 10_000 : params.earlyStopping;
  const whole: Part = { x, y: task.y, weights: task.weights };
  const heldOut = stopping ? drawHeldOut(owner, params.validationFraction, task, seed) : null;
  const train = heldOut === null ? whole : takePart(whole, rowsWithout(heldOut, x.rows));
  const valid = heldOut === null ? null : takePart(whole, heldOut);
  const done = previous?.iterations ?? 0;
  if (done > params.maxIter) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name}: parameter 'maxIter' is ${params.maxIter}, but warmStart goes on from ${done} rounds.`,
    );
  }
  const spec: BoosterSpec = {
    ...specOf(owner, input, params, task),
    seed,
    firstTree: done * task.outputs,
    scores: previous && (await rawScores(previous, train.x, cancel)),
    validScores: previous && valid && (await rawScores(previous, valid.x, cancel)),
  };
  const booster = await native.boosterCreate(
    train.x.data,
    train.x.rows,
    train.x.cols,
    train.y,
    train.weights,
    valid?.x.data ?? train.x.data.subarray(0, 0),
    valid?.x.rows ?? 0,
    valid?.y ?? new Float64Array(0),
    valid?.weights ?? null,
    spec,
    cancel,
  );

  const trainScore = Array.from(previous?.trainScore ?? []);
  const validationScore = Array.from(previous?.validationScore ?? []);
  const byLoss = stopping && params.scoring === 'loss';
  const evaluate = byLoss || input.onProgress !== undefined;
  const record = (losses: { train: number; valid: number }) => {
    const score = (part: Part, loss: number) =>
      byLoss ? -loss : task.score(native.boosterScores(booster, part === valid), part.y, part.weights);
    trainScore.push(score(train, losses.train));
    if (valid !== null) validationScore.push(score(valid, losses.valid));
  };
  if (stopping && previous === null) record(await native.boosterRound(booster, false, byLoss, cancel));
  for (let round = done; round < params.maxIter; round++) {
    const losses = await native.boosterRound(booster, true, evaluate, cancel);
    if (stopping) record(losses);
    const goOn = report(owner, input, round + 1, params.maxIter, losses, valid !== null);
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
}

function specOf(
  owner: object,
  { columns }: FitInput,
  params: HistBoostingParams,
  task: HistBoostingTask,
): Omit<BoosterSpec, 'seed' | 'firstTree' | 'scores' | 'validScores'> {
  const categorical = categoricalMarks(owner, params.categoricalFeatures, columns);
  return {
    loss: task.loss,
    lossParameter: task.lossParameter,
    classes: task.loss === 'softmax' ? task.outputs : 0,
    learningRate: params.learningRate,
    rowShare: params.subsample,
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

/** One event a round. A listener that returns false ends the fit, which keeps its rounds. */
function report(
  owner: object,
  { onProgress }: FitInput,
  done: number,
  total: number,
  losses: { train: number; valid: number },
  hasValidation: boolean,
): boolean {
  const event = {
    estimator: owner.constructor.name,
    done,
    total,
    fraction: done / total,
    trainLoss: losses.train,
    ...(hasValidation ? { validationLoss: losses.valid } : {}),
  };
  return onProgress?.(event) !== false;
}

/** Whether none of the last scores is better than the one before them. */
function hasStalled(scores: readonly number[], { nIterNoChange, tol }: HistBoostingParams): boolean {
  const reference = scores.length - nIterNoChange - 1;
  return reference >= 0 && scores.slice(reference + 1).every((score) => score <= scores[reference] + tol);
}

/** Rows for validation, ascending; null for none. */
function drawHeldOut(
  owner: object,
  fraction: number | null,
  { strata, y }: HistBoostingTask,
  seed: number,
): Int32Array | null {
  if (fraction === null) return null;
  const rows = y.length;
  const count = fraction < 1 ? Math.ceil(fraction * rows) : fraction;
  if (count >= rows) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name}: parameter 'validationFraction' leaves no rows to train on; there are ${rows}.`,
    );
  }
  const order = new Random(seed).permutation(rows);
  if (strata === null) return order.slice(0, count).sort();
  // Sorted by class the shuffled rows are met in turn by every (rows / count)-th place, which keeps the shares.
  const byClass = order.sort((a, b) => strata[a] - strata[b]);
  return Int32Array.from({ length: count }, (_, k) => byClass[Math.floor(((k + 0.5) * rows) / count)]).sort();
}

function rowsWithout(rows: Int32Array, total: number): Int32Array {
  const left = new Uint8Array(total).fill(1);
  for (const row of rows) left[row] = 0;
  return Int32Array.from({ length: total }, (_, i) => i).filter((i) => left[i] === 1);
}

function takePart({ x, y, weights }: Part, rows: Int32Array): Part {
  const take = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const taken = weights && take(weights);
  if (taken?.every((weight) => weight === 0)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'sampleWeight: the rows that are held out, or the others, all weigh 0.',
    );
  }
  return { x: x.takeRows(rows), y: take(y), weights: taken };
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
