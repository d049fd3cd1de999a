import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openRing } from '../../src/core/key-ring.ts';
import { openStore } from '../../src/storage/index.ts';
import { readRing } from '../../src/storage/sqlite/open.ts';
import { startPostgres } from '../contract/postgres-server.ts';
import { findCanaries, listFiles, type Spelling, spellBytes } from '../support/canaries.ts';
import { KEY_A, SECRET_A } from '../support/client.ts';
import { alter } from '../support/damage.ts';
import { eventually } from '../support/eventually.ts';
import { markOf } from '../support/keys.ts';
import { Shop } from '../support/shop.ts';
import { type Finished, runBonin } from '../support/start-bonin.ts';
import { readSealed } from '../support/stored-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { fill, masterKeysOf, type Place, sqliteIn, startOn, vaultOf, wordsFor } from './database.ts';

const back = (place: Place, folder: string) => runBonin(['backup', folder, ...wordsFor(place)]);
const restore = (from: string, place: Place) => runBonin(['restore', from, ...wordsFor(place)]);

async function backUp(place: Place, folder: string): Promise<string> {
  const { code, stdout, stderr } = await back(place, folder);
  expect(code, stderr).toBe(0);
  return /certifications in (.*)$/m.exec(stdout)?.[1] ?? '';
}

async function restored(from: string, keyOf: Place): Promise<Place & { readonly said: string }> {
  const place = newPlace(keyOf);
  const { code, stdout, stderr } = await restore(from, place);
  expect(code, stderr).toBe(0);
  return { ...place, said: stdout };
}

/** A folder with the key of another. */
function newPlace(keyOf: Place): Place {
  const folder = temporaryFolder();
  copyFileSync(join(keyOf.folder, 'master.keys'), join(folder, 'master.keys'));
  return sqliteIn(folder);
}

async function running(place: Place) {
  const { bonin, client } = await startOn(place);
  return { bonin, client, shop: new Shop(client, (await client.token(KEY_A, SECRET_A)).token) };
}

test('a copy that is made under load is of one moment, with all that was answered before it', {
  timeout: 120_000,
}, async () => {
  const source = sqliteIn(temporaryFolder());
  const backups = temporaryFolder();
  const { bonin, client, shop } = await running(source);
  const live = new Map<string, string>();
  const erased = new Set<string>();
  let writing = true;
  const write = async () => {
    while (writing) {
      const impUid = await client.create({});
      live.set(impUid, (await shop.lookup(impUid)).text);
      const gone = await client.create({});
      await shop.erase(gone);
      erased.add(gone);
    }
  };
  const writers = [write(), write(), write()];
  while (live.size < 30) await shop.lookup('imp_000000000000');
  const before = { live: new Map(live), erased: new Set(erased) };
  const first = await backUp(source, backups);
  expect(await eventually(() => live.size > before.live.size)).toBe(true);
  const between = new Map(live);
  const second = await backUp(source, backups);
  writing = false;
  await Promise.all(writers);
  await bonin.stop();

  const [old, now] = [await restored(first, source), await restored(second, source)];
  expect(now.said).toMatch(/^ +0 erased since/m);
  for (const [place, kept] of [
    [old, before.live],
    [now, between],
  ] as const) {
    const again = await running(place);
    for (const [impUid, text] of kept) expect((await again.shop.lookup(impUid)).text).toBe(text);
    for (const impUid of before.erased) expect((await again.shop.lookup(impUid)).status).toBe(404);
    await again.bonin.stop();
  }
});

test('what is erased is gone from older copies at the next backup, and its id stays used', async () => {
  const source = sqliteIn(temporaryFolder());
  const backups = temporaryFolder();
  const { bonin, client, shop } = await running(source);
  const impUid = await client.create({ name: '지워질사람' });
  const other = await client.create({});
  const text = (await shop.lookup(other)).text;
  const canaries = readSealed(source.folder, impUid);
  const copy = await backUp(source, backups);
  const found = findCanaries([backups], canaries).map(({ file, canary }) => `${canary} in ${basename(file)}`);
  expect(found.toSorted()).toEqual([`salt in salts.db`, `sealed in ${basename(copy)}`].toSorted());
  await shop.erase(impUid);
  await backUp(source, backups);
  await bonin.stop();
  expect(new Set(findCanaries([backups], canaries).map(({ canary }) => canary))).toEqual(new Set(['sealed']));
  expect(listFiles(backups).filter((file) => file.endsWith('.unfinished'))).toEqual([]);

  const old = await restored(copy, source);
  expect(old.said).toMatch(/^ +1 erased since the copy was made/m);
  expect(findCanaries([old.folder], canaries)).toEqual([]);
  const again = await running(old);
  expect((await again.shop.lookup(impUid)).status).toBe(404);
  expect((await again.shop.lookup(other)).text).toBe(text);
  await again.bonin.stop();
  const vault = await vaultOf(old);
  const store = await openStore(old.url, markOf('dev', masterKeysOf(old)));
  const [channel] = await store.listChannels(1);
  if (channel === undefined) throw new Error('no channel');
  const sealed = vault.seal('anybody', 'else');
  const comesBack = {
    impUid,
    merchantId: 1,
    channel,
    state: 'failed',
    requestedAt: 1,
    certifiedAt: null,
    sealed,
  } as const;
  expect(await store.createCertification(comesBack)).toBe(false);
  await store.close();
});

test('what was open at the copy is expired; what was certified since is erased', async () => {
  const source = sqliteIn(temporaryFolder());
  const backups = temporaryFolder();
  const { bonin, client, shop } = await running(source);
  const waits = await shop.impUid({ phone: '01000001111' });
  const confirmed = await shop.impUid({ phone: '01000002222' });
  const pending = await client.create({ certified: false });
  const first = await backUp(source, backups);
  expect((await shop.confirm(confirmed)).status).toBe(200);
  const later = await client.create({});
  const text = (await shop.lookup(confirmed)).text;
  await backUp(source, backups);
  await bonin.stop();

  const old = await restored(first, source);
  expect(old.said).toMatch(/^ +1 certified or ended since/m);
  expect(old.said).toMatch(/^ +1 made after the copy/m);
  expect(old.said).toMatch(/^ +3 open when the copy was made/m);
  const again = await running(old);
  for (const impUid of [waits, pending])
    expect((await again.shop.lookup(impUid)).response).toMatchObject({ certified: false });
  expect((await again.shop.confirm(waits)).status).not.toBe(200);
  for (const impUid of [confirmed, later]) expect((await again.shop.lookup(impUid)).status).toBe(404);
  await again.bonin.stop();

  const newest = await running(await restored(backups, source));
  expect((await newest.shop.lookup(confirmed)).text).toBe(text);
  await newest.bonin.stop();
});

test('a running attempt on the page is in no copy', async () => {
  const source = sqliteIn(temporaryFolder());
  const backups = temporaryFolder();
  const { attempt, lookups } = await fill(source);
  const copy = await backUp(source, backups);
  using database = new DatabaseSync(copy, { readOnly: true });
  expect(database.prepare('SELECT count(*) AS n FROM attempts').get()).toEqual({ n: 0 });
  const again = await running(await restored(backups, source));
  expect((await again.shop.lookup(attempt)).response).toMatchObject({ certified: false });
  for (const [impUid, text] of lookups)
    if (text.includes('"certified":true')) expect((await again.shop.lookup(impUid)).text).toBe(text);
  await again.bonin.stop();
});

test('whom an open code was requested for is in no copy, and no salt of it', async () => {
  const source = sqliteIn(temporaryFolder());
  const { openOtp } = await fill(source);
  const columns = 'digest, phone_digest, key_id, salt, sealed';
  const find = `SELECT ${columns} FROM otps WHERE id = ${Number(openOtp.slice(4))}`;
  const rowIn = (file: string) => {
    using database = new DatabaseSync(file, { readOnly: true });
    return database.prepare(find).get() ?? {};
  };
  expect(Object.values(rowIn(join(source.folder, 'bonin.db'))).filter((cell) => cell === null)).toEqual([]);
  const backups = temporaryFolder();
  const copy = await backUp(source, backups);
  expect(new Set(Object.values(rowIn(copy)))).toEqual(new Set([null]));
  const after = await restored(backups, source);
  const again = await running(after);
  expect((await again.shop.confirm(openOtp)).status).not.toBe(200);
  await again.bonin.stop();
});

test('the data keys are in a backup and an export, but only wrapped', async () => {
  const source = sqliteIn(temporaryFolder());
  await fill(source);
  const masterKeys = masterKeysOf(source);
  using database = new DatabaseSync(join(source.folder, 'bonin.db'), { readOnly: true });
  const ring = readRing(database);
  const opened = openRing(masterKeys, 'dev', ring);
  if ('fault' in opened) throw new Error('the ring does not open');
  const canaries = new Map<string, readonly Spelling[]>(
    [
      ...opened.keys.map(({ purpose, secret }) => [purpose, secret] as const),
      ['master', masterKeys[0]?.secret ?? []] as const,
    ].map(([name, secret]) => [name, spellBytes(Buffer.from(secret))]),
  );
  const wrapped = new Map(ring.map((key) => [key.purpose, spellBytes(Buffer.from(key.wrapped))] as const));
  const folder = temporaryFolder();
  await backUp(source, folder);
  expect((await runBonin(['export', join(folder, 'all.bonin'), ...wordsFor(source)])).code).toBe(0);
  expect(findCanaries([folder], canaries)).toEqual([]);
  const found = findCanaries([folder], wrapped).map(({ file, canary }) => `${canary} ${basename(file)}`);
  for (const { purpose } of ring) expect(found).toContain(`${purpose} all.bonin`);
  expect(found).toContain('backups salts.db');
});

test('a backup of before another master key opens with the key of then, and says so without it', async () => {
  const source = sqliteIn(temporaryFolder());
  const { lookups } = await fill(source);
  const backups = temporaryFolder();
  const before = await backUp(source, backups);
  const keyFile = join(source.folder, 'master.keys');
  const old = readFileSync(keyFile, 'utf8');
  const line = `2 ${randomBytes(32).toString('base64')}\n`;
  writeFileSync(keyFile, `${old}${line}`);
  await (await running(source)).bonin.stop();
  // From here on the first key is nowhere but in `old`.
  writeFileSync(keyFile, line);
  const after = await backUp(source, backups);
  expect(refusal(await restore(before, newPlace(source)))).toMatch(
    /bonin-.*\.db: was made with a master key that is not among the keys given \(number 1 of then\)$/m,
  );
  const now = await running(await restored(after, source));
  await now.bonin.stop();
  writeFileSync(keyFile, `${old}${line}`);
  const then = await running(await restored(before, source));
  for (const [impUid, text] of lookups)
    if (text.includes('"certified":true')) {
      expect((await then.shop.lookup(impUid)).text).toBe(text);
    }
  await then.bonin.stop();
});

test('a backup that is killed leaves a folder that can be restored from', { timeout: 120_000 }, async () => {
  const source = sqliteIn(temporaryFolder());
  const { lookups } = await fill(source, 20_000);
  const backups = temporaryFolder();
  await backUp(source, backups);
  for (let kill = 0; kill < 10; kill++) {
    await runBonin(['backup', backups, ...wordsFor(source)], { killAfter: Math.random() * 1500 });
    for (const copy of listFiles(backups)
      .filter((file) => /bonin-[^/]*\.db$/.test(file))
      .slice(-2))
      expect((await restored(copy, source)).said).toMatch(/^ +0 erased since/m);
  }
  const unfinished = () => readdirSync(backups).filter((name) => name.endsWith('.unfinished'));
  writeFileSync(join(backups, 'salts.db.unfinished'), 'of a killed one');
  await backUp(source, backups);
  expect(unfinished()).toEqual([]);
  const again = await running(await restored(backups, source));
  for (const [impUid, text] of lookups)
    if (text.includes('"certified":true')) expect((await again.shop.lookup(impUid)).text).toBe(text);
  await again.bonin.stop();
});

test('a restoration that is killed leaves no database or a whole one, and is done when it is run again', {
  timeout: 120_000,
}, async () => {
  const source = sqliteIn(temporaryFolder());
  await fill(source, 20_000);
  const backups = temporaryFolder();
  await backUp(source, backups);
  const target = newPlace(source);
  for (let kill = 0; kill < 8; kill++) {
    await runBonin(['restore', backups, ...wordsFor(target)], { killAfter: 300 + Math.random() * 1200 });
    if (!existsSync(join(target.folder, 'bonin.db'))) continue;
    const { shop, bonin } = await running(target);
    expect((await shop.lookup('imp_000000000001')).status).toBe(200);
    await bonin.stop();
    rmSync(join(target.folder, 'bonin.db'));
  }
  const { code, stderr } = await restore(backups, target);
  expect(code, stderr).toBe(0);
  expect(readdirSync(target.folder).toSorted()).toEqual(['bonin.db', 'master.keys']);
});

function refusal({ code, stderr }: Finished): string {
  expect(code).toBe(1);
  return stderr;
}

test('what cannot be restored from, or backed up into, is refused with a sentence', {
  timeout: 120_000,
}, async () => {
  const source = sqliteIn(temporaryFolder());
  await fill(source);
  const backups = temporaryFolder();
  const first = await backUp(source, backups);
  expect(refusal(await restore(backups, source))).toMatch(/bonin\.db: is there already/);
  expect(refusal(await restore(temporaryFolder(), newPlace(source)))).toMatch(/holds no copy/);
  expect(refusal(await restore(join(backups, 'none'), newPlace(source)))).toMatch(/is missing/);

  const stranger = sqliteIn(temporaryFolder());
  await fill(stranger);
  expect(refusal(await restore(backups, newPlace(stranger)))).toMatch(/a master key that is not among/);
  expect(refusal(await back(stranger, backups))).toMatch(/salts\.db: belongs to another database/);
  const after = await restored(backups, source);
  expect(refusal(await back(after, backups))).toMatch(/or to this one before it was restored/);
  expect(refusal(await back(sqliteIn(temporaryFolder()), backups))).toMatch(/bonin\.db: is missing/);

  const served = await runBonin([
    'dev',
    '--port',
    '0',
    '--data',
    source.folder,
    '--database-url',
    `sqlite:${first}`,
  ]);
  expect(refusal(served)).toMatch(/is a backup, which has no salts; bonin restore makes a database of it/);

  const olderSalts = readFileSync(join(backups, 'salts.db'));
  alter(join(source.folder, 'bonin.db'), "DELETE FROM certifications WHERE state = 'failed'");
  const second = await backUp(source, backups);
  const mixed = temporaryFolder();
  copyFileSync(second, join(mixed, basename(second)));
  expect(refusal(await restore(mixed, newPlace(source)))).toMatch(/salts\.db: is missing/);
  writeFileSync(join(mixed, 'salts.db'), olderSalts);
  expect(refusal(await restore(mixed, newPlace(source)))).toMatch(
    /salts\.db beside it is older, or of another folder/,
  );
  rmSync(join(mixed, 'salts.db'));
  copyFileSync(join(backups, 'salts.db'), join(mixed, 'salts.db'));
  const altered = readFileSync(second);
  altered[altered.length >> 1] = (altered[altered.length >> 1] ?? 0) ^ 1;
  writeFileSync(join(mixed, basename(second)), altered);
  const target = newPlace(source);
  expect(refusal(await restore(mixed, target))).toMatch(/is not as it was made/);
  expect(existsSync(join(target.folder, 'bonin.db'))).toBe(false);
  expect(readdirSync(target.folder)).toEqual(['master.keys']);

  using lock = new DatabaseSync(join(backups, 'lock'));
  lock.exec('BEGIN EXCLUSIVE');
  expect(refusal(await back(source, backups))).toMatch(/another backup into this folder is under way/);
  lock.exec('ROLLBACK');

  const newer = newPlace(source);
  copyFileSync(join(source.folder, 'bonin.db'), join(newer.folder, 'bonin.db'));
  alter(join(newer.folder, 'bonin.db'), 'PRAGMA user_version = 99');
  expect(refusal(await back(newer, temporaryFolder()))).toMatch(/was made by a newer Bonin/);
});

test('PostgreSQL is not backed up by this, and where to read on is said', async () => {
  const server = await startPostgres();
  try {
    const place = { folder: temporaryFolder(), url: await server.newDatabase() };
    for (const { code, stderr } of [await back(place, temporaryFolder())]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /for SQLite files; docs\/operations\.md says under Backups how PostgreSQL is backed up/,
      );
    }
  } finally {
    await server.close();
  }
});

test('a full disk under the backups is said, and leaves the older ones as they were', async () => {
  const source = sqliteIn(temporaryFolder());
  await fill(source, 12_000);
  const backups = temporaryFolder();
  await backUp(source, backups);
  const files = () => readdirSync(backups).filter((name) => !name.endsWith('.unfinished'));
  const before = files();
  const full = await runBonin(['backup', backups, ...wordsFor(source)], {
    wrapper: ['prlimit', '--fsize=1000000:unlimited'],
  });
  expect(full.code).toBe(1);
  expect(full.stderr).toMatch(/the disk/);
  expect(files()).toEqual(before);
  expect((await restored(backups, source)).said).toMatch(/^ +0 erased since/m);
});
