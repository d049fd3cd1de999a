import { type Clock, SECOND } from './clock.ts';

/** Mistakes are forgotten after this long. */
const WINDOW = 60 * SECOND;
/** Mistakes that are free, how long the next one waits, and how long one waits at most; in between it doubles. */
const FREE = 3;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 8 * SECOND;
/** Callers that are remembered; the one that was wrong first is forgotten first. */
const REMEMBERED = 10_000;

interface Mistakes {
  count: number;
  since: number;
}

/**
 * Makes whoever is wrong again and again wait for the answer, and nobody else. Kept in this process: it slows guessing
 * down and locks nothing, so that no stranger can stop a shop by being wrong in its name.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #mistakes = new Map<string, Mistakes>();
  readonly #waiting = new Set<() => void>();
  #isOpen = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a mistake of `who` and resolves when it may be answered. */
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

  /** Lets everybody go who waits, and holds nobody from now on. */
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
