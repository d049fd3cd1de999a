import { type Clock, SECOND } from './clock.ts';

/** Mistakes are forgotten after this long. */
const WINDOW = 60 * SECOND;
/** Mistakes that are free, how long the next one waits, and how long one waits at most; in between it doubles. */
const FREE = 3;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 8 * SECOND;
/** The most callers that are remembered; the oldest one is forgotten first. */
const REMEMBERED = 10_000;

interface Mistakes {
  count: number;
  since: number;
}

/**
 * Delays the answers to a caller who is wrong again and again, and to nobody else. Kept in this process: it slows down
 * guessing and locks nothing, so that a stranger cannot lock out a shop by guessing in its name.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #mistakes = new Map<string, Mistakes>();
  readonly #waiting = new Set<() => void>();
  #isOpen = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a mistake of `who` and resolves when it may be answered. */
  async hold(who: string): Promise<void> {
    const wait = this.#note(who);
    if (wait === 0 || !this.#isOpen) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, wait);
      this.#waiting.add(go);
    });
  }

  /** Resolves all waiting calls, and delays nobody from now on. */
  close(): void {
    this.#isOpen = false;
    for (const go of this.#waiting) go();
  }

  #note(who: string): number {
    const now = this.#clock.now();
    let mistakes = this.#mistakes.get(who);
    if (mistakes === undefined || now - mistakes.since >= WINDOW) {
      mistakes = { count: 0, since: now };
      this.#mistakes.delete(who);
      this.#mistakes.set(who, mistakes);
      const [oldest] = this.#mistakes.keys();
      if (this.#mistakes.size > REMEMBERED && oldest !== undefined) this.#mistakes.delete(oldest);
    }
    mistakes.count++;
    if (mistakes.count <= FREE) return 0;
    return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (mistakes.count - FREE - 1));
  }
}
