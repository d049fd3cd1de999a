import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readMasterKeys } from '../../src/config/master-keys.ts';
import { attemptContext } from '../../src/core/attempt.ts';
import { detailsContext, packDetails } from '../../src/core/certification.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import type { MasterKey } from '../../src/core/key-ring.ts';
import type { Store } from '../../src/core/store.ts';
import type { Vault } from '../../src/core/vault.ts';
import { openArchive, openStore } from '../../src/storage/index.ts';
import type { Signer } from '../../src/storage/sqlite/signed-file.ts';
import { putMerchant } from '../contract/merchant.ts';
import { ask } from '../contract/postgres-server.ts';
import { Client, KEY_A, SECRET_A } from '../support/client.ts';
import { markOf, vaultAt } from '../support/keys.ts';
import { Shop } from '../support/shop.ts';
import { startBonin } from '../support/start-bonin.ts';

/** People that must be found nowhere. */
export const CANARIES = ['쀍뷁똠캐나리', 'Canarina Qwzxbird', 'canary_order_Zx5', '01000004321'];

/** Key of the first certification that nobody can open. */
export const FIRST_BULK_ID = 900_000_000_000;

/** A database to move: its folder with the master key, and its URL. */
export interface Place {
  readonly folder: string;
  readonly url: string;
}

/** What was there before the move. */
export interface Filled {
  readonly token: string;
  /** An id with the answer to its lookup. */
  readonly lookups: ReadonlyMap<string, string>;
  /** An OTP was sent for this one, and not confirmed yet. */
  readonly openOtp: string;
  readonly erased: string;
  readonly attempt: string;
}

export function sqliteIn(folder: string): Place {
  return { folder, url: `sqlite:${join(folder, 'bonin.db')}` };
}

export function masterKeysOf({ folder }: Place): readonly MasterKey[] {
  return readMasterKeys(join(folder, 'master.keys'), false);
}

/** The key that signs the backups of a database, as it stands there. */
export async function signerOf(place: Place): Promise<Signer> {
  const archive = await openArchive(place.url, markOf('dev', masterKeysOf(place), 'export'));
  await archive.close();
  const key = archive.ring.find(({ purpose }) => purpose === 'backups');
  if (key === undefined) throw new Error('the ring has no key for backups');
  return { mode: archive.mode, key };
}

export function vaultOf(place: Place): Promise<Vault> {
  return vaultAt(place.url, masterKeysOf(place));
}

export function wordsFor({ folder, url }: Place): readonly string[] {
  return ['--data', folder, '--database-url', url];
}

export async function startOn(place: Place) {
  const bonin = await startBonin(wordsFor(place));
  const client = new Client(bonin.url);
  return { bonin, client, shop: async () => new Shop(client, (await client.token(KEY_A, SECRET_A)).token) };
}

/** Puts something into every table, as the server does, and `bulk` certifications that nobody can open besides. */
export async function fill(place: Place, bulk = 0): Promise<Filled> {
  const { bonin, client } = await startOn(place);
  const { token } = await client.token(KEY_A, SECRET_A);
  const shop = new Shop(client, token);
  const [name, other, merchantUid, phone] = CANARIES;
  const ids = [
    await client.create({ name, merchant_uid: merchantUid }),
    await client.create({ name: other, phone }),
    await client.create({ certified: false }),
  ];
  const openOtp = await shop.impUid({ phone: '01000001111' });
  const confirmed = await shop.impUid({ phone: '01000002222' });
  await shop.confirm(confirmed);
  const erased = await client.create({});
  await shop.erase(erased);
  const lookups = new Map<string, string>();
  for (const impUid of [...ids, confirmed]) lookups.set(impUid, (await shop.lookup(impUid)).text);
  await bonin.stop();
  if (bulk > 0) fillUp(place, bulk);
  return { token, lookups, openOtp, erased, attempt: await addRest(place) };
}

/** What needs a browser or an older database: an attempt on the page, and an id of another shape. */
async function addRest(place: Place): Promise<string> {
  const vault = await vaultOf(place);
  const store = await openStore(place.url, markOf('dev', masterKeysOf(place)));
  try {
    for (let number = 0; number < 5; number++)
      await putMerchant(store, { userCode: `imp9999999${number}`, name: `상점 ${number}` });
    const merchant = await store.findMerchant({ id: 1 });
    const [channel] = await store.listChannels(merchant?.id ?? 0);
    if (channel === undefined) throw new Error('the sandbox has no channel');
    const impUid = newImpUid();
    const { merchantId } = channel;
    const shape = { merchantId, channel, certifiedAt: null, requestedAt: Date.now() };
    const nobody = packDetails({
      merchantUid: 'on the page',
      pageUrl: null,
      providerTid: null,
      identity: null,
    });
    const secrets = {
      ticket: randomBytes(36),
      ticketUntil: Date.now() + 600_000,
      handle: randomBytes(36),
      session: null,
    };
    const bound = { merchantId, impUid, channel, expiresAt: Date.now() + 900_000, secrets };
    const launch = vault.seal(attemptContext('launch', bound), '{}');
    const progress = vault.seal(attemptContext('progress', bound), '{}');
    await store.attempts.create(
      { ...bound, step: 3, wrong: 1, code: null, back: null, end: null, launch, progress },
      {
        ...shape,
        impUid,
        state: 'pending',
        sealed: vault.seal(detailsContext({ ...shape, impUid }), nobody),
      },
    );
    await certifyInWindow(store, vault, channel);
    await store.createCertification({
      ...shape,
      impUid: 'imp_of_another_shape',
      state: 'failed',
      sealed: launch,
    });
    const free = [{ count: 1_000, window: 1 }];
    await store.countRequest([{ subject: randomBytes(36), limits: free }], Date.now());
    return impUid;
  } finally {
    await store.close();
  }
}

/** Somebody whom an agency certified in its own window; its number for the visit is used up. */
async function certifyInWindow(store: Store, vault: Vault, channel: Channel): Promise<void> {
  const [impUid, now] = [newImpUid(), Date.now()];
  const { merchantId } = channel;
  const secrets = { ticket: randomBytes(36), ticketUntil: now, handle: randomBytes(36), session: null };
  const bound = { merchantId, impUid, channel, expiresAt: now + 900_000, secrets };
  const launch = vault.seal(attemptContext('launch', bound), '{}');
  const rest = { step: 0, wrong: 0, code: null, back: null, end: null };
  const details = { merchantUid: 'in the window', pageUrl: null, providerTid: 'visit-1', identity: null };
  const rowOf = (state: 'pending' | 'certified', certifiedAt: number | null) => {
    const row = { merchantId, impUid, channel, state, requestedAt: now, certifiedAt };
    return { ...row, sealed: vault.seal(detailsContext(row), packDetails(details)) };
  };
  await store.attempts.create({ ...bound, ...rest, launch, progress: launch }, rowOf('pending', null));
  const claim = { id: randomBytes(16), until: now + 60_000 };
  await store.attempts.claim({ impUid, step: 0, claim, now });
  const transaction = [vault.digest('pages', 'agency transaction', 'visit-1')];
  const certification = { state: 'certified', certified: rowOf('certified', now), transaction } as const;
  const end = JSON.stringify({ certified: true });
  const ended = await store.attempts.end({ impUid, end, claim: claim.id, now, certification });
  if (ended !== true) throw new Error('the window certified nobody');
}

function fillUp({ folder }: Place, rows: number): void {
  using database = new DatabaseSync(join(folder, 'bonin.db'));
  database.exec('BEGIN');
  const insert = database.prepare(`
    INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at, key_id,
      salt, sealed)
    VALUES (?, 1, 1, 'certified', ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`);
  for (let row = 0; row < rows; row++)
    insert.run(FIRST_BULK_ID + row, row, row, randomBytes(32), randomBytes(300));
  database.exec('COMMIT');
}

/** How far an import into a database has come; null when none is under way. */
export async function importedChunks({ url }: Place): Promise<number | null> {
  const sql = "SELECT value FROM stamp WHERE name = 'import'";
  const value = url.startsWith('sqlite:')
    ? askFile(url.slice('sqlite:'.length), sql)
    : await askServer(url, sql);
  return value === undefined ? null : Number(String(value).split(' ')[1]);
}

function askFile(file: string, sql: string): unknown {
  try {
    using database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    return database.prepare(sql).get()?.['value'];
  } catch {
    return undefined;
  }
}

async function askServer(url: string, sql: string): Promise<unknown> {
  try {
    return (await ask(url, sql))[0]?.['value'];
  } catch {
    // There is no table yet.
    return undefined;
  }
}
