/** What can happen in a sandbox while somebody looks on. */
export type FeedEvent = 'message' | 'certification' | 'request' | 'clock' | 'faults' | 'reset';

export type FeedListener = (event: FeedEvent, data: unknown) => void;

/** Tells whoever looks on what happens. Costs nothing while nobody does. */
export class Feed {
  readonly #listeners = new Set<FeedListener>();

  get listeners(): number {
    return this.#listeners.size;
  }

  /** `read` makes the data, and is called only when there is a listener. */
  publish(event: FeedEvent, read: () => unknown): void {
    if (this.#listeners.size === 0) return;
    const data = read();
    for (const listen of this.#listeners) listen(event, data);
  }

  /** Returns what ends the listening. */
  subscribe(listen: FeedListener): () => void {
    this.#listeners.add(listen);
    return () => void this.#listeners.delete(listen);
  }
}
