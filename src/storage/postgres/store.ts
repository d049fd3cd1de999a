import type { AttemptStore } from '../../core/attempt-store.ts';
import { Batches } from '../../core/batches.ts';
import type { StoredCertification } from '../../core/certification.ts';
import type { Channel } from '../../core/channel.ts';
import type { ClaimRequest } from '../../core/claims.ts';
import type { Clock } from '../../core/clock.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import { type JobEnd, type JobState, type JobTake, toJobState } from '../../core/jobs.ts';
import type { WrappedKey } from '../../core/key-ring.ts';
import {
  type ApiKey,
  type KeyState,
  type Merchant,
  type MerchantRows,
  NO_PAGE_RULES,
} from '../../core/merchant.ts';
import type { StoredOtp } from '../../core/otp.ts';
import type {
  CertificationWithOtp,
  CountedSubject,
  OpenDatabase,
  OtpEnding,
  OtpTry,
  OtpTryRequest,
  Store,
  StoredToken,
  TokenChange,
  TokenHolder,
  TokenLookup,
  TokenLookupResult,
} from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../database-mark.ts';
import { PostgresAttempts } from './attempts.ts';
import { insertCertification } from './certifications.ts';
import { findMerchants, findOtps, listChannels, type OtpKey } from './common-reads.ts';
import type { Database, Row } from './database.ts';
import { findTokens, Lookups } from './lookups.ts';
import { openDatabase, type SharedDatabase } from './open.ts';
import { OtpTable } from './otp-table.ts';
import { Readiness } from './readiness.ts';
import {
  CERTIFICATION_COLUMNS,
  CHANNEL_COLUMNS,
  canBeStored,
  columnsOf,
  keyOf,
  OTP_COLUMNS,
  toCertification,
  toChannel,
  toMerchant,
  toOtp,
  toWrappedKey,
} from './rows.ts';
import type { SharedClock } from './shared-clock.ts';
import { FORGET_CERTIFICATIONS } from './statements.ts';

/** Opens `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. */
export async function openPostgresStore(url: URL, mark: DatabaseMark, machine: Clock): Promise<OpenDatabase> {
  const opened = await openDatabase(url, mark, machine);
  const store = new PostgresStore(opened, mark.mode);
  return {
    store,
    pool: () => opened.database.figures(),
    resetCertifications: () => store.resetCertifications(),
  };
}

/** The column of the end of the claim in rows with an OTP. */
const CLAIMED_UNTIL = CHANNEL_COLUMNS + CERTIFICATION_COLUMNS + OTP_COLUMNS - 1;

/** No row is believed from memory: another node may have changed it since. */
class PostgresStore implements Store {
  readonly attempts: AttemptStore;
  readonly clock: SharedClock;
  readonly #readiness: Readiness;
  readonly #database: Database;
  readonly #otps: OtpTable;
  readonly #mode: DatabaseMark['mode'];
  readonly #tokens: Batches<string, TokenHolder | null>;
  readonly #lookups: Lookups;
  readonly #channels: Batches<number, readonly Channel[]>;
  readonly #merchants: Batches<number, Row | null>;
  readonly #otpRows: Batches<OtpKey, Row | null>;

  constructor({ database, clock }: SharedDatabase, mode: DatabaseMark['mode']) {
    this.#mode = mode;
    this.#database = database;
    this.clock = clock;
    this.#readiness = new Readiness(database);
    this.#otps = new OtpTable(database);
    this.attempts = new PostgresAttempts(database, insertCertification);
    this.#lookups = new Lookups(database.run);
    this.#tokens = new Batches((digests) => findTokens(database.run, digests));
    this.#channels = new Batches((ids) => listChannels(database.run, ids));
    this.#merchants = new Batches((ids) => findMerchants(database.run, ids));
    this.#otpRows = new Batches((keys) => findOtps(database.run, keys));
  }

  async listDataKeys(): Promise<readonly WrappedKey[]> {
    return (await this.#database.run('listDataKeys')).map(toWrappedKey);
  }

  async rewrapDataKeys(rewrap: (ring: readonly WrappedKey[]) => readonly WrappedKey[]): Promise<void> {
    await this.#database.transaction(async (run) => {
      const ring = (await run('lockDataKeys')).map(toWrappedKey);
      for (const { id, masterKeyId, wrapped } of rewrap(ring))
        await run('rewrapDataKey', masterKeyId, wrapped, id);
    });
  }

  saveMerchant(
    userCode: string,
    toRows: (found: Merchant, isNew: boolean) => MerchantRows,
  ): Promise<Merchant> {
    return this.#database.transaction(async (run) => {
      const added = await run('addMerchant', userCode, JSON.stringify(NO_PAGE_RULES));
      const [row = []] = await run('lockMerchant', userCode);
      const found = toMerchant(row);
      if (added.length === 1 && (await run('findBelongings', found.id)).length > 0) throw orphansFailure();
      const { name, pageRules, disabledAt, proof, keys, channels } = toRows(found, added.length === 1);
      const { id } = found;
      await run('saveMerchant', id, name, JSON.stringify(pageRules), disabledAt, proof);
      for (const channel of channels) {
        const saved = await run(
          'saveChannel',
          id,
          channel.position,
          channel.channelKey,
          channel.provider,
          channel.providerMerchantId,
          channel.carrierApproval,
          channel.foreignerAddOn,
          channel.minimumAge,
          channel.proof,
          channel.adapter,
          ...columnsOf(channel.settings),
        );
        if (saved.length === 0) throw takenFailure();
      }
      for (const { impKey, secretDigest } of keys) {
        await run('lockApiKey', impKey);
        await run('endTokenOfOtherSecret', impKey, secretDigest);
        if ((await run('saveApiKey', id, impKey, secretDigest)).length === 0) throw takenFailure();
      }
      if (disabledAt !== found.disabledAt) await run('endTokensOfMerchant', id);
      return { id, name, userCode, pageRules, disabledAt, proof };
    });
  }

  async listMerchants(): Promise<readonly Merchant[]> {
    return (await this.#database.run('listMerchants')).map(toMerchant);
  }

  async listKeys(merchantId: number): Promise<readonly KeyState[]> {
    const rows = await this.#database.run('listKeys', merchantId);
    return rows.map((row) => {
      const [impKey, revokedAt] = row as [string, number | null];
      return { impKey, revokedAt };
    });
  }

  async revokeKey(impKey: string, at: number): Promise<boolean> {
    if (!canBeStored(impKey)) return false;
    return this.#database.transaction(async (run) => {
      const [revoked] = (await run('revokeKey', impKey, at)) as readonly [number][];
      if (revoked === undefined) return false;
      await run('endToken', revoked[0]);
      return true;
    });
  }

  listChannels(merchantId: number): Promise<readonly Channel[]> {
    return this.#channels.ask(merchantId);
  }

  async findChannel(channelKey: string): Promise<Channel | null> {
    if (!canBeStored(channelKey)) return null;
    const [row] = await this.#database.run('findChannel', channelKey);
    return row === undefined ? null : toChannel(row);
  }

  async findMerchant(by: { id: number } | { userCode: string }): Promise<Merchant | null> {
    if ('userCode' in by && !canBeStored(by.userCode)) return null;
    const row =
      'id' in by
        ? await this.#merchants.ask(by.id)
        : (await this.#database.run('findMerchant', by.userCode))[0];
    return row === null || row === undefined ? null : toMerchant(row);
  }

  async findApiKey(impKey: string): Promise<ApiKey | null> {
    if (!canBeStored(impKey)) return null;
    const [row] = await this.#database.run('findApiKey', impKey);
    if (row === undefined) return null;
    const [id, foundKey, secretDigest] = row as [number, string, Uint8Array];
    return { id, impKey: foundKey, secretDigest, merchant: toMerchant(row.slice(3)) };
  }

  async findTokenOfKey({
    id,
    secretDigest,
  }: Pick<ApiKey, 'id' | 'secretDigest'>): Promise<StoredToken | null> {
    const [row] = await this.#database.run('findTokenOfKey', id, secretDigest);
    if (row === undefined) return null;
    const [nonce, digest, issuedAt, expiresAt, proof] = row as [
      Uint8Array,
      string,
      number,
      number,
      Uint8Array,
    ];
    return { nonce, digest, issuedAt, expiresAt, proof };
  }

  async putToken({ key, seen, next }: TokenChange): Promise<boolean> {
    const { nonce, digest, issuedAt, expiresAt, proof } = next;
    const put = await this.#database.run(
      'putToken',
      key.id,
      key.secretDigest,
      nonce,
      digest,
      issuedAt,
      expiresAt,
      proof,
      seen?.proof ?? null,
    );
    return put.length === 1;
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
    return this.#otps.create(certification, otp);
  }

  async findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null> {
    if (!canBeStored(impUid)) return null;
    const [row] = await this.#database.run('findCertification', ...keyOf(impUid), merchantId);
    return row === undefined ? null : toCertification(impUid, merchantId, row);
  }

  async lookUp(lookups: readonly TokenLookup[]): Promise<readonly (TokenLookupResult | AppError)[]> {
    const found = await this.#lookups.ask(lookups);
    return Promise.all(
      found.map(async (result, at) => {
        const { impUid } = lookups[at] as TokenLookup;
        if (result.holder === null || isOwnImpUid(impUid)) return result;
        const certification = await this.findCertification(result.holder.merchantId, impUid).catch(toAltered);
        return { ...result, certification };
      }),
    );
  }

  async findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null> {
    if (!canBeStored(impUid)) return null;
    const row = isOwnImpUid(impUid)
      ? await this.#otpRows.ask({ merchantId, impUid })
      : (await this.#database.run('findOtp', impUid, merchantId))[0];
    return row === null || row === undefined
      ? null
      : {
          certification: toCertification(impUid, merchantId, row),
          otp: toOtp(row),
          claimedUntil: row[CLAIMED_UNTIL] as number | null,
        };
  }

  tryOtp(request: OtpTryRequest): Promise<OtpTry> {
    return this.#otps.try(request);
  }

  async claim({ merchantId, impUid, claim, now }: ClaimRequest): Promise<boolean> {
    if (!canBeStored(impUid)) return false;
    const key = keyOf(impUid);
    return (await this.#database.run('claim', ...key, merchantId, claim.id, claim.until, now)).length === 1;
  }

  countWrongOtp(wrong: Parameters<Store['countWrongOtp']>[0]): Promise<'wrong' | 'last' | null> {
    return this.#otps.countWrong(wrong);
  }

  async release(merchantId: number, impUid: string, claim: Uint8Array): Promise<void> {
    if (canBeStored(impUid)) await this.#database.run('release', ...keyOf(impUid), merchantId, claim);
  }

  endOtp(ending: OtpEnding): Promise<boolean> {
    return this.#otps.end(ending);
  }

  certify(certification: StoredCertification, claim: Uint8Array): Promise<boolean> {
    return this.#otps.certify(certification, claim);
  }

  countRequest(subjects: readonly CountedSubject[], now: number): Promise<number | null> {
    return this.#otps.countRequest(subjects, now);
  }

  async endLateOtps(sentBefore: number, now: number, count: number): Promise<number> {
    const late = await this.#database.run('endLateOtps', sentBefore, now, count);
    if (late.length > 0) return late.length;
    return (await this.#database.run('endStrayOtps', sentBefore, count)).length;
  }

  async forgetUnverified(before: number, count: number): Promise<number> {
    return (await this.#database.run('forgetUnverified', before, count)).length;
  }

  async forgetRequests(before: number, count: number): Promise<number> {
    return (await this.#database.run('forgetRequests', before, count)).length;
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

  async takeJob({ name, owner, now, lease, pause }: JobTake): Promise<JobState & { isTaken: boolean }> {
    const [taken] = await this.#database.run('takeJob', name, owner, now, lease, pause);
    const [found = [now, null, null]] = taken ? [taken] : await this.#database.run('findJob', name);
    const [dueAt, endedAt, outcome] = found as [number, number | null, string | null];
    return { ...toJobState(dueAt, endedAt, outcome), isTaken: taken !== undefined };
  }

  async endJob({ name, owner, endedAt, outcome, dueAt }: JobEnd): Promise<boolean> {
    return (await this.#database.run('endJob', name, owner, endedAt, outcome, dueAt)).length === 1;
  }

  async resetCertifications(): Promise<void> {
    if (this.#mode !== 'dev') throw new AppError('store_failed', { detail: 'only dev starts over' });
    await this.#database.transaction((_run, client) => client.query(FORGET_CERTIFICATIONS));
  }

  check(): Promise<void> {
    return this.#readiness.check();
  }

  close(): Promise<void> {
    this.clock.stop();
    return this.#database.close();
  }
}

/** A number is used once: a second merchant with it would own the records of the first. */
function orphansFailure(): AppError {
  return new AppError('sealed_data_unreadable', { detail: 'the row of a merchant was taken away' });
}

function takenFailure(): AppError {
  return new AppError('store_failed', { detail: 'a key or channel is revoked or another merchant has it' });
}

/** The error of a row that was altered, as the answer to this question alone. Throws any other error. */
function toAltered(error: unknown): AppError {
  if (error instanceof AppError && error.code === 'sealed_data_unreadable') return error;
  throw error;
}
