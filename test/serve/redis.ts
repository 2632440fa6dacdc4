/** Real Redis servers and real workers for the tests of jobs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Waits until a process has written a line that holds `text`. @param output - its stdout or stderr */
async function untilLine(output: Readable, text: string): Promise<void> {
  let said = '';
  for await (const line of createInterface({ input: output })) {
    said += `\n${line}`;
    if (line.includes(text)) {
      output.resume();
      return;
    }
  }
  throw new Error(`A process ended before it said '${text}': ${said}`);
}

/** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
  return child.exitCode ?? child.signalCode!;
}

/**
 * A Redis that writes every change to its append-only file before it answers: that outlives the process. It waits for no disk, which
 * only the end of the machine could tell.
 */
export class RedisServer {
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#args = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'no'],
    ];
  }

  /** @param folder - where it keeps its data */
  static async start(folder: string): Promise<RedisServer> {
    const server = new RedisServer(folder, await freePort());
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    this.#child = spawn('redis-server', this.#args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await untilLine(this.#child.stdout!, 'Ready to accept connections');
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await end(this.#child, 'SIGKILL');
  }
}

/** Stands between a worker and Redis, and holds back what the worker has to say at a moment that the test chooses. */
export class Gate {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What was held back, in its order; undefined while the gate is open. */
  #held: Array<() => void> | undefined;
  #watch: { readonly text: string; left: number; readonly reached: () => void } | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `redis://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  static async open(redis: string): Promise<Gate> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gate = new Gate(server);
    server.on('connection', (worker) =>
      gate.#join(worker, connect(Number(new URL(redis).port), '127.0.0.1')),
    );
    return gate;
  }

  /** Shuts when `text` would pass for the n-th time, which Redis then does not see. Resolves when that is so. */
  hold(text: string, n: number): Promise<void> {
    return new Promise((reached) => {
      this.#watch = { text, left: n, reached };
    });
  }

  /** Lets what was held back go on its way. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of held) send();
  }

  /** Ends all connections; what was held back is lost. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(worker: Socket, redis: Socket): void {
    for (const [one, other] of [
      [worker, redis],
      [redis, worker],
    ]) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
    redis.pipe(worker);
    worker.on('data', (chunk) => {
      if (this.#held === undefined && this.#isLast(chunk)) this.#held = [];
      if (this.#held === undefined) redis.write(chunk);
      else this.#held.push(() => redis.write(chunk));
    });
  }

  #isLast(chunk: Buffer): boolean {
    const watch = this.#watch;
    if (watch === undefined) return false;
    watch.left -= chunk.toString('latin1').split(watch.text).length - 1;
    if (watch.left > 0) return false;
    this.#watch = undefined;
    watch.reached();
    return true;
  }
}

/** `boreal worker`, as it is published, in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param model - path of the model file, which is served by its name */
  static async start(
    redis: string,
    keyPrefix: string,
    model: string,
    concurrency: number,
  ): Promise<WorkerProcess> {
    const where = ['--redis', redis, '--key-prefix', keyPrefix, '--concurrency', String(concurrency)];
    const child = spawn(process.execPath, [main, 'worker', model, ...where], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await untilLine(child.stdout, 'Working on jobs for');
    return new WorkerProcess(child);
  }

  /** `boreal search-worker`. */
  static async startSearch(redis: string, queue: string): Promise<WorkerProcess> {
    const child = spawn(process.execPath, [main, 'search-worker', '--redis', redis, '--queue', queue], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await untilLine(child.stdout, 'Working on searches');
    return new WorkerProcess(child);
  }

  /** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    return end(this.#child, signal);
  }

  /** Settles when the worker has been told to end by SIGTERM, and has begun to. */
  untilClosing(): Promise<void> {
    return untilLine(this.#child.stderr!, 'takes no more jobs');
  }
}
