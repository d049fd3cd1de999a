import { randomInt } from 'node:crypto';
import { CaseError, type GoldenGiven } from '../../src/conformance/case-file.ts';
import type { Identity } from '../../src/core/identity.ts';
import type { Claimant, OtpConfirmation, OtpRequest, Provider, Providers } from '../../src/core/provider.ts';
import { AppError, type ErrorCode } from '../../src/errors.ts';
import { adapterOf } from '../support/adapter.ts';
import { ciOf, diOf } from './people.ts';

/** What a case may let the provider say, and the error it is. */
const SAYS: Readonly<Record<string, ErrorCode>> = {
  mismatch: 'identity_mismatch',
  blocked: 'person_blocked',
  under_age: 'under_age',
  line: 'line_not_allowed',
  refused: 'provider_refused',
  unavailable: 'provider_unavailable',
  misconfigured: 'provider_misconfigured',
};

/** The provider of the cases: accepts any person, sends 123456 and approves, unless its script says otherwise. */
export class ScriptedProvider {
  readonly #script: NonNullable<GoldenGiven['provider']>;
  readonly #calls = { request: 0, confirm: 0 };
  readonly #approved = new Set<string>();

  readonly #vouch: (claimant: Claimant, channelKey: string) => Identity;

  /** The cases know people of a sandbox, whom production keeps only for them: elsewhere take `'unmarked'` ones. */
  constructor(
    script: NonNullable<GoldenGiven['provider']>,
    people: 'of the cases' | 'unmarked' = 'of the cases',
  ) {
    this.#script = script;
    this.#vouch = people === 'unmarked' ? vouchUnmarked : vouchFor;
  }

  get providers(): Providers {
    return {
      danal: adapterOf('danal', { otp: this.#otp((method) => method === 'SMS') }),
      kcp_v2: adapterOf('kcp_v2', { otp: this.#otp(() => true) }),
      inicis_unified: adapterOf('inicis_unified'),
    };
  }

  /** Has the person approved an APP request. */
  approve(impUid: string): void {
    this.#approved.add(impUid);
  }

  #otp(offers: NonNullable<Provider['otp']>['offers']): NonNullable<Provider['otp']> {
    return {
      offers,
      request: async ({ channel, now }: OtpRequest) => {
        this.#follow('request');
        const stamp = new Date(now + 9 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14);
        const middle = String(randomInt(10 ** 6)).padStart(6, '0');
        const providerTid = channel.provider === 'danal' ? `${stamp}0${middle}010` : `${stamp}${middle}`;
        return { providerTid, otp: '123456' };
      },
      confirm: async ({ impUid, channel, claimant, method }: OtpConfirmation) => {
        this.#follow('confirm');
        if (method === 'APP' && !this.#approved.has(impUid)) throw new AppError('app_not_approved');
        return this.#vouch(claimant, channel.channelKey);
      },
    };
  }

  #follow(step: 'request' | 'confirm'): void {
    const script = this.#script[step] ?? 'ok';
    const answers = typeof script === 'string' ? [script] : script;
    const answer = answers[Math.min(this.#calls[step]++, answers.length - 1)] ?? 'ok';
    if (answer === 'ok') return;
    const code = SAYS[answer];
    if (code === undefined) throw new CaseError(`given.provider.${step}: unknown answer "${answer}"`);
    throw new AppError(code);
  }
}

function vouchFor(claimant: Claimant, channelKey: string): Identity {
  const carrier = claimant.carrier === null ? null : `${claimant.carrier}${claimant.mvno ? '_MVNO' : ''}`;
  const person = { ...claimant, carrier };
  return { ...claimant, ci: ciOf(person), di: diOf(person, channelKey) };
}

function vouchUnmarked(claimant: Claimant, channelKey: string): Identity {
  const { ci, di, ...person } = vouchFor(claimant, channelKey);
  const unmark = (id: string | null) => id?.replace('SANDBOX/', 'INVENTED') ?? null;
  return { ...person, ci: unmark(ci), di: unmark(di) };
}
