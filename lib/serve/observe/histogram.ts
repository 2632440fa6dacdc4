/**
 * Counts values by size, twice: in the few buckets that Prometheus is told of, and in some hundred that are 1/32 of a
 * power of two wide, so that quantiles are right to 1.6 %. Recording is a few additions and allocates nothing.
 */

const STEPS_LOG2 = 5;
const STEPS = 1 << STEPS_LOG2;
const BUCKETS = (32 - STEPS_LOG2) * STEPS;

/** Quantiles and extremes, in the unit of the values. */
export interface Summary {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** See the head of this file. */
export class Histogram {
  /** Upper ends, inclusive and ascending, of the coarse buckets; one more takes the rest. */
  readonly bounds: readonly number[];
  /** By coarse bucket. */
  readonly counts: Float64Array;
  count = 0;
  sum = 0;
  max = 0;
  readonly #fine = new Float64Array(BUCKETS);
  readonly #unit: number;

  /** @param unit - of the values: finer differences do not show, and 2^31 of it is the most */
  constructor(bounds: readonly number[], unit: number) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.#unit = unit;
  }

  /** Adds a value >= 0. */
  record(value: number): void {
    this.count += 1;
    this.sum += value;
    if (value > this.max) this.max = value;
    const { bounds } = this;
    let b = 0;
    while (b < bounds.length && value > bounds[b]) b++;
    this.counts[b] += 1;
    this.#fine[bucketOf(Math.min(value / this.#unit, 0x7fffffff) | 0)] += 1;
  }

  /** Adds what another one with the same bounds has counted. */
  add(other: Histogram): this {
    this.count += other.count;
    this.sum += other.sum;
    this.max = Math.max(this.max, other.max);
    for (let b = 0; b < this.counts.length; b++) this.counts[b] += other.counts[b];
    for (let b = 0; b < BUCKETS; b++) this.#fine[b] += other.#fine[b];
    return this;
  }

  /** Forgets everything. */
  clear(): void {
    this.count = this.sum = this.max = 0;
    this.counts.fill(0);
    this.#fine.fill(0);
  }

  /** The value that a share `q` of all values does not exceed; 0 without values. */
  quantile(q: number): number {
    let left = Math.max(1, Math.ceil(q * this.count));
    for (let b = 0; b < BUCKETS; b++) {
      left -= this.#fine[b];
      if (left <= 0) return Math.min(this.max, middleOf(b) * this.#unit);
    }
    return 0;
  }

  summary(): Summary {
    return {
      mean: this.count === 0 ? 0 : this.sum / this.count,
      p50: this.quantile(0.5),
      p95: this.quantile(0.95),
      p99: this.quantile(0.99),
      max: this.max,
    };
  }
}

/** Small numbers have a bucket each; then each power of two has 32. */
function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const shift = 31 - Math.clz32(value) - STEPS_LOG2;
  return shift * STEPS + (value >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * STEPS) return bucket + 0.5;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - shift * STEPS + 0.5) * 2 ** shift;
}

/** A histogram of the last minute or so: slots of ten seconds, the oldest of which is cleared for the next. */
export class RecentHistogram {
  readonly seconds = SLOTS * SLOT_SECONDS;
  readonly #slots: Histogram[];
  readonly #starts = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY);

  constructor(bounds: readonly number[], unit: number) {
    this.#slots = Array.from({ length: SLOTS }, () => new Histogram(bounds, unit));
    this.#make = () => new Histogram(bounds, unit);
  }

  readonly #make: () => Histogram;

  /** @param now - in milliseconds, of a clock that does not go back */
  record(value: number, now: number): void {
    const start = Math.floor(now / (1000 * SLOT_SECONDS));
    const slot = start % SLOTS;
    if (this.#starts[slot] !== start) {
      this.#starts[slot] = start;
      this.#slots[slot].clear();
    }
    this.#slots[slot].record(value);
  }

  /** What was recorded in the last {@link RecentHistogram.seconds}. */
  total(now: number): Histogram {
    const oldest = Math.floor(now / (1000 * SLOT_SECONDS)) - SLOTS;
    const total = this.#make();
    this.#slots.forEach((slot, i) => {
      if (this.#starts[i] > oldest) total.add(slot);
    });
    return total;
  }
}

const SLOTS = 6;
const SLOT_SECONDS = 10;
