import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { createProgress } from '../src/cli/progress.ts';
import { readMasterKeys } from '../src/config/master-keys.ts';
import { type CertificationDetails, detailsContext, packDetails } from '../src/core/certification.ts';
import { type Channel, PROVIDER_NAMES } from '../src/core/channel.ts';
import type { Carrier, Identity } from '../src/core/identity.ts';
import { newImpUid } from '../src/core/ids.ts';
import type { Vault } from '../src/core/vault.ts';
import { createLog } from '../src/log.ts';
import { type App, createApp } from '../src/server/mount.ts';
import { SERVE_POLICY } from '../src/server/policy.ts';

/** Raise it when rows come out different, so that kept stores are built again. */
const BUILDER_VERSION = 4;
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
  /** Differs when the rows or the schema do. */
  readonly fingerprint: string;
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
    const kept = readStore(folder, rows);
    if (kept?.fingerprint === fingerprint && (await isReadable(kept))) return kept;
    process.stderr.write(`The kept store of ${rows} rows is of another version; building it again.\n`);
    rmSync(folder, { recursive: true });
  }
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const description: Description = { fingerprint, keyPairs: await build(unfinished, rows) };
  writeFileSync(join(unfinished, 'store.json'), `${JSON.stringify(description, null, 2)}\n`);
  renameSync(unfinished, folder);
  return toStore(folder, rows, description);
}

function toStore(folder: string, rows: number, description: Description): BenchStore {
  return {
    folder,
    rows,
    idsFile: join(folder, 'ids.bin'),
    ownersFile: join(folder, 'owners.bin'),
    ...description,
  };
}

function readStore(folder: string, rows: number): BenchStore | null {
  const file = join(folder, 'store.json');
  if (!existsSync(file)) return null;
  return toStore(folder, rows, JSON.parse(readFileSync(file, 'utf8')) as Description);
}

function fingerprintOf(rows: number): string {
  const hash = createHash('sha256').update(`${BUILDER_VERSION} ${rows}`);
  for (const name of readdirSync(MIGRATIONS).sort()) hash.update(readFileSync(new URL(name, MIGRATIONS)));
  return hash.digest('hex');
}

const VISITOR = { surface: 'v1', requestId: '', address: '' } as const;

/** Whether today's code gets a token for the newest row's owner and opens that row. */
async function isReadable(store: BenchStore): Promise<boolean> {
  const { ids, owners } = readRows(store);
  const pair = store.keyPairs[owners.at(-1) ?? 0]?.[0];
  if (pair === undefined) return false;
  try {
    const app = await openApp(store.folder);
    try {
      const { token } = await app.tokens.issue(VISITOR, pair);
      await app.lookups.find(VISITOR, token, toImpUid(ids.at(-1) ?? 0));
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

/** Brings the database into the system's cache: what is measured is a server that has run for a while, not the disk. */
export function readThrough({ folder }: BenchStore): void {
  const chunk = Buffer.alloc(8 * 1024 * 1024);
  const descriptor = openSync(join(folder, 'bonin.db'), 'r');
  while (readSync(descriptor, chunk) > 0);
  closeSync(descriptor);
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

const FAMILY_NAMES = [...'김이박최정강조윤장임한오서신권황안송류홍', '남궁', '선우'];
const SYLLABLES = [
  ...'가경광규기나다대도동라루리민보상서석선성소수승시아연영예온우원유윤은의이인자재정주준지진찬창채태하한해현혜호효훈희',
];
const FOREIGN_NAMES = [
  'KIM JOHN MICHAEL',
  'NGUYEN THI MAI',
  'SMITH ANNA',
  'WANG XIAO',
  'TANAKA YUKI',
  'LEE DAVID',
];
const CARRIERS: readonly Carrier[] = ['SKT', 'KT', 'LGT'];

const DAY = 86_400_000;
const FIRST_BIRTHDAY = Date.UTC(1925, 0, 1);
/** From 1925 into 2007: the life dates that a lookup turns into seconds are many, as in the field. */
const BIRTHDAYS = 30_000;

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

function pick<T>(list: readonly T[]): T {
  return list[below(list.length)] as T;
}

/** Invented details as an agency would deliver them; the numbers are of ranges that nobody has. */
function randomDetails(channel: Channel, requestedAt: number, row: number): CertificationDetails {
  return {
    merchantUid: Math.random() < 0.5 ? `order_${row}_${requestedAt}` : `nobody_${requestedAt}`,
    pageUrl:
      Math.random() < 0.1 ? null : `https://shop-${channel.merchantId}.example/member/join?step=${below(9)}`,
    providerTid: `${requestedAt}${String(below(1e10)).padStart(10, '0')}`,
    identity: randomIdentity(),
  };
}

function randomIdentity(): Identity {
  const foreigner = Math.random() < 0.03;
  return {
    name: foreigner ? pick(FOREIGN_NAMES) : `${pick(FAMILY_NAMES)}${pick(SYLLABLES)}${pick(SYLLABLES)}`,
    birthday: new Date(FIRST_BIRTHDAY + below(BIRTHDAYS) * DAY).toISOString().slice(0, 10),
    gender: pick(['male', 'female'] as const),
    foreigner,
    phone: `010${pick(['0000', '9999'])}${String(below(10_000)).padStart(4, '0')}`,
    carrier: pick(CARRIERS),
    mvno: Math.random() < 0.15,
    ci: `INVENTED${randomBase64(60)}`,
    di: `MC0GCCqGSIb3DQIJAyEA${randomBase64(33)}`,
  };
}

/** Asked for in large pieces, because a small one costs as much as the sealing of a row. */
let pool = Buffer.alloc(0);

function randomBase64(bytes: number): string {
  if (pool.length < bytes) pool = randomBytes(65_536);
  const text = pool.toString('base64', 0, bytes);
  pool = pool.subarray(bytes);
  return text;
}
