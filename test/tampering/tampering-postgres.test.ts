import { expect, it } from 'vitest';
import { startPostgres } from '../contract/postgres-server.ts';
import { createPostgresEngine } from './postgres-engine.ts';
import { summaryOf } from './report.ts';
import { tamper } from './suite.ts';

it('whatever is altered in PostgreSQL shows nobody, certifies nobody and lets nobody in', {
  timeout: 7_200_000,
}, async () => {
  // Nothing of it has to outlive the test.
  const server = await startPostgres({ settings: { fsync: 'off', full_page_writes: 'off' } });
  try {
    const engine = await createPostgresEngine(await server.newDatabase());
    try {
      const report = await tamper(engine);
      process.stdout.write(summaryOf(engine, report));
      expect(report).toMatchObject({ violations: [], untouched: [] });
      expect(report.changes).toBeGreaterThan(2000);
    } finally {
      await engine.close();
    }
  } finally {
    await server.close();
  }
});
