import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Sealed } from '../../core/vault.ts';
import { isOutOfRoom, toStoreFailure } from './failures.ts';
import { BUSY_TIMEOUT } from './open.ts';
import { prepareStatements, type Row, type Statements } from './statements.ts';

/** How long erased bytes may stay in the write-ahead log, and when it is tried again, in milliseconds. */
const CHECKPOINT_DELAY = 200;
const CHECKPOINT_RETRY = 1000;

/**
 * Writes 64 kB and leaves no row. They go to the disk, since erased bytes are overwritten; rolled back, they would not.
 */
const TRY_ROOM =
  "INSERT INTO stamp (name, value) VALUES ('room', hex(zeroblob(32768))); DELETE FROM stamp WHERE name = 'room'";

/**
 * One connection for everything. Statements run to their end before the next begins, so a transaction of this
 * process is never interleaved; other processes are held off by SQLite's own locks.
 */
export class Connection {
  readonly statements: Statements;
  readonly #database: DatabaseSync;
  readonly #onChangeElsewhere: () => void;
  #reading = false;
  #dataVersion: unknown = null;
  /** Whether the disk has refused a write, and not yet let one of some size pass since. */
  #lacksRoom = false;
  #checkpoint: NodeJS.Timeout | null = null;

  /** `forget` is called whenever what was read before may not be so any more. */
  constructor(database: DatabaseSync, forget: () => void) {
    this.#database = database;
    this.#onChangeElsewhere = forget;
    this.statements = prepareStatements(database);
    // An erasure may have been the last thing that a killed process did.
    this.emptyLogSoon();
  }

  /**
   * Runs `work` in a read transaction that lasts to the end of this turn of the event loop, since taking a
   * snapshot costs more than a lookup: all requests that arrived together share one.
   */
  read<T>(work: () => T): T {
    try {
      if (!this.#reading) this.#beginRead();
      return work();
    } catch (error) {
      throw toStoreFailure(error);
    }
  }

  #beginRead(): void {
    this.statements.begin.run();
    this.#reading = true;
    setImmediate(this.#endReadSoon);
    this.#forgetWhatOthersChanged();
  }

  /** To be called at the beginning of every transaction, before anything cached is believed. */
  #forgetWhatOthersChanged(): void {
    const version = one(this.statements.dataVersion)?.[0];
    if (version !== this.#dataVersion) this.#onChangeElsewhere();
    this.#dataVersion = version;
  }

  /** After the requests that shared it: a failure has nobody to be told, and the next transaction finds it again. */
  readonly #endReadSoon = (): void => {
    try {
      this.#endRead();
    } catch {
      this.#onChangeElsewhere();
    }
  };

  #endRead(): void {
    if (!this.#reading) return;
    this.#reading = false;
    // A disk that fails ends a transaction by itself.
    if (this.#database.isTransaction) this.statements.commit.run();
  }

  /** Runs `work` as one durable transaction: when this returns, its effect is on the disk; when it throws, there is none. */
  write<T>(work: () => T): T {
    try {
      this.#endRead();
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

  /** Reads; or writes, once the disk has refused that, since a full one still lets everybody read. */
  check(): void {
    if (!this.#lacksRoom) {
      this.read(() => one(this.statements.dataVersion));
      return;
    }
    this.write(() => this.exec(TRY_ROOM));
    this.#lacksRoom = false;
  }

  /** Empties the write-ahead log soon, and again until it is empty, so that no older copy of an erased row stays. */
  emptyLogSoon(delay = CHECKPOINT_DELAY): void {
    this.#checkpoint ??= setTimeout(() => {
      this.#checkpoint = null;
      if (!this.#emptyLog()) this.emptyLogSoon(CHECKPOINT_RETRY);
    }, delay).unref();
  }

  /** False when a reader elsewhere still needs the log, or the disk has no room: what is in it stays valid. */
  #emptyLog(): boolean {
    try {
      this.#endRead();
      // Without waiting: requests must not stand still because somebody copies the database.
      this.#database.exec('PRAGMA busy_timeout = 0');
      return one(this.statements.checkpoint)?.[0] === 0;
    } catch {
      return false;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    }
  }

  /** Several statements without parameters, inside a transaction of `write`. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    if (!this.#database.isOpen) return;
    if (this.#checkpoint !== null) clearTimeout(this.#checkpoint);
    this.#endRead();
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

/** What is sealed in a row, from a column on; null when there is nothing. */
export function toSealed(row: Row, at: number): Sealed | null {
  const [masterKeyId, salt, blob] = row.slice(at, at + 3) as [number | null, Uint8Array, Uint8Array];
  return masterKeyId === null ? null : { masterKeyId, salt, blob };
}
