/**
 * Commands and their options. Commands import what they need when they run, so that `boreal --help` is quick and
 * `boreal doctor` can explain why the native addon does not load.
 */
import { Command, Option } from 'commander';
import { version } from '../serve/version.js';
import { trainCommands } from './model-commands.js';
import type { QuantizeFlags } from './quantize.js';
import type { SearchWorkerFlags } from './search-worker.js';
import { type ServeFlags, serveCommand, workerCommand } from './serve-command.js';
import { number, wholeNumber } from './values.js';
import type { WorkerFlags } from './worker.js';

/** Runs a command; what it throws becomes a line on stderr and exit code 1. */
function command<A extends unknown[]>(run: (...args: A) => Promise<unknown>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await run(...args);
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      process.stderr.write(`boreal: ${message}${code === undefined ? '' : ` (${code})`}\n`);
      const next = hint(error as Error);
      if (next !== undefined) process.stderr.write(`${next}\n`);
      process.exitCode = 1;
    }
  };
}

/** What to do about an error of the system; undefined where its message says all. */
function hint({ code, port }: Error & { code?: string; port?: number }): string | undefined {
  if (code === 'EADDRINUSE')
    return `Something listens on port ${port} already; choose another --port, or 0 for a free one.`;
  if (code === 'EACCES')
    return 'Check the permissions; a port below 1024 needs rights that a --port above does not.';
  if (code === 'EADDRNOTAVAIL') return 'This machine has no such --host; 0.0.0.0 is all of its addresses.';
  if (code === 'ENOENT')
    return 'Check the path; a model is written with model.save(path) or boreal train, a registry with ModelRegistry.';
  return undefined;
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

  trainCommands(program, command);

  program
    .command('quantize')
    .description('Write a model with weights of 8 bits, and show what became of its layers.')
    .argument('<model>', 'a model file with a network, a perceptron or a linear model')
    .requiredOption('-o, --output <file>', 'the model file to write')
    .option('--calibrate <file>', 'rows by which ranges are found and the loss is measured: .csv or .parquet')
    .option('--target <column>', 'the column of these rows that the model predicts')
    .option('--dynamic', 'a range for each row, although there are rows to calibrate by')
    .addOption(
      new Option('--method <name>', 'how ranges are found (default: the best for each layer)').choices([
        ...['auto', 'minMax', 'percentile', 'entropy', 'mse'],
      ]),
    )
    .option('--percentile <number>', 'of the method percentile (default: 99.99)', number(50, 100))
    .option(
      '--max-loss <share>',
      'of accuracy or R2 at most, else layers stay (default: 0.005)',
      number(0, 1),
    )
    .option('--skip <layers...>', 'names of layers that stay float32')
    .option('--json', 'print JSON')
    .action(
      command(async (path: string, flags: QuantizeFlags) =>
        (await import('./quantize.js')).quantizeFile(path, flags),
      ),
    );

  program.addCommand(
    serveCommand()
      .copyInheritedSettings(program)
      .action(
        command(async (path: string, flags: ServeFlags) =>
          (await import('./serve.js')).servePath(path, flags),
        ),
      ),
  );

  program.addCommand(
    workerCommand()
      .copyInheritedSettings(program)
      .action(
        command(async (path: string, flags: WorkerFlags) => (await import('./worker.js')).work(path, flags)),
      ),
  );

  program
    .command('search-worker')
    .description(
      'Do the fits of searches over parameters in other processes, until SIGINT (Ctrl-C) or SIGTERM.',
    )
    .requiredOption('--redis <url>', "as in the searches' option workers.url, such as redis://127.0.0.1:6379")
    .option('--queue <name>', 'as the searches have it (default: search)')
    .option('--key-prefix <text>', 'as the searches have it (default: boreal)')
    .option('--concurrency <number>', 'fits at a time (default: 1)', wholeNumber(1, 1024))
    .action(
      command(async (flags: SearchWorkerFlags) => (await import('./search-worker.js')).workOnSearches(flags)),
    );

  return program;
}
