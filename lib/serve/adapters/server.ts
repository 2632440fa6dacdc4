/** `serve(model)`: a model as an HTTP server of its own. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '../../core/params.js';
import { AbortError, ValidationError } from '../../errors.js';
import { type GrpcOptions, type GrpcServer, serveGrpc } from '../grpc/server.js';
import { checkOptionNames } from '../option-names.js';
import type { Servable } from '../options.js';
import { countWorkers, type WorkerOptions, WorkerPool } from '../workers/pool.js';
import { App, type AppOptions } from './app.js';
import { Drain } from './drain.js';
import { closeOnSignal } from './shutdown.js';

/** Options of {@link serve}. */
export interface ServeOptions extends AppOptions, WorkerOptions {
  /** 0 picks a free one. Default 3000. */
  readonly port?: number;
  /** Address to listen on; '0.0.0.0' for all. Default '127.0.0.1': this machine only. */
  readonly host?: string;
  /** Serves gRPC, too, on a port of its own; needs the packages @grpc/grpc-js and @grpc/proto-loader. Default: no. */
  readonly grpc?: GrpcOptions;
  /** Closes the server when it fires. */
  readonly signal?: AbortSignal;
  /** Close gracefully on SIGTERM and SIGINT. Default true. */
  readonly handleSignals?: boolean;
  /** How long `close` waits for requests that are being answered, in milliseconds, >= 0. Default 10000. */
  readonly closeTimeout?: number;
  /**
   * How long `close` says that the server is not ready (`/ready`, `/v2/health/ready`) before it stops to listen, in
   * milliseconds, >= 0: as long as a load balancer takes to notice. Default 0.
   */
  readonly drainDelayMs?: number;
}

/** A running server. */
export interface BorealServer extends AsyncDisposable {
  /** Where it answers, such as 'http://127.0.0.1:3000'. */
  readonly url: string;
  readonly port: number;
  /** Of gRPC, where it is served. */
  readonly grpcPort?: number;
  /**
   * Says that it is not ready, stops accepting connections after `drainDelayMs`, answers the requests that have arrived
   * or that come on open connections, then closes. Connections that are still busy after `closeTimeout` are cut. Further
   * calls return the same promise.
   */
  close(): Promise<void>;
}

/**
 * Serves models over HTTP; docs/guide/serving.md lists the routes.
 *
 * @param models - a fitted estimator, several by name, a registry, or the path of a model file
 * @returns when the server listens
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
 * @throws {ERR_NOT_SUPPORTED} for several workers on Windows
 * @throws {ERR_ABORTED} when options.signal has fired before it listens
 * @throws an Error with Node's own code, such as EADDRINUSE, when it cannot listen
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { serve } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const server = await serve(model, { port: 0 });
 * const response = await fetch(`${server.url}/predict`, {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify({ x: 4 }),
 * });
 * await response.json(); // { prediction: 8 }
 * await server.close();
 * ```
 */
export async function serve(models: Servable, options: ServeOptions = {}): Promise<BorealServer> {
  checkOptionNames('serve', options);
  const {
    port = 3000,
    host = '127.0.0.1',
    signal,
    handleSignals = true,
    closeTimeout = 10_000,
    grpc,
    drainDelayMs = 0,
    workers,
    ...rest
  } = options;
  const throwIfAborted = () => {
    if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  };
  throwIfAborted();
  for (const [option, value] of Object.entries({ closeTimeout, drainDelayMs })) {
    if (typeof value === 'number' && value >= 0) continue;
    const message = `serve: option '${option}' must be a number >= 0; got ${show(value)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const count = countWorkers({ workers });
  const app = await App.create(models, rest);
  const { service } = app;
  let listener: Listener | undefined;
  let rpc: GrpcServer | undefined;
  try {
    rpc = grpc && (await serveGrpc(service, grpc));
    const where = { port, host };
    listener = count > 1 ? await listenInWorkers(count, where, app, rest) : await listenHere(app, where);
    throwIfAborted();
  } catch (error) {
    await rpc?.close(0);
    await listener?.close(0);
    await app.close();
    throw error;
  }
  const { address, close: closeListener } = listener;

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      service.lifecycle.draining = true;
      signal?.removeEventListener('abort', close);
      ignoreSignals();
      if (drainDelayMs > 0) await sleep(drainDelayMs);
      // Before the app: the service closes with it.
      await Promise.all([rpc?.close(closeTimeout), closeListener(closeTimeout)]);
      await app.close();
    })();
    return closing;
  };
  const ignoreSignals = handleSignals ? closeOnSignal(close) : () => undefined;
  signal?.addEventListener('abort', close, { once: true });

  return {
    url: urlOf(address),
    port: address.port,
    grpcPort: rpc?.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What answers at an address. */
interface Listener {
  readonly address: AddressInfo;
  /** Stops listening and answers what has arrived. @param timeout - then connections are cut, in milliseconds */
  close(timeout: number): Promise<void>;
}

interface Where {
  readonly port: number;
  readonly host: string;
}

async function listenHere(app: App, where: Where): Promise<Listener> {
  const drain = new Drain(app);
  app.server.listen(where);
  await once(app.server, 'listening');
  return { address: app.server.address() as AddressInfo, close: (timeout) => drain.run(timeout) };
}

async function listenInWorkers(
  count: number,
  where: Where,
  app: App,
  options: AppOptions,
): Promise<Listener> {
  const pool = await WorkerPool.start(count, where, app.service, options, app.log);
  return { address: pool.address, close: (timeout) => pool.close(timeout) };
}

/** An address that a client on this machine can use. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
