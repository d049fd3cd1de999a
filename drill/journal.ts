import type { Answer } from '../test/support/client.ts';
import type { Way } from './entrances.ts';

/** A verification that was answered 200, and the answer to its first lookup; null while there was none. */
export interface Verification {
  readonly impUid: string;
  shown: string | null;
}

/** What one failure looked like through one Bonin. Times are epoch milliseconds. */
export class Gap {
  readonly from = Date.now();
  failures = 0;
  /** Of all answers since the failure, in milliseconds. */
  longestWait = 0;
  #first: number | null = null;
  #last: number | null = null;
  #right: number | null = null;

  note(isRight: boolean, sentAt: number): void {
    const now = Date.now();
    this.longestWait = Math.max(this.longestWait, now - Math.max(sentAt, this.from));
    if (!isRight) {
      this.failures++;
      this.#first ??= now;
      this.#last = now;
    } else if (this.#first !== null && sentAt >= this.#first) this.#right ??= now;
  }

  /** Seconds from the first failing answer to the first right one that was asked for after it; 0 without failures. */
  get seconds(): number {
    return this.#first === null ? 0 : ((this.#right ?? Number.POSITIVE_INFINITY) - this.#first) / 1000;
  }

  /** Seconds from the failure itself to the last failing answer; 0 without failures. */
  get untilLastFailure(): number {
    return this.#last === null ? 0 : (this.#last - this.from) / 1000;
  }
}

/** What was asked and answered, over all nodes. */
export class Journal {
  readonly verifications = new Map<string, Verification>();
  /** Confirmed by an answer that never came; a later one said so. */
  readonly foundCertified = new Set<string>();
  /** `imp_uid`s that were confirmed with 200 again. */
  readonly confirmedTwice: string[] = [];
  refusedSecond = 0;
  /** Tokens in the order in which they were handed out. */
  readonly tokens = new Set<string>();
  /** Answers that may not be, in words. */
  readonly wrong: string[] = [];
  failures = 0;
  gaps: Readonly<Record<Way, Gap>> = { 'several hosts': new Gap(), haproxy: new Gap() };
  /** Whole rounds of request, confirmation and lookup that began after the failure, by the Bonin they went to. */
  rounds: Record<Way, number> = { 'several hosts': 0, haproxy: 0 };

  /** From now on a new failure is watched. */
  open(): void {
    this.gaps = { 'several hosts': new Gap(), haproxy: new Gap() };
    this.rounds = { 'several hosts': 0, haproxy: 0 };
  }

  /** Notes an answer; true when it is one of those expected, false when it is the one of an outage. */
  note(way: Way, asked: string, sentAt: number, answer: Answer, expected: readonly number[]): boolean {
    const isRight = expected.includes(answer.status);
    this.gaps[way].note(isRight, sentAt);
    if (isRight) return true;
    this.failures++;
    const fault = findFault(answer);
    if (fault !== null)
      this.#complain(`${way}: ${asked}: ${fault}: ${answer.status} ${answer.text.slice(0, 200)}`);
    return false;
  }

  /** Notes that Bonin did not answer at all, which it never may. */
  noteSilence(way: Way, asked: string, error: unknown): void {
    this.#complain(`${way}: ${asked}: no answer: ${error instanceof Error ? error.message : String(error)}`);
  }

  noteConfirmed(impUid: string): void {
    if (this.verifications.has(impUid) || this.foundCertified.has(impUid)) this.confirmedTwice.push(impUid);
    else this.verifications.set(impUid, { impUid, shown: null });
  }

  /** Keeps what a lookup shows of a verification: always the same. */
  noteShown(way: Way, impUid: string, text: string): void {
    const verification = this.verifications.get(impUid);
    if (verification === undefined) return;
    verification.shown ??= text;
    if (verification.shown !== text) this.#complain(`${way}: lookup of ${impUid}: the answer changed`);
  }

  #complain(complaint: string): void {
    this.wrong.push(complaint);
  }
}

/** What is wrong with an error of an outage; null when it is as promised: 503, Retry-After, the envelope. */
function findFault({ status, headers, text }: Answer): string | null {
  if (status !== 503) return 'neither a right answer nor 503';
  if (!/^\d+$/.test(headers['retry-after'] ?? '')) return 'no Retry-After';
  try {
    const { code, message, response } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return code === -1 && typeof message === 'string' && response === null ? null : 'not the envelope';
  } catch {
    return 'not the envelope';
  }
}
