import type { Attempt } from './attempt.ts';
import type { StoredCertification } from './certification.ts';
import type { Claim, WrongCode } from './claims.ts';
import type { PresenceState } from './presence.ts';
import type { Sealed } from './vault.ts';

/** An attempt as a store keeps it. */
export interface StoredAttempt extends Omit<Attempt, 'end' | 'launch' | 'progress'> {
  /** JSON text of `AttemptEnd`; null while it runs. */
  readonly end: string | null;
  /** Launch and progress, each a sealed JSON text. */
  readonly launch: Sealed;
  readonly progress: Sealed | null;
}

/** A new attempt, without a window yet. */
export type NewStoredAttempt = Omit<StoredAttempt, 'presence'>;

/** Finds an attempt: the digest of one of its secrets. */
export type AttemptKey =
  | { readonly ticket: Uint8Array }
  | { readonly session: Uint8Array }
  | { readonly handle: Uint8Array }
  | { readonly back: Uint8Array };

/** The session that replaces a ticket. From then on the sealed data is bound to the session. */
export interface TicketOpening {
  readonly impUid: string;
  readonly session: Uint8Array;
  readonly launch: Sealed;
  readonly progress: Sealed;
  readonly now: number;
}

/** A change of a running attempt. */
export interface AttemptChange {
  readonly impUid: string;
  /** The step that the change was made for. The change is dropped when the attempt has moved on since. */
  readonly step: number;
  readonly progress: Sealed;
  /** Digest of a new code. Absent: the previous one stays valid. */
  readonly code?: Uint8Array;
  /** Digest of the secret in a return address. Absent: the previous one stays valid. */
  readonly back?: Uint8Array;
}

/** A screen that is about to be shown. */
export interface AttemptShowing {
  readonly impUid: string;
  readonly now: number;
}

/** What a screen reports about its window. */
export interface PresenceReport extends AttemptShowing {
  readonly number: number;
  readonly state: PresenceState;
}

/** A step that claims the attempt's certification. */
export interface AttemptClaim {
  readonly impUid: string;
  readonly step: number;
  readonly claim: Claim;
  readonly now: number;
}

export interface CodeTryRequest extends AttemptClaim {
  readonly digest: Uint8Array;
  /** The number of wrong codes that are allowed. */
  readonly wrongTries: number;
}

/**
 * The result of a code: `right` when the caller now has the claim; `last` when no further code will be compared;
 * `overtaken` when the attempt is at another step, has ended, has no tries left or is being confirmed. Then nothing was
 * compared, so the answer reveals nothing about the code.
 */
export type StoredCodeTry = 'right' | 'wrong' | 'last' | 'overtaken';

export interface AttemptEnding {
  readonly impUid: string;
  readonly end: string;
  /** The caller's claim. Null for a caller without one, who is refused while somebody else has a live claim. */
  readonly claim: Uint8Array | null;
  readonly now: number;
  /** Set when the window's last report was the reason: nothing happens when a newer report has arrived since. */
  readonly heard?: number | undefined;
  /** Set when a form ends it: nothing happens when the attempt is at another step by now. */
  readonly step?: number | undefined;
  /** The change of the certification in the same transaction. To certify, the caller needs the claim. */
  readonly certification:
    | { readonly state: 'failed' | 'expired' }
    | {
        readonly state: 'certified';
        readonly certified: StoredCertification;
        /**
         * Digests of the agency's number for it, the newest first; each number certifies once. Absent: it is not looked
         * at.
         */
        readonly transaction?: readonly Uint8Array[];
      };
}

/** A return that was refused. */
export interface RefusedReturn {
  readonly impUid: string;
  /** How many of them are allowed. */
  readonly most: number;
}

/** The part of the port in `store.ts` that is about attempts, with the same guarantees. */
export interface AttemptStore {
  /** Keeps a new attempt with its pending certification; false when the id is or was in use. */
  create(attempt: NewStoredAttempt, certification: StoredCertification): Promise<boolean>;
  /** Binds the session to the ticket, which works once; false when it was used, is too old or the attempt over. */
  openTicket(opening: TicketOpening): Promise<boolean>;
  find(key: AttemptKey): Promise<StoredAttempt | null>;
  findById(merchantId: number, impUid: string): Promise<StoredAttempt | null>;
  /** Stores a change and moves to the next step; false when the attempt has ended or is at another step. */
  advance(change: AttemptChange): Promise<boolean>;
  /** Moves to the next step and compares the code: a wrong one is counted; the right one gets the claim. */
  tryCode(request: CodeTryRequest): Promise<StoredCodeTry>;
  /** Moves to the next step and takes the claim; false when it is at another step, has ended or is being confirmed. */
  claim(request: AttemptClaim): Promise<boolean>;
  /**
   * Counts a code that the agency found wrong, releases the claim and moves to the next step. Null when the caller no
   * longer has the claim; then nothing is counted.
   */
  countWrong(wrong: WrongCode): Promise<'wrong' | 'last' | null>;
  /**
   * Counts a return that was refused; `spent` when so many as are allowed were counted before, and null when the attempt
   * has ended.
   */
  countReturn(refused: RefusedReturn): Promise<'counted' | 'spent' | null>;
  /** Marks the window as visible. Returns the number from which the screen counts its reports; null after the end. */
  show(showing: AttemptShowing): Promise<number | null>;
  /**
   * Stores what a screen reports about its window. False when a report with a higher number came before, when the
   * number does not belong to the newest screen, and when the attempt has ended.
   */
  hear(report: PresenceReport): Promise<boolean>;
  /**
   * Ends the attempt and its certification at any step, and deletes what was typed. False when it has ended already, or
   * when its window has sent a newer report; `used` when the agency's number has certified another attempt.
   */
  end(ending: AttemptEnding): Promise<boolean | 'used'>;
  /** Ends at most so many attempts whose time is over and that have no claim. Returns how many. */
  endLate(late: { readonly end: string; readonly now: number; readonly count: number }): Promise<number>;
  /** Deletes at most so many that ended and whose time was over before `before`. Returns how many. */
  forget(before: number, count: number): Promise<number>;
  /** Deletes at most so many digests of agencies' numbers that were used before `before`. Returns how many. */
  forgetTransactions(before: number, count: number): Promise<number>;
}
