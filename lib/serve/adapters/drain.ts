/**
 * The end of an HTTP server under load, without a request that fails: it stops listening, says `connection: close` in
 * every answer from then on, and only then closes the connections on which nothing more comes.
 */
import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { App } from './app.js';

/** A connection that was idle for so long, in milliseconds, is not about to carry the client's next request. */
const IDLE_MS = 100;
/** A timer that fires so late tells that the machine is busy, and its clients, too, are slow to send. */
const LATE_MS = 10;
/** For so many such timers idle connections are left open. */
const MOST_LATE = 20;

/** Ends the connections of an app, which is closed afterwards. To be made before it listens. */
export class Drain {
  readonly #app: App;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #closed: Promise<void> | undefined;

  constructor(app: App) {
    this.#app = app;
    this.#server = app.server;
    app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Stops listening; connections live on until {@link run}. */
  stop(): void {
    this.#closed ??= stopListening(this.#server);
  }

  /**
   * Stops listening. Settles when no connection is left.
   *
   * @param timeout - after so many milliseconds the connections that are left are cut
   */
  async run(timeout: number): Promise<void> {
    const overdue = setTimeout(() => this.#server.closeAllConnections(), timeout);
    this.stop();
    this.#app.draining = true;
    let since = performance.now();
    let patience = MOST_LATE;
    const idle = setInterval(() => {
      const late = performance.now() - since - IDLE_MS;
      since = performance.now();
      if (late > LATE_MS && patience > 0) patience -= 1;
      else this.#closeIdle();
    }, IDLE_MS);
    await this.#closed;
    clearInterval(idle);
    clearTimeout(overdue);
    // A client in this thread hears that its connection is gone before whoever waits for this goes on.
    await nextTurn();
    await nextTurn();
  }

  #closeIdle(): void {
    // What has arrived meanwhile is read before the next immediate.
    setImmediate(() => {
      this.#server.closeIdleConnections();
      // To Node a connection on which nothing came yet is not idle.
      for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    });
  }
}

/** Node's own `close` of an HTTP server would cut idle connections at once; Bun's has no other. Settles when all are gone. */
function stopListening(server: Server): Promise<void> {
  const { close } = server instanceof NetServer ? NetServer.prototype : server;
  return new Promise((resolve) => close.call(server, () => resolve()));
}
