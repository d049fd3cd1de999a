import { randomInt } from 'node:crypto';
import { PROVIDER_NAMES, type ProviderName } from '../core/channel.ts';
import { SECOND, wholeSecond } from '../core/clock.ts';
import type {
  OtpConfirmation,
  OtpRequest,
  OtpSent,
  Provider,
  Providers,
  VerificationMethod,
} from '../core/provider.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { fakeProviderTid } from './fake-ids.ts';
import type { Inbox } from './inbox.ts';
import { MarkedPeople, type MarkedPerson } from './marked-people.ts';
import type { RecentCertifications } from './recent-certifications.ts';

/** The adapter of every channel in a sandbox. */
export const SANDBOX_ADAPTER = 'sandbox';

/** What each agency offers over the API; the page offers everything. */
const OFFERED: Readonly<Record<ProviderName, readonly VerificationMethod[]>> = {
  danal: ['SMS'],
  kcp_v2: ['SMS', 'APP'],
  inicis_unified: [],
  inicis: [],
};

/** The code of every message, unless codes are random. */
const USUAL_OTP = '123456';
/** A person of this name is not the subscriber of the line. */
const MISMATCHING_NAME = '불일치';
/** A phone number like this makes the provider answer with the code at its end. */
const MAGIC_PHONE = /^0109999(\d{4})$/;

/** The meaning of a provider's code; any other code is a refusal. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ['0086', 'person_blocked'],
  ['9014', 'provider_misconfigured'],
  ['9015', 'provider_misconfigured'],
  ['9993', 'provider_unavailable'],
]);

/**
 * The agency of the sandbox: imitates the results of every agency for invented people, sends its messages to the inbox,
 * and refuses or fails on magic names and numbers.
 */
export class SandboxProvider {
  readonly #inbox: Inbox;
  readonly #recent: RecentCertifications;
  /** Whether codes are random; otherwise always the same. */
  readonly randomOtp: boolean;
  readonly #marked: MarkedPeople;
  /** Decisions on APP requests, by `imp_uid`. */
  readonly #approvals = new Map<string, boolean>();

  constructor(
    inbox: Inbox,
    recent: RecentCertifications,
    randomOtp: boolean,
    marked = new MarkedPeople({ merchants: [], certifications: [] }),
  ) {
    this.#inbox = inbox;
    this.#recent = recent;
    this.randomOtp = randomOtp;
    this.#marked = marked;
  }

  get providers(): Providers {
    return { [SANDBOX_ADAPTER]: this.#adapter() };
  }

  /** Approves or refuses an APP request in place of the person. */
  decide(impUid: string, approve: boolean): void {
    this.#approvals.set(impUid, approve);
    this.#recent.note(impUid, approve ? 'approved' : 'turned_down');
  }

  /** CI and DI of a person on one channel. */
  idsOf(person: MarkedPerson, channelKey: string): { ci: string; di: string } {
    return this.#marked.idsOf(person, channelKey);
  }

  reset(): void {
    this.#approvals.clear();
  }

  #adapter(): Provider {
    return {
      name: SANDBOX_ADAPTER,
      shows: PROVIDER_NAMES,
      parseSettings: readNoSettings,
      otp: {
        offers: (method, surface, provider) => surface === 'page' || OFFERED[provider].includes(method),
        request: async (request) => this.#request(request),
        confirm: async (confirmation) => this.#confirm(confirmation),
      },
    };
  }

  #request({ impUid, channel, claimant, method, serviceName, now }: OtpRequest): OtpSent {
    if (claimant.name === MISMATCHING_NAME) throw new AppError('identity_mismatch');
    const code = MAGIC_PHONE.exec(claimant.phone ?? '')?.[1];
    if (code !== undefined)
      throw new AppError(CODES.get(code) ?? 'provider_refused', {
        detail: `the sandbox answers code ${code}`,
        providerCode: code,
      });
    const otp = this.randomOtp ? String(randomInt(10 ** 6)).padStart(6, '0') : USUAL_OTP;
    this.#recent.add({
      imp_uid: impUid,
      channel_key: channel.channelKey,
      name: claimant.name,
      method,
      service: serviceName,
      state: 'waiting',
      at: now,
    });
    if (method === 'SMS')
      this.#inbox.put({
        phone: claimant.phone ?? '',
        // The last line lets a phone offer the code to the page of that host.
        text: `[${serviceName}] 인증번호는 ${otp} 입니다.\n@localhost #${otp}`,
        otp,
        imp_uid: impUid,
        sent_at: wholeSecond(now) / SECOND,
      });
    return { providerTid: fakeProviderTid(channel, now), otp };
  }

  #confirm({ impUid, channel, claimant, method }: OtpConfirmation) {
    if (method === 'APP') {
      const approved = this.#approvals.get(impUid);
      if (approved === undefined) throw new AppError('app_not_approved');
      if (!approved) throw new AppError('provider_refused', { detail: 'the person turned the request down' });
    }
    this.#recent.note(impUid, 'certified');
    return { ...claimant, ...this.idsOf(claimant, channel.channelKey) };
  }
}

function readNoSettings(value: unknown): Readonly<Record<string, unknown>> {
  const [member] = Object.keys(value as object);
  if (member === undefined) return {};
  throw new AppError('input_refused', {
    explanation: `settings.${member} is unknown: a channel of the sandbox has no settings`,
  });
}
