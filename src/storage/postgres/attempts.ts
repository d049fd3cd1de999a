import type {
  AttemptChange,
  AttemptEnding,
  AttemptKey,
  AttemptStore,
  StoredAttempt,
} from '../../core/attempt.ts';
import type { StoredCertification } from '../../core/store.ts';
import type { Database, Run } from './database.ts';
import { ownId, toAttempt } from './rows.ts';

/** The attempts of a PostgreSQL store. Their ids are of our own making only. */
export class PostgresAttempts implements AttemptStore {
  readonly #database: Database;
  readonly #insertCertification: (run: Run, certification: StoredCertification) => Promise<number | null>;

  /** `insertCertification` keeps a certification and gives its integer key, or null when its id is or was in use. */
  constructor(
    database: Database,
    insertCertification: (run: Run, certification: StoredCertification) => Promise<number | null>,
  ) {
    this.#database = database;
    this.#insertCertification = insertCertification;
  }

  create(
    { merchantId, channel, expiresAt, step, sealed }: StoredAttempt,
    certification: StoredCertification,
    secrets: { readonly ticket: Uint8Array; readonly ticketUntil: number; readonly handle: Uint8Array },
  ): Promise<boolean> {
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
        expiresAt,
        step,
        sealed.masterKeyId,
        sealed.salt,
        sealed.blob,
      );
      return true;
    });
  }

  async openTicket(ticket: Uint8Array, session: Uint8Array, now: number): Promise<boolean> {
    return (await this.#database.run('openTicket', session, ticket, now)).length === 1;
  }

  async find(key: AttemptKey): Promise<StoredAttempt | null> {
    const { run } = this.#database;
    const [row] = await ('session' in key
      ? run('findAttemptBySession', key.session)
      : run('findAttemptByHandle', key.handle));
    return row === undefined ? null : toAttempt(row);
  }

  async findById(merchantId: number, impUid: string): Promise<StoredAttempt | null> {
    const [row] = await this.#database.run('findAttemptById', ownId(impUid), merchantId);
    return row === undefined ? null : toAttempt(row);
  }

  async advance({ impUid, step, sealed }: AttemptChange): Promise<boolean> {
    const { masterKeyId, salt, blob } = sealed;
    const advanced = await this.#database.run('advanceAttempt', ownId(impUid), step, masterKeyId, salt, blob);
    return advanced.length === 1;
  }

  end({ impUid, end, sealed, certification }: AttemptEnding): Promise<boolean> {
    const id = ownId(impUid);
    const { masterKeyId, salt, blob } = sealed;
    return this.#database.transaction(async (run) => {
      // Whoever erases the certification takes it first and the attempt then, and so must we.
      await run('lockCertification', id);
      const ended = await run('endAttempt', id, end, masterKeyId, salt, blob);
      if (ended.length === 0) return false;
      if (certification.state === 'certified') {
        const { certifiedAt, sealed: person } = certification.certified;
        await run('certifyAttempt', id, certifiedAt, person.masterKeyId, person.salt, person.blob);
      } else await run('setState', id, certification.state);
      return true;
    });
  }

  async findLate(now: number, count: number): Promise<readonly StoredAttempt[]> {
    return (await this.#database.run('findLateAttempts', now, count)).map(toAttempt);
  }

  async forget(before: number): Promise<void> {
    await this.#database.run('forgetAttempts', before);
  }
}
