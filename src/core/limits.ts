import { AppError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { type Clock, SECOND } from './clock.ts';
import type { RateLimit } from './otp.ts';
import type { CountedSubject, Store } from './store.ts';
import type { Vault } from './vault.ts';

/** How often codes may be sent and the page started; an empty list sets no limit. */
export interface RequestLimits {
  /** Codes for one phone number by one merchant, so that a stranger cannot lock a person out everywhere. */
  readonly phone: readonly RateLimit[];
  /** Codes for one phone number by all merchants together. */
  readonly phoneEverywhere: readonly RateLimit[];
  /** Codes by one merchant. */
  readonly merchant: readonly RateLimit[];
  /** Codes and starts of the page by one client address. */
  readonly address: readonly RateLimit[];
}

/** The longest window that a limit can have, in milliseconds: a request counts for as long. */
export const LONGEST_WINDOW = 86_400 * SECOND;

/** The limits of production unless set otherwise, by §1.3 of the contract; `dev` has none. */
export const REQUEST_LIMITS: RequestLimits = {
  phone: [
    { count: 5, window: 600 * SECOND },
    { count: 20, window: 86_400 * SECOND },
  ],
  phoneEverywhere: [
    { count: 20, window: 600 * SECOND },
    { count: 60, window: 86_400 * SECOND },
  ],
  merchant: [{ count: 120, window: 60 * SECOND }],
  address: [{ count: 60, window: 600 * SECOND }],
};

interface LimiterOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Null for no limits, as in `dev`. */
  readonly limits: RequestLimits | null;
}

/** What a code is sent to, and for which merchant. */
export interface CountedCode {
  readonly merchantId: number;
  /** Digits. */
  readonly phone: string;
}

/** Counts limited requests. Phone numbers and addresses reach the store as keyed digests. */
export class Limiter {
  readonly #options: LimiterOptions;

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  /** Counts a request for a code, or rejects with `rate_limited`. */
  async countCode({ address }: Caller, { merchantId, phone }: CountedCode): Promise<void> {
    const { limits } = this.#options;
    if (limits === null) return;
    await this.#count([
      this.#subject('phone and merchant', `${merchantId} ${phone}`, limits.phone),
      this.#subject('phone', phone, limits.phoneEverywhere),
      this.#subject('merchant', String(merchantId), limits.merchant),
      ...this.#address(address, limits),
    ]);
  }

  /** Counts a start of the page, or rejects with `rate_limited`. */
  async countStart({ address }: Caller): Promise<void> {
    const { limits } = this.#options;
    if (limits !== null) await this.#count(this.#address(address, limits));
  }

  #address(address: string, { address: limits }: RequestLimits): readonly CountedSubject[] {
    return [this.#subject('client address', networkOf(address), limits)];
  }

  #subject(label: string, value: string, limits: readonly RateLimit[]): CountedSubject {
    return { subject: this.#options.vault.digest('codes', `limit ${label}`, value), limits };
  }

  async #count(subjects: readonly CountedSubject[]): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const freeAt = await store.countRequest(
      subjects.filter(({ limits }) => limits.length > 0),
      now,
    );
    if (freeAt === null) return;
    throw new AppError('rate_limited', { retryAfter: Math.max(1, Math.ceil((freeAt - now) / SECOND)) });
  }
}

/** A client has all 2^64 IPv6 addresses of its network: they count as one. An IPv4 address counts alone. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const whole = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0')];
  return whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
