/**
 * Gives users to variants by a hash, so that the same user gets the same variant on every machine, after every restart,
 * and in every language: the first 13 hex digits of SHA-256 of "salt:user" (UTF-8), as a fraction of 16^13.
 */
import { hash } from 'node:crypto';

const DIGITS = 13;
const SCALE = 16 ** DIGITS;

/**
 * Where a user stands between 0 (inclusive) and 1 (exclusive).
 *
 * @param salt - names the experiment: with another one, users are spread anew
 */
export function bucketOf(user: string, salt: string): number {
  return Number.parseInt(hash('sha256', `${salt}:${user}`).slice(0, DIGITS), 16) / SCALE;
}

/** A name with its share of the traffic. */
export interface Share<T> {
  readonly name: T;
  /** >= 0; shares need not sum to 1. */
  readonly weight: number;
}

/** The name whose part of [0, 1) holds `bucket`; parts lie side by side in the order given. */
export function pick<T>(shares: ReadonlyArray<Share<T>>, bucket: number): T {
  let total = 0;
  for (const { weight } of shares) total += weight;
  let rest = bucket * total;
  for (const { name, weight } of shares) {
    if (rest < weight) return name;
    rest -= weight;
  }
  // Only rounding gets here.
  return shares[shares.length - 1].name;
}
