import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Sealed } from '../../core/vault.ts';
import { isOutOfRoom, toStoreFailure } from './failures.ts';
import { BUSY_TIMEOUT } from './open.ts';
import { prepareStatements, type Row, type Statements } from './statements.ts';

/** How long erased bytes may stay in the write-ahead log, and the pause before another try, in milliseconds. */
const CHECKPOINT_DELAY = 200;
const CHECKPOINT_RETRY = 1000;

/**
 * Tests whether the disk accepts a write: adds a row of 64 kB and deletes it. SQLite overwrites deleted bytes, so they
 * are written to the disk. A rollback would write nothing.
 */
const TRY_ROOM =
  "INSERT INTO stamp (name, value) VALUES ('room', hex(zeroblob(32768))); DELETE FROM stamp WHERE name = 'room'";

/**
 * The only connection. Each statement runs to its end before the next begins, so transactions of this process are never
 * interleaved; SQLite's locks keep out other processes.
 */
export class Connection {
  readonly statements: Statements;
  readonly #database: DatabaseSync;
  readonly #onChangeElsewhere: () => void;
  #dataVersion: unknown = null;
  /** Whether the disk has refused a write, and no larger write has succeeded since. */
  #lacksRoom = false;
  #checkpoint: NodeJS.Timeout | null = null;

  /** `forget` is called whenever cached rows may be outdated. */
  constructor(database: DatabaseSync, forget: () => void) {
    this.#database = database;
    this.#onChangeElsewhere = forget;
    this.statements = prepareStatements(database);
    // A process may have been killed right after an erasure.
    this.emptyLogSoon();
  }

  /** Runs `work` in a read transaction, so that it sees one state of the database, the newest. */
  read<T>(work: () => T): T {
    try {
      this.statements.begin.run();
      try {
        this.#forgetWhatOthersChanged();
        return work();
      } finally {
        // SQLite has already rolled back when the disk failed.
        if (this.#database.isTransaction) this.statements.commit.run();
      }
    } catch (error) {
      throw toStoreFailure(error);
    }
  }

  /** Called at the beginning of every transaction, before cached rows are used. */
  #forgetWhatOthersChanged(): void {
    const version = one(this.statements.dataVersion)?.[0];
    if (version !== this.#dataVersion) this.#onChangeElsewhere();
    this.#dataVersion = version;
  }

  /** Runs `work` as one durable transaction: when this returns, it is on the disk; when it throws, nothing is. */
  write<T>(work: () => T): T {
    try {
      this.statements.beginImmediate.run();
      try {
        this.#forgetWhatOthersChanged();
        const result = work();
        this.statements.commit.run();
        return result;
      } catch (error) {
        this.#onChangeElsewhere();
        if (this.#database.isTransaction) this.statements.rollback.run();
        throw error;
      }
    } catch (error) {
      if (isOutOfRoom(error)) this.#lacksRoom = true;
      throw toStoreFailure(error);
    }
  }

  /** Reads, and also writes if the disk has refused a write before, because a full disk still allows reading. */
  check(): void {
    if (!this.#lacksRoom) {
      this.read(() => one(this.statements.dataVersion));
      return;
    }
    this.write(() => this.exec(TRY_ROOM));
    this.#lacksRoom = false;
  }

  /** Empties the write-ahead log soon, with retries, so that no older copy of an erased row stays. */
  emptyLogSoon(delay = CHECKPOINT_DELAY): void {
    this.#checkpoint ??= setTimeout(() => {
      this.#checkpoint = null;
      if (!this.#emptyLog()) this.emptyLogSoon(CHECKPOINT_RETRY);
    }, delay).unref();
  }

  /** False when another reader still needs the log, or the disk is full: the log stays valid. */
  #emptyLog(): boolean {
    try {
      // Without waiting: requests must not be blocked while somebody copies the database.
      this.#database.exec('PRAGMA busy_timeout = 0');
      return one(this.statements.checkpoint)?.[0] === 0;
    } catch {
      return false;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    }
  }

  /** Runs several statements without parameters, inside a transaction of `write`. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    if (!this.#database.isOpen) return;
    if (this.#checkpoint !== null) clearTimeout(this.#checkpoint);
    // Closing the last connection empties the write-ahead log, and with it what was erased.
    this.#database.close();
  }
}

/** The row of a statement that returns at most one. */
export function one(statement: StatementSync, ...parameters: SQLInputValue[]): Row | null {
  return (statement.get(...parameters) as unknown as Row | undefined) ?? null;
}

/** Every row of a statement. */
export function rows(statement: StatementSync, ...parameters: SQLInputValue[]): readonly Row[] {
  return statement.all(...parameters) as unknown as Row[];
}

/** The sealed data of a row, from this column on; null for none. */
export function toSealed(row: Row, at: number): Sealed | null {
  const [keyId, salt, blob] = row.slice(at, at + 3) as [number | null, Uint8Array, Uint8Array];
  return keyId === null ? null : { keyId, salt, blob };
}

/** The three columns of something sealed. */
export function columnsOf({ keyId, salt, blob }: Sealed): [number, Uint8Array, Uint8Array] {
  return [keyId, salt, blob];
}
