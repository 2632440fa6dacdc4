/** Rows and columns drawn at random by their number or their weight. */
import type { Random } from './random.js';

/** `count` of the numbers 0 to `size` - 1. */
export function drawIndices(random: Random, size: number, count: number, replace: boolean): Int32Array {
  if (replace) return Int32Array.from({ length: count }, () => random.int(size));
  return count === size
    ? Int32Array.from({ length: size }, (_, i) => i)
    : random.permutation(size).slice(0, count);
}

/** `count` rows, each drawn with a probability in proportion to its weight. */
export function drawRows(random: Random, weights: Float64Array, count: number, replace: boolean): Int32Array {
  if (!replace) {
    // The rows with the smallest exponential deviates of their rates (Efraimidis and Spirakis, 2006).
    const keys = weights.map((weight) => -Math.log(1 - random.next()) / weight);
    const order = Int32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b]);
    return order.slice(0, count);
  }
  const sums = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, i) => {
    total += weight;
    sums[i] = total;
  });
  return Int32Array.from({ length: count }, () => firstAbove(sums, random.next() * total));
}

/** The first position whose value is above the target, by bisection; the last one that adds anything where rounding leaves none. */
function firstAbove(sums: Float64Array, target: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
