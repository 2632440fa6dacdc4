/**
 * The log of a server of its own: pino's lines of JSON, one per request, on stdout or in files that rotate. Bodies, keys
 * and queries are never written.
 */
import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { FastifyBaseLogger } from 'fastify';
import pino, { type DestinationStream } from 'pino';
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import type { Reply } from '../http.js';
import { type Log, SILENT } from '../service.js';
import type { Incoming } from './core.js';

/** What is written, and where. */
export interface LogOptions {
  /** 'trace', 'debug', 'info', 'warn', 'error', 'fatal' or 'silent'. Default 'info'. */
  readonly level?: string;
  /** A file, made with its folders; a number is added to its name. Default: stdout. */
  readonly file?: string;
  /** When a new file is begun. Default: none is, and one file grows. */
  readonly rotate?: {
    /** Bytes, with a unit: '500k', '10m', '1g'. */
    readonly size?: string;
    readonly frequency?: 'daily' | 'hourly';
    /** Old files that are kept, >= 1. Default 7. */
    readonly keep?: number;
  };
  /** Share of the lines of requests without an error that is written, in [0, 1]. Default 1. */
  readonly sample?: number;
  /** Write these headers of requests, by lower-case name; those that hold credentials are blacked out. Default: none. */
  readonly headers?: readonly string[];
}

/** Options of logging. */
export interface LoggerOptions {
  /** true or options for lines of JSON by pino, or a logger of your own. Default false: none. */
  readonly logger?: boolean | LogOptions | FastifyBaseLogger;
}

/** A log, to be closed after its last line. */
export interface ServerLog {
  readonly log: Log;
  close(): Promise<void>;
}

const SECRET = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key'];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Makes the log. @throws {ERR_PARAMETER} for a bad option; what the file system throws for a file */
export async function createLog(logger: LoggerOptions['logger'] = false): Promise<ServerLog> {
  const options = requestLogOptions(logger);
  if (options === undefined) return { log: SILENT, close: async () => undefined };
  const isOwn = typeof logger === 'object' && 'child' in logger;
  check(options);
  const destination = options.file === undefined ? undefined : await openFile(options.file, options.rotate);
  return {
    log: isOwn ? (logger as FastifyBaseLogger) : makePino(options, destination),
    close: async () => destination && closed(destination),
  };
}

function check({ level = 'info', sample = 1, rotate = {}, file }: LogOptions): void {
  const { size = '1m', frequency = 'daily', keep = 7 } = rotate;
  const rules: ReadonlyArray<[string, unknown, boolean, string]> = [
    ['level', level, LEVELS.includes(level), `one of ${LEVELS.join(', ')}`],
    ['sample', sample, sample >= 0 && sample <= 1, 'in [0, 1]'],
    ['file', file, file === undefined || (typeof file === 'string' && file !== ''), 'a path'],
    ['rotate.size', size, /^[1-9]\d*[kmg]$/.test(size), "a number with a unit, such as '10m'"],
    ['rotate.frequency', frequency, ['daily', 'hourly'].includes(frequency), "'daily' or 'hourly'"],
    ['rotate.keep', keep, Number.isSafeInteger(keep) && keep >= 1, 'a whole number >= 1'],
  ];
  for (const [name, value, isGood, rule] of rules) {
    if (isGood) continue;
    const message = `serve: option 'logger.${name}' must be ${rule}; got ${show(value)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
}

function makePino({ level = 'info' }: LogOptions, destination: DestinationStream | undefined): Log {
  const redact = { paths: SECRET.map((name) => `headers["${name}"]`), censor: '[hidden]' };
  const options = { level, redact };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** pino-roll's stream, which is one of sonic-boom's. */
type LogFile = DestinationStream & { end(): void; once(event: 'close', listener: () => void): void };

async function openFile(file: string, rotate: LogOptions['rotate']): Promise<LogFile> {
  const { default: roll } = await import('pino-roll');
  const { size, frequency, keep = 7 } = rotate ?? {};
  const limit = { count: keep, removeOtherLogFiles: true };
  return (await roll({ file, size, frequency, mkdir: true, limit: rotate && limit })) as unknown as LogFile;
}

/** Settles when what was written is in the file. */
function closed(file: DestinationStream): Promise<void> {
  return new Promise((resolve) => {
    (file as LogFile).once('close', resolve);
    (file as LogFile).end();
  });
}

/** Which requests are logged, and how: undefined for none, the defaults for a logger that has no options. */
export function requestLogOptions(logger: LoggerOptions['logger'] = false): LogOptions | undefined {
  if (logger === false) return undefined;
  return typeof logger === 'object' && !('child' in logger) ? logger : {};
}

/** Writes a line for each request that it is told of. */
export class RequestLog {
  readonly #log: Log;
  readonly #prefix: string;
  readonly #sample: number;
  readonly #headers: readonly string[];

  constructor(log: Log, prefix: string, { sample = 1, headers = [] }: LogOptions) {
    this.#log = log;
    this.#prefix = prefix;
    this.#sample = sample;
    this.#headers = headers;
  }

  /** @param started - on the clock of `performance.now()` */
  write({ id, method, route, remoteAddress, headers }: Incoming, reply: Reply, started: number): void {
    const { status } = reply;
    if (status < 400 && this.#sample < 1 && Math.random() >= this.#sample) return;
    const [model, version] = reply.headers['x-boreal-model']?.split('/').map(decodeURIComponent) ?? [];
    const line = {
      requestId: id,
      method,
      // The template, not what a client made of it; nothing where no route matched.
      route: route && this.#prefix + route.path,
      status,
      ms: Math.round((performance.now() - started) * 1000) / 1000,
      address: remoteAddress,
      model,
      version,
      rows: model === undefined ? undefined : Number(reply.headers['x-boreal-rows'] ?? 1),
      headers: this.#headers.length > 0 ? pick(headers, this.#headers) : undefined,
    };
    this.#log[status >= 500 ? 'error' : 'info'](line, 'request');
  }
}

function pick(headers: IncomingMessage['headers'], names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(headers, name)).map((name) => [name, headers[name]]),
  );
}
