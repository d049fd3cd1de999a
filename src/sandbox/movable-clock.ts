import { type Clock, systemClock } from '../core/clock.ts';

/** The end of the year 9999 in epoch seconds: later times have no date. */
export const LATEST_SECOND = 253_402_300_799;

/** A clock that can be stopped or moved; by default it shows the real time. */
export class MovableClock implements Clock {
  #real: Clock = systemClock;
  #standing: number | null = null;
  #shift = 0;

  /** Uses this clock as the real time from now on, instead of the system's. */
  over(real: Clock): this {
    this.#real = real;
    return this;
  }

  now(): number {
    return this.#standing ?? this.#real.now() + this.#shift;
  }

  get isStanding(): boolean {
    return this.#standing !== null;
  }

  /** The difference to the real time, in milliseconds. */
  get ahead(): number {
    return this.#standing === null ? this.#shift : this.#standing - this.#real.now();
  }

  /** Stops the clock at a moment, in epoch milliseconds. */
  stopAt(at: number): void {
    this.#standing = at;
  }

  /** Moves the clock by this many milliseconds; a stopped clock stays stopped. */
  advance(by: number): void {
    if (this.#standing === null) this.#shift += by;
    else this.#standing += by;
  }

  /** Back to real time. */
  reset(): void {
    this.#standing = null;
    this.#shift = 0;
  }
}
