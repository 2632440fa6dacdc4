/** Two variants of anything, users given to them for good, and which of the two does better. */
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { bucketOf, pick } from './assign.js';
import { compareOutcomes, type ExperimentStats, Outcomes } from './outcomes.js';

/** Options of {@link ABTest}. */
export interface ABTestOptions<A, B = A> {
  /** What users of variant 'a' get: a model, a version, a name. */
  readonly a: A;
  readonly b: B;
  /** Share of the users that get `a`, in [0, 1]. Default 0.5. */
  readonly split?: number;
  /** Names the experiment: with another name, users are spread anew. Default 'ab'. */
  readonly name?: string;
}

/** The names of the two variants. */
export type Variant = 'a' | 'b';

/**
 * An A/B test: gives users to two variants, always the same user to the same one, and says from their outcomes whether
 * one does better. True, false, 0 and 1 are compared as rates (chi-squared), other numbers as means (Welch's t).
 *
 * @example
 * ```ts
 * import { ABTest } from 'boreal';
 * const test = new ABTest({ a: 'forest-1', b: 'forest-2', split: 0.5 });
 * const variant = test.assign('user-17');
 * test[variant]; // 'forest-2'
 * for (let i = 0; i < 1000; i++) test.record('a', i % 10 === 0);
 * for (let i = 0; i < 1000; i++) test.record('b', i % 5 === 0);
 * test.stats().winner; // 'b'
 * test.stats().verdict; // 'b is 10.0 points above a (p < 0.001): unlikely to be chance.'
 * ```
 */
export class ABTest<A, B = A> {
  readonly a: A;
  readonly b: B;
  readonly split: number;
  readonly name: string;
  readonly #outcomes = new Map<string, Outcomes>([
    ['a', new Outcomes()],
    ['b', new Outcomes()],
  ]);

  /** @throws {ERR_PARAMETER} for a bad split or name */
  constructor(options: ABTestOptions<A, B>) {
    requireOptions(options);
    const { a, b, split = 0.5, name = 'ab' } = options;
    if (!(typeof split === 'number' && split >= 0 && split <= 1))
      throw new ValidationError('ERR_PARAMETER', `ABTest: 'split' must be in [0, 1]; got ${show(split)}.`);
    if (typeof name !== 'string')
      throw new ValidationError('ERR_PARAMETER', `ABTest: 'name' must be text; got ${show(name)}.`);
    this.a = a;
    this.b = b;
    this.split = split;
    this.name = name;
  }

  /** The variant of a user: the same today and tomorrow, here and elsewhere; see {@link bucketOf}. */
  assign(user: string | number): Variant {
    const shares = [
      { name: 'a', weight: this.split },
      { name: 'b', weight: 1 - this.split },
    ] as const;
    return pick(shares, bucketOf(String(user), this.name));
  }

  /**
   * Notes an outcome.
   *
   * @param who - 'a', 'b', or a user, whose variant is the assigned one
   * @param outcome - true or 1 for a success, false or 0 for a failure, any other finite number for a measure
   * @throws {ERR_PARAMETER} for an outcome that is neither
   */
  record(who: Variant | string | number, outcome: boolean | number): void {
    if (typeof outcome !== 'boolean' && !Number.isFinite(outcome)) {
      const message = `ABTest: an outcome is true, false or a finite number; got ${show(outcome)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const variant = who === 'a' || who === 'b' ? who : this.assign(who);
    this.#outcomes.get(variant)!.add(outcome);
  }

  /** What the outcomes so far say; 'a' is what 'b' is measured against. */
  stats(): ExperimentStats {
    return compareOutcomes(this.#outcomes);
  }
}
