import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_FOLDER, readCases } from '../../src/conformance/case-file.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { runCase } from './run-case.ts';

let server: PostgresServer;
let databaseUrl: string;
beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = await server.newDatabase();
});
afterAll(() => server?.close());

describe('golden cases of the V1 contract, on PostgreSQL', () => {
  const entries = readCases(OWN_FOLDER);
  for (const entry of entries)
    it(`${entry.name}: ${entry.golden?.why ?? 'not a case'}`, async () => {
      if (entry.golden === null) throw new Error(entry.problem);
      // A new database for each would leave gigabytes behind.
      await ask(databaseUrl, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      expect(await runCase(entry.golden, { databaseUrl })).toEqual([]);
    });

  it('are all there', () => {
    expect(entries).toHaveLength(337);
  });
});
