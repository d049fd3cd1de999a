import { randomInt } from 'node:crypto';
import type { AttemptStore } from '../../core/attempt.ts';
import type { Channel } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import { isOwnImpUid, isStorableImpUid } from '../../core/ids.ts';
import {
  type ApiKey,
  type Merchant,
  type MerchantSetup,
  NO_PAGE_RULES,
  type PageRules,
} from '../../core/merchant.ts';
import type { OtpEnd, StoredOtp } from '../../core/otp.ts';
import type {
  CertificationWithOtp,
  OtpRequestCount,
  OtpTry,
  PoolFigures,
  Store,
  StoredCertification,
  StoredToken,
  TokenHolder,
  TokenRequest,
} from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../index.ts';
import { PostgresAttempts } from './attempts.ts';
import { Batches } from './batches.ts';
import type { Database, Row, Run } from './database.ts';
import { type CertificationKey, findCertifications, findTokens } from './lookups.ts';
import { type OpenDatabase, openDatabase } from './open.ts';
import { OtpTable } from './otp-table.ts';
import { Readiness } from './readiness.ts';
import { canBeStored, keyOf, ownId, toCertification, toChannel, toOtp } from './rows.ts';
import type { SharedClock } from './shared-clock.ts';
import { FORGET_CERTIFICATIONS } from './statements.ts';

/** Opens `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. */
export async function openPostgresStore(url: URL, mark: DatabaseMark, machine: Clock): Promise<Store> {
  return new PostgresStore(await openDatabase(url, mark, machine), mark.mode);
}

/** Nothing is kept in memory: another node may have changed it since. */
class PostgresStore implements Store {
  readonly attempts: AttemptStore;
  readonly clock: SharedClock;
  readonly #readiness: Readiness;
  readonly #database: Database;
  readonly #otps: OtpTable;
  readonly #mode: DatabaseMark['mode'];
  /** The two questions of a lookup. */
  readonly #tokens: Batches<string, TokenHolder | null>;
  readonly #certifications: Batches<CertificationKey, StoredCertification | null>;

  constructor({ database, clock }: OpenDatabase, mode: DatabaseMark['mode']) {
    this.#mode = mode;
    this.#database = database;
    this.clock = clock;
    this.#readiness = new Readiness(database);
    this.#otps = new OtpTable(database);
    this.attempts = new PostgresAttempts(database, insertCertification);
    this.#tokens = new Batches((digests) => findTokens(database.run, digests));
    this.#certifications = new Batches((keys) => findCertifications(database.run, keys));
  }

  saveMerchant(setup: MerchantSetup): Promise<Merchant> {
    const { name, userCode, pageRules } = setup;
    return this.#database.transaction(async (run) => {
      const rules = pageRules === undefined ? null : JSON.stringify(pageRules);
      const [[id] = []] = (await run('saveMerchant', userCode, name, rules)) as readonly number[][];
      if (id === undefined) throw new AppError('store_failed', { detail: 'a merchant got no id' });
      for (const [position, channel] of setup.channels.entries())
        await run(
          'saveChannel',
          id,
          position,
          channel.channelKey,
          channel.provider,
          channel.providerMerchantId,
          channel.carrierApproval,
          channel.foreignerAddOn,
          channel.minimumAge,
        );
      for (const key of setup.keys) await run('saveApiKey', id, key.impKey, key.secretDigest);
      return { id, name, userCode, pageRules: pageRules ?? NO_PAGE_RULES };
    });
  }

  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    return (await this.#database.run('listChannels', merchantId)).map(toChannel);
  }

  async findChannel(channelKey: string): Promise<Channel | null> {
    if (!canBeStored(channelKey)) return null;
    const [row] = await this.#database.run('findChannel', channelKey);
    return row === undefined ? null : toChannel(row);
  }

  async findMerchant(by: { id: number } | { userCode: string }): Promise<Merchant | null> {
    if ('userCode' in by && !canBeStored(by.userCode)) return null;
    const { run } = this.#database;
    const [row] = await ('id' in by ? run('findMerchantById', by.id) : run('findMerchant', by.userCode));
    if (row === undefined) return null;
    const [id, name, userCode, rules] = row as [number, string, string, string | null];
    const pageRules = rules === null ? NO_PAGE_RULES : (JSON.parse(rules) as PageRules);
    return { id, name, userCode, pageRules };
  }

  async findApiKey(impKey: string): Promise<ApiKey | null> {
    if (!canBeStored(impKey)) return null;
    const [row] = await this.#database.run('findApiKey', impKey);
    if (row === undefined) return null;
    const [id, merchantId, secretDigest] = row as [number, number, Uint8Array];
    return { id, merchantId, secretDigest };
  }

  async issueToken(request: TokenRequest): Promise<StoredToken> {
    const { apiKeyId, now, fresh, extensionWindow, extension } = request;
    const [live] = await this.#database.run('findTokenOfKey', apiKeyId);
    if (live !== undefined && Number(live[1]) - now > extensionWindow) return toStoredToken(live);
    const [issued = []] = await this.#database.run(
      'issueToken',
      apiKeyId,
      fresh.nonce,
      fresh.digest,
      fresh.expiresAt,
      now,
      extensionWindow,
      extension,
    );
    return toStoredToken(issued);
  }

  findToken(digest: string): Promise<TokenHolder | null> {
    return this.#tokens.ask(digest);
  }

  createCertification(certification: StoredCertification): Promise<boolean> {
    return this.#database.transaction(
      async (run) => (await insertCertification(run, certification)) !== null,
    );
  }

  createOtpCertification(certification: StoredCertification, otp: StoredOtp): Promise<boolean> {
    return this.#database.transaction(async (run) => {
      await this.#otps.takeTurn(run, otp.phoneDigest);
      const id = await insertCertification(run, certification);
      if (id === null) return false;
      await run('supersede', otp.phoneDigest, certification.merchantId, certification.channel.id);
      await this.#otps.insert(run, id, otp);
      return true;
    });
  }

  async findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null> {
    if (isOwnImpUid(impUid)) return this.#certifications.ask({ merchantId, impUid });
    if (!canBeStored(impUid)) return null;
    const [row] = await this.#database.run('findCertification', impUid, merchantId);
    return row === undefined ? null : toCertification(impUid, merchantId, row);
  }

  async findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null> {
    if (!canBeStored(impUid)) return null;
    const [row] = await this.#database.run('findOtp', ...keyOf(impUid), merchantId);
    return row === undefined
      ? null
      : { certification: toCertification(impUid, merchantId, row), otp: toOtp(row) };
  }

  async tryOtp(merchantId: number, impUid: string, digest: Uint8Array, wrongTries: number): Promise<OtpTry> {
    if (!canBeStored(impUid)) return 'closed';
    return this.#otps.try(merchantId, impUid, digest, wrongTries);
  }

  async endOtp(
    merchantId: number,
    impUid: string,
    state: 'failed' | 'expired',
    end: OtpEnd,
  ): Promise<boolean> {
    return canBeStored(impUid) && this.#otps.end(merchantId, impUid, state, end);
  }

  async certify({ impUid, merchantId, certifiedAt, sealed }: StoredCertification): Promise<boolean> {
    if (!canBeStored(impUid)) return false;
    const { masterKeyId, salt, blob } = sealed;
    const certified = await this.#database.run(
      'certify',
      ...keyOf(impUid),
      merchantId,
      certifiedAt,
      masterKeyId,
      salt,
      blob,
    );
    return certified.length === 1;
  }

  countOtpRequest(request: OtpRequestCount): Promise<number | null> {
    return this.#otps.countRequest(request);
  }

  async eraseCertification(
    merchantId: number,
    impUid: string,
    at: number,
  ): Promise<StoredCertification | null> {
    if (!canBeStored(impUid)) return null;
    const [row] = await this.#database.run('erase', ...keyOf(impUid), merchantId, at);
    return row === undefined ? null : toCertification(impUid, merchantId, row);
  }

  async resetCertifications(): Promise<void> {
    if (this.#mode !== 'dev') throw new AppError('store_failed', { detail: 'only dev starts over' });
    await this.#database.transaction((_run, client) => client.query(FORGET_CERTIFICATIONS));
  }

  check(): Promise<void> {
    return this.#readiness.check();
  }

  pool(): PoolFigures {
    return this.#database.figures();
  }

  close(): Promise<void> {
    this.clock.stop();
    return this.#database.close();
  }
}

/** Keeps a certification and gives its integer key, or null when its id is or was in use. Roll back then. */
async function insertCertification(run: Run, certification: StoredCertification): Promise<number | null> {
  const { impUid, merchantId, channel, state, requestedAt, certifiedAt, sealed } = certification;
  if (!isStorableImpUid(impUid)) throw new AppError('store_failed', { detail: 'the id is too long' });
  const id = isOwnImpUid(impUid) ? ownId(impUid) : await claimOtherId(run, impUid);
  if (id === null) return null;
  const inserted = await run(
    'insertCertification',
    id,
    merchantId,
    channel.id,
    state,
    requestedAt,
    certifiedAt,
    sealed.masterKeyId,
    sealed.salt,
    sealed.blob,
  );
  if (inserted.length === 0) return null;
  // A statement of its own, after the other: it sees an erasure that the other waited for.
  return (await run('isErased', id)).length === 0 ? id : null;
}

async function claimOtherId(run: Run, impUid: string): Promise<number | null> {
  const [claimed] = await run('claimOtherId', impUid, -1 - randomInt(2 ** 47));
  return claimed === undefined ? null : (claimed[0] as number);
}

function toStoredToken(row: Row): StoredToken {
  const [nonce, expiresAt] = row as [Uint8Array, number];
  return { nonce, expiresAt };
}
