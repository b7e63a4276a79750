/** Two groups of tests: `unit` needs nothing; the others share one Temporal server (test/support/global-setup.ts). */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    // Files of one process share what they import, which takes a second for each otherwise.
    isolate: false,
    // Twice the cores of a small machine: many tests wait, for leases and timers, more than they work.
    maxWorkers: 4,
    // Generous on purpose: a slow machine must not fail a test, and nothing waits this long when all is well.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'temporal',
          include: ['test/{workflow,http,e2e}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
