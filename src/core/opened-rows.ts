import type { Certification, OpenedSlot, StoredCertification } from './certification.ts';

/** How long an opened form is remembered at most, in milliseconds. */
export const LONGEST_OPENED = 30_000;
/** The most opened forms at one time; each takes about 2 KB with its answer. */
export const MOST_OPENED = 24_576;

/**
 * Remembers the opened forms of rows that their store keeps in memory, for a short time: merchants read a certification
 * within seconds of its end, and often twice.
 */
export class OpenedRows {
  readonly #halfTime: number;
  #young: OpenedSlot[] = [];
  #old: OpenedSlot[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `longest` is how long a form is remembered at most, in milliseconds; 0 for not at all. */
  constructor(longest: number) {
    this.#halfTime = longest / 2;
  }

  /** Remembers the opened form of a row, if the store keeps the row and the number is not reached. */
  keep({ slot }: StoredCertification, opened: Certification): void {
    if (slot === undefined || this.#halfTime === 0 || this.#young.length >= MOST_OPENED / 2) return;
    slot.opened = { ...opened, answers: {} };
    this.#young.push(slot);
    // A form is dropped at the second tick after it was stored, so none stays longer than the whole time.
    this.#timer ??= setInterval(this.#age, this.#halfTime).unref();
  }

  /** Drops all forms and stops the timer. */
  close(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
    for (const slot of [...this.#young, ...this.#old]) slot.opened = null;
    this.#young = [];
    this.#old = [];
  }

  readonly #age = (): void => {
    for (const slot of this.#old) slot.opened = null;
    this.#old = this.#young;
    this.#young = [];
  };
}
