/** The events of a sandbox. */
export type FeedEvent = 'message' | 'certification' | 'request' | 'clock' | 'faults' | 'reset';

export type FeedListener = (event: FeedEvent, data: unknown) => void;

/**
 * Passes events to listeners; costs nothing without any. An error of a listener never reaches the publisher, which is
 * handling a request; only the first error in a row is reported.
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

  /** Returns a function that removes the listener. */
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
      // There is nobody else to report it to.
    }
  }
}
