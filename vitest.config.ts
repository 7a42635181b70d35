import { defineConfig } from 'vitest/config';

/** One configuration for all suites; `--project unit|integration|e2e` picks one. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          pool: 'forks',
          globalSetup: ['test/support/build-once.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['test/support/build-once.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 90_000,
          hookTimeout: 90_000,
          globalSetup: ['test/support/build-once.ts'],
        },
      },
    ],
  },
});
