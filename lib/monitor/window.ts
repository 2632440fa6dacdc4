/** The last rows of a stream, in a ring of fixed size. */
import type { FloatArray } from '../core/matrix.js';

/** See the head of this file. */
export class Window {
  readonly #data: Float64Array;
  readonly #rows: number;
  readonly #width: number;
  #next = 0;
  /** Rows that were ever added. */
  added = 0;

  constructor(rows: number, width: number) {
    this.#data = new Float64Array(rows * width);
    this.#rows = rows;
    this.#width = width;
  }

  /** Rows in the window. */
  get length(): number {
    return Math.min(this.added, this.#rows);
  }

  get isFull(): boolean {
    return this.added >= this.#rows;
  }

  /** Adds rows; of more than fit, the last. `data` is read here, and not kept. */
  add(data: FloatArray, rows: number): void {
    const width = this.#width;
    this.added += rows;
    for (let i = Math.max(0, rows - this.#rows); i < rows; i++) {
      const to = this.#next * width;
      for (let j = 0; j < width; j++) this.#data[to + j] = data[i * width + j];
      this.#next = this.#next + 1 === this.#rows ? 0 : this.#next + 1;
    }
  }

  /** A copy of one column, in no order. */
  column(j: number): Float64Array {
    return Float64Array.from({ length: this.length }, (_, i) => this.#data[i * this.#width + j]);
  }
}
