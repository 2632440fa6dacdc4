/**
 * The order that sorts numbers: a radix sort of the bits of float64, six passes of 11 bits over 32-bit halves, stable.
 * It needs no comparator calls, which makes it several times faster than sorting an index array with one.
 * Flipping the sign bit (all bits for negatives) makes the unsigned order of the bits the order of the numbers.
 */

const DIGITS = 1 << 11;
/** Half of the key (0 low, 1 high) and shift of each pass, least significant first. */
const PASSES = [
  [0, 0],
  [0, 11],
  [0, 22],
  [1, 0],
  [1, 11],
  [1, 22],
] as const;

/** Indices that put finite values into ascending order; equal values keep theirs. */
export function argsort(values: Float64Array): Uint32Array {
  const n = values.length;
  const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * n);
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const negative = bits[2 * i + 1] >>> 31;
    low[i] = negative ? ~bits[2 * i] : bits[2 * i];
    high[i] = negative ? ~bits[2 * i + 1] : bits[2 * i + 1] ^ 0x8000_0000;
  }
  const halves = [low, high];
  let order = new Uint32Array(n).map((_, i) => i);
  let next = new Uint32Array(n);
  const starts = new Uint32Array(DIGITS);
  for (const [half, shift] of PASSES) {
    const keys = halves[half];
    starts.fill(0);
    for (let i = 0; i < n; i++) starts[(keys[i] >>> shift) & (DIGITS - 1)]++;
    let start = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const count = starts[digit];
      starts[digit] = start;
      start += count;
    }
    for (let k = 0; k < n; k++) {
      const i = order[k];
      next[starts[(keys[i] >>> shift) & (DIGITS - 1)]++] = i;
    }
    [order, next] = [next, order];
  }
  return order;
}
