/**
 * Several event loops behind one port. Each is a thread that accepts from the same listening socket, by a descriptor of
 * its own, so that connections which nobody has accepted yet survive the end of any one of them; Node 20 cannot bind a
 * port twice (SO_REUSEPORT), which would lose them. The models are in memory once: threads adopt the main thread's.
 */
import { closeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { show } from '../../core/params.js';
import { EnvironmentError, ValidationError } from '../../errors.js';
import { native } from '../../native.js';
import type { AppOptions } from '../adapters/app.js';
import { type LogOptions, requestLogOptions } from '../adapters/logging.js';
import type { ServiceRequest } from '../http.js';
import type { AnsweringModel } from '../models/served-model.js';
import { shareModels } from '../models/shared-source.js';
import type { Log, Service } from '../service.js';
import { replay } from './events.js';
import { fromPlainError, type PlainError, type ToMain, type ToWorker, type WorkerData } from './messages.js';

/** Options of the event loops of a server. */
export interface WorkerOptions {
  /**
   * Event loops that answer requests, >= 1, or 'auto' for one per CPU. From two on each is a thread beside the calling
   * one, which then only does what is there once: loading models, metrics, administration. The models are in memory
   * once. Not on Windows. Default 1: the calling thread itself.
   */
  readonly workers?: number | 'auto';
}

/** The number of event loops. @throws {ERR_PARAMETER} @throws {ERR_NOT_SUPPORTED} for more than one on Windows */
export function countWorkers({ workers = 1 }: WorkerOptions): number {
  const count = workers === 'auto' ? availableParallelism() : workers;
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= 1024)) {
    const message = `serve: option 'workers' must be a whole number from 1 to 1024, or 'auto'; got ${show(workers)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (count > 1 && process.platform === 'win32') {
    const message = "serve: option 'workers' must be 1 on Windows, where threads cannot share a socket.";
    throw new EnvironmentError('ERR_NOT_SUPPORTED', message);
  }
  return count;
}

/** A worker that fails again and again is started again after up to so many milliseconds. */
const MAX_RESTART_MS = 10_000;
/** A worker that has lived so long did not fail at once. */
const HEALTHY_MS = 10_000;
/** How much longer than its connections a worker may take to end. */
const EXIT_MS = 2000;

/** A thread takes this process's flags, but not that of a script on the command line, which is no file. */
const FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? [] : undefined;

interface Slot {
  readonly worker: Worker;
  /** Of the models that it has adopted. */
  revision: number;
}

/** See the head of this file. */
export class WorkerPool {
  readonly address: AddressInfo;
  readonly #fd: number;
  readonly #service: Service;
  readonly #options: AppOptions;
  readonly #requestLog: LogOptions | undefined;
  readonly #log: Log;
  readonly #slots = new Set<Slot>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  /** Models of revisions that not all workers have adopted yet: they may be gone from the store by now. */
  readonly #posted = new Map<number, readonly AnsweringModel[]>();
  #waiting: Array<{ readonly revision: number; readonly resolve: () => void }> = [];
  #revision = 0;
  #update: NodeJS.Immediate | undefined;
  #closing = false;

  private constructor({ fd, address }: Socket, service: Service, options: AppOptions, log: Log) {
    this.#fd = fd;
    this.address = address;
    this.#service = service;
    this.#options = portable(options);
    this.#requestLog = requestLogOptions(options.logger);
    this.#log = log;
    service.models.onChange(() => {
      this.#update ??= setImmediate(() => this.#postModels());
    });
  }

  /** Listens, and starts the workers. @returns when all answer */
  static async start(
    count: number,
    where: { readonly port: number; readonly host: string },
    service: Service,
    options: AppOptions,
    log: Log,
  ): Promise<WorkerPool> {
    const pool = new WorkerPool(await listen(where), service, options, log);
    try {
      await Promise.all(Array.from({ length: count }, () => pool.#start(0)));
    } catch (error) {
      await pool.close(0);
      throw error;
    }
    return pool;
  }

  /** Lets all workers answer what has arrived, and end. @param timeout - see {@link Drain.run} */
  async close(timeout: number): Promise<void> {
    this.#closing = true;
    for (const restart of this.#restarts) clearTimeout(restart);
    closeSync(this.#fd);
    // A worker that sends its clients away sends them to one that still listens, but is about to end, unless all have
    // stopped before.
    await Promise.all([...this.#slots].map(({ worker }) => stopListening(worker, timeout)));
    await Promise.all(
      [...this.#slots].map(async ({ worker }) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        post(worker, { type: 'close', timeout });
        const overdue = setTimeout(() => void worker.terminate(), timeout + EXIT_MS);
        await ended;
        clearTimeout(overdue);
      }),
    );
    clearImmediate(this.#update);
  }

  /** Starts one worker. @returns when it answers */
  #start(failures: number): Promise<void> {
    if (this.#update !== undefined) this.#postModels();
    const models = this.#service.models.answering();
    const data: WorkerData = {
      fd: native.duplicateFd(this.#fd),
      options: this.#options,
      requestLog: this.#requestLog,
      routes: this.#service.routes.map(({ handle: _, predicts: __, ...route }) => route),
      models: shareModels(models),
      isCentral: this.#service.isCentral,
      rates: this.#service.rates,
    };
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: data,
      execArgv: FLAGS,
    });
    const slot: Slot = { worker, revision: -1 };
    this.#slots.add(slot);
    // It answers this message when it has adopted what it starts with.
    this.#posted.set(this.#revision, models);
    const { models: shared, isCentral } = data;
    post(worker, { type: 'models', models: shared, isCentral, revision: this.#revision });
    const started = Date.now();
    const requests = new Map<number, AbortController>();
    return new Promise((resolve, reject) => {
      let ready = false;
      let reason: unknown;
      worker.on('message', (message: ToMain) => {
        if (message.type === 'ready') {
          ready = true;
          resolve();
        } else if (message.type === 'updated') this.#updated(slot, message.revision);
        else if (message.type === 'request') void this.#answer(worker, requests, message);
        else if (message.type === 'abort') requests.get(message.id)?.abort();
        else if (message.type === 'log') this.#log[message.level](revive(message.fields), message.message);
        else if (message.type === 'events') this.#replay(message.events);
      });
      worker.on('error', (error) => {
        reason = error;
      });
      worker.on('exit', (code) => {
        this.#slots.delete(slot);
        this.#settle();
        for (const controller of requests.values()) controller.abort();
        if (this.#closing) return resolve();
        const error = reason ?? new Error(`It ended with code ${code}.`);
        if (!ready && failures === 0) return reject(error);
        this.#log.error({ err: error }, 'A worker failed; another one takes its place.');
        this.#restart(Date.now() - started > HEALTHY_MS ? 1 : failures + 1);
        resolve();
      });
    });
  }

  /** The first time at once. */
  #restart(failures: number): void {
    const delay = Math.min(MAX_RESTART_MS, 50 * (2 ** (failures - 1) - 1));
    const restart = setTimeout(() => {
      this.#restarts.delete(restart);
      void this.#start(failures);
    }, delay);
    this.#restarts.add(restart);
  }

  #postModels(): void {
    clearImmediate(this.#update);
    this.#update = undefined;
    const models = this.#service.models.answering();
    const shared = shareModels(models);
    this.#revision += 1;
    this.#posted.set(this.#revision, models);
    const { isCentral } = this.#service;
    for (const { worker } of this.#slots)
      post(worker, { type: 'models', models: shared, isCentral, revision: this.#revision });
    this.#settle();
  }

  #updated(slot: Slot, revision: number): void {
    slot.revision = revision;
    this.#settle();
  }

  #settle(): void {
    const reached = Math.min(this.#revision, ...[...this.#slots].map(({ revision }) => revision));
    for (const revision of this.#posted.keys()) if (revision <= reached) this.#posted.delete(revision);
    const done = this.#waiting.filter(({ revision }) => revision <= reached);
    this.#waiting = this.#waiting.filter(({ revision }) => revision > reached);
    for (const { resolve } of done) resolve();
  }

  /** Settles when all workers have the models that answer now. */
  #everywhere(): Promise<void> {
    if (this.#update !== undefined) this.#postModels();
    return new Promise((resolve) => {
      this.#waiting.push({ revision: this.#revision, resolve });
      this.#settle();
    });
  }

  async #answer(
    worker: Worker,
    requests: Map<number, AbortController>,
    { id, route: index, request: plain }: Extract<ToMain, { type: 'request' }>,
  ): Promise<void> {
    const controller = new AbortController();
    requests.set(id, controller);
    const request: ServiceRequest = {
      ...plain,
      query: new URLSearchParams(plain.query),
      signal: controller.signal,
    };
    const route = this.#service.routes[index];
    const { status, body, headers } = await this.#service.answer(route, request);
    // Who changed the models may count on it, whichever worker answers next.
    if (route.method !== 'GET') await this.#everywhere();
    requests.delete(id);
    post(worker, {
      type: 'reply',
      id,
      status,
      body: typeof body === 'string' ? body : Uint8Array.from(body),
      headers,
    });
  }

  #replay(events: Parameters<typeof replay>[0]): void {
    const { observers, routes, models } = this.#service;
    replay(events, observers, routes, models);
  }
}

/** Settles when the worker does not listen any more, or after `timeout` ms. */
function stopListening(worker: Worker, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const overdue = setTimeout(resolve, timeout);
    const settle = () => {
      clearTimeout(overdue);
      worker.off('message', heard);
      worker.off('exit', settle);
      resolve();
    };
    const heard = ({ type }: ToMain) => {
      if (type === 'stopped') settle();
    };
    worker.on('message', heard);
    worker.once('exit', settle);
    post(worker, { type: 'stop' });
  });
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

interface Socket {
  readonly fd: number;
  readonly address: AddressInfo;
}

/** A listening socket that this thread's event loop does not accept from. */
function listen(where: { readonly port: number; readonly host: string }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(where, () => {
      const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
      const socket = { fd: native.duplicateFd(fd), address: server.address() as AddressInfo };
      server.close(() => resolve(socket));
    });
  });
}

/** Options without those that are functions or hold some: only features of the main thread need them. */
function portable(options: AppOptions): AppOptions {
  if (options.authenticate !== undefined) {
    const message = "serve: option 'authenticate' is a function of this thread; it takes workers: 1.";
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => {
      try {
        structuredClone(value);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

function revive(fields: object): object {
  const { err, ...rest } = fields as { err?: PlainError };
  return err === undefined ? rest : { ...rest, err: fromPlainError(err) };
}
