import { timingSafeEqual } from 'node:crypto';
import { AppError, toAppError } from '../errors.ts';
import type { AgencyVisit, Attempt, KeptReturn } from './attempt.ts';
import type { AttemptService, AttemptServiceOptions } from './attempt-service.ts';
import type { Visitor } from './caller.ts';
import { type Asking, askProvider } from './claims.ts';
import type { Question, SecurityEvent } from './hooks.ts';
import { newAttemptId, newShortSecret } from './ids.ts';
import { openChannel } from './merchant-service.ts';
import { toMessageName } from './otp.ts';
import {
  findProvider,
  type HostedBegin,
  type HostedCapability,
  type HostedResult,
  type HostedReturn,
  requireShort,
} from './provider.ts';
import { excessOf } from './return-address.ts';

const BACK = 'page back';
const BROWSER = 'page browser';
/** Characters of names and values that a browser may bring back. */
const LONGEST_RETURN = 16_384;

/** Characters of an agency's number. */
const LONGEST_TRANSACTION = 50;

/** How a browser came back. Each character of a name or value is one byte as it was sent. */
export type Return = Omit<KeptReturn, 'state'>;

/** The state of a visit when a browser comes back. `foreign`: another browser, or nothing was brought back yet. */
export type Visit = 'ended' | 'waiting' | 'foreign';

/**
 * Attempts in which the person uses the agency's own window. Our page sends the browser there, and the browser comes
 * back to an address with a secret. The fields that it brings may be forged, so the agency is asked for the result,
 * once.
 */
export class HostedVisits {
  readonly #attempts: AttemptService;
  readonly #options: AttemptServiceOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(attempts: AttemptService, options: AttemptServiceOptions) {
    this.#attempts = attempts;
    this.#options = options;
  }

  /**
   * Asks the agency to begin a visit. Returns the secret for this browser's cookie; null when there is nothing to do or
   * when the agency's answer has ended the attempt. `toAddress` makes the return address from its secret.
   */
  async begin(attempt: Attempt, toAddress: (back: string) => string): Promise<string | null> {
    const { vault, clock } = this.#options;
    const { channel, progress, launch } = attempt;
    const asking = this.#asking(attempt, 'begin');
    if (progress?.screen !== 'agency' || progress.agency !== null) return null;
    const [attemptId, back, browser] = [newAttemptId(), newShortSecret(), newShortSecret()];
    const digest = (label: string, secret: string) =>
      Buffer.from(vault.digest('pages', label, secret)).toString('base64');
    try {
      const returnAddress = toAddress(back);
      if (excessOf(returnAddress) > 0)
        throw new AppError('provider_misconfigured', {
          detail: 'the return address is too long for agencies',
        });
      const begun = await askProvider(asking, () =>
        this.#hostedOf(attempt).begin({
          ...openChannel(vault, channel),
          attemptId,
          returnAddress,
          state: back,
          serviceName: toMessageName(launch.serviceName),
          prefill: progress.prefill,
          carriers: progress.carrier === null ? progress.offered : [progress.carrier],
          minimumAge: lowestAge(attempt),
          now: clock.now(),
        }),
      );
      requireUsable(begun);
      const { address, fields, memo } = begun;
      const begin = { attemptId, address, fields, memo, returned: null, isAsked: false };
      const digests = { backDigest: digest(BACK, back), browserDigest: digest(BROWSER, browser) };
      return (await this.#attempts.advance(attempt, { agency: { ...begin, ...digests } })) && browser;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (await this.#attempts.failBy(attempt, error)) return null;
      throw error;
    }
  }

  /**
   * Keeps what a browser brought back, the first time; later returns change nothing. A return that cannot belong to the
   * attempt is counted and not kept. Rejects with `body_too_large`.
   */
  async keepReturn(back: string, { isCancel, fields }: Return, { address }: Visitor): Promise<void> {
    if (fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > LONGEST_RETURN)
      throw new AppError('body_too_large');
    const attempt = await this.#attempts.find({ back });
    if (attempt === null) return this.#tell({ kind: 'unknown_return', address, about: null, why: null });
    const visit = attempt.progress?.agency;
    if (visit == null || visit.returned !== null) return;
    const returned = { state: back, isCancel, fields };
    const why = this.#hostedOf(attempt).contradicts(this.#toReturn(attempt, visit, returned));
    if (why !== null) {
      this.#tell({ kind: 'contradicting_return', address, about: nameOf(attempt, visit), why });
      return await this.#attempts.countReturn(attempt);
    }
    await this.#attempts.advance(attempt, { agency: { ...visit, returned } });
  }

  /**
   * Asks the agency for the result and ends the attempt. `browser` is the secret of the cookie; null for none, since
   * some people come back in another browser. A browser that may not finish is counted. While another call asks, the
   * answer is `waiting`.
   */
  complete(attempt: Attempt, browser: string | null, visitor: Visitor): Promise<Visit> {
    const running = this.#complete(attempt, browser, visitor);
    this.#running.add(running);
    const end = () => void this.#running.delete(running);
    running.then(end, end);
    return running;
  }

  /** Resolves when no agency is being asked for a result any more. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #complete(attempt: Attempt, browser: string | null, { address }: Visitor): Promise<Visit> {
    const { clock } = this.#options;
    const { progress, step } = attempt;
    if (attempt.end !== null) return 'ended';
    const visit = progress?.agency;
    if (visit == null || visit.returned === null) return 'foreign';
    const about = nameOf(attempt, visit);
    if (!(await this.#mayFinish(attempt, visit, browser))) {
      const why = browser === null ? 'no cookie' : 'the cookie of another browser';
      this.#tell({ kind: 'foreign_browser', address, about, why });
      await this.#attempts.countReturn(attempt);
      return 'foreign';
    }
    // Nothing is asked after the deadline, even when it passed since the attempt was read.
    if (attempt.expiresAt <= clock.now())
      return (await this.#attempts.fail(attempt, 'EXPIRED')) ? 'ended' : 'waiting';
    const hosted = this.#hostedOf(attempt);
    // The process that asked is still waiting, or died; then the agency's answer is unknown.
    if (visit.isAsked && !hosted.isRepeatable)
      return (await this.#attempts.fail(attempt, 'PROVIDER_UNAVAILABLE')) ? 'ended' : 'waiting';
    const claim = await this.#attempts.claim(attempt);
    if (claim === null) return 'waiting';
    const asked = await this.#attempts.advance(
      { ...attempt, step: step + 1 },
      { agency: { ...visit, isAsked: true } },
    );
    if (asked === null) return 'waiting';
    const { returned } = visit;
    const ask = () => hosted.complete(this.#toReturn(asked, visit, returned));
    await this.#attempts.complete(
      asked,
      claim,
      async () => {
        const result = await askProvider(this.#asking(asked, 'complete'), ask);
        const { unclear = [] } = result;
        if (unclear.length > 0) this.#options.hooks?.resultUnclear(about, unclear);
        return requireTransaction(result);
      },
      ({ code, detail = null }) => {
        if (code === 'binding_mismatch') this.#tell({ kind: code, address, about, why: detail });
      },
    );
    return 'ended';
  }

  /** Whether this browser may finish the visit: the one that began or, unless the merchant forbids it, one without a cookie. */
  async #mayFinish(attempt: Attempt, visit: AgencyVisit, browser: string | null): Promise<boolean> {
    const { vault, merchants } = this.#options;
    if (browser !== null)
      return isSame(vault.digestLike(toBytes(visit.browserDigest), 'pages', BROWSER, browser), visit);
    const merchant = await merchants.find({ id: attempt.merchantId });
    return merchant?.pageRules.bindsBrowser !== true;
  }

  #tell(event: SecurityEvent): void {
    this.#options.hooks?.securityEvent(event);
  }

  #asking({ channel }: Attempt, question: Question): Asking {
    return { adapter: channel.adapter, question, hooks: this.#options.hooks };
  }

  #toReturn({ channel }: Attempt, { attemptId, memo }: AgencyVisit, returned: KeptReturn): HostedReturn {
    const { vault, clock } = this.#options;
    return { ...openChannel(vault, channel), attemptId, memo, ...returned, now: clock.now() };
  }

  #hostedOf({ channel }: Attempt): HostedCapability {
    const hosted = findProvider(this.#options.providers, channel)?.hosted;
    if (hosted === undefined) throw new AppError('channel_not_found');
    return hosted;
  }
}

function nameOf({ channel }: Attempt, { attemptId }: AgencyVisit) {
  return { adapter: channel.adapter, attemptId };
}

/** Rejects with `unreadable_answer` when the agency's number is empty or too long. */
function requireTransaction(result: HostedResult): HostedResult {
  const { length } = result.providerTid;
  if (length >= 1 && length <= LONGEST_TRANSACTION) return result;
  throw new AppError('unreadable_answer', { detail: 'the number of the agency is empty or too long' });
}

function lowestAge({ channel, progress }: Attempt): number | null {
  const lowest = Math.max(channel.minimumAge ?? 0, progress?.minimumAge ?? 0);
  return lowest === 0 ? null : lowest;
}

function requireUsable({ address, memo }: HostedBegin): void {
  requireShort(memo);
  const protocol = URL.parse(address)?.protocol;
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new AppError('provider_unavailable', { detail: 'the adapter returned no usable address' });
}

function toBytes(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}

function isSame(digest: Uint8Array, { browserDigest }: AgencyVisit): boolean {
  const kept = toBytes(browserDigest);
  return kept.length === digest.length && timingSafeEqual(kept, digest);
}
