/** Numbers outside the range of the training data: what a model says of them is an extrapolation. */
import type { FloatArray } from '../../core/matrix.js';
import type { Column } from '../../core/schema.js';
import { ValidationError } from '../../errors.js';
import { quote } from './row-reader.js';

/** What becomes of a number outside the training range. */
export type RangePolicy = 'ignore' | 'warn' | 'refuse';

/** A value that the client should know about. */
export interface RangeWarning {
  readonly code: 'ERR_OUT_OF_RANGE';
  readonly warning: string;
  readonly field: string;
  /** Zero-based row of a batch. */
  readonly row?: number;
}

/** A hostile batch could be out of range a million times; this many are worth telling. */
const MAX_WARNINGS = 20;

/** Finds such numbers in encoded rows. */
export class RangeCheck {
  readonly #columns: readonly Column[];
  /** In the precision of the rows: what was 0.1 in training is not above 0.1 when it comes as float32. */
  readonly #lows: FloatArray;
  readonly #highs: FloatArray;

  constructor(columns: readonly Column[], precision: 'float32' | 'float64') {
    const ends = (end: 0 | 1, otherwise: number) => {
      const values = columns.map(({ range }) => range?.[end] ?? otherwise);
      return precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    };
    this.#columns = columns;
    this.#lows = ends(0, Number.NEGATIVE_INFINITY);
    this.#highs = ends(1, Number.POSITIVE_INFINITY);
  }

  /** Calls `found` for each number outside, until it returns false. */
  each(input: FloatArray, rows: number, found: (row: number, column: number) => boolean): void {
    const lows = this.#lows;
    const highs = this.#highs;
    const width = lows.length;
    for (let i = 0, at = 0; i < rows; i++) {
      for (let j = 0; j < width; j++, at++) {
        // Neither holds for NaN, which is a missing value.
        if ((input[at] < lows[j] || input[at] > highs[j]) && !found(i, j)) return;
      }
    }
  }

  /** The first of them, for the client; undefined when there are none. */
  warnings(input: FloatArray, rows: number, batch: boolean): readonly RangeWarning[] | undefined {
    const warnings: RangeWarning[] = [];
    this.each(input, rows, (row, j) => {
      const warning = this.#message(j, input[row * this.#lows.length + j]);
      const { name: field } = this.#columns[j];
      warnings.push({ code: 'ERR_OUT_OF_RANGE', warning, field, ...(batch && { row }) });
      return warnings.length < MAX_WARNINGS;
    });
    return warnings.length > 0 ? warnings : undefined;
  }

  /** @throws {ERR_OUT_OF_RANGE} with the row and the column of the first of them */
  refuse(input: FloatArray, rows: number): void {
    this.each(input, rows, (row, j) => {
      const message = this.#message(j, input[row * this.#lows.length + j]);
      throw Object.assign(new ValidationError('ERR_OUT_OF_RANGE', message), { row, column: j });
    });
  }

  #message(j: number, value: number): string {
    const { name, range } = this.#columns[j];
    return `Field ${quote(name)} was from ${range![0]} to ${range![1]} in training; got ${value}.`;
  }
}
