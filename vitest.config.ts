import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Golden values and random trials only compute: one process runs many files of them, and loads the library once.
      {
        extends: true,
        test: { name: 'computing', include: ['test/{golden,property}/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: { name: 'all else', include: ['test/*.test.ts', 'test/!(golden|property)/**/*.test.ts'] },
      },
    ],
    globalSetup: ['test/support/build.ts'],
    // A native crash takes one child process down, not the runner.
    pool: 'forks',
    // Two at least, also on two processors: servers, browsers and processes that start are waited for more than computed.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As patient as everything else with a machine that is busy.
    expect: { poll: { timeout: 30_000 } },
  },
});
