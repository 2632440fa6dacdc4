/**
 * Answers on their way out. Each one that is written wakes up who reads it, and where that is a process of the same machine (a
 * proxy, a sidecar, a load generator) waking it costs more than making the answer. So the answers of one turn of the event
 * loop are written right after each other, at its end: the first wakes the reader up, the others find it awake.
 */
import type { Socket } from 'node:net';

/** Answers that wait for the end of the turn; the first one shall not wait for very many. */
const MOST = 16;

/** See the head of this file. */
export class Outbox<T> {
  readonly #write: (answer: T) => void;
  #held: T[] = [];
  #connections = 0;

  constructor(write: (answer: T) => void) {
    this.#write = write;
  }

  /** Counts a connection until it closes. */
  watch(socket: Socket): void {
    this.#connections += 1;
    socket.once('close', () => {
      this.#connections -= 1;
    });
  }

  /** Writes an answer: now where no other connection could bring another one in this turn, else at the turn's end. */
  add(answer: T): void {
    if (this.#connections < 2) this.#write(answer);
    else if (this.#held.push(answer) === 1) setImmediate(() => this.#flush());
    else if (this.#held.length === MOST) this.#flush();
  }

  #flush(): void {
    const answers = this.#held;
    this.#held = [];
    for (const answer of answers) this.#write(answer);
  }
}
