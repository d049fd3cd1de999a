import type { Feed } from './feed.ts';
import type { Message } from './testing-types.ts';

export interface MessageFilter {
  /** Digits only; null for every phone. */
  readonly phone: string | null;
  /** Messages of one attempt; null for all. */
  readonly impUid: string | null;
  /** Only messages newer than the one with this id; null for all. */
  readonly after: string | null;
}

/** Every message. */
export const EVERY_MESSAGE: MessageFilter = { phone: null, impUid: null, after: null };

/** How many messages are kept. */
const KEPT = 1000;

/** The text messages of the sandbox; in memory, newest first. */
export class Inbox {
  readonly #feed: Feed;
  readonly #stop: AbortSignal;
  #messages: readonly Message[] = [];
  #count = 0;
  #waiting = new Set<() => void>();

  /** When `stop` is aborted, all waits end and later ones end at once. */
  constructor(feed: Feed, stop: AbortSignal) {
    this.#feed = feed;
    this.#stop = stop;
    stop.addEventListener('abort', () => this.#wake());
  }

  put(content: Omit<Message, 'id'>): void {
    const message = { id: `msg_${++this.#count}`, ...content };
    this.#messages = [message, ...this.#messages].slice(0, KEPT);
    this.#feed.publish('message', () => message);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Whether there is a message with this id. */
  has(id: string): boolean {
    return this.#messages.some((message) => message.id === id);
  }

  list({ phone, impUid, after }: MessageFilter): readonly Message[] {
    const known = this.#messages.findIndex(({ id }) => id === after);
    const newer = known === -1 ? this.#messages : this.#messages.slice(0, known);
    return newer.filter(
      (message) =>
        (phone === null || message.phone === phone) && (impUid === null || message.imp_uid === impUid),
    );
  }

  /** Resolves with the messages that match a filter as soon as there is one, or after this many milliseconds. */
  async wait(filter: MessageFilter, patience: number): Promise<readonly Message[]> {
    const end = performance.now() + patience;
    for (;;) {
      const found = this.list(filter);
      const left = end - performance.now();
      if (found.length > 0 || left <= 0 || this.#stop.aborted) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  clear(): void {
    this.#messages = [];
  }
}
