import type { DatabaseSync } from 'node:sqlite';
import type { AttemptStore } from '../../core/attempt-store.ts';
import type { CertificationState, StoredCertification } from '../../core/certification.ts';
import type { Channel } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import { isOwnImpUid, isStorableImpUid } from '../../core/ids.ts';
import { type JobEnd, type JobState, type JobTake, toJobState } from '../../core/jobs.ts';
import type { WrappedKey } from '../../core/key-ring.ts';
import type { OpenDatabase, Store, TokenLookup, TokenLookupResult } from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../database-mark.ts';
import { SqliteAttempts } from './attempts.ts';
import { type CertificationRows, ownId } from './certification-rows.ts';
import { Connection, one, rows } from './connection.ts';
import { toStoreFailure } from './failures.ts';
import { SqliteMerchants, toChannel } from './merchants.ts';
import { openDatabase } from './open.ts';
import { SqliteOtps } from './otps.ts';
import { SealedRows } from './sealed-rows.ts';

/** Opens `sqlite:PATH` or `sqlite::memory:`. */
export async function openSqliteStore(url: URL, mark: DatabaseMark, machine: Clock): Promise<OpenDatabase> {
  const file = decodeURIComponent(url.pathname);
  const store = new SqliteStore(openDatabase(file, mark), mark.mode, machine);
  return { store, pool: null, resetCertifications: () => store.resetCertifications() };
}

class SqliteStore implements Store {
  readonly attempts: AttemptStore;
  /** All processes that share a file are on one machine and have one clock. */
  readonly clock: Clock;
  readonly #connection: Connection;
  readonly #merchants: SqliteMerchants;
  readonly #otps: SqliteOtps;
  readonly #mode: DatabaseMark['mode'];
  readonly #channels = new Map<number, Channel>();
  readonly #sealedRows = new SealedRows();

  constructor(database: DatabaseSync, mode: DatabaseMark['mode'], machine: Clock) {
    this.#mode = mode;
    this.clock = machine;
    this.#connection = new Connection(database, () => this.#forget());
    this.#merchants = new SqliteMerchants(this.#connection, () => this.#forget());
    const certifications: CertificationRows = {
      insert: (certification) => this.#insert(certification),
      find: (merchantId, impUid) => this.#find(merchantId, impUid),
      idOf: (impUid) => this.#idOf(impUid),
      openId: (merchantId, impUid) =>
        this.#find(merchantId, impUid)?.state === 'pending' ? this.#idOf(impUid) : null,
      forget: (id) => this.#sealedRows.delete(Number(id)),
      channel: (id) => this.#channel(id),
    };
    this.#otps = new SqliteOtps(this.#connection, certifications);
    this.attempts = new SqliteAttempts(this.#connection, certifications);
  }

  async listDataKeys(): Promise<readonly WrappedKey[]> {
    return this.#connection.read(() => this.#ring());
  }

  async rewrapDataKeys(rewrap: (ring: readonly WrappedKey[]) => readonly WrappedKey[]): Promise<void> {
    await this.#connection.write(() => {
      for (const { id, masterKeyId, wrapped } of rewrap(this.#ring()))
        this.#connection.statements.rewrapDataKey.run(masterKeyId, wrapped, id);
    });
    // The older wrapping goes from the log as well.
    this.#connection.emptyLogSoon();
  }

  saveMerchant: Store['saveMerchant'] = (...call) => this.#merchants.saveMerchant(...call);
  listMerchants: Store['listMerchants'] = () => this.#merchants.listMerchants();
  listKeys: Store['listKeys'] = (...call) => this.#merchants.listKeys(...call);
  revokeKey: Store['revokeKey'] = (...call) => this.#merchants.revokeKey(...call);
  listChannels: Store['listChannels'] = (...call) => this.#merchants.listChannels(...call);
  findChannel: Store['findChannel'] = (...call) => this.#merchants.findChannel(...call);
  findMerchant: Store['findMerchant'] = (...call) => this.#merchants.findMerchant(...call);
  findApiKey: Store['findApiKey'] = (...call) => this.#merchants.findApiKey(...call);
  findTokenOfKey: Store['findTokenOfKey'] = (...call) => this.#merchants.findTokenOfKey(...call);
  putToken: Store['putToken'] = (...call) => this.#merchants.putToken(...call);
  findToken: Store['findToken'] = (...call) => this.#merchants.findToken(...call);

  createOtpCertification: Store['createOtpCertification'] = (...call) =>
    this.#otps.createOtpCertification(...call);
  findOtp: Store['findOtp'] = (...call) => this.#otps.findOtp(...call);
  tryOtp: Store['tryOtp'] = (...call) => this.#otps.tryOtp(...call);
  claim: Store['claim'] = (...call) => this.#otps.claim(...call);
  countWrongOtp: Store['countWrongOtp'] = (...call) => this.#otps.countWrongOtp(...call);
  release: Store['release'] = (...call) => this.#otps.release(...call);
  endOtp: Store['endOtp'] = (...call) => this.#otps.endOtp(...call);
  certify: Store['certify'] = (...call) => this.#otps.certify(...call);
  endLateOtps: Store['endLateOtps'] = (...call) => this.#otps.endLateOtps(...call);
  countRequest: Store['countRequest'] = (...call) => this.#otps.countRequest(...call);
  forgetRequests: Store['forgetRequests'] = (...call) => this.#otps.forgetRequests(...call);

  async createCertification(certification: StoredCertification): Promise<boolean> {
    return this.#connection.write(() => this.#insert(certification) !== null);
  }

  async forgetUnverified(before: number, count: number): Promise<number> {
    const run = this.#connection.statements;
    const isAny = () => one(run.findUnverified, before, 1) !== null;
    if (!this.#connection.read(isAny)) return 0;
    const forgotten = await this.#connection.write(() => {
      const old = rows(run.findUnverified, before, count).map(([id]) => id as bigint);
      for (const id of old)
        for (const statement of [
          run.deleteCertification,
          run.deleteOtp,
          run.deleteAttempt,
          run.deleteOtherId,
        ])
          statement.run(id);
      for (const id of old) this.#sealedRows.delete(Number(id));
      return old.length;
    });
    this.#connection.emptyLogSoon();
    return forgotten;
  }

  async findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null> {
    return this.#connection.read(() => this.#find(merchantId, impUid));
  }

  async lookUp(lookups: readonly TokenLookup[]): Promise<readonly (TokenLookupResult | AppError)[]> {
    return this.#connection.read(() =>
      lookups.map(({ digest, impUid }) => {
        const holder = orAltered(() => this.#merchants.holderOf(digest));
        if (holder === null) return { holder, certification: null };
        if (holder instanceof AppError) return holder;
        return { holder, certification: orAltered(() => this.#find(holder.merchantId, impUid)) };
      }),
    );
  }

  async eraseCertification(
    merchantId: number,
    impUid: string,
    at: number,
  ): Promise<StoredCertification | null> {
    const run = this.#connection.statements;
    const erased = await this.#connection.write(() => {
      const found = this.#find(merchantId, impUid);
      if (found === null) return null;
      const id = this.#idOf(impUid) as number;
      run.deleteCertification.run(id);
      run.deleteOtp.run(id);
      run.deleteAttempt.run(id);
      this.#sealedRows.delete(id);
      run.insertErasure.run(id, merchantId, found.channel.id, at);
      return found;
    });
    if (erased !== null) this.#connection.emptyLogSoon();
    return erased;
  }

  async takeJob({ name, owner, now, lease, pause }: JobTake): Promise<JobState & { isTaken: boolean }> {
    const { takeJob, findJob } = this.#connection.statements;
    return this.#connection.write(() => {
      const { changes } = takeJob.run(name, owner, now, lease, pause);
      const [dueAt, endedAt, outcome] = one(findJob, name) as [number, number | null, string | null];
      return { ...toJobState(dueAt, endedAt, outcome), isTaken: changes === 1 };
    });
  }

  async endJob({ name, owner, endedAt, outcome, dueAt }: JobEnd): Promise<boolean> {
    const { endJob } = this.#connection.statements;
    return this.#connection.write(() => endJob.run(name, owner, endedAt, outcome, dueAt).changes === 1);
  }

  async resetCertifications(): Promise<void> {
    if (this.#mode !== 'dev') throw new AppError('store_failed', { detail: 'only dev starts over' });
    await this.#connection.write(() => {
      this.#connection.exec(
        'DELETE FROM certifications; DELETE FROM attempts; DELETE FROM otps; DELETE FROM counted_requests; ' +
          'DELETE FROM used_transactions; ' +
          'DELETE FROM erasures; DELETE FROM other_ids',
      );
      this.#forget();
    });
    this.#connection.emptyLogSoon();
  }

  async check(): Promise<void> {
    this.#connection.check();
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** Keeps a certification and returns its integer key, or null when its id is or was in use. */
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
      sealed.keyId,
      sealed.salt,
      sealed.blob,
    );
    return changes === 0 ? null : (id as number);
  }

  #find(merchantId: number, impUid: string): StoredCertification | null {
    const id = this.#idOf(impUid);
    if (id === null) return null;
    const kept = this.#sealedRows.get(id);
    // Another merchant's record is searched in the same way, so that it takes as long as an unknown one.
    if (kept?.merchantId === merchantId) return kept;
    const row = one(this.#connection.statements.findCertification, id, merchantId);
    if (row === null) return null;
    const [channelId, state, requestedAt, certifiedAt, keyId, saltLength, bytes] = row as [
      number,
      CertificationState,
      number,
      number | null,
      number,
      number,
      Uint8Array,
    ];
    const { buffer, byteOffset, length } = bytes;
    // Views are made by hand, since subarray() costs several times that.
    const salt = new Uint8Array(buffer, byteOffset, saltLength);
    const blob = new Uint8Array(buffer, byteOffset + saltLength, length - saltLength);
    const channel = this.#channel(channelId);
    const found = {
      impUid,
      merchantId,
      channel,
      state,
      requestedAt,
      certifiedAt,
      sealed: { keyId, salt, blob },
    };
    this.#sealedRows.note(id, found);
    return found;
  }

  #ring(): readonly WrappedKey[] {
    return rows(this.#connection.statements.listDataKeys).map((row) => {
      const [id, purpose, masterKeyId, wrapped, createdAt] = row as [
        number,
        string,
        number,
        Uint8Array,
        number,
      ];
      return { id, purpose, masterKeyId, wrapped, createdAt };
    });
  }

  #idOf(impUid: string): number | null {
    if (isOwnImpUid(impUid)) return ownId(impUid);
    return (one(this.#connection.statements.findOtherId, impUid)?.[0] as number | undefined) ?? null;
  }

  #channel(id: number): Channel {
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      const row = one(this.#connection.statements.findChannelById, id);
      if (row === null)
        throw new AppError('sealed_data_unreadable', { detail: 'the channel of a row was altered' });
      channel = toChannel(row);
      this.#channels.set(id, channel);
    }
    return channel;
  }

  #forget(): void {
    this.#channels.clear();
    this.#merchants.forget();
    this.#sealedRows.clear();
  }
}

/** What `read` returns, or that its row was altered: only those who ask for that row learn of it. */
function orAltered<T>(read: () => T): T | AppError {
  try {
    return read();
  } catch (error) {
    const failure = toStoreFailure(error);
    if (failure.code === 'sealed_data_unreadable') return failure;
    throw failure;
  }
}
