/** What must be remembered of a visit. */
export interface Memo {
  /** Danal's number of the visit. */
  readonly tid: string;
  /** Whether our id was sent as `USERID` too, so that it comes back. */
  readonly sendsUserId: boolean;
  /** Whether the merchant's call fixed a phone number. */
  readonly fixesPhone: boolean;
}

export function writeMemo(memo: Memo): string {
  return JSON.stringify(memo);
}

/** The memo that `writeMemo` wrote; it was sealed since. */
export function readMemo(text: string): Memo {
  return JSON.parse(text) as Memo;
}
