import { SECOND, wholeSecond } from '../core/clock.ts';
import { maskName } from '../core/masking.ts';
import type { VerificationMethod } from '../core/provider.ts';
import type { Feed } from './feed.ts';

/** The state of a certification, as far as the sandbox knows it. */
export type RecentState = 'waiting' | 'approved' | 'turned_down' | 'certified';

/** A certification of this run for the page, with masked names. */
export interface RecentCertification {
  readonly imp_uid: string;
  readonly channel_key: string;
  /** For example 홍*동. */
  readonly masked_name: string;
  /** Null if it was created by a control route. */
  readonly method: VerificationMethod | null;
  readonly service: string | null;
  readonly state: RecentState;
  /** Epoch seconds, by the sandbox's clock. */
  readonly at: number;
}

const KEPT = 50;

/** The certifications of this run; in memory, oldest first. */
export class RecentCertifications {
  readonly #feed: Feed;
  readonly #rows = new Map<string, RecentCertification>();

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** `at` in epoch milliseconds. */
  add({
    at,
    name,
    ...row
  }: Omit<RecentCertification, 'masked_name'> & { readonly name: string | null }): void {
    const maskedName = name === null ? '' : maskName(name);
    this.#put({ ...row, masked_name: maskedName, at: wholeSecond(at) / SECOND });
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > KEPT && oldest !== undefined) this.#rows.delete(oldest);
  }

  /** Records the new state of a certification, if it is still known. */
  note(impUid: string, state: RecentState): void {
    const row = this.#rows.get(impUid);
    if (row !== undefined) this.#put({ ...row, state });
  }

  list(): readonly RecentCertification[] {
    return [...this.#rows.values()];
  }

  clear(): void {
    this.#rows.clear();
  }

  #put(row: RecentCertification): void {
    this.#rows.set(row.imp_uid, row);
    this.#feed.publish('certification', () => row);
  }
}
