import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Sealed } from '../../core/vault.ts';
import type { AppError } from '../../errors.ts';
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

/** The most writes of one transaction. Between two transactions requests are read and answers leave. */
const MOST_WRITES = 200;

/** A write that waits for the next transaction. */
interface WaitingWrite {
  /** Does the work, and returns what tells the caller about it once it is on the disk. */
  readonly run: () => () => void;
  readonly reject: (reason: AppError) => void;
}

/**
 * The only connection. Each statement runs to its end before the next begins, so transactions of this process are never
 * interleaved; SQLite's locks keep out other processes.
 */
export class Connection {
  readonly statements: Statements;
  readonly #database: DatabaseSync;
  readonly #onChangeElsewhere: () => void;
  readonly #waiting: WaitingWrite[] = [];
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

  /**
   * Runs `work` at the end of this turn of the event loop. When the promise resolves, it is on the disk; when it
   * rejects, nothing of it is. Writes of one turn share a transaction, and so one wait for the disk. One that throws
   * undoes only itself; when the transaction fails, all of them fail.
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const result = work();
        return () => resolve(result);
      };
      if (this.#waiting.length === 0) setImmediate(this.#writeSoon);
      this.#waiting.push({ run, reject });
    });
  }

  readonly #writeSoon = (): void => {
    const batch = this.#waiting.splice(0, MOST_WRITES);
    if (this.#waiting.length > 0) setImmediate(this.#writeSoon);
    if (batch.length > 0) this.#writeTogether(batch);
  };

  /** Nothing else of this process runs between begin and commit, so nobody reads what is not committed. */
  #writeTogether(batch: readonly WaitingWrite[]): void {
    const answers: (() => void)[] = [];
    try {
      this.#transaction(() => {
        for (const write of batch) answers.push(batch.length === 1 ? write.run() : this.#writeApart(write));
      });
    } catch (error) {
      const failure = toStoreFailure(error);
      for (const { reject } of batch) reject(failure);
      return;
    }
    for (const answer of answers) answer();
  }

  #transaction(work: () => void): void {
    try {
      this.statements.beginImmediate.run();
      try {
        this.#forgetWhatOthersChanged();
        work();
        this.statements.commit.run();
      } catch (error) {
        this.#onChangeElsewhere();
        if (this.#database.isTransaction) this.statements.rollback.run();
        throw error;
      }
    } catch (error) {
      if (isOutOfRoom(error)) this.#lacksRoom = true;
      throw error;
    }
  }

  /** Runs one write of several in a savepoint, and returns what tells its caller how it ended. */
  #writeApart({ run, reject }: WaitingWrite): () => void {
    this.statements.savepoint.run();
    try {
      const answer = run();
      this.statements.releaseSavepoint.run();
      return answer;
    } catch (error) {
      // After some failures, such as a full disk, SQLite has undone the whole transaction.
      if (!this.#database.isTransaction) throw error;
      this.#onChangeElsewhere();
      this.statements.undoSavepoint.run();
      this.statements.releaseSavepoint.run();
      if (isOutOfRoom(error)) this.#lacksRoom = true;
      return () => reject(toStoreFailure(error));
    }
  }

  /** Reads, and also writes if the disk has refused a write before, because a full disk still allows reading. */
  check(): void {
    if (!this.#lacksRoom) {
      this.read(() => one(this.statements.dataVersion));
      return;
    }
    try {
      // Alone: what does not fit must not undo the smaller writes of callers.
      this.#transaction(() => this.exec(TRY_ROOM));
    } catch (error) {
      throw toStoreFailure(error);
    }
    this.#lacksRoom = false;
  }

  /** Empties the write-ahead log soon, with retries, so that no older copy of an erased row stays. */
  emptyLogSoon(delay = CHECKPOINT_DELAY): void {
    if (!this.#database.isOpen) return;
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

  /** Writes that wait are written first. */
  close(): void {
    if (!this.#database.isOpen) return;
    while (this.#waiting.length > 0) this.#writeTogether(this.#waiting.splice(0, MOST_WRITES));
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
