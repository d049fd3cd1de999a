/** What can happen in a sandbox while somebody looks on. */
export type FeedEvent = 'message' | 'certification' | 'request' | 'clock' | 'faults' | 'reset';

export type FeedListener = (event: FeedEvent, data: unknown) => void;

/**
 * Tells whoever looks on what happens. Costs nothing while nobody does. Whoever publishes is in the middle of
 * something else, so nothing that is thrown here reaches them: the first failure of a run is reported.
 */
export class Feed {
  readonly #listeners = new Set<FeedListener>();
  readonly #report: (error: unknown) => void;
  #hasFailed = false;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** `read` makes the data, and is called only when there is a listener. */
  publish(event: FeedEvent, read: () => unknown): void {
    if (this.#listeners.size === 0) return;
    let data: unknown;
    try {
      data = read();
    } catch (error) {
      this.#note(error);
      return;
    }
    for (const listen of this.#listeners) {
      try {
        listen(event, data);
      } catch (error) {
        this.#note(error);
      }
    }
  }

  /** Returns what ends the listening. */
  subscribe(listen: FeedListener): () => void {
    this.#listeners.add(listen);
    return () => void this.#listeners.delete(listen);
  }

  #note(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    try {
      this.#report(error);
    } catch {
      // There is nobody else to tell.
    }
  }
}
