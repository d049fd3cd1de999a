import type { DatabaseSync } from 'node:sqlite';
import type { AttemptStore } from '../../core/attempt.ts';
import type { CertificationState } from '../../core/certification.ts';
import type { Channel, ProviderName } from '../../core/channel.ts';
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
  Store,
  StoredCertification,
  StoredToken,
  TokenHolder,
  TokenRequest,
} from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../index.ts';
import { SqliteAttempts } from './attempts.ts';
import { Connection, one, rows } from './connection.ts';
import { openDatabase } from './open.ts';
import { OtpTable } from './otp-table.ts';
import { SealedRows } from './sealed-rows.ts';
import type { Row } from './statements.ts';

/** Opens `sqlite:PATH` or `sqlite::memory:`. */
export async function openSqliteStore(url: URL, mark: DatabaseMark, machine: Clock): Promise<Store> {
  const file = decodeURIComponent(url.pathname);
  return new SqliteStore(openDatabase(file, mark), mark.mode, machine);
}

/** Tokens kept in memory; a merchant has a few, so this is room for thousands of merchants. */
const CACHED_TOKENS = 10_000;
class SqliteStore implements Store {
  readonly attempts: AttemptStore;
  /** Who shares a file shares its machine, and so its clock. */
  readonly clock: Clock;
  readonly #connection: Connection;
  readonly #otps: OtpTable;
  readonly #mode: DatabaseMark['mode'];
  readonly #channels = new Map<number, Channel>();
  readonly #tokens = new Map<string, TokenHolder>();
  readonly #sealedRows = new SealedRows();

  constructor(database: DatabaseSync, mode: DatabaseMark['mode'], machine: Clock) {
    this.#mode = mode;
    this.clock = machine;
    this.#connection = new Connection(database, () => this.#forget());
    this.#otps = new OtpTable(this.#connection.statements);
    this.attempts = new SqliteAttempts(this.#connection, {
      insert: (certification) => this.#insert(certification),
      forget: (impUid) => this.#sealedRows.delete(impUid),
      channel: (id) => this.#channel(id),
    });
  }

  async saveMerchant(setup: MerchantSetup): Promise<Merchant> {
    const run = this.#connection.statements;
    return this.#connection.write(() => {
      const [id] = one(
        run.saveMerchant,
        setup.userCode,
        setup.name,
        setup.pageRules === undefined ? null : JSON.stringify(setup.pageRules),
      ) as [number];
      for (const [position, channel] of setup.channels.entries())
        run.saveChannel.run(
          id,
          position,
          channel.channelKey,
          channel.provider,
          channel.providerMerchantId,
          Number(channel.carrierApproval),
          Number(channel.foreignerAddOn),
          channel.minimumAge,
        );
      for (const key of setup.keys) run.saveApiKey.run(id, key.impKey, key.secretDigest);
      this.#forget();
      return { id, name: setup.name, userCode: setup.userCode, pageRules: setup.pageRules ?? NO_PAGE_RULES };
    });
  }

  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    return this.#connection.read(() =>
      rows(this.#connection.statements.listChannels, merchantId).map(toChannel),
    );
  }

  async findChannel(channelKey: string): Promise<Channel | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findChannelByKey, channelKey);
      return row === null ? null : toChannel(row);
    });
  }

  async findMerchant(by: { id: number } | { userCode: string }): Promise<Merchant | null> {
    const run = this.#connection.statements;
    return this.#connection.read(() => {
      const row = 'id' in by ? one(run.findMerchantById, by.id) : one(run.findMerchant, by.userCode);
      if (row === null) return null;
      const [id, name, userCode, rules] = row as [number, string, string, string | null];
      const pageRules = rules === null ? NO_PAGE_RULES : (JSON.parse(rules) as PageRules);
      return { id, name, userCode, pageRules };
    });
  }

  async findApiKey(impKey: string): Promise<ApiKey | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findApiKey, impKey);
      if (row === null) return null;
      const [id, merchantId, secretDigest] = row as [number, number, Uint8Array];
      return { id, merchantId, secretDigest };
    });
  }

  async issueToken(request: TokenRequest): Promise<StoredToken> {
    const { apiKeyId, now, fresh, extensionWindow, extension } = request;
    const live = this.#connection.read(() => one(this.#connection.statements.findTokenOfKey, apiKeyId));
    if (live !== null && Number(live[1]) - now > extensionWindow) return toStoredToken(live);
    return this.#connection.write(() => {
      const row = one(
        this.#connection.statements.issueToken,
        apiKeyId,
        fresh.nonce,
        fresh.digest,
        fresh.expiresAt,
        now,
        extensionWindow,
        extension,
      );
      this.#tokens.clear();
      return toStoredToken(row as Row);
    });
  }

  async findToken(digest: string): Promise<TokenHolder | null> {
    return this.#connection.read(() => {
      const cached = this.#tokens.get(digest);
      if (cached !== undefined) return cached;
      const row = one(this.#connection.statements.findToken, digest);
      if (row === null) return null;
      const [apiKeyId, merchantId, expiresAt] = row as [number, number, number];
      const holder = { apiKeyId, merchantId, expiresAt };
      if (this.#tokens.size >= CACHED_TOKENS) this.#tokens.clear();
      this.#tokens.set(digest, holder);
      return holder;
    });
  }

  async createCertification(certification: StoredCertification): Promise<boolean> {
    return this.#connection.write(() => this.#insert(certification) !== null);
  }

  async createOtpCertification(certification: StoredCertification, otp: StoredOtp): Promise<boolean> {
    return this.#connection.write(() => {
      const id = this.#insert(certification);
      if (id === null) return false;
      const superseded = this.#otps.supersede(certification.merchantId, certification.channel.id, otp);
      if (superseded) this.#sealedRows.clear();
      this.#otps.insert(id, otp);
      return true;
    });
  }

  async findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null> {
    return this.#connection.read(() => {
      const certification = this.#find(merchantId, impUid);
      return certification && { certification, otp: this.#otps.find(this.#idOf(impUid)) };
    });
  }

  async tryOtp(merchantId: number, impUid: string, digest: Uint8Array, wrongTries: number): Promise<OtpTry> {
    return this.#connection.write(() => {
      const id = this.#openId(merchantId, impUid);
      const tried = id === null ? 'closed' : this.#otps.try(id, digest, wrongTries);
      if (tried === 'last') this.#end(id, impUid, 'failed', 'tries');
      return tried;
    });
  }

  async endOtp(
    merchantId: number,
    impUid: string,
    state: 'failed' | 'expired',
    end: OtpEnd,
  ): Promise<boolean> {
    return this.#connection.write(() => this.#end(this.#openId(merchantId, impUid), impUid, state, end));
  }

  async certify({ impUid, merchantId, certifiedAt, sealed }: StoredCertification): Promise<boolean> {
    return this.#connection.write(() => {
      const id = this.#openId(merchantId, impUid);
      if (id === null) return false;
      this.#connection.statements.certify.run(certifiedAt, sealed.masterKeyId, sealed.salt, sealed.blob, id);
      this.#sealedRows.delete(impUid);
      return true;
    });
  }

  async countOtpRequest(request: OtpRequestCount): Promise<number | null> {
    return this.#connection.write(() => this.#otps.countRequest(request));
  }

  async findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null> {
    return this.#connection.read(() => this.#find(merchantId, impUid));
  }

  async eraseCertification(
    merchantId: number,
    impUid: string,
    at: number,
  ): Promise<StoredCertification | null> {
    const run = this.#connection.statements;
    const erased = this.#connection.write(() => {
      const found = this.#find(merchantId, impUid);
      if (found === null) return null;
      const id = this.#idOf(impUid) as number;
      run.deleteCertification.run(id);
      run.deleteOtp.run(id);
      run.deleteAttempt.run(id);
      this.#sealedRows.delete(impUid);
      run.insertErasure.run(id, merchantId, found.channel.id, at);
      return found;
    });
    if (erased !== null) this.#connection.emptyLogSoon();
    return erased;
  }

  async resetCertifications(): Promise<void> {
    if (this.#mode !== 'dev') throw new AppError('store_failed', { detail: 'only dev starts over' });
    this.#connection.write(() =>
      this.#connection.exec(
        'DELETE FROM certifications; DELETE FROM attempts; DELETE FROM otps; DELETE FROM otp_requests; ' +
          'DELETE FROM erasures; DELETE FROM other_ids',
      ),
    );
    this.#forget();
    this.#connection.emptyLogSoon();
  }

  async check(): Promise<void> {
    this.#connection.check();
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** Keeps a certification and gives its integer key, or null when its id is or was in use. */
  #insert(certification: StoredCertification): number | null {
    const { impUid, merchantId, channel, state, requestedAt, certifiedAt, sealed } = certification;
    if (!isStorableImpUid(impUid)) throw new AppError('store_failed', { detail: 'the id is too long' });
    const run = this.#connection.statements;
    const id = isOwnImpUid(impUid) ? ownId(impUid) : (one(run.claimOtherId, impUid)?.[0] ?? null);
    if (id === null || one(run.isErased, id) !== null) return null;
    const { changes } = run.insertCertification.run(
      id as number,
      merchantId,
      channel.id,
      state,
      requestedAt,
      certifiedAt,
      sealed.masterKeyId,
      sealed.salt,
      sealed.blob,
    );
    return changes === 0 ? null : (id as number);
  }

  /** The integer key of a certification that is still pending, or null. */
  #openId(merchantId: number, impUid: string): number | null {
    return this.#find(merchantId, impUid)?.state === 'pending' ? this.#idOf(impUid) : null;
  }

  #end(id: number | null, impUid: string, state: 'failed' | 'expired', end: OtpEnd): boolean {
    if (id === null) return false;
    this.#connection.statements.setState.run(state, id);
    this.#connection.statements.endOtp.run(end, id);
    this.#sealedRows.delete(impUid);
    return true;
  }

  #find(merchantId: number, impUid: string): StoredCertification | null {
    const kept = this.#sealedRows.get(impUid);
    if (kept !== undefined) return kept.merchantId === merchantId ? kept : null;
    const id = this.#idOf(impUid);
    if (id === null) return null;
    const row = one(this.#connection.statements.findCertification, id, merchantId);
    if (row === null) return null;
    const [channelId, state, requestedAt, certifiedAt, masterKeyId, salt, blob] = row as [
      number,
      CertificationState,
      number,
      number | null,
      number,
      Uint8Array,
      Uint8Array,
    ];
    const channel = this.#channel(channelId);
    const found = {
      impUid,
      merchantId,
      channel,
      state,
      requestedAt,
      certifiedAt,
      sealed: { masterKeyId, salt, blob },
    };
    this.#sealedRows.note(id, found);
    return found;
  }

  #idOf(impUid: string): number | null {
    if (isOwnImpUid(impUid)) return ownId(impUid);
    return (one(this.#connection.statements.findOtherId, impUid)?.[0] as number | undefined) ?? null;
  }

  #channel(id: number): Channel {
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      channel = toChannel(one(this.#connection.statements.findChannelById, id) as Row);
      this.#channels.set(id, channel);
    }
    return channel;
  }

  #forget(): void {
    this.#channels.clear();
    this.#tokens.clear();
    this.#sealedRows.clear();
  }
}

/** `imp_` and 12 digits as the integer key. */
function ownId(impUid: string): number {
  return Number(impUid.slice(4));
}

function toChannel(row: Row): Channel {
  const [
    id,
    merchantId,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval,
    foreignerAddOn,
    minimumAge,
  ] = row as [number, number, string, ProviderName, string, number, number, number | null];
  return {
    id,
    merchantId,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval: carrierApproval === 1,
    foreignerAddOn: foreignerAddOn === 1,
    minimumAge,
  };
}

function toStoredToken(row: Row): StoredToken {
  const [nonce, expiresAt] = row as [Uint8Array, number];
  return { nonce, expiresAt };
}
