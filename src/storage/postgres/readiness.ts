import { AppError } from '../../errors.ts';
import type { Database } from './database.ts';

/**
 * How long the answer may take, in milliseconds. Whoever asks is a balancer that gives up soon itself, and a node whose
 * calls wait longer than this for a connection is no help.
 */
const LONGEST_CHECK = 1000;
/** Spills about a megabyte onto the disk under the database and leaves nothing: what is full cannot do that. */
const SPILL = `
  SET LOCAL work_mem = '64kB';
  SELECT count(*) FROM (SELECT g FROM generate_series(1, 40000) g ORDER BY g DESC OFFSET 0) spilt`;

/** Whether calls are answered. It goes the way that calls go, so that what holds them up holds it up as well. */
export class Readiness {
  readonly #database: Database;
  #checking: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when they are. However many ask, the server is asked one thing at a time. */
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

  /** A full disk still answers reads, so it is tried with a write once it has refused one. */
  async #ask(): Promise<void> {
    if (!this.#database.lacksRoom) await this.#database.run('check');
    else {
      await this.#database.transaction((_run, client) => client.query(SPILL));
      this.#database.lacksRoom = false;
    }
  }
}
