/**
 * The local model of LIME: features are selected and weighed by ridge regression on the weighted neighbourhood, as
 * `LimeBase.explain_instance_with_data` of the package lime does. All fits of all selections read one Gram matrix of the
 * centred data, so that a selection costs small systems and not passes over the neighbourhood.
 */
import { Matrix } from '../core/matrix.js';

/** How the features of the local model are chosen. */
export type LimeSelection = 'auto' | 'forwardSelection' | 'highestWeights' | 'lassoPath' | 'none';

/** A linear model of the neighbourhood. */
export interface LocalFit {
  /** Positions of the features, the largest weight first. */
  readonly features: number[];
  /** In the order of `features`. */
  readonly weights: number[];
  readonly intercept: number;
  /** R2 of the local model on its neighbourhood. */
  readonly score: number;
  /** What it says of the row itself. */
  readonly prediction: number;
}

/** Weighted and centred sums of a neighbourhood. */
interface Sums {
  readonly means: Float64Array;
  /** [features, features] */
  readonly gram: Matrix;
  /** For each output: its mean, its products with the features, and its sum of squares. */
  readonly outputs: { mean: number; products: Float64Array; squares: number }[];
}

/**
 * @param data - [samples, features]; the first row is the one to explain
 * @param outputs - for each output, what the model predicts of each sample
 * @param weights - of the samples
 */
export async function sumsOf(
  data: Matrix<Float64Array>,
  outputs: readonly Float64Array[],
  weights: Float64Array,
): Promise<Sums> {
  const { rows, cols } = data;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const means = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) means[j] += (weights[i] / total) * data.data[i * cols + j];
  }
  const centred = Matrix.zeros(rows, cols);
  for (let i = 0; i < rows; i++) {
    const root = Math.sqrt(weights[i]);
    for (let j = 0; j < cols; j++) centred.data[i * cols + j] = root * (data.data[i * cols + j] - means[j]);
  }
  return {
    means,
    gram: await centred.matmulAsync(centred, { transposeA: true }),
    outputs: outputs.map((values) => {
      const mean = values.reduce((sum, value, i) => sum + (weights[i] / total) * value, 0);
      const products = new Float64Array(cols);
      let squares = 0;
      for (let i = 0; i < rows; i++) {
        const own = Math.sqrt(weights[i]) * (values[i] - mean);
        squares += own * own;
        for (let j = 0; j < cols; j++) products[j] += own * centred.data[i * cols + j];
      }
      return { mean, products, squares };
    }),
  };
}

/** The local model of one output. */
export function fitLocal(
  sums: Sums,
  output: number,
  row: ArrayLike<number>,
  numFeatures: number,
  selection: LimeSelection,
): LocalFit {
  const { mean, products, squares } = sums.outputs[output];
  const chosen = select(sums, output, row, numFeatures, selection);
  const weights = ridge(sums.gram, products, chosen, 1);
  const order = chosen.map((_, k) => k).sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]));
  const intercept = chosen.reduce((sum, j, k) => sum - weights[k] * sums.means[j], mean);
  return {
    features: order.map((k) => chosen[k]),
    weights: order.map((k) => weights[k]),
    intercept,
    score: squares > 0 ? explained(sums.gram, products, chosen, weights) / squares : 1,
    prediction: chosen.reduce((sum, j, k) => sum + weights[k] * row[j], intercept),
  };
}

function select(
  { gram, outputs }: Sums,
  output: number,
  row: ArrayLike<number>,
  numFeatures: number,
  selection: LimeSelection,
): number[] {
  const all = Array.from({ length: gram.cols }, (_, j) => j);
  const { products } = outputs[output];
  if (selection === 'none') return all;
  if (selection === 'lassoPath') return lassoPath(gram, products, numFeatures);
  if (selection === 'highestWeights' || (selection === 'auto' && numFeatures > 6)) {
    const weights = ridge(gram, products, all, 0.01);
    const size = (j: number) => Math.abs(weights[j] * row[j]);
    return all.sort((a, b) => size(b) - size(a)).slice(0, numFeatures);
  }
  const chosen: number[] = [];
  while (chosen.length < Math.min(numFeatures, all.length)) {
    let best = -1;
    let most = -Infinity;
    for (const j of all) {
      if (chosen.includes(j)) continue;
      const tried = [...chosen, j];
      const sum = explained(gram, products, tried, ridge(gram, products, tried, 0));
      if (sum > most) [best, most] = [j, sum];
    }
    chosen.push(best);
  }
  return chosen;
}

/** A correlation below this share of the largest is rounding. */
const NEGLIGIBLE = 1e-12;

/**
 * The features of the last step of the lasso's path that has at most so many: K-Lasso of the paper. The path is that of least
 * angle regression with drops (Efron and others, Least angle regression, 2004, section 3.1), from correlations alone.
 */
function lassoPath(gram: Matrix, products: Float64Array, numFeatures: number): number[] {
  const p = gram.cols;
  const coef = new Float64Array(p);
  const signs = new Float64Array(p);
  const active: number[] = [];
  let best: number[] = [];
  let dropped = -1;
  const start = products.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let step = 0; step < 8 * p; step++) {
    const correlation = products.map((value, j) => {
      let fitted = 0;
      for (const k of active) fitted += gram.data[j * p + k] * coef[k];
      return value - fitted;
    });
    const inactive = Array.from(coef.keys()).filter((j) => !active.includes(j));
    if (dropped < 0) {
      const next = inactive.reduce(
        (a, b) => (Math.abs(correlation[b]) > Math.abs(correlation[a]) ? b : a),
        inactive[0],
      );
      if (next === undefined || !(Math.abs(correlation[next]) > NEGLIGIBLE * start)) break;
      active.push(next);
      signs[next] = Math.sign(correlation[next]);
    }
    const level = Math.abs(correlation[active[0]]);
    const direction = ridge(gram, signs, active, 0);
    let length = level;
    for (const j of inactive) {
      if (active.includes(j) || j === dropped) continue;
      let slope = 0;
      active.forEach((k, a) => {
        slope += gram.data[j * p + k] * direction[a];
      });
      for (const [gap, rate] of [
        [level - correlation[j], 1 - slope],
        [level + correlation[j], 1 + slope],
      ]) {
        if (rate > NEGLIGIBLE && gap / rate > NEGLIGIBLE * level) length = Math.min(length, gap / rate);
      }
    }
    dropped = -1;
    active.forEach((k, a) => {
      const until = -coef[k] / direction[a];
      if (until > 0 && until < length) [length, dropped] = [until, k];
    });
    active.forEach((k, a) => {
      coef[k] = k === dropped ? 0 : coef[k] + length * direction[a];
    });
    if (dropped >= 0) active.splice(active.indexOf(dropped), 1);
    if (active.length > 0 && active.length <= numFeatures) best = [...active];
    if (active.length === 0 || length === level) break;
  }
  return best;
}

/** How much of the sum of squares a model takes away. */
function explained(
  gram: Matrix,
  products: Float64Array,
  chosen: readonly number[],
  weights: readonly number[],
): number {
  let sum = 0;
  for (let a = 0; a < chosen.length; a++) {
    let fitted = 0;
    for (let b = 0; b < chosen.length; b++)
      fitted += gram.data[chosen[a] * gram.cols + chosen[b]] * weights[b];
    sum += weights[a] * (2 * products[chosen[a]] - fitted);
  }
  return sum;
}

/** A pivot below this share of its diagonal belongs to a feature that the others tell already. */
const DEPENDENT = 1e-10;

/** Ridge regression on some features by Cholesky; a feature that depends on those before it weighs 0. */
function ridge(gram: Matrix, products: Float64Array, chosen: readonly number[], alpha: number): number[] {
  const n = chosen.length;
  const l = new Float64Array(n * n);
  const z = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = chosen[i] * gram.cols;
    let right = products[chosen[i]];
    for (let j = 0; j <= i; j++) {
      let sum = gram.data[row + chosen[j]] + (i === j ? alpha : 0);
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i > j) l[i * n + j] = l[j * n + j] > 0 ? sum / l[j * n + j] : 0;
      else l[i * n + i] = sum > DEPENDENT * (gram.data[row + chosen[i]] + alpha) ? Math.sqrt(sum) : 0;
    }
    for (let k = 0; k < i; k++) right -= l[i * n + k] * z[k];
    z[i] = l[i * n + i] > 0 ? right / l[i * n + i] : 0;
  }
  const weights = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = z[i];
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i] * weights[k];
    weights[i] = l[i * n + i] > 0 ? sum / l[i * n + i] : 0;
  }
  return weights;
}
