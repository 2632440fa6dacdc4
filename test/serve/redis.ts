/** Real Redis servers and real workers for the tests of jobs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Waits until a process has written a line that holds `text`. */
async function untilLine(child: ChildProcess, text: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.includes(text)) {
      child.stdout!.resume();
      return;
    }
  }
  throw new Error(`A process ended before it said '${text}'.`);
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

/** A Redis that writes every change to its append-only file before it answers. */
export class RedisServer {
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#args = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always'],
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
    await untilLine(this.#child, 'Ready to accept connections');
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await end(this.#child, 'SIGKILL');
  }
}

/** A process that runs jobs with the package as it is published. */
export class WorkerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param model - path of the model file that is served as 'houses' */
  static async start(
    redis: string,
    keyPrefix: string,
    model: string,
    concurrency: number,
  ): Promise<WorkerProcess> {
    const source = `
      import { load } from ${JSON.stringify(join(root, 'dist/index.js'))};
      import { startJobWorker } from ${JSON.stringify(join(root, 'dist/serve/index.js'))};
      const models = { houses: await load(${JSON.stringify(model)}) };
      await startJobWorker({ ...${JSON.stringify({ redis, keyPrefix, concurrency })}, models });
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await untilLine(child, 'ready');
    return new WorkerProcess(child);
  }

  /** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    return end(this.#child, signal);
  }
}
