import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
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
