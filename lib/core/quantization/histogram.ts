/** Where the values that a layer reads lie, and the ranges that follow from it. */
import type { RangeMethod } from './types.js';

/** Low and high end of a range, 0 in it. */
export type Range = readonly [low: number, high: number];

const BINS = 4096;
/** Codes of a range. */
const LEVELS = 256;
/** What codes say of a place where only cut values are: as ONNX Runtime smooths distributions. */
const SMOOTHED = 1e-4;
/** A search tries the parts k / STEPS of each end of the range, from LEAST_STEP on. */
const STEPS = 64;
const LEAST_STEP = 8;

/** The range and then, in a second pass, counts over it in equal bins. Zeros have a code of their own, and are counted apart. */
export class Histogram {
  low = 0;
  high = 0;
  readonly #counts = new Float64Array(BINS);
  #zeros = 0;

  /** Makes the range hold a value. */
  widen(value: number): void {
    if (value < this.low) this.low = value;
    else if (value > this.high) this.high = value;
  }

  /** Counts a value of the range. */
  add(value: number): void {
    if (value === 0) this.#zeros += 1;
    else this.#counts[Math.min(BINS - 1, Math.floor((value - this.low) * this.#perBin))] += 1;
  }

  get #perBin(): number {
    return BINS / (this.high - this.low);
  }
  get #width(): number {
    return (this.high - this.low) / BINS;
  }

  /** The range by a method; `percentile` in (50, 100]. */
  range(method: RangeMethod, percentile: number): Range {
    if (this.high === this.low) return [0, 0];
    switch (method) {
      case 'minMax':
        return [this.low, this.high];
      case 'percentile':
        return this.#percentiles(percentile / 100);
      case 'entropy':
        return this.#search((range) => this.#divergence(range));
      case 'mse':
        return this.#search((range) => this.#squaredError(range));
    }
  }

  /** The range of a share of the values; as many are left out at each end. */
  #percentiles(share: number): Range {
    const total = this.#counts.reduce((sum, count) => sum + count, this.#zeros);
    const beyond = ((1 - share) / 2) * total;
    const width = this.#width;
    const end = (from: number, step: 1 | -1): number => {
      let left = beyond;
      for (let bin = from; bin >= 0 && bin < BINS; bin += step) {
        const count = this.#counts[bin];
        if (count > left) return this.low + (bin + 0.5 + step * (left / count - 0.5)) * width;
        left -= count;
      }
      return 0;
    };
    return [Math.min(0, end(0, 1)), Math.max(0, end(BINS - 1, -1))];
  }

  /** The range of least cost: first its high end, then its low one. */
  #search(cost: (range: Range) => number): Range {
    let best: Range = [this.low, this.high];
    for (const end of [1, 0] as const) {
      let least = Infinity;
      let found = best;
      for (let k = STEPS; k >= LEAST_STEP; k--) {
        const tried: Range =
          end === 1 ? [best[0], (this.high * k) / STEPS] : [(this.low * k) / STEPS, best[1]];
        if (tried[1] === tried[0]) continue;
        const c = cost(tried);
        if (c < least) [least, found] = [c, tried];
      }
      best = found;
    }
    return best;
  }

  /** Rounding to the codes of a range, and what is cut off beyond it. */
  #squaredError([low, high]: Range): number {
    const step = (high - low) / (LEVELS - 1);
    const rounding = step ** 2 / 12;
    let error = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#counts[bin];
      if (count === 0) continue;
      const value = this.low + (bin + 0.5) * this.#width;
      const cut = value < low ? low - value : value > high ? value - high : 0;
      error += count * (cut > 0 ? cut ** 2 : rounding);
    }
    return error;
  }

  /** How much the distribution of the values, cut to the range, says beyond that of their codes. */
  #divergence([low, high]: Range): number {
    const counts = this.#counts;
    const first = Math.floor((low - this.low) * this.#perBin);
    const last = Math.min(BINS, Math.ceil((high - this.low) * this.#perBin)) - 1;
    const cut = counts.slice(first, last + 1);
    const bins = cut.length;
    const levelOf = (bin: number) => Math.floor((bin * LEVELS) / bins);
    const sums = new Float64Array(LEVELS);
    const filled = new Float64Array(LEVELS);
    for (let bin = 0; bin < bins; bin++) {
      sums[levelOf(bin)] += cut[bin];
      if (cut[bin] > 0) filled[levelOf(bin)] += 1;
    }
    const inside = cut.reduce((sum, count) => sum + count, 0);
    // What lies beyond counts as the last value of its side.
    for (let bin = 0; bin < first; bin++) cut[0] += counts[bin];
    for (let bin = last + 1; bin < BINS; bin++) cut[bins - 1] += counts[bin];
    const total = cut.reduce((sum, count) => sum + count, 0);
    let divergence = 0;
    for (let bin = 0; bin < bins; bin++) {
      if (cut[bin] === 0) continue;
      const p = cut[bin] / total;
      const level = levelOf(bin);
      const q = filled[level] === 0 ? SMOOTHED : sums[level] / filled[level] / inside;
      divergence += p * Math.log(p / q);
    }
    return divergence;
  }
}
