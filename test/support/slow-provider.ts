import type { OtpCapability, Providers } from '../../src/core/provider.ts';
import type { AppError } from '../../src/errors.ts';
import { adaptersOf } from './adapter.ts';

/** An agency that sends 123456 to everybody and answers the question for the person when the test lets it. */
export class SlowProvider {
  /** How often it was asked for a person. */
  asked = 0;
  /** The name of the service in each message that it has sent. */
  readonly sent: string[] = [];
  /** What it says in place of a person; null for the person. */
  refusal: AppError | null = null;
  /** The birthday that it knows; null for the one that was typed. */
  birthday: string | null = null;
  #isOpen = false;
  #waiting: (() => void)[] = [];

  /** Answers whoever has asked and, from now on, at once. */
  open(): void {
    this.#isOpen = true;
    for (const answer of this.#waiting) answer();
    this.#waiting = [];
  }

  /** Lets everybody wait again. */
  close(): void {
    this.#isOpen = false;
  }

  get providers(): Providers {
    const capability: OtpCapability = {
      offers: () => true,
      request: async ({ serviceName }) => {
        this.sent.push(serviceName);
        return { providerTid: '20260314000000000000', otp: '123456' };
      },
      confirm: async ({ claimant }) => {
        this.asked++;
        if (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
        if (this.refusal !== null) throw this.refusal;
        return {
          ...claimant,
          birthday: this.birthday ?? claimant.birthday,
          ci: 'ci-of-slow',
          di: 'di-of-slow',
        };
      },
    };
    return adaptersOf(capability, 'kcp_v2');
  }
}
