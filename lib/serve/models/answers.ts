/** The last predictions of a service by their ids, so that feedback can say which of them came true. */

/** A request that was answered. */
export interface Answer {
  readonly model: string;
  readonly version: string;
  readonly variant?: string;
  /** Whether it is a class that was predicted. */
  readonly isClass: boolean;
  /** By row. */
  readonly predictions: readonly unknown[];
}

/** See the head of this file. */
export class Answers {
  readonly #byId = new Map<string, Answer>();
  readonly #most: number;

  /** @param most - answers that are remembered */
  constructor(most: number) {
    this.#most = most;
  }

  add(id: string, answer: Answer): void {
    this.#byId.set(id, answer);
    if (this.#byId.size > this.#most) this.#byId.delete(this.#byId.keys().next().value!);
  }

  get(id: string): Answer | undefined {
    return this.#byId.get(id);
  }
}
