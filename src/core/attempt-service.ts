import { hash, randomBytes } from 'node:crypto';
import { AppError, type ErrorCode, toAppError } from '../errors.ts';
import {
  ATTEMPT_LIFE,
  type Attempt,
  type AttemptEnd,
  type AttemptEnding,
  type AttemptFrame,
  type AttemptKey,
  type AttemptWalk,
  attemptContext,
  type FailureWord,
  packAttempt,
  type StoredAttempt,
  TICKET_LIFE,
} from './attempt.ts';
import { unpackDetails } from './certification.ts';
import { openCertification, sealCertification } from './certification-service.ts';
import type { Channel } from './channel.ts';
import { type Clock, wholeSecond } from './clock.ts';
import { ageOf, type Identity } from './identity.ts';
import { newImpUid } from './ids.ts';
import { digestOtp, digestPhone, OTP_LIFE, OTP_WRONG_TRIES, type OtpLimits } from './otp.ts';
import { requireFreeRequest } from './otp-service.ts';
import {
  type Claim,
  findProvider,
  type OtpCapability,
  type Providers,
  type VerificationMethod,
} from './provider.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';

export interface AttemptServiceOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly providers: Providers;
  /** Null for no limits, as in `dev`. */
  readonly limits: OtpLimits | null;
}

export interface NewAttempt {
  readonly channel: Channel;
  readonly frame: AttemptFrame;
  readonly walk: AttemptWalk;
  /** The page that started it; `origin` of the certification. */
  readonly pageUrl: string | null;
}

export interface StartedAttempt {
  readonly impUid: string;
  readonly ticket: string;
  readonly handle: string;
  readonly expiresAt: number;
}

/** What a provider's refusal or failure is called on the page. */
const WORDS: Readonly<Partial<Record<ErrorCode, FailureWord>>> = {
  identity_mismatch: 'IDENTITY_MISMATCH',
  person_blocked: 'BLOCKED',
  under_age: 'UNDER_AGE',
  line_not_allowed: 'LINE_NOT_ALLOWED',
  provider_refused: 'PROVIDER_ERROR',
  provider_unavailable: 'PROVIDER_UNAVAILABLE',
  provider_misconfigured: 'NOT_READY',
};

/** How long an ended attempt still answers the shop's script, in milliseconds. */
const KEPT_AFTER_END = 86_400_000;
const SWEEP = 100;

/** What became of a code that somebody typed. */
export type CodeTry = 'right' | 'wrong' | 'late';

/** Certifications by the page: starts attempts, opens their windows, walks on with them and ends them. */
export class AttemptService {
  readonly #options: AttemptServiceOptions;

  constructor(options: AttemptServiceOptions) {
    this.#options = options;
  }

  /** The channels of a merchant that can open the page, the default one first. */
  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    const channels = await this.#options.store.listChannels(merchantId);
    return channels.filter(
      ({ provider }) => findProvider(this.#options.providers, provider)?.screens !== undefined,
    );
  }

  /** Makes a pending certification and the attempt that leads to it. */
  async start({ channel, frame, walk, pageUrl }: NewAttempt): Promise<StartedAttempt> {
    const { store, vault, clock } = this.#options;
    const now = clock.now();
    for (;;) {
      const impUid = newImpUid();
      const ticket = newSecret();
      const handle = newSecret();
      const { merchantId } = channel;
      const expiresAt = now + ATTEMPT_LIFE;
      const kept = await store.attempts.create(
        {
          impUid,
          merchantId,
          channel,
          expiresAt,
          step: 0,
          end: null,
          sealed: vault.seal(attemptContext(merchantId, impUid), packAttempt(frame, walk)),
        },
        sealCertification(vault, impUid, {
          channel,
          state: 'pending',
          requestedAt: now,
          certifiedAt: null,
          merchantUid: frame.merchantUid,
          pageUrl,
          providerTid: null,
          identity: null,
        }),
        { ticket: digestSecret(ticket), ticketUntil: now + TICKET_LIFE, handle: digestSecret(handle) },
      );
      if (kept) return { impUid, ticket, handle, expiresAt };
    }
  }

  /** Exchanges a ticket for the session of the window that showed it; null when it was used, is too old or unknown. */
  async openTicket(ticket: string): Promise<string | null> {
    const session = newSecret();
    const { store, clock } = this.#options;
    const opened = await store.attempts.openTicket(digestSecret(ticket), digestSecret(session), clock.now());
    return opened ? session : null;
  }

  /** The attempt of a session or handle; one past its time is ended first. */
  async find(secret: { readonly session: string } | { readonly handle: string }): Promise<Attempt | null> {
    const { store } = this.#options;
    const key: AttemptKey =
      'session' in secret
        ? { session: digestSecret(secret.session) }
        : { handle: digestSecret(secret.handle) };
    const stored = await store.attempts.find(key);
    if (stored === null) return null;
    if (stored.end !== null || stored.expiresAt > this.#options.clock.now()) return this.#open(stored);
    await this.fail(this.#open(stored), 'EXPIRED');
    const ended = await store.attempts.find(key);
    return ended && this.#open(ended);
  }

  /** The attempt as it stands now; null when it is gone. */
  async reload({ impUid, merchantId }: Attempt): Promise<Attempt | null> {
    const stored = await this.#options.store.attempts.findById(merchantId, impUid);
    return stored && this.#open(stored);
  }

  /** What the channel's provider offers on the screens. */
  methodsOf({ channel }: Attempt): readonly VerificationMethod[] {
    const screens = this.#screensOf(channel);
    return (['APP', 'SMS'] as const).filter((method) => screens.offers(method));
  }

  /** Keeps a change and gives the attempt one step on; null when somebody else was faster. */
  async advance(attempt: Attempt, change: Partial<AttemptWalk>): Promise<Attempt | null> {
    const { store, vault } = this.#options;
    const { impUid, merchantId, step, frame, walk } = attempt;
    if (walk === null) return null;
    const next = { ...walk, ...change };
    const sealed = vault.seal(attemptContext(merchantId, impUid), packAttempt(frame, next));
    const kept = await store.attempts.advance({ impUid, step, sealed });
    return kept ? { ...attempt, step: step + 1, walk: next } : null;
  }

  /** Has a code sent, or the app asked; null when somebody else was faster. Rejects with what the provider says. */
  async send(
    attempt: Attempt,
    claim: Claim & { phone: string },
    method: VerificationMethod,
  ): Promise<Attempt | null> {
    const { store, vault, clock, limits } = this.#options;
    const { impUid, channel, frame, walk } = attempt;
    if (walk === null) return null;
    requireAge(attempt, claim.birthday, clock.now());
    // Taken before the provider is asked: a form that was sent twice sends one message.
    const sending = await this.advance(attempt, { sends: walk.sends + 1 });
    if (sending === null) return null;
    const phoneDigest = digestPhone(vault, claim.phone);
    await requireFreeRequest({ store, clock, limits }, channel.merchantId, phoneDigest);
    const now = clock.now();
    const { otp, providerTid } = await this.#screensOf(channel).request({
      impUid,
      channel,
      claim,
      method,
      serviceName: frame.serviceName,
      bypass: null,
      now,
    });
    const digest = Buffer.from(digestOtp(vault, impUid, otp)).toString('base64');
    return this.advance(sending, {
      screen: method === 'SMS' ? 'code' : 'app',
      method,
      code: { digest, sentAt: clock.now() },
      providerTid,
    });
  }

  /** Compares a code with the newest one that was sent. Counting a wrong one is the caller's `advance`. */
  tryCode({ impUid, walk }: Attempt, otp: string): CodeTry {
    const { vault, clock } = this.#options;
    if (walk?.code == null || clock.now() - walk.code.sentAt >= OTP_LIFE) return 'late';
    const right = vault.matches(Buffer.from(walk.code.digest, 'base64'), `otp ${impUid}`, otp);
    return right ? 'right' : 'wrong';
  }

  /** Whether a wrong code was the last one allowed. */
  isLastTry({ walk }: Attempt): boolean {
    return (walk?.wrong ?? 0) + 1 >= OTP_WRONG_TRIES;
  }

  /** Asks the provider for the person and certifies; a person not acceptable ends the attempt without. */
  async complete(attempt: Attempt, claim: Claim, method: VerificationMethod): Promise<void> {
    const { impUid, channel } = attempt;
    // Taken before the provider is asked, so that two forms at once ask it once.
    const completing = await this.advance(attempt, {});
    if (completing === null) return;
    try {
      const identity = await this.#screensOf(channel).confirm({ impUid, channel, claim, method });
      await this.certify(completing, identity);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'app_not_approved') throw error;
      if (!(await this.failBy(completing, error))) throw error;
    }
  }

  /** Ends with a person. Rejects with `under_age` when they are too young. */
  async certify(attempt: Attempt, identity: Identity): Promise<void> {
    const { store, vault, clock } = this.#options;
    const { impUid, merchantId, channel, walk } = attempt;
    requireAge(attempt, identity.birthday, clock.now());
    const stored = await store.findCertification(merchantId, impUid);
    if (stored === null) return;
    const certified = sealCertification(vault, impUid, {
      ...unpackDetails(openCertification(vault, stored).details),
      channel,
      state: 'certified',
      requestedAt: stored.requestedAt,
      certifiedAt: wholeSecond(clock.now()),
      providerTid: walk?.providerTid ?? null,
      identity,
    });
    await this.#end(attempt, { certified: true }, { state: 'certified', certified });
  }

  /** Ends without a person, whatever its step. False when it has ended already. */
  async fail(attempt: Attempt, word: FailureWord, providerCode: string | null = null): Promise<boolean> {
    const state = word === 'EXPIRED' ? 'expired' : 'failed';
    return this.#end(attempt, { certified: false, word, providerCode }, { state });
  }

  /** Ends with the word for what a provider said; false when it is nothing that a provider says. */
  async failBy(attempt: Attempt, error: AppError): Promise<boolean> {
    const word = WORDS[error.code];
    if (word === undefined) return false;
    await this.fail(attempt, word, error.providerCode);
    return true;
  }

  /** Ends what is past its time, so that nothing of a person who left stays, and forgets what ended long ago. */
  async sweep(): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    for (const late of await store.attempts.findLate(now, SWEEP))
      await this.fail(this.#open(late), 'EXPIRED');
    await store.attempts.forget(now - KEPT_AFTER_END);
  }

  async #end(
    { impUid, merchantId, frame }: Attempt,
    end: AttemptEnd,
    certification: AttemptEnding['certification'],
  ): Promise<boolean> {
    const { store, vault } = this.#options;
    return store.attempts.end({
      impUid,
      end: JSON.stringify(end),
      sealed: vault.seal(attemptContext(merchantId, impUid), packAttempt(frame, null)),
      certification,
    });
  }

  #open({ sealed, end, ...rest }: StoredAttempt): Attempt {
    const text = this.#options.vault.open(attemptContext(rest.merchantId, rest.impUid), sealed);
    const { frame, walk } = JSON.parse(text) as Pick<Attempt, 'frame' | 'walk'>;
    return { ...rest, end: end === null ? null : (JSON.parse(end) as AttemptEnd), frame, walk };
  }

  #screensOf({ provider }: Channel): OtpCapability {
    const screens = findProvider(this.#options.providers, provider)?.screens;
    if (screens === undefined) throw new AppError('channel_not_found');
    return screens;
  }
}

/** The merchant's limit and the channel's both hold. */
function requireAge({ channel, walk }: Attempt, birthday: string, now: number): void {
  const lowest = Math.max(channel.minimumAge ?? 0, walk?.minimumAge ?? 0);
  if (ageOf(birthday, now) < lowest) throw new AppError('under_age');
}

/** 32 random bytes in 43 characters that may stand in an address. */
function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Such a secret needs no key to be safe as a digest. */
function digestSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}
