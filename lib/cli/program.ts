/**
 * Commands and their options. Commands import what they need when they run, so that `boreal --help` is quick and
 * `boreal doctor` can explain why the native addon does not load.
 */
import { Command, InvalidArgumentError } from 'commander';
import { version } from '../serve/version.js';

/** Runs a command; what it throws becomes a line on stderr and exit code 1. */
function command<A extends unknown[]>(run: (...args: A) => Promise<unknown>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await run(...args);
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      process.stderr.write(`boreal: ${message}${code === undefined ? '' : ` (${code})`}\n`);
      process.exitCode = 1;
    }
  };
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** The command line of boreal, ready to parse. */
export function createProgram(): Command {
  const program = new Command('boreal')
    .description('Machine learning at native speed, inside Node.')
    .version(version)
    .showHelpAfterError('Run boreal --help for the list of commands.');

  program
    .command('doctor')
    .description('Show what boreal found on this machine, and what is missing.')
    .option('--json', 'print JSON')
    .action(command(async ({ json }: { json?: boolean }) => (await import('./doctor.js')).doctor({ json })));

  program
    .command('info')
    .description('Show what a model file holds: estimators, columns, target and metadata.')
    .argument('<model>', 'a model file, such as house-prices.boreal')
    .option('--json', 'print JSON')
    .action(
      command(async (path: string, { json }: { json?: boolean }) =>
        (await import('./info.js')).info(path, { json }),
      ),
    );

  program
    .command('serve')
    .description('Serve a model file over HTTP, until SIGINT (Ctrl-C) or SIGTERM.')
    .argument('<model>', 'a model file, such as house-prices.boreal')
    .option('-p, --port <number>', 'port; 0 picks a free one', wholeNumber(0, 65535), 3000)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--prefix <path>', 'where the routes begin, such as /ml', '')
    .option('--max-rows <number>', 'most rows of a batch', wholeNumber(1, Number.MAX_SAFE_INTEGER), 10_000)
    .option('--log', 'log requests to stdout, as lines of JSON')
    .action(
      command(async (path: string, options: ServeFlags) =>
        (await import('./serve.js')).serveFile(path, options),
      ),
    );

  return program;
}

/** Flags of `boreal serve`. */
export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly prefix: string;
  readonly maxRows: number;
  readonly log?: boolean;
}
