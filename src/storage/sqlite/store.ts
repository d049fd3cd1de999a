import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CertificationState } from '../../core/certification.ts';
import type { Channel, ProviderName } from '../../core/channel.ts';
import { isOwnImpUid, isStorableImpUid } from '../../core/ids.ts';
import type { ApiKey, Merchant, MerchantSetup } from '../../core/merchant.ts';
import type { Store, StoredCertification, StoredToken, TokenHolder, TokenRequest } from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../index.ts';
import { toStoreFailure } from './failures.ts';
import { BUSY_TIMEOUT, openDatabase } from './open.ts';
import { SealedRows } from './sealed-rows.ts';
import { prepareStatements, type Row, type Statements } from './statements.ts';

/** Opens `sqlite:PATH` or `sqlite::memory:`. */
export async function openSqliteStore(url: URL, mark: DatabaseMark): Promise<Store> {
  const file = decodeURIComponent(url.pathname);
  return new SqliteStore(openDatabase(file, mark), mark.mode);
}

/** Tokens kept in memory; a merchant has a few, so this is room for thousands of merchants. */
const CACHED_TOKENS = 10_000;
/** How long erased bytes may stay in the write-ahead log, and when it is tried again, in milliseconds. */
const CHECKPOINT_DELAY = 200;
const CHECKPOINT_RETRY = 1000;

/**
 * One connection for everything. Statements run to their end before the next begins, so a transaction of this
 * process is never interleaved; other processes are held off by SQLite's own locks.
 */
class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #mode: DatabaseMark['mode'];
  readonly #channels = new Map<number, Channel>();
  readonly #tokens = new Map<string, TokenHolder>();
  readonly #sealedRows = new SealedRows();
  #reading = false;
  #dataVersion: unknown = null;
  #checkpoint: NodeJS.Timeout | null = null;

  constructor(database: DatabaseSync, mode: DatabaseMark['mode']) {
    this.#database = database;
    this.#mode = mode;
    this.#statements = prepareStatements(database);
    // An erasure may have been the last thing that a killed process did.
    this.#scheduleCheckpoint();
  }

  async saveMerchant(setup: MerchantSetup): Promise<Merchant> {
    const run = this.#statements;
    return this.#write(() => {
      const [id] = one(run.saveMerchant, setup.userCode, setup.name) as [number];
      for (const [position, channel] of setup.channels.entries())
        run.saveChannel.run(
          id,
          position,
          channel.channelKey,
          channel.provider,
          channel.providerMerchantId,
          Number(channel.carrierApproval),
          Number(channel.foreignerAddOn),
        );
      for (const key of setup.keys) run.saveApiKey.run(id, key.impKey, key.secretDigest);
      this.#forget();
      return { id, name: setup.name, userCode: setup.userCode };
    });
  }

  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    return this.#read(() => rows(this.#statements.listChannels, merchantId).map(toChannel));
  }

  async findChannel(channelKey: string): Promise<Channel | null> {
    return this.#read(() => {
      const row = one(this.#statements.findChannelByKey, channelKey);
      return row === null ? null : toChannel(row);
    });
  }

  async findApiKey(impKey: string): Promise<ApiKey | null> {
    return this.#read(() => {
      const row = one(this.#statements.findApiKey, impKey);
      if (row === null) return null;
      const [id, merchantId, secretDigest] = row as [number, number, Uint8Array];
      return { id, merchantId, secretDigest };
    });
  }

  async issueToken(request: TokenRequest): Promise<StoredToken> {
    const { apiKeyId, now, fresh, extensionWindow, extension } = request;
    const live = this.#read(() => one(this.#statements.findTokenOfKey, apiKeyId));
    if (live !== null && Number(live[1]) - now > extensionWindow) return toStoredToken(live);
    return this.#write(() => {
      const row = one(
        this.#statements.issueToken,
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
    return this.#read(() => {
      const cached = this.#tokens.get(digest);
      if (cached !== undefined) return cached;
      const row = one(this.#statements.findToken, digest);
      if (row === null) return null;
      const [apiKeyId, merchantId, expiresAt] = row as [number, number, number];
      const holder = { apiKeyId, merchantId, expiresAt };
      if (this.#tokens.size >= CACHED_TOKENS) this.#tokens.clear();
      this.#tokens.set(digest, holder);
      return holder;
    });
  }

  async createCertification(certification: StoredCertification): Promise<boolean> {
    const { impUid, merchantId, channel, state, requestedAt, certifiedAt, sealed } = certification;
    if (!isStorableImpUid(impUid)) throw new AppError('store_failed', { detail: 'the id is too long' });
    const run = this.#statements;
    return this.#write(() => {
      const id = isOwnImpUid(impUid) ? ownId(impUid) : (one(run.claimOtherId, impUid)?.[0] ?? null);
      if (id === null || one(run.isErased, id) !== null) return false;
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
      return changes !== 0;
    });
  }

  async findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null> {
    return this.#read(() => this.#find(merchantId, impUid));
  }

  async eraseCertification(
    merchantId: number,
    impUid: string,
    at: number,
  ): Promise<StoredCertification | null> {
    const run = this.#statements;
    const erased = this.#write(() => {
      const found = this.#find(merchantId, impUid);
      if (found === null) return null;
      const id = this.#idOf(impUid) as number;
      run.deleteCertification.run(id);
      this.#sealedRows.delete(impUid);
      run.insertErasure.run(id, merchantId, found.channel.id, at);
      return found;
    });
    if (erased !== null) this.#scheduleCheckpoint();
    return erased;
  }

  async resetCertifications(): Promise<void> {
    if (this.#mode !== 'dev') throw new AppError('store_failed', { detail: 'only dev starts over' });
    this.#write(() =>
      this.#database.exec('DELETE FROM certifications; DELETE FROM erasures; DELETE FROM other_ids'),
    );
    this.#forget();
    this.#scheduleCheckpoint();
  }

  async check(): Promise<void> {
    this.#read(() => one(this.#statements.dataVersion));
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    if (this.#checkpoint !== null) clearTimeout(this.#checkpoint);
    this.#endRead();
    // Closing the last connection empties the write-ahead log, and with it what was erased.
    this.#database.close();
  }

  #find(merchantId: number, impUid: string): StoredCertification | null {
    const kept = this.#sealedRows.get(impUid);
    if (kept !== undefined) return kept.merchantId === merchantId ? kept : null;
    const id = this.#idOf(impUid);
    if (id === null) return null;
    const row = one(this.#statements.findCertification, id, merchantId);
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
    return (one(this.#statements.findOtherId, impUid)?.[0] as number | undefined) ?? null;
  }

  #channel(id: number): Channel {
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      channel = toChannel(one(this.#statements.findChannelById, id) as Row);
      this.#channels.set(id, channel);
    }
    return channel;
  }

  /**
   * Runs `work` in a read transaction that lasts to the end of this turn of the event loop, since taking a
   * snapshot costs more than a lookup: all requests that arrived together share one.
   */
  #read<T>(work: () => T): T {
    try {
      if (!this.#reading) this.#beginRead();
      return work();
    } catch (error) {
      throw toStoreFailure(error);
    }
  }

  #beginRead(): void {
    this.#statements.begin.run();
    this.#reading = true;
    setImmediate(this.#endReadSoon);
    this.#forgetWhatOthersChanged();
  }

  /** To be called at the beginning of every transaction, before anything cached is believed. */
  #forgetWhatOthersChanged(): void {
    const version = one(this.#statements.dataVersion)?.[0];
    if (version !== this.#dataVersion) this.#forget();
    this.#dataVersion = version;
  }

  readonly #endReadSoon = (): void => this.#endRead();

  #endRead(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#statements.commit.run();
  }

  /** Runs `work` as one durable transaction: when this returns, its effect is on the disk; when it throws, there is none. */
  #write<T>(work: () => T): T {
    try {
      this.#endRead();
      this.#statements.beginImmediate.run();
      try {
        this.#forgetWhatOthersChanged();
        const result = work();
        this.#statements.commit.run();
        return result;
      } catch (error) {
        this.#forget();
        if (this.#database.isTransaction) this.#statements.rollback.run();
        throw error;
      }
    } catch (error) {
      throw toStoreFailure(error);
    }
  }

  #forget(): void {
    this.#channels.clear();
    this.#tokens.clear();
    this.#sealedRows.clear();
  }

  /** Empties the write-ahead log soon, and again until it is empty, so that no older copy of an erased row stays. */
  #scheduleCheckpoint(delay = CHECKPOINT_DELAY): void {
    this.#checkpoint ??= setTimeout(() => {
      this.#checkpoint = null;
      if (!this.#emptyLog()) this.#scheduleCheckpoint(CHECKPOINT_RETRY);
    }, delay).unref();
  }

  /** False when a reader elsewhere still needs the log, or the disk has no room: what is in it stays valid. */
  #emptyLog(): boolean {
    this.#endRead();
    try {
      // Without waiting: requests must not stand still because somebody copies the database.
      this.#database.exec('PRAGMA busy_timeout = 0');
      return one(this.#statements.checkpoint)?.[0] === 0;
    } catch {
      return false;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    }
  }
}

/** `imp_` and 12 digits as the integer key. */
function ownId(impUid: string): number {
  return Number(impUid.slice(4));
}

function one(statement: StatementSync, ...parameters: SQLInputValue[]): Row | null {
  return (statement.get(...parameters) as unknown as Row | undefined) ?? null;
}

function rows(statement: StatementSync, ...parameters: SQLInputValue[]): readonly Row[] {
  return statement.all(...parameters) as unknown as Row[];
}

function toChannel(row: Row): Channel {
  const [id, merchantId, channelKey, provider, providerMerchantId, carrierApproval, foreignerAddOn] = row as [
    number,
    number,
    string,
    ProviderName,
    string,
    number,
    number,
  ];
  return {
    id,
    merchantId,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval: carrierApproval === 1,
    foreignerAddOn: foreignerAddOn === 1,
  };
}

function toStoredToken(row: Row): StoredToken {
  const [nonce, expiresAt] = row as [Uint8Array, number];
  return { nonce, expiresAt };
}
