import type { OtpCapability, Providers } from '../../src/core/provider.ts';
import { AppError } from '../../src/errors.ts';
import { adaptersOf } from '../support/adapter.ts';
import { findPerson } from './people.ts';

/**
 * The code of every message that is not said to have another one: what an attacker had sent to a phone of their own.
 */
export const KNOWN_CODE = '111111';

/** An agency that knows the people of the world. It vouches for whoever is named, as it knows them. */
export class Agency {
  /** The code of the next message. */
  nextCode = KNOWN_CODE;
  #sent = 0;

  get providers(): Providers {
    const sms = this.#capability((method) => method === 'SMS');
    const both = this.#capability(() => true);
    return { ...adaptersOf(sms, 'danal'), ...adaptersOf(both, 'kcp_v2') };
  }

  #capability(offers: OtpCapability['offers']): OtpCapability {
    return {
      offers,
      request: async () => ({ otp: this.nextCode, providerTid: `transaction-${++this.#sent}` }),
      confirm: async ({ claimant, method }) => {
        const person = findPerson(claimant.name);
        if (person === undefined) throw new AppError('identity_mismatch');
        if (method === 'APP' && !person.approves) throw new AppError('app_not_approved');
        const { ci, di, trueBirthday } = person;
        return { ...claimant, birthday: trueBirthday, ci, di };
      },
    };
  }
}
