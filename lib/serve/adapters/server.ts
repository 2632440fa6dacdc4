/** `serve(model)`: a model as an HTTP server of its own. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AbortError } from '../../errors.js';
import { type GrpcOptions, type GrpcServer, serveGrpc } from '../grpc/server.js';
import type { Servable } from '../options.js';
import { type AppOptions, createApp } from './app.js';
import { closeOnSignal } from './shutdown.js';

/** Options of {@link serve}. */
export interface ServeOptions extends AppOptions {
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
}

/** A running server. */
export interface BorealServer extends AsyncDisposable {
  /** Where it answers, such as 'http://127.0.0.1:3000'. */
  readonly url: string;
  readonly port: number;
  /** Of gRPC, where it is served. */
  readonly grpcPort?: number;
  /**
   * Stops accepting connections, answers the requests that have arrived, then closes. Connections that are still busy
   * after `closeTimeout` are cut. Further calls return the same promise.
   */
  close(): Promise<void>;
}

/**
 * Serves models over HTTP; docs/guide/serving.md lists the routes.
 *
 * @param models - a fitted estimator, several by name, a registry, or the path of a model file
 * @returns when the server listens
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
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
  const {
    port = 3000,
    host = '127.0.0.1',
    signal,
    handleSignals = true,
    closeTimeout = 10_000,
    grpc,
    ...rest
  } = options;
  const throwIfAborted = () => {
    if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  };
  throwIfAborted();
  const { app, service } = await createApp(models, rest);
  let closing: Promise<void> | undefined;
  app.addHook('onSend', async (_request, reply) => {
    // Else a client that keeps its connection open would keep the server from closing.
    if (closing !== undefined) reply.header('connection', 'close');
  });
  let rpc: GrpcServer | undefined;
  try {
    rpc = grpc && (await serveGrpc(service, grpc));
    await app.listen({ port, host });
    throwIfAborted();
  } catch (error) {
    await rpc?.close(0);
    await app.close();
    throw error;
  }

  const close = () => {
    closing ??= (async () => {
      signal?.removeEventListener('abort', close);
      ignoreSignals();
      // First: the service closes with the app.
      await rpc?.close(closeTimeout);
      const overdue = setTimeout(() => app.server.closeAllConnections(), closeTimeout);
      await app.close();
      clearTimeout(overdue);
    })();
    return closing;
  };
  const ignoreSignals = handleSignals ? closeOnSignal(close) : () => undefined;
  signal?.addEventListener('abort', close, { once: true });

  const address = addressOf(app.server);
  return {
    url: urlOf(address),
    port: address.port,
    grpcPort: rpc?.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function addressOf(server: Server): AddressInfo {
  return server.address() as AddressInfo;
}

/** An address that a client on this machine can use. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
