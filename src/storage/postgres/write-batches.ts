import { AppError } from '../../errors.ts';

/** The most writes of one batch, and the most batches of one kind that are on their way. */
const MOST_WRITES = 100;
const MOST_BATCHES = 2;

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly resolve: (result: Result | PromiseLike<Result>) => void;
  readonly reject: (reason: unknown) => void;
}

export interface WriteBatchOptions<Request, Result> {
  /**
   * Does those of the requests that can be done together at once, as one transaction, and returns them; the others may
   * not have changed anything. Must not wait for locks that other callers may keep.
   */
  readonly together: (requests: readonly Request[]) => Promise<ReadonlySet<Request>>;
  /** The answer to each request that was done together. */
  readonly done: Result;
  /** Does one request that could not be done together, or says why it cannot be done. */
  readonly alone: (request: Request) => Promise<Result>;
}

/**
 * Combines the same write of several callers into one transaction, so that they wait for the disk once. A write waits
 * for the end of its turn of the event loop. If two batches are running, it also waits until one of them ends. A write
 * that cannot be done with the others gets a transaction of its own, so that it does not delay them.
 */
export class WriteBatches<Request, Result> {
  readonly #options: WriteBatchOptions<Request, Result>;
  #waiting: Waiting<Request, Result>[] = [];
  #isScheduled = false;
  #onTheirWay = 0;

  constructor(options: WriteBatchOptions<Request, Result>) {
    this.#options = options;
  }

  /**
   * Rejects with `store_unavailable` when the batch, or the one before it, found no database in time; it may have been
   * written then. Otherwise rejects as `alone` does.
   */
  write(request: Request): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0 || this.#onTheirWay >= MOST_BATCHES) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isScheduled = false;
    const batch = this.#waiting.splice(0, MOST_WRITES);
    if (batch.length === 0) return;
    this.#onTheirWay++;
    void this.#writeTogether(batch);
    this.#schedule();
  };

  async #writeTogether(batch: readonly Waiting<Request, Result>[]): Promise<void> {
    const { together, done, alone } = this.#options;
    let written: ReadonlySet<Request> | null = null;
    try {
      written = await together(batch.map(({ request }) => request));
    } catch (error) {
      // Refused as a whole, so nothing was written: each learns by itself whether it is the one that is wrong.
      const isRefused = error instanceof AppError && error.code !== 'store_unavailable';
      if (isRefused) written = new Set();
      // Whoever waits for the next batch would wait for the same database again.
      else for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(error);
    }
    this.#onTheirWay--;
    this.#schedule();
    if (written === null) return;
    for (const { request, resolve } of batch) resolve(written.has(request) ? done : alone(request));
  }
}
