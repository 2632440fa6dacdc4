/**
 * Splits on sets of categories as splits on numbers: for each set that a column is split by there is a column of its own, 0 for
 * the categories of the set, 1 for others, missing where the value is. ONNX's trees of sets are of operator set 5, which few
 * runtimes have.
 */
import type { ForestConstants } from '../../core/plan-types.js';
import type { Source } from './export-ops.js';
import { int } from './graph-writer.js';
import { ELEMENT } from './messages.js';

/** A split `value <= BETWEEN` of a column of a set goes left for its categories. */
export const BETWEEN = 0.5;

/** The columns of sets of a forest; see the head of this file. */
export class SetColumns {
  readonly #source: Source;
  readonly #forest: ForestConstants;
  /** By column of x, the sets that it is split by, in the order of their columns. */
  readonly #sets = new Map<number, Set<number>>();
  /** The place of each set's column after those of x, by column and set. */
  readonly #places = new Map<string, number>();

  constructor(source: Source, forest: ForestConstants, isSet: (node: number) => boolean) {
    this.#source = source;
    this.#forest = forest;
    forest.feature.forEach((column, node) => {
      if (column < 0 || !isSet(node)) return;
      const sets = this.#sets.get(column);
      if (sets === undefined) this.#sets.set(column, new Set([forest.threshold[node]]));
      else sets.add(forest.threshold[node]);
    });
    let place = source.widths[0];
    for (const [column, sets] of this.#sets)
      for (const set of sets) this.#places.set(`${column} ${set}`, place++);
  }

  /** The column that tells whether a value of `column` is in a set. */
  indexOf(column: number, set: number): number {
    return this.#places.get(`${column} ${set}`)!;
  }

  /** Whether a set holds a category. */
  holds(set: number, category: number): boolean {
    const { setOffsets, setWords } = this.#forest;
    const word = setOffsets![set] + (category >>> 5);
    return word < setOffsets![set + 1] && ((setWords![word] >>> (category & 31)) & 1) === 1;
  }

  /** x with the columns of the sets after its own. */
  append(x: string): string {
    if (this.#sets.size === 0) return x;
    const parts = Array.from(this.#sets, ([column, sets]) => this.#write(x, column, [...sets]));
    return this.#source.writer.node('Concat', [x, ...parts], { axis: int(1) });
  }

  #write(x: string, column: number, sets: readonly number[]): string {
    const { writer } = this.#source;
    const { setOffsets, compare = 'float32' } = this.#forest;
    const words = sets.map((set) => setOffsets![set + 1] - setOffsets![set]);
    const categories = 32 * Math.max(...words);
    // The last row is of what is no category.
    const table = new Float64Array((categories + 1) * sets.length).fill(1);
    sets.forEach((set, k) => {
      for (let c = 0; c < categories; c++) if (this.holds(set, c)) table[c * sets.length + k] = 0;
    });
    const value = writer.node('Gather', [x, writer.wholes([column], [])], { axis: int(1) });
    // As in native/plan/op.h: float32 rounds down what is >= 0, float64 rounds towards 0.
    const isFrom =
      compare === 'float32'
        ? writer.node('GreaterOrEqual', [value, writer.numbers([0], [1])])
        : writer.node('Greater', [value, writer.numbers([-1], [1])]);
    const isBelow = writer.node('Less', [value, writer.numbers([categories], [1])]);
    const isCategory = writer.node('And', [isFrom, isBelow]);
    const known = writer.node('Where', [isCategory, value, writer.numbers([categories], [1])]);
    const row = writer.cast(known, ELEMENT.int64);
    const found = writer.node('Gather', [writer.numbers(table, [categories + 1, sets.length]), row], {
      axis: int(0),
    });
    const isMissing = writer.node('IsNaN', [
      writer.node('Gather', [x, writer.wholes([column], [1])], { axis: int(1) }),
    ]);
    return writer.node('Where', [isMissing, writer.numbers([Number.NaN]), found]);
  }
}
