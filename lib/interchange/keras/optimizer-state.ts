/**
 * The state of optimizers as Keras keeps it: the steps, the learning rate unless a schedule gives it, and arrays for each
 * variable that is trained. Ours are arrays as long as all weights together, each of one kind.
 */
import { sizeOf } from '../../core/shape.js';
import type { WeightSpec } from '../../nn/architecture.js';
import type { OptimizerConfig } from '../../nn/optimizers.js';
import type { KerasArray } from './weights-file.js';

/** Steps of an optimizer so far, and its arrays. */
export interface OptimizerState {
  readonly steps: number;
  readonly moments: Float32Array | null;
}

/** The numbers of arrays for each variable: those that lie together in Keras's files, kind by kind. */
function kindsOf(optimizer: OptimizerConfig): number[] {
  switch (optimizer.type) {
    case 'sgd':
      return optimizer.momentum === 0 ? [] : [1];
    case 'rmsprop':
      return [1, ...(optimizer.momentum > 0 ? [1] : []), ...(optimizer.centered ? [1] : [])];
    case 'adagrad':
      return [1];
    default:
      return optimizer.amsgrad ? [2, 1] : [2];
  }
}

/** Visits Keras's arrays in their order: the weight of each, and where it begins in ours. */
function* places(optimizer: OptimizerConfig, weights: readonly WeightSpec[]) {
  const starts: number[] = [];
  let size = 0;
  for (const { shape } of weights) {
    starts.push(size);
    size += sizeOf(shape);
  }
  let slot = 0;
  for (const count of kindsOf(optimizer)) {
    for (const [i, weight] of weights.entries()) {
      if (!weight.trainable) continue;
      for (let k = slot; k < slot + count; k++) yield { weight, start: k * size + starts[i] };
    }
    slot += count;
  }
}

function initialMoments(optimizer: OptimizerConfig, weights: readonly WeightSpec[]): Float32Array {
  const size = weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const slots = kindsOf(optimizer).reduce((sum, count) => sum + count, 0);
  const initial = optimizer.type === 'adagrad' ? optimizer.initialAccumulatorValue : 0;
  return new Float32Array(slots * size).fill(initial);
}

/** @returns null where the arrays are not those of the optimizer and weights */
export function readOptimizerState(
  optimizer: OptimizerConfig,
  weights: readonly WeightSpec[],
  arrays: readonly KerasArray[],
): OptimizerState | null {
  const [iterations, ...others] = arrays;
  const steps = Number(iterations?.values[0] ?? 0);
  const state = others.slice(typeof optimizer.learningRate === 'number' ? 1 : 0);
  if (!Number.isSafeInteger(steps) || steps < 0 || (iterations?.values.length ?? 1) !== 1) return null;
  // An optimizer that has not begun has no arrays.
  if (state.length === 0) return { steps, moments: null };
  const moments = initialMoments(optimizer, weights);
  let k = 0;
  for (const { weight, start } of places(optimizer, weights)) {
    const array = state[k++];
    if (array?.shape.join() !== weight.shape.join()) return null;
    moments.set(array.values, start);
  }
  return k === state.length ? { steps, moments } : null;
}

export function writeOptimizerState(
  optimizer: OptimizerConfig,
  weights: readonly WeightSpec[],
  { steps, moments }: OptimizerState,
): KerasArray[] {
  const own = moments ?? initialMoments(optimizer, weights);
  const { learningRate } = optimizer;
  const scalar = (values: KerasArray['values']): KerasArray => ({ shape: [], values });
  const arrays = Array.from(places(optimizer, weights), ({ weight: { shape }, start }) => ({
    shape,
    values: own.subarray(start, start + sizeOf(shape)),
  }));
  const rate = typeof learningRate === 'number' ? [scalar(Float32Array.of(learningRate))] : [];
  return [scalar(Int32Array.of(steps)), ...rate, ...arrays];
}
