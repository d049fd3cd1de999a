import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { createProgress } from '../src/cli/progress.ts';
import { readMasterKeys } from '../src/config/master-keys.ts';
import { detailsContext, packDetails } from '../src/core/certification.ts';
import { type Channel, PROVIDER_NAMES } from '../src/core/channel.ts';
import { newImpUid } from '../src/core/ids.ts';
import type { Vault } from '../src/core/vault.ts';
import { createLog } from '../src/log.ts';
import { type App, createApp } from '../src/server/mount.ts';
import { SERVE_POLICY } from '../src/server/policy.ts';
import { randomDetails } from './random-person.ts';

/** Raise it when rows come out different, so that kept stores are built again. */
const BUILDER_VERSION = 2;
const MERCHANTS = 20;
const KEY_PAIRS_EACH = 55;
/** What a row takes in the file, and a bit more: a page that leaves memory before all rows are there comes back. */
const BYTES_EACH = 800;
const YEAR = 365 * 86_400_000;

const STORE_ROOT = fileURLToPath(new URL('./.store/', import.meta.url));
const MIGRATIONS = new URL('../src/storage/sqlite/migrations/', import.meta.url);

export interface KeyPair {
  readonly impKey: string;
  readonly impSecret: string;
}

/** A data folder for `bonin serve`, and what the load has to know of it. */
export interface BenchStore {
  readonly folder: string;
  readonly rows: number;
  /** Float64Array of the digits of every id, oldest first. */
  readonly idsFile: string;
  /** Uint8Array, parallel to the ids: whose the row is, as a place in `keyPairs`. */
  readonly ownersFile: string;
  /** The key pairs of each merchant. */
  readonly keyPairs: readonly (readonly KeyPair[])[];
}

interface Description {
  readonly fingerprint: string;
  readonly keyPairs: readonly (readonly KeyPair[])[];
}

/** The folder of everything that is kept from one run to the next, made when it is not there. */
export function makeStoreRoot(): string {
  if (!existsSync(STORE_ROOT)) {
    mkdirSync(STORE_ROOT);
    // Whatever the umask: PostgreSQL, which does not run as root, has its data in there.
    chmodSync(STORE_ROOT, 0o755);
  }
  return STORE_ROOT;
}

/** The store of `rows` certifications: the one kept from an earlier run, if today's code reads it, or a new one. */
export async function ensureStore(rows: number): Promise<BenchStore> {
  const folder = join(makeStoreRoot(), `${rows}-rows`);
  const fingerprint = fingerprintOf(rows);
  if (existsSync(folder)) {
    const kept = describe(folder, rows);
    if (kept !== null && kept.fingerprint === fingerprint && (await isReadable(kept.store)))
      return kept.store;
    process.stderr.write(`The kept store of ${rows} rows is of another version; building it again.\n`);
    rmSync(folder, { recursive: true });
  }
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const keyPairs = await build(unfinished, rows);
  const description: Description = { fingerprint, keyPairs };
  writeFileSync(join(unfinished, 'store.json'), `${JSON.stringify(description, null, 2)}\n`);
  renameSync(unfinished, folder);
  return toStore(folder, rows, keyPairs);
}

function toStore(folder: string, rows: number, keyPairs: Description['keyPairs']): BenchStore {
  return { folder, rows, idsFile: join(folder, 'ids.bin'), ownersFile: join(folder, 'owners.bin'), keyPairs };
}

function describe(folder: string, rows: number): { fingerprint: string; store: BenchStore } | null {
  const file = join(folder, 'store.json');
  if (!existsSync(file)) return null;
  const { fingerprint, keyPairs } = JSON.parse(readFileSync(file, 'utf8')) as Description;
  return { fingerprint, store: toStore(folder, rows, keyPairs) };
}

function fingerprintOf(rows: number): string {
  const hash = createHash('sha256').update(`${BUILDER_VERSION} ${rows}`);
  for (const name of readdirSync(MIGRATIONS).sort()) hash.update(readFileSync(new URL(name, MIGRATIONS)));
  return hash.digest('hex');
}

/** Whether today's code gets a token for the newest row's owner and opens that row. */
const VISITOR = { surface: 'v1', requestId: '', address: '' } as const;

async function isReadable(store: BenchStore): Promise<boolean> {
  const { ids, owners } = readRows(store);
  const pair = store.keyPairs[owners.at(-1) ?? 0]?.[0];
  if (pair === undefined) return false;
  try {
    const app = await openApp(store.folder);
    try {
      const { token } = await app.tokens.issue(VISITOR, pair);
      const caller = await app.tokens.verify(VISITOR, token);
      await app.certifications.lookup(caller, toImpUid(ids.at(-1) ?? 0));
      return true;
    } finally {
      await app.close();
    }
  } catch {
    return false;
  }
}

/** Digits of the ids and owners of all rows, oldest first. */
export function readRows(store: Pick<BenchStore, 'idsFile' | 'ownersFile'>): {
  ids: Float64Array;
  owners: Uint8Array;
} {
  return {
    ids: new Float64Array(new Uint8Array(readFileSync(store.idsFile)).buffer),
    owners: readFileSync(store.ownersFile),
  };
}

export function toImpUid(digits: number): string {
  return `imp_${String(digits).padStart(12, '0')}`;
}

/** Forgets the tokens of an earlier run, so that none of this one's ends within it. */
export function forgetTokens({ folder }: BenchStore): void {
  const database = new DatabaseSync(join(folder, 'bonin.db'));
  database.exec('DELETE FROM access_tokens');
  database.close();
}

function openApp(folder: string): Promise<App> {
  return createApp({
    policy: SERVE_POLICY,
    databaseUrl: `sqlite:${encodeURI(join(folder, 'bonin.db'))}`,
    masterKeys: readMasterKeys(join(folder, 'master.keys'), true),
    log: createLog('silent'),
  });
}

async function build(folder: string, rows: number): Promise<Description['keyPairs']> {
  const app = await openApp(folder);
  const keyPairs: KeyPair[][] = [];
  const channels: (readonly Channel[])[] = [];
  for (let owner = 0; owner < MERCHANTS; owner++) {
    const pairs = Array.from({ length: KEY_PAIRS_EACH }, () => ({
      impKey: randomBytes(8).toString('hex'),
      impSecret: randomBytes(40).toString('hex'),
    }));
    const merchant = await app.merchants.save({
      name: `Bench ${owner}`,
      userCode: `imp${String(70_000_000 + owner)}`,
      keys: pairs,
      // Every provider, and both danal contracts, since each shows something else.
      channels: PROVIDER_NAMES.map((provider, at) => ({
        channelKey: `channel-key-bench-${owner}-${at}`,
        provider,
        providerMerchantId: `BENCH${String(owner).padStart(5, '0')}`,
        carrierApproval: owner % 2 === 0,
        foreignerAddOn: owner % 3 === 0,
        minimumAge: null,
      })),
    });
    keyPairs.push(pairs);
    channels.push(await app.merchants.listChannels(merchant.id));
  }
  await app.close();
  insertRows(folder, rows, channels, app.vault);
  return keyPairs;
}

/**
 * Rows exactly as `CertificationService.keepAs` makes them, but written in one transaction without a journal: an
 * unfinished store is thrown away anyhow. The ids are random, as real ones are, so pages fill as in the field.
 */
function insertRows(
  folder: string,
  rows: number,
  channels: readonly (readonly Channel[])[],
  vault: Vault,
): void {
  // Only a database that is not on its guard goes without a journal, and none comes there from a WAL directly.
  const database = new DatabaseSync(join(folder, 'bonin.db'), { defensive: false });
  const cache = Math.ceil((rows * BYTES_EACH) / 1024);
  database.exec(`PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    PRAGMA cache_size = -${cache}; BEGIN`);
  const insertCertification = database.prepare(`
    INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at, key_id,
      salt, sealed)
    VALUES (?, ?, ?, 'certified', ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`);
  const ids = new Float64Array(rows);
  const owners = new Uint8Array(rows);
  const oldest = Date.now() - YEAR;
  const showProgress = createProgress(`Building a store of ${rows.toLocaleString('en-US')} rows`, rows);
  for (let row = 0; row < rows; ) {
    const impUid = newImpUid();
    const digits = Number(impUid.slice(4));
    const owner = Math.floor(Math.random() * channels.length);
    const own = channels[owner] as readonly Channel[];
    const channel = own[Math.floor(Math.random() * own.length)] as Channel;
    const requestedAt = Math.floor((oldest + (row / rows) * YEAR) / 1000) * 1000;
    const details = randomDetails(channel, requestedAt, row);
    const certifiedAt = requestedAt + 20_000;
    const record = { merchantId: channel.merchantId, impUid, channel, requestedAt, certifiedAt };
    const sealed = vault.seal(detailsContext(record), packDetails(details));
    const { changes } = insertCertification.run(
      digits,
      channel.merchantId,
      channel.id,
      requestedAt,
      certifiedAt,
      sealed.keyId,
      sealed.salt,
      sealed.blob,
    );
    if (changes === 0) continue;
    ids[row] = digits;
    owners[row] = owner;
    row++;
    if (row % 1000 === 0 || row === rows) showProgress(row);
  }
  database.exec('COMMIT; PRAGMA journal_mode = WAL');
  database.close();
  writeFileSync(join(folder, 'ids.bin'), new Uint8Array(ids.buffer));
  writeFileSync(join(folder, 'owners.bin'), owners);
}
