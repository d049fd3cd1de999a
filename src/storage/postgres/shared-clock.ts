import type { Clock } from '../../core/clock.ts';
import type { Database } from './database.ts';

/** How often the server is asked for its time, in milliseconds: clocks of machines drift by less than one in this. */
const EVERY = 10_000;
/** Not `now()`, which stands still in a transaction. */
const SERVER_TIME = 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at';

/**
 * The database server's time, so that all nodes agree on when something ends: this machine's clock plus the difference
 * to the server's. The difference is measured now and then, so that reading the time needs no query.
 */
export class SharedClock implements Clock {
  readonly #database: Database;
  readonly #machine: Clock;
  /** In whole milliseconds; null until it was measured. */
  #ahead: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(database: Database, machine: Clock) {
    this.#database = database;
    this.#machine = machine;
  }

  now(): number {
    return this.#machine.now() + (this.#ahead ?? 0);
  }

  /** Measures once, and then again and again until `stop`. */
  async start(): Promise<void> {
    await this.measure();
    this.#timer = setInterval(() => {
      // Without an answer the last difference stays.
      this.measure().catch(() => {});
    }, EVERY);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /**
   * Asks the server for its time. A slow answer is inexact: it moves the clock only as far as it proves to be wrong, so
   * that a busy machine does not make the time jump.
   */
  measure(): Promise<void> {
    return this.#database.withClient(async (client) => {
      const before = this.#machine.now();
      const { rows } = await client.query<{ at: number }>(SERVER_TIME);
      const after = this.#machine.now();
      const at = Number(rows[0]?.at);
      const [lowest, highest] = [Math.floor(at - after), Math.ceil(at - before)];
      this.#ahead =
        this.#ahead === null
          ? Math.round((lowest + highest) / 2)
          : Math.min(Math.max(this.#ahead, lowest), highest);
    });
  }
}
