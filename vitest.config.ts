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
          // Property tests try hundreds of cases, beside suites that keep the machine busy.
          testTimeout: 30_000,
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
          exclude: ['test/e2e/electron/**', 'test/e2e/windows/**'],
          pool: 'forks',
          testTimeout: 90_000,
          hookTimeout: 90_000,
          globalSetup: ['test/support/build-once.ts'],
        },
      },
      // A real Electron on a desktop without a screen, packaging, and Node for Windows under Wine.
      {
        test: {
          name: 'electron',
          include: ['test/e2e/electron/**/*.test.ts', 'test/e2e/windows/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ['test/support/build-once.ts', 'test/support/desktop/setup.ts'],
        },
      },
    ],
  },
});
