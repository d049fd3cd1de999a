import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createRing } from '../../src/core/key-ring.ts';
import { openVault } from '../../src/core/vault.ts';
import { AppError } from '../../src/errors.ts';
import { restoreDatabase } from '../../src/storage/index.ts';
import { openSigner } from '../../src/storage/sqlite/restore.ts';
import { SignedFile } from '../../src/storage/sqlite/signed-file.ts';
import { listFiles } from '../support/canaries.ts';
import { alter } from '../support/damage.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  fill,
  masterKeysOf,
  type Place,
  signerOf,
  sqliteIn,
  startOn,
  vaultOf,
  wordsFor,
} from './database.ts';
import {
  bodyOf,
  change,
  folderWith,
  LINE_BYTES,
  lineOf,
  rename,
  signAnew,
  WORD,
  write,
} from './forged-backup.ts';

const NOBODY = 65_534;
const NOT_AS_MADE = /is not as it was made$/;

const backUp = (place: Place, folder: string) => runBonin(['backup', folder, ...wordsFor(place)]);

interface Backups {
  readonly source: Place;
  readonly folder: string;
  readonly copies: readonly string[];
  /** The salts as of each backup. */
  readonly salts: readonly Buffer[];
}

/** A database with as many backups in one folder. */
async function backedUp(times: number): Promise<Backups> {
  const source = sqliteIn(temporaryFolder());
  await fill(source);
  const folder = join(temporaryFolder(), 'backups');
  const copies: string[] = [];
  const salts: Buffer[] = [];
  for (let time = 0; time < times; time++) {
    const { code, stdout, stderr } = await backUp(source, folder);
    expect(code, stderr).toBe(0);
    copies.push(/certifications in (.*)$/m.exec(stdout)?.[1] ?? '');
    salts.push(readFileSync(join(folder, 'salts.db')));
    alter(
      join(source.folder, 'bonin.db'),
      'DELETE FROM counted_requests WHERE rowid = (SELECT min(rowid) FROM counted_requests)',
    );
  }
  return { source, folder, copies, salts };
}

/** A new place with the keys of another. */
function newPlace(keysOf: Place): Place {
  const folder = temporaryFolder();
  copyFileSync(join(keysOf.folder, 'master.keys'), join(folder, 'master.keys'));
  return sqliteIn(folder);
}

/** A restoration that must be refused with one line, and make nothing, the folder of the database neither. */
async function refused(from: string, keysOf: Place, leaves: readonly string[] = []): Promise<string> {
  const parent = temporaryFolder();
  const target = sqliteIn(join(parent, 'restored'));
  const error: unknown = await restoreDatabase(from, target.url, masterKeysOf(keysOf)).then(
    () => new Error('was restored'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'start_refused', message: expect.stringMatching(/^\/[^\n]+$/) });
  expect(readdirSync(parent, { recursive: true })).toEqual(leaves);
  return error instanceof Error ? error.message : '';
}

async function restored(from: string, keysOf: Place): Promise<Place> {
  const target = newPlace(keysOf);
  const { code, stderr } = await runBonin(['restore', from, ...wordsFor(target)]);
  expect(code, stderr).toBe(0);
  return target;
}

/** Where an attack would leave a trace if its SQL ran. */
const trace = () => join(temporaryFolder(), 'trace');

/** Changes of a schema, each of which would run SQL or show other rows to whoever opens the file. */
const SCHEMAS: Readonly<Record<string, (traceFile: string) => string>> = {
  'SQL behind a table': (file) => `
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = sql || '; ATTACH ''${file}'' AS trace; CREATE TABLE trace.t (a)'
      WHERE name = 'merchants'`,
  'SQL in place of a table': (file) => `
    PRAGMA writable_schema = ON;
    INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
      VALUES ('index', 'harmless', 'merchants', 0, 'ATTACH ''${file}'' AS trace')`,
  'a trigger': () => `
    CREATE TRIGGER planted AFTER INSERT ON merchants BEGIN
      INSERT INTO stamp (name, value) VALUES ('planted', new.name); END`,
  'a trigger on what a restoration writes': () => `
    CREATE TRIGGER planted AFTER INSERT ON certifications BEGIN
      UPDATE certifications SET state = 'failed', certified_at = NULL; END`,
  'a view in place of a table': () => `
    ALTER TABLE otps RENAME TO hidden; CREATE VIEW otps AS SELECT * FROM hidden`,
  'an index on an expression': () => 'CREATE INDEX planted ON merchants (upper(name))',
  'a generated column': () => 'ALTER TABLE merchants ADD COLUMN planted TEXT AS (upper(name))',
  'a virtual table': () => 'CREATE VIRTUAL TABLE planted USING fts5(a)',
  'a table more': () => 'CREATE TABLE planted (a)',
  'a column less': () => 'ALTER TABLE merchants DROP COLUMN page_rules',
  'a table less': () => 'DROP TABLE counted_requests',
  'a column of another type': () => `
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'value TEXT', 'value ANY ') WHERE name = 'stamp'`,
  'a schema from the future': () => 'PRAGMA user_version = 99',
  'a schema from before the first': () => 'PRAGMA user_version = -1',
};

test('a copy whose schema was altered is refused before SQLite opens it', { timeout: 240_000 }, async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  for (const [what, sql] of Object.entries(SCHEMAS)) {
    const forged = folderWith(copy, join(folder, 'salts.db'));
    const file = join(forged, basename(copy));
    const traceFile = trace();
    change(file, sql(traceFile));
    expect(await refused(forged, source), what).toMatch(NOT_AS_MADE);
    // The attacker corrects what needs no key.
    const line = lineOf(file).with(WORD.bytes, String(bodyOf(file).length));
    write(
      file,
      bodyOf(file),
      line.with(WORD.digest, createHash('sha256').update(bodyOf(file)).digest('hex')),
    );
    expect(await refused(forged, source), what).toMatch(NOT_AS_MADE);
    expect(existsSync(traceFile), what).toBe(false);
  }
});

/** Who has the key gets as far as the folder, which stays empty. */
const FOLDER = ['restored'];

test('an altered schema is refused even when whoever altered it has the key', {
  timeout: 240_000,
}, async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  for (const [what, sql] of Object.entries(SCHEMAS)) {
    const forged = folderWith(copy, join(folder, 'salts.db'));
    const file = join(forged, basename(copy));
    const traceFile = trace();
    change(file, sql(traceFile));
    signAnew(file, await vaultOf(source), await signerOf(source));
    expect(await refused(forged, source, FOLDER), what).toMatch(
      /\.db: (?:holds something that Bonin has not made \(|is damaged: |was made by a newer Bonin|the database is damaged$)/,
    );
    expect(existsSync(traceFile), what).toBe(false);
  }
  const forged = folderWith(copy, join(folder, 'salts.db'));
  change(join(forged, 'salts.db'), 'CREATE TRIGGER planted AFTER INSERT ON salts BEGIN SELECT 1; END');
  signAnew(join(forged, 'salts.db'), await vaultOf(source), await signerOf(source));
  expect(await refused(forged, source, FOLDER)).toMatch(/salts\.db: holds something .*\(trigger planted\)$/);
  const dangling = folderWith(copy, join(folder, 'salts.db'));
  change(
    join(dangling, basename(copy)),
    'PRAGMA foreign_keys = OFF; UPDATE certifications SET channel_id = 999',
  );
  signAnew(join(dangling, basename(copy)), await vaultOf(source), await signerOf(source));
  expect(await refused(dangling, source, FOLDER)).toMatch(/does not make a whole database$/);
});

test('rows that were planted are refused: a token, a key pair, a certification, a salt', async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  const digest = createHash('sha256').update('f'.repeat(40)).digest('hex');
  for (const [name, sql] of [
    [basename(copy), `UPDATE access_tokens SET digest = '${digest}', expires_at = 99999999999999`],
    [basename(copy), 'UPDATE access_tokens SET api_key_id = 2'],
    [basename(copy), 'UPDATE api_keys SET merchant_id = 2 WHERE id = 1'],
    [basename(copy), "UPDATE certifications SET state = 'certified', certified_at = 1"],
    ['salts.db', 'DELETE FROM salts'],
    ['salts.db', "UPDATE salts SET salt = x'00'"],
  ] as const) {
    const forged = folderWith(copy, join(folder, 'salts.db'));
    change(join(forged, name), sql);
    expect(await refused(forged, source), sql).toMatch(NOT_AS_MADE);
  }
});

test('every byte of a line counts, and every byte before it', { timeout: 240_000 }, async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  const forged = folderWith(copy, join(folder, 'salts.db'));
  const masterKeys = masterKeysOf(source);
  for (const name of [basename(copy), 'salts.db']) {
    const file = join(forged, name);
    const whole = readFileSync(file);
    const take = () => {
      const signed = new SignedFile(file, (signer) => openSigner(file, signer, masterKeys));
      try {
        signed.check();
      } finally {
        signed.close();
      }
    };
    expect(take).not.toThrow();
    const length = lineOf(file).join(' ').length;
    const positions = [
      ...Array.from({ length }, (_, at) => whole.length - LINE_BYTES + at),
      ...Array.from({ length: 50 }, (_, at) => Math.floor(((at + 0.5) / 50) * (whole.length - LINE_BYTES))),
    ];
    for (const position of positions) {
      const altered = Buffer.from(whole);
      altered[position] = (altered[position] ?? 0) ^ 1;
      writeFileSync(file, altered);
      expect(take, `altered at ${position}`).toThrow(/is not as it was made|a master key that is not among/);
    }
    for (const size of [0, 1, LINE_BYTES - 1, LINE_BYTES, whole.length - LINE_BYTES, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, size));
      expect(take, `cut to ${size}`).toThrow(/is not as it was made/);
    }
    writeFileSync(file, Buffer.concat([whole, Buffer.of(0)]));
    expect(take).toThrow(/is not as it was made/);
    writeFileSync(file, whole);
  }
});

test('what is changed between the check and the use is found out', async () => {
  const { source, copies } = await backedUp(1);
  const [copy = ''] = copies;
  const vault = await vaultOf(source);
  const signed = new SignedFile(copy, () => vault);
  signed.check();
  change(copy, 'DELETE FROM access_tokens');
  const folder = temporaryFolder();
  expect(() => signed.takeOut(join(folder, 'copy'))).toThrow(/is not as it was made/);
  signed.close();
});

test('files that do not belong together are refused', { timeout: 120_000 }, async () => {
  const { source, copies, salts, folder } = await backedUp(3);
  const [first = '', second = '', third = ''] = copies;
  const newest = join(folder, 'salts.db');

  const older = folderWith(third);
  writeFileSync(join(older, 'salts.db'), salts[1] ?? '');
  expect(await refused(older, source)).toMatch(/: salts\.db beside it is older, or of another folder$/);

  // An old copy that is to pass for the newest one.
  const renamed = folderWith(first, second, newest);
  rename(renamed, basename(first), 'bonin-2099-01-01T00-00-00.000Z.db');
  expect(await refused(renamed, source)).toMatch(/is not called as it was made; its name is bonin-/);
  const posing = folderWith(first, newest);
  writeFileSync(join(posing, 'salts.db'), readFileSync(first));
  expect(await refused(posing, source)).toMatch(/is not called as it was made/);

  // The same database into another folder, whose numbers are as good.
  const otherFolder = join(temporaryFolder(), 'others');
  for (let time = 0; time < 4; time++) expect((await backUp(source, otherFolder)).code).toBe(0);
  expect(await refused(folderWith(third, join(otherFolder, 'salts.db')), source)).toMatch(
    /of another folder$/,
  );

  // Another database under the same key.
  const twin = newPlace(source);
  copyFileSync(join(source.folder, 'bonin.db'), join(twin.folder, 'bonin.db'));
  alter(join(twin.folder, 'bonin.db'), "DELETE FROM stamp WHERE name = 'database_id'");
  const twins = join(temporaryFolder(), 'twins');
  expect((await backUp(twin, twins)).code).toBe(0);
  expect(await refused(folderWith(first, join(twins, 'salts.db')), source)).toMatch(/is of another database/);

  for (const copy of copies) await restored(copy, source);
});

test('a MAC by another master key is worth nothing', async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  const strange = [{ id: 1, secret: randomBytes(32) }];
  const ring = createRing(strange, 'dev', 1);
  const stranger = openVault(strange, 'dev', ring);
  const key = ring.find(({ purpose }) => purpose === 'backups');
  if (key === undefined) throw new Error('the ring has no key for backups');
  const forged = folderWith(copy, join(folder, 'salts.db'));
  for (const name of [basename(copy), 'salts.db'])
    signAnew(join(forged, name), stranger, { mode: 'dev', key });
  expect(await refused(forged, source)).toMatch(
    /was made with a master key that is not among the keys given \(number 1 of then\)$/,
  );
  // With the right key, wrapped as it stands in every backup.
  const file = join(forged, basename(copy));
  write(file, bodyOf(file), lineOf(file).with(WORD.key, lineOf(copy)[WORD.key] ?? ''));
  expect(await refused(forged, source)).toMatch(NOT_AS_MADE);
});

test('links, pipes, folders, devices and files of a terabyte are refused at once', async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  const real = join(folder, 'salts.db');
  const makes: Readonly<Record<string, { make: (file: string) => void; says: RegExp }>> = {
    'a link': {
      make: (file) => symlinkSync(file.endsWith('salts.db') ? real : copy, file),
      says: /is a symbolic link/,
    },
    'a pipe': { make: (file) => execFileSync('mkfifo', [file]), says: /is not a file$/ },
    'a folder': { make: (file) => mkdirSync(file), says: /is (?:a folder|not a file)$/ },
    'a file with nothing but holes': {
      make: (file) => {
        writeFileSync(file, '');
        truncateSync(file, 2 ** 40);
      },
      says: NOT_AS_MADE,
    },
    'the file with holes before its line': {
      make: (file) => {
        const whole = readFileSync(file.endsWith('salts.db') ? real : copy);
        writeFileSync(file, whole.subarray(0, -LINE_BYTES));
        truncateSync(file, 2 ** 40);
        writeFileSync(file, whole.subarray(-LINE_BYTES), { flag: 'a' });
      },
      says: NOT_AS_MADE,
    },
  };
  for (const [what, { make, says }] of Object.entries(makes))
    for (const place of [copy, real]) {
      const forged = folderWith(place === copy ? real : copy);
      make(join(forged, basename(place)));
      // A folder of that name is the folder to look into.
      const from = what === 'a folder' && place === copy ? forged : join(forged, basename(copy));
      expect(await refused(from, source), `${what} for ${basename(place)}`).toMatch(says);
    }
});

test('what else lies in the folder is not looked at', async () => {
  const { source, copies, folder } = await backedUp(1);
  const [copy = ''] = copies;
  for (const name of [copy, join(folder, 'salts.db')])
    for (const suffix of ['-journal', '-wal', '-shm']) writeFileSync(`${name}${suffix}`, randomBytes(5000));
  const { bonin, shop } = await startOn(await restored(folder, source));
  expect((await (await shop()).lookup('imp_000000000001')).status).toBe(200);
  await bonin.stop();
});

test('a restoration takes away what a killed one left, and waits for nobody', async () => {
  const { source, folder } = await backedUp(1);
  const target = newPlace(source);
  const room = join(target.folder, 'bonin.db.restoring');
  mkdirSync(room, { mode: 0o700 });
  writeFileSync(join(room, 'salts'), 'left behind');
  const lock = new DatabaseSync(join(room, 'lock'));
  lock.exec('BEGIN EXCLUSIVE');
  const second = await runBonin(['restore', folder, ...wordsFor(target)]);
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/another process restores into it$/m),
  });
  lock.close();
  expect((await runBonin(['restore', folder, ...wordsFor(target)])).code).toBe(0);
  expect(readdirSync(target.folder).toSorted()).toEqual(['bonin.db', 'master.keys']);
  expect(statSync(join(target.folder, 'bonin.db')).mode & 0o777).toBe(0o600);
});

test('a backup may be read by its owner only, and is written where nobody else can write', async () => {
  const { source, folder } = await backedUp(1);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of listFiles(folder)) expect(statSync(file).mode & 0o777, file).toBe(0o600);
  const said = async () => {
    const { code, stderr } = await backUp(source, folder);
    expect(code, stderr).toBe(1);
    return stderr;
  };
  const before = listFiles(folder);
  for (const mode of [0o770, 0o702, 0o777]) {
    chmodSync(folder, mode);
    expect(await said()).toMatch(/backups: may be changed by others; run chmod 700 on it$/m);
  }
  chmodSync(folder, 0o700);
  if (process.getuid?.() === 0) {
    chownSync(folder, NOBODY, NOBODY);
    expect(await said()).toMatch(/backups: belongs to another user/);
    chownSync(folder, 0, 0);
  }
  expect(listFiles(folder)).toEqual(before);
});

test('no file or link in the folder redirects a backup', async () => {
  const { source, folder } = await backedUp(1);
  const outside = join(temporaryFolder(), 'outside');
  const said = async () => {
    const { code, stderr } = await backUp(source, folder);
    expect(code, stderr).toBe(1);
    return stderr;
  };
  const [lock, salts] = [join(folder, 'lock'), join(folder, 'salts.db')];
  const whole = readFileSync(salts);

  symlinkSync(outside, lock);
  expect(await said()).toMatch(/lock: is not a lock of Bonin/);
  rmSync(lock);
  alter(lock, 'CREATE TABLE t (a); CREATE VIEW stamp AS SELECT 1');
  expect(await said()).toMatch(/lock: is not a lock of Bonin/);
  rmSync(lock);

  rmSync(salts);
  symlinkSync(outside, salts);
  expect(await said()).toMatch(/salts\.db: is a symbolic link/);
  rmSync(salts);
  writeFileSync(salts, whole.subarray(0, -1));
  expect(await said()).toMatch(/salts\.db: is not as it was made/);
  writeFileSync(salts, whole);

  const database = join(source.folder, 'bonin.db');
  const id = lineOf(salts)[WORD.database] ?? '';
  alter(database, `UPDATE stamp SET value = '${id} 1 2 3' WHERE name = 'database_id'`);
  expect(await said()).toMatch(/bonin\.db: is damaged: its database_id/);
  alter(database, `UPDATE stamp SET value = '${id}' WHERE name = 'database_id'`);

  symlinkSync(temporaryFolder(), join(folder, 'planted.unfinished'));
  writeFileSync(join(folder, 'lock-journal'), randomBytes(5000));
  expect((await backUp(source, folder)).code).toBe(0);
  expect(lstatSync(join(folder, 'planted.unfinished'), { throwIfNoEntry: false })).toBeUndefined();
  expect(existsSync(outside)).toBe(false);
});
