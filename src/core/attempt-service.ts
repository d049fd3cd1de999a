import { AppError, toAppError } from '../errors.ts';
import {
  ATTEMPT_LIFE,
  type Attempt,
  type AttemptEnd,
  type AttemptProgress,
  beginProgress,
  type FailureReason,
  MOST_REFUSED_RETURNS,
  type NewAttempt,
  requireAge,
  type StartedAttempt,
  TICKET_LIFE,
  toFailureReason,
  toShowableCode,
} from './attempt.ts';
import { alteredAttempt, openAttempt, sealAttempt, toDigest } from './attempt-rows.ts';
import type { AttemptEnding, AttemptKey, StoredAttempt } from './attempt-store.ts';
import type { Visitor } from './caller.ts';
import { unpackDetails } from './certification.ts';
import { openCertification, sealCertification } from './certification-service.ts';
import type { Channel } from './channel.ts';
import { newClaim } from './claims.ts';
import { wholeSecond } from './clock.ts';
import { NO_HOOKS, type ServiceHooks } from './hooks.ts';
import { type Identity, requireComplete, requireFixedPerson, requireNamedPerson } from './identity.ts';
import { newImpUid, newSecret } from './ids.ts';
import { requireReal } from './invented-people.ts';
import type { Merchant } from './merchant.ts';
import { OTP_WRONG_TRIES } from './otp.ts';
import type { OtpServiceOptions } from './otp-service.ts';
import { isThere, type PresenceState } from './presence.ts';
import { findProvider, offersAny } from './provider.ts';

/** Labels of the digests of an attempt's secrets. */
const LABELS = {
  ticket: 'page ticket',
  session: 'page session',
  handle: 'page handle',
  back: 'page back',
  transaction: 'agency transaction',
} as const;

/** A secret by which an attempt can be found again and again. */
export type AttemptSecret =
  | { readonly session: string }
  | { readonly handle: string }
  | { readonly back: string };

export type AttemptServiceOptions = Omit<OtpServiceOptions, 'forgiveChannel'>;

/** The person whom the agency confirms. `providerTid` is the agency's number for it; null if it is known already. */
export interface Identified {
  readonly identity: Identity;
  readonly providerTid: string | null;
  /** Whether the birthday may be empty, which nobody knows then; false by default. */
  readonly mayLackBirthday?: boolean;
}

/** The attempt ends only if these values are still the stored ones. */
type EndCondition = Pick<AttemptEnding, 'heard' | 'step'>;

/**
 * The life of an attempt: starts it, opens its window, stores its steps and ends it. What a person may do at which step
 * is in `attempt-steps.ts`.
 */
export class AttemptService {
  readonly #options: AttemptServiceOptions;
  readonly #hooks: ServiceHooks;

  constructor(options: AttemptServiceOptions) {
    this.#options = options;
    this.#hooks = options.hooks ?? NO_HOOKS;
  }

  /** The channels of a merchant that can open the page, the default one first. */
  async listChannels(merchant: Pick<Merchant, 'id' | 'pageRules'>): Promise<readonly Channel[]> {
    const { providers, merchants } = this.#options;
    return (await merchants.listChannels(merchant.id)).filter((channel) => {
      const { otp, hosted } = findProvider(providers, channel) ?? {};
      const opensPage = hosted !== undefined || (otp !== undefined && offersAny(otp, channel, 'page'));
      return opensPage && merchants.findFault(merchant, channel) === null;
    });
  }

  /** Creates a pending certification and its attempt. Rejects with `rate_limited`. */
  async start(visitor: Visitor, { channel, launch, wishes, pageUrl }: NewAttempt): Promise<StartedAttempt> {
    const { store, vault, clock, limiter } = this.#options;
    await limiter.countStart(visitor);
    const now = clock.now();
    const isHosted = findProvider(this.#options.providers, channel)?.hosted !== undefined;
    const screen = isHosted ? 'agency' : 'carrier';
    for (;;) {
      const impUid = newImpUid();
      const ticket = newSecret();
      const handle = newSecret();
      const { merchantId } = channel;
      const expiresAt = now + ATTEMPT_LIFE;
      const secrets = {
        ticket: vault.digest('pages', LABELS.ticket, ticket),
        ticketUntil: now + TICKET_LIFE,
        handle: vault.digest('pages', LABELS.handle, handle),
        session: null,
      };
      const bound = { impUid, merchantId, channel, expiresAt, secrets };
      const sealed = sealAttempt(vault, bound, launch, beginProgress(screen, wishes));
      const kept = await store.attempts.create(
        { ...bound, step: 0, wrong: 0, code: null, back: null, end: null, ...sealed },
        sealCertification(vault, impUid, {
          channel,
          state: 'pending',
          requestedAt: now,
          certifiedAt: null,
          merchantUid: launch.merchantUid,
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
    if (attempt?.progress == null) return null;
    const { impUid, launch, progress, ...rest } = attempt;
    const session = newSecret();
    const secrets = { ...rest.secrets, session: vault.digest('pages', LABELS.session, session) };
    const opened = await store.attempts.openTicket({
      impUid,
      session: secrets.session,
      ...sealAttempt(vault, { ...rest, impUid, secrets }, launch, progress),
      now: clock.now(),
    });
    return opened ? session : null;
  }

  /**
   * The attempt with this session, handle or return address. If its time is over or it has no tries left, it is ended
   * first, because the process that counted the last try may have died. An attempt that is being confirmed is not
   * ended.
   */
  async find(secret: AttemptSecret): Promise<Attempt | null> {
    const { clock } = this.#options;
    const stored = await ('session' in secret
      ? this.#findBy('session', secret.session)
      : 'handle' in secret
        ? this.#findBy('handle', secret.handle)
        : this.#findBy('back', secret.back));
    if (stored === null) return null;
    const attempt = await this.#open(stored);
    if (attempt === null) return null;
    const isLate = attempt.expiresAt <= clock.now();
    const isSpent = attempt.wrong >= OTP_WRONG_TRIES && attempt.progress?.screen !== 'agency';
    if (attempt.end !== null || !(isLate || isSpent)) return attempt;
    await this.fail(attempt, isLate ? 'EXPIRED' : 'OTP_LIMIT');
    return this.reload(attempt);
  }

  /** The current state of the attempt; null when it is gone. */
  async reload({ impUid, merchantId }: Attempt): Promise<Attempt | null> {
    const stored = await this.#options.store.attempts.findById(merchantId, impUid);
    return stored && (await this.#open(stored));
  }

  /** Records that a screen is about to be shown. Returns the number from which its reports count on, or null. */
  async show({ impUid, end, launch }: Attempt): Promise<number | null> {
    const { store } = this.#options;
    // Only popups need this: the shop's page sees what happens to a layer, and a redirect replaces the page.
    if (end !== null || launch.window !== 'popup') return null;
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
    const { presence, progress } = attempt;
    // While the person is in the agency's window, no page of ours can report.
    if (progress?.screen === 'agency') return;
    if (!isThere(presence, this.#options.store.clock.now()))
      await this.#fail(attempt, 'USER_CANCEL', null, null, { heard: presence.number });
  }

  /** Stores a change and returns the attempt at its next step; null when another form was faster. */
  async advance(attempt: Attempt, change: Partial<AttemptProgress>): Promise<Attempt | null> {
    const { store, vault } = this.#options;
    const { impUid, step, launch } = attempt;
    if (attempt.progress === null) return null;
    const next = { ...attempt.progress, ...change };
    const { progress } = sealAttempt(vault, attempt, launch, next);
    const code = toDigest(change.code?.digest);
    const back = toDigest(change.agency?.backDigest);
    const stored = { impUid, step, progress, ...(code && { code }), ...(back && { back }) };
    if (!(await store.attempts.advance(stored))) return null;
    const digests = { code: code ?? attempt.code, back: back ?? attempt.back };
    return { ...attempt, ...digests, step: step + 1, progress: next };
  }

  /** Claims the certification for this step; null when another form was faster. */
  async claim({ impUid, step }: Attempt): Promise<Uint8Array | null> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const claim = newClaim(now);
    return (await store.attempts.claim({ impUid, step, claim, now })) ? claim.id : null;
  }

  async #certify(
    attempt: Attempt,
    { identity, mayLackBirthday }: Pick<Identified, 'identity' | 'mayLackBirthday'>,
    claim: Uint8Array,
  ): Promise<void> {
    const { store, vault, clock, keepsInvented } = this.#options;
    requireComplete(identity, clock.now(), mayLackBirthday);
    requireAge(attempt, identity.birthday, clock.now());
    const { claimant, agency, prefill } = attempt.progress ?? {};
    if (claimant) requireNamedPerson(identity, claimant);
    // On our own screens the person may have corrected what the call named; in the agency's window they cannot.
    if (agency && prefill) requireFixedPerson(identity, prefill);
    if (!keepsInvented) requireReal(identity);
    const { impUid, merchantId, channel, progress } = attempt;
    const stored = await store.findCertification(merchantId, impUid);
    if (stored === null) return;
    const certified = sealCertification(vault, impUid, {
      ...unpackDetails(openCertification(vault, stored).details),
      channel,
      state: 'certified',
      requestedAt: stored.requestedAt,
      certifiedAt: wholeSecond(clock.now()),
      providerTid: progress?.providerTid ?? null,
      identity,
    });
    const transaction = agency ? this.#digestTransaction(attempt) : null;
    const certification = { state: 'certified', certified, ...(transaction && { transaction }) } as const;
    const ended = await this.#end(attempt, { certified: true }, certification, claim);
    if (ended === 'used')
      throw new AppError('binding_mismatch', {
        detail: 'this visit to the agency has certified another attempt',
      });
  }

  /** Digests of the agency's number for the visit, the newest first. Two adapters may have the same numbers. */
  #digestTransaction({ channel, progress }: Attempt): readonly Uint8Array[] {
    const number = JSON.stringify([channel.adapter, progress?.providerTid]);
    return this.#options.vault.digests('pages', LABELS.transaction, number);
  }

  /**
   * Asks the agency for the person while holding the claim, and certifies. If the agency refuses the person, the
   * attempt ends. After any other error the claim is released, and the error is thrown. `onError` gets every error.
   */
  async complete(
    attempt: Attempt,
    claim: Uint8Array,
    identify: () => Promise<Identified>,
    onError: (error: AppError) => void = () => {},
  ): Promise<void> {
    try {
      const identified = await identify();
      const { providerTid } = identified;
      const progress = attempt.progress && { ...attempt.progress, ...(providerTid && { providerTid }) };
      await this.#certify({ ...attempt, progress }, identified, claim);
    } catch (thrown) {
      const error = toAppError(thrown);
      onError(error);
      if (error.code === 'otp_wrong') return await this.#countWrong(attempt, error, claim);
      if (error.code !== 'app_not_approved') {
        this.#hooks.otpCalled('page', error.code);
        if (await this.failBy(attempt, error, claim)) return;
      }
      // The first error is the one to report. A claim that is not released expires.
      const { impUid, merchantId } = attempt;
      await this.#options.store.release(merchantId, impUid, claim).catch(() => {});
      throw error;
    }
  }

  /** Counts a code that the agency found wrong; throws the error. */
  async #countWrong(attempt: Attempt, error: AppError, claim: Uint8Array): Promise<never> {
    const { impUid } = attempt;
    const wrong = { impUid, claim, wrongTries: OTP_WRONG_TRIES };
    const counted = await this.#options.store.attempts.countWrong(wrong);
    this.#hooks.otpCalled('page', counted === 'last' ? 'otp_tries_spent' : 'otp_wrong');
    if (counted === 'last') await this.fail(attempt, 'OTP_LIMIT');
    throw error;
  }

  /** Counts a return from the agency that was refused. Too many of them end the attempt. */
  async countReturn(attempt: Attempt): Promise<void> {
    const { impUid } = attempt;
    const counted = await this.#options.store.attempts.countReturn({ impUid, most: MOST_REFUSED_RETURNS });
    if (counted === 'spent') await this.fail(attempt, 'PROVIDER_ERROR');
  }

  /** Ends the attempt without a person at any step. False when it has ended already or is being confirmed. */
  async fail(attempt: Attempt, reason: FailureReason, providerCode: string | null = null): Promise<boolean> {
    return this.#fail(attempt, reason, providerCode, null);
  }

  /** Ends the attempt as cancelled by a form. Does nothing if another form has moved it to another step since. */
  async cancel(attempt: Attempt): Promise<void> {
    await this.#fail(attempt, 'USER_CANCEL', null, null, { step: attempt.step });
  }

  /** Ends the attempt with the reason for a provider's error; false for any other error. */
  async failBy(attempt: Attempt, error: AppError, claim: Uint8Array | null = null): Promise<boolean> {
    const reason = toFailureReason(error.code);
    if (reason === null) return false;
    await this.#fail(attempt, reason, toShowableCode(error.providerCode), claim);
    return true;
  }

  async #fail(
    attempt: Attempt,
    reason: FailureReason,
    providerCode: string | null,
    claim: Uint8Array | null,
    onlyIf: EndCondition = {},
  ): Promise<boolean> {
    const state = reason === 'EXPIRED' ? 'expired' : 'failed';
    return (
      (await this.#end(attempt, { certified: false, reason, providerCode }, { state }, claim, onlyIf)) ===
      true
    );
  }

  async #end(
    { impUid }: Attempt,
    end: AttemptEnd,
    certification: AttemptEnding['certification'],
    claim: Uint8Array | null,
    onlyIf: EndCondition = {},
  ): Promise<boolean | 'used'> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const stored = { impUid, end: JSON.stringify(end), certification, claim, now, ...onlyIf };
    const ended = await store.attempts.end(stored);
    if (ended !== true) return ended;
    this.#hooks.attemptsEnded(end.certified ? 'CERTIFIED' : end.reason, 1);
    if (end.certified) this.#hooks.otpCalled('page', 'certified');
    return true;
  }

  async #findBy(
    kind: Exclude<keyof typeof LABELS, 'transaction'>,
    secret: string,
  ): Promise<StoredAttempt | null> {
    const { store, vault } = this.#options;
    for (const digest of vault.digests('pages', LABELS[kind], secret)) {
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
}
