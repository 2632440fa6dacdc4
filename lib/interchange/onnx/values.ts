/** What the names of an ONNX graph stand for while it is translated: constants, or slots of a plan. */
import { compareLabels, type Label } from '../../core/labels.js';
import type { Slot } from '../../core/plan-builder.js';
import type { Element } from './messages.js';
import type { Tensor } from './tensor.js';

/**
 * Labels by code: text never enters a plan, so a column of labels holds indices into a dictionary. That of an input
 * column is open in a first pass over the graph, in which the nodes that look for labels name them; then it is closed.
 */
export class Dictionary {
  readonly #codes = new Map<Label, number>();
  #labels: Label[] = [];
  readonly #sources: readonly Dictionary[];
  #isOpen: boolean;

  /**
   * @param labels - all of them, in order; default: an open dictionary
   * @param sources - those it was made of: while one of them is open, so is this one, and passes on what it is given
   */
  constructor(labels?: readonly Label[], sources: readonly Dictionary[] = []) {
    this.#sources = sources.filter((source) => source.#isOpen);
    this.#isOpen = labels === undefined || this.#sources.length > 0;
    for (const label of labels ?? []) this.#add(label);
  }

  get labels(): readonly Label[] {
    return this.#labels;
  }

  /** The code of a label, or -1. */
  code(label: Label): number {
    for (const source of this.#sources) source.code(label);
    return this.#codes.get(label) ?? (this.#isOpen ? this.#add(label) : -1);
  }

  has(label: Label): boolean {
    return this.#codes.has(label);
  }

  /** Sorts the labels; no more are added. */
  close(): void {
    this.#isOpen = false;
    const sorted = this.#labels.sort(compareLabels);
    this.#labels = [];
    this.#codes.clear();
    for (const label of sorted) this.#add(label);
  }

  #add(label: Label): number {
    const code = this.#labels.push(label) - 1;
    if (!this.#codes.has(label)) this.#codes.set(label, code);
    return code;
  }
}

/** A matrix or vector with one entry for each row. */
export interface Computed {
  readonly slot: Slot;
  /** Its shape after the first dimension, which is the rows. The product is the width of the slot. */
  readonly dims: readonly number[];
  readonly type: Element;
  /** Whether the slot holds the first of the dimensions last; see layout.ts. */
  readonly channelsLast?: boolean;
  /** A number of each row that ONNX has once: it goes with any shape. */
  readonly isScalar?: boolean;
  /** By column, where the slot holds codes of labels. */
  readonly codes?: readonly Dictionary[];
}

/** A value of the graph. */
export type Value = Computed | { readonly tensor: Tensor };

export function isComputed(value: Value): value is Computed {
  return 'slot' in value;
}
