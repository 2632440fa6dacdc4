/** How many components rows of a known spectrum have (Minka, Automatic choice of dimensionality for PCA, NIPS 2000). */
import { logGamma } from '../core/distributions/student.js';

/** Below it an eigenvalue says nothing. */
const LEAST = 1e-15;

/**
 * The number of components, from 1 to one less than there are columns, under which the rows are most likely.
 *
 * @param spectrum - variances along all axes, descending
 */
export function likelyDimension(spectrum: Float64Array, rows: number): number {
  const columns = spectrum.length;
  let best = 1;
  let highest = -Infinity;
  let volume = 0;
  let logs = 0;
  let pairs = 0; // sum over i < j < rank of log (s_i - s_j)(1 / s_j - 1 / s_i)
  const gaps = suffixSums(spectrum);
  for (let rank = 1; rank < columns && spectrum[rank - 1] >= LEAST; rank++) {
    const last = spectrum[rank - 1];
    const half = (columns - rank + 1) / 2;
    volume += logGamma(half) - Math.log(Math.PI) * half - Math.log(2);
    logs += Math.log(last);
    for (let i = 0; i < rank - 1; i++) pairs += Math.log((spectrum[i] - last) * (1 / last - 1 / spectrum[i]));
    const left = columns - rank;
    const noise = Math.max(LEAST, spectrum.subarray(rank).reduce((sum, value) => sum + value, 0) / left);
    let beyond = 0; // the same over j >= rank, where each s_j of the second factor is the noise
    for (let i = 0; i < rank; i++) beyond += gaps[i][rank] + left * Math.log(1 / noise - 1 / spectrum[i]);
    const turns = columns * rank - (rank * (rank + 1)) / 2;
    const likelihood =
      volume -
      (rows / 2) * (logs + left * Math.log(noise)) +
      (Math.log(2 * Math.PI) * (turns + rank)) / 2 -
      (pairs + beyond + turns * Math.log(rows)) / 2 -
      (rank * Math.log(rows)) / 2;
    if (likelihood > highest) {
      best = rank;
      highest = likelihood;
    }
  }
  return best;
}

/** For each i, sums over j >= rank of log(s_i - s_j), by rank > i. */
function suffixSums(spectrum: Float64Array): Float64Array[] {
  return Array.from(spectrum, (value, i) => {
    const sums = new Float64Array(spectrum.length + 1);
    for (let j = spectrum.length - 1; j > i; j--) sums[j] = sums[j + 1] + Math.log(value - spectrum[j]);
    return sums;
  });
}
