import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openArchive, openStore } from '../../src/storage/index.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { snapshot } from '../support/damage.ts';
import { markOf } from '../support/keys.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const MARK = markOf('dev');

async function refusalOf(url: string): Promise<string> {
  const sentences: string[] = [];
  for (const open of [
    () => openStore(url, MARK),
    () => openArchive(url, { ...MARK, use: 'export' }),
    () => openArchive(url, { ...MARK, use: 'import' }),
  ]) {
    const error: unknown = await open().then(
      async (opened) => {
        await opened.close();
        return new Error('was opened');
      },
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'start_refused', message: expect.stringMatching(/^[^\n]+$/) });
    sentences.push(error instanceof Error ? error.message : '');
  }
  expect(new Set(sentences).size).toBe(1);
  return sentences[0] ?? '';
}

async function newFile(): Promise<string> {
  const file = join(temporaryFolder(), 'bonin.db');
  await (await openStore(`sqlite:${file}`, MARK)).close();
  return file;
}

/** Changes a file by SQL that may do anything. */
function change(file: string, sql: string): void {
  const database = new DatabaseSync(file, { defensive: false });
  database.exec(sql);
  database.close();
}

const STRANGERS: Readonly<Record<string, { sql: string; says: RegExp }>> = {
  'a trigger': {
    sql: 'CREATE TRIGGER planted AFTER INSERT ON merchants BEGIN DELETE FROM erasures WHERE id = 1; END',
    says: /holds something that Bonin has not made \(trigger planted\)$/,
  },
  'a trigger with a name that is no name': {
    sql: `CREATE TRIGGER "a\n\u001b[2Jb${'c'.repeat(200)}" AFTER INSERT ON merchants BEGIN SELECT 1; END`,
    says: /holds something that Bonin has not made \(trigger a\?\?\[2Jbc{53}\)$/,
  },
  'a view in place of a table': {
    sql: 'ALTER TABLE otps RENAME TO hidden; CREATE VIEW otps AS SELECT * FROM hidden',
    says: /holds something that Bonin has not made \((?:table hidden|view otps|index \S+)\)$/,
  },
  'an index on an expression': {
    sql: 'CREATE INDEX planted ON merchants (upper(name))',
    says: /holds something that Bonin has not made \(index planted\)$/,
  },
  'a generated column': {
    sql: 'ALTER TABLE merchants ADD COLUMN planted TEXT AS (upper(name))',
    says: /holds something that Bonin has not made \(table merchants\)$/,
  },
  'a virtual table': {
    sql: 'CREATE VIRTUAL TABLE planted USING fts5(a)',
    says: /holds something that Bonin has not made \(table planted/,
  },
  'another default': {
    sql: `PRAGMA writable_schema = ON; UPDATE sqlite_schema
      SET sql = replace(sql, 'disabled_at INTEGER', 'disabled_at INTEGER DEFAULT (random())') WHERE name = 'merchants'`,
    says: /holds something that Bonin has not made \(table merchants\)$/,
  },
  'a table less': { sql: 'DROP TABLE erasures', says: /is damaged: a table or an index is missing$/ },
  'an index less': { sql: 'DROP INDEX otps_by_phone', says: /is damaged: a table or an index is missing$/ },
  'no version': { sql: 'PRAGMA user_version = 0', says: /does not say which schema it has$/ },
  'a version below all': { sql: 'PRAGMA user_version = -1', says: /does not say which schema it has$/ },
};

test.for(Object.entries(STRANGERS))('an SQLite file with %s is refused', async ([, { sql, says }]) => {
  const file = await newFile();
  change(file, sql);
  const before = snapshot(join(file, '..'));
  expect(await refusalOf(`sqlite:${file}`)).toMatch(says);
  expect(snapshot(join(file, '..'))).toEqual(before);
});

test('what ANALYZE leaves behind in an SQLite file is let pass', async () => {
  const file = await newFile();
  change(file, "INSERT INTO stamp (name, value) VALUES ('a', 'b'); ANALYZE");
  await (await openStore(`sqlite:${file}`, MARK)).close();
});

test('bonin dev says it in one line and ends', async () => {
  const folder = temporaryFolder();
  await (await startBonin(['--data', folder])).stop();
  change(join(folder, 'bonin.db'), STRANGERS['a trigger']?.sql ?? '');
  const { code, stdout, stderr } = await runBonin(['dev', '--port', '0', '--data', folder], {
    killAfter: 30_000,
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^bonin: \S+: holds something that Bonin has not made \(trigger planted\)\n$/);
});

const PLANTED = 'CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;';

const PLANTS: Readonly<Record<string, { sql: string; names: string }>> = {
  'a trigger on a table': {
    sql: `${PLANTED} CREATE TRIGGER planted BEFORE INSERT ON erasures FOR EACH ROW EXECUTE FUNCTION planted()`,
    names: 'trigger planted',
  },
  'a trigger on the stamp': {
    sql: `${PLANTED} CREATE TRIGGER planted AFTER UPDATE ON stamp FOR EACH STATEMENT EXECUTE FUNCTION planted()`,
    names: 'trigger planted',
  },
  'a rule': {
    sql: 'CREATE RULE planted AS ON DELETE TO certifications DO INSTEAD NOTHING',
    names: 'rule planted',
  },
  'a policy': { sql: 'CREATE POLICY planted ON certifications USING (false)', names: 'policy planted' },
  'a view in place of a table': {
    sql: 'ALTER TABLE erasures RENAME TO hidden; CREATE VIEW erasures AS SELECT * FROM hidden',
    names: 'view erasures',
  },
  'a view in place of the stamp': {
    sql: 'ALTER TABLE stamp RENAME TO hidden; CREATE VIEW stamp AS SELECT * FROM hidden',
    names: 'view stamp',
  },
};

test.for(Object.entries(PLANTS))('a PostgreSQL database with %s is refused', async ([, { sql, names }]) => {
  const url = await server.newDatabase();
  await (await openStore(url, MARK)).close();
  await ask(url, sql);
  expect(await refusalOf(url)).toMatch(
    new RegExp(`: holds something that Bonin has not made \\(${names}\\)$`),
  );
});

test('views and functions of an operator in PostgreSQL are let pass', async () => {
  const url = await server.newDatabase();
  await (await openStore(url, MARK)).close();
  await ask(url, `${PLANTED} CREATE VIEW report AS SELECT count(*) FROM certifications`);
  await (await openStore(url, MARK)).close();
});
