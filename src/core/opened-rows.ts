import type { Certification, OpenedRoom, StoredCertification } from './certification.ts';

/** How long an opened form is remembered at most, in milliseconds. */
export const LONGEST_OPENED = 30_000;
/** Opened forms at once, of the newest rows: some 1.5 KB each. */
export const MOST_OPENED = 24_576;

/**
 * Remembers the opened forms of rows that their store keeps in memory, for a short time: merchants read a certification
 * within seconds of its end, and often twice.
 */
export class OpenedRows {
  readonly #halfLife: number;
  #young: OpenedRoom[] = [];
  #old: OpenedRoom[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `longest` is how long a form is remembered at most, in milliseconds; 0 for not at all. */
  constructor(longest: number) {
    this.#halfLife = longest / 2;
  }

  /** Remembers the opened form of a row, if the store keeps the row and there is room. */
  keep({ room }: StoredCertification, opened: Certification): void {
    if (room === undefined || this.#halfLife === 0 || this.#young.length >= MOST_OPENED / 2) return;
    room.opened = opened;
    this.#young.push(room);
    // Two generations, so that no form outlives two halves of the time and none needs a time of its own.
    this.#timer ??= setInterval(this.#age, this.#halfLife).unref();
  }

  /** Forgets all of them, and stops. */
  close(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
    for (const room of [...this.#young, ...this.#old]) room.opened = null;
    this.#young = [];
    this.#old = [];
  }

  readonly #age = (): void => {
    for (const room of this.#old) room.opened = null;
    this.#old = this.#young;
    this.#young = [];
  };
}
