import { defineConfig } from 'vitest/config'

/** `EVENTSTORE_URL=… npm run test:eventstoredb`: the suites against a real server, one file at a time, since they count what is written. */
export default defineConfig({
  test: {
    include: ['test/eventstoredb/real/**/*.real.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
