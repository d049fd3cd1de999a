import type { HostedCapability, OtpCapability, Providers } from '../../src/core/provider.ts';
import { AppError } from '../../src/errors.ts';
import { adapterOf, adaptersOf } from '../support/adapter.ts';
import { findPerson, type Person } from './people.ts';

/**
 * The code of every message that is not said to have another one: what an attacker had sent to a phone of their own.
 */
export const KNOWN_CODE = '111111';

/** An agency that knows the people of the world. It vouches for whoever is named, as it knows them. */
export class Agency {
  /** The code of the next message. */
  nextCode = KNOWN_CODE;
  /** Who stands in front of its window, and where the browser is sent back to. */
  visitor: Person | null = null;
  returnAddress = '';
  #sent = 0;

  get providers(): Providers {
    const sms = this.#capability((method) => method === 'SMS');
    const both = this.#capability(() => true);
    const hosted: HostedCapability = {
      isRepeatable: true,
      begin: async ({ returnAddress }) => {
        this.returnAddress = returnAddress;
        return { address: 'https://agency.example/window', fields: null, memo: 'memo' };
      },
      contradicts: () => null,
      complete: async () => {
        if (this.visitor === null) throw new AppError('person_cancelled');
        const { trueBirthday: birthday, approves: _, ...identity } = this.visitor;
        return { providerTid: `visit-${++this.#sent}`, identity: { ...identity, birthday } };
      },
    };
    return {
      ...adaptersOf(sms, 'danal'),
      ...adaptersOf(both, 'kcp_v2'),
      window: adapterOf('window', { hosted }),
    };
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
