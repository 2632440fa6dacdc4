/** Labels as whole numbers. */
import type { Label } from '../core/labels.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { learnLabels, requireLearned, requireList } from './label-lists.js';

/**
 * Numbers labels from 0 in sorted order: for targets. Classifiers of boreal take labels as they are, and need none; this is for
 * code that wants the numbers. For columns of X there is {@link OrdinalEncoder}.
 *
 * Differs from scikit-learn: missing labels are refused.
 *
 * @example
 * ```ts
 * import { LabelEncoder } from 'boreal';
 * const encoder = new LabelEncoder().fit(['rome', 'oslo', 'rome']);
 * encoder.classes; // ['oslo', 'rome']
 * encoder.transform(['rome']); // Int32Array [1]
 * encoder.inverseTransform([0]); // ['oslo']
 * ```
 */
export class LabelEncoder {
  #classes: readonly Label[] | null = null;

  /**
   * Learns the labels.
   *
   * @throws {ERR_LABELS} for a missing label, or labels of mixed types
   * @throws {ERR_EMPTY} when there are none
   */
  fit(y: ArrayLike<unknown>): this {
    this.#classes = learnLabels('LabelEncoder', y);
    return this;
  }

  /** The labels, sorted. @throws {ERR_NOT_FITTED} before `fit` */
  get classes(): Label[] {
    return requireLearned('LabelEncoder', this.#classes);
  }

  /**
   * The number of each label.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_LABELS} for a label that `fit` did not see
   */
  transform(y: ArrayLike<unknown>): Int32Array {
    const { classes } = this;
    requireList('LabelEncoder', y);
    const codes = new Map<unknown, number>(classes.map((label, code) => [label, code]));
    return Int32Array.from(y, (label, i) => {
      const code = codes.get(label);
      if (code !== undefined) return code;
      throw new ValidationError(
        'ERR_LABELS',
        `LabelEncoder: y[${i}] is ${show(label)}, which fit did not see.`,
      );
    });
  }

  /** Fits, then transforms the same labels. */
  fitTransform(y: ArrayLike<unknown>): Int32Array {
    return this.fit(y).transform(y);
  }

  /**
   * The label of each number.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_LABELS} for what is no number of a label
   */
  inverseTransform(codes: ArrayLike<number>): Label[] {
    const { classes } = this;
    return Array.from(codes, (code, i) => {
      if (Object.hasOwn(classes, code)) return classes[code];
      throw new ValidationError(
        'ERR_LABELS',
        `LabelEncoder: codes[${i}] is ${show(code)}, not one of 0 .. ${classes.length - 1}.`,
      );
    });
  }
}
