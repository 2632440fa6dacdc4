/** `boreal serve`: a model file or a registry behind HTTP. */
import { type BorealServer, type ServeOptions, serve } from '../serve/index.js';
import { openServable } from './servable.js';
import type { ServeFlags } from './serve-command.js';

/** Serves what the path holds; the server lives until a signal ends it. */
export async function servePath(path: string, flags: ServeFlags): Promise<BorealServer> {
  const { servable, label } = await openServable(path, flags);
  const server = await serve(servable, optionsOf(flags));
  const rpc = server.grpcPort === undefined ? '' : `, gRPC at ${flags.host}:${server.grpcPort}`;
  const line = `Serving ${label} at ${server.url}${flags.prefix}${rpc} (Ctrl-C stops it).\n`;
  // Lines of JSON are not mixed with others.
  (logs(flags) && flags.logFile === undefined ? process.stderr : process.stdout).write(line);
  const isOpen = flags.apiKeyFile === undefined && !['127.0.0.1', '::1', 'localhost'].includes(flags.host);
  if (isOpen) {
    process.stderr.write(
      'boreal: whoever reaches this address may ask for predictions; --api-key-file keeps strangers out.\n',
    );
  }
  return server;
}

/** The options of `serve` that the flags mean. */
function optionsOf(flags: ServeFlags): ServeOptions {
  const { port, host, prefix, workers, maxRows, versions, watch, trustProxy, openAdmin, rateLimit } = flags;
  const { bodyLimit, coverage, timeout, maxQueueRows, maxWait, maxConnections, apiKeyFile, corsOrigin } =
    flags;
  const { redis, keyPrefix, jobConcurrency, feedbackFile, drainDelay, closeTimeout, allowedHost } = flags;
  const { logLevel, logFile, logSample, grpcPort, name, modelVersion } = flags;
  return {
    ...{ port, host, prefix, workers, versions, watch, maxRows, bodyLimit, coverage, maxConnections },
    ...{ name, version: modelVersion, timeoutMs: timeout, maxQueueRows, maxWaitMs: maxWait, rateLimit },
    ...{
      apiKeyFile,
      openAdmin,
      trustProxy,
      allowedHosts: allowedHost,
      drainDelayMs: drainDelay,
      closeTimeout,
    },
    cors: corsOrigin?.includes('*') ? true : corsOrigin,
    grpc: grpcPort === undefined ? undefined : { port: grpcPort, host },
    jobs: { redis, keyPrefix, concurrency: jobConcurrency },
    feedback: feedbackFile === undefined ? undefined : { file: feedbackFile },
    console: flags.console,
    logger: logs(flags) && { level: logLevel, file: logFile, sample: logSample },
  };
}

function logs({ log = false, logFile, logLevel, logSample }: ServeFlags): boolean {
  return log || logFile !== undefined || logLevel !== undefined || logSample !== undefined;
}
