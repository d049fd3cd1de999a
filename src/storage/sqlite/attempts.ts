import type {
  AttemptChange,
  AttemptEnding,
  AttemptKey,
  AttemptStore,
  StoredAttempt,
} from '../../core/attempt.ts';
import type { Channel } from '../../core/channel.ts';
import type { StoredCertification } from '../../core/store.ts';
import { type Connection, one, rows } from './connection.ts';
import type { Row } from './statements.ts';

/** What attempts need of the certifications beside them; called inside a transaction. */
export interface CertificationRows {
  /** Keeps a certification and gives its integer key, or null when its id is or was in use. */
  insert(certification: StoredCertification): number | null;
  /** Lets a row that was changed be read again. */
  forget(impUid: string): void;
  channel(id: number): Channel;
}

/** The attempts of an SQLite store. */
export class SqliteAttempts implements AttemptStore {
  readonly #connection: Connection;
  readonly #certifications: CertificationRows;

  constructor(connection: Connection, certifications: CertificationRows) {
    this.#connection = connection;
    this.#certifications = certifications;
  }

  async create(
    { merchantId, channel, expiresAt, step, sealed }: StoredAttempt,
    certification: StoredCertification,
    secrets: { readonly ticket: Uint8Array; readonly ticketUntil: number; readonly handle: Uint8Array },
  ): Promise<boolean> {
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
    return this.#connection.write(
      () => this.#connection.statements.openTicket.run(session, ticket, now, now).changes === 1,
    );
  }

  async find(key: AttemptKey): Promise<StoredAttempt | null> {
    const run = this.#connection.statements;
    return this.#connection.read(() => {
      const row =
        'session' in key
          ? one(run.findAttemptBySession, key.session)
          : one(run.findAttemptByHandle, key.handle);
      return row && this.#toAttempt(row);
    });
  }

  async findById(merchantId: number, impUid: string): Promise<StoredAttempt | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findAttemptById, idOf(impUid), merchantId);
      return row && this.#toAttempt(row);
    });
  }

  async advance({ impUid, step, sealed }: AttemptChange): Promise<boolean> {
    const { masterKeyId, salt, blob } = sealed;
    return this.#connection.write(
      () =>
        this.#connection.statements.advanceAttempt.run(masterKeyId, salt, blob, idOf(impUid), step)
          .changes === 1,
    );
  }

  async end({ impUid, end, sealed, certification }: AttemptEnding): Promise<boolean> {
    const run = this.#connection.statements;
    const id = idOf(impUid);
    const { masterKeyId, salt, blob } = sealed;
    const ended = this.#connection.write(() => {
      const { changes } = run.endAttempt.run(end, masterKeyId, salt, blob, id);
      if (changes === 0) return false;
      if (certification.state === 'certified') {
        const { certifiedAt, sealed: person } = certification.certified;
        run.certify.run(certifiedAt, person.masterKeyId, person.salt, person.blob, id);
      } else run.setState.run(certification.state, id);
      this.#certifications.forget(impUid);
      return true;
    });
    // What the person typed is gone from the table, and soon from the log.
    if (ended) this.#connection.emptyLogSoon();
    return ended;
  }

  async findLate(now: number, count: number): Promise<readonly StoredAttempt[]> {
    return this.#connection.read(() =>
      rows(this.#connection.statements.findLateAttempts, now, count).map((row) => this.#toAttempt(row)),
    );
  }

  async forget(before: number): Promise<void> {
    this.#connection.write(() => this.#connection.statements.forgetAttempts.run(before));
  }

  #toAttempt(row: Row): StoredAttempt {
    const [id, merchantId, channelId, expiresAt, step, end, masterKeyId, salt, blob] = row as [
      number,
      number,
      number,
      number,
      number,
      string | null,
      number,
      Uint8Array,
      Uint8Array,
    ];
    return {
      impUid: `imp_${String(id).padStart(12, '0')}`,
      merchantId,
      channel: this.#certifications.channel(channelId),
      expiresAt,
      step,
      end,
      sealed: { masterKeyId, salt, blob },
    };
  }
}

/** Attempts have ids of our own making only. */
function idOf(impUid: string): number {
  return Number(impUid.slice(4));
}
