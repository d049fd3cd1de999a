import type { MerchantName, Person } from './cast.ts';

/*
 * What there is between two calls, as far as the contract speaks of it. Nothing in a world is ever changed: what
 * happens makes another one, which shares what stays the same.
 */

export interface Cert {
  readonly merchant: MerchantName;
  readonly channelKey: string;
  readonly merchantUid: string;
  readonly person: Person;
  readonly phone: string;
  /** Null when a page made it, and not an OTP request. */
  readonly otp: Otp | null;
  readonly state: 'pending' | 'certified' | 'ended';
  readonly requestedAt: number;
  readonly certifiedAt: number;
  /** The object as it was shown first, once certified; it never changes after that. */
  readonly shown: string | null;
  /** Who may ask the provider about it, and until when. */
  readonly claim: Claim | null;
  /** Whether the provider fails the next time that it is asked about it. */
  readonly isFaulty: boolean;
}

export interface Otp {
  readonly method: 'SMS' | 'APP';
  /** Null until the inbox was asked; an APP request has none. */
  readonly code: string | null;
  readonly sentAt: number;
  readonly wrong: number;
  readonly end: 'tries' | 'refused' | 'superseded' | 'late' | null;
  readonly approval: boolean | null;
}

export interface Claim {
  /** The call that has it. */
  readonly by: number;
  readonly until: number;
  /** Whom the page named when it was taken: another one may be typed before the provider has answered. */
  readonly typed: Typed | null;
}

export type ScreenName = 'carrier' | 'consent' | 'method' | 'person' | 'code' | 'app';

/** Whom a form of the page names. */
export interface Typed {
  readonly person: Person;
  readonly name: string;
  readonly phone: string;
}

/** What the page leads through; its certification stands among the others. */
export interface Attempt {
  readonly ticket: string;
  readonly handle: string;
  /** Null until the ticket was used. */
  readonly session: string | null;
  readonly ticketUntil: number;
  readonly expiresAt: number;
  readonly minimumAge: number;
  readonly step: number;
  readonly screen: ScreenName;
  /** As results show it. */
  readonly carrier: string | null;
  readonly method: 'SMS' | 'APP' | null;
  readonly typed: Typed | null;
  /** Which of its messages has the code that counts; null for the code of a request in the app. */
  readonly code: { readonly message: number | null; readonly sentAt: number } | null;
  /** Its messages so far, as numbers in the order in which they came. */
  readonly messages: readonly number[];
  readonly sends: number;
  readonly refusals: number;
  readonly wrong: number;
  readonly approval: boolean | null;
  /** How it ended, a word of the browser contract's §9 or `CERTIFIED`, and the provider's code. */
  readonly end: { readonly word: string; readonly code: string | null } | null;
}

/** A merchant's key pair. */
export interface Key {
  readonly name: string;
  readonly secret: string;
  readonly isRevoked: boolean;
}

export interface World {
  /** Epoch seconds. */
  readonly now: number;
  readonly tokens: ReadonlyMap<MerchantName, { readonly token: string; readonly expiresAt: number }>;
  /** Every token that was ever given. */
  readonly issued: readonly string[];
  readonly keys: ReadonlyMap<MerchantName, Key>;
  readonly disabled: readonly MerchantName[];
  readonly certs: ReadonlyMap<string, Cert>;
  readonly attempts: ReadonlyMap<string, Attempt>;
  /** How often the provider was asked to confirm, by certification. */
  readonly asks: ReadonlyMap<string, number>;
  /** When requests were made, by what they count under. */
  readonly counts: ReadonlyMap<string, readonly number[]>;
}

/** At most `count` in `window` seconds. */
export interface Limit {
  readonly count: number;
  readonly window: number;
}

/** What may be asked for only so often, each with one limit. */
export interface Limits {
  readonly phone: Limit;
  readonly phoneEverywhere: Limit;
  readonly merchant: Limit;
  readonly address: Limit;
}

/** What is true in every world, since whoever plays knows it. */
export interface Facts {
  readonly limits: Limits | null;
  /** The codes of the messages for a certification, in the order in which they came. */
  readonly codes: ReadonlyMap<string, readonly string[]>;
  /** Whether that order is known: two servers have an inbox each. */
  readonly isOrdered: boolean;
  /** Whether something is being erased, and whether a merchant is being disabled, at the same moment. */
  readonly mayVanish: boolean;
  readonly mayBeDisabled: boolean;
}

const LEASE = 60;

export function claimIsLive({ claim }: Cert, now: number): boolean {
  return claim !== null && now < claim.until;
}

export function putCert(world: World, impUid: string, change: Partial<Cert>): World {
  const cert = world.certs.get(impUid);
  if (cert === undefined) return world;
  return { ...world, certs: new Map(world.certs).set(impUid, { ...cert, ...change }) };
}

export function putAttempt(world: World, impUid: string, change: Partial<Attempt>): World {
  const attempt = world.attempts.get(impUid);
  if (attempt === undefined) return world;
  return { ...world, attempts: new Map(world.attempts).set(impUid, { ...attempt, ...change }) };
}

export function claim(world: World, impUid: string, by: number): World {
  return putCert(world, impUid, {
    claim: { by, until: world.now + LEASE, typed: world.attempts.get(impUid)?.typed ?? null },
  });
}

/** Asks the provider; `isFault` when it fails. */
export function ask(world: World, impUid: string): { world: World; isFault: boolean } {
  const isFault = world.certs.get(impUid)?.isFaulty === true;
  const asks = new Map(world.asks).set(impUid, (world.asks.get(impUid) ?? 0) + 1);
  return { world: putCert({ ...world, asks }, impUid, { isFaulty: false }), isFault };
}

/** What a request for a code counts under. */
export function codeSubjects(merchant: MerchantName, phone: string): readonly [string, keyof Limits][] {
  return [
    [`phone ${merchant} ${phone}`, 'phone'],
    [`phone ${phone}`, 'phoneEverywhere'],
    [`merchant ${merchant}`, 'merchant'],
    ...START_SUBJECTS,
  ];
}

/** All callers have one address. */
export const START_SUBJECTS: readonly [string, keyof Limits][] = [['address', 'address']];

/** The world in which the request is counted under each subject; or in how many seconds it may be made again. */
export function countRequest(
  world: World,
  limits: Limits | null,
  subjects: readonly [string, keyof Limits][],
): World | number {
  if (limits === null) return world;
  const { now, counts } = world;
  const frees = subjects.map(([subject, name]) => {
    const { count, window } = limits[name];
    const recent = (counts.get(subject) ?? []).filter((at) => at > now - window);
    return (recent.at(-count) ?? Number.NEGATIVE_INFINITY) + window;
  });
  const freeAt = Math.max(...frees);
  if (freeAt > now) return freeAt - now;
  const next = new Map(counts);
  for (const [subject] of subjects) next.set(subject, [...(counts.get(subject) ?? []), now]);
  return { ...world, counts: next };
}
