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
import { isLive, type WrongCode } from '../../core/claims.ts';
import type { Database, Run } from './database.ts';
import { columnsOf, ownId, toAttempt } from './rows.ts';

/** The attempts of a PostgreSQL store. Only certifications with an id made by Bonin have attempts. */
export class PostgresAttempts implements AttemptStore {
  readonly #database: Database;
  readonly #insertCertification: (run: Run, certification: StoredCertification) => Promise<number | null>;

  /** `insertCertification` keeps a certification and returns its integer key, or null when its id is or was in use. */
  constructor(
    database: Database,
    insertCertification: (run: Run, certification: StoredCertification) => Promise<number | null>,
  ) {
    this.#database = database;
    this.#insertCertification = insertCertification;
  }

  create(attempt: NewStoredAttempt, certification: StoredCertification): Promise<boolean> {
    const { merchantId, channel, secrets, expiresAt, step, wrong, launch, progress } = attempt;
    return this.#database.transaction(async (run) => {
      const id = await this.#insertCertification(run, certification);
      if (id === null) return false;
      await run(
        'insertAttempt',
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
        ...columnsOf(progress),
      );
      return true;
    });
  }

  async openTicket({ impUid, session, launch, progress, now }: TicketOpening): Promise<boolean> {
    const sealed = [...columnsOf(launch), ...columnsOf(progress)];
    return (await this.#database.run('openTicket', session, ...sealed, ownId(impUid), now)).length === 1;
  }

  async find(key: AttemptKey): Promise<StoredAttempt | null> {
    const { run } = this.#database;
    const [row] = await ('session' in key
      ? run('findAttemptBySession', key.session)
      : 'handle' in key
        ? run('findAttemptByHandle', key.handle)
        : 'back' in key
          ? run('findAttemptByBack', key.back)
          : run('findAttemptByTicket', key.ticket));
    return row === undefined ? null : toAttempt(row);
  }

  async findById(merchantId: number, impUid: string): Promise<StoredAttempt | null> {
    const [row] = await this.#database.run('findAttemptById', ownId(impUid), merchantId);
    return row === undefined ? null : toAttempt(row);
  }

  async advance({ impUid, step, progress, code, back }: AttemptChange): Promise<boolean> {
    const sealed = columnsOf(progress);
    const digests = [code ?? null, back ?? null];
    const advanced = await this.#database.run('advanceAttempt', ownId(impUid), step, ...sealed, ...digests);
    return advanced.length === 1;
  }

  async tryCode({ impUid, step, digest, wrongTries, claim, now }: CodeTryRequest): Promise<StoredCodeTry> {
    const id = ownId(impUid);
    // A past step never returns, so thousands of forms of it are refused here without waiting for the lock.
    if ((await this.#database.run('isAtStep', id, step)).length === 0) return 'overtaken';
    return this.#database.transaction(async (run): Promise<StoredCodeTry> => {
      if (!(await lockUnclaimed(run, id, now))) return 'overtaken';
      const [taken] = await run('takeCodeStep', id, step, wrongTries);
      if (taken === undefined) return 'overtaken';
      const [code, wrong] = taken as [Uint8Array, number];
      // These are keyed digests: the time to compare them reveals nothing about the code.
      if (Buffer.compare(code, digest) === 0) {
        await run('takeClaim', id, claim.id, claim.until);
        return 'right';
      }
      await run('countWrongCode', id);
      return wrong + 1 >= wrongTries ? 'last' : 'wrong';
    });
  }

  async claim({ impUid, step, claim, now }: AttemptClaim): Promise<boolean> {
    const id = ownId(impUid);
    if ((await this.#database.run('isAtStep', id, step)).length === 0) return false;
    return this.#database.transaction(async (run) => {
      if (!(await lockUnclaimed(run, id, now))) return false;
      if ((await run('takeStep', id, step)).length === 0) return false;
      await run('takeClaim', id, claim.id, claim.until);
      return true;
    });
  }

  countWrong({ impUid, claim, wrongTries }: WrongCode): Promise<'wrong' | 'last' | null> {
    const id = ownId(impUid);
    return this.#database.transaction(async (run): Promise<'wrong' | 'last' | null> => {
      if ((await run('lockClaimedAttempt', id, claim)).length === 0) return null;
      await run('dropClaim', id);
      const [counted] = await run('countWrongStep', id);
      return Number(counted?.[0]) < wrongTries ? 'wrong' : 'last';
    });
  }

  async countReturn({ impUid, most }: RefusedReturn): Promise<'counted' | 'spent' | null> {
    const [row] = await this.#database.run('countReturn', ownId(impUid), most);
    const [isCounted, isRunning] = row as [boolean, boolean];
    if (isCounted) return 'counted';
    return isRunning ? 'spent' : null;
  }

  async show({ impUid, now }: AttemptShowing): Promise<number | null> {
    const [shown] = await this.#database.run('showAttempt', ownId(impUid), now);
    return shown === undefined ? null : (shown[0] as number);
  }

  async hear({ impUid, number, state, now }: PresenceReport): Promise<boolean> {
    return (await this.#database.run('hearAttempt', ownId(impUid), number, state, now)).length === 1;
  }

  end({ impUid, end, claim, now, heard, step, certification }: AttemptEnding): Promise<boolean | 'used'> {
    const id = ownId(impUid);
    return this.#database.transaction(async (run) => {
      if (certification.state === 'certified' && certification.transaction !== undefined) {
        const { transaction } = certification;
        const [newest = null] = transaction;
        if ((await run('lockClaimedAttempt', id, claim)).length === 0) return false;
        if ((await run('isUsed', transaction)).length > 0) return 'used';
        if ((await run('useTransaction', id, newest, now)).length === 0) return 'used';
      }
      // Erasing locks the certification first and then the attempt; the same order here avoids a deadlock.
      const changed =
        certification.state === 'certified'
          ? await run(
              'certifyAttempt',
              id,
              certification.certified.certifiedAt,
              ...columnsOf(certification.certified.sealed),
              claim,
            )
          : await run('endPending', id, certification.state, now, claim);
      return (
        changed.length === 1 && (await run('endAttempt', id, end, heard ?? null, step ?? null)).length === 1
      );
    });
  }

  async endLate({ end, now, count }: Parameters<AttemptStore['endLate']>[0]): Promise<number> {
    const late = await this.#database.run('endLateAttempts', now, count, end);
    if (late.length > 0) return late.length;
    return (await this.#database.run('endStrayAttempts', now, count, end)).length;
  }

  async forget(before: number, count: number): Promise<number> {
    return (await this.#database.run('forgetAttempts', before, count)).length;
  }

  async forgetTransactions(before: number, count: number): Promise<number> {
    return (await this.#database.run('forgetTransactions', before, count)).length;
  }
}

/** Locks a pending certification until the transaction ends; false when it has ended or is being confirmed. */
async function lockUnclaimed(run: Run, id: number, now: number): Promise<boolean> {
  const [pending] = await run('lockPending', id);
  return pending !== undefined && !isLive(pending[0] as number | null, now);
}
