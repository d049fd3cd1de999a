import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientBase, Pool, type PoolClient, types } from 'pg';
import type { PoolFigures } from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { Address, Server } from './address.ts';
import { isConflict, isConnectionSound, isOutOfRoom, isQueueTimeout, toStoreFailure } from './failures.ts';
import { SQL, type StatementName } from './statements.ts';

/** The most connections of one process. By default a server accepts a hundred from all nodes together. */
const CONNECTIONS = 10;
/**
 * How many calls may wait for a connection (a burst of two seconds at a thousand statements a second); any more fail at
 * once. And how long they may wait, in milliseconds: less than a statement may take, so that calls behind ten slow
 * statements fail before those do.
 */
const MOST_WAITING = 2000;
const LONGEST_WAIT = 4000;
/** After how long the server cancels a statement, and Bonin drops the connection, in milliseconds. */
const STATEMENT_TIMEOUT = 5000;
const ANSWER_TIMEOUT = 7000;
/** When an idle connection is closed, in milliseconds. */
const IDLE_TIMEOUT = 60_000;
/** How often a transaction is tried after a conflict, and the longest pause per try, in milliseconds. */
const TRIES = 5;
const PAUSE = 20;
/** The server may have another default; the statements are correct at this level. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

const INT8 = 20;
/** Every 64-bit integer of ours is a time or an id, and fits. */
export const TYPES = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
};

/** A row as an array of its columns. */
export type Row = readonly unknown[];
type Scalar = string | number | boolean | Uint8Array | null;
export type Value = Scalar | readonly Scalar[];
/** Runs one statement and returns its rows. */
export type Run = (name: StatementName, ...values: readonly Value[]) => Promise<readonly Row[]>;

/** The connections to one database. Errors are `store_unavailable` or `store_failed`; lost connections are replaced. */
export class Database {
  readonly #pool: Pool;
  readonly #servers: readonly Server[];
  /** The index of the server for new connections. */
  #at = 0;
  /** The number of calls that got no connection. */
  #full = 0;
  #timedOut = 0;
  /** Connections made since one was last lost. Older ones are probably dead too, and would fail only after seconds. */
  #trusted = new WeakSet<ClientBase>();
  /** Whether the database's disk was full at the last write. */
  lacksRoom = false;

  /** `patience` is the time limit of a statement, in milliseconds. */
  constructor({ config, servers }: Address, patience = STATEMENT_TIMEOUT) {
    this.#servers = servers;
    this.#pool = new Pool({
      ...config,
      ...servers[0],
      application_name: 'bonin',
      max: CONNECTIONS,
      connectionTimeoutMillis: LONGEST_WAIT,
      idleTimeoutMillis: IDLE_TIMEOUT,
      statement_timeout: patience,
      idle_in_transaction_session_timeout: ANSWER_TIMEOUT,
      query_timeout: patience + (ANSWER_TIMEOUT - STATEMENT_TIMEOUT),
      keepAlive: true,
      onConnect: refuseStandby,
    });
    // A lost connection is reported twice: here, and to the query that uses it, which handles it.
    const ignore = () => {};
    this.#pool.on('error', ignore);
    this.#pool.on('connect', (client) => {
      client.on('error', ignore);
      this.#trusted.add(client);
    });
  }

  /** One statement, which is a transaction of its own. */
  readonly run: Run = (name, ...values) => this.withClient((client) => runOn(client)(name, ...values));

  /** Runs `work` as one transaction: all of it or, when it throws or returns false, nothing. */
  transaction<T>(work: (run: Run, client: PoolClient) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      await client.query(BEGIN);
      try {
        const result = await work(runOn(client), client);
        await client.query(result === false ? 'ROLLBACK' : 'COMMIT');
        return result;
      } catch (error) {
        if (isConnectionSound(error)) await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  /** Runs `work` on a connection of its own, and again after a conflict with another transaction. */
  async withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let count = 1; ; count++) {
      const client = await this.#checkOut();
      let isSound = true;
      try {
        return await work(client);
      } catch (error) {
        isSound = isConnectionSound(error);
        if (isOutOfRoom(error)) this.lacksRoom = true;
        if (count >= TRIES || !isConflict(error)) throw toStoreFailure(error);
      } finally {
        // Connections that were lost at the same time report it later; newer ones are not affected.
        if (!isSound && this.#trusted.has(client)) this.#trusted = new WeakSet();
        if (isSound) client.release();
        else discard(client);
      }
      await sleep(Math.random() * PAUSE * count);
    }
  }

  async #checkOut(): Promise<PoolClient> {
    if (this.#pool.waitingCount >= MOST_WAITING) {
      this.#full++;
      throw new AppError('store_unavailable', {
        detail: 'too many calls wait for a connection to the database',
      });
    }
    for (let count = 1; ; count++) {
      const tried = this.#at;
      try {
        return await this.#connect();
      } catch (error) {
        if (isQueueTimeout(error)) this.#timedOut++;
        if (isQueueTimeout(error) || count >= this.#servers.length) throw toStoreFailure(error);
        // Several calls fail at the same time: only the first one switches to the next server.
        if (this.#at === tried) this.#takeNextServer();
      }
    }
  }

  async #connect(): Promise<PoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      if (this.#trusted.has(client)) return client;
      discard(client);
    }
  }

  #takeNextServer(): void {
    this.#at = (this.#at + 1) % this.#servers.length;
    Object.assign(this.#pool.options, this.#servers[this.#at]);
  }

  figures(): PoolFigures {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return {
      limit: CONNECTIONS,
      used: totalCount - idleCount,
      idle: idleCount,
      waiting: waitingCount,
      full: this.#full,
      timedOut: this.#timedOut,
    };
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

/** Closes a connection without telling the server: waiting for a silent one would keep the process alive. */
function discard(client: PoolClient): void {
  client.connection.stream.destroy();
  client.release(true);
}

/** A standby is not used: it refuses writes, and its answers may be old. */
async function refuseStandby(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
  if (rows[0]?.transaction_read_only !== 'off')
    throw new AppError('store_unavailable', { detail: 'the database is read-only, as a standby is' });
}

function runOn(client: PoolClient): Run {
  return async (name, ...values) => {
    const { rows } = await client.query<unknown[]>({
      name,
      text: SQL[name],
      values: [...values],
      rowMode: 'array',
      types: TYPES,
    });
    return rows;
  };
}
