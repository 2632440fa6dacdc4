/** What waits for its turn: the most urgent first, and in the order of arrival among those alike. */

/** Something that waits; the lower its priority, the earlier its turn. */
export interface Waiting {
  readonly priority: number;
}

/** See the head of this file. */
export class WaitingQueue<T extends Waiting> implements Iterable<T> {
  /** By priority; none is empty. */
  readonly #levels: Array<{ readonly priority: number; readonly items: Set<T> }> = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    const { priority } = item;
    let at = this.#levels.findIndex((level) => level.priority >= priority);
    if (at < 0) at = this.#levels.length;
    if (this.#levels[at]?.priority !== priority) this.#levels.splice(at, 0, { priority, items: new Set() });
    this.#levels[at].items.add(item);
    this.#size += 1;
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    const at = this.#levels.findIndex(({ priority }) => priority === item.priority);
    if (at < 0 || !this.#levels[at].items.delete(item)) return false;
    this.#size -= 1;
    if (this.#levels[at].items.size === 0) this.#levels.splice(at, 1);
    return true;
  }

  /** Items may be deleted meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (const { items } of [...this.#levels]) yield* items;
  }
}
