import { AppError } from '../../errors.ts';
import type { Database } from './database.ts';

/**
 * The time limit of the answer, in milliseconds. A balancer does not wait long, and a node whose calls wait longer than
 * this for a connection is not ready.
 */
const LONGEST_CHECK = 1000;
/** Writes about a megabyte of temporary data to the database's disk, which fails on a full disk. */
const SPILL = `
  SET LOCAL work_mem = '64kB';
  SELECT count(*) FROM (SELECT g FROM generate_series(1, 40000) g ORDER BY g DESC OFFSET 0) spilt`;

/** Checks whether calls are answered. It uses the same connections as calls, so that it waits when they wait. */
export class Readiness {
  readonly #database: Database;
  #checking: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when calls are answered. Checks at the same moment share one statement. */
  async check(): Promise<void> {
    this.#checking ??= this.#ask().finally(() => {
      this.#checking = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new AppError('store_unavailable', { detail: 'the database does not answer in time' })),
        LONGEST_CHECK,
      );
    });
    try {
      await Promise.race([this.#checking, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A full disk still answers reads, so after a refused write a write is tried. */
  async #ask(): Promise<void> {
    if (!this.#database.lacksRoom) await this.#database.run('check');
    else {
      await this.#database.transaction((_run, client) => client.query(SPILL));
      this.#database.lacksRoom = false;
    }
  }
}
