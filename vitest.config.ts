import { defineConfig } from 'vitest/config';

/** What must come is waited for; how long it takes is the machine's affair. */
const PATIENT = { poll: { timeout: 30_000 } };

// Folders that tests make are like those of a server: Bonin refuses some that a group may write to.
process.umask(0o022);

/** Minutes each: `npm run proofs` runs them. */
const PROOFS = ['test/tampering/tampering.test.ts', 'test/tampering/tampering-postgres.test.ts'];

export default defineConfig({
  test: {
    // Most tests wait for processes and browsers: one worker less than processors would leave one idle.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/architecture.test.ts'],
          // Properties are tried on many texts; a busy machine takes its time.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'firefox',
          include: ['test/firefox/**/*.test.ts'],
          expect: PATIENT,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: 'proofs', include: PROOFS, expect: PATIENT } },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['test/architecture.test.ts', 'test/firefox/**', ...PROOFS],
          globalSetup: ['test/page/unpack-browser.ts'],
          expect: PATIENT,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
