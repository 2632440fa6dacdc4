/**
 * Seeded random numbers for work done in JavaScript: splits, shuffles, synthetic data. xoshiro128** (Blackman & Vigna,
 * 2018, https://prng.di.unimi.it), whose 32-bit words need no BigInt, seeded by SplitMix32. The native core has its
 * own generator; the two streams are unrelated.
 */
import { ValidationError } from '../errors.js';

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** SplitMix with 32-bit words: the finaliser of MurmurHash3 over a Weyl sequence. */
function splitMix32(state: number): () => number {
  let x = state;
  return () => {
    x = (x + 0x9e3779b9) | 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
}

/** A deterministic stream of random numbers: the same seed gives the same stream on every platform. */
export class Random {
  readonly #state: Int32Array;
  /** The second normal deviate of a pair, until it is asked for. */
  #spare: number | undefined;

  /**
   * @param seed - a whole number from 0 to 2^53 - 1
   * @throws {ERR_PARAMETER} when the seed is anything else
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `A seed is a whole number from 0 to 2^53 - 1; got ${String(seed)}.`,
      );
    }
    const low = splitMix32(seed | 0);
    const high = splitMix32(Math.floor(seed / 0x1_0000_0000) ^ low());
    // SplitMix visits each word once, so four draws of one stream are never all zero, the one state to avoid.
    this.#state = Int32Array.of(high(), high(), high(), high());
  }

  /** 32 random bits as a whole number in [0, 2^32). */
  #bits(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  next(): number {
    const high = this.#bits() >>> 5;
    const low = this.#bits() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /**
   * A whole number in [0, bound), every one equally likely.
   *
   * @param bound - from 1 to 2^32
   * @throws {ERR_PARAMETER} when the bound is out of range
   */
  int(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x1_0000_0000) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `A bound is a whole number from 1 to 2^32; got ${String(bound)}.`,
      );
    }
    // Values past the last full multiple of the bound would favour small results.
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      const bits = this.#bits();
      if (bits < limit) return bits % bound;
    }
  }

  /** A standard normal deviate, by the polar method of Marsaglia (1964). */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spare = v * scale;
        return u * scale;
      }
    }
  }

  /** Shuffles in place (Fisher & Yates) and returns the same array. */
  shuffle<A extends { readonly length: number; [index: number]: unknown }>(array: A): A {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = array[i];
      array[i] = array[j];
      array[j] = kept;
    }
    return array;
  }

  /** The whole numbers 0 to n - 1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }
}
