/** What histogram gradient boosting learns, and how it becomes scores. */
import { Matrix } from '../core/matrix.js';
import { checkLength, float32s, float64s, int, int32s, type Rules, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { TreeScores } from '../core/tree-scores.js';
import { ValidationError } from '../errors.js';
import type { NativeBoostedTrees } from '../native.js';

/** Trees, those of the first output first; `baseline` is the score of each output before any tree. */
export interface HistBoostingState extends NativeBoostedTrees {
  /** Rounds: trees of each output. */
  readonly iterations: number;
  /** Scores of the training and validation rows before the first round and after each; empty without early stopping. */
  readonly trainScore: Float64Array;
  readonly validationScore: Float64Array;
}

export const histBoostingStateRules: Rules<HistBoostingState> = {
  treeOffsets: int32s(),
  feature: int32s(),
  threshold: float64s(),
  left: int32s(),
  rules: uint8s(),
  cover: float32s(),
  values: float64s(),
  setOffsets: int32s(),
  setWords: int32s(),
  gain: float64s(),
  baseline: float64s(),
  iterations: int(1, 1_000_000),
  trainScore: float64s(),
  validationScore: float64s(),
};

/** Checks of a restored state that its plan does not make. */
export function checkHistBoostingState(owner: object, state: HistBoostingState, outputs: number): void {
  checkLength(owner, 'baseline', state.baseline, outputs);
  checkLength(owner, 'treeOffsets', state.treeOffsets, outputs * state.iterations + 1);
  checkLength(owner, 'gain', state.gain, state.feature.length);
  const { treeOffsets, feature } = state;
  const rising = treeOffsets.every((offset, t) => t === 0 || offset > treeOffsets[t - 1]);
  if (treeOffsets[0] === 0 && rising && treeOffsets[treeOffsets.length - 1] === feature.length) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} state: 'treeOffsets' do not cover the nodes.`,
  );
}

/** The scores as baseline + sum of the trees of each output. */
export function histScores(state: HistBoostingState): TreeScores {
  const { baseline, iterations } = state;
  const groups = Int32Array.from({ length: baseline.length + 1 }, (_, k) => k * iterations);
  return { forest: { ...state, groups, compare: 'float64' }, base: baseline, divisor: 1 };
}

/** The scores, one column for each output. */
export function lowerHistScores(plan: PlanBuilder, x: Slot, state: HistBoostingState): Slot {
  const { forest, base, divisor } = histScores(state);
  const sums = plan.forest(x, forest, base.length, 'sum');
  const shift = base.map((score) => -score);
  return plan.affine(sums, shift, new Float64Array(base.length).fill(divisor));
}

/** The value of the leaf that a row reaches, one column for each tree. */
export function lowerHistTrees(plan: PlanBuilder, x: Slot, state: HistBoostingState): Slot {
  return plan.forest(x, { ...state, compare: 'float64' }, 1, 'perTree');
}

/** Scores after each round, [rows, outputs], from the values of {@link lowerHistTrees}. */
export function* stagedHistScores(
  { baseline, iterations }: HistBoostingState,
  trees: Matrix,
): Generator<Matrix<Float64Array>> {
  const outputs = baseline.length;
  const scores = Float64Array.from({ length: trees.rows * outputs }, (_, k) => baseline[k % outputs]);
  for (let round = 0; round < iterations; round++) {
    for (let i = 0; i < trees.rows; i++) {
      for (let k = 0; k < outputs; k++) {
        scores[i * outputs + k] += trees.data[i * trees.cols + k * iterations + round];
      }
    }
    yield new Matrix(scores.slice(), trees.rows, outputs);
  }
}

/** By column: the sum of the gains of its splits, or their number; as shares that sum to 1 (0 without a split). */
export function histImportances(
  state: HistBoostingState,
  columns: number,
  kind: 'gain' | 'split',
): Float64Array {
  const totals = new Float64Array(columns);
  state.feature.forEach((column, node) => {
    if (column >= 0) totals[column] += kind === 'gain' ? state.gain[node] : 1;
  });
  const sum = totals.reduce((a, b) => a + b, 0);
  return sum > 0 ? totals.map((total) => total / sum) : totals;
}
