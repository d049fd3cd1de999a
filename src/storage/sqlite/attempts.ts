import type {
  AttemptChange,
  AttemptClaim,
  AttemptEnding,
  AttemptKey,
  AttemptShowing,
  AttemptStore,
  CodeTryRequest,
  NewStoredAttempt,
  PresenceReport,
  RefusedReturn,
  StoredAttempt,
  StoredCodeTry,
  TicketOpening,
} from '../../core/attempt-store.ts';
import type { StoredCertification } from '../../core/certification.ts';
import type { WrongCode } from '../../core/claims.ts';
import type { PresenceState } from '../../core/presence.ts';
import type { Sealed } from '../../core/vault.ts';
import { type CertificationRows, impUidOf } from './certification-rows.ts';
import { type Connection, columnsOf, one, rows, toSealed } from './connection.ts';
import type { Row } from './statements.ts';

/** The attempts of an SQLite store. */
export class SqliteAttempts implements AttemptStore {
  readonly #connection: Connection;
  readonly #certifications: CertificationRows;

  constructor(connection: Connection, certifications: CertificationRows) {
    this.#connection = connection;
    this.#certifications = certifications;
  }

  async create(attempt: NewStoredAttempt, certification: StoredCertification): Promise<boolean> {
    const { merchantId, channel, secrets, expiresAt, step, wrong, launch, progress } = attempt;
    return this.#connection.write(() => {
      const id = this.#certifications.insert(certification);
      if (id === null) return false;
      this.#connection.statements.insertAttempt.run(
        id,
        merchantId,
        channel.id,
        secrets.ticket,
        secrets.ticketUntil,
        secrets.handle,
        secrets.session,
        expiresAt,
        step,
        wrong,
        ...columnsOf(launch),
        ...(progress === null ? [null, null, null] : columnsOf(progress)),
      );
      return true;
    });
  }

  async openTicket({ impUid, session, launch, progress, now }: TicketOpening): Promise<boolean> {
    return this.#connection.write(
      () =>
        this.#connection.statements.openTicket.run(
          session,
          ...columnsOf(launch),
          ...columnsOf(progress),
          idOf(impUid),
          now,
        ).changes === 1,
    );
  }

  async find(key: AttemptKey): Promise<StoredAttempt | null> {
    const run = this.#connection.statements;
    return this.#connection.read(() => {
      const row =
        'session' in key
          ? one(run.findAttemptBySession, key.session)
          : 'handle' in key
            ? one(run.findAttemptByHandle, key.handle)
            : 'back' in key
              ? one(run.findAttemptByBack, key.back)
              : one(run.findAttemptByTicket, key.ticket);
      return row && this.#toAttempt(row);
    });
  }

  async findById(merchantId: number, impUid: string): Promise<StoredAttempt | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findAttemptById, idOf(impUid), merchantId);
      return row && this.#toAttempt(row);
    });
  }

  async advance({ impUid, step, progress, code, back }: AttemptChange): Promise<boolean> {
    return this.#connection.write(
      () =>
        this.#connection.statements.advanceAttempt.run(
          ...columnsOf(progress),
          code ?? null,
          back ?? null,
          idOf(impUid),
          step,
        ).changes === 1,
    );
  }

  async tryCode({ impUid, step, digest, wrongTries, claim, now }: CodeTryRequest): Promise<StoredCodeTry> {
    const run = this.#connection.statements;
    const id = idOf(impUid);
    return this.#connection.write(() => {
      const [code, wrong] = (one(run.findCode, id, step) ?? [null, 0]) as [Uint8Array | null, number];
      if (code === null || wrong >= wrongTries || one(run.isClaimed, id, now) !== null) return 'overtaken';
      run.takeStep.run(id, step);
      // Keyed digests: how long comparing them takes tells nothing about the code.
      if (Buffer.compare(code, digest) === 0)
        return run.claim.run(claim.id, claim.until, id, now).changes === 1 ? 'right' : 'overtaken';
      run.countWrongCode.run(id);
      return wrong + 1 >= wrongTries ? 'last' : 'wrong';
    });
  }

  async claim({ impUid, step, claim, now }: AttemptClaim): Promise<boolean> {
    const run = this.#connection.statements;
    const id = idOf(impUid);
    return this.#connection.write(() => {
      if (one(run.isClaimed, id, now) !== null || run.takeStep.run(id, step).changes === 0) return false;
      return run.claim.run(claim.id, claim.until, id, now).changes === 1;
    });
  }

  async countWrong({ impUid, claim, wrongTries }: WrongCode): Promise<'wrong' | 'last' | null> {
    const run = this.#connection.statements;
    const id = idOf(impUid);
    return this.#connection.write(() => {
      if (run.release.run(id, claim).changes === 0) return null;
      const [wrong] = one(run.countWrongStep, id) as readonly [number];
      return wrong < wrongTries ? 'wrong' : 'last';
    });
  }

  async countReturn({ impUid, most }: RefusedReturn): Promise<'counted' | 'spent' | null> {
    const run = this.#connection.statements;
    const id = idOf(impUid);
    return this.#connection.write(() => {
      if (one(run.countReturn, id, most) !== null) return 'counted';
      return one(run.isRunning, id, null, null) === null ? null : 'spent';
    });
  }

  async show({ impUid, now }: AttemptShowing): Promise<number | null> {
    const [number] = await this.#connection.write(
      () => one(this.#connection.statements.showAttempt, now, idOf(impUid)) ?? [null],
    );
    return number as number | null;
  }

  async hear({ impUid, number, state, now }: PresenceReport): Promise<boolean> {
    return this.#connection.write(
      () => this.#connection.statements.hearAttempt.run(number, state, now, idOf(impUid)).changes === 1,
    );
  }

  async end({
    impUid,
    end,
    claim,
    now,
    heard,
    step,
    certification,
  }: AttemptEnding): Promise<boolean | 'used'> {
    const run = this.#connection.statements;
    const id = idOf(impUid);
    const ended = await this.#connection.write(() => {
      if (one(run.isRunning, id, heard ?? null, step ?? null) === null) return false;
      if (certification.state === 'certified') {
        const { certifiedAt, sealed } = certification.certified;
        const { transaction = [] } = certification;
        const [newest] = transaction;
        if (newest !== undefined && one(run.isClaimedBy, id, claim) !== null) {
          if (transaction.some((digest) => one(run.isUsed, digest) !== null)) return 'used';
          run.useTransaction.run(id, newest, now);
        }
        if (run.certify.run(certifiedAt, ...columnsOf(sealed), id, claim).changes === 0) return false;
      } else if (run.endPending.run(certification.state, id, now, claim).changes === 0) return false;
      run.endAttempt.run(end, id);
      this.#certifications.forget(id);
      return true;
    });
    // What the person typed is gone from the table, and soon from the log.
    if (ended === true) this.#connection.emptyLogSoon();
    return ended;
  }

  async endLate({ end, now, count }: Parameters<AttemptStore['endLate']>[0]): Promise<number> {
    const run = this.#connection.statements;
    if (!this.#connection.read(() => one(run.findLateAttempts, now, 1) !== null)) return 0;
    const ended = await this.#connection.write(() => {
      const late = rows(run.findLateAttempts, now, count).map(([id]) => id as bigint);
      for (const id of late) {
        run.endPending.run('expired', id, now, null);
        run.endAttempt.run(end, id);
        this.#certifications.forget(id);
      }
      return late.length;
    });
    if (ended > 0) this.#connection.emptyLogSoon();
    return ended;
  }

  async forget(before: number, count: number): Promise<number> {
    const forgotten = await this.#connection.write(() =>
      Number(this.#connection.statements.forgetAttempts.run(before, count).changes),
    );
    if (forgotten > 0) this.#connection.emptyLogSoon();
    return forgotten;
  }

  async forgetTransactions(before: number, count: number): Promise<number> {
    return this.#connection.write(() =>
      Number(this.#connection.statements.forgetTransactions.run(before, count).changes),
    );
  }

  #toAttempt(row: Row): StoredAttempt {
    const [
      id,
      merchantId,
      channelId,
      ticket,
      ticketUntil,
      handle,
      session,
      expiresAt,
      step,
      wrong,
      code,
      end,
      number,
      state,
      heardAt,
    ] = row as [
      number,
      number,
      number,
      Uint8Array,
      number,
      Uint8Array,
      Uint8Array | null,
      number,
      number,
      number,
      Uint8Array | null,
      string | null,
      number,
      PresenceState,
      number,
    ];
    return {
      impUid: impUidOf(id),
      merchantId,
      channel: this.#certifications.channel(channelId),
      secrets: { ticket, ticketUntil, handle, session },
      expiresAt,
      step,
      wrong,
      code,
      end,
      presence: { number, state, heardAt },
      back: row[21] as Uint8Array | null,
      launch: toSealed(row, 15) as Sealed,
      progress: toSealed(row, 18),
    };
  }
}

/** Attempts have ids of our own making only. */
function idOf(impUid: string): number {
  return Number(impUid.slice(4));
}
