import { AppError, type ErrorCode, toAppError } from '../errors.ts';
import {
  ATTEMPT_LIFE,
  type Attempt,
  type AttemptEnd,
  type AttemptEnding,
  type AttemptFrame,
  type AttemptKey,
  type AttemptWalk,
  type CodeTry,
  type FailureWord,
  failureWord,
  type NewAttempt,
  requireAge,
  SEND_PAUSE,
  type SendRequest,
  type StartedAttempt,
  type StoredAttempt,
  TICKET_LIFE,
} from './attempt.ts';
import { alteredAttempt, isSameDigest, openAttempt, sealAttempt, toCodeDigest } from './attempt-rows.ts';
import { unpackDetails } from './certification.ts';
import { openCertification, sealCertification } from './certification-service.ts';
import type { Channel } from './channel.ts';
import { askProvider, newClaim } from './claims.ts';
import { wholeSecond } from './clock.ts';
import { NO_HOOKS, reportFailure, type ServiceHooks } from './hooks.ts';
import type { Identity } from './identity.ts';
import { newImpUid, newSecret } from './ids.ts';
import { requireReal } from './invented-people.ts';
import { digestOtp, digestOtpLike, OTP_LIFE, OTP_WRONG_TRIES, toMessageName } from './otp.ts';
import type { OtpServiceOptions } from './otp-service.ts';
import { isThere, type PresenceState } from './presence.ts';
import { type Claimant, findProvider, type OtpCapability, type VerificationMethod } from './provider.ts';

/** Purposes of the digests of an attempt's secrets. */
const PURPOSES = { ticket: 'page ticket', session: 'page session', handle: 'page handle' } as const;

export type AttemptServiceOptions = Omit<OtpServiceOptions, 'forgiveChannel'>;

/** Certifications by the page: starts attempts, opens their windows, moves them from step to step and ends them. */
export class AttemptService {
  readonly #options: AttemptServiceOptions;
  readonly #hooks: ServiceHooks;

  constructor(options: AttemptServiceOptions) {
    this.#options = options;
    this.#hooks = options.hooks ?? NO_HOOKS;
  }

  /** The channels of a merchant that can open the page, the default one first. */
  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    const channels = await this.#options.merchants.listChannels(merchantId);
    const { providers } = this.#options;
    return channels.filter(({ provider }) => findProvider(providers, provider)?.screens !== undefined);
  }

  /** Creates a pending certification and its attempt. Rejects with `rate_limited`. */
  async start({ channel, frame, walk, pageUrl, address }: NewAttempt): Promise<StartedAttempt> {
    const { store, vault, clock, limiter } = this.#options;
    await limiter.countStart(address);
    const now = clock.now();
    for (;;) {
      const impUid = newImpUid();
      const ticket = newSecret();
      const handle = newSecret();
      const { merchantId } = channel;
      const expiresAt = now + ATTEMPT_LIFE;
      const secrets = {
        ticket: vault.digest(PURPOSES.ticket, ticket),
        ticketUntil: now + TICKET_LIFE,
        handle: vault.digest(PURPOSES.handle, handle),
        session: null,
      };
      const bound = { impUid, merchantId, channel, expiresAt, secrets };
      const kept = await store.attempts.create(
        { ...bound, step: 0, wrong: 0, code: null, end: null, ...sealAttempt(vault, bound, frame, walk) },
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
      );
      if (!kept) continue;
      this.#hooks.attemptStarted();
      return { impUid, ticket, handle, expiresAt };
    }
  }

  /** Exchanges a ticket for the session of the window that showed it; null when it was used, is too old or unknown. */
  async openTicket(ticket: string): Promise<string | null> {
    const { store, vault, clock } = this.#options;
    const stored = await this.#findBy('ticket', ticket);
    if (stored === null || stored.secrets.session !== null) return null;
    const attempt = await this.#open(stored);
    if (attempt?.walk == null) return null;
    const { impUid, frame, walk, ...rest } = attempt;
    const session = newSecret();
    const secrets = { ...rest.secrets, session: vault.digest(PURPOSES.session, session) };
    const opened = await store.attempts.openTicket({
      impUid,
      session: secrets.session,
      ...sealAttempt(vault, { ...rest, impUid, secrets }, frame, walk),
      now: clock.now(),
    });
    return opened ? session : null;
  }

  /**
   * The attempt of a session or handle. It is ended first when its time is over or it has no tries left, because the
   * process that counted the last try may have died. An attempt that is being confirmed is not ended.
   */
  async find(secret: { readonly session: string } | { readonly handle: string }): Promise<Attempt | null> {
    const { clock } = this.#options;
    const stored = await ('session' in secret
      ? this.#findBy('session', secret.session)
      : this.#findBy('handle', secret.handle));
    if (stored === null) return null;
    const attempt = await this.#open(stored);
    if (attempt === null) return null;
    const isLate = attempt.expiresAt <= clock.now();
    if (attempt.end !== null || !(isLate || attempt.wrong >= OTP_WRONG_TRIES)) return attempt;
    await this.fail(attempt, isLate ? 'EXPIRED' : 'OTP_LIMIT');
    return this.reload(attempt);
  }

  /** The current state of the attempt; null when it is gone. */
  async reload({ impUid, merchantId }: Attempt): Promise<Attempt | null> {
    const stored = await this.#options.store.attempts.findById(merchantId, impUid);
    return stored && (await this.#open(stored));
  }

  /** What the channel's provider offers on the screens. */
  methodsOf({ channel }: Attempt): readonly VerificationMethod[] {
    const screens = this.#screensOf(channel);
    return (['APP', 'SMS'] as const).filter((method) => screens.offers(method));
  }

  /** Records that a screen is about to be shown. Returns the number from which the screen counts its words, or null. */
  async show({ impUid, end, frame }: Attempt): Promise<number | null> {
    const { store } = this.#options;
    // Only popups need this: the shop's page sees what happens to a layer, and a redirect replaces the page.
    if (end !== null || frame.window !== 'popup') return null;
    return store.attempts.show({ impUid, now: store.clock.now() });
  }

  /** Stores what the window of a session reports about itself; false when its attempt has ended or is unknown. */
  async hear(session: string, number: number, state: PresenceState): Promise<boolean> {
    const { store } = this.#options;
    const attempt = await this.find({ session });
    if (attempt === null || attempt.end !== null) return false;
    await store.attempts.hear({ impUid: attempt.impUid, number, state, now: store.clock.now() });
    return true;
  }

  /** Ends the attempt as cancelled when its popup has been closed, unless it is being confirmed. */
  async failIfGone(attempt: Attempt): Promise<void> {
    const { presence } = attempt;
    if (!isThere(presence, this.#options.store.clock.now()))
      await this.#fail(attempt, 'USER_CANCEL', null, null, presence.number);
  }

  /** Stores a change and returns the attempt at its next step; null when another form was faster. */
  async advance(attempt: Attempt, change: Partial<AttemptWalk>): Promise<Attempt | null> {
    const { store, vault } = this.#options;
    const { impUid, step, frame } = attempt;
    if (attempt.walk === null) return null;
    const next = { ...attempt.walk, ...change };
    const { walk } = sealAttempt(vault, attempt, frame, next);
    const code = toCodeDigest(change.code ?? null);
    const kept = await store.attempts.advance({ impUid, step, walk, ...(code && { code }) });
    return kept ? { ...attempt, step: step + 1, walk: next, code: code ?? attempt.code } : null;
  }

  /**
   * Asks the provider to send a code or to ask the app; null when another form was faster. Rejects with the provider's
   * error, with `rate_limited`, and with `resend_too_soon` for a message right after another one.
   */
  async send(attempt: Attempt, request: SendRequest): Promise<Attempt | null> {
    const sent = await reportFailure(this.#send(attempt, request), this.#reportOtp);
    if (sent !== null) this.#hooks.otpCalled('page', 'requested');
    return sent;
  }

  readonly #reportOtp = (code: ErrorCode): void => this.#hooks.otpCalled('page', code);

  async #send(attempt: Attempt, { claimant, method, address }: SendRequest): Promise<Attempt | null> {
    const { vault, clock, limiter } = this.#options;
    const { impUid, merchantId, channel, frame, walk } = attempt;
    if (walk === null) return null;
    if (walk.method === 'SMS' && walk.code !== null && clock.now() - walk.code.sentAt < SEND_PAUSE)
      throw new AppError('resend_too_soon');
    requireAge(attempt, claimant.birthday, clock.now());
    // The step is taken before the provider is asked, so that a form sent twice sends one message.
    const sending = await this.advance(attempt, { sends: walk.sends + 1 });
    if (sending === null) return null;
    await limiter.countCode({ merchantId, phone: claimant.phone, address });
    const request = {
      impUid,
      channel,
      claimant,
      method,
      serviceName: await this.#messageName(attempt, frame),
      bypass: null,
      now: clock.now(),
    };
    const { otp, providerTid } = await askProvider(this.#screensOf(channel).request(request));
    const change = { screen: method === 'SMS' ? 'code' : 'app', method, providerTid } as const;
    const digest = Buffer.from(digestOtp(vault, impUid, otp)).toString('base64');
    return this.advance(sending, { ...change, code: { sentAt: clock.now(), digest } });
  }

  async #messageName({ merchantId }: Attempt, { serviceName }: AttemptFrame): Promise<string> {
    const name = toMessageName(serviceName);
    if (name !== '') return name;
    return toMessageName((await this.#options.merchants.find({ id: merchantId }))?.name ?? '');
  }

  /**
   * Compares a code; with the right one asks the provider for the person and certifies. Of several forms at the same
   * moment one is compared; the answer to the others does not depend on their codes.
   */
  async tryCode(attempt: Attempt, otp: string, claimant: Claimant): Promise<CodeTry> {
    const { vault, clock, store } = this.#options;
    const { impUid, step, walk, code } = attempt;
    const now = clock.now();
    if (walk?.code == null || code === null || now - walk.code.sentAt >= OTP_LIFE) {
      this.#reportOtp('otp_late');
      return 'late';
    }
    const claim = newClaim(now);
    const digest = digestOtpLike(code, vault, impUid, otp);
    const tried = await store.attempts.tryCode({
      impUid,
      step,
      digest,
      wrongTries: OTP_WRONG_TRIES,
      claim,
      now,
    });
    // Another process may have sent a newer code since the attempt was read; the store compared with that one.
    if (tried === 'right' && !isSameDigest(code, digest)) throw alteredAttempt(attempt);
    if (tried === 'right') await this.#complete(attempt, claimant, 'SMS', claim.id);
    if (tried === 'wrong') this.#reportOtp('otp_wrong');
    if (tried === 'last') this.#reportOtp('otp_tries_spent');
    if (tried === 'last') await this.fail(attempt, 'OTP_LIMIT');
    return tried;
  }

  /** Asks the provider whether the person has approved in the app, and certifies; rejects with `app_not_approved`. */
  async confirmApp(attempt: Attempt, claimant: Claimant): Promise<void> {
    const claim = await this.#claim(attempt);
    if (claim !== null) await this.#complete(attempt, claimant, 'APP', claim);
  }

  /** Ends with a person without asking a provider. Rejects with `under_age` when the person is too young. */
  certify(attempt: Attempt, identity: Identity): Promise<void> {
    return reportFailure(this.#certifyAsTold(attempt, identity), this.#reportOtp);
  }

  async #certifyAsTold(attempt: Attempt, identity: Identity): Promise<void> {
    requireAge(attempt, identity.birthday, this.#options.clock.now());
    const claim = await this.#claim(attempt);
    if (claim !== null) await this.#certify(attempt, identity, claim);
  }

  /** Ends the attempt without a person at any step. False when it has ended already or is being confirmed. */
  async fail(attempt: Attempt, word: FailureWord, providerCode: string | null = null): Promise<boolean> {
    return this.#fail(attempt, word, providerCode, null);
  }

  /** Ends the attempt with the reason for a provider's error; false for any other error. */
  async failBy(attempt: Attempt, error: AppError, claim: Uint8Array | null = null): Promise<boolean> {
    const word = failureWord(error.code);
    if (word === null) return false;
    await this.#fail(attempt, word, error.providerCode, claim);
    return true;
  }

  /** Asks the provider while holding the claim; a person who is refused ends the attempt. */
  async #complete(
    attempt: Attempt,
    claimant: Claimant,
    method: VerificationMethod,
    claim: Uint8Array,
  ): Promise<void> {
    const { impUid, merchantId, channel } = attempt;
    try {
      const confirmation = { impUid, channel, claimant, method };
      const identity = await askProvider(this.#screensOf(channel).confirm(confirmation));
      requireAge(attempt, identity.birthday, this.#options.clock.now());
      await this.#certify(attempt, identity, claim);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'app_not_approved') {
        this.#reportOtp(error.code);
        if (await this.failBy(attempt, error, claim)) return;
      }
      // The first error is the one to report. A claim that is not released expires.
      await this.#options.store.release(merchantId, impUid, claim).catch(() => {});
      throw error;
    }
  }

  /** Claims the certification for this step; null when another form was faster. */
  async #claim({ impUid, step }: Attempt): Promise<Uint8Array | null> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const claim = newClaim(now);
    return (await store.attempts.claim({ impUid, step, claim, now })) ? claim.id : null;
  }

  async #certify(attempt: Attempt, identity: Identity, claim: Uint8Array): Promise<void> {
    const { store, vault, clock, keepsInvented } = this.#options;
    if (!keepsInvented) requireReal(identity);
    const { impUid, merchantId, channel, walk } = attempt;
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
    await this.#end(attempt, { certified: true }, { state: 'certified', certified }, claim);
  }

  #fail(
    attempt: Attempt,
    word: FailureWord,
    providerCode: string | null,
    claim: Uint8Array | null,
    heard?: number,
  ): Promise<boolean> {
    const state = word === 'EXPIRED' ? 'expired' : 'failed';
    return this.#end(attempt, { certified: false, word, providerCode }, { state }, claim, heard);
  }

  async #end(
    { impUid }: Attempt,
    end: AttemptEnd,
    certification: AttemptEnding['certification'],
    claim: Uint8Array | null,
    heard?: number,
  ): Promise<boolean> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const stored = { impUid, end: JSON.stringify(end), certification, claim, heard, now };
    if (!(await store.attempts.end(stored))) return false;
    this.#hooks.attemptsEnded(end.certified ? 'CERTIFIED' : end.word, 1);
    if (end.certified) this.#hooks.otpCalled('page', 'certified');
    return true;
  }

  async #findBy(kind: keyof typeof PURPOSES, secret: string): Promise<StoredAttempt | null> {
    const { store, vault } = this.#options;
    for (const digest of vault.digests(PURPOSES[kind], secret)) {
      const found = await store.attempts.find({ [kind]: digest } as AttemptKey);
      if (found !== null) return found;
    }
    return null;
  }

  /** Null when it was erased since it was read. */
  async #open(stored: StoredAttempt): Promise<Attempt | null> {
    const attempt = openAttempt(this.#options.vault, stored);
    return attempt.end?.certified === true && !(await this.#isCertified(stored)) ? null : attempt;
  }

  /** The end of an attempt is not sealed, but its certification is. False when both were erased meanwhile. */
  async #isCertified({ merchantId, impUid }: StoredAttempt): Promise<boolean> {
    const { store, vault } = this.#options;
    const certification = await store.findCertification(merchantId, impUid);
    if (certification !== null && openCertification(vault, certification).state === 'certified') return true;
    if (certification === null && (await store.attempts.findById(merchantId, impUid)) === null) return false;
    throw alteredAttempt({ impUid });
  }

  #screensOf({ provider }: Channel): OtpCapability {
    const screens = findProvider(this.#options.providers, provider)?.screens;
    if (screens === undefined) throw new AppError('channel_not_found');
    return screens;
  }
}
