import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Files of test/unit and test/serve about what a process has one of: memory, plug-ins opened once, the environment, a tracer.
 * With the dot: a pattern of what is not `cli` would pass over all that begins so.
 */
const APART = {
  unit: '*-memory.|plan-dispose.|cuda*.|cli.|report.',
  serve: 'bad-requests.|tracing.',
};

export default defineConfig({
  test: {
    projects: [
      // Loading the library takes longer than most files of tests: one process runs many files, and loads it once.
      {
        extends: true,
        test: {
          name: 'together',
          include: [
            'test/{golden,property}/**/*.test.ts',
            `test/unit/!(${APART.unit})test.ts`,
            `test/serve/**/!(${APART.serve})test.ts`,
          ],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: [
            'test/*.test.ts',
            'test/!(golden|property|serve|unit)/**/*.test.ts',
            `test/unit/@(${APART.unit})test.ts`,
            `test/serve/@(${APART.serve})test.ts`,
          ],
        },
      },
    ],
    globalSetup: ['test/support/build.ts'],
    // A native crash takes one child process down, not the runner.
    pool: 'forks',
    // Two at least, also on two processors: servers, browsers and processes that start are waited for more than computed.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // A spy ends with its test, for the next file, too.
    restoreMocks: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As patient as everything else with a machine that is busy.
    expect: { poll: { timeout: 30_000 } },
  },
});
