/** The command lines of `boreal serve` and `boreal worker`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { number, size, wholeNumber } from './values.js';

/** Flags of `boreal serve`; defaults that are not here are those of `serve`. */
export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly prefix: string;
  readonly grpcPort?: number;
  readonly workers?: number | 'auto';
  readonly name?: string;
  readonly modelVersion?: string;
  readonly versions?: 'all' | 'production' | 'latest';
  readonly watch: boolean;
  readonly coverage?: number;
  readonly maxRows?: number;
  readonly bodyLimit?: number;
  readonly timeout?: number;
  readonly maxQueueRows?: number;
  readonly maxWait?: number;
  readonly maxConnections?: number;
  readonly rateLimit?: number;
  readonly apiKeyFile?: string;
  readonly openAdmin?: boolean;
  readonly corsOrigin?: readonly string[];
  readonly allowedHost?: readonly string[];
  readonly trustProxy?: string[];
  readonly redis?: string;
  readonly keyPrefix?: string;
  readonly jobConcurrency?: number;
  readonly feedbackFile?: string;
  readonly console: boolean;
  readonly log?: boolean;
  readonly logFile?: string;
  readonly logLevel?: string;
  readonly logSample?: number;
  readonly drainDelay?: number;
  readonly closeTimeout?: number;
}

const MODEL = 'a model file, such as house-prices.boreal, or the folder of a registry';
const REDIS = 'where Redis is, such as redis://127.0.0.1:6379; needs the packages bullmq and ioredis';
const count = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const milliseconds = wholeNumber(0, 2 ** 31 - 1);

const SERVE_EXAMPLES = `
Examples:
  boreal serve house-prices.boreal
  boreal serve models/ --host 0.0.0.0 --port 8080 --workers auto --api-key-file keys.txt --log
  boreal serve models/ --grpc-port 8001 --redis redis://127.0.0.1:6379 --job-concurrency 0
  curl http://127.0.0.1:3000/predict -H 'content-type: application/json' -d '{ "rooms": 4 }'

A registry is a folder of name/version/model.boreal; changes are served as they are made. On SIGTERM the server says that
it is not ready, waits for --drain-delay, answers what has arrived and ends. Pages for people: /console and /docs.
`;

/** `boreal serve`. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Serve a model file, or a registry of models, over HTTP until SIGINT (Ctrl-C) or SIGTERM.')
    .argument('<model>', MODEL)
    .optionsGroup('Where:')
    .option('-p, --port <number>', 'port; 0 picks a free one', wholeNumber(0, 65535), 3000)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--prefix <path>', 'where the routes begin, such as /ml', '')
    .option('--grpc-port <number>', 'serve gRPC, too, on this port', wholeNumber(0, 65535))
    .option('--workers <number>', "event loops, or 'auto' for one per CPU (default: 1)", workerCount)
    .optionsGroup('Models:')
    .option('--name <name>', 'of a model file (default: its name without the ending)')
    .option('--model-version <version>', 'of a model file (default: 1)')
    .addOption(
      new Option('--versions <which>', 'versions of a registry that are in memory (default: all)').choices([
        'all',
        'production',
        'latest',
      ]),
    )
    .option('--no-watch', 'do not load what changes; POST /model/reload does')
    .option(
      '--coverage <share>',
      "share of a forest's trees inside the interval (default: 0.9)",
      number(0, 1),
    )
    .option('--feedback-file <file>', 'keep what clients tell of predictions (POST /feedback) in this file')
    .optionsGroup('Limits:')
    .option('--max-rows <number>', 'most rows of a batch (default: 10000)', count)
    .option('--body-limit <size>', 'most bytes of a body, such as 500k or 4m (default: 4m)', size)
    .option('--timeout <ms>', 'longest wait of a prediction for its turn, then 504 (default: 30000)', count)
    .option('--max-queue-rows <number>', 'most rows that wait, then 503 (default: 8192)', count)
    .option(
      '--max-wait <ms>',
      'longest wait that a prediction is accepted for, then 503 (default: 1000)',
      count,
    )
    .option('--max-connections <number>', 'most connections at a time (default: no limit)', count)
    .option('--rate-limit <number>', 'requests per minute of a key or an address (default: no limit)', count)
    .optionsGroup('Safety:')
    .option('--api-key-file <file>', 'keys that clients must send, one per line; read again when it changes')
    .option('--open-admin', 'without keys: promote, reload and the like from any machine, not only this one')
    .option('--cors-origin <origin...>', 'web pages of other origins that may call; * for all')
    .option('--allowed-host <name...>', 'host names by which the server may be called (default: any)')
    .option('--trust-proxy <address...>', 'proxies or networks whose X-Forwarded-For is believed')
    .option('--no-console', 'no pages at /console and /docs')
    .optionsGroup('Jobs (POST /predict_async):')
    .option('--redis <url>', `${REDIS} (default: in memory)`)
    .option('--key-prefix <text>', 'begins every key in Redis (default: boreal)')
    .option(
      '--job-concurrency <number>',
      'jobs at a time; with --redis 0 leaves them to boreal worker (default: 2)',
      wholeNumber(0, 1024),
    )
    .optionsGroup('Log:')
    .option('--log', 'log requests to stdout, as lines of JSON')
    .option('--log-file <file>', 'log to a file instead')
    .option('--log-level <level>', 'trace, debug, info, warn, error or fatal (default: info)')
    .option('--log-sample <share>', 'share of the requests without an error that is logged', number(0, 1))
    .optionsGroup('End:')
    .option('--drain-delay <ms>', 'say "not ready" for so long before the end (default: 0)', milliseconds)
    .option('--close-timeout <ms>', 'wait for busy connections for so long (default: 10000)', milliseconds)
    .optionsGroup('Help:')
    .addHelpText('after', SERVE_EXAMPLES);
}

const WORKER_EXAMPLES = `
Example:
  boreal serve  models/ --redis redis://127.0.0.1:6379 --job-concurrency 0
  boreal worker models/ --redis redis://127.0.0.1:6379 --concurrency 4

A worker serves the same models under the same names as the servers. On SIGTERM it ends the jobs that it has.
`;

/** `boreal worker`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Run the jobs of servers that keep them in Redis, until SIGINT (Ctrl-C) or SIGTERM.')
    .argument('<model>', MODEL)
    .requiredOption('--redis <url>', REDIS)
    .option('--key-prefix <text>', 'as the servers have it (default: boreal)')
    .option('--concurrency <number>', 'jobs at a time (default: 2)', wholeNumber(1, 1024))
    .option('--result-ttl <ms>', 'milliseconds that a result is kept (default: 3600000)', count)
    .option('--max-rows <number>', 'most rows of a batch (default: 10000)', count)
    .option('--name <name>', 'of a model file (default: its name without the ending)')
    .option('--model-version <version>', 'of a model file (default: 1)')
    .addHelpText('after', WORKER_EXAMPLES);
}

function workerCount(text: string): number | 'auto' {
  if (text === 'auto') return text;
  try {
    return wholeNumber(1, 1024)(text);
  } catch {
    throw new InvalidArgumentError("It must be a whole number from 1 to 1024, or 'auto'.");
  }
}
